//! The sound of calls: ICE, DTLS-SRTP, RTP, offer/answer, codecs, playout and sound devices.
//!
//! [`Media`] runs every session on one thread of its own. [`Command`]s go in, [`News`] come out; a session is what one call needs,
//! and may hold several [`Peer`]s while an outgoing call has several dialogs. Nothing here knows SIP.
//!
//! Media is encrypted or there is none: no RTP is sent or accepted before DTLS has finished and the peer's certificate matched a
//! fingerprint of its session description.

mod codec;
mod command;
mod config;
mod device;
mod news;
mod playout;
mod rtp;
mod sdp;
mod servers;
mod session;
mod sockets;
mod transport;
mod worker;

pub use command::{Command, Digit, Peer, SessionId};
pub use config::{Capture, Config, IceServer, Playback};
pub use news::{Codec, Failure, Negotiated, News, Quality};
pub use worker::Media;

//! The sound of calls: ICE, DTLS-SRTP, RTP, offer/answer, codecs, playout and sound devices.
//!
//! [`Media`] runs every session on one thread of its own. [`Command`]s go in, [`News`] come out; a
//! session is what one call needs, and may hold several [`Peer`]s while an outgoing call has
//! several dialogs. Nothing here knows SIP.
//!
//! Media is encrypted or there is none: no RTP is sent or accepted before DTLS has finished and the
//! peer's certificate matched a fingerprint of its session description.
//!
//! ```text
//! worker     the thread: commands, sockets, servers and time on one side, sessions on the other
//!   reserve    sockets whose candidates are gathered before a call needs them          sans-IO
//!   probe      whether a STUN server is reached, without a call                        sans-IO
//!   session    a call: offer and answer, a leg for each peer, the clock of the sound     sans-IO
//!     sdp        session descriptions, and the rules of offer and answer                 pure
//!     transport  ICE, DTLS, SRTP, consent, STUN; the only place that names `rtc`         sans-IO
//!     rtp        packets, telephone-events, reports                                      sans-IO
//!     playout    the adaptive buffer; codec turns payloads into samples and back         sans-IO
//!   desk       what sessions share: one microphone, speaker and ringer, tones, levels      sans-IO
//!     processing echo cancellation, noise suppression, gain control, high-pass, limiter  sans-IO
//!     tone       progress tones, ring and beep                                           pure
//!     check      the verdict of a sound check                                            pure
//!   device     the devices of the system, and what stands in their place
//! ```
//!
//! Everything that a datagram or a command causes is drained before the next one is looked at. A
//! session that fails, or panics, ends alone.
//!
//! What is left out: trickle ICE (RFC 8838), relays (RFC 8656), IPv6 zones, RTCP on a port of its
//! own (without `a=rtcp-mux` there is no RTCP), an `a=tls-id` of our own (RFC 8842 §5.1; a peer's
//! counts), simulcast and video, restarts of ICE on our side (RFC 8839 §4.4.1.1) for another
//! reason than new addresses, comfort noise of our own (RFC 3389), redundancy (RFC 2198).

mod alarm;
mod check;
mod codec;
mod command;
mod config;
mod device;
mod grid;
mod news;
mod playout;
mod probe;
mod processing;
mod reserve;
mod rtp;
mod sdp;
mod servers;
mod session;
mod sockets;
mod sound;
mod tone;
mod transport;
mod worker;

pub use check::Verdict;
pub use command::{Command, Digit, Peer, SessionId};
pub use config::{Capture, Config, IceServer, PacketTime, Playback, SoundSettings};
pub use device::{Device, DeviceId, Kind, Preference, Reason, Role, Why};
pub use news::{CandidateKind, Codec, Failure, Negotiated, News, Path, PathProbe, Quality};
pub use processing::Processing;
pub use tone::{Country, Tone};
pub use worker::Media;

//! Test equipment for Helix Phone: a SIP registrar over secure WebSocket with extensions that answer, on loopback.
//!
//! Beside it stand in, by HTTP on loopback, the servers of others that a sidecar calls: [`platform`] and [`ozonetel`], with what they refuse.
//!
//! An independent party. It shares no code with the phone: its SIP is its own text, its media are those of the `webrtc` crate. It counts
//! what it sees ([`Counts`]), and tests await and assert on that. Everything begins with [`World::start`]:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use lab::{FlowFault, OfferIn, Treatment, World, WorldConfig};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let deadline = Duration::from_secs(10);
//! let world = World::start(WorldConfig::new()?).await?;
//! // … a phone that trusts world.ca_path() is pointed at world.wss_url() as 700201 …
//! world
//!     .wait_for("a registration", deadline, |counts| counts.bindings("700201") == 1)
//!     .await?;
//! let call = world.call("700201", Treatment::Echo, OfferIn::Invite).await?;
//! call.wait_for("sound", deadline, |call| call.rtp_received > 10).await?;
//! world.drop_flow("700201", FlowFault::Silence);
//! # Ok(())
//! # }
//! ```

mod binding;
mod ca;
mod clip;
mod codec;
mod conversation;
mod counts;
mod delay;
mod description;
mod dialog;
mod digest;
mod fourier;
mod g711;
mod hop;
mod lab_call;
mod leg;
mod likeness;
mod listener;
mod message;
mod middlebox;
#[cfg(test)]
mod noise;
mod outgoing;
#[allow(clippy::unwrap_used, reason = "an equipment that breaks is to be seen")]
pub mod ozonetel;
mod peer;
#[allow(clippy::unwrap_used, reason = "an equipment that breaks is to be seen")]
pub mod platform;
mod proxy;
mod registrar;
mod relay;
mod sound;
mod traffic;
mod user_agent;
mod world;

pub use ca::{Ca, CaError, Certificate};
pub use clip::{Clip, ClipError};
pub use codec::Codec;
pub use counts::{CallCount, CallState, Counts, InviteArrival, NotSeen};
pub use delay::{Alignment, Delay, delay};
pub use digest::{Algorithm, DigestInput, digest_response, parse_credentials};
pub use lab_call::{LabCall, OfferIn};
pub use likeness::likeness;
pub use message::{Malformed, Message, Start, param, uri_of, user_of};
pub use middlebox::Loses;
pub use peer::Treatment;
pub use registrar::FlowFault;
pub use sound::{Sound, SoundError};
pub use user_agent::Behaviour;
pub use world::{CALLER, User, World, WorldConfig, WorldError};

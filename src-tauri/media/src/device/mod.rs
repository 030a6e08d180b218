//! Microphone and speaker, what stands in their place, and what measures them.

#[cfg(any(feature = "sound", test))]
mod bridge;
#[cfg_attr(
    not(any(feature = "sound", test)),
    allow(dead_code, reason = "without devices there is nothing to choose")
)]
mod choice;
mod desk;
mod meter;
#[cfg(any(feature = "sound", test))]
mod pace;
#[cfg(any(feature = "sound", test))]
mod ring;
mod sink;
mod source;
#[cfg(any(feature = "sound", test))]
mod supervisor;
#[cfg(feature = "sound")]
mod system;
mod talk;
#[cfg(test)]
mod tests;

pub use choice::{Device, DeviceId, Kind, Preference, Reason, Role, Why};
pub(crate) use desk::{Calls, Desk, Settings, Told, Use, Wants};
pub(crate) use meter::Meter;
pub(crate) use sink::Sink;
pub(crate) use source::{Recording, Source};
#[cfg(feature = "sound")]
pub(crate) use {
    bridge::{CaptureBridge, PlaybackBridge},
    desk::{Microphone, Speaker},
    system::{Bridge, Report, System},
};

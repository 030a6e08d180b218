//! A phone at real sound devices: PulseAudio or PipeWire, with null sinks as the sound card.
//!
//! Needs PulseAudio, PipeWire and espeak-ng: `cargo verify tests` installs them and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/sound_card.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is shared, and other tests use the rest"
)]
mod sound_card;
#[path = "../support/mod.rs"]
mod support;

mod alsa;
mod checks;
mod desk;
mod disk;
mod echo;
mod names;
mod pipewire;
mod plugs;
mod rings;
mod speech;

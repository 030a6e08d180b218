use std::path::PathBuf;

use secrecy::SecretString;

use crate::device::Preference;
use crate::processing::Processing;
use crate::tone::Country;

/// What every session of a [`Media`](crate::Media) shares.
#[derive(Debug, Clone)]
pub struct Config {
    pub capture: Capture,
    pub playback: Playback,
    pub packet_time: PacketTime,
}

/// How much sound a peer is asked to put into a packet (`a=ptime`, RFC 8866 §6.4). What is sent keeps
/// to what the peer asks, 20 ms where it says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PacketTime {
    /// For a network nearby: less delay, and twice the packets, of which headers are the larger part.
    Ms10,
    #[default]
    Ms20,
}

impl PacketTime {
    /// Returns the milliseconds.
    pub fn as_millis(self) -> u8 {
        match self {
            Self::Ms10 => 10,
            Self::Ms20 => 20,
        }
    }
}

/// The microphone, or what stands in its place. It starts when capture of a session starts (the call is answered).
#[derive(Debug, Clone, PartialEq)]
pub enum Capture {
    Silence,
    /// A sine, at −15 dBFS.
    Tone {
        hz: f32,
    },
    /// A PCM WAV file of any rate and 1 or 2 channels, played once, silence after it.
    Wav {
        path: PathBuf,
    },
    /// The microphone of the system that [`SoundSettings`] choose, processed; one for all sessions.
    System,
}

/// The speaker, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playback {
    /// Decoded and measured, not kept.
    Discard,
    /// A WAV file, 48 kHz mono 16 bit, from the first moment of capture to the end of the session. The first session writes `path`,
    /// the following ones `name-2.wav`, `name-3.wav` beside it. The file is complete (its header is right) at every moment.
    Wav { path: PathBuf },
    /// The speaker of the system that [`SoundSettings`] choose, for all sessions and for tones; the
    /// ring has a device of its own.
    System,
}

/// How the sound devices of the system are used.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundSettings {
    pub microphone: Preference,
    pub speaker: Preference,
    /// What it rings on.
    pub ringer: Preference,
    pub processing: Processing,
    /// Whose tones are played.
    pub country: Country,
    /// How loud it rings, 0 to 1.
    pub ring_volume: f32,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            microphone: Preference::default(),
            speaker: Preference::default(),
            ringer: Preference::default(),
            processing: Processing::default(),
            country: Country::default(),
            ring_volume: 1.0,
        }
    }
}

/// A STUN or TURN server for sessions that start from now on.
#[derive(Debug, Clone)]
pub struct IceServer {
    /// `stun:host:port` or `turn:…`, `turns:…` (RFC 7064, 7065).
    pub url: String,
    pub username: Option<String>,
    pub credential: Option<SecretString>,
}

use std::path::PathBuf;

use secrecy::SecretString;

/// What every session of a [`Media`](crate::Media) shares.
#[derive(Debug, Clone)]
pub struct Config {
    pub capture: Capture,
    pub playback: Playback,
}

/// What stands in place of the microphone. It starts when capture of a session starts (the call is answered).
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
}

/// What stands in place of the speaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Playback {
    /// Decoded and measured, not kept.
    Discard,
    /// A WAV file, 48 kHz mono 16 bit, from the first moment of capture to the end of the session. The first session writes `path`,
    /// the following ones `name-2.wav`, `name-3.wav` beside it. The file is complete (its header is right) at every moment.
    Wav { path: PathBuf },
}

/// A STUN or TURN server for sessions that start from now on.
#[derive(Debug, Clone)]
pub struct IceServer {
    /// `stun:host:port` or `turn:…`, `turns:…` (RFC 7064, 7065).
    pub url: String,
    pub username: Option<String>,
    pub credential: Option<SecretString>,
}

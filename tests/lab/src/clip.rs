use bytes::Bytes;
use opusic_c::{Application, Channels, Decoder, Encoder, ErrorCode, SampleRate};

use crate::sound::Sound;

/// Sound as Opus packets of 20 ms, ready to be sent.
#[derive(Debug, Clone)]
pub struct Clip {
    pub(crate) packets: Vec<Bytes>,
}

#[derive(Debug, thiserror::Error)]
#[error("Opus refused: {0}")]
pub struct ClipError(String);

/// Samples of 20 ms at 48 kHz.
pub(crate) const FRAME: usize = 960;
/// The largest Opus packet that the encoder may make (RFC 6716 §3.2.1: 1275 bytes per frame).
const MAX_PACKET: usize = 1275;

impl Clip {
    pub fn encode(sound: &Sound) -> Result<Self, ClipError> {
        let sound = sound.at_rate(48_000);
        let mut encoder = Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip)
            .map_err(refused)?;
        let mut packets = Vec::new();
        for frame in sound.samples.chunks(FRAME) {
            let mut frame = frame.to_vec();
            frame.resize(FRAME, 0.0);
            let mut packet = vec![0; MAX_PACKET];
            let length = encoder
                .encode_float_to_slice(&frame, &mut packet)
                .map_err(refused)?;
            packet.truncate(length);
            packets.push(Bytes::from(packet));
        }
        Ok(Self { packets })
    }
}

/// Decodes what a peer hears and puts it together by its timestamps.
pub(crate) struct Recorder {
    decoder: Decoder,
    first_timestamp: Option<u32>,
    samples: Vec<f32>,
}

/// A recording ends after one minute at 48 kHz.
const MAX_RECORDED: usize = 60 * 48_000;
/// The longest packet of Opus, 120 ms at 48 kHz (RFC 6716 §2.1.4).
const MAX_DECODED: usize = 5760;

impl Recorder {
    pub(crate) fn new() -> Result<Self, ClipError> {
        Ok(Self {
            decoder: Decoder::new(Channels::Mono, SampleRate::Hz48000).map_err(refused)?,
            first_timestamp: None,
            samples: Vec::new(),
        })
    }

    /// Takes the payload of one RTP packet of Opus; what cannot be decoded leaves a gap.
    pub(crate) fn take(&mut self, timestamp: u32, payload: &[u8]) {
        let mut decoded = [0.0; MAX_DECODED];
        let Ok(length) = self
            .decoder
            .decode_float_to_slice(payload, &mut decoded, false)
        else {
            return;
        };
        let first = *self.first_timestamp.get_or_insert(timestamp);
        let at = timestamp.wrapping_sub(first) as usize;
        if at + length > MAX_RECORDED {
            return;
        }
        if self.samples.len() < at + length {
            self.samples.resize(at + length, 0.0);
        }
        self.samples[at..at + length].copy_from_slice(&decoded[..length]);
    }

    pub(crate) fn sound(&self) -> Sound {
        Sound {
            rate: 48_000,
            samples: self.samples.clone(),
        }
    }
}

fn refused(code: ErrorCode) -> ClipError {
    ClipError(format!("{code:?}"))
}

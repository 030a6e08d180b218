//! Speech codecs: payload bytes on one side, 48 kHz mono samples from −1 to 1 on the other.

mod g711;
mod opus;
mod repetition;
mod resample;
#[cfg(test)]
pub(crate) mod speech;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use crate::Codec;

/// Samples of one millisecond at 48 kHz, the rate of everything inside.
pub(crate) const SAMPLES_PER_MS: usize = 48;

/// Samples of a [`Frame`].
pub(crate) const FRAME: usize = 10 * SAMPLES_PER_MS;

/// 10 ms of sound: 48 kHz, mono, −1 to 1.
pub(crate) type Frame = [f32; FRAME];

/// A frame of digital silence.
pub(crate) const SILENCE: Frame = [0.0; FRAME];

/// The longest packet that is understood, in samples: 120 ms (RFC 7587 §4.2).
pub(crate) const LONGEST_PACKET: usize = 120 * SAMPLES_PER_MS;

/// The clock of a codec's RTP timestamps, in Hz (RFC 7587 §4.1, RFC 3551 §6).
pub(crate) fn clock_rate(codec: Codec) -> u32 {
    match codec {
        Codec::Opus => 48_000,
        Codec::Pcmu | Codec::Pcma => 8_000,
    }
}

/// Returns the samples at 48 kHz that `payload` decodes to, `None` where it is no payload of
/// `codec`.
pub(crate) fn samples(codec: Codec, payload: &[u8]) -> Option<usize> {
    let samples = match codec {
        Codec::Opus => opus::samples(payload)?,
        Codec::Pcmu | Codec::Pcma => payload.len() * resample::FACTOR,
    };
    (1..=LONGEST_PACKET).contains(&samples).then_some(samples)
}

/// Returns whether `payload` carries the sound of its predecessor too (RFC 6716 §2.1.7).
pub(crate) fn has_fec(codec: Codec, payload: &[u8]) -> bool {
    match codec {
        Codec::Opus => opus::has_fec(payload),
        Codec::Pcmu | Codec::Pcma => false,
    }
}

/// What a peer's description asks of who sends Opus to it (RFC 7587 §6.1, §7.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// `maxaveragebitrate`, in bit/s.
    pub(crate) bitrate: Option<u32>,
    /// `maxplaybackrate`, in Hz: above half of it nothing is heard.
    pub(crate) playback_rate: Option<u32>,
    /// `cbr`.
    pub(crate) constant_rate: bool,
}

/// Turns sound into payloads.
#[derive(Debug)]
pub(crate) enum Encoder {
    Opus(opus::Encoder),
    G711(g711::Encoder),
}

impl Encoder {
    pub(crate) fn new(codec: Codec) -> Self {
        match codec {
            Codec::Opus => Self::Opus(opus::Encoder::new()),
            Codec::Pcmu => Self::G711(g711::Encoder::new(g711::Law::Mu)),
            Codec::Pcma => Self::G711(g711::Encoder::new(g711::Law::A)),
        }
    }

    /// Encodes the sound of one packet: a multiple of 10 ms, for Opus 10, 20, 40 or 60 ms.
    ///
    /// Sound lags by 6.5 ms (Opus) or 1.5 ms (G.711).
    pub(crate) fn encode(&mut self, samples: &[f32]) -> Bytes {
        match self {
            Self::Opus(opus) => opus.encode(samples),
            Self::G711(g711) => g711.encode(samples),
        }
    }

    /// Keeps to what the peer asks for from the next packet on; without effect on G.711.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        match self {
            Self::Opus(opus) => opus.set_limits(limits),
            Self::G711(_) => {}
        }
    }

    /// Prepares for the peer losing this share of the packets (0 to 1): Opus spends bits on FEC
    /// accordingly.
    pub(crate) fn set_expected_loss(&mut self, share: f32) {
        match self {
            Self::Opus(opus) => opus.set_expected_loss(share),
            // G.711 has nothing to spend.
            Self::G711(_) => {}
        }
    }
}

/// Turns payloads into sound, and makes up what is missing.
#[derive(Debug)]
pub(crate) enum Decoder {
    Opus(opus::Decoder),
    G711(Box<g711::Decoder>),
}

impl Decoder {
    pub(crate) fn new(codec: Codec) -> Self {
        match codec {
            Codec::Opus => Self::Opus(opus::Decoder::new()),
            Codec::Pcmu => Self::G711(Box::new(g711::Decoder::new(g711::Law::Mu))),
            Codec::Pcma => Self::G711(Box::new(g711::Decoder::new(g711::Law::A))),
        }
    }

    /// Appends the sound of `payload`, [`samples`] long; a payload that is damaged inside is
    /// concealed.
    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) {
        match self {
            Self::Opus(opus) => opus.decode(payload, out),
            Self::G711(g711) => g711.decode(payload, out),
        }
    }

    /// Appends 10 ms in place of what is missing, from what was before.
    pub(crate) fn conceal(&mut self, out: &mut Vec<f32>) {
        match self {
            Self::Opus(opus) => opus.conceal(out),
            Self::G711(g711) => g711.conceal(out),
        }
    }

    /// Appends `samples` (a multiple of 10 ms, no longer than `next`) from the FEC in `next`, the
    /// payload that follows the gap.
    pub(crate) fn decode_fec(&mut self, next: &[u8], samples: usize, out: &mut Vec<f32>) {
        match self {
            Self::Opus(opus) => opus.decode_fec(next, samples, out),
            Self::G711(g711) => {
                for _ in 0..samples / FRAME {
                    g711.conceal(out);
                }
            }
        }
    }
}

//! Speech codecs: payload bytes on one side, 48 kHz mono samples from −1 to 1 on the other.

use crate::Codec;

/// Samples of one millisecond at 48 kHz, the rate of everything inside.
pub(crate) const SAMPLES_PER_MS: usize = 48;

/// Samples of a [`Frame`].
pub(crate) const FRAME: usize = 10 * SAMPLES_PER_MS;

/// 10 ms of sound: 48 kHz, mono, −1 to 1.
pub(crate) type Frame = [f32; FRAME];

/// A frame of digital silence.
pub(crate) const SILENCE: Frame = [0.0; FRAME];

/// Turns sound into payloads.
#[derive(Debug)]
pub(crate) struct Encoder {
    codec: Codec,
}

impl Encoder {
    pub(crate) fn new(codec: Codec) -> Self {
        Self { codec }
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Encodes one packet's sound: a multiple of 10 ms, for Opus 10, 20, 40 or 60 ms.
    pub(crate) fn encode(&mut self, samples: &[f32]) -> bytes::Bytes {
        let _ = samples;
        todo!()
    }

    /// Prepares for the peer losing this share of the packets (0 to 1): Opus spends bits on FEC accordingly.
    pub(crate) fn set_expected_loss(&mut self, share: f32) {
        let _ = share;
        todo!()
    }
}

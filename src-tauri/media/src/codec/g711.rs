//! ITU-T G.711 at 8 kHz behind resamplers.

use std::sync::LazyLock;

use bytes::Bytes;

use super::FRAME;
use super::repetition::Repetition;
use super::resample::{Down, FACTOR, Up};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Law {
    Mu,
    A,
}

#[derive(Debug)]
pub(crate) struct Encoder {
    law: Law,
    down: Down,
    narrow: Vec<f32>,
}

impl Encoder {
    pub(super) fn new(law: Law) -> Self {
        Self {
            law,
            down: Down::new(),
            narrow: Vec::new(),
        }
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Bytes {
        self.narrow.clear();
        self.down.process(samples, &mut self.narrow);
        let compress = match self.law {
            Law::Mu => compress_mu,
            Law::A => compress_a,
        };
        self.narrow
            .iter()
            .map(|sample| compress((sample * 32_768.0).clamp(-32_768.0, 32_767.0) as i16))
            .collect()
    }
}

#[derive(Debug)]
pub(crate) struct Decoder {
    law: Law,
    repetition: Repetition,
    up: Up,
    narrow: Vec<f32>,
}

impl Decoder {
    pub(super) fn new(law: Law) -> Self {
        Self {
            law,
            repetition: Repetition::new(),
            up: Up::new(),
            narrow: Vec::new(),
        }
    }

    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) {
        let table = match self.law {
            Law::Mu => &*EXPANDED_MU,
            Law::A => &*EXPANDED_A,
        };
        self.narrow.clear();
        self.narrow
            .extend(payload.iter().map(|code| table[usize::from(*code)]));
        self.repetition.heard(&mut self.narrow);
        self.up.process(&self.narrow, out);
    }

    pub(super) fn conceal(&mut self, out: &mut Vec<f32>) {
        self.narrow.clear();
        self.repetition.make_up(FRAME / FACTOR, &mut self.narrow);
        self.up.process(&self.narrow, out);
    }
}

static EXPANDED_MU: LazyLock<[f32; 256]> = LazyLock::new(|| expanded(expand_mu));
static EXPANDED_A: LazyLock<[f32; 256]> = LazyLock::new(|| expanded(expand_a));

fn expanded(expand: fn(u8) -> i16) -> [f32; 256] {
    std::array::from_fn(|code| f32::from(expand(code as u8)) / 32_768.0)
}

/// The decision values of the μ-law are those of the segments shifted by this, in 16 bit (G.711
/// table 2: 33 in 14 bit).
const MU_BIAS: i32 = 33 << 2;

/// G.711 tables 2a and 2b, left-justified in 16 bit.
pub(super) fn compress_mu(sample: i16) -> u8 {
    let magnitude = i32::from(sample).abs().min(32_635) + MU_BIAS;
    let segment = magnitude.ilog2() - 7;
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let code = (segment << 4) as u8 | step as u8;
    // Bits are sent inverted; the sign bit is 1 for positive values.
    if sample < 0 { !(code | 0x80) } else { !code }
}

pub(super) fn expand_mu(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 0x07;
    let step = i32::from(code & 0x0f);
    let magnitude = (((step << 3) + MU_BIAS) << segment) - MU_BIAS;
    let sample = if code & 0x80 == 0 {
        magnitude
    } else {
        -magnitude
    };
    sample as i16
}

/// G.711 tables 1a and 1b, left-justified in 16 bit.
pub(super) fn compress_a(sample: i16) -> u8 {
    // 13 bit, magnitude; negative values are mirrored so that −1 is in the first step.
    let value = i32::from(sample) >> 3;
    let (sign, magnitude) = if value < 0 {
        (0x00, !value)
    } else {
        (0x80, value)
    };
    let code = match magnitude {
        0..32 => magnitude >> 1,
        _ => {
            let segment = magnitude.ilog2() as i32 - 4;
            (segment << 4) | ((magnitude >> segment) & 0x0f)
        }
    };
    // Even bits are sent inverted.
    (code as u8 | sign) ^ 0x55
}

pub(super) fn expand_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 0x07;
    let step = i32::from(code & 0x0f);
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    let sample = if code & 0x80 == 0 {
        -magnitude
    } else {
        magnitude
    };
    sample as i16
}

use bytes::Bytes;
use opusic_c::{Application, Bandwidth, Bitrate, Channels, InbandFec, SampleRate, Signal};

use super::{FRAME, LONGEST_PACKET};

/// In bit/s. Wide-band speech is transparent to callers from about 24 kb/s; the rest is what FEC costs at moderate loss.
const BITRATE: u32 = 32_000;

/// libopus' own range is 0 to 10; 9 is its default for powerful machines, 5 costs half of it without an audible difference in speech.
const COMPLEXITY: u8 = 5;

/// The largest payload libopus makes for one frame (RFC 6716 §3.2.1) times the three of a 60 ms packet.
const LARGEST_PAYLOAD: usize = 3 * 1275;

/// libopus adds FEC only when it expects loss. One percent keeps it ready before the first report.
const LEAST_EXPECTED_LOSS: u8 = 1;

/// From here on libopus rather narrows the band than leaves FEC out (`decide_fec`).
const LEAST_REPORTED_LOSS: u8 = 6;

pub(crate) struct Encoder {
    inner: opusic_c::Encoder,
    payload: Vec<u8>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("opus::Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    pub(super) fn new() -> Self {
        let mut inner =
            opusic_c::Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip)
                .expect("48 kHz mono is a configuration of libopus");
        let configured = inner
            .set_bitrate(Bitrate::Value(BITRATE))
            .and_then(|()| inner.set_signal(Signal::Voice))
            // At full band libopus finds the bit rate too low for FEC (`decide_fec`).
            .and_then(|()| inner.set_max_bandwidth(Bandwidth::Superwide))
            .and_then(|()| inner.set_complexity(COMPLEXITY))
            .and_then(|()| inner.set_inband_fec(InbandFec::Mode1))
            .and_then(|()| inner.set_packet_loss(LEAST_EXPECTED_LOSS))
            .and_then(|()| inner.set_dtx(false));
        configured.expect("libopus takes values from its documented ranges");
        Self {
            inner,
            payload: vec![0; LARGEST_PAYLOAD],
        }
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Bytes {
        let len = self
            .inner
            .encode_float_to_slice(samples, &mut self.payload)
            .expect("packets have a frame size of libopus and the buffer holds the largest");
        Bytes::copy_from_slice(&self.payload[..len])
    }

    pub(super) fn set_expected_loss(&mut self, share: f32) {
        let percent = match (share * 100.0).round().clamp(0.0, 100.0) as u8 {
            0 => LEAST_EXPECTED_LOSS,
            percent => percent.max(LEAST_REPORTED_LOSS),
        };
        self.inner
            .set_packet_loss(percent)
            .expect("0 to 100 % is the range of libopus");
    }
}

pub(crate) struct Decoder {
    inner: opusic_c::Decoder,
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("opus::Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            inner: opusic_c::Decoder::new(Channels::Mono, SampleRate::Hz48000)
                .expect("48 kHz mono is a configuration of libopus"),
        }
    }

    pub(super) fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) {
        let expected = samples(payload).unwrap_or(FRAME);
        self.run(payload, expected, false, out);
    }

    pub(super) fn conceal(&mut self, out: &mut Vec<f32>) {
        self.run(&[], FRAME, false, out);
    }

    pub(super) fn decode_fec(&mut self, next: &[u8], samples: usize, out: &mut Vec<f32>) {
        self.run(next, samples, true, out);
    }

    /// Appends exactly `samples`, silence where libopus gives less.
    fn run(&mut self, payload: &[u8], samples: usize, fec: bool, out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + samples, 0.0);
        if let Err(error) = self
            .inner
            .decode_float_to_slice(payload, &mut out[start..], fec)
        {
            tracing::debug!(error = error.message(), "Opus payload not decoded");
            out[start..].fill(0.0);
        }
    }
}

/// Returns the samples at 48 kHz of a packet (RFC 6716 §3.1, §3.2), `None` where it is malformed at its head.
pub(super) fn samples(payload: &[u8]) -> Option<usize> {
    let samples = opusic_c::utils::get_nb_samples(payload, SampleRate::Hz48000).ok()?;
    (samples <= LONGEST_PACKET).then_some(samples)
}

/// Reads the LBRR flag of the first frame (RFC 6716 §4.2.3, §4.2.4). Packets of code 3 (§3.2.5), which no encoder of speech makes at
/// 20 ms, count as without.
pub(super) fn has_fec(payload: &[u8]) -> bool {
    let Some(&toc) = payload.first() else {
        return false;
    };
    let config = toc >> 3;
    // RFC 6716 §3.1, table 2: configurations from 16 on are CELT only.
    if config >= 16 {
        return false;
    }
    let silk_frames = match config {
        // SILK only: 10, 20, 40, 60 ms, in frames of 20 ms.
        0..=11 => [1, 1, 2, 3][usize::from(config % 4)],
        // Hybrid: 10 and 20 ms.
        _ => 1,
    };
    let first_frame = match toc & 3 {
        0 | 1 => 1,
        // RFC 6716 §3.2.1: lengths from 252 on take two bytes.
        2 if payload.get(1).is_some_and(|len| *len >= 252) => 3,
        2 => 2,
        _ => return false,
    };
    let Some(&head) = payload.get(first_frame) else {
        return false;
    };
    let stereo = toc & 4 != 0;
    let mid = (head >> (7 - silk_frames)) & 1 == 1;
    let side = stereo && (head >> (6 - 2 * silk_frames)) & 1 == 1;
    mid || side
}

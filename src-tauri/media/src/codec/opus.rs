use bytes::Bytes;
use opusic_c::{Application, Bandwidth, Bitrate, Channels, InbandFec, SampleRate, Signal};

use super::{FRAME, LONGEST_PACKET, Limits};

/// In bit/s, where nothing is lost: super-wideband speech and its FEC come to 30 kb/s.
const BITRATE: u32 = 32_000;

/// What is added for each percent that is lost, up to the full of it: the FEC takes its share of
/// the bits, and what is restored from it is heard. PESQ of spoken sentences rises by it from 3.3
/// to 3.8 at 5 % loss, from 2.9 to 3.3 at 10 %, for 48 kb/s in all.
const BITRATE_PER_PERCENT: u32 = 4_000;
const FULL_AT_PERCENT: u8 = 5;

/// Beyond this share, in percent, the path is taken for full rather than for bad, and more bits
/// would make it fuller.
const CONGESTED_FROM_PERCENT: u8 = 21;

/// The least that libopus takes, and the least a peer may limit us to, in bit/s (RFC 7587 §6.1).
const LEAST_BITRATE: u32 = 6_000;

/// From 6 on the quantiser keeps three states, for which libopus has AVX2 code
/// (`silk_NSQ_del_dec_avx2`), where 5 runs plain C with two: 3 % more time for 0.2 of PESQ (3.60 to
/// 3.83 on spoken sentences). 9 takes a quarter more time for 0.1; below 2 there is no FEC.
const COMPLEXITY: u8 = 6;

/// The largest payload libopus makes for one frame (RFC 6716 §3.2.1) times the three of a 60 ms
/// packet.
const LARGEST_PAYLOAD: usize = 3 * 1275;

/// libopus adds FEC only when it expects loss. One percent keeps it ready before the first report.
const LEAST_EXPECTED_LOSS: u8 = 1;

/// From here on libopus rather narrows the band than leaves FEC out (`decide_fec`).
const LEAST_REPORTED_LOSS: u8 = 6;

pub(crate) struct Encoder {
    inner: opusic_c::Encoder,
    payload: Vec<u8>,
    limits: Limits,
    /// What the peer loses of our packets.
    loss_percent: u8,
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
            limits: Limits::default(),
            loss_percent: 0,
        }
    }

    pub(super) fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        // RFC 7587 §7.1: no more band than the peer plays, and no changing rate where it wants
        // none.
        let bandwidth = match limits.playback_rate {
            Some(..12_000) => Bandwidth::Narrow,
            Some(12_000..16_000) => Bandwidth::Medium,
            Some(16_000..24_000) => Bandwidth::Wide,
            Some(24_000..) | None => Bandwidth::Superwide,
        };
        self.inner
            .set_max_bandwidth(bandwidth)
            .and_then(|()| self.inner.set_vbr(!limits.constant_rate))
            .expect("libopus takes values from its documented ranges");
        self.set_bitrate();
    }

    pub(super) fn encode(&mut self, samples: &[f32]) -> Bytes {
        let len = self
            .inner
            .encode_float_to_slice(samples, &mut self.payload)
            .expect("packets have a frame size of libopus and the buffer holds the largest");
        Bytes::copy_from_slice(&self.payload[..len])
    }

    pub(super) fn set_expected_loss(&mut self, share: f32) {
        self.loss_percent = (share * 100.0).round().clamp(0.0, 100.0) as u8;
        let percent = match self.loss_percent {
            0 => LEAST_EXPECTED_LOSS,
            percent => percent.max(LEAST_REPORTED_LOSS),
        };
        self.inner
            .set_packet_loss(percent)
            .expect("0 to 100 % is the range of libopus");
        self.set_bitrate();
    }

    fn set_bitrate(&mut self) {
        let more = match self.loss_percent {
            CONGESTED_FROM_PERCENT.. => 0,
            percent => BITRATE_PER_PERCENT * u32::from(percent.min(FULL_AT_PERCENT)),
        };
        let most = self.limits.bitrate.unwrap_or(u32::MAX);
        let bitrate = (BITRATE + more).min(most).max(LEAST_BITRATE);
        self.inner
            .set_bitrate(Bitrate::Value(bitrate))
            .expect("libopus takes any rate from its least one on");
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

/// Returns the samples at 48 kHz of a packet (RFC 6716 §3.1, §3.2), `None` where it is malformed at
/// its head.
pub(super) fn samples(payload: &[u8]) -> Option<usize> {
    let samples = opusic_c::utils::get_nb_samples(payload, SampleRate::Hz48000).ok()?;
    (samples <= LONGEST_PACKET).then_some(samples)
}

/// Reads the LBRR flag of the first frame (RFC 6716 §4.2.3, §4.2.4). Packets of code 3 (§3.2.5),
/// which no encoder of speech makes at 20 ms, count as without.
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

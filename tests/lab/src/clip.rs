use bytes::Bytes;
use opusic_c::{Application, Channels, Decoder, Encoder, ErrorCode, SampleRate};

use crate::{
    codec::Codec,
    g711::{decode_a_law, decode_mu_law, encode_a_law, encode_mu_law},
    sound::Sound,
};

/// Sound as packets of 20 ms, ready to be sent with each codec.
#[derive(Debug, Clone)]
pub struct Clip {
    opus: Vec<Bytes>,
    pcmu: Vec<Bytes>,
    pcma: Vec<Bytes>,
}

#[derive(Debug, thiserror::Error)]
#[error("Opus refused: {0}")]
pub struct ClipError(String);

/// The largest Opus packet that the encoder may make (RFC 6716 §3.2.1: 1275 bytes per frame).
const MAX_PACKET: usize = 1275;

/// Samples of a packet of 20 ms (RFC 3551 §4.2).
pub(crate) fn packet_samples(codec: Codec) -> usize {
    codec.rate() as usize / 50
}

impl Clip {
    pub fn encode(sound: &Sound) -> Result<Self, ClipError> {
        Ok(Self {
            opus: opus(sound)?,
            pcmu: g711(sound, Codec::Pcmu, encode_mu_law),
            pcma: g711(sound, Codec::Pcma, encode_a_law),
        })
    }

    /// The same number of packets for every codec.
    pub(crate) fn packets(&self, codec: Codec) -> &[Bytes] {
        match codec {
            Codec::Opus => &self.opus,
            Codec::Pcmu => &self.pcmu,
            Codec::Pcma => &self.pcma,
        }
    }
}

fn opus(sound: &Sound) -> Result<Vec<Bytes>, ClipError> {
    let mut encoder =
        Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip).map_err(refused)?;
    frames(sound, Codec::Opus)
        .iter()
        .map(|frame| {
            let mut packet = vec![0; MAX_PACKET];
            let length = encoder
                .encode_float_to_slice(frame, &mut packet)
                .map_err(refused)?;
            packet.truncate(length);
            Ok(Bytes::from(packet))
        })
        .collect()
}

fn g711(sound: &Sound, codec: Codec, encode: fn(i16) -> u8) -> Vec<Bytes> {
    frames(sound, codec)
        .iter()
        .map(|frame| {
            let code = |sample: &f32| {
                encode((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)
            };
            frame.iter().map(code).collect()
        })
        .collect()
}

/// Cuts into frames of one packet, as many at any rate; the last one ends in silence.
fn frames(sound: &Sound, codec: Codec) -> Vec<Vec<f32>> {
    let per_second = u128::from(sound.rate);
    let count = (sound.samples.len() as u128 * 50).div_ceil(per_second) as usize;
    let mut samples = sound.at_rate(codec.rate()).samples;
    samples.resize(count * packet_samples(codec), 0.0);
    samples
        .chunks(packet_samples(codec))
        .map(<[f32]>::to_vec)
        .collect()
}

/// Decodes what a peer hears and puts it together by its timestamps.
pub(crate) struct Recorder {
    decoder: Decoder,
    takes: Vec<Take>,
}

/// What came from one source with one codec, without a break between.
struct Take {
    codec: Codec,
    ssrc: u32,
    first_timestamp: u32,
    samples: Vec<f32>,
}

/// A take ends after one minute, and a recording after so many.
const LONGEST_TAKE: usize = 60;
const MAX_TAKES: usize = 16;
/// The longest packet of Opus, 120 ms at 48 kHz (RFC 6716 §2.1.4).
const MAX_DECODED: usize = 5760;

impl Recorder {
    pub(crate) fn new() -> Result<Self, ClipError> {
        Ok(Self {
            decoder: Decoder::new(Channels::Mono, SampleRate::Hz48000).map_err(refused)?,
            takes: Vec::new(),
        })
    }

    /// Takes one RTP packet; what cannot be decoded leaves a gap.
    pub(crate) fn take(&mut self, codec: Codec, packet: &rtc::rtp::Packet) {
        let decoded = match codec {
            Codec::Opus => {
                let mut decoded = vec![0.0; MAX_DECODED];
                let Ok(length) =
                    self.decoder
                        .decode_float_to_slice(&packet.payload, &mut decoded, false)
                else {
                    return;
                };
                decoded.truncate(length);
                decoded
            }
            Codec::Pcmu => linear(&packet.payload, decode_mu_law),
            Codec::Pcma => linear(&packet.payload, decode_a_law),
        };
        let (ssrc, timestamp) = (packet.header.ssrc, packet.header.timestamp);
        let goes_on = |take: &Take| take.codec == codec && take.ssrc == ssrc;
        if !self.takes.last().is_some_and(goes_on) && self.takes.len() < MAX_TAKES {
            self.takes.push(Take {
                codec,
                ssrc,
                first_timestamp: timestamp,
                samples: Vec::new(),
            });
        }
        let Some(take) = self.takes.last_mut().filter(|take| goes_on(take)) else {
            return;
        };
        let at = timestamp.wrapping_sub(take.first_timestamp) as usize;
        let until = at.saturating_add(decoded.len());
        if until > LONGEST_TAKE * codec.rate() as usize {
            return;
        }
        if take.samples.len() < until {
            take.samples.resize(until, 0.0);
        }
        take.samples[at..until].copy_from_slice(&decoded);
    }

    pub(crate) fn sound(&self) -> Sound {
        const RATE: u32 = 48_000;
        let whole = |take: &Take| {
            let sound = Sound {
                rate: take.codec.rate(),
                samples: take.samples.clone(),
            };
            sound.at_rate(RATE).samples
        };
        Sound {
            rate: RATE,
            samples: self.takes.iter().flat_map(whole).collect(),
        }
    }
}

fn linear(payload: &[u8], decode: fn(u8) -> i16) -> Vec<f32> {
    let sample = |code: &u8| f32::from(decode(*code)) / f32::from(i16::MAX);
    payload.iter().map(sample).collect()
}

fn refused(code: ErrorCode) -> ClipError {
    ClipError(format!("{code:?}"))
}

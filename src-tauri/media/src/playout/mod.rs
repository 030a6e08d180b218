//! The playout buffer: packets go in as they come, a frame comes out every 10 ms.
//!
//! The buffer waits as long as packets of late have been late (`target`), conceals what is missing,
//! and follows the target by shortening and lengthening speech by single pitch periods (`stretch`).
//! Waiting has no clock of its own: the delay is the moment minus the position that is played, so
//! the peer's clock, the network and the playing device may each drift.

mod stretch;
mod target;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Codec;
use crate::codec::{self, Decoder, FRAME, Frame, SAMPLES_PER_MS, SILENCE};
use crate::rtp::Audio;
use stretch::Urgency;
use target::Target;

/// What a [`Buffer`] has played, since its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Statistics {
    /// Samples at 48 kHz given out since the first packet was decoded.
    pub(crate) played: u64,
    /// Those among them that were made up because a packet was lost or late.
    pub(crate) concealed: u64,
    /// Packets that came too late to be played.
    pub(crate) late: u64,
}

/// An adaptive jitter buffer with its decoder.
#[derive(Debug)]
pub(crate) struct Buffer {
    /// By position.
    packets: VecDeque<Audio>,
    decoder: Option<(Codec, Decoder)>,
    /// Decoded or made up, to be played next.
    sound: Vec<f32>,
    /// The position that follows `sound`.
    next: i64,
    /// Where what is decoded ends; between it and `next` all is made up.
    decoded: i64,
    /// Samples made up since the last decoded one.
    made_up: i64,
    /// Those among them, from the first on, that the peer had agreed not to send.
    rested: i64,
    /// Whether the peer sends, as offer and answer have it.
    peer_sends: bool,
    target: Target,
    /// The constant of all lateness and delays.
    epoch: Option<Instant>,
    /// The moment of the last pull, in samples, without the unsteadiness of who pulls; `None`
    /// before the first.
    pulled: Option<f64>,
    moment: i64,
    /// Samples to be played before the next change of length.
    settle: i64,
    /// What was played last.
    played: [f32; stretch::LONGEST],
    /// How long packets waited, in ms, smoothed over 50 of them.
    waited: f32,
    statistics: Statistics,
}

/// 1 s of packets.
const LONGEST: i64 = 1_000 * MS;

/// The shortest Opus frame is 2.5 ms: so many are 1 s.
const MOST_PACKETS: usize = 400;

const MS: i64 = SAMPLES_PER_MS as i64;
const FRAME_SAMPLES: i64 = FRAME as i64;

/// The delay is shortened where it is more than that above the target: 10 ms for the start of a
/// packet to lie anywhere in a frame, and one pitch period.
const SLACK: i64 = 16 * MS;

/// It is lengthened where it comes nearer to the target than this.
const TIGHT: i64 = MS;

/// Where there is no experience yet.
const FIRST_SLACK: i64 = 10 * MS;

/// Excess from which on a change may be heard a little.
const HURRY: i64 = 60 * MS;

/// Played untouched after a change: at most every 20 ms, which sheds a quarter to a third of the
/// excess' time.
const SETTLE: i64 = 20 * MS;

/// Excess that is skipped rather than played fast, where sound resumes after an interruption.
const SKIPPED: i64 = 400 * MS;

/// Pulls that are later or earlier than that are a stall, not unsteadiness.
const STALL: i64 = 40 * MS;

/// Over so many pulls their unsteadiness is evened out.
const STEADINESS: f64 = 32.0;

/// Made-up sound keeps its level for so long and has faded to silence after that.
const FADE_FROM: i64 = 60 * MS;
const FADE_TO: i64 = 120 * MS;

/// A sender of Opus that suppresses silence sends a packet each 400 ms (RFC 6716 §2.1.9).
const PAUSE: i64 = 500 * MS;

/// The rise of sound after silence, and the blend from one stream to another.
const BLEND: usize = 5 * SAMPLES_PER_MS;

impl Buffer {
    pub(crate) fn new() -> Self {
        Self {
            packets: VecDeque::new(),
            decoder: None,
            sound: Vec::with_capacity(codec::LONGEST_PACKET + 2 * FRAME),
            next: 0,
            decoded: 0,
            made_up: 0,
            rested: 0,
            peer_sends: true,
            target: Target::new(),
            epoch: None,
            pulled: None,
            moment: 0,
            settle: 0,
            played: [0.0; stretch::LONGEST],
            waited: 0.0,
            statistics: Statistics::default(),
        }
    }

    /// Takes what [`Receiver::handle`](crate::rtp::Receiver::handle) made of a packet.
    pub(crate) fn insert(&mut self, audio: Audio) {
        self.epoch.get_or_insert(audio.arrival);
        let lateness = self.arrival(&audio) - audio.position;
        let samples = audio.samples as i64;
        self.target.observe(audio.position, samples, lateness);
        if audio.missing == 1 && codec::has_fec(audio.codec, &audio.payload) {
            self.target.observe_recovery(lateness + samples);
        }
        if self.decoder.is_some() && audio.position < self.decoded {
            self.statistics.late += 1;
            return;
        }
        let index = self
            .packets
            .partition_point(|known| known.position < audio.position);
        if self
            .packets
            .get(index)
            .is_some_and(|known| known.position == audio.position)
        {
            return;
        }
        self.packets.insert(index, audio);
        self.bound();
    }

    /// Gives the next 10 ms; to be called every 10 ms of the playing clock, with the packets that
    /// came until `now` inserted.
    pub(crate) fn pull(&mut self, now: Instant) -> Frame {
        let Some(epoch) = self.epoch else {
            return SILENCE;
        };
        self.go_on(to_samples(now.saturating_duration_since(epoch)));
        while self.sound.len() < FRAME {
            self.fill();
        }
        self.approach_target();
        let mut frame = SILENCE;
        frame.copy_from_slice(&self.sound[..FRAME]);
        self.sound.drain(..FRAME);
        self.played.copy_within(FRAME.., 0);
        self.played[stretch::LONGEST - FRAME..].copy_from_slice(&frame);
        self.settle -= FRAME_SAMPLES;
        if self.decoder.is_some() {
            self.statistics.played += FRAME as u64;
        }
        for sample in &mut frame {
            *sample = sample.clamp(-1.0, 1.0);
        }
        frame
    }

    /// Sets whether the peer sends, as offer and answer have it: what is made up while it does not
    /// is a pause and nothing that was lost, from its last packet on, which left before its word
    /// came.
    pub(crate) fn set_peer_sends(&mut self, sends: bool) {
        self.peer_sends = sends;
        if !sends {
            self.rested = self.made_up;
        }
    }

    /// Returns how many samples were made up since the last packet where that is more than a pause
    /// that a sender of Opus makes. The next packet tells whether they were lost:
    /// [`statistics`](Self::statistics) has them from then on, or never.
    pub(crate) fn outstanding(&self) -> u64 {
        let outstanding = self.made_up - self.rested;
        if outstanding > PAUSE {
            outstanding as u64
        } else {
            0
        }
    }

    /// Returns how long packets wait between arrival and playing, smoothed over about a second.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_secs_f32(self.waited / 1_000.0)
    }

    pub(crate) fn statistics(&self) -> Statistics {
        self.statistics
    }

    /// Takes note of a pull at `moment`.
    fn go_on(&mut self, moment: i64) {
        let moment = moment as f64;
        let steady = match self.pulled {
            Some(pulled) => {
                let expected = pulled + FRAME as f64;
                let error = moment - expected;
                if error.abs() > STALL as f64 {
                    moment
                } else {
                    expected + error / STEADINESS
                }
            }
            None => moment,
        };
        self.pulled = Some(steady);
        self.moment = steady as i64;
    }

    /// When `packet` arrived, in samples.
    fn arrival(&self, packet: &Audio) -> i64 {
        self.epoch.map_or(0, |epoch| {
            to_samples(packet.arrival.saturating_duration_since(epoch))
        })
    }

    fn target(&self) -> i64 {
        self.target.delay().unwrap_or(0)
    }

    /// Appends sound: the next packet's, or made up.
    fn fill(&mut self) {
        let due = self.moment + self.sound.len() as i64;
        if self.made_up > 0 {
            self.skip(due);
        }
        let Some(&Audio {
            position, samples, ..
        }) = self.packets.front()
        else {
            self.make_up();
            return;
        };
        if self.decoder.is_none() {
            if due - position >= self.target() + FIRST_SLACK {
                self.decode();
            } else {
                self.sound.resize(self.sound.len() + FRAME, 0.0);
            }
            return;
        }
        let gap = position - self.next;
        // What was made up while waiting for this packet is not part of the line: the packet is
        // played, only later.
        if gap <= 0 {
            self.decode();
            return;
        }
        if gap <= samples as i64 && self.recover(gap) {
            return;
        }
        // The packets in between are lost, or there were none. They are made up for as long as the
        // delay lasts.
        if self.made_up > 0 && due - position >= self.target() + TIGHT {
            self.decode();
            return;
        }
        self.make_up();
    }

    /// Sound resumes at `due`: drops what has piled up meanwhile and is not worth hearing so late.
    fn skip(&mut self, due: i64) {
        let Some(newest) = self.packets.back() else {
            return;
        };
        let usual = self.target().max(self.arrival(newest) - newest.position);
        while self.packets.len() > 1 && due - self.packets[0].position > usual + SKIPPED {
            self.packets.pop_front();
            self.statistics.late += 1;
        }
    }

    /// Plays the first packet at once.
    fn decode(&mut self) {
        let Some(packet) = self.packets.pop_front() else {
            return;
        };
        let start = self.sound.len();
        let due = self.moment + start as i64;
        let waited = (due - self.arrival(&packet)).max(0) as f32 / MS as f32;
        self.waited += (waited - self.waited) / 50.0;
        // A pause of the peer leaves nothing to conceal.
        let pause = match (packet.missing, packet.marker) {
            (0, true) => self.made_up,
            (0, false) => (packet.position - self.decoded).max(0),
            (_, _) => 0,
        };
        let same = self
            .decoder
            .as_ref()
            .is_some_and(|(codec, _)| *codec == packet.codec);
        if !same || packet.fresh {
            let former = self
                .decoder
                .replace((packet.codec, Decoder::new(packet.codec)));
            self.run(|decoder, sound| decoder.decode(&packet.payload, sound));
            if let Some((_, mut former)) = former {
                self.blend(start, &mut former);
            }
        } else {
            self.run(|decoder, sound| decoder.decode(&packet.payload, sound));
        }
        if self.made_up >= FADE_TO {
            let rise = BLEND.min(self.sound.len() - start);
            for (i, sample) in self.sound[start..start + rise].iter_mut().enumerate() {
                *sample *= i as f32 / rise as f32;
            }
        }
        self.count_concealed(pause);
        self.next = packet.position + packet.samples as i64;
        self.decoded = self.next;
    }

    /// Takes `gap` samples, up to the first packet, out of its FEC.
    fn recover(&mut self, gap: i64) -> bool {
        let Some(packet) = self.packets.front() else {
            return false;
        };
        let usable = packet.missing > 0
            && !packet.fresh
            && codec::has_fec(packet.codec, &packet.payload)
            && matches!(self.decoder, Some((codec, _)) if codec == packet.codec);
        if !usable {
            return false;
        }
        let (payload, samples) = (packet.payload.clone(), packet.samples);
        let start = self.sound.len();
        self.run(|decoder, sound| decoder.decode_fec(&payload, samples, sound));
        // The start of what FEC gives has been made up already; the step that is left where they
        // meet decays.
        let made_up = samples - gap as usize;
        if made_up > 0 && start > 0 {
            let step = self.sound[start - 1] - self.sound[start + made_up - 1];
            let joint = self.sound[start + made_up..].iter_mut().take(BLEND);
            for (i, sample) in joint.enumerate() {
                *sample += step * (1.0 - i as f32 / BLEND as f32);
            }
        }
        self.sound.drain(start..start + made_up);
        self.count_concealed(0);
        self.next += gap;
        self.decoded = self.next;
        true
    }

    /// Appends 10 ms that fade, in the end silence.
    fn make_up(&mut self) {
        let start = self.sound.len();
        if self.made_up >= FADE_TO {
            self.sound.resize(start + FRAME, 0.0);
        } else {
            self.run(|decoder, sound| decoder.conceal(sound));
            let made_up = self.made_up;
            for (i, sample) in self.sound[start..].iter_mut().enumerate() {
                let faded = (made_up + i as i64 - FADE_FROM).max(0) as f32;
                *sample *= (1.0 - faded / (FADE_TO - FADE_FROM) as f32).max(0.0);
            }
        }
        self.next += FRAME_SAMPLES;
        self.made_up += FRAME_SAMPLES;
        if !self.peer_sends {
            self.rested = self.made_up;
        }
    }

    /// Counts what was made up, which ends here, but for a `pause` of the peer.
    fn count_concealed(&mut self, pause: i64) {
        let concealed = self.made_up - pause.max(self.rested);
        self.statistics.concealed += concealed.max(0) as u64;
        self.made_up = 0;
        self.rested = 0;
    }

    fn run(&mut self, run: impl FnOnce(&mut Decoder, &mut Vec<f32>)) {
        if let Some((_, decoder)) = &mut self.decoder {
            run(decoder, &mut self.sound);
        }
    }

    /// Blends the sound from `start` on with how the former decoder would go on.
    fn blend(&mut self, start: usize, former: &mut Decoder) {
        let mut tail = Vec::with_capacity(FRAME);
        if self.made_up == 0 {
            former.conceal(&mut tail);
        } else {
            tail.resize(FRAME, 0.0);
        }
        let blended = self.sound[start..].iter_mut().zip(&tail).take(BLEND);
        for (i, (sample, tail)) in blended.enumerate() {
            let weight = i as f32 / BLEND as f32;
            *sample = tail + (*sample - tail) * weight;
        }
    }

    /// Changes the length of what is played next, where the delay is not what it should be.
    fn approach_target(&mut self) {
        // A frame that holds the start of a packet needs it when the frame starts, up to 10 ms
        // earlier.
        let playing = self.next - self.sound.len() as i64;
        let excess = self.moment - playing - self.target();
        let early = (self.sound.len() % FRAME) as i64;
        let content = excess - early >= TIGHT && excess <= SLACK;
        if content || self.made_up > 0 || self.settle > 0 || self.decoder.is_none() {
            return;
        }
        // More is decoded only where it has come and follows without a gap.
        while excess > SLACK
            && self.sound.len() < stretch::NEEDED
            && self
                .packets
                .front()
                .is_some_and(|packet| packet.position <= self.next)
        {
            self.decode();
        }
        let changed = if excess > SLACK {
            let urgency = if excess > HURRY {
                Urgency::Hurried
            } else {
                Urgency::Relaxed
            };
            stretch::shorten(
                &mut self.sound,
                (excess - TIGHT - FRAME_SAMPLES) as usize,
                urgency,
            )
        } else {
            let urgency = if excess < -HURRY {
                Urgency::Hurried
            } else {
                Urgency::Relaxed
            };
            stretch::lengthen(&self.played, &mut self.sound, stretch::LONGEST, urgency)
        };
        if changed > 0 {
            self.settle = SETTLE;
        }
    }

    /// Keeps what waits within its bounds by dropping the oldest.
    fn bound(&mut self) {
        while let (Some(oldest), Some(newest)) = (self.packets.front(), self.packets.back()) {
            let span = newest.position + newest.samples as i64 - oldest.position;
            if span <= LONGEST && self.packets.len() <= MOST_PACKETS {
                break;
            }
            self.packets.pop_front();
            self.statistics.late += 1;
        }
    }
}

fn to_samples(duration: Duration) -> i64 {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / MS);
    micros * MS / 1_000
}

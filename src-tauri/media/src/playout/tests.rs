#![allow(clippy::unwrap_used, reason = "tests")]

mod faults;

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::codec::Limits;
use crate::codec::speech::{frames, likeness, speech};
use crate::rtp::{Format, Packet, ReceiveFormat, Received, Receiver, Sender, Voice};

const FORMATS: [(u8, ReceiveFormat); 3] = [
    (111, ReceiveFormat::Speech { codec: Codec::Opus }),
    (0, ReceiveFormat::Speech { codec: Codec::Pcmu }),
    (8, ReceiveFormat::Speech { codec: Codec::Pcma }),
];

#[test]
fn a_clean_net_has_no_concealment_in_ten_minutes_and_waits_less_than_a_packet() {
    for (codec, frames) in [(Codec::Opus, 60_000), (Codec::Pcmu, 6_000)] {
        let mut line = Line::new(codec, 1);
        line.run(frames, |_| Some(30.0));
        let played = line.buffer.statistics();
        assert_eq!((played.concealed, played.late), (0, 0), "{codec:?}");
        assert!(line.buffer.delay() < ms(20), "{:?}", line.buffer.delay());
    }
}

#[test]
fn clocks_that_drift_apart_are_followed_without_concealment() {
    for ppm in [-300.0, 300.0] {
        let mut line = Line::new(Codec::Opus, 2);
        // The peer's clock runs fast or slow: its packets come ever earlier or later.
        line.run(6_000, |sent_ms| Some(300.0 - sent_ms * ppm / 1e6));
        let played = line.buffer.statistics();
        assert_eq!((played.concealed, played.late), (0, 0), "{ppm} ppm");
        assert!(
            line.buffer.delay() < ms(20),
            "{ppm} ppm: {:?}",
            line.buffer.delay()
        );
    }
}

#[test]
fn a_playing_clock_that_drifts_is_followed_too() {
    for ppm in [-300.0, 300.0] {
        let mut line = Line::new(Codec::Opus, 2);
        line.drift_ppm = ppm;
        line.run(6_000, |_| Some(30.0));
        let played = line.buffer.statistics();
        assert_eq!((played.concealed, played.late), (0, 0), "{ppm} ppm");
        assert!(
            line.buffer.delay() < ms(20),
            "{ppm} ppm: {:?}",
            line.buffer.delay()
        );
    }
}

#[test]
fn fec_keeps_concealment_below_the_loss() {
    for (loss, most) in [(0.05, 0.02), (0.10, 0.04), (0.20, 0.09)] {
        let mut line = Line::new(Codec::Opus, 3);
        line.sender.set_expected_loss(loss);
        let mut random = StdRng::seed_from_u64(7);
        line.run(6_000, |_| (random.random::<f32>() > loss).then_some(40.0));
        let share = line.concealed();
        assert!(share < most, "at {loss} loss {share} concealed");
        assert!(line.buffer.delay() < ms(45), "{:?}", line.buffer.delay());
    }
}

#[test]
fn without_fec_concealment_is_the_loss() {
    let mut line = Line::new(Codec::Pcma, 3);
    let mut random = StdRng::seed_from_u64(7);
    line.run(6_000, |_| (random.random::<f32>() > 0.1).then_some(40.0));
    let share = line.concealed();
    assert!((0.07..0.13).contains(&share), "{share} concealed");
    let alike = likeness(
        &line.spoken[..10 * 48_000],
        &line.heard,
        line.lag(),
        24 * SAMPLES_PER_MS,
    );
    assert!(alike > 0.85, "{alike}");
}

#[test]
fn bursts_of_loss_fade_to_silence_and_cost_no_more_than_they_hold() {
    let mut line = Line::new(Codec::Opus, 4);
    // 10 packets of every 100.
    line.run(3_000, |sent_ms| {
        (!(1_000.0..1_200.0).contains(&(sent_ms % 2_000.0))).then_some(40.0)
    });
    let share = line.concealed();
    assert!((0.08..0.11).contains(&share), "{share} concealed");
    assert!(line.longest_silent_end(1_130, 1_200), "hums on");
}

#[test]
fn jitter_is_waited_for_as_long_as_a_constant_delay_oracle_would() {
    for (mean, allowed) in [(10.0, 10.0), (30.0, 5.0), (100.0, 20.0)] {
        let mut line = Line::new(Codec::Pcmu, 5);
        let mut random = StdRng::seed_from_u64(11);
        let mut lateness = Vec::new();
        line.run(12_000, |_| {
            let jitter = -mean * (1.0 - random.random::<f64>()).ln();
            lateness.push(jitter);
            Some(20.0 + jitter)
        });
        let concealed = f64::from(line.concealed());
        assert!(concealed < 0.02, "exp-{mean}: {concealed} concealed");
        lateness.sort_by(f64::total_cmp);
        let oracle = lateness[((1.0 - concealed) * (lateness.len() - 1) as f64) as usize];
        let delay = line.mean_delay_ms() - 20.0;
        assert!(
            delay <= oracle + allowed,
            "exp-{mean}: {delay} ms, oracle {oracle} ms"
        );
    }
}

#[test]
fn reordering_is_not_loss() {
    let mut line = Line::new(Codec::Pcmu, 6);
    let mut sent = 0;
    // Every fifth packet is overtaken by the next one.
    line.run(6_000, |_| {
        sent += 1;
        Some(if sent % 5 == 0 { 65.0 } else { 40.0 })
    });
    let played = line.buffer.statistics();
    assert!(line.concealed() < 0.001, "{} concealed", line.concealed());
    assert!(played.late < 3, "{} late", played.late);
    assert_eq!(line.receiver.packets_lost(), 0);
}

#[test]
fn after_a_step_of_300_ms_the_delay_is_back_within_4_s() {
    // The net holds everything back for 300 ms, once; or for a second.
    for step_ms in [300.0, 1_000.0] {
        let mut line = Line::new(Codec::Pcmu, 7);
        let step = |sent_ms: f64| {
            let held_until = 10_000.0 + 300.0;
            Some(if step_ms == 300.0 {
                (held_until - sent_ms)
                    .max(40.0)
                    .min(if sent_ms < 10_000.0 { 40.0 } else { 340.0 })
            } else if (10_000.0..10_000.0 + step_ms).contains(&sent_ms) {
                340.0
            } else {
                40.0
            })
        };
        line.run(1_000, step);
        let before = line.delay_ms();
        line.run(130, step);
        line.run((step_ms as usize - 300) / 10, step);
        let gap = line.buffer.statistics().concealed;
        line.run(300, step);
        let after = line.delay_ms();
        assert!(
            after < before + 20.0,
            "{step_ms}: {before} ms before, {after} ms after"
        );
        let played = line.buffer.statistics();
        assert!(
            played.concealed <= 16_000 && played.concealed == gap,
            "one gap: {played:?}"
        );
    }
}

#[test]
fn a_change_of_ssrc_or_codec_costs_nothing_and_is_not_loud() {
    let mut line = Line::new(Codec::Opus, 8);
    line.run(300, |_| Some(40.0));
    line.sender.set_format(format(Codec::Pcma));
    line.run(300, |_| Some(40.0));
    line.sender = Sender::new(99, 12, format(Codec::Pcma));
    line.run(300, |_| Some(40.0));
    line.sender.set_format(format(Codec::Opus));
    line.run(300, |_| Some(40.0));
    line.sender = Sender::new(100, 13, format(Codec::Opus));
    line.run(300, |_| Some(40.0));
    let played = line.buffer.statistics();
    assert_eq!((played.concealed, played.late), (0, 0));
    assert!(line.delay_ms() < 80.0, "{}", line.delay_ms());
    let peak = |s: &[f32]| s.iter().fold(0.0, |peak: f32, s| peak.max(s.abs()));
    assert!(peak(&line.heard) < 1.5 * peak(&line.spoken));
    let alike = likeness(
        &line.spoken[..10 * 48_000],
        &line.heard,
        line.lag(),
        24 * SAMPLES_PER_MS,
    );
    assert!(alike > 0.8, "{alike}");
}

#[test]
fn a_pause_of_the_peer_is_silence_and_not_concealment() {
    let mut line = Line::new(Codec::Opus, 9);
    line.run(300, |_| Some(40.0));
    line.voice = Voice::Held;
    line.run(700, |_| Some(40.0));
    assert!(
        line.heard[line.heard.len() - 48_000..]
            .iter()
            .all(|s| *s == 0.0)
    );
    line.voice = Voice::On;
    line.run(300, |_| Some(40.0));
    let played = line.buffer.statistics();
    assert_eq!((played.concealed, played.late), (0, 0));
    assert!(line.delay_ms() < 70.0, "{}", line.delay_ms());
}

#[test]
fn a_pause_that_was_agreed_is_not_concealment_even_where_its_end_is_lost() {
    for codec in [Codec::Opus, Codec::Pcmu] {
        let mut line = Line::new(codec, 9);
        line.run(300, |_| Some(40.0));
        // The peer stops when it says so, and its word takes longer than the last packet.
        line.voice = Voice::Held;
        line.run(30, |_| Some(40.0));
        line.buffer.set_peer_sends(false);
        line.run(670, |_| Some(40.0));
        line.buffer.set_peer_sends(true);
        line.voice = Voice::On;
        let resumed_ms = line.ticks as f64 * 10.0;
        line.run(300, |sent_ms| {
            (sent_ms >= resumed_ms + 20.0).then_some(40.0)
        });
        let concealed = line.buffer.statistics().concealed as i64;
        assert!(
            (1..=100 * MS).contains(&concealed),
            "{codec:?}: {concealed}"
        );

        // From here on what is lost counts as ever.
        let lost_ms = line.ticks as f64 * 10.0;
        line.run(300, |sent_ms| {
            (sent_ms < lost_ms || sent_ms >= lost_ms + 200.0).then_some(40.0)
        });
        let more = line.buffer.statistics().concealed as i64 - concealed;
        assert!((160 * MS..=260 * MS).contains(&more), "{codec:?}: {more}");
    }
}

#[test]
fn a_second_of_backlog_is_all_that_is_kept() {
    let mut line = Line::new(Codec::Opus, 10);
    line.run(500, |_| Some(40.0));
    // Everything of five seconds arrives at once.
    line.run(500, |sent_ms| Some((10_000.0 - sent_ms).max(40.0)));
    assert!(line.buffer.packets.len() <= 51);
    line.run(100, |_| Some(40.0));
    assert!(line.delay_ms() < 540.0, "{}", line.delay_ms());
    line.run(400, |_| Some(40.0));
    assert!(line.delay_ms() < 80.0, "{}", line.delay_ms());
}

#[test]
fn before_anything_comes_there_is_silence_that_is_not_counted() {
    let mut buffer = Buffer::new();
    let now = Instant::now();
    for i in 0..10 {
        assert_eq!(buffer.pull(now + i * ms(10)), SILENCE);
    }
    assert_eq!(buffer.statistics(), Statistics::default());
}

#[test]
fn unsteady_pulls_cost_nothing_on_a_clean_net() {
    let mut line = Line::new(Codec::Pcmu, 14);
    line.unsteady_ms = 8.0;
    line.run(6_000, |_| Some(30.0));
    let played = line.buffer.statistics();
    assert_eq!((played.concealed, played.late), (0, 0));
    assert!(line.buffer.delay() < ms(24), "{:?}", line.buffer.delay());
}

/// A speaker, a net and a listener in virtual time.
struct Line {
    start: Instant,
    sender: Sender,
    receiver: Receiver,
    buffer: Buffer,
    voice: Voice,
    /// How fast the clock of the listener's device is.
    drift_ppm: f64,
    unsteady_ms: f64,
    /// How much later each packet comes once more.
    doubled_ms: Option<f64>,
    /// What the peer adds to its own numbers.
    sequence_jump: u16,
    timestamp_jump: u32,
    random: StdRng,
    speech: Vec<Frame>,
    ticks: usize,
    /// Arrival in ms since the start, in order.
    net: Vec<(f64, Packet)>,
    spoken: Vec<f32>,
    heard: Vec<f32>,
    /// From speaking to hearing, in ms, at each tick.
    delays: Vec<f64>,
}

impl Line {
    fn new(codec: Codec, seed: u64) -> Self {
        Self {
            start: Instant::now(),
            sender: Sender::new(5, seed, format(codec)),
            receiver: Receiver::new(&FORMATS),
            buffer: Buffer::new(),
            voice: Voice::On,
            drift_ppm: 0.0,
            unsteady_ms: 0.0,
            doubled_ms: None,
            sequence_jump: 0,
            timestamp_jump: 0,
            random: StdRng::seed_from_u64(seed),
            speech: frames(&speech(20, seed)).collect(),
            ticks: 0,
            net: Vec::new(),
            spoken: Vec::new(),
            heard: Vec::new(),
            delays: Vec::new(),
        }
    }

    /// Runs for so many frames; `delay` gives the way of a packet that leaves at this ms, in ms,
    /// `None` for a lost one.
    fn run(&mut self, frames: usize, mut delay: impl FnMut(f64) -> Option<f64>) {
        for _ in 0..frames {
            let sent_ms = self.ticks as f64 * 10.0;
            let frame = self.speech[self.ticks % self.speech.len()];
            self.ticks += 1;
            if self.spoken.len() < 60 * 48_000 {
                self.spoken.extend_from_slice(&frame);
            }
            if let Some(packet) = self.sender.push(&frame, self.voice)
                && let Some(delay) = delay(sent_ms)
            {
                let packet = Packet {
                    sequence_number: packet.sequence_number.wrapping_add(self.sequence_jump),
                    timestamp: packet.timestamp.wrapping_add(self.timestamp_jump),
                    ..packet
                };
                let arrival = sent_ms + delay;
                self.send(arrival, packet.clone());
                if let Some(later) = self.doubled_ms {
                    self.send(arrival + later, packet);
                }
            }
            // Between the frames of the speaker.
            let unsteady = self.random.random_range(0.0..=self.unsteady_ms);
            let now_ms = sent_ms * (1.0 + self.drift_ppm / 1e6) + 3.3 + unsteady;
            while self
                .net
                .first()
                .is_some_and(|(arrival, _)| *arrival <= now_ms)
            {
                let (arrival, packet) = self.net.remove(0);
                match self.receiver.handle(packet, self.at(arrival)) {
                    Received::Audio(audio) => self.buffer.insert(audio),
                    Received::Digit(_) | Received::Rest | Received::Nothing => {}
                }
            }
            let heard = self.buffer.pull(self.at(now_ms));
            if self.heard.len() < 60 * 48_000 {
                self.heard.extend_from_slice(&heard);
            }
            self.delays.push(self.delay_ms());
        }
    }

    fn send(&mut self, arrival: f64, packet: Packet) {
        let index = self.net.partition_point(|(other, _)| *other <= arrival);
        self.net.insert(index, (arrival, packet));
    }

    fn at(&self, ms: f64) -> Instant {
        self.start + Duration::from_secs_f64(ms / 1_000.0)
    }

    fn concealed(&self) -> f32 {
        let played = self.buffer.statistics();
        played.concealed as f32 / played.played as f32
    }

    /// From the end of a frame's speaking to its hearing: positions count from the first frame that
    /// was spoken.
    fn delay_ms(&self) -> f64 {
        let playing = self.buffer.next - self.buffer.sound.len() as i64;
        let epoch = self.buffer.epoch.map_or(0.0, |epoch| {
            epoch.duration_since(self.start).as_secs_f64() * 1_000.0
        });
        // The first packet left when its second frame was spoken, at 10 ms.
        epoch - 10.0 + (self.buffer.moment - playing) as f64 / MS as f64
    }

    fn mean_delay_ms(&self) -> f64 {
        let settled = &self.delays[self.delays.len() / 10..];
        settled.iter().sum::<f64>() / settled.len() as f64
    }

    /// Where in what was heard lies what was spoken, about.
    fn lag(&self) -> usize {
        (self.mean_delay_ms() as usize + 20) * SAMPLES_PER_MS
    }

    /// Whether all that was heard of the packets sent in between these ms of every 2 s was silent.
    fn longest_silent_end(&self, from_ms: usize, to_ms: usize) -> bool {
        let lag = self.mean_delay_ms() as usize + 10;
        (2..10).all(|turn| {
            let from = (turn * 2_000 + from_ms + lag + 20) * SAMPLES_PER_MS;
            let to = (turn * 2_000 + to_ms + lag - 20) * SAMPLES_PER_MS;
            self.heard[from..to].iter().all(|s| s.abs() < 1e-3)
        })
    }
}

fn format(codec: Codec) -> Format {
    Format {
        codec,
        payload_type: match codec {
            Codec::Opus => 111,
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
        },
        ptime: ms(20),
        limits: Limits::default(),
        telephone_event: None,
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

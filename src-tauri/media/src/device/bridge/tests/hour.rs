//! From mouth to ear for an hour, by ear: a microphone, a line and a speaker whose clocks all drift.

use std::collections::VecDeque;
use std::f64::consts::PI;

use super::*;
use crate::Codec;
use crate::codec::Limits;
use crate::playout::Buffer;
use crate::rtp::{Format, Packet, ReceiveFormat, Received, Receiver, Sender, Voice};

const SECONDS: u64 = 3_600;

/// In seconds: until all clocks are known.
const SETTLED: u64 = 10;

/// The project's goal G3, in seconds.
const DRIFT: f64 = 0.005;

/// The longest that the playout leaves out or repeats at once, in seconds.
const PITCH_PERIOD: f64 = 0.0125;

/// In seconds: a way of 30 ms, packets of 20 ms, and what waits at three places.
const LONGEST: f64 = 0.1;

/// When in each second the burst is, and how long; in seconds.
const BURST_AT: f64 = 0.5;
const BURST: f64 = 0.02;

/// How long a packet is on its way, in seconds.
const WAY: f64 = 0.03;

const PCMU: u8 = 0;

#[test]
fn two_devices_that_drift_by_300_ppm_change_mouth_to_ear_by_less_than_5_ms_in_an_hour() {
    let mut call = Call::new(0.0);
    let delays = call.delays();
    let (least, most) = range(&delays);
    assert!(most - least < DRIFT, "from {least} to {most} s");
    assert!(most < LONGEST, "{most} s");
    call.assert_whole();
}

#[test]
fn where_the_clocks_between_them_drift_as_well_the_delay_moves_by_a_pitch_period_and_stays() {
    let mut call = Call::new(300.0);
    let delays = call.delays();
    let (least, most) = range(&delays);
    assert!(most - least < PITCH_PERIOD, "from {least} to {most} s");
    assert!(most < LONGEST, "{most} s");
    let ten_minutes = delays.chunks_exact(600);
    let means: Vec<f64> = ten_minutes
        .map(|delays| delays.iter().sum::<f64>() / delays.len() as f64)
        .collect();
    let (least, most) = range(&means);
    assert!(most - least < DRIFT, "from {least} to {most} s");
    call.assert_whole();
}

/// Returns what is said so many seconds after the start of each second.
pub(super) fn burst(time: f64) -> f32 {
    let along = (time - BURST_AT) / BURST;
    if (0.0..1.0).contains(&along) {
        (0.5 * (PI * along).sin() * (TAU * 1_000.0 * time).sin()) as f32
    } else {
        0.0
    }
}

/// One who speaks and one who listens, each at a device that drifts against the clock of their
/// machine.
struct Call {
    mouth: Capturing,
    sender: Sender,
    /// With their arrival in seconds.
    net: VecDeque<(f64, Packet)>,
    receiver: Receiver,
    buffer: Buffer,
    ear: Playing,
    /// How much faster the clock of the one who listens is than that of the one who speaks.
    pace: f64,
    /// Frames that were said and heard.
    said: u64,
    heard: u64,
    seconds: u64,
    mishaps: Option<[Mishaps; 2]>,
}

impl Call {
    fn new(ppm: f64) -> Self {
        let card = |ppm| Card { ppm, ..STEADY };
        let mut mouth = Capturing::rough(card(300.0));
        mouth.said = Said::Bursts;
        let mut ear = Playing::rough(card(-300.0));
        ear.keeps = true;
        let format = Format {
            codec: Codec::Pcmu,
            payload_type: PCMU,
            ptime: Duration::from_millis(20),
            limits: Limits::default(),
            telephone_event: None,
        };
        let known = ReceiveFormat::Speech { codec: Codec::Pcmu };
        Self {
            mouth,
            sender: Sender::new(5, 1, format),
            net: VecDeque::new(),
            receiver: Receiver::new(&[(PCMU, known)]),
            buffer: Buffer::new(),
            ear,
            pace: 1.0 + ppm * 1e-6,
            said: 0,
            heard: 0,
            seconds: 0,
            mishaps: None,
        }
    }

    /// Lives an hour; returns how long each burst took, in seconds.
    fn delays(&mut self) -> Vec<f64> {
        (0..SECONDS).filter_map(|_| self.next_second()).collect()
    }

    /// Lives a second of the one who speaks; returns how long its burst took, `None` while the
    /// clocks are learnt.
    fn next_second(&mut self) -> Option<f64> {
        let rate = self.ear.clock.card.true_rate();
        let pace = self.pace;
        let ends = |seconds: u64| (seconds as f64 * pace * rate) as usize;
        let samples = ends(self.seconds + 1) - ends(self.seconds);
        while self.ear.heard.len() < samples {
            self.listen();
        }
        let heard: Vec<f32> = self.ear.heard.drain(..samples).collect();
        let first = ends(self.seconds) as f64;
        let spoken = (self.seconds as f64 + BURST_AT + BURST / 2.0) * pace;
        self.seconds += 1;
        if self.seconds <= SETTLED {
            return None;
        }
        self.mishaps.get_or_insert(self.mishaps());
        let energy = |sample: &f32| f64::from(*sample).powi(2);
        let all: f64 = heard.iter().map(energy).sum();
        assert!(all > 1.0, "burst {} was not heard: {all}", self.seconds);
        let center: f64 = heard
            .iter()
            .enumerate()
            .map(|(i, sample)| i as f64 * energy(sample) / all)
            .sum();
        Some((first + center) / rate - spoken)
    }

    /// Lives 10 ms of the one who listens.
    fn listen(&mut self) {
        // Between two frames of the one who speaks.
        let now = self.heard as f64 * 0.01 + 0.0033;
        while self.said as f64 * 0.01 * self.pace <= now {
            let sent = self.said as f64 * 0.01 * self.pace;
            let frame = self.mouth.pull(self.said, 0.0);
            if let Some(packet) = self.sender.push(&frame, Voice::On) {
                self.net.push_back((sent + WAY, packet));
            }
            self.said += 1;
        }
        let at = |seconds| self.ear.start + Duration::from_secs_f64(seconds);
        while let Some((arrival, packet)) = self.net.pop_front_if(|(arrival, _)| *arrival <= now) {
            match self.receiver.handle(packet, at(arrival)) {
                Received::Audio(audio) => self.buffer.insert(audio),
                Received::Digit(_) | Received::Rest | Received::Nothing => {}
            }
        }
        let frame = self.buffer.pull(at(now));
        self.ear.push(&frame, self.heard, 0.0);
        self.heard += 1;
    }

    fn mishaps(&self) -> [Mishaps; 2] {
        [self.mouth.mishaps(), self.ear.mishaps()]
    }

    fn assert_whole(&self) {
        assert_eq!(Some(self.mishaps()), self.mishaps);
        let played = self.buffer.statistics();
        assert_eq!((played.concealed, played.late), (0, 0));
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, most)
}

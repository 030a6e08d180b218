#![allow(clippy::unwrap_used, reason = "tests")]

mod hour;

use std::f64::consts::TAU;

use rubato::PolynomialDegree;

use super::*;

/// How the callbacks of a device come.
#[derive(Debug, Clone, Copy)]
struct Card {
    rate: u32,
    channels: u16,
    /// How much faster its clock is than ours.
    ppm: f64,
    size: Size,
    /// Callbacks come late by up to this, in seconds.
    lateness: f64,
}

#[derive(Debug, Clone, Copy)]
enum Size {
    Fixed(usize),
    Between(usize, usize),
}

const STEADY: Card = Card {
    rate: 48_000,
    channels: 1,
    ppm: 0.0,
    size: Size::Fixed(480),
    lateness: 0.0,
};

const SECOND: u64 = 100;

#[test]
fn a_drift_of_300_ppm_is_held_for_an_hour_with_callbacks_of_480_frames() {
    for ppm in [300.0, -300.0] {
        let card = Card { ppm, ..STEADY };
        hold(&mut Capturing::rough(card), 3_600);
        hold(&mut Playing::rough(card), 3_600);
    }
}

#[test]
fn a_drift_of_300_ppm_is_held_for_an_hour_with_callbacks_of_other_sizes() {
    for (size, ppm) in [(Size::Fixed(441), -300.0), (Size::Fixed(1_024), 300.0)] {
        let card = Card {
            size,
            ppm,
            ..STEADY
        };
        hold(&mut Capturing::rough(card), 3_600);
        hold(&mut Playing::rough(card), 3_600);
    }
}

#[test]
fn a_drift_of_300_ppm_is_held_for_an_hour_with_tiny_callbacks_of_any_size() {
    // As they come from the monitor of an output.
    let card = Card {
        size: Size::Between(3, 24),
        ppm: 300.0,
        ..STEADY
    };
    hold(&mut Capturing::rough(card), 3_600);
}

#[test]
fn every_rate_and_size_of_callback_is_held() {
    for (rate, size) in [
        (8_000, Size::Fixed(80)),
        (8_000, Size::Fixed(8_192)),
        (11_025, Size::Between(3, 24)),
        (16_000, Size::Fixed(160)),
        (44_100, Size::Fixed(441)),
        (44_100, Size::Fixed(8_192)),
        (96_000, Size::Fixed(512)),
        (192_000, Size::Fixed(8_192)),
    ] {
        for ppm in [-300.0, 300.0] {
            let card = Card {
                rate,
                size,
                ppm,
                ..STEADY
            };
            hold(&mut Capturing::rough(card), 300);
            hold(&mut Playing::rough(card), 300);
        }
    }
}

#[test]
fn callbacks_and_threads_that_are_late_are_learnt_in_ten_seconds() {
    let card = Card {
        lateness: 0.004,
        ppm: 150.0,
        ..STEADY
    };
    let mut chance = Chance(7);
    let mut capture = Capturing::rough(card);
    let mut playback = Playing::rough(card);
    let mut early = 0;
    for step in 0..600 * SECOND {
        let late = chance.below(0.006);
        capture.step(step, late);
        playback.step(step, late);
        if step == 10 * SECOND {
            early = capture.mishaps().underruns + playback.mishaps().underruns;
        }
    }
    assert!(early <= 3, "{early}");
    // Both at their latest at once is rarer than the memory of the bridge is long.
    let all = capture.mishaps().underruns + playback.mishaps().underruns;
    assert!(all - early <= 4, "{all}");
    assert!(capture.delay(600 * SECOND) < 0.04 && playback.delay(600 * SECOND) < 0.02);
}

#[test]
fn a_tone_passes_at_its_level_and_with_65_db_to_everything_else() {
    for (rate, channels) in [
        (48_000, 2),
        (44_100, 2),
        (16_000, 1),
        (8_000, 1),
        (96_000, 8),
    ] {
        let card = Card {
            rate,
            channels,
            ppm: 200.0,
            ..STEADY
        };
        for hz in [300.0, 1_000.0, 3_400.0] {
            let mut capture = Capturing::new(card, hz);
            let heard: Vec<f32> = (0..30 * SECOND)
                .flat_map(|at| capture.pull(at, 0.0))
                .collect();
            let heard = &heard[29 * 48_000..];
            assert!(
                loss(heard).abs() < 0.5,
                "{rate} Hz, {hz} Hz: {}",
                loss(heard)
            );
            let snr = purity(heard, hz / 48_000.0);
            assert!(snr > 65.0, "captured at {rate} Hz: {hz} Hz has {snr:.1} dB");

            let mut playback = Playing::new(card, hz);
            run(&mut playback, 30);
            let heard = &playback.heard[29 * rate as usize..];
            assert!(
                loss(heard).abs() < 0.5,
                "{rate} Hz, {hz} Hz: {}",
                loss(heard)
            );
            let snr = purity(heard, hz / card.true_rate());
            assert!(snr > 65.0, "played at {rate} Hz: {hz} Hz has {snr:.1} dB");
        }
    }
}

#[test]
fn all_that_a_call_carries_passes_an_ordinary_device() {
    for rate in [32_000, 44_100, 48_000, 96_000] {
        let card = Card { rate, ..STEADY };
        let mut capture = Capturing::new(card, 12_000.0);
        let heard: Vec<f32> = (0..2 * SECOND)
            .flat_map(|at| capture.pull(at, 0.0))
            .collect();
        let loss_captured = loss(&heard[48_000..]);
        assert!(loss_captured.abs() < 0.5, "{rate} Hz: {loss_captured} dB");

        let mut playback = Playing::new(card, 12_000.0);
        run(&mut playback, 2);
        let loss_played = loss(&playback.heard[rate as usize..]);
        assert!(loss_played.abs() < 0.5, "{rate} Hz: {loss_played} dB");
    }
}

#[test]
fn what_a_narrow_speaker_cannot_play_does_not_come_back_as_another_tone() {
    let card = Card {
        rate: 8_000,
        ..STEADY
    };
    let mut playback = Playing::new(card, 5_000.0);
    run(&mut playback, 3);
    let loudest = playback.heard[8_000..]
        .iter()
        .fold(0.0_f32, |a, b| a.max(b.abs()));
    assert!(loudest < 0.001, "{loudest}");
}

#[test]
fn a_device_that_stands_still_fades_and_goes_on_without_what_is_old() {
    let mut capture = Capturing::new(STEADY, 500.0);
    let mut heard = Vec::new();
    for step in 0..3 * SECOND {
        capture.clock.stopped = (SECOND..2 * SECOND).contains(&step);
        heard.extend(capture.pull(step, 0.0));
    }
    let still = &heard[FRAME * 115..FRAME * 195];
    assert!(still.iter().all(|sample| *sample == 0.0));
    assert!(heard[FRAME * 250..].iter().any(|sample| sample.abs() > 0.4));
    assert!(loudest_step(&heard) < 0.05, "{}", loudest_step(&heard));
    assert_eq!(capture.bridge.mishaps().overruns, 0);
}

#[test]
fn when_nobody_comes_for_the_sound_it_is_not_kept_for_later() {
    let mut capture = Capturing::new(STEADY, 500.0);
    run(&mut capture, 1);
    // For a second nobody asks for the voice.
    let frames: Vec<Frame> = (2 * SECOND..3 * SECOND)
        .map(|at| capture.pull(at, 0.0))
        .collect();
    assert_eq!(capture.bridge.mishaps(), Mishaps::default());
    // The fade from what was last, then nothing until enough has come anew.
    assert_eq!(frames[0][240..], [0.0; 240]);
    assert_eq!(frames[1], SILENCE);
    assert!(
        frames[10..]
            .concat()
            .iter()
            .any(|sample| sample.abs() > 0.4)
    );
    let delay = capture.delay(3 * SECOND);
    assert!(delay < 0.03, "{delay}");
}

#[test]
fn a_burst_that_is_too_long_is_left_out_softly_and_counted() {
    let mut playback = Playing::new(STEADY, 500.0);
    for step in 0..4 * SECOND {
        // For 80 ms the device asks for nothing.
        playback.clock.stopped = (2 * SECOND..2 * SECOND + 8).contains(&step);
        playback.step(step, 0.0);
    }
    assert_eq!(playback.bridge.mishaps().overruns, 1);
    assert!(loudest_step(&playback.heard) < 0.05);
    let delay = playback.delay(4 * SECOND);
    assert!(delay < 0.03, "{delay}");
}

#[test]
fn what_is_no_number_becomes_silence_and_what_is_too_loud_is_cut() {
    for (value, heard) in [(f32::NAN, 0.0), (f32::INFINITY, 0.0), (-7.5, -1.0)] {
        assert_eq!(bounded(value), heard);
    }
}

/// Runs `side` for so many seconds of our clock, and asserts that its delay stays and that its
/// ratio is steady.
fn hold(side: &mut impl Side, seconds: u64) {
    let card = side.card();
    let (Size::Fixed(largest) | Size::Between(_, largest)) = card.size;
    // A second, or as long as three of the largest callbacks take.
    let settled = SECOND.max(300 * largest as u64 / u64::from(card.rate));
    let mut start = None;
    for index in 0..seconds * SECOND {
        side.step(index, 0.0);
        if index < settled {
            continue;
        }
        let (first, mishaps) = *start.get_or_insert_with(|| (side.delay(index), side.mishaps()));
        let delay = side.delay(index);
        assert!(
            (delay - first).abs() < 0.005,
            "{card:?}: {delay} s after {index} frames, {first} s in the beginning"
        );
        assert_eq!(side.mishaps(), mishaps, "{card:?} after {index} frames");
        if index > 60 * SECOND {
            let off = side.ppm() - card.ppm;
            assert!(
                off.abs() < 100.0,
                "{card:?}: {off} ppm off after {index} frames"
            );
        }
    }
}

fn run(side: &mut impl Side, seconds: u64) {
    for index in 0..seconds * SECOND {
        side.step(index, 0.0);
    }
}

/// A bridge and its device.
trait Side {
    fn card(&self) -> Card;
    /// Lives the next 10 ms of our clock; our thread is late by `late` seconds.
    fn step(&mut self, index: u64, late: f64);
    /// How long the sound waits, by the true clocks, in seconds.
    fn delay(&self, index: u64) -> f64;
    /// How much faster than nominal the sound is taken.
    fn ppm(&self) -> f64;
    fn mishaps(&self) -> Mishaps;
}

impl Card {
    fn true_rate(&self) -> f64 {
        f64::from(self.rate) * (1.0 + self.ppm * 1e-6)
    }
}

/// When the callbacks of a card come, in seconds of our clock.
struct Clock {
    card: Card,
    chance: Chance,
    now: f64,
    /// Frames of all callbacks so far.
    frames: u64,
    /// The size of the next callback, and how late it comes.
    next: usize,
    late: f64,
    /// For how long it stood still.
    shift: f64,
    stopped: bool,
}

impl Clock {
    fn new(card: Card) -> Self {
        let mut clock = Self {
            card,
            chance: Chance(1),
            now: 0.0,
            frames: 0,
            next: 0,
            late: 0.0,
            shift: 0.0,
            stopped: false,
        };
        clock.next = clock.size();
        clock
    }

    fn size(&mut self) -> usize {
        match self.card.size {
            Size::Fixed(size) => size,
            Size::Between(low, high) => low + self.chance.below((high - low + 1) as f64) as usize,
        }
    }

    /// Returns the size and the time of the next callback until `until`; a microphone's comes when
    /// it is full.
    fn callback(&mut self, until: f64, full: bool) -> Option<(usize, f64)> {
        if self.stopped {
            self.shift += until - self.now;
            self.now = until;
            return None;
        }
        let frames = self.frames + if full { self.next as u64 } else { 0 };
        let at = frames as f64 / self.card.true_rate() + self.shift + self.late;
        if at > until {
            self.now = until;
            return None;
        }
        let size = self.next;
        self.frames += size as u64;
        self.next = self.size();
        self.late = self.chance.below(self.card.lateness);
        Some((size, at))
    }

    /// The true position at our `time`, in frames.
    fn position(&self, time: f64) -> f64 {
        (time - self.shift) * self.card.true_rate()
    }
}

struct Capturing {
    bridge: CaptureBridge,
    end: CaptureEnd,
    clock: Clock,
    start: Instant,
    said: Said,
    block: Vec<f32>,
}

/// What goes into a microphone.
#[derive(Debug, Clone, Copy)]
enum Said {
    Silence,
    Tone {
        hz: f64,
    },
    /// In each second a short one, see [`hour`].
    Bursts,
}

impl Said {
    /// Returns the sample at this time, in seconds.
    fn at(self, time: f64) -> f32 {
        match self {
            Self::Silence => 0.0,
            Self::Tone { hz } => 0.5 * (TAU * hz * time).sin() as f32,
            Self::Bursts => hour::burst(time.fract()),
        }
    }
}

struct Playing {
    bridge: PlaybackBridge,
    end: PlaybackEnd,
    clock: Clock,
    start: Instant,
    hz: f64,
    block: Vec<f32>,
    /// The first channel.
    heard: Vec<f32>,
    keeps: bool,
}

impl Capturing {
    fn new(card: Card, hz: f64) -> Self {
        let start = Instant::now();
        Self::of(
            CaptureBridge::new(card.rate, card.channels, start),
            card,
            start,
            Said::Tone { hz },
        )
    }

    /// With a resampler that is quick instead of good.
    fn rough(card: Card) -> Self {
        let start = Instant::now();
        let ratio = 48_000.0 / f64::from(card.rate);
        let bridge = CaptureBridge::with(
            quick(ratio, FixedAsync::Output),
            card.rate,
            card.channels,
            start,
        );
        Self::of(bridge, card, start, Said::Silence)
    }

    fn of(
        (bridge, end): (CaptureBridge, CaptureEnd),
        card: Card,
        start: Instant,
        said: Said,
    ) -> Self {
        Self {
            bridge,
            end,
            clock: Clock::new(card),
            start,
            said,
            block: Vec::new(),
        }
    }

    fn pull(&mut self, index: u64, late: f64) -> Frame {
        let due = index as f64 * 0.01;
        let channels = usize::from(self.clock.card.channels);
        let rate = self.clock.card.true_rate();
        while let Some((size, at)) = self.clock.callback(due + late, true) {
            self.block.clear();
            let first = self.clock.frames - size as u64;
            for frame in first..first + size as u64 {
                let value = self.said.at(frame as f64 / rate);
                self.block.extend(std::iter::repeat_n(value, channels));
            }
            let at = self.start + Duration::from_secs_f64(at);
            self.end.write(&self.block, |sample| sample, at);
        }
        self.bridge.pull(self.start + Duration::from_secs_f64(due))
    }
}

impl Side for Capturing {
    fn card(&self) -> Card {
        self.clock.card
    }

    fn step(&mut self, index: u64, late: f64) {
        self.pull(index, late);
    }

    fn delay(&self, index: u64) -> f64 {
        let mark = self.bridge.tally().mark(self.bridge.taken).unwrap();
        let dropped = self.clock.frames - mark.frames;
        let captured = self.clock.position(index as f64 * 0.01) - dropped as f64;
        (captured - self.bridge.taken as f64) / f64::from(self.clock.card.rate)
    }

    fn ppm(&self) -> f64 {
        let nominal = 48_000.0 / f64::from(self.clock.card.rate);
        (nominal / self.bridge.resampler.resample_ratio() - 1.0) * 1e6
    }

    fn mishaps(&self) -> Mishaps {
        self.bridge.mishaps()
    }
}

impl Playing {
    fn new(card: Card, hz: f64) -> Self {
        let start = Instant::now();
        Self::of(
            PlaybackBridge::new(card.rate, card.channels, start),
            card,
            start,
            hz,
        )
    }

    /// With a resampler that is quick instead of good.
    fn rough(card: Card) -> Self {
        let start = Instant::now();
        let ratio = f64::from(card.rate) / 48_000.0;
        let bridge = PlaybackBridge::with(
            quick(ratio, FixedAsync::Input),
            card.rate,
            card.channels,
            start,
        );
        Self::of(bridge, card, start, 0.0)
    }

    fn of(
        (bridge, end): (PlaybackBridge, PlaybackEnd),
        card: Card,
        start: Instant,
        hz: f64,
    ) -> Self {
        Self {
            bridge,
            end,
            clock: Clock::new(card),
            start,
            hz,
            block: Vec::new(),
            heard: Vec::new(),
            keeps: hz != 0.0,
        }
    }

    fn push(&mut self, frame: &Frame, index: u64, late: f64) {
        let due = index as f64 * 0.01;
        let channels = usize::from(self.clock.card.channels);
        while let Some((size, at)) = self.clock.callback(due + late, false) {
            self.block.clear();
            self.block.resize(size * channels, 0.0);
            let at = self.start + Duration::from_secs_f64(at);
            self.end.read(&mut self.block, |sample| sample, at);
            if self.keeps {
                self.heard.extend(self.block.iter().step_by(channels));
            }
        }
        self.bridge
            .push(frame, self.start + Duration::from_secs_f64(due));
    }
}

impl Side for Playing {
    fn card(&self) -> Card {
        self.clock.card
    }

    fn step(&mut self, index: u64, late: f64) {
        let frame = match self.keeps {
            true => std::array::from_fn(|i| {
                let sample = (index as usize * FRAME + i) as f64;
                0.5 * (TAU * self.hz / 48_000.0 * sample).sin() as f32
            }),
            false => SILENCE,
        };
        self.push(&frame, index, late);
    }

    fn delay(&self, index: u64) -> f64 {
        let mark = self.bridge.tally().mark(self.bridge.given).unwrap();
        let missed = self.clock.frames - mark.frames;
        let played = self.clock.position(index as f64 * 0.01) - missed as f64;
        (self.bridge.given as f64 - played) / f64::from(self.clock.card.rate)
    }

    fn ppm(&self) -> f64 {
        let nominal = f64::from(self.clock.card.rate) / 48_000.0;
        (self.bridge.resampler.resample_ratio() / nominal - 1.0) * 1e6
    }

    fn mishaps(&self) -> Mishaps {
        self.bridge.mishaps()
    }
}

fn quick(ratio: f64, fixed: FixedAsync) -> Async<f32> {
    let degree = PolynomialDegree::Linear;
    Async::new_poly(ratio, RATIO_LIMIT, degree, FRAME, 1, fixed).unwrap()
}

/// Returns how much of the level of the tones of this test is missing, in dB.
fn loss(heard: &[f32]) -> f64 {
    let energy: f64 = heard.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    -10.0 * (energy / heard.len() as f64 / 0.125).log10()
}

/// Returns how far everything else is below a tone of `cycles` per sample, in dB: the best fit is
/// taken out of every 5 ms, so that a phase that moves by parts in a million does not count.
fn purity(heard: &[f32], cycles: f64) -> f64 {
    let (mut tone, mut rest) = (0.0, 0.0);
    for window in heard.chunks_exact((heard.len() / 200).max(40)) {
        let [mut ss, mut cc, mut sc, mut sx, mut cx] = [0.0; 5];
        let angle = |i: usize| (TAU * cycles * i as f64).sin_cos();
        for (i, sample) in window.iter().enumerate() {
            let (sin, cos) = angle(i);
            let x = f64::from(*sample);
            ss += sin * sin;
            cc += cos * cos;
            sc += sin * cos;
            sx += sin * x;
            cx += cos * x;
        }
        let determinant = ss * cc - sc * sc;
        let a = (sx * cc - cx * sc) / determinant;
        let b = (cx * ss - sx * sc) / determinant;
        for (i, sample) in window.iter().enumerate() {
            let (sin, cos) = angle(i);
            let fit = a * sin + b * cos;
            tone += fit * fit;
            rest += (f64::from(*sample) - fit).powi(2);
        }
    }
    10.0 * (tone / rest).log10()
}

/// The largest step from one sample to the next; a click is one of a tenth or more.
fn loudest_step(heard: &[f32]) -> f32 {
    heard
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

/// A reproducible sequence (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    /// Returns a number from 0 to below `limit`.
    fn below(&mut self, limit: f64) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64 * limit
    }
}

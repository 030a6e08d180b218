use std::sync::Arc;
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use super::pace::Pace;
use super::ring::{self, CaptureEnd, Mark, PlaybackEnd, Tally};
use crate::codec::{FRAME, Frame, SILENCE};

/// The rate inside, in Hz.
const RATE: u32 = 48_000;

/// Nobody came for a frame for so long: what waits is old, and is not played or sent.
const PAUSE: Duration = Duration::from_millis(100);

/// No callback for so long after it was to be expected, and the device is taken to stand still. In
/// seconds.
const STANDSTILL: f64 = 0.1;

/// Some hosts call once before the device runs, which says nothing about its clock.
const STARTED: u32 = 2;

/// So much more than the target is left out at once; the pace would take a minute for it. In
/// seconds.
const TOO_LONG: f64 = 0.04;

/// Per sample: a fade of 5 ms, too short to be heard and too long to click.
const FADE: f32 = 1.0 / 240.0;

/// The ratio may be so far from nominal; [`Pace`] stays within half of it.
const RATIO_LIMIT: f64 = 1.002;

/// Taps of the interpolation: 0.3 ms of delay at 48 kHz. With the window, all that a call carries
/// (12 kHz) passes within 0.5 dB.
const TAPS: usize = 32;

/// Taps of a device that is hardly better than a telephone: 4 ms of delay at 8 kHz, where 3.4 kHz
/// pass within 0.5 dB.
const NARROW_TAPS: usize = 64;

/// In Hz: the lowest rate that carries all of a call with [`TAPS`].
const WIDE: u32 = 44_100;

/// Points between two taps; linear interpolation between them is 100 dB below the signal.
const OVERSAMPLING: usize = 128;

/// What went wrong, counted from the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mishaps {
    /// There was nothing when something was needed.
    pub(crate) underruns: u64,
    /// There was more than could wait, and some was left out.
    pub(crate) overruns: u64,
}

/// Brings what a microphone captured to 48 kHz mono on our clock.
pub(crate) struct CaptureBridge {
    ring: Consumer<f32>,
    tally: Arc<Tally>,
    rate: u32,
    pace: Pace,
    resampler: Async<f32>,
    input: Vec<f32>,
    /// Frames that came out of the ring.
    taken: u64,
    /// The frames of the largest callback so far.
    burst: u32,
    flow: Flow,
    fade: Fade,
    last: Option<Instant>,
    mishaps: Mishaps,
}

/// Brings what we play to a speaker's rate and clock.
pub(crate) struct PlaybackBridge {
    ring: Producer<f32>,
    tally: Arc<Tally>,
    rate: u32,
    pace: Pace,
    resampler: Async<f32>,
    output: Vec<f32>,
    /// Frames that went into the ring.
    given: u64,
    /// The frames of the largest callback so far.
    burst: u32,
    flow: Flow,
    fade: Fade,
    last: Option<Instant>,
    mishaps: Mishaps,
}

/// `Filling -> Flowing -> Filling`; `Flowing -> Draining -> Flowing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Waits for the length that is to be held.
    Filling,
    Flowing,
    /// Leaves out what is too much.
    Draining,
}

/// Lets what begins or breaks off do so softly.
#[derive(Debug, Default)]
struct Fade {
    last: f32,
    gain: f32,
}

impl std::fmt::Debug for CaptureBridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureBridge")
            .field("rate", &self.rate)
            .field("flow", &self.flow)
            .field("mishaps", &self.mishaps)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PlaybackBridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlaybackBridge")
            .field("rate", &self.rate)
            .field("flow", &self.flow)
            .field("mishaps", &self.mishaps)
            .finish_non_exhaustive()
    }
}

impl CaptureBridge {
    /// Makes the bridge of a microphone of `rate` (8,000 to 192,000 Hz) and `channels` (1 to 32),
    /// and the end for its callback. `now` is not after the first callback.
    pub(crate) fn new(rate: u32, channels: u16, now: Instant) -> (Self, CaptureEnd) {
        let ratio = f64::from(RATE) / f64::from(rate);
        Self::with(sinc(rate, ratio, FixedAsync::Output), rate, channels, now)
    }

    fn with(resampler: Async<f32>, rate: u32, channels: u16, now: Instant) -> (Self, CaptureEnd) {
        let (end, ring, tally) = ring::capture(channels, now);
        let bridge = Self {
            ring,
            tally,
            rate,
            pace: Pace::new(rate),
            input: vec![0.0; resampler.input_frames_max()],
            resampler,
            taken: 0,
            burst: 0,
            flow: Flow::Filling,
            fade: Fade::default(),
            last: None,
            mishaps: Mishaps::default(),
        };
        (bridge, end)
    }

    /// Returns the next 10 ms, silence while there are none. `due` is when they are due on our
    /// clock, which may have passed.
    pub(crate) fn pull(&mut self, due: Instant) -> Frame {
        if paused(&mut self.last, due) {
            self.flow = Flow::Filling;
            self.discard(usize::MAX);
            self.tally.take_lost();
        } else if self.tally.take_lost() > 0 {
            self.mishaps.overruns += 1;
        }
        let burst = self.tally.take_largest();
        self.pace.saw_burst(f64::from(burst));
        self.burst = self.burst.max(burst);
        let mark = self.tally.mark(self.taken);
        let Some(captured) = mark.and_then(|mark| position(mark, due, self.rate, self.burst))
        else {
            self.stand_still();
            return self.fade.out();
        };
        let needed = self.resampler.input_frames_next();
        let length = captured - self.taken as f64 - needed as f64;
        let excess = length - self.pace.target();
        match self.flow {
            Flow::Filling if excess < 0.0 => return self.fade.out(),
            Flow::Filling | Flow::Draining => {
                self.discard(excess.max(0.0) as usize);
                self.flow = Flow::Flowing;
                self.pace.settle();
                return self.take(needed, length - excess.max(0.0));
            }
            // What is there counts: what a late callback would have brought may never come.
            Flow::Flowing
                if self.left(needed) - self.pace.target() > TOO_LONG * f64::from(self.rate) =>
            {
                // The sound ends softly here, and goes on softly with the next frame.
                self.mishaps.overruns += 1;
                self.flow = Flow::Draining;
                return self.fade.out();
            }
            Flow::Flowing => {}
        }
        self.take(needed, length)
    }

    /// Returns the rate at which the device captures, in Hz.
    #[cfg(feature = "sound")]
    pub(crate) fn rate(&self) -> u32 {
        self.rate
    }

    /// Returns what the callback tells, by which its life is watched.
    pub(crate) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Returns what went wrong so far.
    pub(crate) fn mishaps(&self) -> Mishaps {
        self.mishaps
    }

    /// Returns how many frames will be there when `needed` are taken; below zero, so many are
    /// missing.
    fn left(&self, needed: usize) -> f64 {
        self.ring.slots() as f64 - needed as f64
    }

    fn take(&mut self, needed: usize, length: f64) -> Frame {
        self.pace.saw_left(self.left(needed));
        let Ok(chunk) = self.ring.read_chunk(needed) else {
            self.mishaps.underruns += 1;
            self.pace.missed();
            self.pace.settle();
            return self.fade.out();
        };
        for (sample, value) in self.input.iter_mut().zip(chunk) {
            *sample = bounded(value);
        }
        self.taken += needed as u64;
        let mut frame = SILENCE;
        resample(&mut self.resampler, &self.input[..needed], &mut frame);
        let pace = self.pace.follow(length);
        set_ratio(&mut self.resampler, 1.0 / (1.0 + pace));
        self.fade.apply(&mut frame);
        frame
    }

    fn stand_still(&mut self) {
        if self.flow == Flow::Flowing {
            self.mishaps.underruns += 1;
        }
        self.flow = Flow::Filling;
    }

    /// Leaves out up to `frames` of what waits.
    fn discard(&mut self, frames: usize) {
        let frames = frames.min(self.ring.slots());
        if let Ok(chunk) = self.ring.read_chunk(frames) {
            chunk.commit_all();
            self.taken += frames as u64;
        }
    }
}

impl PlaybackBridge {
    /// Makes the bridge of a speaker of `rate` (8,000 to 192,000 Hz) and `channels` (1 to 32), and
    /// the end for its callback. `now` is not after the first callback.
    pub(crate) fn new(rate: u32, channels: u16, now: Instant) -> (Self, PlaybackEnd) {
        let ratio = f64::from(rate) / f64::from(RATE);
        Self::with(sinc(rate, ratio, FixedAsync::Input), rate, channels, now)
    }

    fn with(resampler: Async<f32>, rate: u32, channels: u16, now: Instant) -> (Self, PlaybackEnd) {
        let (end, ring, tally) = ring::playback(rate, channels, now);
        let bridge = Self {
            ring,
            tally,
            rate,
            pace: Pace::new(rate),
            output: vec![0.0; resampler.output_frames_max()],
            resampler,
            given: 0,
            burst: 0,
            flow: Flow::Filling,
            fade: Fade::default(),
            last: None,
            mishaps: Mishaps::default(),
        };
        (bridge, end)
    }

    /// Plays 10 ms, or drops them while the device stands still. `due` is when they are due on our
    /// clock, which may have passed.
    pub(crate) fn push(&mut self, frame: &Frame, due: Instant) {
        self.burst = self.burst.max(self.tally.take_largest());
        let lost = self.tally.take_lost();
        let left = self.tally.take_lowest();
        if paused(&mut self.last, due) {
            self.flow = Flow::Filling;
        } else if self.flow == Flow::Flowing {
            if let Some(left) = left {
                self.pace.saw_left(f64::from(left));
            }
            if lost > 0 {
                self.mishaps.underruns += 1;
                self.pace.missed();
            }
        }
        let mark = self.tally.mark(self.given);
        let Some(played) = mark.and_then(|mark| position(mark, due, self.rate, self.burst)) else {
            self.flow = Flow::Filling;
            return;
        };
        if self.tally.callbacks() < STARTED {
            return;
        }
        let length = self.given as f64 - played;
        let missing = self.pace.target() - length;
        match self.flow {
            Flow::Filling if missing > 0.0 => {
                let silence = std::iter::repeat_n(0.0, missing as usize);
                self.given += fill(&mut self.ring, silence, missing as usize);
                self.begin();
            }
            Flow::Filling => self.begin(),
            Flow::Flowing if -missing > TOO_LONG * f64::from(self.rate) => {
                self.mishaps.overruns += 1;
                self.flow = Flow::Draining;
                let end = self.fade.out();
                self.give(&end);
                return;
            }
            Flow::Draining if missing < 0.0 => return,
            Flow::Draining => self.begin(),
            Flow::Flowing => {
                let pace = self.pace.follow(length);
                set_ratio(&mut self.resampler, 1.0 - pace);
            }
        }
        let mut frame = frame.map(bounded);
        self.fade.apply(&mut frame);
        self.give(&frame);
    }

    /// Returns what the callback tells, by which its life is watched.
    pub(crate) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Returns what went wrong so far.
    pub(crate) fn mishaps(&self) -> Mishaps {
        self.mishaps
    }

    fn begin(&mut self) {
        self.flow = Flow::Flowing;
        self.pace.settle();
    }

    fn give(&mut self, frame: &Frame) {
        let count = self.resampler.output_frames_next();
        resample(&mut self.resampler, frame, &mut self.output[..count]);
        let sound = self.output[..count].iter().copied();
        self.given += fill(&mut self.ring, sound, count);
    }
}

impl Fade {
    /// Returns 10 ms that fade from what was last.
    fn out(&mut self) -> Frame {
        std::array::from_fn(|_| {
            self.gain = (self.gain - FADE).max(0.0);
            self.last * self.gain
        })
    }

    /// Lets `frame` begin softly if there was silence before.
    fn apply(&mut self, frame: &mut Frame) {
        for sample in frame {
            self.gain = (self.gain + FADE).min(1.0);
            self.last = *sample;
            *sample *= self.gain;
        }
    }
}

/// Notes that a frame is due, and returns whether it does not follow the last one.
fn paused(last: &mut Option<Instant>, due: Instant) -> bool {
    let before = last.replace(due);
    before.is_none_or(|before| due.saturating_duration_since(before) > PAUSE)
}

/// Returns where the device's clock is at `due`, in frames, going on from `mark`; `None` where it
/// stands still.
fn position(mark: Mark, due: Instant, rate: u32, burst: u32) -> Option<f64> {
    let ahead = match due.checked_duration_since(mark.at) {
        Some(age) => age.as_secs_f64(),
        // We are late, and the callback came after what is due.
        None => -mark.at.saturating_duration_since(due).as_secs_f64(),
    };
    let expected = 2.0 * f64::from(burst) / f64::from(rate) + STANDSTILL;
    (ahead < expected).then(|| mark.frames as f64 + ahead * f64::from(rate))
}

/// Puts `count` frames into the ring, or as many as fit, and returns how many.
fn fill(ring: &mut Producer<f32>, sound: impl Iterator<Item = f32>, count: usize) -> u64 {
    let count = count.min(ring.slots());
    match ring.write_chunk_uninit(count) {
        Ok(room) => room.fill_from_iter(sound) as u64,
        Err(_) => 0,
    }
}

/// What a device delivers may be anything.
fn bounded(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

/// Makes the resampler of a device of `rate`.
fn sinc(rate: u32, ratio: f64, fixed: FixedAsync) -> Async<f32> {
    // The filter is as long in time above 48 kHz as at 48 kHz, where it has to cut at the same
    // frequency.
    let taps = if rate < WIDE { NARROW_TAPS } else { TAPS };
    let taps = (taps as f64 * (1.0 / ratio).max(1.0)).round() as usize;
    let parameters = SincInterpolationParameters::new(taps, WindowFunction::Hann2)
        .oversampling_factor(OVERSAMPLING)
        .interpolation(SincInterpolationType::Linear);
    Async::new_sinc(ratio, RATIO_LIMIT, &parameters, FRAME, 1, fixed)
        .expect("the ratio of two rates is finite and positive")
}

fn resample(resampler: &mut Async<f32>, input: &[f32], output: &mut [f32]) {
    let (from, to) = (input.len(), output.len());
    let input = InterleavedSlice::new(input, 1, from).expect("one channel of as many samples");
    let mut output =
        InterleavedSlice::new_mut(output, 1, to).expect("one channel of as many samples");
    resampler
        .process_into_buffer(&input, &mut output, None)
        .expect("the lengths are those that it asked for");
}

fn set_ratio(resampler: &mut Async<f32>, relative: f64) {
    resampler
        .set_resample_ratio_relative(relative, true)
        .expect("the pace stays within the limit");
}

#[cfg(test)]
mod tests;

//! Between a device's callback and the thread of the sound: a ring of mono samples, and where the
//! device's clock is.
//!
//! What the callback calls ([`CaptureEnd::write`], [`PlaybackEnd::read`]) takes a bounded time: it
//! never locks, allocates, logs or waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

/// In frames: more than four of the largest callbacks that are served, and 170 ms at 192 kHz.
const CAPACITY: usize = 4 * 8_192;

/// What the callback tells beside the sound. Each value stands alone, so no order among them is
/// needed.
#[derive(Debug)]
pub(crate) struct Tally {
    epoch: Instant,
    /// The frames that went through the ring (24 bits) and the microseconds since `epoch` when they
    /// had (40 bits), in one word so that they belong together.
    mark: AtomicU64,
    callbacks: AtomicU32,
    /// In frames, of the callbacks since it was last asked for.
    largest: AtomicU32,
    /// Frames for which there was no room, or that were not there.
    lost: AtomicU32,
    /// The fewest frames that a callback left in the ring; below zero those that it missed.
    lowest: AtomicI32,
}

const MARK_TIME_BITS: u32 = 40;
const MARK_FRAMES: u64 = 1 << (64 - MARK_TIME_BITS);

/// Where the device's clock was: so many frames, at that time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    pub(crate) frames: u64,
    pub(crate) at: Instant,
}

impl Tally {
    fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            mark: AtomicU64::new(0),
            callbacks: AtomicU32::new(0),
            largest: AtomicU32::new(0),
            lost: AtomicU32::new(0),
            lowest: AtomicI32::new(i32::MAX),
        }
    }

    fn note(&self, frames: u64, size: usize, lost: usize, now: Instant) {
        let micros = now.saturating_duration_since(self.epoch).as_micros() as u64;
        let packed = ((frames % MARK_FRAMES) << MARK_TIME_BITS) | (micros % (1 << MARK_TIME_BITS));
        self.mark.store(packed, Ordering::Release);
        self.largest.fetch_max(size as u32, Ordering::Relaxed);
        if lost > 0 {
            self.lost.fetch_add(lost as u32, Ordering::Relaxed);
        }
        self.callbacks.fetch_add(1, Ordering::Release);
    }

    /// Returns where the device's clock was last, `None` before the first callback. `near` is a
    /// count not more than 2^23 frames away.
    pub(crate) fn mark(&self, near: u64) -> Option<Mark> {
        if self.callbacks.load(Ordering::Acquire) == 0 {
            return None;
        }
        let packed = self.mark.load(Ordering::Acquire);
        let micros = packed % (1 << MARK_TIME_BITS);
        let ahead = (packed >> MARK_TIME_BITS).wrapping_sub(near) % MARK_FRAMES;
        let frames = if ahead < MARK_FRAMES / 2 {
            near + ahead
        } else {
            (near + ahead).saturating_sub(MARK_FRAMES)
        };
        Some(Mark {
            frames,
            at: self.epoch + Duration::from_micros(micros),
        })
    }

    /// Returns how many callbacks there were, which tells a stream that stands still.
    pub(crate) fn callbacks(&self) -> u32 {
        self.callbacks.load(Ordering::Relaxed)
    }

    /// Returns the frames of the largest callback since this was last called, 0 without any.
    pub(crate) fn take_largest(&self) -> u32 {
        self.largest.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn take_lost(&self) -> u32 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    /// Returns the fewest frames that were left since this was last called, `None` without a
    /// callback.
    pub(crate) fn take_lowest(&self) -> Option<i32> {
        let lowest = self.lowest.swap(i32::MAX, Ordering::Relaxed);
        (lowest != i32::MAX).then_some(lowest)
    }
}

/// The end of a microphone's ring that lies in the callback.
#[derive(Debug)]
pub(crate) struct CaptureEnd {
    ring: Producer<f32>,
    channels: usize,
    /// Frames that went in.
    written: u64,
    tally: Arc<Tally>,
}

/// The end of a speaker's ring that lies in the callback.
#[derive(Debug)]
pub(crate) struct PlaybackEnd {
    ring: Consumer<f32>,
    channels: usize,
    /// Frames that came out.
    taken: u64,
    tally: Arc<Tally>,
    /// What was played last, and how loud: what is missing fades away from it instead of clicking.
    last: f32,
    gain: f32,
    /// Of `gain`, per frame.
    step: f32,
}

/// A fade is too short to be heard and too long to click.
const FADE_MS: u32 = 5;

/// Makes the ring of a microphone of `channels`.
pub(crate) fn capture(channels: u16, epoch: Instant) -> (CaptureEnd, Consumer<f32>, Arc<Tally>) {
    let (ring, other) = RingBuffer::new(CAPACITY);
    let tally = Arc::new(Tally::new(epoch));
    let end = CaptureEnd {
        ring,
        channels: usize::from(channels.max(1)),
        written: 0,
        tally: Arc::clone(&tally),
    };
    (end, other, tally)
}

/// Makes the ring of a speaker of `rate` Hz and `channels`.
pub(crate) fn playback(
    rate: u32,
    channels: u16,
    epoch: Instant,
) -> (PlaybackEnd, Producer<f32>, Arc<Tally>) {
    let (other, ring) = RingBuffer::new(CAPACITY);
    let tally = Arc::new(Tally::new(epoch));
    let end = PlaybackEnd {
        ring,
        channels: usize::from(channels.max(1)),
        taken: 0,
        tally: Arc::clone(&tally),
        last: 0.0,
        gain: 0.0,
        step: 1_000.0 / (rate.max(1) * FADE_MS) as f32,
    };
    (end, other, tally)
}

impl CaptureEnd {
    /// Takes what the device captured, interleaved. Of more than two channels the first two count,
    /// where the microphones of sound cards are.
    pub(crate) fn write<T: Copy>(
        &mut self,
        interleaved: &[T],
        sample: impl Fn(T) -> f32,
        now: Instant,
    ) {
        let frames = interleaved.len() / self.channels;
        let kept = frames.min(self.ring.slots());
        let voices = self.channels.min(2);
        if let Ok(room) = self.ring.write_chunk_uninit(kept) {
            room.fill_from_iter(interleaved.chunks_exact(self.channels).map(|frame| {
                let sum: f32 = frame[..voices].iter().map(|it| sample(*it)).sum();
                sum / voices as f32
            }));
        }
        self.written += kept as u64;
        self.tally.note(self.written, frames, frames - kept, now);
    }
}

impl PlaybackEnd {
    /// Fills what the device is to play, interleaved. Of more than two channels the first two
    /// sound, which are the front ones.
    pub(crate) fn read<T: Copy>(
        &mut self,
        interleaved: &mut [T],
        sample: impl Fn(f32) -> T,
        now: Instant,
    ) {
        let frames = interleaved.len() / self.channels;
        let there = frames.min(self.ring.slots());
        let mut sound = self.ring.read_chunk(there).into_iter().flatten();
        let voices = self.channels.min(2);
        let silence = sample(0.0);
        for frame in interleaved.chunks_exact_mut(self.channels) {
            match sound.next() {
                Some(value) => {
                    self.last = value;
                    self.gain = (self.gain + self.step).min(1.0);
                }
                None => self.gain = (self.gain - self.step).max(0.0),
            }
            frame[..voices].fill(sample(self.last * self.gain));
            frame[voices..].fill(silence);
        }
        drop(sound);
        self.taken += there as u64;
        let left = self.ring.slots() as i32 - (frames - there) as i32;
        self.tally.lowest.fetch_min(left, Ordering::Relaxed);
        self.tally.note(self.taken, frames, frames - there, now);
    }
}

//! What the sound card's callback calls never allocates: another thread may hold the allocator's
//! lock for longer than the card waits.

#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Instant;

#[path = "../src/device/ring.rs"]
#[allow(dead_code, reason = "the other end of the ring is used by the bridges")]
mod ring;

/// The system's allocator, with the calls of each thread counted.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    CALLS.set(CALLS.get() + 1);
}

// SAFETY: Every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: The caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: The caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: The caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Returns how often `body` called the allocator.
fn calls(body: impl FnOnce()) -> u64 {
    let before = CALLS.get();
    body();
    CALLS.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(calls(|| drop(std::hint::black_box(vec![1_u8]))), 2);
}

#[test]
fn a_captured_block_is_taken_without_the_allocator_at_any_size_and_when_nobody_reads() {
    for channels in [1, 2, 32] {
        for frames in [0, 3, 480, 8_192] {
            let (mut end, ring, _tally) = ring::capture(channels, Instant::now());
            let block = vec![100_i16; frames * usize::from(channels)];
            let count = calls(|| {
                // More than the ring holds.
                for _ in 0..40 {
                    end.write(
                        &block,
                        |sample| f32::from(sample) / 32_768.0,
                        Instant::now(),
                    );
                }
            });
            assert_eq!(count, 0, "{channels} channels, {frames} frames");
            assert!(ring.slots() >= frames.min(480), "it was taken");
        }
    }
}

#[test]
fn a_block_is_played_without_the_allocator_at_any_size_and_when_nothing_is_there() {
    for channels in [1, 2, 32] {
        for frames in [0, 3, 480, 8_192] {
            let (mut end, mut ring, _tally) = ring::playback(48_000, channels, Instant::now());
            for _ in 0..10_000 {
                ring.push(0.5).expect("there is room");
            }
            let mut block = vec![0_i32; frames * usize::from(channels)];
            let count = calls(|| {
                for _ in 0..40 {
                    end.read(&mut block, |sample| (sample * 1e9) as i32, Instant::now());
                }
            });
            assert_eq!(count, 0, "{channels} channels, {frames} frames");
        }
    }
}

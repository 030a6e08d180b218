//! What is called for each block of sound never allocates: another thread may hold the allocator's
//! lock for longer than the card waits.

#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{self, Read};
use std::time::Instant;

#[path = "../src/device/ring.rs"]
#[allow(dead_code, reason = "the other end of the ring is used by the bridges")]
mod ring;

#[path = "../src/device/system/pulse/packet.rs"]
#[allow(dead_code, reason = "the rest is for what is no block of sound")]
mod packet;

/// As the room has it.
mod device {
    pub(crate) use super::ring;
}

use packet::{Inlet, Notice, Outlet, Packet, notice, take};

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

/// What the sound server sends for a block of a microphone: its packets come in pieces, now less
/// than one, now several at once.
#[test]
fn a_block_of_the_sound_server_is_taken_without_the_allocator() {
    for channels in [1, 2, 32] {
        for frames in [3, 480, 1_920] {
            let block = vec![0x3c; frames * usize::from(channels) * 4];
            let mut sent = Vec::new();
            for _ in 0..40 {
                sent.extend(packet_of(7, &block));
            }
            for piece in [1_000, 20, 100_000] {
                let (mut end, ring, _tally) = ring::capture(channels, Instant::now());
                let mut inlet = Inlet::new(block.len());
                let mut blocks = 0;
                let mut from = Pieces { left: &sent, piece };
                let count = calls(|| {
                    while inlet.fill(&mut from).is_ok_and(|count| count > 0) {
                        while let Ok(Some(packet)) = inlet.next() {
                            if let Packet::Sound { channel: 7, block } = packet {
                                take(&mut end, block, Instant::now());
                                blocks += 1;
                            }
                        }
                    }
                });
                assert_eq!(count, 0, "{channels} channels, {frames} frames");
                assert_eq!((blocks, ring.slots()), (40, (40 * frames).min(32_768)));
            }
        }
    }
}

#[test]
fn the_sound_server_is_given_what_it_asks_for_without_the_allocator() {
    for channels in [1, 2, 32] {
        let frame = 4 * u32::from(channels);
        // The second is answered with what the first one lacked.
        for asked in [
            [480 * frame, 960 * frame],
            [480 * frame - 1, 960 * frame + 1],
        ] {
            let mut sent = Vec::new();
            for length in asked {
                sent.extend(packet_of(u32::MAX, &request(7, length)));
            }
            let (end, mut ring, _tally) = ring::playback(48_000, channels, Instant::now());
            for _ in 0..1_440 {
                ring.push(0.5).expect("there is room");
            }
            let mut outlet = Outlet::new(end, 7, channels);
            let mut inlet = Inlet::new(0);
            let mut given = vec![0; 1_000_000];
            let mut room = given.as_mut_slice();
            let mut from = Pieces {
                left: &sent,
                piece: 30,
            };
            let count = calls(|| {
                while inlet.fill(&mut from).is_ok_and(|count| count > 0) {
                    while let Ok(Some(packet)) = inlet.next() {
                        let Packet::Control(control) = packet else {
                            continue;
                        };
                        if let Some(Notice::Request { channel: 7, length }) = notice(control) {
                            let given = outlet.give(length, &mut room, Instant::now());
                            assert!(given.is_ok());
                        }
                    }
                }
            });
            assert_eq!(count, 0, "{channels} channels");
            let left = room.len();
            let mut given = &given[..given.len() - left];
            let mut inlet = Inlet::new(given.len());
            let mut sound = Vec::new();
            while inlet.fill(&mut given).is_ok_and(|count| count > 0) {
                while let Ok(Some(Packet::Sound { channel: 7, block })) = inlet.next() {
                    sound.extend_from_slice(block);
                }
            }
            assert_eq!(
                sound.len(),
                1_440 * frame as usize,
                "all that was asked for"
            );
            let (frames, _) = sound.as_chunks::<4>();
            let last = &frames[frames.len() - usize::from(channels)..];
            assert_eq!(f32::from_le_bytes(last[0]), 0.5, "the last of the ring");
        }
    }
}

/// Gives what there is in pieces.
struct Pieces<'a> {
    left: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let room = to.len().min(self.piece);
        self.left.read(&mut to[..room])
    }
}

fn packet_of(channel: u32, payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u32;
    let header = [length.to_be_bytes(), channel.to_be_bytes()].concat();
    [&header, [0; 12].as_slice(), payload].concat()
}

/// Returns `REQUEST` as the server writes it: the command, no number, the channel, the bytes.
fn request(channel: u32, length: u32) -> Vec<u8> {
    let numbers = [61, u32::MAX, channel, length];
    let tagged = numbers.map(|number| [&b"L"[..], &number.to_be_bytes()].concat());
    tagged.concat()
}

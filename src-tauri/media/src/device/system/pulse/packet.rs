//! What a stream and its server say to each other for each block of sound.
//!
//! Nothing of it locks, allocates or waits, but for the socket that it is given; an [`Inlet`] grows
//! where a packet is larger than any before.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::Instant;

use crate::device::ring::{CaptureEnd, PlaybackEnd};

/// In bytes: length and channel of a packet, its offset (64 bits) and its flags, big-endian.
const HEADER: usize = 20;

/// The channel of what is no sound.
const CONTROL: u32 = u32::MAX;

/// The flags that point into shared memory, which is never agreed on.
const SHARED: u32 = 0xf000_0000;

/// In bytes. A list of 256 devices with long names has less, and so have 100 ms at 192 kHz and 32
/// channels.
const LARGEST: usize = 4 << 20;

/// In bytes, of a sample: they are 32-bit floats, little-endian.
pub(crate) const SAMPLE: usize = 4;

/// In bytes, of what is written at once.
const WRITTEN: usize = 32 << 10;

/// What comes in, cut into packets.
pub(crate) struct Inlet {
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

/// One thing that the server says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    Control(&'a [u8]),
    Sound { channel: u32, block: &'a [u8] },
}

/// What came in is not of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Garbage;

/// What the server says of a stream while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    /// So many bytes are to be sent.
    Request {
        channel: u32,
        length: u32,
    },
    /// It has ended, as its device has.
    Killed {
        channel: u32,
    },
    /// It is at another device now.
    Moved {
        channel: u32,
    },
    /// Its device rests, or does so no longer.
    Suspended {
        channel: u32,
        suspended: bool,
    },
    Other,
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("waiting", &(self.end - self.begin))
            .finish_non_exhaustive()
    }
}

impl Inlet {
    /// Makes an inlet that need not grow for packets of `size` bytes.
    pub(crate) fn new(size: usize) -> Self {
        Self {
            buffer: vec![0; 2 * (HEADER + size.min(LARGEST))],
            begin: 0,
            end: 0,
        }
    }

    /// Makes room for packets of `size` bytes.
    pub(crate) fn widen(&mut self, size: usize) {
        let room = 2 * (HEADER + size.min(LARGEST));
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
    }

    /// Reads once; 0 is the end. [`next`](Self::next) has to have returned `None` before.
    pub(crate) fn fill(&mut self, mut from: impl Read) -> io::Result<usize> {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        if let Some((header, _)) = self.buffer[..self.end].split_first_chunk() {
            let size = HEADER + (length(header) as usize).min(LARGEST);
            if self.buffer.len() < size {
                self.buffer.resize(size, 0);
            }
        }
        loop {
            match from.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count);
                }
                // A program that is stopped and goes on sees this.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the next packet, `None` where more has to come in first.
    pub(crate) fn next(&mut self) -> Result<Option<Packet<'_>>, Garbage> {
        let waiting = &self.buffer[self.begin..self.end];
        let Some((header, rest)) = waiting.split_first_chunk() else {
            return Ok(None);
        };
        let (length, [channel, .., flags]) = (length(header) as usize, words(header));
        if length > LARGEST || flags & SHARED != 0 {
            return Err(Garbage);
        }
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        self.begin += HEADER + length;
        Ok(Some(match channel {
            CONTROL => Packet::Control(payload),
            channel => Packet::Sound {
                channel,
                block: payload,
            },
        }))
    }
}

fn length(header: &[u8; HEADER]) -> u32 {
    let [a, b, c, d, ..] = *header;
    u32::from_be_bytes([a, b, c, d])
}

/// Returns what follows the length.
fn words(header: &[u8; HEADER]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(header[4..].as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}

/// Takes what was captured.
pub(crate) fn take(end: &mut CaptureEnd, block: &[u8], now: Instant) {
    end.write(block.as_chunks().0, f32::from_le_bytes, now);
}

/// Sends what is to be played.
#[derive(Debug)]
pub(crate) struct Outlet {
    end: PlaybackEnd,
    channel: u32,
    /// In bytes, of all channels.
    frame: usize,
    /// Bytes of less than a frame that were asked for.
    owed: usize,
    packet: Box<[u8]>,
}

impl Outlet {
    /// Makes the outlet of a stream: `channel` is its number, `channels` those of its sound.
    pub(crate) fn new(end: PlaybackEnd, channel: u32, channels: u16) -> Self {
        let frame = SAMPLE * usize::from(channels.max(1));
        Self {
            end,
            channel,
            frame,
            owed: 0,
            packet: vec![0; HEADER + WRITTEN / frame * frame].into_boxed_slice(),
        }
    }

    /// Sends the `asked` bytes that the server wants.
    pub(crate) fn give(&mut self, asked: u32, mut to: impl Write, now: Instant) -> io::Result<()> {
        // More than this is never kept by a server.
        let mut left = self.owed + (asked as usize).min(LARGEST);
        self.owed = left % self.frame;
        while left >= self.frame {
            let size = (left - left % self.frame).min(self.packet.len() - HEADER);
            let packet = &mut self.packet[..HEADER + size];
            let (header, sound) = packet.split_at_mut(HEADER);
            header.fill(0);
            header[..4].copy_from_slice(&(size as u32).to_be_bytes());
            header[4..8].copy_from_slice(&self.channel.to_be_bytes());
            self.end
                .read(sound.as_chunks_mut().0, f32::to_le_bytes, now);
            to.write_all(packet)?;
            left -= size;
        }
        Ok(())
    }
}

/// Reads what the server says of a stream; `None` where it is nothing that it can say.
pub(crate) fn notice(control: &[u8]) -> Option<Notice> {
    let (command, rest) = number(control)?;
    let (_sequence, rest) = number(rest)?;
    Some(match command {
        61 => {
            let (channel, rest) = number(rest)?;
            let (length, _) = number(rest)?;
            Notice::Request { channel, length }
        }
        64 | 65 => Notice::Killed {
            channel: number(rest)?.0,
        },
        76 | 77 => {
            let (channel, rest) = number(rest)?;
            let suspended = match rest.first()? {
                b'1' => true,
                b'0' => false,
                _ => return None,
            };
            Notice::Suspended { channel, suspended }
        }
        78 | 79 => Notice::Moved {
            channel: number(rest)?.0,
        },
        _ => Notice::Other,
    })
}

/// Reads a number with its tag.
pub(crate) fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (number, rest) = rest.split_first_chunk()?;
    (*tag == b'L').then(|| (u32::from_be_bytes(*number), rest))
}

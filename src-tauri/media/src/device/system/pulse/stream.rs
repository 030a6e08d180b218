use std::sync::Arc;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    ChannelMap, Command, CreatePlaybackStreamReply, CreateRecordStreamReply, PlaybackStreamParams,
    Prop, Props, RecordStreamParams, SampleFormat, SampleSpec,
    stream::{BufferAttr, StreamFlags},
};
use socket2::Socket;
use tracing::info;

use super::address::Surroundings;
use super::connection::{Connection, Failure, Hook};
use super::listing::Target;
use super::packet::{Inlet, Notice, Outlet, Packet, SAMPLE, notice, take};
use crate::device::bridge::{CaptureBridge, PlaybackBridge};
use crate::device::choice::{Fault, Role};
use crate::device::ring::CaptureEnd;
use crate::device::system::Bridge;

const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Taken where a device has a rate that is not served.
const USUAL_RATE: u32 = 48_000;

/// The server opens a stream in a few milliseconds, and waits for Bluetooth for up to two seconds.
const OPENING: Duration = Duration::from_secs(3);

/// Sound that does not flow for so long has stopped without a word.
const STANDSTILL: Duration = Duration::from_secs(2);

/// In ms: how often sound comes and goes. With blocks of 10 ms a call wakes half as often, and is
/// heard 10 ms later.
const BLOCK_MS: u32 = 5;

/// In ms: what lies between us and the speaker, of which the server has half for itself.
const KEPT_MS: u32 = 20;

/// Opens a stream and lets it flow, which `began` is told with the first block; returns when it has
/// ended, and why.
pub(crate) fn run(role: Role, target: &Target, hook: &Hook, began: impl FnOnce(Bridge)) -> Fault {
    let deadline = Instant::now() + OPENING;
    let ended = Connection::open(&Surroundings::look(), hook, deadline)
        .and_then(|connection| match role {
            Role::Microphone => Flow::capture(connection, target),
            Role::Speaker | Role::Ringer => Flow::playback(connection, target),
        })
        .map_or_else(Ended::Connection, |(mut flow, ready)| {
            flow.run(ready, began)
        });
    let fault = ended.fault();
    if !hook.has_ended() {
        info!(?ended, ?fault, ?role, "a sound stream ends");
    }
    fault
}

/// A stream that the server has opened.
struct Flow {
    socket: Arc<Socket>,
    inlet: Inlet,
    channel: u32,
    end: End,
    /// The server has the device rest.
    rests: bool,
}

enum End {
    Capture(CaptureEnd),
    Playback(Outlet),
}

/// Why a stream flows no longer.
#[derive(Debug)]
enum Ended {
    Connection(Failure),
    /// The device is not there any more, or the stream is not at it any more.
    Device,
    /// The device rests: another program has it, or the user wants it so.
    Resting,
    /// Nothing flows, and nobody says why.
    Still,
}

impl Ended {
    fn fault(&self) -> Fault {
        match self {
            Self::Connection(failure) => failure.fault(),
            Self::Device => Fault::Gone,
            Self::Resting => Fault::Busy,
            Self::Still => Fault::Stuck,
        }
    }
}

impl Flow {
    fn capture(mut connection: Connection, target: &Target) -> Result<(Self, Bridge), Failure> {
        let (spec, map) = served(target);
        let params = RecordStreamParams {
            sample_spec: spec,
            channel_map: map,
            source_name: Some(target.name.clone()),
            buffer_attr: BufferAttr {
                fragment_size: bytes(&spec, BLOCK_MS),
                ..BufferAttr::default()
            },
            flags: flags(),
            props: properties(),
            ..RecordStreamParams::default()
        };
        let command = Command::CreateRecordStream(params);
        let reply: CreateRecordStreamReply = connection.ask(&command, |tags, _| tags.read())?;
        let (rate, channels) = (spec.sample_rate, u16::from(spec.channels));
        let (bridge, end) = CaptureBridge::new(rate, channels, Instant::now());
        let block = reply.buffer_attr.fragment_size;
        info!(
            rate,
            channels,
            block_ms = milliseconds(&spec, block),
            latency_us = reply.stream_latency,
            "a microphone is opened"
        );
        let (socket, mut inlet) = connection.into_parts(Some(STANDSTILL))?;
        inlet.widen(block as usize);
        let flow = Self {
            socket,
            inlet,
            channel: reply.channel,
            end: End::Capture(end),
            rests: reply.suspended,
        };
        Ok((flow, Bridge::Capture(Box::new(bridge))))
    }

    fn playback(mut connection: Connection, target: &Target) -> Result<(Self, Bridge), Failure> {
        let (spec, map) = served(target);
        let params = PlaybackStreamParams {
            sample_spec: spec,
            channel_map: map,
            sink_name: Some(target.name.clone()),
            buffer_attr: BufferAttr {
                target_length: bytes(&spec, KEPT_MS),
                // It flows whatever is missing: what comes late would be late for good.
                pre_buffering: 0,
                minimum_request_length: bytes(&spec, BLOCK_MS),
                ..BufferAttr::default()
            },
            flags: flags(),
            props: properties(),
            ..PlaybackStreamParams::default()
        };
        let command = Command::CreatePlaybackStream(params);
        let reply: CreatePlaybackStreamReply = connection.ask(&command, |tags, _| tags.read())?;
        let (rate, channels) = (spec.sample_rate, u16::from(spec.channels));
        let (bridge, end) = PlaybackBridge::new(rate, channels, Instant::now());
        let buffer = reply.buffer_attr;
        info!(
            rate,
            channels,
            block_ms = milliseconds(&spec, buffer.minimum_request_length),
            kept_ms = milliseconds(&spec, buffer.target_length),
            latency_us = reply.stream_latency,
            "a speaker is opened"
        );
        let (socket, inlet) = connection.into_parts(Some(STANDSTILL))?;
        let mut outlet = Outlet::new(end, reply.channel, channels);
        outlet.give(reply.requested_bytes, &*socket, Instant::now())?;
        let flow = Self {
            socket,
            inlet,
            channel: reply.channel,
            end: End::Playback(outlet),
            rests: reply.suspended,
        };
        Ok((flow, Bridge::Playback(Box::new(bridge))))
    }

    /// Lets sound flow until the stream ends.
    fn run(&mut self, ready: Bridge, began: impl FnOnce(Bridge)) -> Ended {
        let mut first = Some((ready, began));
        loop {
            match self.turn() {
                Ok(flowed) => {
                    if let Some((ready, began)) = first.take_if(|_| flowed) {
                        began(ready);
                    }
                }
                Err(ended) => return ended,
            }
        }
    }

    /// Takes what has come in and waits for more; returns whether sound flowed.
    fn turn(&mut self) -> Result<bool, Ended> {
        let mut flowed = false;
        let now = Instant::now();
        loop {
            match (self.inlet.next()?, &mut self.end) {
                (Some(Packet::Sound { channel, block }), End::Capture(end))
                    if channel == self.channel =>
                {
                    take(end, block, now);
                    flowed = true;
                }
                (Some(Packet::Sound { .. }), _) => {}
                (Some(Packet::Control(control)), end) => {
                    match notice(control).ok_or(Failure::Garbled)? {
                        Notice::Request { channel, length } if channel == self.channel => {
                            if let End::Playback(outlet) = end {
                                outlet.give(length, &*self.socket, now)?;
                                flowed = true;
                            }
                        }
                        Notice::Killed { channel } | Notice::Moved { channel }
                            if channel == self.channel =>
                        {
                            return Err(Ended::Device);
                        }
                        Notice::Suspended { channel, suspended } if channel == self.channel => {
                            self.rests = suspended;
                        }
                        Notice::Request { .. }
                        | Notice::Killed { .. }
                        | Notice::Moved { .. }
                        | Notice::Suspended { .. }
                        | Notice::Other => {}
                    }
                }
                (None, _) => break,
            }
        }
        match self.inlet.fill(&*self.socket).map_err(Failure::from) {
            Ok(0) => Err(Ended::Connection(Failure::Ended)),
            Ok(_) => Ok(flowed),
            Err(Failure::Silent) if self.rests => Err(Ended::Resting),
            Err(Failure::Silent) => Err(Ended::Still),
            Err(failure) => Err(Ended::Connection(failure)),
        }
    }
}

impl<T> From<T> for Ended
where
    Failure: From<T>,
{
    fn from(error: T) -> Self {
        Self::Connection(error.into())
    }
}

/// Returns the device's own rate and channels, where we serve them.
fn served(target: &Target) -> (SampleSpec, ChannelMap) {
    let (mut spec, mut map) = (target.spec, target.map);
    spec.format = SampleFormat::Float32Le;
    if !RATES.contains(&spec.sample_rate) {
        spec.sample_rate = USUAL_RATE;
    }
    if spec.channels == 0 || spec.channels != map.num_channels() {
        spec.channels = 2;
        map = ChannelMap::stereo();
    }
    (spec, map)
}

fn flags() -> StreamFlags {
    StreamFlags {
        // Which device it is at is decided here.
        no_move: true,
        adjust_latency: true,
        ..StreamFlags::default()
    }
}

fn properties() -> Props {
    let mut props = Props::new();
    props.set(Prop::MediaName, c"Call");
    // Other sound makes way for it.
    props.set(Prop::MediaRole, c"phone");
    // Echo is cancelled here already; some servers would do it for all phones.
    props.set(Prop::FilterSuppress, c"echo-cancel");
    props
}

/// Returns the bytes of so much sound.
fn bytes(spec: &SampleSpec, ms: u32) -> u32 {
    spec.sample_rate * ms / 1_000 * frame(spec)
}

fn milliseconds(spec: &SampleSpec, bytes: u32) -> u32 {
    bytes / frame(spec) * 1_000 / spec.sample_rate
}

fn frame(spec: &SampleSpec) -> u32 {
    SAMPLE as u32 * u32::from(spec.channels)
}

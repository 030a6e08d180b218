use std::sync::Arc;
use std::time::Instant;

use cpal::traits::{DeviceTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedBufferSize, SupportedStreamConfig,
};
use tracing::{debug, info};

use crate::device::bridge::{CaptureBridge, PlaybackBridge};
use crate::device::choice::{Fault, Role};
use crate::device::ring::Tally;
use crate::device::system::Bridge;
use crate::device::system::line::Reporter;

const LOWEST_RATE: u32 = 8_000;
const HIGHEST_RATE: u32 = 192_000;
const MOST_CHANNELS: u16 = 32;

/// Returns what takes the errors of a stream: the first that ends it is passed on. Some hosts report
/// thousands while sound flows.
fn errors(report: Reporter) -> impl FnMut(cpal::Error) + Send + 'static {
    let mut ended = false;
    let mut mentioned = false;
    move |error| match fault(&error) {
        Some(fault) if !ended => {
            ended = true;
            info!(%error, "a sound stream ended");
            report.fault(fault);
        }
        None if !mentioned && error.kind() != ErrorKind::Xrun => {
            mentioned = true;
            debug!(%error, "a sound stream reports an error");
        }
        Some(_) | None => {}
    }
}

/// A stream that runs until this is dropped.
pub(crate) struct Running {
    _stream: Stream,
}

type Opened = (Stream, Bridge, Arc<Tally>);

/// Opens a stream and lets it run; blocks for as long as the host takes.
pub(crate) fn open(
    role: Role,
    device: &cpal::Device,
    report: &Reporter,
) -> Result<(Running, Bridge, Arc<Tally>), Fault> {
    match opened(role, device, report) {
        Ok((stream, bridge, tally)) => Ok((Running { _stream: stream }, bridge, tally)),
        Err(error) => {
            info!(%error, ?role, "a sound stream cannot be opened");
            Err(fault(&error).unwrap_or(Fault::Broken))
        }
    }
}

/// Opens a stream at the device's own rate.
fn opened(role: Role, device: &cpal::Device, report: &Reporter) -> Result<Opened, cpal::Error> {
    let supported = supported(role, device)?;
    let config = supported.config();
    let frames = config.sample_rate / 100;
    let frames = match supported.buffer_size() {
        SupportedBufferSize::Range { min, max } => frames.clamp(*min, (*max).max(*min)),
        SupportedBufferSize::Unknown => frames,
    };
    let format = supported.sample_format();
    let asked = StreamConfig {
        buffer_size: BufferSize::Fixed(frames),
        ..config
    };
    let built = match build(role, device, asked, format, report) {
        Err(error) if is_about_size(&error) => {
            debug!(%error, frames, "a size of buffer is refused");
            let config = StreamConfig {
                buffer_size: BufferSize::Default,
                ..config
            };
            build(role, device, config, format, report)?
        }
        built => built?,
    };
    built.0.play()?;
    info!(
        ?role,
        rate = config.sample_rate,
        channels = config.channels,
        %format,
        frames = built.0.buffer_size().ok(),
        "a sound stream runs"
    );
    Ok(built)
}

/// Returns whether it may be the size of the buffer that is refused: some hosts have one.
fn is_about_size(error: &cpal::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnsupportedConfig | ErrorKind::UnsupportedOperation | ErrorKind::InvalidInput
    )
}

/// Returns the device's own configuration, or the best of the others where that is none that we
/// serve.
fn supported(role: Role, device: &cpal::Device) -> Result<SupportedStreamConfig, cpal::Error> {
    let serves = |config: &SupportedStreamConfig| {
        (LOWEST_RATE..=HIGHEST_RATE).contains(&config.sample_rate())
            && (1..=MOST_CHANNELS).contains(&config.channels())
            && !config.sample_format().is_dsd()
    };
    let (default, all): (_, Vec<_>) = match role {
        Role::Microphone => (
            device.default_input_config(),
            device.supported_input_configs()?.collect(),
        ),
        Role::Speaker | Role::Ringer => (
            device.default_output_config(),
            device.supported_output_configs()?.collect(),
        ),
    };
    let refused = match default {
        Ok(config) if serves(&config) => return Ok(config),
        Ok(_) => cpal::Error::new(ErrorKind::UnsupportedConfig),
        Err(error) => error,
    };
    let mut all = all;
    all.sort_by(|a, b| b.cmp_default_heuristics(a));
    all.into_iter()
        .filter_map(|range| range.try_with_standard_sample_rate())
        .find(serves)
        .ok_or(refused)
}

fn build(
    role: Role,
    device: &cpal::Device,
    config: StreamConfig,
    format: SampleFormat,
    report: &Reporter,
) -> Result<Opened, cpal::Error> {
    let build = match format {
        SampleFormat::I8 => build_as::<i8>,
        SampleFormat::I16 => build_as::<i16>,
        SampleFormat::I24 => build_as::<cpal::I24>,
        SampleFormat::I32 => build_as::<i32>,
        SampleFormat::I64 => build_as::<i64>,
        SampleFormat::U8 => build_as::<u8>,
        SampleFormat::U16 => build_as::<u16>,
        SampleFormat::U24 => build_as::<cpal::U24>,
        SampleFormat::U32 => build_as::<u32>,
        SampleFormat::U64 => build_as::<u64>,
        SampleFormat::F32 => build_as::<f32>,
        SampleFormat::F64 => build_as::<f64>,
        SampleFormat::DsdU8 | SampleFormat::DsdU16 | SampleFormat::DsdU32 | _ => {
            return Err(cpal::Error::new(ErrorKind::UnsupportedConfig));
        }
    };
    build(role, device, config, report)
}

fn build_as<T>(
    role: Role,
    device: &cpal::Device,
    config: StreamConfig,
    report: &Reporter,
) -> Result<Opened, cpal::Error>
where
    T: SizedSample + FromSample<f32>,
    f32: FromSample<T>,
{
    let (rate, channels) = (config.sample_rate, config.channels);
    let errors = errors(report.clone());
    match role {
        Role::Microphone => {
            let (bridge, mut end) = CaptureBridge::new(rate, channels, Instant::now());
            let tally = bridge.tally();
            let callback =
                move |data: &[T], _: &_| end.write(data, f32::from_sample_, Instant::now());
            let stream = device.build_input_stream(config, callback, errors, None)?;
            Ok((stream, Bridge::Capture(Box::new(bridge)), tally))
        }
        Role::Speaker | Role::Ringer => {
            let (bridge, mut end) = PlaybackBridge::new(rate, channels, Instant::now());
            let tally = bridge.tally();
            let callback =
                move |data: &mut [T], _: &_| end.read(data, T::from_sample_, Instant::now());
            let stream = device.build_output_stream(config, callback, errors, None)?;
            Ok((stream, Bridge::Playback(Box::new(bridge)), tally))
        }
    }
}

/// Returns what an error means for a stream, `None` where it goes on.
fn fault(error: &cpal::Error) -> Option<Fault> {
    match error.kind() {
        ErrorKind::DeviceNotAvailable => Some(Fault::Gone),
        ErrorKind::DeviceBusy => Some(Fault::Busy),
        ErrorKind::PermissionDenied => Some(Fault::Refused),
        ErrorKind::HostUnavailable => Some(Fault::ServerGone),
        // WASAPI wants the stream rebuilt.
        ErrorKind::StreamInvalidated => Some(Fault::Broken),
        // Sound may flow on; where it does not, the stream is seen to stand still.
        ErrorKind::BackendError
        | ErrorKind::DeviceChanged
        | ErrorKind::InvalidInput
        | ErrorKind::Other
        | ErrorKind::RealtimeDenied
        | ErrorKind::ResourceExhausted
        | ErrorKind::UnsupportedConfig
        | ErrorKind::UnsupportedOperation
        | ErrorKind::Xrun
        | _ => None,
    }
}

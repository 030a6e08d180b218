//! The devices of the server, from what it says of its sinks and sources.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};

use pulseaudio::protocol::{
    ChannelMap, ChannelVolume, Command, FormatInfo, Prop, Props, ProtocolError, SampleSpec,
    ServerInfo, TagStructReader, Volume,
};

use super::connection::{Connection, Failure};
use crate::device::choice::{Device, DeviceId, Kind, shown, tell_apart};

/// More are not looked at.
const MOST_DEVICES: usize = 256;

/// What a server puts where there is no device, as PulseAudio's `module-always-sink` and
/// `module-always-source` do, and PipeWire: nobody is heard by it and nobody hears it.
const PLACEHOLDERS: [&CStr; 2] = [c"auto_null", c"auto_null.monitor"];

/// A sink or a source, as it is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(super) name: CString,
    pub(super) spec: SampleSpec,
    pub(super) map: ChannelMap,
}

/// What there is.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) devices: Vec<Device>,
    pub(crate) inputs: BTreeMap<DeviceId, Target>,
    pub(crate) outputs: BTreeMap<DeviceId, Target>,
}

/// What the server says of a sink or a source.
#[derive(Debug)]
struct Endpoint {
    target: Target,
    description: Option<CString>,
    is_monitor: bool,
    props: Props,
    /// The type of the port that is in use, as the protocol numbers them.
    port: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Sink,
    Source,
}

/// Asks the server for its devices.
pub(super) fn list(connection: &mut Connection) -> Result<Listed, Failure> {
    let server: ServerInfo = connection.ask(&Command::GetServerInfo, |tags, _| tags.read())?;
    let sinks = connection.ask(&Command::GetSinkInfoList, |tags, version| {
        endpoints(tags, version, Direction::Sink)
    })?;
    let sources = connection.ask(&Command::GetSourceInfoList, |tags, version| {
        endpoints(tags, version, Direction::Source)
    })?;
    Ok(listed(&server, sinks, sources))
}

fn listed(server: &ServerInfo, sinks: Vec<Endpoint>, sources: Vec<Endpoint>) -> Listed {
    let mut devices: BTreeMap<DeviceId, Device> = BTreeMap::new();
    let mut inputs = BTreeMap::new();
    let mut outputs = BTreeMap::new();
    for (direction, endpoints) in [(Direction::Sink, sinks), (Direction::Source, sources)] {
        for endpoint in endpoints {
            if PLACEHOLDERS.contains(&endpoint.target.name.as_c_str()) {
                continue;
            }
            let name = endpoint.target.name.to_string_lossy();
            let id = DeviceId::new(format!("pulseaudio:{name}"));
            if devices.len() == MOST_DEVICES && !devices.contains_key(&id) {
                continue;
            }
            let description = endpoint.description.as_deref();
            let description = description.map_or(name.clone(), CStr::to_string_lossy);
            let device = devices.entry(id.clone()).or_insert_with(|| Device {
                id: id.clone(),
                name: shown(&description),
                input: false,
                output: false,
                is_default_input: false,
                is_default_output: false,
                kind: kind(&endpoint, &description),
            });
            let is = |default: &Option<CString>| default.as_ref() == Some(&endpoint.target.name);
            match direction {
                Direction::Sink => {
                    device.output = true;
                    device.is_default_output |= is(&server.default_sink_name);
                    outputs.entry(id).or_insert(endpoint.target);
                }
                Direction::Source => {
                    device.input = true;
                    device.is_default_input |= is(&server.default_source_name);
                    inputs.entry(id).or_insert(endpoint.target);
                }
            }
        }
    }
    let mut devices: Vec<Device> = devices.into_values().collect();
    tell_apart(&mut devices);
    Listed {
        devices,
        inputs,
        outputs,
    }
}

/// Reads the answer to a request for all sinks or all sources.
fn endpoints(
    tags: &mut TagStructReader<'_>,
    version: u16,
    direction: Direction,
) -> Result<Vec<Endpoint>, ProtocolError> {
    let mut endpoints = Vec::new();
    while tags.has_data_left()? && endpoints.len() < MOST_DEVICES {
        endpoints.push(endpoint(tags, version, direction)?);
    }
    Ok(endpoints)
}

/// Reads one sink or source; the states and types of newer servers are passed over.
fn endpoint(
    tags: &mut TagStructReader<'_>,
    version: u16,
    direction: Direction,
) -> Result<Endpoint, ProtocolError> {
    let _index = tags.read_u32()?;
    let name = tags.read_string_non_null()?;
    let description = tags.read_string()?;
    let spec: SampleSpec = tags.read()?;
    let map: ChannelMap = tags.read()?;
    let _module = tags.read_u32()?;
    let _volumes: ChannelVolume = tags.read()?;
    let _muted = tags.read_bool()?;
    // Of a source: the sink whose sound it is. Of a sink: the source of its sound.
    let monitor = tags.read_index()?;
    let _monitor_name = tags.read_string()?;
    let _latency = tags.read_usec()?;
    let _driver = tags.read_string()?;
    let _flags = tags.read_u32()?;
    let props: Props = tags.read()?;
    let _configured_latency = tags.read_usec()?;
    let _base_volume: Volume = tags.read()?;
    let _state = tags.read_u32()?;
    let _volume_steps = tags.read_u32()?;
    let _card = tags.read_u32()?;
    let mut ports = BTreeMap::new();
    for _ in 0..tags.read_u32()? {
        let port = tags.read_string_non_null()?;
        let _description = tags.read_string()?;
        let _priority = tags.read_u32()?;
        if version >= 24 {
            let _available = tags.read_u32()?;
        }
        if version >= 34 {
            let _group = tags.read_string()?;
            ports.insert(port, tags.read_u32()?);
        }
    }
    let active = tags.read_string()?;
    let spec = SampleSpec {
        sample_rate: narrow(&props).map_or(spec.sample_rate, |rate| rate.min(spec.sample_rate)),
        ..spec
    };
    for _ in 0..tags.read_u8()? {
        let _format: FormatInfo = tags.read()?;
    }
    Ok(Endpoint {
        target: Target { name, spec, map },
        description,
        is_monitor: direction == Direction::Source && monitor.is_some(),
        props,
        port: active.and_then(|active| ports.remove(&active)),
    })
}

/// Returns the make of a device: from what the server says of its port, its bus and its form, and
/// where that says nothing what the name does.
fn kind(endpoint: &Endpoint, description: &str) -> Kind {
    if endpoint.is_monitor {
        return Kind::Monitor;
    }
    let property = |prop: Prop| text(&endpoint.props, prop).unwrap_or_default();
    let bus = property(Prop::DeviceBus);
    if bus == "bluetooth" || property(Prop::DeviceApi).starts_with("bluez") {
        return Kind::Bluetooth;
    }
    let description = description.to_lowercase();
    match (endpoint.port, property(Prop::DeviceFormFactor)) {
        (Some(HEADPHONES | HEADSET | HANDSET | EARPIECE | HANDSFREE), _)
        | (_, "headset" | "headphone" | "handset" | "hands-free") => Kind::Headset,
        (Some(SPDIF | HDMI | TV), _) | (_, "tv" | "webcam" | "hifi" | "car") => Kind::Other,
        _ if description.contains("headset") || description.contains("headphone") => Kind::Headset,
        (_, "internal") => Kind::BuiltIn,
        _ if bus == "pci" => Kind::BuiltIn,
        _ => Kind::Other,
    }
}

/// Returns the rate of the codec that hands-free Bluetooth uses, in Hz. PipeWire gives the rate at
/// which it mixes for that of the device.
fn narrow(props: &Props) -> Option<u32> {
    let codec = [c"bluetooth.codec", c"api.bluez5.codec"]
        .into_iter()
        .find_map(|key| props.get_bytes(key))
        .and_then(value)?;
    match codec.to_lowercase().as_str() {
        "cvsd" => Some(8_000),
        "msbc" => Some(16_000),
        _ => None,
    }
}

// Types of ports (PulseAudio's `pa_device_port_type`).
const HEADPHONES: u32 = 3;
const HEADSET: u32 = 6;
const HANDSET: u32 = 7;
const EARPIECE: u32 = 8;
const SPDIF: u32 = 9;
const HDMI: u32 = 10;
const TV: u32 = 11;
const HANDSFREE: u32 = 17;

/// Returns a property that is a text.
fn text(props: &Props, prop: Prop) -> Option<&str> {
    value(props.get(prop)?)
}

fn value(bytes: &[u8]) -> Option<&str> {
    CStr::from_bytes_until_nul(bytes).ok()?.to_str().ok()
}

#[cfg(test)]
mod tests;

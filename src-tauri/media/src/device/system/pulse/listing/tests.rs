#![allow(clippy::unwrap_used, reason = "tests")]

use pulseaudio::protocol::{ChannelPosition, MAX_VERSION, SampleFormat, TagStructWriter};

use super::*;
use crate::device::system::pulse::tags;

#[test]
fn sinks_and_sources_are_devices_with_the_ids_of_old() {
    let headset = Said {
        description: Some("Headset"),
        ..Said::new("alsa.usb-headset")
    };
    let listed = list(&[Said::new("speakers"), headset], &[headset]);
    let found: Vec<_> = listed
        .devices
        .iter()
        .map(|it| (it.id.as_str(), it.name.as_str(), it.input, it.output))
        .collect();
    assert_eq!(
        found,
        [
            ("pulseaudio:alsa.usb-headset", "Headset", true, true),
            ("pulseaudio:speakers", "speakers", false, true),
        ]
    );
    assert!(listed.devices[0].is_default_input && !listed.devices[0].is_default_output);
    assert!(listed.devices[1].is_default_output);
    let id = &listed.devices[0].id;
    assert_eq!(listed.inputs[id].name.as_c_str(), c"alsa.usb-headset");
    assert_eq!(listed.inputs[id].spec.sample_rate, 16_000);
    assert!(listed.outputs.contains_key(id));
}

#[test]
fn what_stands_where_no_device_is_is_none() {
    let listed = list(
        &[Said::new("auto_null"), Said::new("speakers")],
        &[Said::new("auto_null.monitor"), Said::new("auto_null")],
    );
    assert_eq!(listed.devices.len(), 1, "{listed:?}");
    assert_eq!(listed.devices[0].id.as_str(), "pulseaudio:speakers");
    assert!(listed.inputs.is_empty() && listed.outputs.len() == 1);
}

#[test]
fn the_kind_is_what_the_server_says_and_then_what_the_name_does() {
    let said = |properties, port| Said {
        properties,
        port,
        ..Said::new("device")
    };
    for (said, kind) in [
        (
            said(&[("device.bus", "bluetooth")], Some(HANDSFREE)),
            Kind::Bluetooth,
        ),
        (said(&[("device.api", "bluez5")], None), Kind::Bluetooth),
        (
            said(&[("device.form_factor", "headset")], None),
            Kind::Headset,
        ),
        (
            said(&[("device.form_factor", "internal")], None),
            Kind::BuiltIn,
        ),
        (said(&[("device.bus", "pci")], None), Kind::BuiltIn),
        // A headset in the socket of a laptop, and its screen.
        (said(&[("device.bus", "pci")], Some(HEADSET)), Kind::Headset),
        (said(&[("device.bus", "pci")], Some(HDMI)), Kind::Other),
        // A type that a newer server knows.
        (said(&[], Some(4_711)), Kind::Other),
        (said(&[("device.form_factor", "\u{0}")], None), Kind::Other),
    ] {
        let listed = list(&[said], &[]);
        assert_eq!(listed.devices[0].kind, kind, "{said:?}");
    }
    let named = Said {
        description: Some("USB Headset"),
        ..Said::new("device")
    };
    assert_eq!(list(&[], &[named]).devices[0].kind, Kind::Headset);
    let monitor = Said {
        monitor: Some(0),
        ..named
    };
    assert_eq!(list(&[], &[monitor]).devices[0].kind, Kind::Monitor);
    // Each sink has a monitor, and is none.
    assert_eq!(list(&[monitor], &[]).devices[0].kind, Kind::Headset);
}

#[test]
fn hands_free_bluetooth_has_the_rate_of_its_codec() {
    for (key, codec, rate) in [
        ("api.bluez5.codec", "cvsd", 8_000),
        ("api.bluez5.codec", "msbc", 16_000),
        ("bluetooth.codec", "mSBC", 16_000),
        ("bluetooth.codec", "aptx_ll", 48_000),
    ] {
        let said = Said {
            rate: 48_000,
            properties: &[(key, codec)],
            ..Said::new("device")
        };
        let listed = list(&[], &[said]);
        let target = listed.inputs.values().next().unwrap();
        assert_eq!(target.spec.sample_rate, rate, "{codec}");
    }
}

#[test]
fn equal_empty_and_endless_names_are_told_apart() {
    let long = "ü".repeat(10_000);
    let said = |name, description| Said {
        description: Some(description),
        ..Said::new(name)
    };
    let listed = list(
        &[
            said("a", "Equal"),
            said("b", "Equal"),
            said("c", ""),
            said("d", &long),
        ],
        &[said("", "Empty")],
    );
    let names: Vec<&str> = listed.devices.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names[..4],
        ["Empty", "Equal", "Equal (2)", "Unnamed device"]
    );
    assert!(names[4].len() <= 256 && names[4].ends_with('…'));
}

#[test]
fn of_a_thousand_devices_256_are_looked_at() {
    let names: Vec<String> = (0..1_000).map(|number| format!("sink{number}")).collect();
    let said: Vec<Said> = names.iter().map(|name| Said::new(name)).collect();
    let listed = list(&said, &said);
    assert_eq!(listed.devices.len(), MOST_DEVICES);
    assert_eq!(listed.outputs.len(), MOST_DEVICES);
}

#[test]
fn every_version_is_read_and_what_is_cut_short_is_refused() {
    for version in [22, 24, 26, 30, 33, 34, MAX_VERSION] {
        let said = Said {
            port: Some(HEADSET),
            ..Said::new("a")
        };
        let bytes = said.bytes(version);
        assert!(tags::are_whole(&bytes));
        let found = read(&bytes, version).unwrap();
        assert_eq!(found[0].port.is_some(), version >= 34);
        for end in 1..bytes.len() {
            assert!(
                read(&bytes[..end], version).is_err(),
                "{end} of version {version}"
            );
        }
    }
}

#[test]
fn whatever_a_server_answers_nothing_panics() {
    let said = Said {
        port: Some(HEADSET),
        properties: &[("device.bus", "usb")],
        ..Said::new("a")
    };
    let whole = said.bytes(MAX_VERSION);
    for at in 0..whole.len() {
        for byte in [0, 1, b'L', b'N', b'P', b't', b'x', 0x7f, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] = byte;
            if tags::are_whole(&bytes)
                && let Ok(found) = read(&bytes, MAX_VERSION)
            {
                let listed = listed(&ServerInfo::default(), Vec::new(), found);
                assert!(listed.devices.len() <= 1);
            }
        }
    }
}

fn list(sinks: &[Said<'_>], sources: &[Said<'_>]) -> Listed {
    let bytes = |said: &[Said<'_>]| -> Vec<u8> {
        said.iter().flat_map(|it| it.bytes(MAX_VERSION)).collect()
    };
    let read = |said, direction| {
        let bytes: Vec<u8> = bytes(said);
        let mut rest = bytes.as_slice();
        let mut tags = TagStructReader::new(&mut rest, MAX_VERSION);
        endpoints(&mut tags, MAX_VERSION, direction).unwrap()
    };
    let server = ServerInfo {
        default_sink_name: Some(c"speakers".to_owned()),
        default_source_name: Some(c"alsa.usb-headset".to_owned()),
        ..ServerInfo::default()
    };
    listed(
        &server,
        read(sinks, Direction::Sink),
        read(sources, Direction::Source),
    )
}

fn read(mut bytes: &[u8], version: u16) -> Result<Vec<Endpoint>, ProtocolError> {
    let mut tags = TagStructReader::new(&mut bytes, version);
    endpoints(&mut tags, version, Direction::Source)
}

/// What a server says of a sink or a source.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    name: &'a str,
    description: Option<&'a str>,
    monitor: Option<u32>,
    properties: &'a [(&'a str, &'a str)],
    port: Option<u32>,
    rate: u32,
}

impl<'a> Said<'a> {
    fn new(name: &'a str) -> Self {
        Self {
            name,
            description: None,
            monitor: None,
            properties: &[],
            port: None,
            rate: 16_000,
        }
    }

    /// Returns it as PulseAudio writes it (`protocol-native.c`, `source_fill_tagstruct`).
    fn bytes(&self, version: u16) -> Vec<u8> {
        let text = |text: &str| CString::new(text.replace('\0', "")).unwrap();
        let mut bytes = Vec::new();
        let mut tags = TagStructWriter::new(&mut bytes, version);
        let mut write = || -> Result<(), ProtocolError> {
            tags.write_u32(7)?;
            tags.write_string(Some(text(self.name)))?;
            tags.write_string(self.description.map(text))?;
            tags.write(SampleSpec {
                format: SampleFormat::S16Le,
                channels: 1,
                sample_rate: self.rate,
            })?;
            tags.write(ChannelMap::new([ChannelPosition::Mono]))?;
            tags.write_index(None)?;
            tags.write(ChannelVolume::norm(1))?;
            tags.write_bool(false)?;
            tags.write_index(self.monitor)?;
            tags.write_string(self.monitor.map(|_| c"sink"))?;
            tags.write_usec(0)?;
            tags.write_string(Some(c"driver"))?;
            tags.write_u32(0)?;
            let mut props = Props::new();
            for (key, value) in self.properties {
                props.set_bytes(text(key), [value.as_bytes(), b"\0"].concat());
            }
            tags.write(&props)?;
            tags.write_usec(0)?;
            tags.write(Volume::NORM)?;
            // A state that no version knows.
            tags.write_u32(u32::MAX - 2)?;
            tags.write_u32(65_537)?;
            tags.write_index(None)?;
            tags.write_u32(u32::from(self.port.is_some()))?;
            if let Some(port) = self.port {
                tags.write_string(Some(c"port"))?;
                tags.write_string(Some(c"Port"))?;
                tags.write_u32(1)?;
                if version >= 24 {
                    tags.write_u32(2)?;
                }
                if version >= 34 {
                    tags.write_null_string()?;
                    tags.write_u32(port)?;
                }
            }
            tags.write_string(self.port.map(|_| c"port"))?;
            tags.write_u8(1)?;
            tags.write(FormatInfo::default())
        };
        write().unwrap();
        bytes
    }
}

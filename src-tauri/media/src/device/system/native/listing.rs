use std::collections::BTreeMap;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{DeviceType, Host, HostId, InterfaceType};
use tracing::debug;

use crate::device::choice::{Device, DeviceId, Fault, Kind, shown, tell_apart};

/// The sound systems of this computer that cpal serves.
#[derive(Default)]
pub(crate) struct Systems {
    /// The one that answered last; some keep a thread for each time that they are asked anew.
    host: Option<Host>,
}

/// What there is.
pub(crate) struct Listed {
    pub(crate) devices: Vec<Device>,
    pub(crate) inputs: BTreeMap<DeviceId, cpal::Device>,
    pub(crate) outputs: BTreeMap<DeviceId, cpal::Device>,
}

/// More are not looked at.
const MOST_DEVICES: usize = 256;

impl Systems {
    /// Lists the devices of the first host that answers. Takes as long as the host takes.
    pub(crate) fn list(&mut self) -> Result<Listed, Fault> {
        for id in cpal::available_hosts() {
            let host = match self.host.take_if(|host| host.id() == id) {
                Some(host) => Ok(host),
                None => cpal::host_from_id(id),
            };
            match host.and_then(|host| Ok((listed(&host)?, host))) {
                Ok((listed, host)) => {
                    self.host = Some(host);
                    return Ok(listed);
                }
                Err(error) => debug!(host = id.name(), %error, "a sound system does not answer"),
            }
        }
        Err(Fault::ServerGone)
    }
}

fn listed(host: &Host) -> Result<Listed, cpal::Error> {
    let name = |device: cpal::Device| device.id().ok();
    let default_input = host.default_input_device().and_then(name);
    let default_output = host.default_output_device().and_then(name);
    let mut devices: BTreeMap<DeviceId, Device> = BTreeMap::new();
    let mut inputs = BTreeMap::new();
    let mut outputs = BTreeMap::new();
    let mut hardware = !may_be_empty(host.id());
    for handle in host.devices()?.take(MOST_DEVICES) {
        let Ok(id) = handle.id() else { continue };
        hardware |= id.id().contains("CARD=") || id.id() == "pipewire";
        if !is_for_people(&id) {
            continue;
        }
        let Ok(description) = handle.description() else {
            continue;
        };
        let (input, output) = (description.supports_input(), description.supports_output());
        let key = DeviceId::new(format!("{}:{}", id.host(), id.id()));
        let device = devices.entry(key.clone()).or_insert_with(|| Device {
            id: key.clone(),
            name: shown(name_of(&id, &description)),
            input: false,
            output: false,
            is_default_input: false,
            is_default_output: false,
            kind: kind(id.id(), &description),
        });
        device.input |= input;
        device.output |= output;
        device.is_default_input |= input && default_input.as_ref() == Some(&id);
        device.is_default_output |= output && default_output.as_ref() == Some(&id);
        if input {
            inputs.entry(key.clone()).or_insert_with(|| handle.clone());
        }
        if output {
            outputs.entry(key).or_insert(handle);
        }
    }
    if !hardware {
        devices.clear();
    }
    let mut devices: Vec<Device> = devices.into_values().collect();
    tell_apart(&mut devices);
    Ok(Listed {
        devices,
        inputs,
        outputs,
    })
}

/// ALSA names its `default` even where no card and no server is behind it.
#[cfg(target_os = "linux")]
fn may_be_empty(host: HostId) -> bool {
    host == HostId::Alsa
}

#[cfg(not(target_os = "linux"))]
fn may_be_empty(_: HostId) -> bool {
    false
}

/// ALSA lists each card a dozen times: of these, the ones that convert and share.
#[cfg(target_os = "linux")]
fn is_for_people(id: &cpal::DeviceId) -> bool {
    matches!(id.id(), "default" | "pipewire") || id.id().starts_with("sysdefault:")
}

#[cfg(not(target_os = "linux"))]
fn is_for_people(_: &cpal::DeviceId) -> bool {
    true
}

/// Returns the name that the host gives; ALSA has none for its default.
fn name_of<'a>(id: &cpal::DeviceId, description: &'a cpal::DeviceDescription) -> &'a str {
    if id.id() == "default" {
        "Default device"
    } else {
        description.name()
    }
}

/// Returns what the host says of the make, and where it says nothing what the names do.
fn kind(id: &str, description: &cpal::DeviceDescription) -> Kind {
    let id = id.to_lowercase();
    let name = description.name().to_lowercase();
    let headset = matches!(
        description.device_type(),
        DeviceType::Headset | DeviceType::Headphones
    );
    if description.interface_type() == InterfaceType::Bluetooth || id.contains("bluez") {
        Kind::Bluetooth
    } else if headset || name.contains("headset") || name.contains("headphone") {
        Kind::Headset
    } else if description.interface_type() == InterfaceType::BuiltIn || id.contains(".pci-") {
        Kind::BuiltIn
    } else {
        Kind::Other
    }
}

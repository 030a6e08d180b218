use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{DeviceType, Host, HostId, InterfaceType};
use tracing::{debug, info};

use crate::device::choice::{Device, DeviceId, Fault, Kind, shown, tell_apart};

/// The sound systems of this computer, of which one is used.
pub(super) struct Hosts {
    /// The one that answered last. Its connection is kept: each one costs a thread for good.
    host: Option<Host>,
    /// The best one answered before. When it is away it is waited for, because it holds the devices
    /// that the next one would open when it is back.
    best_is_there: bool,
    /// A host that hung is not connected to before: each attempt costs a thread, and maybe a
    /// connection, for good.
    rests_until: Option<Instant>,
}

/// What there is.
pub(super) struct Listing {
    pub(super) devices: Vec<Device>,
    pub(super) handles: BTreeMap<DeviceId, Handles>,
}

/// What opens a device.
#[derive(Clone, Default)]
pub(super) struct Handles {
    pub(super) input: Option<cpal::Device>,
    pub(super) output: Option<cpal::Device>,
}

/// A host that refuses does so at once; cpal waits two seconds for one that says nothing.
const HUNG: Duration = Duration::from_secs(1);
const REST: Duration = Duration::from_secs(30);

/// More are not looked at.
const MOST_DEVICES: usize = 256;

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing")
            .field("devices", &self.devices)
            .finish_non_exhaustive()
    }
}

impl Hosts {
    pub(super) fn new() -> Self {
        Self {
            host: None,
            best_is_there: false,
            rests_until: None,
        }
    }

    /// Lists the devices of the first host that answers, the best one first (PulseAudio before
    /// ALSA). Takes as long as the host takes.
    pub(super) fn list(&mut self) -> Result<Listing, Fault> {
        let available = cpal::available_hosts();
        for (place, id) in cpal::ALL_HOSTS.iter().copied().enumerate() {
            let is_best = place == 0;
            if self.best_is_there && !is_best {
                break;
            }
            if !available.contains(&id) {
                continue;
            }
            let host = match self.host.take_if(|host| host.id() == id) {
                Some(host) => Ok(host),
                None if self.rests() => continue,
                None => self.connect(id),
            };
            let listed = host.and_then(|host| Ok((listing(&host)?, host)));
            match listed {
                Ok((listing, host)) => {
                    if is_best && !self.best_is_there {
                        info!(host = id.name(), "the sound system answers");
                        self.best_is_there = true;
                    }
                    self.host = Some(host);
                    return Ok(listing);
                }
                Err(error) => debug!(host = id.name(), %error, "a sound system does not answer"),
            }
        }
        self.host = None;
        Err(Fault::ServerGone)
    }
}

impl Hosts {
    fn rests(&self) -> bool {
        self.rests_until.is_some_and(|until| Instant::now() < until)
    }

    fn connect(&mut self, id: HostId) -> Result<Host, cpal::Error> {
        let begun = Instant::now();
        let host = cpal::host_from_id(id);
        let hung = host.is_err() && begun.elapsed() > HUNG;
        self.rests_until = hung.then(|| Instant::now() + REST);
        host
    }
}

fn listing(host: &Host) -> Result<Listing, cpal::Error> {
    let name = |device: cpal::Device| device.id().ok();
    let default_input = host.default_input_device().and_then(name);
    let default_output = host.default_output_device().and_then(name);
    let mut devices: BTreeMap<DeviceId, Device> = BTreeMap::new();
    let mut handles: BTreeMap<DeviceId, Handles> = BTreeMap::new();
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
        let both = handles.entry(key).or_default();
        if input {
            both.input.get_or_insert_with(|| handle.clone());
        }
        if output {
            both.output.get_or_insert(handle);
        }
    }
    if !hardware {
        devices.clear();
    }
    let mut devices: Vec<Device> = devices.into_values().collect();
    tell_apart(&mut devices);
    Ok(Listing { devices, handles })
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
    match id.host() {
        HostId::Alsa => {
            matches!(id.id(), "default" | "pipewire") || id.id().starts_with("sysdefault:")
        }
        HostId::PulseAudio => true,
    }
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
    if id.ends_with(".monitor") {
        // PulseAudio: what a sink plays, as a source.
        return Kind::Monitor;
    }
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

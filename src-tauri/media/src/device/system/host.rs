use std::collections::BTreeMap;

use super::native;
#[cfg(target_os = "linux")]
use super::pulse;
use crate::device::choice::{Device, DeviceId, Fault};
use crate::device::supervisor::Changes;

/// The sound systems of this computer, of which one is used.
#[derive(Default)]
pub(super) struct Hosts {
    #[cfg(target_os = "linux")]
    server: pulse::Server,
    /// The server answered before. When it is away it is waited for, because it holds the devices
    /// that others would open when it is back.
    #[cfg(target_os = "linux")]
    server_is_there: bool,
    systems: native::Systems,
}

/// What there is.
pub(super) struct Listing {
    pub(super) devices: Vec<Device>,
    pub(super) handles: BTreeMap<DeviceId, Handles>,
    pub(super) changes: Changes,
}

/// What opens a device.
#[derive(Default)]
pub(super) struct Handles {
    pub(super) input: Option<Handle>,
    pub(super) output: Option<Handle>,
}

/// What opens an input or an output.
#[derive(Clone)]
pub(super) enum Handle {
    #[cfg(target_os = "linux")]
    Server(pulse::Target),
    System(cpal::Device),
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listing")
            .field("devices", &self.devices)
            .finish_non_exhaustive()
    }
}

impl Hosts {
    /// Lists the devices of the first that answers: the sound server of a Linux desktop, then what
    /// cpal serves. Takes as long as the host takes. `changed` is called later where the devices
    /// may have changed, if the host tells.
    pub(super) fn list(
        &mut self,
        changed: impl Fn() + Clone + Send + 'static,
    ) -> Result<Listing, Fault> {
        #[cfg(target_os = "linux")]
        match self.server.list(changed) {
            Ok(listed) => {
                self.server_is_there = true;
                let handles = handles(listed.inputs, listed.outputs, Handle::Server);
                return Ok(Listing {
                    devices: listed.devices,
                    handles,
                    changes: Changes::Told,
                });
            }
            Err(failure) => {
                tracing::debug!(%failure, "the sound server is not used");
                let fault = failure.fault();
                // A server that refuses is there as well.
                if self.server_is_there || fault == Fault::Refused {
                    return Err(fault);
                }
            }
        }
        #[cfg(not(target_os = "linux"))]
        drop(changed);
        let listed = self.systems.list()?;
        Ok(Listing {
            devices: listed.devices,
            handles: handles(listed.inputs, listed.outputs, Handle::System),
            changes: Changes::Untold,
        })
    }
}

fn handles<T>(
    inputs: BTreeMap<DeviceId, T>,
    outputs: BTreeMap<DeviceId, T>,
    handle: impl Fn(T) -> Handle,
) -> BTreeMap<DeviceId, Handles> {
    let mut handles: BTreeMap<DeviceId, Handles> = BTreeMap::new();
    for (id, input) in inputs {
        handles.entry(id).or_default().input = Some(handle(input));
    }
    for (id, output) in outputs {
        handles.entry(id).or_default().output = Some(handle(output));
    }
    handles
}

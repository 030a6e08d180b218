use std::sync::{Arc, Mutex, PoisonError};

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{DeviceId, Host};
use tracing::debug;

/// Connections to PulseAudio, one for each playback stream that is open.
///
/// The streams of a connection whose "syncid" is the same (cpal leaves it at 0) are bound to one
/// speaker, and the server refuses others: without connections of their own it could not ring on
/// the bell during a call, nor could a call move to another speaker. A connection costs a thread
/// for good, so those that are free are kept.
#[derive(Clone, Default)]
pub(super) struct Connections {
    free: Arc<Mutex<Vec<Host>>>,
}

/// A connection in use; it is free again when this is dropped, which has to be after the stream.
pub(super) struct Connection {
    host: Option<Host>,
    free: Arc<Mutex<Vec<Host>>>,
}

impl Connections {
    /// Returns `device` as it is seen through a connection that has no other stream. Where the host
    /// needs none, or there is none to be had, the device is as it was.
    pub(super) fn through(&self, device: cpal::Device) -> (Option<Connection>, cpal::Device) {
        let Ok(id) = device.id() else {
            return (None, device);
        };
        if id.host().to_string() != "pulseaudio" {
            return (None, device);
        }
        while let Some(host) = self.take() {
            // What was kept may be of a server that has ended.
            if let Some(found) = output(&host, &id) {
                return (Some(self.connection(host)), found);
            }
        }
        let host = match cpal::host_from_id(id.host()) {
            Ok(host) => host,
            Err(error) => {
                debug!(%error, "no connection for a stream of its own");
                return (None, device);
            }
        };
        match output(&host, &id) {
            Some(found) => (Some(self.connection(host)), found),
            None => (None, device),
        }
    }

    fn take(&self) -> Option<Host> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.pop()
    }

    fn connection(&self, host: Host) -> Connection {
        Connection {
            host: Some(host),
            free: Arc::clone(&self.free),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.host.take());
    }
}

/// Returns the output that `host` knows by this id.
fn output(host: &Host, id: &DeviceId) -> Option<cpal::Device> {
    host.devices().ok()?.find(|device| {
        device.id().is_ok_and(|other| other == *id)
            && device
                .description()
                .is_ok_and(|described| described.supports_output())
    })
}

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::StreamId;
use crate::device::choice::{Change, Device, DeviceId, Fault, Preference, Reason, Role};

/// What a role has and wants.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) preference: Preference,
    pub(super) want: Want,
    /// Devices that failed, and when to try them again. Bounded by the listing.
    pub(super) cooling: BTreeMap<DeviceId, Cooling>,
}

/// `Idle -> Seeking -> Using -> Idle`; `Using -> Seeking` where the stream is lost.
#[derive(Debug)]
pub(super) enum Want {
    Idle,
    Seeking {
        attempt: Option<Attempt>,
        lost: Option<Loss>,
        /// The last [`Told::Without`](super::Told::Without), which is not repeated.
        said: Option<Reason>,
    },
    Using {
        stream: StreamId,
        device: Device,
        since: Instant,
        /// Another device, that is to take over.
        attempt: Option<Attempt>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) stream: StreamId,
    pub(super) device: Device,
    pub(super) deadline: Instant,
    pub(super) takes_over: TakesOver,
}

/// Why another device is to take over from one that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakesOver {
    Preferred,
    Default,
}

/// What a role had, and why not any more.
#[derive(Debug, Clone)]
pub(super) struct Loss {
    pub(super) id: DeviceId,
    pub(super) name: String,
    pub(super) fault: Fault,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Cooling {
    /// `None` once it may be tried again; how long it rested is remembered.
    pub(super) until: Option<Instant>,
    pub(super) delay: Duration,
    pub(super) fault: Fault,
}

impl Seat {
    pub(super) fn attempt(&self) -> Option<&Attempt> {
        match &self.want {
            Want::Idle => None,
            Want::Seeking { attempt, .. } | Want::Using { attempt, .. } => attempt.as_ref(),
        }
    }

    /// Returns all streams that are open or about to be.
    pub(super) fn streams(&self) -> Vec<StreamId> {
        let attempt = self.attempt().map(|attempt| attempt.stream);
        let using = match &self.want {
            Want::Idle | Want::Seeking { .. } => None,
            Want::Using { stream, .. } => Some(*stream),
        };
        using.into_iter().chain(attempt).collect()
    }
}

impl Attempt {
    /// Returns the reason for it taking over from a device that works.
    pub(super) fn reason(&self, role: Role) -> Reason {
        let device = &self.device.name;
        match self.takes_over {
            TakesOver::Preferred => Change::Preferred { device },
            TakesOver::Default => Change::DefaultChanged { device },
        }
        .reason(role)
    }

    /// Returns the reason for it being the first or the next, `None` where that is what the user
    /// expects.
    pub(super) fn reason_after(
        &self,
        role: Role,
        lost: Option<Loss>,
        said: Option<Reason>,
    ) -> Option<Reason> {
        let by = &self.device.name;
        let change = match (&lost, said) {
            (Some(lost), _) if lost.id != self.device.id => Change::Replaced {
                by,
                lost: &lost.name,
                fault: lost.fault,
            },
            (Some(_), _) => Change::Recovered { device: by },
            (None, Some(_)) => Change::Preferred { device: by },
            (None, None) => return None,
        };
        Some(change.reason(role))
    }
}

mod seat;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use tracing::{debug, info, warn};

use self::seat::{Attempt, Cooling, Loss, Seat, TakesOver, Want};
use super::choice::{Change, Device, DeviceId, Fault, Preference, Reason, Role, candidates};

/// Names an attempt to open a device, and the stream that comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StreamId(pub(crate) u64);

/// What is to be done with the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// List the devices; `anew` where the last time there was no answer, so that whoever was asked
    /// is stuck.
    List { anew: bool },
    Open {
        stream: StreamId,
        role: Role,
        device: DeviceId,
    },
    /// Close the stream, or give the attempt up. It says nothing any more.
    Close { stream: StreamId },
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// `role` uses the stream from now on; `reason` where it is not what the user expects.
    Opened {
        role: Role,
        stream: StreamId,
        device: Device,
        reason: Option<Reason>,
    },
    /// `role` has no stream for the moment.
    Lost { role: Role },
    /// `role` has no stream, as it was asked.
    Closed { role: Role },
    /// `role` has no stream for longer.
    Without { role: Role, reason: Reason },
    /// The devices, as they are now.
    Devices(Vec<Device>),
}

/// Whether whoever lists the devices tells when they may be others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "PulseAudio alone tells")
    )]
    Told,
    Untold,
}

/// Opens, retries and replaces the streams of each role.
///
/// What is wanted, what there is, what becomes of an attempt and the time go in; [`Action`]s and
/// [`Told`] come out. A stream that works is kept until its successor works.
#[derive(Debug)]
pub(crate) struct Supervisor {
    seats: BTreeMap<Role, Seat>,
    /// What is there; `None` before the first listing.
    devices: Option<Vec<Device>>,
    /// Why the last listing got no answer, and when to list again, each time later; `None` after an
    /// answer.
    unanswered: Option<(Fault, Duration)>,
    changes: Changes,
    /// Until when what changed last may be missing in a list.
    settles_until: Option<Instant>,
    listing: Listing,
    next_stream: u64,
    actions: VecDeque<Action>,
    told: VecDeque<Told>,
}

/// `Waiting -> Asked -> Waiting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listing {
    Waiting {
        due: Instant,
        /// A change is listed no sooner.
        rested: Instant,
    },
    Asked {
        deadline: Instant,
        /// Something changed since, which the answer may not have.
        changed: bool,
    },
}

/// A stream that is wanted finds its next device within half a second.
const LIST_BUSY: Duration = Duration::from_millis(250);

/// A list that nobody waits for.
const LIST_IDLE: Duration = Duration::from_secs(10);

/// A list where changes are told.
const LIST_TOLD: Duration = Duration::from_secs(60);

/// How long a list may be without a change that was told: with PipeWire who lists has a connection of their own, which may
/// lag behind that of who tells.
const SETTLING: Duration = Duration::from_secs(1);

/// Changes come in swarms: whoever turns a volume makes dozens a second.
const REST: Duration = Duration::from_millis(50);

/// After this a listing is taken to be stuck; connecting to a sound server alone may take two.
const LISTING_DEADLINE: Duration = Duration::from_secs(3);

/// Bluetooth devices take up to two seconds to change to hands-free.
const OPEN_DEADLINE: Duration = Duration::from_secs(4);

const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(5);

/// A stream that lives so long works; one that dies sooner is tried again ever more rarely.
const PROVEN: Duration = Duration::from_secs(5);

impl Supervisor {
    pub(crate) fn new(now: Instant) -> Self {
        let seat = || Seat {
            preference: Preference::default(),
            want: Want::Idle,
            cooling: BTreeMap::new(),
        };
        Self {
            seats: Role::ALL.map(|role| (role, seat())).into(),
            devices: None,
            unanswered: None,
            changes: Changes::Untold,
            settles_until: None,
            listing: Listing::Waiting {
                due: now,
                rested: now,
            },
            next_stream: 0,
            actions: VecDeque::new(),
            told: VecDeque::new(),
        }
    }

    /// Sets which devices `role` takes; what is better than the present one takes over.
    pub(crate) fn prefer(&mut self, role: Role, preference: Preference, now: Instant) {
        let seat = self.seat(role);
        if seat.preference != preference {
            seat.preference = preference;
            // The user chose: what failed may be tried at once.
            seat.cooling.clear();
            self.decide(role, now);
        }
    }

    /// Opens a stream for `role` and keeps it open, or closes it.
    pub(crate) fn want(&mut self, role: Role, wanted: bool, now: Instant) {
        let seat = self.seat(role);
        match (&seat.want, wanted) {
            (Want::Idle, true) => {
                seat.cooling.clear();
                seat.want = Want::Seeking {
                    attempt: None,
                    lost: None,
                    said: None,
                };
                self.list_soon(now);
                self.decide(role, now);
            }
            (Want::Idle, false) | (Want::Seeking { .. } | Want::Using { .. }, true) => {}
            (Want::Seeking { .. } | Want::Using { .. }, false) => {
                let streams = seat.streams();
                seat.want = Want::Idle;
                self.close(&streams);
                self.told.push_back(Told::Closed { role });
            }
        }
    }

    /// Lists the devices at once, where nobody is at it.
    pub(crate) fn list_soon(&mut self, now: Instant) {
        match &mut self.listing {
            Listing::Waiting { due, .. } => *due = now.min(*due),
            Listing::Asked { .. } => {}
        }
        self.handle_timeout(now);
    }

    /// Takes that the devices may be others than those that were listed.
    pub(crate) fn handle_change(&mut self, now: Instant) {
        self.settles_until = Some(now + SETTLING);
        match &mut self.listing {
            Listing::Waiting { due, rested } => *due = (*due).min(now.max(*rested)),
            Listing::Asked { changed, .. } => *changed = true,
        }
        self.handle_timeout(now);
    }

    /// Lists the devices at once, by somebody else than who is at it.
    pub(crate) fn list_anew(&mut self, now: Instant) {
        self.ask(true, now);
    }

    /// Takes the answer to [`Action::List`].
    pub(crate) fn handle_devices(
        &mut self,
        listed: Result<(Vec<Device>, Changes), Fault>,
        now: Instant,
    ) {
        self.changes = match &listed {
            Ok((_, changes)) => *changes,
            Err(_) => Changes::Untold,
        };
        let rested = now + REST;
        let due = match self.listing {
            Listing::Asked { changed: true, .. } => rested,
            Listing::Asked { .. } | Listing::Waiting { .. } => now + self.interval(now),
        };
        self.listing = Listing::Waiting { due, rested };
        self.learn(listed.map(|(devices, _)| devices), now);
    }

    /// Takes that the stream works.
    pub(crate) fn handle_opened(&mut self, stream: StreamId, now: Instant) {
        let Some((role, attempt)) = self.take_attempt(stream) else {
            return;
        };
        let seat = self.seat(role);
        let (reason, before) = match std::mem::replace(&mut seat.want, Want::Idle) {
            Want::Seeking { lost, said, .. } => (attempt.reason_after(role, lost, said), None),
            Want::Using { stream, .. } => (Some(attempt.reason(role)), Some(stream)),
            Want::Idle => (None, None),
        };
        info!(
            ?role,
            device = attempt.device.name,
            "a sound device is in use"
        );
        seat.want = Want::Using {
            stream,
            device: attempt.device.clone(),
            since: now,
            attempt: None,
        };
        self.told.push_back(Told::Opened {
            role,
            stream,
            device: attempt.device,
            reason,
        });
        self.close(before.as_slice());
        // Something better may have come while it opened.
        self.decide(role, now);
    }

    /// Takes that the stream could not be opened, or works no longer.
    pub(crate) fn handle_fault(&mut self, stream: StreamId, fault: Fault, now: Instant) {
        if let Some((role, attempt)) = self.take_attempt(stream) {
            debug!(
                ?role,
                device = attempt.device.name,
                ?fault,
                "a sound device cannot be opened"
            );
            if let Want::Seeking { lost, .. } = &mut self.seat(role).want {
                lost.get_or_insert(Loss {
                    id: attempt.device.id.clone(),
                    name: attempt.device.name.clone(),
                    fault,
                });
            }
            self.cool(role, &attempt.device.id, fault, now);
            self.close(&[stream]);
            self.after_fault(role, fault, now);
            return;
        }
        let using = self.seats.iter().find_map(|(role, seat)| match &seat.want {
            Want::Using { stream: its, .. } if *its == stream => Some(*role),
            Want::Using { .. } | Want::Seeking { .. } | Want::Idle => None,
        });
        if let Some(role) = using {
            self.lose(role, fault, now);
            self.after_fault(role, fault, now);
        }
    }

    /// Does what is due.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        match self.listing {
            Listing::Waiting { due, .. } if due <= now => self.ask(false, now),
            Listing::Asked { deadline, .. } if deadline <= now => {
                warn!("the sound system does not answer");
                self.ask(true, now);
                self.learn(Err(Fault::ServerGone), now);
            }
            Listing::Waiting { .. } | Listing::Asked { .. } => {}
        }
        for role in Role::ALL {
            for cooling in self.seat(role).cooling.values_mut() {
                cooling.until.take_if(|until| *until <= now);
            }
            let late = self.seats[&role]
                .attempt()
                .filter(|attempt| attempt.deadline <= now)
                .map(|attempt| attempt.stream);
            if let Some(stream) = late {
                self.handle_fault(stream, Fault::Stuck, now);
            }
            self.decide(role, now);
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        let listing = match self.listing {
            Listing::Waiting { due, .. } => due,
            Listing::Asked { deadline, .. } => deadline,
        };
        self.seats
            .values()
            .filter_map(|seat| self.seat_timeout(seat))
            .fold(listing, Instant::min)
    }

    pub(crate) fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(crate) fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }
}

impl Supervisor {
    fn seat(&mut self, role: Role) -> &mut Seat {
        self.seats
            .get_mut(&role)
            .expect("there is a seat for each role")
    }

    /// Returns when a seat has something to do by itself: an attempt that takes too long, or a
    /// device to be tried again.
    fn seat_timeout(&self, seat: &Seat) -> Option<Instant> {
        match &seat.want {
            Want::Idle => None,
            Want::Seeking { .. } | Want::Using { .. } => match seat.attempt() {
                Some(attempt) => Some(attempt.deadline),
                None => seat
                    .cooling
                    .values()
                    .filter_map(|cooling| cooling.until)
                    .min(),
            },
        }
    }

    fn interval(&self, now: Instant) -> Duration {
        let idle = self.seats.values().all(|seat| match seat.want {
            Want::Idle => true,
            Want::Seeking { .. } | Want::Using { .. } => false,
        });
        let settles = self.settles_until.is_some_and(|until| now < until);
        match self.changes {
            Changes::Told if settles => LIST_BUSY,
            Changes::Told => LIST_TOLD,
            Changes::Untold if idle => LIST_IDLE,
            Changes::Untold => LIST_BUSY,
        }
    }

    fn ask(&mut self, anew: bool, now: Instant) {
        self.listing = Listing::Asked {
            deadline: now + LISTING_DEADLINE,
            changed: false,
        };
        self.actions.push_back(Action::List { anew });
    }

    fn close(&mut self, streams: &[StreamId]) {
        for stream in streams {
            self.actions.push_back(Action::Close { stream: *stream });
        }
    }

    fn learn(&mut self, listed: Result<Vec<Device>, Fault>, now: Instant) {
        self.unanswered = match (&listed, self.unanswered) {
            (Ok(_), _) => None,
            (Err(fault), None) => Some((*fault, FIRST_RETRY)),
            (Err(fault), Some((_, delay))) => Some((*fault, (delay * 2).min(LAST_RETRY))),
        };
        if let Listing::Waiting { due, .. } = &mut self.listing
            && let Some((_, delay)) = self.unanswered
        {
            *due = now + delay;
        }
        // What does not answer has no devices.
        let devices = listed.unwrap_or_default();
        if self.devices.as_ref() != Some(&devices) {
            self.told.push_back(Told::Devices(devices.clone()));
            self.devices = Some(devices.clone());
        }
        for role in Role::ALL {
            let there = |id: &DeviceId| devices.iter().any(|device| device.id == *id);
            let seat = self.seat(role);
            // What comes back is a new device: it is not made to wait for what was before.
            seat.cooling.retain(|id, _| there(id));
            let vanished = seat.attempt().filter(|attempt| !there(&attempt.device.id));
            if let Some(stream) = vanished.map(|attempt| attempt.stream) {
                self.take_attempt(stream);
                self.close(&[stream]);
            }
            let gone = match &self.seat(role).want {
                Want::Using { device, .. } => !there(&device.id),
                Want::Idle | Want::Seeking { .. } => false,
            };
            if gone {
                let fault = self.unanswered.map_or(Fault::Gone, |(fault, _)| fault);
                self.lose(role, fault, now);
            }
            self.decide(role, now);
        }
    }

    /// Goes on after a fault: with another device, and with a fresh list, because what failed may
    /// be gone.
    fn after_fault(&mut self, role: Role, fault: Fault, now: Instant) {
        match fault {
            Fault::Gone | Fault::ServerGone | Fault::Stuck | Fault::Broken => self.list_soon(now),
            Fault::Busy | Fault::Refused => {}
        }
        self.decide(role, now);
    }

    /// Takes its stream from `role`.
    fn lose(&mut self, role: Role, fault: Fault, now: Instant) {
        let seat = self.seat(role);
        let Want::Using {
            stream,
            device,
            since,
            attempt,
        } = std::mem::replace(&mut seat.want, Want::Idle)
        else {
            return;
        };
        info!(
            ?role,
            device = device.name,
            ?fault,
            "a sound device is lost"
        );
        if now.saturating_duration_since(since) >= PROVEN {
            seat.cooling.remove(&device.id);
        }
        seat.want = Want::Seeking {
            attempt,
            lost: Some(Loss {
                id: device.id.clone(),
                name: device.name,
                fault,
            }),
            said: None,
        };
        self.cool(role, &device.id, fault, now);
        self.close(&[stream]);
        self.told.push_back(Told::Lost { role });
    }

    /// Lets `device` rest before it is tried again, the longer the more often it failed.
    fn cool(&mut self, role: Role, device: &DeviceId, fault: Fault, now: Instant) {
        let there = self.lists(device);
        let seat = self.seat(role);
        if !there {
            seat.cooling.remove(device);
            return;
        }
        let delay = match seat.cooling.get(device) {
            Some(cooling) => (cooling.delay * 2).min(LAST_RETRY),
            None => FIRST_RETRY,
        };
        let cooling = Cooling {
            until: Some(now + delay),
            delay,
            fault,
        };
        seat.cooling.insert(device.clone(), cooling);
    }

    /// Returns whether the list is what there is: not while a new one is on its way.
    fn is_informed(&self) -> bool {
        match self.listing {
            Listing::Waiting { .. } => true,
            Listing::Asked { .. } => self.unanswered.is_some(),
        }
    }

    fn lists(&self, id: &DeviceId) -> bool {
        self.devices.iter().flatten().any(|device| device.id == *id)
    }

    /// Takes the attempt that `stream` names from its seat.
    fn take_attempt(&mut self, stream: StreamId) -> Option<(Role, Attempt)> {
        self.seats.iter_mut().find_map(|(role, seat)| {
            let attempt = match &mut seat.want {
                Want::Idle => return None,
                Want::Seeking { attempt, .. } | Want::Using { attempt, .. } => attempt,
            };
            let attempt = attempt.take_if(|attempt| attempt.stream == stream)?;
            Some((*role, attempt))
        })
    }

    /// Begins the attempt that is called for, if one is.
    fn decide(&mut self, role: Role, now: Instant) {
        let Some(devices) = &self.devices else {
            return;
        };
        let seat = &self.seats[&role];
        let ranked = candidates(role, &seat.preference, devices);
        let rests = |device: &Device| {
            let cooling = seat.cooling.get(&device.id);
            cooling.is_some_and(|cooling| cooling.until.is_some())
        };
        let best = ranked.iter().copied().find(|device| !rests(device));
        let (present, attempt) = match &seat.want {
            Want::Idle => return,
            Want::Seeking { attempt, .. } => (None, attempt),
            Want::Using {
                device, attempt, ..
            } => (Some(device), attempt),
        };
        let trying = attempt.as_ref().map(|attempt| &attempt.device.id);
        // What is in use is as good as what does not rest: it works.
        let better = match (best, present) {
            (None, _) => None,
            (Some(best), None) => Some(best),
            (Some(best), Some(present)) => {
                let place = |id: &DeviceId| ranked.iter().position(|device| device.id == *id);
                let is_better = place(&present.id).is_none_or(|its| place(&best.id) < Some(its));
                is_better.then_some(best)
            }
        };
        match better {
            Some(best) if trying == Some(&best.id) => {}
            Some(best) => {
                let given_up = attempt.as_ref().map(|attempt| attempt.stream);
                let favourite = seat.preference.favourites.contains(&best.id);
                let takes_over = match favourite || !best.serves_by_default(role) {
                    true => TakesOver::Preferred,
                    false => TakesOver::Default,
                };
                let attempt = Attempt {
                    stream: StreamId(self.next_stream),
                    device: best.clone(),
                    deadline: now + OPEN_DEADLINE,
                    takes_over,
                };
                self.close(given_up.as_slice());
                self.begin(role, attempt);
            }
            None if present.is_some() => {
                // Nothing is better any more than what is in use.
                if let Some(stream) = attempt.as_ref().map(|attempt| attempt.stream) {
                    self.take_attempt(stream);
                    self.close(&[stream]);
                }
            }
            None if trying.is_none() && self.is_informed() => self.say_without(role),
            None => {}
        }
    }

    fn begin(&mut self, role: Role, begun: Attempt) {
        self.next_stream += 1;
        self.actions.push_back(Action::Open {
            stream: begun.stream,
            role,
            device: begun.device.id.clone(),
        });
        match &mut self.seat(role).want {
            Want::Idle => {}
            Want::Seeking { attempt, .. } | Want::Using { attempt, .. } => *attempt = Some(begun),
        }
    }

    /// Tells that `role` has nothing, where that was not told yet.
    fn say_without(&mut self, role: Role) {
        let unanswered = self.unanswered.map(|(fault, _)| fault);
        let seat = self
            .seats
            .get_mut(&role)
            .expect("there is a seat for each role");
        // What rests is there and fails; without any, nothing is there.
        let worst = seat.cooling.iter().max_by_key(|(_, cooling)| cooling.delay);
        let Want::Seeking { lost, said, .. } = &mut seat.want else {
            return;
        };
        let name = lost.as_ref().map(|lost| lost.name.as_str());
        let change = match (worst, unanswered) {
            (_, Some(fault)) => Change::Without { lost: name, fault },
            (None, None) => Change::Without {
                lost: name,
                fault: Fault::Gone,
            },
            (Some((id, cooling)), None) => {
                let tried = self
                    .devices
                    .iter()
                    .flatten()
                    .find(|device| device.id == *id);
                Change::Without {
                    lost: tried.map(|device| device.name.as_str()),
                    fault: cooling.fault,
                }
            }
        };
        let reason = change.reason(role);
        if said.as_ref() != Some(&reason) {
            info!(?role, reason.words, "no sound device can be used");
            *said = Some(reason.clone());
            self.told.push_back(Told::Without { role, reason });
        }
    }
}

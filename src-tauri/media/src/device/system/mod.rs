//! The sound devices of the computer.
//!
//! [`System`] is the thread `sound`, which runs the supervisor and never waits for anything but its
//! events. What may block has a thread of its own: the listing, and each stream from before it is
//! opened until after it is closed. A call of the system that never returns costs that thread, and
//! nothing else.

mod host;
mod line;
mod native;
#[cfg(target_os = "linux")]
pub(crate) mod pulse;
#[cfg(all(test, feature = "peers"))]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc as tokio_mpsc;
use tracing::{debug, error};

use self::host::{Handles, Hosts, Listing};
use self::line::{Line, Wanted};
use super::bridge::{CaptureBridge, PlaybackBridge};
use super::choice::{Device, DeviceId, Fault, Preference, Reason, Role};
use super::supervisor::{Action, StreamId, Supervisor, Told};

/// What the thread tells.
#[derive(Debug)]
pub(crate) enum Report {
    /// `role` has a stream from now on, in place of the one before; `reason` where the user does not
    /// expect it.
    Opened {
        role: Role,
        device: Device,
        bridge: Bridge,
        reason: Option<Reason>,
    },
    /// The stream of `role` is gone, and another one is sought.
    Lost { role: Role },
    /// The stream of `role` is closed, as it was asked.
    Closed { role: Role },
    /// There is no stream for `role` for the time being.
    Without { role: Role, reason: Reason },
    /// The devices, as they are now; all of them.
    Devices(Vec<Device>),
}

/// Our end of a stream.
#[derive(Debug)]
pub(crate) enum Bridge {
    /// Of the microphone.
    Capture(Box<CaptureBridge>),
    /// Of the speaker or the ringer.
    Playback(Box<PlaybackBridge>),
}

/// The handle of the thread, which ends with it.
#[derive(Debug)]
pub(crate) struct System {
    events: mpsc::Sender<Event>,
    /// `None` while it is dropped.
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Event {
    Want {
        role: Role,
        wanted: bool,
    },
    Prefer {
        role: Role,
        preference: Preference,
    },
    List,
    /// The devices may be others.
    Changed,
    Listed {
        lister: u64,
        listed: Result<Listing, Fault>,
    },
    Opened {
        stream: StreamId,
        bridge: Bridge,
    },
    Failed {
        stream: StreamId,
        fault: Fault,
    },
    End,
}

/// A stream whose callback was not called for so long has died without a word.
const STANDSTILL: Duration = Duration::from_secs(2);

impl System {
    /// Starts the thread; the devices are the first thing that it tells.
    pub(crate) fn start() -> io::Result<(Self, tokio_mpsc::UnboundedReceiver<Report>)> {
        let (reports, reported) = tokio_mpsc::unbounded_channel();
        let (events, received) = mpsc::channel();
        let mut thread = Thread {
            supervisor: Supervisor::new(Instant::now()),
            events: events.clone(),
            reports,
            handles: BTreeMap::new(),
            lister: None,
            listers: 0,
            lines: BTreeMap::new(),
        };
        let thread = thread::Builder::new()
            .name("sound".to_owned())
            .spawn(move || thread.run(&received))?;
        let system = Self {
            events,
            thread: Some(thread),
        };
        Ok((system, reported))
    }

    /// Opens a stream for `role` and keeps it open, or closes it; never blocks.
    pub(crate) fn want(&self, role: Role, wanted: bool) {
        self.send(Event::Want { role, wanted });
    }

    /// Sets which devices `role` takes; what is better than the present one takes over.
    pub(crate) fn prefer(&self, role: Role, preference: Preference) {
        self.send(Event::Prefer { role, preference });
    }

    /// Lists the devices now; only a change is told.
    pub(crate) fn list(&self) {
        self.send(Event::List);
    }

    fn send(&self, event: Event) {
        if self.events.send(event).is_err() {
            error!("the sound thread has ended");
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // The thread has an end of the channel itself, so that it does not see this one go.
        self.send(Event::End);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the sound thread panicked");
        }
    }
}

/// What the thread owns.
struct Thread {
    supervisor: Supervisor,
    events: mpsc::Sender<Event>,
    reports: tokio_mpsc::UnboundedSender<Report>,
    /// What the last listing found.
    handles: BTreeMap<DeviceId, Handles>,
    /// Asks the lister; `None` before there is one.
    lister: Option<mpsc::Sender<()>>,
    /// How many listers there were: one that was given up may still answer.
    listers: u64,
    lines: BTreeMap<StreamId, Watched>,
}

/// A stream, and when its callback was last seen to be called.
struct Watched {
    line: Line,
    /// Until it is handed on.
    bridge: Option<Bridge>,
    callbacks: u32,
    seen: Instant,
}

impl Thread {
    fn run(&mut self, events: &mpsc::Receiver<Event>) {
        self.supervisor.handle_timeout(Instant::now());
        loop {
            self.carry_out();
            let wait = self.supervisor.poll_timeout();
            let wait = wait.saturating_duration_since(Instant::now());
            match events.recv_timeout(wait) {
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(event) => self.handle(event),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            self.watch(now);
            if self.supervisor.poll_timeout() <= now {
                self.supervisor.handle_timeout(now);
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let now = Instant::now();
        match event {
            Event::Want { role, wanted } => self.supervisor.want(role, wanted, now),
            Event::Prefer { role, preference } => self.supervisor.prefer(role, preference, now),
            Event::List => self.supervisor.list_soon(now),
            Event::Changed => self.supervisor.handle_change(now),
            Event::Listed { lister, listed } if lister == self.listers => {
                let devices = listed.map(|listing| {
                    self.handles = listing.handles;
                    (listing.devices, listing.changes)
                });
                self.supervisor.handle_devices(devices, now);
            }
            Event::Listed { listed, .. } => {
                debug!("a lister that was given up answered");
                if listed.is_ok() {
                    // Its host works again, and the present lister may be resting.
                    self.supervisor.list_anew(now);
                }
            }
            Event::Opened { stream, bridge } => {
                // Otherwise it was given up while it opened.
                if let Some(watched) = self.lines.get_mut(&stream) {
                    watched.bridge = Some(bridge);
                    watched.seen = now;
                    self.supervisor.handle_opened(stream, now);
                }
            }
            Event::Failed { stream, fault } => self.supervisor.handle_fault(stream, fault, now),
            Event::End => {}
        }
    }

    /// Does what the supervisor asks for, and tells what it tells.
    fn carry_out(&mut self) {
        loop {
            if let Some(action) = self.supervisor.poll_action() {
                match action {
                    Action::List { anew } => self.ask(anew),
                    Action::Open {
                        stream,
                        role,
                        device,
                    } => self.open(stream, role, &device),
                    Action::Close { stream } => {
                        self.lines.remove(&stream);
                    }
                }
            } else if let Some(told) = self.supervisor.poll_told() {
                self.report(told);
            } else {
                return;
            }
        }
    }

    fn ask(&mut self, anew: bool) {
        if anew {
            self.lister = None;
        }
        let asked = self
            .lister
            .as_ref()
            .is_some_and(|lister| lister.send(()).is_ok());
        if asked {
            return;
        }
        self.listers += 1;
        let (lister, requests) = mpsc::channel();
        let events = self.events.clone();
        let number = self.listers;
        let spawned = thread::Builder::new()
            .name("sound list".to_owned())
            .spawn(move || list(number, &requests, &events));
        match spawned {
            // The thread cannot have ended: it holds the other end until this one is dropped.
            Ok(_) if lister.send(()).is_ok() => self.lister = Some(lister),
            Ok(_) => {}
            Err(error) => error!(%error, "no thread to list the sound devices"),
        }
    }

    fn open(&mut self, stream: StreamId, role: Role, device: &DeviceId) {
        let handle = self.handles.get(device).and_then(|handles| match role {
            Role::Microphone => handles.input.clone(),
            Role::Speaker | Role::Ringer => handles.output.clone(),
        });
        let now = Instant::now();
        let Some(device) = handle else {
            self.supervisor.handle_fault(stream, Fault::Gone, now);
            return;
        };
        let wanted = Wanted {
            stream,
            role,
            device,
        };
        match Line::open(wanted, self.events.clone()) {
            Ok(line) => {
                let watched = Watched {
                    line,
                    bridge: None,
                    callbacks: 0,
                    seen: now,
                };
                self.lines.insert(stream, watched);
            }
            Err(error) => {
                error!(%error, "no thread for a sound stream");
                self.supervisor.handle_fault(stream, Fault::Broken, now);
            }
        }
    }

    /// Takes streams that stand still for dead.
    fn watch(&mut self, now: Instant) {
        for (stream, watched) in &mut self.lines {
            let callbacks = watched.line.callbacks();
            if callbacks != watched.callbacks {
                watched.callbacks = callbacks;
                watched.seen = now;
            } else if now.saturating_duration_since(watched.seen) >= STANDSTILL && callbacks > 0 {
                self.supervisor.handle_fault(*stream, Fault::Stuck, now);
            }
        }
    }

    fn report(&mut self, told: Told) {
        let report = match told {
            Told::Opened {
                role,
                stream,
                device,
                reason,
            } => {
                let watched = self.lines.get_mut(&stream);
                let Some(bridge) = watched.and_then(|watched| watched.bridge.take()) else {
                    return;
                };
                Report::Opened {
                    role,
                    device,
                    bridge,
                    reason,
                }
            }
            Told::Lost { role } => Report::Lost { role },
            Told::Closed { role } => Report::Closed { role },
            Told::Without { role, reason } => Report::Without { role, reason },
            Told::Devices(devices) => Report::Devices(devices),
        };
        if self.reports.send(report).is_err() {
            debug!("nobody listens to the sound thread");
        }
    }
}

/// The thread that lists the devices, as often as it is asked.
fn list(lister: u64, requests: &mpsc::Receiver<()>, events: &mpsc::Sender<Event>) {
    let mut hosts = Hosts::default();
    let changed = {
        let events = events.clone();
        // After the end nobody wants to know.
        move || drop(events.send(Event::Changed))
    };
    while requests.recv().is_ok() {
        let listed = hosts.list(changed.clone());
        if events.send(Event::Listed { lister, listed }).is_err() {
            return;
        }
    }
}

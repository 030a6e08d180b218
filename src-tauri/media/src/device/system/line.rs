use std::convert::Infallible;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, OnceLock};
use std::thread;

use tracing::debug;

use super::host::Handle;
use super::native;
#[cfg(target_os = "linux")]
use super::pulse;
use super::{Bridge, Event};
use crate::device::choice::{Fault, Role};
use crate::device::ring::Tally;
use crate::device::supervisor::StreamId;

/// A stream with its thread: the thread opens it, says so, and closes it when this is dropped.
pub(super) struct Line {
    /// Of a stream that does not see itself that it stands still.
    tally: Arc<OnceLock<Arc<Tally>>>,
    end: End,
}

/// Our end of a stream's life.
enum End {
    #[cfg(target_os = "linux")]
    Server(pulse::Hook),
    /// Nothing is ever sent: its end is the message.
    System { _open: mpsc::Sender<Infallible> },
}

/// A stream that is to be opened.
pub(super) struct Wanted {
    pub(super) stream: StreamId,
    pub(super) role: Role,
    pub(super) device: Handle,
}

impl Line {
    /// Begins to open a stream; what becomes of it comes as an event.
    pub(super) fn open(wanted: Wanted, events: mpsc::Sender<Event>) -> io::Result<Self> {
        let Wanted {
            stream,
            role,
            device,
        } = wanted;
        let tally = Arc::new(OnceLock::new());
        let told = Arc::clone(&tally);
        let report = Reporter { stream, events };
        let end = match device {
            #[cfg(target_os = "linux")]
            Handle::Server(target) => {
                let hook = pulse::Hook::default();
                let end = End::Server(hook.clone());
                begin(move || {
                    let fault = pulse::run(role, &target, &hook, |bridge| {
                        report.opened(bridge);
                    });
                    report.fault(fault);
                })?;
                end
            }
            Handle::System(device) => {
                let (open, closed) = mpsc::channel::<Infallible>();
                begin(move || match native::open(role, &device, &report) {
                    Ok((running, bridge, tally)) => {
                        // Nobody else sets it.
                        let _ = told.set(tally);
                        if report.opened(bridge) {
                            // Until the other end is dropped.
                            let _ = closed.recv();
                        }
                        drop(running);
                    }
                    Err(fault) => report.fault(fault),
                })?;
                End::System { _open: open }
            }
        };
        Ok(Self { tally, end })
    }

    /// Returns how many callbacks there were, 0 before it is open or where it sees itself that it
    /// stands still.
    pub(super) fn callbacks(&self) -> u32 {
        self.tally.get().map_or(0, |tally| tally.callbacks())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        match &self.end {
            #[cfg(target_os = "linux")]
            End::Server(hook) => hook.end(),
            End::System { .. } => {}
        }
    }
}

fn begin(body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new()
        .name("sound stream".to_owned())
        .spawn(body)
        .map(drop)
}

/// Tells what becomes of a stream.
#[derive(Clone)]
pub(super) struct Reporter {
    stream: StreamId,
    events: mpsc::Sender<Event>,
}

impl Reporter {
    /// Tells that the stream is open; returns whether anyone listens.
    fn opened(&self, bridge: Bridge) -> bool {
        let stream = self.stream;
        self.events.send(Event::Opened { stream, bridge }).is_ok()
    }

    pub(super) fn fault(&self, fault: Fault) {
        let stream = self.stream;
        if self.events.send(Event::Failed { stream, fault }).is_err() {
            debug!("a sound stream failed after the end");
        }
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use pulseaudio::protocol::{Command, SubscriptionMask};
use socket2::Socket;
use tracing::debug;

use super::address::Surroundings;
use super::connection::{Connection, Failure, Hook};
use super::packet::{Inlet, Packet, number};

/// Someone who waits, on a connection and a thread of their own, for the server to tell that its
/// devices are others. Ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    hook: Hook,
    runs: Arc<AtomicBool>,
}

/// What the server says when something changed.
const SUBSCRIBE_EVENT: u32 = 66;

impl Watch {
    /// Starts to watch: `changed` is called for each change, and at last when the server has ended.
    pub(super) fn start(
        surroundings: &Surroundings,
        deadline: Instant,
        changed: impl Fn() + Send + 'static,
    ) -> Result<Self, Failure> {
        let hook = Hook::default();
        let mut connection = Connection::open(surroundings, &hook, deadline)?;
        let facilities = SubscriptionMask::SINK
            | SubscriptionMask::SOURCE
            | SubscriptionMask::SERVER
            | SubscriptionMask::CARD;
        connection.ask(&Command::Subscribe(facilities), |_, _| Ok(()))?;
        let (socket, inlet) = connection.into_parts(None)?;
        let runs = Arc::new(AtomicBool::new(true));
        let still_runs = Arc::clone(&runs);
        thread::Builder::new()
            .name("sound changes".to_owned())
            .spawn(move || {
                let failure = wait(&socket, inlet, &changed);
                debug!(%failure, "nobody tells of changes any more");
                still_runs.store(false, Ordering::Release);
                changed();
            })?;
        Ok(Self { hook, runs })
    }

    /// Returns whether it still learns of changes.
    pub(super) fn runs(&self) -> bool {
        self.runs.load(Ordering::Acquire)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hook.end();
    }
}

fn wait(socket: &Socket, mut inlet: Inlet, changed: &impl Fn()) -> Failure {
    loop {
        let mut any = false;
        loop {
            match inlet.next() {
                Ok(Some(Packet::Control(control))) => {
                    any |= number(control).is_some_and(|(command, _)| command == SUBSCRIBE_EVENT);
                }
                Ok(Some(Packet::Sound { .. })) => {}
                Ok(None) => break,
                Err(garbage) => return garbage.into(),
            }
        }
        // Those that came together are one.
        if any {
            changed();
        }
        match inlet.fill(socket) {
            Ok(0) => return Failure::Ended,
            Ok(_) => {}
            Err(error) => return error.into(),
        }
    }
}

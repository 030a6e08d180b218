use std::time::Instant;

use phone::{Accepted, AccountView, Command, Input, LinkView, Phone, PhoneView, Rejected};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time,
};
use tracing::{debug, info};

use crate::{
    clock::{Clock, Stamped},
    translation,
    vigil::Vigil,
    world::World,
};

/// What the handles ask of the task that owns the phone.
#[derive(Debug)]
pub(crate) enum Ask {
    Command(Command, oneshot::Sender<Result<Accepted, Rejected>>),
    /// Sign out and end, at the latest at the given moment; the sender is dropped, unused, when all
    /// is done.
    Stop(time::Instant, oneshot::Sender<()>),
}

/// The one task that touches the phone.
pub(crate) struct Actor {
    pub(crate) phone: Phone,
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) vigil: Vigil,
    pub(crate) asks: mpsc::Receiver<Ask>,
    pub(crate) inputs: mpsc::Receiver<Input>,
    pub(crate) news: mpsc::UnboundedReceiver<media::News>,
    pub(crate) view: watch::Sender<PhoneView>,
    pub(crate) events: broadcast::Sender<Stamped>,
    /// Whether a handle is left that may ask something.
    pub(crate) has_handles: bool,
}

/// How long the phone may take to sign out when its last handle is dropped.
const FAREWELL: time::Duration = time::Duration::from_secs(2);

impl Actor {
    /// Runs until it is asked to stop or its last handle is gone.
    pub(crate) async fn run(mut self) {
        loop {
            self.settle();
            match self.next().await {
                Next::Ask(Ask::Command(command, verdict)) => {
                    let result = self.phone.handle_command(command, self.now());
                    if let Err(rejected) = &result {
                        debug!(%rejected, "command rejected");
                    }
                    // Who hears the verdict finds the view and the events that belong to it.
                    self.settle();
                    let _ = verdict.send(result);
                }
                Next::Ask(Ask::Stop(deadline, done)) => {
                    return self.stop(deadline, vec![done]).await;
                }
                Next::NoHandles => {
                    return self.stop(time::Instant::now() + FAREWELL, Vec::new()).await;
                }
                Next::Input(input) => self.phone.handle_input(input, self.now()),
                Next::Timeout => self.phone.handle_timeout(self.now()),
                Next::Look => {}
            }
        }
    }

    /// Signs out, and goes on until that is done or the deadline has come.
    async fn stop(mut self, deadline: time::Instant, mut waiting: Vec<oneshot::Sender<()>>) {
        info!("stopping");
        if let Err(rejected) = self.phone.handle_command(Command::SignOut, self.now()) {
            debug!(%rejected, "nobody to sign out");
        }
        self.settle();

        let leave = async {
            while !has_left(&self.phone.view()) {
                match self.next().await {
                    Next::Ask(Ask::Command(_, verdict)) => {
                        let _ = verdict.send(Err(Rejected::Stopping));
                    }
                    Next::Ask(Ask::Stop(_, done)) => waiting.push(done),
                    Next::NoHandles => {}
                    Next::Input(input) => self.phone.handle_input(input, self.now()),
                    Next::Timeout => self.phone.handle_timeout(self.now()),
                    Next::Look => {}
                }
                self.settle();
            }
        };
        if time::timeout_at(deadline, leave).await.is_err() {
            // What the phone has to say may be due at this very moment.
            self.phone.handle_timeout(self.now());
            self.settle();
        }

        // Whoever still has something to tell finds nobody.
        drop(self.inputs);
        self.world.close(deadline).await;
        // The media thread lets go of this when the last sample is in its file.
        let recorded = async { while self.news.recv().await.is_some() {} };
        if time::timeout_at(deadline, recorded).await.is_err() {
            debug!("stopped before the media thread ended");
        }
    }

    /// Waits for whatever comes first, and lets the phone know before it where this process was away. Nothing is lost where the wait is
    /// given up.
    async fn next(&mut self) -> Next {
        let next = self.wait().await;
        if let Some(away) = self.vigil.look() {
            self.phone.handle_input(Input::Woke { away }, self.now());
            self.settle();
        }
        next
    }

    async fn wait(&mut self) -> Next {
        let look_at = self.vigil.next_look();
        let due = self
            .phone
            .poll_timeout()
            .map(|at| self.vigil.on_runtime(at));
        let (wake_at, reason) = match due {
            Some(due) if due <= look_at => (due, Next::Timeout),
            Some(_) | None => (look_at, Next::Look),
        };
        loop {
            tokio::select! {
                ask = self.asks.recv(), if self.has_handles => match ask {
                    Some(ask) => return Next::Ask(ask),
                    None => {
                        self.has_handles = false;
                        return Next::NoHandles;
                    }
                },
                Some(input) = self.inputs.recv() => return Next::Input(input),
                Some(news) = self.news.recv() => {
                    if let Some(input) = translation::from_media(news) {
                        return Next::Input(input);
                    }
                }
                () = time::sleep_until(wake_at) => return reason,
            }
        }
    }

    fn now(&self) -> Instant {
        self.vigil.now()
    }

    /// Drains everything that the phone has to say, and carries it out.
    fn settle(&mut self) {
        loop {
            let mut outcomes = Vec::new();
            while let Some(effect) = self.phone.poll_effect() {
                outcomes.extend(self.world.perform(effect));
            }
            while let Some(event) = self.phone.poll_event() {
                debug!(?event);
                let stamp = self.clock.stamp();
                // Nobody may be listening.
                let _ = self.events.send(Stamped { stamp, event });
            }
            if outcomes.is_empty() {
                break;
            }
            for input in outcomes {
                self.phone.handle_input(input, self.now());
            }
        }
        self.world.reap();

        let view = self.phone.view();
        self.view.send_if_modified(|last| {
            let changed = *last != view;
            if changed {
                *last = view;
            }
            changed
        });
    }
}

enum Next {
    Ask(Ask),
    NoHandles,
    Input(Input),
    /// Something of the phone's is due.
    Timeout,
    /// Nothing happened: the clocks are to be looked at.
    Look,
}

/// Tells whether nothing of the phone is left at any server.
fn has_left(view: &PhoneView) -> bool {
    let account = match &view.account {
        AccountView::Restoring
        | AccountView::SignedOut { .. }
        | AccountView::NotConfigured { .. } => true,
        AccountView::Resuming { .. }
        | AccountView::SigningIn { .. }
        | AccountView::Asking { .. }
        | AccountView::SignedIn { .. }
        | AccountView::Fallback { .. }
        | AccountView::SigningOut => false,
    };
    account && matches!(view.link, LinkView::Off)
}

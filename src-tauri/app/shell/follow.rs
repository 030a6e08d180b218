//! Follows the phone and tells everybody: the page, the tray, the pop-up, the notifications, the keys.

use std::{
    collections::BTreeMap,
    mem,
    sync::{PoisonError, atomic::Ordering},
};

use engine::{Engine, Stamped};
use phone::{AccountView, CallId, EndCause, Event, PhoneView};
use serde::Serialize;
use tauri::{AppHandle, Emitter, Manager};
use tokio::sync::{broadcast::error::RecvError, mpsc, watch};
use tracing::{error, warn};

use crate::{
    caller::caller,
    page::{self, Levels, ViewUpdate},
    standing::{self, Popping},
    words::Words,
};

use super::{
    Shell, awake, keys, leaving,
    notices::{self, Missed, Ringing, Wanted},
    ring, tray, web_process,
    windows::RING,
};

/// More calls than anybody misses before somebody shows one.
const MISSED_BACKLOG: usize = 16;

/// Whom to tell what; each follows on its own, so that none waits for another.
struct Followers {
    app: AppHandle,
    shown: watch::Sender<tray::Shown>,
    popping: watch::Sender<Popping>,
    ringing: watch::Sender<Option<Ringing>>,
    wanted: watch::Sender<Option<Wanted>>,
    missed: mpsc::Sender<Missed>,
    awake: watch::Sender<Option<&'static Words>>,
    in_call: watch::Sender<bool>,
    /// Who the calls are from that came in and were not answered yet.
    callers: BTreeMap<CallId, String>,
    /// Whether the phone was somebody's since it was nobody's.
    was_in_use: bool,
}

/// Starts following, until the process ends.
pub(super) fn start(app: &AppHandle) {
    let shell = app.state::<Shell>();
    let view = shell.engine().view().borrow().clone();
    let (missed, missed_rx) = mpsc::channel(MISSED_BACKLOG);
    let followers = Followers {
        app: app.clone(),
        shown: watch::Sender::new(tray::Shown::of(&view, shell.words())),
        popping: watch::Sender::new(Popping::Nothing),
        ringing: watch::Sender::new(None),
        wanted: watch::Sender::new(None),
        missed,
        awake: watch::Sender::new(None),
        in_call: watch::Sender::new(false),
        callers: BTreeMap::new(),
        was_in_use: false,
    };
    tray::follow(app, followers.shown.subscribe());
    ring::follow(app, followers.popping.subscribe());
    notices::follow(
        app,
        followers.ringing.subscribe(),
        followers.wanted.subscribe(),
        missed_rx,
    );
    awake::follow(followers.awake.subscribe());
    keys::follow_buttons(app, followers.in_call.subscribe());
    web_process::follow(app, followers.in_call.subscribe());
    tauri::async_runtime::spawn(followers.run());
}

impl Followers {
    async fn run(mut self) {
        let app = self.app.clone();
        let shell = app.state::<Shell>();
        let mut engines = shell.engine.subscribe();
        let mut window = shell.window.subscribe();
        let mut history = shell.history.entries();
        let mut history_fault = shell.history.fault();
        loop {
            let engine = engines.borrow_and_update().clone();
            let mut view = engine.view();
            let mut events = engine.events();
            self.callers.clear();
            self.tell_view(&engine, &view.borrow_and_update().clone());
            loop {
                tokio::select! {
                    biased;
                    changed = engines.changed() => match changed {
                        Ok(()) => break,
                        Err(_) => return,
                    },
                    event = events.recv() => match event {
                        Ok(stamped) => self.tell_event(stamped),
                        Err(RecvError::Lagged(events)) => warn!(events, "not told"),
                        Err(RecvError::Closed) => return,
                    },
                    Ok(()) = view.changed() => {
                        let view = view.borrow_and_update().clone();
                        self.tell_view(&engine, &view);
                    }
                    Ok(()) = window.changed() => {
                        let view = view.borrow().clone();
                        self.tell_surroundings(&view);
                        let window = window.borrow_and_update().clone();
                        self.emit("window", &window);
                    }
                    Ok(()) = history.changed() => {
                        let entries = history.borrow_and_update().to_vec();
                        self.emit("history", &entries);
                    }
                    Ok(()) = history_fault.changed() => {
                        let fault = history_fault.borrow_and_update().clone();
                        if let Some(fault) = fault {
                            shell.complain(fault);
                        }
                    }
                }
            }
        }
    }

    fn tell_view(&mut self, engine: &Engine, view: &PhoneView) {
        self.forget_link(&view.account);
        self.emit(
            "view",
            &ViewUpdate {
                now: engine.now(),
                view: view.clone(),
            },
        );
        self.tell_surroundings(view);
    }

    /// A number that one user was asked about is not for the next one.
    fn forget_link(&mut self, account: &AccountView) {
        match account {
            AccountView::SignedIn { .. } | AccountView::Fallback { .. } => self.was_in_use = true,
            AccountView::SignedOut { .. } | AccountView::SigningOut => {
                if mem::take(&mut self.was_in_use) {
                    let window = &self.app.state::<Shell>().window;
                    window.send_if_modified(|it| it.link.take().is_some());
                }
            }
            // It may go on.
            AccountView::Restoring
            | AccountView::Resuming { .. }
            | AccountView::SigningIn { .. }
            | AccountView::Asking { .. }
            | AccountView::NotConfigured { .. } => {}
        }
    }

    /// Tells those outside the page, each only what is other than before.
    fn tell_surroundings(&self, view: &PhoneView) {
        let shell = self.app.state::<Shell>();
        let words = shell.words();
        let is_in_call = !view.calls.is_empty();
        let ringing = standing::ringing(view).map(|call| Ringing {
            call: call.call,
            caller: caller(call.display_name.as_deref(), &call.number, words),
            words,
        });
        set(&self.shown, tray::Shown::of(view, words));
        set(&self.popping, Popping::of(view));
        set(&self.ringing, ringing);
        set(&self.wanted, Wanted::of(view, words));
        set(&self.awake, is_in_call.then_some(words));
        set(&self.in_call, is_in_call);
        if !leaving::ends_more(view) {
            // The question has lost its reason.
            shell
                .window
                .send_if_modified(|it| mem::take(&mut it.quit_asked));
        }
    }

    fn tell_event(&mut self, Stamped { event, .. }: Stamped) {
        if page::is_told(&event) {
            self.emit("happened", &event);
        }
        if let Event::SoundLevels {
            microphone_dbfs,
            speaker_dbfs,
        } = event
        {
            self.tell_levels(Levels {
                microphone_dbfs,
                speaker_dbfs,
            });
        } else if let Event::CallIncoming {
            call,
            from,
            display_name,
        } = event
        {
            let shell = self.app.state::<Shell>();
            // A desktop keeps what it told of a call that was missed.
            let name = display_name.map(|it| shell.history.masked(it));
            let number = shell.history.masked(from);
            self.callers
                .insert(call, caller(name.as_deref(), &number, shell.words()));
        } else if let Event::CallAnswered { call, .. } = event {
            self.callers.remove(&call);
        } else if let Event::CallEnded { call, cause } = event
            && let Some(caller) = self.callers.remove(&call)
            && matches!(cause, EndCause::Missed | EndCause::LinkLost)
        {
            let words = self.app.state::<Shell>().words();
            // Where nobody shows them, the history has them all.
            let _ = self.missed.try_send(Missed { caller, words });
        }
    }

    fn tell_levels(&self, levels: Levels) {
        let shell = self.app.state::<Shell>();
        let watchers = shell
            .level_watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let is_popped_up = shell.is_popped_up.load(Ordering::Relaxed);
        let Some(told) = as_text("levels", &levels) else {
            return;
        };
        // A pop-up that was put away still shows what it did, to nobody.
        for label in watchers.into_iter().filter(|it| it != RING || is_popped_up) {
            if let Err(error) = self.app.emit_to(label, "levels", &told) {
                warn!(%error, "levels are not told");
            }
        }
    }

    fn emit(&self, name: &str, payload: &impl Serialize) {
        if let Some(told) = as_text(name, payload)
            && let Err(error) = self.app.emit(name, told)
        {
            error!(%error, name, "the page is not told");
        }
    }
}

/// Returns what the page reads as JSON. A value would reach it as code, which costs a web view more
/// memory than text.
fn as_text(name: &str, payload: &impl Serialize) -> Option<String> {
    serde_json::to_string(payload)
        .inspect_err(|error| error!(%error, name, "the page is not told"))
        .ok()
}

/// Wakes who follows only where there is something new.
fn set<T: PartialEq>(sender: &watch::Sender<T>, value: T) {
    sender.send_if_modified(|it| {
        let is_new = *it != value;
        if is_new {
            *it = value;
        }
        is_new
    });
}

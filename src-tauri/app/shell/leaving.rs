//! The end: asked before it where it ends more than the phone, and signed out at it.

use std::{mem, sync::PoisonError, time::Duration};

use phone::{AccountView, LockReturned, PhoneView, SIGN_OUT_DEADLINE, SignedOutReason};
use tauri::{AppHandle, Manager};
use tokio::time;
use tracing::{info, warn};

use crate::farewell::WHOLE;

use super::{Shell, notices, windows};

/// How long the phone may take of it to hang up, un-register and give its lease back.
pub(super) const FAREWELL: Duration = Duration::from_millis(1_700);

/// How long the disk may take for the last call, and whoever shows notifications at the same time.
const PATIENCE: Duration = Duration::from_millis(300);

const _: () = assert!(SIGN_OUT_DEADLINE.as_millis() < FAREWELL.as_millis());
const _: () = assert!(FAREWELL.as_millis() + PATIENCE.as_millis() <= WHOLE.as_millis());

/// Ends the phone; where that ends more, the user is asked first.
pub(super) fn ask(app: &AppHandle) {
    let shell = app.state::<Shell>();
    let ends_more = ends_more(&shell.engine().view().borrow());
    if ends_more {
        shell.window.send_modify(|it| it.quit_asked = true);
        windows::show_main(app);
    } else {
        leave(app);
    }
}

/// Returns whether quitting ends a call, or loses an outcome that is not saved.
pub(super) fn ends_more(view: &PhoneView) -> bool {
    !view.calls.is_empty() || view.queue.as_ref().is_some_and(|it| it.at_stake > 0)
}

/// Returns what became of the session lock where the user has signed out.
fn signed_out_by_user(view: &PhoneView) -> Option<LockReturned> {
    let AccountView::SignedOut { reason, .. } = &view.account else {
        return None;
    };
    let Some(SignedOutReason::ByUser { lock }) = reason else {
        return None;
    };
    Some(*lock)
}

/// Signs out and ends the process.
pub(super) fn leave(app: &AppHandle) {
    if !app.state::<Shell>().farewell.begin() {
        return;
    }
    info!("leaving");
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        // The user is done with it; the rest is between the phone and its servers.
        for window in app.webview_windows().values() {
            if let Err(error) = window.hide() {
                warn!(%error, "a window stays");
            }
        }
        let shell = app.state::<Shell>();
        let all = shell.farewell.say(sign_out(&shell)).await;
        tell_rest(all);
        app.exit(0);
    });
}

/// Returns when the process may end, which it does then: whoever has not signed out is signed out first.
///
/// [`leave`] has done that. Without it end macOS' Quit in the Dock, a log-off there, and one of Windows: these systems
/// ask nobody, and wait for this alone.
pub(super) fn end(app: &AppHandle) {
    // Without it the phone never began.
    let Some(shell) = app.try_state::<Shell>() else {
        return;
    };
    let all = tauri::async_runtime::block_on(shell.farewell.finish(sign_out(&shell)));
    tell_rest(all);
}

fn tell_rest(all: bool) {
    if !all {
        warn!("ended before all was done");
    }
}

/// Ends the phone, says what became of its session, and has the last call remembered.
async fn sign_out(shell: &Shell) {
    let engine = shell.engine();
    let was_signed_out = signed_out_by_user(&engine.view().borrow()).is_some();
    engine.stop(FAREWELL).await;
    let lock = signed_out_by_user(&engine.view().borrow()).filter(|_| !was_signed_out);
    let words = match lock {
        None | Some(LockReturned::NotHeld) => None,
        Some(LockReturned::Free) => Some(shell.words().free),
        Some(LockReturned::Unconfirmed { .. }) => Some(shell.words().unconfirmed),
    };
    let say = async {
        if let Some(words) = words {
            notices::say(words).await;
        }
    };
    // A disk that hangs holds nobody up; the last call is noted as one that was cut then.
    let _ = tokio::join!(
        time::timeout(PATIENCE, shell.remember()),
        time::timeout(PATIENCE, say)
    );
}

impl Shell {
    /// Returns when the history has all of the calls of an engine that has stopped.
    async fn remember(&self) {
        let following = {
            let mut following = self
                .following
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *following, tokio::spawn(async {}))
        };
        if let Err(error) = following.await {
            warn!(%error, "the last calls are not remembered");
        }
        self.history.written().await;
    }
}

/// Signs out when the system ends the session: nobody can be asked then.
#[cfg(unix)]
pub(super) fn on_signals(app: &AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};

    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let app = app.clone();
        match signal(kind) {
            Ok(mut signal) => {
                tauri::async_runtime::spawn(async move {
                    if signal.recv().await.is_some() {
                        leave(&app);
                    }
                });
            }
            Err(error) => warn!(%error, ?kind, "this signal ends the phone without a sign-out"),
        }
    }
}

/// Windows sends its windows a message, which comes as the end itself ([`end`]).
#[cfg(not(unix))]
pub(super) fn on_signals(_app: &AppHandle) {}

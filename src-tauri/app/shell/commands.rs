//! What the page asks for. Each command reads its arguments, does one thing and says what came of it.

use std::sync::PoisonError;

use phone::{Accepted, AccountView, Command};
use tauri::{
    AppHandle, State, WebviewWindow, Wry,
    ipc::{Invoke, InvokeBody, Request},
};
use tracing::error;

use crate::page::{
    self, AnswerLink, AnswerQuit, Copy, Form, OpenSettings, Rejected, SaveSupport, Saved,
    SetServer, SetWindow,
};

use super::{Shell, autostart, keys, leaving, pasteboard, support_file, system_settings, windows};

/// No more than anybody copies by hand, in bytes.
const LONGEST_COPY: usize = 64 * 1024;

/// Returns what the page may call, by name.
pub(super) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        state,
        order,
        set_window,
        set_server,
        forget,
        answer_link,
        answer_quit,
        show,
        watch_levels,
        copy,
        save_support,
        open_settings,
    ]
}

/// Reads the arguments of a request that is let through.
fn admitted<T: serde::de::DeserializeOwned>(
    shell: &Shell,
    request: &Request<'_>,
) -> Result<T, Rejected> {
    shell.admit()?;
    match request.body() {
        InvokeBody::Json(arguments) => page::read(arguments),
        InvokeBody::Raw(_) => Err(Rejected::new(
            "malformed",
            "The request is not understood: it is no JSON",
        )),
    }
}

#[tauri::command]
async fn state(shell: State<'_, Shell>) -> Result<page::State, Rejected> {
    shell.admit()?;
    let engine = shell.engine();
    Ok(page::State {
        now: engine.now(),
        view: engine.view().borrow().clone(),
        window: shell.window.borrow().clone(),
        history: shell.history.entries().borrow().to_vec(),
    })
}

#[tauri::command]
async fn order(request: Request<'_>, shell: State<'_, Shell>) -> Result<Accepted, Rejected> {
    let page::Order { order } = admitted(&shell, &request)?;
    shell.obey(order).await
}

#[tauri::command]
async fn set_window(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let SetWindow { settings } = admitted(&shell, &request)?;
    settings
        .check()
        .map_err(|why| Rejected::new("invalid_settings", why))?;
    let holds = shell.policy().window(settings.clone());
    let before = shell.window_settings();
    keys::change(&app, &before.shortcuts, &holds.shortcuts)?;
    if holds.autostart != before.autostart {
        // It may wait for the disk.
        tokio::task::block_in_place(|| autostart::set(&app, holds.autostart))?;
    }
    let is_redressed = holds.theme != before.theme;
    shell.window.send_modify(|it| {
        for ((name, keys), (_, theirs)) in before.shortcuts.all().iter().zip(holds.shortcuts.all())
        {
            // It was taken just now, or is off.
            if *keys != theirs {
                it.shortcuts_taken.remove(*name);
            }
        }
        it.settings = holds;
    });
    // GTK would have a page light that follows a dark desktop.
    if is_redressed {
        windows::dress(&app);
    }
    #[cfg(target_os = "macos")]
    super::menu::put_up(&app);
    let policy = shell.policy().clone();
    shell
        .keep(move |it| it.set_window(&policy.keep_window(&settings, &it.window().0)))
        .await;
    Ok(())
}

#[tauri::command]
async fn set_server(request: Request<'_>, shell: State<'_, Shell>) -> Result<(), Rejected> {
    let SetServer { url } = admitted(&shell, &request)?;
    shell.move_to(&url).await
}

#[tauri::command]
async fn forget(request: Request<'_>, shell: State<'_, Shell>) -> Result<(), Rejected> {
    let what: page::Forget = admitted(&shell, &request)?;
    shell
        .history
        .forget(what.into())
        .await
        .map_err(|not_forgotten| Rejected::new("not_saved", not_forgotten.to_string()))
}

#[tauri::command]
async fn answer_link(request: Request<'_>, shell: State<'_, Shell>) -> Result<Accepted, Rejected> {
    let AnswerLink { number, dial } = admitted(&shell, &request)?;
    let asked = shell
        .window
        .send_if_modified(|it| it.link.take_if(|it| *it == number).is_some());
    match (dial, asked) {
        (true, true) => shell.obey(Command::Dial { target: number }).await,
        (true, false) => Err(Rejected::new("another_link", shell.words().another_link)),
        (false, _) => Ok(Accepted::default()),
    }
}

#[tauri::command]
async fn answer_quit(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let AnswerQuit { quit } = admitted(&shell, &request)?;
    let mut was_asked = false;
    shell.window.send_if_modified(|it| {
        was_asked = std::mem::take(&mut it.quit_asked);
        was_asked
    });
    if quit && was_asked {
        leaving::leave(&app);
    }
    Ok(())
}

#[tauri::command]
async fn show(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let page::Show { what } = admitted(&shell, &request)?;
    match what {
        Form::Main => windows::show_main(&app),
        Form::Mini => windows::show_mini(&app),
    }
    Ok(())
}

#[tauri::command]
async fn watch_levels(
    request: Request<'_>,
    window: WebviewWindow,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let page::WatchLevels { on } = admitted(&shell, &request)?;
    shell.watch_levels(window.label(), on);
    Ok(())
}

#[tauri::command]
async fn copy(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let Copy { text } = admitted(&shell, &request)?;
    if text.len() > LONGEST_COPY {
        return Err(Rejected::new("malformed", "This is too long to be copied"));
    }
    pasteboard::copy(&app, text)
}

#[tauri::command]
async fn save_support(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<Saved, Rejected> {
    let SaveSupport { text } = admitted(&shell, &request)?;
    if text.len() > LONGEST_COPY {
        return Err(Rejected::new("malformed", "This is too long to be saved"));
    }
    let path = support_file::save(&app, &text).await?;
    Ok(Saved { path })
}

#[tauri::command]
async fn open_settings(
    request: Request<'_>,
    app: AppHandle,
    shell: State<'_, Shell>,
) -> Result<(), Rejected> {
    let OpenSettings { what } = admitted(&shell, &request)?;
    system_settings::open(&app, what).await
}

/// A change of the settings file.
type Change = Box<dyn FnOnce(&mut engine::Settings) + Send>;

impl Shell {
    /// Passes a command on, and keeps the settings that it brings as far as they are the user's.
    async fn obey(&self, mut command: Command) -> Result<Accepted, Rejected> {
        let policy = self.policy().clone();
        let changed: Option<Change> = match &mut command {
            Command::SetCalls { settings } => {
                let asked = settings.clone();
                *settings = policy.calls(asked.clone());
                Some(Box::new(move |it| {
                    it.set_calls(&policy.keep_calls(&asked, &it.calls().0))
                }))
            }
            Command::SetSound { settings } => {
                let asked = settings.clone();
                *settings = policy.sound(asked.clone());
                Some(Box::new(move |it| {
                    it.set_sound(&policy.keep_sound(&asked, &it.sound().0))
                }))
            }
            Command::SignIn { .. }
            | Command::AskToMove { .. }
            | Command::AnswerMove { .. }
            | Command::SignOut
            | Command::Dial { .. }
            | Command::Answer { .. }
            | Command::HangUp { .. }
            | Command::Silence { .. }
            | Command::Hold { .. }
            | Command::Resume { .. }
            | Command::Mute { .. }
            | Command::Unmute { .. }
            | Command::Dtmf { .. }
            | Command::Repair { .. }
            | Command::Reconnect
            | Command::Check
            | Command::Devices
            | Command::SoundCheck
            | Command::TestOutput { .. }
            | Command::Ready
            | Command::Pause { .. }
            | Command::CancelNext
            | Command::WrapUp { .. }
            | Command::FinishWrapUp { .. }
            | Command::MoreTime => None,
        };
        let accepted = self.engine().send(command).await?;
        if let Some(change) = changed {
            self.keep(change).await;
        }
        Ok(accepted)
    }

    /// Writes a change into the settings file, on a thread that may wait for the disk. One that
    /// cannot be written holds until the end of the process, and is told.
    async fn keep(&self, change: impl FnOnce(&mut engine::Settings) + Send + 'static) {
        let mut file = self.settings.clone().lock_owned().await;
        let writing = tokio::task::spawn_blocking(move || file.change(change));
        match writing.await {
            Ok(Ok(())) => {}
            Ok(Err(not_saved)) => self.complain(not_saved.to_string()),
            Err(error) => error!(%error, "the settings are not written"),
        }
    }

    /// Signs in elsewhere from now on: another engine, for nobody is signed in.
    async fn move_to(&self, url: &str) -> Result<(), Rejected> {
        if self.is_settled("server") {
            let by = match self.window.borrow().server_given {
                true => "The server was set when this program was started",
                false => "The server is set by your organisation",
            };
            return Err(Rejected::new("locked", by));
        }
        let url =
            engine::sidecar_address(url).map_err(|why| Rejected::new("invalid_server", why))?;
        self.policy()
            .server(Some(url.clone()))
            .map_err(|why| Rejected::new("server_not_allowed", why))?;
        let old = self.engine();
        match &old.view().borrow().account {
            AccountView::SignedOut { .. }
            | AccountView::Fallback { .. }
            | AccountView::NotConfigured { .. } => {}
            AccountView::Restoring
            | AccountView::Resuming { .. }
            | AccountView::SigningIn { .. }
            | AccountView::Asking { .. }
            | AccountView::SignedIn { .. }
            | AccountView::SigningOut => {
                return Err(Rejected::new("signed_in", "Sign out first"));
            }
        }
        let settings = self.settings.lock().await.settings().clone();
        let new = self
            .configuration
            .spawn(Some(&url), &settings)
            .map_err(|error| Rejected::new("invalid_server", error.to_string()))?;
        // The page stays as it is, with what is typed there, until the keyring has told what it has for that server; an
        // engine that ends meanwhile tells why in its last view.
        let _ = new
            .view()
            .wait_for(|it| !matches!(it.account, AccountView::Restoring))
            .await;
        *self
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = self.history.follow(&new);
        self.window.send_modify(|it| {
            it.server = Some(url.to_string());
            // By the clock of the engine before.
            it.check_asked_at = None;
        });
        self.engine.send_replace(new);
        old.stop(leaving::FAREWELL).await;
        self.keep(move |it| it.set_server(Some(&url))).await;
        Ok(())
    }

    pub(super) fn watch_levels(&self, label: &str, on: bool) {
        let mut watchers = self
            .level_watchers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if on {
            watchers.insert(label.to_owned());
        } else {
            watchers.remove(label);
        }
    }
}

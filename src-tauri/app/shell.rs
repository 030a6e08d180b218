//! The window program: Tauri around the engine that the headless door runs, too.

mod autostart;
mod awake;
#[cfg(target_os = "linux")]
mod bus;
mod commands;
mod configuration;
mod follow;
#[cfg(target_os = "linux")]
mod hanging;
mod keys;
mod leaving;
mod links;
#[cfg(target_os = "macos")]
mod menu;
mod notices;
#[cfg(target_os = "linux")]
mod only_one;
mod pasteboard;
mod ring;
mod support_file;
mod system_settings;
mod tray;
mod web_process;
mod windows;

use std::{
    collections::BTreeSet,
    ffi::OsString,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine::{Engine, History, Policy, SettingsFile, WindowSettings};
use phone::AccountView;
use tauri::{App, AppHandle, Manager, RunEvent};
use tokio::{runtime, sync::watch, task::JoinHandle, time};
use tracing::{error, warn};

use crate::{
    act::Act,
    arguments::{self, Arguments},
    farewell::Farewell,
    limit::Limit,
    page::{Rejected, WindowView},
    words::{Words, words},
};

use configuration::Configuration;
#[cfg(target_os = "linux")]
use hanging::Choice;
#[cfg(target_os = "linux")]
use only_one::Start;

/// A page that draws a slider asks thirty times a second; nobody types digits as fast.
const REQUESTS_PER_SECOND: u32 = 100;

/// The engine's task and one for what may block: the sound has a thread of its own.
const WORKERS: usize = 2;

/// A desktop starts its panel beside the programs of the session: so long it may take until a tray is there.
const LATE_PANEL: Duration = Duration::from_secs(15);

/// What all parts of the shell share.
#[derive(Debug)]
struct Shell {
    configuration: Configuration,
    /// Another one takes its place when the server is changed.
    engine: watch::Sender<Engine>,
    window: watch::Sender<WindowView>,
    history: History,
    /// What has the history follow the present engine.
    following: Mutex<JoinHandle<()>>,
    settings: std::sync::Arc<tokio::sync::Mutex<SettingsFile>>,
    limit: Mutex<Limit>,
    /// The end of the log.
    recent: headless::RecentLog,
    /// The labels of the windows that show levels.
    level_watchers: Mutex<BTreeSet<String>>,
    /// Whether the pop-up can be seen: it is kept when it is put away.
    is_popped_up: AtomicBool,
    /// Whether there is a tray that the window can be fetched back from.
    has_tray: AtomicBool,
    farewell: Farewell,
    /// Held by whoever makes, shows or puts away windows: two at once would make one twice.
    window_work: Mutex<()>,
}

/// Runs the phone with its window until its user quits, and returns how it went.
///
/// Call it before any thread is started: it changes the environment.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match arguments::parse(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let account = headless::fallback_account();
    #[cfg(target_os = "linux")]
    web_process::spare_memory();
    #[cfg(target_os = "linux")]
    windows::prefer_x11();
    // Tauri would panic.
    #[cfg(target_os = "linux")]
    if gtk::init().is_err() {
        eprintln!(
            "helix-phone: there is no display for a window here. Start it with --headless, and see \
             --headless --help for the rest."
        );
        return ExitCode::from(2);
    }
    let policy = Policy::of_system();
    let recent = headless::RecentLog::default();
    let log = headless::Log::of_a_window(policy.0.log_level(), &recent);
    let exit = open(arguments, account, policy, recent);
    log.drain();
    exit
}

fn open(
    arguments: Arguments,
    account: Result<Option<phone::Fallback>, headless::IncompleteAccount>,
    policy: (Policy, Vec<String>),
    recent: headless::RecentLog,
) -> ExitCode {
    let runtime = match runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            error!(%error, "no runtime");
            return ExitCode::FAILURE;
        }
    };
    // The first of all: a second start ends here, before it has done anything.
    #[cfg(target_os = "linux")]
    let claim = loop {
        match runtime.block_on(only_one::claim(arguments.link.as_deref())) {
            Ok(Start::First(claim)) => break claim,
            Ok(Start::HandedOver) => return ExitCode::SUCCESS,
            Err(silent) => {
                error!("{silent}");
                match hanging::ask() {
                    Choice::Wait => {}
                    Choice::End => runtime.block_on(hanging::end()),
                    Choice::Leave => return ExitCode::FAILURE,
                }
            }
        }
    };
    tauri::async_runtime::set(runtime.handle().clone());
    let _inside = runtime.enter();

    let app = tauri::Builder::default();
    #[cfg(not(target_os = "linux"))]
    let app = app.plugin(only_one()).plugin(autostart::plugin());
    let app = app
        .plugin(windows::remembered())
        .invoke_handler(commands::handler())
        .setup(move |app| {
            // Tauri would panic with the error.
            if let Err(error) = set_up(app, arguments, account, (policy, recent)) {
                error!("{error}");
                app.handle().exit(1);
                return Ok(());
            }
            #[cfg(target_os = "linux")]
            claim.follow(app.handle());
            Ok(())
        });
    #[cfg(target_os = "macos")]
    let app = app
        .enable_macos_default_menu(false)
        .on_menu_event(menu::chosen)
        .on_web_content_process_terminate(|webview| {
            if let Err(error) = webview.reload() {
                warn!(%error, "the page is gone");
            }
        });
    let app = app.build(tauri::generate_context!());
    let exit = match app {
        Ok(app) => app.run_return(happened),
        Err(error) => {
            error!("{error:#}");
            1
        }
    };
    // A resolver that hangs must not hold the process.
    runtime.shutdown_background();
    ExitCode::from(u8::try_from(exit).unwrap_or(1))
}

fn set_up(
    app: &mut App,
    arguments: Arguments,
    account: Result<Option<phone::Fallback>, headless::IncompleteAccount>,
    (policy, recent): ((Policy, Vec<String>), headless::RecentLog),
) -> Result<(), configuration::Unusable> {
    let is_hidden = arguments.hidden;
    let link = arguments.link.clone();
    let (shell, is_minimised) = configuration::start(arguments, account, policy, recent)?;
    let settings = shell.window_settings();
    let is_autostart_settled = shell.is_settled("autostart");
    app.manage(shell);

    let app = app.handle().clone();
    #[cfg(target_os = "macos")]
    menu::put_up(&app);
    let has_no_window = is_hidden || is_minimised;
    if !has_no_window {
        windows::show_main(&app);
    }
    if is_autostart_settled && let Err(rejected) = autostart::set(&app, settings.autostart) {
        app.state::<Shell>().complain(rejected.message);
    }
    keys::set_at_start(&app, &settings.shortcuts);
    follow::start(&app);
    if has_no_window {
        show_where_missed(&app);
    }
    leaving::on_signals(&app);
    if let Some(link) = link {
        links::opened(&app, &link);
    }
    Ok(())
}

/// Shows the window of a start without one where somebody has to sign in, or nothing has a tray to fetch it from.
fn show_where_missed(app: &AppHandle) {
    let mut view = app.state::<Shell>().engine().view();
    let signed_out = app.clone();
    tauri::async_runtime::spawn(async move {
        let is_out = view
            .wait_for(|it| {
                !matches!(
                    it.account,
                    AccountView::Restoring | AccountView::Resuming { .. } | AccountView::SigningOut
                )
            })
            .await
            .is_ok_and(|it| {
                matches!(
                    it.account,
                    AccountView::SignedOut { .. } | AccountView::NotConfigured { .. }
                )
            });
        if is_out {
            windows::show_if_none(&signed_out);
        }
    });
    let trayless = app.clone();
    tauri::async_runtime::spawn(async move {
        time::sleep(LATE_PANEL).await;
        if !trayless.state::<Shell>().has_tray.load(Ordering::Relaxed) {
            windows::show_if_none(&trayless);
        }
    });
}

fn happened(app: &AppHandle, event: RunEvent) {
    #[cfg(target_os = "macos")]
    if let RunEvent::Opened { urls } = &event {
        for url in urls {
            links::opened(app, url.as_str());
        }
    } else if let RunEvent::Reopen { .. } = &event {
        windows::show_main(app);
    }
    if let RunEvent::WindowEvent { label, event, .. } = &event {
        windows::happened(app, label, event);
    } else if let RunEvent::ExitRequested {
        code: None, api, ..
    } = &event
    {
        // The last window is gone; the phone stays in the tray.
        api.prevent_exit();
    } else if let RunEvent::Exit = &event {
        leaving::end(app);
    }
}

/// Has a second start hand its arguments to the first one, by what the system has for it.
#[cfg(not(target_os = "linux"))]
fn only_one() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    tauri_plugin_single_instance::init(|app, arguments, _| {
        match arguments::parse(arguments.into_iter().map(OsString::from)) {
            Ok(arguments) => started_again(app, arguments.link.as_deref()),
            Err(error) => {
                warn!(%error, "a second start with arguments that are not understood");
                started_again(app, None);
            }
        }
    })
}

/// Somebody started the program once more: what was meant is this one.
fn started_again(app: &AppHandle, link: Option<&str>) {
    match link {
        Some(link) => links::opened(app, link),
        None => windows::show_main(app),
    }
}

impl Shell {
    fn engine(&self) -> Engine {
        self.engine.borrow().clone()
    }

    fn window_settings(&self) -> WindowSettings {
        self.window.borrow().settings.clone()
    }

    fn policy(&self) -> &Policy {
        self.configuration.policy()
    }

    /// Returns whether this setting is not the user's to change.
    fn is_settled(&self, setting: &str) -> bool {
        self.window.borrow().locked.contains(setting)
    }

    fn words(&self) -> &'static Words {
        let chosen = self.window_settings().language;
        if chosen.is_empty() {
            words(&sys_locale::get_locale().unwrap_or_default())
        } else {
            words(&chosen)
        }
    }

    /// Does what is asked from outside the window, where there is something to do.
    async fn act(&self, act: Act) {
        let engine = self.engine();
        let command = act.command(&engine.view().borrow());
        if let Some(command) = command
            && let Err(rejected) = engine.send(command).await
        {
            // The call may have ended meanwhile.
            warn!(%rejected, ?act, "not done");
        }
    }

    /// Tells what went wrong with a file.
    fn complain(&self, complaint: String) {
        warn!("{complaint}");
        self.window.send_modify(|it| {
            // A disk that is full says the same each time.
            if !it.complaints.contains(&complaint) {
                it.complaints.push(complaint);
                let surplus = it.complaints.len().saturating_sub(MOST_COMPLAINTS);
                it.complaints.drain(..surplus);
            }
        });
    }

    /// Lets so many requests through each second.
    fn admit(&self) -> Result<(), Rejected> {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        if limit.lets_through(Instant::now()) {
            Ok(())
        } else {
            Err(Rejected::new(
                "too_many_requests",
                "Too many requests at once",
            ))
        }
    }

    fn is_leaving(&self) -> bool {
        self.farewell.has_begun()
    }
}

/// More than anybody reads.
const MOST_COMPLAINTS: usize = 8;

/// Carries something out beside the thread of the windows.
fn spawn(app: &AppHandle, act: Act) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move { app.state::<Shell>().act(act).await });
}

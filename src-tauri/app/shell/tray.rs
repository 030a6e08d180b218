//! The tray: a shape and words for what the phone is, and a menu.

use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    include_image,
    menu::{CheckMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};
use tokio::sync::watch;
use tracing::warn;

use crate::{act::Act, standing::Standing, words::Words};

use super::{Shell, leaving, windows};

const MUTE: &str = "mute";
const OPEN: &str = "open";
const QUIT: &str = "quit";

const READY: Image<'_> = include_image!("icons/tray/ready.png");
const RINGING: Image<'_> = include_image!("icons/tray/ringing.png");
const ON_CALL: Image<'_> = include_image!("icons/tray/on_call.png");
const MUTED: Image<'_> = include_image!("icons/tray/muted.png");
const HELD: Image<'_> = include_image!("icons/tray/held.png");
const WORKING: Image<'_> = include_image!("icons/tray/working.png");
const SIGNED_OUT: Image<'_> = include_image!("icons/tray/signed_out.png");
const FAULT: Image<'_> = include_image!("icons/tray/fault.png");

/// What the tray shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) standing: Standing,
    pub(super) words: &'static Words,
}

/// The tray and those of its items that change.
struct Tray {
    icon: TrayIcon,
    standing: MenuItem<Wry>,
    mute: CheckMenuItem<Wry>,
    open: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

/// Puts the tray up and keeps it true; where the system has none the window is all there is.
pub(super) fn follow(app: &AppHandle, shown: watch::Receiver<Shown>) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        let handle = app.clone();
        if let Err(error) = keep_true(app, shown).await
            && !handle.state::<Shell>().is_leaving()
        {
            warn!(%error, "no tray");
        }
    });
}

async fn keep_true(app: AppHandle, mut shown: watch::Receiver<Shown>) -> tauri::Result<()> {
    let first = *shown.borrow_and_update();
    let handle = app.clone();
    let tray = beside(move || Tray::new(&handle, first)).await?;
    #[cfg(target_os = "linux")]
    tauri::async_runtime::spawn(host::watch(app));
    let tray = std::sync::Arc::new(tray);
    while shown.changed().await.is_ok() {
        let now = *shown.borrow_and_update();
        let tray = tray.clone();
        beside(move || tray.show(now)).await?;
    }
    Ok(())
}

/// Waits for what waits for the thread of the windows.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> tauri::Result<T> + Send + 'static,
) -> tauri::Result<T> {
    tauri::async_runtime::spawn_blocking(work).await?
}

impl Tray {
    fn new(app: &AppHandle, first: Shown) -> tauri::Result<Self> {
        let standing = MenuItem::new(app, "", false, None::<&str>)?;
        let mute = CheckMenuItem::with_id(app, MUTE, "", false, false, None::<&str>)?;
        let open = MenuItem::with_id(app, OPEN, "", true, None::<&str>)?;
        let quit = MenuItem::with_id(app, QUIT, "", true, None::<&str>)?;
        let line = PredefinedMenuItem::separator(app)?;
        let menu = Menu::with_items(app, &[&standing, &line, &mute, &open, &line, &quit])?;
        let icon = TrayIconBuilder::with_id("phone")
            .menu(&menu)
            .icon(shape(first.standing))
            .show_menu_on_left_click(false)
            .on_menu_event(chosen)
            .on_tray_icon_event(|tray, event| {
                if let TrayIconEvent::Click {
                    button: MouseButton::Left,
                    button_state: MouseButtonState::Up,
                    ..
                } = event
                {
                    windows::show_main(tray.app_handle());
                }
            })
            .build(app)?;
        let tray = Self {
            icon,
            standing,
            mute,
            open,
            quit,
        };
        tray.show(first)?;
        Ok(tray)
    }

    fn show(&self, Shown { standing, words }: Shown) -> tauri::Result<()> {
        let told = match standing {
            Standing::Ringing => words.ringing,
            Standing::OnCall => words.on_call,
            Standing::Muted => words.muted,
            Standing::Held => words.held,
            Standing::Ready => words.ready,
            Standing::Working => words.working,
            Standing::SignedOut => words.signed_out,
            Standing::NoPhone => words.no_phone,
            Standing::Fault => words.fault,
        };
        self.icon.set_icon(Some(shape(standing)))?;
        self.icon
            .set_tooltip(Some(format!("Helix Phone – {told}")))?;
        self.standing.set_text(told)?;
        self.mute.set_text(words.mute)?;
        self.mute
            .set_enabled(matches!(standing, Standing::OnCall | Standing::Muted))?;
        self.mute.set_checked(standing == Standing::Muted)?;
        self.open.set_text(words.open)?;
        self.quit.set_text(words.quit)
    }
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id.as_ref() {
        MUTE => super::spawn(app, Act::ToggleMute),
        OPEN => windows::show_main(app),
        QUIT => leaving::ask(app),
        _ => {}
    }
}

fn shape(standing: Standing) -> Image<'static> {
    match standing {
        Standing::Ringing => RINGING,
        Standing::OnCall => ON_CALL,
        Standing::Muted => MUTED,
        Standing::Held => HELD,
        Standing::Ready => READY,
        Standing::Working => WORKING,
        Standing::SignedOut | Standing::NoPhone => SIGNED_OUT,
        Standing::Fault => FAULT,
    }
}

/// Whether somebody shows what is in the tray: a desktop may have none, or start it after us.
#[cfg(target_os = "linux")]
mod host {
    use std::sync::atomic::Ordering;

    use futures_util::StreamExt;
    use tauri::{AppHandle, Manager};
    use tracing::warn;
    use zbus::{Connection, fdo::DBusProxy};

    use super::Shell;

    /// Who a tray of the system is (the specification of StatusNotifierItem).
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    pub(super) async fn watch(app: AppHandle) {
        if let Err(error) = follow(&app).await {
            warn!(%error, "a tray is not looked for: closing the window ends the phone");
        }
    }

    async fn follow(app: &AppHandle) -> zbus::Result<()> {
        let connection = Connection::session().await?;
        let bus = DBusProxy::new(&connection).await?;
        let mut changes = bus
            .receive_name_owner_changed_with_args(&[(0, WATCHER)])
            .await?;
        let is_there = bus.name_has_owner(WATCHER.try_into()?).await?;
        let shell = app.state::<Shell>();
        shell.has_tray.store(is_there, Ordering::Relaxed);
        while let Some(change) = changes.next().await {
            let is_there = change.args()?.new_owner().is_some();
            shell.has_tray.store(is_there, Ordering::Relaxed);
        }
        Ok(())
    }
}

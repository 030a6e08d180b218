//! The tray: a shape and words for what the phone is, and a menu.

use std::sync::{Mutex, PoisonError};

use phone::{AccountView, Availability, CallState, CallView, PhoneView};
use tauri::{
    AppHandle, Manager, Wry,
    image::Image,
    include_image,
    menu::{CheckMenuItem, Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};
use tokio::sync::watch;
use tracing::warn;

use crate::{act::Act, caller::apart, standing::Standing, words::Words};

use super::{Shell, leaving, windows};

const MUTE: &str = "mute";
const HANG_UP: &str = "hang_up";
const CHECK: &str = "check";
const OPEN: &str = "open";
const QUIT: &str = "quit";
const READY_ITEM: &str = "ready";
const PAUSE_ITEM: &str = "pause";

/// Stands before the place of a reason in the sidecar's list.
const PAUSE_FOR: &str = "pause-";

const READY: Image<'_> = include_image!("icons/tray/ready.png");
const RINGING: Image<'_> = include_image!("icons/tray/ringing.png");
const ON_CALL: Image<'_> = include_image!("icons/tray/on_call.png");
const MUTED: Image<'_> = include_image!("icons/tray/muted.png");
const HELD: Image<'_> = include_image!("icons/tray/held.png");
const WORKING: Image<'_> = include_image!("icons/tray/working.png");
const WRAP_UP: Image<'_> = include_image!("icons/tray/wrap_up.png");
const PAUSED: Image<'_> = include_image!("icons/tray/paused.png");
const UNSET: Image<'_> = include_image!("icons/tray/unset.png");
const SIGNED_OUT: Image<'_> = include_image!("icons/tray/signed_out.png");
const FAULT: Image<'_> = include_image!("icons/tray/fault.png");

/// What the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    standing: Standing,
    words: &'static Words,
    /// What hanging up would be; `None`: there is no call.
    ends: Option<Ends>,
    /// Whether there is a phone that can be checked.
    has_phone: bool,
    /// `None`: the phone speaks to none.
    queue: Option<AtQueue>,
}

/// How the call ends that is hung up here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Declined,
    HungUp,
}

/// What can be chosen of the queue, and what is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AtQueue {
    availability: Option<Availability>,
    pause_reasons: Vec<String>,
}

/// The tray, and its menu as it is.
struct Tray {
    icon: TrayIcon,
    menu: Mutex<Items>,
}

/// The items of the menu that change.
struct Items {
    menu: Menu<Wry>,
    standing: MenuItem<Wry>,
    queue: Option<QueueItems>,
    mute: CheckMenuItem<Wry>,
    hang_up: MenuItem<Wry>,
    open: MenuItem<Wry>,
    check: MenuItem<Wry>,
    quit: MenuItem<Wry>,
}

/// Ready, and the reasons of pauses; without any of them one item stands for a pause.
struct QueueItems {
    pause_reasons: Vec<String>,
    ready: CheckMenuItem<Wry>,
    pause: Option<Submenu<Wry>>,
    pauses: Vec<CheckMenuItem<Wry>>,
}

impl Shown {
    pub(super) fn of(view: &PhoneView, words: &'static Words) -> Self {
        Self {
            standing: Standing::of(view),
            words,
            ends: Ends::of(view),
            has_phone: match view.account {
                AccountView::SignedIn { phone, .. } => phone,
                AccountView::Fallback { .. } => true,
                AccountView::SignedOut { .. }
                | AccountView::Restoring
                | AccountView::Resuming { .. }
                | AccountView::SigningIn { .. }
                | AccountView::Asking { .. }
                | AccountView::NotConfigured { .. }
                | AccountView::SigningOut => false,
            },
            queue: view.queue.as_ref().map(|queue| AtQueue {
                availability: queue.availability.clone(),
                pause_reasons: queue.pause_reasons.clone(),
            }),
        }
    }
}

impl Ends {
    fn of(view: &PhoneView) -> Option<Self> {
        let rings = |it: &CallView| matches!(it.state, CallState::Alerting);
        match view.calls.as_slice() {
            [] => None,
            calls if calls.iter().all(rings) => Some(Self::Declined),
            _ => Some(Self::HungUp),
        }
    }
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
    let first = shown.borrow_and_update().clone();
    let handle = app.clone();
    let tray = beside(move || Tray::new(&handle, first)).await?;
    #[cfg(target_os = "linux")]
    tauri::async_runtime::spawn(host::watch(app.clone()));
    let tray = std::sync::Arc::new(tray);
    while shown.changed().await.is_ok() {
        let now = shown.borrow_and_update().clone();
        let (tray, app) = (tray.clone(), app.clone());
        beside(move || tray.show(&app, &now)).await?;
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
        let items = Items::new(app, &first)?;
        let icon = TrayIconBuilder::with_id("phone")
            .menu(&items.menu)
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
        let menu = Mutex::new(items);
        let tray = Self { icon, menu };
        tray.show(app, &first)?;
        Ok(tray)
    }

    fn show(&self, app: &AppHandle, shown: &Shown) -> tauri::Result<()> {
        let told = told(shown);
        self.icon.set_icon(Some(shape(shown.standing)))?;
        self.icon
            .set_tooltip(Some(format!("Helix Phone – {told}")))?;
        let mut items = self.menu.lock().unwrap_or_else(PoisonError::into_inner);
        if !items.are_for(shown) {
            *items = Items::new(app, shown)?;
            self.icon.set_menu(Some(items.menu.clone()))?;
        }
        items.show(shown, &told)
    }
}

impl Items {
    fn new(app: &AppHandle, shown: &Shown) -> tauri::Result<Self> {
        let standing = MenuItem::new(app, "", false, None::<&str>)?;
        let mute = CheckMenuItem::with_id(app, MUTE, "", false, false, None::<&str>)?;
        let hang_up = MenuItem::with_id(app, HANG_UP, "", false, None::<&str>)?;
        let open = MenuItem::with_id(app, OPEN, "", true, None::<&str>)?;
        let check = MenuItem::with_id(app, CHECK, "", false, None::<&str>)?;
        let quit = MenuItem::with_id(app, QUIT, "", true, None::<&str>)?;
        let line = PredefinedMenuItem::separator(app)?;
        let menu = Menu::with_items(app, &[&standing, &line])?;
        let queue = match &shown.queue {
            None => None,
            Some(queue) => Some(QueueItems::new(app, &menu, queue)?),
        };
        menu.append_items(&[&mute, &hang_up, &line, &open, &check, &line, &quit])?;
        Ok(Self {
            menu,
            standing,
            queue,
            mute,
            hang_up,
            open,
            check,
            quit,
        })
    }

    /// Whether these are the items for what is to be shown.
    fn are_for(&self, shown: &Shown) -> bool {
        match (&self.queue, &shown.queue) {
            (None, None) => true,
            (Some(items), Some(queue)) => items.pause_reasons == queue.pause_reasons,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn show(&self, shown: &Shown, told: &str) -> tauri::Result<()> {
        let Shown {
            standing,
            words,
            ends,
            has_phone,
            queue,
        } = shown;
        self.standing.set_text(in_menu(told))?;
        if let (Some(items), Some(queue)) = (&self.queue, queue) {
            items.show(queue, words)?;
        }
        self.mute.set_text(words.mute)?;
        self.mute
            .set_enabled(matches!(standing, Standing::OnCall | Standing::Muted))?;
        self.mute.set_checked(*standing == Standing::Muted)?;
        self.hang_up.set_text(match ends {
            Some(Ends::Declined) => words.decline,
            Some(Ends::HungUp) | None => words.hang_up,
        })?;
        self.hang_up.set_enabled(ends.is_some())?;
        self.open.set_text(words.open)?;
        self.check.set_text(words.check)?;
        self.check.set_enabled(*has_phone)?;
        self.quit.set_text(words.quit)
    }
}

impl QueueItems {
    /// Adds them to a menu.
    fn new(app: &AppHandle, menu: &Menu<Wry>, queue: &AtQueue) -> tauri::Result<Self> {
        let ready = CheckMenuItem::with_id(app, READY_ITEM, "", true, false, None::<&str>)?;
        menu.append(&ready)?;
        let pause_reasons = queue.pause_reasons.clone();
        let mut pauses = Vec::new();
        let pause = if pause_reasons.is_empty() {
            let item = CheckMenuItem::with_id(app, PAUSE_ITEM, "", true, false, None::<&str>)?;
            menu.append(&item)?;
            pauses.push(item);
            None
        } else {
            let submenu = Submenu::new(app, "", true)?;
            for (place, reason) in pause_reasons.iter().enumerate() {
                let id = format!("{PAUSE_FOR}{place}");
                let item =
                    CheckMenuItem::with_id(app, id, in_menu(reason), true, false, None::<&str>)?;
                submenu.append(&item)?;
                pauses.push(item);
            }
            menu.append(&submenu)?;
            Some(submenu)
        };
        Ok(Self {
            pause_reasons,
            ready,
            pause,
            pauses,
        })
    }

    fn show(&self, queue: &AtQueue, words: &Words) -> tauri::Result<()> {
        self.ready.set_text(words.ready)?;
        let is_ready = queue.availability == Some(Availability::Ready);
        self.ready.set_checked(is_ready)?;
        match (&self.pause, self.pauses.first()) {
            (Some(submenu), _) => submenu.set_text(words.pause)?,
            (None, Some(item)) => item.set_text(words.pause)?,
            (None, None) => {}
        }
        for (place, item) in self.pauses.iter().enumerate() {
            let is_chosen = match &queue.availability {
                Some(Availability::Pause { reason }) => {
                    reason.as_ref() == self.pause_reasons.get(place)
                }
                Some(Availability::Ready) | None => false,
            };
            item.set_checked(is_chosen)?;
        }
        Ok(())
    }
}

/// A text for an item of a menu: one ampersand would mark the letter after it.
fn in_menu(text: &str) -> String {
    text.replace('&', "&&")
}

/// Returns what the phone is, in words.
fn told(shown: &Shown) -> String {
    let words = shown.words;
    let availability = shown.queue.as_ref().and_then(|it| it.availability.as_ref());
    let told = match shown.standing {
        Standing::Ringing => words.ringing,
        Standing::OnCall => words.on_call,
        Standing::Muted => words.muted,
        Standing::Held => words.held,
        Standing::WrapUp => words.wrap_up,
        Standing::Ready => words.ready,
        Standing::Paused => match availability {
            Some(Availability::Pause {
                reason: Some(reason),
            }) => return words.paused_for.replace("{ $reason }", &apart(reason)),
            Some(Availability::Pause { reason: None } | Availability::Ready) | None => words.paused,
        },
        Standing::Unset => words.unset,
        Standing::NoQueue => words.no_queue,
        Standing::NoMicrophone => words.no_microphone,
        Standing::NoLine => words.no_line,
        Standing::Connecting => words.connecting,
        Standing::Reconnecting => words.reconnecting,
        Standing::SignedOut => words.signed_out,
        Standing::NoPhone => words.no_phone,
    };
    told.to_owned()
}

fn chosen(app: &AppHandle, event: MenuEvent) {
    match event.id.as_ref() {
        MUTE => super::spawn(app, Act::ToggleMute),
        HANG_UP => super::spawn(app, Act::HangUp),
        OPEN => windows::show_main(app),
        CHECK => check(app),
        QUIT => leaving::ask(app),
        READY_ITEM => super::spawn(app, Act::Ready),
        PAUSE_ITEM => super::spawn(app, Act::Pause(None)),
        id => {
            let place = id.strip_prefix(PAUSE_FOR).and_then(|it| it.parse().ok());
            if let Some(place) = place {
                super::spawn(app, Act::Pause(Some(place)));
            }
        }
    }
}

/// Has the phone checked, and its user see what comes of it.
fn check(app: &AppHandle) {
    let shell = app.state::<Shell>();
    let now = shell.engine().now();
    shell.window.send_modify(|it| it.check_asked_at = Some(now));
    windows::show_main(app);
    super::spawn(app, Act::Check);
}

fn shape(standing: Standing) -> Image<'static> {
    match standing {
        Standing::Ringing => RINGING,
        Standing::OnCall => ON_CALL,
        Standing::Muted => MUTED,
        Standing::Held => HELD,
        Standing::WrapUp => WRAP_UP,
        Standing::Ready => READY,
        Standing::Paused => PAUSED,
        Standing::Unset => UNSET,
        Standing::Connecting | Standing::Reconnecting => WORKING,
        Standing::SignedOut | Standing::NoPhone => SIGNED_OUT,
        Standing::NoQueue | Standing::NoMicrophone | Standing::NoLine => FAULT,
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

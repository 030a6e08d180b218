//! The windows: the whole phone and the bar that can take its place. Each is made when it is first
//! wanted.

use std::{
    mem,
    sync::{
        PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use engine::Theme;
use tauri::{
    AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent, Wry,
    plugin::TauriPlugin,
    utils::config::Color,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tauri_plugin_window_state::StateFlags;
use tracing::{info, warn};

use super::{Shell, leaving, web_process};

pub(super) const MAIN: &str = "main";
pub(super) const MINI: &str = "mini";
pub(super) const RING: &str = "ring";

/// The page's own background, which is seen before the page is.
const LIGHT: Color = Color(0xFF, 0xFF, 0xFF, 0xFF);
const DARK: Color = Color(0x14, 0x18, 0x1D, 0xFF);

/// Keeps where the windows are and how large, between two starts. The pop-up has its place.
pub(super) fn remembered() -> TauriPlugin<Wry> {
    tauri_plugin_window_state::Builder::new()
        .with_state_flags(StateFlags::POSITION | StateFlags::SIZE)
        .with_denylist(&[RING])
        .build()
}

/// Has the windows shown by X11 also on a desktop with Wayland, where it has both: on Wayland no program can
/// say where its window lies, keep it above others or leave the focus where it is, and the pop-up needs
/// all three. `GDK_BACKEND` says otherwise.
///
/// Call it before GTK is started.
#[cfg(target_os = "linux")]
pub(super) fn prefer_x11() {
    gtk::gdk::set_allowed_backends("x11,*");
}

/// Brings the whole window to the front, and puts the bar away.
pub(super) fn show_main(app: &AppHandle) {
    beside(app, |app| {
        if app.state::<Shell>().is_leaving() {
            return Ok(());
        }
        set_in_tray(app, false);
        match app.get_webview_window(MAIN) {
            Some(window) => {
                window.show()?;
                window.unminimize()?;
                window.set_focus()?;
            }
            None => make_main(app)?,
        }
        if let Some(mini) = app.get_webview_window(MINI) {
            mini.destroy()?;
        }
        Ok(())
    });
}

/// Shows the whole window where it was never shown yet.
pub(super) fn show_if_none(app: &AppHandle) {
    if app.get_webview_window(MAIN).is_none() {
        show_main(app);
    }
}

/// Puts the bar in the place of the whole window.
pub(super) fn show_mini(app: &AppHandle) {
    beside(app, |app| {
        set_in_tray(app, false);
        // One that is there already shows itself with its page, and nobody hides it.
        if app.get_webview_window(MINI).is_none() {
            beside_main(app, make_mini)?;
        }
        if let Some(main) = app.get_webview_window(MAIN) {
            main.hide()?;
        }
        Ok(())
    });
}

/// Follows what happens to a window.
pub(super) fn happened(app: &AppHandle, label: &str, event: &WindowEvent) {
    if let WindowEvent::CloseRequested { api, .. } = event {
        let shell = app.state::<Shell>();
        api.prevent_close();
        if label == MINI {
            show_main(app);
        } else if shell.window_settings().quit_on_close || !shell.has_tray.load(Ordering::Relaxed) {
            leaving::ask(app);
        } else if let Some(window) = app.get_webview_window(label) {
            match window.hide() {
                Ok(()) if label == MAIN => set_in_tray(app, true),
                Ok(()) => {}
                Err(error) => warn!(%error, "the window stays"),
            }
        }
    }
}

/// Notes whether a window can be seen, for the one who reads aloud that somebody calls: nobody tells of
/// a window that was minimised.
pub(super) fn look(app: &AppHandle) -> tauri::Result<()> {
    let mut in_tray = true;
    for label in [MAIN, MINI] {
        if let Some(window) = app.get_webview_window(label) {
            in_tray &= !window.is_visible()? || window.is_minimized()?;
        }
    }
    set_in_tray(app, in_tray);
    Ok(())
}

fn set_in_tray(app: &AppHandle, in_tray: bool) {
    let shell = app.state::<Shell>();
    shell
        .window
        .send_if_modified(|it| mem::replace(&mut it.in_tray, in_tray) != in_tray);
}

/// Gives all windows the colours that the settings name.
pub(super) fn dress(app: &AppHandle) {
    beside(app, |app| {
        for window in app.webview_windows().values() {
            window.set_theme(theme(app))?;
            paint(window)?;
        }
        Ok(())
    });
}

fn make_main(app: &AppHandle) -> tauri::Result<()> {
    let window = builder(app, MAIN, "index.html")
        .inner_size(360.0, 600.0)
        .min_inner_size(320.0, 480.0)
        .max_inner_size(480.0, f64::from(u16::MAX))
        .maximizable(false)
        .build()?;
    finish(&window)
}

fn make_mini(app: &AppHandle, main: Option<Related>) -> tauri::Result<()> {
    let builder = fixed(builder(app, MINI, "mini.html"), 360.0, 56.0)
        .decorations(false)
        .always_on_top(true);
    finish(&related(builder, main).build()?)
}

/// The view of a window that is there.
#[cfg(target_os = "linux")]
pub(super) type Related = webkit2gtk::WebView;
#[cfg(not(target_os = "linux"))]
pub(super) type Related = std::convert::Infallible;

/// Makes a window whose page is drawn by the process that draws the whole phone: one more would take
/// 60 MB.
pub(super) fn beside_main(
    app: &AppHandle,
    make: fn(&AppHandle, Option<Related>) -> tauri::Result<()>,
) -> tauri::Result<()> {
    #[cfg(target_os = "linux")]
    if let Some(main) = app.get_webview_window(MAIN) {
        let app = app.clone();
        return main.with_webview(move |webview| {
            let view = webview.inner();
            // Here the windows are still looked at by whoever calls this.
            gtk::glib::idle_add_local_once(move || {
                if let Err(error) = make(&app, Some(view)) {
                    warn!(%error, "a window is missing");
                }
            });
        });
    }
    make(app, None)
}

#[cfg(target_os = "linux")]
pub(super) fn related<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    main: Option<Related>,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    match main {
        Some(view) => builder.with_related_view(view),
        None => builder,
    }
}

/// Elsewhere the system decides which pages share a process.
#[cfg(not(target_os = "linux"))]
pub(super) fn related<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    _main: Option<Related>,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    builder
}

/// A window that shows itself as soon as its page is there, and where it was put away stays away when
/// the page is loaded again.
pub(super) fn builder<'a>(
    app: &'a AppHandle,
    label: &str,
    page: &str,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let is_ring = label == RING;
    let was_loaded = AtomicBool::new(false);
    WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title("Helix Phone")
        .theme(theme(app))
        .visible(false)
        .devtools(cfg!(debug_assertions))
        // The page is ours; nothing of it leads elsewhere or comes in from outside.
        .on_navigation(|url| {
            matches!(url.scheme(), "tauri") || url.domain() == Some("tauri.localhost")
        })
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .on_page_load(move |window, load| {
            let is_shown = match load.event() {
                PageLoadEvent::Started => Ok(()),
                PageLoadEvent::Finished if was_loaded.swap(true, Ordering::Relaxed) => {
                    info!(window = window.label(), "the page is loaded again");
                    Ok(())
                }
                // Who shows the pop-up decides when.
                PageLoadEvent::Finished if is_ring => Ok(()),
                PageLoadEvent::Finished => window.show(),
            };
            if let Err(error) = is_shown {
                warn!(%error, "the window stays hidden");
            }
        })
}

/// A size that its user cannot change. One that is not resizable would be 200 pixels high at least
/// with GTK.
pub(super) fn fixed<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    width: f64,
    height: f64,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    builder
        .inner_size(width, height)
        .min_inner_size(width, height)
        .max_inner_size(width, height)
        .maximizable(false)
}

/// What can be done only when a window is there.
pub(super) fn finish(window: &WebviewWindow) -> tauri::Result<()> {
    paint(window)?;
    web_process::watch(window)
}

fn paint(window: &WebviewWindow) -> tauri::Result<()> {
    let is_dark = window.theme()? == tauri::Theme::Dark;
    let colour = if is_dark { DARK } else { LIGHT };
    window.set_background_color(Some(colour))
}

fn theme(app: &AppHandle) -> Option<tauri::Theme> {
    match app.state::<Shell>().window_settings().theme {
        Theme::System => None,
        Theme::Light => Some(tauri::Theme::Light),
        Theme::Dark => Some(tauri::Theme::Dark),
    }
}

/// Does something with windows on a thread that may wait for that of the windows.
fn beside(app: &AppHandle, work: impl FnOnce(&AppHandle) -> tauri::Result<()> + Send + 'static) {
    let app = app.clone();
    tauri::async_runtime::spawn_blocking(move || {
        let shell = app.state::<Shell>();
        let _alone = shell
            .window_work
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = work(&app) {
            warn!(%error, "the windows are not as wished");
        }
    });
}

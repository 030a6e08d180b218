//! The menu of macOS: what each program has there, and its Quit (⌘Q) goes the way of the tray's. The system's own
//! asks nothing in a call.

use tauri::{
    AppHandle, Manager,
    menu::{Menu, MenuEvent, MenuItem, PredefinedMenuItem, Submenu},
};
use tracing::warn;

use super::{Shell, leaving};

const QUIT: &str = "quit";

/// Puts it up, in the present language.
pub(super) fn put_up(app: &AppHandle) {
    let app = app.clone();
    // The thread of the windows has to make each item.
    tauri::async_runtime::spawn_blocking(move || {
        if let Err(error) = make(&app) {
            warn!(%error, "no menu");
        }
    });
}

/// Does what was chosen; all other items are the system's.
pub(super) fn chosen(app: &AppHandle, event: MenuEvent) {
    if event.id == QUIT {
        leaving::ask(app);
    }
}

fn make(app: &AppHandle) -> tauri::Result<()> {
    let quit = app.state::<Shell>().words().quit;
    let line = || PredefinedMenuItem::separator(app);
    let program = Submenu::with_items(
        app,
        "Helix Phone",
        true,
        &[
            &PredefinedMenuItem::about(app, None, None)?,
            &line()?,
            &PredefinedMenuItem::services(app, None)?,
            &line()?,
            &PredefinedMenuItem::hide(app, None)?,
            &PredefinedMenuItem::hide_others(app, None)?,
            &PredefinedMenuItem::show_all(app, None)?,
            &line()?,
            &MenuItem::with_id(app, QUIT, quit, true, Some("CmdOrCtrl+Q"))?,
        ],
    )?;
    // Without these the keys of the clipboard do nothing in a page.
    let edit = Submenu::with_items(
        app,
        "Edit",
        true,
        &[
            &PredefinedMenuItem::undo(app, None)?,
            &PredefinedMenuItem::redo(app, None)?,
            &line()?,
            &PredefinedMenuItem::cut(app, None)?,
            &PredefinedMenuItem::copy(app, None)?,
            &PredefinedMenuItem::paste(app, None)?,
            &PredefinedMenuItem::select_all(app, None)?,
        ],
    )?;
    let window = Submenu::with_items(
        app,
        "Window",
        true,
        &[
            &PredefinedMenuItem::minimize(app, None)?,
            &PredefinedMenuItem::close_window(app, None)?,
        ],
    )?;
    app.set_menu(Menu::with_items(app, &[&program, &edit, &window])?)?;
    Ok(())
}

//! The clipboard.

use tauri::AppHandle;

use crate::page::Rejected;

/// Puts a text into the clipboard. GTK asks for the thread of the windows, which serves the clipboard
/// from then on.
#[cfg(target_os = "linux")]
pub(super) fn copy(app: &AppHandle, text: String) -> Result<(), Rejected> {
    app.run_on_main_thread(move || {
        gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).set_text(&text);
    })
    .map_err(failed)
}

/// Puts a text into the clipboard.
#[cfg(not(target_os = "linux"))]
pub(super) fn copy(_app: &AppHandle, text: String) -> Result<(), Rejected> {
    let mut clipboard = arboard::Clipboard::new().map_err(failed)?;
    clipboard.set_text(text).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Rejected {
    Rejected::new("failed", format!("The clipboard took nothing: {error}"))
}

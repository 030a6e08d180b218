//! The file that a user saves for whoever helps.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager};

use crate::{page::Rejected, support::Report};

use super::Shell;

/// As many as anybody keeps beside one another.
const MOST_FILES: u32 = 1000;

/// Writes it to where downloads go, beside those that were saved before; returns where it is.
pub(super) async fn save(app: &AppHandle, shown: &str) -> Result<String, Rejected> {
    let shell = app.state::<Shell>();
    let settings = shell.settings.lock().await.settings().clone();
    let text = Report {
        shown,
        view: &shell.engine().view().borrow().clone(),
        settings: &shell.policy().effective(Some(&settings)),
        log: &shell.recent.text(),
    }
    .text();
    let folders = app.path();
    let folder = folders.download_dir().or_else(|_| folders.home_dir());
    let folder = folder.map_err(|error| failed(&error))?;
    let path = unused(&folder).ok_or_else(|| failed(&"too many of them are there already"))?;
    // It may wait for the disk.
    tokio::task::block_in_place(|| engine::replace_file(&path, text.as_bytes()))
        .map_err(|error| failed(&error))?;
    Ok(path.display().to_string())
}

fn unused(folder: &Path) -> Option<PathBuf> {
    let first = folder.join("helix-phone-support.txt");
    let more =
        (2..=MOST_FILES).map(|number| folder.join(format!("helix-phone-support-{number}.txt")));
    std::iter::once(first).chain(more).find(|it| !it.exists())
}

fn failed(error: &dyn std::fmt::Display) -> Rejected {
    Rejected::new("failed", format!("The file could not be saved: {error}"))
}

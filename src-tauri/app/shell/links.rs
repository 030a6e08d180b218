//! Links that were opened elsewhere: the user is asked before anything is dialled.

use tauri::{AppHandle, Manager};
use tracing::info;

use crate::link;

use super::{Shell, windows};

/// Asks the user about what a link wants called; one that wants anything else only brings the window.
pub(super) fn opened(app: &AppHandle, link: &str) {
    match link::target(link) {
        Ok(target) => {
            info!("a link wants a call");
            let shell = app.state::<Shell>();
            shell.window.send_modify(|it| it.link = Some(target));
        }
        // What it holds is somebody's, and may be anything.
        Err(refused) => info!(%refused, "a link is not followed"),
    }
    windows::show_main(app);
}

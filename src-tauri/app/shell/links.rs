//! Links that were opened elsewhere: the user is asked before anything is dialled.

use tauri::{AppHandle, Manager};
use tracing::info;

use crate::link;

use super::{Shell, windows};

/// Asks the user about what a link wants called; one that wants anything else only brings the window.
pub(super) fn opened(app: &AppHandle, link: &str) {
    let shell = app.state::<Shell>();
    let followed = shell.policy().url_handlers();
    let is_followed = |link| {
        followed
            .as_ref()
            .is_none_or(|followed| link::scheme(link).is_some_and(|it| followed.contains(&it)))
    };
    match link::target(link) {
        Ok(_) if !is_followed(link) => info!("the organisation wants no such link followed"),
        Ok(target) => {
            info!("a link wants a call");
            shell.window.send_modify(|it| it.link = Some(target));
        }
        // What it holds is somebody's, and may be anything.
        Err(refused) => info!(%refused, "a link is not followed"),
    }
    windows::show_main(app);
}

//! Links that were opened elsewhere: the user is asked before anything is dialled.

use phone::AccountView;
use tauri::{AppHandle, Manager};
use tracing::info;

use crate::link;

use super::{Shell, notices, windows};

/// Asks the user about what a link wants called, and says so where that cannot be asked now.
pub(super) fn opened(app: &AppHandle, link: &str) {
    let shell = app.state::<Shell>();
    let words = shell.words();
    let followed = shell.policy().url_handlers();
    let is_followed = |link| {
        followed
            .as_ref()
            .is_none_or(|followed| link::scheme(link).is_some_and(|it| followed.contains(&it)))
    };
    let told = match link::target(link) {
        Ok(_) if !is_followed(link) => {
            info!("the organisation wants no such link followed");
            Some(words.link_not_followed)
        }
        Ok(target) => {
            info!("a link wants a call");
            shell.ask_about(target)
        }
        // What it holds is somebody's, and may be anything.
        Err(refused) => {
            info!(%refused, "a link is not followed");
            Some(words.link_without_number)
        }
    };
    if let Some(told) = told {
        tauri::async_runtime::spawn(notices::say(told));
    }
    windows::show_main(app);
}

impl Shell {
    /// Returns what is told where the user is not asked at once.
    fn ask_about(&self, target: String) -> Option<&'static str> {
        let words = self.words();
        let (is_asked, told) = match self.engine().view().borrow().account {
            AccountView::SignedIn { phone: true, .. } | AccountView::Fallback { .. } => {
                (true, None)
            }
            AccountView::SignedIn { phone: false, .. } | AccountView::NotConfigured { .. } => {
                (false, Some(words.no_phone))
            }
            AccountView::SignedOut { .. } | AccountView::SigningOut => {
                (false, Some(words.link_signed_out))
            }
            // It is on its way.
            AccountView::Restoring
            | AccountView::Resuming { .. }
            | AccountView::SigningIn { .. }
            | AccountView::Asking { .. } => (false, None),
        };
        let mut is_other = false;
        self.window.send_if_modified(|it| {
            // What can be read stays while a hand is on its way to the button.
            is_other = is_asked && it.link.as_ref().is_some_and(|link| *link != target);
            if !is_other {
                it.link = Some(target);
            }
            !is_other
        });
        if is_other {
            Some(words.another_link)
        } else {
            told
        }
    }
}

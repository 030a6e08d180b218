//! The tray of a Linux desktop, as [StatusNotifierItem] has it. A desktop may have none, start it after
//! the phone, or start it again.
//!
//! [StatusNotifierItem]: https://www.freedesktop.org/wiki/Specifications/StatusNotifierItem/

use std::sync::atomic::Ordering;

use ksni::{
    Category, Handle, Icon, MenuItem, OfflineReason, Status, ToolTip, TrayMethods,
    menu::{CheckmarkItem, StandardItem, SubMenu},
};
use tauri::{AppHandle, Manager};
use tracing::debug;

use super::{Item, Row, Shell, Shown, Standing, choose, rows, shape, told, windows};

const NAME: &str = "Helix Phone";

/// Why there is no tray.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Bus(#[from] ksni::Error),
    #[error("the connection to the session bus has ended")]
    Ended,
}

/// What is in the tray.
pub(super) struct Tray(Handle<Notifier>);

/// What the desktop asks.
struct Notifier {
    app: AppHandle,
    shown: Shown,
}

impl Tray {
    pub(super) async fn put_up(app: &AppHandle, first: Shown) -> Result<Self, Error> {
        has_tray(app, true);
        let notifier = Notifier {
            app: app.clone(),
            shown: first,
        };
        let spawned = notifier.assume_sni_available(true).spawn().await;
        spawned.map(Self).map_err(|error| {
            has_tray(app, false);
            error.into()
        })
    }

    pub(super) async fn show(&self, shown: Shown) -> Result<(), Error> {
        let updated = self.0.update(|it| it.shown = shown).await;
        updated.ok_or(Error::Ended)
    }
}

fn has_tray(app: &AppHandle, is_there: bool) {
    let shell = app.state::<Shell>();
    shell.has_tray.store(is_there, Ordering::Relaxed);
}

impl ksni::Tray for Notifier {
    fn id(&self) -> String {
        "helix-phone".to_owned()
    }

    fn category(&self) -> Category {
        Category::Communications
    }

    fn title(&self) -> String {
        NAME.to_owned()
    }

    fn status(&self) -> Status {
        if self.shown.standing == Standing::Ringing {
            Status::NeedsAttention
        } else {
            Status::Active
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        let image = shape(self.shown.standing);
        // Red, green, blue, alpha; the tray has alpha first.
        let data = image
            .rgba()
            .chunks_exact(4)
            .flat_map(|it| [it[3], it[0], it[1], it[2]]);
        vec![Icon {
            width: image.width() as i32,
            height: image.height() as i32,
            data: data.collect(),
        }]
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        self.icon_pixmap()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: NAME.to_owned(),
            description: told(&self.shown),
            ..ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        windows::show_main(&self.app);
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        rows(&self.shown).into_iter().map(Row::into_menu).collect()
    }

    fn watcher_online(&self) {
        has_tray(&self.app, true);
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        debug!(?reason, "nobody shows the tray");
        has_tray(&self.app, false);
        true
    }
}

impl Row {
    fn into_menu(self) -> MenuItem<Notifier> {
        match self {
            Self::Line => MenuItem::Separator,
            Self::Text(text) => StandardItem {
                label: in_menu(&text),
                enabled: false,
                ..StandardItem::default()
            }
            .into(),
            Self::Item(item) => item.into_menu(),
            Self::Menu(text, items) => SubMenu {
                label: in_menu(&text),
                submenu: items.into_iter().map(Item::into_menu).collect(),
                ..SubMenu::default()
            }
            .into(),
        }
    }
}

impl Item {
    fn into_menu(self) -> MenuItem<Notifier> {
        let Self {
            choice,
            text,
            is_enabled,
            is_checked,
        } = self;
        let (label, enabled) = (in_menu(&text), is_enabled);
        let activate = Box::new(move |it: &mut Notifier| choose(&it.app, choice));
        match is_checked {
            Some(checked) => CheckmarkItem {
                label,
                enabled,
                checked,
                activate,
                ..CheckmarkItem::default()
            }
            .into(),
            None => StandardItem {
                label,
                enabled,
                activate,
                ..StandardItem::default()
            }
            .into(),
        }
    }
}

/// A text for a row: one underscore would mark the letter after it.
fn in_menu(text: &str) -> String {
    text.replace('_', "__")
}

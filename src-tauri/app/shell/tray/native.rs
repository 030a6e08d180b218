//! The tray of Windows and of macOS.

use std::{
    slice,
    sync::{Arc, Mutex, PoisonError},
};

use tauri::{
    AppHandle, Wry,
    menu::{CheckMenuItem, IsMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

use super::{Choice, Item, Row, Shown, choose, rows, shape, told, windows};

pub(super) type Error = tauri::Error;

/// What is in the tray.
pub(super) struct Tray(Arc<Inner>);

struct Inner {
    app: AppHandle,
    icon: TrayIcon,
    menu: Arc<Mutex<Drawn>>,
    /// What each item of the menu is for. It has a lock of its own: whoever changes the menu waits for
    /// the thread of the windows, which asks here.
    choices: Arc<Mutex<Choices>>,
}

/// The menu as it is, and what it is to say.
#[derive(Default)]
struct Drawn {
    entries: Vec<Entry>,
    rows: Vec<Row>,
}

type Choices = Vec<(MenuId, Choice)>;

/// A row of the menu as the system has it.
enum Entry {
    Line(PredefinedMenuItem<Wry>),
    Text(MenuItem<Wry>),
    Item(Button),
    Menu(Submenu<Wry>, Vec<Button>),
}

/// What can be chosen.
struct Button {
    choice: Choice,
    item: ButtonItem,
}

enum ButtonItem {
    Plain(MenuItem<Wry>),
    Check(CheckMenuItem<Wry>),
}

impl Tray {
    pub(super) async fn put_up(app: &AppHandle, first: Shown) -> Result<Self, Error> {
        let app = app.clone();
        beside(move || Inner::new(app, &first))
            .await
            .map(|it| Self(Arc::new(it)))
    }

    pub(super) async fn show(&self, shown: Shown) -> Result<(), Error> {
        let inner = self.0.clone();
        beside(move || inner.show(&shown)).await
    }
}

/// Waits for what waits for the thread of the windows.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> tauri::Result<T> + Send + 'static,
) -> tauri::Result<T> {
    tauri::async_runtime::spawn_blocking(work).await?
}

impl Inner {
    fn new(app: AppHandle, first: &Shown) -> tauri::Result<Self> {
        let menu = Arc::new(Mutex::new(Drawn::default()));
        let choices = Arc::new(Mutex::new(Choices::new()));
        let (drawn, offered) = (menu.clone(), choices.clone());
        let icon = TrayIconBuilder::with_id("phone")
            .icon(shape(first.standing))
            .show_menu_on_left_click(false)
            .on_menu_event(move |app, event| {
                let offered = offered
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                if let Some((_, choice)) = offered.into_iter().find(|(id, _)| *id == event.id) {
                    choose(app, choice);
                }
                // The system ticks by itself what was pressed, whatever comes of it.
                let drawn = drawn.clone();
                tauri::async_runtime::spawn_blocking(move || {
                    drawn.lock().unwrap_or_else(PoisonError::into_inner).show()
                });
            })
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
            .build(&app)?;
        let tray = Self {
            app,
            icon,
            menu,
            choices,
        };
        tray.show(first)?;
        Ok(tray)
    }

    fn show(&self, shown: &Shown) -> tauri::Result<()> {
        self.icon.set_icon(Some(shape(shown.standing)))?;
        let told = format!("Helix Phone – {}", told(shown));
        self.icon.set_tooltip(Some(told))?;
        let mut menu = self.menu.lock().unwrap_or_else(PoisonError::into_inner);
        menu.rows = rows(shown);
        // A menu that is open is not to be closed by another one without need.
        if !menu.is_whole() {
            let entries = menu.rows.iter().map(|row| Entry::new(&self.app, row));
            menu.entries = entries.collect::<tauri::Result<_>>()?;
            let buttons = menu.entries.iter().flat_map(Entry::buttons);
            *self.choices.lock().unwrap_or_else(PoisonError::into_inner) =
                buttons.map(Button::choice).collect();
            let items: Vec<_> = menu.entries.iter().map(Entry::item).collect();
            self.icon
                .set_menu(Some(Menu::with_items(&self.app, &items)?))?;
        }
        menu.show()
    }
}

impl Drawn {
    /// Whether each row has its entry.
    fn is_whole(&self) -> bool {
        self.entries.len() == self.rows.len()
            && self
                .entries
                .iter()
                .zip(&self.rows)
                .all(|(entry, row)| entry.is_for(row))
    }

    fn show(&self) -> tauri::Result<()> {
        let mut all = self.entries.iter().zip(&self.rows);
        all.try_for_each(|(entry, row)| entry.show(row))
    }
}

impl Entry {
    /// Makes what has no words yet.
    fn new(app: &AppHandle, row: &Row) -> tauri::Result<Self> {
        Ok(match row {
            Row::Line => Self::Line(PredefinedMenuItem::separator(app)?),
            Row::Text(_) => Self::Text(MenuItem::new(app, "", false, None::<&str>)?),
            Row::Item(item) => Self::Item(Button::new(app, item)?),
            Row::Menu(_, items) => {
                let buttons = items.iter().map(|it| Button::new(app, it));
                let buttons = buttons.collect::<tauri::Result<Vec<_>>>()?;
                let items: Vec<_> = buttons.iter().map(Button::item).collect();
                Self::Menu(Submenu::with_items(app, "", true, &items)?, buttons)
            }
        })
    }

    fn item(&self) -> &dyn IsMenuItem<Wry> {
        match self {
            Self::Line(line) => line,
            Self::Text(text) => text,
            Self::Item(button) => button.item(),
            Self::Menu(menu, _) => menu,
        }
    }

    fn buttons(&self) -> &[Button] {
        match self {
            Self::Line(_) | Self::Text(_) => &[],
            Self::Item(button) => slice::from_ref(button),
            Self::Menu(_, buttons) => buttons,
        }
    }

    /// Whether it is the same row, whatever its words are.
    fn is_for(&self, row: &Row) -> bool {
        match (self, row) {
            (Self::Line(_), Row::Line) | (Self::Text(_), Row::Text(_)) => true,
            (Self::Item(button), Row::Item(item)) => button.is_for(item),
            (Self::Menu(_, buttons), Row::Menu(_, items)) => {
                buttons.len() == items.len()
                    && buttons
                        .iter()
                        .zip(items)
                        .all(|(button, item)| button.is_for(item))
            }
            (Self::Line(_) | Self::Text(_) | Self::Item(_) | Self::Menu(..), _) => false,
        }
    }

    fn show(&self, row: &Row) -> tauri::Result<()> {
        match (self, row) {
            (Self::Text(item), Row::Text(text)) => item.set_text(in_menu(text)),
            (Self::Item(button), Row::Item(item)) => button.show(item),
            (Self::Menu(menu, buttons), Row::Menu(text, items)) => {
                menu.set_text(in_menu(text))?;
                buttons
                    .iter()
                    .zip(items)
                    .try_for_each(|(button, item)| button.show(item))
            }
            (Self::Line(_) | Self::Text(_) | Self::Item(_) | Self::Menu(..), _) => Ok(()),
        }
    }
}

impl Button {
    fn new(app: &AppHandle, item: &Item) -> tauri::Result<Self> {
        Ok(Self {
            choice: item.choice,
            item: match item.is_checked {
                None => ButtonItem::Plain(MenuItem::new(app, "", true, None::<&str>)?),
                Some(_) => {
                    ButtonItem::Check(CheckMenuItem::new(app, "", true, false, None::<&str>)?)
                }
            },
        })
    }

    fn item(&self) -> &dyn IsMenuItem<Wry> {
        match &self.item {
            ButtonItem::Plain(item) => item,
            ButtonItem::Check(item) => item,
        }
    }

    fn choice(&self) -> (MenuId, Choice) {
        (self.item().id().clone(), self.choice)
    }

    fn is_for(&self, item: &Item) -> bool {
        let can_be_checked = matches!(self.item, ButtonItem::Check(_));
        self.choice == item.choice && can_be_checked == item.is_checked.is_some()
    }

    fn show(&self, item: &Item) -> tauri::Result<()> {
        let text = in_menu(&item.text);
        match &self.item {
            ButtonItem::Plain(it) => {
                it.set_text(text)?;
                it.set_enabled(item.is_enabled)
            }
            ButtonItem::Check(it) => {
                it.set_text(text)?;
                it.set_enabled(item.is_enabled)?;
                it.set_checked(item.is_checked == Some(true))
            }
        }
    }
}

/// A text for an item: one ampersand would mark the letter after it.
fn in_menu(text: &str) -> String {
    text.replace('&', "&&")
}

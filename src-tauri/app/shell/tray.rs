//! The tray: a shape and words for what the phone is, and a menu.
//!
//! On Linux it is spoken on D-Bus directly ([`status_notifier`]), elsewhere Tauri has it ([`native`]).

#[cfg(not(target_os = "linux"))]
#[path = "tray/native.rs"]
mod system;
#[cfg(target_os = "linux")]
#[path = "tray/status_notifier.rs"]
mod system;

use phone::{AccountView, Availability, CallState, CallView, PhoneView};
use tauri::{AppHandle, Manager, image::Image, include_image};
use tokio::sync::watch;
use tracing::warn;

use crate::{act::Act, caller::apart, standing::Standing, words::Words};

use super::{Shell, leaving, windows};

use system::Tray;

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

/// A row of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Row {
    Line,
    /// Tells something; it cannot be chosen.
    Text(String),
    Item(Item),
    Menu(String, Vec<Item>),
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Item {
    choice: Choice,
    text: String,
    is_enabled: bool,
    /// `None`: it is nothing that is on or off.
    is_checked: Option<bool>,
}

/// What comes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Act(Act),
    Open,
    Check,
    Quit,
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
        if let Err(error) = keep_true(&app, shown).await
            && !app.state::<Shell>().is_leaving()
        {
            warn!(%error, "no tray");
        }
    });
}

async fn keep_true(
    app: &AppHandle,
    mut shown: watch::Receiver<Shown>,
) -> Result<(), system::Error> {
    let first = shown.borrow_and_update().clone();
    let tray = Tray::put_up(app, first).await?;
    while shown.changed().await.is_ok() {
        let now = shown.borrow_and_update().clone();
        tray.show(now).await?;
    }
    Ok(())
}

/// Returns the menu.
fn rows(shown: &Shown) -> Vec<Row> {
    let Shown {
        standing,
        words,
        ends,
        has_phone,
        queue,
    } = shown;
    let item = |choice, text: &str, is_enabled| {
        Row::Item(Item {
            choice,
            text: text.to_owned(),
            is_enabled,
            is_checked: None,
        })
    };
    let mut rows = vec![Row::Text(told(shown)), Row::Line];
    if let Some(queue) = queue {
        rows.extend(queue.rows(words));
    }
    rows.push(Row::Item(Item {
        choice: Choice::Act(Act::ToggleMute),
        text: words.mute.to_owned(),
        is_enabled: matches!(standing, Standing::OnCall | Standing::Muted),
        is_checked: Some(*standing == Standing::Muted),
    }));
    let hang_up = match ends {
        Some(Ends::Declined) => words.decline,
        Some(Ends::HungUp) | None => words.hang_up,
    };
    rows.extend([
        item(Choice::Act(Act::HangUp), hang_up, ends.is_some()),
        Row::Line,
        item(Choice::Open, words.open, true),
        item(Choice::Check, words.check, *has_phone),
        Row::Line,
        item(Choice::Quit, words.quit, true),
    ]);
    rows
}

impl AtQueue {
    /// Ready, and the reasons of pauses; without any of them one row stands for a pause.
    fn rows(&self, words: &Words) -> [Row; 2] {
        let item = |act, text: &str, is_checked| Item {
            choice: Choice::Act(act),
            text: text.to_owned(),
            is_enabled: true,
            is_checked: Some(is_checked),
        };
        let availability = self.availability.as_ref();
        let is_ready = availability == Some(&Availability::Ready);
        let reason = match availability {
            Some(Availability::Pause { reason }) => Some(reason.as_deref()),
            Some(Availability::Ready) | None => None,
        };
        let reasons = self.pause_reasons.iter().enumerate();
        let pauses: Vec<_> = reasons
            .map(|(place, it)| item(Act::Pause(Some(place)), it, reason == Some(Some(it))))
            .collect();
        let pause = if pauses.is_empty() {
            Row::Item(item(Act::Pause(None), words.pause, reason == Some(None)))
        } else {
            Row::Menu(words.pause.to_owned(), pauses)
        };
        [Row::Item(item(Act::Ready, words.ready, is_ready)), pause]
    }
}

/// Does what was chosen.
fn choose(app: &AppHandle, choice: Choice) {
    match choice {
        Choice::Act(act) => super::spawn(app, act),
        Choice::Open => windows::show_main(app),
        Choice::Check => check(app),
        Choice::Quit => leaving::ask(app),
    }
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

#[cfg(test)]
mod tests {
    use crate::words::words;

    use super::*;

    #[test]
    fn a_queue_without_reasons_has_one_row_for_a_pause_and_one_with_them_a_menu() {
        let words = words("en");
        let is_paused = Some(Availability::Pause { reason: None });
        let [_, pause] = queue(is_paused.clone(), &[]).rows(words);
        let Row::Item(pause) = pause else {
            panic!("{pause:?}");
        };
        assert_eq!(pause.choice, Choice::Act(Act::Pause(None)));
        assert_eq!(pause.is_checked, Some(true));

        let reasons = ["Lunch", "Lunch & more", ""];
        for (place, reason) in reasons.iter().enumerate() {
            let reason = Some((*reason).to_owned());
            let [ready, pause] = queue(Some(Availability::Pause { reason }), &reasons).rows(words);
            let Row::Menu(_, pauses) = pause else {
                panic!("{pause:?}");
            };
            let checked: Vec<_> = pauses
                .iter()
                .map(|it| it.is_checked == Some(true))
                .collect();
            let wanted: Vec<_> = (0..reasons.len()).map(|it| it == place).collect();
            assert_eq!(checked, wanted);
            assert_eq!(pauses[place].choice, Choice::Act(Act::Pause(Some(place))));
            assert!(matches!(ready, Row::Item(it) if it.is_checked == Some(false)));
        }

        let [_, pause] = queue(is_paused, &reasons).rows(words);
        assert!(
            matches!(pause, Row::Menu(_, it) if it.iter().all(|it| it.is_checked == Some(false)))
        );
    }

    fn queue(availability: Option<Availability>, reasons: &[&str]) -> AtQueue {
        AtQueue {
            availability,
            pause_reasons: reasons.iter().map(|&it| it.to_owned()).collect(),
        }
    }
}

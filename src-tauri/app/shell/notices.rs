//! Notifications of the desktop: a call that rings, with its two answers, one that was missed, and another device that asks for this
//! phone.

use phone::{CallId, MoveRequestState, PhoneView};
use tauri::AppHandle;
use tokio::sync::{mpsc, watch};

use crate::{caller::first_shown, words::Words};

/// A call that rings here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ringing {
    pub(super) call: CallId,
    pub(super) caller: String,
    pub(super) words: &'static Words,
}

/// A call that nobody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Missed {
    pub(super) caller: String,
    pub(super) words: &'static Words,
}

/// Another device asks for this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) request: u64,
    pub(super) device: String,
    /// Whether there is a call to wait for, or the work after one.
    pub(super) is_busy: bool,
    pub(super) words: &'static Words,
}

impl Wanted {
    /// Returns what is to be answered; `None`: nothing.
    pub(super) fn of(view: &PhoneView, words: &'static Words) -> Option<Self> {
        let asks = view.move_request.as_ref()?;
        matches!(asks.state, MoveRequestState::Waiting { .. }).then(|| Self {
            request: asks.request,
            device: first_shown(&[
                asks.device_name.as_deref().unwrap_or_default(),
                words.another_device,
            ]),
            is_busy: !view.calls.is_empty()
                || view.queue.as_ref().is_some_and(|it| it.wrap_up.is_some()),
            words,
        })
    }
}

/// Follows what rings, who asks, and what was missed.
pub(super) fn follow(
    app: &AppHandle,
    ringing: watch::Receiver<Option<Ringing>>,
    wanted: watch::Receiver<Option<Wanted>>,
    missed: mpsc::Receiver<Missed>,
) {
    tauri::async_runtime::spawn(system::follow(app.clone(), ringing, wanted, missed));
}

/// Says something in passing.
pub(super) async fn say(text: &'static str) {
    system::say(text).await;
}

/// The specification of desktop notifications, spoken directly: what rings is urgent, is taken back
/// when it stops, and has answers.
#[cfg(target_os = "linux")]
mod system {
    use std::{collections::HashMap, time::Duration};

    use futures_util::StreamExt;
    use phone::MoveAnswer;
    use tauri::AppHandle;
    use tokio::{
        sync::{mpsc, watch},
        time,
    };
    use tracing::{debug, warn};
    use zbus::zvariant::Value;

    use crate::act::Act;

    use super::{
        super::{bus, spawn, windows},
        Missed, Ringing, Wanted,
    };

    const NAME: &str = "Helix Phone";
    const ICON: &str = "helix-phone";

    /// The keys of the actions; `default` is what a press on the notification itself means.
    const OPEN: &str = "default";
    const ANSWER: &str = "answer";
    const DECLINE: &str = "decline";
    const MOVE_NOW: &str = "move-now";
    const AFTER_CALL: &str = "after-call";
    const STAY: &str = "stay";

    /// Values of the hint `urgency`, and times in ms: 0 is until it is taken back, -1 as the desktop
    /// likes.
    const NORMAL: u8 = 1;
    const CRITICAL: u8 = 2;
    const UNTIL_TAKEN_BACK: i32 = 0;
    const AS_USUAL: i32 = -1;

    /// How long a bus that would not have us is left alone.
    const AGAIN: Duration = Duration::from_secs(10);

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications"
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the specification has them")]
        fn notify(
            &self,
            app_name: &str,
            replaces_id: u32,
            app_icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_timeout: i32,
        ) -> zbus::Result<u32>;

        fn close_notification(&self, id: u32) -> zbus::Result<()>;

        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
    }

    pub(super) async fn follow(
        app: AppHandle,
        mut ringing: watch::Receiver<Option<Ringing>>,
        mut wanted: watch::Receiver<Option<Wanted>>,
        mut missed: mpsc::Receiver<Missed>,
    ) {
        let mut is_told = false;
        while let Err(error) = try_follow(&app, &mut ringing, &mut wanted, &mut missed).await {
            if is_told {
                debug!(%error, "no notifications, still");
            } else {
                warn!(%error, "no notifications");
            }
            is_told = true;
            time::sleep(AGAIN).await;
        }
    }

    /// Ends well where nobody is left to tell of anything.
    async fn try_follow(
        app: &AppHandle,
        ringing: &mut watch::Receiver<Option<Ringing>>,
        wanted: &mut watch::Receiver<Option<Wanted>>,
        missed: &mut mpsc::Receiver<Missed>,
    ) -> zbus::Result<()> {
        let connection = bus::session_without_limit().await?;
        let desktop = NotificationsProxy::new(&connection).await?;
        let mut actions = desktop.receive_action_invoked().await?;
        // The call that is told of at present, and under which number.
        let mut told = None;
        // The same of the request of another device.
        let mut asked = None;
        loop {
            tokio::select! {
                changed = ringing.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    take_back(&desktop, told.take()).await;
                    let rings = ringing.borrow_and_update().clone();
                    if let Some(rings) = rings {
                        match tell(&desktop, &rings).await {
                            Ok(id) => told = Some((rings.call, id)),
                            Err(error) => warn!(%error, "nobody shows that it rings"),
                        }
                    }
                }
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    take_back(&desktop, asked.take()).await;
                    let wants = wanted.borrow_and_update().clone();
                    if let Some(wants) = wants {
                        match tell_wanted(&desktop, &wants).await {
                            Ok(id) => asked = Some((wants.request, id)),
                            Err(error) => warn!(%error, "nobody shows that the phone is asked for"),
                        }
                    }
                }
                action = actions.next() => {
                    let Some(action) = action else {
                        return Err(zbus::Error::Failure("the bus is gone".to_owned()));
                    };
                    let action = match action.args() {
                        Ok(action) => action,
                        Err(error) => {
                            debug!(%error, "an answer to a notification is not understood");
                            continue;
                        }
                    };
                    // Numbers of other programs' notifications arrive, too.
                    let call = told.filter(|(_, id)| *id == action.id).map(|(call, _)| call);
                    let request = asked.filter(|(_, id)| *id == action.id).map(|(it, _)| it);
                    let answer = |answer| request.map(|it| Act::AnswerMove(it, answer));
                    let act = match action.action_key.as_str() {
                        MOVE_NOW => answer(MoveAnswer::Now),
                        AFTER_CALL => answer(MoveAnswer::AfterCall),
                        STAY => answer(MoveAnswer::No),
                        _ => None,
                    };
                    if let Some(act) = act {
                        spawn(app, act);
                    }
                    if request.is_some() && action.action_key == OPEN {
                        windows::show_main(app);
                    }
                    match (call, action.action_key.as_str()) {
                        (Some(call), ANSWER) => spawn(app, Act::AnswerThis(call)),
                        (Some(call), DECLINE) => spawn(app, Act::DeclineThis(call)),
                        (Some(_), OPEN) => windows::show_main(app),
                        _ => {}
                    }
                }
                Some(missed) = missed.recv() => {
                    let words = missed.words.missed;
                    let hints = HashMap::from([
                        ("urgency", Value::from(NORMAL)),
                        ("category", Value::from("call.unanswered")),
                        ("desktop-entry", Value::from(ICON)),
                    ]);
                    if let Err(error) = desktop
                        .notify(NAME, 0, ICON, &missed.caller, words, &[], hints, AS_USUAL)
                        .await
                    {
                        warn!(%error, "nobody shows a missed call");
                    }
                }
            }
        }
    }

    /// Takes a notification from the screen, wherever there is one.
    async fn take_back<T>(desktop: &NotificationsProxy<'_>, told: Option<(T, u32)>) {
        if let Some((_, id)) = told
            && let Err(error) = desktop.close_notification(id).await
        {
            // The user has closed it.
            debug!(%error, "a notification is gone already");
        }
    }

    /// The device is the summary: the body may be read as markup.
    async fn tell_wanted(desktop: &NotificationsProxy<'_>, wants: &Wanted) -> zbus::Result<u32> {
        let words = wants.words;
        let mut actions = vec![MOVE_NOW, words.move_now];
        if wants.is_busy {
            actions.extend([AFTER_CALL, words.after_call]);
        }
        actions.extend([STAY, words.stay, OPEN, words.open]);
        let hints = HashMap::from([
            ("urgency", Value::from(CRITICAL)),
            ("desktop-entry", Value::from(ICON)),
        ]);
        desktop
            .notify(
                NAME,
                0,
                ICON,
                &wants.device,
                words.wanted,
                &actions,
                hints,
                UNTIL_TAKEN_BACK,
            )
            .await
    }

    /// The caller is the summary: the body may be read as markup.
    async fn tell(desktop: &NotificationsProxy<'_>, rings: &Ringing) -> zbus::Result<u32> {
        let words = rings.words;
        let actions = [
            ANSWER,
            words.answer,
            DECLINE,
            words.decline,
            OPEN,
            words.open,
        ];
        let hints = HashMap::from([
            ("urgency", Value::from(CRITICAL)),
            ("category", Value::from("call.incoming")),
            ("desktop-entry", Value::from(ICON)),
            // The phone rings itself.
            ("suppress-sound", Value::from(true)),
        ]);
        desktop
            .notify(
                NAME,
                0,
                ICON,
                &rings.caller,
                words.incoming,
                &actions,
                hints,
                UNTIL_TAKEN_BACK,
            )
            .await
    }

    pub(super) async fn say(text: &str) {
        let said = async {
            let connection = bus::session().await?;
            let desktop = NotificationsProxy::new(&connection).await?;
            let hints = HashMap::from([
                ("urgency", Value::from(NORMAL)),
                ("transient", Value::from(true)),
            ]);
            desktop
                .notify(NAME, 0, ICON, NAME, text, &[], hints, AS_USUAL)
                .await
        };
        if let Err(error) = said.await {
            debug!(%error, "nobody shows “{text}”");
        }
    }
}

/// Without answers: these systems offer none to a program that is no package of theirs.
#[cfg(not(target_os = "linux"))]
mod system {
    use notify_rust::Notification;
    use tauri::AppHandle;
    use tokio::sync::{mpsc, watch};
    use tracing::warn;

    use super::{Missed, Ringing, Wanted};

    pub(super) async fn follow(
        _app: AppHandle,
        mut ringing: watch::Receiver<Option<Ringing>>,
        mut wanted: watch::Receiver<Option<Wanted>>,
        mut missed: mpsc::Receiver<Missed>,
    ) {
        loop {
            tokio::select! {
                changed = ringing.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let rings = ringing.borrow_and_update().clone();
                    if let Some(rings) = rings {
                        tell(rings.caller, rings.words.incoming).await;
                    }
                }
                changed = wanted.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let wants = wanted.borrow_and_update().clone();
                    if let Some(wants) = wants {
                        tell(wants.device, wants.words.wanted).await;
                    }
                }
                Some(missed) = missed.recv() => tell(missed.caller, missed.words.missed).await,
            }
        }
    }

    pub(super) async fn say(text: &'static str) {
        tell("Helix Phone".to_owned(), text).await;
    }

    async fn tell(summary: String, body: &'static str) {
        let shown = tauri::async_runtime::spawn_blocking(move || {
            Notification::new().summary(&summary).body(body).show()
        });
        match shown.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => warn!(%error, "nobody shows a notification"),
            Err(error) => warn!(%error, "nobody shows a notification"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{standing::tests::ready, words::words};

    use super::*;

    #[test]
    fn another_device_is_named_by_what_can_be_seen_of_its_name() {
        let device = |name: Option<&str>| {
            let mut view = ready();
            view.move_request = phone::samples::move_requests()
                .into_iter()
                .find(|it| matches!(it.state, MoveRequestState::Waiting { .. }));
            let asks = view.move_request.as_mut().expect("a sample waits");
            asks.device_name = name.map(str::to_owned);
            Wanted::of(&view, words("en"))
                .expect("it is answered")
                .device
        };
        let another = "\u{2068}Another device\u{2069}";
        assert_eq!(device(None), another);
        assert_eq!(device(Some("")), another);
        assert_eq!(device(Some("\u{202e}\u{200b} \n")), another);
        assert_eq!(device(Some("\u{202e}Desk\n 3")), "\u{2068}Desk 3\u{2069}");
        assert_eq!(device(Some(&"x".repeat(10_000))).chars().count(), 82);
    }
}

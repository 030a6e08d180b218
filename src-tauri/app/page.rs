//! What the page is told and what it may ask. `ui/src/lib/phone.ts` is made from these types.

use std::collections::BTreeSet;

use engine::{Forget as Forgotten, HistoryEntry, WindowSettings};
use phone::{Command, Event, Moment, PhoneView};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Everything, for a page that has just been loaded.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct State {
    /// By which the view's moments are old.
    pub(crate) now: Moment,
    pub(crate) view: PhoneView,
    pub(crate) window: WindowView,
    /// The newest first; the event `history` has the same.
    pub(crate) history: Vec<HistoryEntry>,
}

/// The event `view`: what the phone is, and when it was read.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ViewUpdate {
    /// By which the view's moments are old.
    pub(crate) now: Moment,
    pub(crate) view: PhoneView,
}

/// The event `window`: what the window adds to the phone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct WindowView {
    pub(crate) version: String,
    /// `linux`, `windows` or `macos`.
    pub(crate) system: String,
    pub(crate) settings: WindowSettings,
    /// The settings that are not the user's to change: `server`, `theme`, `calls.auto_answer`.
    pub(crate) locked: BTreeSet<String>,
    /// Whether the server was named when the program was started; then it is locked, by nobody else.
    pub(crate) server_given: bool,
    /// The sidecar's address.
    pub(crate) server: Option<String>,
    pub(crate) device_name: String,
    /// For how many days calls are remembered; 0: not at all.
    pub(crate) history_days: u16,
    /// What a link wants called: the user is asked.
    pub(crate) link: Option<String>,
    /// What went wrong with files, in sentences for people.
    pub(crate) complaints: Vec<String>,
    /// Whether keys can work while another program has the focus.
    pub(crate) shortcuts_available: bool,
    /// Which of those keys another program has: `answer`, `hang_up`, `mute`.
    pub(crate) shortcuts_taken: BTreeSet<String>,
    /// The account that the sign-in form is filled with.
    pub(crate) demo: Option<DemoAccount>,
    /// The user wants to quit in a call: asked before it is done.
    pub(crate) quit_asked: bool,
    /// When the tray last had the phone checked: who sees the page reads what comes of it.
    pub(crate) check_asked_at: Option<Moment>,
    /// Whether neither the whole window nor the bar can be seen: the pop-up reads aloud who calls.
    pub(crate) in_tray: bool,
    /// What of the system's own settings can be opened from here.
    pub(crate) system_settings: BTreeSet<SystemSettings>,
}

/// A page of the system's own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum SystemSettings {
    /// Date and time.
    Clock,
    /// What lets programs use the microphone, or where the microphone is set.
    Microphone,
}

/// An account of the demo's own world, whose password is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct DemoAccount {
    pub(crate) email: String,
    pub(crate) password: String,
}

/// The event `levels`, in dB against a full-scale sine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Levels {
    pub(crate) microphone_dbfs: f32,
    pub(crate) speaker_dbfs: f32,
}

/// A request that came to nothing. The page acts on the code; the message is a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Rejected {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Rejected {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

impl From<phone::Rejected> for Rejected {
    fn from(rejected: phone::Rejected) -> Self {
        let code = match &rejected {
            phone::Rejected::NotSignedIn => "not_signed_in",
            phone::Rejected::AlreadySignedIn => "already_signed_in",
            phone::Rejected::NoPhone => "no_phone",
            phone::Rejected::NoSidecar => "no_sidecar",
            phone::Rejected::NotRegistered => "not_registered",
            phone::Rejected::LeaseLost => "lease_lost",
            phone::Rejected::UnknownRequest { .. } => "unknown_request",
            phone::Rejected::UnknownCall { .. } => "unknown_call",
            phone::Rejected::WrongState { .. } => "wrong_state",
            phone::Rejected::TooManyCalls => "too_many_calls",
            phone::Rejected::InvalidTarget { .. } => "invalid_target",
            phone::Rejected::NotAllowed => "not_allowed",
            phone::Rejected::Emergency { .. } => "emergency",
            phone::Rejected::InvalidDigit { .. } => "invalid_digit",
            phone::Rejected::InCall => "in_call",
            phone::Rejected::CheckRuns => "check_runs",
            phone::Rejected::InvalidSettings { .. } => "invalid_settings",
            phone::Rejected::NoQueue => "no_queue",
            phone::Rejected::UnknownReason => "unknown_reason",
            phone::Rejected::NoWrapUp => "no_wrap_up",
            phone::Rejected::UnknownOutcome => "unknown_outcome",
            phone::Rejected::NoOutcome => "no_outcome",
            phone::Rejected::NoMoreTime => "no_more_time",
            phone::Rejected::NoteTooLong => "note_too_long",
            phone::Rejected::Stopping => "stopping",
        };
        Self::new(code, rejected.to_string())
    }
}

/// The arguments of `order`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) order: Command,
}

/// The arguments of `set_window`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct SetWindow {
    pub(crate) settings: WindowSettings,
}

/// The arguments of `set_server`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct SetServer {
    pub(crate) url: String,
}

/// The arguments of `forget`: a call of the history, or with null all of them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct Forget {
    // `Option` alone would let it be absent, and all be forgotten by a slip.
    #[serde(deserialize_with = "Option::deserialize")]
    id: Option<u64>,
}

impl From<Forget> for Forgotten {
    fn from(forget: Forget) -> Self {
        forget.id.map_or(Self::All, Self::One)
    }
}

/// The arguments of `answer_link`: the number that was asked about, as in the window's state, and
/// whether it is called.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerLink {
    pub(crate) number: String,
    pub(crate) dial: bool,
}

/// The arguments of `answer_quit`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerQuit {
    pub(crate) quit: bool,
}

/// The arguments of `show`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct Show {
    pub(crate) what: Form,
}

/// How the phone lies on the desk: the whole window, or the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Main,
    Mini,
}

/// The arguments of `watch_levels`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchLevels {
    pub(crate) on: bool,
}

/// The arguments of `copy`: what goes to the clipboard.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct Copy {
    pub(crate) text: String,
}

/// The arguments of `save_support`: what the page knows, in its user's words.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveSupport {
    pub(crate) text: String,
}

/// The arguments of `open_settings`: a page that `system_settings` of the window's state has.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenSettings {
    pub(crate) what: SystemSettings,
}

/// Where the file is that `save_support` wrote.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Saved {
    pub(crate) path: String,
}

/// Reads the arguments of a request; what is wrong with them is told without what they hold, which
/// may be a password.
pub(crate) fn read<T: DeserializeOwned>(arguments: &Value) -> Result<T, Rejected> {
    T::deserialize(arguments).map_err(|error| {
        let told = error.to_string();
        // serde's sentence quotes values in `…`, "…" and after "integer".
        let what = told.split([':', '`', '"']).next().unwrap_or_default();
        Rejected::new(
            "malformed",
            format!("The request is not understood: {what}"),
        )
    })
}

/// Returns whether a person is told of this in passing, as the event `happened`; what stays can be
/// seen in the view.
pub(crate) fn is_told(event: &Event) -> bool {
    match event {
        Event::SoundDeviceChanged { .. }
        | Event::SoundSilentMicrophone
        | Event::CallChangeFailed { .. }
        | Event::CallRecovered { .. }
        | Event::CallTurnedAway { .. }
        | Event::MovedHere { .. }
        | Event::MediaFailed { .. }
        | Event::WrapUpEnded {
            timed_out: true, ..
        }
        | Event::OutcomeLost { .. }
        | Event::VaultFault { .. } => true,
        Event::Resuming { .. }
        | Event::ResumeDelayed { .. }
        | Event::SignedIn { .. }
        | Event::SessionHeld { .. }
        | Event::SessionAtRisk { .. }
        | Event::SessionLost { .. }
        | Event::SignedOut { .. }
        | Event::MoveAsked { .. }
        | Event::MoveAfterCall { .. }
        | Event::MoveRequested { .. }
        | Event::MoveAnswered { .. }
        | Event::MoveRequestOver { .. }
        | Event::LinkUp
        | Event::LinkDown { .. }
        | Event::Registered { .. }
        | Event::RegisterFailed { .. }
        | Event::Unregistered
        | Event::CallDialing { .. }
        | Event::CallIncoming { .. }
        | Event::CallRinging { .. }
        | Event::CallSilenced { .. }
        | Event::CallAnswered { .. }
        | Event::CallConnected { .. }
        | Event::CallHeld { .. }
        | Event::CallResumed { .. }
        | Event::CallHeldByPeer { .. }
        | Event::CallMuted { .. }
        | Event::CallInterrupted { .. }
        | Event::CallOneWay { .. }
        | Event::CallOneWayOver { .. }
        | Event::CallEnded { .. }
        | Event::FirstAudio { .. }
        | Event::DtmfReceived { .. }
        | Event::MediaQuality { .. }
        | Event::SoundDevices { .. }
        | Event::SoundDeviceUsed { .. }
        | Event::SoundLevels { .. }
        | Event::SoundCapture { .. }
        | Event::SoundMutedSpeech
        | Event::SoundChecked { .. }
        | Event::SoundCheckGivenUp
        | Event::ServerChecked { .. }
        | Event::PathChecked { .. }
        | Event::QueueLogin { .. }
        | Event::QueueState { .. }
        | Event::QueueNext { .. }
        | Event::QueueDelayed { .. }
        | Event::QueueRefused { .. }
        | Event::WrapUpBegun { .. }
        | Event::WrapUpEnded {
            timed_out: false, ..
        }
        | Event::OutcomeSaved { .. }
        | Event::OutcomeKept { .. } => false,
    }
}

#[cfg(test)]
#[path = "../../tests/support/garbage.rs"]
mod garbage;
#[cfg(test)]
mod types;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use phone::CallId;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_a_command_in_the_phones_words() {
        let order = |order: Value| read::<Order>(&json!({ "order": order })).unwrap().order;
        let sign_in = order(json!({
            "command": "sign_in", "email": "ana@helix.example", "password": "canary", "takeover": true
        }));
        let Command::SignIn {
            password, takeover, ..
        } = sign_in
        else {
            panic!("no sign-in");
        };
        assert_eq!(password.expose_secret(), "canary");
        assert!(takeover);
        let muted = order(json!({ "command": "mute", "call": 7 }));
        assert!(matches!(muted, Command::Mute { call: CallId(7) }));
        assert!(matches!(
            order(json!({ "command": "sign_out" })),
            Command::SignOut
        ));
    }

    #[test]
    fn what_is_not_understood_is_told_without_what_it_holds() {
        for order in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "command": 424242 }),
            json!({ "command": "424242" }),
            json!({ "command": "sign_in", "email": "e", "password": 424242 }),
            json!({ "command": "sign_in", "email": "e", "password": "424242", "424242": 1 }),
            json!({ "command": "sign_in", "email": "e", "password": ["424242"] }),
            json!({ "command": "sign_in", "email": { "424242": 1 }, "password": "424242" }),
            json!({ "command": "mute", "call": -424242 }),
            json!({ "command": "mute", "call": "424242" }),
            json!({ "command": "set_sound", "settings": { "424242": 1 } }),
            json!({ "command": "set_sound", "settings": { "ring_volume": 424242 } }),
        ] {
            let rejected = read::<Order>(&json!({ "order": order })).unwrap_err();
            assert_eq!(rejected.code, "malformed", "{order}");
            assert!(!rejected.message.contains("4242"), "{}", rejected.message);
        }
    }

    /// What comes of these arguments in each request that has some.
    fn refusals(arguments: &Value) -> [Option<Rejected>; 11] {
        fn refusal<T: DeserializeOwned>(arguments: &Value) -> Option<Rejected> {
            read::<T>(arguments).err()
        }
        [
            refusal::<Order>(arguments),
            refusal::<SetWindow>(arguments),
            refusal::<SetServer>(arguments),
            refusal::<Forget>(arguments),
            refusal::<AnswerLink>(arguments),
            refusal::<AnswerQuit>(arguments),
            refusal::<Show>(arguments),
            refusal::<WatchLevels>(arguments),
            refusal::<Copy>(arguments),
            refusal::<SaveSupport>(arguments),
            refusal::<OpenSettings>(arguments),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn whatever_is_asked_has_a_typed_answer_that_repeats_nothing_of_it(
            arguments in garbage::arguments()
        ) {
            let surplus = garbage::with_surplus(arguments.clone());
            let with_surplus = refusals(&surplus);
            if surplus.is_object() {
                prop_assert!(with_surplus.iter().all(Option::is_some), "{with_surplus:?}");
            }
            for refusal in refusals(&arguments).into_iter().chain(with_surplus).flatten() {
                prop_assert_eq!(&refusal.code, "malformed");
                prop_assert!(!refusal.message.contains(garbage::HIDDEN), "{}", refusal.message);
            }
        }
    }

    #[test]
    fn all_calls_are_forgotten_only_where_that_is_said() {
        let forget = |asked: Value| read::<Forget>(&asked).map(Forgotten::from);
        assert_eq!(forget(json!({ "id": 7 })), Ok(Forgotten::One(7)));
        assert_eq!(forget(json!({ "id": null })), Ok(Forgotten::All));
        for asked in [
            json!({}),
            json!(null),
            json!({ "id": "7" }),
            json!({ "id": -1 }),
            json!({ "ids": null }),
        ] {
            assert_eq!(forget(asked).unwrap_err().code, "malformed");
        }
    }

    #[test]
    fn a_rejection_of_the_phone_keeps_its_code() {
        for rejected in phone::samples::rejections() {
            let code = serde_json::to_value(&rejected).unwrap()["code"].clone();
            assert_eq!(code, Rejected::from(rejected).code);
        }
    }
}

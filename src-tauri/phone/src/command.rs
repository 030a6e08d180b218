use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    call_settings::CallSettings,
    moving::MoveAnswer,
    queue::{Availability, LONGEST_NOTE},
    sound::{Output, SoundSettings},
    view::CallId,
};

/// What a user, a scenario or a script can ask of the phone.
///
/// The window reads it from JSON as it is; see `headless` for a front door whose secrets may lie elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Signs in at the sidecar. `takeover` takes the session from the same member's other device.
    SignIn {
        email: String,
        #[cfg_attr(feature = "types", ts(type = "string"))]
        password: SecretString,
        #[serde(default)]
        takeover: bool,
    },
    /// Asks the device that holds the session for it, and signs in when its user says yes. [`SignOut`](Self::SignOut) and
    /// [`SignIn`](Self::SignIn) take the request back.
    AskToMove {
        email: String,
        #[cfg_attr(feature = "types", ts(type = "string"))]
        password: SecretString,
    },
    /// Answers another device that asks for this phone.
    AnswerMove {
        request: u64,
        answer: MoveAnswer,
    },
    /// Ends all calls, un-registers and gives the lease back; done within 2 s even where nobody answers.
    SignOut,
    /// Calls a number, a user name or a SIP or tel URI.
    Dial {
        target: String,
    },
    Answer {
        call: CallId,
    },
    /// Ends a call in whatever state it is; declines one that rings here (486).
    HangUp {
        call: CallId,
    },
    /// Ends the ringing of a call that comes in; it goes on waiting for its answer.
    Silence {
        call: CallId,
    },
    Hold {
        call: CallId,
    },
    /// Turns to a call that is held, also to one that is still being set up; the others are held.
    Resume {
        call: CallId,
    },
    Mute {
        call: CallId,
    },
    Unmute {
        call: CallId,
    },
    /// Looks for another way of a call's sound, where one side does not hear the other; the call goes
    /// on meanwhile.
    Repair {
        call: CallId,
    },
    /// Sends DTMF digits: `0`–`9`, `*`, `#`, `A`–`D`.
    Dtmf {
        call: CallId,
        digits: String,
    },
    /// Connects now instead of waiting for the next try.
    Reconnect,
    /// Asks whether the sidecar answers ([`Event::ServerChecked`](crate::Event::ServerChecked)), and
    /// has the session and the registration confirmed now. With a line and without a call it asks for
    /// the voice path ([`Event::PathChecked`](crate::Event::PathChecked)), and checks the microphone
    /// and the speaker as [`SoundCheck`](Self::SoundCheck) does.
    Check,
    /// Asks for the sound devices; answered by [`Event::SoundDevices`](crate::Event::SoundDevices).
    Devices,
    /// Listens to the microphone for three seconds and plays back what it heard; answered by
    /// [`Event::SoundChecked`](crate::Event::SoundChecked).
    SoundCheck,
    /// Plays three seconds at the speaker or the ringer, so that its user hears which device it is
    /// and how loud; again for the same one: ends it.
    TestOutput {
        output: Output,
    },
    /// Uses the sound devices like this from now on.
    SetSound {
        settings: SoundSettings,
    },
    /// Takes calls like this from now on.
    SetCalls {
        settings: CallSettings,
    },
    /// Has the calls of the queue come: now, or after the call or the wrap-up.
    Ready,
    /// Has no calls of the queue come for one of the sidecar's reasons: from now on, or after the
    /// call or the wrap-up.
    Pause {
        reason: Option<String>,
    },
    /// Lets nothing follow the call or the wrap-up.
    CancelNext,
    /// Keeps the outcome and the note of the wrap-up as they are so far.
    WrapUp {
        outcome: Option<String>,
        note: String,
    },
    /// Ends the wrap-up with its outcome; `then` comes before what was to follow.
    FinishWrapUp {
        then: Option<Availability>,
    },
    /// Gives the wrap-up more time, once.
    MoreTime,
}

/// A command has been taken; what comes of it arrives as events and views.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Accepted {
    /// The call that [`Command::Dial`] began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub call: Option<CallId>,
}

/// A command that the present state does not allow, or that cannot be understood; nothing has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Rejected {
    #[error("Nobody is signed in")]
    NotSignedIn,
    #[error("Somebody is signed in or signing in already")]
    AlreadySignedIn,
    #[error("This account has no phone")]
    NoPhone,
    #[error("No sidecar is configured to sign in at")]
    NoSidecar,
    #[error("The line is not registered: no calls can be made")]
    NotRegistered,
    #[error("The session was lost: no new calls until the next sign-in")]
    LeaseLost,
    #[error("Nobody asks for this phone by request {request}")]
    UnknownRequest { request: u64 },
    #[error("There is no call {call}")]
    UnknownCall { call: CallId },
    #[error("The state of call {call} does not allow this")]
    WrongState { call: CallId },
    #[error("As many calls as allowed exist already")]
    TooManyCalls,
    #[error("This cannot be called: {reason}")]
    InvalidTarget { reason: String },
    #[error("Calls to this number are not allowed by your organisation")]
    NotAllowed,
    /// Nobody is called: the organisation has a sentence for whoever dials this number for help.
    #[error("{text}")]
    Emergency { text: String },
    #[error("Not a DTMF digit: {digit:?}")]
    InvalidDigit { digit: char },
    #[error("There is a call: sound can be checked when it is over")]
    InCall,
    #[error("A sound check is running: the next one can begin when it has its verdict")]
    CheckRuns,
    #[error("These settings cannot be used: {reason}")]
    InvalidSettings { reason: String },
    #[error("This phone speaks to no queue")]
    NoQueue,
    #[error("There is no such reason for a pause")]
    UnknownReason,
    #[error("There is no wrap-up")]
    NoWrapUp,
    #[error("There is no such outcome")]
    UnknownOutcome,
    #[error("Choose an outcome first")]
    NoOutcome,
    #[error("There is no more time")]
    NoMoreTime,
    #[error("The note is longer than {LONGEST_NOTE} characters")]
    NoteTooLong,
    #[error("The phone is stopping")]
    Stopping,
}

use serde::{Deserialize, Serialize};

use crate::{
    io::Quality,
    moving::{MoveAnswer, NotMoved},
    queue::{Availability, QueueLoginView, Refused},
    sound::{Device, DeviceRole, DeviceWhy, SoundVerdict},
    view::{CallId, OneWay, PathCheckView, ServerCheckView, UserView},
};

/// Something that happened. `type` names it in JSON.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "type")]
pub enum Event {
    /// The session of an earlier run was found; a heartbeat decides whether it goes on.
    #[serde(rename = "session.resuming")]
    Resuming { user: UserView },
    /// The sidecar could not be asked about it; that is tried again and again.
    #[serde(rename = "session.resume_delayed")]
    ResumeDelayed {
        hop: Hop,
        detail: String,
        retry_in_ms: u64,
    },
    #[serde(rename = "session.signed_in")]
    SignedIn { user: UserView, phone: bool },
    /// The lease was confirmed by the sidecar: at the first beat, and whenever it had been at risk.
    #[serde(rename = "session.held")]
    SessionHeld { ttl_seconds: u64 },
    /// Heartbeats fail; the session ends when its time runs out.
    #[serde(rename = "session.at_risk")]
    SessionAtRisk {
        expires_in_ms: u64,
        hop: Hop,
        detail: String,
    },
    /// The session is gone; a running call goes on and its end signs the phone out.
    #[serde(rename = "session.lost")]
    SessionLost { reason: SignedOutReason },
    #[serde(rename = "session.signed_out")]
    SignedOut { reason: SignedOutReason },

    /// The device that holds the session was asked for it.
    #[serde(rename = "move.asked")]
    MoveAsked {
        device_name: Option<String>,
        answer_within_ms: u64,
    },
    /// It gives the session when its call is over.
    #[serde(rename = "move.after_call")]
    MoveAfterCall { device_name: Option<String> },
    /// The session is here now, and that device is signed out.
    #[serde(rename = "move.moved_here")]
    MovedHere { device_name: Option<String> },
    /// Another device of the same user asks for the session that is held here.
    #[serde(rename = "move.requested")]
    MoveRequested {
        request: u64,
        device_name: Option<String>,
        answer_within_ms: u64,
    },
    #[serde(rename = "move.answered")]
    MoveAnswered {
        request: u64,
        answer: MoveAnswer,
        /// Whether it was by itself: nobody answered in time, or the last call is over.
        automatically: bool,
    },
    /// There is nothing to answer or to wait for any more; a session that moved is told by `session.lost`.
    #[serde(rename = "move.request_over")]
    MoveRequestOver { request: u64 },

    #[serde(rename = "link.up")]
    LinkUp,
    #[serde(rename = "link.down")]
    LinkDown {
        hop: Hop,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        facts: Option<Box<HopFacts>>,
        retry_in_ms: u64,
    },
    #[serde(rename = "sip.registered")]
    Registered { expires_in_ms: u64 },
    #[serde(rename = "sip.register_failed")]
    RegisterFailed {
        status: Option<u16>,
        reason: String,
        retry_in_ms: Option<u64>,
    },
    #[serde(rename = "sip.unregistered")]
    Unregistered,

    #[serde(rename = "call.dialing")]
    CallDialing { call: CallId, target: String },
    /// `from`: the number or user; empty where the caller withholds it.
    #[serde(rename = "call.incoming")]
    CallIncoming {
        call: CallId,
        from: String,
        display_name: Option<String>,
    },
    #[serde(rename = "call.ringing")]
    CallRinging {
        call: CallId,
        status: u16,
        early_media: bool,
    },
    /// The user does not want to hear it ring.
    #[serde(rename = "call.silenced")]
    CallSilenced { call: CallId },
    #[serde(rename = "call.answered")]
    CallAnswered {
        call: CallId,
        /// Whether it was by itself, without the user.
        automatically: bool,
    },
    /// Sound can flow both ways.
    #[serde(rename = "call.connected")]
    CallConnected { call: CallId },
    #[serde(rename = "call.held")]
    CallHeld { call: CallId },
    #[serde(rename = "call.resumed")]
    CallResumed { call: CallId },
    #[serde(rename = "call.held_by_peer")]
    CallHeldByPeer { call: CallId, held: bool },
    #[serde(rename = "call.muted")]
    CallMuted { call: CallId, muted: bool },
    /// A change of the session (hold, resume, repair) did not take place. A hold stays one on this side.
    #[serde(rename = "call.change_failed")]
    CallChangeFailed { call: CallId, reason: String },
    #[serde(rename = "call.interrupted")]
    CallInterrupted { call: CallId },
    #[serde(rename = "call.recovered")]
    CallRecovered { call: CallId, after_ms: u64 },
    /// One side has not heard the other for 4 s, although the way of the sound lives.
    #[serde(rename = "call.one_way")]
    CallOneWay { call: CallId, way: OneWay },
    /// Sound goes that way again, or does not have to.
    #[serde(rename = "call.one_way_over")]
    CallOneWayOver {
        call: CallId,
        way: OneWay,
        after_ms: u64,
    },
    #[serde(rename = "call.ended")]
    CallEnded { call: CallId, cause: EndCause },

    #[serde(rename = "media.first_audio")]
    FirstAudio { call: CallId },
    #[serde(rename = "media.dtmf")]
    DtmfReceived { call: CallId, digit: char },
    #[serde(rename = "media.quality")]
    MediaQuality {
        call: CallId,
        #[serde(flatten)]
        quality: Quality,
    },
    #[serde(rename = "media.failed")]
    MediaFailed { call: CallId, reason: String },
    #[serde(rename = "sound.devices")]
    SoundDevices { devices: Vec<Device> },
    /// The device that is open from here on; `null`: it was closed, because nothing needs it.
    #[serde(rename = "sound.device_used")]
    SoundDeviceUsed {
        role: DeviceRole,
        device: Option<Device>,
    },
    /// Another device is used than one expects, or none can be. `lost`: the name of the device that
    /// cannot be used, where one is known; `words` tells people what happened.
    #[serde(rename = "sound.device_changed")]
    SoundDeviceChanged {
        role: DeviceRole,
        device: Option<Device>,
        why: DeviceWhy,
        lost: Option<String>,
        words: String,
    },
    /// Ten times a second while a device is open, in dBFS.
    #[serde(rename = "sound.levels")]
    SoundLevels {
        microphone_dbfs: f32,
        speaker_dbfs: f32,
    },
    /// The microphone was opened or closed.
    #[serde(rename = "sound.capture")]
    SoundCapture { open: bool },
    /// Somebody speaks into a muted microphone.
    #[serde(rename = "sound.muted_speech")]
    SoundMutedSpeech,
    /// The microphone of a call that is not muted gives nothing: its own switch may be off.
    #[serde(rename = "sound.silent_microphone")]
    SoundSilentMicrophone,
    #[serde(rename = "sound.checked")]
    SoundChecked {
        verdict: SoundVerdict,
        words: &'static str,
    },
    /// A call began before the sound check had a verdict.
    #[serde(rename = "sound.check_given_up")]
    SoundCheckGivenUp,
    /// Whether the sidecar answers, as [`Command::Check`](crate::Command::Check) asked.
    #[serde(rename = "server.checked")]
    ServerChecked { check: ServerCheckView },
    /// Whether voice leaves this network and comes back, as [`Command::Check`](crate::Command::Check) asked.
    #[serde(rename = "path.checked")]
    PathChecked { check: PathCheckView },
    /// A second incoming call that was answered "busy"; `from` is empty where the caller withholds it.
    #[serde(rename = "call.turned_away")]
    CallTurnedAway { from: String },
    /// What became of the agent's login at the queue.
    #[serde(rename = "queue.login")]
    QueueLogin { login: QueueLoginView },
    /// An order was carried out.
    #[serde(rename = "queue.state")]
    QueueState { availability: Availability },
    /// What follows the call or the wrap-up; `null`: nothing.
    #[serde(rename = "queue.next")]
    QueueNext { next: Option<Availability> },
    /// An order has no answer so far; it is tried again and again.
    #[serde(rename = "queue.delayed")]
    QueueDelayed {
        hop: Hop,
        detail: String,
        retry_in_ms: u64,
    },
    /// In the queue's own words.
    #[serde(rename = "queue.refused")]
    QueueRefused { of: Refused, message: String },
    /// The work after a call of the queue begins; `seconds`: how long it may take.
    #[serde(rename = "wrap_up.begun")]
    WrapUpBegun { call: CallId, seconds: Option<u64> },
    /// `timed_out`: its time was up before an outcome was chosen; what ends it for a move is no such time.
    #[serde(rename = "wrap_up.ended")]
    WrapUpEnded { call: CallId, timed_out: bool },
    #[serde(rename = "outcome.saved")]
    OutcomeSaved { call: CallId, outcome: String },
    /// The outcome could not be saved; it is kept and tried again.
    #[serde(rename = "outcome.kept")]
    OutcomeKept {
        call: CallId,
        hop: Hop,
        detail: String,
    },
    /// An outcome that was kept is lost: the session is over, or too many are kept.
    #[serde(rename = "outcome.lost")]
    OutcomeLost { call: CallId, outcome: String },
    /// The vault could not keep or give something: the session lives in memory alone.
    #[serde(rename = "fault.vault")]
    VaultFault { detail: String },
}

/// Where on the way something went wrong; front doors choose words and exit codes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Hop {
    /// What was configured or granted cannot be used.
    Configuration,
    Dns,
    Tcp,
    Proxy,
    Tls,
    Http,
    WebSocket,
    Timeout,
}

/// What a proxy or a certificate said, beside the sentence about it: for words in other languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum HopFacts {
    Proxy {
        /// Its host and port.
        name: String,
        /// Of its answer; `None`: it gave none.
        status: Option<u16>,
        /// The port that was wanted of it.
        port: u16,
    },
    Certificate {
        fault: CertificateFault,
        /// Who issued it, by its common name or organisation.
        issuer: Option<String>,
        /// Unix time in ms from or until which it is valid, where that is the fault.
        valid: Option<u64>,
        /// The names that it has, where none of them is the server's.
        names: Vec<String>,
    },
}

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CertificateFault {
    NotTrusted,
    Expired,
    NotYetValid,
    OtherName,
    Revoked,
}

/// Why the phone is signed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum SignedOutReason {
    ByUser {
        lock: LockReturned,
    },
    /// 401 at login.
    WrongCredentials {
        message: String,
    },
    /// 403 at login or at resuming: the user has no Agent record, or the sidecar does not say why.
    NotConfigured {
        message: String,
    },
    /// 403 at login: the account asks for a second factor, which no sign-in here can give.
    SecondFactor {
        message: String,
    },
    /// 403 at login: the user has not opened the link that was sent to their address.
    EmailNotVerified {
        message: String,
    },
    /// 400 at login.
    BadRequest {
        message: String,
    },
    /// 409 at login or at resuming.
    HeldElsewhere {
        message: String,
        device_name: Option<String>,
        /// What that device runs: "Windows".
        system: Option<String>,
        since: Option<String>,
        /// Whether a call is on there, as its last heartbeat said.
        in_call: Option<bool>,
        same_member: Option<bool>,
        /// Whether whoever holds it can be asked for it.
        askable: bool,
    },
    /// The device that holds the session was asked for it, and keeps it.
    NotMoved {
        device_name: Option<String>,
        why: NotMoved,
    },
    /// 429 at login.
    TooManyTries {
        message: String,
        retry_after_seconds: Option<u64>,
    },
    /// 503 and any other status at login.
    ServerTrouble {
        status: u16,
        message: String,
    },
    /// No answer that makes sense.
    Unreachable {
        hop: Hop,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "types", ts(optional))]
        facts: Option<Box<HopFacts>>,
    },
    /// 2xx with an account that cannot be used: which field, and why.
    BadAccount {
        detail: String,
    },
    /// 409 at a heartbeat: another device took the session.
    TakenOver {
        device_name: Option<String>,
    },
    /// No heartbeat succeeded until the lease ran out.
    LeaseExpired,
    /// The tokens are no longer valid: sign in again.
    TokenRefused,
    /// The user is no longer the agent that signed in: sign in again for another phone account.
    AccountChanged,
}

/// What became of the session lock when the user signed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LockReturned {
    /// None was held: the account has no phone, or the sign-in was still under way.
    NotHeld,
    /// The sidecar confirmed that it is free.
    Free,
    /// The sidecar did not confirm it in time. Other devices may find it held for this long, which is what was left of the lease.
    Unconfirmed { for_ms: u64 },
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum EndCause {
    /// We hung up.
    Local,
    /// The other side hung up.
    Remote,
    /// We declined.
    Declined,
    /// The caller gave up before we answered.
    Missed,
    AnsweredElsewhere,
    /// 486 or 600.
    Busy {
        status: u16,
        reason: String,
    },
    /// 480, 408 or 487: nobody answered.
    NoAnswer {
        status: u16,
        reason: String,
    },
    /// 404, 410, 484, 604.
    NotFound {
        status: u16,
        reason: String,
    },
    /// Any other refusal, in the server's words.
    Refused {
        status: u16,
        reason: String,
    },
    /// No response at all.
    Timeout,
    /// The connection to the phone server was lost while it was needed.
    LinkLost,
    NoMediaPath,
    /// The peer's certificate did not match its description.
    Security {
        detail: String,
    },
    /// Sound stopped for 30 s.
    MediaLost,
    /// The descriptions had nothing in common, the peer broke the protocol, or our own sound engine failed.
    Incompatible {
        detail: String,
    },
    SignedOut,
}

//! One of everything that this program writes, as it is written.

use std::time::{Duration, SystemTime};

use engine::{Stamp, Stamped};
use phone::{
    Accepted, AccountView, CallId, CallState, CallView, Direction, EndCause, Event, Hop,
    LeaseState, LeaseView, LineView, LinkView, PhoneView, Quality, Rejected, SignedOutReason,
    UserView,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    end::{Exit, Reason},
    order,
    password::Unavailable,
    report::{self, Notice, Reply, SCHEMA},
};

/// Returns one of each; what is added to [`Event`] has to be added to both halves.
pub(super) fn events() -> Vec<String> {
    let call = CallId(1);
    let all = vec![
        Event::SignedIn {
            user: ana(),
            phone: true,
        },
        Event::SessionHeld { ttl_seconds: 3600 },
        Event::SessionAtRisk {
            expires_in_ms: 3_540_000,
            hop: Hop::Tcp,
            detail: "The sidecar at helix.example port 443 cannot be reached".into(),
        },
        Event::SessionLost {
            reason: SignedOutReason::LeaseExpired,
        },
        Event::SignedOut {
            reason: SignedOutReason::ByUser,
        },
        Event::LinkUp,
        Event::LinkDown {
            hop: Hop::Tls,
            detail: "The certificate of sip.example expired on 2026-01-01 00:00 UTC".into(),
            retry_in_ms: 60_000,
        },
        Event::Registered {
            expires_in_ms: 600_000,
        },
        Event::RegisterFailed {
            status: Some(403),
            reason: "Forbidden".into(),
            retry_in_ms: None,
        },
        Event::Unregistered,
        Event::CallDialing {
            call,
            target: "700202".into(),
        },
        Event::CallIncoming {
            call,
            from: "700202".into(),
            display_name: Some("Ravi".into()),
        },
        Event::CallRinging {
            call,
            status: 180,
            early_media: false,
        },
        Event::CallAnswered { call },
        Event::CallConnected { call },
        Event::CallHeld { call },
        Event::CallResumed { call },
        Event::CallHeldByPeer { call, held: true },
        Event::CallMuted { call, muted: true },
        Event::CallChangeFailed {
            call,
            reason: "488 Not Acceptable Here".into(),
        },
        Event::CallInterrupted { call },
        Event::CallRecovered {
            call,
            after_ms: 2400,
        },
        Event::CallEnded {
            call,
            cause: EndCause::Remote,
        },
        Event::FirstAudio { call },
        Event::DtmfReceived { call, digit: '5' },
        Event::MediaQuality {
            call,
            quality: quality(),
        },
        Event::MediaFailed {
            call,
            reason: "The file out.wav cannot be written".into(),
        },
        Event::CallTurnedAway {
            from: "700203".into(),
        },
        Event::VaultFault {
            detail: "The keyring is locked".into(),
        },
    ];
    for event in &all {
        match event {
            Event::SignedIn { .. }
            | Event::SessionHeld { .. }
            | Event::SessionAtRisk { .. }
            | Event::SessionLost { .. }
            | Event::SignedOut { .. }
            | Event::LinkUp
            | Event::LinkDown { .. }
            | Event::Registered { .. }
            | Event::RegisterFailed { .. }
            | Event::Unregistered
            | Event::CallDialing { .. }
            | Event::CallIncoming { .. }
            | Event::CallRinging { .. }
            | Event::CallAnswered { .. }
            | Event::CallConnected { .. }
            | Event::CallHeld { .. }
            | Event::CallResumed { .. }
            | Event::CallHeldByPeer { .. }
            | Event::CallMuted { .. }
            | Event::CallChangeFailed { .. }
            | Event::CallInterrupted { .. }
            | Event::CallRecovered { .. }
            | Event::CallEnded { .. }
            | Event::FirstAudio { .. }
            | Event::DtmfReceived { .. }
            | Event::MediaQuality { .. }
            | Event::MediaFailed { .. }
            | Event::CallTurnedAway { .. }
            | Event::VaultFault { .. } => {}
        }
    }
    all.into_iter().map(event).collect()
}

pub(super) fn notices() -> Vec<String> {
    vec![
        notice(&Notice::Hello {
            version: "0.1.0",
            schema: SCHEMA,
            device_id: "6f1c2d3e-4a5b-4c6d-8e7f-001122334455",
            device_name: "Ana's desk",
        }),
        notice(&Notice::View { view: &view() }),
        notice(&Notice::LinesLost { lines: 12 }),
        notice(&report::bye(Exit::Passed, Reason::Quit, None)),
        notice(&report::bye(Exit::Passed, Reason::InputClosed, None)),
        notice(&report::bye(Exit::Interrupted, Reason::OutputClosed, None)),
        notice(&report::bye(
            Exit::RegisterRefused,
            Reason::Interrupted,
            Some("sip.register_failed"),
        )),
        notice(&report::bye(Exit::Internal, Reason::EngineEnded, None)),
    ]
}

pub(super) fn replies() -> Vec<String> {
    let id = || Some(Value::from("a-1"));
    let call = CallId(7);
    let rejected = [
        Rejected::NotSignedIn,
        Rejected::AlreadySignedIn,
        Rejected::NoPhone,
        Rejected::NoSidecar,
        Rejected::NotRegistered,
        Rejected::LeaseLost,
        Rejected::UnknownCall { call },
        Rejected::WrongState { call },
        Rejected::TooManyCalls,
        Rejected::InvalidTarget {
            reason: "a space in the user part".into(),
        },
        Rejected::InvalidDigit { digit: 'x' },
        Rejected::Stopping,
    ];
    for rejected in &rejected {
        match rejected {
            Rejected::NotSignedIn
            | Rejected::AlreadySignedIn
            | Rejected::NoPhone
            | Rejected::NoSidecar
            | Rejected::NotRegistered
            | Rejected::LeaseLost
            | Rejected::UnknownCall { .. }
            | Rejected::WrongState { .. }
            | Rejected::TooManyCalls
            | Rejected::InvalidTarget { .. }
            | Rejected::InvalidDigit { .. }
            | Rejected::Stopping => {}
        }
    }

    let accepted = |call| Reply::verdict(id(), Ok(Accepted { call }));
    let view = view();
    let mut all = vec![
        accepted(None),
        accepted(Some(CallId(1))),
        Reply::view(Some(Value::from(17)), &view),
        Reply::done(None),
    ];
    all.extend(rejected.map(|rejected| Reply::verdict(id(), Err(rejected))));
    for line in [
        r#"{"command":"dial" "target":"700202"}"#,
        r#"{"id":"a-1","command":"fly"}"#,
        r#"{"id":"a-1","command":"dial","number":"700202"}"#,
    ] {
        let fault = order::read(3, line.as_bytes()).unwrap_err();
        all.push(Reply::malformed(fault.id, &fault.inner));
    }
    all.push(Reply::malformed(
        None,
        &order::Malformed::TooLong { line: 3 },
    ));
    all.push(Reply::no_password(
        id(),
        &Unavailable::Env("ANA_PASSWORD".into()),
    ));
    all.into_iter()
        .map(|reply| notice(&Notice::Reply(reply)))
        .collect()
}

pub(super) fn view_parts() -> Vec<String> {
    let accounts = [
        AccountView::SignedOut { reason: None },
        AccountView::SigningIn {
            email: "ana@helix.example".into(),
        },
        AccountView::SignedIn {
            user: ana(),
            phone: true,
        },
        AccountView::Fallback {
            sip_uri: "sip:700201@sip.example".into(),
        },
        AccountView::NotConfigured {
            message: "SIP is not started: why".into(),
        },
        AccountView::SigningOut,
    ];
    for account in &accounts {
        match account {
            AccountView::SignedOut { .. }
            | AccountView::SigningIn { .. }
            | AccountView::SignedIn { .. }
            | AccountView::Fallback { .. }
            | AccountView::NotConfigured { .. }
            | AccountView::SigningOut => {}
        }
    }
    let leases = [
        LeaseState::Held,
        LeaseState::AtRisk {
            hop: Hop::Timeout,
            detail: "The sidecar did not answer".into(),
        },
        LeaseState::Lost {
            reason: SignedOutReason::LeaseExpired,
        },
    ];
    for lease in &leases {
        match lease {
            LeaseState::Held | LeaseState::AtRisk { .. } | LeaseState::Lost { .. } => {}
        }
    }
    let links = [
        LinkView::Off,
        LinkView::Opening,
        LinkView::Up,
        LinkView::Down {
            hop: Hop::Dns,
            detail: "The name sip.example has no address".into(),
        },
    ];
    for link in &links {
        match link {
            LinkView::Off | LinkView::Opening | LinkView::Up | LinkView::Down { .. } => {}
        }
    }
    let lines = [
        LineView::Off,
        LineView::Registering,
        LineView::Registered {
            extension: "700201".into(),
            server: "sip.example".into(),
        },
        LineView::Failed {
            status: Some(403),
            reason: "Forbidden".into(),
        },
    ];
    for line in &lines {
        match line {
            LineView::Off
            | LineView::Registering
            | LineView::Registered { .. }
            | LineView::Failed { .. } => {}
        }
    }
    let calls = [
        CallState::Calling,
        CallState::Ringing { early_media: true },
        CallState::Alerting,
        CallState::Answering,
        CallState::Connecting,
        CallState::Talking,
        CallState::Ending,
        CallState::Ended {
            cause: EndCause::Remote,
        },
    ];
    for call in &calls {
        match call {
            CallState::Calling
            | CallState::Ringing { .. }
            | CallState::Alerting
            | CallState::Answering
            | CallState::Connecting
            | CallState::Talking
            | CallState::Ending
            | CallState::Ended { .. } => {}
        }
    }

    let mut all: Vec<String> = Vec::new();
    all.extend(accounts.iter().map(json));
    all.extend(leases.map(|state| {
        json(&LeaseView {
            state,
            ttl_ms: 3_600_000,
        })
    }));
    all.extend(links.iter().map(json));
    all.extend(lines.iter().map(json));
    all.extend(calls.iter().map(json));
    all
}

pub(super) fn reasons() -> Vec<String> {
    let message = || "The server's words".to_owned();
    let since = || Some("2026-01-05T08:00:00Z".to_owned());
    let signed_out = [
        SignedOutReason::ByUser,
        SignedOutReason::WrongCredentials { message: message() },
        SignedOutReason::NotConfigured { message: message() },
        SignedOutReason::BadRequest { message: message() },
        SignedOutReason::HeldElsewhere {
            message: message(),
            device_name: Some("Ana's laptop".into()),
            since: since(),
            same_member: Some(true),
        },
        SignedOutReason::TooManyTries {
            message: message(),
            retry_after_seconds: Some(30),
        },
        SignedOutReason::ServerTrouble {
            status: 503,
            message: message(),
        },
        SignedOutReason::Unreachable {
            hop: Hop::Tcp,
            detail: "What happened".into(),
        },
        SignedOutReason::BadAccount {
            detail: "sipWsServer does not begin with wss".into(),
        },
        SignedOutReason::TakenOver {
            device_name: Some("Ana's laptop".into()),
        },
        SignedOutReason::LeaseExpired,
        SignedOutReason::TokenRefused,
    ];
    for reason in &signed_out {
        match reason {
            SignedOutReason::ByUser
            | SignedOutReason::WrongCredentials { .. }
            | SignedOutReason::NotConfigured { .. }
            | SignedOutReason::BadRequest { .. }
            | SignedOutReason::HeldElsewhere { .. }
            | SignedOutReason::TooManyTries { .. }
            | SignedOutReason::ServerTrouble { .. }
            | SignedOutReason::Unreachable { .. }
            | SignedOutReason::BadAccount { .. }
            | SignedOutReason::TakenOver { .. }
            | SignedOutReason::LeaseExpired
            | SignedOutReason::TokenRefused => {}
        }
    }

    let reason = || "The server's words".to_owned();
    let ended = [
        EndCause::Local,
        EndCause::Remote,
        EndCause::Declined,
        EndCause::Missed,
        EndCause::AnsweredElsewhere,
        EndCause::Busy {
            status: 486,
            reason: reason(),
        },
        EndCause::NoAnswer {
            status: 480,
            reason: reason(),
        },
        EndCause::NotFound {
            status: 404,
            reason: reason(),
        },
        EndCause::Refused {
            status: 603,
            reason: reason(),
        },
        EndCause::Timeout,
        EndCause::LinkLost,
        EndCause::NoMediaPath,
        EndCause::Security {
            detail: "The certificate is not the one of the description".into(),
        },
        EndCause::MediaLost,
        EndCause::Incompatible {
            detail: "No codec in common".into(),
        },
        EndCause::SignedOut,
    ];
    for cause in &ended {
        match cause {
            EndCause::Local
            | EndCause::Remote
            | EndCause::Declined
            | EndCause::Missed
            | EndCause::AnsweredElsewhere
            | EndCause::Busy { .. }
            | EndCause::NoAnswer { .. }
            | EndCause::NotFound { .. }
            | EndCause::Refused { .. }
            | EndCause::Timeout
            | EndCause::LinkLost
            | EndCause::NoMediaPath
            | EndCause::Security { .. }
            | EndCause::MediaLost
            | EndCause::Incompatible { .. }
            | EndCause::SignedOut => {}
        }
    }

    let hops = [
        Hop::Configuration,
        Hop::Dns,
        Hop::Tcp,
        Hop::Proxy,
        Hop::Tls,
        Hop::Http,
        Hop::WebSocket,
        Hop::Timeout,
    ];
    for hop in &hops {
        match hop {
            Hop::Configuration
            | Hop::Dns
            | Hop::Tcp
            | Hop::Proxy
            | Hop::Tls
            | Hop::Http
            | Hop::WebSocket
            | Hop::Timeout => {}
        }
    }

    let mut all: Vec<String> = Vec::new();
    all.extend(signed_out.iter().map(json));
    all.extend(ended.iter().map(json));
    all.extend(hops.iter().map(json));
    all
}

fn view() -> PhoneView {
    PhoneView {
        account: AccountView::SignedIn {
            user: ana(),
            phone: true,
        },
        lease: Some(LeaseView {
            state: LeaseState::Held,
            ttl_ms: 3_600_000,
        }),
        link: LinkView::Up,
        line: LineView::Registered {
            extension: "700201".into(),
            server: "sip.example".into(),
        },
        calls: vec![CallView {
            call: CallId(1),
            direction: Direction::Outgoing,
            state: CallState::Talking,
            number: "700202".into(),
            display_name: None,
            held: false,
            held_by_peer: false,
            muted: false,
            interrupted: false,
        }],
    }
}

fn ana() -> UserView {
    UserView {
        id: "u-1".into(),
        role: "cc-agent".into(),
        name: "Ana".into(),
        email: "ana@helix.example".into(),
    }
}

fn quality() -> Quality {
    Quality {
        packets_sent: 500,
        packets_received: 498,
        packets_lost: 2,
        packets_late: 0,
        samples_played: 480_000,
        samples_concealed: 1920,
        jitter_ms: 1.5,
        playout_delay_ms: 40.0,
        round_trip_ms: Some(12.5),
        far_loss: Some(0.0),
        capture_level_dbfs: -18.0,
        playback_level_dbfs: -20.5,
        playback_tone_hz: None,
    }
}

/// 2026-01-05 09:00:01.204 UTC, 1204 ms after the start.
fn stamp() -> Stamp {
    Stamp {
        mono: Duration::from_millis(1204),
        wall: SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_603_601_204),
    }
}

fn event(event: Event) -> String {
    let stamp = stamp();
    text(report::event(&Stamped { stamp, event }))
}

fn notice(notice: &Notice<'_>) -> String {
    text(report::notice(stamp(), notice))
}

fn text(line: Vec<u8>) -> String {
    let line = String::from_utf8(line).unwrap();
    line.strip_suffix('\n').unwrap().to_owned()
}

fn json(part: &impl Serialize) -> String {
    serde_json::to_string(part).unwrap()
}

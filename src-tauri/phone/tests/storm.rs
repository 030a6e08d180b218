//! Whatever comes in whatever order: no panic, no state without a deadline, no secret in what a front door sees.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{
    AccountView, AutoAnswer, Availability, CallId, CallSettings, CallState, CallView,
    CandidateKind, Codec, Command, Input, LeaseState, LinkView, MediaNews, MoveAnswer, Output,
    Quality, StreamNews, Tone, VoicePath,
};
use proptest::prelude::*;
use sip::DialogHandle;
use world::{World, agent_grant, manager_grant, queue_grant, refused, restored, unreachable};

const SECRETS: [&str; 7] = [
    "user-secret",
    "line-secret",
    "access-secret",
    "refresh-secret",
    "access-2-secret",
    "refresh-2-secret",
    "ticket-secret",
];

#[derive(Debug, Clone)]
enum Step {
    Command(u8, u32),
    Pass(u64),
    Sidecar(u8),
    Server(u8),
    Drop,
    Incoming(bool),
    QueueCall(u8),
    InDialog(u8),
    Media(u8, u32),
    Garbage(Vec<u8>),
    Network,
    Vault(u8),
    Sleep(u64),
    Status(u8),
    Told(u8),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks_the_phone(start in 0..5u8, steps in prop::collection::vec(step(), 1..60)) {
        let mut world = begin(start);
        for step in steps {
            take(&mut world, step);
            let resting = matches!(
                world.view().account,
                AccountView::SignedOut { .. }
                    | AccountView::NotConfigured { .. }
                    | AccountView::SignedIn { phone: false, .. }
            );
            let unconfirmed = matches!(
                world.view().account,
                AccountView::Restoring | AccountView::Resuming { .. }
            );
            prop_assert!(!unconfirmed || world.view().link == LinkView::Off, "{:?}", world.view());
            prop_assert!(resting || world.phone.poll_timeout().is_some(), "{:?}", world.view());
            let beeps = world.tone == Some(Tone::Beep);
            let alerts = |it: &CallView| it.state == CallState::Alerting && (beeps || !it.silenced);
            let alerts = world.view().calls.iter().any(alerts);
            let is_tested = world.view().sound.tested.is_some();
            let rings = beeps
                || !is_tested && matches!(world.tone, Some(Tone::Ring | Tone::CallWaiting));
            prop_assert_eq!(rings, alerts, "{:?}", world.view());
            let queue = world.view().queue;
            prop_assert!(queue.is_none_or(|it| it.unsaved <= 20));
            let held = world.view().lease.is_some_and(|it| !matches!(it.state, LeaseState::Lost { .. }));
            prop_assert!(held || world.view().move_request.is_none(), "{:?}", world.view());
            prop_assert!(held || world.stream.is_none(), "{:?}", world.view());
            let calls = world.view().calls;
            prop_assert!(calls.len() <= 3, "{:?}", calls);
        }
        // At the end everything can be given back, whatever happened.
        let _ = world.command(Command::SignOut);
        world.pass(Duration::from_secs(7));
        let signed_out = matches!(world.view().account, AccountView::SignedOut { .. });
        prop_assert!(signed_out, "{:?}", world.view());
        prop_assert!(world.view().calls.is_empty());
        prop_assert_eq!(world.tone, None);
        prop_assert_eq!(world.stream, None);
        prop_assert_eq!(world.phone.poll_timeout(), None);

        let shown = format!(
            "{:?} {} {}",
            world.phone,
            serde_json::to_string(&world.events).unwrap(),
            serde_json::to_string(&world.view()).unwrap()
        );
        for secret in SECRETS {
            prop_assert!(!shown.contains(secret), "{} shows", secret);
        }
    }
}

#[test]
fn a_phone_in_a_call_shows_no_secret() {
    let (world, _) = World::in_call();
    let shown = format!(
        "{:?} {} {}",
        world.phone,
        serde_json::to_string(&world.events).unwrap(),
        serde_json::to_string(&world.view()).unwrap()
    );
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} shows");
    }
    assert!(world.sent.iter().all(|it| !it.contains("line-secret")));
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..28u8, 0..4u32).prop_map(|(kind, call)| Step::Command(kind, call)),
        3 => (0..400u64).prop_map(Step::Pass),
        1 => (0..21u8).prop_map(Step::Sidecar),
        1 => (0..6u8).prop_map(Step::Server),
        1 => Just(Step::Drop),
        2 => any::<bool>().prop_map(Step::Incoming),
        2 => any::<u8>().prop_map(Step::QueueCall),
        2 => (0..5u8).prop_map(Step::InDialog),
        2 => (0..12u8, 0..4u32).prop_map(|(kind, call)| Step::Media(kind, call)),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Garbage),
        1 => Just(Step::Network),
        1 => (0..6u8).prop_map(Step::Vault),
        1 => (0..9000u64).prop_map(Step::Sleep),
        1 => (0..8u8).prop_map(Step::Status),
        2 => (0..7u8).prop_map(Step::Told),
    ]
}

fn take(world: &mut World, step: Step) {
    let linked = matches!(world.view().link, LinkView::Up { .. });
    let registered = world.count_sent("REGISTER") > 0;
    match step {
        Step::Command(kind, call) => {
            let request = world.view().move_request.map_or(0, |it| it.request);
            let _ = world.command(command(kind, CallId(call), request));
        }
        Step::Pass(seconds) => world.pass(Duration::from_secs(seconds)),
        Step::Sidecar(kind) => script_sidecar(world, kind),
        Step::Server(kind) => match kind {
            0 => world.server.reachable = !world.server.reachable,
            1 => world.server.answers_pings = !world.server.answers_pings,
            2 => world.server.invite = vec!["100 Trying", "183 Session Progress", "200 OK"],
            3 => world.server.invite = vec!["486 Busy Here"],
            4 => world.server.invite = vec!["180 Ringing"],
            _ => world.server.media_connects = !world.server.media_connects,
        },
        Step::Drop => world.drop_flow(),
        Step::Incoming(with_offer) if linked && registered => world.incoming(with_offer),
        Step::QueueCall(number) if linked && registered => {
            let headers = format!("X-UCID: 90{number}\r\n");
            world.incoming_as(&format!("in-{number}"), &headers, true);
        }
        Step::InDialog(kind) if linked && world.count_sent("INVITE") > 0 => match kind {
            0 => world.in_dialog("BYE", 7, ""),
            1 => world.in_dialog("INVITE", 8, "v=0\r\na=sendonly\r\n"),
            2 => world.in_dialog("INVITE", 9, ""),
            3 => world.in_dialog("ACK", 9, "v=0\r\no=late\r\n"),
            _ => world.in_dialog("UPDATE", 10, "v=0\r\no=unusable\r\n"),
        },
        Step::Media(kind, call) => world.news(CallId(call), media(kind)),
        Step::Garbage(bytes) if linked => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            world.deliver(&text);
        }
        Step::Network => world.input(Input::NetworkChanged),
        Step::Vault(kind) => news_of_the_vault(world, kind),
        Step::Sleep(seconds) => world.sleep(Duration::from_secs(seconds)),
        Step::Status(kind) if world.is_asked_for_status() => {
            let states = [
                "waiting",
                "after_call",
                "granted",
                "refused",
                "unanswered",
                "moved",
                "superseded",
                "new",
            ];
            world.status(states[usize::from(kind)], u64::from(kind) * 9);
        }
        Step::Told(kind) if world.stream.is_some() => tell(world, kind),
        Step::Status(_) | Step::Told(_) => {}
        Step::Incoming(_) | Step::QueueCall(_) | Step::InDialog(_) | Step::Garbage(_) => {}
    }
}

/// Signed in, or started with a vault that has a session, has none, or is silent.
fn begin(start: u8) -> World {
    match start {
        0 => World::signed_in(),
        3 => World::at_queue(),
        1 => {
            let mut world = World::restarted(&agent_grant());
            world.settle();
            world
        }
        2 => {
            let mut world = World::restarted(&agent_grant());
            world.sidecar.beat = Some(Err(unreachable()));
            world.settle();
            world
        }
        _ => {
            let mut world = World::restarted(&agent_grant());
            world.vault = None;
            world.settle();
            world
        }
    }
}

fn tell(world: &mut World, kind: u8) {
    let demand = |id: u8, state: &str| {
        format!(r#"{{"id":"r-{id}","deviceName":"L","secondsLeft":20,"state":"{state}"}}"#)
    };
    match kind {
        0 => world.demand("null"),
        1 | 2 => world.demand(&demand(kind, "waiting")),
        3 => world.demand(&demand(1, "after_call")),
        4 => world.demand(&demand(2, "granted")),
        5 => world.tell(lost()),
        _ => {
            let stream = world.stream.take().unwrap_or_default();
            let news = StreamNews::Ended(Ok(()));
            world.input(Input::Events { stream, news });
        }
    }
}

fn lost() -> phone::ServerEvent {
    let json = r#"{"holder":{"deviceName":"L","sameMember":true}}"#;
    phone::ServerEvent::Lost(serde_json::from_str(json).unwrap())
}

fn news_of_the_vault(world: &mut World, kind: u8) {
    let input = match kind {
        0 => Input::Restored { restored: None },
        1 => Input::Restored {
            restored: Some(Box::new(restored(&manager_grant()))),
        },
        2 => Input::Wiped,
        3 => Input::VaultFailed {
            detail: "The keyring is locked".to_owned(),
        },
        4 => {
            world.wipes = !world.wipes;
            return;
        }
        _ => Input::Restored {
            restored: Some(Box::new(restored(&agent_grant()))),
        },
    };
    world.input(input);
}

fn command(kind: u8, call: CallId, request: u64) -> Command {
    match kind {
        0 => Command::SignOut,
        1 | 2 => Command::Dial {
            target: "4711".to_owned(),
        },
        3 => Command::Answer { call },
        4 => Command::HangUp { call },
        5 => Command::Hold { call },
        6 => Command::Resume { call },
        7 => Command::Mute { call },
        8 => Command::Dtmf {
            call,
            digits: "1#".to_owned(),
        },
        9 => Command::Reconnect,
        10 => Command::SoundCheck,
        11 | 12 => Command::SetCalls {
            settings: CallSettings {
                auto_answer: if kind == 11 {
                    AutoAnswer::Always
                } else {
                    AutoAnswer::Off
                },
                max_calls: 1 + (call.0 % 3) as u8,
                ..CallSettings::default()
            },
        },
        13 => Command::Silence { call },
        14 => Command::Check,
        15 => Command::TestOutput {
            output: Output::Ringer,
        },
        16 => Command::Ready,
        17 => Command::Pause {
            reason: Some(if call.0 == 0 { "Lunch" } else { "Tea" }.to_owned()),
        },
        18 => Command::CancelNext,
        19 => Command::WrapUp {
            outcome: (call.0 > 0).then(|| "Sale".to_owned()),
            note: "As typed".to_owned(),
        },
        20 => Command::FinishWrapUp {
            then: (call.0 > 1).then_some(Availability::Ready),
        },
        21 => Command::MoreTime,
        22 => Command::AskToMove {
            email: "ana@helix.example".to_owned(),
            password: "user-secret".into(),
        },
        23..=25 => Command::AnswerMove {
            request,
            answer: [MoveAnswer::Now, MoveAnswer::AfterCall, MoveAnswer::No]
                [usize::from(kind - 23)],
        },
        26 => Command::Repair { call },
        _ => Command::SignIn {
            email: "ana@helix.example".to_owned(),
            password: "user-secret".into(),
            takeover: true,
        },
    }
}

fn script_sidecar(world: &mut World, kind: u8) {
    let held = Ok(r#"{"status":"ok","lock":"held"}"#.to_owned());
    let sidecar = &mut world.sidecar;
    match kind {
        0 => sidecar.beat = Some(Err(refused(401, "expired"))),
        1 => sidecar.beat = Some(Err(refused(409, "taken"))),
        2 => sidecar.beat = Some(Err(unreachable())),
        3 => sidecar.beat = None,
        4 => sidecar.refresh = Some(Err(refused(401, "used up"))),
        5 => sidecar.refresh = None,
        6 => sidecar.login = Some(Ok(manager_grant())),
        7 => sidecar.login = None,
        8 => sidecar.logout = None,
        9 => sidecar.login = Some(Ok(queue_grant())),
        10 => sidecar.orders.push_back(None),
        11 => sidecar.orders.push_back(Some(Err(refused(401, "expired")))),
        12 => sidecar.orders.push_back(Some(Err(refused(409, "taken")))),
        13 => sidecar.orders.push_back(Some(Err(refused(422, "No.")))),
        14 => sidecar.orders.push_back(Some(Err(refused(503, "Silence")))),
        16 => sidecar.events = Some(Ok(())),
        17 => sidecar.events = Some(Err(refused(401, "expired"))),
        18 => sidecar.answer = Some(Err(unreachable())),
        19 => sidecar.takeover = None,
        20 => sidecar.status = Some(Err(refused(503, "later"))),
        _ => {
            sidecar.login = Some(Ok(agent_grant()));
            sidecar.beat = Some(held);
        }
    }
}

fn media(kind: u8) -> MediaNews {
    match kind {
        0 => MediaNews::NoMediaPath,
        1 => MediaNews::ConsentLost,
        2 => MediaNews::SecurityFailed {
            detail: "no".to_owned(),
        },
        3 => MediaNews::Refused {
            request: 3,
            reason: "no".to_owned(),
        },
        4 => MediaNews::Connected {
            dialog: DialogHandle(0),
        },
        5 => MediaNews::Interrupted,
        6 => MediaNews::Resumed {
            after: Duration::from_secs(2),
        },
        7 => MediaNews::Dtmf { digit: '1' },
        8 => MediaNews::Path(VoicePath {
            local: ([192, 0, 2, 1], 4000).into(),
            remote: ([192, 0, 2, 2], 5000).into(),
            remote_kind: CandidateKind::PeerReflexive,
            codec: Codec::Opus,
        }),
        9 | 10 => MediaNews::Quality(Quality {
            silent_ms: Some(u64::from(kind - 9) * 5_000),
            unheard_ms: (kind == 9).then_some(9_000),
            ..Quality::default()
        }),
        _ => MediaNews::Offer {
            request: 5,
            offer: sip::Offer("v=0\r\n".to_owned()),
        },
    }
}

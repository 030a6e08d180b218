//! Calls, and the link beneath them.

#![allow(clippy::unwrap_used, reason = "tests")]

mod world;

use std::time::Duration;

use phone::{CallState, Command, EndCause, Event, Input, LineView, LinkView, MediaNews, Rejected};
use sip::DialogHandle;
use world::{World, header, setup};

#[test]
fn an_outgoing_call_rings_is_answered_and_hung_up() {
    let (mut world, call) = World::in_call();
    assert_eq!(world.view().calls[0].state, CallState::Talking);
    for wanted in ["dialing", "ringing", "answered", "connected"] {
        assert!(
            type_count(&world, &format!("call.{wanted}")) == 1,
            "{wanted}: {:?}",
            world.events
        );
    }

    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(last_end(&world), EndCause::Local);
    assert_eq!((world.count_sent("ACK"), world.count_sent("BYE")), (1, 1));
    assert!(world.view().calls.is_empty());
    assert!(world.media.last().unwrap().1.contains("Close"));
}

#[test]
fn the_far_end_hangs_up() {
    let (mut world, _) = World::in_call();
    world.in_dialog("BYE", 1, "");
    assert_eq!(last_end(&world), EndCause::Remote);
    assert_eq!(world.count_sent("BYE"), 0);
}

#[test]
fn a_call_that_is_refused_says_why() {
    for (status, wanted) in [
        ("486 Busy Here", "busy"),
        ("603 Decline", "refused"),
        ("404 Not Found", "not_found"),
        ("480 Temporarily Unavailable", "no_answer"),
    ] {
        let mut world = World::signed_in();
        world.server.invite = vec!["100 Trying", status];
        world.dial("4711");
        let cause = serde_json::to_value(last_end(&world)).unwrap();
        assert_eq!(cause["code"], wanted);
        assert_eq!(cause["status"].to_string(), status[..3]);
    }
}

#[test]
fn hanging_up_while_it_rings_cancels() {
    let mut world = World::signed_in();
    world.server.invite = vec!["100 Trying", "180 Ringing"];
    let call = world.dial("4711");
    assert_eq!(
        world.view().calls[0].state,
        CallState::Ringing { early_media: false }
    );
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.count_sent("CANCEL"), 1);
    assert_eq!(last_end(&world), EndCause::Local);
}

#[test]
fn early_media_is_heard_before_the_answer() {
    let mut world = World::signed_in();
    world.server.invite = vec!["100 Trying", "183 Session Progress"];
    world.dial("4711");
    assert_eq!(
        world.view().calls[0].state,
        CallState::Ringing { early_media: true }
    );
    assert!(world.media.iter().any(|(_, it)| it.starts_with("Apply")));
    assert!(!world.media.iter().any(|(_, it)| it.starts_with("Select")));
}

#[test]
fn a_far_end_that_rings_for_ever_is_given_up() {
    let mut world = World::signed_in();
    world.server.invite = vec!["100 Trying", "180 Ringing"];
    world.dial("4711");
    world.pass(Duration::from_secs(181));
    assert!(matches!(last_end(&world), EndCause::NoAnswer { .. }));
    assert_eq!(world.count_sent("CANCEL"), 1);
}

#[test]
fn what_cannot_be_called_is_said_at_once() {
    let mut world = World::signed_in();
    for target in ["", "  ", "a b\r\nX: 1", "sip:", "mailto:a@b.example"] {
        let dialled = world.command(Command::Dial {
            target: target.to_owned(),
        });
        assert!(
            matches!(dialled, Err(Rejected::InvalidTarget { .. })),
            "{target:?}: {dialled:?}"
        );
    }
    assert!(world.media.is_empty() && world.count_sent("INVITE") == 0);
}

#[test]
fn what_the_organisation_does_not_want_called_is_refused_and_nothing_happens() {
    let mut world = World::new(planned());
    world.sign_in();
    for target in ["+49900123", "0900 123", "sip:0900123@sip.example", "1"] {
        let refused = world.command(dial(target));
        assert_eq!(refused, Err(Rejected::NotAllowed), "{target}");
    }
    assert!(world.media.is_empty() && world.count_sent("INVITE") == 0);
    assert!(world.view().calls.is_empty() && world.view().ended.is_none());

    let call = world.dial("030 123456");
    assert_eq!(world.view().calls[0].number, "+4930123456");
    assert!(
        world.happened(
            |it| matches!(it, Event::CallDialing { target, .. } if target == "+4930123456")
        )
    );
    assert!(
        world
            .sent
            .iter()
            .any(|it| it.starts_with("INVITE sip:+4930123456@sip.example SIP/2.0"))
    );
    // What is not called does not put the call aside that is.
    assert_eq!(world.command(dial("1")), Err(Rejected::NotAllowed));
    let calls = world.view().calls;
    assert!(calls.len() == 1 && calls[0].call == call && !calls[0].held);
}

#[test]
fn who_dials_for_help_is_told_what_to_do_whatever_the_phone_does() {
    let told = Err(Rejected::Emergency {
        text: "Use a mobile.".to_owned(),
    });
    let mut world = World::new(planned());
    assert_eq!(world.command(dial("112")), told, "nobody is signed in");
    world.sign_in();
    assert_eq!(world.command(dial("112")), told);
    world.drop_flow();
    assert_eq!(world.command(dial("tel:112")), told, "there is no line");
    assert_eq!(
        world.command(dial("030 1234")),
        Err(Rejected::NotRegistered)
    );
    assert_eq!(world.count_sent("INVITE"), 0);
}

fn planned() -> phone::Setup {
    phone::Setup {
        dialling: phone::DialPlan {
            policy: phone::DialPolicy {
                allowed: Some(vec!["+49".to_owned()]),
                blocked: vec!["+49900".to_owned()],
            },
            rewrites: vec![phone::NumberRewrite {
                from: "0".to_owned(),
                to: "+49".to_owned(),
            }],
            emergency: Some(phone::EmergencyNotice {
                numbers: vec!["112".to_owned()],
                text: "Use a mobile.".to_owned(),
            }),
        },
        ..setup()
    }
}

fn dial(target: &str) -> Command {
    Command::Dial {
        target: target.to_owned(),
    }
}

#[test]
fn an_incoming_call_is_answered_and_ended_here() {
    let mut world = World::signed_in();
    world.incoming(true);
    assert!(world.happened(|it| matches!(
        it,
        Event::CallIncoming { from, display_name: Some(name), .. } if from == "4711" && name == "Ravi"
    )));
    let call = world.view().calls[0].call;
    world.command(Command::Answer { call }).unwrap();
    ack(&mut world);
    assert_eq!(world.view().calls[0].state, CallState::Talking);
    assert!(
        world
            .sent
            .iter()
            .any(|it| it.starts_with("SIP/2.0 200") && it.contains("our-answer"))
    );

    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.count_sent("BYE"), 1);
}

#[test]
fn an_incoming_call_without_an_offer_gets_ours() {
    let mut world = World::signed_in();
    world.incoming(false);
    let call = world.view().calls[0].call;
    world.command(Command::Answer { call }).unwrap();
    assert!(
        world
            .sent
            .iter()
            .any(|it| it.starts_with("SIP/2.0 200") && it.contains("o=ours"))
    );
    world.in_dialog("ACK", 1, "v=0\r\no=late\r\n");
    assert!(
        world
            .media
            .iter()
            .any(|(_, it)| it.starts_with("Apply") && it.contains("late"))
    );
}

#[test]
fn a_caller_who_withholds_who_they_are_has_neither_number_nor_name() {
    let mut world = World::signed_in();
    let asserted = "P-Asserted-Identity: \"Anonymous\" <sip:anonymous@anonymous.invalid>\r\n";
    world.incoming_as("in-1", asserted, true);
    let call = &world.view().calls[0];
    assert_eq!((call.number.as_str(), &call.display_name), ("", &None));
    assert!(world.happened(
        |it| matches!(it, Event::CallIncoming { from, display_name: None, .. } if from.is_empty())
    ));
}

#[test]
fn an_incoming_call_is_declined_missed_or_turned_away() {
    let mut world = World::signed_in();
    world.incoming(true);
    let call = world.view().calls[0].call;
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(last_end(&world), EndCause::Declined);
    assert_eq!(world.count_sent("SIP/2.0 486"), 1);

    let mut world = World::signed_in();
    world.incoming(true);
    world.pass(Duration::from_secs(61));
    assert_eq!(last_end(&world), EndCause::Missed);

    // Its caller waits no longer than this.
    let mut world = World::signed_in();
    world.incoming_as("in-1", "Expires: 20\r\n", true);
    world.pass(Duration::from_secs(21));
    assert_eq!(last_end(&world), EndCause::Missed);
    assert_eq!(world.tone, None);

    let (mut world, _) = World::in_call();
    world.incoming(true);
    assert_eq!(world.count_sent("SIP/2.0 486"), 1);
    assert!(world.happened(|it| matches!(it, Event::CallTurnedAway { from } if from == "4711")));
    assert_eq!(world.view().calls.len(), 1);

    let asserted = "P-Asserted-Identity: <sip:+4930@sip.example>\r\n";
    world.incoming_as("in-2", asserted, true);
    assert!(world.happened(|it| matches!(it, Event::CallTurnedAway { from } if from == "+4930")));
}

#[test]
fn an_incoming_call_with_an_unusable_offer_is_refused_with_488() {
    let mut world = World::signed_in();
    let contact = world
        .sent
        .iter()
        .find(|it| it.starts_with("REGISTER"))
        .unwrap()
        .clone();
    let contact = header(&contact, "Contact")
        .split(['<', '>'])
        .nth(1)
        .unwrap()
        .to_owned();
    let body = "v=0\r\no=unusable\r\n";
    world.deliver(&format!(
        "INVITE {contact} SIP/2.0\r\nVia: SIP/2.0/WSS p.example;branch=z9hG4bK-u\r\nFrom: <sip:1@sip.example>;tag=a\r\n\
         To: <sip:700201@sip.example>\r\nCall-ID: u\r\nCSeq: 1 INVITE\r\nContact: <sip:1@far.example>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert_eq!(world.count_sent("SIP/2.0 488"), 1);
    assert!(matches!(last_end(&world), EndCause::Incompatible { .. }));
}

#[test]
fn hold_and_resume_are_negotiated_and_a_refused_hold_stays_one_here() {
    let (mut world, call) = World::in_call();
    world.command(Command::Hold { call }).unwrap();
    assert!(world.view().calls[0].held);
    assert!(world.happened(|it| matches!(it, Event::CallHeld { .. })));
    world.command(Command::Resume { call }).unwrap();
    assert!(!world.view().calls[0].held);
    assert_eq!(world.count_sent("INVITE"), 3);

    world.server.reinvite = "488 Not Acceptable Here";
    world.media.clear();
    world.command(Command::Hold { call }).unwrap();
    assert!(world.view().calls[0].held);
    assert!(world.happened(|it| matches!(it, Event::CallChangeFailed { .. })));
    let opens = |world: &World| {
        world
            .media
            .iter()
            .any(|(_, it)| it.contains("Hold { on: false }"))
    };
    assert!(!opens(&world), "nobody is heard who did not ask for it");
    world.pass(Duration::from_secs(60));
    assert_eq!(
        world.count_sent("INVITE"),
        4,
        "it is not offered again and again"
    );
    assert_eq!(world.view().calls[0].state, CallState::Talking);

    world.command(Command::Resume { call }).unwrap();
    assert!(opens(&world));
    assert!(!world.view().calls[0].held);
    assert_eq!(world.view().calls[0].held_since, None);
    assert_eq!(
        world.count_sent("INVITE"),
        5,
        "it may have taken the hold after all"
    );

    // A resume that is refused leaves the call on hold, at both ends.
    world.server.reinvite = "200 OK";
    world.command(Command::Hold { call }).unwrap();
    world.server.reinvite = "488 Not Acceptable Here";
    world.command(Command::Resume { call }).unwrap();
    assert!(world.view().calls[0].held);
    let last = &world.media.last().unwrap().1;
    assert!(last.contains("Hold { on: true }"), "{last}");
}

#[test]
fn a_hold_that_nobody_can_be_told_of_opens_no_microphone_and_is_offered_when_that_is_possible() {
    let (mut world, call) = World::in_call();
    world.server.reachable = false;
    world.drop_flow();
    world.media.clear();
    world.command(Command::Hold { call }).unwrap();
    world.pass(Duration::from_secs(120));
    assert!(world.view().calls[0].held);
    assert!(world.happened(|it| matches!(it, Event::CallChangeFailed { .. })));
    assert!(!world.media.iter().any(|(_, it)| it.contains("on: false")));
    assert!(!world.happened(|it| matches!(it, Event::CallHeld { .. })));

    world.server.reachable = true;
    world.pass(Duration::from_secs(40));
    assert!(world.happened(|it| matches!(it, Event::CallHeld { .. })));
    assert!(world.view().calls[0].held);
}

#[test]
fn a_hold_that_comes_while_new_addresses_are_refused_is_still_offered() {
    let (mut world, call) = World::in_call();
    world.server.reinvite = "100 Trying";
    world.input(Input::NetworkChanged);
    world.media.clear();
    world.command(Command::Hold { call }).unwrap();
    world.server.reinvite = "200 OK";
    world.refuse_there("488 Not Acceptable Here");
    assert!(world.happened(|it| matches!(it, Event::CallHeld { .. })));
    assert!(world.view().calls[0].held);
    assert!(!world.media.iter().any(|(_, it)| it.contains("on: false")));
}

#[test]
fn a_peers_offer_that_is_cancelled_after_the_media_took_it_is_put_right_by_one_of_ours() {
    let (mut world, call) = World::in_call();
    world.in_dialog("INVITE", 1, "v=0\r\no=slow\r\na=sendonly\r\n");
    let answer = late_answer(&world, true);
    world.in_dialog("CANCEL", 1, "");
    world.news(call, answer);
    assert_eq!(world.count_sent("INVITE"), 2, "both agree again");
}

#[test]
fn the_peer_holds_us_and_an_offer_of_its_own_that_cannot_be_used_changes_nothing() {
    let (mut world, _) = World::in_call();
    world.in_dialog("INVITE", 1, "v=0\r\na=sendonly\r\n");
    assert!(world.view().calls[0].held_by_peer);
    world.in_dialog("ACK", 1, "");
    world.in_dialog("INVITE", 2, "v=0\r\no=unusable\r\n");
    assert_eq!(world.count_sent("SIP/2.0 488"), 1);
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

#[test]
fn digits_go_as_telephone_events_or_else_by_info() {
    let (mut world, call) = World::in_call();
    world
        .command(Command::Dtmf {
            call,
            digits: "12a#".to_owned(),
        })
        .unwrap();
    assert!(world.media.last().unwrap().1.contains("12A#"));
    let bad = world.command(Command::Dtmf {
        call,
        digits: "1x".to_owned(),
    });
    assert_eq!(bad, Err(Rejected::InvalidDigit { digit: 'x' }));

    let mut world = World::signed_in();
    world.server.telephone_event = false;
    let call = world.dial("4711");
    world
        .command(Command::Dtmf {
            call,
            digits: "12".to_owned(),
        })
        .unwrap();
    world.pass(Duration::from_secs(2));
    let infos = world
        .sent
        .iter()
        .filter(|it| it.starts_with("INFO"))
        .collect::<Vec<_>>();
    assert_eq!(infos.len(), 2);
    assert!(infos[0].contains("Signal=1") && infos[1].contains("Signal=2"));
}

#[test]
fn mute_is_told_once_and_reaches_the_media() {
    let (mut world, call) = World::in_call();
    world.command(Command::Mute { call }).unwrap();
    world.command(Command::Mute { call }).unwrap();
    assert!(world.view().calls[0].muted);
    assert_eq!(type_count(&world, "call.muted"), 1);
    assert!(world.media.last().unwrap().1.contains("Mute { on: true }"));
}

#[test]
fn a_dropped_flow_is_opened_again_registered_again_and_the_call_goes_on() {
    let (mut world, call) = World::in_call();
    let registers = world.count_sent("REGISTER");
    world.drop_flow();
    assert!(matches!(
        world.view().link,
        LinkView::Down { .. } | LinkView::Opening
    ));
    assert_eq!(world.view().line, LineView::Registering);
    assert_eq!(world.view().calls[0].state, CallState::Talking);

    world.pass(Duration::from_secs(2));
    assert!(matches!(world.view().link, LinkView::Up { .. }));
    assert_eq!(world.count_sent("REGISTER"), registers + 1);
    assert_eq!(
        world.count_sent("INVITE"),
        2,
        "the far end learns the new address"
    );
    assert!(world.happened(|it| matches!(it, Event::Registered { .. })));
    let instances = world
        .sent
        .iter()
        .filter(|it| it.starts_with("REGISTER"))
        .map(|it| header(it, "Contact"))
        .collect::<Vec<_>>();
    assert!(
        instances.iter().all(|it| it.contains(world::DEVICE)),
        "{instances:?}"
    );
    world.command(Command::HangUp { call }).unwrap();
    assert_eq!(world.count_sent("BYE"), 1);
}

#[test]
fn a_network_that_changes_while_it_rings_is_told_once_the_call_is_answered() {
    for with_offer in [true, false] {
        let mut world = World::signed_in();
        world.server.media_connects = false;
        world.incoming(with_offer);
        let call = world.view().calls[0].call;
        world.input(Input::NetworkChanged);
        world.command(Command::Answer { call }).unwrap();
        assert_eq!(world.count_sent("INVITE"), 0, "ACK comes first");

        let answer = if with_offer { "" } else { "v=0\r\no=late\r\n" };
        world.in_dialog("ACK", 1, answer);
        assert_eq!(world.view().calls[0].state, CallState::Connecting);
        assert_eq!(world.count_sent("INVITE"), 1);
        let last = &world.media.last().unwrap().1;
        assert!(last.starts_with("Apply"), "{last}");
        let dialog = DialogHandle(0);
        world.news(call, MediaNews::Connected { dialog });
        assert_eq!(world.view().calls[0].state, CallState::Talking);
        assert_eq!(world.count_sent("INVITE"), 1);
    }
}

#[test]
fn a_network_that_changes_before_the_media_connects_is_told_at_once() {
    let mut world = World::signed_in();
    world.server.media_connects = false;
    world.dial("4711");
    assert_eq!(world.view().calls[0].state, CallState::Connecting);
    world.input(Input::NetworkChanged);
    assert_eq!(world.count_sent("INVITE"), 2);
    let last = &world.media.last().unwrap().1;
    assert!(last.starts_with("Apply"), "{last}");
}

#[test]
fn a_call_that_connects_aside_is_held_once_it_talks_whatever_becomes_of_new_addresses() {
    let calls = phone::CallSettings {
        max_calls: 2,
        ..phone::CallSettings::default()
    };
    let mut world = World::new(phone::Setup { calls, ..setup() });
    world.sign_in();
    world.server.media_connects = false;
    let call = world.dial("4711");
    world.dial("4712");
    assert_eq!(world.view().calls[0].state, CallState::Connecting);
    world.server.reinvite = "488 Not Acceptable Here";
    world.input(Input::NetworkChanged);
    assert_eq!(world.count_sent("INVITE"), 4, "the new addresses");

    world.server.reinvite = "200 OK";
    world.media.clear();
    let dialog = DialogHandle(0);
    world.news(call, MediaNews::Connected { dialog });
    assert!(world.view().calls[0].held);
    assert_eq!(world.count_sent("INVITE"), 5, "the hold");
    assert!(!world.media.iter().any(|(_, it)| it.contains("on: false")));
}

#[test]
fn a_hold_that_the_peer_never_heard_of_is_offered() {
    let (mut world, call) = World::in_call();
    world.in_dialog("INVITE", 1, "v=0\r\no=slow\r\n");
    let answer = late_answer(&world, false);
    world.command(Command::Hold { call }).unwrap();
    world.in_dialog("CANCEL", 1, "");
    assert_eq!(world.count_sent("SIP/2.0 487"), 1);

    world.news(call, answer);
    assert!(!world.sent.iter().any(|it| it.contains("our-answer")));
    assert_eq!(world.count_sent("INVITE"), 2, "the hold leaves by itself");
    assert!(world.view().calls[0].held);
}

#[test]
fn after_glare_the_peers_offer_is_answered_and_ours_made_anew() {
    let (mut world, call) = World::in_call();
    world.server.reinvite = "491 Request Pending";
    world.command(Command::Hold { call }).unwrap();
    assert_eq!(world.count_sent("INVITE"), 2);
    world.server.reinvite = "200 OK";
    world.media.clear();

    world.in_dialog("INVITE", 1, "v=0\r\no=peer\r\n");
    world.in_dialog("ACK", 1, "");
    assert!(world.view().calls[0].held, "the answer holds");
    world.pass(Duration::from_secs(10));
    let did = world.media.iter().map(|(_, it)| it.as_str());
    let did = did.map(|it| it.split(' ').next().unwrap());
    let did = did.collect::<Vec<_>>();
    assert_eq!(did, ["Withdraw", "Answer", "Offer", "Apply"]);
    assert_eq!(world.count_sent("INVITE"), 3);
}

#[test]
fn a_server_that_is_away_is_tried_again_until_it_is_back() {
    let mut world = World::signed_in();
    world.server.reachable = false;
    world.drop_flow();
    world.pass(Duration::from_secs(300));
    assert!(
        matches!(&world.view().link, LinkView::Down { host, .. } if host == "sip.example"),
        "{:?}",
        world.view().link
    );
    let dialled = world.command(Command::Dial {
        target: "4711".to_owned(),
    });
    assert_eq!(dialled, Err(Rejected::NotRegistered));
    world.server.reachable = true;
    world.pass(Duration::from_secs(31));
    assert!(matches!(world.view().line, LineView::Registered { .. }));
}

#[test]
fn a_server_that_falls_silent_is_noticed_within_five_seconds_of_a_call() {
    let (mut world, _) = World::in_call();
    world.server.answers_pings = false;
    world.server.reachable = false;
    world.pass(Duration::from_secs(5));
    assert!(
        matches!(world.view().link, LinkView::Down { .. } | LinkView::Opening),
        "{:?}",
        world.view().link
    );
    assert_eq!(world.view().calls.len(), 1);
}

#[test]
fn media_that_cannot_connect_or_is_not_the_peers_ends_the_call_and_says_why() {
    for (news, wanted) in [
        (MediaNews::NoMediaPath, EndCause::NoMediaPath),
        (
            MediaNews::SecurityFailed {
                detail: "fingerprint".to_owned(),
            },
            EndCause::Security {
                detail: "fingerprint".to_owned(),
            },
        ),
        (MediaNews::ConsentLost, EndCause::MediaLost),
        (
            MediaNews::Broken {
                detail: "a fault".to_owned(),
            },
            EndCause::Incompatible {
                detail: "a fault".to_owned(),
            },
        ),
    ] {
        let mut world = World::signed_in();
        world.server.media_connects = false;
        let call = world.dial("4711");
        assert_eq!(world.view().calls[0].state, CallState::Connecting);
        world.news(call, news);
        assert_eq!(last_end(&world), wanted);
        assert_eq!(world.count_sent("BYE"), 1);
    }
}

#[test]
fn a_broken_sound_file_never_costs_the_call() {
    let (mut world, call) = World::in_call();
    world.news(
        call,
        MediaNews::DeviceFailed {
            detail: "disk full".to_owned(),
        },
    );
    assert!(world.happened(|it| matches!(it, Event::MediaFailed { .. })));
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

#[test]
fn sound_that_stops_and_comes_back_is_shown() {
    let (mut world, call) = World::in_call();
    world.news(call, MediaNews::Interrupted);
    assert!(world.view().calls[0].interrupted);
    world.news(
        call,
        MediaNews::Resumed {
            after: Duration::from_millis(1500),
        },
    );
    assert!(!world.view().calls[0].interrupted);
    assert!(world.happened(|it| matches!(it, Event::CallRecovered { after_ms: 1500, .. })));
}

#[test]
fn media_that_was_connected_early_talks_at_the_answer() {
    let mut world = World::new(setup());
    world.sign_in();
    world.server.invite = vec!["183 Session Progress"];
    world.server.media_connects = false;
    let call = world.dial("4711");
    world.news(
        call,
        MediaNews::Connected {
            dialog: DialogHandle(0),
        },
    );
    world.answer_there("");
    assert_eq!(world.view().calls[0].state, CallState::Talking);
}

fn ack(world: &mut World) {
    world.in_dialog("ACK", 1, "");
}

fn last_end(world: &World) -> EndCause {
    world
        .events
        .iter()
        .rev()
        .find_map(|it| {
            if let Event::CallEnded { cause, .. } = it {
                Some(cause.clone())
            } else {
                None
            }
        })
        .expect("a call ended")
}

fn type_count(world: &World, name: &str) -> usize {
    world
        .events
        .iter()
        .filter(|it| serde_json::to_value(it).unwrap()["type"] == name)
        .count()
}

/// What the media will say to the offer that it was asked to answer last.
fn late_answer(world: &World, held_by_peer: bool) -> MediaNews {
    let (_, asked) = world.media.last().unwrap();
    let request = asked.split(['{', ',']).nth(1).unwrap();
    let request = request.trim().strip_prefix("request: ").unwrap();
    MediaNews::Answer {
        request: request.parse().unwrap(),
        answer: sip::Answer("v=0\r\no=our-answer\r\n".to_owned()),
        telephone_event: true,
        held_by_peer,
    }
}

//! The whole path with a real phone process: sidecar, registrar, sound, and what goes wrong with them.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod checking;
mod moving;
mod one_way;
mod queue;
mod taking;

use std::{path::Path, sync::Arc, time::Duration};

use lab::{Clip, Codec, FlowFault, OfferIn, Sound, Treatment, delay, likeness};
use serde_json::{Value, json};
use support::{
    office::{Office, PASSWORD, SIP_PASSWORDS, has_refresh_token, sign_in},
    process::Process,
};

const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn the_echo_brings_our_own_tone_back() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    hears_440(&mut ana).await;

    hang_up(&mut ana, &call).await;
    let gone = |it: &lab::Counts| {
        it.last_call("echo")
            .is_some_and(|it| matches!(it.state, lab::CallState::Ended { .. }))
    };
    office
        .world
        .wait_for("the end at the echo", PATIENCE, gone)
        .await
        .unwrap();
    quit(ana, 0).await;
    office.bindings("700201", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_call_each_other_and_either_hangs_up() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let mut ravi = office.agent("ravi", 2).await;
    for ana_ends in [true, false] {
        let out = dial(&mut ravi, "700201").await;
        let call = ana.event("call.incoming").await["call"].clone();
        ravi.event("call.ringing").await;
        ana.send(json!({"command": "answer", "call": call})).await;
        ana.event("call.connected").await;
        ravi.event("call.connected").await;
        hears_440(&mut ana).await;
        hears_440(&mut ravi).await;
        if ana_ends {
            hang_up(&mut ana, &call).await;
            assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
        } else {
            hang_up(&mut ravi, &out).await;
            assert_eq!(ana.event("call.ended").await["cause"]["code"], "remote");
        }
    }
    quit(ana, 0).await;
    quit(ravi, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hold_resume_and_digits_cross_the_line() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let mut ravi = office.agent("ravi", 2).await;
    dial(&mut ravi, "700201").await;
    let call = ana.event("call.incoming").await["call"].clone();
    ana.send(json!({"command": "answer", "call": call})).await;
    ana.event("call.connected").await;
    ravi.event("call.connected").await;

    ana.send(json!({"command": "hold", "call": call})).await;
    ana.event("call.held").await;
    assert_eq!(ravi.event("call.held_by_peer").await["held"], true);
    quiet(&mut ravi).await;
    ana.send(json!({"command": "resume", "call": call})).await;
    ana.event("call.resumed").await;
    assert_eq!(ravi.event("call.held_by_peer").await["held"], false);
    hears_440(&mut ravi).await;

    ana.send(json!({"command": "mute", "call": call})).await;
    ana.event("call.muted").await;
    quiet(&mut ravi).await;
    ana.send(json!({"command": "unmute", "call": call})).await;
    hears_440(&mut ravi).await;

    ana.send(json!({"command": "dtmf", "call": call, "digits": "90#"}))
        .await;
    for digit in ["9", "0", "#"] {
        assert_eq!(ravi.event("media.dtmf").await["digit"], digit);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_in_the_servers_words() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    for (target, code, status) in [
        ("busy", "busy", 486),
        ("reject", "refused", 603),
        ("nobody", "not_found", 404),
        ("700202", "no_answer", 480),
    ] {
        dial(&mut ana, target).await;
        let cause = ana.event("call.ended").await["cause"].clone();
        assert_eq!(
            (&cause["code"], &cause["status"]),
            (&json!(code), &json!(status)),
            "{target}"
        );
    }
    let call = dial(&mut ana, "ringforever").await;
    ana.event("call.ringing").await;
    hang_up(&mut ana, &call).await;
    let cancelled = |it: &lab::Counts| it.requests("CANCEL") == 1;
    office
        .world
        .wait_for("CANCEL", PATIENCE, cancelled)
        .await
        .unwrap();
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_an_offer_gets_ours() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let lab_call = office
        .world
        .call("700201", Treatment::Echo, OfferIn::Answer)
        .await
        .unwrap();
    let call = ana.event("call.incoming").await["call"].clone();
    ana.send(json!({"command": "answer", "call": call})).await;
    ana.event("call.connected").await;
    hears_440(&mut ana).await;
    let heard = |it: &lab::CallCount| it.rtp_received > 20;
    lab_call
        .wait_for("our sound", PATIENCE, heard)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pcmu_alone_carries_sound_both_ways() {
    sound_both_ways(Codec::Pcmu).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pcma_alone_carries_sound_both_ways() {
    sound_both_ways(Codec::Pcma).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_answered_while_it_is_given_up_is_hung_up_at_once() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, "crossing").await;
    ana.event("call.ringing").await;
    hang_up(&mut ana, &call).await;
    let over = |it: &lab::Counts| {
        it.last_call("crossing").is_some_and(|it| {
            it.is_acknowledged && matches!(it.state, lab::CallState::Ended { .. })
        })
    };
    let counts = office
        .world
        .wait_for("ACK and BYE", PATIENCE, over)
        .await
        .unwrap();
    assert_eq!((counts.requests("CANCEL"), counts.requests("BYE")), (1, 1));
    // Nothing is left of it: the next call works, and the microphone is its own.
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    hears_440(&mut ana).await;
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_flow_costs_no_sound_and_the_line_comes_back() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    let call = dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    hears_440(&mut ana).await;

    assert_eq!(office.world.drop_flow("700201", FlowFault::Abort), 1);
    ana.event("link.down").await;
    ana.event("sip.registered").await;
    office.bindings("700201", 1).await;
    hears_440(&mut ana).await;
    assert!(
        ana.seen.iter().all(|it| it["type"] != "call.interrupted"),
        "the sound went on"
    );

    hang_up(&mut ana, &call).await;
    let gone = |it: &lab::Counts| it.requests("BYE") == 1;
    office
        .world
        .wait_for("BYE on the new flow", PATIENCE, gone)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_half_open_is_noticed_in_a_call() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    assert_eq!(office.world.drop_flow("700201", FlowFault::Silence), 1);
    let down = ana.event("link.down").await;
    assert_eq!(down["hop"], "timeout");
    ana.event("sip.registered").await;
    hears_440(&mut ana).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registrar_that_comes_back_has_its_phones_again() {
    let mut office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    office.world.stop().await;
    ana.event("link.down").await;
    office.world.restart().await.unwrap();
    ana.event("sip.registered").await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_ends_by_itself_when_every_server_is_gone() {
    let mut office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    office.world.drop_flow("700201", FlowFault::Silence);
    office.sidecar.kill();
    ana.send(json!({"command": "quit"})).await;
    ana.event("call.ended").await;
    ana.event("session.signed_out").await;
    ana.event("bye").await;
    assert_eq!(ana.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_is_refused_and_may_take_the_session_over() {
    let office = Office::with(|toml| {
        toml.replace("ttl_seconds = 3600", "ttl_seconds = 60")
            .replace("= 300", "= 1")
    })
    .await;
    let mut first = office.agent("ana", 1).await;
    let call = dial(&mut first, "echo").await;
    first.event("call.connected").await;

    let mut second = Process::start("second", &mut office.phone(2));
    second.send(sign_in("ana")).await;
    let reason = second.event("session.signed_out").await["reason"].clone();
    assert_eq!(reason["code"], "held_elsewhere");
    assert_eq!(reason["message"], sidecar_api::ALREADY_LOGGED_IN);
    assert_eq!(
        (&reason["device_name"], &reason["same_member"]),
        (&json!("Desk 1"), &json!(true))
    );

    let mut takeover = sign_in("ana");
    takeover["takeover"] = json!(true);
    second.send(takeover).await;
    second.event("session.held").await;
    assert_eq!(
        first.event("session.lost").await["reason"]["device_name"],
        "Desk 2"
    );
    // The call of the first device goes on; its end signs it out.
    hears_440(&mut first).await;
    hang_up(&mut first, &call).await;
    assert_eq!(
        first.event("session.signed_out").await["reason"]["code"],
        "taken_over"
    );
    quit(first, 21).await;
    quit(second, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_dies_costs_neither_the_line_nor_the_call() {
    let mut office = Office::with(|toml| {
        toml.replace("ttl_seconds = 3600", "ttl_seconds = 60")
            .replace("= 300", "= 1")
    })
    .await;
    let mut ana = office.agent("ana", 1).await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    office.sidecar.kill();
    assert_eq!(ana.event("session.at_risk").await["hop"], "tcp");
    hears_440(&mut ana).await;
    quit(ana, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_signs_in_without_a_phone() {
    let office = Office::open().await;
    let mut mira = Process::start("mira", &mut office.phone(1));
    mira.send(sign_in("mira")).await;
    let signed_in = mira.event("session.signed_in").await;
    assert_eq!(
        (&signed_in["phone"], &signed_in["user"]["role"]),
        (&json!(false), &json!("manager"))
    );
    mira.send(json!({"id": 1, "command": "dial", "target": "echo"}))
        .await;
    let reply = mira.until("reply", |it| it["reply_to"] == 1).await;
    assert_eq!(reply["error"]["code"], "no_phone");
    quit(mira, 0).await;
    assert_eq!(office.world.counts().flows_opened, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_sip_password_is_told_and_not_tried_again() {
    let office = Office::with(|toml| toml.replace(SIP_PASSWORDS[0], "wrong")).await;
    let mut ana = Process::start("ana", &mut office.phone(1));
    ana.send(sign_in("ana")).await;
    let failed = ana.event("sip.register_failed").await;
    assert!(failed["retry_in_ms"].is_null(), "{failed}");
    assert!(office.world.counts().requests("REGISTER") <= 3);
    quit(ana, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_in_a_call_gives_everything_back_and_exits_with_4() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    ana.interrupt();
    ana.event("call.ended").await;
    ana.event("sip.unregistered").await;
    ana.event("session.signed_out").await;
    assert_eq!(ana.event("bye").await["exit"], 4);
    assert_eq!(ana.ended().await, Some(4));
    office.bindings("700201", 0).await;
    assert_eq!(office.world.counts().requests("BYE"), 1);
    // The lock is free: another device signs in without a takeover.
    let second = office.agent("ana", 2).await;
    quit(second, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_in_a_call_gives_everything_back() {
    let office = Office::open().await;
    let mut ana = office.agent("ana", 1).await;
    dial(&mut ana, "echo").await;
    ana.event("call.connected").await;
    assert_eq!(ana.ended().await, Some(0));
    office.bindings("700201", 0).await;
    assert_eq!(office.world.counts().requests("BYE"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_standard_output_or_the_log_at_its_finest() {
    let office = Office::open().await;
    let log = office.directory.path().join("log");
    let mut command = office.phone(1);
    command
        .args(["--log", "trace"])
        .stderr(std::fs::File::create(&log).unwrap());
    let mut ana = Process::start("ana", &mut command);
    ana.send(sign_in("ana")).await;
    ana.event("sip.registered").await;
    dial(&mut ana, "echo").await;
    ana.event("media.first_audio").await;
    let told = ana.seen.iter().map(Value::to_string).collect::<String>();
    quit(ana, 0).await;
    let log = std::fs::read_to_string(log).unwrap();
    assert!(has_refresh_token(&office.refresh_token("ravi").await));
    assert!(
        log.contains("REGISTER") && log.contains("INVITE"),
        "the finest log shows SIP"
    );
    for (what, text) in [("standard output", &told), ("the log", &log)] {
        for secret in [PASSWORD, SIP_PASSWORDS[0], "eyJ"] {
            assert!(!text.contains(secret), "{what} shows {secret}");
        }
        assert!(!has_refresh_token(text), "{what} shows a refresh token");
        for before in ["response=\"", "a=ice-pwd:"] {
            for after in text.split(before).skip(1) {
                let shown = after
                    .trim_start()
                    .starts_with(|it: char| it.is_ascii_alphanumeric());
                assert!(!shown, "{what} shows what follows {before}");
            }
        }
    }
}

/// The lab calls with one codec alone; each side hears what the other says.
async fn sound_both_ways(codec: Codec) {
    let office = Office::with_codecs(vec![codec]).await;
    // Two sounds that are nowhere like another moment of themselves, or like the other.
    let by_ana = wave(2.0, |t| 300.0 * t + 600.0 * t * t);
    let by_lab = wave(2.0, |t| 2900.0 * t - 600.0 * t * t);
    let (spoken, heard) = (
        office.directory.path().join("spoken.wav"),
        office.directory.path().join("heard.wav"),
    );
    Sound {
        rate: by_ana.rate,
        samples: by_ana.samples.repeat(30),
    }
    .write(&spoken)
    .unwrap();
    let wav = |path: &Path| format!("wav:{}", path.display());
    let mut ana = Process::start(
        "ana",
        &mut office.phone_with_sound(1, &wav(&spoken), &wav(&heard)),
    );
    ana.send(sign_in("ana")).await;
    ana.event("sip.registered").await;
    let lab_call = office
        .world
        .call("700201", Treatment::Play(clip(&by_lab)), OfferIn::Invite)
        .await
        .unwrap();
    let call = ana.event("call.incoming").await["call"].clone();
    ana.send(json!({"command": "answer", "call": call})).await;
    let enough = |it: &lab::CallCount| it.rtp_received >= 200 && it.rtp_sent >= 200;
    lab_call
        .wait_for("four seconds both ways", PATIENCE, enough)
        .await
        .unwrap();
    assert_eq!(lab_call.count().unwrap().codec, Some(codec));
    hang_up(&mut ana, &call).await;
    quit(ana, 0).await;

    for (who, heard, said, other) in [
        ("the lab", lab_call.heard(), &by_ana, &by_lab),
        ("the phone", Sound::read(&heard).unwrap(), &by_lab, &by_ana),
    ] {
        let like = best_second(&heard, said);
        assert!(like > 0.8, "{who} heard {codec:?}: {like}");
        let unlike = best_second(&heard, other);
        assert!(unlike < 0.6, "{who} heard itself: {unlike}");
    }
}

/// How alike the best second of what was heard is to some moment of what is said over and over.
///
/// A loaded machine delivers late, and then a playout buffer conceals; it does not do so all the time.
fn best_second(heard: &Sound, said: &Sound) -> f32 {
    let mut said_twice = said.clone();
    said_twice.samples.extend(&said.samples);
    let second = heard.rate as usize;
    heard
        .samples
        .chunks_exact(second)
        .filter_map(|samples| {
            let part = Sound {
                rate: heard.rate,
                samples: samples.to_vec(),
            };
            let found = delay(&part, &said_twice, said.duration())?;
            Some(likeness(&part, &said_twice, found.by))
        })
        .fold(0.0, f32::max)
}

/// A wave whose phase, in periods, is given over the time in seconds, at 48 kHz.
fn wave(seconds: f64, phase: impl Fn(f64) -> f64) -> Sound {
    let rate = 48_000;
    let samples = (0..(seconds * f64::from(rate)) as usize)
        .map(|i| {
            let t = i as f64 / f64::from(rate);
            (0.3 * (std::f64::consts::TAU * phase(t)).sin()) as f32
        })
        .collect();
    Sound { rate, samples }
}

fn clip(sound: &Sound) -> Arc<Clip> {
    Arc::new(Clip::encode(sound).unwrap())
}

async fn dial(phone: &mut Process, target: &str) -> Value {
    phone
        .send(json!({"id": target, "command": "dial", "target": target}))
        .await;
    let reply = phone
        .until("reply to dial", |it| it["reply_to"] == target)
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    reply["call"].clone()
}

async fn hang_up(phone: &mut Process, call: &Value) {
    phone
        .send(json!({"command": "hang_up", "call": call}))
        .await;
    let ended = phone.event("call.ended").await;
    assert_eq!(
        (&ended["call"], &ended["cause"]["code"]),
        (call, &json!("local"))
    );
}

async fn hears_440(phone: &mut Process) {
    phone
        .until("tone of 440 Hz", |it| {
            it["type"] == "media.quality"
                && it["playback_tone_hz"]
                    .as_f64()
                    .is_some_and(|hz| (435.0..445.0).contains(&hz))
        })
        .await;
}

/// Nothing but silence, a whole second of it.
async fn quiet(phone: &mut Process) {
    phone
        .until("silence", |it| {
            it["type"] == "media.quality"
                && it["playback_level_dbfs"]
                    .as_f64()
                    .is_some_and(|level| level < -80.0)
        })
        .await;
}

async fn quit(mut phone: Process, code: i32) {
    phone.send(json!({"command": "quit"})).await;
    assert_eq!(phone.ended().await, Some(code));
}

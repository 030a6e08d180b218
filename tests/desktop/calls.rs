//! Calls at the window: taken in each way, made, and what can be done in them.

use serde_json::{Value, json};
use tokio::task::block_in_place;

use crate::{
    desk::{Desk, HEADSET, LAPTOP, SPEAKERS, Setup, hears, story, story_at},
    page::{MAIN, RING},
    sound_card::{Listening, Speaking},
    support::process::Process,
};

/// What the caller is called.
const RAVI: &str = "700202";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_in_the_window_and_heard_both_ways() {
    story(async |desk| {
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.says("Incoming call").await;
        page.says("Ringing").await;
        page.press("Answer").await;
        ravi.event("call.connected").await;
        page.says("On a call").await;
        page.offers("Hang up").await;
        hears_tone(&mut ravi).await;
        hears(&desk.card.listen(SPEAKERS.name), 440.0).await;
        desk.services.keeps_awake(true).await;

        ravi.send(json!({"command": "hang_up", "call": call})).await;
        page.says("Last call").await;
        page.says("Ended by the caller").await;
        page.says("Ready").await;
        desk.services.keeps_awake(false).await;
        page.press("History").await;
        page.says("ravi Incoming").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_answered_in_the_pop_up_and_the_next_one_declined_there() {
    story(async |desk| {
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.look_at(RING).await;
        page.says("Incoming call").await;
        page.says(RAVI).await;
        page.press("Answer").await;
        ravi.event("call.connected").await;
        page.no_longer_says(RAVI).await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;
        ravi.event("call.ended").await;

        dial(&mut ravi, "700201").await;
        page.says(RAVI).await;
        page.press("Decline").await;
        let cause = ravi.event("call.ended").await["cause"].clone();
        assert_eq!(cause["status"], 486, "{cause}");
        page.look_at(MAIN).await;
        page.says("Declined").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pop_up_of_a_call_that_answered_itself_shows_that_it_hears_its_user() {
    story(async |desk| {
        desk.add_settings("[calls]\nauto_answer = \"always\"\n");
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.look_at(RING).await;
        page.says("Answered automatically").await;
        ravi.event("call.connected").await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;
        ravi.event("call.ended").await;
        page.no_longer_says("Answered automatically").await;

        // It is there for moments: whoever waits for it is there before.
        tokio::join!(page.rises("Microphone level"), dial(&mut ravi, "700201"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ring_is_tried_without_a_call_and_muted_in_one() {
    story(async |desk| {
        desk.ready().await;
        let ringer = desk.card.listen(SPEAKERS.name);
        let page = desk.page();
        page.press("Sound Headset").await;
        page.press("Test the ringer").await;
        sounds(&ringer).await;
        page.offers("Test the ringer").await;
        falls_silent(&ringer).await;
        page.press("Back").await;

        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        page.says("Incoming call").await;
        sounds(&ringer).await;
        page.press("Mute ring").await;
        falls_silent(&ringer).await;
        page.press("Answer").await;
        ravi.event("call.connected").await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;

        // The next call rings again.
        page.says("Ended by the caller").await;
        dial(&mut ravi, "700201").await;
        sounds(&ringer).await;
        page.press("Decline").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_whole_desktop_answer_mute_and_hang_up() {
    story(async |desk| {
        let keys = "[window.shortcuts]\nanswer = \"F9\"\nmute = \"Shift+F9\"\nhang_up = \"F10\"\n";
        desk.add_settings(keys);
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        let page = desk.page();
        page.says("Incoming call").await;
        desk.screen.xdotool(&["key", "F9"]);
        ravi.event("call.connected").await;
        page.says("On a call").await;
        hears_tone(&mut ravi).await;
        desk.screen.xdotool(&["key", "shift+F9"]);
        page.says("You are muted").await;
        hears_nothing(&mut ravi).await;
        desk.screen.xdotool(&["key", "F10"]);
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
        page.says("You hung up").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_answers_and_one_tells_of_a_call_that_was_missed() {
    story(async |desk| {
        desk.ready().await;
        let mut ravi = desk.office.agent("ravi", 2).await;
        let call = dial(&mut ravi, "700201").await;
        let rings = desk
            .services
            .notification("ravi", "Incoming call", true)
            .await;
        assert_eq!(rings.urgency, Some(2), "critical");
        desk.services.choose(&rings, "answer").await;
        ravi.event("call.connected").await;
        // It is taken back as soon as it rings no more.
        let taken_back = desk
            .services
            .notification("ravi", "Incoming call", false)
            .await;
        assert_eq!(taken_back.id, rings.id);
        desk.page().says("On a call").await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;
        ravi.event("call.ended").await;

        let call = dial(&mut ravi, "700201").await;
        ravi.event("call.ringing").await;
        ravi.send(json!({"command": "hang_up", "call": call})).await;
        let missed = desk
            .services
            .notification("ravi", "Missed call", true)
            .await;
        assert!(missed.actions.is_empty(), "{missed:?}");
        desk.page().says("Missed call").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_held_muted_and_sends_digits() {
    story(async |desk| {
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        let page = desk.page();
        page.type_into("Name or number", RAVI).await;
        page.press("Call").await;
        page.says("Ringing…").await;
        let call = ravi.event("call.incoming").await["call"].clone();
        ravi.send(json!({"command": "answer", "call": call})).await;
        ravi.event("call.connected").await;
        hears_tone(&mut ravi).await;

        page.press("Hold").await;
        assert_eq!(ravi.event("call.held_by_peer").await["held"], true);
        page.says("On hold").await;
        page.says("they cannot hear you").await;
        hears_nothing(&mut ravi).await;
        page.press("Resume").await;
        assert_eq!(ravi.event("call.held_by_peer").await["held"], false);
        hears_tone(&mut ravi).await;

        page.press("Mute").await;
        page.says("You are muted").await;
        hears_nothing(&mut ravi).await;
        page.press("Mute").await;
        page.no_longer_says("You are muted").await;
        hears_tone(&mut ravi).await;

        // What is told at the top takes the room of the last row.
        page.press("Put away").await;
        page.press("Keypad").await;
        for key in ["1", "0", "#"] {
            page.press(key).await;
            assert_eq!(ravi.event("media.dtmf").await["digit"], key);
        }
        page.says("10#").await;

        // Who leaves is asked first.
        page.press("State: On a call").await;
        page.press("Sign out").await;
        page.says("You are on a call. Hang up and sign out?").await;
        page.press("Stay").await;
        page.press("Hang up").await;
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
        page.says("You hung up").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_phone_server_refuses_is_told_at_the_call() {
    story(async |desk| {
        desk.ready().await;
        let page = desk.page();
        for (number, told) in [
            ("busy", "Busy"),
            ("reject", "The call was refused"),
            ("nobody", "This number does not exist"),
        ] {
            page.type_into("Name or number", number).await;
            page.press("Call").await;
            page.says(told).await;
            page.says("Ready").await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_headset_that_is_pulled_in_a_call_costs_no_call() {
    story(async |desk| {
        desk.card.plug_in_microphone(&LAPTOP);
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        let page = desk.page();
        page.type_into("Name or number", RAVI).await;
        page.press("Call").await;
        let call = ravi.event("call.incoming").await["call"].clone();
        ravi.send(json!({"command": "answer", "call": call})).await;
        hears_tone(&mut ravi).await;

        desk.card.unplug(HEADSET.name);
        page.says("Headset disconnected. Using Laptop now.").await;
        hears_nothing(&mut ravi).await;
        let _laptop = desk.card.speak(LAPTOP.name, 440.0);
        hears_tone(&mut ravi).await;
        page.offers("Hang up").await;

        desk.card.unplug(LAPTOP.name);
        page.says("No microphone was found. Plug in a headset.")
            .await;
        desk.card.plug_in_microphone(&HEADSET);
        page.says("Using Headset now.").await;
        let _again = speak(desk);
        hears_tone(&mut ravi).await;
        page.press("Hang up").await;
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sidecar_that_is_killed_costs_no_call_and_is_found_again() {
    let setup = Setup {
        sidecar: Box::new(|toml| {
            toml.replace("ttl_seconds = 3600", "ttl_seconds = 60")
                .replace("heartbeat_seconds = 300", "heartbeat_seconds = 1")
        }),
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.ready().await;
        let _voice = speak(desk);
        let mut ravi = desk.office.agent("ravi", 2).await;
        dial(&mut ravi, "700201").await;
        desk.page().press("Answer").await;
        ravi.event("call.connected").await;

        desk.office.sidecar.kill();
        let page = desk.page();
        page.says("Your session cannot be confirmed; it ends in")
            .await;
        page.no_longer_says("Connected").await;
        hears_tone(&mut ravi).await;
        desk.office.sidecar.restart().await;
        let page = desk.page();
        page.no_longer_says("Your session cannot be confirmed")
            .await;
        page.says("Connected").await;
        hears_tone(&mut ravi).await;
        page.press("Hang up").await;
        assert_eq!(ravi.event("call.ended").await["cause"]["code"], "remote");
    })
    .await;
}

/// Somebody who speaks into the headset.
pub(crate) fn speak(desk: &Desk) -> Speaking {
    desk.card.speak(HEADSET.name, 440.0)
}

pub(crate) async fn dial(phone: &mut Process, target: &str) -> Value {
    let reply = phone
        .ask(json!({"command": "dial", "target": target}))
        .await;
    assert_eq!(reply["ok"], true, "{reply}");
    reply["call"].clone()
}

/// Waits until a phone hears the tone that is spoken into the headset.
pub(crate) async fn hears_tone(phone: &mut Process) {
    phone
        .until("tone of 440 Hz", |it| {
            let hz = it["playback_tone_hz"].as_f64();
            it["type"] == "media.quality" && hz.is_some_and(|hz| (435.0..445.0).contains(&hz))
        })
        .await;
}

/// Frames of 10 ms for as long as a ring pauses, and some more.
const LONGER_THAN_A_PAUSE: usize = 400;

/// Waits until a loudspeaker sounds.
async fn sounds(loudspeaker: &Listening) {
    loudspeaker.skip();
    let heard = block_in_place(|| (0..3_000).any(|_| loudspeaker.next().is_some_and(is_loud)));
    assert!(heard, "nothing sounds");
}

/// Waits until a loudspeaker has been silent for longer than a ring pauses.
async fn falls_silent(loudspeaker: &Listening) {
    loudspeaker.skip();
    let mut silent = 0;
    block_in_place(|| {
        for _ in 0..3_000 {
            silent = match loudspeaker.next() {
                Some(frame) if is_loud(frame) => 0,
                _ => silent + 1,
            };
            if silent == LONGER_THAN_A_PAUSE {
                return;
            }
        }
        panic!("it goes on sounding");
    });
}

fn is_loud(frame: [f32; 480]) -> bool {
    frame.iter().any(|sample| sample.abs() > 0.01)
}

/// Waits until a phone has heard nothing for a whole second.
pub(crate) async fn hears_nothing(phone: &mut Process) {
    phone
        .until("silence", |it| {
            let level = it["playback_level_dbfs"].as_f64();
            it["type"] == "media.quality" && level.is_some_and(|level| level < -80.0)
        })
        .await;
}

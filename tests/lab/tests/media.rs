//! Media between two peers of the lab, so that a failure elsewhere cannot be the lab's.

#![allow(clippy::unwrap_used, reason = "tests")]

mod raw_phone;

use std::sync::Arc;

use lab::{CallState, Clip, Codec, OfferIn, Sound, Treatment, World, WorldConfig, delay, likeness};
use raw_phone::DEADLINE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_hears_from_the_echo_what_it_says_with_every_codec() {
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let mut config = WorldConfig::new().unwrap();
        config.codecs = vec![codec];
        let world = World::start(config).await.unwrap();

        let call = world
            .call("echo", play(&sweep()), OfferIn::Invite)
            .await
            .unwrap();
        call.wait_for("75 packets from the echo", DEADLINE, |call| {
            call.rtp_received >= 75
        })
        .await
        .unwrap();

        assert_says_the_sweep(&part(&call.heard(), 12_000..60_000));
        let counts = world.counts();
        let echo = counts.last_call("echo").unwrap();
        assert!(echo.rtp_sent >= 75 && echo.rtp_sent <= echo.rtp_received);
        assert_eq!(echo.state, CallState::Connected);
        assert_eq!(call.count().unwrap().codec, Some(codec));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_offer_and_either_side_hanging_up_work() {
    let world = World::start(WorldConfig::new().unwrap()).await.unwrap();
    let ended = |call: &lab::CallCount| call.state == CallState::Ended { status: None };

    let call = world
        .call("playback", Treatment::Listen, OfferIn::Answer)
        .await
        .unwrap();
    call.wait_for("sound", DEADLINE, |call| call.rtp_received >= 5)
        .await
        .unwrap();
    assert_eq!(world.hang_up("playback"), 1);
    call.wait_for("BYE from the callee", DEADLINE, ended)
        .await
        .unwrap();

    let call = world
        .call("playback", Treatment::Listen, OfferIn::Invite)
        .await
        .unwrap();
    call.wait_for("sound", DEADLINE, |call| call.rtp_received >= 5)
        .await
        .unwrap();
    call.hang_up();
    call.wait_for("BYE from the caller", DEADLINE, ended)
        .await
        .unwrap();
    world
        .wait_for("the callee's end", DEADLINE, |counts| {
            counts
                .last_call("playback")
                .is_some_and(|call| call.state == CallState::Ended { status: None })
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn early_media_connects_and_then_the_call_is_answered() {
    let world = World::start(WorldConfig::new().unwrap()).await.unwrap();

    let call = world
        .call("earlymedia", Treatment::Listen, OfferIn::Invite)
        .await
        .unwrap();

    call.wait_for("sound", DEADLINE, |call| call.rtp_received >= 5)
        .await
        .unwrap();
    // It answers only once its early media is connected.
    call.hang_up();
    let counts = call
        .wait_for("the end", DEADLINE, |call| {
            matches!(call.state, CallState::Ended { .. })
        })
        .await
        .unwrap();
    assert!(counts.last_call("earlymedia").unwrap().rtp_sent >= 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_echo_is_silent_until_it_is_taken_back() {
    let world = World::start(WorldConfig::new().unwrap()).await.unwrap();
    let call = world
        .call("echo", play(&sweep()), OfferIn::Invite)
        .await
        .unwrap();
    call.wait_for("sound", DEADLINE, |call| call.rtp_received >= 5)
        .await
        .unwrap();
    let echo = |counts: &lab::Counts| counts.last_call("echo").cloned().unwrap();

    call.hold(true);
    let held = world
        .wait_for("packets that do not come back", DEADLINE, |counts| {
            echo(counts).rtp_received >= echo(counts).rtp_sent + 20
        })
        .await
        .unwrap();
    call.hold(false);

    let sent = echo(&held).rtp_sent;
    world
        .wait_for("packets that come back again", DEADLINE, |counts| {
            echo(counts).rtp_sent >= sent + 5
        })
        .await
        .unwrap();
}

/// The first packets find the echo not ready, so what is heard begins somewhere in what is said over and over.
#[track_caller]
fn assert_says_the_sweep(heard: &Sound) {
    let said = sweep();
    let mut said_twice = said.clone();
    said_twice.samples.extend(&said.samples);
    let found = delay(heard, &said_twice, said.duration()).unwrap();
    let like = likeness(heard, &said_twice, found.by);
    assert!(found.correlation > 0.5, "{found:?}");
    assert!(like > 0.8, "{like}");
}

fn play(sound: &Sound) -> Treatment {
    Treatment::Play(Arc::new(Clip::encode(sound).unwrap()))
}

/// Two seconds that are nowhere like another moment of themselves, at 48 kHz.
fn sweep() -> Sound {
    let samples = (0..96_000)
        .map(|i| {
            let t = f64::from(i) / 48_000.0;
            let wave = (2.0 * std::f64::consts::PI * (200.0 * t + 700.0 * t * t)).sin();
            (0.4 * wave * (1.0 + (30.0 * t).sin()) / 2.0) as f32
        })
        .collect();
    Sound {
        rate: 48_000,
        samples,
    }
}

fn part(sound: &Sound, samples: std::ops::Range<usize>) -> Sound {
    Sound {
        rate: sound.rate,
        samples: sound.samples[samples].to_vec(),
    }
}

//! Media with servers of other makers, in a network of namespaces: coturn tells phones behind NATs how they are seen, rtpengine
//! carries a call as an ICE-lite peer.
//!
//! Needs coturn, rtpengine, iproute2, nftables and util-linux: `cargo verify tests` installs them and runs this.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one kind of news among all"
)]

#[allow(dead_code, reason = "each test uses its part")]
#[path = "../src-tauri/media/tests/calls/common.rs"]
mod common;
#[allow(unreachable_pub, reason = "shared by tests")]
#[path = "support/network.rs"]
mod network;
#[allow(unreachable_pub, reason = "shared by tests")]
#[path = "support/rtpengine.rs"]
mod rtpengine;

use common::{Side, in_time, is_near};
use media::{Capture, IceServer, Peer, Playback};
use network::{COTURN, NATS};
use rtpengine::RtpengineCall;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufStream},
    net::{UnixListener, UnixStream},
};

#[tokio::test]
async fn phones_behind_nats_meet_where_coturn_saw_them() {
    const NAME: &str = "phones_behind_nats_meet_where_coturn_saw_them";
    match network::role().as_deref() {
        None => network::run(NAME, &["caller", "callee"]).await,
        Some("caller") => in_time(caller_behind_nat()).await,
        Some(_) => in_time(callee_behind_nat()).await,
    }
}

async fn caller_behind_nat() {
    let listener = UnixListener::bind(network::directory().join("signalling")).unwrap();
    let mut phone = phone_behind_nat(440.0).await;
    let offer = phone.offer().await;
    assert!(is_seen_at(&offer, NATS[0], "10.1.0.2"), "{offer}");
    let (stream, _) = listener.accept().await.unwrap();
    let mut signalling = BufStream::new(stream);
    say(&mut signalling, &offer).await;
    let answer = hear(&mut signalling).await;
    phone.apply(Peer(0), answer).await.unwrap();
    talk(&mut phone, 880.0, &mut signalling).await;
}

async fn callee_behind_nat() {
    let path = network::directory().join("signalling");
    let stream = loop {
        match UnixStream::connect(&path).await {
            Ok(stream) => break stream,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let mut signalling = BufStream::new(stream);
    let mut phone = phone_behind_nat(880.0).await;
    let offer = hear(&mut signalling).await;
    let (answer, _) = phone.answer(offer).await.unwrap();
    assert!(is_seen_at(&answer, NATS[1], "10.2.0.2"), "{answer}");
    say(&mut signalling, &answer).await;
    talk(&mut phone, 440.0, &mut signalling).await;
}

/// A phone that knows coturn, which is there.
async fn phone_behind_nat(hz: f32) -> Side {
    // RFC 8489 §5: a Binding request without attributes.
    let binding = [&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[7; 12]].concat();
    network::ask(COTURN, &binding).await;
    let phone = Side::new(Capture::Tone { hz }, Playback::Discard);
    phone.media.set_ice_servers(vec![IceServer {
        url: format!("stun:{COTURN}"),
        username: None,
        credential: None,
    }]);
    phone
}

/// Returns whether `sdp` has a server-reflexive candidate at `nat` of a socket in a `home`.
fn is_seen_at(sdp: &str, nat: &str, home: &str) -> bool {
    sdp.lines().any(|line| {
        line.starts_with("a=candidate:")
            && line.contains(&format!(" {nat} "))
            && line.contains(&format!(" typ srflx raddr {home} "))
    })
}

/// Connects, hears `hz` from the other and waits until the other has heard too.
async fn talk(phone: &mut Side, hz: f32, signalling: &mut BufStream<UnixStream>) {
    phone.select(Peer(0));
    phone.connected().await;
    phone.quality(|it| is_near(it.playback_tone_hz, hz)).await;
    say(signalling, "heard").await;
    assert_eq!(hear(signalling).await, "heard");
    phone.close().await;
}

async fn say(signalling: &mut BufStream<UnixStream>, text: &str) {
    let line = serde_json::to_string(text).unwrap() + "\n";
    signalling.write_all(line.as_bytes()).await.unwrap();
    signalling.flush().await.unwrap();
}

async fn hear(signalling: &mut BufStream<UnixStream>) -> String {
    let mut line = String::new();
    signalling.read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).expect("the other phone speaks")
}

#[tokio::test]
async fn a_call_goes_through_an_ice_lite_rtpengine_in_both_dtls_roles() {
    const NAME: &str = "a_call_goes_through_an_ice_lite_rtpengine_in_both_dtls_roles";
    match network::role() {
        None => network::run(NAME, &["phones"]).await,
        Some(_) => {
            in_time(async {
                call_through_rtpengine("first", false).await;
                call_through_rtpengine("second", true).await;
            })
            .await
        }
    }
}

/// Two phones talk, for both of which rtpengine begins DTLS, or neither.
async fn call_through_rtpengine(id: &'static str, passive: bool) {
    let mut rtpengine = RtpengineCall::new(id).await;
    let mut caller = Side::new(Capture::Tone { hz: 440.0 }, Playback::Discard);
    let mut callee = Side::new(Capture::Tone { hz: 880.0 }, Playback::Discard);
    let offer = rtpengine.offer(&caller.offer().await).await;
    assert!(offer.contains("a=ice-lite\r\n"), "{offer}");
    assert!(offer.contains("a=setup:actpass\r\n"), "{offer}");
    let (role, our_role) = if passive {
        ("passive", "active")
    } else {
        ("active", "passive")
    };
    // It leaves the choice to the callee, which is made for it here.
    let offer = offer.replace("a=setup:actpass", &format!("a=setup:{role}"));
    let (answer, _) = callee.answer(offer).await.unwrap();
    assert!(
        answer.contains(&format!("a=setup:{our_role}\r\n")),
        "{answer}"
    );
    callee.select(Peer(0));
    let answer = rtpengine.answer(&answer, passive).await;
    assert!(answer.contains("a=ice-lite\r\n"), "{answer}");
    assert!(answer.contains(&format!("a=setup:{role}\r\n")), "{answer}");
    caller.apply(Peer(0), answer).await.unwrap();
    caller.select(Peer(0));
    caller.connected().await;
    callee.connected().await;
    caller
        .quality(|it| is_near(it.playback_tone_hz, 880.0))
        .await;
    callee
        .quality(|it| is_near(it.playback_tone_hz, 440.0))
        .await;
    rtpengine.delete().await;
    caller.close().await;
    callee.close().await;
}

//! Two media threads of this machine talk to each other through real sockets.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Call, Side, in_time, is_near};
use media::{Capture, Codec, Digit, News, Playback, Quality};

fn tone(hz: f32) -> Side {
    Side::new(Capture::Tone { hz }, Playback::Discard)
}

fn digits(text: &str) -> Vec<Digit> {
    text.chars().map(|c| Digit::new(c).unwrap()).collect()
}

fn hears(hz: f32) -> impl Fn(&Quality) -> bool {
    move |quality| is_near(quality.playback_tone_hz, hz)
}

fn hears_silence(quality: &Quality) -> bool {
    quality.playback_level_dbfs <= -90.0
}

#[tokio::test]
async fn both_sides_hear_each_other() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let caller = call.caller.quality(hears(880.0)).await;
        let callee = call.callee.quality(hears(440.0)).await;
        for quality in [caller, callee] {
            assert!(quality.packets_sent > 0 && quality.packets_received > 0);
            assert!(quality.capture_level_dbfs > -20.0);
        }
        assert_eq!(call.negotiated.codec, Codec::Opus);
        assert!(call.negotiated.telephone_event);
        call.close().await;
    })
    .await;
}

use std::time::Duration;

use crate::common::{Call, SESSION, Side, in_time, is_near, tampered, with_formats};
use media::{Capture, Codec, Command, Digit, Failure, News, Peer, Playback, Quality};

fn tone(hz: f32) -> Side {
    Side::new(Capture::Tone { hz }, Playback::Discard)
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
        assert_eq!(call.negotiated.codec, Codec::Opus);
        assert!(call.negotiated.telephone_event && !call.negotiated.held_by_peer);
        for side in [&mut call.caller, &mut call.callee] {
            let first = |news| match news {
                News::FirstAudio { peer, .. } => Some(peer),
                _ => None,
            };
            assert_eq!(side.until(first).await, Peer(0));
        }
        let caller = call.caller.quality(hears(880.0)).await;
        let callee = call.callee.quality(hears(440.0)).await;
        for quality in [caller, callee] {
            assert!(quality.packets_sent > 0 && quality.packets_received > 0);
            assert!((-20.0..-10.0).contains(&quality.capture_level_dbfs));
            assert!((-20.0..-10.0).contains(&quality.playback_level_dbfs));
        }
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn hold_silences_both_ways_from_either_side_and_resume_ends_it() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        call.caller.quality(hears(880.0)).await;

        call.caller.hold(true);
        let round = call.reoffer_of_caller().await;
        assert!(round.offer.contains("a=sendonly\r\n"));
        assert!(round.answer.contains("a=recvonly\r\n"));
        assert!(round.answerer.held_by_peer && !round.offerer.held_by_peer);
        call.callee.quality(hears_silence).await;
        call.caller.quality(hears_silence).await;

        call.callee.hold(true);
        let round = call.reoffer_of_callee().await;
        assert!(round.offer.contains("a=sendonly\r\n"));
        assert!(round.answer.contains("a=inactive\r\n"));
        assert!(round.offerer.held_by_peer && round.answerer.held_by_peer);

        call.callee.hold(false);
        let round = call.reoffer_of_callee().await;
        assert!(round.offer.contains("a=sendrecv\r\n"));
        assert!(round.answer.contains("a=sendonly\r\n"));
        assert!(round.offerer.held_by_peer && !round.answerer.held_by_peer);
        let still = call.callee.quality(hears_silence).await;

        call.caller.hold(false);
        let round = call.reoffer_of_caller().await;
        assert!(round.answer.contains("a=sendrecv\r\n"));
        assert!(!round.offerer.held_by_peer && !round.answerer.held_by_peer);
        let caller = call.caller.quality(hears(880.0)).await;
        let callee = call.callee.quality(hears(440.0)).await;
        assert!(callee.packets_received > still.packets_received);
        assert_eq!((caller.packets_lost, callee.packets_lost), (0, 0));
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_keeps_its_id_and_counts_its_descriptions() {
    in_time(async {
        let origin = |sdp: &str| {
            let line = sdp.lines().find(|line| line.starts_with("o=")).unwrap();
            let words: Vec<_> = line.split(' ').collect();
            (words[1].to_owned(), words[2].parse::<u64>().unwrap())
        };
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let first = call.reoffer_of_caller().await;
        let second = call.reoffer_of_callee().await;
        let (caller, version) = origin(&first.offer);
        assert_eq!(origin(&second.answer), (caller, version + 1));
        let (callee, version) = origin(&first.answer);
        assert_eq!(origin(&second.offer), (callee, version + 1));
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_is_withdrawn_changes_nothing() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        call.caller.hold(true);
        let offer = call.caller.offer().await;
        call.caller
            .media
            .send(Command::Withdraw { session: SESSION });
        call.caller.hold(false);
        let late = call.callee.answer(offer).await.unwrap().0;
        let refused = call.caller.apply(Peer(0), late).await.unwrap_err();
        assert!(refused.contains("no offer"), "{refused}");
        call.callee.quality(hears(440.0)).await;
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_muted_side_sends_digital_silence_and_goes_on_hearing() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let before = call.callee.quality(hears(440.0)).await;
        call.caller.mute(true);
        let after = call.callee.quality(hears_silence).await;
        assert!(after.packets_received > before.packets_received);
        let own = |quality: &Quality| quality.capture_level_dbfs == -127.0;
        assert!(hears(880.0)(&call.caller.quality(own).await));
        call.caller.mute(false);
        call.callee.quality(hears(440.0)).await;
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn digits_arrive_once_and_in_order_both_ways() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let digits = |text: &str| -> Vec<Digit> { text.chars().flat_map(Digit::new).collect() };
        for (side, text) in [(&call.caller, "1590*"), (&call.callee, "2#ad")] {
            side.media.send(Command::Dtmf {
                session: SESSION,
                digits: digits(text),
                duration: Duration::from_millis(100),
                gap: Duration::from_millis(60),
            });
        }
        for (side, text) in [(&mut call.callee, "1590*"), (&mut call.caller, "2#ad")] {
            let mut heard = Vec::new();
            side.until(|news| {
                if let News::Dtmf { digit, .. } = news {
                    heard.push(digit);
                }
                (heard.len() == text.len()).then_some(())
            })
            .await;
            assert_eq!(heard, digits(text));
        }
        // The tone is there again, and no digit is told twice.
        call.callee
            .until(|news| match news {
                News::Dtmf { digit, .. } => panic!("{digit:?} came again"),
                News::Quality { quality, .. } => hears(440.0)(&quality).then_some(()),
                _ => None,
            })
            .await;
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_first_codec_of_the_offer_is_spoken() {
    in_time(async {
        for (formats, codec, event) in [
            ("0 126", Codec::Pcmu, true),
            ("8 0 111", Codec::Pcma, false),
            ("111 110 0 8", Codec::Opus, true),
        ] {
            let change = |offer: String| with_formats(&offer, formats);
            let (caller, callee) = (tone(440.0), tone(880.0));
            let mut call = Call::connect_through(caller, callee, change, |answer| answer).await;
            assert_eq!(call.negotiated.codec, codec);
            assert_eq!(call.negotiated.telephone_event, event);
            call.caller.quality(hears(880.0)).await;
            call.callee.quality(hears(440.0)).await;
            call.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_codec_changes_in_mid_call_without_a_lost_packet() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        call.caller.quality(hears(880.0)).await;
        for (formats, codec) in [("0 126", Codec::Pcmu), ("111 110", Codec::Opus)] {
            let round = call
                .changed_reoffer(|offer| with_formats(&offer, formats))
                .await;
            assert_eq!((round.offerer.codec, round.answerer.codec), (codec, codec));
            let caller = call.caller.quality(hears(880.0)).await;
            let callee = call.callee.quality(hears(440.0)).await;
            assert_eq!((caller.packets_lost, callee.packets_lost), (0, 0));
        }
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn of_several_answers_the_latest_is_heard_and_the_selected_one_is_spoken_to() {
    in_time(async {
        let mut caller = tone(440.0);
        let (mut first, mut second) = (tone(660.0), tone(880.0));
        let offer = caller.offer().await;

        let (answer, _) = first.answer(offer.clone()).await.unwrap();
        first.select(Peer(0));
        caller.apply(Peer(0), answer.clone()).await.unwrap();
        assert_eq!(caller.connected().await, Peer(0));
        let early = caller.quality(hears(660.0)).await;
        assert_eq!(early.packets_sent, 0, "early media is heard, not answered");

        let (other, _) = second.answer(offer).await.unwrap();
        second.select(Peer(0));
        caller.apply(Peer(1), other.clone()).await.unwrap();
        assert_eq!(caller.connected().await, Peer(1));
        caller.quality(hears(880.0)).await;

        // The 200 repeats the description of the 183.
        caller.apply(Peer(0), answer).await.unwrap();
        caller.select(Peer(0));
        caller.quality(hears(660.0)).await;
        first.quality(hears(440.0)).await;
        let late = caller.apply(Peer(1), other).await.unwrap_err();
        assert!(late.contains("another peer"), "{late}");
        second.media.send(Command::Close { session: SESSION });
        let other = second
            .until(|news| match news {
                News::Quality { quality, .. } => Some(quality),
                _ => None,
            })
            .await;
        assert_eq!(other.packets_received, 0);
        caller.close().await;
        first.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_tampered_fingerprint_ends_the_call_before_any_sound() {
    in_time(async {
        let mut caller = tone(440.0);
        let mut callee = tone(880.0);
        let offer = caller.offer().await;
        let (answer, _) = callee.answer(offer).await.unwrap();
        callee.select(Peer(0));
        caller.apply(Peer(0), tampered(&answer)).await.unwrap();
        caller.select(Peer(0));
        for side in [&mut caller, &mut callee] {
            let failure = side
                .until(|news| match news {
                    News::Failed { failure, .. } => Some(failure),
                    News::FirstAudio { .. } => panic!("sound of an unknown peer"),
                    _ => None,
                })
                .await;
            assert!(matches!(failure, Failure::Security(_)), "{failure:?}");
        }
        let refused = caller.apply(Peer(0), answer).await.unwrap_err();
        assert!(refused.contains("failed"), "{refused}");
        caller.close().await;
        callee.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_offer_that_cannot_be_used_is_refused_and_the_call_goes_on() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let offer = call.caller.offer().await;
        call.caller
            .media
            .send(Command::Withdraw { session: SESSION });
        let plain = offer.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP");
        for (offer, reason) in [
            (tampered(&offer), "without a restart of ICE"),
            (plain, "not encrypted"),
            (with_formats(&offer, "9"), "no codec in common"),
            ("garbage".to_owned(), "no session description"),
        ] {
            let refused = call.callee.answer(offer).await.unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
        call.caller.quality(hears(880.0)).await;
        call.callee.quality(hears(440.0)).await;
        call.close().await;
    })
    .await;
}

#[tokio::test]
async fn sessions_of_one_thread_do_not_disturb_each_other() {
    in_time(async {
        let mut call = Call::connect(tone(440.0), tone(880.0)).await;
        let other = media::SessionId(2);
        call.caller.media.send(Command::Offer {
            session: other,
            request: 99,
        });
        call.caller.media.send(Command::Close { session: other });
        call.caller.media.send(Command::Close {
            session: media::SessionId(3),
        });
        for closed in [other, media::SessionId(3)] {
            call.caller
                .until(|news| (news == News::Closed { session: closed }).then_some(()))
                .await;
        }
        call.callee.quality(hears(440.0)).await;
        call.close().await;
    })
    .await;
}

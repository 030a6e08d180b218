//! What one says at one desk is understood at the other, through two sound cards and a call.

use std::process::Command;
use std::time::Duration;

use lab::{Alignment, Sound, likeness};
use serde_json::json;

use crate::desk::{
    BUDS, HEADSET, LAPTOP, SPEAKERS, alone_on_card, at_the_desk, capture, devices, hang_up,
    leave_the_voice, prefer, quit, set,
};
use crate::sound_card::{Listening, SoundCard};
use crate::support::{
    office::{Office, sign_in},
    process::Process,
};

/// What a voice scores at least that nothing was done to: it has 0.98, and 0.93 where a tenth is lost.
const AS_IT_IS: f32 = 0.96;
/// A voice without its lowest tones and its noise, and at another level, is less like itself: it has
/// 0.90 to 0.94, and at least 0.03 less where a tenth is lost.
const PROCESSED: f32 = 0.87;

/// A machine that is busy with others may break up what is said; then it is said again.
pub(crate) const TRIES: usize = 8;

/// A player may take so long to start, and the call some of it.
const LONGEST_DELAY: Duration = Duration::from_secs(2);

#[test]
fn speech_is_understood_at_the_other_desk_both_ways() {
    let name = "speech::speech_is_understood_at_the_other_desk_both_ways";
    alone_on_card(name, async |mut card| {
        card.start(&[SPEAKERS, BUDS], &[LAPTOP, HEADSET]);
        let of_ana = spoken("en-us", "Good morning, this is Ana. The quick brown fox.");
        let of_ravi = spoken("en-gb", "Hello Ana, Ravi speaking. Can you hear me well?");
        let desks = [
            (LAPTOP.name, BUDS.name, of_ana),
            (HEADSET.name, SPEAKERS.name, of_ravi),
        ];
        let office = Office::open().await;
        let [mut ana, mut ravi] = a_call_between_desks(&office).await;
        let call = ana.event("call.connected").await["call"].clone();

        for (microphone, speaker, sent) in &desks {
            let heard = understood(&card, microphone, speaker, sent, AS_IT_IS);
            let like = score(sent, &heard);
            // The same with a tenth of it lost, in pieces of a packet.
            let broken = score(sent, &with_losses(&heard));
            println!("{microphone}: {like}, with a tenth lost {broken}");
            assert!(
                broken < AS_IT_IS,
                "it is told from a path that loses: {broken}"
            );
        }

        let (microphone, speaker, sent) = &desks[0];
        let mute = json!({"command": "mute", "call": call});
        assert_eq!(ana.ask(mute).await["ok"], true);
        ana.event("call.muted").await;
        let ear = card.listen(speaker);
        let heard = said(&card, &ear, &[(microphone, sent)]);
        assert!(heard.level_dbfs() < -80.0, "{}", heard.level_dbfs());
        assert!(score(sent, &heard) < 0.3);
        ana.event("sound.muted_speech").await;
        let unmute = json!({"command": "unmute", "call": call});
        assert_eq!(ana.ask(unmute).await["ok"], true);

        let usual = json!({"echo_cancellation": true, "noise_suppression": true,
            "gain_control": true, "high_pass": true});
        set(&mut ana, usual.clone()).await;
        set(&mut ravi, usual).await;
        for (microphone, speaker, sent) in &desks {
            let heard = understood(&card, microphone, speaker, sent, PROCESSED);
            let like = score(sent, &heard);
            let broken = score(sent, &with_losses(&heard));
            println!("{microphone}, processed: {like}, with a tenth lost {broken}");
            assert!(broken < like - 0.02, "{broken}, {like}");
        }

        hang_up(&mut ana, &call).await;
        ravi.event("call.ended").await;
        quit(ana).await;
        quit(ravi).await;
    });
}

/// Has Ana, with the laptop's microphone and the speakers, call Ravi, with the headset and the buds, who answers; what
/// they say is not processed.
pub(crate) async fn a_call_between_desks(office: &Office) -> [Process; 2] {
    let mut ana = at_the_desk(office, &[]).await;
    let mut command = office.phone_with_sound(2, "system", "system");
    let mut ravi = Process::start("ravi", &mut command);
    leave_the_voice(&mut ravi).await;
    for (name, phone, microphone, speaker) in [
        ("ana", &mut ana, "Laptop", "Speakers"),
        ("ravi", &mut ravi, "Headset", "Buds"),
    ] {
        let listed = devices(phone).await;
        prefer(phone, &listed, "microphone", &[microphone]).await;
        prefer(phone, &listed, "speaker", &[speaker]).await;
        phone.send(sign_in(name)).await;
        phone.event("sip.registered").await;
    }
    ana.send(json!({"command": "dial", "target": "700202"}))
        .await;
    let theirs = ravi.event("call.incoming").await["call"].clone();
    ravi.send(json!({"command": "answer", "call": theirs}))
        .await;
    capture(&mut ravi, true).await;
    [ana, ravi]
}

/// Returns what a voice of espeak-ng says, 48,000 samples a second.
pub(crate) fn spoken(voice: &str, text: &str) -> Sound {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("speech.wav");
    let status = Command::new("espeak-ng")
        .args(["-v", voice, "-s", "160", "-w"])
        .arg(&path)
        .arg(text)
        .status();
    assert!(status.expect("espeak-ng is installed").success());
    Sound::read(&path).unwrap().at_rate(48_000)
}

/// Says it until it is heard as well as that; returns what was heard.
fn understood(
    card: &SoundCard,
    microphone: &str,
    speaker: &str,
    sent: &Sound,
    floor: f32,
) -> Sound {
    let ear = card.listen(speaker);
    let mut scores = Vec::new();
    for _ in 0..TRIES {
        let heard = said(card, &ear, &[(microphone, sent)]);
        let like = score(sent, &heard);
        if like >= floor {
            return heard;
        }
        scores.push(like);
    }
    panic!("{microphone} is heard with {scores:?}, not {floor}");
}

/// Says each into its microphone, all at once, and returns what is heard from the moment before to long after.
pub(crate) fn said(card: &SoundCard, ear: &Listening, voices: &[(&str, &Sound)]) -> Sound {
    // The listener is there when it hears.
    ear.next().unwrap();
    ear.skip();
    let say = |&(microphone, sent): &(&str, &Sound)| card.say(microphone, &sent.samples);
    let _voices: Vec<_> = voices.iter().map(say).collect();
    let longest = voices.iter().map(|(_, sent)| sent.samples.len()).max();
    let length = longest.unwrap_or(0) / 480 + LONGEST_DELAY.as_millis() as usize / 10;
    let heard: Vec<_> = (0..length).map_while(|_| ear.next()).collect();
    Sound {
        rate: 48_000,
        samples: heard.into_flattened(),
    }
}

pub(crate) fn score(sent: &Sound, heard: &Sound) -> f32 {
    Alignment::find(sent, heard, LONGEST_DELAY).map_or(0.0, |alignment| {
        likeness(sent, &alignment.undone(heard), Duration::ZERO)
    })
}

fn with_losses(heard: &Sound) -> Sound {
    let packet = heard.rate as usize / 50;
    let mut broken = heard.clone();
    for lost in broken.samples.chunks_mut(packet).step_by(10) {
        lost.fill(0.0);
    }
    broken
}

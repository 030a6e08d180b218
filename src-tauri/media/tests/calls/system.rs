//! Calls through the devices of the system, played by a sound server of the test's own.

use std::path::{Path, PathBuf};
use std::process;

use crate::common::{Call, SESSION, Side, in_time, is_near};
use media::{
    Capture, Command, Country, Device, DeviceId, News, Playback, Preference, Processing, Role,
    SoundSettings, Tone,
};

#[path = "../../../../tests/support/sound_card.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is shared, and other tests use the rest"
)]
mod sound_card;

use sound_card::{Listening, Plug, SoundCard, share};

const SPEAKERS: Plug = Plug::new("speakers", "Speakers");
const BELL: Plug = Plug::new("bell", "Bell");
const LAPTOP: Plug = Plug::new("laptop", "Laptop");

#[test]
fn a_call_is_heard_both_ways_and_its_microphone_is_open_only_while_it_is_needed() {
    on_card(
        "a_call_is_heard_both_ways_and_its_microphone_is_open_only_while_it_is_needed",
        async |mut card| {
            card.start(&[SPEAKERS], &[LAPTOP]);
            let _voice = card.speak(LAPTOP.name, 440.0);
            let loudspeaker = card.listen(SPEAKERS.name);
            let near = at_the_desk();
            let far = Side::new(Capture::Tone { hz: 880.0 }, Playback::Discard);
            let mut call = Call::connect(near, far).await;
            capture(&mut call.caller, true).await;
            call.callee
                .quality(|quality| is_near(quality.playback_tone_hz, 440.0))
                .await;
            hears(&loudspeaker, 880.0);

            let mute = |on| Command::Mute {
                session: SESSION,
                on,
            };
            call.caller.media.send(mute(true));
            call.callee
                .quality(|quality| quality.playback_level_dbfs < -90.0)
                .await;
            call.caller.media.send(mute(false));
            call.callee
                .quality(|quality| is_near(quality.playback_tone_hz, 440.0))
                .await;

            call.caller.hold(true);
            capture(&mut call.caller, false).await;
            call.caller.hold(false);
            capture(&mut call.caller, true).await;
            call.caller.media.send(Command::Close { session: SESSION });
            capture(&mut call.caller, false).await;
        },
    );
}

#[test]
fn it_rings_on_the_ringer_while_a_call_is_on_the_speaker() {
    on_card(
        "it_rings_on_the_ringer_while_a_call_is_on_the_speaker",
        async |mut card| {
            card.start(&[SPEAKERS, BELL], &[LAPTOP]);
            let (loudspeaker, bell) = (card.listen(SPEAKERS.name), card.listen(BELL.name));
            let mut near = at_the_desk();
            near.media.devices();
            let devices = near.until(listed).await;
            let named = |name: &str| {
                let device = devices.iter().find(|device| device.name == name);
                device.unwrap_or_else(|| panic!("{devices:?}")).id.clone()
            };
            let mut settings = unprocessed();
            settings.ringer.favourites = vec![named("Bell")];
            settings.speaker.favourites = vec![named("Speakers")];
            near.media.set_sound(settings);
            let far = Side::new(Capture::Tone { hz: 880.0 }, Playback::Discard);
            let call = Call::connect(near, far).await;
            hears(&loudspeaker, 880.0);
            call.caller.media.tone(Some(Tone::Ring));
            // The first note of the ring.
            hears(&bell, 523.25);
            hears(&loudspeaker, 880.0);
            call.caller.media.tone(Some(Tone::Busy));
            hears(&loudspeaker, 425.0);
        },
    );
}

#[test]
fn a_favourite_speaker_that_is_plugged_in_takes_the_call_over() {
    on_card(
        "a_favourite_speaker_that_is_plugged_in_takes_the_call_over",
        async |mut card| {
            card.start(&[SPEAKERS], &[LAPTOP]);
            let loudspeaker = card.listen(SPEAKERS.name);
            let near = at_the_desk();
            let mut settings = unprocessed();
            settings.speaker.favourites = vec![DeviceId::new("pulseaudio:bell")];
            near.media.set_sound(settings);
            let far = Side::new(Capture::Tone { hz: 880.0 }, Playback::Discard);
            let mut call = Call::connect(near, far).await;
            hears(&loudspeaker, 880.0);
            card.plug_in_speaker(&BELL);
            let changed = |news| match news {
                News::DeviceChanged {
                    role: Role::Speaker,
                    reason,
                    ..
                } => Some(reason.words),
                _ => None,
            };
            assert_eq!(call.caller.until(changed).await, "Using Bell now.");
            hears(&card.listen(BELL.name), 880.0);
        },
    );
}

#[test]
fn without_a_microphone_the_call_goes_on_and_one_that_is_plugged_in_is_used() {
    on_card(
        "without_a_microphone_the_call_goes_on_and_one_that_is_plugged_in_is_used",
        async |mut card| {
            card.start(&[SPEAKERS], &[]);
            let loudspeaker = card.listen(SPEAKERS.name);
            let near = at_the_desk();
            let far = Side::new(Capture::Tone { hz: 880.0 }, Playback::Discard);
            let mut call = Call::connect(near, far).await;
            hears(&loudspeaker, 880.0);
            let without = |news| match news {
                News::DeviceChanged {
                    role: Role::Microphone,
                    device: None,
                    reason,
                } => Some(reason.words),
                _ => None,
            };
            let words = call.caller.until(without).await;
            assert_eq!(words, "No microphone was found.");
            card.plug_in_microphone(&LAPTOP);
            let _voice = card.speak(LAPTOP.name, 440.0);
            capture(&mut call.caller, true).await;
            call.callee
                .quality(|quality| is_near(quality.playback_tone_hz, 440.0))
                .await;
        },
    );
}

#[test]
fn what_the_loudspeaker_plays_does_not_come_back_through_real_streams() {
    let name = "what_the_loudspeaker_plays_does_not_come_back_through_real_streams";
    on_card(name, async |mut card| {
        the_echo_is_gone(&mut card, 48_000).await
    });
}

#[test]
fn nor_does_it_at_a_card_of_44100_hz() {
    let name = "nor_does_it_at_a_card_of_44100_hz";
    on_card(name, async |mut card| {
        the_echo_is_gone(&mut card, 44_100).await
    });
}

/// The loudspeaker's own monitor is the microphone: the worst room there is.
async fn the_echo_is_gone(card: &mut SoundCard, rate: u32) {
    card.start(&[Plug { rate, ..SPEAKERS }], &[]);
    let folder = tempfile::tempdir().unwrap();
    let near = at_the_desk();
    let settings = |processing| SoundSettings {
        microphone: Preference {
            favourites: vec![DeviceId::new("pulseaudio:speakers.monitor")],
        },
        processing,
        ..unprocessed()
    };
    near.media.set_sound(settings(Processing::OFF));
    let path = speech(folder.path());
    let far = Side::new(Capture::Wav { path }, Playback::Discard);
    let mut call = Call::connect(near, far).await;
    capture(&mut call.caller, true).await;
    call.callee
        .quality(|quality| quality.playback_level_dbfs > -40.0)
        .await;
    let raw = return_loss(&mut call.callee).await;

    call.caller.media.set_sound(settings(Processing {
        echo_cancellation: true,
        ..Processing::OFF
    }));
    // A machine that is busy with others breaks the streams up, and the room is learnt anew.
    let mut losses = Vec::new();
    for _ in 0..6 {
        let loss = return_loss(&mut call.callee).await - raw;
        losses.push(loss);
        if loss > 25.0 {
            println!("{rate} Hz: {losses:?} dB, without cancellation {raw} dB");
            return;
        }
    }
    panic!("{rate} Hz: {losses:?} dB, without cancellation {raw} dB");
}

/// Returns by how much less than it says a side hears of it, over four seconds, in dB.
async fn return_loss(far: &mut Side) -> f32 {
    let power = |dbfs: f32| 10.0_f32.powf(dbfs / 10.0);
    let (mut said, mut heard) = (0.0, 0.0);
    for _ in 0..4 {
        let quality = far.quality(|_| true).await;
        said += power(quality.capture_level_dbfs);
        heard += power(quality.playback_level_dbfs);
    }
    10.0 * (said / heard).log10()
}

/// Has about a minute spoken into a file.
fn speech(folder: &Path) -> PathBuf {
    let path = folder.join("speech.wav");
    let text =
        "The quick brown fox jumps over the lazy dog, and nobody at the desk hears it twice. ";
    let status = process::Command::new("espeak-ng")
        .args(["-s", "160", "-w"])
        .arg(&path)
        .arg(text.repeat(10))
        .status();
    assert!(status.expect("espeak-ng is installed").success());
    path
}

fn at_the_desk() -> Side {
    let side = Side::new(Capture::System, Playback::System);
    side.media.set_sound(unprocessed());
    side
}

/// Noise suppression takes a steady tone for noise.
fn unprocessed() -> SoundSettings {
    SoundSettings {
        processing: Processing::OFF,
        country: Country::International,
        ..SoundSettings::default()
    }
}

fn listed(news: News) -> Option<Vec<Device>> {
    match news {
        News::Devices(devices) => Some(devices),
        _ => None,
    }
}

/// Waits until capture is open, or closed.
async fn capture(side: &mut Side, open: bool) {
    side.until(|news| matches!(news, News::CaptureOpen(is_open) if is_open == open).then_some(()))
        .await;
}

/// Listens until there was a tenth of a second with a tone, at most half a minute.
fn hears(loudspeaker: &Listening, hz: f32) {
    let mut strongest = 0.0_f32;
    for _ in 0..300 {
        let tenth: Vec<[f32; 480]> = (0..10).map_while(|_| loudspeaker.next()).collect();
        strongest = strongest.max(share(tenth.as_flattened(), hz));
        if strongest > 0.3 {
            return;
        }
    }
    panic!("{hz} Hz has at most {strongest} of the energy");
}

/// Runs the test with a sound card of its own.
fn on_card(name: &str, body: impl AsyncFnOnce(SoundCard)) {
    sound_card::with_sound_card(&format!("system::{name}"), |card| {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(in_time(body(card)));
    });
}

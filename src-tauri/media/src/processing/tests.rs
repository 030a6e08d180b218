#![allow(clippy::unwrap_used, reason = "tests")]

use std::f32::consts::TAU;

use super::room::{
    Room, SECOND, convergence_ms, delay, distorted, double_talk, enhancement, level, losses, noise,
    processed,
};
use super::{Processing, Processor, guarded};
use crate::codec::FRAME;
use crate::codec::speech::{likeness, speech};

const CANCELLING: Processing = Processing {
    echo_cancellation: true,
    high_pass: true,
    ..Processing::OFF
};

const ROOM: Room = Room {
    delay_ms: 40,
    reverberation_ms: 250,
    return_loss_db: 10.0,
    seed: 1,
};

/// Delay in ms and return loss in dB, from a headset that leaks to a loudspeaker beside the microphone.
const ROOMS: [(usize, f32); 5] = [(10, 20.0), (40, 10.0), (120, 6.0), (120, 0.0), (250, 10.0)];

/// The floors of the project's goal G11; what there is prints `cargo figures parts`.
const AFTER_A_SECOND_DB: f32 = 25.0;
const STEADY_DB: f32 = 35.0;
const ANOTHER_ROOM_MS: usize = 3_000;

#[test]
fn an_echo_is_gone_after_a_second_at_any_delay_and_stays_away() {
    let far = speech(8, 1);
    for (delay_ms, return_loss_db) in ROOMS {
        let room = Room {
            delay_ms,
            return_loss_db,
            ..ROOM
        };
        let echo = room.echo(&far);
        let sent = processed(&mut processor(CANCELLING), &far, &with_floor(&echo));
        let after = enhancement(&echo, &sent, 1..3);
        assert!(after > AFTER_A_SECOND_DB, "{room:?}: {after} dB after 1 s");
        let steady = enhancement(&echo, &sent, 5..8);
        assert!(steady > STEADY_DB, "{room:?}: {steady} dB steady");
    }
}

#[test]
fn without_cancellation_the_echo_is_sent() {
    let far = speech(3, 1);
    let echo = ROOM.echo(&far);
    let settings = Processing {
        high_pass: true,
        ..Processing::OFF
    };
    let sent = processed(&mut processor(settings), &far, &with_floor(&echo));
    assert!(enhancement(&echo, &sent, 0..3).abs() < 1.0);
}

#[test]
fn another_room_in_the_middle_of_a_call_is_learnt_within_three_seconds() {
    let far = speech(12, 1);
    for (delay_ms, return_loss_db) in ROOMS {
        let room = Room {
            delay_ms,
            return_loss_db,
            ..ROOM
        };
        let mut echo = room.echo(&far);
        let moved = Room { seed: 2, ..room };
        echo[5 * SECOND..].copy_from_slice(&moved.echo(&far)[5 * SECOND..]);
        let sent = processed(&mut processor(CANCELLING), &far, &with_floor(&echo));
        let converged = convergence_ms(&echo, &sent, 5, AFTER_A_SECOND_DB);
        assert!(
            converged.is_some_and(|ms| ms <= ANOTHER_ROOM_MS),
            "{room:?}: {converged:?} ms"
        );
    }
}

/// The floor for 0 dB is the project's goal G12; what there is prints `cargo figures parts`.
#[test]
fn who_talks_at_the_same_time_is_heard() {
    let (far, near) = (speech(12, 1), speech(12, 2));
    for (return_loss_db, most, least_echo_loss) in [
        (0.0, 6.0, 12.0),
        (10.0, 3.0, 8.0),
        (20.0, 2.0, 4.0),
        (45.0, 2.0, -20.0),
    ] {
        let room = Room {
            return_loss_db,
            ..ROOM
        };
        let both = double_talk(|| processor(CANCELLING), room, &far, &near, 6);
        assert!(both.near_db < most, "{return_loss_db} dB: {both:?}");
        assert!(both.near_db > -1.0, "{return_loss_db} dB: {both:?}");
        // An echo that is below the noise may be traded for comfort noise.
        assert!(
            both.other_db > least_echo_loss,
            "{return_loss_db} dB: {both:?}"
        );
    }
}

#[test]
fn who_talks_at_the_same_time_is_heard_over_a_loudspeaker_that_distorts() {
    let (far, near) = (speech(12, 1), speech(12, 2));
    let room = Room {
        return_loss_db: 0.0,
        ..ROOM
    };
    let echo = room.echo(&distorted(&far));
    let both = losses(|| processor(CANCELLING), &far, &echo, &near, 6);
    assert!(both.near_db < 6.0, "{both:?}");
    assert!(both.other_db > 12.0, "{both:?}");
}

#[test]
fn a_headset_that_is_put_down_is_learnt() {
    let (far, near) = (speech(20, 1), speech(20, 2));
    let mut echo = ROOM.echo(&far);
    echo[..6 * SECOND].iter_mut().for_each(|s| *s *= 0.001);
    let sent = processed(&mut processor(CANCELLING), &far, &with_floor(&echo));
    let steady = enhancement(&echo, &sent, 12..20);
    assert!(steady > STEADY_DB, "{steady} dB");
    let both = losses(|| processor(CANCELLING), &far, &echo, &near, 12);
    assert!(both.near_db < 3.0, "{both:?}");
}

#[test]
fn steady_noise_is_suppressed_and_the_voice_over_it_is_not() {
    let settings = Processing {
        noise_suppression: true,
        ..Processing::OFF
    };
    let hiss = noise(4 * SECOND, -50.0, 3);
    let silence = vec![0.0; hiss.len()];
    let sent = processed(&mut processor(settings), &silence, &hiss);
    let suppressed = -50.0 - level(&sent[2 * SECOND..]);
    assert!(suppressed > 12.0, "{suppressed} dB");

    let voice = speech(4, 2);
    let noisy: Vec<f32> = voice.iter().zip(&hiss).map(|(a, b)| a + b).collect();
    let sent = processed(&mut processor(settings), &silence, &noisy);
    let lost = level(&voice[2 * SECOND..]) - level(&sent[2 * SECOND..]);
    assert!((-1.0..2.0).contains(&lost), "{lost} dB");
}

#[test]
fn a_clean_voice_is_not_harmed() {
    let settings = Processing {
        gain_control: false,
        ..Processing::default()
    };
    let voice = speech(6, 2);
    let heard = with_floor(&voice);
    // In silence, and while the far end talks into a headset from which nothing comes back.
    for (far, most) in [(vec![0.0; voice.len()], 1.0), (speech(6, 1), 2.0)] {
        let sent = processed(&mut processor(settings), &far, &heard);
        let lost = level(&voice[SECOND..]) - level(&sent[SECOND..]);
        assert!((-1.0..most).contains(&lost), "{lost} dB");
        let delay = delay(&voice, &sent);
        let alike = likeness(&voice[SECOND..], &sent[SECOND..], delay, 24);
        assert!(alike > 0.8, "{alike}");
    }
}

#[test]
fn processing_delays_the_voice_by_less_than_15_ms() {
    let voice = speech(3, 2);
    let silence = vec![0.0; voice.len()];
    let settings = Processing {
        gain_control: false,
        ..Processing::default()
    };
    let sent = processed(&mut processor(settings), &silence, &with_floor(&voice));
    let samples = delay(&voice, &sent);
    assert!((1..15 * 48).contains(&samples), "{samples} samples");
}

#[test]
fn a_quiet_voice_is_raised_and_a_loud_one_does_not_clip() {
    let settings = Processing {
        gain_control: true,
        ..Processing::OFF
    };
    let voice = speech(12, 2);
    let silence = vec![0.0; voice.len()];
    let quiet: Vec<f32> = voice.iter().map(|s| s * 0.03).collect();
    let sent = processed(&mut processor(settings), &silence, &quiet);
    let raised = level(&sent[8 * SECOND..]) - level(&quiet[8 * SECOND..]);
    assert!((10.0..25.0).contains(&raised), "{raised} dB");

    let loud: Vec<f32> = voice.iter().map(|s| (s * 2.0).clamp(-1.0, 1.0)).collect();
    let sent = processed(&mut processor(settings), &silence, &loud);
    assert!(sent.iter().all(|s| s.abs() <= 1.0));
    let raised = level(&sent[8 * SECOND..]) - level(&loud[8 * SECOND..]);
    assert!(raised < 1.0, "{raised} dB");
}

#[test]
fn the_high_pass_takes_hum_and_leaves_the_voice() {
    let settings = Processing {
        high_pass: true,
        ..Processing::OFF
    };
    let passed = |hz: f32| {
        let tone: Vec<f32> = (0..SECOND)
            .map(|i| 0.1 * (TAU * hz * i as f32 / 48_000.0).sin())
            .collect();
        let sent = processed(&mut processor(settings), &vec![0.0; SECOND], &tone);
        level(&sent[SECOND / 2..]) - level(&tone[SECOND / 2..])
    };
    assert!(passed(50.0) < -15.0, "{}", passed(50.0));
    assert!(passed(300.0).abs() < 0.5, "{}", passed(300.0));
    assert!(passed(3_400.0).abs() < 0.5, "{}", passed(3_400.0));
}

#[test]
fn with_everything_off_there_is_nothing() {
    assert!(Processor::new(Processing::OFF).is_none());
}

#[test]
fn processing_that_panics_is_given_up_and_the_sound_goes_on() {
    let mut works = Some(0);
    guarded(&mut works, |count| *count += 1);
    assert_eq!(works, Some(1));
    guarded(&mut works, |_| panic!("a fault in the processing"));
    assert_eq!(works, None);
    guarded(&mut works, |count| *count += 1);
    assert_eq!(works, None);
}

#[test]
fn whatever_comes_in_processing_goes_on_and_recovers() {
    let far = speech(2, 1);
    let mut processor = processor(Processing::default());
    for odd in [1e9, -1e9, f32::MIN_POSITIVE] {
        let mut frame = [odd; FRAME];
        processor.render(&[odd; FRAME]);
        processor.capture(&mut frame);
        assert!(frame.iter().all(|s| s.is_finite()), "{odd}");
    }
    let sent = processed(&mut processor, &vec![0.0; far.len()], &far);
    assert!(level(&sent[SECOND..]) > -40.0);
}

fn processor(settings: Processing) -> Processor {
    Processor::new(settings).unwrap()
}

/// A microphone is never quite silent.
fn with_floor(sound: &[f32]) -> Vec<f32> {
    let floor = noise(sound.len(), -90.0, 5);
    sound.iter().zip(floor).map(|(a, b)| a + b).collect()
}

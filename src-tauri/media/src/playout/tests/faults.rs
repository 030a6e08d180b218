//! What a peer and a net may do wrong, and for how long.

use super::*;

#[test]
fn sound_rises_from_silence_within_5_ms() {
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let mut line = Line::new(codec, 20);
        // A loud vowel that goes on while nothing of it arrives.
        line.speech = (0..100).map(vowel).collect();
        line.run(300, |sent_ms| {
            (!(1_000.0..1_500.0).contains(&sent_ms)).then_some(40.0)
        });
        let silence = line
            .heard
            .windows(4_800)
            .position(|window| window.iter().all(|sample| *sample == 0.0))
            .filter(|start| *start > 48_000)
            .unwrap();
        let rise = silence
            + line.heard[silence..]
                .iter()
                .position(|sample| *sample != 0.0)
                .unwrap();
        for (i, sample) in line.heard[rise..rise + BLEND].iter().enumerate() {
            // What is heard may reach full scale, no more than its share of it before.
            let most = (i + 1) as f32 / BLEND as f32;
            assert!(sample.abs() <= most, "{codec:?}: {sample} after {i}");
        }
        let risen = &line.heard[rise + BLEND..rise + 4_800];
        assert!(peak(risen) > 0.2, "{codec:?}: {} in 100 ms", peak(risen));
    }
}

#[test]
fn after_an_outage_speech_is_back_within_100_ms_and_no_delay_stays() {
    for (codec, seconds) in [
        (Codec::Opus, 1.0),
        (Codec::Opus, 20.0),
        (Codec::Pcmu, 5.0),
        (Codec::Pcma, 50.0),
    ] {
        let mut line = Line::new(codec, 21);
        let back_ms = 3_000.0 + seconds * 1_000.0;
        let net = |sent_ms: f64| (!(3_000.0..back_ms).contains(&sent_ms)).then_some(40.0);
        line.run(300, net);
        let before = line.delay_ms();
        line.run((seconds * 100.0) as usize, net);
        line.heard.clear();
        line.run(20, net);
        assert!(
            peak(&line.heard[..15 * FRAME]) > 0.0,
            "{codec:?}, {seconds} s: nothing 110 ms after the first packet"
        );
        line.run(280, net);
        assert!(
            line.delay_ms() < before + 20.0,
            "{codec:?}, {seconds} s: {before} ms before, {} ms after",
            line.delay_ms()
        );
        let concealed = line.buffer.statistics().concealed as f64 / 48_000.0;
        assert!(
            (concealed - seconds).abs() < 0.1,
            "{codec:?}, {seconds} s: {concealed} s counted"
        );
    }
}

#[test]
fn after_two_hours_of_silence_speech_is_there_at_once_however_the_clocks_drifted() {
    for ppm in [-300.0, 0.0, 300.0] {
        let mut line = Line::new(Codec::Opus, 22);
        let net = |sent_ms: f64| Some(3_000.0 - sent_ms * ppm / 1e6);
        line.run(1_000, net);
        let before = line.buffer.delay();
        line.voice = Voice::Held;
        line.run(720_000, net);
        line.voice = Voice::On;
        line.heard.clear();
        // Its way of now.
        let way = 3_000.0 - line.ticks as f64 * 10.0 * ppm / 1e6;
        line.run(way as usize / 10 + 12, net);
        assert!(peak(&line.heard) > 0.0, "{ppm} ppm: nothing is heard yet");
        line.run(300, net);
        let played = line.buffer.statistics();
        assert_eq!((played.concealed, played.late), (0, 0), "{ppm} ppm");
        let after = line.buffer.delay();
        assert!(
            after < before + ms(15),
            "{ppm} ppm: {before:?} before, {after:?} after"
        );
    }
}

#[test]
fn jumps_of_numbers_and_timestamps_cost_nothing() {
    let mut line = Line::new(Codec::Pcmu, 23);
    line.speech = (0..100).map(vowel).collect();
    line.run(300, |_| Some(40.0));
    let mut jumps = 0;
    for (sequence, timestamp) in [
        (0, 1 << 31),
        (0, 5_000_000),
        (0, u32::MAX - 700_000),
        (20_000, 0),
        (65_000, 1),
        (30_000, 3_000_000_000),
        (65_535 - 40, 160),
    ] {
        line.sequence_jump = line.sequence_jump.wrapping_add(sequence);
        line.timestamp_jump = line.timestamp_jump.wrapping_add(timestamp);
        line.heard.clear();
        line.run(100, |_| Some(40.0));
        jumps += 1;
        for (i, sound) in line.heard.chunks(10 * FRAME).enumerate() {
            let peak = peak(sound);
            assert!(
                (0.2..1.0).contains(&peak),
                "jump {jumps}: {peak} in the 100 ms number {i}"
            );
        }
        let played = line.buffer.statistics();
        assert_eq!(
            (played.concealed, played.late),
            (0, 0),
            "jump {jumps}: {sequence}, {timestamp}"
        );
        assert!(line.buffer.delay() < ms(25), "jump {jumps}");
    }
    assert_eq!(line.receiver.packets_lost(), 0);
}

#[test]
fn a_codec_that_changes_with_every_second_costs_nothing_even_where_packets_overtake() {
    let codecs = [
        Codec::Pcmu,
        Codec::Opus,
        Codec::Pcma,
        Codec::Pcmu,
        Codec::Pcma,
        Codec::Opus,
    ];
    let mut line = Line::new(Codec::Opus, 24);
    let mut sent = 0;
    // Every fourth packet is overtaken by the next one.
    let mut net = |_| {
        sent += 1;
        Some(if sent % 4 == 0 { 65.0 } else { 40.0 })
    };
    line.run(300, &mut net);
    let settled = line.buffer.statistics();
    for codec in codecs {
        line.sender.set_format(format(codec));
        line.run(100, &mut net);
    }
    let played = line.buffer.statistics();
    // A packet of a codec that comes after the first of the next one has to be guessed in its
    // place.
    let concealed = played.concealed - settled.concealed;
    assert!(concealed <= 6 * 960, "{concealed} concealed");
    assert!(line.buffer.delay() < ms(60), "{:?}", line.buffer.delay());
    assert!(peak(&line.heard) < 1.5 * peak(&line.spoken));
}

#[test]
fn packets_that_come_twice_are_played_once() {
    let mut line = Line::new(Codec::Opus, 25);
    line.doubled_ms = Some(30.0);
    line.run(1_000, |_| Some(40.0));
    let played = line.buffer.statistics();
    assert_eq!((played.concealed, played.late), (0, 0));
    assert_eq!(line.receiver.packets_lost(), 0);
    assert!(line.buffer.delay() < ms(20), "{:?}", line.buffer.delay());
}

#[test]
fn a_flood_keeps_neither_memory_nor_delay() {
    let mut line = Line::new(Codec::Pcmu, 26);
    line.run(300, |_| Some(40.0));
    let before = line.delay_ms();
    // 10 000 packets in a second beside the speech, each of them new.
    let mut flood = Sender::new(5, 99, format(Codec::Pcmu));
    for _ in 0..100 {
        for _ in 0..200 {
            let now = line.at(line.ticks as f64 * 10.0);
            if let Some(packet) = flood.push(&SILENCE, Voice::On) {
                match line.receiver.handle(packet, now) {
                    Received::Audio(audio) => line.buffer.insert(audio),
                    Received::Digit(_) | Received::Rest | Received::Nothing => {}
                }
            }
        }
        line.run(1, |_| Some(40.0));
        assert!(line.buffer.packets.len() <= MOST_PACKETS);
        let waiting = line
            .buffer
            .packets
            .iter()
            .map(|packet| packet.samples as i64);
        assert!(waiting.sum::<i64>() <= 2 * LONGEST);
    }
    // The bucket fills again, and what was learnt of the flood is forgotten.
    line.run(1_500, |_| Some(40.0));
    line.heard.clear();
    line.run(100, |_| Some(40.0));
    assert!(peak(&line.heard) > 0.0);
    assert!(
        line.delay_ms() < before + 40.0,
        "{before} ms before, {} ms after",
        line.delay_ms()
    );
}

/// 10 ms of a vowel of 150 Hz, its peaks near full scale.
fn vowel(turn: usize) -> Frame {
    std::array::from_fn(|i| {
        let phase = 150.0 * (turn * FRAME + i) as f32 / 48_000.0;
        (1..=8)
            .map(|n| 0.3 * (std::f32::consts::TAU * (phase * n as f32).fract()).cos() / n as f32)
            .sum::<f32>()
    })
}

fn peak(sound: &[f32]) -> f32 {
    sound
        .iter()
        .fold(0.0, |peak, sample| peak.max(sample.abs()))
}

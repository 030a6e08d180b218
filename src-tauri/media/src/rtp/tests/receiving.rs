use super::*;

#[test]
fn a_payload_type_that_is_not_understood_is_neither_loss_nor_another_stream() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let mut sequence = 0;
    for i in 0..100_u32 {
        let now = start + ms(20) * i;
        let of_other_stream = i % 4 == 2;
        let (ssrc, payload_type) = match i % 4 {
            1 => (1, 77),
            2 => (9, 77),
            _ => (1, 0),
        };
        let packet = Packet {
            ssrc,
            ..packet(payload_type, sequence, i * 160, &[0xff; 160])
        };
        sequence += u16::from(!of_other_stream);
        match receiver.handle(packet, now) {
            Received::Audio(audio) => assert_eq!((audio.missing, audio.fresh), (0, i == 0)),
            Received::Nothing => assert_eq!(payload_type, 77),
            Received::Digit(_) | Received::Rest => panic!("nobody sends digits or rests"),
        }
    }
    assert_eq!(receiver.packets_lost(), 0);
    assert_eq!(receiver.packets_received(), 75);
}

#[test]
fn sequence_numbers_that_step_back_a_little_are_not_taken_for_repetitions() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    for i in 0..200_u16 {
        let now = start + ms(20) * u32::from(i);
        let sequence = if i < 100 { 1_000 + i } else { 960 + i };
        let packet = packet(0, sequence, u32::from(i) * 160, &[0xff; 160]);
        assert!(
            matches!(receiver.handle(packet, now), Received::Audio(_)),
            "{i}"
        );
    }
    assert_eq!(receiver.packets_lost(), 0);
}

#[test]
fn a_late_packet_of_the_former_codec_does_not_begin_a_change_of_its_own() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let order = [
        (0, 1, true),
        (0, 3, false),
        (8, 4, true),
        (0, 2, true),
        (8, 5, false),
    ];
    for (payload_type, sequence, fresh) in order {
        let packet = packet(
            payload_type,
            sequence,
            u32::from(sequence) * 160,
            &[0xd5; 160],
        );
        let Received::Audio(audio) = receiver.handle(packet, start + ms(100)) else {
            panic!("not taken: {sequence}");
        };
        assert_eq!(audio.fresh, fresh, "{sequence}");
        assert_eq!(audio.position, (i64::from(sequence) - 1) * 960);
    }
}

#[test]
fn speech_after_the_events_of_a_new_stream_follows_what_was_before() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let of = |ssrc, packet| Packet { ssrc, ..packet };
    receiver.handle(of(1, packet(0, 5, 7_000, &[0xff; 160])), start);
    let event = packet(EVENT, 900, 3_000_000_000, &[1, 0x0a, 0, 80]);
    receiver.handle(of(2, event), start + ms(20));
    let speech = of(2, packet(0, 901, 3_000_000_160, &[0xff; 160]));
    let Received::Audio(audio) = receiver.handle(speech, start + ms(40)) else {
        panic!("not taken");
    };
    assert!(audio.fresh, "its decoder knows nothing of this stream");
    assert_eq!(audio.position, 960);
}

#[test]
fn jitter_does_not_know_how_long_a_call_lasts() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    // 2^31 ticks of 48 kHz are 12.4 hours.
    for hour in 0..30_u32 {
        let now = start + Duration::from_secs(3_600) * hour;
        let timestamp = (3_600 * 48_000_u32).wrapping_mul(hour);
        let packet = packet(111, hour as u16, timestamp, &OPUS);
        assert!(matches!(receiver.handle(packet, now), Received::Audio(_)));
    }
    assert!(receiver.jitter_ms() < 0.1, "{}", receiver.jitter_ms());
}

#[test]
fn a_pause_of_hours_ends_where_our_clock_has_it() {
    for ppm in [-300_i64, 300] {
        let mut receiver = Receiver::new(&formats());
        let start = Instant::now();
        receiver.handle(packet(111, 1, 1_000, &OPUS), start);
        // An hour of 48 kHz, by their clock.
        let ticks = 3_600 * 48_000 + 3_600 * 48 * ppm / 1_000;
        let after = packet(111, 2, 1_000 + ticks as u32, &OPUS);
        let Received::Audio(audio) = receiver.handle(after, start + Duration::from_secs(3_600))
        else {
            panic!("not taken");
        };
        assert_eq!(audio.position, 3_600 * 48_000, "{ppm} ppm");
    }
}

use super::*;

#[test]
fn a_change_of_clock_ends_the_digit_that_began_and_sends_the_next() {
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 48_000));
    let digits = ['4', '2'].map(|c| Digit::new(c).unwrap());
    assert!(sender.dtmf(&digits, ms(100), ms(60)));
    let before = push(&mut sender, 4, Voice::On);
    assert!(before.iter().all(|p| p.payload[0] == 4));

    sender.set_format(format(Codec::Pcmu, 8_000));
    let after: Vec<_> = push(&mut sender, 30, Voice::On)
        .into_iter()
        .filter(|p| p.payload_type == EVENT)
        .collect();

    assert!(after[0].marker);
    assert!(after.iter().all(|p| p.payload[0] == 2), "{after:?}");
    let last = after.last().unwrap();
    assert_eq!(
        last.payload[2..],
        [800_u16 >> 8, 800 & 0xff].map(|b| b as u8)
    );
}

#[test]
fn digits_end_with_the_agreement_to_send_them() {
    let without = Format {
        telephone_event: None,
        ..format(Codec::Pcmu, 8_000)
    };
    let mut sender = Sender::new(7, 1, format(Codec::Pcmu, 8_000));
    sender.dtmf(&[Digit::new('1').unwrap(); 5], ms(100), ms(60));
    push(&mut sender, 5, Voice::On);
    sender.set_format(without);
    assert!(
        push(&mut sender, 20, Voice::On)
            .iter()
            .all(|p| p.payload_type == 0)
    );
    sender.set_format(format(Codec::Pcmu, 8_000));
    assert!(
        push(&mut sender, 50, Voice::On)
            .iter()
            .all(|p| p.payload_type == 0),
        "not minutes later"
    );
}

#[test]
fn the_limits_of_a_later_description_hold_from_the_next_packet_on() {
    let limited = Format {
        limits: Limits {
            bitrate: Some(8_000),
            ..Limits::default()
        },
        ..format(Codec::Opus, 48_000)
    };
    let rate = |sender: &mut Sender| {
        let packets: Vec<_> = frames(&speech(2, 3))
            .filter_map(|frame| sender.push(&frame, Voice::On))
            .collect();
        packets.iter().map(|p| p.payload.len()).sum::<usize>() * 8 / 2
    };
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 48_000));
    let free = rate(&mut sender);
    sender.set_format(limited);
    let bound = rate(&mut sender);
    assert!(
        free > 20_000 && bound < 10_000,
        "{free}, then {bound} bit/s"
    );
}

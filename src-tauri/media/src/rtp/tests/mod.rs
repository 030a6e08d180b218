#![allow(clippy::unwrap_used, reason = "tests")]

mod receiving;
mod reports;
mod sending;

use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::codec::speech::{frames, speech};
use crate::codec::{FRAME, Limits, SILENCE};
use crate::{Codec, Digit};

const EVENT: u8 = 101;

#[test]
fn a_stream_starts_below_2_to_the_15_with_a_marker_and_counts_by_20_ms() {
    for (codec, ticks) in [(Codec::Opus, 960), (Codec::Pcmu, 160)] {
        let mut sender = Sender::new(7, 1, format(codec, 8_000));
        let packets = push(&mut sender, 10, Voice::On);
        assert_eq!(packets.len(), 5);
        assert!(packets[0].sequence_number < 1 << 15);
        assert!(
            packets
                .iter()
                .all(|p| p.ssrc == 7 && p.payload_type == payload_type(codec))
        );
        let markers: Vec<_> = packets.iter().map(|p| p.marker).collect();
        assert_eq!(markers, [true, false, false, false, false]);
        for pair in packets.windows(2) {
            assert_eq!(pair[1].sequence_number, pair[0].sequence_number + 1);
            assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), ticks);
        }
    }
}

#[test]
fn timestamps_go_on_while_nothing_is_sent() {
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 8_000));
    let before = push(&mut sender, 2, Voice::On).remove(0);
    assert!(push(&mut sender, 500, Voice::Held).is_empty());
    let after = push(&mut sender, 2, Voice::On).remove(0);
    assert!(after.marker);
    assert_eq!(after.sequence_number, before.sequence_number + 1);
    assert_eq!(after.timestamp.wrapping_sub(before.timestamp), 502 * 480);
}

#[test]
fn muted_is_silence_and_not_a_pause() {
    let mut sender = Sender::new(7, 1, format(Codec::Pcmu, 8_000));
    let mut packets = Vec::new();
    for _ in 0..20 {
        packets.extend(sender.push(&[0.5; FRAME], Voice::Muted));
    }
    assert_eq!(packets.len(), 10);
    assert!(
        packets
            .iter()
            .all(|p| p.payload.iter().all(|code| *code == 0xff))
    );
}

#[test]
fn the_peers_ptime_is_honoured_as_far_as_the_codec_can() {
    for (codec, ptime, frames) in [
        (Codec::Pcmu, 10, 1),
        (Codec::Pcmu, 30, 3),
        (Codec::Pcma, 60, 6),
        (Codec::Pcma, 200, 6),
        (Codec::Opus, 10, 1),
        (Codec::Opus, 30, 2),
        (Codec::Opus, 50, 4),
        (Codec::Opus, 60, 6),
        (Codec::Opus, 0, 1),
    ] {
        let ptime = Duration::from_millis(ptime);
        let mut sender = Sender::new(
            7,
            1,
            Format {
                ptime,
                ..format(codec, 8_000)
            },
        );
        let packets = push(&mut sender, 60, Voice::On);
        assert_eq!(packets.len(), 60 / frames, "{codec:?} {ptime:?}");
    }
}

#[test]
fn a_change_of_codec_keeps_sequence_and_timestamp_going() {
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 8_000));
    let opus = push(&mut sender, 4, Voice::On);
    sender.push(&SILENCE, Voice::On);
    sender.set_format(format(Codec::Pcma, 8_000));
    let opus_end = sender.push(&SILENCE, Voice::On).unwrap();
    let pcma = push(&mut sender, 4, Voice::On);
    assert_eq!(opus_end.payload_type, 111);
    assert_eq!(pcma[0].payload_type, 8);
    assert_eq!(pcma[0].sequence_number, opus[0].sequence_number + 3);
    assert_eq!(pcma[0].timestamp.wrapping_sub(opus_end.timestamp), 960);
    assert_eq!(pcma[1].timestamp.wrapping_sub(pcma[0].timestamp), 160);
}

#[test]
fn digits_arrive_once_each_at_both_clocks_with_a_fifth_of_the_packets_lost() {
    let digits: Vec<Digit> = "0123456789*#ABCD1199"
        .chars()
        .map(|c| Digit::new(c).unwrap())
        .collect();
    for (codec, clock_rate) in [
        (Codec::Pcmu, 8_000),
        (Codec::Opus, 48_000),
        (Codec::Opus, 8_000),
    ] {
        for seed in 0..10 {
            let mut sender = Sender::new(7, seed, format(codec, clock_rate));
            let mut receiver = Receiver::new(&formats());
            let mut random = StdRng::seed_from_u64(seed);
            let start = Instant::now();
            let mut heard = Vec::new();
            assert!(sender.dtmf(&digits, ms(120), ms(60)));
            for i in 0..600 {
                let now = start + ms(10) * i;
                if let Some(packet) = sender.push(&SILENCE, Voice::On)
                    && random.random_range(0..5) > 0
                    && let Received::Digit(digit) = receiver.handle(packet, now)
                {
                    heard.push(digit);
                }
                heard.extend(receiver.handle_timeout(now));
            }
            assert_eq!(heard, digits, "{codec:?} {clock_rate} seed {seed}");
        }
    }
}

#[test]
fn a_digit_has_the_form_of_rfc_4733() {
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 48_000));
    push(&mut sender, 3, Voice::On);
    sender.dtmf(&[Digit::new('#').unwrap()], ms(100), ms(50));
    let all = push(&mut sender, 30, Voice::On);
    let event: Vec<_> = all.iter().filter(|p| p.payload_type == EVENT).collect();
    let durations: Vec<_> = event
        .iter()
        .map(|p| u16::from_be_bytes([p.payload[2], p.payload[3]]))
        .collect();
    assert_eq!(durations, [480, 2_400, 4_800, 4_800, 4_800]);
    assert!(
        event
            .iter()
            .all(|p| p.payload[0] == 11 && p.timestamp == event[0].timestamp)
    );
    let ends: Vec<_> = event.iter().map(|p| p.payload[1] & 0x80 != 0).collect();
    assert_eq!(ends, [false, false, true, true, true]);
    let markers: Vec<_> = event.iter().map(|p| p.marker).collect();
    assert_eq!(markers, [true, false, false, false, false]);
    // No sound from the start of the event to the last end packet, and a marker on the first after
    // it.
    let first = all.iter().position(|p| p.payload_type == EVENT).unwrap();
    assert!(
        all[first..first + 5]
            .iter()
            .all(|p| p.payload_type == EVENT)
    );
    assert!(all[first + 5].marker && all[first + 5].payload_type == 111);
    for pair in all.windows(2) {
        assert_eq!(
            pair[1].sequence_number,
            pair[0].sequence_number.wrapping_add(1)
        );
    }
}

#[test]
fn without_telephone_event_digits_are_refused() {
    let mut sender = Sender::new(
        7,
        1,
        Format {
            telephone_event: None,
            ..format(Codec::Opus, 8_000)
        },
    );
    assert!(!sender.dtmf(&[Digit::new('1').unwrap()], ms(100), ms(50)));
    assert!(
        push(&mut sender, 20, Voice::On)
            .iter()
            .all(|p| p.payload_type == 111)
    );
}

#[test]
fn hold_ends_digits() {
    let mut sender = Sender::new(7, 1, format(Codec::Opus, 8_000));
    sender.dtmf(&[Digit::new('1').unwrap(); 5], ms(100), ms(50));
    push(&mut sender, 5, Voice::On);
    push(&mut sender, 5, Voice::Held);
    assert!(
        push(&mut sender, 50, Voice::On)
            .iter()
            .all(|p| p.payload_type == 111)
    );
}

#[test]
fn a_long_event_in_segments_is_one_digit() {
    let mut receiver = Receiver::new(&formats());
    let now = Instant::now();
    let event = |sequence, timestamp, duration: u16, end: bool| {
        let [high, low] = duration.to_be_bytes();
        let flags = if end { 0x8a } else { 0x0a };
        packet(EVENT, sequence, timestamp, &[5, flags, high, low])
    };
    // RFC 4733 §2.5.1.3.
    assert_eq!(
        receiver.handle(event(1, 1_000, 0xffff, false), now),
        Received::Nothing
    );
    assert_eq!(
        receiver.handle(event(2, 1_000 + 0xffff, 800, false), now + ms(100)),
        Received::Nothing
    );
    let end = receiver.handle(event(3, 1_000 + 0xffff, 1_600, true), now + ms(200));
    assert_eq!(end, Received::Digit(Digit::new('5').unwrap()));
    assert_eq!(
        receiver.handle(event(4, 1_000 + 0xffff, 1_600, true), now + ms(220)),
        Received::Nothing
    );
    assert_eq!(receiver.handle_timeout(now + ms(2_000)), None);
}

#[test]
fn events_that_are_no_digits_are_ignored() {
    let mut receiver = Receiver::new(&formats());
    let now = Instant::now();
    for (i, payload) in [&[16, 0x8a, 3, 32][..], &[255, 0x8a, 3, 32], &[1, 0x8a], &[]]
        .iter()
        .enumerate()
    {
        let received = receiver.handle(packet(EVENT, i as u16, i as u32 * 2_000_000, payload), now);
        assert_eq!(received, Received::Nothing);
    }
    assert_eq!(receiver.handle_timeout(now + ms(1_000)), None);
}

#[test]
fn loss_and_duplicates_are_counted_as_rfc_3550_does() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    for i in 0..200_u16 {
        let now = start + ms(20) * u32::from(i);
        // Across a wrap, with every tenth lost and every twentieth doubled.
        let sequence = 65_500_u16.wrapping_add(i);
        let packet = packet(0, sequence, u32::from(i) * 160, &[0xff; 160]);
        if i % 10 == 5 {
            continue;
        }
        assert!(matches!(
            receiver.handle(packet.clone(), now),
            Received::Audio(_)
        ));
        if i % 20 == 0 {
            assert_eq!(receiver.handle(packet, now), Received::Nothing);
        }
    }
    assert_eq!(receiver.packets_lost(), 20);
    assert_eq!(receiver.packets_received(), 190);
    assert!(receiver.jitter_ms() < 0.01, "{}", receiver.jitter_ms());
}

#[test]
fn jitter_follows_appendix_a_8() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    for i in 0..1_000_u16 {
        // Every other packet is 10 ms late: |D| is always 10 ms.
        let late = ms(10) * u32::from(i % 2);
        let packet = packet(0, i, u32::from(i) * 160, &[0xff; 160]);
        receiver.handle(packet, start + ms(20) * u32::from(i) + late);
    }
    assert!(
        (receiver.jitter_ms() - 10.0).abs() < 0.1,
        "{}",
        receiver.jitter_ms()
    );
}

#[test]
fn positions_go_on_through_jumps_and_changes() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let streams = [
        // SSRC, sequence number and timestamp at the start.
        (1, 100_u16, 5_000_u32),
        (2, 40_000, 3_000_000_000),
        // Only the timestamps jump.
        (2, 40_010, 77),
        // Only the sequence numbers jump.
        (2, 9, 77 + 1_600),
    ];
    let mut positions = Vec::new();
    for (turn, (ssrc, sequence, timestamp)) in streams.into_iter().enumerate() {
        for i in 0..10_u16 {
            let now = start + ms(20) * (turn as u32 * 10 + u32::from(i));
            let packet = Packet {
                ssrc,
                ..packet(
                    0,
                    sequence + i,
                    timestamp.wrapping_add(u32::from(i) * 160),
                    &[0xff; 160],
                )
            };
            let Received::Audio(audio) = receiver.handle(packet, now) else {
                panic!("not taken: turn {turn}, {i}");
            };
            positions.push(audio.position);
        }
    }
    let expected: Vec<i64> = (0..40).map(|i| i * 960).collect();
    assert_eq!(positions, expected);
    assert_eq!(receiver.packets_lost(), 0);
}

#[test]
fn a_late_packet_of_the_former_ssrc_does_not_switch_back() {
    let mut receiver = Receiver::new(&formats());
    let now = Instant::now();
    let of = |ssrc, sequence| Packet {
        ssrc,
        ..packet(0, sequence, u32::from(sequence) * 160, &[0xff; 160])
    };
    assert!(matches!(receiver.handle(of(1, 5), now), Received::Audio(_)));
    assert!(matches!(
        receiver.handle(of(2, 900), now + ms(20)),
        Received::Audio(_)
    ));
    assert_eq!(receiver.handle(of(1, 6), now + ms(21)), Received::Nothing);
    assert!(matches!(
        receiver.handle(of(2, 901), now + ms(40)),
        Received::Audio(_)
    ));
    // But when the new one is gone, the former may come back.
    assert!(matches!(
        receiver.handle(of(1, 20), now + ms(300)),
        Received::Audio(_)
    ));
}

#[test]
fn two_hours_of_silence_keep_their_length() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let before = receiver.handle(packet(111, 1, 1_000, &OPUS), start);
    let hours = Duration::from_secs(7_200);
    let after = receiver.handle(packet(111, 2, 1_000 + 7_200 * 48_000, &OPUS), start + hours);
    let (Received::Audio(before), Received::Audio(after)) = (before, after) else {
        panic!("not taken");
    };
    assert_eq!(after.position - before.position, 7_200 * 48_000);
    assert_eq!(after.missing, 0);
}

#[test]
fn what_is_not_known_is_dropped_and_counted() {
    let mut receiver = Receiver::new(&formats());
    let now = Instant::now();
    assert_eq!(
        receiver.handle(packet(77, 1, 0, &[1, 2, 3]), now),
        Received::Nothing
    );
    assert_eq!(
        receiver.handle(packet(13, 2, 0, &[60]), now),
        Received::Rest
    );
    assert_eq!(
        receiver.handle(packet(111, 3, 0, &[]), now),
        Received::Nothing
    );
    let dropped = receiver.dropped;
    assert_eq!((dropped.unknown_payload_type, dropped.malformed), (1, 1));
}

#[test]
fn a_flood_is_cut_to_a_bounded_rate() {
    let mut receiver = Receiver::new(&formats());
    let start = Instant::now();
    let mut taken = 0;
    // 10 000 packets/s for 10 s.
    for i in 0..100_000_u32 {
        let packet = packet(0, i as u16, i * 160, &[0xff; 160]);
        if let Received::Audio(_) = receiver.handle(packet, start + Duration::from_micros(100) * i)
        {
            taken += 1;
        }
    }
    assert!(taken < 5_000, "{taken}");
    assert!(receiver.dropped.flood > 90_000);
}

proptest! {
    #[test]
    fn no_stream_makes_the_receiver_panic(
        packets in proptest::collection::vec(
            (any::<bool>(), 0_u8..3, any::<u16>(), any::<u32>(), 0_u32..3, proptest::collection::vec(any::<u8>(), 0..20), 0_u64..100_000),
            1..60,
        ),
    ) {
        let mut receiver = Receiver::new(&formats());
        let mut buffer = crate::playout::Buffer::new();
        let mut now = Instant::now();
        for (marker, kind, sequence_number, timestamp, ssrc, payload, wait) in packets {
            now += ms(wait);
            let payload_type = [0, 111, EVENT][usize::from(kind)];
            let packet = Packet { marker, payload_type, sequence_number, timestamp, ssrc, payload: payload.into() };
            if let Received::Audio(audio) = receiver.handle(packet, now) {
                buffer.insert(audio);
            }
            buffer.pull(now);
            receiver.handle_timeout(now);
        }
        prop_assert!(receiver.packets_received() > 0);
    }
}

/// 20 ms of Opus: SILK, narrow band, one frame without content (RFC 6716 §3.1).
const OPUS: [u8; 1] = [0x08];

fn push(sender: &mut Sender, frames: usize, voice: Voice) -> Vec<Packet> {
    (0..frames)
        .filter_map(|_| sender.push(&SILENCE, voice))
        .collect()
}

fn packet(payload_type: u8, sequence_number: u16, timestamp: u32, payload: &[u8]) -> Packet {
    Packet {
        marker: false,
        payload_type,
        sequence_number,
        timestamp,
        ssrc: 1,
        payload: Bytes::copy_from_slice(payload),
    }
}

fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Opus => 111,
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
    }
}

fn format(codec: Codec, clock_rate: u32) -> Format {
    Format {
        codec,
        payload_type: payload_type(codec),
        ptime: ms(20),
        limits: Limits::default(),
        telephone_event: Some(TelephoneEvent {
            payload_type: EVENT,
            clock_rate,
        }),
    }
}

fn formats() -> [(u8, ReceiveFormat); 4] {
    [
        (111, ReceiveFormat::Speech { codec: Codec::Opus }),
        (0, ReceiveFormat::Speech { codec: Codec::Pcmu }),
        (8, ReceiveFormat::Speech { codec: Codec::Pcma }),
        (EVENT, ReceiveFormat::TelephoneEvent),
    ]
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

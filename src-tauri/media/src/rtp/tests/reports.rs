use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proptest::prelude::*;

use super::super::*;
use super::{format, formats, ms};
use crate::Codec;
use crate::codec::SILENCE;

#[test]
fn reports_tell_loss_and_round_trip_to_both_sides() {
    let start = Instant::now();
    let wall = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let mut ours = Side::new(1, start);
    let mut theirs = Side::new(2, start);
    for i in 0..3_000_u32 {
        let now = start + ms(10) * i;
        let at = wall + ms(10) * i;
        for (from, to, lossy) in [(0, 1, true), (1, 0, false)] {
            let (from, to) = if from < to {
                (&mut ours, &mut theirs)
            } else {
                (&mut theirs, &mut ours)
            };
            if let Some(packet) = from.sender.push(&SILENCE, Voice::On)
                && !(lossy && packet.sequence_number % 4 == 0)
            {
                to.receiver.handle(packet, now);
            }
            if let Some(report) =
                from.reports
                    .handle_timeout(now, at, &from.sender, &mut from.receiver)
            {
                from.sent_at.push(i);
                // 40 ms each way.
                to.incoming.push((now + ms(40), report));
            }
            to.incoming.retain(|(due, report)| {
                if *due <= now {
                    to.reports.handle(report, now, &to.sender);
                }
                *due > now
            });
        }
    }
    let loss = ours.reports.far_loss().unwrap();
    assert!((loss - 0.25).abs() < 0.03, "{loss}");
    assert_eq!(theirs.reports.far_loss(), Some(0.0));
    for side in [&ours, &theirs] {
        let round_trip = side.reports.round_trip().unwrap();
        assert!(round_trip.abs_diff(ms(80)) <= ms(1), "{round_trip:?}");
        assert!(side.sent_at[0] <= 308, "{:?}", side.sent_at);
        for pair in side.sent_at.windows(2) {
            // RFC 3550 §6.3.1: 2.5 to 7.5 s over 1.21828.
            assert!(
                (205..=617).contains(&(pair[1] - pair[0])),
                "{:?}",
                side.sent_at
            );
        }
    }
    assert_ne!(ours.sent_at, theirs.sent_at);
}

#[test]
fn who_sends_nothing_reports_as_a_receiver_and_says_goodbye() {
    let start = Instant::now();
    let mut side = Side::new(0x0102_0304, start);
    let goodbye = side.reports.goodbye(
        start,
        SystemTime::UNIX_EPOCH,
        &side.sender,
        &mut side.receiver,
    );
    // RR without blocks, SDES with "name@host", BYE (RFC 3550 §6.4.2, §6.5, §6.6).
    assert_eq!(goodbye[..8], [0x80, 201, 0, 1, 1, 2, 3, 4]);
    assert_eq!(goodbye[8..10], [0x81, 202]);
    assert!(goodbye.windows(11).any(|w| w == b"\x01\x09name@host"));
    assert!(goodbye.ends_with(b"\x81\xcb\x00\x02\x01\x02\x03\x04\x03end"));
}

#[test]
fn a_report_is_about_what_came_since_the_last() {
    let start = Instant::now();
    let mut side = Side::new(1, start);
    let blocks = |side: &mut Side, seconds| {
        let now = start + Duration::from_secs(seconds);
        let report = side
            .reports
            .handle_timeout(now, UNIX_EPOCH, &side.sender, &mut side.receiver)
            .unwrap();
        // RFC 3550 §6.4.2: their count.
        report[0] & 0x1f
    };
    assert_eq!(blocks(&mut side, 10), 0);
    let packet = (0..2).find_map(|_| side.sender.push(&SILENCE, Voice::On));
    side.receiver.handle(packet.unwrap(), start);
    assert_eq!(blocks(&mut side, 20), 1);
    assert_eq!(blocks(&mut side, 30), 0);
}

#[test]
fn a_peer_that_gets_nothing_says_so_by_blocks_that_are_missing_or_stand_still() {
    let start = Instant::now();
    for stands_still in [false, true] {
        let mut side = Side::new(7, start);
        let mut now = start;
        side.reports.handle_sent(now);
        let mut report = |side: &mut Side, highest: Option<u32>, seconds| {
            now += Duration::from_secs(seconds);
            side.reports.handle(
                &receiver_report(highest.map(|it| (7, it))),
                now,
                &side.sender,
            );
            side.reports.unheard(now)
        };
        assert_eq!(report(&mut side, Some(100), 5), Some(ms(0)));
        assert_eq!(report(&mut side, Some(350), 5), Some(ms(0)));
        let last = stands_still.then_some(350);
        assert_eq!(report(&mut side, last, 5), Some(ms(5_000)));
        assert_eq!(report(&mut side, last, 2), Some(ms(7_000)));
        assert_eq!(side.reports.far_loss(), Some(0.0), "nothing lost, it says");
        assert_eq!(report(&mut side, Some(351), 5), Some(ms(0)));
    }
}

#[test]
fn a_peer_that_never_got_anything_says_so_with_its_first_reports() {
    let start = Instant::now();
    let mut side = Side::new(7, start);
    let nobody = receiver_report(None);
    side.reports.handle(&nobody, start, &side.sender);
    assert_eq!(side.reports.unheard(start), None, "nothing was sent");
    side.reports.handle_sent(start + ms(1_000));
    for second in [3, 8] {
        let now = start + Duration::from_secs(second);
        side.reports.handle(&nobody, now, &side.sender);
        let unheard = Duration::from_secs(second - 1);
        assert_eq!(side.reports.unheard(now), Some(unheard));
    }
    // Who holds the call sends nothing that could arrive.
    side.reports.handle_pause();
    let now = start + Duration::from_secs(12);
    side.reports.handle(&nobody, now, &side.sender);
    assert_eq!(side.reports.unheard(now), None);
    side.reports.handle_sent(now);
    let now = now + ms(300);
    side.reports.handle(&nobody, now, &side.sender);
    assert_eq!(side.reports.unheard(now), Some(ms(300)));
    // What it said once is not true for ever.
    let later = now + Duration::from_secs(20);
    assert_eq!(side.reports.unheard(later), None);
}

#[test]
fn reports_about_other_streams_say_nothing_of_ours() {
    let start = Instant::now();
    let mut side = Side::new(7, start);
    for second in 0..30 {
        let now = start + Duration::from_secs(second);
        side.reports.handle_sent(now);
        side.reports
            .handle(&receiver_report(Some((8, 100))), now, &side.sender);
        assert_eq!(side.reports.unheard(now), None);
    }
}

/// RFC 3550 §6.4.2, with a block of SSRC and extended highest sequence number that tells no loss.
fn receiver_report(block: Option<(u32, u32)>) -> Vec<u8> {
    let words = if block.is_some() { 7 } else { 1 };
    let mut report = vec![0x80 | u8::from(block.is_some()), 201, 0, words, 0, 0, 0, 9];
    if let Some((ssrc, highest)) = block {
        for word in [ssrc, 0, highest, 0, 0, 0] {
            report.extend(word.to_be_bytes());
        }
    }
    report
}

proptest! {
    #[test]
    fn no_rtcp_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 200_u8..208) {
        let start = Instant::now();
        let mut side = Side::new(1, start);
        let mut bytes = bytes;
        side.reports.handle(&bytes, start, &side.sender);
        if bytes.len() >= 4 {
            bytes[0] = 0x80 | (bytes[0] & 0x3f);
            bytes[1] = kind;
            bytes[2] = 0;
            bytes[3] = (bytes.len() / 4 - 1) as u8;
            side.reports.handle(&bytes, start, &side.sender);
        }
        prop_assert_eq!(side.reports.round_trip(), None);
    }
}

struct Side {
    sender: Sender,
    receiver: Receiver,
    reports: Reports,
    sent_at: Vec<u32>,
    incoming: Vec<(Instant, Bytes)>,
}

impl Side {
    fn new(ssrc: u32, now: Instant) -> Self {
        Self {
            sender: Sender::new(ssrc, u64::from(ssrc), format(Codec::Pcmu, 8_000)),
            receiver: Receiver::new(&formats()),
            reports: Reports::new("name@host".into(), u64::from(ssrc), now),
            sent_at: Vec::new(),
            incoming: Vec::new(),
        }
    }
}

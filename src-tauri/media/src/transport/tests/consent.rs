use std::time::Duration;

use super::{super::*, link::*};

#[test]
fn consent_is_asked_for_every_5_s_give_or_take_a_fifth() {
    let mut link = connected();
    let mut asked = Vec::new();
    for _ in 0..600_000 {
        link.ends[OFFERER].sent.clear();
        link.run_for(Duration::from_millis(1));
        let requests = link.ends[OFFERER]
            .sent
            .iter()
            .filter(|sent| sent.bytes[..2] == [0, 1]);
        asked.extend(requests.map(|_| link.now));
    }
    let gaps: Vec<Duration> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() > 95, "{} questions", gaps.len());
    let bounds = Duration::from_millis(3_999)..=Duration::from_millis(6_001);
    assert!(gaps.iter().all(|gap| bounds.contains(gap)), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap < Duration::from_millis(4_700)));
    assert!(gaps.iter().any(|gap| *gap > Duration::from_millis(5_300)));
    assert!(link.ends.iter().all(|end| end.failure().is_none()));
}

#[test]
fn a_peer_that_sends_media_and_does_not_consent_is_left_after_30_s() {
    let mut link = connected();
    link.run_for(Duration::from_secs(60));
    link.ends[ANSWERER].muted = |datagram| datagram[..2] == [1, 1];
    let start = link.now;
    for sequence_number in 0.. {
        let packet = rtp_packet(5, sequence_number);
        link.with(ANSWERER, |transport, _| transport.send_rtp(&packet));
        link.run_for(Duration::from_millis(500));
        if link.ends[OFFERER].failure().is_some() {
            break;
        }
    }
    assert_eq!(link.ends[OFFERER].failure(), Some(&Failure::ConsentLost));
    // The last answer came up to 6 s before.
    let lost_after = link.now - start;
    assert!(
        (Duration::from_secs(24)..Duration::from_secs(31)).contains(&lost_after),
        "{lost_after:?}"
    );
    assert!(link.ends[OFFERER].heard_rtp().len() > 40);
    link.ends[OFFERER].sent.clear();
    link.with(OFFERER, |transport, now| {
        transport.send_rtp(&rtp_packet(1, 1));
        transport.close(now);
    });
    link.run_for(Duration::from_secs(60));
    assert_eq!(link.ends[OFFERER].sent, []);
}

#[test]
fn a_gap_of_23_s_ends_nothing() {
    let mut link = connected();
    for end in &mut link.ends {
        end.muted = |_| true;
    }
    link.run_for(Duration::from_secs(23));
    for end in &mut link.ends {
        end.muted = |_| false;
    }
    link.run_for(Duration::from_secs(60));
    for end in &link.ends {
        assert_eq!(end.failure(), None);
        assert!(end.transport.last_heard() > Some(link.now - Duration::from_secs(7)));
    }
}

#[test]
fn a_peer_that_is_asked_shows_that_it_lives_within_the_time_of_the_way() {
    let mut link = connected();
    let start = link.now;
    link.with(OFFERER, |transport, now| transport.ask(now));
    link.run_for(2 * FAIR.delay);
    let heard = link.ends[OFFERER].transport.last_heard();
    assert_eq!(heard, Some(start + 2 * FAIR.delay));
}

fn connected() -> Link {
    let mut link = Link::new(FAIR, 1);
    link.start(DtlsRole::Client);
    link.connect();
    link
}

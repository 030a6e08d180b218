use std::time::Duration;

use super::world::{ID, World, make};
use crate::{Command, Failure, News, PacketTime};

const CALLER: usize = 0;
const CALLEE: usize = 1;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn without_servers_an_offer_is_there_at_once() {
    let mut world = World::new();
    let end = world.add(make("192.0.2.1:4000", 440.0));
    let start = world.now;
    let offer = world.offer(end);
    assert_eq!(world.now, start);
    assert!(offer.contains(" 192.0.2.1 4000 typ host"));
}

#[test]
fn dead_servers_delay_the_first_offer_by_250_ms_in_all_and_no_later_one() {
    let mut world = World::new();
    let servers = (1..5).map(|n| format!("203.0.113.{n}:3478").parse().unwrap());
    let end = world.add(super::world::Make {
        servers: servers.collect(),
        ..make("192.0.2.1:4000", 440.0)
    });
    let start = world.now;
    let first = world.offer(end);
    assert!(world.now - start <= ms(250), "{:?}", world.now - start);
    assert!(first.contains("typ host"));
    let later = world.now;
    world.offer(end);
    assert_eq!(world.now, later);
}

#[test]
fn a_peer_puts_as_much_into_a_packet_as_it_is_asked_to() {
    let mut world = World::new();
    let caller = world.add(super::world::Make {
        packet_time: PacketTime::Ms10,
        ..make("192.0.2.1:4000", 440.0)
    });
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    world.call(caller, callee);
    let of = |world: &mut World, end| world.quality(end, |_| true).packets_sent;
    let before = [CALLER, CALLEE].map(|end| of(&mut world, end));
    let after = [CALLER, CALLEE].map(|end| of(&mut world, end));
    let [asked_for_20, asked_for_10] = [0, 1].map(|end| after[end] - before[end]);
    assert!(asked_for_20.is_multiple_of(50) && asked_for_20 > 0);
    assert_eq!(asked_for_10, 2 * asked_for_20);
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
}

#[test]
fn an_answered_call_without_a_path_fails_after_15_s() {
    let mut world = World::new();
    let caller = world.add(make("192.0.2.1:4000", 440.0));
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    world.is_down = true;
    let offer = world.offer(caller);
    let (answer, _) = world.answer(callee, offer).unwrap();
    world.apply(caller, answer).unwrap();
    // It rings for a while with early media announced: that is no reason to give up.
    world.run(Duration::from_secs(10));
    let selected = world.now;
    world.select(caller);
    let failure = world.until(caller, |news| match news {
        News::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure, Failure::NoMediaPath);
    assert_eq!(world.now - selected, Duration::from_secs(15));
    world.command(caller, Command::Close { session: ID });
    world.until(caller, |news| {
        matches!(news, News::Closed { .. }).then_some(())
    });
    assert!(world.ends[caller].session.is_closed());
}

#[test]
fn a_call_may_ring_for_minutes_on_either_side_before_it_is_answered() {
    let mut world = World::new();
    let caller = world.add(make("192.0.2.1:4000", 440.0));
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    let offer = world.offer(caller);
    let (answer, _) = world.answer(callee, offer).unwrap();
    // With early media announced, the caller knows the answer at once.
    world.apply(caller, answer).unwrap();
    world.run(Duration::from_secs(100));
    assert!(
        world.ends[callee].sent.is_empty(),
        "nobody hears of a phone that rings"
    );
    let answered = world.now;
    world.select(callee);
    world.select(caller);
    for end in [callee, caller] {
        world.until(end, |news| {
            matches!(news, News::Connected { .. }).then_some(())
        });
    }
    assert!(world.now - answered < ms(500), "{:?}", world.now - answered);
    world.hears(caller, 880.0);
    world.hears(callee, 440.0);
}

#[test]
fn an_offer_that_changes_while_it_rings_is_answered_again() {
    let mut world = World::new();
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    let before = world.add(make("192.0.2.1:4000", 440.0));
    let offer = world.offer(before);
    let first = world.answer(callee, offer.clone()).unwrap().0;
    let again = world.answer(callee, offer).unwrap().0;
    let ufrag = |sdp: &str| {
        let line = sdp.lines().find(|line| line.starts_with("a=ice-ufrag"));
        line.unwrap().to_owned()
    };
    assert_eq!(ufrag(&first), ufrag(&again));
    let after = world.add(make("192.0.2.3:6000", 1500.0));
    let offer = world.offer(after);
    let (answer, _) = world.answer(callee, offer).unwrap();
    assert_ne!(ufrag(&first), ufrag(&answer));
    world.apply(after, answer).unwrap();
    world.select(after);
    world.select(callee);
    world.hears(callee, 1500.0);
    world.hears(after, 880.0);
}

#[test]
fn an_interruption_is_told_after_a_second_and_its_end_with_its_length() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let start = world.now;
    world.is_down = true;
    world.until(CALLER, |news| {
        matches!(news, News::Interrupted { .. }).then_some(())
    });
    let noticed = world.now - start;
    assert!(noticed > ms(980) && noticed < ms(1100), "{noticed:?}");
    world.run(ms(4000) - noticed);
    world.is_down = false;
    let after = world.until(CALLER, |news| match news {
        News::Resumed { after, .. } => Some(*after),
        _ => None,
    });
    assert!(after > ms(3900) && after < ms(4100), "{after:?}");
    world.hears(CALLER, 880.0);
}

#[test]
fn a_peer_that_says_nothing_is_no_interruption_as_long_as_it_is_there() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    // The callee sends nothing, without having said so: its capture is held, its offer never
    // leaves.
    world.command(
        CALLEE,
        Command::Hold {
            session: ID,
            on: true,
        },
    );
    let quiet = world.now;
    world.run(Duration::from_secs(20));
    let bad = |news: &News| matches!(news, News::Interrupted { .. });
    assert!(!world.ends[CALLER].news.iter().any(bad));
    let asked = world.ends[CALLER].checks_sent(quiet);
    assert!((40..80).contains(&asked), "{asked} questions in 20 s");
    world.is_down = true;
    world.until(CALLER, |news| {
        matches!(news, News::Interrupted { .. }).then_some(())
    });
}

#[test]
fn a_peer_that_is_gone_for_30_s_has_withdrawn_its_consent() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let start = world.now;
    world.is_down = true;
    let failure = world.until(CALLER, |news| match news {
        News::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure, Failure::ConsentLost);
    let after = world.now - start;
    assert!(after > ms(20_000) && after < ms(36_500), "{after:?}");
    let silent = world.now + ms(1);
    world.run(Duration::from_secs(5));
    assert_eq!(world.ends[CALLER].media_sent(silent), 0);
}

#[test]
fn a_peer_that_ends_the_encryption_is_given_up_after_30_s() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.command(CALLEE, Command::Close { session: ID });
    let start = world.now;
    let failure = world.until(CALLER, |news| match news {
        News::Failed { failure, .. } => Some(failure.clone()),
        _ => None,
    });
    assert_eq!(failure, Failure::ConsentLost);
    let after = world.now - start;
    assert!(after > ms(30_000) && after < ms(30_100), "{after:?}");
}

#[test]
fn a_machine_that_stood_still_sends_no_burst_and_goes_on() {
    let mut world = World::with_call();
    world.hears(CALLEE, 440.0);
    for (stop, most) in [(60, 5), (3_000, 5), (20_000, 6)] {
        world.now += ms(stop);
        let now = world.now;
        world.wake(CALLER);
        let burst = world.ends[CALLER].media_sent(now);
        assert!(burst <= most, "{burst} packets after {stop} ms");
        world.wake(CALLEE);
        world.run(ms(2_000));
        let sent = world.ends[CALLER].media_sent(now);
        assert!((95..=115).contains(&sent), "{sent} packets in 2 s");
    }
}

#[test]
fn quality_comes_every_second_and_at_the_close() {
    let mut world = World::with_call();
    world.run(ms(5_500));
    let told = |world: &World| {
        let quality = |news: &&News| matches!(news, News::Quality { .. });
        world.ends[CALLER].news.iter().filter(quality).count()
    };
    assert_eq!(told(&world), 5);
    world.command(CALLER, Command::Close { session: ID });
    assert_eq!(told(&world), 6);
    assert_eq!(
        world.ends[CALLER].news.last(),
        Some(&News::Closed { session: ID })
    );
    assert_eq!(world.ends[CALLER].session.poll_timeout(), None);
}

#[test]
fn reports_cross_and_give_the_round_trip() {
    let mut world = World::with_call();
    let quality = world.quality(CALLER, |quality| quality.round_trip_ms.is_some());
    let round_trip = quality.round_trip_ms.unwrap();
    assert!((39.0..45.0).contains(&round_trip), "{round_trip} ms");
    assert_eq!(quality.far_loss, Some(0.0));
}

#[test]
fn a_held_call_is_not_interrupted_by_its_silence() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.command(
        CALLER,
        Command::Hold {
            session: ID,
            on: true,
        },
    );
    let offer = world.offer(CALLER);
    let (answer, negotiated) = world.answer(CALLEE, offer).unwrap();
    assert!(negotiated.held_by_peer);
    world.apply(CALLER, answer).unwrap();
    world.run(ms(100));
    let held = world.now;
    world.run(Duration::from_secs(60));
    for end in [CALLER, CALLEE] {
        let heard = world.ends[end].session.quality(world.now);
        assert!(heard.packets_received > 0);
        let bad = |news: &News| matches!(news, News::Interrupted { .. } | News::Failed { .. });
        assert!(!world.ends[end].news.iter().any(bad), "consent goes on");
        let rtcp = world.ends[end].media_sent(held);
        assert!(rtcp > 3 && rtcp < 40, "{rtcp} reports, no sound");
    }
    world.command(
        CALLER,
        Command::Hold {
            session: ID,
            on: false,
        },
    );
    let offer = world.offer(CALLER);
    let (answer, _) = world.answer(CALLEE, offer).unwrap();
    world.apply(CALLER, answer).unwrap();
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
}

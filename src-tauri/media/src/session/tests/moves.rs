use std::net::SocketAddr;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::world::{ID, Make, World, make};
use crate::transport::{Credentials, Identity};
use crate::{CandidateKind, Codec, Command, News, Path};

const CALLER: usize = 0;
const CALLEE: usize = 1;

fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    let line = sdp.lines().find(|line| line.starts_with(name)).unwrap();
    line.trim()
}

fn is_connected(news: &News) -> Option<()> {
    matches!(news, News::Connected { .. }).then_some(())
}

#[test]
fn a_server_may_move_the_call_to_another_party_with_its_offer() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let other = world.add(make("192.0.2.3:6000", 1500.0));
    let offer = world.offer(other);
    let (answer, _) = world.answer(CALLER, offer).unwrap();
    world.apply(other, answer).unwrap();
    world.select(other);
    world.until(CALLER, is_connected);
    world.hears(CALLER, 1500.0);
    world.hears(other, 440.0);
}

#[test]
fn a_server_may_move_the_call_to_another_party_with_its_answer() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let other = world.add(make("192.0.2.3:6000", 1500.0));
    let offer = world.offer(CALLER);
    let (answer, _) = world.answer(other, offer).unwrap();
    world.select(other);
    world.apply(CALLER, answer).unwrap();
    world.until(CALLER, is_connected);
    world.hears(CALLER, 1500.0);
    world.hears(other, 440.0);
}

#[test]
fn the_way_of_the_sound_is_told_once_and_when_it_changes() {
    let mut world = World::with_call();
    world.run(Duration::from_millis(3_500));
    assert_eq!(
        world.ways(CALLER),
        [way("192.0.2.1:4000", "192.0.2.2:5000")]
    );

    let other = world.add(make("192.0.2.3:6000", 1500.0));
    let offer = world.offer(other);
    let (answer, _) = world.answer(CALLER, offer).unwrap();
    world.apply(other, answer).unwrap();
    world.select(other);
    world.until(CALLER, is_connected);
    world.run(Duration::from_millis(2_500));
    assert_eq!(
        world.ways(CALLER),
        [way("192.0.2.1:4000", "192.0.2.3:6000")]
    );
}

fn way(local: &str, remote: &str) -> Path {
    Path {
        local: local.parse().unwrap(),
        remote: remote.parse().unwrap(),
        remote_kind: CandidateKind::Host,
        codec: Codec::Opus,
    }
}

#[test]
fn the_answer_to_an_offer_in_the_2xx_comes_after_the_selection() {
    let mut world = World::new();
    let callee = world.add(make("192.0.2.1:4000", 440.0));
    let caller = world.add(make("192.0.2.2:5000", 880.0));
    let offer = world.offer(callee);
    world.select(callee);
    let (answer, _) = world.answer(caller, offer).unwrap();
    world.select(caller);
    world.apply(callee, answer).unwrap();
    world.hears(callee, 880.0);
    world.hears(caller, 440.0);
}

#[test]
fn a_browser_that_restarts_ice_keeps_the_association_and_nothing_is_lost() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
    for (browser, other) in [(CALLER, CALLEE), (CALLEE, CALLER)] {
        let before = world.offer(other);
        world.command(other, Command::Withdraw { session: ID });
        let start = world.now;
        let address = world.ends[browser].address;
        let offer = restarting_offer(&mut world, browser, address);
        let (answer, _) = world.answer(other, offer).unwrap();
        for name in ["a=ice-ufrag", "a=ice-pwd"] {
            assert_ne!(attribute(&answer, name), attribute(&before, name), "{name}");
        }
        let print = "a=fingerprint";
        assert_eq!(attribute(&answer, print), attribute(&before, print));
        world.apply(browser, answer).unwrap();
        world.run(Duration::from_secs(3));
        world.hears(CALLER, 880.0);
        world.hears(CALLEE, 440.0);
        for end in [CALLER, CALLEE] {
            let quality = world.ends[end].session.quality(world.now);
            assert_eq!((quality.packets_lost, quality.packets_late), (0, 0));
            assert_eq!(world.ends[end].handshakes_sent(start), 0);
        }
    }
}

#[test]
fn a_browser_that_changes_its_network_is_followed_to_its_new_address() {
    for browser in [CALLER, CALLEE] {
        let other = 1 - browser;
        let mut world = World::with_call();
        let start = world.now;
        let offer = restarting_offer(&mut world, browser, "198.51.100.9:9000".parse().unwrap());
        let (answer, _) = world.answer(other, offer).unwrap();
        world.apply(browser, answer).unwrap();
        world.run(Duration::from_secs(2));
        world.hears(CALLER, 880.0);
        world.hears(CALLEE, 440.0);
        assert_eq!(world.ends[other].handshakes_sent(start), 0);
    }
}

#[test]
fn a_session_that_was_given_new_sockets_moves_there_with_its_next_offer() {
    for mover in [CALLER, CALLEE] {
        let other = 1 - mover;
        let mut world = World::with_call();
        world.hears(CALLER, 880.0);
        let before = world.offer(mover);
        world.command(mover, Command::Withdraw { session: ID });
        let start = world.now;

        world.relocate(mover, "198.51.100.9:9000");
        let offer = world.offer(mover);
        for name in ["a=ice-ufrag", "a=ice-pwd"] {
            assert_ne!(attribute(&offer, name), attribute(&before, name), "{name}");
        }
        assert!(offer.contains("198.51.100.9 9000 typ host"), "{offer}");
        let (answer, _) = world.answer(other, offer).unwrap();
        world.apply(mover, answer).unwrap();

        world.run(Duration::from_secs(2));
        world.hears(CALLER, 880.0);
        world.hears(CALLEE, 440.0);
        for end in [CALLER, CALLEE] {
            assert_eq!(world.ends[end].handshakes_sent(start), 0, "DTLS is kept");
        }
        // The next offer restarts nothing.
        let offer = world.offer(mover);
        world.command(mover, Command::Withdraw { session: ID });
        let again = world.offer(mover);
        let ufrag = "a=ice-ufrag";
        assert_eq!(attribute(&again, ufrag), attribute(&offer, ufrag));
    }
}

#[test]
fn a_session_that_was_given_new_sockets_before_it_connected_connects_there() {
    let mut world = World::new();
    let caller = world.add(make("192.0.2.1:4000", 440.0));
    let callee = world.add(make("192.0.2.2:5000", 880.0));
    let offer = world.offer(caller);
    let (answer, _) = world.answer(callee, offer).unwrap();
    world.relocate(callee, "198.51.100.9:9000");
    world.select(callee);
    world.apply(caller, answer).unwrap();
    world.select(caller);
    world.run(Duration::from_secs(1));

    let offer = world.offer(callee);
    assert!(offer.contains("198.51.100.9 9000 typ host"), "{offer}");
    let (answer, _) = world.answer(caller, offer).unwrap();
    world.apply(callee, answer).unwrap();
    world.run(Duration::from_secs(3));
    world.hears(caller, 880.0);
    world.hears(callee, 440.0);
}

#[test]
fn an_offer_of_new_addresses_that_is_refused_is_made_again() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    world.relocate(CALLER, "198.51.100.9:9000");
    let refused = world.offer(CALLER);
    world.command(CALLER, Command::Withdraw { session: ID });
    let offer = world.offer(CALLER);
    let ufrag = "a=ice-ufrag";
    assert_ne!(attribute(&offer, ufrag), attribute(&refused, ufrag));
    let (answer, _) = world.answer(CALLEE, offer).unwrap();
    world.apply(CALLER, answer).unwrap();
    world.run(Duration::from_secs(2));
    world.hears(CALLER, 880.0);
    world.hears(CALLEE, 440.0);
}

#[test]
fn a_peer_that_begins_anew_says_so_and_gets_new_credentials_and_a_new_association() {
    let identity = Identity::generate().unwrap();
    let mut world = World::new();
    let caller = world.add(make("192.0.2.1:4000", 440.0));
    let with_identity = |hz| Make {
        identity: identity.clone(),
        ..make("192.0.2.2:5000", hz)
    };
    let before = world.add(with_identity(880.0));
    world.call(caller, before);
    world.hears(caller, 880.0);
    let first = world.offer(caller);
    world.command(caller, Command::Withdraw { session: ID });

    // The same party at the same address, with its certificate and other credentials.
    world.ends[before].address = "192.0.2.99:9".parse().unwrap();
    let after = world.add(with_identity(1500.0));
    let offer = world.offer(after);
    let offer = offer.replace("a=setup:", "a=tls-id:abc3de65cddef001be82\r\na=setup:");
    let (answer, _) = world.answer(caller, offer).unwrap();
    for name in ["a=ice-ufrag", "a=ice-pwd", "a=fingerprint"] {
        assert_ne!(attribute(&answer, name), attribute(&first, name), "{name}");
    }
    world.apply(after, answer).unwrap();
    world.select(after);
    world.until(caller, is_connected);
    world.hears(caller, 1500.0);
    world.hears(after, 440.0);
}

#[test]
fn a_move_that_finds_no_path_leaves_the_call_where_it_was() {
    let mut world = World::with_call();
    world.hears(CALLER, 880.0);
    let other = world.add(make("192.0.2.3:6000", 1500.0));
    let offer = world.offer(other);
    world.ends[other].address = "192.0.2.99:9".parse().unwrap();
    world.answer(CALLER, offer).unwrap();
    world.run(Duration::from_secs(60));
    world.hears(CALLER, 880.0);
    let failed = |news: &News| matches!(news, News::Failed { .. });
    assert!(!world.ends[CALLER].news.iter().any(failed));
    assert!(!world.ends[CALLEE].news.iter().any(failed));

    for (offerer, answerer) in [(CALLEE, CALLER), (CALLER, CALLEE)] {
        let offer = world.offer(offerer);
        let (answer, _) = world.answer(answerer, offer).unwrap();
        world.apply(offerer, answer).unwrap();
        world.hears(CALLER, 880.0);
        world.hears(CALLEE, 440.0);
    }
}

/// Makes `end` a browser whose page restarts ICE, at `address` from here on, and returns its offer:
/// new credentials, the certificate it has.
fn restarting_offer(world: &mut World, end: usize, address: SocketAddr) -> String {
    let offer = world.offer(end);
    let old = world.ends[end].address;
    let candidate = |at: SocketAddr| format!("{} {} typ host", at.ip(), at.port());
    let new = Credentials::from_seed([99; 32]);
    let local = &mut world.ends[end].session.local;
    let offer = offer
        .replace(&local.credentials.ufrag, &new.ufrag)
        .replace(
            local.credentials.pwd.expose_secret(),
            new.pwd.expose_secret(),
        )
        .replace(&candidate(old), &candidate(address));
    local.credentials = new;
    local.sockets = vec![address];
    world.ends[end].address = address;
    offer
}

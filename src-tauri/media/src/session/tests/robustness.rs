use std::time::Duration;

use proptest::prelude::*;

use super::desk::talking;
use super::world::{ID, World, make};
use crate::device::{Calls, Use};
use crate::{Command, Digit, News, Peer};

const CALLER: usize = 0;
const CALLEE: usize = 1;

#[test]
fn plain_rtp_sprayed_at_the_port_is_never_heard() {
    let mut world = World::with_call();
    let from = world.ends[CALLEE].address;
    let to = world.ends[CALLER].address;
    let before = world.quality(CALLER, |quality| quality.packets_received > 0);
    let start = world.now;
    for number in 0..200u8 {
        let mut packet = vec![0x80, 111, 0, number, 0, 0, number, 0, 1, 2, 3, 4];
        packet.extend([0xAA; 60]);
        world.deliver(from, to, &packet);
        world.deliver("198.51.100.66:4444".parse().unwrap(), to, &packet);
    }
    assert_eq!(world.now, start);
    let after = world.ends[CALLER].session.quality(world.now);
    assert!(after.packets_received <= before.packets_received + 1);
    world.hears(CALLER, 880.0);
}

#[test]
fn the_password_of_ice_is_in_no_debug_text() {
    let mut world = World::with_call();
    let offer = world.offer(CALLER);
    let line = offer.lines().find(|line| line.starts_with("a=ice-pwd:"));
    let password = line.unwrap().trim_start_matches("a=ice-pwd:");
    let text = format!(
        "{:?}{:?}",
        world.ends[CALLER].session, world.ends[CALLEE].session
    );
    assert!(!text.contains(password));
}

fn command() -> impl Strategy<Value = Command> {
    let session = ID;
    prop_oneof![
        any::<u64>().prop_map(move |request| Command::Offer { session, request }),
        (any::<u64>(), "(v=0\r\n[vmac]=[ -~]{0,40}\r\n){0,6}").prop_map(move |(request, offer)| {
            Command::Answer {
                session,
                request,
                offer,
            }
        }),
        (any::<u64>(), 0..3u32).prop_map(move |(request, peer)| Command::Apply {
            session,
            request,
            peer: Peer(peer),
            answer: String::new(),
        }),
        Just(Command::Withdraw { session }),
        (0..3u32).prop_map(move |peer| Command::Select {
            session,
            peer: Peer(peer)
        }),
        Just(Command::Restart { session }),
        any::<bool>().prop_map(move |on| Command::Hold { session, on }),
        any::<bool>().prop_map(move |on| Command::Mute { session, on }),
        (0..300u64).prop_map(move |duration| Command::Dtmf {
            session,
            digits: Digit::new('5').into_iter().collect(),
            duration: Duration::from_millis(duration),
            gap: Duration::ZERO,
        }),
    ]
}

/// A command for one of the ends, a datagram to one, or time.
#[derive(Debug, Clone)]
enum Step {
    Command(usize, Command),
    Datagram(usize, Vec<u8>),
    Time(u64),
    /// A whole round of offer and answer.
    Renegotiate(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2usize, command()).prop_map(|(end, command)| Step::Command(end, command)),
        (0..2usize, prop::collection::vec(any::<u8>(), 0..80))
            .prop_map(|(end, datagram)| Step::Datagram(end, datagram)),
        (0..500u64).prop_map(Step::Time),
        (0..2usize).prop_map(Step::Renegotiate),
    ]
}

/// What the phone asked of a session, and what that allows it to want of the microphone.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    hold: bool,
    mute: bool,
}

impl Asked {
    fn note(&mut self, command: &Command) {
        match command {
            Command::Hold { on, .. } => self.hold = *on,
            Command::Mute { on, .. } => self.mute = *on,
            Command::Offer { .. }
            | Command::Answer { .. }
            | Command::Apply { .. }
            | Command::Withdraw { .. }
            | Command::Select { .. }
            | Command::Restart { .. }
            | Command::Dtmf { .. }
            | Command::Close { .. } => {}
        }
    }

    fn allows(self) -> Use {
        match self {
            Self { hold: true, .. } => Use::Closed,
            Self { mute: true, .. } => Use::Muted,
            Self { .. } => Use::Open,
        }
    }
}

fn renegotiate(world: &mut World, end: usize) {
    let offer = world.offer(end);
    let answer = world.answer(1 - end, offer).unwrap().0;
    world.apply(end, answer).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_input_makes_a_session_panic_or_never_end(steps in prop::collection::vec(step(), 1..30)) {
        let mut world = talking();
        let mut asked = [Asked::default(); 2];
        for step in steps {
            match step {
                Step::Command(end, command) => {
                    asked[end].note(&command);
                    world.command(end, command);
                }
                Step::Datagram(end, datagram) => {
                    let (from, to) = (world.ends[1 - end].address, world.ends[end].address);
                    world.deliver(from, to, &datagram);
                }
                Step::Time(ms) => world.run(Duration::from_millis(ms)),
                Step::Renegotiate(end) => renegotiate(&mut world, end),
            }
            for (end, asked) in world.ends.iter().zip(asked) {
                let wanted = end.session.calls().microphone;
                prop_assert!(wanted <= asked.allows(), "{:?} after {:?}", wanted, asked);
            }
        }
        for end in [CALLER, CALLEE] {
            world.command(end, Command::Close { session: ID });
            prop_assert!(world.ends[end].session.is_closed());
            prop_assert_eq!(world.ends[end].session.calls(), Calls::default());
            prop_assert_eq!(world.ends[end].session.poll_timeout(), None);
        }
    }

    #[test]
    fn the_microphone_is_wanted_while_and_only_while_a_call_needs_it(
        steps in prop::collection::vec(
            prop_oneof![
                (0..2usize, any::<bool>())
                    .prop_map(|(end, on)| Step::Command(end, Command::Hold { session: ID, on })),
                (0..2usize, any::<bool>())
                    .prop_map(|(end, on)| Step::Command(end, Command::Mute { session: ID, on })),
                (0..500u64).prop_map(Step::Time),
                (0..2usize).prop_map(Step::Renegotiate),
            ],
            1..30,
        )
    ) {
        let mut world = talking();
        let mut asked = [Asked::default(); 2];
        // As both know it of each other.
        let mut agreed = asked;
        for step in steps {
            match step {
                Step::Command(end, command) => {
                    asked[end].note(&command);
                    world.command(end, command);
                }
                Step::Datagram(..) => {}
                Step::Time(ms) => world.run(Duration::from_millis(ms)),
                Step::Renegotiate(end) => {
                    renegotiate(&mut world, end);
                    agreed = asked;
                }
            }
            for end in [CALLER, CALLEE] {
                // Who is held by the far end sends nothing.
                let needed = if agreed[1 - end].hold { Use::Closed } else { asked[end].allows() };
                prop_assert_eq!(world.ends[end].session.calls().microphone, needed);
            }
        }
        let failed = |news: &News| matches!(news, News::Failed { .. });
        prop_assert!(!world.ends.iter().any(|end| end.news.iter().any(failed)));
    }

    #[test]
    fn nothing_that_comes_before_a_description_matters(
        datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..50)
    ) {
        let mut world = World::new();
        let caller = world.add(make("192.0.2.1:4000", 440.0));
        let callee = world.add(make("192.0.2.2:5000", 880.0));
        let to = world.ends[caller].address;
        world.offer(caller);
        for datagram in datagrams {
            world.deliver("192.0.2.2:5000".parse().unwrap(), to, &datagram);
        }
        world.call(caller, callee);
    }
}

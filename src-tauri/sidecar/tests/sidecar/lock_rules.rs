//! The lock against a model of it, in virtual time.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use sidecar::{Acquired, Beat, LockName, MemoryLock, Owner, Released, SessionLock};
use time::OffsetDateTime;

use crate::world::MovedClock;

#[derive(Debug, Clone)]
enum Step {
    Acquire {
        agent: usize,
        caller: Caller,
        takeover: bool,
        ttl: u64,
    },
    Beat {
        agent: usize,
        caller: Caller,
        ttl: u64,
    },
    Release {
        agent: usize,
        caller: Caller,
    },
    Wait(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Caller {
    member: u8,
    device: Option<u8>,
    session: u8,
}

/// Who holds which of the agents, and until which millisecond.
type Model = [Option<(Caller, u64)>; 2];

proptest! {
    #[test]
    fn every_answer_is_the_one_of_the_rules_and_no_lock_outlives_its_term(
        steps in vec(step(), 1..80),
    ) {
        let clock = MovedClock::new();
        let lock = MemoryLock::new(clock.clock());
        let mut model: Model = [None, None];
        let mut now = 0;
        for step in steps {
            match step {
                Step::Wait(ms) => {
                    clock.advance(Duration::from_millis(ms));
                    now += ms;
                    for held in &mut model {
                        *held = held.filter(|(_, until)| *until > now);
                    }
                }
                Step::Acquire { agent, caller, takeover, ttl } => {
                    let answer = ready(lock.acquire(
                        &name(agent), &owner(caller), Duration::from_millis(ttl), takeover,
                    ));
                    let expected = match model[agent] {
                        None => Acquired::Taken,
                        Some((holder, _)) if same(holder, caller) => Acquired::Refreshed,
                        Some((holder, _)) if takeover && holder.member == caller.member => {
                            Acquired::TakenOver { from: owner(holder) }
                        }
                        Some((holder, _)) => Acquired::Busy { holder: owner(holder) },
                    };
                    prop_assert_eq!(&answer, &expected);
                    if !matches!(answer, Acquired::Busy { .. }) {
                        model[agent] = Some((caller, now + ttl));
                    }
                }
                Step::Beat { agent, caller, ttl } => {
                    let answer =
                        ready(lock.beat(&name(agent), &owner(caller), Duration::from_millis(ttl)));
                    let (expected, holder) = match model[agent] {
                        None => (Beat::Retaken, Some((caller, now + ttl))),
                        Some((holder, _)) if same(holder, caller) => {
                            (Beat::Extended, Some((holder, now + ttl)))
                        }
                        Some((holder, until)) => {
                            (Beat::Lost { holder: owner(holder) }, Some((holder, until)))
                        }
                    };
                    prop_assert_eq!(answer, expected);
                    model[agent] = holder;
                }
                Step::Release { agent, caller } => {
                    let answer = ready(lock.release(&name(agent), &owner(caller)));
                    let expected = match model[agent] {
                        None => Released::Absent,
                        Some((holder, _))
                            if same(holder, caller) && holder.session == caller.session =>
                        {
                            model[agent] = None;
                            Released::Freed
                        }
                        Some((holder, _)) => Released::NotOwner { holder: owner(holder) },
                    };
                    prop_assert_eq!(answer, expected);
                }
            }
        }
        // Whatever happened, after the longest term every lock is free.
        clock.advance(Duration::from_millis(MAX_TTL));
        for agent in 0..2 {
            let stranger = Caller { member: 9, device: Some(9), session: 9 };
            let answer =
                ready(lock.acquire(&name(agent), &owner(stranger), Duration::from_secs(1), false));
            prop_assert_eq!(answer, Acquired::Taken);
        }
    }
}

#[test]
fn two_agents_that_share_an_extension_exclude_each_other() {
    let lock = MemoryLock::new(MovedClock::new().clock());
    let one = shared("agent1");
    let two = shared("agent2");
    let (ana, ravi) = (caller(1, 1), caller(2, 2));
    let ttl = Duration::from_secs(10);
    assert_eq!(
        ready(lock.acquire(&one, &owner(ana), ttl, false)),
        Acquired::Taken
    );
    assert_eq!(
        ready(lock.acquire(&two, &owner(ravi), ttl, true)),
        Acquired::Busy { holder: owner(ana) }
    );
    assert_eq!(ready(lock.release(&one, &owner(ana))), Released::Freed);
    assert_eq!(
        ready(lock.acquire(&two, &owner(ravi), ttl, false)),
        Acquired::Taken
    );
    assert_eq!(
        ready(lock.beat(&one, &owner(ana), ttl)),
        Beat::Lost {
            holder: owner(ravi)
        }
    );
}

#[test]
fn keys_of_agents_and_extensions_never_meet() {
    let name = LockName {
        ozonetel_agent_id: "x".to_owned(),
        sip_extension: "x".to_owned(),
    };
    assert_eq!(name.keys(), ["agent:session:x", "agent:extension:x"]);
}

const MAX_TTL: u64 = 50;

fn step() -> impl Strategy<Value = Step> {
    let agent = 0..2_usize;
    let ttl = 1..=MAX_TTL;
    prop_oneof![
        (agent.clone(), any_caller(), any::<bool>(), ttl.clone()).prop_map(
            |(agent, caller, takeover, ttl)| Step::Acquire {
                agent,
                caller,
                takeover,
                ttl
            }
        ),
        (agent.clone(), any_caller(), ttl).prop_map(|(agent, caller, ttl)| Step::Beat {
            agent,
            caller,
            ttl
        }),
        (agent, any_caller()).prop_map(|(agent, caller)| Step::Release { agent, caller }),
        (0..=MAX_TTL).prop_map(Step::Wait),
    ]
}

fn any_caller() -> impl Strategy<Value = Caller> {
    let device = prop_oneof![1 => Just(None), 3 => (0..2_u8).prop_map(Some)];
    (0..2_u8, device, 0..2_u8).prop_map(|(member, device, session)| Caller {
        member,
        device,
        session,
    })
}

fn same(holder: Caller, caller: Caller) -> bool {
    holder.member == caller.member && (caller.device.is_none() || caller.device == holder.device)
}

fn caller(member: u8, device: u8) -> Caller {
    Caller {
        member,
        device: Some(device),
        session: 0,
    }
}

fn owner(caller: Caller) -> Owner {
    Owner {
        member_id: format!("member {}", caller.member),
        device_id: caller.device.map(|device| format!("device {device}")),
        device_name: "a device".to_owned(),
        session_id: format!("session {}", caller.session),
        since: OffsetDateTime::UNIX_EPOCH,
    }
}

fn name(agent: usize) -> LockName {
    LockName {
        ozonetel_agent_id: format!("agent{agent}"),
        sip_extension: format!("70020{agent}"),
    }
}

fn shared(agent: &str) -> LockName {
    LockName {
        ozonetel_agent_id: agent.to_owned(),
        sip_extension: "700201".to_owned(),
    }
}

/// The store in memory answers at once.
fn ready<T>(answer: sidecar::LockAnswer<'_, T>) -> T {
    futures_util::FutureExt::now_or_never(answer)
        .unwrap()
        .unwrap()
}

//! The lock against a model of it, in virtual time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Caller {
    member: u8,
    device: Option<u8>,
    session: u8,
}

/// Who holds which of the agents, since which epoch and until which millisecond.
type Model = [Option<(Caller, u64, u64)>; 2];

/// For how many milliseconds a store knows that a session was released.
const MARKED: u64 = 600_000;

proptest! {
    #[test]
    fn every_answer_is_the_one_of_the_rules_and_no_lock_outlives_its_term(
        steps in vec(step(), 1..80),
    ) {
        let clock = MovedClock::new();
        let lock = MemoryLock::new(clock.clock());
        let mut model: Model = [None, None];
        // What each caller was given last.
        let mut epochs = HashMap::new();
        let mut last_epoch = 0;
        // Which sessions were released, and until when that is known.
        let mut ended: HashMap<u8, u64> = HashMap::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Wait(ms) => {
                    clock.advance(Duration::from_millis(ms));
                    now += ms;
                    for held in &mut model {
                        *held = held.filter(|(_, _, until)| *until > now);
                    }
                    ended.retain(|_, until| *until > now);
                }
                Step::Acquire { agent, caller, takeover, ttl } => {
                    let answer = ready(lock.acquire(
                        &name(agent), &owner(caller, 0), Duration::from_millis(ttl), takeover,
                    ));
                    let epoch = epoch_of(&answer);
                    let expected = match (model[agent], epoch) {
                        _ if ended.contains_key(&caller.session) => Acquired::Ended,
                        (None, Some(epoch)) => Acquired::Taken { epoch },
                        (Some((holder, since, _)), Some(epoch)) if same(holder, caller) => {
                            Acquired::Refreshed { epoch, from: owner(holder, since), is_same_lock: true }
                        }
                        (Some((holder, since, _)), Some(epoch))
                            if (takeover || caller.device.is_none()) && holder.member == caller.member =>
                        {
                            Acquired::TakenOver { epoch, from: owner(holder, since) }
                        }
                        (Some((holder, since, _)), _) => {
                            Acquired::Busy { holder: owner(holder, since) }
                        }
                        (None, None) => return Err(TestCaseError::fail("a free lock is busy")),
                    };
                    prop_assert_eq!(&answer, &expected);
                    if let Some(epoch) = epoch {
                        prop_assert!(epoch > last_epoch);
                        last_epoch = epoch;
                        epochs.insert(caller, epoch);
                        model[agent] = Some((caller, epoch, now + ttl));
                    }
                }
                Step::Beat { agent, caller, ttl } => {
                    let epoch = epochs.get(&caller).copied().unwrap_or_default();
                    let beat = owner(caller, epoch);
                    let answer = ready(lock.beat(&name(agent), &beat, Duration::from_millis(ttl)));
                    let (expected, holder) = match model[agent] {
                        held if ended.contains_key(&caller.session) => (Beat::Ended, held),
                        None => (Beat::Retaken, Some((caller, epoch, now + ttl))),
                        // The device has signed in again, or a copy of it has.
                        Some((holder, since, until)) if since > 0
                            && is_later_session(holder, since, (caller, epoch)) =>
                        {
                            let lost = Beat::Lost { holder: owner(holder, since) };
                            (lost, Some((holder, since, until)))
                        }
                        Some((holder, since, _)) if same(holder, caller) && since >= epoch => {
                            (Beat::Extended, Some((holder, since, now + ttl)))
                        }
                        // It was taken again by somebody who had lost it meanwhile.
                        Some((holder, since, _))
                            if since < epoch && (since > 0 || same(holder, caller)) =>
                        {
                            (Beat::Retaken, Some((caller, epoch, now + ttl)))
                        }
                        Some((holder, since, until)) => {
                            let lost = Beat::Lost { holder: owner(holder, since) };
                            (lost, Some((holder, since, until)))
                        }
                    };
                    prop_assert_eq!(answer, expected);
                    model[agent] = holder;
                }
                Step::Release { agent, caller } => {
                    let answer = ready(lock.release(&name(agent), &owner(caller, 0)));
                    ended.insert(caller.session, now + MARKED);
                    let expected = match model[agent] {
                        None => Released::Absent,
                        Some((holder, ..))
                            if same(holder, caller) && holder.session == caller.session =>
                        {
                            model[agent] = None;
                            Released::Freed
                        }
                        Some((holder, since, _)) => {
                            Released::NotOwner { holder: owner(holder, since) }
                        }
                    };
                    prop_assert_eq!(answer, expected);
                }
            }
        }
        // Whatever happened, after the longest term every lock is free.
        clock.advance(Duration::from_millis(MAX_TTL));
        for agent in 0..2 {
            let stranger = Caller { member: 9, device: Some(9), session: 9 };
            let ttl = Duration::from_secs(1);
            let answer = ready(lock.acquire(&name(agent), &owner(stranger, 0), ttl, false));
            prop_assert!(epoch_of(&answer).is_some_and(|epoch| answer == Acquired::Taken { epoch }), "a lock outlived its term");
        }
    }
}

#[test]
fn of_two_that_believe_they_hold_it_the_later_one_does() {
    let clock = MovedClock::new();
    let lock = MemoryLock::new(clock.clock());
    let (name, ttl) = (name(0), Duration::from_secs(10));
    let (desk, laptop) = (caller(1, 1), caller(1, 2));
    let take = |caller, takeover| {
        let answer = ready(lock.acquire(&name, &owner(caller, 0), ttl, takeover));
        owner(caller, epoch_of(&answer).unwrap())
    };
    let (desk, laptop) = (take(desk, false), take(laptop, true));
    // The store forgets, as one does that starts anew; the loser is the first to be heard.
    clock.advance(ttl);
    let told = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&told);
    lock.on_takeover(Box::new(move |session| {
        hears.lock().unwrap().push(session.to_owned());
    }));
    assert_eq!(ready(lock.beat(&name, &desk, ttl)), Beat::Retaken);
    assert!(told.lock().unwrap().is_empty());
    assert_eq!(ready(lock.beat(&name, &laptop, ttl)), Beat::Retaken);
    // In the same step it is noted who has lost it.
    assert_eq!(
        *told.lock().unwrap(),
        [&*desk.session_id, &*desk.session_id]
    );
    let lost = Beat::Lost { holder: laptop };
    assert_eq!(ready(lock.beat(&name, &desk, ttl)), lost);
}

#[test]
fn of_two_sessions_of_one_device_the_later_one_holds() {
    let clock = MovedClock::new();
    let lock = MemoryLock::new(clock.clock());
    let (name, ttl) = (name(0), Duration::from_secs(10));
    let session = |session| Caller {
        session,
        ..caller(1, 1)
    };
    let take = |caller| {
        let answer = ready(lock.acquire(&name, &owner(caller, 0), ttl, false));
        owner(caller, epoch_of(&answer).unwrap())
    };
    let (first, second) = (take(session(1)), take(session(2)));
    let lost = |holder: &Owner| Beat::Lost {
        holder: holder.clone(),
    };
    assert_eq!(ready(lock.beat(&name, &first, ttl)), lost(&second));
    assert_eq!(ready(lock.beat(&name, &second, ttl)), Beat::Extended);
    // The store forgets, and hears the earlier one first.
    clock.advance(ttl);
    assert_eq!(ready(lock.beat(&name, &first, ttl)), Beat::Retaken);
    assert_eq!(ready(lock.beat(&name, &second, ttl)), Beat::Retaken);
    assert_eq!(ready(lock.beat(&name, &first, ttl)), lost(&second));
}

#[test]
fn who_names_no_device_displaces_their_members_and_has_lost_to_one_that_came_later() {
    let clock = MovedClock::new();
    let lock = MemoryLock::new(clock.clock());
    let (name, ttl) = (name(0), Duration::from_secs(10));
    let page = |session| Caller {
        device: None,
        session,
        ..caller(1, 1)
    };
    let take = |caller, takeover| {
        let answer = ready(lock.acquire(&name, &owner(caller, 0), ttl, takeover));
        (owner(caller, epoch_of(&answer).unwrap()), answer)
    };
    let lost = |holder: &Owner| Beat::Lost {
        holder: holder.clone(),
    };
    let (phone, _) = take(caller(1, 1), false);
    let (first, answer) = take(page(2), false);
    assert!(matches!(answer, Acquired::TakenOver { from, .. } if from == phone));
    assert_eq!(ready(lock.beat(&name, &phone, ttl)), lost(&first));
    // Nobody can tell two of them apart, so they go on side by side.
    let (second, answer) = take(page(3), false);
    assert!(matches!(answer, Acquired::Refreshed { .. }));
    for page in [&first, &second] {
        assert_eq!(ready(lock.beat(&name, page, ttl)), Beat::Extended);
    }
    let (phone, _) = take(caller(1, 1), true);
    for page in [&first, &second] {
        assert_eq!(ready(lock.beat(&name, page, ttl)), lost(&phone));
    }
    // The store forgets, and hears the loser first.
    clock.advance(ttl);
    assert_eq!(ready(lock.beat(&name, &second, ttl)), Beat::Retaken);
    assert_eq!(ready(lock.beat(&name, &phone, ttl)), Beat::Retaken);
    assert_eq!(ready(lock.beat(&name, &second, ttl)), lost(&phone));
}

#[test]
fn two_agents_that_share_an_extension_exclude_each_other() {
    let lock = MemoryLock::new(MovedClock::new().clock());
    let one = shared("agent1");
    let two = shared("agent2");
    let (ana, ravi) = (caller(1, 1), caller(2, 2));
    let ttl = Duration::from_secs(10);
    let take = |name, caller| ready(lock.acquire(name, &owner(caller, 0), ttl, true));
    let epoch = epoch_of(&take(&one, ana)).unwrap();
    let ana = owner(ana, epoch);
    let busy = Acquired::Busy {
        holder: ana.clone(),
    };
    assert_eq!(take(&two, ravi), busy);
    assert_eq!(ready(lock.release(&one, &ana)), Released::Freed);
    let epoch = epoch_of(&take(&two, ravi)).unwrap();
    assert_eq!(ready(lock.beat(&one, &ana, ttl)), Beat::Ended);
    let lost = Beat::Lost {
        holder: owner(ravi, epoch),
    };
    let session_id = "another session".to_owned();
    let ana = Owner { session_id, ..ana };
    assert_eq!(ready(lock.beat(&one, &ana, ttl)), lost);
}

#[test]
fn epochs_of_two_agents_are_never_compared() {
    let clock = MovedClock::new();
    let lock = MemoryLock::new(clock.clock());
    let (one, two) = (shared("agent1"), shared("agent2"));
    let (ana, ravi) = (caller(1, 1), caller(2, 2));
    let ttl = Duration::from_secs(10);
    let take = |name, caller| {
        let answer = ready(lock.acquire(name, &owner(caller, 0), ttl, false));
        owner(caller, epoch_of(&answer).unwrap())
    };
    let earlier = take(&one, ana);
    clock.advance(ttl);
    let later = take(&two, ravi);
    clock.advance(ttl);
    // The store forgets both, and hears the earlier one first.
    assert_eq!(ready(lock.beat(&one, &earlier, ttl)), Beat::Retaken);
    let lost = |holder| Beat::Lost { holder };
    assert_eq!(
        ready(lock.beat(&two, &later, ttl)),
        lost(earlier.clone()),
        "a higher epoch displaces no other agent"
    );
    // Nor does the same device as another agent.
    let moved = Owner {
        epoch: later.epoch + 1,
        ..earlier.clone()
    };
    assert_eq!(ready(lock.beat(&two, &moved, ttl)), lost(earlier.clone()));
    assert_eq!(ready(lock.beat(&one, &earlier, ttl)), Beat::Extended);
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
        (0..=MARKED).prop_map(Step::Wait),
    ]
}

fn any_caller() -> impl Strategy<Value = Caller> {
    let device = prop_oneof![1 => Just(None), 3 => (0..2_u8).prop_map(Some)];
    (0..2_u8, device, 0..6_u8).prop_map(|(member, device, session)| Caller {
        member,
        device,
        session,
    })
}

fn same(holder: Caller, caller: Caller) -> bool {
    holder.member == caller.member && caller.device == holder.device
}

/// Whether `holder` is the device that calls, with a later session.
fn is_later_session(holder: Caller, since: u64, (caller, epoch): (Caller, u64)) -> bool {
    let is_named = caller.device.is_some();
    is_named && same(holder, caller) && holder.session != caller.session && since >= epoch
}

fn caller(member: u8, device: u8) -> Caller {
    Caller {
        member,
        device: Some(device),
        session: device,
    }
}

fn epoch_of(answer: &Acquired) -> Option<u64> {
    match answer {
        Acquired::Taken { epoch }
        | Acquired::Refreshed { epoch, .. }
        | Acquired::TakenOver { epoch, .. } => Some(*epoch),
        Acquired::Busy { .. } | Acquired::Ended => None,
    }
}

fn owner(caller: Caller, epoch: u64) -> Owner {
    Owner {
        member_id: format!("member {}", caller.member),
        device_id: caller.device.map(|device| format!("device {device}")),
        device_name: "a device".to_owned(),
        session_id: format!("session {}", caller.session),
        since: Some(OffsetDateTime::UNIX_EPOCH),
        epoch,
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

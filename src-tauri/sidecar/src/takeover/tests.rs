#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// When all begins.
const START: Moment = Duration::from_secs(1_000_000);

#[test]
fn the_holder_has_twenty_seconds_and_what_is_late_by_five_still_counts() {
    let ask = ask();
    assert_eq!(state(&ask, 0), (TakeoverState::Waiting, 20));
    assert_eq!(state(&ask, 19), (TakeoverState::Waiting, 1));
    assert_eq!(state(&ask, 20), (TakeoverState::Waiting, 0));
    assert_eq!(state(&ask, 24), (TakeoverState::Waiting, 0));
    assert_eq!(ask.changes_at(), Some(at(25)));
    changed(&ask, TakeoverWord::Now, 24);
    assert_eq!(state(&ask, 25), (TakeoverState::Unanswered, 0));
    assert_eq!(demand(&ask, 25), None);
    for word in WORDS {
        assert_eq!(answered(&ask, word, 25), Answered::Over);
    }
    assert_eq!(state(&ask, 84), (TakeoverState::Unanswered, 0));
    assert_eq!(ask.standing([&holder()], at(85)), None);
}

#[test]
fn nothing_is_granted_by_silence() {
    let ask = ask();
    for second in 0..200 {
        let now = at(second);
        assert!(!grants(&ask, now), "{second}");
        let standing = ask.standing([&holder()], now);
        assert!(standing.is_none_or(|it| it.state != TakeoverState::Granted));
    }
}

#[test]
fn now_grants_for_thirty_seconds() {
    let granted = changed(&ask(), TakeoverWord::Now, 3);
    assert_eq!(granted.version(), 2);
    assert_eq!(state(&granted, 3), (TakeoverState::Granted, 30));
    assert_eq!(demand(&granted, 3).unwrap().state, TakeoverState::Granted);
    assert!(grants(&granted, at(32)));
    assert_eq!(answered(&granted, TakeoverWord::Now, 5), Answered::AsBefore);
    assert_eq!(granted.changes_at(), Some(at(33)));
    assert!(!grants(&granted, at(33)));
    assert_eq!(granted.standing([&holder()], at(33)), None);
    assert_eq!(demand(&granted, 33), None);
    assert_eq!(answered(&granted, TakeoverWord::Now, 33), Answered::Over);
    assert_eq!(granted.withdrawn(at(33)), None);
}

#[test]
fn a_grant_is_taken_back_while_nobody_has_used_it() {
    let granted = changed(&ask(), TakeoverWord::Now, 3);
    let after_call = changed(&granted, TakeoverWord::AfterCall, 4);
    assert!(!grants(&after_call, at(4)));
    assert_eq!(state(&after_call, 4), (TakeoverState::AfterCall, 60));
    let refused = changed(&granted, TakeoverWord::No, 4);
    assert!(!grants(&refused, at(4)));
    assert_eq!(state(&refused, 4), (TakeoverState::Refused, 0));
}

#[test]
fn after_the_call_lasts_as_long_as_the_asker_shows_itself() {
    let mut ask = changed(&ask(), TakeoverWord::AfterCall, 1);
    assert_eq!(
        answered(&ask, TakeoverWord::AfterCall, 2),
        Answered::AsBefore
    );
    assert_eq!(ask.heard(at(5)), None, "too soon to be worth a note");
    for minute in 1..120 {
        let now = at(1 + 50 * minute);
        assert_eq!(demand(&ask, 1 + 50 * minute).unwrap().left, 10 * SECOND);
        ask = ask.heard(now).unwrap();
        assert_eq!(demand(&ask, 1 + 50 * minute).unwrap().left, 60 * SECOND);
    }
    let last = 1 + 50 * 119;
    changed(&ask, TakeoverWord::Now, last + 59);
    changed(&ask, TakeoverWord::No, last + 59);
    assert_eq!(ask.changes_at(), Some(at(last + 60)));
    assert_eq!(state(&ask, last + 60), (TakeoverState::Withdrawn, 0));
    assert_eq!(ask.heard(at(last + 60)), None);
    assert_eq!(demand(&ask, last + 60), None);
    assert_eq!(answered(&ask, TakeoverWord::Now, last + 60), Answered::Over);
    assert_eq!(ask.standing([&holder()], at(last + 120)), None);
}

#[test]
fn no_is_final_and_can_be_read_for_a_minute() {
    let refused = changed(&ask(), TakeoverWord::No, 2);
    assert_eq!(state(&refused, 61), (TakeoverState::Refused, 0));
    assert_eq!(demand(&refused, 2), None);
    assert_eq!(refused.changes_at(), None);
    assert_eq!(answered(&refused, TakeoverWord::No, 3), Answered::AsBefore);
    assert_eq!(answered(&refused, TakeoverWord::Now, 3), Answered::Over);
    assert_eq!(
        answered(&refused, TakeoverWord::AfterCall, 3),
        Answered::Over
    );
    assert_eq!(refused.withdrawn(at(3)), None);
    assert!(!grants(&refused, at(3)));
    assert_eq!(refused.standing([&holder()], at(62)), None);
}

#[test]
fn the_asker_withdraws_in_each_open_state_and_in_no_other() {
    let waiting = ask();
    let after_call = changed(&waiting, TakeoverWord::AfterCall, 1);
    let granted = changed(&waiting, TakeoverWord::Now, 1);
    for open in [waiting.clone(), after_call, granted] {
        let withdrawn = open.withdrawn(at(2)).unwrap();
        assert_eq!(state(&withdrawn, 2), (TakeoverState::Withdrawn, 0));
        assert_eq!(demand(&withdrawn, 2), None);
        assert!(!grants(&withdrawn, at(2)));
        for word in WORDS {
            assert_eq!(answered(&withdrawn, word, 3), Answered::Over);
        }
        assert_eq!(withdrawn.withdrawn(at(3)), None);
    }
    assert_eq!(waiting.withdrawn(at(25)), None, "nobody answered");
}

#[test]
fn an_unknown_word_answers_nothing() {
    assert_eq!(answered(&ask(), TakeoverWord::Unknown, 1), Answered::Over);
}

#[test]
fn only_the_device_that_is_asked_may_answer_while_it_holds_the_lock() {
    let ask = ask();
    let own = holder();
    let say = |id: &str, caller: &Owner, holder: &Owner| {
        ask.answered(id, TakeoverWord::Now, (caller, holder), at(1))
    };
    assert!(matches!(say("the-ask", &own, &own), Answered::Changed(_)));
    assert_eq!(say("another-ask", &own, &own), Answered::Over);
    let mut other = holder();
    other.member_id = "m-ravi".to_owned();
    assert_eq!(say("the-ask", &other, &own), Answered::Over);
    let mut other = holder();
    other.device_id = Some("laptop".to_owned());
    assert_eq!(say("the-ask", &other, &own), Answered::Over);
    other.device_id = None;
    assert_eq!(say("the-ask", &other, &own), Answered::Over);
    assert_eq!(say("the-ask", &own, &later()), Answered::Over);
}

#[test]
fn a_grant_is_for_one_ticket_member_and_device() {
    let granted = changed(&ask(), TakeoverWord::Now, 1);
    let ours = ("m-ana", Some("laptop"));
    assert!(granted.grants(&ticket("t"), ours, at(2)));
    assert!(!granted.grants(&ticket("u"), ours, at(2)));
    for other in [
        ("m-rita", Some("laptop")),
        ("m-ana", Some("desk")),
        ("m-ana", None),
    ] {
        assert!(!granted.grants(&ticket("t"), other, at(2)), "{other:?}");
    }
}

#[test]
fn a_lock_that_changed_hands_ends_every_open_ask() {
    let waiting = ask();
    let granted = changed(&waiting, TakeoverWord::Now, 1);
    let after_call = changed(&waiting, TakeoverWord::AfterCall, 1);
    for open in [&waiting, &granted, &after_call] {
        let moved = open.standing([&later()], at(2)).unwrap();
        assert_eq!(moved.state, TakeoverState::Moved);
        // One key of a lock may be another's.
        let moved = open.standing([&holder(), &later()], at(2)).unwrap();
        assert_eq!(moved.state, TakeoverState::Moved);
        assert_eq!(open.demand(&later(), at(2)), None);
    }
    let moved = waiting.standing([&later()], at(30)).unwrap();
    assert_eq!(moved.state, TakeoverState::Moved, "taken by force at last");
    let refused = changed(&waiting, TakeoverWord::No, 1);
    let standing = refused.standing([&later()], at(2)).unwrap();
    assert_eq!(standing.state, TakeoverState::Refused);
}

#[test]
fn where_nobody_holds_the_lock_nobody_is_in_the_way() {
    let waiting = ask();
    let free = |ask: &Ask, second| ask.standing([], at(second)).map(|it| it.state);
    assert_eq!(free(&waiting, 1), Some(TakeoverState::Granted));
    assert_eq!(free(&waiting, 30), Some(TakeoverState::Granted));
    let after_call = changed(&waiting, TakeoverWord::AfterCall, 1);
    assert_eq!(free(&after_call, 1), Some(TakeoverState::Granted));
    let withdrawn = waiting.withdrawn(at(1)).unwrap();
    assert_eq!(free(&withdrawn, 1), Some(TakeoverState::Withdrawn));
    // It is no grant: the login takes what is free, or nothing.
    assert!(!grants(&waiting, at(1)));
}

#[test]
fn only_a_known_device_of_the_same_member_can_be_asked() {
    assert!(Ask::can_be_asked(&holder(), "m-ana"));
    assert!(!Ask::can_be_asked(&holder(), "m-rita"));
    let nameless = Owner {
        device_id: None,
        ..holder()
    };
    assert!(!Ask::can_be_asked(&nameless, "m-ana"));
    let without_session = Owner {
        session_id: String::new(),
        ..holder()
    };
    assert!(!Ask::can_be_asked(&without_session, "m-ana"));
}

#[test]
fn seconds_are_rounded_up() {
    let left = |left| {
        Standing {
            state: TakeoverState::Waiting,
            left,
        }
        .seconds_left()
    };
    assert_eq!(left(Duration::ZERO), 0);
    assert_eq!(left(Duration::from_millis(1)), 1);
    assert_eq!(left(Duration::from_millis(19_001)), 20);
    assert_eq!(left(20 * SECOND), 20);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Say(TakeoverWord),
    Withdraw,
    Hear,
}

proptest! {
    /// Whatever is said and when: what is forgotten stays so, a grant was said by the holder no
    /// longer ago than it is good for, and nothing outlives its time in the store.
    #[test]
    fn a_grant_is_always_the_holders_word(
        steps in proptest::collection::vec((step(), 0..40_u64), 0..30),
    ) {
        let mut ask = ask();
        let mut second = 0;
        let mut said_now = None;
        for (step, pause) in steps {
            second += pause;
            let was_known = ask.standing([&holder()], at(second)).is_some();
            let changed = match step {
                Step::Say(word) => match answered(&ask, word, second) {
                    Answered::Changed(changed) => {
                        said_now = (word == TakeoverWord::Now).then_some(second);
                        Some(changed)
                    }
                    Answered::AsBefore | Answered::Over => None,
                },
                Step::Withdraw => {
                    let withdrawn = ask.withdrawn(at(second));
                    if withdrawn.is_some() {
                        said_now = None;
                    }
                    withdrawn
                }
                Step::Hear => ask.heard(at(second)),
            };
            if let Some(changed) = changed {
                prop_assert!(was_known);
                prop_assert_eq!(changed.version(), ask.version() + 1);
                prop_assert!(changed.lives_until() > at(second));
                ask = changed;
            }
            let is_fresh = said_now.is_some_and(|it| second < it + 30);
            prop_assert_eq!(grants(&ask, at(second)), is_fresh);
            let text = serde_json::to_string(&ask).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Ask>(&text).unwrap(), &ask);
        }
        prop_assert_eq!(ask.standing([&holder()], ask.lives_until()), None);
    }
}

const WORDS: [TakeoverWord; 3] = [TakeoverWord::Now, TakeoverWord::AfterCall, TakeoverWord::No];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => prop::sample::select(&WORDS[..]).prop_map(Step::Say),
        1 => Just(Step::Withdraw),
        2 => Just(Step::Hear),
    ]
}

fn ask() -> Ask {
    let asker = Asker {
        member_id: "m-ana".to_owned(),
        device_id: "laptop".to_owned(),
        device_name: "LAPTOP-7".to_owned(),
    };
    let id = "the-ask".to_owned();
    Ask::new(id, ticket("t"), asker, &holder(), START)
}

fn ticket(text: &str) -> TicketHash {
    TicketHash::of(&text.into())
}

fn holder() -> Owner {
    Owner {
        member_id: "m-ana".to_owned(),
        device_id: Some("desk".to_owned()),
        device_name: "DESK-1".to_owned(),
        session_id: "the-session".to_owned(),
        since: None,
        epoch: 1_800_000_000_000_001,
    }
}

/// The same device, signed in again.
fn later() -> Owner {
    Owner {
        epoch: 1_800_000_000_000_002,
        ..holder()
    }
}

fn at(second: u64) -> Moment {
    START + Duration::from_secs(second)
}

fn state(ask: &Ask, second: u64) -> (TakeoverState, u64) {
    let standing = ask.standing([&holder()], at(second)).unwrap();
    (standing.state, standing.seconds_left())
}

fn demand(ask: &Ask, second: u64) -> Option<Standing> {
    ask.demand(&holder(), at(second))
}

fn answered(ask: &Ask, word: TakeoverWord, second: u64) -> Answered {
    let own = holder();
    ask.answered("the-ask", word, (&own, &own), at(second))
}

#[track_caller]
fn changed(ask: &Ask, word: TakeoverWord, second: u64) -> Ask {
    match answered(ask, word, second) {
        Answered::Changed(ask) => ask,
        other @ (Answered::AsBefore | Answered::Over) => panic!("{word:?} at {second}: {other:?}"),
    }
}

fn grants(ask: &Ask, now: Moment) -> bool {
    ask.grants(&ticket("t"), ("m-ana", Some("laptop")), now)
}

//! What is remembered of a call, event by event.

use phone::Quality;

use super::*;

#[test]
fn a_call_that_was_answered_is_remembered_with_its_length_and_end() {
    let mut calls = Calls::default();
    calls.at(0).tell(dialing(1, "700202"));
    calls.at(3_000).tell(answered(1));
    calls.at(3_400).tell(connected(1));
    let over = calls.at(63_400).tell(ended(1, EndCause::Remote));
    let wanted = HistoryEntry {
        id: BEGAN,
        direction: Direction::Outgoing,
        number: "700202".to_owned(),
        display_name: None,
        began: BEGAN,
        talked_ms: Some(60_000),
        cause: Some(EndCause::Remote),
        quality: None,
        answered_after_ms: Some(3_000),
        poor_ms: 0,
        poor_here_ms: 0,
    };
    assert_eq!(over, Some(Note::Over(wanted)));
    assert_eq!(calls.ledger.open().count(), 0);
}

#[test]
fn a_call_that_nobody_answered_was_not_talked_in() {
    for cause in [
        EndCause::Missed,
        EndCause::Declined,
        EndCause::AnsweredElsewhere,
        EndCause::Busy {
            status: 486,
            reason: "Busy Here".to_owned(),
        },
    ] {
        let mut calls = Calls::default();
        calls.tell(incoming(1, "9876543210", Some("Ravi")));
        let over = over(calls.at(20_000).tell(ended(1, cause.clone())));
        assert_eq!(over.direction, Direction::Incoming);
        assert_eq!(over.number, "9876543210");
        assert_eq!(over.display_name.as_deref(), Some("Ravi"));
        assert_eq!((over.talked_ms, over.cause), (None, Some(cause)));
        assert_eq!(over.answered_after_ms, None);
    }
}

#[test]
fn a_call_that_was_answered_and_never_heard_was_talked_in_for_no_time() {
    let mut calls = Calls::default();
    calls.tell(incoming(1, "700202", None));
    calls.tell(answered(1));
    let over = over(calls.at(9_000).tell(ended(1, EndCause::NoMediaPath)));
    assert_eq!(over.talked_ms, Some(0));
}

#[test]
fn a_caller_who_heard_busy_was_missed_and_the_call_beside_goes_on() {
    let mut calls = Calls::default();
    calls.tell(incoming(1, "700202", None));
    let turned_away = Event::CallTurnedAway {
        from: "700203".to_owned(),
    };
    let missed = over(calls.at(1_000).tell(turned_away));
    assert_eq!(missed.number, "700203");
    assert_eq!(missed.direction, Direction::Incoming);
    assert_eq!(
        (missed.talked_ms, missed.cause),
        (None, Some(EndCause::Missed))
    );
    assert_eq!(missed.began, BEGAN + 1_000);
    assert_eq!(calls.ledger.open().count(), 1);
}

#[test]
fn no_id_is_given_twice_whatever_the_clock_does() {
    let mut calls = Calls::default();
    let mut ids = Vec::new();
    for (call, at) in [(1, 0), (2, 0), (3, 5_000), (4, 2_000)] {
        calls.at(at).tell(dialing(call, "700202"));
    }
    ids.extend(calls.ledger.open().map(|it| it.id - BEGAN));
    assert_eq!(ids, [0, 1, 5_000, 5_001]);

    let mut later = Ledger::new(BEGAN + 9_000);
    let before_1970 = Stamped {
        stamp: Stamp {
            mono: Duration::ZERO,
            wall: SystemTime::UNIX_EPOCH - Duration::from_secs(60),
        },
        event: dialing(1, "700202"),
    };
    later.take(1, &before_1970, |_| None);
    let open = later.open().next().unwrap();
    assert_eq!((open.id, open.began), (BEGAN + 9_001, 0));
}

#[test]
fn that_a_call_goes_on_is_noted_each_minute_with_its_length_so_far() {
    let mut calls = Calls::default();
    let first = calls.tell(dialing(1, "700202"));
    assert!(
        matches!(&first, Some(Note::GoesOn(it)) if it.talked_ms.is_none() && it.cause.is_none()),
        "{first:?}"
    );
    let answered = calls.at(1_000).tell(answered(1));
    assert!(
        matches!(&answered, Some(Note::GoesOn(it)) if it.talked_ms == Some(0)),
        "{answered:?}"
    );
    calls.at(2_000).tell(connected(1));
    let mut noted = Vec::new();
    for second in 3..=200 {
        if let Some(Note::GoesOn(it)) = calls.at(second * 1_000).tell(quality(1)) {
            noted.push(it.talked_ms.unwrap());
        }
    }
    assert_eq!(noted, [59_000, 119_000, 179_000]);
}

#[test]
fn what_lasted_for_a_tenth_of_a_call_is_how_it_sounded() {
    use CallQuality::{Fair, Good, Poor, PoorHere};

    for (seconds, wanted) in [
        (&[(Good, 60), (Poor, 6)][..], Some(Good)),
        (&[(Good, 60), (Poor, 7)], Some(Poor)),
        (&[(Poor, 1), (Good, 1), (Fair, 1)], Some(Poor)),
        (&[(PoorHere, 30), (Poor, 30)], Some(PoorHere)),
        (&[], None),
    ] {
        let mut calls = Calls::default();
        calls.tell(dialing(1, "700202"));
        for (sounds, seconds) in seconds {
            calls.sounds = Some(*sounds);
            for _ in 0..*seconds {
                calls.tell(quality(1));
            }
        }
        calls.sounds = None;
        calls.tell(quality(1));
        let over = over(calls.tell(ended(1, EndCause::Local)));
        assert_eq!(over.quality, wanted, "{seconds:?}");
    }
}

#[test]
fn how_long_it_sounded_poor_is_counted_and_how_much_of_it_was_from_here() {
    use CallQuality::{Fair, Good, Poor, PoorHere};

    let mut calls = Calls::default();
    calls.tell(dialing(1, "700202"));
    calls.at(1_000).tell(answered(1));
    calls.tell(connected(1));
    let mut noted = Vec::new();
    for second in 2..=130_u64 {
        calls.sounds = match second {
            20..30 => Some(Poor),
            30..36 => Some(PoorHere),
            36..40 => Some(Fair),
            100..103 => Some(PoorHere),
            120.. => None,
            _ => Some(Good),
        };
        if let Some(Note::GoesOn(it)) = calls.at(second * 1_000).tell(quality(1)) {
            noted.push((it.poor_ms, it.poor_here_ms));
        }
    }
    assert_eq!(noted, [(16_000, 6_000), (19_000, 9_000)], "as it goes on");
    let over = over(calls.tell(ended(1, EndCause::Local)));
    assert_eq!((over.poor_ms, over.poor_here_ms), (19_000, 9_000));
    assert_eq!(over.answered_after_ms, Some(1_000));
}

#[test]
fn calls_that_are_not_known_leave_nothing() {
    let mut calls = Calls::default();
    for event in [
        answered(7),
        connected(7),
        quality(7),
        ended(7, EndCause::Local),
        Event::LinkUp,
    ] {
        assert_eq!(calls.tell(event.clone()), None, "{event:?}");
    }
}

#[test]
fn an_end_that_was_not_heard_has_no_cause() {
    let mut calls = Calls::default();
    calls.tell(dialing(1, "700202"));
    calls.tell(dialing(2, "700203"));
    calls.tell(answered(2));
    calls.tell(connected(2));
    let notes = calls
        .ledger
        .end_all_but(1, &[CallId(1)], Duration::from_secs(5));
    let ended = notes.into_iter().map(|it| over(Some(it)));
    let ended = ended
        .map(|it| (it.number, it.talked_ms, it.cause))
        .collect::<Vec<_>>();
    assert_eq!(ended, [("700203".to_owned(), Some(5_000), None)]);
    assert_eq!(calls.ledger.open().count(), 1);
}

#[test]
fn calls_of_two_engines_are_told_apart() {
    let mut calls = Calls::default();
    calls.tell(dialing(1, "700202"));
    let other = stamped(Duration::ZERO, dialing(1, "700203"));
    calls.ledger.take(2, &other, |_| None);
    assert!(calls.ledger.end_all_but(3, &[], Duration::ZERO).is_empty());
    let ended = calls.ledger.end_all_but(1, &[], Duration::ZERO);
    assert_eq!(over(ended.into_iter().next()).number, "700202");
    assert_eq!(calls.ledger.open().next().unwrap().number, "700203");
}

#[test]
fn texts_without_end_are_cut() {
    let long = "ü".repeat(10_000);
    let mut calls = Calls::default();
    calls.tell(incoming(1, &long, Some(&long)));
    let cause = EndCause::Refused {
        status: 603,
        reason: long,
    };
    let over = over(calls.tell(ended(1, cause)));
    let cut = "ü".repeat(256);
    assert_eq!(over.number, cut);
    assert_eq!(over.display_name.as_ref(), Some(&cut));
    let cause = EndCause::Refused {
        status: 603,
        reason: cut,
    };
    assert_eq!(over.cause, Some(cause));
}

/// A ledger and the time that passes for it.
struct Calls {
    ledger: Ledger,
    now: Duration,
    sounds: Option<CallQuality>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            ledger: Ledger::new(0),
            now: Duration::ZERO,
            sounds: None,
        }
    }
}

impl Calls {
    fn at(&mut self, ms: u64) -> &mut Self {
        self.now = Duration::from_millis(ms);
        self
    }

    fn tell(&mut self, event: Event) -> Option<Note> {
        let stamped = stamped(self.now, event);
        self.ledger.take(1, &stamped, |_| self.sounds)
    }
}

fn over(note: Option<Note>) -> HistoryEntry {
    match note {
        Some(Note::Over(entry)) => entry,
        Some(Note::GoesOn(_)) | None => panic!("{note:?}"),
    }
}

fn quality(call: u32) -> Event {
    Event::MediaQuality {
        call: CallId(call),
        quality: Quality {
            packets_sent: 50,
            packets_received: 50,
            packets_lost: 0,
            packets_late: 0,
            samples_played: 48_000,
            samples_concealed: 0,
            jitter_ms: 0.5,
            playout_delay_ms: 40.0,
            round_trip_ms: None,
            far_loss: None,
            silent_ms: None,
            unheard_ms: None,
            capture_level_dbfs: -20.0,
            playback_level_dbfs: -20.0,
            playback_tone_hz: None,
        },
    }
}

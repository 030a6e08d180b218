//! The rules by which servers share one token: who makes the next one, and when.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::millis;

/// A token lives for 60 minutes; what is left of it covers the order that it was taken for.
pub(super) const USED_FOR: Duration = Duration::from_secs(55 * 60);

/// Ozonetel makes ten tokens in an hour.
const PER_HOUR: usize = 10;

/// After which nothing of a ledger counts any more, unless it has changed.
pub(super) const HOUR: Duration = Duration::from_secs(60 * 60);

/// How long Ozonetel may take to make a token.
pub(super) const MAKE_TIME: Duration = Duration::from_secs(4);

/// For which a server has the making to itself: longer than it takes, and as long as an order may
/// wait for it. A server that dies meanwhile leaves it to the others then.
const MAKING: Duration = Duration::from_secs(5);

/// A time by the clock of whatever keeps the ledger, since a beginning that only that knows.
pub(super) type Moment = Duration;

/// What is known of an account's token.
///
/// ```text
///            begun                 made
///  (none) ----------> making ----------------> current
///     ^                 |  ^                      |
///     +-----------------+  +----------------------+
///       failed, or its       old, or refused
///       maker is silent
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ledger {
    token: Option<Token>,
    /// When the last ones were asked for that were made, or may have been.
    asked_ms: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Token {
    #[serde(rename_all = "camelCase")]
    Making { maker: String, since_ms: u64 },
    #[serde(rename_all = "camelCase")]
    Current { sealed: String, since_ms: u64 },
}

/// What who needs the token is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Take this one, which may be used for so long.
    Use { sealed: String, left: Duration },
    /// Look again soon: another one makes it.
    Wait,
    /// Make one, if this ledger takes the place of the one that was looked at.
    Make(Ledger),
    /// Give up: the hour's tokens are used up.
    GiveUp,
}

impl Ledger {
    /// Returns what `maker` is to do, to whom the token `unusable` is known to be of no use.
    pub(super) fn next(&self, unusable: Option<&str>, maker: &str, now: Moment) -> Next {
        let now_ms = millis(now);
        match &self.token {
            Some(Token::Current { sealed, since_ms }) if unusable != Some(sealed) => {
                let age = Duration::from_millis(now_ms.saturating_sub(*since_ms));
                if let Some(left) = USED_FOR.checked_sub(age).filter(|it| !it.is_zero()) {
                    let sealed = sealed.clone();
                    return Next::Use { sealed, left };
                }
            }
            // Nobody told it that it may.
            Some(Token::Making { maker: it, .. }) if it == maker => {
                return Next::Make(self.clone());
            }
            // A clock that was set back keeps nobody waiting for long.
            Some(Token::Making { since_ms, .. }) if now_ms.abs_diff(*since_ms) < millis(MAKING) => {
                return Next::Wait;
            }
            Some(Token::Current { .. } | Token::Making { .. }) | None => {}
        }
        let is_of_this_hour = |asked: &&u64| now_ms.abs_diff(**asked) < millis(HOUR);
        let mut asked_ms: Vec<u64> = self
            .asked_ms
            .iter()
            .filter(is_of_this_hour)
            .copied()
            .collect();
        if asked_ms.len() >= PER_HOUR {
            return Next::GiveUp;
        }
        asked_ms.push(now_ms);
        let maker = maker.to_owned();
        let token = Some(Token::Making {
            maker,
            since_ms: now_ms,
        });
        Next::Make(Self { token, asked_ms })
    }

    /// Returns the ledger after `maker` has made a token; `None`: another one has begun since.
    pub(super) fn made(&self, maker: &str, sealed: &str) -> Option<Self> {
        let since_ms = self.since_of(maker)?;
        let sealed = sealed.to_owned();
        Some(Self {
            token: Some(Token::Current { sealed, since_ms }),
            asked_ms: self.asked_ms.clone(),
        })
    }

    /// Returns the ledger after `maker` has got no token; `None`: another one has begun since.
    /// `counts`: one may have been made all the same.
    pub(super) fn failed(&self, maker: &str, counts: bool) -> Option<Self> {
        let since_ms = self.since_of(maker)?;
        let mut asked_ms = self.asked_ms.clone();
        if !counts && let Some(place) = asked_ms.iter().position(|it| *it == since_ms) {
            asked_ms.remove(place);
        }
        let token = None;
        Some(Self { token, asked_ms })
    }

    fn since_of(&self, maker: &str) -> Option<u64> {
        match &self.token {
            Some(Token::Making {
                maker: it,
                since_ms,
            }) if it == maker => Some(*since_ms),
            Some(Token::Making { .. } | Token::Current { .. }) | None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const START: Moment = Duration::from_secs(1_700_000_000);

    #[test]
    fn a_token_is_used_until_it_is_old_or_of_no_use() {
        let ledger = with_token(&Ledger::default(), "t1", START);
        let left = |now| match ledger.next(None, "b", now) {
            Next::Use { sealed, left } => {
                assert_eq!(sealed, "t1");
                Some(left)
            }
            Next::Make(_) => None,
            other @ (Next::Wait | Next::GiveUp) => panic!("{other:?}"),
        };
        assert_eq!(left(START), Some(USED_FOR));
        let second = Duration::from_secs(1);
        assert_eq!(left(START + USED_FOR - second), Some(second));
        assert_eq!(left(START + USED_FOR), None);
        // Another store has taken over, whose clock is behind.
        assert_eq!(left(START - HOUR), Some(USED_FOR));
        let refused = |token| ledger.next(Some(token), "b", START);
        assert!(matches!(refused("t1"), Next::Make(_)));
        assert!(matches!(refused("t0"), Next::Use { .. }));
    }

    #[test]
    fn one_makes_it_and_the_others_wait_until_it_is_made_or_its_maker_is_silent() {
        let making = begun(&Ledger::default(), "a", START);
        for clock in [START, START + MAKE_TIME, START - MAKE_TIME] {
            assert_eq!(making.next(None, "b", clock), Next::Wait);
        }
        assert_eq!(making.next(None, "a", START), Next::Make(making.clone()));
        let made = making.made("a", "t1").unwrap();
        assert!(matches!(made.next(None, "b", START), Next::Use { .. }));

        let late = START + MAKING;
        let another = begun(&making, "b", late);
        // Who was taken for dead takes nothing back.
        assert_eq!(another.made("a", "t1"), None);
        assert_eq!(another.failed("a", false), None);
        let made = another.made("b", "t2").unwrap();
        assert!(matches!(made.next(None, "c", late), Next::Use { .. }));
        // A clock that went back by an hour is no reason to wait.
        let next = making.next(None, "b", START - HOUR);
        assert!(matches!(next, Next::Make(_)));
    }

    #[test]
    fn no_more_are_asked_for_than_an_hour_has_whoever_asks() {
        let mut ledger = Ledger::default();
        let at = |n: usize| START + Duration::from_secs(60) * u32::try_from(n).unwrap();
        for n in 0..PER_HOUR {
            let before = format!("t{}", n.wrapping_sub(1));
            let next = ledger.next(Some(&before), "a", at(n));
            let Next::Make(making) = next else {
                panic!("{next:?}");
            };
            ledger = making.made("a", &format!("t{n}")).unwrap();
        }
        let refused = |now| ledger.next(Some("t9"), "b", now);
        assert_eq!(refused(at(PER_HOUR)), Next::GiveUp);
        assert_eq!(
            refused(START + HOUR - Duration::from_millis(1)),
            Next::GiveUp
        );
        assert!(matches!(refused(START + HOUR), Next::Make(_)));
    }

    #[test]
    fn a_try_counts_where_a_token_may_have_been_made() {
        let making = begun(&Ledger::default(), "a", START);
        let failed = |counts| making.failed("a", counts).unwrap();
        assert_eq!(failed(false), Ledger::default());
        assert_eq!(failed(true).asked_ms.len(), 1);
        // The next one tries at once.
        assert!(matches!(failed(true).next(None, "b", START), Next::Make(_)));
    }

    #[test]
    fn a_ledger_comes_back_as_it_was_written() {
        let making = begun(&Ledger::default(), "a", START);
        let made = making.made("a", "t1").unwrap();
        for ledger in [Ledger::default(), making, made] {
            let text = serde_json::to_string(&ledger).unwrap();
            assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
        }
    }

    fn begun(ledger: &Ledger, maker: &str, now: Moment) -> Ledger {
        match ledger.next(None, maker, now) {
            Next::Make(ledger) => ledger,
            other @ (Next::Use { .. } | Next::Wait | Next::GiveUp) => panic!("{other:?}"),
        }
    }

    fn with_token(ledger: &Ledger, sealed: &str, now: Moment) -> Ledger {
        begun(ledger, "a", now).made("a", sealed).unwrap()
    }
}

//! How far the clock of this server is from that of the store: the access tokens of one server are of use
//! at the others only as long as all clocks agree.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::store::Store;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How soon it is looked again where the store did not answer.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Half of what tokens allow: two servers that are as far off in opposite directions still agree.
const TOO_FAR: Duration = Duration::from_secs(30);

/// Looks each minute, tells it in the metrics, and in the log where it is too far.
pub(crate) async fn watch(store: &Store, clock: &Clock, metrics: &Metrics) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_too_far = false;
    loop {
        ticks.tick().await;
        let before = clock.now().wall;
        let Ok(there) = store.time().await else {
            // Why, is told elsewhere.
            ticks.reset_after(TRY_AGAIN);
            continue;
        };
        let skew = skew(before, there, clock.now().wall);
        metrics.clock_skew.set(skew);
        let is_too_far = skew.abs() > TOO_FAR.as_secs_f64();
        if is_too_far && !was_too_far {
            warn!(
                seconds = skew,
                "the clock of Redis is far from the one here: other servers may refuse the tokens of this one"
            );
        } else if was_too_far && !is_too_far {
            info!(seconds = skew, "the clocks agree again");
        }
        was_too_far = is_too_far;
    }
}

/// Returns by how many seconds the clock of the store, read between two looks at the one here, is ahead:
/// none where it may have been either.
fn skew(before: OffsetDateTime, there: OffsetDateTime, after: OffsetDateTime) -> f64 {
    if there < before {
        (there - before).as_seconds_f64()
    } else if there > after {
        (there - after).as_seconds_f64()
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_between_two_looks_is_no_skew() {
        let at = |seconds: i64| {
            OffsetDateTime::UNIX_EPOCH
                + Duration::from_secs(1_000_000)
                + time::Duration::seconds(seconds)
        };
        for (before, there, after, ahead) in [
            (0, 0, 0, 0.0),
            (0, 1, 2, 0.0),
            (0, 2, 1, 1.0),
            (5, 2, 6, -3.0),
            (0, 300, 0, 300.0),
            (0, -300, 0, -300.0),
        ] {
            let found = skew(at(before), at(there), at(after));
            assert!((found - ahead).abs() < 1e-9, "{found} {ahead}");
        }
    }
}

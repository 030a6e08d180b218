//! How a call sounds, in one word.

use crate::{CallQuality, Quality};

/// How many reports of the media, of 1 s each, a word rests on: one burst is not yet a bad line.
const SPAN: usize = 5;

/// The share of samples that were made up, and of packets that the far end did not get, from which
/// it is heard, and from which it disturbs. Opus with its own error correction is scored 3.9 at 5 %
/// and 3.3 at 10 % of random loss (PESQ, ITU-T P.862.2).
const HEARD: f64 = 0.02;
const DISTURBS: f64 = 0.06;

/// The way from mouth to ear, in ms, from which people notice it, and from which they talk into each
/// other (ITU-T G.114).
const LATE: f32 = 250.0;
const TOO_LATE: f32 = 400.0;

/// Less than this, in ms, nobody hears.
const ROUND_TRIP_STEP: f32 = 10.0;

/// The last reports of the media.
#[derive(Debug, Default)]
pub(super) struct Listening {
    /// Counters of at most [`SPAN`] + 1 reports, the oldest first.
    reports: Vec<Quality>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Good,
    Fair,
    Poor,
}

impl Listening {
    pub(super) fn handle_report(&mut self, report: Quality) {
        if self.reports.len() > SPAN {
            self.reports.remove(0);
        }
        self.reports.push(report);
    }

    /// The sound went another way, or was away: what was heard before says nothing.
    pub(super) fn restart(&mut self) {
        self.reports.clear();
    }

    /// Returns how long a packet takes there and back at present, in steps: a view that changes with
    /// each report would tell nobody more.
    pub(super) fn round_trip_ms(&self) -> Option<u32> {
        let round_trip = self.reports.last()?.round_trip_ms?;
        Some((round_trip / ROUND_TRIP_STEP).ceil() as u32 * ROUND_TRIP_STEP as u32)
    }

    /// Returns the word; `None` before there are two reports.
    pub(super) fn quality(&self) -> Option<CallQuality> {
        let (first, last) = match self.reports.as_slice() {
            [first, .., last] => (first, last),
            [] | [_] => return None,
        };
        let played = last.samples_played.saturating_sub(first.samples_played);
        let concealed = last
            .samples_concealed
            .saturating_sub(first.samples_concealed);
        let here = graded(share(concealed, played), HEARD, DISTURBS);
        let there = last
            .far_loss
            .map_or(Grade::Good, |it| graded(f64::from(it), HEARD, DISTURBS));
        let way = last.playout_delay_ms + last.round_trip_ms.unwrap_or_default() / 2.0;
        let delay = if way > TOO_LATE {
            Grade::Poor
        } else if way > LATE {
            Grade::Fair
        } else {
            Grade::Good
        };
        Some(match here.max(there).max(delay) {
            Grade::Good => CallQuality::Good,
            Grade::Fair => CallQuality::Fair,
            Grade::Poor if here.min(there) > Grade::Good => CallQuality::PoorHere,
            Grade::Poor => CallQuality::Poor,
        })
    }
}

fn graded(share: f64, heard: f64, disturbs: f64) -> Grade {
    if share > disturbs {
        Grade::Poor
    } else if share > heard {
        Grade::Fair
    } else {
        Grade::Good
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_after_one_report() {
        let mut listening = Listening::default();
        listening.handle_report(report(1, 0));
        assert_eq!(listening.quality(), None);
    }

    #[test]
    fn made_up_sound_makes_a_call_fair_then_poor() {
        assert_eq!(after(&[0; 6], None, 20.0), Some(CallQuality::Good));
        assert_eq!(after(&[3; 6], None, 20.0), Some(CallQuality::Fair));
        assert_eq!(after(&[8; 6], None, 20.0), Some(CallQuality::Poor));
    }

    #[test]
    fn one_burst_is_forgotten_after_the_span() {
        let mut percent = vec![100];
        percent.extend([0; SPAN + 1]);
        assert_eq!(after(&percent, None, 20.0), Some(CallQuality::Good));
        assert_eq!(after(&percent[..3], None, 20.0), Some(CallQuality::Poor));
    }

    #[test]
    fn loss_in_both_directions_is_the_network_on_this_side() {
        assert_eq!(
            after(&[8; 6], Some(0.08), 20.0),
            Some(CallQuality::PoorHere)
        );
        assert_eq!(after(&[0; 6], Some(0.08), 20.0), Some(CallQuality::Poor));
        assert_eq!(after(&[8; 6], Some(0.0), 20.0), Some(CallQuality::Poor));
    }

    #[test]
    fn delay_alone_makes_a_call_poor() {
        assert_eq!(after(&[0; 6], None, 260.0), Some(CallQuality::Fair));
        assert_eq!(after(&[0; 6], None, 410.0), Some(CallQuality::Poor));
    }

    #[test]
    fn the_way_there_and_back_is_told_in_steps() {
        let mut listening = Listening::default();
        assert_eq!(listening.round_trip_ms(), None);
        for (reported, told) in [
            (None, None),
            (Some(0.4), Some(10)),
            (Some(10.0), Some(10)),
            (Some(10.1), Some(20)),
            (Some(183.0), Some(190)),
        ] {
            listening.handle_report(Quality {
                round_trip_ms: reported,
                ..report(1, 0)
            });
            assert_eq!(listening.round_trip_ms(), told, "{reported:?}");
        }
    }

    #[test]
    fn a_new_way_is_heard_anew() {
        let mut listening = Listening::default();
        listening.handle_report(report(1, 0));
        listening.handle_report(report(2, 48_000));
        listening.restart();
        assert_eq!(listening.quality(), None);
    }

    /// The word after one report a second, of which so many percent were made up.
    fn after(percent: &[u64], far_loss: Option<f32>, delay_ms: f32) -> Option<CallQuality> {
        let mut listening = Listening::default();
        listening.handle_report(report(0, 0));
        let mut concealed = 0;
        for (second, percent) in (1..).zip(percent) {
            concealed += percent * 480;
            listening.handle_report(Quality {
                far_loss,
                playout_delay_ms: delay_ms,
                ..report(second, concealed)
            });
        }
        listening.quality()
    }

    fn report(seconds: u64, concealed: u64) -> Quality {
        Quality {
            samples_played: seconds * 48_000,
            samples_concealed: concealed,
            ..Quality::default()
        }
    }
}

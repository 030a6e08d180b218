use std::time::{Duration, Instant};

use crate::rtp::Received;

/// A packet that its sender calls the first after a pause (RFC 3551 §4.1) ends one if nothing came
/// for longer than this: longer than what holds up a packet on its way.
const PAUSE: Duration = Duration::from_millis(500);

/// For how long no RTP has come from a peer that is to send.
///
/// A peer that suppresses silence rests for as long as nobody speaks there. That it does is known
/// from its first comfort noise or pause on, and says that its silence means nothing.
#[derive(Debug, Default)]
pub(super) struct Silence {
    /// The last packet, or since one may come; `None` while none has to.
    since: Option<Instant>,
    may_rest: bool,
}

impl Silence {
    /// Sets whether packets are `expected` at `now`.
    pub(super) fn expect(&mut self, expected: bool, now: Instant) {
        if expected {
            self.since.get_or_insert(now);
        } else {
            self.since = None;
        }
    }

    /// Takes note of a packet.
    pub(super) fn handle(&mut self, received: &Received, now: Instant) {
        let paused = self
            .since
            .is_some_and(|since| now.saturating_duration_since(since) > PAUSE);
        match received {
            Received::Audio(audio) => {
                let is_next = audio.missing == 0 && !audio.fresh;
                self.may_rest |= paused && audio.marker && is_next;
            }
            Received::Rest => self.may_rest = true,
            Received::Digit(_) | Received::Nothing => {}
        }
        if let Some(since) = &mut self.since {
            *since = now;
        }
    }

    /// Returns whether the peer sends nothing while nothing is said.
    pub(super) fn may_rest(&self) -> bool {
        self.may_rest
    }

    /// Returns for how long nothing has come that had to.
    pub(super) fn length(&self, now: Instant) -> Option<Duration> {
        let since = self.since.filter(|_| !self.may_rest)?;
        Some(now.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Codec;
    use crate::rtp::Audio;

    fn audio(marker: bool, missing: u64, fresh: bool) -> Received {
        Received::Audio(Audio {
            codec: Codec::Pcmu,
            payload: bytes::Bytes::new(),
            samples: 960,
            position: 0,
            arrival: Instant::now(),
            missing,
            marker,
            fresh,
        })
    }

    #[test]
    fn what_has_to_come_is_missed_from_the_first_moment_or_the_last_packet_on() {
        let (start, ms) = (Instant::now(), Duration::from_millis);
        let mut silence = Silence::default();
        assert_eq!(silence.length(start), None);
        silence.expect(true, start);
        silence.expect(true, start + ms(10));
        assert_eq!(silence.length(start + ms(900)), Some(ms(900)));
        silence.handle(&audio(true, 0, true), start + ms(1_000));
        assert_eq!(silence.length(start + ms(1_200)), Some(ms(200)));
        silence.expect(false, start + ms(1_300));
        assert_eq!(silence.length(start + ms(9_000)), None);
        silence.expect(true, start + ms(9_000));
        assert_eq!(silence.length(start + ms(9_100)), Some(ms(100)));
    }

    #[test]
    fn a_peer_that_suppresses_silence_may_rest() {
        for (received, rests) in [
            (Received::Rest, true),
            (audio(true, 0, false), true),
            // Not a pause, but what was lost, held up, or begins anew.
            (audio(true, 1, false), false),
            (audio(false, 0, false), false),
            (audio(true, 0, true), false),
            (Received::Nothing, false),
        ] {
            let start = Instant::now();
            let mut silence = Silence::default();
            silence.expect(true, start);
            let now = start + 2 * PAUSE;
            silence.handle(&received, now);
            assert_eq!(silence.may_rest(), rests, "{received:?}");
            let length = silence.length(now + PAUSE);
            assert_eq!(length.is_none(), rests, "{received:?}");
        }
    }

    #[test]
    fn the_end_of_a_hold_is_no_pause() {
        let start = Instant::now();
        let mut silence = Silence::default();
        silence.expect(false, start);
        let resumed = start + 20 * PAUSE;
        silence.expect(true, resumed);
        silence.handle(&audio(true, 0, false), resumed + PAUSE / 5);
        assert!(!silence.may_rest());
    }
}

use crate::codec::Frame;

/// Keeps what is played below [`Limiter::CEILING`], however many calls and tones meet in it and
/// whatever a peer sends. Without delay: what is too loud is turned down at once, and up again
/// slowly. What is not too loud passes unchanged.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// The highest peak of late, falling.
    peak: f32,
}

/// The peak falls to 1/e within 100 ms: slow enough for a deep voice not to be bent.
const RELEASE: f32 = 0.999_791_7;

impl Limiter {
    /// −1 dBFS: what the filters of a sound card add does not clip.
    pub(crate) const CEILING: f32 = 0.891;

    pub(crate) fn new() -> Self {
        Self { peak: 0.0 }
    }

    pub(crate) fn process(&mut self, frame: &mut Frame) {
        for sample in frame {
            if !sample.is_finite() {
                *sample = 0.0;
            }
            self.peak = sample.abs().max(self.peak * RELEASE);
            if self.peak > Self::CEILING {
                *sample *= Self::CEILING / self.peak;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::FRAME;
    use crate::codec::speech::{frames, speech};

    #[test]
    fn what_is_not_too_loud_passes_unchanged() {
        let mut limiter = Limiter::new();
        for frame in frames(&speech(2, 1)) {
            let frame = frame.map(|s| s.clamp(-Limiter::CEILING, Limiter::CEILING));
            let mut passed = frame;
            limiter.process(&mut passed);
            assert_eq!(passed, frame);
        }
    }

    #[test]
    fn nothing_leaves_it_above_the_ceiling_and_the_wave_keeps_its_shape() {
        let mut limiter = Limiter::new();
        for frame in frames(&speech(2, 2)) {
            let loud = frame.map(|s| 8.0 * s);
            let mut passed = loud;
            limiter.process(&mut passed);
            assert!(
                passed
                    .iter()
                    .all(|s| s.abs() <= Limiter::CEILING * 1.000_01)
            );
            let signs = loud.iter().zip(&passed);
            assert!(signs.clone().all(|(a, b)| a * b >= 0.0));
        }
    }

    #[test]
    fn after_a_burst_the_voice_is_as_loud_as_before_within_half_a_second() {
        let mut limiter = Limiter::new();
        limiter.process(&mut [30.0; FRAME]);
        let mut frame = [0.5; FRAME];
        limiter.process(&mut frame);
        assert!(frame[0] < 0.02, "it is turned down: {}", frame[0]);
        for _ in 0..49 {
            limiter.process(&mut [0.5; FRAME]);
        }
        let mut frame = [0.5; FRAME];
        limiter.process(&mut frame);
        assert_eq!(frame, [0.5; FRAME]);
    }

    #[test]
    fn what_is_no_number_becomes_silence() {
        let mut frame = [f32::NAN; FRAME];
        frame[1] = f32::INFINITY;
        frame[2] = f32::NEG_INFINITY;
        frame[3] = 0.25;
        let mut limiter = Limiter::new();
        limiter.process(&mut frame);
        assert_eq!(frame[..4], [0.0, 0.0, 0.0, 0.25]);
        assert!(frame[4..].iter().all(|s| *s == 0.0));
    }
}

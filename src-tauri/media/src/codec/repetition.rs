/// Concealment for a codec that has none, after ITU-T G.711 Appendix I: the last pitch period is
/// repeated, after 10 ms the last two, after 20 ms the last three, fading to silence. All at 8 kHz.
/// Unlike the appendix nothing is delayed: the joint to what was already played is made by letting
/// the difference between the two decay.
#[derive(Debug)]
pub(super) struct Repetition {
    history: [f32; HISTORY],
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Hearing,
    MakingUp {
        /// The pitch period, in samples.
        period: usize,
        /// Periods in the present turn.
        periods: usize,
        /// Where in the turn the next sample is.
        position: usize,
        /// Samples made up so far.
        made: usize,
        /// What the first sample lacks to continue what was played.
        step: f32,
    },
}

/// G.711 Appendix I §I.2.1: 48.75 ms.
const HISTORY: usize = 390;

/// 200 Hz and 66 Hz (§I.2.2).
const SHORTEST_PERIOD: usize = 40;
const LONGEST_PERIOD: usize = 120;

/// 20 ms are compared to find the pitch (§I.2.2).
const COMPARED: usize = 160;

/// 10 ms at full level, then a linear fade to nothing at 80 ms (§I.2.6 ends at 60 ms with steps of
/// 20 %).
const FADE_FROM: usize = 80;
const FADE_TO: usize = 640;

/// 4 ms of what is made up fade into what is heard again (§I.2.7).
const RETURN: usize = 32;

impl Repetition {
    pub(super) fn new() -> Self {
        Self {
            history: [0.0; HISTORY],
            state: State::Hearing,
        }
    }

    /// Takes sound that was decoded; its start is blended where something was made up before.
    pub(super) fn heard(&mut self, samples: &mut [f32]) {
        if let State::MakingUp { .. } = self.state {
            let blend = RETURN.min(samples.len());
            for (i, sample) in samples[..blend].iter_mut().enumerate() {
                let weight = (i + 1) as f32 / (blend + 1) as f32;
                *sample = *sample * weight + self.next_made_up() * (1.0 - weight);
            }
            self.state = State::Hearing;
        }
        let kept = samples.len().min(HISTORY);
        self.history.rotate_left(kept);
        self.history[HISTORY - kept..].copy_from_slice(&samples[samples.len() - kept..]);
    }

    /// Appends `count` samples in place of missing ones.
    pub(super) fn make_up(&mut self, count: usize, out: &mut Vec<f32>) {
        if self.state == State::Hearing {
            let period = self.pitch();
            let step = self.history[HISTORY - 1] - self.history[HISTORY - 1 - period];
            self.state = State::MakingUp {
                period,
                periods: 1,
                position: 0,
                made: 0,
                step,
            };
        }
        for _ in 0..count {
            let sample = self.next_made_up();
            out.push(sample);
        }
    }

    fn next_made_up(&mut self) -> f32 {
        let State::MakingUp {
            period,
            periods,
            position,
            made,
            step,
        } = &mut self.state
        else {
            return 0.0;
        };
        let turn = *period * *periods;
        let next_periods = match *made {
            ..80 => 1,
            80..160 => 2,
            _ => 3,
        };
        let from_end = turn - *position;
        let mut sample = self.history[HISTORY - from_end];
        // The last quarter of a period blends into what precedes the start of the next turn.
        let blend = *period / 4;
        if from_end <= blend {
            let next_turn = *period * next_periods;
            let before = HISTORY - next_turn - from_end;
            let weight = (blend - from_end + 1) as f32 / (blend + 1) as f32;
            let into = self.history.get(before).copied().unwrap_or(sample);
            sample += (into - sample) * weight;
        }
        if *made < blend {
            sample += *step * (1.0 - *made as f32 / blend as f32);
        }
        let gain = match *made {
            ..FADE_FROM => 1.0,
            made => 1.0 - ((made - FADE_FROM) as f32 / (FADE_TO - FADE_FROM) as f32).min(1.0),
        };
        *position += 1;
        *made += 1;
        if *position == turn {
            *position = 0;
            *periods = next_periods;
        }
        sample * gain
    }

    /// The lag at which the last 20 ms are most alike what was before.
    fn pitch(&self) -> usize {
        let recent = &self.history[HISTORY - COMPARED..];
        let likeness = |lag: usize| {
            let earlier = &self.history[HISTORY - COMPARED - lag..HISTORY - lag];
            let (mut product, mut energy) = (0.0, 1e-6);
            for (a, b) in recent.iter().zip(earlier) {
                product += a * b;
                energy += b * b;
            }
            product / f32::sqrt(energy)
        };
        (SHORTEST_PERIOD..=LONGEST_PERIOD)
            .max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)))
            .expect("the range is not empty")
    }
}

/// Keeps the sound that waits between two clocks at a steady length, by saying how much faster than
/// nominal it has to be taken.
///
/// The length is what a continuous flow would have, so that the size of callbacks does not show in
/// it. A loop of second order follows the drift of the clocks without an error that stays; it is
/// slow, because ears hear a pitch that wobbles long before they hear one that is off.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Of the device, in Hz.
    rate: f64,
    /// How far below the continuous length the real one came, in frames, in seconds that are over
    /// and in this one.
    worst: [f64; WINDOWS],
    worst_now: f64,
    steps: u32,
    /// The shortfall that was heard, in frames, slowly forgotten.
    heard: f64,
    /// In frames; 0 before the first step.
    target: f64,
    /// The length, smoothed, in frames; `None` before there is one.
    length: Option<f64>,
    /// The drift learnt so far, s/s.
    drift: f64,
}

/// Steps are 10 ms.
const STEP: f64 = 0.01;
const STEPS_PER_WINDOW: u32 = 100;
const WINDOWS: usize = 8;

/// What is kept in hand beyond the worst of the last seconds, in seconds: an ordinary thread that
/// is woken on an idle machine is late by less.
const MARGIN: f64 = 0.002;

/// Of a shortfall that was heard, so much is forgotten in a second, in seconds.
const FORGOTTEN: f64 = 0.000_01;

/// So much less may be needed before the target falls, in seconds.
const SLACK: f64 = 0.002;

/// The most that is kept in hand against lateness, in seconds: a machine that stalls for longer is
/// heard.
const LONGEST: f64 = 0.15;

/// The gains of a critically damped loop of 0.15 rad/s: an error of 1 ms costs 0.3 ‰, and 300 ppm
/// of drift never move the length by more than 0.8 ms.
const PROPORTIONAL: f64 = 0.3;
const INTEGRAL: f64 = 0.0225;

/// Smooths over half a second: a callback that comes 1 ms late moves the pace by 3 ppm.
const SMOOTHING: f64 = STEP / 0.5;

/// Three cents of a semitone are heard as out of tune by trained ears; this is less than two.
const LARGEST: f64 = 0.001;

impl Pace {
    pub(crate) fn new(rate: u32) -> Self {
        Self {
            rate: f64::from(rate),
            worst: [0.0; WINDOWS],
            worst_now: 0.0,
            steps: 0,
            heard: 0.0,
            target: 0.0,
            length: None,
            drift: 0.0,
        }
    }

    /// Returns the length to be held, in frames.
    pub(crate) fn target(&self) -> f64 {
        let seen = self.worst.iter().copied().fold(self.worst_now, f64::max);
        let wanted = seen.max(self.heard) + MARGIN * self.rate;
        // A target that moves with each second's chance would move the pitch.
        if (self.target - SLACK * self.rate..=self.target).contains(&wanted) {
            self.target
        } else {
            wanted
        }
    }

    /// Notes that no more than `left` frames were there at the worst moment; below zero, so many
    /// were missing.
    pub(crate) fn saw_left(&mut self, left: f64) {
        if let Some(length) = self.length {
            let shortfall = (length - left).min(LONGEST * self.rate);
            self.worst_now = self.worst_now.max(shortfall);
        }
    }

    /// Notes that something was missing. It is remembered for long: the clocks pass each other once
    /// in a minute or so, and only then does lateness show.
    pub(crate) fn missed(&mut self) {
        self.heard = self.heard.max(self.worst_now);
    }

    /// Notes that `frames` come at once, so that as many may be short just before.
    pub(crate) fn saw_burst(&mut self, frames: f64) {
        self.worst_now = self.worst_now.max(frames);
    }

    /// Takes the length of 10 ms later, in frames, and returns how much faster than nominal the
    /// sound is to be taken: −0.001 to 0.001.
    pub(crate) fn follow(&mut self, length: f64) -> f64 {
        self.steps += 1;
        if self.steps.is_multiple_of(STEPS_PER_WINDOW) {
            self.worst.rotate_right(1);
            self.worst[0] = std::mem::take(&mut self.worst_now);
            self.heard = (self.heard - FORGOTTEN * self.rate).max(0.0);
        }
        self.target = self.target();
        let before = self.length.unwrap_or(length);
        let smooth = before + (length - before) * SMOOTHING;
        self.length = Some(smooth);
        let error = (smooth - self.target) / self.rate;
        let wanted = self.drift + PROPORTIONAL * error;
        let pace = wanted.clamp(-LARGEST, LARGEST);
        // What the limit cuts off must not be learnt as drift.
        if pace == wanted {
            self.drift += INTEGRAL * STEP * error;
        }
        pace
    }

    /// Begins anew with another length, after sound was left out or put in; the drift of the clocks
    /// stays.
    pub(crate) fn settle(&mut self) {
        self.length = None;
    }
}

use super::Country;
use crate::codec::SAMPLES_PER_MS;

/// On and off, over and over or once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cadence {
    pub(super) parts: &'static [Part],
    pub(super) repeats: bool,
}

/// A piece of a cadence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Part {
    /// Samples of 48 kHz.
    pub(super) samples: u32,
    pub(super) pitch: Pitch,
}

/// What sounds, in Hz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pitch {
    Silence,
    One(f32),
    /// As [`Pitch::One`], 10 dB weaker.
    Weak(f32),
    /// Two at once, equally strong.
    Two(f32, f32),
    /// The first, its amplitude swept between full and nothing by the second.
    Modulated(f32, f32),
}

impl Cadence {
    /// Returns its length in samples.
    pub(super) fn samples(&self) -> u32 {
        self.parts.iter().map(|part| part.samples).sum()
    }

    /// Returns the part that sounds `position` samples after the start, and how far into it that
    /// is; `None` when it is over.
    pub(super) fn at(&self, position: u64) -> Option<(Part, u32)> {
        let length = u64::from(self.samples());
        if position >= length && !self.repeats {
            return None;
        }
        let mut left = u32::try_from(position % length).expect("less than a length of 32 bits");
        for part in self.parts {
            if left < part.samples {
                return Some((*part, left));
            }
            left -= part.samples;
        }
        None
    }
}

const fn on(ms: u32, pitch: Pitch) -> Part {
    Part {
        samples: ms * SAMPLES_PER_MS as u32,
        pitch,
    }
}

const fn off(ms: u32) -> Part {
    on(ms, Pitch::Silence)
}

macro_rules! repeated {
    ($($part:expr),+) => {
        Cadence { parts: const { &[$($part),+] }, repeats: true }
    };
}

use Pitch::{Modulated, One, Two, Weak};

// Frequencies and times are those of ITU-T E.180 Supplement 2 (various tones used in national
// networks), as public switches have them (the tone zones of Asterisk and DAHDI); what is taken
// from elsewhere says so.

pub(super) fn ringback(country: Country) -> Cadence {
    match country {
        Country::Australia => repeated![
            on(400, Two(413.0, 438.0)),
            off(200),
            on(400, Two(413.0, 438.0)),
            off(2_000)
        ],
        Country::France => repeated![on(1_500, One(440.0)), off(3_500)],
        Country::Germany | Country::International => repeated![on(1_000, One(425.0)), off(4_000)],
        Country::India => repeated![
            on(400, Modulated(400.0, 25.0)),
            off(200),
            on(400, Modulated(400.0, 25.0)),
            off(2_000)
        ],
        Country::NorthAmerica => repeated![on(2_000, Two(440.0, 480.0)), off(4_000)],
        Country::Philippines => repeated![on(1_000, Two(425.0, 480.0)), off(4_000)],
        Country::Singapore => repeated![
            on(400, Modulated(425.0, 24.0)),
            off(200),
            on(400, Modulated(425.0, 24.0)),
            off(2_000)
        ],
        Country::UnitedArabEmirates | Country::UnitedKingdom => repeated![
            on(400, Two(400.0, 450.0)),
            off(200),
            on(400, Two(400.0, 450.0)),
            off(2_000)
        ],
    }
}

pub(super) fn busy(country: Country) -> Cadence {
    match country {
        Country::Australia => repeated![on(375, One(425.0)), off(375)],
        Country::France => repeated![on(500, One(440.0)), off(500)],
        Country::Germany => repeated![on(480, One(425.0)), off(480)],
        Country::India => repeated![on(750, One(400.0)), off(750)],
        Country::NorthAmerica | Country::Philippines => {
            repeated![on(500, Two(480.0, 620.0)), off(500)]
        }
        Country::Singapore => repeated![on(750, One(425.0)), off(750)],
        Country::UnitedArabEmirates | Country::UnitedKingdom => {
            repeated![on(375, One(400.0)), off(375)]
        }
        Country::International => repeated![on(500, One(425.0)), off(500)],
    }
}

pub(super) fn congestion(country: Country) -> Cadence {
    match country {
        Country::Australia => repeated![
            on(375, One(425.0)),
            off(375),
            on(375, Weak(425.0)),
            off(375)
        ],
        Country::France => repeated![on(250, One(440.0)), off(250)],
        Country::Germany => repeated![on(240, One(425.0)), off(240)],
        Country::India => repeated![on(250, One(400.0)), off(250)],
        Country::NorthAmerica | Country::Philippines => {
            repeated![on(250, Two(480.0, 620.0)), off(250)]
        }
        Country::UnitedArabEmirates | Country::UnitedKingdom => {
            repeated![on(400, One(400.0)), off(350), on(225, One(400.0)), off(525)]
        }
        Country::Singapore | Country::International => repeated![on(250, One(425.0)), off(250)],
    }
}

pub(super) fn call_waiting(country: Country) -> Cadence {
    match country {
        Country::Australia => repeated![
            on(200, One(425.0)),
            off(200),
            on(200, One(425.0)),
            off(4_400)
        ],
        Country::France | Country::NorthAmerica | Country::Philippines => {
            repeated![on(300, One(440.0)), off(10_000)]
        }
        // E.180 leaves the cadence to the countries: the one that most of Europe has.
        Country::Germany | Country::International => repeated![
            on(200, One(425.0)),
            off(200),
            on(200, One(425.0)),
            off(5_000)
        ],
        Country::India => repeated![
            on(200, One(400.0)),
            off(100),
            on(200, One(400.0)),
            off(7_500)
        ],
        Country::Singapore => repeated![
            on(300, Modulated(425.0, 24.0)),
            off(200),
            on(300, Modulated(425.0, 24.0)),
            off(3_200)
        ],
        // The Emirates list none; their other tones are the British ones.
        Country::UnitedArabEmirates | Country::UnitedKingdom => {
            repeated![on(100, One(400.0)), off(4_000)]
        }
    }
}

/// Before a call is answered by itself. High enough to stand out from the tones above, low enough
/// for a narrow headset.
pub(super) const BEEP: Cadence = Cadence {
    parts: &[on(400, One(880.0))],
    repeats: false,
};

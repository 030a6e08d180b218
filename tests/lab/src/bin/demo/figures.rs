use std::{fmt, time::Duration};

use anyhow::Context as _;
use lab::{Alignment, Sound, likeness};

use crate::{phone::Line, speech::Speech};

/// The table at the end: what was measured, and what would have been too much.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

#[derive(Debug)]
struct Figure {
    name: String,
    value: f64,
    limit: Limit,
    unit: Unit,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Unit {
    Milliseconds,
    Percent,
    /// 0 to 1.
    Share,
}

impl Figures {
    pub(crate) fn add(&mut self, name: impl Into<String>, value: f64, unit: Unit, limit: Limit) {
        self.0.push(Figure {
            name: name.into(),
            value,
            limit,
            unit,
        });
    }

    /// Returns what did not hold.
    pub(crate) fn missed(&self) -> Vec<String> {
        self.0
            .iter()
            .filter(|figure| !figure.holds())
            .map(|figure| figure.name.clone())
            .collect()
    }
}

impl Figure {
    fn holds(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::AtLeast(limit) => self.value >= limit,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Milliseconds => "ms",
            Self::Percent => "%",
            Self::Share => "",
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<52} {:>9}     limit", "figure", "value")?;
        for figure in &self.0 {
            let (sign, limit) = match figure.limit {
                Limit::AtMost(limit) => ("≤", limit),
                Limit::AtLeast(limit) => ("≥", limit),
            };
            let places = match figure.unit {
                Unit::Milliseconds => 1,
                Unit::Percent | Unit::Share => 2,
            };
            writeln!(
                f,
                "{:<52} {:>9.places$} {:<2}  {sign} {limit}{}",
                figure.name,
                figure.value,
                figure.unit.to_string(),
                if figure.holds() { "" } else { "  MISSED" },
            )?;
        }
        write!(
            f,
            "likeness: mean correlation of log-mel frames after alignment, 0 to 1; a figure for comparing runs, not a MOS"
        )
    }
}

/// What one side heard of what the other said.
#[derive(Debug)]
pub(crate) struct Hearing {
    /// The median over the speech; negative where the recording began later than the speech.
    pub(crate) delay_ms: f64,
    /// The playout buffer moves between these.
    pub(crate) range_ms: (f64, f64),
    pub(crate) correlation: f32,
    pub(crate) likeness: f32,
    /// Of what was heard.
    pub(crate) level_dbfs: f32,
}

/// The recording may begin this much later than the speech.
const LATE_START: Duration = Duration::from_secs(1);
/// The longest delay that is looked for beyond that.
const LONGEST: Duration = Duration::from_secs(3);

/// Compares a recording with the speech; they may begin up to a second apart.
pub(crate) fn hearing(said: &Speech, recording: &std::path::Path) -> anyhow::Result<Hearing> {
    let mut heard = Sound::read(recording)
        .with_context(|| format!("Cannot read what was heard in {}", recording.display()))?;
    let level_dbfs = heard.level_dbfs();
    let lead = (LATE_START.as_secs_f64() * f64::from(heard.rate)) as usize;
    heard.samples.splice(0..0, std::iter::repeat_n(0.0, lead));
    let found = Alignment::find(&said.sound, &heard, LATE_START + LONGEST)
        .with_context(|| format!("Nothing but silence in {}", recording.display()))?;
    let since_start = |delay: Duration| (delay.as_secs_f64() - LATE_START.as_secs_f64()) * 1000.0;
    let (shortest, longest) = found.range();
    Ok(Hearing {
        delay_ms: since_start(found.median()),
        range_ms: (since_start(shortest), since_start(longest)),
        correlation: found.correlation(),
        likeness: likeness(&said.sound, &found.undone(&heard), Duration::ZERO),
        level_dbfs,
    })
}

/// Returns packets lost, in percent of those expected.
pub(crate) fn loss_percent(quality: &Line) -> f64 {
    let lost = quality.number("packets_lost");
    100.0 * lost / (lost + quality.number("packets_received")).max(1.0)
}

/// Returns samples made up, in percent of those played.
pub(crate) fn concealment_percent(quality: &Line) -> f64 {
    100.0 * quality.number("samples_concealed") / quality.number("samples_played").max(1.0)
}

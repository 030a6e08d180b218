use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::codec::{FRAME, Frame};

/// One second, measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    /// The root mean square against that of a full-scale sine, which has 0 dBFS (AES17); −127 is
    /// digital silence.
    pub(crate) level_dbfs: f32,
    /// The strongest steady tone, 100 to 3800 Hz.
    pub(crate) tone_hz: Option<f32>,
}

/// The level of digital silence, as RFC 6464 has it.
const SILENT_DBFS: f32 = -127.0;

/// 85 ms: bins of 11.7 Hz, short enough that the pitch of speech moves between one and the next.
const WINDOW: usize = 4_096;

const FRAMES_PER_SECOND: usize = 100;

const HZ_PER_BIN: f32 = 48_000.0 / WINDOW as f32;
const LOWEST_HZ: f32 = 100.0;
const HIGHEST_HZ: f32 = 3_800.0;

/// Energy within so many bins of the peak belongs to it: the main lobe of Hann's window.
const LOBE: usize = 2;

/// What must be of the tone in a window, of all its energy. Speech has 0.3 to 0.6 in its strongest
/// partial, moving.
const SHARE: f32 = 0.6;

/// Windows of a second that must agree, and how closely.
const AGREEING: f32 = 0.8;
const AGREEMENT_HZ: f32 = 4.0;

/// Quieter windows have no tone, −70 dBFS.
const AUDIBLE: f32 = 1e-7;

/// Measures level and tone second by second.
pub(crate) struct Meter {
    window: Vec<f32>,
    hann: Vec<f32>,
    fft: Arc<dyn RealToComplex<f32>>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    windowed: Vec<f32>,
    frames: usize,
    energy: f64,
    /// The peak of each window of this second that has one.
    peaks: Vec<f32>,
    windows: usize,
    last: Measure,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter")
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl Meter {
    pub(crate) fn new() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let hann = (0..WINDOW)
            .map(|i| {
                let phase = std::f32::consts::TAU * i as f32 / WINDOW as f32;
                0.5 - 0.5 * phase.cos()
            })
            .collect();
        Self {
            window: Vec::with_capacity(WINDOW + FRAME),
            hann,
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            windowed: fft.make_input_vec(),
            fft,
            frames: 0,
            energy: 0.0,
            peaks: Vec::new(),
            windows: 0,
            last: Measure {
                level_dbfs: SILENT_DBFS,
                tone_hz: None,
            },
        }
    }

    pub(crate) fn push(&mut self, frame: &Frame) {
        self.energy += frame.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        self.window.extend_from_slice(frame);
        if self.window.len() >= WINDOW {
            self.windows += 1;
            let peak = self.peak();
            self.peaks.extend(peak);
            self.window.drain(..WINDOW);
        }
        self.frames += 1;
        if self.frames == FRAMES_PER_SECOND {
            self.last = Measure {
                level_dbfs: dbfs(self.energy / (FRAMES_PER_SECOND * FRAME) as f64),
                tone_hz: self.tone(),
            };
            self.frames = 0;
            self.energy = 0.0;
            self.windows = 0;
            self.peaks.clear();
        }
    }

    /// Returns the measure of the last full second (silence before the first).
    pub(crate) fn measure(&self) -> Measure {
        self.last
    }

    /// Returns the frequency that holds most of the energy of the window, if one does.
    fn peak(&mut self) -> Option<f32> {
        for ((out, sample), weight) in self.windowed.iter_mut().zip(&self.window).zip(&self.hann) {
            *out = sample * weight;
        }
        self.fft
            .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers were made for this transform");
        let power = |bin: usize| self.spectrum[bin].norm_sqr();
        let lowest = (LOWEST_HZ / HZ_PER_BIN) as usize;
        let highest = (HIGHEST_HZ / HZ_PER_BIN) as usize;
        let top = (lowest..=highest).max_by(|a, b| power(*a).total_cmp(&power(*b)))?;
        let total: f32 = self.spectrum.iter().map(Complex::norm_sqr).sum();
        let lobe: f32 = (top - LOBE..=top + LOBE).map(power).sum();
        // Parseval over half a spectrum, with Hann's mean square of 3/8.
        let mean_square = total * 2.0 / (WINDOW * WINDOW) as f32 / 0.375;
        if mean_square < AUDIBLE || lobe < SHARE * total {
            return None;
        }
        // A parabola through the logarithms of the three highest.
        let [left, middle, right] = [top - 1, top, top + 1].map(|bin| power(bin).max(1e-20).ln());
        let offset = 0.5 * (left - right) / (left - 2.0 * middle + right);
        Some((top as f32 + offset) * HZ_PER_BIN)
    }

    /// Returns the tone on which the windows of the second agree.
    fn tone(&mut self) -> Option<f32> {
        self.peaks.sort_by(f32::total_cmp);
        let median = *self.peaks.get(self.peaks.len() / 2)?;
        let agreeing: Vec<f32> = self
            .peaks
            .iter()
            .copied()
            .filter(|peak| (peak - median).abs() <= AGREEMENT_HZ)
            .collect();
        let certain = agreeing.len() as f32 >= AGREEING * self.windows as f32;
        certain.then(|| agreeing.iter().sum::<f32>() / agreeing.len() as f32)
    }
}

fn dbfs(mean_square: f64) -> f32 {
    if mean_square == 0.0 {
        return SILENT_DBFS;
    }
    (10.0 * (2.0 * mean_square).log10()).max(f64::from(SILENT_DBFS)) as f32
}

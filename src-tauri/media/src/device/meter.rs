use crate::codec::Frame;

/// One second, measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    /// dBFS of a full-scale sine being −3.01; −127 is digital silence.
    pub(crate) level_dbfs: f32,
    /// The strongest steady tone, 100 to 3800 Hz.
    pub(crate) tone_hz: Option<f32>,
}

/// Measures level and tone second by second.
#[derive(Debug)]
pub(crate) struct Meter {}

impl Meter {
    pub(crate) fn new() -> Self {
        Self {}
    }

    pub(crate) fn push(&mut self, frame: &Frame) {
        let _ = frame;
        todo!()
    }

    /// Returns the measure of the last full second (silence before the first).
    pub(crate) fn measure(&self) -> Measure {
        todo!()
    }
}

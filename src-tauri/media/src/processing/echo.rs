//! Echo cancellation, in three parts: what can be learnt of the echo is subtracted ([`LinearCanceller`], our own), what
//! is left of it is suppressed by AEC3, in the port of the crate `sonora-aec3`, and what that lets pass is made weaker
//! where nobody else talks ([`Residue`], our own). AEC3 alone learns 52 ms of a room and leaves the rest to its suppressor,
//! which mutes a near end that talks at the same time by 8 dB.

use std::ops::Range;

use sonora_aec3::block::Block;
use sonora_aec3::block_framer::BlockFramer;
use sonora_aec3::block_processor::BlockProcessor;
use sonora_aec3::common::SUB_FRAME_LENGTH;
use sonora_aec3::config::{EchoCanceller3Config, TransparentModeType};
use sonora_aec3::frame_blocker::FrameBlocker;

use super::linear::LinearCanceller;
use super::pipeline::{BANDS, Bands};
use super::residue::Residue;

/// Takes what is played out of what is captured. Each 10 ms: first [`render`](Self::render), then
/// [`cancel`](Self::cancel), then [`suppress`](Self::suppress).
pub(super) struct EchoCanceller {
    linear: LinearCanceller,
    suppressor: BlockProcessor,
    residue: Residue,
    played: Blocks,
    captured: Blocks,
    sent: BlockFramer,
    sub_frame: Vec<Vec<Vec<f32>>>,
}

/// Cuts 10 ms into blocks of 4 ms.
struct Blocks {
    blocker: FrameBlocker,
    block: Block,
}

/// One microphone, one speaker.
const CHANNELS: usize = 1;

/// The halves of 10 ms of a band.
const HALVES: [Range<usize>; 2] = [0..SUB_FRAME_LENGTH, SUB_FRAME_LENGTH..2 * SUB_FRAME_LENGTH];

impl EchoCanceller {
    pub(super) fn new() -> Self {
        Self {
            linear: LinearCanceller::new(),
            suppressor: BlockProcessor::new(&config(), 48_000, CHANNELS, CHANNELS),
            residue: Residue::new(),
            played: Blocks::new(),
            captured: Blocks::new(),
            sent: BlockFramer::new(BANDS, CHANNELS),
            sub_frame: vec![vec![vec![0.0; SUB_FRAME_LENGTH]; CHANNELS]; BANDS],
        }
    }

    /// Takes the 10 ms that the speaker is given.
    pub(super) fn render(&mut self, bands: &Bands) {
        self.linear.render(&bands[0]);
        for half in HALVES {
            self.suppressor.buffer_render(self.played.cut(bands, half));
        }
        if let Some(block) = self.played.rest() {
            self.suppressor.buffer_render(block);
        }
    }

    /// Subtracts from 10 ms of the microphone the echo that is known: below 8 kHz, where voices have their power.
    pub(super) fn cancel(&mut self, bands: &mut Bands) {
        let left = self.linear.capture(&mut bands[0]);
        self.residue.hear(left);
    }

    /// Suppresses the echo that is left in these 10 ms, and delays them by 8 ms. `is_clipped`: they were louder than the
    /// microphone can tell.
    pub(super) fn suppress(&mut self, bands: &mut Bands, is_clipped: bool) {
        for half in HALVES {
            let block = self.captured.cut(bands, half.clone());
            self.suppressor
                .process_capture(false, is_clipped, None, block);
            self.sent
                .insert_block_and_extract_sub_frame(block, &mut self.sub_frame);
            for (band, sent) in bands.iter_mut().zip(&self.sub_frame) {
                band[half.clone()].copy_from_slice(&sent[0]);
            }
        }
        if let Some(block) = self.captured.rest() {
            self.suppressor
                .process_capture(false, is_clipped, None, block);
            self.sent.insert_block(block);
        }
        self.residue.attenuate(bands);
    }
}

impl Blocks {
    fn new() -> Self {
        Self {
            blocker: FrameBlocker::new(BANDS, CHANNELS),
            block: Block::new(BANDS, CHANNELS),
        }
    }

    /// Returns the block that is full with this half of 10 ms.
    fn cut(&mut self, bands: &Bands, half: Range<usize>) -> &mut Block {
        let sub_frame = bands.each_ref().map(|band| vec![&band[half.clone()]]);
        self.blocker
            .insert_sub_frame_and_extract_block(&sub_frame, &mut self.block);
        &mut self.block
    }

    /// Returns a block that is full without more.
    fn rest(&mut self) -> Option<&mut Block> {
        self.blocker.is_block_available().then(|| {
            self.blocker.extract_block(&mut self.block);
            &mut self.block
        })
    }
}

fn config() -> EchoCanceller3Config {
    let mut config = EchoCanceller3Config::default();
    // The other kind takes a headset without any echo for a room, and mutes who talks in it at the same time.
    config.echo_removal_control.transparent_mode = TransparentModeType::Hmm;
    // What is expected before anything is known: not a loudspeaker beside the microphone, or two who greet each other at
    // once would not be heard for the first two seconds. A loud echo is known within one.
    config.ep_strength.default_gain = 0.2;
    config
}

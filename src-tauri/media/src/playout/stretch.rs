//! Shortening and lengthening speech by a pitch period, without changing its pitch
//! (pitch-synchronous overlap-add).

use std::ops::RangeInclusive;

use crate::codec::{FRAME, SAMPLES_PER_MS};

/// 400 Hz to 80 Hz: the pitch of speech. Longer periods are multiples of shorter ones.
const SHORTEST: usize = 5 * SAMPLES_PER_MS / 2;
pub(super) const LONGEST: usize = 25 * SAMPLES_PER_MS / 2;

/// What is needed to shorten sound.
pub(super) const NEEDED: usize = 2 * LONGEST;

/// The search runs at 12 kHz and is refined at 48 kHz.
const COARSE: usize = 4;

/// How alike two periods must be to be laid over one another unheard; less will do where there is
/// hurry.
const ALIKE: f32 = 0.8;
const ALIKE_ENOUGH: f32 = 0.3;

/// −55 dBFS: nobody hears what is done to such a signal.
const QUIET: f32 = 3e-6;

/// How much a change may be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Relaxed,
    Hurried,
}

/// Takes one period, at most `most` samples, out of the start of `sound`; returns how many, 0 where
/// it would be heard or `sound` is shorter than [`NEEDED`].
pub(super) fn shorten(sound: &mut Vec<f32>, most: usize, urgency: Urgency) -> usize {
    let Some(line) = sound.get(..NEEDED) else {
        return 0;
    };
    let Some(period) = period(line, LONGEST, LONGEST.min(most), urgency) else {
        return 0;
    };
    // The first period becomes the second one while it lasts; what follows the second goes on from
    // there.
    for i in 0..period {
        let weight = (i + 1) as f32 / (period + 1) as f32;
        sound[i] += (sound[i + period] - sound[i]) * weight;
    }
    sound.drain(period..2 * period);
    period
}

/// Puts one period, at most `most` samples, before `sound`, which follows `played`; returns how
/// many samples were added, 0 where it would be heard or `sound` is shorter than 10 ms.
pub(super) fn lengthen(
    played: &[f32; LONGEST],
    sound: &mut Vec<f32>,
    most: usize,
    urgency: Urgency,
) -> usize {
    let Some(start) = sound.get(..FRAME) else {
        return 0;
    };
    // Backwards, so that the lag reaches into what was played.
    let mut line = [0.0; FRAME + LONGEST];
    let backwards = start.iter().rev().chain(played.iter().rev());
    for (out, sample) in line.iter_mut().zip(backwards) {
        *out = *sample;
    }
    let longest = LONGEST.min(most).min(FRAME);
    let Some(period) = period(&line, FRAME, longest, urgency) else {
        return 0;
    };
    // It begins as `sound` does, and ends as what was played, which `sound` follows.
    let inserted = sound.len()..sound.len() + period;
    for i in 0..period {
        let weight = (i + 1) as f32 / (period + 1) as f32;
        let (begin, end) = (sound[i], played[LONGEST - period + i]);
        sound.push(begin + (end - begin) * weight);
    }
    sound.rotate_right(inserted.len());
    period
}

/// Finds the lag at which the first `compared` samples of `line` are most alike the line itself.
fn period(line: &[f32], compared: usize, longest: usize, urgency: Urgency) -> Option<usize> {
    if longest < SHORTEST {
        return None;
    }
    let energy = line.iter().map(|s| s * s).sum::<f32>() / line.len() as f32;
    if energy < QUIET {
        return Some(longest);
    }
    let mut coarse = [0.0; NEEDED / COARSE];
    let coarse = &mut coarse[..line.len() / COARSE];
    for (out, samples) in coarse.iter_mut().zip(line.chunks_exact(COARSE)) {
        *out = samples.iter().sum::<f32>();
    }
    let (lag, _) = best(
        coarse,
        compared / COARSE,
        SHORTEST / COARSE..=longest / COARSE,
    )?;
    let lag = lag * COARSE;
    let around = (lag - COARSE).max(SHORTEST)..=(lag + COARSE).min(longest);
    let (lag, likeness) = best(line, compared, around)?;
    let wanted = match urgency {
        Urgency::Relaxed => ALIKE,
        Urgency::Hurried => ALIKE_ENOUGH,
    };
    (likeness >= wanted).then_some(lag)
}

/// The lag with the highest normalised cross-correlation.
fn best(line: &[f32], compared: usize, lags: RangeInclusive<usize>) -> Option<(usize, f32)> {
    let first = &line[..compared];
    let first_energy: f32 = first.iter().map(|s| s * s).sum();
    lags.map(|lag| {
        let (mut product, mut energy) = (0.0, 0.0);
        for (a, b) in first.iter().zip(&line[lag..lag + compared]) {
            product += a * b;
            energy += b * b;
        }
        (lag, product / f32::sqrt(energy * first_energy).max(1e-9))
    })
    .max_by(|a, b| a.1.total_cmp(&b.1))
}

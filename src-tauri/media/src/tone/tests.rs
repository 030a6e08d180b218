#![allow(clippy::unwrap_used, reason = "tests")]

use realfft::RealFftPlanner;

use super::{Country, Sounding, Tone, ring};
use crate::codec::FRAME;

const COUNTRIES: [Country; 10] = [
    Country::Australia,
    Country::France,
    Country::Germany,
    Country::India,
    Country::NorthAmerica,
    Country::Philippines,
    Country::Singapore,
    Country::UnitedArabEmirates,
    Country::UnitedKingdom,
    Country::International,
];

const PROGRESS: [Tone; 4] = [
    Tone::Ringback,
    Tone::Busy,
    Tone::Congestion,
    Tone::CallWaiting,
];

/// `f+f` sounds together, `f*f` is modulated, `0` is silence; milliseconds after the stroke.
#[test]
fn every_country_has_its_frequencies_and_cadence_to_the_millisecond() {
    use Country::*;
    use Tone::*;
    for (country, tone, expected) in [
        (Australia, Ringback, "413+438/400 0/200 413+438/400 0/2000"),
        (Australia, Busy, "425/375 0/375"),
        (Australia, Congestion, "425/375 0/375 425/375 0/375"),
        (Australia, CallWaiting, "425/200 0/200 425/200 0/4400"),
        (France, Ringback, "440/1500 0/3500"),
        (France, Busy, "440/500 0/500"),
        (France, Congestion, "440/250 0/250"),
        (France, CallWaiting, "440/300 0/10000"),
        (Germany, Ringback, "425/1000 0/4000"),
        (Germany, Busy, "425/480 0/480"),
        (Germany, Congestion, "425/240 0/240"),
        (Germany, CallWaiting, "425/200 0/200 425/200 0/5000"),
        (India, Ringback, "400*25/400 0/200 400*25/400 0/2000"),
        (India, Busy, "400/750 0/750"),
        (India, Congestion, "400/250 0/250"),
        (India, CallWaiting, "400/200 0/100 400/200 0/7500"),
        (NorthAmerica, Ringback, "440+480/2000 0/4000"),
        (NorthAmerica, Busy, "480+620/500 0/500"),
        (NorthAmerica, Congestion, "480+620/250 0/250"),
        (NorthAmerica, CallWaiting, "440/300 0/10000"),
        (Philippines, Ringback, "425+480/1000 0/4000"),
        (Philippines, Busy, "480+620/500 0/500"),
        (Philippines, Congestion, "480+620/250 0/250"),
        (Philippines, CallWaiting, "440/300 0/10000"),
        (Singapore, Ringback, "425*24/400 0/200 425*24/400 0/2000"),
        (Singapore, Busy, "425/750 0/750"),
        (Singapore, Congestion, "425/250 0/250"),
        (Singapore, CallWaiting, "425*24/300 0/200 425*24/300 0/3200"),
        (
            UnitedArabEmirates,
            Ringback,
            "400+450/400 0/200 400+450/400 0/2000",
        ),
        (UnitedArabEmirates, Busy, "400/375 0/375"),
        (
            UnitedArabEmirates,
            Congestion,
            "400/400 0/350 400/225 0/525",
        ),
        (UnitedArabEmirates, CallWaiting, "400/100 0/4000"),
        (
            UnitedKingdom,
            Ringback,
            "400+450/400 0/200 400+450/400 0/2000",
        ),
        (UnitedKingdom, Busy, "400/375 0/375"),
        (UnitedKingdom, Congestion, "400/400 0/350 400/225 0/525"),
        (UnitedKingdom, CallWaiting, "400/100 0/4000"),
        (International, Ringback, "425/1000 0/4000"),
        (International, Busy, "425/500 0/500"),
        (International, Congestion, "425/250 0/250"),
        (International, CallWaiting, "425/200 0/200 425/200 0/5000"),
    ] {
        let parts: Vec<(Vec<f32>, usize)> = expected.split(' ').map(part).collect();
        let length: usize = parts.iter().map(|(_, samples)| samples).sum();
        // Twice, so that the second time begins where it should.
        let sound = listen(tone, country, 2 * length);
        let mut at = 0;
        for (hz, samples) in parts.iter().chain(&parts) {
            let piece = &sound[at..at + samples];
            let what = format!("{country:?} {tone:?} at {} ms", at / 48);
            match hz.as_slice() {
                [] => assert!(piece.iter().all(|s| *s == 0.0), "{what}"),
                hz => {
                    // To the sample: it begins at its zero and sounds at once, to its end.
                    let span = 2 * 48;
                    assert_eq!(piece[0], 0.0, "{what}");
                    assert!(piece[..span].iter().any(|s| s.abs() > 1e-4), "{what}");
                    let end = &piece[samples - span..];
                    assert!(end.iter().any(|s| s.abs() > 1e-4), "{what}");
                    assert_eq!(&peaks(piece), hz, "{what}");
                }
            }
            at += samples;
        }
    }
}

#[test]
fn progress_tones_have_the_level_of_e_180_and_call_waiting_is_softer() {
    for country in COUNTRIES {
        for tone in PROGRESS {
            let sound = listen(tone, country, 100 * 48);
            // The middle of the first burst, two periods of the slowest modulation.
            let piece = &sound[10 * 48..95 * 48];
            let level = dbfs(piece);
            let expected = if tone == Tone::CallWaiting {
                -25.1
            } else {
                -13.1
            };
            // Modulation from nothing to full takes 4.3 dB.
            let modulated = matches!(country, Country::India | Country::Singapore);
            let below = if modulated { 5.0 } else { 0.7 };
            assert!(
                (expected - below..expected + 0.7).contains(&level),
                "{country:?} {tone:?}: {level}"
            );
        }
    }
}

#[test]
fn the_second_burst_of_australian_congestion_is_10_db_weaker() {
    let sound = listen(Tone::Congestion, Country::Australia, 1_500 * 48);
    let burst = |ms: usize| dbfs(&sound[(ms + 10) * 48..(ms + 360) * 48]);
    assert!((burst(0) - burst(750) - 10.0).abs() < 0.1);
}

#[test]
fn no_edge_clicks() {
    let tones = PROGRESS.into_iter().chain([Tone::Ring, Tone::Beep]);
    for tone in tones {
        for country in COUNTRIES {
            let sound = listen(tone, country, 3_000 * 48);
            let steepest = steepest(&sound);
            // A sine of 620 Hz at the level of a tone rises by 0.018 from sample to sample, the
            // overtones of the ring by 0.07.
            let allowed = if tone == Tone::Ring { 0.08 } else { 0.03 };
            assert!(steepest < allowed, "{tone:?} {country:?}: {steepest}");
        }
    }
}

#[test]
fn a_tone_that_is_stopped_in_the_middle_fades_without_a_click() {
    // At every place of a period of the sine.
    for frames in 3..40 {
        let mut sounding = Sounding::new(Tone::Busy, Country::International);
        let mut sound = Vec::new();
        for _ in 0..frames {
            sound.extend(sounding.pull());
        }
        sounding.stop();
        assert!(!sounding.is_over());
        sound.extend(sounding.pull());
        assert!(sounding.is_over());
        sound.extend(sounding.pull());
        assert!(steepest(&sound) < 0.03);
        let silent = &sound[frames * FRAME + 5 * 48..];
        assert!(silent.iter().all(|s| *s == 0.0));
    }
}

#[test]
fn the_beep_is_400_ms_of_880_hz_once() {
    let mut sounding = Sounding::new(Tone::Beep, Country::India);
    let mut sound = Vec::new();
    while !sounding.is_over() {
        sound.extend(sounding.pull());
    }
    assert_eq!(sound.len(), 400 * 48);
    assert_eq!(peaks(&sound), [880.0]);
    assert!(sounding.pull().iter().all(|s| *s == 0.0));
    sounding.stop();
    assert!(sounding.is_over());
}

#[test]
fn a_tone_begins_anew_at_its_beginning() {
    let first = listen(Tone::Ringback, Country::India, 400 * 48);
    assert_eq!(first, listen(Tone::Ringback, Country::India, 400 * 48));
}

#[test]
fn an_hour_of_a_cadence_has_not_drifted_by_a_sample() {
    let mut sounding = Sounding::new(Tone::Busy, Country::International);
    let first: Vec<f32> = (0..100).flat_map(|_| sounding.pull()).collect();
    for _ in 0..3_599 {
        for _ in 0..99 {
            sounding.pull();
        }
        assert_eq!(sounding.pull()[..], first[99 * FRAME..]);
    }
    let last: Vec<f32> = (0..100).flat_map(|_| sounding.pull()).collect();
    assert_eq!(last, first);
}

#[test]
fn the_ring_is_a_rising_chord_twice_in_three_seconds_and_never_clips() {
    let sound = listen(Tone::Ring, Country::India, 2 * ring::PERIOD as usize);
    let (first, second) = sound.split_at(ring::PERIOD as usize);
    assert_eq!(first, second);
    assert!(first.iter().all(|s| s.abs() < 0.708), "below -3 dBFS");
    for start in [0, 800] {
        for (note, hz) in [(0, 523.25), (1, 659.26), (2, 783.99)] {
            let begins = (start + note * 130) * 48;
            let strongest = strongest(&first[begins..begins + 130 * 48]);
            assert!((strongest - hz).abs() < 8.0, "{start} {note}: {strongest}");
        }
    }
    // 800 + 2 * 130 + 700.
    assert!(first[1_760 * 48..].iter().all(|s| *s == 0.0));
    assert!(dbfs(&first[..1_760 * 48]) > -22.0, "it is heard");
}

#[test]
fn countries_are_found_by_their_code() {
    assert_eq!(Country::of("in"), Country::India);
    assert_eq!(Country::of("US"), Country::of("ca"));
    assert_eq!(Country::of("GB"), Country::UnitedKingdom);
    assert_eq!(Country::of("zz"), Country::International);
    assert_eq!(Country::of(""), Country::International);
}

/// The frequencies and samples of `f+f/ms`.
fn part(text: &str) -> (Vec<f32>, usize) {
    let (pitch, ms) = text.split_once('/').unwrap();
    let hz: Vec<f32> = if pitch == "0" {
        Vec::new()
    } else if let Some((carrier, by)) = pitch.split_once('*') {
        let (carrier, by): (f32, f32) = (carrier.parse().unwrap(), by.parse().unwrap());
        // What amplitude modulation is in the spectrum: the carrier between two side bands.
        vec![carrier - by, carrier, carrier + by]
    } else {
        pitch.split('+').map(|hz| hz.parse().unwrap()).collect()
    };
    (hz, ms.parse::<usize>().unwrap() * 48)
}

fn listen(tone: Tone, country: Country, samples: usize) -> Vec<f32> {
    let mut sounding = Sounding::new(tone, country);
    let mut sound: Vec<f32> = (0..samples.div_ceil(FRAME))
        .flat_map(|_| sounding.pull())
        .collect();
    sound.truncate(samples);
    sound
}

fn steepest(sound: &[f32]) -> f32 {
    sound
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .fold(0.0, f32::max)
}

fn dbfs(sound: &[f32]) -> f32 {
    let mean = sound.iter().map(|s| s * s).sum::<f32>() / sound.len() as f32;
    10.0 * (2.0 * mean).log10()
}

/// Bins of 1 Hz.
const POINTS: usize = 48_000;

fn spectrum(sound: &[f32]) -> Vec<f32> {
    let fft = RealFftPlanner::new().plan_fft_forward(POINTS);
    let mut input = fft.make_input_vec();
    let used = sound.len().min(POINTS);
    for (i, (place, sample)) in input.iter_mut().zip(sound).enumerate() {
        let phase = std::f32::consts::TAU * i as f32 / used as f32;
        *place = sample * (0.5 - 0.5 * phase.cos());
    }
    let mut output = fft.make_output_vec();
    fft.process(&mut input, &mut output).unwrap();
    output.iter().map(|bin| bin.norm()).collect()
}

fn strongest(sound: &[f32]) -> f32 {
    let spectrum = spectrum(sound);
    let loudest = spectrum
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1));
    loudest.unwrap().0 as f32
}

/// The frequencies in a sound, to 1 Hz: the maxima above a fifth of the highest.
fn peaks(sound: &[f32]) -> Vec<f32> {
    let spectrum = spectrum(sound);
    let highest = spectrum.iter().copied().fold(0.0, f32::max);
    (1..spectrum.len() - 1)
        .filter(|bin| {
            let here = spectrum[*bin];
            here > highest / 5.0 && here >= spectrum[bin - 1] && here > spectrum[bin + 1]
        })
        .map(|bin| bin as f32)
        .collect()
}

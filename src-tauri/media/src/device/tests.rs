#![allow(clippy::unwrap_used, reason = "tests")]

use std::f32::consts::TAU;
use std::fs;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use tempfile::TempDir;

use super::meter::Measure;
use super::*;
use crate::codec::speech::{frames, speech};
use crate::codec::{FRAME, Frame, SILENCE};

#[test]
fn a_stereo_file_of_44100_hz_is_brought_to_48000_hz_mono() {
    let folder = TempDir::new().unwrap();
    // 1 kHz on the left, silence on the right: half of it when mixed.
    let path = write(
        &folder,
        spec(2, 44_100, 16, SampleFormat::Int),
        44_100,
        |i, channel| {
            if channel == 0 {
                0.5 * sine(1_000.0, 44_100.0, i)
            } else {
                0.0
            }
        },
    );
    let measure = listen(&path, 100);
    assert!(
        (measure.tone_hz.unwrap() - 1_000.0).abs() < 1.0,
        "{measure:?}"
    );
    assert!((measure.level_dbfs - -12.04).abs() < 0.2, "{measure:?}");
}

#[test]
fn every_width_and_rate_is_read() {
    let folder = TempDir::new().unwrap();
    for (rate, bits, format) in [
        (8_000, 8, SampleFormat::Int),
        (8_000, 16, SampleFormat::Int),
        (11_025, 16, SampleFormat::Int),
        (16_000, 24, SampleFormat::Int),
        (22_050, 32, SampleFormat::Int),
        (48_000, 16, SampleFormat::Int),
        (96_000, 24, SampleFormat::Int),
        (192_000, 32, SampleFormat::Float),
    ] {
        let path = write(
            &folder,
            spec(1, rate, bits, format),
            rate as usize,
            |i, _| 0.5 * sine(440.0, rate as f32, i),
        );
        let measure = listen(&path, 100);
        let hz = measure.tone_hz.unwrap();
        assert!((hz - 440.0).abs() < 1.0, "{rate} Hz, {bits} bit: {hz}");
        assert!(
            (measure.level_dbfs - -6.02).abs() < 0.2,
            "{rate} Hz, {bits} bit: {measure:?}"
        );
    }
}

#[test]
fn a_recording_is_played_once_and_silence_follows() {
    let folder = TempDir::new().unwrap();
    let path = write(
        &folder,
        spec(1, 48_000, 16, SampleFormat::Int),
        700,
        |_, _| 0.25,
    );
    let mut source = Source::recording(Recording::load(&path).unwrap());
    let sounds = |s: &[f32]| s.iter().all(|s| (s - 0.25).abs() < 1e-3);
    assert!(sounds(&source.pull()));
    let second = source.pull();
    assert!(sounds(&second[..220]));
    assert!(second[220..].iter().all(|s| *s == 0.0));
    assert_eq!(source.pull(), SILENCE);
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_what_is_wrong() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("empty.wav"), b"").unwrap();
    fs::write(at("text.wav"), b"<html>Not found</html>").unwrap();
    fs::write(at("short.wav"), b"RIFF").unwrap();
    let no_samples = write(&folder, spec(1, 8_000, 16, SampleFormat::Int), 0, |_, _| {
        0.0
    });
    fs::rename(no_samples, at("nothing.wav")).unwrap();
    let rate = write(
        &folder,
        spec(1, 4_000, 16, SampleFormat::Int),
        10,
        |_, _| 0.0,
    );
    fs::rename(rate, at("rate.wav")).unwrap();
    let channels = write(
        &folder,
        spec(6, 48_000, 16, SampleFormat::Int),
        10,
        |_, _| 0.0,
    );
    fs::rename(channels, at("surround.wav")).unwrap();
    let long = write(
        &folder,
        spec(1, 8_000, 8, SampleFormat::Int),
        601 * 8_000,
        |_, _| 0.0,
    );
    fs::rename(long, at("long.wav")).unwrap();
    let whole = write(
        &folder,
        spec(1, 8_000, 16, SampleFormat::Int),
        8_000,
        |_, _| 0.0,
    );
    let bytes = fs::read(whole).unwrap();
    fs::write(at("cut.wav"), &bytes[..9_000]).unwrap();
    let mut streamed = bytes.clone();
    // The length of the data as espeak-ng and ffmpeg write it where they cannot go back to it.
    streamed[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
    fs::write(at("streamed.wav"), &streamed).unwrap();
    let mut wide = bytes[..20].to_vec();
    wide[16..20].copy_from_slice(&40_u32.to_le_bytes());
    // WAVE_FORMAT_EXTENSIBLE, one channel of 8 kHz, 16 bit, of which 65 535 are said to be valid.
    wide.extend([
        0xfe, 0xff, 1, 0, 0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0,
    ]);
    wide.extend([22, 0, 0xff, 0xff, 4, 0, 0, 0]);
    wide.extend(*b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    wide.extend(&bytes[36..]);
    fs::write(at("wide.wav"), &wide).unwrap();
    fs::create_dir(at("folder.wav")).unwrap();
    for (name, what) in [
        ("empty.wav", "is empty"),
        ("text.wav", "is not a WAV file"),
        ("short.wav", "is cut off"),
        ("nothing.wav", "is empty: it has no samples"),
        ("rate.wav", "has a sample rate of 4000 Hz"),
        ("surround.wav", "has 6 channels"),
        ("long.wav", "is longer than 10 minutes"),
        ("cut.wav", "is cut off"),
        ("streamed.wav", "is cut off"),
        ("wide.wav", "is a WAV file of an unsupported encoding"),
        ("folder.wav", "is a folder"),
        ("absent.wav", "cannot be read"),
    ] {
        let error = Recording::load(&at(name)).unwrap_err().to_string();
        assert!(
            error.contains(name) && error.contains(what),
            "{name}: {error}"
        );
    }
}

#[test]
fn any_cut_of_a_wav_file_is_an_error_or_a_recording() {
    let folder = TempDir::new().unwrap();
    let whole = write(
        &folder,
        spec(2, 22_050, 24, SampleFormat::Int),
        50,
        |i, _| sine(440.0, 22_050.0, i),
    );
    let bytes = fs::read(whole).unwrap();
    let path = folder.path().join("part.wav");
    let errors = (0..bytes.len())
        .filter(|len| {
            fs::write(&path, &bytes[..*len]).unwrap();
            Recording::load(&path).is_err()
        })
        .count();
    assert_eq!(errors, bytes.len());
}

#[test]
fn no_header_makes_it_panic() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("changed.wav");
    for (channels, bits, format) in [
        (1, 16, SampleFormat::Int),
        (2, 24, SampleFormat::Int),
        (1, 32, SampleFormat::Float),
    ] {
        let whole = write(&folder, spec(channels, 8_000, bits, format), 20, |_, _| 0.5);
        let bytes = fs::read(whole).unwrap();
        for at in 0..bytes.len().min(72) {
            for value in [0, 1, 2, 3, 16, 24, 40, 0x7f, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                fs::write(&path, &bytes).unwrap();
                if let Ok(recording) = Recording::load(&path) {
                    let frame = Source::recording(recording).pull();
                    assert!(frame.iter().all(|sample| sample.abs() <= 1.5), "{at}");
                }
            }
        }
    }
}

#[test]
fn a_sink_is_a_whole_wav_file_every_second_and_at_its_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("out.wav");
    let mut sink = Sink::wav(&path).unwrap();
    assert_eq!(WavReader::open(&path).unwrap().duration(), 0);
    for _ in 0..250 {
        sink.write(&[0.5; FRAME]).unwrap();
    }
    assert_eq!(WavReader::open(&path).unwrap().duration(), 96_000);
    sink.close().unwrap();
    sink.close().unwrap();
    let mut reader = WavReader::open(&path).unwrap();
    assert_eq!(reader.spec(), spec(1, 48_000, 16, SampleFormat::Int));
    assert_eq!(reader.duration(), 120_000);
    assert!(reader.samples::<i16>().all(|s| s.unwrap() == 16_384));
}

#[test]
fn a_sink_that_cannot_be_written_is_an_error_that_names_it() {
    let folder = TempDir::new().unwrap();
    let error = Sink::wav(&folder.path().join("absent/out.wav")).unwrap_err();
    assert!(
        error.to_string().contains("out.wav cannot be written"),
        "{error}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_once_and_never_a_panic() {
    let mut sink = Sink::wav(Path::new("/dev/full"));
    // A device has no length to go back to, or it is full at the header: an error either way.
    let mut errors = usize::from(sink.is_err());
    if let Ok(sink) = &mut sink {
        errors += (0..300).filter(|_| sink.write(&SILENCE).is_err()).count();
        errors += usize::from(sink.close().is_err());
    }
    assert_eq!(errors, 1);
}

#[test]
fn the_tone_has_the_level_and_frequency_it_is_asked_for() {
    for hz in [100.0, 440.0, 1_000.0, 1_004.0, 2_345.6, 3_800.0] {
        let mut source = Source::tone(hz);
        let measure = measured((0..100).map(|_| source.pull()));
        assert!(
            (measure.tone_hz.unwrap() - hz).abs() < 1.0,
            "{hz}: {measure:?}"
        );
        assert!(
            (measure.level_dbfs - -15.0).abs() < 0.05,
            "{hz}: {measure:?}"
        );
    }
}

#[test]
fn speech_is_no_tone() {
    for seed in 0..20 {
        let mut meter = Meter::new();
        for (i, frame) in frames(&speech(10, seed)).enumerate() {
            meter.push(&frame);
            if i % 100 == 99 {
                assert_eq!(
                    meter.measure().tone_hz,
                    None,
                    "seed {seed}, second {}",
                    i / 100
                );
            }
        }
    }
}

#[test]
fn a_tone_over_noise_is_found() {
    let noise = speech(1, 1);
    let tone = (0..100).map(|n| {
        std::array::from_fn(|i| {
            0.2 * sine(800.0, 48_000.0, n * FRAME + i) + 0.1 * noise[n * FRAME + i]
        })
    });
    assert!((measured(tone).tone_hz.unwrap() - 800.0).abs() < 2.0);
}

#[test]
fn silence_is_minus_127_without_a_tone() {
    let measure = measured((0..100).map(|_| SILENCE));
    assert_eq!(
        measure,
        Measure {
            level_dbfs: -127.0,
            tone_hz: None
        }
    );
    assert_eq!(Source::Silence.pull(), SILENCE);
}

fn measured(frames: impl Iterator<Item = Frame>) -> Measure {
    let mut meter = Meter::new();
    for frame in frames {
        meter.push(&frame);
    }
    meter.measure()
}

fn listen(path: &Path, frames: usize) -> Measure {
    let mut source = Source::recording(Recording::load(path).unwrap());
    measured((0..frames).map(|_| source.pull()))
}

fn sine(hz: f32, rate: f32, i: usize) -> f32 {
    (TAU * (hz * i as f32 / rate % 1.0)).sin()
}

fn spec(
    channels: u16,
    sample_rate: u32,
    bits_per_sample: u16,
    sample_format: SampleFormat,
) -> WavSpec {
    WavSpec {
        channels,
        sample_rate,
        bits_per_sample,
        sample_format,
    }
}

fn write(
    folder: &TempDir,
    spec: WavSpec,
    frames: usize,
    sample: impl Fn(usize, u16) -> f32,
) -> PathBuf {
    let path = folder.path().join("in.wav");
    let mut writer = WavWriter::create(&path, spec).unwrap();
    for i in 0..frames {
        for channel in 0..spec.channels {
            let sample = sample(i, channel);
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let full_scale = ((1_u64 << (spec.bits_per_sample - 1)) - 1) as f32;
                    writer.write_sample((sample * full_scale) as i32).unwrap();
                }
            }
        }
    }
    writer.finalize().unwrap();
    path
}

use std::path::Path;

use crate::common::{Call, SESSION, Side, in_time, is_near};
use media::{Capture, Command, Config, Media, News, PacketTime, Playback};

const RATE: u32 = 48_000;
const SECONDS: u32 = 3;

/// Something like speech: syllables of harmonics, 4 in a second, each with a pitch of its own.
fn write_speech(path: &Path) -> Vec<f32> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let samples: Vec<f32> = (0..RATE * SECONDS)
        .map(|n| {
            let time = n as f32 / RATE as f32;
            let syllable = (time * 4.0).floor();
            let envelope = (std::f32::consts::PI * (time * 4.0).fract()).sin().powi(2);
            let loudness = 0.4 + 0.6 * (syllable * 0.7).sin().abs();
            let pitch = 110.0 + 13.0 * syllable;
            let voice: f32 = (1..8)
                .map(|k| {
                    let angle = std::f32::consts::TAU * pitch * k as f32 * time;
                    angle.sin() / k as f32
                })
                .sum();
            0.2 * loudness * envelope * voice
        })
        .collect();
    for sample in &samples {
        writer.write_sample((sample * 32_767.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    samples
}

fn read(path: &Path) -> Vec<f32> {
    let mut reader = hound::WavReader::open(path).unwrap();
    assert_eq!(reader.spec().sample_rate, RATE);
    assert_eq!(reader.spec().channels, 1);
    reader
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32_768.0)
        .collect()
}

/// Loudness in steps of 10 ms.
fn envelope(samples: &[f32]) -> Vec<f32> {
    samples
        .chunks(RATE as usize / 100)
        .map(|step| (step.iter().map(|s| s * s).sum::<f32>() / step.len() as f32).sqrt())
        .collect()
}

/// The correlation of `heard` with `said` where it is best, and the delay there in steps of 10 ms.
fn likeness(said: &[f32], heard: &[f32]) -> (f32, usize) {
    let correlation = |delay: usize| {
        let heard = heard.get(delay..delay + said.len())?;
        let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        let (a, b) = (mean(said), mean(heard));
        let sum = |f: &dyn Fn(f32, f32) -> f32| -> f32 {
            said.iter().zip(heard).map(|(x, y)| f(x - a, y - b)).sum()
        };
        Some(sum(&|x, y| x * y) / (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt())
    };
    (0..100)
        .filter_map(|delay| Some((correlation(delay)?, delay)))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap()
}

#[tokio::test]
async fn what_is_said_from_a_file_is_heard_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.wav"), folder.path().join("out.wav"));
    let said = write_speech(&input);
    let caller = Side::new(Capture::Wav { path: input }, Playback::Discard);
    let callee = Side::new(
        Capture::Silence,
        Playback::Wav {
            path: output.clone(),
        },
    );
    in_time(async {
        let mut call = Call::connect(caller, callee).await;
        let long = u64::from(RATE * (SECONDS + 2));
        call.callee
            .quality(|quality| quality.samples_played > long)
            .await;
        let (likeness, _) = likeness(&envelope(&said), &envelope(&read(&output)));
        assert!(likeness > 0.9, "readable while it is written: {likeness}");
        call.close().await;
    })
    .await;
    let (likeness, delay) = likeness(&envelope(&said), &envelope(&read(&output)));
    assert!(likeness > 0.9, "likeness {likeness} after {delay}0 ms");
}

#[tokio::test]
async fn a_recording_that_cannot_be_made_is_told_once_and_the_call_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    std::fs::create_dir(&gone).unwrap();
    let taken = folder.path().join("taken.wav");
    let file = gone.join("out.wav");
    in_time(async {
        let recording = |path: &Path| {
            let playback = Playback::Wav {
                path: path.to_owned(),
            };
            Side::new(Capture::Tone { hz: 440.0 }, playback)
        };
        let (caller, callee) = (recording(&file), recording(&taken));
        // A folder that is removed, and a folder in the place of the file.
        std::fs::remove_dir_all(&gone).unwrap();
        std::fs::remove_file(&taken).unwrap();
        std::fs::create_dir(&taken).unwrap();
        let mut call = Call::connect(caller, callee).await;
        for (side, path) in [(&mut call.caller, &file), (&mut call.callee, &taken)] {
            let reason = side
                .until(|news| match news {
                    News::DeviceFailed { reason, .. } => Some(reason),
                    _ => None,
                })
                .await;
            assert!(reason.contains(path.to_str().unwrap()), "{reason}");
        }
        for side in [&mut call.caller, &mut call.callee] {
            side.quality(|quality| is_near(quality.playback_tone_hz, 440.0))
                .await;
            side.media.send(Command::Close { session: SESSION });
            side.until(|news| match news {
                News::DeviceFailed { .. } | News::Failed { .. } => panic!("{news:?}"),
                News::Closed { .. } => Some(()),
                _ => None,
            })
            .await;
        }
    })
    .await;
}

#[test]
fn a_file_that_cannot_be_used_is_named_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.wav");
    std::fs::write(&garbage, b"RIFF but no more").unwrap();
    let missing = folder.path().join("missing.wav");
    for path in [garbage, missing] {
        let error = Media::start(Config {
            capture: Capture::Wav { path: path.clone() },
            playback: Playback::Discard,
            packet_time: PacketTime::default(),
        })
        .unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
    let nowhere = folder.path().join("no/such/folder/out.wav");
    let error = Media::start(Config {
        capture: Capture::Silence,
        playback: Playback::Wav {
            path: nowhere.clone(),
        },
        packet_time: PacketTime::default(),
    })
    .unwrap_err();
    assert!(
        error.to_string().contains(nowhere.to_str().unwrap()),
        "{error}"
    );
}

#[test]
fn the_last_handle_ends_the_thread_and_the_news() {
    let (media, mut news) = Media::start(Config {
        capture: Capture::Silence,
        playback: Playback::Discard,
        packet_time: PacketTime::default(),
    })
    .unwrap();
    let other = media.clone();
    drop(media);
    assert!(!news.is_closed());
    drop(other);
    assert_eq!(news.blocking_recv(), None);
}

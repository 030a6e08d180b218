//! Chirps into two mouths, and how much later the other's ear hears each.
//!
//! All devices of both parties are channels of one null sink, so that what goes in and what comes out lie in one recording with one
//! clock: the delay of a chirp is the distance of two places in it.

use std::{
    f64::consts::{PI, TAU},
    io::{Read, Write},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use lab::Sound;

use crate::sound_card::SoundCard;

const RATE: usize = 48_000;

/// Ana's mouth, Ravi's mouth, Ana's ear, Ravi's ear.
const CHANNELS: usize = 4;
const CHANNEL_MAP: &str = "--channel-map=front-left,front-right,rear-left,rear-right";
const CARD: &str = "card";

/// 50 ms, from 400 to 3400 Hz: every codec carries that.
const CHIRP: usize = RATE / 20;
const FROM_HZ: f64 = 400.0;
const TO_HZ: f64 = 3_400.0;

/// Of Ana's chirps and of Ravi's: no multiples of a packet, so that chirps begin anywhere in one.
const DISTANCES: [usize; 2] = [RATE * 503 / 1_000, RATE * 461 / 1_000];

/// What is spoken again and again, and how far its last chirp is from its end.
const PATTERN: usize = 10 * RATE;
const LEAST_DISTANCE: usize = RATE / 2;

/// Longer than any delay, shorter than the distances.
const LONGEST: Duration = Duration::from_millis(440);

/// Below this correlation a chirp was not heard.
const HEARD: f32 = 0.5;

/// How long both parties settle down before chirps count.
pub const SETTLING: Duration = Duration::from_secs(4);

/// How long chirps count.
pub const MEASURED: Duration = Duration::from_secs(20);

/// Who has which device: microphone and speaker, by the names that PulseAudio has for them.
#[derive(Debug, Clone, Copy)]
pub struct Desk {
    pub microphone: &'static str,
    pub speaker: &'static str,
}

pub const ANA: Desk = Desk {
    microphone: "ana_mouth",
    speaker: "ana_ear",
};

pub const RAVI: Desk = Desk {
    microphone: "ravi_mouth",
    speaker: "ravi_ear",
};

/// Makes the devices of both desks.
pub fn plug_in(card: &SoundCard) {
    card.load(&[
        "module-null-sink",
        "sink_name=card",
        "rate=48000",
        "channels=4",
        "channel_map=front-left,front-right,rear-left,rear-right",
        // See `sound_card::Plug`.
        "norewinds=1",
    ]);
    for (desk, mouth, ear) in [
        (ANA, "front-left", "rear-left"),
        (RAVI, "front-right", "rear-right"),
    ] {
        let Desk {
            microphone,
            speaker,
        } = desk;
        let mono = "channels=1 channel_map=mono remix=no";
        let arguments = |kind: &str, name: &str, master: &str, channel: &str| {
            format!(
                "{kind}_name={name} master={master} master_channel_map={channel} {mono} \
                 {kind}_properties=device.description={name}"
            )
        };
        card.load(&[
            "module-remap-source",
            &arguments("source", microphone, "card.monitor", mouth),
        ]);
        card.load(&[
            "module-remap-sink",
            &arguments("sink", speaker, "card", ear),
        ]);
    }
}

/// Chirps that are being played and recorded.
#[derive(Debug)]
pub struct Chirping {
    player: Child,
    recorder: Child,
    recording: ChildStdout,
    bytes: Vec<u8>,
}

/// The delays of one call, in ms, in the order of their chirps, both directions.
#[derive(Debug, Default, Clone)]
pub struct Delays {
    pub heard: Vec<f64>,
    pub spoken: usize,
    /// How much later the last third was heard than the first.
    pub drift: f64,
}

impl Chirping {
    pub fn start() -> Self {
        let stream = |program: &str, device: &str| {
            let mut command = Command::new(program);
            command
                .args(["--raw", "--format=float32le", "--rate=48000"])
                .args(["--channels=4", CHANNEL_MAP, "--no-remix"])
                // More than any party asks for, so that it is theirs what the devices do.
                .args(["--latency-msec=100", "--device", device])
                .stderr(Stdio::null());
            command
        };
        let mut recorder = stream("parec", "card.monitor")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("pulseaudio-utils is installed");
        let mut player = stream("pacat", CARD)
            .arg("--playback")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("pulseaudio-utils is installed");
        let mut input = player.stdin.take().unwrap();
        thread::spawn(move || {
            let bytes: Vec<u8> = spoken().iter().flat_map(|it| it.to_le_bytes()).collect();
            // Once both have spoken, they speak again; it ends with the player.
            while input.write_all(&bytes).is_ok() {}
        });
        let recording = recorder.stdout.take().unwrap();
        Self {
            player,
            recorder,
            recording,
            bytes: Vec::new(),
        }
    }

    /// Lets this time go by.
    pub fn go_on(&mut self, time: Duration) {
        let bytes = (time.as_secs_f64() * RATE as f64) as usize * CHANNELS * size_of::<f32>();
        let start = self.bytes.len();
        self.bytes.resize(start + bytes, 0);
        self.recording.read_exact(&mut self.bytes[start..]).unwrap();
    }

    /// Forgets what was recorded so far.
    pub fn forget(&mut self) {
        self.bytes.clear();
    }

    /// Tells how long the chirps took from the mouth of one to the ear of the other.
    pub fn delays(&self) -> Delays {
        self.between([(0, 3), (1, 2)])
    }

    /// Tells the same of one mouth and an ear that it is led to without a phone.
    fn between<const N: usize>(&self, ways: [(usize, usize); N]) -> Delays {
        let channel = |wanted: usize| -> Vec<f32> {
            let samples = self.bytes.as_chunks::<4>().0;
            let channel = samples.iter().skip(wanted).step_by(CHANNELS);
            channel.map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        let mut chirps = Vec::new();
        for (mouth, ear) in ways {
            let (mouth, ear) = (channel(mouth), channel(ear));
            for start in onsets(&mouth) {
                let sound = |samples: &[f32]| Sound {
                    rate: RATE as u32,
                    samples: samples.to_vec(),
                };
                let until = start + CHIRP + (LONGEST.as_secs_f64() * RATE as f64) as usize;
                // What may be cut off does not count.
                let Some(heard) = ear.get(start..until) else {
                    continue;
                };
                let spoken = sound(&mouth[start..start + CHIRP]);
                let found =
                    lab::delay(&spoken, &sound(heard), LONGEST).filter(|it| it.correlation > HEARD);
                chirps.push((start, found.map(|it| it.by.as_secs_f64() * 1_000.0)));
            }
        }
        chirps.sort_by_key(|(start, _)| *start);
        let spoken = chirps.len();
        let heard: Vec<f64> = chirps.into_iter().filter_map(|(_, delay)| delay).collect();
        let third = heard.len() / 3;
        let drift = crate::figure::median(&heard[heard.len() - third..])
            - crate::figure::median(&heard[..third]);
        Delays {
            heard,
            spoken,
            drift,
        }
    }
}

impl Drop for Chirping {
    fn drop(&mut self) {
        for child in [&mut self.player, &mut self.recorder] {
            // It may have ended with the server.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How long the same devices take from Ana's mouth to Ravi's ear where no phone lies between: `parec` writes into `pacat`, each
/// with this latency.
pub fn without_phones(latency_ms: u32) -> Delays {
    let stream = |program: &str, flag: &str, device: &str| {
        let mut command = Command::new(program);
        command
            .args([
                "--raw",
                "--format=float32le",
                "--rate=48000",
                "--channels=1",
                flag,
            ])
            .arg(format!("--latency-msec={latency_ms}"))
            .args(["--device", device])
            .stderr(Stdio::null());
        command
    };
    let mut ear = stream("parec", "--record", ANA.microphone)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut mouth = stream("pacat", "--playback", RAVI.speaker)
        .stdin(ear.stdout.take().unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut chirping = Chirping::start();
    chirping.go_on(SETTLING);
    chirping.forget();
    chirping.go_on(MEASURED);
    for child in [&mut ear, &mut mouth] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    chirping.between([(0, 3)])
}

/// The pattern of both, interleaved. One goes up and the other down, at distances of their own: an echo canceller that found the
/// same sound at the same distance again and again would take one for the echo of the other.
fn spoken() -> Vec<f32> {
    let mut samples = vec![0.0; PATTERN * CHANNELS];
    for (mouth, first, distance, from, to) in [
        (0, 0, DISTANCES[0], FROM_HZ, TO_HZ),
        (1, RATE / 5, DISTANCES[1], TO_HZ, FROM_HZ),
    ] {
        for start in (first..PATTERN - LEAST_DISTANCE).step_by(distance) {
            for i in 0..CHIRP {
                let at = i as f64 / RATE as f64;
                let length = CHIRP as f64 / RATE as f64;
                let cycles = from * at + (to - from) * at * at / (2.0 * length);
                let edges = (PI * at / length).sin();
                let sample = 0.4 * edges * (TAU * cycles).sin();
                samples[(start + i) * CHANNELS + mouth] = sample as f32;
            }
        }
    }
    samples
}

/// Where chirps begin: sound after a tenth of a second of silence.
fn onsets(mouth: &[f32]) -> Vec<usize> {
    let mut silent = 0;
    let mut onsets = Vec::new();
    for (i, sample) in mouth.iter().enumerate() {
        if sample.abs() < 1e-4 {
            silent += 1;
        } else {
            if silent > RATE / 10 {
                onsets.push(i);
            }
            silent = 0;
        }
    }
    onsets
}

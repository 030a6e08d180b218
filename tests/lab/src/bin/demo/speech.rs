use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use lab::Sound;
use tokio::process::Command;

/// What somebody says in a call: a WAV file with a second of silence first.
#[derive(Debug)]
pub(crate) struct Speech {
    pub(crate) path: PathBuf,
    pub(crate) sound: Sound,
}

const ANA_SAYS: &str = "Good morning, this is Ana. The quick brown fox jumps over the lazy dog, \
    and seven wizards box with five jugs of liquor. Thank you for calling.";
const RAVI_SAYS: &str = "Hello Ana, Ravi speaking. A large fawn jumped quickly over white zinc boxes \
    while the judge packed my vase. Can you hear me well?";

/// The media path opens a moment after the answer; nothing of the speech may fall into that moment.
const LEAD_SECONDS: usize = 1;

impl Speech {
    pub(crate) async fn of_ana(given: Option<&Path>, out: &Path) -> anyhow::Result<Self> {
        let spoken = match given {
            Some(path) => Sound::read(path)?,
            None => speak("en-us", ANA_SAYS, &out.join("espeak-ana.wav")).await?,
        };
        Self::write(&spoken, out.join("ana-says.wav"))
    }

    pub(crate) async fn of_ravi(out: &Path) -> anyhow::Result<Self> {
        let spoken = speak("en-gb", RAVI_SAYS, &out.join("espeak-ravi.wav")).await;
        let spoken = match spoken {
            Ok(spoken) => spoken,
            // Without espeak-ng a given recording still makes a call of two; Ravi's side is then a melody.
            Err(error) => {
                eprintln!("demo: {error:#}; Ravi plays notes");
                notes()
            }
        };
        Self::write(&spoken, out.join("ravi-says.wav"))
    }

    fn write(spoken: &Sound, path: PathBuf) -> anyhow::Result<Self> {
        let mut samples = vec![0.0; spoken.rate as usize * LEAD_SECONDS];
        samples.extend(&spoken.samples);
        let sound = Sound {
            rate: spoken.rate,
            samples,
        };
        sound.write(&path)?;
        Ok(Self { path, sound })
    }
}

async fn speak(voice: &str, text: &str, path: &Path) -> anyhow::Result<Sound> {
    let output = Command::new("espeak-ng")
        .args(["-v", voice, "-s", "160", "-w"])
        .arg(path)
        .arg(text)
        .kill_on_drop(true)
        .output()
        .await
        .context("espeak-ng is not installed; give a recording with --speech FILE")?;
    if !output.status.success() {
        bail!(
            "espeak-ng failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(Sound::read(path)?)
}

/// Seven seconds of notes, no two bars alike.
fn notes() -> Sound {
    const RATE: u32 = 22_050;
    const STEPS: [f64; 23] = [
        0.0, 4.0, 7.0, 2.0, 9.0, 5.0, 12.0, 7.0, 4.0, 11.0, 0.0, 9.0, 2.0, 7.0, 5.0, 12.0, 4.0,
        0.0, 7.0, 9.0, 2.0, 11.0, 5.0,
    ];
    let per_note = RATE as usize * 3 / 10;
    let samples = STEPS
        .iter()
        .flat_map(|step| {
            // Half tones above A3 (220 Hz).
            let hz = 220.0 * 2.0_f64.powf(step / 12.0);
            (0..per_note).map(move |i| {
                let t = i as f64 / f64::from(RATE);
                let fade = (std::f64::consts::PI * i as f64 / per_note as f64).sin();
                let wave: f64 = (1..5)
                    .map(|n| (std::f64::consts::TAU * hz * f64::from(n) * t).sin() / f64::from(n))
                    .sum();
                (0.2 * fade * wave) as f32
            })
        })
        .collect();
    Sound {
        rate: RATE,
        samples,
    }
}

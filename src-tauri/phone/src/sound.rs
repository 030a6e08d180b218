//! Sound in the phone's words: the devices of the system, and the tone that tells how calls go.

use std::time::{Duration, Instant};

use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{Effect, outputs::Outputs};

/// What a device is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DeviceRole {
    Microphone,
    Speaker,
    Ringer,
}

/// What is played is heard here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Output {
    Speaker,
    Ringer,
}

/// The make of a device, as far as the system tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Headset,
    BuiltIn,
    Bluetooth,
    /// Not a microphone: what an output plays.
    Monitor,
    Other,
}

/// Why another device is used than its user expects, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DeviceWhy {
    /// What was used is not there any more, or there never was any.
    Gone,
    /// Another program has it for itself.
    Busy,
    /// The system does not let this program use it.
    Refused,
    /// The sound service of the computer does not answer.
    Service,
    /// It does not answer.
    Stuck,
    /// Anything else; the log has it.
    Broken,
    /// A favourite appeared, or the favourites were changed.
    Preferred,
    /// The system prefers another one.
    Default,
    /// What failed works.
    Recovered,
}

/// Why a device that is needed cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct DeviceFault {
    pub why: DeviceWhy,
    /// The name of the device, where one is known.
    pub device: Option<String>,
}

/// A sound device of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Device {
    /// Names it for good: it outlives restarts and being plugged in again.
    pub id: String,
    pub name: String,
    pub kind: DeviceKind,
    pub input: bool,
    pub output: bool,
    pub default_input: bool,
    pub default_output: bool,
}

/// How the sound devices of the system are used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct SoundSettings {
    /// Ids of devices, the dearest first; where none of them is there, the system's choice is used.
    pub microphone: Vec<String>,
    pub speaker: Vec<String>,
    pub ringer: Vec<String>,
    pub echo_cancellation: bool,
    pub noise_suppression: bool,
    pub gain_control: bool,
    pub high_pass: bool,
    /// Whose tones are played, one of [`COUNTRIES`]; empty: those of ITU-T E.180.
    pub country: String,
    /// How loud it rings, 0 to 100 %.
    #[serde(deserialize_with = "percent")]
    pub ring_volume: u8,
}

/// What is asked of the sound devices; a change of the settings asks for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SoundRequest {
    /// Answered by [`SoundNews::Devices`].
    Devices,
    /// Answered by [`SoundNews::Checked`] or [`SoundNews::CheckGivenUp`].
    Check,
    Use(SoundSettings),
}

/// What the sound devices tell.
#[derive(Debug, Clone, PartialEq)]
pub enum SoundNews {
    /// Whenever they change, and when they were asked for.
    Devices(Vec<Device>),
    /// This device is open from here on; `None`: it was closed, because nothing needs it.
    DeviceUsed {
        role: DeviceRole,
        device: Option<Device>,
    },
    /// Another device is used than its user expects, or none can be: `words` tells what happened.
    DeviceChanged {
        role: DeviceRole,
        device: Option<Device>,
        why: DeviceWhy,
        /// The name of the device that cannot be used, where one is known.
        lost: Option<String>,
        words: String,
    },
    /// Ten times a second while a device is open, in dB against a full-scale sine.
    Levels {
        microphone_dbfs: f32,
        speaker_dbfs: f32,
    },
    CaptureOpen(bool),
    /// Somebody speaks while every call is muted.
    MutedSpeech,
    /// A microphone that is not muted gives nothing.
    SilentMicrophone,
    Checked {
        verdict: SoundVerdict,
        words: &'static str,
    },
    /// A call began before the check had a verdict.
    CheckGivenUp,
}

/// What a sound check says about the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SoundVerdict {
    NoMicrophone,
    Silent,
    Clipped,
    VeryQuiet,
    Noisy,
    BuiltInMicrophone,
    NarrowBluetooth,
    Good,
}

/// What a tone tells (ITU-T E.182).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A call comes in.
    Ring,
    /// Another call comes in while one is on.
    CallWaiting,
    /// It rings at the far end.
    Ringback,
    /// The far end is busy.
    Busy,
    /// Not the far end but what lies before it had no place for the call.
    Congestion,
    /// A call is about to be answered by itself.
    Beep,
}

/// The countries whose tones are known, by ISO 3166-1; capitals or not. The United Kingdom's people
/// write UK, too.
pub const COUNTRIES: [&str; 11] = [
    "AE", "AU", "CA", "DE", "FR", "GB", "IN", "PH", "SG", "UK", "US",
];

/// More favourites than anybody has headsets.
const MOST_FAVOURITES: usize = 32;

/// No system has longer ids of devices, in bytes.
const LONGEST_ID: usize = 1_024;

/// How long a tone tells why a call came to nothing.
const REFUSAL: Duration = Duration::from_secs(3);

/// How long an output is tested.
const TEST: Duration = Duration::from_secs(3);

impl Default for SoundSettings {
    fn default() -> Self {
        Self {
            microphone: Vec::new(),
            speaker: Vec::new(),
            ringer: Vec::new(),
            echo_cancellation: true,
            noise_suppression: true,
            gain_control: true,
            high_pass: true,
            country: String::new(),
            ring_volume: 100,
        }
    }
}

impl SoundSettings {
    /// Refuses what cannot be used: which field, and why.
    pub fn check(&self) -> Result<(), String> {
        if self.ring_volume > 100 {
            return Err("ring_volume is more than 100".to_owned());
        }
        let is_known = |code: &&str| code.eq_ignore_ascii_case(&self.country);
        if !self.country.is_empty() && !COUNTRIES.iter().any(is_known) {
            let known = COUNTRIES.join(", ");
            return Err(format!("country is neither empty nor one of {known}"));
        }
        for (field, favourites) in [
            ("microphone", &self.microphone),
            ("speaker", &self.speaker),
            ("ringer", &self.ringer),
        ] {
            if favourites.len() > MOST_FAVOURITES {
                return Err(format!("{field} has more than {MOST_FAVOURITES} ids"));
            }
            if favourites.iter().any(String::is_empty) {
                return Err(format!("{field} has an empty id"));
            }
            if favourites.iter().any(|id| id.len() > LONGEST_ID) {
                return Err(format!("{field} has an id of more than {LONGEST_ID} bytes"));
            }
        }
        Ok(())
    }
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer)
        .map_err(|_| D::Error::custom("a whole number from 0 to 100 is expected"))
}

/// The tone that sounds.
#[derive(Debug, Default)]
pub(crate) struct Tones {
    sounding: Option<Tone>,
    /// What tells why a call came to nothing, and how long it does.
    refusal: Option<(Tone, Instant)>,
    /// The output that is being tested, and how long it is.
    test: Option<(Output, Instant)>,
}

impl Output {
    /// What is heard there in a day's work.
    fn tone(self) -> Tone {
        match self {
            Self::Speaker => Tone::Ringback,
            Self::Ringer => Tone::Ring,
        }
    }
}

impl Tones {
    /// Sounds what the calls say: `tone`, or else why one has just come to nothing.
    pub(crate) fn follow(
        &mut self,
        tone: Option<Tone>,
        refusal: Option<Tone>,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if let Some(tone) = refusal {
            self.refusal = Some((tone, now + REFUSAL));
        }
        if tone.is_some() || self.refusal.is_some_and(|(_, until)| until <= now) {
            self.refusal = None;
        }
        let tone = tone.or(self.refusal.map(|(tone, _)| tone));
        if tone.is_some() || self.test.is_some_and(|(_, until)| until <= now) {
            self.test = None;
        }
        let tone = tone.or(self.test.map(|(output, _)| output.tone()));
        if tone != self.sounding {
            self.sounding = tone;
            outputs.effect(Effect::Tone { tone });
        }
    }

    /// Ends the tone of a refusal: the user does something else.
    pub(crate) fn interrupt(&mut self) {
        self.refusal = None;
    }

    /// Tests an output, or ends the test of it.
    pub(crate) fn test(&mut self, output: Output, now: Instant) {
        self.test = match self.test {
            Some((tested, _)) if tested == output => None,
            _ => Some((output, now + TEST)),
        };
    }

    /// Ends what sounds without a call: it would be in the way of a check.
    pub(crate) fn be_quiet(&mut self) {
        self.refusal = None;
        self.test = None;
    }

    pub(crate) fn tested(&self) -> Option<Output> {
        self.test.map(|(output, _)| output)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let refusal = self.refusal.map(|(_, until)| until);
        let test = self.test.map(|(_, until)| until);
        refusal.into_iter().chain(test).min()
    }
}

use std::{env, ffi::OsString, fs, path::PathBuf};

use engine::{CredentialStore, Device, Policy, SettingsFile};
use media::{Capture, PacketTime, Playback};
use phone::{CallSettings, Setup, SoundSettings};
use url::Url;

use crate::{
    account::{IncompleteAccount, fallback_account},
    arguments::{Arguments, Audio, Keep, Keys, Level, Switch},
};

/// The environment variables that stand for `--sidecar` and `--ca`; an empty one counts as absent.
const SIDECAR: &str = "HELIX_SIDECAR_URL";
const CA: &str = "HELIX_CA";

const DEVICE_NAME: &str = "Helix Phone (headless)";

/// Everything that a run is started with.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) setup: Setup,
    pub(crate) sidecar: Option<Url>,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) proxy: Option<Url>,
    pub(crate) device_name: String,
    /// `None`: nothing is kept.
    pub(crate) settings_file: Option<SettingsFile>,
    pub(crate) keep: Keep,
    /// What the organisation has settled; what it says of the other fields is in them.
    pub(crate) policy: Policy,
    /// What was wrong with the policy and the installation's settings file, in sentences for people.
    pub(crate) complaints: Vec<String>,
    pub(crate) media: media::Config,
    pub(crate) quality: bool,
    pub(crate) levels: bool,
    pub(crate) log: Level,
}

/// A setting that cannot be used: which, where, and why.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("The configuration file {} cannot be read: {error}", path.display())]
    Unreadable {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("The configuration file {} cannot be used: {error}", path.display())]
    File {
        path: PathBuf,
        error: Box<toml::de::Error>,
    },
    #[error("The environment variable {SIDECAR} holds no address: {0}")]
    Sidecar(url::ParseError),
    #[error("audio file needs capture wav:PATH, playback wav:PATH or both")]
    NoFile,
    #[error("capture is system, silence, tone:HZ (20 to 20000) or wav:PATH, not \"{0}\"")]
    Capture(String),
    #[error("playback is system, discard or wav:PATH, not \"{0}\"")]
    Playback(String),
    #[error("packet-time is 10 or 20 (milliseconds), not {0}")]
    PacketTime(u8),
    #[error(transparent)]
    Account(#[from] IncompleteAccount),
    #[error(
        "keep keyring needs settings or a device-id: a session is found again by its device's id"
    )]
    NoDevice,
    #[error("This user has no folder for settings: name a file")]
    NoFolder,
    #[error("{0}")]
    NotAllowed(String),
    #[error("The system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
}

impl Settings {
    /// Puts the policy of this computer before arguments and environment, those before the
    /// configuration file, and that before what is usual.
    pub(crate) fn gather(arguments: Arguments) -> Result<Self, Unusable> {
        let (policy, mut complaints) = Policy::of_system();
        let file = arguments.config.map_or(Ok(Keys::default()), read)?;
        let given = arguments.keys;

        let sidecar = match given.sidecar {
            Some(url) => Some(url),
            None => sidecar_of_environment()?.or(file.sidecar),
        };
        let sidecar = policy.server(sidecar).map_err(Unusable::NotAllowed)?;
        let account = fallback_account()?;
        let media = media_config(
            given.audio.or(file.audio).unwrap_or(Audio::Null),
            given.capture.or(file.capture),
            given.playback.or(file.playback),
            given.packet_time.or(file.packet_time),
        )?;
        let device_id = given.device_id.or(file.device_id);
        let device_name = given.device_name.or(file.device_name);
        let settings_file = given.settings.or(file.settings);
        let has_device = device_id.is_some() || settings_file.is_some();
        let keep = match policy.credential_store() {
            Some(CredentialStore::OsKeychain) if has_device => Keep::Keyring,
            Some(CredentialStore::OsKeychain | CredentialStore::Memory) => Keep::Memory,
            None => given.keep.or(file.keep).unwrap_or(Keep::Memory),
        };
        if keep == Keep::Keyring && !has_device {
            return Err(Unusable::NoDevice);
        }
        // Last, because it may write a file.
        let installation = Installation::find(settings_file)?;
        complaints.extend(installation.complaints);
        let device_id = device_id.unwrap_or(installation.device.id);

        Ok(Self {
            setup: Setup {
                sidecar: sidecar.is_some(),
                fallback: account.filter(|_| sidecar.is_none()),
                restores: keep == Keep::Keyring,
                calls: policy.calls(installation.calls),
                dialling: policy.dialling(),
                sound: policy.sound(installation.sound),
                device_id: device_id.hyphenated().to_string(),
                user_agent: concat!("HelixPhone/", env!("CARGO_PKG_VERSION")).into(),
                seed: match given.seed.or(file.seed) {
                    Some(number) => seed(number),
                    None => random()?,
                },
            },
            sidecar,
            ca: policy
                .extra_ca()
                .or(given.ca)
                .or_else(|| variable(CA).map(PathBuf::from))
                .or(file.ca),
            proxy: policy.proxy().or(given.proxy).or(file.proxy),
            device_name: device_name.unwrap_or(installation.device.name),
            settings_file: installation.file,
            keep,
            complaints,
            media,
            quality: given.quality.or(file.quality) != Some(Switch::Off),
            levels: given.levels.or(file.levels) == Some(Switch::On),
            log: policy
                .log_level()
                .map(Level::from)
                .or(given.log)
                .or(file.log)
                .unwrap_or(Level::Info),
            policy,
        })
    }
}

/// What names this program where no argument does.
#[derive(Debug)]
struct Installation {
    /// `None`: nothing is kept.
    file: Option<SettingsFile>,
    device: Device,
    calls: CallSettings,
    sound: SoundSettings,
    complaints: Vec<String>,
}

impl Installation {
    /// Opens the settings file, which has a name or lies where the platform wants it. Without one
    /// this is a device that nobody meets again, and nothing is written anywhere.
    fn find(file: Option<Option<PathBuf>>) -> Result<Self, Unusable> {
        let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
        let Some(file) = file else {
            let name = DEVICE_NAME.to_owned();
            return Ok(Self {
                file: None,
                device: Device::of_the_moment(id, name),
                calls: CallSettings::default(),
                sound: SoundSettings::default(),
                complaints: Vec::new(),
            });
        };
        // In a configuration file an empty name is the way to say it.
        let path = file
            .filter(|it| !it.as_os_str().is_empty())
            .or_else(SettingsFile::usual_path)
            .ok_or(Unusable::NoFolder)?;
        let (file, mut complaints) = SettingsFile::open(&path, Device::of_this_host(id));
        let (calls, call_faults) = file.settings().calls();
        let (sound, sound_faults) = file.settings().sound();
        for (what, faults) in [("calls", call_faults), ("the sound", sound_faults)] {
            complaints.extend(faults.map(|faults| {
                format!(
                    "Of the settings of {what} in {} these cannot be used: {faults}. The others are",
                    path.display(),
                )
            }));
        }
        Ok(Self {
            device: file.settings().device.clone(),
            calls,
            sound,
            file: Some(file),
            complaints,
        })
    }
}

fn read(path: PathBuf) -> Result<Keys, Unusable> {
    match fs::read_to_string(&path) {
        Err(error) => Err(Unusable::Unreadable { path, error }),
        // The error names the line, the column and the key.
        Ok(text) => toml::from_str(&text).map_err(|error| Unusable::File {
            path,
            error: Box::new(error),
        }),
    }
}

fn sidecar_of_environment() -> Result<Option<Url>, Unusable> {
    let Some(address) = variable(SIDECAR) else {
        return Ok(None);
    };
    let url = Url::parse(&address.to_string_lossy()).map_err(Unusable::Sidecar)?;
    Ok(Some(url))
}

/// Returns the environment variable of this name, unless it is empty.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn media_config(
    audio: Audio,
    capture: Option<String>,
    playback: Option<String>,
    packet_time: Option<u8>,
) -> Result<media::Config, Unusable> {
    if audio == Audio::File && capture.is_none() && playback.is_none() {
        return Err(Unusable::NoFile);
    }
    Ok(media::Config {
        capture: capture.map_or(Ok(usual_capture(audio)), parse_capture)?,
        playback: playback.map_or(Ok(usual_playback(audio)), parse_playback)?,
        packet_time: packet_time.map_or(Ok(PacketTime::default()), parse_packet_time)?,
    })
}

fn usual_capture(audio: Audio) -> Capture {
    match audio {
        Audio::System => Capture::System,
        Audio::Tone => Capture::Tone { hz: 440.0 },
        Audio::File | Audio::Null => Capture::Silence,
    }
}

fn usual_playback(audio: Audio) -> Playback {
    match audio {
        Audio::System => Playback::System,
        Audio::File | Audio::Tone | Audio::Null => Playback::Discard,
    }
}

fn parse_capture(text: String) -> Result<Capture, Unusable> {
    match text.as_str() {
        "silence" => return Ok(Capture::Silence),
        "system" => return Ok(Capture::System),
        _ => {}
    }
    if let Some(path) = text.strip_prefix("wav:").filter(|path| !path.is_empty()) {
        return Ok(Capture::Wav { path: path.into() });
    }
    text.strip_prefix("tone:")
        .and_then(|hz| hz.parse::<f32>().ok())
        .filter(|hz| (20.0..=20_000.0).contains(hz))
        .map(|hz| Capture::Tone { hz })
        .ok_or(Unusable::Capture(text))
}

fn parse_playback(text: String) -> Result<Playback, Unusable> {
    match text.as_str() {
        "discard" => return Ok(Playback::Discard),
        "system" => return Ok(Playback::System),
        _ => {}
    }
    match text.strip_prefix("wav:").filter(|path| !path.is_empty()) {
        Some(path) => Ok(Playback::Wav { path: path.into() }),
        None => Err(Unusable::Playback(text)),
    }
}

fn parse_packet_time(milliseconds: u8) -> Result<PacketTime, Unusable> {
    match milliseconds {
        10 => Ok(PacketTime::Ms10),
        20 => Ok(PacketTime::Ms20),
        other => Err(Unusable::PacketTime(other)),
    }
}

fn seed(number: u64) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    seed
}

fn random<const N: usize>() -> Result<[u8; N], Unusable> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Unusable::Randomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn sources_and_sinks_are_read_as_they_are_written() {
        let tone = parse_capture("tone:440".into()).unwrap();
        assert_eq!(tone, Capture::Tone { hz: 440.0 });
        let wav = parse_capture("wav:a:b.wav".into()).unwrap();
        assert_eq!(
            wav,
            Capture::Wav {
                path: "a:b.wav".into()
            }
        );
        assert_eq!(parse_capture("system".into()).unwrap(), Capture::System);
        assert_eq!(parse_playback("system".into()).unwrap(), Playback::System);
        let wav = parse_playback("wav:out.wav".into()).unwrap();
        assert_eq!(
            wav,
            Playback::Wav {
                path: "out.wav".into()
            }
        );
    }

    #[test]
    fn what_is_no_source_or_sink_is_refused_by_its_words() {
        for wrong in [
            "",
            "tone",
            "tone:",
            "tone:NaN",
            "tone:5",
            "tone:-440",
            "wav:",
            "mic",
        ] {
            let told = parse_capture(wrong.into()).unwrap_err().to_string();
            assert!(told.ends_with(&format!("not \"{wrong}\"")), "{told}");
        }
        for wrong in ["", "wav:", "speaker"] {
            let told = parse_playback(wrong.into()).unwrap_err().to_string();
            assert!(told.ends_with(&format!("not \"{wrong}\"")), "{told}");
        }
    }

    #[test]
    fn a_mode_is_for_the_direction_that_nothing_else_is_said_of() {
        let wav = || Playback::Wav {
            path: "out.wav".into(),
        };
        for (audio, capture, playback, wanted) in [
            (
                Audio::Null,
                None,
                None,
                (Capture::Silence, Playback::Discard),
            ),
            (
                Audio::Tone,
                None,
                None,
                (Capture::Tone { hz: 440.0 }, Playback::Discard),
            ),
            (
                Audio::System,
                None,
                None,
                (Capture::System, Playback::System),
            ),
            (
                Audio::System,
                Some("tone:880"),
                None,
                (Capture::Tone { hz: 880.0 }, Playback::System),
            ),
            (
                Audio::File,
                None,
                Some("wav:out.wav"),
                (Capture::Silence, wav()),
            ),
        ] {
            let text = |it: Option<&str>| it.map(str::to_owned);
            let config = media_config(audio, text(capture), text(playback), None).unwrap();
            assert_eq!((config.capture, config.playback), wanted, "{audio:?}");
        }
        let refused = media_config(Audio::File, None, None, None).unwrap_err();
        assert!(matches!(refused, Unusable::NoFile));
    }

    #[test]
    fn the_configuration_file_has_the_keys_of_the_arguments() {
        let keys: Keys = toml::from_str(
            "sidecar = \"https://helix.example/api\"\nca = \"ca.pem\"\ndevice-name = \"Ana's desk\"\n\
             device-id = \"6f1c2d3e-4a5b-4c6d-8e7f-001122334455\"\ncapture = \"tone:440\"\n\
             playback = \"discard\"\npacket-time = 10\nseed = 7\nquality = \"off\"\nlog = \"debug\"\n\
             proxy = \"http://proxy.example:3128\"\n",
        )
        .unwrap();
        assert_eq!(keys.device_name.unwrap(), "Ana's desk");
        assert_eq!(keys.quality, Some(Switch::Off));
        assert_eq!(keys.packet_time, Some(10));
    }

    #[test]
    fn a_packet_holds_10_or_20_ms() {
        let config = |ms| media_config(Audio::Null, None, None, ms);
        assert_eq!(config(None).unwrap().packet_time, PacketTime::Ms20);
        assert_eq!(config(Some(20)).unwrap().packet_time, PacketTime::Ms20);
        assert_eq!(config(Some(10)).unwrap().packet_time, PacketTime::Ms10);
        let told = config(Some(15)).unwrap_err().to_string();
        assert!(told.ends_with("not 15"), "{told}");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = toml::from_str::<Keys>("seed = 7\ncolour = \"blue\"\n").unwrap_err();
        let told = error.to_string();
        assert!(told.contains("line 2") && told.contains("colour"), "{told}");
    }
}

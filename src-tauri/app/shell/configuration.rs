use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Instant,
};

use engine::{
    Config, CredentialStore, Device, Engine, History, Policy, Settings, SettingsFile, StartError,
    Vault,
};
use media::{Capture, PacketTime, Playback};
use phone::{Fallback, Setup};
use tokio::sync::watch;
use url::Url;

use crate::{
    arguments::Arguments,
    farewell::Farewell,
    limit::Limit,
    page::{DemoAccount, WindowView},
};

use super::{REQUESTS_PER_SECOND, Shell};

/// The environment variables that stand for `--sidecar` and `--ca`; an empty one counts as absent.
const SIDECAR: &str = "HELIX_SIDECAR_URL";
const CA: &str = "HELIX_CA";

/// What `cargo demo` fills the sign-in form with.
const DEMO_EMAIL: &str = "HELIX_DEMO_EMAIL";
const DEMO_PASSWORD: &str = "HELIX_DEMO_PASSWORD";

/// What each engine is started with, whichever its server is.
#[derive(Debug)]
pub(super) struct Configuration {
    ca: Option<PathBuf>,
    account: Option<Fallback>,
    policy: Policy,
}

/// Why the phone cannot start at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("This user has no folder for settings: name a file with --settings")]
    NoFolder,
    #[error("The system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    #[error(transparent)]
    Engine(#[from] StartError),
}

/// Opens the settings and starts the engine; returns with them whether the window stays away.
///
/// The policy comes before arguments and environment, those before the settings.
pub(super) fn start(
    arguments: Arguments,
    account: Result<Option<Fallback>, headless::IncompleteAccount>,
    (policy, mut complaints): (Policy, Vec<String>),
    recent: headless::RecentLog,
) -> Result<(Shell, bool), Unusable> {
    let path = arguments
        .settings
        .or_else(SettingsFile::usual_path)
        .ok_or(Unusable::NoFolder)?;
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
    let (file, file_faults) = SettingsFile::open(&path, Device::of_this_host(id));
    complaints.extend(file_faults);
    let settings = file.settings();
    let (window_settings, window_faults) = settings.window();
    let window_settings = policy.window(window_settings);
    let (kept_server, server_faults) = settings.server();
    for (what, faults) in [
        ("the window", window_faults),
        ("the server", server_faults),
        ("calls", settings.calls().1),
        ("the sound", settings.sound().1),
    ] {
        complaints.extend(faults.map(|faults| {
            format!(
                "Of the settings of {what} in {} these cannot be used: {faults}. The others are",
                path.display(),
            )
        }));
    }

    let account = account.unwrap_or_else(|incomplete| {
        complaints.push(incomplete.to_string());
        None
    });
    let mut configuration = Configuration {
        ca: policy
            .extra_ca()
            .or(arguments.ca)
            .or_else(|| variable(CA).map(PathBuf::from)),
        account,
        policy: policy.clone(),
    };
    let given = arguments.sidecar.or_else(|| {
        sidecar_of_environment().unwrap_or_else(|complaint| {
            complaints.push(complaint);
            None
        })
    });
    let mut locked = BTreeSet::from_iter(policy.locked());
    let server_given = given.is_some() && locked.insert("server".to_owned());
    let mut server = policy
        .server(given.or(kept_server))
        .unwrap_or_else(|not_allowed| {
            complaints.push(not_allowed);
            None
        });
    // What was named and cannot be used is told in a window in which a server can be named.
    let engine = loop {
        match configuration.spawn(server.as_ref(), settings) {
            Ok(engine) => break engine,
            Err(Unusable::Engine(error @ StartError::Sidecar { .. })) if server.is_some() => {
                complaints.push(error.to_string());
                server = None;
            }
            Err(Unusable::Engine(error @ StartError::ExtraCa { .. }))
                if configuration.ca.is_some() =>
            {
                complaints.push(error.to_string());
                configuration.ca = None;
            }
            Err(error) => return Err(error),
        }
    };
    let (history, history_faults) =
        History::open(History::usual_path().as_deref(), policy.retention());
    complaints.extend(history_faults);
    let following = Mutex::new(history.follow(&engine));

    let is_minimised = window_settings.start_minimised;
    let window = WindowView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        system: env::consts::OS.to_owned(),
        settings: window_settings,
        locked,
        server_given,
        server: server.map(String::from),
        device_name: settings.device.name.clone(),
        history_days: policy.retention().days,
        link: None,
        complaints,
        shortcuts_available: super::keys::are_available(),
        shortcuts_taken: BTreeSet::new(),
        demo: demo_account(),
        quit_asked: false,
        check_asked_at: None,
        in_tray: true,
        system_settings: super::system_settings::there(),
    };
    let shell = Shell {
        configuration,
        engine: watch::Sender::new(engine),
        window: watch::Sender::new(window),
        history,
        following,
        settings: Arc::new(tokio::sync::Mutex::new(file)),
        limit: Mutex::new(Limit::new(REQUESTS_PER_SECOND, Instant::now())),
        recent,
        level_watchers: Mutex::new(BTreeSet::new()),
        is_popped_up: AtomicBool::new(false),
        has_tray: AtomicBool::new(!cfg!(target_os = "linux")),
        farewell: Farewell::new(),
        window_work: Mutex::new(()),
    };
    Ok((shell, is_minimised))
}

impl Configuration {
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Starts an engine for this server.
    pub(super) fn spawn(
        &self,
        server: Option<&Url>,
        settings: &Settings,
    ) -> Result<Engine, Unusable> {
        let is_forgetful = self.policy.credential_store() == Some(CredentialStore::Memory);
        let setup = Setup {
            sidecar: server.is_some(),
            fallback: self.account.clone().filter(|_| server.is_none()),
            restores: server.is_some() && !is_forgetful,
            calls: self.policy.calls(settings.calls().0),
            dialling: self.policy.dialling(),
            sound: self.policy.sound(settings.sound().0),
            device_id: settings.device.id.hyphenated().to_string(),
            user_agent: concat!("HelixPhone/", env!("CARGO_PKG_VERSION")).into(),
            seed: random()?,
        };
        let config = Config {
            setup,
            sidecar: server.cloned(),
            extra_ca: self.ca.clone(),
            proxy: self.policy.proxy(),
            device_name: settings.device.name.clone(),
            media: media::Config {
                capture: Capture::System,
                playback: Playback::System,
                packet_time: PacketTime::default(),
            },
            vault: if is_forgetful {
                Vault::memory()
            } else {
                Vault::keyring()
            },
        };
        Ok(Engine::spawn(config)?)
    }
}

/// Fails with a sentence for people.
fn sidecar_of_environment() -> Result<Option<Url>, String> {
    let Some(address) = variable(SIDECAR) else {
        return Ok(None);
    };
    match Url::parse(&address.to_string_lossy()) {
        Ok(url) => Ok(Some(url)),
        Err(error) => Err(format!(
            "The environment variable {SIDECAR} holds no address: {error}"
        )),
    }
}

fn demo_account() -> Option<DemoAccount> {
    Some(DemoAccount {
        email: variable(DEMO_EMAIL)?.into_string().ok()?,
        password: variable(DEMO_PASSWORD)?.into_string().ok()?,
    })
}

/// Returns the environment variable of this name, unless it is empty.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn random<const N: usize>() -> Result<[u8; N], Unusable> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Unusable::Randomness)?;
    Ok(bytes)
}

//! A desk with a screen, a session bus, a sound card and an office behind it, and the program on it.

use std::{
    any::Any,
    ffi::OsString,
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    panic::{AssertUnwindSafe, resume_unwind},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    PATIENCE,
    app::App,
    keyring::Desktop,
    page::Page,
    screen::Screen,
    screen_reader::ScreenReader,
    services::Services,
    sound_card::{self, Listening, Plug, SoundCard},
    support::{
        office::{Office, PASSWORD, at_queue},
        ozonetel::{Mode, Ozonetel},
    },
};

pub(crate) const SPEAKERS: Plug = Plug::new("speakers", "Speakers");
pub(crate) const HEADSET: Plug = Plug::new("headset", "Headset");
pub(crate) const LAPTOP: Plug = Plug::new("laptop", "Laptop");

const PROGRAM: &str = env!("CARGO_BIN_EXE_helix-phone");

/// The whole of a story, on a machine that is busy with others.
const DEADLINE: Duration = Duration::from_secs(180);

/// The device of somebody who knows the phone, and a voice that is left as it is: noise suppression
/// takes a steady tone for noise.
const SETTINGS: &str = "version = 1
[device]
id = \"00000000-0000-4000-8000-000000000001\"
name = \"Desk 1\"
[sound]
echo_cancellation = false
noise_suppression = false
gain_control = false
high_pass = false
[window]
headset_asked = true
";

pub(crate) struct Desk {
    // What is under test ends before what it works with.
    app: Option<App>,
    pub(crate) office: Office,
    /// Where the program signs in: at the sidecar of the office, if at all.
    pub(crate) server: Option<String>,
    pub(crate) services: Services,
    pub(crate) card: SoundCard,
    screen_reader: Option<ScreenReader>,
    pub(crate) bus: Desktop,
    pub(crate) screen: Arc<Screen>,
    /// Where the log is, and a picture of what failed.
    evidence: PathBuf,
}

/// What is other than usual.
pub(crate) struct Setup {
    pub(crate) keyring: Keyring,
    /// Changes the configuration of the sidecar.
    pub(crate) sidecar: Box<dyn FnOnce(String) -> String>,
    /// The screen is shared with no other test: windows lie over no others, keys go to them alone.
    pub(crate) own_screen: bool,
    /// So it is, and the desktop is one with Wayland.
    pub(crate) wayland: bool,
    /// A screen reader runs.
    pub(crate) screen_reader: bool,
}

/// What keeps the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyring {
    Absent,
    Open,
    Locked,
}

/// Tells a story at a desk as it usually is: without keyring.
pub(crate) async fn story(body: impl AsyncFnOnce(&mut Desk)) {
    story_at(Setup::default(), body).await;
}

/// A story on a screen of its own: keys go to its windows alone, and buttons to its phone.
pub(crate) async fn on_own_screen(body: impl AsyncFnOnce(&mut Desk)) {
    let setup = Setup {
        own_screen: true,
        ..Setup::default()
    };
    story_at(setup, body).await;
}

/// Tells a story of ana, who is signed in to her phone and to the queue, and has not said that she is ready.
pub(crate) async fn story_at_queue(body: impl AsyncFnOnce(&mut Desk, &Ozonetel)) {
    let ozonetel = Ozonetel::start(Mode::ApiKey).await;
    let account = at_queue(&ozonetel, Mode::ApiKey);
    let setup = Setup {
        sidecar: Box::new(move |toml| toml + &account),
        ..Setup::default()
    };
    story_at(setup, async |desk| {
        desk.start().await;
        desk.sign_in("ana", PASSWORD).await;
        desk.page().says("Say when you are ready").await;
        body(desk, &ozonetel).await;
    })
    .await;
}

/// Tells a story. Where it fails, its page is kept as a picture beside the log of the program.
pub(crate) async fn story_at(setup: Setup, body: impl AsyncFnOnce(&mut Desk)) {
    let mut desk = Desk::open(setup).await;
    let told = tokio::time::timeout(DEADLINE, body(&mut desk));
    let outcome = match AssertUnwindSafe(told).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Box::new("the story takes too long") as Box<dyn Any + Send>),
        Err(panic) => Err(panic),
    };
    if let Err(panic) = outcome {
        desk.testify().await;
        resume_unwind(panic);
    }
    if let Some(app) = desk.app.take() {
        let forbidden = app.page.forbidden().await;
        app.close().await;
        assert_eq!(forbidden, [""; 0], "the page's policy forbids it");
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            keyring: Keyring::Absent,
            sidecar: Box::new(|toml| toml),
            own_screen: false,
            wayland: false,
            screen_reader: false,
        }
    }
}

impl Desk {
    async fn open(setup: Setup) -> Self {
        let bus = match setup.keyring {
            Keyring::Absent => Desktop::without_keyring().await,
            Keyring::Open | Keyring::Locked => Desktop::start().await,
        };
        if setup.keyring == Keyring::Locked {
            bus.lock().await;
        }
        let services = Services::start(&bus.address()).await;
        let screen_reader = if setup.screen_reader {
            Some(ScreenReader::start(&bus).await)
        } else {
            None
        };
        let mut card = SoundCard::of(bus.home());
        card.start(&[SPEAKERS], &[HEADSET]);
        let thread = thread::current();
        let name = thread.name().unwrap_or("desktop").replace("::", ".");
        let evidence = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // What an earlier run left is no evidence.
        let _ = fs::remove_dir_all(&evidence);
        fs::create_dir_all(&evidence).unwrap();
        let office = Office::with(setup.sidecar).await;
        let desk = Self {
            app: None,
            server: Some(office.sidecar.url.clone()),
            office,
            services,
            card,
            screen_reader,
            bus,
            screen: if setup.wayland {
                Arc::new(Screen::with_wayland())
            } else if setup.own_screen {
                Arc::new(Screen::start())
            } else {
                Screen::shared()
            },
            evidence,
        };
        desk.write_settings(SETTINGS);
        desk
    }

    /// Starts the program at the sidecar of the office, and waits for its page.
    pub(crate) async fn start(&mut self) -> &Page {
        self.start_with(&[]).await
    }

    /// Starts it with more arguments.
    pub(crate) async fn start_with(&mut self, more: &[&str]) -> &Page {
        let command = self.command(more);
        self.start_command(&command).await
    }

    /// Starts it by way of another program, which executes it.
    pub(crate) async fn start_by(&mut self, other: &[&str]) -> &Page {
        let mut command: Vec<_> = other.iter().map(|&it| it.to_owned()).collect();
        command.extend(self.command(&[]));
        self.start_command(&command).await
    }

    /// Returns the words before a command that has a policy: in its eyes, `/etc` has one, which is root's.
    pub(crate) fn with_policy(&self, policy: &Value) -> [String; 6] {
        let etc = self.bus.home().join("etc");
        // What root alone may read is not missed.
        let copied = std::process::Command::new("cp")
            .args(["-a", "/etc"])
            .arg(&etc)
            .output()
            .expect("cp starts");
        assert!(etc.join("ssl").is_dir(), "{copied:?}");
        let folder = etc.join("helix-phone");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("policy.json");
        fs::write(&file, policy.to_string()).unwrap();
        for (path, mode) in [(folder, 0o755), (file, 0o644)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let mount = "mount --bind \"$0\" /etc && exec \"$@\"";
        let etc = etc.display().to_string();
        ["/usr/bin/unshare", "-Urm", "sh", "-c", mount, &etc].map(str::to_owned)
    }

    async fn start_command(&mut self, command: &[String]) -> &Page {
        let app = App::start(&self.environment(), command, &self.log()).await;
        &self.app.insert(app).page
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("the program was started")
    }

    pub(crate) fn page(&self) -> &Page {
        &self.app().page
    }

    /// The program and its arguments.
    pub(crate) fn command(&self, more: &[&str]) -> Vec<String> {
        let mut command = vec![PROGRAM.to_owned()];
        command.extend(self.arguments(more));
        command
    }

    /// The program once more, as a desktop starts it: without WebDriver.
    pub(crate) fn program(&self, more: &[&str]) -> Command {
        let log = File::options().append(true).create(true).open(self.log());
        let log = log.unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(self.arguments(more))
            .envs(self.environment())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true);
        command
    }

    pub(crate) fn screen_reader(&self) -> &ScreenReader {
        let reader = self.screen_reader.as_ref();
        reader.expect("the story has a screen reader")
    }

    /// Fills in the form and presses the button.
    pub(crate) async fn sign_in(&self, name: &str, password: &str) {
        let page = self.page();
        page.type_into("Email or user", &format!("{name}@helix.example"))
            .await;
        page.type_into("Password", password).await;
        page.press("Sign in").await;
    }

    /// Starts the program and signs `ana` in, until calls can come.
    pub(crate) async fn ready(&mut self) {
        self.start().await;
        self.sign_in("ana", PASSWORD).await;
        self.page().says("Connected").await;
        self.page().says("Ready").await;
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.bus
            .home()
            .join("home/config/helix-phone/settings.toml")
    }

    pub(crate) fn write_settings(&self, text: &str) {
        let path = self.settings();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Adds to the settings: keys of the window, then tables.
    pub(crate) fn add_settings(&self, text: &str) {
        self.write_settings(&format!("{SETTINGS}{text}"));
    }

    /// Ends the program as a crash does.
    pub(crate) fn kill(&mut self) {
        drop(self.take());
    }

    /// Leaves the program to the story, which may start another one.
    pub(crate) fn take(&mut self) -> App {
        self.app.take().expect("the program was started")
    }

    /// Waits until something is so that nobody tells of.
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < PATIENCE, "{what} did not come");
            thread::yield_now();
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.evidence.join("log.txt")
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let ca = self.office.world.ca_path().display().to_string();
        let mut all = vec!["--ca", &ca];
        if let Some(server) = &self.server {
            all.extend(["--sidecar", server]);
        }
        all.extend(more);
        all.into_iter().map(str::to_owned).collect()
    }

    pub(crate) fn environment(&self) -> Vec<(String, OsString)> {
        let mut told = Command::new("");
        self.bus.use_by(&mut told);
        told.env("XDG_CACHE_HOME", self.bus.home().join("home/cache"))
            .envs(self.screen.environment())
            .env("PULSE_SERVER", self.card.address())
            .env("LC_ALL", "C.UTF-8");
        // Nothing on the machine's own is asked for anything.
        told.env("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address());
        if self.screen_reader.is_none() {
            told.env("NO_AT_BRIDGE", "1");
        }
        let told = told.as_std().get_envs();
        told.filter_map(|(name, value)| {
            let name = name.to_str().expect("a name is ASCII").to_owned();
            Some((name, value?.to_owned()))
        })
        .collect()
    }

    async fn testify(&self) {
        let picture = self.evidence.join("page.png");
        let seen = match &self.app {
            // WebKit never draws a window that is hidden.
            Some(app) => match tokio::time::timeout(PATIENCE, app.page.picture()).await {
                Ok(picture) => picture.map_err(|it| it.to_string()),
                Err(_) => Err("it is not drawn".to_owned()),
            },
            None => Err("the program was not started".to_owned()),
        };
        match seen {
            Ok(png) => {
                fs::write(&picture, png).unwrap();
                eprintln!("What its page showed: {}", picture.display());
            }
            Err(why) => eprintln!("No picture of its page: {why}"),
        }
        eprintln!("What the program told: {}", self.log().display());
    }
}

/// Listens until there was a tenth of a second with a tone, at most half a minute.
pub(crate) async fn hears(loudspeaker: &Listening, hz: f32) {
    let mut strongest = 0.0_f32;
    for _ in 0..300 {
        let tenth = tokio::task::block_in_place(|| {
            let frames: Vec<_> = (0..10).map_while(|_| loudspeaker.next()).collect();
            frames
        });
        strongest = strongest.max(sound_card::share(tenth.as_flattened(), hz));
        if strongest > 0.3 {
            return;
        }
    }
    panic!("{hz} Hz has at most {strongest} of the energy");
}

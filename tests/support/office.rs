//! A lab and a sidecar in this process, on loopback, for phones that are real processes.

use std::time::Duration;

use lab::{Codec, World, WorldConfig};
use secrecy::SecretString;
use sidecar::Config;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::oneshot,
    task::JoinHandle,
};

use super::{
    ozonetel::{API_KEY, Mode, Ozonetel, USER_NAME, password_of},
    process::Process,
};

pub const PASSWORD: &str = "a-password-for-people";

/// The passwords of the lab's two phones.
pub const SIP_PASSWORDS: [&str; 2] = ["ana-lab-secret", "ravi-lab-secret"];

pub struct Office {
    pub world: World,
    pub sidecar: Sidecar,
    pub directory: TempDir,
}

/// What signs access tokens, so that they are good after a restart.
const JWT_SECRET: &str = "a-secret-of-the-tests-with-32-bytes-and-more";

/// The sidecar, which can be stopped.
pub struct Sidecar {
    pub url: String,
    toml: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Office {
    pub async fn open() -> Self {
        Self::with(|toml| toml).await
    }

    /// An office whose sidecar is configured otherwise.
    pub async fn with(change: impl FnOnce(String) -> String) -> Self {
        Self::of(WorldConfig::new().unwrap(), change).await
    }

    /// An office whose lab takes part in these codecs alone.
    pub async fn with_codecs(codecs: Vec<Codec>) -> Self {
        let mut config = WorldConfig::new().unwrap();
        config.codecs = codecs;
        Self::of(config, |toml| toml).await
    }

    async fn of(config: WorldConfig, change: impl FnOnce(String) -> String) -> Self {
        let world = World::start(config).await.unwrap();
        let sidecar = Sidecar::start(change(configuration(&world))).await;
        Self {
            world,
            sidecar,
            directory: TempDir::new().unwrap(),
        }
    }

    /// A phone's command line; `device` tells two of one agent apart.
    pub fn phone(&self, device: u8) -> Command {
        self.phone_with_sound(device, "tone:440", "discard")
    }

    /// A phone that speaks and hears what these say.
    pub fn phone_with_sound(&self, device: u8, capture: &str, playback: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helix-phone"));
        command
            .arg("--headless")
            .args(["--capture", capture, "--playback", playback])
            .args(["--sidecar", &self.sidecar.url])
            .args([
                "--device-id",
                &format!("00000000-0000-4000-8000-0000000000{device:02}"),
            ])
            .args(["--device-name", &format!("Desk {device}")])
            .arg("--ca")
            .arg(self.world.ca_path());
        command
    }

    /// A phone at which `name` is signed in and registered.
    pub async fn agent(&self, name: &'static str, device: u8) -> Process {
        let mut phone = Process::start(name, &mut self.phone(device));
        phone.send(sign_in(name)).await;
        phone.event("sip.registered").await;
        phone
    }

    /// Signs in as a phone does, and returns the refresh token.
    pub async fn refresh_token(&self, name: &str) -> String {
        let body =
            serde_json::json!({ "email": format!("{name}@helix.example"), "password": PASSWORD })
                .to_string();
        let address = self.sidecar.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "POST /auth/login HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (_, token) = answer.split_once("\"refreshToken\":\"").expect(&answer);
        token.split('"').next().unwrap().to_owned()
    }

    /// Waits until the extension has this many bindings.
    pub async fn bindings(&self, extension: &str, wanted: usize) {
        let what = format!("{wanted} bindings of {extension}");
        let deadline = Duration::from_secs(20);
        self.world
            .wait_for(&what, deadline, |it| it.bindings(extension) == wanted)
            .await
            .unwrap();
    }
}

impl Sidecar {
    async fn start(toml: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, task) = serve(listener, &toml);
        Self {
            url,
            toml,
            stop: Some(stop),
            task,
        }
    }

    /// Starts it again where it was; it knows no session of before.
    pub async fn restart(&mut self) {
        let address = self.url.trim_start_matches("http://");
        let listener = TcpListener::bind(address).await.unwrap();
        let (stop, task) = serve(listener, &self.toml);
        (self.stop, self.task) = (Some(stop), task);
    }

    /// Ends it as a crash does: nothing more is answered.
    pub fn kill(&mut self) {
        self.task.abort();
        self.stop = None;
    }
}

fn serve(listener: TcpListener, toml: &str) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let secret = |name: &str| (name == "HELIX_JWT_SECRET").then(|| JWT_SECRET.into());
    let config = Config::from_toml(toml, ".".as_ref(), secret).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let shutdown = async {
            let _ = stopped.await;
        };
        sidecar::run(listener, config, shutdown).await.unwrap();
    });
    (stop, task)
}

/// Tells whether a text holds a refresh token: the id of a session, a UUID, and at once 43 random characters.
pub fn has_refresh_token(text: &str) -> bool {
    let is_part = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    let is_id = |(at, it): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *it == b'-',
        _ => it.is_ascii_hexdigit(),
    };
    text.as_bytes().windows(36 + 43).any(|it| {
        let (id, random) = it.split_at(36);
        id.iter().enumerate().all(is_id) && random.iter().all(is_part)
    })
}

pub fn sign_in(name: &str) -> serde_json::Value {
    serde_json::json!({
        "id": "sign_in",
        "command": "sign_in",
        "email": format!("{name}@helix.example"),
        "password": PASSWORD,
    })
}

/// The part of a sidecar's configuration that has its agents at that stand-in of Ozonetel.
pub fn at_queue(ozonetel: &Ozonetel, mode: Mode) -> String {
    let authentication = match mode {
        Mode::ApiKey => "api-key",
        Mode::Token => "token",
    };
    format!(
        "[ozonetel]\nurl = \"{}\"\nuser_name = \"{USER_NAME}\"\napi_key = \"{API_KEY}\"\n\
         authentication = \"{authentication}\"\nagent_password = \"{}\"\n\
         pause_reasons = [\"Lunch\", \"Tea\", \"Unheard of\"]\ndispositions = [\"Sale\", \"No sale\"]\n\
         did = \"918000000000\"\n\
         wrap_up_seconds = 60\nwrap_up_more_seconds = 30\n",
        ozonetel.url,
        password_of("agent1"),
    )
}

fn configuration(world: &World) -> String {
    let hash = sidecar::hash_password(&SecretString::from(PASSWORD));
    let mut toml = "[settings]\nttl_seconds = 3600\nheartbeat_seconds = 300\n".to_owned();
    for (agent, extension, password) in [
        ("agent1", "700201", SIP_PASSWORDS[0]),
        ("agent2", "700202", SIP_PASSWORDS[1]),
    ] {
        toml += &format!(
            "[[agents]]\nozonetel_agent_id = \"{agent}\"\nsip_extension = \"{extension}\"\nsip_password = \"{password}\"\n\
             sip_uri = \"{}\"\nsip_ws_server = \"{}\"\n",
            world.sip_uri(extension),
            world.wss_url()
        );
    }
    for (name, agent) in [
        ("ana", Some("agent1")),
        ("ravi", Some("agent2")),
        ("mira", None),
    ] {
        let role = if agent.is_some() {
            "cc-agent"
        } else {
            "manager"
        };
        let agent = agent
            .map(|it| format!("agent = \"{it}\"\n"))
            .unwrap_or_default();
        toml += &format!(
            "[[users]]\nemail = \"{name}@helix.example\"\nname = \"{name}\"\nrole = \"{role}\"\nmember_id = \"member-{name}\"\n\
             {agent}password_hash = \"{hash}\"\n"
        );
    }
    toml
}

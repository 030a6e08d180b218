//! A session bus and GNOME's keyring on it, as a desktop has them, and another program that uses them.
//!
//! The bus starts no service by itself, so that a keyring which was killed stays away.

#![allow(unreachable_pub, reason = "tests")]

use std::{
    collections::HashMap,
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use secret_service::{EncryptionType, Item, SecretService};
use tempfile::TempDir;
use tokio::time::timeout;
use zbus::{
    Connection, connection, interface,
    message::Header,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

/// What the keyring may take to start or to show a change, on a machine that is busy with others.
const PATIENCE: Duration = Duration::from_secs(30);

const PASSWORD: &str = "the-password-of-the-desktop";

const BUS: &str = r#"<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>"#;

pub struct Desktop {
    directory: TempDir,
    _data: TempDir,
    bus: Child,
    keyring: Option<Child>,
}

impl Desktop {
    /// A bus with a keyring that is open.
    pub async fn start() -> Self {
        let mut desktop = Self::without_keyring().await;
        desktop.start_keyring().await;
        desktop
    }

    pub async fn without_keyring() -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path();
        for folder in ["home", "run"] {
            fs::create_dir(path.join(folder)).unwrap();
        }
        // The keyring waits for the disk at each of its writes, and a disk that is busy with others
        // can take longer than the phone waits for a keyring.
        let memory = Path::new("/dev/shm");
        let data = match memory.is_dir() {
            true => TempDir::new_in(memory),
            false => TempDir::new(),
        };
        let data = data.unwrap();
        symlink(data.path(), path.join("data")).unwrap();
        let socket = path.join("run/bus");
        let config = BUS.replace("SOCKET", &socket.display().to_string());
        fs::write(path.join("bus.conf"), config).unwrap();
        let bus = Command::new("dbus-daemon")
            .arg("--nofork")
            .arg("--config-file")
            .arg(path.join("bus.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon starts");
        let desktop = Self {
            directory,
            _data: data,
            bus,
            keyring: None,
        };
        until("the bus", async || desktop.connect().await.is_ok()).await;
        desktop
    }

    /// Starts the keyring and opens it; what it kept before is there again.
    pub async fn start_keyring(&mut self) {
        let mut command = Command::new("gnome-keyring-daemon");
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.describe(|name, value| {
            command.env(name, value);
        });
        let mut keyring = command.spawn().expect("gnome-keyring-daemon starts");
        let mut stdin = keyring.stdin.take().unwrap();
        stdin.write_all(PASSWORD.as_bytes()).unwrap();
        drop(stdin);
        self.keyring = Some(keyring);
        let connection = self.connect().await.unwrap();
        until("an open keyring", async || {
            is_open(&connection).await.is_ok_and(|it| it)
        })
        .await;
    }

    pub fn stop_bus(&mut self) {
        self.bus.kill().unwrap();
        self.bus.wait().unwrap();
    }

    /// Ends the keyring as a crash does.
    pub fn kill_keyring(&mut self) {
        let mut keyring = self.keyring.take().expect("the keyring runs");
        keyring.kill().unwrap();
        keyring.wait().unwrap();
    }

    /// Has the keyring hear everything and answer nothing (`STOP`), or go on (`CONT`).
    pub fn signal_keyring(&self, name: &str) {
        let id = self.keyring.as_ref().expect("the keyring runs").id();
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {id}")])
            .status();
        assert!(status.expect("sh starts").success());
    }

    pub async fn lock(&self) {
        let keyring = self.client().await.unwrap();
        let collection = keyring.get_default_collection().await.unwrap();
        collection.lock().await.unwrap();
        assert!(collection.is_locked().await.unwrap());
    }

    /// Has somebody sit here who declines to open the keyring whenever the desktop asks; the wish ends
    /// with what is returned.
    pub async fn decline(&self) -> Declining {
        let declined = Arc::new(AtomicUsize::new(0));
        let prompter = Prompter {
            declined: Arc::clone(&declined),
        };
        let connection = connection::Builder::address(self.address().as_str())
            .and_then(|it| it.serve_at("/org/gnome/keyring/Prompter", prompter))
            .and_then(|it| it.name("org.gnome.keyring.SystemPrompter"))
            .unwrap()
            .build()
            .await
            .unwrap();
        Declining {
            declined,
            _connection: connection,
        }
    }

    /// Has a program use this desktop.
    pub fn use_by(&self, command: &mut tokio::process::Command) {
        self.describe(|name, value| {
            command.env(name, value);
        });
    }

    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    /// Waits until the phones' entries are these, by the last words of their names.
    pub async fn has(&self, wanted: &[&str]) {
        let keyring = self.client().await.unwrap();
        let mut found = Ok(Vec::new());
        let is_so = async || {
            found = last_words(&keyring).await;
            found.as_ref().is_ok_and(|it| it == wanted)
        };
        if !comes(is_so).await {
            panic!("{wanted:?} in the keyring did not come: there are {found:?}");
        }
    }

    /// Another program writes into the entry whose name ends like this.
    pub async fn overwrite(&self, end: &str, value: &[u8]) {
        let keyring = self.client().await.unwrap();
        for item in items(&keyring).await.unwrap() {
            let name = item.get_attributes().await.unwrap()["username"].clone();
            if name.ends_with(end) {
                item.set_secret(value, "text/plain").await.unwrap();
                return;
            }
        }
        panic!("no entry ends with {end}");
    }

    async fn client(&self) -> Result<SecretService<'static>, secret_service::Error> {
        ask(self.connect().await?).await
    }

    async fn connect(&self) -> zbus::Result<Connection> {
        let address = self.address();
        connection::Builder::address(address.as_str())?
            .build()
            .await
    }

    /// Where the bus is.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.home().join("run/bus").display())
    }

    fn describe(&self, mut set: impl FnMut(&str, &str)) {
        let path = |name: &str| self.home().join(name).display().to_string();
        set("DBUS_SESSION_BUS_ADDRESS", &self.address());
        set("HOME", &path("home"));
        set("XDG_CONFIG_HOME", &path("home/config"));
        set("XDG_DATA_HOME", &path("data"));
        set("XDG_RUNTIME_DIR", &path("run"));
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in self.keyring.iter_mut().chain([&mut self.bus]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Somebody who declines.
pub struct Declining {
    declined: Arc<AtomicUsize>,
    _connection: Connection,
}

impl Declining {
    /// How often they were asked.
    pub fn times(&self) -> usize {
        self.declined.load(Ordering::Relaxed)
    }
}

/// Who shows the keyring's questions, as `gcr-prompter` of GNOME does; each is answered with "Cancel".
struct Prompter {
    declined: Arc<AtomicUsize>,
}

#[interface(name = "org.gnome.keyring.internal.Prompter")]
impl Prompter {
    async fn begin_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        tell(connection, &header, callback, "PromptReady", Some("")).await;
    }

    async fn perform_prompt(
        &self,
        callback: OwnedObjectPath,
        _kind: String,
        _properties: HashMap<String, OwnedValue>,
        _exchange: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        self.declined.fetch_add(1, Ordering::Relaxed);
        tell(connection, &header, callback, "PromptReady", Some("no")).await;
    }

    async fn stop_prompting(
        &self,
        callback: OwnedObjectPath,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) {
        tell(connection, &header, callback, "PromptDone", None).await;
    }
}

/// Calls back who asked, once they have their answer.
async fn tell(
    connection: &Connection,
    header: &Header<'_>,
    callback: OwnedObjectPath,
    method: &'static str,
    reply: Option<&'static str>,
) {
    let asker = header.sender().unwrap().to_owned();
    let (bus, interface) = (
        connection.clone(),
        "org.gnome.keyring.internal.Prompter.Callback",
    );
    let call = async move {
        let nothing = HashMap::<&str, Value<'_>>::new();
        let call = match reply {
            Some(reply) => {
                let answer = (reply, nothing, "");
                bus.call_method(Some(asker), callback, Some(interface), method, &answer)
                    .await
            }
            None => {
                bus.call_method(Some(asker), callback, Some(interface), method, &())
                    .await
            }
        };
        // Who asked may have been killed meanwhile.
        drop(call);
    };
    connection.executor().spawn(call, method).detach();
}

async fn ask(connection: Connection) -> Result<SecretService<'static>, secret_service::Error> {
    SecretService::connect_with_existing(EncryptionType::Plain, connection).await
}

async fn is_open(connection: &Connection) -> Result<bool, secret_service::Error> {
    let keyring = ask(connection.clone()).await?;
    let collection = keyring.get_default_collection().await?;
    Ok(!collection.is_locked().await?)
}

/// The last words of the names of the phones' entries, in order.
async fn last_words(
    keyring: &SecretService<'static>,
) -> Result<Vec<String>, secret_service::Error> {
    let mut words = Vec::new();
    for item in items(keyring).await? {
        // It may have gone since it was listed.
        if let Ok(attributes) = item.get_attributes().await {
            let name = attributes["username"].rsplit(' ').next();
            words.push(name.unwrap().to_owned());
        }
    }
    words.sort();
    Ok(words)
}

async fn items<'a>(
    keyring: &'a SecretService<'static>,
) -> Result<Vec<Item<'a>>, secret_service::Error> {
    let attributes = HashMap::from([("service", "Helix Phone")]);
    let found = keyring.search_items(attributes).await?;
    Ok(found.unlocked.into_iter().chain(found.locked).collect())
}

async fn until(what: &str, is_so: impl AsyncFnMut() -> bool) {
    assert!(comes(is_so).await, "{what} did not come");
}

async fn comes(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let wanted = async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, wanted).await.is_ok()
}

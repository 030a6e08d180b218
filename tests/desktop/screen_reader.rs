//! What a screen reader finds of the windows: names, roles and states, on the accessibility bus of the
//! desktop (AT-SPI).

use std::{
    collections::HashMap,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use futures_util::StreamExt;
use serde::Serialize;
use tokio::time::timeout;
use zbus::{
    Connection, MatchRule, MessageStream, connection,
    message::{Message, Type},
    zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Structure, Value},
};

use crate::{PATIENCE, keyring::Desktop, services::seen};

/// Where the systems keep what starts the bus.
const LAUNCHERS: [&str; 2] = [
    "/usr/libexec/at-spi-bus-launcher",
    "/usr/lib/at-spi2-core/at-spi-bus-launcher",
];

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const REGISTRY: &str = "org.a11y.atspi.Registry";

// What a thing is (AT-SPI's `AtspiRole`).
pub(crate) const PASSWORD: u32 = 40;
pub(crate) const BUTTON: u32 = 43;
pub(crate) const TOGGLE_BUTTON: u32 = 62;
pub(crate) const ENTRY: u32 = 79;
pub(crate) const HEADING: u32 = 83;

/// Which of the bits of a state says so (AT-SPI's `AtspiStateType`).
const FOCUSABLE: u32 = 11;
const PRESSED: u32 = 20;
const SENSITIVE: u32 = 24;

/// More than all windows of the phone have.
const MOST_ACCESSIBLES: usize = 5_000;

/// A screen reader of a desktop, whose bus ends with this.
#[derive(Debug)]
pub(crate) struct ScreenReader {
    launcher: Child,
    bus: Connection,
}

/// What it says of a control or a text.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    role: u32,
    pub(crate) name: String,
    /// Bits, the first 32 first.
    states: Vec<u32>,
    /// Where it is asked and used.
    at: Reference,
}

/// What it is told without asking: what changes in the windows.
#[derive(Debug)]
pub(crate) struct Hearing<'a> {
    reader: &'a ScreenReader,
    told: MessageStream,
}

/// A thing of the tree: whose, and which of theirs.
type Reference = (String, OwnedObjectPath);

impl Said {
    pub(crate) fn is_pressed(&self) -> bool {
        self.has(PRESSED)
    }

    /// Whether it can be reached by the keyboard and used.
    pub(crate) fn can_be_used(&self) -> bool {
        self.has(FOCUSABLE) && self.has(SENSITIVE)
    }

    fn has(&self, state: u32) -> bool {
        self.states.first().is_some_and(|it| it & (1 << state) != 0)
    }
}

impl ScreenReader {
    /// Starts the bus that programs find by that of the desktop.
    pub(crate) async fn start(desktop: &Desktop) -> Self {
        let launcher = LAUNCHERS.into_iter().find(|it| Path::new(it).exists());
        let launcher = launcher.expect("at-spi2-core is installed");
        let mut told = tokio::process::Command::new(launcher);
        desktop.use_by(&mut told);
        let told = told.as_std().get_envs();
        let launcher = Command::new(launcher)
            .args(["--launch-immediately", "--screen-reader=1"])
            .envs(told.filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bus of screen readers starts");
        let session = connection::Builder::address(desktop.address().as_str())
            .unwrap()
            .build()
            .await
            .unwrap();
        let begun = Instant::now();
        let address = loop {
            let asked = session
                .call_method(
                    Some("org.a11y.Bus"),
                    "/org/a11y/bus",
                    Some("org.a11y.Bus"),
                    "GetAddress",
                    &(),
                )
                .await;
            match asked {
                Ok(reply) => break reply.body().deserialize::<String>().unwrap(),
                Err(error) => assert!(begun.elapsed() < PATIENCE, "no bus: {error}"),
            }
        };
        let bus = connection::Builder::address(address.as_str())
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { launcher, bus }
    }

    /// Waits until it finds something of this role and name, and returns it.
    pub(crate) async fn finds(&self, role: u32, name: &str) -> Said {
        let wanted = |it: &Said| it.role == role && seen(&it.name) == name;
        self.finds_one(&format!("“{name}” of role {role}"), wanted)
            .await
    }

    /// Waits until it finds something like that, and returns it.
    pub(crate) async fn finds_one(&self, what: &str, wanted: impl Fn(&Said) -> bool) -> Said {
        let begun = Instant::now();
        loop {
            let all = self.all().await;
            if let Some(found) = all.iter().find(|it| wanted(it)) {
                return found.clone();
            }
            if begun.elapsed() > PATIENCE {
                let names: Vec<_> = all.iter().map(|it| (it.role, &it.name)).collect();
                panic!("no {what} among {names:?}");
            }
        }
    }

    /// Does what a press does.
    pub(crate) async fn press(&self, control: &Said) {
        let asked = self
            .ask(&control.at, "org.a11y.atspi.Action", "DoAction", &0_i32)
            .await
            .unwrap();
        let is_done: bool = asked.body().deserialize().unwrap();
        assert!(is_done, "{control:?} is not pressed");
    }

    /// Returns all that there is of all programs.
    async fn all(&self) -> Vec<Said> {
        let root = (
            REGISTRY.to_owned(),
            OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").unwrap(),
        );
        let mut found = Vec::new();
        let mut open = vec![root];
        while let Some(reference) = open.pop() {
            assert!(found.len() < MOST_ACCESSIBLES, "the tree has no end");
            // It may be gone already.
            if let Ok((said, children)) = self.look_at(reference).await {
                found.push(said);
                open.extend(children);
            }
        }
        found
    }

    /// Listens from now on.
    pub(crate) async fn listen(&self) -> Hearing<'_> {
        for event in ["object:children-changed", "object:text-changed"] {
            let wish = (event, Vec::<&str>::new(), "");
            let path = "/org/a11y/atspi/registry";
            self.bus
                .call_method(Some(REGISTRY), path, Some(REGISTRY), "RegisterEvent", &wish)
                .await
                .unwrap();
        }
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface("org.a11y.atspi.Event.Object")
            .unwrap()
            .build();
        let told = MessageStream::for_match_rule(rule, &self.bus, Some(MOST_ACCESSIBLES));
        Hearing {
            reader: self,
            told: told.await.unwrap(),
        }
    }

    async fn look_at(&self, at: Reference) -> zbus::Result<(Said, Vec<Reference>)> {
        let state = self.ask(&at, ACCESSIBLE, "GetState", &()).await?;
        let role = self.ask(&at, ACCESSIBLE, "GetRole", &()).await?;
        let count = self.property(&at, "ChildCount").await?;
        let mut children = Vec::new();
        // One by one: the other way leaves out what is drawn by another process.
        for number in 0..count.try_into()? {
            let asked: i32 = number;
            let child = self.ask(&at, ACCESSIBLE, "GetChildAtIndex", &asked);
            children.push(child.await?.body().deserialize()?);
        }
        let said = Said {
            role: role.body().deserialize()?,
            name: self.property(&at, "Name").await?.try_into()?,
            states: state.body().deserialize::<Vec<u32>>()?,
            at,
        };
        Ok((said, children))
    }

    async fn property(&self, at: &Reference, name: &str) -> zbus::Result<OwnedValue> {
        let asked = self.ask(at, PROPERTIES, "Get", &(ACCESSIBLE, name)).await?;
        asked.body().deserialize()
    }

    async fn ask(
        &self,
        (owner, path): &Reference,
        interface: &str,
        method: &str,
        arguments: &(impl Serialize + DynamicType),
    ) -> zbus::Result<Message> {
        self.bus
            .call_method(
                Some(owner.as_str()),
                path.as_str(),
                Some(interface),
                method,
                arguments,
            )
            .await
    }
}

impl Hearing<'_> {
    /// Waits until these words come into a region whose changes are read aloud at once.
    pub(crate) async fn is_interrupted_by(&mut self, words: &str) {
        let mut all = Vec::new();
        let heard = timeout(PATIENCE, async {
            while let Some(told) = self.told.next().await {
                // Not all that comes has words, and it may be gone already.
                if let Ok((told, is_at_once)) = self.words(&told.unwrap()).await {
                    if is_at_once && told == words {
                        return;
                    }
                    all.push(told);
                }
            }
        });
        if heard.await.is_err() {
            panic!("“{words}” is not read aloud at once; there came {all:?}");
        }
    }

    /// The words of what came, and whether they are read aloud at once.
    async fn words(&self, told: &Message) -> zbus::Result<(String, bool)> {
        let body = told.body();
        // Kind, two details, what came or what it became, and what differs between GTK and WebKit.
        let body = body.deserialize::<Structure<'_>>()?;
        let came = body.fields().get(3).ok_or(zbus::Error::MissingField)?;
        let header = told.header();
        let at = match (child(came), header.sender(), header.path()) {
            (Some(child), _, _) => child,
            (None, Some(owner), Some(path)) => {
                (owner.to_string(), OwnedObjectPath::try_from(path.as_str())?)
            }
            (None, _, _) => return Err(zbus::Error::MissingField),
        };
        let text = self
            .reader
            .ask(&at, "org.a11y.atspi.Text", "GetText", &(0_i32, -1_i32))
            .await?;
        let attributes = self
            .reader
            .ask(&at, ACCESSIBLE, "GetAttributes", &())
            .await?;
        let attributes = attributes.body().deserialize::<HashMap<String, String>>()?;
        let live = attributes.get("container-live");
        let text = text.body().deserialize::<String>()?;
        Ok((seen(&text), live.is_some_and(|it| it == "assertive")))
    }
}

/// What came into a thing, where that is a thing.
fn child(came: &Value<'_>) -> Option<Reference> {
    if let Value::Value(inner) = came {
        return child(inner);
    }
    let Value::Structure(reference) = came else {
        return None;
    };
    let [Value::Str(owner), Value::ObjectPath(path)] = reference.fields() else {
        return None;
    };
    let path = OwnedObjectPath::try_from(path.as_str()).ok()?;
    Some((owner.to_string(), path))
}

impl Drop for ScreenReader {
    fn drop(&mut self) {
        // Told to end, it takes the bus with it.
        let id = self.launcher.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.launcher.wait();
    }
}

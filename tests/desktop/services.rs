//! What only a desktop has on its buses, which are one here: who shows notifications, who shows the tray, who
//! blanks the screen, and who puts the machine to sleep.

use std::{collections::HashMap, io::Read, os::unix::net::UnixStream, time::Instant};

use futures_util::StreamExt;
use tokio::{runtime::Handle, sync::watch};
use zbus::{
    Connection, connection,
    fdo::{self, DBusProxy},
    interface,
    message::Header,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedFd, OwnedValue, Structure, Value},
};

use crate::PATIENCE;

const NOTIFICATIONS: &str = "/org/freedesktop/Notifications";

#[derive(Debug)]
pub(crate) struct Services {
    connection: Connection,
    shown: watch::Receiver<Vec<Notification>>,
    /// Who is in the tray.
    tray: watch::Receiver<Option<String>>,
    forget_tray: watch::Sender<Option<String>>,
    /// Why the screen does not go blank, and why the machine does not sleep.
    awake: [(&'static str, watch::Receiver<Vec<String>>); 2],
}

/// A notification; it stays in the list when it is taken back.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) id: u32,
    pub(crate) summary: String,
    pub(crate) body: String,
    /// Key and label by turns.
    pub(crate) actions: Vec<String>,
    pub(crate) urgency: Option<u8>,
    pub(crate) is_shown: bool,
}

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Where an item is that names no path of its own.
const ITEM: &str = "/StatusNotifierItem";

/// An item of a menu, by the words that it has.
#[derive(Debug)]
pub(crate) struct MenuItem {
    id: i32,
    pub(crate) label: String,
    pub(crate) is_enabled: bool,
    pub(crate) is_checked: bool,
}

impl Services {
    pub(crate) async fn start(bus: &str) -> Self {
        let (shown, shown_rx) = watch::channel(Vec::new());
        let (tray, tray_rx) = watch::channel(None);
        let forget_tray = tray.clone();
        let (screen, screen_rx) = watch::channel(Vec::new());
        let (machine, machine_rx) = watch::channel(Vec::new());
        let connection = connection::Builder::address(bus)
            .unwrap()
            .serve_at(NOTIFICATIONS, Notifications { shown })
            .unwrap()
            .serve_at("/StatusNotifierWatcher", TrayWatcher { tray })
            .unwrap()
            .serve_at(
                "/org/freedesktop/ScreenSaver",
                ScreenSaver {
                    awake: screen,
                    runtime: Handle::current(),
                },
            )
            .unwrap()
            .serve_at(
                "/org/freedesktop/login1",
                Login {
                    awake: machine,
                    runtime: Handle::current(),
                },
            )
            .unwrap()
            .name("org.freedesktop.Notifications")
            .unwrap()
            .name(WATCHER)
            .unwrap()
            .name("org.freedesktop.ScreenSaver")
            .unwrap()
            .name("org.freedesktop.login1")
            .unwrap()
            .build()
            .await
            .unwrap();
        Self {
            connection,
            shown: shown_rx,
            tray: tray_rx,
            forget_tray,
            awake: [("screen", screen_rx), ("machine", machine_rx)],
        }
    }

    /// Waits for a notification of these words that is shown, or that was taken back.
    pub(crate) async fn notification(
        &self,
        summary: &str,
        body: &str,
        is_shown: bool,
    ) -> Notification {
        let wanted = |it: &&Notification| {
            it.summary == summary && it.body == body && it.is_shown == is_shown
        };
        let mut shown = self.shown.clone();
        let found = shown.wait_for(|all| all.iter().rev().any(|it| wanted(&it)));
        match tokio::time::timeout(PATIENCE, found).await {
            Ok(all) => all.unwrap().iter().rev().find(wanted).unwrap().clone(),
            Err(_) => panic!("no “{summary}” among {:?}", *self.shown.borrow()),
        }
    }

    /// Presses an action of a notification.
    pub(crate) async fn choose(&self, notification: &Notification, action: &str) {
        assert!(
            notification
                .actions
                .iter()
                .step_by(2)
                .any(|it| it == action),
            "{notification:?} offers no {action}"
        );
        let server = self.connection.object_server();
        let notifications = server
            .interface::<_, Notifications>(NOTIFICATIONS)
            .await
            .unwrap();
        Notifications::action_invoked(notifications.signal_emitter(), notification.id, action)
            .await
            .unwrap();
    }

    /// Waits until somebody waits for this name, which another one has.
    pub(crate) fn is_waited_for(&self, name: &'static str) -> impl Future<Output = ()> + use<> {
        let connection = self.connection.clone();
        async move {
            let bus = DBusProxy::new(&connection).await.unwrap();
            let begun = Instant::now();
            loop {
                let queue = bus.list_queued_owners(name.try_into().unwrap()).await;
                if queue.is_ok_and(|it| it.len() > 1) {
                    return;
                }
                assert!(begun.elapsed() < PATIENCE, "nobody waits for {name}");
            }
        }
    }

    /// Waits until the screen is kept from going blank and the machine from sleeping, or neither any more.
    pub(crate) async fn keeps_awake(&self, is_kept: bool) {
        for (what, awake) in &self.awake {
            let mut awake = awake.clone();
            let told = awake.wait_for(|reasons| reasons.is_empty() != is_kept);
            let is_so = tokio::time::timeout(PATIENCE, told).await.is_ok();
            assert!(is_so, "the {what} is kept awake for {:?}", *awake.borrow());
        }
    }

    /// Waits until the menu of the tray has an item that is as `wanted` says.
    pub(crate) async fn menu(&self, what: &str, wanted: impl Fn(&MenuItem) -> bool) -> MenuItem {
        let begun = Instant::now();
        loop {
            let items = self.items().await;
            let seen = format!("{items:?}");
            if let Some(item) = items.into_iter().find(&wanted) {
                return item;
            }
            assert!(begun.elapsed() < PATIENCE, "no {what} in the tray: {seen}");
        }
    }

    /// Chooses an item of the tray's menu.
    pub(crate) async fn choose_in_tray(&self, label: &str) {
        let item = self
            .menu(label, |it| it.label == label && it.is_enabled)
            .await;
        let arguments = (item.id, "clicked", Value::from(""), 0_u32);
        self.ask_menu("Event", &arguments).await.unwrap();
    }

    /// Clicks at the icon in the tray.
    pub(crate) async fn click_tray(&self) {
        let tray = self.tray_item().await;
        let item = Some("org.kde.StatusNotifierItem");
        let clicked = self
            .connection
            .call_method(Some(tray), ITEM, item, "Activate", &(0, 0));
        clicked.await.unwrap();
    }

    /// Waits until the icon in the tray wants to be seen, or no more, and returns its pixels.
    pub(crate) async fn icon(&self, wants_attention: bool) -> Vec<u8> {
        let begun = Instant::now();
        loop {
            let status = self.of_item("Status").await.unwrap();
            let status: &str = status.downcast_ref().unwrap();
            if (status == "NeedsAttention") == wants_attention {
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "the icon is {status}");
        }
        let pixmaps = self.of_item("IconPixmap").await.unwrap();
        let mut pixmaps: Vec<(i32, i32, Vec<u8>)> = pixmaps.try_into().unwrap();
        let (width, height, pixels) = pixmaps.pop().expect("the icon has pixels");
        assert_eq!(pixels.len() as i32, 4 * width * height);
        pixels
    }

    /// Ends the tray as a panel that crashes does, and starts it again.
    pub(crate) async fn restart_tray(&self) {
        self.end_tray().await;
        self.connection.request_name(WATCHER).await.unwrap();
    }

    /// Ends the tray, as on a desktop that has none.
    pub(crate) async fn end_tray(&self) {
        self.connection.release_name(WATCHER).await.unwrap();
        self.forget_tray.send_replace(None);
    }

    async fn tray_item(&self) -> String {
        let mut tray = self.tray.clone();
        let told = tray.wait_for(Option::is_some);
        match tokio::time::timeout(PATIENCE, told).await {
            Ok(item) => item.unwrap().clone().unwrap(),
            Err(_) => panic!("nothing is in the tray"),
        }
    }

    async fn items(&self) -> Vec<MenuItem> {
        let arguments = (0_i32, -1_i32, Vec::<&str>::new());
        // Whoever is in the tray may have been killed, and its successor is not there yet.
        let Ok(reply) = self.ask_menu("GetLayout", &arguments).await else {
            return Vec::new();
        };
        let body = reply.body();
        let (_, root) = body.deserialize::<(u32, Layout)>().unwrap();
        let mut items = Vec::new();
        for child in root.2 {
            MenuItem::add(&child, &mut items);
        }
        items
    }

    async fn ask_menu<B>(&self, method: &str, arguments: &B) -> zbus::Result<zbus::Message>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let tray = self.tray_item().await;
        let path = self.of_item("Menu").await?;
        let path: ObjectPath<'_> = path.downcast_ref().unwrap();
        let menu = Some("com.canonical.dbusmenu");
        self.connection
            .call_method(Some(tray), path, menu, method, arguments)
            .await
    }

    /// Returns a property of what is in the tray.
    async fn of_item(&self, name: &str) -> zbus::Result<OwnedValue> {
        let tray = self.tray_item().await;
        let properties = Some("org.freedesktop.DBus.Properties");
        let arguments = ("org.kde.StatusNotifierItem", name);
        let asked = self
            .connection
            .call_method(Some(tray), ITEM, properties, "Get", &arguments);
        asked.await?.body().deserialize()
    }
}

/// An item of a menu as the bus has it: number, properties, items of its own.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl MenuItem {
    /// Adds it, and the items of the menu that it opens.
    fn add(layout: &Value<'_>, items: &mut Vec<Self>) {
        if let Value::Value(inner) = layout {
            return Self::add(inner, items);
        }
        let Value::Structure(layout) = layout else {
            return;
        };
        items.extend(Self::of(layout));
        if let [_, _, Value::Array(children)] = layout.fields() {
            children.iter().for_each(|child| Self::add(child, items));
        }
    }

    fn of(layout: &Structure<'_>) -> Option<Self> {
        let [id, Value::Dict(properties), _] = layout.fields() else {
            return None;
        };
        let property = |name: &str| {
            let mut all = properties.iter();
            let found = all.find(|(key, _)| key.downcast_ref::<&str>().is_ok_and(|it| it == name));
            found.map(|(_, value)| value)
        };
        let label = property("label").and_then(|it| it.downcast_ref::<&str>().ok());
        let enabled = property("enabled").and_then(|it| it.downcast_ref::<bool>().ok());
        let toggled = property("toggle-state").and_then(|it| it.downcast_ref::<i32>().ok());
        Some(Self {
            id: id.downcast_ref().ok()?,
            label: seen(label.unwrap_or_default()).replace("__", "_"),
            is_enabled: enabled != Some(false),
            is_checked: toggled == Some(1),
        })
    }
}

/// Without the characters that isolate a text from outside, which nobody sees.
pub(crate) fn seen(text: &str) -> String {
    text.replace(['\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}'], "")
}

#[derive(Debug)]
struct Notifications {
    shown: watch::Sender<Vec<Notification>>,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &self,
        _app_name: String,
        _replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _expires_ms: i32,
    ) -> u32 {
        let mut id = 0;
        self.shown.send_modify(|all| {
            id = all.len() as u32 + 1;
            all.push(Notification {
                id,
                summary: seen(&summary),
                body: seen(&body),
                actions,
                urgency: hints.get("urgency").and_then(|it| u8::try_from(it).ok()),
                is_shown: true,
            });
        });
        id
    }

    fn close_notification(&self, id: u32) {
        self.shown.send_modify(|all| {
            for it in all.iter_mut().filter(|it| it.id == id) {
                it.is_shown = false;
            }
        });
    }

    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["actions", "body"]
    }

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}

#[derive(Debug)]
struct TrayWatcher {
    tray: watch::Sender<Option<String>>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl TrayWatcher {
    fn register_status_notifier_item(&self, service: String) {
        self.tray.send_replace(Some(service));
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct ScreenSaver {
    awake: watch::Sender<Vec<String>>,
    /// The bus has threads of its own.
    runtime: Handle,
}

#[interface(name = "org.freedesktop.ScreenSaver")]
impl ScreenSaver {
    /// Holds until whoever asks leaves the bus.
    async fn inhibit(
        &self,
        _program: String,
        reason: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<u32> {
        let asker = header
            .sender()
            .expect("a bus names its senders")
            .to_string();
        let bus = DBusProxy::new(connection).await?;
        let mut changes = bus
            .receive_name_owner_changed_with_args(&[(0, &asker)])
            .await?;
        let awake = self.awake.clone();
        awake.send_modify(|all| all.push(reason.clone()));
        self.runtime.spawn(async move {
            changes.next().await;
            awake.send_modify(|all| all.retain(|it| *it != reason));
        });
        Ok(1)
    }
}

#[derive(Debug)]
struct Login {
    awake: watch::Sender<Vec<String>>,
    runtime: Handle,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Login {
    /// Holds until what it returns is closed.
    async fn inhibit(
        &self,
        what: String,
        _who: String,
        why: String,
        mode: String,
    ) -> fdo::Result<OwnedFd> {
        if what != "sleep:idle" || mode != "block" {
            return Err(fdo::Error::InvalidArgs(format!("{what} {mode}")));
        }
        let (held, theirs) =
            UnixStream::pair().map_err(|it| fdo::Error::IOError(it.to_string()))?;
        let awake = self.awake.clone();
        awake.send_modify(|all| all.push(why.clone()));
        self.runtime.spawn_blocking(move || {
            // It says nothing before its end.
            let _ = (&held).read(&mut [0]);
            awake.send_modify(|all| all.retain(|it| *it != why));
        });
        Ok(std::os::fd::OwnedFd::from(theirs).into())
    }
}

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Instant, SystemTime};

use rand::RngExt;
use tokio::runtime::{self, Runtime};
use tokio::sync::mpsc;
use tracing::{debug, error, info, warn};

use crate::device::{Recording, Sink, Source};
use crate::reserve::{Reserve, Surroundings};
use crate::servers::Servers;
use crate::session::{self, Session};
use crate::sockets::{Owner, Received, Sockets};
use crate::transport::{Gatherer, Identity, host_addresses};
use crate::{Capture, Command, Config, Failure, IceServer, News, Playback, SessionId};

/// A handle to the media thread; clone it freely, drop the last one to stop it.
#[derive(Debug, Clone)]
pub struct Media {
    thread: Arc<Thread>,
}

/// Ends the thread with the last handle, and waits until its files are closed.
#[derive(Debug)]
struct Thread {
    /// `None` while it is dropped.
    orders: Option<mpsc::UnboundedSender<Order>>,
    handle: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Order {
    Command(Command),
    IceServers(Vec<IceServer>),
}

impl Media {
    /// Starts the thread. Fails where a file of `config` cannot be used: which and why.
    pub fn start(config: Config) -> io::Result<(Self, mpsc::UnboundedReceiver<News>)> {
        let microphone = Microphone::open(config.capture)?;
        if let Playback::Wav { path } = &config.playback {
            // The file is made at the start, so that one that cannot be written is known at once.
            Sink::wav(path)?.close()?;
        }
        let (news, told) = mpsc::unbounded_channel();
        let (orders, taken) = mpsc::unbounded_channel();
        let worker = Worker {
            microphone,
            playback: config.playback,
            servers: Servers::new(),
            reserve: Reserve::default(),
            sessions: BTreeMap::new(),
            begun: 0,
            sockets: Sockets::new(),
            news,
        };
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = thread::Builder::new()
            .name("media".to_owned())
            .spawn(move || run(runtime, worker, taken))?;
        let thread = Arc::new(Thread {
            orders: Some(orders),
            handle: Some(handle),
        });
        Ok((Self { thread }, told))
    }

    /// Sets the servers for sessions that start from now on, and asks them for the next one at once;
    /// those that cannot be used are logged and left out. Without servers nobody is asked.
    pub fn set_ice_servers(&self, servers: Vec<IceServer>) {
        self.order(Order::IceServers(servers));
    }

    /// Hands `command` to the thread; never blocks.
    pub fn send(&self, command: Command) {
        self.order(Order::Command(command));
    }

    fn order(&self, order: Order) {
        let sent = self.thread.orders.as_ref().map(|orders| orders.send(order));
        if !matches!(sent, Some(Ok(()))) {
            error!("the media thread has ended");
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            error!("the media thread panicked");
        }
    }
}

/// What [`Capture`] says, with its file read.
#[derive(Debug)]
enum Microphone {
    Silence,
    Tone { hz: f32 },
    Recording(Recording),
}

impl Microphone {
    fn open(capture: Capture) -> io::Result<Self> {
        Ok(match capture {
            Capture::Silence => Self::Silence,
            Capture::Tone { hz } => Self::Tone { hz },
            Capture::Wav { path } => Self::Recording(Recording::load(&path)?),
        })
    }

    fn source(&self) -> Source {
        match self {
            Self::Silence => Source::Silence,
            Self::Tone { hz } => Source::tone(*hz),
            Self::Recording(recording) => Source::recording(recording.clone()),
        }
    }
}

/// What the thread owns.
#[derive(Debug)]
struct Worker {
    microphone: Microphone,
    playback: Playback,
    servers: Servers,
    reserve: Reserve,
    sessions: BTreeMap<SessionId, Slot>,
    /// How many sessions have begun, which numbers their files.
    begun: u32,
    sockets: Sockets,
    news: mpsc::UnboundedSender<News>,
}

/// A session, or the place of one that cannot go on and waits to be closed.
#[derive(Debug)]
enum Slot {
    Live(Box<Session>),
    Dead,
}

/// The thread.
fn run(runtime: Runtime, mut worker: Worker, mut orders: mpsc::UnboundedReceiver<Order>) {
    runtime.block_on(async {
        let mut buffer = vec![0; LARGEST_DATAGRAM];
        loop {
            let due = worker.poll_timeout();
            tokio::select! {
                // What is due comes first: a flood of datagrams must not stop the clock.
                biased;
                () = sleep_until(due) => worker.handle_timeout(),
                order = orders.recv() => match order {
                    Some(Order::Command(command)) => worker.handle_command(command),
                    Some(Order::IceServers(servers)) => worker.use_servers(servers),
                    None => break,
                },
                () = worker.servers.resolve() => worker.replenish(),
                received = worker.sockets.receive(&mut buffer) => {
                    worker.handle_datagram(&received, &buffer);
                }
            }
        }
        worker.close();
    });
    // A name look-up that hangs must not hold the end up.
    runtime.shutdown_background();
}

/// More than any path carries unfragmented; what is longer is cut and fails its authentication.
const LARGEST_DATAGRAM: usize = 2048;

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

impl Worker {
    fn poll_timeout(&self) -> Option<Instant> {
        self.sessions
            .values()
            .filter_map(|slot| match slot {
                Slot::Live(session) => session.poll_timeout(),
                Slot::Dead => None,
            })
            .chain(self.reserve.poll_timeout())
            .min()
    }

    fn handle_timeout(&mut self) {
        let now = Instant::now();
        if self.reserve.poll_timeout().is_some_and(|due| due <= now) {
            self.reserve.handle_timeout(now);
            self.replenish();
        }
        let due: Vec<SessionId> = self
            .sessions
            .iter()
            .filter_map(|(id, slot)| match slot {
                Slot::Live(session) => session
                    .poll_timeout()
                    .is_some_and(|due| due <= now)
                    .then_some(*id),
                Slot::Dead => None,
            })
            .collect();
        for id in due {
            self.with(id, |session| session.handle_timeout(now));
        }
    }

    fn handle_datagram(&mut self, received: &Received, buffer: &[u8]) {
        let now = Instant::now();
        let (local, from) = (received.local, received.from);
        let datagram = &buffer[..received.length];
        match received.owner {
            Owner::Session(id) => self.with(id, |session| {
                session.handle_datagram(local, from, datagram, now);
            }),
            Owner::Reserve => self.reserve.handle_datagram(local, from, datagram, now),
        }
    }

    fn use_servers(&mut self, servers: Vec<IceServer>) {
        self.servers.set(servers, Instant::now());
        self.reserve.clear();
        self.replenish();
    }

    /// Makes the reserve what the next session needs: as the surroundings are now, or none where
    /// there is nobody to ask.
    fn replenish(&mut self) {
        let now = Instant::now();
        let surroundings = self.surroundings(now);
        if !self.reserve.is_for(&surroundings) {
            self.sockets.close(Owner::Reserve);
            if surroundings.servers.is_empty() {
                self.reserve.clear();
            } else {
                let sockets = self.sockets.open(Owner::Reserve, &surroundings.hosts);
                self.reserve.fill(sockets, surroundings, now);
            }
        }
        while let Some(transmit) = self.reserve.poll_transmit() {
            self.sockets.send(Owner::Reserve, &transmit);
        }
    }

    fn surroundings(&mut self, now: Instant) -> Surroundings {
        let hosts = host_addresses().unwrap_or_else(|error| {
            warn!(%error, "the addresses of this machine are not known");
            Vec::new()
        });
        Surroundings {
            hosts,
            servers: self.servers.addresses(now),
        }
    }

    fn handle_command(&mut self, command: Command) {
        let id = command.session();
        match (self.sessions.get(&id), &command) {
            (None, Command::Offer { .. } | Command::Answer { .. }) => {
                self.begin(id, command);
                return;
            }
            (None | Some(Slot::Dead), Command::Close { .. }) => {
                self.sessions.remove(&id);
                self.tell(News::Closed { session: id });
                return;
            }
            (None, Command::Apply { request, .. })
            | (
                Some(Slot::Dead),
                Command::Answer { request, .. } | Command::Apply { request, .. },
            ) => {
                self.tell(News::Refused {
                    session: id,
                    request: *request,
                    reason: "the media of this call has failed".to_owned(),
                });
                return;
            }
            (
                None,
                Command::Withdraw { .. }
                | Command::Select { .. }
                | Command::Hold { .. }
                | Command::Mute { .. }
                | Command::Dtmf { .. },
            ) => {
                debug!(session = id.0, "a command for no session");
                return;
            }
            (Some(Slot::Live(_) | Slot::Dead), _) => {}
        }
        let now = Instant::now();
        if let Command::Offer { .. } = command {
            self.follow_addresses(id, now);
        }
        self.with(id, |session| session.handle_command(command, now));
    }

    /// Gives a session new sockets where this machine has other addresses than when the session got
    /// its own. What still arrives at the old ones is taken as well.
    fn follow_addresses(&mut self, id: SessionId, now: Instant) {
        let hosts = self.surroundings(now).hosts;
        let Some(Slot::Live(session)) = self.sessions.get(&id) else {
            return;
        };
        if session.is_at(&hosts) {
            return;
        }
        let gatherer = self.gatherer(id, now);
        if !gatherer.bases().is_empty() {
            info!(session = id.0, "the addresses changed: the sound moves");
            self.with(id, |session| session.relocate(gatherer));
        }
    }

    /// Begins a session with its first command; one that cannot begin is told as failed.
    fn begin(&mut self, id: SessionId, command: Command) {
        let slot = match self.open(id) {
            Ok(session) => Slot::Live(Box::new(session)),
            Err(failure) => {
                warn!(session = id.0, ?failure, "a session could not begin");
                self.tell(News::Failed {
                    session: id,
                    failure,
                });
                Slot::Dead
            }
        };
        self.sessions.insert(id, slot);
        self.with(id, |session| {
            session.handle_command(command, Instant::now())
        });
        self.replenish();
    }

    fn open(&mut self, id: SessionId) -> Result<Session, Failure> {
        let identity = Identity::generate().map_err(|e| Failure::Security(e.to_string()))?;
        let now = Instant::now();
        let gatherer = self.gatherer(id, now);
        if gatherer.bases().is_empty() {
            return Err(Failure::NoMediaPath);
        }
        self.begun += 1;
        let config = session::Config {
            id,
            gatherer,
            identity,
            source: self.microphone.source(),
            recording: match &self.playback {
                Playback::Discard => None,
                Playback::Wav { path } => Some(numbered(path, self.begun)),
            },
            seed: rand::rng().random(),
            wall: SystemTime::now(),
        };
        Ok(Session::new(config, now))
    }

    /// Gets the sockets of a session: the reserve, where it is still right, or new ones.
    fn gatherer(&mut self, id: SessionId, now: Instant) -> Gatherer {
        let surroundings = self.surroundings(now);
        if let Some(gatherer) = self.reserve.take(&surroundings) {
            self.sockets.hand_over(id);
            return gatherer;
        }
        self.sockets.close(Owner::Reserve);
        let Surroundings { hosts, servers } = surroundings;
        let sockets = self.sockets.open(Owner::Session(id), &hosts);
        self.reserve.gatherer(sockets, &servers, now)
    }

    /// Gives an input to a session and takes all its outputs. A session that panics ends alone.
    fn with(&mut self, id: SessionId, input: impl FnOnce(&mut Session)) {
        let Some(Slot::Live(session)) = self.sessions.get_mut(&id) else {
            return;
        };
        let sockets = &self.sockets;
        let news = &self.news;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            input(session);
            while let Some(transmit) = session.poll_transmit() {
                sockets.send(Owner::Session(id), &transmit);
            }
            while let Some(told) = session.poll_news() {
                tell(news, told);
            }
            session.is_closed()
        }));
        match outcome {
            Ok(false) => self.reserve.learn(session.gatherer(), Instant::now()),
            Ok(true) => {
                self.sessions.remove(&id);
                self.sockets.close(Owner::Session(id));
            }
            Err(_) => {
                error!(session = id.0, "a media session panicked and was ended");
                self.sessions.insert(id, Slot::Dead);
                self.sockets.close(Owner::Session(id));
                self.tell(News::Failed {
                    session: id,
                    failure: Failure::Internal(
                        "An internal fault ended the sound of this call".to_owned(),
                    ),
                });
            }
        }
    }

    fn tell(&self, news: News) {
        tell(&self.news, news);
    }

    /// Ends all sessions.
    fn close(&mut self) {
        let now = Instant::now();
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in ids {
            self.with(session, |live| {
                live.handle_command(Command::Close { session }, now);
            });
        }
    }
}

fn tell(channel: &mpsc::UnboundedSender<News>, news: News) {
    if channel.send(news).is_err() {
        debug!("nobody listens to the media thread");
    }
}

/// Returns the file of session number `number`: `path`, then `name-2.wav`, `name-3.wav`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests;

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

use crate::alarm::Alarm;
use crate::device::{Calls, Recording, Sink, Source};
use crate::grid::{Grid, MOST_BEHIND, TICK};
use crate::probe::Probe;
use crate::reserve::{Reserve, Surroundings};
use crate::servers::Servers;
use crate::session::{self, Microphone, Session, Speaker};
use crate::sockets::{Owner, Received, Sockets};
use crate::sound::Sound;
use crate::transport::{Gatherer, Identity, host_addresses};
use crate::{
    Capture, Command, Config, Failure, IceServer, News, PacketTime, PathProbe, Playback, SessionId,
    SoundSettings, Tone,
};

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
    Sound(SoundSettings),
    Tone(Option<Tone>),
    Devices,
    SoundCheck,
    ProbePath,
}

impl Media {
    /// Starts the thread. Fails where a file of `config` cannot be used, or this build knows no
    /// devices of the system: which and why.
    pub fn start(config: Config) -> io::Result<(Self, mpsc::UnboundedReceiver<News>)> {
        let source = source(config.capture)?;
        if let Playback::Wav { path } = &config.playback {
            // The file is made at the start, so that one that cannot be written is known at once.
            Sink::wav(path)?.close()?;
        }
        let (news, told) = mpsc::unbounded_channel();
        let (orders, taken) = mpsc::unbounded_channel();
        let grid = Grid::new(Instant::now());
        let plays = config.playback == Playback::System;
        let sound = Sound::open(source.clone(), plays, grid, news.clone())?;
        let worker = Worker {
            source,
            playback: config.playback,
            packet_time: config.packet_time,
            grid,
            sound,
            servers: Servers::new(),
            reserve: Reserve::default(),
            probe: Probe::default(),
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

    /// Sets how the sound devices of the system are used, from now on.
    pub fn set_sound(&self, settings: SoundSettings) {
        self.order(Order::Sound(settings));
    }

    /// Begins a tone in place of the one that sounds, or ends it. It needs [`Playback::System`].
    pub fn tone(&self, tone: Option<Tone>) {
        self.order(Order::Tone(tone));
    }

    /// Asks for the sound devices of the system; answered by [`News::Devices`].
    pub fn devices(&self) {
        self.order(Order::Devices);
    }

    /// Listens to the microphone for three seconds, then tells [`News::SoundCheck`] and plays what
    /// it heard. Where something stands in place of the microphone, that is listened to.
    pub fn sound_check(&self) {
        self.order(Order::SoundCheck);
    }

    /// Asks the STUN servers whether UDP leaves this network and comes back; answered by
    /// [`News::PathProbed`] within two seconds.
    pub fn probe_path(&self) {
        self.order(Order::ProbePath);
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

/// Reads what [`Capture`] says; `None` is the microphone of the system.
fn source(capture: Capture) -> io::Result<Option<Source>> {
    Ok(match capture {
        Capture::Silence => Some(Source::Silence),
        Capture::Tone { hz } => Some(Source::tone(hz)),
        Capture::Wav { path } => Some(Source::recording(Recording::load(&path)?)),
        Capture::System => None,
    })
}

/// What the thread owns.
#[derive(Debug)]
struct Worker {
    /// What every session begins with; `None` is the desk's microphone.
    source: Option<Source>,
    playback: Playback,
    packet_time: PacketTime,
    grid: Grid,
    sound: Sound,
    servers: Servers,
    reserve: Reserve,
    probe: Probe,
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
        let mut alarm = Alarm::new();
        let mut buffer = vec![0; LARGEST_DATAGRAM];
        loop {
            let due = worker.poll_timeout();
            tokio::select! {
                // What is due comes first: a flood of datagrams must not stop the clock.
                biased;
                () = alarm.wait(due) => worker.handle_timeout(),
                order = orders.recv() => match order {
                    Some(Order::Command(command)) => worker.handle_command(command),
                    Some(Order::IceServers(servers)) => worker.use_servers(servers),
                    Some(Order::Sound(settings)) => worker.sound.set(&settings),
                    Some(Order::Tone(tone)) => worker.sound.sound(tone, Instant::now()),
                    Some(Order::Devices) => worker.sound.list(),
                    Some(Order::SoundCheck) => worker.sound.check(Instant::now()),
                    Some(Order::ProbePath) => worker.probe_path(),
                    None => break,
                },
                () = worker.servers.resolve() => worker.replenish(),
                () = worker.sound.attend() => {}
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

/// What is made up for before something else has its turn.
const MOST_MOMENTS: usize = 32;

/// Returns the time to be told where something was due at `due`: as it is, unless more than one tick
/// would be due by then. What is later than can be made up for is left out.
fn moment(due: Instant, now: Instant) -> Instant {
    let behind = now - due;
    if behind < TICK || behind > MOST_BEHIND {
        now
    } else {
        due
    }
}

/// More than any path carries unfragmented; what is longer is cut and fails its authentication.
const LARGEST_DATAGRAM: usize = 2048;

impl Worker {
    fn poll_timeout(&self) -> Option<Instant> {
        self.sessions
            .values()
            .filter_map(|slot| match slot {
                Slot::Live(session) => session.poll_timeout(),
                Slot::Dead => None,
            })
            .chain(self.reserve.poll_timeout())
            .chain(self.probe.poll_timeout())
            .chain(self.sound.poll_timeout())
            .min()
    }

    fn handle_timeout(&mut self) {
        let now = Instant::now();
        if self.reserve.poll_timeout().is_some_and(|due| due <= now) {
            self.reserve.handle_timeout(now);
            self.replenish();
        }
        if self.probe.poll_timeout().is_some_and(|due| due <= now) {
            self.probe.handle_timeout(now);
            self.attend_probe(now);
        }
        // One moment of the grid after the other, so that all sessions and the desk keep in step.
        for _ in 0..MOST_MOMENTS {
            match self.poll_timeout() {
                Some(due) if due <= now => self.run_to(moment(due, now)),
                Some(_) | None => break,
            }
        }
    }

    /// Does what is due at `now`: the sessions, then the desk.
    fn run_to(&mut self, now: Instant) {
        let captured = self.sound.begin(now);
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
            self.with(id, |session| {
                if let Some(frame) = &captured {
                    session.set_captured(frame);
                }
                session.handle_timeout(now);
            });
        }
        if captured.is_some() {
            self.sound.end(now);
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
            Owner::Probe => {
                self.probe.handle_datagram(local, from, datagram, now);
                self.attend_probe(now);
            }
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

    fn probe_path(&mut self) {
        if self.servers.is_empty() {
            self.tell(News::PathProbed(PathProbe::NoServer));
            return;
        }
        let now = Instant::now();
        let Surroundings { hosts, servers } = self.surroundings(now);
        self.sockets.close(Owner::Probe);
        let sockets = self.sockets.open(Owner::Probe, &hosts);
        self.probe.begin(sockets, servers, now);
        self.attend_probe(now);
    }

    /// Sends what the probe asks, and tells what it found.
    fn attend_probe(&mut self, now: Instant) {
        while let Some(transmit) = self.probe.poll_transmit() {
            self.sockets.send(Owner::Probe, &transmit);
        }
        if let Some(found) = self.probe.poll(now) {
            self.sockets.close(Owner::Probe);
            self.tell(News::PathProbed(found));
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
                | Command::Restart { .. }
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
        match command {
            Command::Offer { .. } => self.follow_addresses(id, now),
            Command::Restart { .. } => self.relocate(id, now),
            Command::Answer { .. }
            | Command::Apply { .. }
            | Command::Withdraw { .. }
            | Command::Select { .. }
            | Command::Hold { .. }
            | Command::Mute { .. }
            | Command::Dtmf { .. }
            | Command::Close { .. } => {}
        }
        self.with(id, |session| session.handle_command(command, now));
    }

    /// Gives a session new sockets where this machine has other addresses than when the session got
    /// its own.
    fn follow_addresses(&mut self, id: SessionId, now: Instant) {
        let hosts = self.surroundings(now).hosts;
        let Some(Slot::Live(session)) = self.sessions.get(&id) else {
            return;
        };
        if !session.is_at(&hosts) {
            info!(session = id.0, "the addresses changed: the sound moves");
            self.relocate(id, now);
        }
    }

    /// Gives a session new sockets, where there can be some. What still arrives at the old ones is
    /// taken as well.
    fn relocate(&mut self, id: SessionId, now: Instant) {
        let gatherer = self.gatherer(id, now);
        if !gatherer.bases().is_empty() {
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
            microphone: match &self.source {
                Some(source) => Microphone::Own(source.clone()),
                None => Microphone::desk(),
            },
            speaker: match &self.playback {
                Playback::Discard => Speaker::Waiting(None),
                Playback::Wav { path } => Speaker::Waiting(Some(numbered(path, self.begun))),
                Playback::System => Speaker::desk(),
            },
            packet_time: self.packet_time,
            grid: self.grid,
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
        let sound = &mut self.sound;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            input(session);
            if let Some(frame) = session.take_played() {
                sound.play(&frame);
            }
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
        self.follow_calls();
    }

    /// Tells the desk what the sessions want of it.
    fn follow_calls(&mut self) {
        let wanted = self.sessions.values().map(|slot| match slot {
            Slot::Live(session) => session.calls(),
            Slot::Dead => Calls::default(),
        });
        let calls = wanted.fold(Calls::default(), Calls::and);
        self.sound.set_calls(calls, Instant::now());
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

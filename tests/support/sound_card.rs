//! A sound card for tests: a sound server of its own, PulseAudio or PipeWire, with null sinks as
//! speakers, and the monitors of null sinks as microphones.
//!
//! A program finds a sound server by its environment, and a process has one environment. So
//! [`with_sound_card`] runs the test again, in a process of its own that has the right one.

mod pipewire;

use std::f32::consts::TAU;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{env, fs, iter, thread};

/// Where the process that is to run the test finds the server's folder.
const FOLDER: &str = "HELIX_TEST_SOUND_CARD";

/// Nothing that a server or a tool does takes so long.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs `body` as the test `name` (its full path without the crate) in a process whose sound server
/// is that of the [`SoundCard`] that `body` gets, which is not running yet.
pub fn with_sound_card(name: &str, body: impl FnOnce(SoundCard)) {
    if let Some(card) = card_of_environment() {
        return body(card);
    }
    let folder = tempfile::TempDir::new().unwrap();
    let output = at_card(folder.path())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{name} failed:\n{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Runs `body` as the whole of this program, in the same way.
pub fn run_with_sound_card(body: impl FnOnce(SoundCard)) {
    if let Some(card) = card_of_environment() {
        return body(card);
    }
    let folder = tempfile::TempDir::new().unwrap();
    let status = at_card(folder.path())
        .args(env::args_os().skip(1))
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

/// Returns the card of a process that was started for it.
fn card_of_environment() -> Option<SoundCard> {
    let folder = env::var_os(FOLDER)?;
    Some(SoundCard::of(folder.as_ref()))
}

/// Returns this program with the environment in which it finds the server of `folder`.
fn at_card(folder: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .env(FOLDER, folder)
        .env("PULSE_SERVER", server_address(folder))
        .env("XDG_RUNTIME_DIR", folder)
        .env("HOME", folder)
        .env_remove("PULSE_RUNTIME_PATH")
        .stdin(Stdio::null());
    command
}

fn server_address(folder: &Path) -> String {
    format!("unix:{}", socket(folder).display())
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("native")
}

/// A speaker or a microphone of the card.
#[derive(Debug, Clone, Copy)]
pub struct Plug {
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    pub rate: u32,
    pub channels: u16,
}

impl Plug {
    /// 48 kHz, stereo.
    pub const fn new(name: &'static str, title: &'static str) -> Self {
        Self {
            name,
            title,
            rate: 48_000,
            channels: 2,
        }
    }

    fn sink(&self) -> Vec<String> {
        vec![
            "module-null-sink".to_owned(),
            format!("sink_name={}", self.name),
            format!("rate={}", self.rate),
            format!("channels={}", self.channels),
            // A null sink renders two seconds ahead while nobody asks for less, and plays nothing
            // new until then; with this it stays within 50 ms, as real cards do.
            "norewinds=1".to_owned(),
            format!("sink_properties=device.description={}", self.title),
        ]
    }

    /// What is played into the sink `NAME` comes out of the source `NAME_source`.
    fn source(&self) -> Vec<String> {
        vec![
            "module-remap-source".to_owned(),
            format!("source_name={}_source", self.name),
            format!("master={}.monitor", self.name),
            format!("rate={}", self.rate),
            format!("channels={}", self.channels),
            format!("source_properties=device.description={}", self.title),
        ]
    }
}

/// Returns what gives a device any title: empty, with spaces, of any length.
fn titled(property: &str, title: &str) -> String {
    format!("{property}='device.description=\"{title}\"'")
}

/// Which program serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    PulseAudio,
    /// By PulseAudio's protocol, too.
    PipeWire,
}

/// The server, which ends with this.
#[derive(Debug)]
pub struct SoundCard {
    folder: PathBuf,
    server: Server,
    /// All of its processes, none while it does not run.
    processes: Vec<Child>,
}

impl SoundCard {
    /// A card for programs that are told of its [`address`](Self::address), which is not running yet.
    pub fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            server: Server::PulseAudio,
            processes: Vec::new(),
        }
    }

    /// The same with this program, which is PulseAudio where nothing else is said.
    pub fn served_by(mut self, server: Server) -> Self {
        assert!(self.processes.is_empty(), "the server runs");
        self.server = server;
        self
    }

    /// What a program finds the server by, in `PULSE_SERVER`.
    pub fn address(&self) -> String {
        server_address(&self.folder)
    }

    /// One of the server's tools.
    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("PULSE_SERVER", self.address());
        command
    }

    /// Starts the server with these devices, of which the first of each kind is the default, and
    /// waits until it serves.
    pub fn start(&mut self, speakers: &[Plug], microphones: &[Plug]) {
        assert!(self.processes.is_empty(), "the server runs");
        match self.server {
            Server::PulseAudio => {
                let server = self.start_pulseaudio(speakers, microphones);
                self.processes.push(server);
            }
            Server::PipeWire => {
                self.processes = pipewire::start(&self.folder, &socket(&self.folder));
                for plug in speakers {
                    self.plug_in_speaker(plug);
                }
                for plug in microphones {
                    self.plug_in_microphone(plug);
                }
                if let Some(plug) = speakers.first() {
                    self.make_default_speaker(plug.name);
                }
                if let Some(plug) = microphones.first() {
                    self.make_default_microphone(plug.name);
                }
            }
        }
    }

    fn start_pulseaudio(&self, speakers: &[Plug], microphones: &[Plug]) -> Child {
        let mut script = String::new();
        let mut load = |module: &[String]| {
            writeln!(script, "load-module {}", module.join(" ")).unwrap();
        };
        load(&[
            "module-native-protocol-unix".to_owned(),
            "auth-anonymous=1".to_owned(),
            format!("socket={}", socket(&self.folder).display()),
        ]);
        for plug in speakers {
            load(&plug.sink());
        }
        for plug in microphones {
            load(&plug.sink());
            load(&plug.source());
        }
        if let Some(plug) = speakers.first() {
            writeln!(script, "set-default-sink {}", plug.name).unwrap();
        }
        if let Some(plug) = microphones.first() {
            writeln!(script, "set-default-source {}_source", plug.name).unwrap();
        }
        let path = self.folder.join("server.pa");
        fs::write(&path, script).unwrap();
        let mut server = Command::new("pulseaudio")
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disallow-exit",
            ])
            .args([
                "--use-pid-file=no",
                "--log-target=stderr",
                "--log-level=info",
                "-F",
            ])
            .arg(&path)
            .env("XDG_RUNTIME_DIR", &self.folder)
            .env("HOME", &self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("pulseaudio is installed");
        let log = BufReader::new(server.stderr.take().unwrap());
        let (ready, is_ready) = mpsc::channel();
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if line.contains("Daemon startup complete") {
                    // The card may have been dropped.
                    let _ = ready.send(());
                }
            }
        });
        is_ready.recv_timeout(DEADLINE).expect("the server serves");
        server
    }

    /// Kills the server, as a crash does.
    pub fn kill(&mut self) {
        for mut process in self.processes.drain(..) {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Lets the server hang: it takes connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        assert!(!self.processes.is_empty(), "the server runs");
        let ids = self.processes.iter().map(|it| it.id().to_string());
        let sent = Command::new("kill").arg(signal).args(ids).status().unwrap();
        assert!(sent.success());
    }

    /// Plugs in a microphone.
    pub fn plug_in_microphone(&self, plug: &Plug) {
        self.load(&plug.sink());
        self.load(&plug.source());
    }

    /// Plugs in a speaker.
    pub fn plug_in_speaker(&self, plug: &Plug) {
        self.load(&plug.sink());
    }

    /// Plugs in a microphone, and a speaker behind it, that have the title, whatever that is.
    pub fn plug_in_with_title(&self, name: &str, title: &str) {
        self.load(&[
            "module-null-sink".to_owned(),
            format!("sink_name={name}"),
            "norewinds=1".to_owned(),
            titled("sink_properties", title),
        ]);
        self.load(&[
            "module-remap-source".to_owned(),
            format!("source_name={name}_source"),
            format!("master={name}.monitor"),
            titled("source_properties", title),
        ]);
    }

    /// Pulls a speaker or a microphone; returns when the server was told to.
    pub fn unplug(&self, name: &str) -> Instant {
        let modules = self.control(&["list", "short", "modules"]);
        let owned = [
            format!("sink_name={name} "),
            format!("source_name={name}_source "),
        ];
        let pulled = Instant::now();
        // The source first: it lives on the sink.
        for line in modules.lines().rev() {
            if owned.iter().any(|own| line.contains(own.as_str())) {
                let module = line.split_whitespace().next().unwrap();
                self.control(&["unload-module", module]);
            }
        }
        pulled
    }

    /// Has a speaker rest, as it does while another program has the card for itself.
    pub fn suspend(&self, speaker: &str, suspended: bool) {
        let flag = if suspended { "1" } else { "0" };
        self.control(&["suspend-sink", speaker, flag]);
    }

    pub fn make_default_microphone(&self, name: &str) {
        self.control(&["set-default-source", &format!("{name}_source")]);
    }

    pub fn make_default_speaker(&self, name: &str) {
        self.control(&["set-default-sink", name]);
    }

    /// Has a microphone hear a speaker, so much less loud, as on a desk without a headset.
    pub fn place_before(&self, microphone: &str, speaker: &str, loss_db: u32) {
        self.load(&[
            "module-loopback".to_owned(),
            format!("source={speaker}.monitor"),
            format!("sink={microphone}"),
            "latency_msec=40".to_owned(),
            // A room is as long at any time.
            "adjust_time=0".to_owned(),
        ]);
        let inputs = self.control(&["list", "short", "sink-inputs"]);
        let room = inputs.lines().find(|it| it.contains("module-loopback"));
        let room = room.and_then(|it| it.split_whitespace().next()).unwrap();
        self.control(&["set-sink-input-volume", room, &format!("-{loss_db}dB")]);
    }

    /// Returns when each stream that records from a device ends, from now on.
    pub fn endings_of_recordings(&self) -> Endings {
        let mut watcher = self
            .tool("pactl")
            .arg("subscribe")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio-utils is installed");
        let lines = BufReader::new(watcher.stdout.take().unwrap()).lines();
        let (ended, times) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let is_end = line.starts_with("Event 'remove' on source-output");
                if is_end && ended.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
        Endings { watcher, times }
    }

    /// Speaks a sine into a microphone until this is dropped.
    pub fn speak(&self, microphone: &str, hz: f64) -> Speaking {
        let sine = (0_u64..)
            .map(move |i| i as f64 * hz / 48_000.0)
            .map(|cycles| (0.3 * (cycles.fract() * std::f64::consts::TAU).sin()) as f32);
        self.play(microphone, sine)
    }

    /// Says this into a microphone, 48,000 samples a second, and is silent until it is dropped.
    pub fn say(&self, microphone: &str, samples: &[f32]) -> Speaking {
        let samples = samples.to_vec();
        self.play(microphone, samples.into_iter().chain(iter::repeat(0.0)))
    }

    fn play(
        &self,
        sink: &str,
        mut samples: impl Iterator<Item = f32> + Send + 'static,
    ) -> Speaking {
        let mut player = self
            .tool("pacat")
            .args([
                "--playback",
                "--format=float32le",
                "--rate=48000",
                "--channels=1",
            ])
            .args(["--latency-msec=40", "--device", sink])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio-utils is installed");
        let mut input = player.stdin.take().unwrap();
        thread::spawn(move || {
            loop {
                let block = samples.by_ref().take(480);
                let bytes: Vec<u8> = block.flat_map(f32::to_le_bytes).collect();
                // It ends with the player.
                if input.write_all(&bytes).is_err() {
                    return;
                }
            }
        });
        Speaking { player }
    }

    /// Listens to a speaker until this is dropped.
    pub fn listen(&self, speaker: &str) -> Listening {
        let mut recorder = self
            .tool("parec")
            .args(["--format=float32le", "--rate=48000", "--channels=1"])
            .args([
                "--latency-msec=20",
                "--device",
                &format!("{speaker}.monitor"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio-utils is installed");
        let mut output = recorder.stdout.take().unwrap();
        let (heard, frames) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 4 * 480];
            while output.read_exact(&mut bytes).is_ok() {
                let mut frame = [0.0; 480];
                for (sample, bytes) in frame.iter_mut().zip(bytes.as_chunks::<4>().0) {
                    *sample = f32::from_le_bytes(*bytes);
                }
                if heard.send(frame).is_err() {
                    return;
                }
            }
        });
        Listening { recorder, frames }
    }

    /// Loads a module of the server: its name, then its arguments.
    pub fn load(&self, module: &[impl AsRef<str>]) {
        let arguments: Vec<&str> = module.iter().map(AsRef::as_ref).collect();
        self.control(&[&["load-module"], arguments.as_slice()].concat());
    }

    fn control(&self, arguments: &[&str]) -> String {
        let output = self.tool("pactl").args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "pactl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for SoundCard {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Somebody who speaks.
#[derive(Debug)]
pub struct Speaking {
    player: Child,
}

/// Somebody who listens.
#[derive(Debug)]
pub struct Listening {
    recorder: Child,
    frames: mpsc::Receiver<[f32; 480]>,
}

/// Somebody who watches the server.
#[derive(Debug)]
pub struct Endings {
    watcher: Child,
    times: mpsc::Receiver<Instant>,
}

impl Endings {
    /// Waits for the next one.
    pub fn next(&self) -> Instant {
        self.times.recv_timeout(DEADLINE).expect("a stream ends")
    }
}

impl Listening {
    /// Returns the next 10 ms at 48 kHz, `None` at the end.
    pub fn next(&self) -> Option<[f32; 480]> {
        self.frames.recv_timeout(DEADLINE).ok()
    }

    /// Listens until as many frames, one after the other, have a share of the tone that is `wanted`;
    /// returns when the first of them came.
    pub fn until(&self, hz: f32, frames: usize, wanted: impl Fn(f32) -> bool) -> Instant {
        let (mut found, mut first) = (0, Instant::now());
        // Ten seconds.
        for _ in 0..1_000 {
            let frame = self.next().expect("the server lives");
            if !wanted(share(&frame, hz)) {
                found = 0;
                continue;
            }
            if found == 0 {
                first = Instant::now();
            }
            found += 1;
            if found == frames {
                return first;
            }
        }
        panic!("{hz} Hz was not heard as it should be");
    }

    /// Leaves out what came so far.
    pub fn skip(&self) {
        while self.frames.try_recv().is_ok() {}
    }

    /// Returns what was heard and not taken until now.
    pub fn backlog(&self) -> Vec<[f32; 480]> {
        self.frames.try_iter().collect()
    }
}

impl Drop for Speaking {
    fn drop(&mut self) {
        end(&mut self.player);
    }
}

impl Drop for Endings {
    fn drop(&mut self) {
        end(&mut self.watcher);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        end(&mut self.recorder);
    }
}

fn end(child: &mut Child) {
    // It may have ended with its server.
    let _ = child.kill();
    let _ = child.wait();
}

/// How much of the energy is of this frequency, 0 to 1.
pub fn share(sound: &[f32], hz: f32) -> f32 {
    let energy: f32 = sound.iter().map(|s| s * s).sum();
    if energy < 1e-4 {
        return 0.0;
    }
    let (mut sine, mut cosine) = (0.0, 0.0);
    for (i, sample) in sound.iter().enumerate() {
        let phase = TAU * (hz * i as f32 / 48_000.0).fract();
        sine += sample * phase.sin();
        cosine += sample * phase.cos();
    }
    2.0 * (sine * sine + cosine * cosine) / (energy * sound.len() as f32)
}

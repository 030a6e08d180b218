//! The screen: an X server without a window manager, so windows lie at the corner, without frames, and
//! the last one that was shown has the focus.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::Instant,
};

use tempfile::TempDir;
use x11rb::{
    COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            AtomEnum, ClientMessageEvent, ConnectionExt, CreateWindowAux, EventMask, GrabMode,
            InputFocus, MapState, ModMask, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use crate::PATIENCE;

/// The tests that run at a time share one.
static SHARED: Mutex<Weak<Screen>> = Mutex::new(Weak::new());

#[derive(Debug)]
pub(crate) struct Screen {
    server: Child,
    /// Such as `:99`.
    pub(crate) display: String,
    /// Where Wayland is spoken, in this folder.
    wayland: Option<TempDir>,
}

/// The name of the socket in that folder.
const WAYLAND: &str = "wayland";

impl Screen {
    /// Returns the screen of all tests, which ends with the last of them.
    pub(crate) fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let screen = Arc::new(Self::start());
            *shared = Arc::downgrade(&screen);
            screen
        })
    }

    /// Starts a screen for one test, whose windows lie over no others and have the keyboard.
    pub(crate) fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24"])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        // It tells its number when it serves.
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        assert!(!number.is_empty(), "Xvfb serves");
        Self {
            server,
            display: format!(":{}", number.trim()),
            wayland: None,
        }
    }

    /// Starts a desktop with Wayland for one test, on which X11 is spoken too.
    pub(crate) fn with_wayland() -> Self {
        let folder = TempDir::new().unwrap();
        let mut server = Command::new("weston")
            .args(["--backend=headless-backend.so", "--xwayland", "--no-config"])
            .args(["--width=1280", "--height=800", "--idle-time=0"])
            .arg(format!("--socket={WAYLAND}"))
            .env("XDG_RUNTIME_DIR", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("weston is installed");
        let told = BufReader::new(server.stderr.take().unwrap()).lines();
        let mut told = told.map_while(Result::ok);
        let display = told.find_map(|line| {
            let (_, display) = line.split_once("xserver listening on display ")?;
            Some(display.trim().to_owned())
        });
        // It waits for whoever reads what it says.
        thread::spawn(move || told.for_each(drop));
        Self {
            server,
            display: display.expect("weston serves"),
            wayland: Some(folder),
        }
    }

    /// What tells programs where the screen is.
    pub(crate) fn environment(&self) -> [(&'static str, OsString); 2] {
        let wayland = self.wayland.as_ref();
        let socket = wayland.map(|it| it.path().join(WAYLAND).into_os_string());
        [
            ("DISPLAY", self.display.clone().into()),
            ("WAYLAND_DISPLAY", socket.unwrap_or_default()),
        ]
    }

    /// Runs `xdotool`, which presses keys and looks at windows; returns what it says.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.display)
            .output()
            .expect("xdotool is installed");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Where a window is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
}

impl Screen {
    /// Returns the windows of this title that can be seen.
    pub(crate) fn windows(&self, title: &str) -> Vec<String> {
        let found = self.xdotool(&["search", "--onlyvisible", "--name", title]);
        found.lines().map(str::to_owned).collect()
    }

    pub(crate) fn place(&self, window: &str) -> Place {
        let told = self.xdotool(&["getwindowgeometry", "--shell", window]);
        let value = |name: &str| {
            let found = told.lines().find_map(|it| it.strip_prefix(name));
            found.and_then(|it| it.parse().ok())
        };
        let place = || {
            Some(Place {
                x: value("X=")?,
                y: value("Y=")?,
                width: value("WIDTH=")?,
                height: value("HEIGHT=")?,
            })
        };
        place().unwrap_or_else(|| panic!("{window} is nowhere: {told}"))
    }

    /// Moves and sizes a window as its user does.
    pub(crate) fn put(&self, window: &str, place: Place) {
        let [x, y, width, height] =
            [place.x, place.y, place.width, place.height].map(|it| it.to_string());
        self.xdotool(&["windowsize", window, &width, &height]);
        self.xdotool(&["windowmove", window, &x, &y]);
    }

    /// Closes a window as the button in its frame does, which no window manager draws here (ICCCM
    /// §4.2.8.1).
    pub(crate) fn close(&self, window: &str) {
        let (server, _) = x11rb::connect(Some(&self.display)).unwrap();
        let atom = |name: &str| {
            let asked = server.intern_atom(false, name.as_bytes()).unwrap();
            asked.reply().unwrap().atom
        };
        let window = window.parse().unwrap();
        let delete = [atom("WM_DELETE_WINDOW"), CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), delete);
        let sent = server.send_event(false, window, EventMask::NO_EVENT, message);
        sent.unwrap().check().unwrap();
    }

    /// Opens a window of another program, which lies above the others and has the focus.
    pub(crate) fn other_program(&self) -> OtherProgram {
        let program = self.program_without_window();
        let OtherProgram { server, window, .. } = &program;
        server.map_window(*window).unwrap().check().unwrap();
        let focused = server.set_input_focus(InputFocus::PARENT, *window, CURRENT_TIME);
        focused.unwrap().check().unwrap();
        program
    }

    fn program_without_window(&self) -> OtherProgram {
        let (server, screen) = x11rb::connect(Some(&self.display)).unwrap();
        let window = server.generate_id().unwrap();
        let screen = &server.setup().roots[screen];
        let (root, visual) = (screen.root, screen.root_visual);
        let as_usual = CreateWindowAux::new();
        let class = WindowClass::INPUT_OUTPUT;
        let depth = COPY_DEPTH_FROM_PARENT;
        let made =
            server.create_window(depth, window, root, 0, 0, 9, 9, 0, class, visual, &as_usual);
        made.unwrap().check().unwrap();
        OtherProgram {
            server,
            root,
            window,
        }
    }

    /// Starts another program that has this key, by its number among the F keys, while Caps Lock is on: alone, the
    /// key still comes to the window with the focus.
    pub(crate) fn program_with_key(&self, f: u32) -> OtherProgram {
        /// What X calls the first of them.
        const F1: u32 = 0xffbe;

        let program = self.program_without_window();
        let OtherProgram { server, root, .. } = &program;
        let setup = server.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = server.get_keyboard_mapping(first, last - first + 1);
        let mapping = mapping.unwrap().reply().unwrap();
        let mut keys = mapping
            .keysyms
            .chunks(usize::from(mapping.keysyms_per_keycode))
            .zip(first..=last);
        let (_, key) = keys
            .find(|(symbols, _)| symbols.contains(&(F1 + f - 1)))
            .expect("the keyboard has the key");
        let (pointer, keyboard) = (GrabMode::ASYNC, GrabMode::ASYNC);
        let taken = server.grab_key(false, *root, ModMask::LOCK, key, pointer, keyboard);
        taken.unwrap().check().unwrap();
        program
    }

    /// Returns the text in the clipboard, if there is one, as a program gets it into which it is pasted (ICCCM §2.4).
    pub(crate) fn clipboard(&self) -> Option<String> {
        /// In units of four bytes: more than anybody copies here.
        const LONGEST: u32 = 1 << 16;

        let OtherProgram { server, window, .. } = self.program_without_window();
        let atom = |name: &str| {
            let asked = server.intern_atom(false, name.as_bytes()).unwrap();
            asked.reply().unwrap().atom
        };
        let [clipboard, text, place] = ["CLIPBOARD", "UTF8_STRING", "PASTED"].map(atom);
        let asked = server.convert_selection(window, clipboard, text, place, CURRENT_TIME);
        asked.unwrap().check().unwrap();
        let begun = Instant::now();
        loop {
            if let Some(Event::SelectionNotify(told)) = server.poll_for_event().unwrap() {
                if told.property == NONE {
                    return None;
                }
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "the clipboard does not answer");
            thread::yield_now();
        }
        let pasted = server.get_property(true, window, place, AtomEnum::ANY, 0, LONGEST);
        Some(String::from_utf8(pasted.unwrap().reply().unwrap().value).unwrap())
    }

    /// Returns the window that lies above all others.
    pub(crate) fn uppermost(&self) -> Option<String> {
        let (server, screen) = x11rb::connect(Some(&self.display)).unwrap();
        let root = server.setup().roots[screen].root;
        // From the lowest to the highest.
        let windows = server.query_tree(root).unwrap().reply().unwrap().children;
        let is_shown = |window: &u32| {
            // It may be gone meanwhile.
            let asked = server.get_window_attributes(*window).unwrap().reply();
            asked.is_ok_and(|it| it.map_state == MapState::VIEWABLE)
        };
        let highest = windows.into_iter().rfind(is_shown);
        highest.map(|it| it.to_string())
    }

    /// Returns the window that has the keyboard.
    pub(crate) fn focused(&self) -> String {
        self.xdotool(&["getwindowfocus"]).trim().to_owned()
    }

    /// Returns whether a window asks to be looked at (ICCCM §4.1.2.4).
    pub(crate) fn is_urgent(&self, window: &str) -> bool {
        let hints = self.property(window, "WM_HINTS");
        assert!(hints.contains("group leader"), "{hints}");
        hints.contains("The urgency hint bit is set")
    }

    /// Returns whether a window asks to lie above the others.
    pub(crate) fn is_above(&self, window: &str) -> bool {
        self.property(window, "_NET_WM_STATE")
            .contains("_NET_WM_STATE_ABOVE")
    }

    /// Returns what a window says of itself, in the words of `xprop`.
    pub(crate) fn property(&self, window: &str, name: &str) -> String {
        let output = Command::new("xprop")
            .args(["-id", window, name])
            .env("DISPLAY", &self.display)
            .output()
            .expect("xprop is installed");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// A program that runs as long as this is there, with a window.
#[derive(Debug)]
pub(crate) struct OtherProgram {
    server: RustConnection,
    root: u32,
    pub(crate) window: u32,
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

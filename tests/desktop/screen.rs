//! The screen: an X server without a window manager, so windows lie at the corner, without frames, and
//! the last one that was shown has the focus.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
};

/// The tests that run at a time share one.
static SHARED: Mutex<Weak<Screen>> = Mutex::new(Weak::new());

#[derive(Debug)]
pub(crate) struct Screen {
    server: Child,
    /// Such as `:99`.
    pub(crate) display: String,
}

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
        }
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

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

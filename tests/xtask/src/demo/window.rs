//! The window of the demo, as somebody tries it: on a screen that nobody looks at, by the keyboard.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use super::story;

/// How long one thing may take; a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A key is pressed again where nothing has come of it: a page that is not drawn yet hears none.
const PRESS_AGAIN: Duration = Duration::from_secs(2);

/// Opens the window with the programs in this folder, signs in, is called by Ravi, and ends it with a signal. What they write goes to `out`.
pub(crate) fn try_out(built: &Path, out: &Path) -> Result<()> {
    // Settings and history of an earlier run are no new user's.
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("Cannot remove {}", out.display()))?;
    }
    fs::create_dir_all(out).with_context(|| format!("Cannot make {}", out.display()))?;
    let mut xvfb = Command::new("Xvfb");
    xvfb.args(["-displayfd", "1", "-screen", "0", "800x700x24"])
        .args(["-nolisten", "tcp", "-noreset"]);
    let (_screen, number) = serve(&mut xvfb)?;
    let display = format!(":{number}");
    let mut dbus = Command::new("dbus-daemon");
    dbus.args(["--session", "--nofork", "--print-address=1"]);
    let (_bus, address) = serve(&mut dbus)?;

    let mut command = story(built);
    command
        .arg("--window")
        .arg("--out")
        .arg(out)
        .env("DISPLAY", &display)
        .env("WAYLAND_DISPLAY", "")
        .env("DBUS_SESSION_BUS_ADDRESS", address)
        .env("XDG_CONFIG_HOME", out.join("config"))
        .env("XDG_CACHE_HOME", out.join("cache"))
        .env("NO_AT_BRIDGE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut demo = Ending(command.spawn().context("Cannot start the demo")?);
    let lines = lines(&mut demo.0)?;
    let mut terminal = demo.0.stdin.take().context("The demo takes no input")?;

    until(&lines, "press \"Sign in\"", || {})?;
    until(&lines, "to hear Ravi", || press(&display, "Return"))?;
    writeln!(terminal).context("The demo hears nothing")?;
    until(&lines, "Ravi      calls", || {})?;
    writeln!(terminal).context("The demo hears nothing")?;
    until(&lines, "Ravi      hangs up", || {})?;
    let ended = Command::new("kill").arg(demo.0.id().to_string()).status();
    ended.context("Cannot start kill")?;
    until(&lines, "SIGTERM: signing out", || {})?;
    until(&lines, "Ana       has signed out", || {})?;
    let status = demo.0.wait().context("The demo cannot be waited for")?;
    if !status.success() {
        bail!("The demo ended with {status}");
    }
    Ok(())
}

/// Starts a server that writes where it serves; returns that, too.
fn serve(command: &mut Command) -> Result<(Ending, String)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = child.stderr(Stdio::null()).spawn();
    let mut server = Ending(child.with_context(|| format!("Cannot start {name}"))?);
    match lines(&mut server.0)?.recv_timeout(PATIENCE) {
        Ok(line) => Ok((server, line)),
        Err(_) => bail!("{name} does not serve"),
    }
}

/// Presses a key in the window, if there is one.
fn press(display: &str, key: &str) {
    let words = ["search", "--onlyvisible", "--name", "Helix Phone"];
    let pressed = Command::new("xdotool")
        .args(words)
        .args(["windowfocus", "--sync", "key", key])
        .env("DISPLAY", display)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if let Err(error) = pressed {
        println!("xdotool cannot be started: {error}");
    }
}

/// Returns what a program writes, line by line.
fn lines(child: &mut Child) -> Result<Receiver<String>> {
    let out = child.stdout.take().context("No output")?;
    let (told, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // Read to its end whether somebody listens or not: a program waits for whoever reads.
            let _ = told.send(line);
        }
    });
    Ok(lines)
}

/// Waits for a line that ends with these words; does `again` at first and whenever nothing is told for a while.
fn until(lines: &Receiver<String>, words: &str, again: impl Fn()) -> Result<()> {
    let begun = Instant::now();
    again();
    while begun.elapsed() < PATIENCE {
        match lines.recv_timeout(PRESS_AGAIN) {
            Ok(line) => {
                println!("{line}");
                if line.ends_with(words) {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Timeout) => again(),
            Err(RecvTimeoutError::Disconnected) => bail!("The demo ended before it said {words:?}"),
        }
    }
    bail!("The demo never said {words:?}")
}

/// A program that ends with whoever has this.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

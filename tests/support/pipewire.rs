//! PipeWire, as desktops have it, where PulseAudio was: its server for sound, the one that speaks
//! PulseAudio's protocol, and the session manager that leads streams to devices.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::DEADLINE;

/// What the session manager (WirePlumber 0.4) loads: no devices of this machine, and no bus.
const SESSION: &str = r#"
load_module("metadata")
default_access.properties["enable-flatpak-portal"] = false
default_access.enable()
device_defaults.enable()
stream_defaults.enable()
load_script("intended-roles.lua")
load_script("suspend-node.lua")
"#;

/// Starts all of it in `folder`, which is home and runtime directory, and returns when it serves at
/// `socket`.
pub(super) fn start(folder: &Path, socket: &Path) -> Vec<Child> {
    let settings = folder.join(".config");
    let write = |path: &str, text: &str| {
        let path = settings.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("wireplumber/main.lua.d/90-enable-all.lua", SESSION);
    write("wireplumber/bluetooth.lua.d/90-enable-all.lua", "");
    write(
        "wireplumber/wireplumber.conf.d/bus.conf",
        "context.properties = { support.dbus = false }\n",
    );
    write(
        "pipewire/pipewire-pulse.conf.d/socket.conf",
        &format!(
            "pulse.properties = {{ server.address = [ \"unix:{}\" ] }}\n",
            socket.display()
        ),
    );
    let mut started = Vec::new();
    for (server, is_ready) in [
        ("pipewire", Some(["pw-cli", "info", "0"])),
        ("wireplumber", None),
        ("pipewire-pulse", Some(["pactl", "info", ""])),
    ] {
        let mut command = Command::new(server);
        at(folder, socket, &mut command);
        started.push(command.spawn().expect("PipeWire is installed"));
        if let Some(question) = is_ready {
            until(server, || answer(folder, socket, &question).is_some());
        }
    }
    // Without the session manager there is no default, and nobody who could set one.
    until("a session manager", || {
        let info = answer(folder, socket, &["pactl", "info"]);
        info.is_some_and(|it| !it.contains("Default Sink: @DEFAULT_SINK@"))
    });
    started
}

fn at(folder: &Path, socket: &Path, command: &mut Command) {
    command
        .env("HOME", folder)
        .env("XDG_RUNTIME_DIR", folder)
        .env("PULSE_SERVER", format!("unix:{}", socket.display()))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
}

/// Asks a tool of the server; returns what it says where it succeeds.
fn answer(folder: &Path, socket: &Path, question: &[&str]) -> Option<String> {
    let mut command = Command::new(question[0]);
    command.args(question[1..].iter().filter(|it| !it.is_empty()));
    at(folder, socket, &mut command);
    let output = command.stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(said)
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come");
    }
}

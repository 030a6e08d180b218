//! The program as a package installs it, in a system that has nothing but what the package asks for: signed in, registered, looked at and
//! quit. `cargo verify installers` makes that system and runs this.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod framebuffer;

use std::{env, path::Path, time::Duration};

use tokio::{process::Command, time::timeout};

use framebuffer::Framebuffer;
use support::{
    office::{Office, PASSWORD},
    process::Process,
};

/// Holds the command that starts the installed program, one word a line.
const WINDOW: &str = "HELIX_INSTALLED_WINDOW";

/// How long the screen may take; a loaded machine is slow.
const PATIENCE: Duration = Duration::from_secs(40);

/// The button "Sign in", which lies on the page when the page listens.
const BUTTON: [u8; 3] = [0x0b, 0x5c, 0xad];
const PIXELS_OF_A_BUTTON: usize = 8_000;

/// "Call", beside "Do not call".
const PIXELS_OF_HALF_A_BUTTON: usize = 3_000;

/// What is proven to work: "Connected", with its mark; and what calls.
const PROVEN: [u8; 3] = [0x1a, 0x7f, 0x37];
const PIXELS_OF_A_WORD: usize = 64;

/// Text, lines, icons and their edges.
const COLOURS_OF_A_PAGE: usize = 32;

#[tokio::test(flavor = "multi_thread")]
async fn the_installed_program_signs_in_registers_says_so_and_signs_out() {
    let words = env::var(WINDOW).expect("`cargo verify installers` runs this");
    let words = words.lines().collect::<Vec<_>>();
    let office = Office::open().await;
    let mut window = Process::start(
        "the window",
        Command::new(words[0])
            .args(&words[1..])
            .arg(&office.sidecar.url)
            .arg(office.world.ca_path())
            .args(["ana@helix.example", PASSWORD]),
    );
    window.event("window").await;

    let folder = Path::new(words[words.len() - 2]);
    shown(&mut window, folder, BUTTON, PIXELS_OF_A_BUTTON).await;
    window.write("press Return").await;
    office.bindings("700201", 1).await;
    let picture = shown(&mut window, folder, PROVEN, PIXELS_OF_A_WORD).await;
    assert!(picture.colours() >= COLOURS_OF_A_PAGE, "a page is shown");
    picture.write_png(&folder.join("screen.png"));

    // The entry of the menu hands a link over, and "Call" comes after "Do not call".
    window.write("open tel:700202").await;
    window.event("opened").await;
    shown(&mut window, folder, PROVEN, PIXELS_OF_HALF_A_BUTTON).await;
    window.write("press Tab").await;
    let calling = async {
        // The window has come forward, and for a moment after that no key presses anything.
        while office.world.counts().requests("INVITE") == 0 {
            window.write("press Return").await;
            window.write("look").await;
            window.event("looked").await;
        }
    };
    timeout(PATIENCE, calling).await.expect("a call");

    window.write("quit").await;
    let end = window.event("quit").await;
    assert_eq!(end["status"], 0, "{end}");
    office.bindings("700201", 0).await;
}

/// Returns what is on the screen, once it has so much of this colour.
async fn shown(window: &mut Process, folder: &Path, colour: [u8; 3], pixels: usize) -> Framebuffer {
    let looking = async {
        loop {
            window.write("look").await;
            window.event("looked").await;
            let picture = Framebuffer::read(&folder.join("screen.xwd"));
            if picture.pixels_of(colour) >= pixels {
                return picture;
            }
        }
    };
    timeout(PATIENCE, looking).await.unwrap_or_else(|_| {
        panic!(
            "never {pixels} pixels of {colour:x?} on the screen: {}",
            folder.display()
        )
    })
}

//! `cargo demo`, `cargo figures`, `cargo release` and `cargo verify`: installs what is missing, then builds and runs.

mod demo;
mod figures;
mod installers;
mod packages;
mod page;
mod release;
mod run;
mod verify;

use std::process::ExitCode;

const USAGE: &str = "\
cargo demo [--out DIR]   on a machine with a display: the window, in a world of its own; without one, or with --headless: sign in, hold
                         the session, register, call and hear; with --platform, users come from a platform, and agents are at Ozonetel
cargo figures [PART …]   times, memory and processor of the phone; the same at sound devices, beside Chromium; what a sidecar serves; cost of
                         a message and of a packet; all, or those of phone, sound, window, size, sidecar or parts
cargo release            build, pack and sign what people install on Linux; says which keys it needs
cargo verify [STEP…]     format, the page, lints, a compilation for Windows, the static sidecar, dependencies, all tests with real peers,
                         the demo, the installers; all of them, or the named ones
";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    let rest = arguments.collect::<Vec<_>>();
    let result = match command.as_deref() {
        Some("demo") => demo::demo(&rest),
        Some("figures") => figures::figures(&rest),
        Some("release") => release::release(&rest),
        // For the sidecar's Dockerfile, which has no packages to put them into.
        Some("licences") if rest == ["sidecar"] => {
            installers::licences::of_sidecar().map(|text| print!("{text}"))
        }
        // For systems whose packages are made elsewhere.
        Some("bill") if rest.len() == 1 => {
            installers::bill::of_phone(&rest[0]).map(|text| print!("{text}"))
        }
        Some("verify") => verify::verify(&rest),
        Some(_) | None => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

//! `demo`: the whole path with real processes, told line by line.
//!
//! A sidecar and the lab start on free loopback ports; phones without windows sign in, register, call, hear and hang up. The exit status
//! is 0 only if every step and every figure held.

mod figures;
mod narrator;
mod office;
mod phone;
mod speech;
mod story;
mod window;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use clap::Parser;

use crate::{narrator::Narrator, story::Stage};

/// Shows the whole path: sign in, hold the session, register, call, hear, hang up, sign out.
///
/// With --window a phone with a window is there to be tried by hand.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The helix-phone program
    #[arg(long, value_name = "PATH")]
    phone: PathBuf,
    /// The helix-sidecar program
    #[arg(long, value_name = "PATH")]
    sidecar: PathBuf,
    /// Where recordings, events and logs go; "demo" beside the folder of this program where absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Opens Ana's window, in a world of its own, until it is closed
    #[arg(long)]
    window: bool,
    /// Has the users come from a platform, and the agents be logged in at Ozonetel; this program plays both
    #[arg(long)]
    platform: bool,
    /// A WAV file that Ana says, in place of a sentence spoken by espeak-ng
    #[arg(long, value_name = "FILE")]
    speech: Option<PathBuf>,
}

/// The story takes about half of this on an idle machine.
const DEADLINE: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let narrator = Narrator::new();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("demo: no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Whatever ends the story drops the child processes, and a dropped child is killed.
    let outcome = runtime.block_on(async {
        if arguments.window {
            return run(arguments, &narrator).await;
        }
        tokio::select! {
            outcome = tokio::time::timeout(DEADLINE, run(arguments, &narrator)) => match outcome {
                Ok(outcome) => outcome,
                Err(_) => Err(anyhow::anyhow!("The demo took longer than {DEADLINE:?}")),
            },
            signal = stop_signal() => Err(anyhow::anyhow!("Stopped by {signal}")),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ndemo: FAILED at \"{}\": {error:#}", narrator.last());
            for line in narrator.last_words() {
                eprintln!("  {line}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments, narrator: &Narrator) -> anyhow::Result<()> {
    for program in [&arguments.phone, &arguments.sidecar] {
        if !program.is_file() {
            bail!("There is no program {}", program.display());
        }
    }
    let out = match arguments.out {
        Some(out) => out,
        None => beside_this_program()?,
    };
    std::fs::create_dir_all(&out).with_context(|| format!("Cannot make {}", out.display()))?;
    let out = out
        .canonicalize()
        .with_context(|| format!("Cannot find {}", out.display()))?;
    let stage = Stage {
        phone: arguments.phone,
        sidecar: arguments.sidecar,
        speech: arguments.speech,
        with_others: arguments.platform,
        out,
        narrator,
    };
    if arguments.window {
        return window::open(&stage).await;
    }
    let figures = story::tell(&stage).await?;
    println!("\n{figures}");
    println!("Recordings, events and logs: {}", stage.out.display());
    match figures.missed() {
        missed if missed.is_empty() => {
            println!("All of it held.");
            Ok(())
        }
        missed => bail!("Beyond the limit: {}", missed.join(", ")),
    }
}

/// Waits for what ends programs; returns its name.
#[cfg(unix)]
async fn stop_signal() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        return "a system without signals";
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => "Ctrl-C",
        _ = terminate.recv() => "SIGTERM",
        _ = hang_up.recv() => "SIGHUP",
    }
}

/// Waits for what ends programs; returns its name.
#[cfg(not(unix))]
async fn stop_signal() -> &'static str {
    match tokio::signal::ctrl_c().await {
        Ok(()) => "Ctrl-C",
        Err(_) => "a system without signals",
    }
}

/// `target/demo` for `target/release/demo`.
fn beside_this_program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("Cannot tell where this program lies")?;
    let folder = program.parent().context("This program lies nowhere")?;
    Ok(folder.parent().unwrap_or(folder).join("demo"))
}

//! `helix-sidecar`: the sidecar as a program.

mod logs;
mod probe;

use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use secrecy::SecretString;
use sidecar::{Certificate, Config, ConfigError};
use tokio::net::TcpListener;
use tracing::{error, info, warn};
use zeroize::Zeroizing;

use logs::{AuditLog, Format};

#[derive(Parser)]
#[command(version, about = "Signs agents in and keeps each on one device")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the users and agents of a configuration file, or those of the platform
    Serve {
        /// Can be left out where the environment says everything
        #[arg(long)]
        config: Option<PathBuf>,
        /// Where to listen; port 0 takes a free one
        #[arg(long, env = LISTEN_VARIABLE, default_value = LISTEN)]
        listen: SocketAddr,
        /// How the log on standard error is written
        #[arg(long, value_enum, env = "HELIX_LOG_FORMAT", default_value_t = Format::Text)]
        log_format: Format,
        /// Also keeps who signed in, was refused, took over or left in this file, a line of JSON each
        #[arg(long, env = "HELIX_AUDIT_LOG")]
        audit_log: Option<PathBuf>,
    },
    /// Reads a password from standard input and prints its hash for the configuration
    HashPassword,
    /// Tells what is wrong with a configuration file and the environment
    CheckConfig {
        file: Option<PathBuf>,
        /// Where `serve` will listen
        #[arg(long, env = LISTEN_VARIABLE, default_value = LISTEN)]
        listen: SocketAddr,
    },
    /// Asks the server of this machine whether it can serve, as /readyz says; for those who watch it
    Ready {
        /// Where it listens
        #[arg(env = LISTEN_VARIABLE, default_value = LISTEN)]
        address: SocketAddr,
    },
}

/// Where a server listens that nobody tells otherwise.
const LISTEN: &str = "127.0.0.1:4100";
const LISTEN_VARIABLE: &str = "HELIX_LISTEN";

/// Threads that serve calls, however many cores there are: one serves 20,000 heartbeats a second, and
/// containers bound threads (`compose.yaml`).
const MOST_WORKERS: usize = 16;

fn main() -> ExitCode {
    match execute(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("helix-sidecar: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve {
            config,
            listen,
            log_format,
            audit_log,
        } => {
            let audit_log = logs::start(log_format, audit_log.as_deref())?;
            let descriptors = allow_descriptors();
            let mut config = load(config.as_deref(), listen)?;
            if let Some(descriptors) = descriptors {
                config.bound_connections(descriptors);
            }
            for warning in config.warnings() {
                warn!("{warning}");
            }
            let cores = available_parallelism().map_or(2, usize::from);
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(cores.min(MOST_WORKERS))
                .enable_all()
                .build()
                .context("Cannot start the runtime")?
                .block_on(serve(config, listen, audit_log))
        }
        Command::HashPassword => {
            let password = read_password(io::stdin().lock())?;
            println!("{}", sidecar::hash_password(&password));
            Ok(())
        }
        Command::CheckConfig { file, listen } => {
            let config = load(file.as_deref(), listen)?;
            for warning in config.warnings() {
                eprintln!("helix-sidecar: warning: {warning}");
            }
            println!("{}: no problems", name_of(file.as_deref()));
            Ok(())
        }
        Command::Ready { address } => {
            probe::ask(address)?;
            println!("ready");
            Ok(())
        }
    }
}

fn load(path: Option<&Path>, listen: SocketAddr) -> anyhow::Result<Config> {
    Config::load(path, Some(listen)).map_err(|error| match error {
        ConfigError::Unreadable { .. } => error.into(),
        ConfigError::Wrong(_) => {
            anyhow::Error::from(error).context(format!("{} is wrong", name_of(path)))
        }
    })
}

fn name_of(path: Option<&Path>) -> String {
    match path {
        Some(path) => format!("The configuration {}", path.display()),
        None => "The configuration of the environment".to_owned(),
    }
}

async fn serve(
    config: Config,
    listen: SocketAddr,
    audit_log: Option<AuditLog>,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("Cannot listen on {listen}"))?;
    let address = listener.local_addr().context("The socket has no address")?;
    sidecar::check_address(&config, address)?;
    let shutdown = stop_signal()?;
    let scheme = if config.certificate().is_some() {
        "https"
    } else {
        "http"
    };
    read_again_at_hangup(config.certificate().cloned(), audit_log)?;
    // Scripts wait for this line; it must not linger in a buffer.
    let mut stdout = io::stdout();
    writeln!(stdout, "listening on {scheme}://{address}").context("Cannot write to stdout")?;
    stdout.flush().context("Cannot write to stdout")?;
    info!(%address, "listening");
    sidecar::run(listener, config, shutdown).await?;
    Ok(())
}

/// Takes as many descriptors as this process may have: systems begin with 1024, and there may be more
/// connections than that. Returns how many they are; `None`: any number.
#[cfg(unix)]
fn allow_descriptors() -> Option<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        info!(%error, "the limit of descriptors stays");
    }
    getrlimit(Resource::Nofile).current
}

/// This system has no such limit.
#[cfg(not(unix))]
fn allow_descriptors() -> Option<u64> {
    None
}

/// Returns what is over at the first SIGINT or SIGTERM.
#[cfg(unix)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt()).context("Cannot watch SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("Cannot watch SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => info!("SIGINT: stopping"),
            _ = terminate.recv() => info!("SIGTERM: stopping"),
        }
    })
}

/// Returns what is over at the first Ctrl-C or Ctrl-Break.
#[cfg(windows)]
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};

    let mut interrupt = ctrl_c().context("Cannot watch Ctrl-C")?;
    let mut terminate = ctrl_break().context("Cannot watch Ctrl-Break")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => info!("Ctrl-C: stopping"),
            _ = terminate.recv() => info!("Ctrl-Break: stopping"),
        }
    })
}

/// Has the certificate read again at each SIGHUP, and the audit log opened again; without either the
/// signal changes nothing.
#[cfg(unix)]
fn read_again_at_hangup(
    certificate: Option<Certificate>,
    audit_log: Option<AuditLog>,
) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup()).context("Cannot watch SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match audit_log.as_ref().map(AuditLog::open_again) {
                None => {}
                Some(Ok(())) => info!("SIGHUP: the audit log is opened again"),
                Some(Err(error)) => {
                    let error = format!("{error:#}");
                    error!(
                        error,
                        "SIGHUP: the audit log goes on in the file that it has"
                    );
                }
            }
            match certificate.as_ref().map(Certificate::read_again) {
                None => info!("SIGHUP: there is no certificate to read again"),
                Some(Ok(())) => info!("SIGHUP: the certificate is read again"),
                Some(Err(error)) => error!(%error, "SIGHUP: the certificate stays as it was"),
            }
        }
    });
    Ok(())
}

/// This system has no such signal.
#[cfg(not(unix))]
fn read_again_at_hangup(_: Option<Certificate>, _: Option<AuditLog>) -> anyhow::Result<()> {
    Ok(())
}

fn read_password(mut input: impl BufRead) -> anyhow::Result<SecretString> {
    let mut line = Zeroizing::new(String::new());
    input
        .read_line(&mut line)
        .context("Cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("No password came on standard input");
    }
    Ok(SecretString::from(password))
}

//! `lab`: starts the lab's world by hand, so that a phone or a browser can be pointed at it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::Context as _;
use clap::Parser;
use lab::{Algorithm, Behaviour, Clip, Sound, User, World, WorldConfig};

/// Registrar, echo and other extensions over secure WebSocket on loopback, until Ctrl-C.
///
/// One JSON line on standard output says where: the URL, the CA to trust, the users with their passwords, the extensions.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// A user in place of the built-in ones, as EXTENSION:PASSWORD; may be repeated. These are secrets of the lab alone.
    #[arg(long = "user", value_name = "EXTENSION:PASSWORD", value_parser = user)]
    users: Vec<User>,
    /// The port to listen on; a free one where it is 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Where to write ca.pem; a temporary directory where it is not given.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// A WAV file that the extension `speech` plays.
    #[arg(long, value_name = "FILE")]
    speech: Option<PathBuf>,
    /// A digest algorithm to challenge with; may be repeated, the first is preferred.
    #[arg(long = "digest", value_enum, value_name = "ALGORITHM")]
    algorithms: Vec<DigestName>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DigestName {
    Md5,
    #[value(name = "sha-256")]
    Sha256,
    #[value(name = "sha-512-256")]
    Sha512Trunc256,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let mut config = WorldConfig::new()?;
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, arguments.port));
    config.directory = arguments.directory;
    if !arguments.users.is_empty() {
        config.users = arguments.users;
    }
    if !arguments.algorithms.is_empty() {
        config.algorithms = arguments
            .algorithms
            .iter()
            .map(|name| name.algorithm())
            .collect();
    }
    if let Some(path) = &arguments.speech {
        let clip = Clip::encode(&Sound::read(path)?)?;
        config = config.extension("speech", Behaviour::Play(Arc::new(clip)));
    }
    let users: Vec<_> = config
        .users
        .iter()
        .map(|user| {
            serde_json::json!({
                "extension": user.extension,
                "password": user.password,
                "sipUri": format!("sip:{}@{}", user.extension, config.domain),
            })
        })
        .collect();
    let extensions: Vec<_> = config
        .extensions
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    let world = World::start(config).await?;
    println!(
        "{}",
        serde_json::json!({
            "sipWsServer": world.wss_url(),
            "ca": world.ca_path(),
            "users": users,
            "extensions": extensions,
        })
    );
    tokio::signal::ctrl_c()
        .await
        .context("Waiting for Ctrl-C failed")
}

fn user(text: &str) -> Result<User, String> {
    match text.split_once(':') {
        Some((extension, password)) if !extension.is_empty() && !password.is_empty() => Ok(User {
            extension: extension.to_owned(),
            password: password.to_owned(),
        }),
        Some(_) | None => Err("wanted EXTENSION:PASSWORD".to_owned()),
    }
}

impl DigestName {
    fn algorithm(self) -> Algorithm {
        match self {
            Self::Md5 => Algorithm::Md5,
            Self::Sha256 => Algorithm::Sha256,
            Self::Sha512Trunc256 => Algorithm::Sha512Trunc256,
        }
    }
}

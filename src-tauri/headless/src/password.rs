use std::{
    env,
    fs::File,
    io::{self, BufReader, Read},
    time::Duration,
};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Where the password of a sign-in comes from.
#[derive(Debug)]
pub(crate) enum Source {
    Inline(SecretString),
    /// The name of an environment variable.
    Env(String),
    /// The number of a file descriptor that was open when the process started; its first line
    /// counts.
    Fd(u32),
}

/// A password that could not be had: from where, and why. It never holds the password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unavailable {
    #[error("The environment variable {0} is not set, or is no text")]
    Env(String),
    #[error("File descriptor {fd} cannot be read: {error}")]
    Fd { fd: u32, error: io::Error },
    #[error("File descriptor {0} holds no line that can be a password")]
    Empty(u32),
    #[error("File descriptor {fd} gives no line within {} s", PATIENCE.as_secs())]
    Silent { fd: u32 },
}

/// The longest password, in bytes: as long as any server takes.
const MAX_LENGTH: u64 = 4096;

/// How long a descriptor may be silent; whoever passes one has written to it.
const PATIENCE: Duration = Duration::from_secs(5);

impl Source {
    pub(crate) async fn read(self) -> Result<SecretString, Unavailable> {
        match self {
            Self::Inline(password) => Ok(password),
            Self::Env(name) => match env::var(&name) {
                Ok(password) if !password.is_empty() => Ok(password.into()),
                Ok(_) | Err(_) => Err(Unavailable::Env(name)),
            },
            Self::Fd(fd) => {
                let reading = tokio::task::spawn_blocking(move || read_fd(fd));
                match tokio::time::timeout(PATIENCE, reading).await {
                    Ok(Ok(password)) => password,
                    // A reader that broke, or was cut off by the end of the program.
                    Ok(Err(_)) => Err(Unavailable::Empty(fd)),
                    Err(_) => Err(Unavailable::Silent { fd }),
                }
            }
        }
    }
}

fn read_fd(fd: u32) -> Result<SecretString, Unavailable> {
    let unreadable = |error| Unavailable::Fd { fd, error };
    // Standard input brings the commands, the other two are ours to write to.
    if fd < 3 {
        let words = "0, 1 and 2 have other uses";
        return Err(unreadable(io::Error::new(
            io::ErrorKind::InvalidInput,
            words,
        )));
    }

    // Up to the line end and no further: a pipe may stay open behind it.
    let file = File::open(format!("/dev/fd/{fd}")).map_err(unreadable)?;
    let mut password = Zeroizing::new(Vec::with_capacity(MAX_LENGTH as usize));
    for byte in BufReader::new(file.take(MAX_LENGTH)).bytes() {
        match byte.map_err(unreadable)? {
            b'\n' => break,
            byte => password.push(byte),
        }
    }
    if password.last() == Some(&b'\r') {
        password.pop();
    }
    match std::str::from_utf8(&password) {
        Ok(text) if !text.is_empty() => Ok(text.into()),
        Ok(_) | Err(_) => Err(Unavailable::Empty(fd)),
    }
}

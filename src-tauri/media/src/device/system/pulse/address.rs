//! Where the sound server is, found as libpulse finds it
//! (<https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/User/ServerStrings/>).

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// In bytes; a server takes no other.
const COOKIE: usize = 256;

const PORT: u16 = 4713;

/// More are not tried.
const MOST_ADDRESSES: usize = 8;

/// Where a server may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Unix(PathBuf),
    /// A host by name or address.
    Tcp {
        host: String,
        port: u16,
    },
}

/// What of this process and this computer says where the server is.
#[derive(Debug, Clone, Default)]
pub(super) struct Surroundings {
    /// `PULSE_SERVER`: one or more addresses.
    server: Option<String>,
    /// `PULSE_RUNTIME_PATH`: the folder of the server's socket.
    runtime: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`.
    session: Option<PathBuf>,
    /// `PULSE_COOKIE`: a file.
    cookie: Option<PathBuf>,
    home: Option<PathBuf>,
    /// Of this computer, from `/etc/machine-id`.
    machine: Option<String>,
}

impl Surroundings {
    /// Looks at the environment of this process.
    pub(super) fn look() -> Self {
        Self::new(
            |name| env::var_os(name),
            fs::read_to_string("/etc/machine-id").ok(),
        )
    }

    /// Takes the environment and what the computer is named by; empty is as absent.
    pub(super) fn new(
        variable: impl Fn(&str) -> Option<OsString>,
        machine: Option<String>,
    ) -> Self {
        let text = |name| variable(name).filter(|value| !value.is_empty());
        let path = |name| text(name).map(PathBuf::from);
        Self {
            server: text("PULSE_SERVER").map(|value| value.to_string_lossy().into_owned()),
            runtime: path("PULSE_RUNTIME_PATH"),
            session: path("XDG_RUNTIME_DIR"),
            cookie: path("PULSE_COOKIE"),
            home: path("HOME"),
            machine: machine
                .map(|id| id.trim().to_owned())
                .filter(|id| !id.is_empty()),
        }
    }

    /// Returns where the server may be, the likeliest first.
    pub(super) fn addresses(&self) -> Vec<Address> {
        if let Some(list) = &self.server {
            let machine = self.machine.as_deref();
            return list
                .split_whitespace()
                .filter_map(|entry| parse(entry, machine))
                .take(MOST_ADDRESSES)
                .collect();
        }
        let of_user = match (&self.runtime, &self.session, &self.home, &self.machine) {
            (Some(runtime), ..) => Some(runtime.join("native")),
            (None, Some(session), ..) => Some(session.join("pulse/native")),
            // Without a session the server leaves a link to its folder.
            (None, None, Some(home), Some(machine)) => Some(
                home.join(".config/pulse")
                    .join(format!("{machine}-runtime"))
                    .join("native"),
            ),
            (None, None, _, _) => None,
        };
        let of_system = PathBuf::from("/run/pulse/native");
        of_user
            .into_iter()
            .chain([of_system])
            .map(Address::Unix)
            .collect()
    }

    /// Returns what lets us in: the first cookie that there is, zeros where there is none (the
    /// server knows its own user without).
    pub(super) fn cookie(&self) -> Vec<u8> {
        let of_home = self.home.iter().flat_map(|home| {
            [
                home.join(".config/pulse/cookie"),
                home.join(".pulse-cookie"),
            ]
        });
        self.cookie
            .iter()
            .cloned()
            .chain(of_home)
            .find_map(|path| read_cookie(&path))
            .unwrap_or_else(|| vec![0; COOKIE])
    }
}

fn read_cookie(path: &Path) -> Option<Vec<u8>> {
    let mut cookie = vec![0; COOKIE];
    File::open(path).ok()?.read_exact(&mut cookie).ok()?;
    Some(cookie)
}

/// Reads one address: `unix:PATH`, `/PATH`, `tcp:HOST:PORT`, `HOST`; `{MACHINE}` before it says on
/// which computer alone it counts.
fn parse(entry: &str, machine: Option<&str>) -> Option<Address> {
    let entry = match entry.strip_prefix('{') {
        Some(rest) => {
            let (its, address) = rest.split_once('}')?;
            (Some(its) == machine).then_some(address)?
        }
        None => entry,
    };
    if let Some(path) = entry.strip_prefix("unix:") {
        return (!path.is_empty()).then(|| Address::Unix(path.into()));
    }
    if entry.starts_with('/') {
        return Some(Address::Unix(entry.into()));
    }
    let host = ["tcp:", "tcp4:", "tcp6:"]
        .iter()
        .find_map(|scheme| entry.strip_prefix(scheme))
        .unwrap_or(entry);
    let (host, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match host.split_once(':') {
            // An IPv6 address without brackets has no port.
            Some((_, port)) if port.contains(':') => (host, None),
            Some((host, port)) => (host, Some(port)),
            None => (host, None),
        },
    };
    let port = port.map_or(Some(PORT), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| Address::Tcp {
        host: host.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const MACHINE: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn without_a_word_the_server_of_the_session_is_tried_and_then_that_of_the_system() {
        let session = [("XDG_RUNTIME_DIR", "/run/user/1000"), ("HOME", "/home/ana")];
        assert_eq!(
            with(&session).addresses(),
            [
                unix("/run/user/1000/pulse/native"),
                unix("/run/pulse/native")
            ]
        );
        let of_its_own = [session[0], session[1], ("PULSE_RUNTIME_PATH", "/run/p")];
        assert_eq!(with(&of_its_own).addresses()[0], unix("/run/p/native"));
        let none = [("XDG_RUNTIME_DIR", ""), session[1]];
        assert_eq!(
            with(&none).addresses()[0],
            unix(&format!("/home/ana/.config/pulse/{MACHINE}-runtime/native"))
        );
        assert_eq!(with(&[]).addresses(), [unix("/run/pulse/native")]);
    }

    #[test]
    fn the_forms_of_an_address_are_read() {
        for (entry, address) in [
            ("unix:/mnt/wslg/PulseServer", unix("/mnt/wslg/PulseServer")),
            ("/run/p/native", unix("/run/p/native")),
            ("tcp:sound.example", tcp("sound.example", 4713)),
            ("tcp:sound.example:4000", tcp("sound.example", 4000)),
            ("tcp4:192.0.2.1:4000", tcp("192.0.2.1", 4000)),
            ("tcp6:[2001:db8::1]:4000", tcp("2001:db8::1", 4000)),
            ("[2001:db8::1]", tcp("2001:db8::1", 4713)),
            ("2001:db8::1", tcp("2001:db8::1", 4713)),
            ("sound.example", tcp("sound.example", 4713)),
            ("localhost:4000", tcp("localhost", 4000)),
        ] {
            let server = [("PULSE_SERVER", entry)];
            assert_eq!(with(&server).addresses(), [address], "{entry}");
        }
    }

    #[test]
    fn a_list_is_read_in_its_order_without_what_is_wrong_or_for_others() {
        let list = format!(
            "{{{MACHINE}}}unix:/run/p/native {{other}}unix:/run/q/native tcp:sound.example:0x \
             unix: tcp: [::1 tcp:sound.example:70000\ttcp:sound.example"
        );
        assert_eq!(
            with(&[("PULSE_SERVER", &list)]).addresses(),
            [unix("/run/p/native"), tcp("sound.example", 4713)]
        );
        let long = "localhost ".repeat(1_000);
        let addresses = with(&[("PULSE_SERVER", &long)]).addresses();
        assert_eq!(addresses.len(), MOST_ADDRESSES);
    }

    #[test]
    fn the_cookie_is_whole_or_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        assert_eq!(with(&[("HOME", home)]).cookie(), [0; COOKIE]);
        fs::create_dir_all(folder.path().join(".config/pulse")).unwrap();
        fs::write(folder.path().join(".config/pulse/cookie"), [1; 300]).unwrap();
        assert_eq!(with(&[("HOME", home)]).cookie(), [1; COOKIE]);
        let named = folder.path().join("named");
        fs::write(&named, [2; 255]).unwrap();
        let both = [("HOME", home), ("PULSE_COOKIE", named.to_str().unwrap())];
        assert_eq!(with(&both).cookie(), [1; COOKIE], "it is cut short");
        fs::write(&named, [2; 256]).unwrap();
        assert_eq!(with(&both).cookie(), [2; COOKIE]);
    }

    fn with(variables: &[(&str, &str)]) -> Surroundings {
        let variable = |name: &str| {
            let found = variables.iter().find(|(its, _)| *its == name)?;
            Some(found.1.into())
        };
        Surroundings::new(variable, Some(format!("{MACHINE}\n")))
    }

    fn unix(path: &str) -> Address {
        Address::Unix(path.into())
    }

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp {
            host: host.to_owned(),
            port,
        }
    }
}

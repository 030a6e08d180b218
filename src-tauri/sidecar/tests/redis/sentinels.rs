//! Redis with a replica, watched by three Sentinels.

use std::fs;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::server::{PASSWORD, RedisServer, command_with, free_port, until_with};
use crate::tls::Tls;

const NAME: &str = "mymaster";

/// The Sentinels' own password, where they ask for one: with characters that an address writes in %-codes.
const SENTINEL_PASSWORD: &str = "sentinel&password?1";

pub(crate) struct Watched {
    pub(crate) master: RedisServer,
    pub(crate) replica: RedisServer,
    sentinels: Vec<(u16, Child)>,
    /// What each Sentinel asks for.
    password: Option<&'static str>,
    /// What the Sentinels call the replica's port.
    replica_port: u16,
    /// Where each of them speaks TLS.
    tls_ports: Vec<u16>,
    _folder: TempDir,
}

impl Watched {
    /// Starts all of them, and waits until the Sentinels know each other and the replica.
    pub(crate) fn start() -> Self {
        Self::with(None, None)
    }

    /// The same, where the Sentinels want a password.
    pub(crate) fn guarded() -> Self {
        Self::with(Some(SENTINEL_PASSWORD), None)
    }

    /// The same, where all of them speak TLS with each other, and with whoever asks.
    pub(crate) fn guarded_over_tls(tls: &Tls) -> Self {
        Self::with(Some(SENTINEL_PASSWORD), Some(tls))
    }

    fn with(password: Option<&'static str>, tls: Option<&Tls>) -> Self {
        let own_password = password.map_or_else(String::new, |it| {
            format!("requirepass {it}\nsentinel sentinel-pass {it}\n")
        });
        let start = |more: &[&str]| {
            let tls_port = free_port();
            let own = tls.map(|it| it.arguments(tls_port)).unwrap_or_default();
            let own = own.iter().map(String::as_str);
            let arguments: Vec<&str> = more.iter().copied().chain(own).collect();
            let server = RedisServer::with(&arguments);
            let port = if tls.is_some() { tls_port } else { server.port };
            (server, port)
        };
        let (master, port) = start(&[]);
        let port = port.to_string();
        let (replica, replica_port) = start(&["--replicaof", "127.0.0.1", &port]);
        replica.until("it follows", &["INFO", "replication"], |info| {
            info.contains("master_link_status:up")
        });
        let folder = TempDir::new().unwrap();
        let tls_ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let sentinels: Vec<_> = (0..3)
            .map(|n| {
                let own = free_port();
                let own_tls = tls.map(|it| it.lines(tls_ports[n])).unwrap_or_default();
                let file = folder.path().join(format!("{n}.conf"));
                // It notices within 1 s, so that a test need not wait longer.
                let text = format!(
                    "port {own}\nbind 127.0.0.1 ::1\nlogfile {n}.log\ndir {folder}\n{own_password}{own_tls}\
                     sentinel monitor {NAME} 127.0.0.1 {port} 2\n\
                     sentinel auth-pass {NAME} {PASSWORD}\n\
                     sentinel down-after-milliseconds {NAME} 1000\n\
                     sentinel failover-timeout {NAME} 3000\n",
                    folder = folder.path().display(),
                );
                fs::write(&file, text).unwrap();
                let process = Command::new("redis-sentinel")
                    .arg(&file)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .spawn()
                    .expect("redis-sentinel starts");
                (own, process)
            })
            .collect();
        for (sentinel, _) in &sentinels {
            let quorum = ["SENTINEL", "ckquorum", NAME];
            until_with(
                *sentinel,
                password,
                "they know each other",
                &quorum,
                |answer| answer.starts_with("OK 3 usable Sentinels"),
            );
            let replicas = ["SENTINEL", "replicas", NAME];
            until_with(
                *sentinel,
                password,
                "they know the replica",
                &replicas,
                |answer| answer.contains("master-link-status\nok"),
            );
        }
        Self {
            master,
            replica,
            sentinels,
            password,
            replica_port,
            tls_ports,
            _folder: folder,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_at("127.0.0.1")
    }

    /// The same with the Sentinels' addresses of this kind.
    pub(crate) fn url_at(&self, host: &str) -> String {
        let ports = self.sentinels.iter().map(|(port, _)| port);
        let hosts: Vec<_> = ports.map(|port| format!("{host}:{port}")).collect();
        format!("redis-sentinel://:{PASSWORD}@{}/{NAME}", hosts.join(","))
    }

    /// Returns the addresses of the Sentinels for TLS, by this name of theirs, and what they watch.
    pub(crate) fn tls_hosts(&self, host: &str) -> String {
        let hosts = self.tls_ports.iter().map(|port| format!("{host}:{port}"));
        format!("{}/{NAME}", hosts.collect::<Vec<_>>().join(","))
    }

    /// Makes a user of the Sentinels.
    pub(crate) fn add_user(&self, name: &str, password: &str, rights: &[&str]) {
        let secret = format!(">{password}");
        let mut words = vec!["ACL", "SETUSER", name, "on", &secret];
        words.extend(rights.iter().copied());
        for (sentinel, _) in &self.sentinels {
            assert_eq!(command_with(*sentinel, self.password, &words), "OK");
        }
    }

    /// Has the replica follow nobody any more, without the Sentinels' doing: what is written from
    /// here on does not reach it.
    pub(crate) fn cut_replication(&self) {
        let wrong = ["CONFIG", "SET", "masterauth", "wrong"];
        assert_eq!(self.replica.command(&wrong), "OK");
        self.replica.command(&["CLIENT", "KILL", "TYPE", "master"]);
        self.replica
            .until("it follows nobody", &["INFO", "replication"], |info| {
                info.contains("master_link_status:down")
            });
    }

    /// Waits until the replica is the master.
    pub(crate) fn until_promoted(&self) {
        let port = self.replica_port.to_string();
        for (sentinel, _) in &self.sentinels {
            let address = ["SENTINEL", "get-master-addr-by-name", NAME];
            until_with(
                *sentinel,
                self.password,
                "it is promoted",
                &address,
                |answer| answer.lines().any(|line| line == port),
            );
        }
        self.replica.until("it is the master", &["ROLE"], |role| {
            role.starts_with("master")
        });
    }

    /// Asks the Sentinels to have the replica take the master's place, which goes on as its replica.
    pub(crate) fn fail_over(&self) {
        let (sentinel, _) = &self.sentinels[0];
        let words = ["SENTINEL", "failover", NAME];
        assert_eq!(command_with(*sentinel, self.password, &words), "OK");
        self.until_promoted();
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        for (_, process) in &mut self.sentinels {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

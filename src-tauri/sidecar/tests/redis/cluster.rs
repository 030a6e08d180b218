//! A cluster of three masters, alone or with a replica each.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::server::{PASSWORD, RedisServer, free_port, until};
use crate::tls::Tls;

/// How long a replica tries to take its master's place where the masters do not vote for it (`CLUSTER_MF_TIMEOUT`); then it gives up.
const ORDER_HOLDS: Duration = Duration::from_secs(5);

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<RedisServer>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self::of(3, "0", "no")
    }

    /// Starts one with three more nodes, each of which is the replica of another.
    pub(crate) fn with_replicas() -> Self {
        Self::with_followed_masters("no")
    }

    /// The same; no replica takes its master's place unless it is told to, however busy the machine is.
    pub(crate) fn with_replicas_that_wait() -> Self {
        Self::with_followed_masters("yes")
    }

    fn with_followed_masters(do_replicas_wait: &str) -> Self {
        let cluster = Self::of(6, "1", do_replicas_wait);
        for node in &cluster.nodes {
            node.until(
                "it follows or is followed",
                &["INFO", "replication"],
                |info| info.contains("master_link_status:up") || info.contains("state=online"),
            );
        }
        cluster
    }

    /// Starts one of three whose nodes speak TLS with each other and with whoever wants it, and returns it with
    /// the ports for that. They go by the name of `localhost`.
    pub(crate) fn over_tls(tls: &Tls) -> (Self, Vec<u16>) {
        let ports: Vec<u16> = (0..3).map(|_| free_port()).collect();
        let arguments = ports.iter().map(|port| {
            let mut arguments = tls.arguments(*port);
            for word in [
                "--tls-cluster",
                "yes",
                "--cluster-announce-hostname",
                "localhost",
                "--cluster-preferred-endpoint-type",
                "hostname",
            ] {
                arguments.push(word.to_owned());
            }
            arguments
        });
        (Self::with(arguments, "0", "no"), ports)
    }

    fn of(nodes: usize, replicas: &str, do_replicas_wait: &str) -> Self {
        let nodes = (0..nodes).map(|_| Vec::new());
        Self::with(nodes, replicas, do_replicas_wait)
    }

    /// Starts one of as many nodes as there are further arguments for them.
    fn with(
        arguments: impl Iterator<Item = Vec<String>>,
        replicas: &str,
        do_replicas_wait: &str,
    ) -> Self {
        let nodes: Vec<_> = arguments
            .map(|more| {
                let bus = free_port().to_string();
                let mut arguments = vec![
                    "--cluster-enabled",
                    "yes",
                    "--cluster-port",
                    &bus,
                    "--cluster-node-timeout",
                    "1000",
                    "--cluster-replica-no-failover",
                    do_replicas_wait,
                    // A replica is sent what it misses at once.
                    "--repl-diskless-sync-delay",
                    "0",
                ];
                arguments.extend(more.iter().map(String::as_str));
                RedisServer::with(&arguments)
            })
            .collect();
        let hosts: Vec<_> = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        let mut words = vec!["--cluster", "create"];
        words.extend(hosts.iter().map(String::as_str));
        words.extend(["--cluster-replicas", replicas, "--cluster-yes"]);
        let answer = nodes[0].command(&words);
        assert!(answer.contains("All 16384 slots covered"), "{answer}");
        let cluster = Self { nodes };
        cluster.until_whole();
        cluster
    }

    /// Waits until each node knows that every slot is served.
    pub(crate) fn until_whole(&self) {
        for node in self.nodes.iter().filter(|it| it.is_running()) {
            node.until("the cluster is whole", &["CLUSTER", "INFO"], |info| {
                info.contains("cluster_state:ok")
            });
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url_of(&format!(":{PASSWORD}"))
    }

    /// The same for this user, name and password.
    pub(crate) fn url_of(&self, user: &str) -> String {
        let hosts: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        format!("redis-cluster://{user}@{}", hosts.join(","))
    }

    /// Returns which of the masters hold keys.
    pub(crate) fn with_keys(&self) -> Vec<usize> {
        let has_keys = |node: &RedisServer| {
            node.is_running()
                && node.command(&["ROLE"]).starts_with("master")
                && node.command(&["DBSIZE"]) != "0"
        };
        let nodes = 0..self.nodes.len();
        nodes.filter(|n| has_keys(&self.nodes[*n])).collect()
    }

    /// Returns the one master that holds keys.
    pub(crate) fn master_with_keys(&self) -> usize {
        let masters = self.with_keys();
        let &[master] = &masters[..] else {
            panic!("the keys lie on {masters:?}");
        };
        master
    }

    /// Returns which node is the replica of a master.
    pub(crate) fn replica_of(&self, master: usize) -> usize {
        let port = self.nodes[master].port.to_string();
        let follows = |node: &RedisServer| {
            let role = node.command(&["ROLE"]);
            let mut lines = role.lines();
            lines.next() == Some("slave") && lines.any(|it| it == port)
        };
        let mut running = self.nodes.iter().map(|it| it.is_running() && follows(it));
        running.position(|it| it).expect("it has a replica")
    }

    /// Waits until a replica has all that its master has.
    pub(crate) fn until_it_follows(&self, replica: usize, master: usize) {
        let replica = &self.nodes[replica];
        replica.until("it follows", &["INFO", "replication"], |info| {
            info.contains("master_link_status:up")
        });
        let size = self.nodes[master].command(&["DBSIZE"]);
        if size == "0" {
            return;
        }
        replica.until("it has the keys", &["DBSIZE"], |it| it != "0");
    }

    /// Has a replica take the place of its master, which waits for that and loses nothing. A node that did
    /// so less than 2 s ago would count the votes of that time (Redis 7.0), and be put down again.
    pub(crate) fn fail_over_to(&self, replica: usize) {
        let promoted = &self.nodes[replica];
        let ordered = Cell::new(None::<Instant>);
        promoted.until("it is promoted", &["ROLE"], |role| {
            let is_master = role.starts_with("master");
            let is_given_up = ordered.get().is_none_or(|it| it.elapsed() > ORDER_HOLDS);
            if !is_master && is_given_up {
                // Who has just been promoted refuses.
                promoted.command(&["CLUSTER", "FAILOVER"]);
                ordered.set(Some(Instant::now()));
            }
            is_master
        });
        self.until_promoted(replica);
    }

    /// Waits until a replica is a master and everybody knows.
    pub(crate) fn until_promoted(&self, replica: usize) {
        let promoted = &self.nodes[replica];
        promoted.until("it is promoted", &["ROLE"], |role| {
            role.starts_with("master")
        });
        let id = promoted.command(&["CLUSTER", "MYID"]);
        for node in self.nodes.iter().filter(|it| it.is_running()) {
            until(
                node.port,
                "it knows the new master",
                &["CLUSTER", "NODES"],
                |nodes| {
                    nodes
                        .lines()
                        .any(|it| it.starts_with(&id) && it.contains("master"))
                },
            );
        }
        self.until_whole();
    }

    /// Begins to move the slot of all keys to another master: from here on a call may be sent on.
    pub(crate) fn begin_to_move(&self, from: usize, to: usize) -> Move<'_> {
        let key = self.nodes[from].command(&["RANDOMKEY"]);
        let slot = self.nodes[from].command(&["CLUSTER", "KEYSLOT", &key]);
        let id = |node: usize| self.nodes[node].command(&["CLUSTER", "MYID"]);
        let set = |node: usize, how: &str, other: usize| {
            let words = ["CLUSTER", "SETSLOT", &slot, how, &id(other)];
            assert_eq!(self.nodes[node].command(&words), "OK");
        };
        set(to, "IMPORTING", from);
        set(from, "MIGRATING", to);
        Move {
            cluster: self,
            slot,
            from,
            to,
        }
    }
}

/// A slot on its way from one master to another.
pub(crate) struct Move<'a> {
    cluster: &'a Cluster,
    slot: String,
    from: usize,
    to: usize,
}

impl Move<'_> {
    /// Brings over up to `count` of its keys, and returns how many those were.
    pub(crate) fn carry(&self, count: usize) -> usize {
        let (from, to) = (&self.cluster.nodes[self.from], &self.cluster.nodes[self.to]);
        let count = count.to_string();
        let keys = from.command(&["CLUSTER", "GETKEYSINSLOT", &self.slot, &count]);
        let keys: Vec<&str> = keys.lines().filter(|it| !it.is_empty()).collect();
        if !keys.is_empty() {
            let port = to.port.to_string();
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000"];
            words.extend(["AUTH", PASSWORD, "KEYS"]);
            words.extend(&keys);
            let answer = from.command(&words);
            assert!(["OK", "NOKEY"].contains(&&*answer), "{answer}");
        }
        keys.len()
    }

    /// Brings the rest over, and says so to all.
    pub(crate) fn end(self) {
        while self.carry(100) > 0 {}
        let nodes = &self.cluster.nodes;
        let id = nodes[self.to].command(&["CLUSTER", "MYID"]);
        let others = (0..nodes.len()).filter(|it| ![self.to, self.from].contains(it));
        for node in [self.to, self.from].into_iter().chain(others) {
            if nodes[node].is_running() && nodes[node].command(&["ROLE"]).starts_with("master") {
                let words = ["CLUSTER", "SETSLOT", &self.slot, "NODE", &id];
                assert_eq!(nodes[node].command(&words), "OK");
            }
        }
    }
}

//! A cluster of three nodes.

use crate::server::{PASSWORD, RedisServer, free_port};

pub(crate) struct Cluster {
    pub(crate) nodes: Vec<RedisServer>,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        let nodes: Vec<_> = (0..3)
            .map(|_| {
                let bus = free_port().to_string();
                RedisServer::with(&[
                    "--cluster-enabled",
                    "yes",
                    "--cluster-port",
                    &bus,
                    "--cluster-node-timeout",
                    "1000",
                ])
            })
            .collect();
        let hosts: Vec<_> = nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        let mut words = vec!["--cluster", "create"];
        words.extend(hosts.iter().map(String::as_str));
        words.push("--cluster-yes");
        let answer = nodes[0].command(&words);
        assert!(answer.contains("All 16384 slots covered"), "{answer}");
        let cluster = Self { nodes };
        cluster.until_whole();
        cluster
    }

    /// Waits until each node knows that every slot is served.
    pub(crate) fn until_whole(&self) {
        for node in &self.nodes {
            node.until("the cluster is whole", &["CLUSTER", "INFO"], |info| {
                info.contains("cluster_state:ok")
            });
        }
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port))
            .collect();
        format!("redis-cluster://:{PASSWORD}@{}", hosts.join(","))
    }

    /// Returns which of the nodes hold keys.
    pub(crate) fn with_keys(&self) -> Vec<usize> {
        let has_keys = |node: &RedisServer| node.command(&["DBSIZE"]) != "0";
        (0..3).filter(|n| has_keys(&self.nodes[*n])).collect()
    }
}

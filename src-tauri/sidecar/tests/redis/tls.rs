use std::path::PathBuf;

use tempfile::TempDir;

use crate::account;
use crate::certificates::{write, write_for};
use crate::cluster::Cluster;
use crate::instance::Instance;
use crate::ozonetel::Mode;
use crate::rights::{self, AT_SENTINELS, BEHIND_SENTINELS, IN_A_CLUSTER, USER};
use crate::sentinels::Watched;
use crate::server::{PASSWORD, RedisServer, free_port};
use crate::side_by_side::until_served;

const ANA: &str = "ana@helix.example";

/// A certificate for Redis, and an authority that vouches for it.
pub(crate) struct Tls {
    folder: TempDir,
    authority: PathBuf,
}

impl Tls {
    /// Makes one for a server of this name, or address.
    fn of(host: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let authority = write_for(folder.path(), "authority", host);
        Self { folder, authority }
    }

    /// Returns with what a server speaks TLS at a port, and with its master or replicas, beside its port
    /// without.
    pub(crate) fn arguments(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        [
            ("--tls-port", port),
            ("--tls-cert-file", file("authority-server.pem")),
            ("--tls-key-file", file("authority-server.key")),
            ("--tls-ca-cert-file", file("authority.pem")),
            ("--tls-auth-clients", "no".to_owned()),
            ("--tls-replication", "yes".to_owned()),
        ]
        .into_iter()
        .flat_map(|(name, value)| [name.to_owned(), value])
        .collect()
    }

    /// The same as lines of a configuration.
    pub(crate) fn lines(&self, port: u16) -> String {
        let arguments = self.arguments(port);
        let lines = arguments.chunks(2).map(|it| {
            let name = it[0].trim_start_matches("--");
            format!("{name} {}\n", it[1])
        });
        lines.collect()
    }
}

/// Asserts that an address leads to no Redis for who trusts `authority` alone.
async fn assert_refused(url: &str, authority: &std::path::Path) {
    let sidecar = Instance::trusting(url, authority).await;
    sidecar.device("desk").login(ANA).await.expect(503);
    sidecar.get("/readyz").await.expect(503);
}

#[tokio::test]
async fn redis_is_spoken_to_by_tls_where_its_certificate_is_trusted_and_not_otherwise() {
    let tls = Tls::of("localhost");
    let port = free_port();
    let arguments = tls.arguments(port);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let _redis = RedisServer::with(&arguments);
    let at = |host: &str| format!("rediss://:{PASSWORD}@{host}:{port}");
    let trusting = Instance::trusting(&at("localhost"), &tls.authority).await;
    let desk = trusting.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    desk.beat(login.expect(201).access_token())
        .await
        .expect(201);
    // An authority that nobody trusts, and a name that the certificate does not have.
    let other = write(tls.folder.path(), "other");
    assert_refused(&at("localhost"), &other).await;
    assert_refused(&at("127.0.0.1"), &tls.authority).await;
}

#[tokio::test]
async fn sentinels_and_their_master_are_spoken_to_by_tls_with_few_rights() {
    // Sentinels tell of the master by its address.
    let tls = Tls::of("127.0.0.1");
    let redis = Watched::guarded_over_tls(&tls);
    for server in [&redis.master, &redis.replica] {
        rights::grant(server, "", &BEHIND_SENTINELS);
    }
    let rights_of_watcher: Vec<&str> = rights::named(&AT_SENTINELS).collect();
    redis.add_user("watcher", "hunter3", &rights_of_watcher);
    let hosts = redis.tls_hosts("127.0.0.1");
    let own = "sentinel_user=watcher&sentinel_password=hunter3";
    let url = format!("rediss-sentinel://{USER}@{hosts}?{own}");
    let (_ozonetel, settings) = account::start(Mode::Token).await;
    let sidecar = Instance::trusting_with(&url, &tls.authority, &settings).await;
    rights::use_all(&sidecar).await;
    let laptop = sidecar.device("laptop");
    let login = laptop.login(ANA).await.expect(201);
    let key = ["EXISTS", "agent:session:agent1"];
    redis
        .replica
        .until("it has the lock", &key, |count| count == "1");
    redis.fail_over();
    let beat = until_served(async || laptop.beat(login.access_token()).await).await;
    beat.expect(201);
    for server in [&redis.master, &redis.replica] {
        rights::assert_nothing_was_denied(server);
    }
    let other = write_for(tls.folder.path(), "other", "127.0.0.1");
    assert_refused(&url, &other).await;
    // The Sentinels' names are looked at as well.
    assert_refused(&url.replace("127.0.0.1", "localhost"), &tls.authority).await;
}

#[tokio::test]
async fn a_cluster_is_spoken_to_by_tls_with_few_rights() {
    let tls = Tls::of("localhost");
    let (cluster, ports) = Cluster::over_tls(&tls);
    for node in &cluster.nodes {
        rights::grant(node, "{helix}:", &IN_A_CLUSTER);
    }
    let hosts = |host: &str| {
        let hosts = ports.iter().map(|port| format!("{host}:{port}"));
        hosts.collect::<Vec<_>>().join(",")
    };
    let url = format!("rediss-cluster://{USER}@{}", hosts("localhost"));
    let (_ozonetel, settings) = account::start(Mode::Token).await;
    let sidecar = Instance::trusting_with(&url, &tls.authority, &settings).await;
    rights::use_all(&sidecar).await;
    for node in &cluster.nodes {
        rights::assert_nothing_was_denied(node);
    }
    let node = cluster.master_with_keys();
    cluster.nodes[node].assert_every_key_expires();
    let other = write(tls.folder.path(), "other");
    assert_refused(&url, &other).await;
    // The certificate has not this name.
    let url = format!("rediss-cluster://{USER}@{}", hosts("127.0.0.1"));
    assert_refused(&url, &tls.authority).await;
}

use tempfile::TempDir;

use crate::certificates::write;
use crate::instance::Instance;
use crate::server::{PASSWORD, RedisServer, free_port};
use crate::side_by_side::until_served;

const ANA: &str = "ana@helix.example";

#[tokio::test]
async fn redis_is_spoken_to_by_tls_where_its_certificate_is_trusted_and_not_otherwise() {
    let folder = TempDir::new().unwrap();
    let [authority, other] = ["authority", "other"].map(|name| write(folder.path(), name));
    let port = free_port();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let _redis = RedisServer::with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &file("authority-server.pem"),
        "--tls-key-file",
        &file("authority-server.key"),
        "--tls-ca-cert-file",
        &file("authority.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let at = |host: &str| format!("rediss://:{PASSWORD}@{host}:{port}");
    let trusting = Instance::trusting(&at("localhost"), &authority).await;
    let desk = trusting.device("desk");
    let login = until_served(async || desk.login(ANA).await).await;
    desk.beat(login.expect(201).access_token())
        .await
        .expect(201);
    // An authority that nobody trusts, and a name that the certificate does not have.
    for (host, authority) in [("localhost", &other), ("127.0.0.1", &authority)] {
        let sidecar = Instance::trusting(&at(host), authority).await;
        sidecar.device("desk").login(ANA).await.expect(503);
        sidecar.get("/readyz").await.expect(503);
    }
}

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

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

/// Writes an authority and a server that it vouches for, and returns the file of the authority.
pub(crate) fn write(folder: &Path, name: &str) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&key, &issuer).unwrap().pem();
    for (ending, text) in [
        (".pem", authority),
        ("-server.pem", signed),
        ("-server.key", key.serialize_pem()),
    ] {
        fs::write(folder.join(format!("{name}{ending}")), text).unwrap();
    }
    folder.join(format!("{name}.pem"))
}

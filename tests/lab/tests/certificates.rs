//! The certificates that bad-input tests need are bad in just the way they say.

#![allow(clippy::unwrap_used, reason = "tests")]

mod raw_phone;

use lab::{Certificate, World, WorldConfig};
use raw_phone::{DEADLINE, open};

#[tokio::test]
async fn a_client_tells_the_bad_certificates_apart() {
    for (certificate, word) in [
        (Certificate::Expired, "Expired"),
        (Certificate::WrongName, "NotValidForName"),
        (Certificate::OtherCa, "UnknownIssuer"),
    ] {
        let mut config = WorldConfig::new().unwrap();
        config.certificate = certificate;
        let world = World::start(config).await.unwrap();

        let error = open(&world, Some("sip")).await.err().unwrap();

        assert!(format!("{error:?}").contains(word), "{error:?}");
        world
            .wait_for("the failed handshake", DEADLINE, |counts| {
                counts.handshakes_failed == 1
            })
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_ca_file_holds_the_certificate_that_the_server_is_signed_by() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = WorldConfig::new().unwrap();
    config.directory = Some(directory.path().to_owned());

    let world = World::start(config).await.unwrap();

    assert_eq!(world.ca_path(), directory.path().join("ca.pem"));
    assert_eq!(
        std::fs::read_to_string(world.ca_path()).unwrap(),
        world.ca().pem()
    );
    assert!(open(&world, Some("sip")).await.is_ok());
}

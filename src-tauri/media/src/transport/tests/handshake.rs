//! The DTLS association alone, against an endpoint that is not ours.

use std::time::Duration;

use rtc::dtls::{
    config::{ClientAuthType, ConfigBuilder},
    endpoint::Endpoint,
    extension::extension_use_srtp::SrtpProtectionProfile as Profile,
};
use rtc::shared::TransportProtocol;

use super::{
    super::{
        dtls::{Dtls, Outcome},
        *,
    },
    link::*,
    peer::*,
};

#[test]
fn a_client_without_use_srtp_is_refused() {
    let reason = shake(DtlsRole::Server, |config| config, true).unwrap_err();
    assert!(reason.contains("SRTP"), "{reason}");
}

#[test]
fn a_client_without_a_certificate_is_refused() {
    let reason = shake(DtlsRole::Server, with_srtp, false).unwrap_err();
    assert!(reason.contains("client verification"), "{reason}");
}

#[test]
fn a_peer_with_only_weak_protection_is_refused() {
    for ours in [DtlsRole::Client, DtlsRole::Server] {
        let weak = |config: ConfigBuilder| {
            config.with_srtp_protection_profiles(vec![Profile::Srtp_Aes128_Cm_Hmac_Sha1_32])
        };
        assert!(shake(ours, weak, true).is_err());
    }
}

#[test]
fn a_peer_that_has_the_older_protection_only_gets_that() {
    for ours in [DtlsRole::Client, DtlsRole::Server] {
        let older = |config: ConfigBuilder| {
            config.with_srtp_protection_profiles(vec![Profile::Srtp_Aes128_Cm_Hmac_Sha1_80])
        };
        assert_eq!(shake(ours, older, true), Ok(()));
        assert_eq!(shake(ours, with_srtp, true), Ok(()));
    }
}

#[test]
fn a_peer_that_begins_dtls_before_it_nominates_is_answered_where_it_is() {
    let (_, other) = &*IDENTITIES;
    let mut peer = ByHand::new(false);
    let remote = Remote {
        role: DtlsRole::Server,
        ..peer.description()
    };
    peer.end.transport.start(remote, peer.now);
    let at = PEER.parse().unwrap();
    let mut endpoint = Endpoint::new(at, TransportProtocol::UDP, None);
    let config = with_srtp(ConfigBuilder::default())
        .with_crypto_provider(other.provider.clone())
        .with_certificates(vec![other.certificate.clone()])
        .with_insecure_skip_verify(true)
        .with_server_name("media.example".to_owned())
        .build(true, None)
        .unwrap();
    endpoint
        .connect(peer.now, at, Arc::new(config), None)
        .unwrap();
    let hello = endpoint.poll_transmit().unwrap().message;
    peer.receive("10.0.0.8:8000", &hello);
    assert!(!peer.sent().iter().any(|sent| is_dtls(&sent.bytes)));
    peer.receive(PEER, &hello);
    let answers = peer.sent();
    let answer = answers.iter().find(|sent| is_dtls(&sent.bytes)).unwrap();
    assert_eq!(answer.to, at);
}

/// Shakes hands with an endpoint of the other role that `configure` made; an error is the reason
/// for the failure.
fn shake(
    ours: DtlsRole,
    configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
    certificate: bool,
) -> Result<(), String> {
    let (identity, other) = &*IDENTITIES;
    let peer = "10.0.0.1:1".parse().unwrap();
    let mut now = Instant::now();
    let mut dtls = Dtls::new(ours, identity.clone(), vec![other.fingerprint()]).unwrap();
    let mut config = configure(ConfigBuilder::default())
        .with_crypto_provider(other.provider.clone())
        .with_insecure_skip_verify(true)
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        .with_server_name("media.example".to_owned());
    if certificate {
        config = config.with_certificates(vec![other.certificate.clone()]);
    }
    let config = Arc::new(config.build(ours == DtlsRole::Server, None).unwrap());
    let server = (ours == DtlsRole::Client).then(|| config.clone());
    let mut endpoint = Endpoint::new(peer, TransportProtocol::UDP, server);
    let mut outcome = dtls.begin(now);
    if ours == DtlsRole::Server {
        endpoint.connect(now, peer, config, None).unwrap();
    }
    for _ in 0..100 {
        now += Duration::from_millis(10);
        while let Some(bytes) = dtls.poll_transmit() {
            // What the peer makes of a refusal is its affair.
            let _ = endpoint.read(now, peer, None, bytes[..].into());
        }
        while let Some(transmit) = endpoint.poll_transmit() {
            outcome = outcome.or(dtls.handle_datagram(&transmit.message, now));
        }
        outcome = outcome.or_else(|| dtls.handle_timeout(now));
        match outcome {
            Some(Outcome::Connected(_)) => return Ok(()),
            Some(Outcome::Failed(reason)) => return Err(reason),
            Some(Outcome::Closed) => return Err("closed".to_owned()),
            None => {}
        }
    }
    panic!("the handshake hangs");
}

fn with_srtp(config: ConfigBuilder) -> ConfigBuilder {
    config.with_srtp_protection_profiles(vec![Profile::Srtp_Aead_Aes_128_Gcm])
}

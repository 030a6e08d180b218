use std::{
    collections::VecDeque,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use rtc::{
    dtls::{
        config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig},
        endpoint::{Endpoint, EndpointEvent},
        extension::extension_use_srtp::SrtpProtectionProfile,
    },
    shared::{TransportProtocol, error::Error},
    srtp::{
        config::{Config, LABEL_EXTRACTOR_DTLS_SRTP},
        protection_profile::ProtectionProfile,
    },
};
use tracing::{debug, trace};

use super::{
    DtlsRole, Fingerprint, Identity,
    identity::NAME,
    records::{self, Records},
    setup_deadline,
    srtp::Srtp,
    trust::Trust,
};

/// The DTLS 1.2 association with the peer, which makes the keys of SRTP (RFC 6347, RFC 5763).
///
/// The endpoint of `rtc` does the handshake. Which records reach it and when it repeats a flight is
/// decided here: its own timer does not back off, cannot be set, and stops for good on a repeated
/// record.
pub(super) struct Dtls {
    role: DtlsRole,
    identity: Arc<Identity>,
    config: Arc<HandshakeConfig>,
    endpoint: Endpoint,
    records: Records,
    trust: Trust,
    state: State,
    transmits: VecDeque<Bytes>,
}

/// Handshake → Complete → Over; Handshake → Over. A renewal that completes takes the place of the
/// whole.
enum State {
    Handshake {
        /// `None` until there is a path.
        deadline: Option<Instant>,
        flight: Flight,
    },
    Complete {
        /// A client that lost its association begins another (RFC 6347 §4.2.8).
        renewal: Option<Box<Dtls>>,
    },
    Over,
}

/// Our last flight, until it is answered.
#[derive(Default)]
struct Flight {
    /// The highest message_seq sent.
    last_message: Option<u16>,
    repeat_at: Option<Instant>,
    repeats: u32,
}

/// What becomes of the association.
pub(super) enum Outcome {
    Connected(Box<Srtp>),
    Closed,
    /// Why, as a sentence.
    Failed(String),
}

impl Dtls {
    pub(super) fn new(
        role: DtlsRole,
        identity: Arc<Identity>,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Self, Error> {
        let trust = Trust::new(fingerprints);
        let judge = trust.clone();
        let config = ConfigBuilder::default()
            .with_crypto_provider(identity.provider.clone())
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(PROFILES.map(|(offered, _)| offered).to_vec())
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // No authority vouches for the peer: the fingerprint in its description does.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(Arc::new(move |chain: &[Vec<u8>], _| {
                judge
                    .judge(chain)
                    .map_err(|mismatch| Error::Other(mismatch.to_string()))
            })))
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            // Always due: when to repeat is decided here.
            .with_flight_interval(Duration::from_millis(1))
            .with_server_name(NAME.to_owned())
            .with_mtu(MAX_FRAGMENT)
            .build(role == DtlsRole::Client, None)?;
        let config = Arc::new(config);
        Ok(Self {
            endpoint: endpoint(role, &config),
            role,
            identity,
            config,
            records: Records::default(),
            trust,
            state: State::Handshake {
                deadline: None,
                flight: Flight::default(),
            },
            transmits: VecDeque::new(),
        })
    }

    /// There is a path: begins the handshake where that is ours to do, and its deadline in any
    /// case.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Outcome> {
        let State::Handshake {
            deadline: deadline @ None,
            ..
        } = &mut self.state
        else {
            return None;
        };
        *deadline = Some(setup_deadline(now));
        match self.role {
            DtlsRole::Client => self.connect(now),
            DtlsRole::Server => None,
        }
    }

    /// Accepts any of `fingerprints` from here on, while no certificate was accepted.
    pub(super) fn expect(&self, fingerprints: Vec<Fingerprint>) {
        self.trust.expect(fingerprints);
    }

    /// Returns whether the peer's certificate has one of `fingerprints`, or is not known yet.
    pub(super) fn may_be(&self, fingerprints: &[Fingerprint]) -> bool {
        self.trust.may_be(fingerprints)
    }

    /// Takes a DTLS datagram.
    pub(super) fn handle_datagram(&mut self, datagram: &[u8], now: Instant) -> Option<Outcome> {
        let new_client = self.role == DtlsRole::Server && self.records.is_new_client(datagram);
        match &mut self.state {
            State::Handshake { .. } => {
                if new_client {
                    debug!("The peer begins the DTLS handshake anew");
                    self.reset();
                }
                let sifted = self.records.sift(datagram);
                if let Some(alert) = sifted.alert {
                    self.state = State::Over;
                    return Some(Outcome::Failed(format!(
                        "the peer refused the DTLS handshake with alert {alert}"
                    )));
                }
                self.read(&sifted.datagram, now)
            }
            State::Complete { renewal } => {
                if new_client && renewal.is_none() {
                    debug!("The peer begins another DTLS association");
                    let fingerprints = self.trust.accepted().into_iter().collect();
                    let begun = Self::new(self.role, self.identity.clone(), fingerprints);
                    *renewal = begun.ok().map(|mut dtls| {
                        dtls.begin(now);
                        Box::new(dtls)
                    });
                }
                match renewal {
                    Some(dtls) => {
                        let outcome = dtls.handle_datagram(datagram, now);
                        self.renew(outcome)
                    }
                    None => {
                        let sifted = self.records.sift(datagram);
                        self.read(&sifted.datagram, now)
                    }
                }
            }
            State::Over => None,
        }
    }

    /// Does what is due at `now`.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Outcome> {
        match &mut self.state {
            State::Handshake { deadline, .. } if deadline.is_some_and(|at| at <= now) => {
                self.state = State::Over;
                Some(Outcome::Failed("the DTLS handshake did not end".to_owned()))
            }
            State::Handshake { flight, .. } if flight.repeat_at.is_some_and(|at| at <= now) => {
                self.repeat(now)
            }
            State::Complete {
                renewal: Some(renewal),
            } => {
                let outcome = renewal.handle_timeout(now);
                self.renew(outcome)
            }
            State::Handshake { .. } | State::Complete { renewal: None } | State::Over => None,
        }
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::Handshake { deadline, flight } => {
                deadline.iter().chain(&flight.repeat_at).min().copied()
            }
            State::Complete { renewal } => renewal.as_ref()?.poll_timeout(),
            State::Over => None,
        }
    }

    /// Returns the next datagram to send.
    pub(super) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmits
            .pop_front()
            .or_else(|| match &mut self.state {
                State::Complete {
                    renewal: Some(renewal),
                } => renewal.poll_transmit(),
                State::Complete { renewal: None } | State::Handshake { .. } | State::Over => None,
            })
    }

    /// Ends the association with a close_notify.
    pub(super) fn close(&mut self, now: Instant) {
        match self.state {
            State::Handshake { .. } | State::Complete { .. } => {
                // Fails never: it only queues.
                let _ = self.endpoint.close(now);
                self.drain(now);
                self.state = State::Over;
            }
            State::Over => {}
        }
    }

    fn connect(&mut self, now: Instant) -> Option<Outcome> {
        let result = self.endpoint.connect(now, PEER, self.config.clone(), None);
        self.drain(now);
        result.err().map(|error| self.fail(&error))
    }

    /// Drops the association and what was received for it.
    fn reset(&mut self) {
        self.endpoint = endpoint(self.role, &self.config);
        self.records = Records::default();
        if let State::Handshake { flight, .. } = &mut self.state {
            *flight = Flight::default();
        }
    }

    fn read(&mut self, datagram: &[u8], now: Instant) -> Option<Outcome> {
        if datagram.is_empty() {
            return None;
        }
        let result = self
            .endpoint
            .read(now, PEER, None, BytesMut::from(datagram));
        self.drain(now);
        match (result, &self.state) {
            (Ok(events), _) => {
                // RFC 5764 §3: media does not travel as application data, so that is not looked at.
                for event in events {
                    if let EndpointEvent::HandshakeComplete = event {
                        return Some(self.complete());
                    }
                    if let EndpointEvent::PeerClosed = event {
                        self.state = State::Over;
                        return Some(Outcome::Closed);
                    }
                }
                None
            }
            (Err(error), State::Handshake { .. }) => Some(self.fail(&error)),
            (Err(Error::ErrAlertFatalOrClose), State::Complete { .. }) => {
                self.state = State::Over;
                Some(Outcome::Failed(
                    "the peer ended the DTLS association with an alert".to_owned(),
                ))
            }
            (Err(error), State::Complete { .. } | State::Over) => {
                trace!(%error, "A DTLS record is dropped");
                None
            }
        }
    }

    /// Takes what becomes of the renewal; its failure leaves what there is.
    fn renew(&mut self, outcome: Option<Outcome>) -> Option<Outcome> {
        let outcome = outcome?;
        if let State::Complete { renewal } = &mut self.state
            && let Some(renewal) = renewal.take()
            && let Outcome::Connected(_) = outcome
        {
            *self = *renewal;
            return Some(outcome);
        }
        None
    }

    fn complete(&mut self) -> Outcome {
        match self.keys() {
            Ok(srtp) => {
                self.records.complete();
                self.state = State::Complete { renewal: None };
                Outcome::Connected(Box::new(srtp))
            }
            Err(reason) => {
                self.state = State::Over;
                Outcome::Failed(reason)
            }
        }
    }

    /// RFC 5764 §4.2: the keys of SRTP.
    fn keys(&self) -> Result<Srtp, String> {
        let state = self
            .endpoint
            .get_connection_state(PEER)
            .ok_or("the DTLS association is gone")?;
        // A handshake without certificate passes the endpoint's own checks, and so does one without
        // use_srtp.
        if self.trust.accepted().is_none() {
            return Err("the peer showed no certificate".to_owned());
        }
        let profile = PROFILES
            .iter()
            .find(|(offered, _)| *offered == state.srtp_protection_profile())
            .map(|(_, profile)| *profile)
            .ok_or("the peer does not speak SRTP")?;
        let mut config = Config {
            profile,
            ..Default::default()
        };
        let srtp = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())
            .and_then(|keys| {
                config.set_session_keys_from_keying_material(keys.as_ref(), state.is_client())
            })
            .and_then(|()| Srtp::new(self.identity.clone(), config));
        debug!(?profile, "DTLS is complete");
        srtp.map_err(|error| format!("no keys for SRTP could be made: {error}"))
    }

    fn fail(&mut self, error: &Error) -> Outcome {
        self.state = State::Over;
        Outcome::Failed(match self.trust.mismatch() {
            Some(mismatch) => mismatch.to_string(),
            None => format!("the DTLS handshake failed: {error}"),
        })
    }

    fn repeat(&mut self, now: Instant) -> Option<Outcome> {
        let State::Handshake { flight, .. } = &mut self.state else {
            return None;
        };
        if flight.repeats == MAX_REPEATS {
            flight.repeat_at = None;
            // One more would end the association. A client begins anew; a server gets a new
            // ClientHello then.
            return match self.role {
                DtlsRole::Client => {
                    debug!("The DTLS handshake begins anew");
                    self.reset();
                    self.connect(now)
                }
                DtlsRole::Server => None,
            };
        }
        flight.repeats += 1;
        flight.repeat_at = Some(now + back_off(flight.repeats));
        let result = self.endpoint.handle_timeout(PEER, now);
        self.drain(now);
        result.err().map(|error| self.fail(&error))
    }

    /// Takes what the endpoint sends; a new message begins a new flight.
    fn drain(&mut self, now: Instant) {
        while let Some(transmit) = self.endpoint.poll_transmit() {
            let message = records::last_message(&transmit.message);
            if let State::Handshake { flight, .. } = &mut self.state
                && message > flight.last_message
            {
                *flight = Flight {
                    last_message: message,
                    repeat_at: Some(now + back_off(0)),
                    repeats: 0,
                };
            }
            self.transmits.push_back(transmit.message.freeze());
        }
    }
}

fn endpoint(role: DtlsRole, config: &Arc<HandshakeConfig>) -> Endpoint {
    let server = (role == DtlsRole::Server).then(|| config.clone());
    Endpoint::new(PEER, TransportProtocol::UDP, server)
}

/// A timer of 1 s (RFC 6347 §4.2.4.1) is for unknown networks; ICE has just shown that this one
/// answers.
fn back_off(repeats: u32) -> Duration {
    (FIRST_REPEAT * (1 << repeats.min(4))).min(LONGEST_REPEAT)
}

const FIRST_REPEAT: Duration = Duration::from_millis(100);
const LONGEST_REPEAT: Duration = Duration::from_secs(1);

/// After as many the endpoint gives up; it has no setting for it.
const MAX_REPEATS: u32 = 7;

/// RFC 8827 §6.5 wants these, GCM first.
const PROFILES: [(SrtpProtectionProfile, ProtectionProfile); 2] = [
    (
        SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        ProtectionProfile::AeadAes128Gcm,
    ),
    (
        SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ProtectionProfile::Aes128CmHmacSha1_80,
    ),
];

/// Bytes of a handshake message in a record: with its headers a datagram stays within 1200 bytes,
/// which pass any path.
const MAX_FRAGMENT: usize = 1150;

/// The endpoint tells associations apart by address; this is the only one, on whatever path.
const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 65_535));

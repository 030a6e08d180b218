use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use bytes::Bytes;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::super::*;

/// What happens to datagrams on their way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weather {
    pub(super) delay: Duration,
    /// Added to the delay at random, so datagrams overtake each other.
    pub(super) jitter: Duration,
    /// Shares, 0 to 1.
    pub(super) loss: f64,
    pub(super) duplication: f64,
}

pub(super) const FAIR: Weather = Weather {
    delay: Duration::from_millis(20),
    jitter: Duration::ZERO,
    loss: 0.0,
    duplication: 0.0,
};

/// One end: a transport and what it told.
pub(super) struct End {
    pub(super) transport: Transport,
    pub(super) credentials: Credentials,
    pub(super) identity: Arc<Identity>,
    pub(super) address: SocketAddr,
    /// What comes to this address arrives too.
    pub(super) former: Option<SocketAddr>,
    pub(super) events: Vec<Event>,
    /// Everything it sent, in order.
    pub(super) sent: Vec<Transmit>,
    /// Of what it sends, this gets lost.
    pub(super) muted: fn(&[u8]) -> bool,
}

pub(super) fn is_stun(datagram: &[u8]) -> bool {
    datagram[0] <= 3
}

pub(super) fn is_dtls(datagram: &[u8]) -> bool {
    (20..=63).contains(&datagram[0])
}

/// Two ends and the network between them.
pub(super) struct Link {
    pub(super) now: Instant,
    pub(super) ends: [End; 2],
    pub(super) weather: Weather,
    /// Whatever this holds of does not arrive.
    pub(super) is_cut: fn(&Transmit) -> bool,
    random: StdRng,
    flying: BTreeMap<(Instant, u64), Transmit>,
    count: u64,
}

pub(super) const OFFERER: usize = 0;
pub(super) const ANSWERER: usize = 1;

impl End {
    pub(super) fn new(offerer: bool, address: &str, identity: &Arc<Identity>, seed: u8) -> Self {
        let address = address.parse().unwrap();
        let credentials = Credentials::from_seed([seed; 32]);
        let transport = Transport::new(Config {
            offerer,
            credentials: credentials.clone(),
            identity: identity.clone(),
            local: vec![address],
            seed: u64::from(seed),
        });
        Self {
            transport,
            credentials,
            identity: identity.clone(),
            address,
            former: None,
            events: Vec::new(),
            sent: Vec::new(),
            muted: |_| false,
        }
    }

    /// What the other end gets to know of this one; `role` is the other end's.
    pub(super) fn description(&self, role: DtlsRole) -> Remote {
        Remote {
            ufrag: self.credentials.ufrag.clone(),
            pwd: self.credentials.pwd.clone(),
            candidates: vec![candidate_line(self.address)],
            ice_lite: false,
            fingerprints: vec![self.identity.fingerprint()],
            role,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::Connected { .. }))
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        self.events.iter().find_map(|event| match event {
            Event::Failed(failure) => Some(failure),
            Event::Connected { .. } | Event::Rtp(_) | Event::Rtcp(_) | Event::Closed => None,
        })
    }

    pub(super) fn heard_rtp(&self) -> Vec<Bytes> {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Rtp(packet) => Some(packet.clone()),
                Event::Connected { .. } | Event::Rtcp(_) | Event::Closed | Event::Failed(_) => None,
            })
            .collect()
    }
}

impl Link {
    pub(super) fn new(weather: Weather, seed: u64) -> Self {
        let (a, b) = &*IDENTITIES;
        Self::between(a, b, weather, seed)
    }

    pub(super) fn between(
        a: &Arc<Identity>,
        b: &Arc<Identity>,
        weather: Weather,
        seed: u64,
    ) -> Self {
        Self {
            now: Instant::now(),
            ends: [
                End::new(true, "10.0.0.1:4000", a, 1),
                End::new(false, "10.0.0.2:5000", b, 2),
            ],
            weather,
            is_cut: |_| false,
            random: StdRng::seed_from_u64(seed),
            flying: BTreeMap::new(),
            count: 0,
        }
    }

    /// Starts both ends, the answerer with `answerer` as its role in DTLS.
    pub(super) fn start(&mut self, answerer: DtlsRole) {
        self.start_answerer(answerer);
        self.start_offerer(answerer);
    }

    pub(super) fn start_answerer(&mut self, answerer: DtlsRole) {
        let offer = self.ends[OFFERER].description(answerer);
        self.start_end(ANSWERER, offer);
    }

    pub(super) fn start_offerer(&mut self, answerer: DtlsRole) {
        let answer = self.ends[ANSWERER].description(opposite(answerer));
        self.start_end(OFFERER, answer);
    }

    pub(super) fn start_end(&mut self, end: usize, remote: Remote) {
        self.ends[end].transport.start(remote, self.now);
        self.drain(end);
    }

    /// Lets `end` do something, and takes what comes out of it.
    pub(super) fn with<R>(
        &mut self,
        end: usize,
        act: impl FnOnce(&mut Transport, Instant) -> R,
    ) -> R {
        let result = act(&mut self.ends[end].transport, self.now);
        self.drain(end);
        result
    }

    /// Lets time pass until `until` holds; returns whether it did within `limit`.
    pub(super) fn run(
        &mut self,
        limit: Duration,
        mut until: impl FnMut(&[End; 2]) -> bool,
    ) -> bool {
        let end = self.now + limit;
        loop {
            if until(&self.ends) {
                return true;
            }
            let arrival = self.flying.first_key_value().map(|((at, _), _)| *at);
            let timeouts = self
                .ends
                .iter()
                .filter_map(|end| end.transport.poll_timeout());
            let Some(next) = timeouts.chain(arrival).min().filter(|next| *next <= end) else {
                self.now = end;
                return until(&self.ends);
            };
            self.now = next.max(self.now);
            self.step();
        }
    }

    pub(super) fn run_for(&mut self, time: Duration) {
        self.run(time, |_| false);
    }

    pub(super) fn connect(&mut self) {
        let connected = self.run(Duration::from_secs(60), |ends| {
            ends.iter().all(End::is_connected)
        });
        let failures = self.ends.each_ref().map(End::failure);
        assert!(connected, "not connected: {failures:?}");
    }

    /// Puts a datagram onto the link that neither end sent.
    pub(super) fn inject(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.fly(Transmit {
            local: from,
            to,
            bytes: Bytes::copy_from_slice(bytes),
        });
    }

    fn step(&mut self) {
        while let Some(entry) = self.flying.first_entry() {
            if entry.key().0 > self.now {
                break;
            }
            let transmit = entry.remove();
            if (self.is_cut)(&transmit) {
                continue;
            }
            let Transmit { local, to, bytes } = transmit;
            for end in [OFFERER, ANSWERER] {
                if self.ends[end].address == to || self.ends[end].former == Some(to) {
                    self.with(end, |transport, now| {
                        transport.handle_datagram(to, local, &bytes, now);
                    });
                }
            }
        }
        for end in [OFFERER, ANSWERER] {
            let due = self.ends[end].transport.poll_timeout();
            if due.is_some_and(|due| due <= self.now) {
                self.with(end, |transport, now| transport.handle_timeout(now));
            }
        }
    }

    fn drain(&mut self, end: usize) {
        let end = &mut self.ends[end];
        while let Some(event) = end.transport.poll_event() {
            end.events.push(event);
        }
        let mut sent = Vec::new();
        while let Some(transmit) = end.transport.poll_transmit() {
            assert!(
                transmit.bytes.len() <= 1200,
                "{} bytes",
                transmit.bytes.len()
            );
            end.sent.push(transmit.clone());
            sent.push(transmit);
        }
        let muted = end.muted;
        for transmit in sent {
            if muted(&transmit.bytes) {
                continue;
            }
            if self.random.random_bool(1.0 - self.weather.loss) {
                self.fly(transmit.clone());
            }
            if self.random.random_bool(self.weather.duplication) {
                self.fly(transmit);
            }
        }
    }

    fn fly(&mut self, transmit: Transmit) {
        let jitter = self.weather.jitter.mul_f64(self.random.random());
        self.count += 1;
        let arrival = self.now + self.weather.delay + jitter;
        self.flying.insert((arrival, self.count), transmit);
    }
}

pub(super) fn opposite(role: DtlsRole) -> DtlsRole {
    match role {
        DtlsRole::Client => DtlsRole::Server,
        DtlsRole::Server => DtlsRole::Client,
    }
}

pub(super) fn candidate_line(address: SocketAddr) -> String {
    format!(
        "1 1 udp 2130706431 {} {} typ host",
        address.ip(),
        address.port()
    )
}

pub(in super::super) fn rtp_packet(ssrc: u32, sequence_number: u16) -> Vec<u8> {
    let packet = rtp::Packet {
        header: rtp::Header {
            version: 2,
            payload_type: 111,
            sequence_number,
            ssrc,
            ..Default::default()
        },
        payload: Bytes::from_static(b"twenty milliseconds"),
    };
    packet.marshal().unwrap().to_vec()
}

/// Keys take time to make, and the tests need no others.
pub(in super::super) static IDENTITIES: LazyLock<(Arc<Identity>, Arc<Identity>)> =
    LazyLock::new(|| {
        let identity = || Arc::new(Identity::generate().unwrap());
        (identity(), identity())
    });

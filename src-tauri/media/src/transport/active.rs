use std::{collections::VecDeque, net::SocketAddr, time::Instant};

use bytes::Bytes;
use secrecy::SecretString;
use tracing::debug;

use crate::CandidateKind;

use super::{
    Config, Credentials, Event, Failure, Fingerprint, Pair, Remote, Transmit,
    dtls::{Dtls, Outcome},
    ice::{self, Ice},
    srtp::Srtp,
    stun,
};

/// A transport whose peer is known.
pub(super) struct Active {
    ice: Ice,
    /// After a restart of ICE, until it has found a path: it takes the place of `ice` then.
    successor: Option<Ice>,
    /// Where media came from before the last restart; some of it is still on its way.
    former: Option<SocketAddr>,
    dtls: Dtls,
    /// Where the peer's DTLS comes from; a peer may begin before it nominates a pair.
    dtls_pair: Option<Pair>,
    srtp: Option<Box<Srtp>>,
    last_media: Option<Instant>,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
}

impl Active {
    pub(super) fn start(config: &Config, remote: Remote, now: Instant) -> Result<Self, Failure> {
        let dtls = Dtls::new(
            remote.role,
            config.identity.clone(),
            remote.fingerprints.clone(),
        )
        .map_err(|error| Failure::Security(format!("DTLS could not begin: {error}")))?;
        Ok(Self {
            ice: start_ice(config, remote, now)?,
            successor: None,
            former: None,
            dtls,
            dtls_pair: None,
            srtp: None,
            last_media: None,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// Looks for a path anew; what there is goes on until then (RFC 8445 §9).
    pub(super) fn restart(&mut self, config: &Config, remote: Remote, now: Instant) {
        self.dtls.expect(remote.fingerprints.clone());
        match start_ice(config, remote, now) {
            Ok(ice) if self.ice.selected().is_some() => self.successor = Some(ice),
            Ok(ice) => self.ice = ice,
            Err(failure) => debug!(?failure, "ICE could not be restarted"),
        }
    }

    pub(super) fn update_remote(
        &mut self,
        candidates: &[String],
        fingerprints: Vec<Fingerprint>,
        now: Instant,
    ) {
        let ice = self.successor.as_mut().unwrap_or(&mut self.ice);
        ice.add_candidates(candidates, now);
        self.dtls.expect(fingerprints);
    }

    pub(super) fn is_remote(&self, ufrag: &str, pwd: &SecretString) -> bool {
        self.latest().is_remote(ufrag, pwd)
    }

    /// Returns ours.
    pub(super) fn credentials(&self) -> &Credentials {
        self.latest().credentials()
    }

    pub(super) fn may_have(&self, fingerprints: &[Fingerprint]) -> bool {
        self.dtls.may_be(fingerprints)
    }

    pub(super) fn accepts(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        if stun::is_stun(datagram) {
            self.agents().any(|ice| ice.accepts(datagram))
        } else {
            self.is_known(from)
        }
    }

    pub(super) fn last_heard(&self) -> Option<Instant> {
        let checks = self.agents().filter_map(Ice::last_heard).max();
        self.last_media.max(checks)
    }

    pub(super) fn handle_datagram(&mut self, pair: Pair, datagram: &[u8], now: Instant) {
        if stun::is_stun(datagram) {
            match &mut self.successor {
                Some(ice) if ice.accepts(datagram) => ice.handle_stun(pair, datagram, now),
                Some(_) | None => self.ice.handle_stun(pair, datagram, now),
            }
            self.drain(now);
        } else if self.is_known(pair.remote) {
            // RFC 7983 §7.
            match datagram.first() {
                Some(20..=63) => {
                    self.dtls_pair = Some(pair);
                    let outcome = self.dtls.handle_datagram(datagram, now);
                    self.settle(outcome);
                    self.drain(now);
                }
                Some(128..=191) => self.handle_media(datagram, now),
                Some(_) | None => {}
            }
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Err(failure) = self.ice.handle_timeout(now) {
            let Some(successor) = self.successor.take() else {
                self.events.push_back(Event::Failed(failure));
                return;
            };
            self.ice = successor;
        }
        if let Some(successor) = &mut self.successor
            && successor.handle_timeout(now).is_err()
        {
            // Whether the old path is still alive, its consent tells.
            debug!("A restart of ICE found no path");
            self.successor = None;
        }
        let outcome = self.dtls.handle_timeout(now);
        self.settle(outcome);
        self.drain(now);
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        let ice = self.ice.poll_timeout();
        let successor = self.successor.as_ref().map(Ice::poll_timeout);
        let others = [successor, self.dtls.poll_timeout()];
        others.into_iter().flatten().fold(ice, Instant::min)
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn send_rtp(&mut self, packet: &[u8]) {
        let sealed = self.srtp.as_mut().and_then(|srtp| srtp.seal_rtp(packet));
        self.send(sealed);
    }

    pub(super) fn send_rtcp(&mut self, packet: &[u8]) {
        let sealed = self.srtp.as_mut().and_then(|srtp| srtp.seal_rtcp(packet));
        self.send(sealed);
    }

    pub(super) fn ask(&mut self, now: Instant) {
        self.ice.ask(now);
        self.drain(now);
    }

    pub(super) fn close(&mut self, now: Instant) {
        self.dtls.close(now);
        self.drain(now);
    }

    /// Returns the agent of the latest descriptions.
    fn latest(&self) -> &Ice {
        self.successor.as_ref().unwrap_or(&self.ice)
    }

    fn agents(&self) -> impl Iterator<Item = &Ice> {
        self.successor.iter().chain([&self.ice])
    }

    fn is_known(&self, remote: SocketAddr) -> bool {
        self.former == Some(remote) || self.agents().any(|ice| ice.is_known(remote))
    }

    /// Returns the pair that everything but checks travels on: what ICE selected, or until then
    /// where DTLS comes from.
    fn pair(&self) -> Option<Pair> {
        self.ice.selected().or(self.dtls_pair)
    }

    pub(super) fn path(&self) -> Option<(SocketAddr, SocketAddr, CandidateKind)> {
        let Pair { local, remote } = self.ice.selected()?;
        Some((local, remote, self.ice.kind(remote)))
    }

    fn handle_media(&mut self, datagram: &[u8], now: Instant) {
        let Some(srtp) = &mut self.srtp else {
            return;
        };
        // RFC 5761 §4: packet types 192 to 223.
        let opened = if datagram
            .get(1)
            .is_some_and(|kind| (192..=223).contains(kind))
        {
            srtp.open_rtcp(datagram).map(Event::Rtcp)
        } else {
            srtp.open_rtp(datagram).map(Event::Rtp)
        };
        if let Some(event) = opened {
            self.last_media = Some(now);
            self.events.push_back(event);
        }
    }

    fn send(&mut self, sealed: Option<Bytes>) {
        if let (Some(bytes), Some(pair)) = (sealed, self.pair()) {
            self.transmits.push_back(Transmit {
                local: pair.local,
                to: pair.remote,
                bytes,
            });
        }
    }

    fn settle(&mut self, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Connected(srtp)) => {
                // DTLS came over a pair, so there is one.
                if let Some(Pair { local, remote }) = self.pair()
                    && self.srtp.replace(srtp).is_none()
                {
                    self.events.push_back(Event::Connected { local, remote });
                }
            }
            Some(Outcome::Closed) => self.events.push_back(Event::Closed),
            Some(Outcome::Failed(reason)) => {
                self.events
                    .push_back(Event::Failed(Failure::Security(reason)));
            }
            None => {}
        }
    }

    fn drain(&mut self, now: Instant) {
        if let Some(successor) = self.successor.take_if(|ice| ice.selected().is_some()) {
            self.former = self.ice.selected().map(|pair| pair.remote);
            self.ice = successor;
        }
        if self.ice.selected().is_some() {
            let outcome = self.dtls.begin(now);
            self.settle(outcome);
        }
        for ice in self.successor.iter_mut().chain([&mut self.ice]) {
            while let Some(transmit) = ice.poll_transmit() {
                self.transmits.push_back(transmit);
            }
        }
        if self.pair().is_some() {
            while let Some(bytes) = self.dtls.poll_transmit() {
                self.send(Some(bytes));
            }
        }
    }
}

fn start_ice(config: &Config, remote: Remote, now: Instant) -> Result<Ice, Failure> {
    let ice = ice::Config {
        // RFC 8445 §6.1.1: the offerer controls, except against a lite peer.
        controlling: config.offerer || remote.ice_lite,
        identity: config.identity.clone(),
        local: config.credentials.clone(),
        remote: Credentials {
            ufrag: remote.ufrag,
            pwd: remote.pwd,
        },
        bases: config.local.clone(),
        candidates: remote.candidates,
        seed: config.seed,
    };
    Ice::start(ice, now).map_err(|_| Failure::NoPath)
}

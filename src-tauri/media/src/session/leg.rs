use std::net::SocketAddr;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use tracing::debug;

use super::packet;
use super::silence::Silence;
use crate::codec::Frame;
use crate::playout::Buffer;
use crate::rtp::{
    Format, ReceiveFormat, Received, Receiver, Reports, Sender, TelephoneEvent, Voice,
};
use crate::sdp::{Agreement, Payload, PayloadMap, Refusal, Setup, Stream};
use crate::transport::{self, DtlsRole, Event, Failure, Remote, Transmit, Transport};
use crate::{Digit, Path};

/// One remote end: the transport to it, and the streams each way.
#[derive(Debug)]
pub(super) struct Leg {
    transport: Transport,
    /// After a move, until it is connected: it takes the place of `transport` then.
    successor: Option<Transport>,
    pub(super) state: State,
    /// The peer's latest description, and what it means with ours.
    pub(super) stream: Stream,
    pub(super) agreement: Agreement,
    /// Our role in DTLS.
    pub(super) setup: Setup,
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
    pub(super) reports: Reports,
    pub(super) playout: Buffer,
    pub(super) silence: Silence,
    /// Whether something that the peer sent was played.
    pub(super) was_heard: bool,
}

/// ```text
/// Waiting -> Connecting -> Connected -> Left, Failed    a move leads back to Connecting
///                       -> Failed                       unless it is connected still
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The call was not answered: the peer does not know our side yet, and is not to know that we
    /// exist.
    Waiting,
    Connecting {
        since: Instant,
    },
    Connected,
    /// The peer ended the DTLS association: it says no more, and takes no more.
    Left {
        since: Instant,
    },
    Failed(Failure),
}

/// What comes of an input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Occurrence {
    Connected,
    Digit(Digit),
    Failed,
}

/// How a later description of the peer relates to the transport that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// It comes over it.
    Same,
    /// It restarts ICE (RFC 8839 §4.4.1.1: new credentials) and keeps the DTLS association.
    Restart,
    /// It wants a transport of its own: another party, or the same that begins anew.
    Move,
}

/// What a leg starts with, beside its transport.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) stream: Stream,
    pub(super) agreement: Agreement,
    pub(super) setup: Setup,
    pub(super) payloads: &'a PayloadMap,
    pub(super) ssrc: u32,
    pub(super) cname: &'a str,
    pub(super) seed: u64,
}

impl Leg {
    pub(super) fn new(transport: Transport, start: Start<'_>, now: Instant) -> Self {
        let Start {
            stream,
            agreement,
            setup,
            payloads,
            ssrc,
            cname,
            seed,
        } = start;
        Self {
            transport,
            successor: None,
            state: State::Waiting,
            sender: Sender::new(ssrc, seed, format(&agreement)),
            receiver: Receiver::new(&receive_formats(payloads)),
            reports: Reports::new(cname.to_owned(), seed, now),
            playout: Buffer::new(),
            silence: Silence::default(),
            was_heard: false,
            stream,
            agreement,
            setup,
        }
    }

    /// Begins to connect.
    pub(super) fn start(&mut self, now: Instant) {
        if self.state == State::Waiting {
            self.transport.start(remote(&self.stream, self.setup), now);
            self.state = State::Connecting { since: now };
        }
    }

    /// Begins to connect anew with a peer that could not be reached.
    pub(super) fn retry(&mut self, seed: u64, now: Instant) {
        self.transport = self.transport.fork(seed);
        self.state = State::Waiting;
        self.start(now);
    }

    /// Makes a transport to another answerer of the same offer.
    pub(super) fn fork(&mut self, seed: u64) -> Transport {
        self.transport.fork(seed)
    }

    /// Returns how `stream` relates to the transport that there is; refuses what would take the
    /// encryption over unnoticed: another certificate on the same transport.
    pub(super) fn relation(&self, stream: &Stream) -> Result<Relation, Refusal> {
        let latest = self.latest();
        let (same, lives) = match self.state {
            State::Waiting => (self.stream.has_credentials_of(stream), false),
            State::Connecting { .. } | State::Connected => {
                (latest.is_remote(&stream.ufrag, &stream.pwd), true)
            }
            State::Left { .. } | State::Failed(_) => {
                (latest.is_remote(&stream.ufrag, &stream.pwd), false)
            }
        };
        // Once it is connected the certificate itself is known, whatever was said meanwhile.
        let is_new = self.successor.is_some() || !self.is_connected();
        let is_other =
            !latest.may_have(&stream.fingerprints) || is_new && !self.has_certificate_of(stream);
        if same && is_other {
            return Err(Refusal::new(
                "the certificate fingerprint changed without a restart of ICE",
            ));
        }
        // RFC 8842 §4: what makes another association, beside the roles.
        let keeps_association =
            lives && !is_other && self.has_certificate_of(stream) && self.names_association(stream);
        Ok(if same {
            Relation::Same
        } else if keeps_association {
            Relation::Restart
        } else {
            Relation::Move
        })
    }

    /// Returns `relation` where our role in DTLS is to be `setup`: other roles are another
    /// association (RFC 8842 §4).
    pub(super) fn with_role(&self, relation: Relation, setup: Setup) -> Relation {
        match relation {
            Relation::Restart if setup != self.setup => Relation::Move,
            Relation::Same | Relation::Restart | Relation::Move => relation,
        }
    }

    /// Returns whether `stream` calls the DTLS association what it was called before.
    fn names_association(&self, stream: &Stream) -> bool {
        self.stream.tls_id == stream.tls_id
    }

    /// Returns the way that the sound goes, once there is one.
    pub(super) fn path(&self) -> Option<Path> {
        let (local, remote, remote_kind) = self.transport.path()?;
        Some(Path {
            local,
            remote,
            remote_kind,
            codec: self.agreement.codec,
        })
    }

    /// Returns the transport of the latest descriptions.
    pub(super) fn latest(&self) -> &Transport {
        self.successor.as_ref().unwrap_or(&self.transport)
    }

    /// Returns whether `stream` names a certificate that was named before.
    pub(super) fn has_certificate_of(&self, stream: &Stream) -> bool {
        let known = &self.stream.fingerprints;
        stream
            .fingerprints
            .iter()
            .any(|named| known.contains(named))
    }

    /// Takes a later description of the peer on the same transport.
    pub(super) fn update(&mut self, stream: Stream, agreement: Agreement, now: Instant) {
        let transport = self.successor.as_mut().unwrap_or(&mut self.transport);
        transport.update_remote(&stream.candidates, stream.fingerprints.clone(), now);
        self.agree(stream, agreement);
    }

    /// Takes a later description of the peer that restarts ICE, for which ours is in `config`.
    pub(super) fn restart(
        &mut self,
        config: transport::Config,
        stream: Stream,
        agreement: Agreement,
        now: Instant,
    ) {
        let transport = self.successor.as_mut().unwrap_or(&mut self.transport);
        transport.restart(config, remote(&stream, self.setup), now);
        if let State::Connecting { since } = &mut self.state {
            *since = now;
        }
        self.agree(stream, agreement);
    }

    /// Takes a later description of the peer that moves to another transport; the old one goes on
    /// until `successor` is connected (RFC 8445 §9).
    pub(super) fn move_to(
        &mut self,
        mut successor: Transport,
        stream: Stream,
        agreement: Agreement,
        setup: Setup,
        now: Instant,
    ) {
        self.setup = setup;
        match self.state {
            State::Waiting => self.transport = successor,
            State::Connected => {
                successor.start(remote(&stream, setup), now);
                self.successor = Some(successor);
            }
            State::Connecting { .. } | State::Left { .. } | State::Failed(_) => {
                successor.start(remote(&stream, setup), now);
                self.transport = successor;
                self.successor = None;
                self.state = State::Connecting { since: now };
            }
        }
        self.agree(stream, agreement);
    }

    fn agree(&mut self, stream: Stream, agreement: Agreement) {
        let new = format(&agreement);
        if new != format(&self.agreement) {
            self.sender.set_format(new);
        }
        self.playout.set_peer_sends(agreement.direction.receives());
        self.stream = stream;
        self.agreement = agreement;
    }

    pub(super) fn set_payloads(&mut self, payloads: &PayloadMap) {
        self.receiver.set_formats(&receive_formats(payloads));
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            State::Waiting | State::Connecting { .. } | State::Connected | State::Left { .. } => {
                None
            }
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        match self.state {
            State::Connected => true,
            State::Waiting | State::Connecting { .. } | State::Left { .. } | State::Failed(_) => {
                false
            }
        }
    }

    /// Returns whether `datagram` is for this leg.
    pub(super) fn accepts(&self, from: SocketAddr, datagram: &[u8]) -> bool {
        self.successor
            .iter()
            .chain([&self.transport])
            .any(|transport| transport.accepts(from, datagram))
    }

    pub(super) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        // RFC 7983 §7: 128 and above is RTP and RTCP, and a successor has no keys for it yet.
        let is_media = datagram.first().is_some_and(|byte| *byte >= 128);
        let transport = match &mut self.successor {
            Some(successor) if !is_media && successor.accepts(from, datagram) => successor,
            Some(_) | None => &mut self.transport,
        };
        transport.handle_datagram(local, from, datagram, now);
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        for transport in self.successor.iter_mut().chain([&mut self.transport]) {
            if transport.poll_timeout().is_some_and(|due| due <= now) {
                transport.handle_timeout(now);
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let successor = self.successor.as_ref().and_then(Transport::poll_timeout);
        let own = self.transport.poll_timeout();
        successor.into_iter().chain(own).min()
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.successor
            .as_mut()
            .and_then(Transport::poll_transmit)
            .or_else(|| self.transport.poll_transmit())
    }

    /// Works off what the transports have to tell; gives what the session has to know.
    pub(super) fn poll(&mut self, now: Instant) -> Option<Occurrence> {
        while let Some(event) = self.successor.as_mut().and_then(Transport::poll_event) {
            match event {
                Event::Connected { .. } => {
                    if let Some(successor) = self.successor.take() {
                        self.transport = successor;
                    }
                    return Some(Occurrence::Connected);
                }
                Event::Failed(Failure::Security(reason)) => {
                    return Some(self.fail(Failure::Security(reason)));
                }
                // The old path stays; whether it is still alive, its consent tells.
                Event::Failed(Failure::NoPath | Failure::ConsentLost) | Event::Closed => {
                    debug!("a move found no path");
                    self.successor = None;
                }
                Event::Rtp(_) | Event::Rtcp(_) => {}
            }
        }
        while let Some(event) = self.transport.poll_event() {
            match event {
                Event::Connected { .. } => {
                    self.state = State::Connected;
                    return Some(Occurrence::Connected);
                }
                Event::Rtp(bytes) => {
                    if let Some(digit) = self.handle_rtp(bytes, now) {
                        return Some(Occurrence::Digit(digit));
                    }
                }
                Event::Rtcp(bytes) => {
                    self.reports.handle(&bytes, now, &self.sender);
                    if let Some(share) = self.reports.far_loss() {
                        self.sender.set_expected_loss(share);
                    }
                }
                Event::Closed => self.state = State::Left { since: now },
                Event::Failed(failure) => return Some(self.fail(failure)),
            }
        }
        None
    }

    fn fail(&mut self, failure: Failure) -> Occurrence {
        self.state = State::Failed(failure);
        Occurrence::Failed
    }

    fn handle_rtp(&mut self, bytes: Bytes, now: Instant) -> Option<Digit> {
        let received = self.receiver.handle(packet::read(bytes)?, now);
        self.silence.handle(&received, now);
        match received {
            Received::Audio(audio) => {
                self.playout.insert(audio);
                None
            }
            Received::Digit(digit) => Some(digit),
            Received::Rest | Received::Nothing => None,
        }
    }

    /// Sends the next 10 ms of the microphone.
    pub(super) fn send(&mut self, frame: &Frame, voice: Voice, now: Instant) {
        if let Some(packet) = self.sender.push(frame, voice) {
            self.transport.send_rtp(&packet::write(packet));
            if self.is_connected() {
                self.reports.handle_sent(now);
            }
        }
        match voice {
            Voice::On | Voice::Muted => {}
            Voice::Held => self.reports.handle_pause(),
        }
    }

    /// Returns the samples that were made up, with those that are missing at present unless the
    /// peer may rest.
    pub(super) fn concealed(&self) -> u64 {
        let missing = match self.silence.may_rest() {
            true => 0,
            false => self.playout.outstanding(),
        };
        self.playout.statistics().concealed + missing
    }

    /// Sends RTCP when it is due.
    pub(super) fn report(&mut self, now: Instant, wall: SystemTime) {
        if !self.is_connected() || !self.agreement.rtcp_mux || self.reports.poll_timeout() > now {
            return;
        }
        if let Some(report) =
            self.reports
                .handle_timeout(now, wall, &self.sender, &mut self.receiver)
        {
            self.transport.send_rtcp(&report);
        }
    }

    /// Says good-bye to the peer.
    pub(super) fn close(&mut self, now: Instant, wall: SystemTime) {
        if self.is_connected() && self.agreement.rtcp_mux {
            let goodbye = self
                .reports
                .goodbye(now, wall, &self.sender, &mut self.receiver);
            self.transport.send_rtcp(&goodbye);
        }
        self.transport.close(now);
        self.successor = None;
    }

    /// Asks the peer for a sign of life.
    pub(super) fn ask(&mut self, now: Instant) {
        self.transport.ask(now);
    }

    /// Returns when something authentic last came from the peer.
    pub(super) fn last_heard(&self) -> Option<Instant> {
        self.transport.last_heard()
    }
}

fn remote(stream: &Stream, setup: Setup) -> Remote {
    Remote {
        ufrag: stream.ufrag.clone(),
        pwd: stream.pwd.clone(),
        candidates: stream.candidates.clone(),
        ice_lite: stream.ice_lite,
        fingerprints: stream.fingerprints.clone(),
        role: match setup {
            Setup::Active => DtlsRole::Client,
            Setup::Passive | Setup::ActPass => DtlsRole::Server,
        },
    }
}

fn format(agreement: &Agreement) -> Format {
    Format {
        codec: agreement.codec,
        payload_type: agreement.payload_type,
        ptime: agreement.ptime,
        limits: agreement.limits,
        telephone_event: agreement.telephone_event.map(|(payload_type, clock_rate)| {
            TelephoneEvent {
                payload_type,
                clock_rate,
            }
        }),
    }
}

fn receive_formats(payloads: &PayloadMap) -> Vec<(u8, ReceiveFormat)> {
    payloads
        .iter()
        .map(|(number, payload)| {
            let format = match payload {
                Payload::Audio(codec) => ReceiveFormat::Speech { codec },
                Payload::TelephoneEvent(_) => ReceiveFormat::TelephoneEvent,
            };
            (number, format)
        })
        .collect()
}

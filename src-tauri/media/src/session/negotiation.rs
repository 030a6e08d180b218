use std::sync::Arc;
use std::time::Instant;

use tracing::debug;

use super::leg::{Leg, Relation, Start};
use super::local::Description;
use super::{MOST_LEGS, Selection, Session, State};
use crate::sdp::{self, Direction, Refusal, Setup, Stream};
use crate::transport::{Credentials, Identity, Transport};
use crate::{Negotiated, News, Peer};
use rand::RngExt;

/// What waits until our addresses are known, with its number.
#[derive(Debug)]
pub(super) enum Request {
    Offer(u64),
    Answer(u64, String),
}

/// Our offer that may be answered, by several peers if it is the first.
#[derive(Debug)]
pub(super) struct Offered {
    direction: Direction,
}

impl Session {
    pub(super) fn handle_request(&mut self, request: Request, now: Instant) {
        let session = self.id;
        match request {
            Request::Offer(request) => {
                if self.state == State::Live {
                    let sdp = self.offer();
                    self.news.push_back(News::Offer {
                        session,
                        request,
                        sdp,
                    });
                }
            }
            Request::Answer(request, offer) => {
                let result = self.answer(&offer, now);
                self.news.push_back(match result {
                    Ok((sdp, negotiated)) => News::Answer {
                        session,
                        request,
                        sdp,
                        negotiated,
                    },
                    Err(refusal) => self.refused(request, &refusal),
                });
            }
        }
    }

    pub(super) fn apply(&mut self, request: u64, peer: Peer, answer: &str, now: Instant) {
        let news = match self.take_answer(peer, answer, now) {
            Ok(negotiated) => News::Applied {
                session: self.id,
                request,
                peer,
                negotiated,
            },
            Err(refusal) => self.refused(request, &refusal),
        };
        self.news.push_back(news);
    }

    fn refused(&self, request: u64, refusal: &Refusal) -> News {
        debug!(session = self.id.0, %refusal, "a description was refused");
        News::Refused {
            session: self.id,
            request,
            reason: refusal.to_string(),
        }
    }

    /// RFC 6337 §5.3: an offer says what this side wants, whatever the peer said before.
    fn wanted(&self) -> Direction {
        Direction::new(true, !self.hold)
    }

    fn offer(&mut self) -> String {
        if self.legs.is_empty() && self.unanswered.is_none() {
            let seed = self.seed();
            self.unanswered = Some(Transport::new(self.local.transport(true, seed)));
        }
        let leg = self.current().and_then(|peer| self.legs.get(&peer));
        if let Some(leg) = leg {
            self.local.follow(leg.latest());
            if self.restart_wanted {
                // RFC 8839 §4.4.1.1.1: new credentials restart ICE.
                self.local.credentials = Credentials::from_seed(self.random.random());
            }
        }
        let payloads = self
            .local
            .offer_payloads(leg.map(|leg| leg.agreement.codec));
        for leg in self.legs.values_mut() {
            leg.set_payloads(&self.local.payloads);
        }
        let direction = self.wanted();
        self.offered = Some(Offered { direction });
        self.local.describe(&Description {
            candidates: &self.gatherer.candidates(),
            setup: Setup::ActPass,
            payloads: &payloads,
            direction,
            rtcp_mux: true,
        })
    }

    fn answer(&mut self, offer: &str, now: Instant) -> Result<(String, Negotiated), Refusal> {
        self.check_live()?;
        let stream = Stream::parse(offer)?;
        let peer = self.current().unwrap_or(Peer(0));
        let leg = self.legs.get(&peer);
        let mut relation = leg.map(|leg| leg.relation(&stream)).transpose()?;
        let role = match relation {
            Some(Relation::Same | Relation::Restart) => leg.map(|leg| leg.setup),
            Some(Relation::Move) | None => None,
        };
        let answer = sdp::answer(&stream, self.wanted(), role)?;
        if let (Some(relation), Some(leg)) = (&mut relation, leg) {
            *relation = leg.with_role(*relation, answer.setup);
            self.local.follow(leg.latest());
            match relation {
                Relation::Same => {}
                Relation::Restart => self.renew_credentials(),
                Relation::Move => self.renew(&stream, peer)?,
            }
        }
        self.local.payloads.learn(&stream.payloads);
        self.local.lines.clone_from(&stream.lines);
        self.local.index = stream.index;
        self.local.bundled = stream.bundled;
        let agreement = answer.agreement.clone();
        let seed = self.seed();
        match self.legs.get_mut(&peer) {
            Some(leg) => {
                let config = self.local.transport(false, seed);
                match relation {
                    Some(Relation::Same) => leg.update(stream, agreement, now),
                    Some(Relation::Restart) => leg.restart(config, stream, agreement, now),
                    Some(Relation::Move) | None => {
                        let successor = Transport::new(config);
                        leg.move_to(successor, stream, agreement, answer.setup, now);
                    }
                }
            }
            None => {
                let transport = Transport::new(self.local.transport(false, seed));
                self.unanswered = None;
                self.add_leg(peer, transport, stream, agreement, answer.setup, now);
                match self.selection {
                    Selection::Selected { .. } => self.start(peer, now),
                    // The peer gets our answer with the 2xx, when the call is selected.
                    Selection::Early(_) => {}
                }
            }
        }
        self.after_agreement();
        self.offered = None;
        let sdp = self.local.describe(&Description {
            candidates: &self.gatherer.candidates(),
            setup: answer.setup,
            payloads: &answer.payloads,
            direction: answer.agreement.direction,
            rtcp_mux: answer.agreement.rtcp_mux,
        });
        Ok((sdp, answer.agreement.negotiated()))
    }

    fn take_answer(&mut self, peer: Peer, text: &str, now: Instant) -> Result<Negotiated, Refusal> {
        self.check_live()?;
        let Some(Offered { direction }) = self.offered else {
            return Err(Refusal::new("there is no offer that this could answer"));
        };
        let stream = Stream::parse(text)?;
        let (agreement, setup) =
            sdp::apply(&stream, &self.local.lines, self.local.index, direction)?;
        let negotiated = agreement.negotiated();
        let seed = self.seed();
        match self.legs.get_mut(&peer) {
            Some(leg) => {
                let config = self.local.transport(true, seed);
                match leg.with_role(leg.relation(&stream)?, setup) {
                    // A peer that does not know of restarts is asked again with the next offer.
                    Relation::Same => leg.update(stream, agreement, now),
                    Relation::Restart => {
                        leg.restart(config, stream, agreement, now);
                        self.restart_wanted = false;
                    }
                    Relation::Move => {
                        let successor = Transport::new(config);
                        leg.move_to(successor, stream, agreement, setup, now);
                        self.restart_wanted = false;
                    }
                }
            }
            None => {
                let transport = self.transport_of_new_peer(peer, seed)?;
                self.add_leg(peer, transport, stream, agreement, setup, now);
                self.start(peer, now);
            }
        }
        self.after_agreement();
        match &mut self.selection {
            Selection::Early(latest) => *latest = Some(peer),
            Selection::Selected { .. } => {}
        }
        Ok(negotiated)
    }

    fn transport_of_new_peer(&mut self, peer: Peer, seed: u64) -> Result<Transport, Refusal> {
        match self.selection {
            Selection::Selected { peer: other, .. } if other != peer => {
                return Err(Refusal::new("the call goes on with another peer"));
            }
            Selection::Selected { .. } | Selection::Early(_) => {}
        }
        if self.legs.len() == MOST_LEGS {
            return Err(Refusal::new("too many peers answered"));
        }
        let first = self.unanswered.take();
        first
            .or_else(|| self.legs.values_mut().next().map(|leg| leg.fork(seed)))
            .ok_or_else(|| Refusal::new("there is no offer that this could answer"))
    }

    fn add_leg(
        &mut self,
        peer: Peer,
        transport: Transport,
        stream: Stream,
        agreement: sdp::Agreement,
        setup: Setup,
        now: Instant,
    ) {
        let start = Start {
            stream,
            agreement,
            setup,
            payloads: &self.local.payloads,
            ssrc: self.local.ssrc,
            cname: &self.local.cname,
            seed: self.random.random(),
        };
        self.legs.insert(peer, Leg::new(transport, start, now));
        if self.selection == Selection::Early(None) {
            self.selection = Selection::Early(Some(peer));
        }
    }

    fn start(&mut self, peer: Peer, now: Instant) {
        if let Some(leg) = self.legs.get_mut(&peer) {
            leg.start(now);
        }
    }

    /// Makes what a move needs. Where the peer keeps its certificate ours changes, which both sides
    /// take as a new DTLS association (RFC 8842 §4).
    fn renew(&mut self, stream: &Stream, peer: Peer) -> Result<(), Refusal> {
        let leg = self.legs.get(&peer);
        if leg.is_some_and(|leg| leg.has_certificate_of(stream)) {
            let identity = Identity::generate().map_err(|e| Refusal::new(e.to_string()))?;
            self.local.identity = Arc::new(identity);
        }
        self.renew_credentials();
        Ok(())
    }

    /// A restart of ICE needs new credentials on both sides (RFC 8839 §4.4.1.1.1).
    fn renew_credentials(&mut self) {
        self.local.credentials = Credentials::from_seed(self.random.random());
    }

    /// Makes all legs know the payload numbers that there are.
    fn after_agreement(&mut self) {
        let known: Vec<_> = self
            .legs
            .values()
            .flat_map(|leg| leg.stream.payloads.iter().copied())
            .collect();
        // What we offered keeps its meaning; a peer that answers with other numbers may send them
        // too.
        self.local.payloads.learn_new(&known);
        for leg in self.legs.values_mut() {
            leg.set_payloads(&self.local.payloads);
        }
    }

    fn check_live(&self) -> Result<(), Refusal> {
        match self.state {
            State::Live => Ok(()),
            State::Failed | State::Closed => Err(Refusal::new("the media of this call has failed")),
        }
    }
}

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use crate::codec::Frame;
use crate::device::Source;
use crate::grid::Grid;
use crate::session::{Config, Microphone, Session, Speaker};
use crate::transport::{Gatherer, Identity, Silent, Transmit};
use crate::{Command, Negotiated, News, PacketTime, Path, Peer, Quality, SessionId};

/// One way through the network.
const DELAY: Duration = Duration::from_millis(20);

pub(super) const ID: SessionId = SessionId(7);

/// Sessions at different addresses, and the network between them, in virtual time.
pub(super) struct World {
    pub(super) now: Instant,
    grid: Grid,
    pub(super) ends: Vec<End>,
    /// Nothing arrives.
    pub(super) is_down: bool,
    /// RTP from this address is lost; checks, handshakes and reports arrive.
    pub(super) mutes: Option<SocketAddr>,
    flying: BTreeMap<(Instant, u64), Transmit>,
    count: u64,
}

/// One session.
pub(super) struct End {
    pub(super) session: Session,
    pub(super) address: SocketAddr,
    pub(super) news: Vec<News>,
    /// What it sent: when, and what.
    pub(super) sent: Vec<(Instant, Transmit)>,
    /// What is said into the desk's microphone.
    pub(super) says: Option<Source>,
    /// What the desk's speaker played: when, and what.
    pub(super) heard: Vec<(Instant, Frame)>,
    requests: u64,
}

/// What a session is made of.
pub(super) struct Make<'a> {
    pub(super) address: &'a str,
    pub(super) microphone: Microphone,
    pub(super) speaker: Speaker,
    pub(super) identity: Identity,
    pub(super) servers: Vec<SocketAddr>,
    pub(super) packet_time: PacketTime,
}

pub(super) fn make(address: &str, hz: f32) -> Make<'_> {
    Make {
        address,
        microphone: Microphone::Own(Source::tone(hz)),
        speaker: Speaker::Waiting(None),
        identity: Identity::generate().unwrap(),
        servers: Vec::new(),
        packet_time: PacketTime::default(),
    }
}

impl World {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            now,
            grid: Grid::new(now),
            ends: Vec::new(),
            is_down: false,
            mutes: None,
            flying: BTreeMap::new(),
            count: 0,
        }
    }

    /// Adds a session; returns its number.
    pub(super) fn add(&mut self, make: Make<'_>) -> usize {
        let address: SocketAddr = make.address.parse().unwrap();
        let gatherer = Gatherer::new(vec![address], &make.servers, &Silent::new(), self.now);
        let config = Config {
            id: ID,
            gatherer,
            identity: make.identity,
            microphone: make.microphone,
            speaker: make.speaker,
            packet_time: make.packet_time,
            grid: self.grid,
            seed: [self.ends.len() as u8 + 1; 32],
            wall: SystemTime::UNIX_EPOCH,
        };
        self.ends.push(End {
            session: Session::new(config, self.now),
            address,
            news: Vec::new(),
            sent: Vec::new(),
            says: None,
            heard: Vec::new(),
            requests: 0,
        });
        self.ends.len() - 1
    }

    /// Adds two sessions and connects them.
    pub(super) fn with_call() -> Self {
        let mut world = Self::new();
        let caller = world.add(make("192.0.2.1:4000", 440.0));
        let callee = world.add(make("192.0.2.2:5000", 880.0));
        world.call(caller, callee);
        world
    }

    /// Lets `caller` call `callee` until they are connected.
    pub(super) fn call(&mut self, caller: usize, callee: usize) {
        let offer = self.offer(caller);
        let (answer, _) = self.answer(callee, offer).unwrap();
        self.apply(caller, answer).unwrap();
        for end in [callee, caller] {
            self.select(end);
        }
        for end in [callee, caller] {
            self.until(end, |news| {
                matches!(news, News::Connected { .. }).then_some(())
            });
        }
    }

    /// Gives `end` another address; what is sent to its old one is lost from here on.
    pub(super) fn relocate(&mut self, end: usize, address: &str) {
        let address: SocketAddr = address.parse().unwrap();
        let gatherer = Gatherer::new(vec![address], &[], &Silent::new(), self.now);
        self.ends[end].session.relocate(gatherer);
        self.ends[end].address = address;
    }

    pub(super) fn command(&mut self, end: usize, command: Command) {
        let now = self.now;
        self.ends[end].session.handle_command(command, now);
        self.drain(end);
    }

    pub(super) fn select(&mut self, end: usize) {
        self.command(
            end,
            Command::Select {
                session: ID,
                peer: Peer(0),
            },
        );
    }

    pub(super) fn offer(&mut self, end: usize) -> String {
        let request = self.request(end);
        self.command(
            end,
            Command::Offer {
                session: ID,
                request,
            },
        );
        self.until(end, |news| match news {
            News::Offer {
                request: number,
                sdp,
                ..
            } if *number == request => Some(sdp.clone()),
            _ => None,
        })
    }

    pub(super) fn answer(
        &mut self,
        end: usize,
        offer: String,
    ) -> Result<(String, Negotiated), String> {
        let request = self.request(end);
        self.command(
            end,
            Command::Answer {
                session: ID,
                request,
                offer,
            },
        );
        self.until(end, |news| match news {
            News::Answer {
                request: number,
                sdp,
                negotiated,
                ..
            } if *number == request => Some(Ok((sdp.clone(), negotiated.clone()))),
            News::Refused {
                request: number,
                reason,
                ..
            } if *number == request => Some(Err(reason.clone())),
            _ => None,
        })
    }

    pub(super) fn apply(&mut self, end: usize, answer: String) -> Result<Negotiated, String> {
        let request = self.request(end);
        self.command(
            end,
            Command::Apply {
                session: ID,
                request,
                peer: Peer(0),
                answer,
            },
        );
        self.until(end, |news| match news {
            News::Applied {
                request: number,
                negotiated,
                ..
            } if *number == request => Some(Ok(negotiated.clone())),
            News::Refused {
                request: number,
                reason,
                ..
            } if *number == request => Some(Err(reason.clone())),
            _ => None,
        })
    }

    /// Lets time go by until `end` has told what `wanted` makes something of, at most five minutes.
    pub(super) fn until<T>(&mut self, end: usize, wanted: impl Fn(&News) -> Option<T>) -> T {
        let limit = self.now + Duration::from_secs(300);
        let mut seen = 0;
        loop {
            while let Some(news) = self.ends[end].news.get(seen) {
                seen += 1;
                if let Some(found) = wanted(news) {
                    self.ends[end].news.drain(..seen);
                    return found;
                }
            }
            assert!(
                self.step(limit),
                "it was never told: {:?}",
                self.ends[end].news
            );
        }
    }

    /// Waits until a second had the quality that `wanted` describes.
    pub(super) fn quality(&mut self, end: usize, wanted: impl Fn(&Quality) -> bool) -> Quality {
        self.until(end, |news| match news {
            News::Quality { quality, .. } => wanted(quality).then_some(*quality),
            _ => None,
        })
    }

    /// Returns which ways of the sound `end` told since it was asked last.
    pub(super) fn ways(&mut self, end: usize) -> Vec<Path> {
        let told = self.ends[end].news.drain(..);
        told.filter_map(|news| match news {
            News::Path { path, .. } => Some(path),
            _ => None,
        })
        .collect()
    }

    pub(super) fn hears(&mut self, end: usize, hz: f32) {
        self.quality(end, |quality| {
            quality
                .playback_tone_hz
                .is_some_and(|tone| (tone - hz).abs() < 10.0)
        });
    }

    /// Lets `time` go by.
    pub(super) fn run(&mut self, time: Duration) {
        let limit = self.now + time;
        while self.step(limit) {}
        self.now = limit;
    }

    /// Does what comes next before `limit`; returns whether there was something.
    fn step(&mut self, limit: Instant) -> bool {
        let timeout = self
            .ends
            .iter()
            .enumerate()
            .filter_map(|(end, e)| Some((e.session.poll_timeout()?, end)))
            .min();
        let arrival = self.flying.keys().next().copied();
        match (timeout, arrival) {
            (Some((due, _)), Some((arrives, _))) if arrives <= due && arrives < limit => {
                self.arrive();
                true
            }
            (None, Some((arrives, _))) if arrives < limit => {
                self.arrive();
                true
            }
            (Some((due, end)), _) if due < limit => {
                self.now = self.now.max(due);
                self.wake(end);
                true
            }
            _ => false,
        }
    }

    /// Tells the time to `end`.
    pub(super) fn wake(&mut self, end: usize) {
        let now = self.now;
        let End { session, says, .. } = &mut self.ends[end];
        if let Some(source) = says {
            session.set_captured(&source.pull());
        }
        session.handle_timeout(now);
        self.drain(end);
    }

    fn arrive(&mut self) {
        let ((at, _), transmit) = self.flying.pop_first().unwrap();
        self.now = self.now.max(at);
        let is_mute = self.mutes == Some(transmit.local) && is_rtp(&transmit.bytes);
        if !self.is_down && !is_mute {
            self.deliver(transmit.local, transmit.to, &transmit.bytes);
        }
    }

    /// Hands a datagram to the end at `to`.
    pub(super) fn deliver(&mut self, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        let now = self.now;
        if let Some(end) = self.ends.iter().position(|end| end.address == to) {
            self.ends[end]
                .session
                .handle_datagram(to, from, datagram, now);
            self.drain(end);
        }
    }

    pub(super) fn drain(&mut self, end: usize) {
        let End {
            session,
            news,
            sent,
            heard,
            ..
        } = &mut self.ends[end];
        heard.extend(session.take_played().map(|frame| (self.now, frame)));
        while let Some(transmit) = session.poll_transmit() {
            sent.push((self.now, transmit.clone()));
            self.count += 1;
            self.flying.insert((self.now + DELAY, self.count), transmit);
        }
        while let Some(told) = session.poll_news() {
            news.push(told);
        }
    }

    fn request(&mut self, end: usize) -> u64 {
        self.ends[end].requests += 1;
        self.ends[end].requests
    }
}

/// RFC 7983 §7, RFC 5761 §4.
fn is_rtp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

impl End {
    /// Counts the RTP and RTCP packets that were sent from `since` on.
    pub(super) fn media_sent(&self, since: Instant) -> usize {
        self.sent
            .iter()
            .filter(|(at, transmit)| *at >= since && transmit.bytes[0] >= 128)
            .count()
    }

    /// Counts the DTLS datagrams that were sent from `since` on.
    pub(super) fn handshakes_sent(&self, since: Instant) -> usize {
        self.sent
            .iter()
            .filter(|(at, transmit)| *at >= since && (20..=63).contains(&transmit.bytes[0]))
            .count()
    }

    /// Counts the Binding requests that were sent from `since` on.
    pub(super) fn checks_sent(&self, since: Instant) -> usize {
        self.sent
            .iter()
            .filter(|(at, transmit)| *at >= since && transmit.bytes[..2] == [0, 1])
            .count()
    }
}

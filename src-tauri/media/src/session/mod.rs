//! The media of one call: offer and answer, the transports to its peers, and the sound on them.
//!
//! Sans-IO but for the devices: commands, datagrams and time go in; datagrams, [`News`] and a
//! deadline come out. After each input all outputs are to be drained.

mod clock;
mod desk;
mod interruption;
mod leg;
mod local;
mod negotiation;
mod packet;
mod silence;
mod sound;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tracing::{debug, info, warn};

use crate::grid::Grid;
use crate::rtp::Voice;
use crate::transport::{self, Gatherer, Identity, Transmit, Transport};
use crate::{Command, Failure, News, PacketTime, Path, Peer, Quality, SessionId};

use clock::Clock;
use interruption::Interruption;
use leg::{Leg, Occurrence, State as LegState};
use local::Local;
use negotiation::{Offered, Request};
use sound::Sound;
pub(crate) use sound::{Microphone, Speaker};

/// What a session starts with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) id: SessionId,
    /// The session's sockets, one for each address of this machine, at least one; what is known of
    /// how they are seen from outside.
    pub(crate) gatherer: Gatherer,
    pub(crate) identity: Identity,
    pub(crate) microphone: Microphone,
    pub(crate) speaker: Speaker,
    /// What the peer is asked to put into a packet.
    pub(crate) packet_time: PacketTime,
    /// What the clock of the sound keeps to.
    pub(crate) grid: Grid,
    pub(crate) seed: [u8; 32],
    /// The wall clock at the start, for RTCP.
    pub(crate) wall: SystemTime,
}

/// The media of one call.
#[derive(Debug)]
pub(crate) struct Session {
    id: SessionId,
    state: State,
    selection: Selection,
    local: Local,
    gatherer: Gatherer,
    /// Whether the next offer restarts ICE: the sockets are others than those that the peer knows,
    /// or it was asked for.
    restart_wanted: bool,
    /// What waits for the gatherer.
    requests: VecDeque<Request>,
    /// Our offer that may be answered.
    offered: Option<Offered>,
    /// The transport of the first offer, until the first answer.
    unanswered: Option<Transport>,
    legs: BTreeMap<Peer, Leg>,
    hold: bool,
    mute: bool,
    sound: Sound,
    grid: Grid,
    /// Ticks from the first connection on.
    clock: Option<Clock>,
    interruption: Interruption,
    /// What was told of it.
    path: Option<Path>,
    random: StdRng,
    epoch: (Instant, SystemTime),
    transmits: VecDeque<Transmit>,
    news: VecDeque<News>,
}

/// `Live -> Failed -> Closed`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    Failed,
    Closed,
}

/// `Early -> Selected`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Selection {
    /// The peer that answered last is heard.
    Early(Option<Peer>),
    Selected {
        peer: Peer,
        since: Instant,
    },
}

/// Most peers that one offer may find; a proxy that forks further than this is not to fill our
/// memory.
const MOST_LEGS: usize = 16;

/// How long an answered call may be without a path for its media.
const SET_UP: Duration = Duration::from_secs(15);

/// How long a session goes on after its peer ended the encryption, as when consent is lost (RFC
/// 7675 §5.1).
const LEFT_FOR: Duration = Duration::from_secs(30);

impl Session {
    pub(crate) fn new(config: Config, now: Instant) -> Self {
        let mut random = StdRng::from_seed(config.seed);
        let sockets = config.gatherer.bases().to_vec();
        Self {
            id: config.id,
            state: State::Live,
            selection: Selection::Early(None),
            local: Local::new(
                sockets,
                Arc::new(config.identity),
                config.packet_time,
                &mut random,
            ),
            gatherer: config.gatherer,
            restart_wanted: false,
            requests: VecDeque::new(),
            offered: None,
            unanswered: None,
            legs: BTreeMap::new(),
            hold: false,
            mute: false,
            sound: Sound::new(config.microphone, config.speaker),
            grid: config.grid,
            clock: None,
            interruption: Interruption::new(),
            path: None,
            random,
            epoch: (now, config.wall),
            transmits: VecDeque::new(),
            news: VecDeque::new(),
        }
    }

    /// Does what `command`, which is for this session, asks.
    pub(crate) fn handle_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Offer { request, .. } => self.requests.push_back(Request::Offer(request)),
            Command::Answer { request, offer, .. } => {
                self.requests.push_back(Request::Answer(request, offer));
            }
            Command::Apply {
                request,
                peer,
                answer,
                ..
            } => self.apply(request, peer, &answer, now),
            Command::Withdraw { .. } => self.offered = None,
            Command::Select { peer, .. } => self.select(peer, now),
            // Whoever has no peer begins anyway.
            Command::Restart { .. } => self.restart_wanted = !self.legs.is_empty(),
            Command::Hold { on, .. } => self.hold = on,
            Command::Mute { on, .. } => self.mute = on,
            Command::Dtmf {
                digits,
                duration,
                gap,
                ..
            } => match self.selected() {
                Some(leg) => {
                    if !leg.sender.dtmf(&digits, duration, gap) {
                        debug!("the peer takes no telephone-events");
                    }
                }
                None => debug!("digits before a peer was selected are not sent"),
            },
            Command::Close { .. } => self.close(now),
        }
        self.settle(now);
    }

    /// Returns whether the session has a socket at each of `hosts`, and at no other address.
    pub(crate) fn is_at(&self, hosts: &[IpAddr]) -> bool {
        let bases = self.local.sockets.iter().map(SocketAddr::ip);
        let bases: BTreeSet<IpAddr> = bases.collect();
        bases == hosts.iter().copied().collect()
    }

    /// Moves to the sockets of `gatherer`: the next offer restarts ICE there.
    pub(crate) fn relocate(&mut self, gatherer: Gatherer) {
        self.local.sockets = gatherer.bases().to_vec();
        self.gatherer = gatherer;
        // Whoever has no peer has told nobody where it is.
        self.restart_wanted = !self.legs.is_empty();
    }

    /// Returns what asks the STUN servers.
    pub(crate) fn gatherer(&self) -> &Gatherer {
        &self.gatherer
    }

    /// Takes a datagram that came from `from` to our socket at `local`.
    pub(crate) fn handle_datagram(
        &mut self,
        local: SocketAddr,
        from: SocketAddr,
        datagram: &[u8],
        now: Instant,
    ) {
        if self.gatherer.handle_datagram(local, from, datagram, now) {
            self.settle(now);
            return;
        }
        let leg = self
            .legs
            .values_mut()
            .find(|leg| leg.accepts(from, datagram));
        match (leg, &mut self.unanswered) {
            (Some(leg), _) => leg.handle_datagram(local, from, datagram, now),
            (None, Some(transport)) => transport.handle_datagram(local, from, datagram, now),
            (None, None) => {}
        }
        self.settle(now);
    }

    /// Does what is due at `now`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.gatherer.poll_timeout().is_some_and(|due| due <= now) {
            self.gatherer.handle_timeout(now);
        }
        if let Some(transport) = &mut self.unanswered
            && transport.poll_timeout().is_some_and(|due| due <= now)
        {
            transport.handle_timeout(now);
        }
        for leg in self.legs.values_mut() {
            leg.handle_timeout(now);
        }
        self.settle(now);
        if self.set_up_deadline().is_some_and(|due| due <= now) {
            self.fail(Failure::NoMediaPath, now);
        }
        self.run_clock(now);
        self.settle(now);
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.state != State::Live {
            return None;
        }
        let legs = self.legs.values().filter_map(Leg::poll_timeout);
        self.gatherer
            .poll_timeout()
            .into_iter()
            .chain(self.unanswered.as_ref().and_then(Transport::poll_timeout))
            .chain(self.clock.as_ref().map(Clock::next))
            .chain(self.set_up_deadline())
            .chain(legs)
            .min()
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    pub(crate) fn poll_news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Brings everything that an input caused to its outputs.
    fn settle(&mut self, now: Instant) {
        if self.gatherer.is_done() {
            while let Some(request) = self.requests.pop_front() {
                self.handle_request(request, now);
            }
        }
        let peers: Vec<Peer> = self.legs.keys().copied().collect();
        for peer in peers {
            while let Some(occurrence) = self.legs.get_mut(&peer).and_then(|leg| leg.poll(now)) {
                self.handle_occurrence(peer, occurrence, now);
            }
        }
        while let Some(transmit) = self.gatherer.poll_transmit() {
            self.transmits.push_back(transmit);
        }
        if let Some(transport) = &mut self.unanswered {
            while let Some(transmit) = transport.poll_transmit() {
                self.transmits.push_back(transmit);
            }
        }
        for leg in self.legs.values_mut() {
            while let Some(transmit) = leg.poll_transmit() {
                self.transmits.push_back(transmit);
            }
        }
    }

    fn handle_occurrence(&mut self, peer: Peer, occurrence: Occurrence, now: Instant) {
        let session = self.id;
        match occurrence {
            Occurrence::Connected => {
                info!(session = session.0, peer = peer.0, "media is connected");
                self.news.push_back(News::Connected { session, peer });
                self.gatherer.rest();
                self.clock.get_or_insert_with(|| Clock::new(self.grid, now));
                self.begin_capture();
            }
            Occurrence::Digit(digit) => self.news.push_back(News::Dtmf { session, digit }),
            Occurrence::Failed => self.judge(peer, now),
        }
    }

    /// Ends the session if `peer`, whose transport failed, is the one that matters: as long as an
    /// offer may find other peers, one of them may do.
    fn judge(&mut self, peer: Peer, now: Instant) {
        let matters = match self.selection {
            Selection::Selected { peer: selected, .. } => selected == peer,
            Selection::Early(_) => self.offered.is_none(),
        };
        let seed = self.seed();
        let Some(leg) = self.legs.get_mut(&peer) else {
            return;
        };
        let Some(failure) = leg.failure().cloned() else {
            return;
        };
        debug!(
            session = self.id.0,
            peer = peer.0,
            ?failure,
            matters,
            "a transport failed"
        );
        let failure = match failure {
            // Whoever only rings may be deaf for long.
            transport::Failure::NoPath if !matters => return leg.retry(seed, now),
            transport::Failure::NoPath => Failure::NoMediaPath,
            transport::Failure::Security(reason) => Failure::Security(reason),
            transport::Failure::ConsentLost => Failure::ConsentLost,
        };
        if matters {
            self.fail(failure, now);
        }
    }

    /// Goes on with `peer`, whose answer may be still to come: in the ACK, where the 2xx made our
    /// offer.
    fn select(&mut self, peer: Peer, now: Instant) {
        if self.selected().is_some() && !self.legs.contains_key(&peer) {
            warn!(
                session = self.id.0,
                peer = peer.0,
                "the call goes on with another peer"
            );
            return;
        }
        self.selection = Selection::Selected { peer, since: now };
        let seed = self.seed();
        if let Some(leg) = self.legs.get_mut(&peer) {
            self.unanswered = None;
            leg.start(now);
        } else if self.unanswered.is_none() {
            let other = self.legs.values_mut().next();
            self.unanswered = other.map(|other| other.fork(seed));
        }
        let others: Vec<Peer> = self.legs.keys().copied().filter(|p| *p != peer).collect();
        for other in others {
            self.drop_leg(other, now);
        }
        self.begin_capture();
        self.judge(peer, now);
    }

    fn drop_leg(&mut self, peer: Peer, now: Instant) {
        let wall = self.wall(now);
        if let Some(mut leg) = self.legs.remove(&peer) {
            leg.close(now, wall);
            while let Some(transmit) = leg.poll_transmit() {
                self.transmits.push_back(transmit);
            }
        }
    }

    /// Begins capture once there is a peer to hear it.
    fn begin_capture(&mut self) {
        if self.selected().is_some_and(|leg| leg.is_connected()) {
            let started = self.sound.start();
            self.check_device(started);
        }
    }

    /// Tells of a device that broke. A call is worth more than a recording of it: it goes on.
    fn check_device(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            let session = self.id;
            warn!(session = session.0, %error, "a sound device failed");
            let reason = error.to_string();
            self.news.push_back(News::DeviceFailed { session, reason });
        }
    }

    fn fail(&mut self, failure: Failure, now: Instant) {
        if self.state != State::Live {
            return;
        }
        let session = self.id;
        warn!(session = session.0, ?failure, "media failed");
        self.state = State::Failed;
        self.news.push_back(News::Failed { session, failure });
        self.end(now);
    }

    fn close(&mut self, now: Instant) {
        let session = self.id;
        match self.state {
            State::Live => {
                if self.clock.is_some() {
                    let quality = self.quality(now);
                    self.news.push_back(News::Quality { session, quality });
                }
                self.end(now);
            }
            State::Failed => {}
            State::Closed => return,
        }
        self.state = State::Closed;
        self.news.push_back(News::Closed { session });
    }

    /// Says good-bye to all peers and closes the devices.
    fn end(&mut self, now: Instant) {
        let peers: Vec<Peer> = self.legs.keys().copied().collect();
        for peer in peers {
            self.drop_leg(peer, now);
        }
        self.unanswered = None;
        self.clock = None;
        let closed = self.sound.close();
        self.check_device(closed);
    }

    /// Returns when the selected peer has to be connected. A peer that was not selected may be deaf
    /// until its user decides.
    fn set_up_deadline(&self) -> Option<Instant> {
        let Selection::Selected { peer, since } = self.selection else {
            return None;
        };
        match self.legs.get(&peer)?.state {
            LegState::Connecting { since: started } => Some(since.max(started) + SET_UP),
            LegState::Waiting
            | LegState::Connected
            | LegState::Left { .. }
            | LegState::Failed(_) => None,
        }
    }

    /// Returns the leg of the selected peer.
    fn selected(&mut self) -> Option<&mut Leg> {
        match self.selection {
            Selection::Selected { peer, .. } => self.legs.get_mut(&peer),
            Selection::Early(_) => None,
        }
    }

    /// Returns the peer that is heard.
    fn current(&self) -> Option<Peer> {
        match self.selection {
            Selection::Selected { peer, .. } => Some(peer),
            Selection::Early(peer) => peer,
        }
    }

    fn voice(&self, leg: &Leg) -> Voice {
        if self.hold || !leg.agreement.direction.sends() {
            Voice::Held
        } else if self.mute {
            Voice::Muted
        } else {
            Voice::On
        }
    }

    fn seed(&mut self) -> u64 {
        self.random.random()
    }

    fn wall(&self, now: Instant) -> SystemTime {
        self.epoch.1 + now.saturating_duration_since(self.epoch.0)
    }

    fn quality(&self, now: Instant) -> Quality {
        let Some(leg) = self.current().and_then(|peer| self.legs.get(&peer)) else {
            return Quality::default();
        };
        let statistics = leg.playout.statistics();
        let captured = self.sound.captured.measure();
        let played = self.sound.played.measure();
        Quality {
            packets_sent: leg.sender.packets_sent(),
            packets_received: leg.receiver.packets_received(),
            packets_lost: leg.receiver.packets_lost(),
            packets_late: statistics.late,
            samples_played: statistics.played,
            samples_concealed: leg.concealed(),
            jitter_ms: leg.receiver.jitter_ms(),
            playout_delay_ms: leg.playout.delay().as_secs_f32() * 1000.0,
            round_trip_ms: leg
                .reports
                .round_trip()
                .map(|time| time.as_secs_f32() * 1000.0),
            far_loss: leg.reports.far_loss(),
            silent_ms: leg.silence.length(now).map(to_ms),
            unheard_ms: match self.interruption.is_on() {
                true => None,
                false => leg.reports.unheard(now).map(to_ms),
            },
            capture_level_dbfs: captured.level_dbfs,
            playback_level_dbfs: played.level_dbfs,
            playback_tone_hz: played.tone_hz,
        }
    }
}

fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

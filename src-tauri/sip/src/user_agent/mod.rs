mod server;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::{SeedableRng, rngs::StdRng};

use crate::{
    Answer, CallHandle, Config, Event, Offer,
    core::Core,
    message::{KeepAlive, Message, Method, Response, Uri, keep_alive, masked},
    registration::Registration,
    session::Session,
    timer::earlier,
    token,
    transaction::{Branch, Outcome, Owner},
};

/// How long requests inside dialogs wait on a new flow for the registrar, which may know no one it
/// has not heard from.
const SETTLING_LIMIT: Duration = Duration::from_secs(3);

/// How many calls that are over for the caller may still be saying BYE.
const MAX_LEAVING: usize = 64;

/// One account's user agent; see the [crate] documentation.
///
/// After each call that takes `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and
/// [`poll_event`](Self::poll_event).
#[derive(Debug)]
pub struct UserAgent {
    core: Core,
    registration: Registration,
    sessions: BTreeMap<CallHandle, Session>,
    next_call: u32,
    /// The OPTIONS that has no final response yet.
    probe: Option<Branch>,
    /// Until when requests inside dialogs wait for the registration.
    settle_at: Option<Instant>,
}

/// What was dialled is no SIP or tel URI, user name or number: where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTarget(pub String);

/// The call does not exist or its state does not allow this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The call is not in a state that allows this")]
pub struct WrongState;

impl UserAgent {
    /// Creates a user agent without a flow; `seed` feeds every tag, branch, Call-ID, cnonce and
    /// jitter.
    ///
    /// Fails where `config.aor` is no SIP URI with a user part.
    pub fn new(config: Config, seed: [u8; 32]) -> Result<Self, InvalidTarget> {
        let mut core = Core::new(config, StdRng::from_seed(seed))?;
        let registration = Registration::new(core.config.register_expires, &mut core.rng);
        Ok(Self {
            core,
            registration,
            sessions: BTreeMap::new(),
            next_call: 0,
            probe: None,
            settle_at: None,
        })
    }

    /// The WebSocket to the registrar's side is open with sub-protocol `sip`.
    pub fn handle_flow_opened(&mut self, now: Instant) {
        if self.core.flow.is_up() {
            self.handle_flow_closed(now);
        }
        let core = &mut self.core;
        core.flow.open();
        tracing::debug!(generation = core.flow.generation(), "Flow opened");
        self.registration.handle_flow_opened(core, now);
        core.transactions.handle_flow_opened(&mut core.flow, now);
        for session in self.sessions.values_mut() {
            session.handle_flow_opened(core, now);
        }
        self.settle_at = Some(now + SETTLING_LIMIT);
        self.finish(now);
    }

    /// The WebSocket is gone. Dialogs and the wish to be registered outlive it.
    pub fn handle_flow_closed(&mut self, now: Instant) {
        if !self.core.flow.is_up() {
            return;
        }
        self.core.flow.close();
        tracing::debug!("Flow closed");
        self.settle_at = None;
        for outcome in self.core.transactions.handle_flow_closed() {
            self.dispatch(outcome, now);
        }
        self.registration.handle_flow_closed(&mut self.core);
        for session in self.sessions.values_mut() {
            session.handle_flow_closed(&mut self.core, now);
        }
        self.finish(now);
    }

    /// Takes one WebSocket message, text or binary.
    pub fn handle_message(&mut self, message: &[u8], now: Instant) {
        if !self.core.flow.is_up() {
            // It is from a flow whose end has been told.
            return;
        }
        match keep_alive(message) {
            Some(KeepAlive::Ping) => {
                // RFC 5626 §3.5.1
                self.core.flow.send("\r\n".to_owned());
                self.core.emit(Event::Alive);
                return;
            }
            Some(KeepAlive::Pong) => {
                self.core.emit(Event::Alive);
                return;
            }
            None => {}
        }
        match Message::parse(message) {
            Ok(Message::Request(request)) => {
                tracing::trace!(message = masked(&request.to_text()), "Received");
                self.core.emit(Event::Alive);
                self.handle_request(&request, now);
            }
            Ok(Message::Response(response)) => {
                tracing::trace!(message = masked(&response.to_text()), "Received");
                self.core.emit(Event::Alive);
                self.handle_response(response, now);
            }
            Err(malformed) => self.refuse_malformed(malformed),
        }
        self.finish(now);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        for outcome in self.core.transactions.handle_timeout(now) {
            self.dispatch(outcome, now);
        }
        self.registration.handle_timeout(&mut self.core, now);
        for session in self.sessions.values_mut() {
            session.handle_timeout(&mut self.core, now);
        }
        self.finish(now);
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.sessions
            .values()
            .map(|session| session.poll_timeout(&self.core))
            .chain([
                self.core.transactions.poll_timeout(),
                self.registration.poll_timeout(),
                self.settle_at,
            ])
            .fold(None, earlier)
    }

    /// Returns the next WebSocket text message to send on the flow that is open.
    pub fn poll_transmit(&mut self) -> Option<String> {
        self.core.flow.next()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        self.core.events.pop_front()
    }

    /// Registers, and stays registered over flow losses until [`unregister`](Self::unregister).
    pub fn register(&mut self, now: Instant) {
        self.registration.register(&mut self.core, now);
        self.finish(now);
    }

    /// Brings the refresh of the binding forward, so that the registrar confirms it now; does nothing
    /// where there is none.
    pub fn refresh(&mut self, now: Instant) {
        self.registration.refresh(&mut self.core, now);
        self.finish(now);
    }

    /// Allows so many calls at once from now on; those that there are go on.
    pub fn set_max_calls(&mut self, max_calls: usize) {
        self.core.config.max_calls = max_calls;
    }

    /// Removes the binding; ends with [`Event::Unregistered`], at once where there is no flow.
    pub fn unregister(&mut self, now: Instant) {
        self.registration.unregister(&mut self.core, now);
        self.finish(now);
    }

    /// Returns the account's own domain: a host, with its port where the account names one.
    pub fn domain(&self) -> &str {
        &self.core.domain
    }

    /// Tells whether [`invite`](Self::invite) would take `target`; what is wrong with it otherwise.
    pub fn check_target(&self, target: &str) -> Result<(), InvalidTarget> {
        self.target(target).map(|_| ())
    }

    /// Calls `target`: a SIP, SIPS or tel URI, or a user name or number at the account's own
    /// domain.
    ///
    /// Visual separators of numbers are removed (RFC 3966 §5.1.1). Fails without side effects.
    /// Without a flow the call ends at once with [`Cause::FlowLost`](crate::Cause::FlowLost).
    pub fn invite(
        &mut self,
        target: &str,
        offer: Offer,
        now: Instant,
    ) -> Result<CallHandle, InvalidTarget> {
        let target = self.target(target)?;
        let call = self.new_call();
        let session = Session::place(&mut self.core, call, &target, &offer, now);
        self.sessions.insert(call, session);
        self.finish(now);
        Ok(call)
    }

    /// Answers an incoming call whose INVITE had an offer.
    pub fn accept(
        &mut self,
        call: CallHandle,
        answer: Answer,
        now: Instant,
    ) -> Result<(), WrongState> {
        self.with_session(call, now, |session, core| {
            session.accept(core, &answer, now)
        })
    }

    /// Answers an incoming call, or a re-INVITE, that came without an offer: our 2xx makes it (late
    /// offer).
    pub fn offer_in_answer(
        &mut self,
        call: CallHandle,
        offer: Offer,
        now: Instant,
    ) -> Result<(), WrongState> {
        self.with_session(call, now, |session, core| {
            session.offer_in_answer(core, &offer, now)
        })
    }

    /// Ends a call in whatever state it is: CANCEL, BYE, or `status` (300 to 699) for one that
    /// still rings here.
    ///
    /// [`Event::Ended`] comes at once. What the peer is to be told follows when it may be sent,
    /// over a new flow if there is none, for at most 32 s.
    pub fn end(&mut self, call: CallHandle, status: u16, now: Instant) -> Result<(), WrongState> {
        let status = if (300..700).contains(&status) {
            status
        } else {
            480
        };
        self.with_session(call, now, |session, core| session.end(core, status, now))
    }

    /// Offers a change of an established session (re-INVITE, repeated after 401, 407 and 491 by
    /// itself).
    ///
    /// Waits for its turn where an offer of the peer is open, and for a flow where there is none.
    pub fn reoffer(
        &mut self,
        call: CallHandle,
        offer: Offer,
        now: Instant,
    ) -> Result<(), WrongState> {
        self.with_session(call, now, |session, core| session.reoffer(core, offer, now))
    }

    pub fn accept_reoffer(
        &mut self,
        call: CallHandle,
        answer: Answer,
        now: Instant,
    ) -> Result<(), WrongState> {
        self.with_session(call, now, |session, core| {
            session.accept_reoffer(core, &answer, now)
        })
    }

    /// Keeps the session as it is: `status` is commonly 488 (RFC 3261 §14.2).
    pub fn refuse_reoffer(
        &mut self,
        call: CallHandle,
        status: u16,
        now: Instant,
    ) -> Result<(), WrongState> {
        let status = if (300..700).contains(&status) {
            status
        } else {
            488
        };
        self.with_session(call, now, |session, core| {
            session.refuse_reoffer(core, status, now)
        })
    }

    /// Sends one digit by INFO (`application/dtmf-relay`), for peers without RFC 4733.
    ///
    /// Fails as well where `digit` is none of `0`-`9`, `*`, `#` and `A`-`D`.
    pub fn send_dtmf(
        &mut self,
        call: CallHandle,
        digit: char,
        duration: Duration,
        now: Instant,
    ) -> Result<(), WrongState> {
        self.with_session(call, now, |session, core| {
            session.send_dtmf(core, digit, duration, now)
        })
    }

    /// Asks the peer's or registrar's side for a sign of life (OPTIONS); an answer of any status is
    /// [`Event::Alive`].
    ///
    /// Does nothing while an earlier one is unanswered.
    pub fn probe(&mut self, now: Instant) {
        if self.probe.is_some() || !self.core.flow.is_up() {
            return;
        }
        let call_id = token::call_id(&mut self.core.rng);
        let from_tag = token::tag(&mut self.core.rng);
        let registrar = self.core.registrar.clone();
        let request = self.core.request(
            Method::Options,
            registrar.clone(),
            registrar,
            call_id,
            1,
            &from_tag,
        );
        self.probe = Some(self.core.send(request, Owner::Probe, now));
    }
}

/// What follows from inputs.
impl UserAgent {
    fn handle_response(&mut self, response: Response, now: Instant) {
        let core = &mut self.core;
        let mut sessions = self.sessions.values();
        if sessions.any(|session| session.acknowledge_again(core, &response)) {
            return;
        }
        let outcome = core
            .transactions
            .handle_response(response, &mut core.flow, now);
        if let Some(outcome) = outcome {
            self.dispatch(outcome, now);
        }
    }

    fn dispatch(&mut self, outcome: Outcome, now: Instant) {
        let Outcome {
            owner,
            branch,
            news,
        } = outcome;
        match owner {
            Owner::Registration => {
                self.registration
                    .handle_news(&mut self.core, &branch, news, now);
            }
            Owner::Probe => {
                if !news.is_provisional() {
                    self.probe = None;
                }
            }
            Owner::Call(call) => {
                if let Some(session) = self.sessions.get_mut(&call) {
                    session.handle_news(&mut self.core, &branch, news, now);
                }
            }
            Owner::Nobody => {}
        }
    }

    /// What follows from every input: a flow may have settled, calls may have come to their end.
    fn finish(&mut self, now: Instant) {
        if let Some(at) = self.settle_at
            && (at <= now || !self.registration.is_pending())
        {
            self.settle_at = None;
            self.core.flow.settle();
            for session in self.sessions.values_mut() {
                session.handle_flow_ready(&mut self.core, now);
            }
        }
        let core = &self.core;
        self.sessions
            .retain(|_, session| !session.is_finished(core));
        let leaving = self.sessions.values().filter(|it| !it.is_live()).count();
        if leaving > MAX_LEAVING
            && let Some(call) = self
                .sessions
                .iter()
                .find(|(_, it)| !it.is_live())
                .map(|(call, _)| *call)
        {
            self.sessions.remove(&call);
        }
    }

    fn target(&self, target: &str) -> Result<Uri, InvalidTarget> {
        Uri::from_dialled(target, &self.core.domain).map_err(InvalidTarget)
    }

    fn new_call(&mut self) -> CallHandle {
        let call = CallHandle(self.next_call);
        self.next_call = self.next_call.wrapping_add(1);
        call
    }

    fn with_session(
        &mut self,
        call: CallHandle,
        now: Instant,
        act: impl FnOnce(&mut Session, &mut Core) -> bool,
    ) -> Result<(), WrongState> {
        let session = self.sessions.get_mut(&call).ok_or(WrongState)?;
        let is_done = act(session, &mut self.core);
        self.finish(now);
        if is_done { Ok(()) } else { Err(WrongState) }
    }
}

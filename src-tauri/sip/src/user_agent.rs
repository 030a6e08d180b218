use std::time::{Duration, Instant};

use crate::{Answer, CallHandle, Config, Event, Offer};

/// One account's user agent; see the [crate] documentation.
///
/// After each call that takes `&mut self`, drain [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event).
#[derive(Debug)]
pub struct UserAgent {}

/// What was dialled is no SIP or tel URI, user name or number: where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTarget(pub String);

/// The call does not exist or its state does not allow this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The call is not in a state that allows this")]
pub struct WrongState;

#[expect(
    unused_variables,
    clippy::todo,
    reason = "the seam, before its implementation"
)]
impl UserAgent {
    /// Creates a user agent without a flow; `seed` feeds every tag, branch, Call-ID, cnonce and jitter.
    ///
    /// Fails where `config.aor` is no SIP URI with a user part.
    pub fn new(config: Config, seed: [u8; 32]) -> Result<Self, InvalidTarget> {
        todo!()
    }

    /// The WebSocket to the registrar's side is open with sub-protocol `sip`.
    pub fn handle_flow_opened(&mut self, now: Instant) {
        todo!()
    }

    /// The WebSocket is gone. Dialogs and the wish to be registered outlive it.
    pub fn handle_flow_closed(&mut self, now: Instant) {
        todo!()
    }

    /// Takes one WebSocket message, text or binary.
    pub fn handle_message(&mut self, message: &[u8], now: Instant) {
        todo!()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }

    /// Returns when [`handle_timeout`](Self::handle_timeout) wants to be called.
    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    /// Returns the next WebSocket text message to send on the flow that is open.
    pub fn poll_transmit(&mut self) -> Option<String> {
        todo!()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    /// Registers, and stays registered over flow losses until [`unregister`](Self::unregister).
    pub fn register(&mut self, now: Instant) {
        todo!()
    }

    /// Removes the binding; ends with [`Event::Unregistered`], at once where there is no flow.
    pub fn unregister(&mut self, now: Instant) {
        todo!()
    }

    /// Calls `target`: a SIP, SIPS or tel URI, or a user name or number at the account's own domain.
    ///
    /// Visual separators of numbers are removed (RFC 3966 §5.1.1). Fails without side effects.
    pub fn invite(
        &mut self,
        target: &str,
        offer: Offer,
        now: Instant,
    ) -> Result<CallHandle, InvalidTarget> {
        todo!()
    }

    /// Answers an incoming call whose INVITE had an offer.
    pub fn accept(
        &mut self,
        call: CallHandle,
        answer: Answer,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    /// Answers an incoming call, or a re-INVITE, that came without an offer: our 2xx makes it (late offer).
    pub fn offer_in_answer(
        &mut self,
        call: CallHandle,
        offer: Offer,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    /// Ends a call in whatever state it is: CANCEL, BYE, or `status` (300 to 699) for one that still rings here.
    pub fn end(&mut self, call: CallHandle, status: u16, now: Instant) -> Result<(), WrongState> {
        todo!()
    }

    /// Offers a change of an established session (re-INVITE, repeated after 401, 407 and 491 by itself).
    pub fn reoffer(
        &mut self,
        call: CallHandle,
        offer: Offer,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    pub fn accept_reoffer(
        &mut self,
        call: CallHandle,
        answer: Answer,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    /// Keeps the session as it is: `status` is commonly 488 (RFC 3261 §14.2).
    pub fn refuse_reoffer(
        &mut self,
        call: CallHandle,
        status: u16,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    /// Sends one digit by INFO (`application/dtmf-relay`), for peers without RFC 4733.
    pub fn send_dtmf(
        &mut self,
        call: CallHandle,
        digit: char,
        duration: Duration,
        now: Instant,
    ) -> Result<(), WrongState> {
        todo!()
    }

    /// Asks the peer's or registrar's side for a sign of life (OPTIONS); an answer of any status is [`Event::Alive`].
    pub fn probe(&mut self, now: Instant) {
        todo!()
    }
}

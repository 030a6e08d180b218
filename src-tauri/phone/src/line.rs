//! The line: an account's link, its SIP user agent and its calls.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use secrecy::SecretString;
use sip::{Cause, UserAgent};
use url::Url;

use crate::{
    Effect, EndCause, Event, FlowFailure, FlowId, Input, MediaNews, MediaRequest, Rejected,
    call::{Call, Outcome},
    link::Link,
    outputs::Outputs,
    view::{CallId, CallView, LineView, LinkView},
    words::{cause_text, end_cause, shown},
};

/// How long a binding is asked for (contract/ozonetel.md: JsSIP's).
const REGISTER_EXPIRES: Duration = Duration::from_secs(600);

/// The phone account and the device that speaks for it.
#[derive(Debug)]
pub(crate) struct LineSetup {
    pub(crate) sip_uri: String,
    pub(crate) password: SecretString,
    pub(crate) ws_server: String,
    pub(crate) display_name: Option<String>,
    pub(crate) device_id: String,
    pub(crate) user_agent: String,
    pub(crate) max_calls: usize,
}

#[derive(Debug)]
pub(crate) struct Line {
    link: Link,
    ua: UserAgent,
    extension: String,
    server: String,
    registration: Registration,
    calls: BTreeMap<CallId, Call>,
    max_calls: usize,
    /// Whether a flow was lost since the last registration.
    flow_changed: bool,
}

#[derive(Debug)]
enum Registration {
    Registering,
    Registered,
    Failed { status: Option<u16>, reason: String },
    Unregistered,
}

impl Line {
    /// Begins to connect and to register; fails where the account cannot be used: which part, and why.
    pub(crate) fn new(
        setup: LineSetup,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<Self, String> {
        let url = web_socket_url(&setup.ws_server)?;
        let extension = user_part(&setup.sip_uri).to_owned();
        let config = sip::Config {
            aor: setup.sip_uri.clone(),
            auth_user: extension.clone(),
            password: setup.password,
            display_name: setup.display_name,
            instance: setup.device_id,
            user_agent: setup.user_agent,
            register_expires: REGISTER_EXPIRES,
            // The vendor's own clients know nothing else (contract/ozonetel.md).
            allow_md5: true,
            max_calls: setup.max_calls,
        };
        let mut ua = UserAgent::new(config, outputs.seed()).map_err(|invalid| {
            format!(
                "sipUri {:?} is no SIP address: {invalid}",
                shown(&setup.sip_uri)
            )
        })?;
        ua.register(now);
        let mut line = Self {
            server: url.host_str().unwrap_or_default().to_owned(),
            link: Link::new(url.into(), now),
            ua,
            extension,
            registration: Registration::Registering,
            calls: BTreeMap::new(),
            max_calls: setup.max_calls,
            flow_changed: false,
        };
        line.handle_timeout(now, outputs);
        Ok(line)
    }

    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(crate) fn is_unregistered(&self) -> bool {
        matches!(self.registration, Registration::Unregistered)
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.calls
            .values()
            .filter_map(Call::poll_timeout)
            .chain(self.ua.poll_timeout())
            .chain([self.link.poll_timeout(self.has_calls())])
            .min()
    }

    pub(crate) fn link_view(&self) -> LinkView {
        self.link.view()
    }

    pub(crate) fn line_view(&self) -> LineView {
        match &self.registration {
            // A binding is only as good as the flow that it names.
            Registration::Registered if self.link.flow().is_some() => LineView::Registered {
                extension: self.extension.clone(),
                server: self.server.clone(),
            },
            Registration::Registered | Registration::Registering => LineView::Registering,
            Registration::Failed { status, reason } => LineView::Failed {
                status: *status,
                reason: reason.clone(),
            },
            Registration::Unregistered => LineView::Off,
        }
    }

    pub(crate) fn call_views(&self) -> Vec<CallView> {
        self.calls.values().map(Call::view).collect()
    }
}

/// Commands.
impl Line {
    pub(crate) fn dial(
        &mut self,
        target: &str,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<CallId, Rejected> {
        self.ua
            .check_target(target)
            .map_err(|invalid| Rejected::InvalidTarget {
                reason: invalid.to_string(),
            })?;
        match self.line_view() {
            LineView::Registered { .. } => {}
            LineView::Off | LineView::Registering | LineView::Failed { .. } => {
                return Err(Rejected::NotRegistered);
            }
        }
        if self.calls.len() >= self.max_calls {
            return Err(Rejected::TooManyCalls);
        }
        let id = outputs.call_id();
        self.calls
            .insert(id, Call::dial(id, target.trim().to_owned(), now, outputs));
        Ok(id)
    }

    pub(crate) fn answer(
        &mut self,
        id: CallId,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        let outcome = call.answer(&mut self.ua, now, outputs)?;
        self.settle(id, outcome, outputs);
        self.drain(now, outputs);
        Ok(())
    }

    pub(crate) fn hang_up(
        &mut self,
        id: CallId,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        let cause = call.hang_up(&mut self.ua, now);
        self.end(id, cause, outputs);
        self.drain(now, outputs);
        Ok(())
    }

    pub(crate) fn set_hold(
        &mut self,
        id: CallId,
        on: bool,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        call.set_hold(on, outputs)
    }

    pub(crate) fn set_mute(
        &mut self,
        id: CallId,
        on: bool,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        call.set_mute(on, outputs);
        Ok(())
    }

    pub(crate) fn dtmf(
        &mut self,
        id: CallId,
        digits: &str,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        call.dtmf(digits, now, outputs)
    }

    /// Connects and registers anew at once.
    pub(crate) fn reconnect(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.link.reopen(now, outputs) {
            self.handle_flow_lost(now);
        }
        self.ua.register(now);
        self.drain(now, outputs);
    }

    /// Ends all calls and removes the binding; [`is_unregistered`](Self::is_unregistered) tells when that is done.
    pub(crate) fn stop(&mut self, now: Instant, outputs: &mut Outputs) {
        while let Some(call) = self.calls.values().next() {
            let id = call.id();
            call.hang_up(&mut self.ua, now);
            self.end(id, EndCause::SignedOut, outputs);
        }
        self.ua.unregister(now);
        self.drain(now, outputs);
    }

    /// Closes the flow after what has been given to it.
    pub(crate) fn close(&self, outputs: &mut Outputs) {
        self.link.close(outputs);
    }
}

/// News from the world.
impl Line {
    /// Takes what concerns a line; anything else is not for it.
    pub(crate) fn handle_input(&mut self, input: Input, now: Instant, outputs: &mut Outputs) {
        match input {
            Input::FlowOpened { flow } => {
                if self.link.handle_opened(flow, now, outputs) {
                    self.ua.handle_flow_opened(now);
                }
            }
            Input::FlowFailed { flow, failure } => {
                self.handle_flow_failed(flow, failure, now, outputs)
            }
            Input::Message { flow, message } => {
                if self.link.flow() == Some(flow) {
                    self.link.handle_alive(flow, now);
                    self.ua.handle_message(&message, now);
                }
            }
            Input::Pong { flow } => self.link.handle_alive(flow, now),
            Input::Media { call, news } => self.handle_media(call, news, now, outputs),
            Input::NetworkChanged => {
                if self.link.reopen(now, outputs) {
                    self.handle_flow_lost(now);
                }
            }
            Input::Sidecar { .. }
            | Input::Restored { .. }
            | Input::Wiped
            | Input::VaultFailed { .. } => {}
        }
        self.drain(now, outputs);
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.link.handle_timeout(self.has_calls(), now, outputs) {
            self.handle_flow_lost(now);
        }
        if self.ua.poll_timeout().is_some_and(|at| at <= now) {
            self.ua.handle_timeout(now);
        }
        let due = self
            .calls
            .values()
            .filter(|call| call.poll_timeout().is_some_and(|at| at <= now))
            .map(Call::id)
            .collect::<Vec<_>>();
        for id in due {
            if let Some(call) = self.calls.get_mut(&id) {
                let outcome = call.handle_timeout(&mut self.ua, now, outputs);
                self.settle(id, outcome, outputs);
            }
        }
        self.drain(now, outputs);
    }

    fn handle_flow_lost(&mut self, now: Instant) {
        self.flow_changed = true;
        self.ua.handle_flow_closed(now);
    }

    fn handle_flow_failed(
        &mut self,
        flow: FlowId,
        failure: FlowFailure,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        if self.link.handle_failed(flow, failure, now, outputs) {
            self.handle_flow_lost(now);
        }
    }

    fn handle_media(&mut self, id: CallId, news: MediaNews, now: Instant, outputs: &mut Outputs) {
        // The media of a call that is over may still have had something to say.
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let outcome = call.handle_media(news, &mut self.ua, now, outputs);
        self.settle(id, outcome, outputs);
    }

    /// Passes on what the user agent wants sent and what it tells, until it has nothing more.
    fn drain(&mut self, now: Instant, outputs: &mut Outputs) {
        loop {
            while let Some(message) = self.ua.poll_transmit() {
                match self.link.flow() {
                    Some(flow) => outputs.effect(Effect::Send { flow, message }),
                    None => tracing::debug!("A SIP message had no flow to leave on"),
                }
            }
            let Some(event) = self.ua.poll_event() else {
                return;
            };
            self.handle_event(event, now, outputs);
        }
    }

    fn handle_event(&mut self, event: sip::Event, now: Instant, outputs: &mut Outputs) {
        match event {
            sip::Event::Registered { expires_in } => {
                self.registration = Registration::Registered;
                if std::mem::take(&mut self.flow_changed) {
                    // The far end learns by a re-INVITE where to reach us (RFC 3261 §12.2.1.1, target refresh).
                    for call in self.calls.values_mut() {
                        call.refresh(outputs);
                    }
                }
                let expires_in_ms = expires_in.as_millis() as u64;
                outputs.event(Event::Registered { expires_in_ms });
            }
            sip::Event::RegistrationFailed { cause, retry_in } => {
                self.handle_registration_failed(&cause, retry_in, outputs);
            }
            sip::Event::Unregistered => {
                self.registration = Registration::Unregistered;
                outputs.event(Event::Unregistered);
            }
            sip::Event::Incoming {
                call: sip,
                from,
                asserted,
                offer,
                headers: _,
                answer_after: _,
            } => {
                let id = outputs.call_id();
                // What the registrar's side vouches for is worth more than what the caller says (RFC 3325).
                let from = asserted.unwrap_or(from);
                self.calls
                    .insert(id, Call::incoming(id, sip, &from, offer, now, outputs));
            }
            sip::Event::TurnedAway { from } => {
                let from = shown(if from.user.is_empty() {
                    &from.uri
                } else {
                    &from.user
                });
                outputs.event(Event::CallTurnedAway { from });
            }
            sip::Event::Established { call, answer } => {
                self.with(call, outputs, |it, _, outputs| {
                    it.handle_established(answer, outputs)
                });
            }
            sip::Event::Progress {
                call,
                dialog,
                status,
                answer,
            } => {
                self.with(call, outputs, |it, _, outputs| {
                    it.handle_progress((dialog, status), answer, outputs)
                });
            }
            sip::Event::Accepted {
                call,
                dialog,
                answer,
            } => {
                self.with(call, outputs, |it, ua, outputs| {
                    it.handle_accepted(dialog, answer, ua, now, outputs)
                });
            }
            sip::Event::Reoffered { call, offer } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffered(offer, outputs);
                }
            }
            sip::Event::OfferWanted { call } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_offer_wanted(outputs);
                }
            }
            sip::Event::ReofferAccepted { call, answer } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffer_accepted(answer, outputs);
                }
            }
            sip::Event::ReofferRefused { call, cause } => {
                if let Some(it) = self.call_of(call) {
                    it.handle_reoffer_refused(&cause, outputs);
                }
            }
            sip::Event::Dtmf { call, digit } => {
                if let Some(call) = self.call_of(call).map(|it| it.id()) {
                    outputs.event(Event::DtmfReceived { call, digit });
                }
            }
            sip::Event::DtmfFailed { call, cause } => {
                if let Some(call) = self.call_of(call).map(|it| it.id()) {
                    let reason = format!("A digit was not taken: {}", cause_text(&cause));
                    outputs.event(Event::CallChangeFailed { call, reason });
                }
            }
            sip::Event::Ended { call, cause } => {
                self.with(call, outputs, |_, _, _| {
                    ControlFlow::Break(end_cause(cause))
                });
            }
            sip::Event::Alive => {}
        }
    }

    fn handle_registration_failed(
        &mut self,
        cause: &Cause,
        retry_in: Option<Duration>,
        outputs: &mut Outputs,
    ) {
        let status = match cause {
            Cause::Refused { status, .. } => Some(*status),
            Cause::Local
            | Cause::Remote
            | Cause::Cancelled
            | Cause::AnsweredElsewhere
            | Cause::Timeout
            | Cause::FlowLost
            | Cause::Protocol(_) => None,
        };
        let reason = cause_text(cause);
        self.registration = Registration::Failed {
            status,
            reason: reason.clone(),
        };
        outputs.event(Event::RegisterFailed {
            status,
            reason,
            retry_in_ms: retry_in.map(|it| it.as_millis() as u64),
        });
    }

    fn call_of(&mut self, sip: sip::CallHandle) -> Option<&mut Call> {
        self.calls.values_mut().find(|it| it.sip() == Some(sip))
    }

    /// Does something with the call of an INVITE session; one that the user has ended has none any more.
    fn with(
        &mut self,
        sip: sip::CallHandle,
        outputs: &mut Outputs,
        act: impl FnOnce(&mut Call, &mut UserAgent, &mut Outputs) -> Outcome,
    ) {
        if let Some(id) = self.call_of(sip).map(|it| it.id())
            && let Some(call) = self.calls.get_mut(&id)
        {
            let outcome = act(call, &mut self.ua, outputs);
            self.settle(id, outcome, outputs);
        }
    }

    fn settle(&mut self, id: CallId, outcome: Outcome, outputs: &mut Outputs) {
        match outcome {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(cause) => self.end(id, cause, outputs),
        }
    }

    fn end(&mut self, id: CallId, cause: EndCause, outputs: &mut Outputs) {
        self.calls.remove(&id);
        outputs.effect(Effect::Media {
            call: id,
            request: MediaRequest::Close,
        });
        outputs.event(Event::CallEnded { call: id, cause });
    }
}

fn find(calls: &mut BTreeMap<CallId, Call>, id: CallId) -> Result<&mut Call, Rejected> {
    calls.get_mut(&id).ok_or(Rejected::UnknownCall { call: id })
}

/// Returns the user part of `sip:user@host`; empty where there is none.
fn user_part(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split_once('@')
        .map_or("", |(user, _)| user.split(':').next().unwrap_or(user))
}

fn web_socket_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("sipWsServer {:?} is no address: {error}", shown(text)))?;
    if url.scheme() != "wss" {
        let scheme = shown(url.scheme());
        return Err(format!(
            "sipWsServer must begin with wss://, not {scheme}://"
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("sipWsServer names no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("sipWsServer must not hold a user name or password".to_owned());
    }
    Ok(url)
}

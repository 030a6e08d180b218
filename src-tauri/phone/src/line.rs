//! The line: an account's link, its SIP user agent and its calls.

mod account;
mod signalling;

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    time::{Duration, Instant},
};

use sip::UserAgent;

use crate::{
    AutoAnswer, CallSettings, Effect, EndCause, Event, FlowFailure, FlowId, Input, MediaNews,
    MediaRequest, Moment, Rejected,
    call::{Automatic, Call, Outcome},
    link::Link,
    moment::Epoch,
    outputs::Outputs,
    queue::Concluded,
    sound::Tone,
    view::{CallId, CallView, EndedCallView, LineView, LinkView, Proofs},
    words::shown,
};

pub(crate) use self::account::LineSetup;
use self::account::{user_part, web_socket_url};

/// How long a binding is asked for (contract/ozonetel.md: JsSIP's).
const REGISTER_EXPIRES: Duration = Duration::from_secs(600);

/// How long a call outlives the silence of a sleep: as long as it outlives the loss of consent (RFC 7675 §5.1).
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

/// How long calls wait on another network for the registrar, which knows nobody that it has not heard from: their sound has no way
/// until they have moved.
const REGISTRAR_TIME: Duration = Duration::from_secs(3);

#[derive(Debug)]
pub(crate) struct Line {
    link: Link,
    ua: UserAgent,
    extension: String,
    server: String,
    registration: Registration,
    calls: BTreeMap<CallId, Call>,
    ended: Option<EndedCallView>,
    /// The call of the queue that ended last, until somebody asks.
    concluded: Option<Concluded>,
    settings: CallSettings,
    /// Whether a flow was lost since the last registration.
    flow_changed: bool,
    /// Whether the network is another one than when the flow was opened.
    network_changed: bool,
    /// When the far ends of the calls are told of the new network, whether or not the registrar has answered.
    calls_move_at: Option<Instant>,
    /// Whether every further call is turned away, whatever the settings say.
    is_closing: bool,
    /// What tells why a call has ended that nobody asked about since.
    refusal: Option<Tone>,
}

#[derive(Debug)]
enum Registration {
    Registering,
    Registered {
        since: Moment,
        confirmed_at: Moment,
        expires_at: Moment,
    },
    Failed {
        status: Option<u16>,
        reason: String,
        retry_at: Option<Moment>,
    },
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
            max_calls: setup.calls.max_calls.into(),
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
            ended: None,
            concluded: None,
            settings: setup.calls,
            flow_changed: false,
            network_changed: false,
            calls_move_at: None,
            is_closing: false,
            refusal: None,
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
            .chain(self.calls_move_at)
            .min()
    }

    pub(crate) fn link_view(&self, epoch: Epoch) -> LinkView {
        self.link.view(&self.server, epoch)
    }

    pub(crate) fn line_view(&self) -> LineView {
        match &self.registration {
            // A binding is only as good as the flow that it names, which is an earlier one until the registrar knows the next.
            Registration::Registered { since, .. }
                if self.link.flow().is_some() && !self.flow_changed =>
            {
                LineView::Registered {
                    extension: self.extension.clone(),
                    server: self.server.clone(),
                    since: *since,
                }
            }
            Registration::Registered { .. } | Registration::Registering => LineView::Registering,
            Registration::Failed {
                status,
                reason,
                retry_at,
            } => LineView::Failed {
                status: *status,
                reason: reason.clone(),
                retry_at: *retry_at,
            },
            Registration::Unregistered => LineView::Off,
        }
    }

    /// Returns what the phone server has proved, beside what `session` did.
    pub(crate) fn proofs(&self, session: Proofs, epoch: Epoch) -> Proofs {
        let (line_confirmed_at, line_expires_at) = match self.registration {
            Registration::Registered {
                confirmed_at,
                expires_at,
                ..
            } => (Some(confirmed_at), Some(expires_at)),
            Registration::Registering
            | Registration::Failed { .. }
            | Registration::Unregistered => (None, None),
        };
        Proofs {
            link_heard_at: self.link.heard_at(epoch),
            line_confirmed_at,
            line_expires_at,
            ..session
        }
    }

    pub(crate) fn extension(&self) -> &str {
        &self.extension
    }

    /// Returns the domain at which a number or a name is called.
    pub(crate) fn domain(&self) -> &str {
        self.ua.domain()
    }

    /// Returns the call that ended last.
    pub(crate) fn ended(&self) -> Option<&EndedCallView> {
        self.ended.as_ref()
    }

    /// Returns the tone that tells how the calls go.
    pub(crate) fn tone(&self) -> Option<Tone> {
        let calls = || self.calls.values();
        if calls().any(Call::beeps) {
            return Some(Tone::Beep);
        }
        if calls().any(Call::is_heard_to_ring) {
            let others = calls().any(|call| !call.alerts());
            return Some(if others {
                Tone::CallWaiting
            } else {
                Tone::Ring
            });
        }
        calls().any(Call::rings_back).then_some(Tone::Ringback)
    }

    /// Returns, once, the call of the queue that ended last.
    pub(crate) fn take_concluded(&mut self) -> Option<Concluded> {
        self.concluded.take()
    }

    /// Returns, once, the tone that tells why a call came to nothing.
    pub(crate) fn take_refusal(&mut self) -> Option<Tone> {
        self.refusal.take()
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
        if self.calls.len() >= self.settings.max_calls.into() {
            return Err(Rejected::TooManyCalls);
        }
        let id = outputs.call_id();
        self.put_aside_all_but(id, outputs);
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
        self.put_aside_all_but(id, outputs);
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

    pub(crate) fn silence(&mut self, id: CallId, outputs: &mut Outputs) -> Result<(), Rejected> {
        find(&mut self.calls, id)?.silence(outputs)
    }

    pub(crate) fn set_hold(
        &mut self,
        id: CallId,
        on: bool,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        let call = find(&mut self.calls, id)?;
        call.set_hold(on, outputs)?;
        if !on {
            self.put_aside_all_but(id, outputs);
        }
        Ok(())
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

    pub(crate) fn repair(
        &mut self,
        id: CallId,
        now: Instant,
        outputs: &mut Outputs,
    ) -> Result<(), Rejected> {
        find(&mut self.calls, id)?.repair(now, outputs)
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

    pub(crate) fn set_calls(&mut self, settings: CallSettings) {
        if settings.auto_answer == AutoAnswer::Off {
            self.calls.values_mut().for_each(Call::answer_by_hand);
        }
        if !self.is_closing {
            self.ua.set_max_calls(settings.max_calls.into());
        }
        self.settings = settings;
    }

    /// Turns every further call away, as one that finds its callee busy; those that there are go on.
    pub(crate) fn turn_calls_away(&mut self) {
        self.is_closing = true;
        self.ua.set_max_calls(0);
    }

    /// Connects and registers anew at once.
    pub(crate) fn reconnect(&mut self, now: Instant, outputs: &mut Outputs) {
        self.reopen(now, outputs);
        self.ua.register(now);
        self.drain(now, outputs);
    }

    /// Has the registrar confirm the binding now; where there is no flow, the next try is made now.
    pub(crate) fn check(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.link.is_down() {
            self.reopen(now, outputs);
        }
        self.ua.refresh(now);
        self.drain(now, outputs);
    }

    /// Ends all calls and removes the binding; [`is_unregistered`](Self::is_unregistered) tells when that is done.
    pub(crate) fn stop(&mut self, now: Instant, outputs: &mut Outputs) {
        // What comes before the registrar knows would ring, and nobody could answer.
        self.turn_calls_away();
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
                    let has_changed = std::mem::take(&mut self.network_changed);
                    self.calls_move_at = has_changed.then(|| now + REGISTRAR_TIME);
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
                tracing::info!("The network changed");
                self.network_changed = true;
                self.reopen(now, outputs);
            }
            Input::Woke { away } => {
                self.reopen(now, outputs);
                if away >= SILENCE_LIMIT {
                    self.end_silent_calls(now, outputs);
                }
            }
            Input::Sidecar { .. }
            | Input::Events { .. }
            | Input::Sound { .. }
            | Input::PathProbed { .. }
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
        if self.calls_move_at.take_if(|at| *at <= now).is_some() {
            for call in self.calls.values_mut() {
                call.refresh(outputs);
            }
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

    fn reopen(&mut self, now: Instant, outputs: &mut Outputs) {
        if self.link.reopen(now, outputs) {
            self.handle_flow_lost(now);
        }
    }

    /// The far ends of calls that had sound have given them up meanwhile; one that only rang has deadlines of its own.
    fn end_silent_calls(&mut self, now: Instant, outputs: &mut Outputs) {
        let ids = self.calls.keys().copied().collect::<Vec<_>>();
        for id in ids {
            if let Some(call) = self.calls.get(&id) {
                let outcome = call.handle_silence(&mut self.ua, now);
                self.settle(id, outcome, outputs);
            }
        }
    }

    fn handle_flow_lost(&mut self, now: Instant) {
        self.flow_changed = true;
        self.calls_move_at = None;
        self.calls.values_mut().for_each(Call::stay_behind);
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

    /// One call talks: the user has turned to this one.
    fn put_aside_all_but(&mut self, id: CallId, outputs: &mut Outputs) {
        for call in self.calls.values_mut().filter(|call| call.id() != id) {
            call.put_aside(outputs);
        }
    }

    /// Returns when a call that comes now is answered by itself; it is not beside another one.
    fn automatic(&self, asked: Option<Duration>, now: Instant) -> Automatic {
        match self.settings.answers_after(asked) {
            Some(delay) if self.calls.is_empty() => {
                Automatic::new(now + delay, self.settings.auto_answer_tone, now)
            }
            Some(_) | None => Automatic::Off,
        }
    }

    fn settle(&mut self, id: CallId, outcome: Outcome, outputs: &mut Outputs) {
        match outcome {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(cause) => self.end(id, cause, outputs),
        }
    }

    fn end(&mut self, id: CallId, cause: EndCause, outputs: &mut Outputs) {
        if let Some(call) = self.calls.remove(&id) {
            self.concluded = call.concluded(&cause).or(self.concluded.take());
            self.ended = Some(call.ended(cause.clone(), outputs.now()));
        }
        self.refusal = refusal(&cause).or(self.refusal);
        outputs.effect(Effect::Media {
            call: id,
            request: MediaRequest::Close,
        });
        outputs.event(Event::CallEnded { call: id, cause });
        let mut others = self.calls.values_mut();
        if let (Some(last), None) = (others.next(), others.next()) {
            last.take_back(outputs);
        }
    }
}

/// Returns the tone for a call that came to nothing (ITU-T E.182).
fn refusal(cause: &EndCause) -> Option<Tone> {
    match cause {
        EndCause::Busy { .. } => Some(Tone::Busy),
        // RFC 3261 §21.5: the server failed, not the called party.
        EndCause::Refused {
            status: 500..=599, ..
        }
        | EndCause::Timeout => Some(Tone::Congestion),
        EndCause::Local
        | EndCause::Remote
        | EndCause::Declined
        | EndCause::Missed
        | EndCause::AnsweredElsewhere
        | EndCause::NoAnswer { .. }
        | EndCause::NotFound { .. }
        | EndCause::Refused { .. }
        | EndCause::LinkLost
        | EndCause::NoMediaPath
        | EndCause::Security { .. }
        | EndCause::MediaLost
        | EndCause::Incompatible { .. }
        | EndCause::SignedOut => None,
    }
}

fn find(calls: &mut BTreeMap<CallId, Call>, id: CallId) -> Result<&mut Call, Rejected> {
    calls.get_mut(&id).ok_or(Rejected::UnknownCall { call: id })
}

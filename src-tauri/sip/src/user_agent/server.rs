//! The user agent server: requests of others (RFC 3261 §8.2, §9.2).

use std::time::Instant;

use super::UserAgent;
use crate::{
    Event, Party,
    message::{Malformed, Method, Request, Response},
    other_requests,
    session::{Session, has_foreign_body},
    token,
    transaction::{Arrival, ServerKey},
};

impl UserAgent {
    pub(super) fn handle_request(&mut self, request: &Request, now: Instant) {
        if request.method == Method::Ack {
            return self.handle_ack(request, now);
        }
        let core = &mut self.core;
        match core.transactions.handle_request(request, &mut core.flow) {
            Arrival::Repeated => {}
            Arrival::TooMany => {
                let mut response = core.response(request, 503);
                response.headers.push("Retry-After", "5");
                core.flow.send(response.to_text());
            }
            Arrival::New(key) => self.handle_new_request(&key, request, now),
        }
    }

    fn handle_ack(&mut self, ack: &Request, now: Instant) {
        if self.core.transactions.handle_ack(ack) {
            return;
        }
        if let Some(session) = self.sessions.values_mut().find(|it| it.matches(ack)) {
            session.handle_ack(&mut self.core, ack, now);
        }
    }

    fn handle_new_request(&mut self, key: &ServerKey, request: &Request, now: Instant) {
        if request.method == Method::Cancel {
            return self.handle_cancel(key, request, now);
        }
        let core = &mut self.core;
        if other_requests::refuse_unprocessable(core, key, request, now) {
            return;
        }
        let is_inside_dialog = request.headers.to().is_some_and(|to| to.tag().is_some());
        if is_inside_dialog {
            match self.sessions.values_mut().find(|it| it.matches(request)) {
                Some(session) => session.handle_request(core, key, request, now),
                // RFC 3261 §12.2.2
                None => core.respond_status(key, request, 481, now),
            }
        } else if request.method == Method::Invite {
            self.handle_invite(key, request, now);
        } else {
            other_requests::answer(core, key, request, now);
        }
    }

    /// RFC 3261 §9.2
    fn handle_cancel(&mut self, key: &ServerKey, cancel: &Request, now: Instant) {
        let core = &mut self.core;
        let Some(invite) = ServerKey::of_invite(cancel) else {
            return;
        };
        let is_known = core.transactions.request(&invite).is_some();
        let tag = self
            .sessions
            .values_mut()
            .find_map(|session| session.handle_cancel(core, &invite, cancel, now));
        let status = if is_known { 200 } else { 481 };
        let mut response = Response::to_request(cancel, status, None);
        response.set_to_tag(&tag.unwrap_or_else(|| token::tag(&mut core.rng)));
        core.respond(key, &response, now);
    }

    fn handle_invite(&mut self, key: &ServerKey, request: &Request, now: Instant) {
        let core = &mut self.core;
        let mut sessions = self.sessions.values_mut();
        if sessions.any(|it| it.resume(core, key, request, now)) {
            return;
        }
        // RFC 3261 §8.2.2.2
        if core.transactions.is_merged(key, request) {
            return core.respond_status(key, request, 482, now);
        }
        if has_foreign_body(request) {
            return other_requests::refuse_body(core, key, request, now);
        }
        let live = self.sessions.values().filter(|it| it.is_live()).count();
        if live >= core.config.max_calls {
            core.respond_status(key, request, 486, now);
            tracing::info!("Turned a call away");
            let from = request.headers.from();
            return core.emit(Event::TurnedAway {
                from: from.as_ref().map(Party::from).unwrap_or_default(),
                asserted: request.headers.asserted().as_ref().map(Party::from),
            });
        }
        let call = self.new_call();
        match Session::receive(&mut self.core, call, key, request, now) {
            Some(session) => {
                self.sessions.insert(call, session);
            }
            None => self.core.respond_status(key, request, 400, now),
        }
    }

    pub(super) fn refuse_malformed(&mut self, malformed: Malformed) {
        tracing::debug!(reason = malformed.reason, "Malformed message");
        if let Some(mut response) = malformed.response {
            response.set_to_tag(&token::tag(&mut self.core.rng));
            self.core.flow.send(response.to_text());
        }
    }
}

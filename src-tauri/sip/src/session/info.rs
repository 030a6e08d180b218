//! Digits by INFO (RFC 2976, `application/dtmf-relay`), for peers without RFC 4733.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{Established, Session, State};
use crate::{
    Cause, Event,
    authentication::Attempt,
    core::{Core, refused},
    message::{Method, Request},
    other_requests,
    transaction::{Branch, News, Owner, ServerKey},
};

/// How many digits may be under way at once; a person types slower than a network answers.
const MAX_INFOS: usize = 32;

/// The digits whose INFO has no final response yet.
#[derive(Debug, Default)]
pub(super) struct Infos(VecDeque<SentInfo>);

#[derive(Debug)]
struct SentInfo {
    branch: Branch,
    attempt: Attempt,
}

impl Session {
    /// Sends one digit; `false`: the call is not established, or it is no digit.
    pub(crate) fn send_dtmf(
        &mut self,
        core: &mut Core,
        digit: char,
        duration: Duration,
        now: Instant,
    ) -> bool {
        let (State::Established(established), Some(digit)) = (&mut self.state, digit_of(digit))
        else {
            return false;
        };
        if !core.flow.is_ready() {
            core.emit(Event::DtmfFailed {
                call: self.call,
                cause: Cause::FlowLost,
            });
            return true;
        }
        if established.infos.0.len() >= MAX_INFOS {
            core.emit(Event::DtmfFailed {
                call: self.call,
                cause: Cause::Timeout,
            });
            return true;
        }
        let mut request = established.dialog.request(Method::Info);
        request.set_body(
            "application/dtmf-relay",
            &format!("Signal={digit}\r\nDuration={}\r\n", duration.as_millis()),
        );
        established.infos.0.push_back(SentInfo {
            branch: core.send(request, Owner::Call(self.call), now),
            attempt: Attempt::first(),
        });
        true
    }

    pub(super) fn handle_info_news(
        &mut self,
        core: &mut Core,
        branch: &Branch,
        news: News,
        now: Instant,
    ) {
        let trust = self.origin.trust();
        let State::Established(established) = &mut self.state else {
            return;
        };
        let Established { dialog, infos, .. } = established.as_mut();
        let Some(position) = infos.0.iter().position(|info| info.branch == *branch) else {
            return;
        };
        let attempt = infos.0[position].attempt;
        let cause = match news {
            News::Provisional(_) => return,
            News::Success(_) => {
                core.authentication.note_accepted(trust, attempt);
                None
            }
            News::Failure { request, response } => {
                let cause = refused(&response);
                if matches!(response.status, 401 | 407)
                    && let Ok(mut request) = core.authentication.answer(
                        *request,
                        &response,
                        trust,
                        attempt,
                        &mut core.rng,
                    )
                {
                    dialog.renumber(&mut request);
                    infos.0[position] = SentInfo {
                        branch: core.send(request, Owner::Call(self.call), now),
                        attempt: attempt.next(),
                    };
                    return;
                }
                // RFC 3261 §12.2.1.2: the peer does not know this dialog.
                if response.status == 481 {
                    return self.lose_dialog(core, &response, now);
                }
                Some(cause)
            }
            // RFC 3261 §12.2.1.2 would end the call; but gateways exist that leave INFO unanswered
            // while the sound goes on.
            News::Timeout => Some(Cause::Timeout),
            News::FlowLost => Some(Cause::FlowLost),
        };
        infos.0.remove(position);
        if let Some(cause) = cause {
            core.emit(Event::DtmfFailed {
                call: self.call,
                cause,
            });
        }
    }

    pub(super) fn handle_info(
        &mut self,
        core: &mut Core,
        key: &ServerKey,
        request: &Request,
        now: Instant,
    ) {
        if !self.is_live() {
            return core.respond_status(key, request, 481, now);
        }
        if request.body.is_empty() {
            return core.respond_status(key, request, 200, now);
        }
        let body = String::from_utf8_lossy(&request.body);
        let signal = match request.headers.content_type().as_deref() {
            Some("application/dtmf-relay") => body
                .lines()
                .filter_map(|line| line.split_once('='))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))
                .map(|(_, signal)| signal.trim().to_owned()),
            Some("application/dtmf") => Some(body.trim().to_owned()),
            Some(_) | None => return other_requests::refuse_body(core, key, request, now),
        };
        match signal.as_deref().and_then(signal_digit) {
            Some(digit) => {
                core.respond_status(key, request, 200, now);
                core.emit(Event::Dtmf {
                    call: self.call,
                    digit,
                });
            }
            None => core.respond_status(key, request, 400, now),
        }
    }
}

/// Returns the digit in the form that is sent, upper case.
fn digit_of(digit: char) -> Option<char> {
    let digit = digit.to_ascii_uppercase();
    matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D').then_some(digit)
}

/// Reads a signal; some peers write the event's number of RFC 4733 §3.2 for `*` and `#`.
fn signal_digit(signal: &str) -> Option<char> {
    match signal {
        "10" => Some('*'),
        "11" => Some('#'),
        _ => {
            let mut characters = signal.chars();
            let digit = digit_of(characters.next()?)?;
            characters.next().is_none().then_some(digit)
        }
    }
}

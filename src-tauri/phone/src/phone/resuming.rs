//! Resuming: the session of an earlier run goes on once a heartbeat has confirmed it; nothing registers before.

use std::time::{Duration, Instant};

use sidecar_api::{HeartbeatRequest, HeartbeatResponse, RefreshRequest, RefreshResponse};

use crate::{
    Effect, Event, Hop, Reply, Request, Restored, SidecarFailure, SignedOutReason, StoredSession,
    errand::{Errand, overdue},
    lease::Lease,
    outputs::Outputs,
    tokens::Tokens,
    view::{AccountView, TroubleView, UserView},
    words::shown,
};

use super::{
    Account, BEAT_DEADLINE, GRACE, Phone, REFRESH_DEADLINE,
    sign_in::{Entrance, login_refusal, user_view},
};

/// A session of an earlier run that the sidecar has not yet confirmed: signed in at a heartbeat's 2xx, signed out and the vault wiped where
/// it is refused, and kept as long as nothing decides.
#[derive(Debug)]
pub(super) struct Resuming {
    session: StoredSession,
    tokens: Tokens,
    question: Question,
    errand: Errand,
}

#[derive(Debug, Clone, Copy)]
enum Question {
    Heartbeat,
    /// The access token has run out.
    Renewal,
}

impl Resuming {
    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(super) fn awaits(&self, number: u64) -> bool {
        self.errand.awaits(number)
    }

    /// Returns what is left of the lock at the most; `None` where the account has no phone and so no lock.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.session.agent_config.as_ref()?;
        Some(Lease::granted(self.session.grant.as_ref(), now).ttl())
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.errand.poll_timeout()
    }

    pub(super) fn view(&self) -> AccountView {
        AccountView::Resuming {
            user: self.user(),
            trouble: self.errand.trouble().cloned(),
        }
    }

    fn user(&self) -> UserView {
        user_view(&self.session.user)
    }

    /// Keeps the session and tries again later and later; the sidecar's lock outlives many tries.
    fn handle_unanswered(
        &mut self,
        trouble: TroubleView,
        retry_after: Option<Duration>,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        let TroubleView { hop, detail, .. } = trouble.clone();
        let wait = self
            .errand
            .handle_failed(trouble, retry_after, now, outputs);
        outputs.event(Event::ResumeDelayed {
            hop,
            detail,
            retry_in_ms: wait.as_millis() as u64,
        });
    }
}

impl Phone {
    /// Takes what the vault found. It may come late: whoever has signed in meanwhile stays.
    pub(super) fn handle_restored(&mut self, restored: Option<Box<Restored>>, now: Instant) {
        match (&self.account, restored) {
            (
                Account::Restoring { .. } | Account::SignedOut { reason: None, .. },
                Some(restored),
            ) if self.setup.restores => {
                let Restored { session, tokens } = *restored;
                let resuming = Resuming {
                    session,
                    tokens: Tokens::new(tokens.access_token, tokens.refresh_token, now),
                    question: Question::Heartbeat,
                    errand: Errand::new(now),
                };
                let user = resuming.user();
                self.outputs.event(Event::Resuming { user });
                self.account = Account::Resuming(Box::new(resuming));
                self.resume(now);
            }
            (Account::Restoring { .. }, None) => {
                self.account = Account::nobody(self.outputs.now());
            }
            (
                Account::NotConfigured { .. }
                | Account::Restoring { .. }
                | Account::Resuming(_)
                | Account::SignedOut { .. }
                | Account::SigningIn { .. }
                | Account::Asking(_)
                | Account::SignedIn(_)
                | Account::Fallback { .. }
                | Account::SigningOut(_),
                _,
            ) => {}
        }
    }

    /// Asks the sidecar when that is due, and gives up waiting for an answer that does not come.
    pub(super) fn resume(&mut self, now: Instant) {
        let Account::Resuming(it) = &mut self.account else {
            return;
        };
        if it.errand.is_overdue(now) {
            it.handle_unanswered(overdue(), None, now, &mut self.outputs);
        }
        if it.errand.is_due(now) {
            let (request, deadline) = match it.question {
                Question::Heartbeat => {
                    let access_token = it.tokens.access().clone();
                    // No call and no work after one outlives the program.
                    let body = HeartbeatRequest {
                        in_call: Some(false),
                        in_work: Some(false),
                    };
                    let request = Request::Heartbeat { access_token, body };
                    (request, BEAT_DEADLINE)
                }
                Question::Renewal => {
                    let refresh_token = it.tokens.refresh().clone();
                    let body = RefreshRequest { refresh_token };
                    (Request::Refresh(body), REFRESH_DEADLINE)
                }
            };
            let attempt = self.outputs.number();
            it.errand.handle_sent(attempt, deadline + GRACE, now);
            self.outputs.effect(Effect::Sidecar {
                attempt,
                request,
                deadline,
            });
        }
    }

    /// Ends a wait for the next try; returns whether a session is being resumed.
    pub(super) fn resume_soon(&mut self, now: Instant) -> bool {
        let Account::Resuming(it) = &mut self.account else {
            return false;
        };
        it.errand.retry_soon(now);
        self.resume(now);
        true
    }

    pub(super) fn handle_resume_reply(
        &mut self,
        reply: Result<Reply, SidecarFailure>,
        now: Instant,
    ) {
        match reply {
            Ok(Reply::Heartbeat(beat)) => self.handle_resumed(beat, now),
            Ok(Reply::Refresh(pair)) => self.handle_resume_token(pair, now),
            Ok(
                Reply::Login(_)
                | Reply::Logout(_)
                | Reply::Probe { .. }
                | Reply::Agent(_)
                | Reply::Move(_),
            ) => {}
            Err(failure) => self.handle_resume_failed(failure, now),
        }
    }

    fn handle_resumed(&mut self, beat: HeartbeatResponse, now: Instant) {
        let Account::Resuming(it) = &self.account else {
            return;
        };
        let Some((attempt, sent_at)) = it.errand.sent() else {
            return;
        };
        let entrance = Entrance::Resumed {
            beat: Box::new(beat),
            attempt,
            sent_at,
        };
        let (session, tokens) = (it.session.clone(), it.tokens.clone());
        self.enter(session, tokens, entrance, now);
    }

    /// The new pair is stored before it is used.
    fn handle_resume_token(&mut self, pair: RefreshResponse, now: Instant) {
        let tokens = Tokens::new(pair.access_token, pair.refresh_token, now);
        self.store_tokens(&tokens);
        if let Account::Resuming(it) = &mut self.account {
            it.tokens = tokens;
            it.question = Question::Heartbeat;
            it.errand.ask_anew(now);
        }
        self.resume(now);
    }

    fn handle_resume_failed(&mut self, failure: SidecarFailure, now: Instant) {
        let Account::Resuming(it) = &mut self.account else {
            return;
        };
        match (it.question, failure) {
            (_, failure) if failure.is_account_changed() => {
                self.leave(SignedOutReason::AccountChanged, None, None, now);
            }
            (Question::Heartbeat, SidecarFailure::Refused { status: 401, .. }) => {
                if it.errand.wait_for_token() {
                    it.question = Question::Renewal;
                    it.errand.ask_anew(now);
                    self.resume(now);
                } else {
                    self.leave(SignedOutReason::TokenRefused, None, None, now);
                }
            }
            (
                Question::Renewal,
                SidecarFailure::Refused {
                    status: 400 | 401 | 403,
                    ..
                },
            ) => self.leave(SignedOutReason::TokenRefused, None, None, now),
            (
                _,
                failure @ SidecarFailure::Refused {
                    status: 400 | 403, ..
                },
            ) => self.leave(login_refusal(failure), None, None, now),
            (
                _,
                SidecarFailure::Refused {
                    status: 409,
                    message,
                    holder,
                    askable: _,
                    retry_after,
                    reason,
                },
            ) => {
                // A heartbeat does not say whether the holder can be asked; who tries it learns it.
                let failure = SidecarFailure::Refused {
                    status: 409,
                    message,
                    holder,
                    askable: true,
                    retry_after,
                    reason,
                };
                self.leave(login_refusal(failure), None, None, now);
            }
            (
                _,
                SidecarFailure::Refused {
                    status,
                    message,
                    retry_after,
                    ..
                },
            ) => {
                let detail = format!("{status} {}", shown(&message));
                let trouble = TroubleView {
                    hop: Hop::Http,
                    detail,
                    facts: None,
                };
                it.handle_unanswered(trouble, retry_after, now, &mut self.outputs);
            }
            (_, SidecarFailure::Unreachable { hop, detail, facts }) => {
                let trouble = TroubleView { hop, detail, facts };
                it.handle_unanswered(trouble, None, now, &mut self.outputs);
            }
            (_, SidecarFailure::Nonsense { detail }) => {
                let trouble = TroubleView {
                    hop: Hop::Http,
                    detail,
                    facts: None,
                };
                it.handle_unanswered(trouble, None, now, &mut self.outputs);
            }
        }
    }
}

//! Resuming: the session of an earlier run goes on once a heartbeat has confirmed it; nothing registers before.

use std::time::{Duration, Instant};

use sidecar_api::{HeartbeatResponse, RefreshRequest, RefreshResponse};

use crate::{
    Event, Hop, Reply, Request, Restored, SidecarFailure, SignedOutReason, StoredSession,
    outputs::Outputs,
    tokens::Tokens,
    view::{AccountView, TroubleView, UserView},
    words::shown,
};

use super::{
    Account, BEAT_DEADLINE, GRACE, Phone, REFRESH_DEADLINE,
    sign_in::{Entrance, login_refusal, user_view},
};

/// The first and the longest wait after a try that failed.
const RETRY_FIRST: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// How far a server's `Retry-After` is obeyed: somebody sits in front of this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// A sidecar that refuses this many fresh tokens one after another will refuse the next one too.
const MAX_TOKEN_REFUSALS: u32 = 3;

/// A session of an earlier run that the sidecar has not yet confirmed.
///
/// ```text
///             due                2xx
///  Waiting ---------> Asking ----------> (signed in)
///     ^                 |  |
///     +-----------------+  +-----------> (refused: signed out, the vault is wiped)
///       no answer, 5xx; 401: a new token first
/// ```
#[derive(Debug)]
pub(super) struct Resuming {
    session: StoredSession,
    tokens: Tokens,
    step: Step,
    /// Tries in a row without an answer that decides.
    failures: u32,
    token_refusals: u32,
    trouble: Option<TroubleView>,
}

#[derive(Debug)]
enum Step {
    Waiting {
        at: Instant,
        question: Question,
    },
    Asking {
        attempt: u64,
        question: Question,
        sent_at: Instant,
        deadline: Instant,
    },
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
        matches!(self.step, Step::Asking { attempt, .. } if attempt == number)
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match self.step {
            Step::Waiting { at, .. } => at,
            Step::Asking { deadline, .. } => deadline,
        }
    }

    pub(super) fn view(&self) -> AccountView {
        AccountView::Resuming {
            user: self.user(),
            trouble: self.trouble.clone(),
        }
    }

    fn user(&self) -> UserView {
        user_view(&self.session.user)
    }

    fn ask_next(&mut self, question: Question, now: Instant) {
        self.step = Step::Waiting { at: now, question };
    }

    /// Keeps the session and tries again later and later; the sidecar's lock outlives many tries.
    fn handle_unanswered(
        &mut self,
        (hop, detail): (Hop, String),
        retry_after: Option<Duration>,
        now: Instant,
        outputs: &mut Outputs,
    ) {
        let backed_off = RETRY_FIRST
            .saturating_mul(1 << self.failures.min(8))
            .min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        let wished = retry_after.unwrap_or_default().min(RETRY_AFTER_MAX);
        let wait = outputs.jittered(backed_off, 0.5).max(wished);
        let (Step::Waiting { question, .. } | Step::Asking { question, .. }) = self.step;
        self.step = Step::Waiting {
            at: now + wait,
            question,
        };
        outputs.event(Event::ResumeDelayed {
            hop,
            detail: detail.clone(),
            retry_in_ms: wait.as_millis() as u64,
        });
        self.trouble = Some(TroubleView { hop, detail });
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
                    step: Step::Waiting {
                        at: now,
                        question: Question::Heartbeat,
                    },
                    failures: 0,
                    token_refusals: 0,
                    trouble: None,
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
        match it.step {
            Step::Asking { deadline, .. } if deadline <= now => {
                let trouble = (Hop::Timeout, "The server does not answer".to_owned());
                it.handle_unanswered(trouble, None, now, &mut self.outputs);
            }
            Step::Waiting { at, question } if at <= now => {
                let (request, patience) = match question {
                    Question::Heartbeat => {
                        let access_token = it.tokens.access().clone();
                        (Request::Heartbeat { access_token }, BEAT_DEADLINE)
                    }
                    Question::Renewal => {
                        let refresh_token = it.tokens.refresh().clone();
                        let body = RefreshRequest { refresh_token };
                        (Request::Refresh(body), REFRESH_DEADLINE)
                    }
                };
                let attempt = self.request(request, patience);
                if let Account::Resuming(it) = &mut self.account {
                    it.step = Step::Asking {
                        attempt,
                        question,
                        sent_at: now,
                        deadline: now + patience + GRACE,
                    };
                }
            }
            Step::Waiting { .. } | Step::Asking { .. } => {}
        }
    }

    /// Ends a wait for the next try; returns whether a session is being resumed.
    pub(super) fn resume_soon(&mut self, now: Instant) -> bool {
        let Account::Resuming(it) = &mut self.account else {
            return false;
        };
        if let Step::Waiting { at, .. } = &mut it.step {
            *at = now;
        }
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
                | Reply::Probe
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
        let Step::Asking {
            attempt, sent_at, ..
        } = it.step
        else {
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
            it.ask_next(Question::Heartbeat, now);
        }
        self.resume(now);
    }

    fn handle_resume_failed(&mut self, failure: SidecarFailure, now: Instant) {
        let Account::Resuming(it) = &mut self.account else {
            return;
        };
        let (Step::Waiting { question, .. } | Step::Asking { question, .. }) = it.step;
        match (question, failure) {
            (Question::Heartbeat, SidecarFailure::Refused { status: 401, .. }) => {
                it.token_refusals += 1;
                if it.token_refusals < MAX_TOKEN_REFUSALS {
                    it.ask_next(Question::Renewal, now);
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
                },
            ) => {
                // A heartbeat does not say whether the holder can be asked; who tries it learns it.
                let failure = SidecarFailure::Refused {
                    status: 409,
                    message,
                    holder,
                    askable: true,
                    retry_after,
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
                let trouble = (Hop::Http, format!("{status} {}", shown(&message)));
                it.handle_unanswered(trouble, retry_after, now, &mut self.outputs);
            }
            (_, SidecarFailure::Unreachable { hop, detail }) => {
                it.handle_unanswered((hop, detail), None, now, &mut self.outputs);
            }
            (_, SidecarFailure::Nonsense { detail }) => {
                it.handle_unanswered((Hop::Http, detail), None, now, &mut self.outputs);
            }
        }
    }
}

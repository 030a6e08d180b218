//! Keeps this device's binding at the registrar (RFC 3261 §10, RFC 5626 §4.2).

mod binding;
mod verdict;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;

use self::{
    binding::Binding,
    verdict::{Question, Verdict},
};
use crate::{
    Cause, Event,
    authentication::{Attempt, Trust},
    core::Core,
    message::{Method, Request},
    timer::share,
    token,
    transaction::{Branch, News, Owner},
};

/// When a binding is refreshed, in percent of its life: late enough to be seldom, early enough for
/// another try. Random, so that a thousand phones that came back together do not refresh together.
const REFRESH: (u64, u64) = (50, 80);

/// The shortest time between two refreshes, against a registrar that grants next to nothing.
const MIN_REFRESH: Duration = Duration::from_secs(1);

/// How long leaving waits for the registrar's word.
const UNREGISTER_TIMEOUT: Duration = Duration::from_secs(4);

#[derive(Debug)]
pub(crate) struct Registration {
    state: State,
    /// RFC 3261 §10.2: one Call-ID for all, CSeq counting up.
    call_id: String,
    from_tag: String,
    cseq: u32,
    /// What is asked for; 423 may raise it.
    expires: Duration,
    /// Failures in a row.
    failures: u32,
}

/// ```text
///  Idle --register--> Offline --flow--> Registering --200--> Registered --50..80 %--> Registering
///                        ^                  |  \--401/403/404--> Stopped
///                        |                  \--5xx, time-out--> BackingOff --> Registering
///                   flow lost, from any but Idle and Stopped
///  Registered, Registering, BackingOff --unregister--> Unregistering --> Idle
/// ```
#[derive(Debug)]
enum State {
    Idle,
    Offline,
    Registering {
        branch: Branch,
        attempt: Attempt,
        /// Whether a 423 was obeyed.
        is_lengthened: bool,
        wish: Wish,
    },
    Registered {
        refresh_at: Instant,
    },
    BackingOff {
        retry_at: Instant,
    },
    /// The account is wrong; only a person can help.
    Stopped,
    Unregistering {
        branch: Branch,
        attempt: Attempt,
        deadline: Instant,
        /// Whether to register again afterwards.
        wish: Wish,
    },
}

/// What was asked for while a request was under way (RFC 3261 §10.2: one at a time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stay,
    Leave,
}

impl Registration {
    pub(crate) fn new(expires: Duration, rng: &mut StdRng) -> Self {
        Self {
            state: State::Idle,
            call_id: token::call_id(rng),
            from_tag: token::tag(rng),
            cseq: 0,
            expires,
            failures: 0,
        }
    }

    /// Returns whether requests inside dialogs shall wait for this registration.
    pub(crate) fn is_pending(&self) -> bool {
        match self.state {
            State::Registering { .. } => true,
            State::Idle
            | State::Offline
            | State::Registered { .. }
            | State::BackingOff { .. }
            | State::Stopped
            | State::Unregistering { .. } => false,
        }
    }

    pub(crate) fn register(&mut self, core: &mut Core, now: Instant) {
        match &mut self.state {
            State::Idle | State::Stopped => {
                self.failures = 0;
                if core.flow.is_up() {
                    self.send(core, now);
                } else {
                    self.state = State::Offline;
                }
            }
            State::Registering { wish, .. } | State::Unregistering { wish, .. } => {
                *wish = Wish::Stay;
            }
            State::Offline | State::Registered { .. } | State::BackingOff { .. } => {}
        }
    }

    /// Brings the refresh of a binding forward.
    pub(crate) fn refresh(&mut self, core: &mut Core, now: Instant) {
        match self.state {
            State::Registered { .. } => self.send(core, now),
            State::Idle
            | State::Offline
            | State::Registering { .. }
            | State::BackingOff { .. }
            | State::Stopped
            | State::Unregistering { .. } => {}
        }
    }

    pub(crate) fn unregister(&mut self, core: &mut Core, now: Instant) {
        match &mut self.state {
            State::Idle | State::Offline | State::Stopped => self.leave(core),
            State::Registering { wish, .. } | State::Unregistering { wish, .. } => {
                *wish = Wish::Leave;
            }
            State::Registered { .. } | State::BackingOff { .. } => self.send_removal(core, now),
        }
    }

    pub(crate) fn handle_flow_opened(&mut self, core: &mut Core, now: Instant) {
        match self.state {
            State::Offline => self.send(core, now),
            State::Idle
            | State::Registering { .. }
            | State::Registered { .. }
            | State::BackingOff { .. }
            | State::Stopped
            | State::Unregistering { .. } => {}
        }
    }

    pub(crate) fn handle_flow_closed(&mut self, core: &mut Core) {
        match self.state {
            State::Idle | State::Offline | State::Stopped => {}
            State::Registering {
                wish: Wish::Leave, ..
            }
            | State::Unregistering {
                wish: Wish::Leave, ..
            } => self.leave(core),
            State::Registering {
                wish: Wish::Stay, ..
            }
            | State::Registered { .. }
            | State::BackingOff { .. } => self.state = State::Offline,
            State::Unregistering {
                wish: Wish::Stay, ..
            } => {
                self.leave(core);
                self.state = State::Offline;
            }
        }
    }

    pub(crate) fn handle_timeout(&mut self, core: &mut Core, now: Instant) {
        match &self.state {
            State::Registered { refresh_at } if *refresh_at <= now => self.send(core, now),
            State::BackingOff { retry_at } if *retry_at <= now => self.send(core, now),
            State::Unregistering { deadline, wish, .. } if *deadline <= now => {
                let wish = *wish;
                self.end_removal(core, wish, now);
            }
            State::Idle
            | State::Offline
            | State::Registering { .. }
            | State::Registered { .. }
            | State::BackingOff { .. }
            | State::Stopped
            | State::Unregistering { .. } => {}
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Registered { refresh_at } => Some(refresh_at),
            State::BackingOff { retry_at } => Some(retry_at),
            State::Unregistering { deadline, .. } => Some(deadline),
            // Timer F of the transaction runs.
            State::Registering { .. } => None,
            State::Idle | State::Offline | State::Stopped => None,
        }
    }

    pub(crate) fn handle_news(
        &mut self,
        core: &mut Core,
        branch: &Branch,
        news: News,
        now: Instant,
    ) {
        match &self.state {
            State::Registering {
                branch: awaited,
                attempt,
                is_lengthened,
                wish,
            } if awaited == branch => {
                let (attempt, wish) = (*attempt, *wish);
                let is_lengthened = *is_lengthened;
                let question = Question {
                    attempt,
                    is_lengthened,
                    expires: self.expires,
                    failures: self.failures,
                };
                let Some(verdict) = Verdict::of(news, &question, core) else {
                    return;
                };
                match verdict {
                    Verdict::Repeat(request) => {
                        self.note_cseq(&request);
                        self.state = State::Registering {
                            branch: core.send(request, Owner::Registration, now),
                            attempt: attempt.next(),
                            is_lengthened,
                            wish,
                        };
                    }
                    Verdict::Lengthen(expires) => {
                        self.expires = expires;
                        self.send_first(core, true, wish, now);
                    }
                    Verdict::Bound(binding) => self.conclude_bound(core, binding, wish, now),
                    Verdict::Failed { .. } | Verdict::Wrong { .. } if wish == Wish::Leave => {
                        self.leave(core);
                    }
                    Verdict::Failed { cause, retry_in } => {
                        self.conclude_failed(core, cause, retry_in, now);
                    }
                    Verdict::Wrong { cause } => self.conclude_wrong(core, cause),
                }
            }
            State::Unregistering {
                branch: awaited,
                attempt,
                wish,
                ..
            } if awaited == branch => {
                let (attempt, wish) = (*attempt, *wish);
                self.handle_removal(core, attempt, wish, news, now);
            }
            State::Idle
            | State::Offline
            | State::Registering { .. }
            | State::Registered { .. }
            | State::BackingOff { .. }
            | State::Stopped
            | State::Unregistering { .. } => {}
        }
    }

    fn conclude_bound(&mut self, core: &mut Core, binding: Binding, wish: Wish, now: Instant) {
        self.failures = 0;
        core.flow.set_gruu(binding.gruu);
        tracing::info!(expires = binding.expires.as_secs(), "Registered");
        core.emit(Event::Registered {
            expires_in: binding.expires,
        });
        match wish {
            Wish::Stay => {
                let pause = share(binding.expires, REFRESH.0, REFRESH.1, &mut core.rng);
                self.state = State::Registered {
                    refresh_at: now + pause.max(MIN_REFRESH),
                };
            }
            Wish::Leave => self.send_removal(core, now),
        }
    }

    fn conclude_failed(&mut self, core: &mut Core, cause: Cause, retry_in: Duration, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        tracing::info!(?cause, retry_in = retry_in.as_secs(), "Not registered");
        core.emit(Event::RegistrationFailed {
            cause,
            retry_in: Some(retry_in),
        });
        self.state = State::BackingOff {
            retry_at: now + retry_in,
        };
    }

    fn conclude_wrong(&mut self, core: &mut Core, cause: Cause) {
        tracing::info!(?cause, "Not registered, and stopped trying");
        core.emit(Event::RegistrationFailed {
            cause,
            retry_in: None,
        });
        self.state = State::Stopped;
    }

    fn send(&mut self, core: &mut Core, now: Instant) {
        self.send_first(core, false, Wish::Stay, now);
    }

    fn send_first(&mut self, core: &mut Core, is_lengthened: bool, wish: Wish, now: Instant) {
        let mut request = self.request(core, self.expires);
        let attempt = core.authentication.preload(&mut request, &mut core.rng);
        self.state = State::Registering {
            branch: core.send(request, Owner::Registration, now),
            attempt,
            is_lengthened,
            wish,
        };
    }

    /// Counts on from a request that was repeated with credentials.
    fn note_cseq(&mut self, request: &Request) {
        if let Some((number, _)) = request.headers.cseq() {
            self.cseq = number;
        }
    }

    fn request(&mut self, core: &mut Core, expires: Duration) -> Request {
        self.cseq += 1;
        let mut request = core.request(
            Method::Register,
            core.registrar.clone(),
            core.aor.clone(),
            self.call_id.clone(),
            self.cseq,
            &self.from_tag,
        );
        let expires = expires.as_secs();
        request.headers.push(
            "Contact",
            format!(
                "<{}>;+sip.instance=\"<urn:uuid:{}>\";reg-id=1;expires={expires}",
                core.flow.contact_uri(),
                core.config.instance,
            ),
        );
        request.headers.push("Expires", expires.to_string());
        request
    }
}

/// Leaving (RFC 3261 §10.2.2).
impl Registration {
    fn send_removal(&mut self, core: &mut Core, now: Instant) {
        let mut request = self.request(core, Duration::ZERO);
        let attempt = core.authentication.preload(&mut request, &mut core.rng);
        self.state = State::Unregistering {
            branch: core.send(request, Owner::Registration, now),
            attempt,
            deadline: now + UNREGISTER_TIMEOUT,
            wish: Wish::Leave,
        };
    }

    fn handle_removal(
        &mut self,
        core: &mut Core,
        attempt: Attempt,
        wish: Wish,
        news: News,
        now: Instant,
    ) {
        match news {
            News::Provisional(_) => {}
            News::Failure { request, response } if matches!(response.status, 401 | 407) => {
                let answer = core.authentication.answer(
                    *request,
                    &response,
                    Trust::Registrar,
                    attempt,
                    &mut core.rng,
                );
                let Ok(request) = answer else {
                    return self.end_removal(core, wish, now);
                };
                self.note_cseq(&request);
                self.state = State::Unregistering {
                    branch: core.send(request, Owner::Registration, now),
                    attempt: attempt.next(),
                    deadline: now + UNREGISTER_TIMEOUT,
                    wish,
                };
            }
            News::Success(_) | News::Failure { .. } | News::Timeout => {
                self.end_removal(core, wish, now);
            }
            // The end of the flow is told by itself.
            News::FlowLost => {}
        }
    }

    fn end_removal(&mut self, core: &mut Core, wish: Wish, now: Instant) {
        self.leave(core);
        if wish == Wish::Stay {
            self.register(core, now);
        }
    }

    fn leave(&mut self, core: &mut Core) {
        self.state = State::Idle;
        core.flow.set_gruu(None);
        tracing::info!("Unregistered");
        core.emit(Event::Unregistered);
    }
}

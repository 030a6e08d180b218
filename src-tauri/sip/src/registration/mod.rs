//! Keeps this device's binding at the registrar (RFC 3261 §10, RFC 5626 §4.2).

mod binding;

use std::time::{Duration, Instant};

use rand::{RngExt, rngs::StdRng};

use self::binding::Binding;
use crate::{
    Cause, Event,
    authentication::Trust,
    core::{Core, refused},
    message::{Method, Request, Response},
    timer::{TRANSACTION_TIMEOUT, share},
    token,
    transaction::{Branch, News, Owner},
};

/// When a binding is refreshed, in percent of its life: late enough to be seldom, early enough for another try.
/// Random, so that a thousand phones that came back together do not refresh together.
const REFRESH: (u64, u64) = (50, 80);

/// The shortest time between two refreshes, against a registrar that grants next to nothing.
const MIN_REFRESH: Duration = Duration::from_secs(1);

/// The first and the longest pause after failures that pass by themselves; doubled each time.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(300));

/// The pause after a refusal that another device or a person has to cure, such as 603 "too many contacts".
const LONG_BACK_OFF: Duration = Duration::from_secs(60);

/// The longest pause a server can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

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

/// How often one REGISTER was sent, and with what.
#[derive(Debug, Clone, Copy)]
struct Attempt {
    tries: u8,
    /// It carried the nonce of an earlier one.
    preloaded: bool,
    /// A 423 was obeyed.
    lengthened: bool,
}

impl Attempt {
    fn first(preloaded: bool) -> Self {
        Self {
            tries: 1,
            preloaded,
            lengthened: false,
        }
    }
}

/// What was asked for while a request was under way (RFC 3261 §10.2: one at a time).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stay,
    Leave,
}

/// What a final response means.
enum Verdict {
    Repeat(Request),
    Lengthen(Duration),
    Bound { binding: Binding },
    Failed { cause: Cause, retry_in: Duration },
    Wrong { cause: Cause },
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
                wish,
            } if awaited == branch => {
                let (attempt, wish) = (*attempt, *wish);
                if let Some(verdict) = self.judge(core, attempt, news) {
                    self.conclude(core, verdict, attempt, wish, now);
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

    fn conclude(
        &mut self,
        core: &mut Core,
        verdict: Verdict,
        attempt: Attempt,
        wish: Wish,
        now: Instant,
    ) {
        match verdict {
            Verdict::Repeat(request) => {
                self.cseq = request
                    .headers
                    .cseq()
                    .map_or(self.cseq, |(number, _)| number);
                self.state = State::Registering {
                    branch: core.send(request, Owner::Registration, now),
                    attempt: Attempt {
                        tries: attempt.tries + 1,
                        preloaded: false,
                        ..attempt
                    },
                    wish,
                };
            }
            Verdict::Lengthen(expires) => {
                self.expires = expires;
                self.send(core, now);
                if let State::Registering {
                    attempt, wish: w, ..
                } = &mut self.state
                {
                    attempt.lengthened = true;
                    *w = wish;
                }
            }
            Verdict::Bound { binding } => {
                self.failures = 0;
                core.flow.set_gruu(binding.gruu);
                tracing::info!(expires = binding.expires.as_secs(), "Registered");
                core.emit(Event::Registered {
                    expires_in: binding.expires,
                });
                let pause = share(binding.expires, REFRESH.0, REFRESH.1, &mut core.rng);
                self.state = State::Registered {
                    refresh_at: now + pause.max(MIN_REFRESH),
                };
                if wish == Wish::Leave {
                    self.send_removal(core, now);
                }
            }
            Verdict::Failed { cause, retry_in } => {
                self.failures = self.failures.saturating_add(1);
                if wish == Wish::Leave {
                    return self.leave(core);
                }
                tracing::info!(?cause, retry_in = retry_in.as_secs(), "Not registered");
                core.emit(Event::RegistrationFailed {
                    cause,
                    retry_in: Some(retry_in),
                });
                self.state = State::BackingOff {
                    retry_at: now + retry_in,
                };
            }
            Verdict::Wrong { cause } => {
                if wish == Wish::Leave {
                    return self.leave(core);
                }
                tracing::info!(?cause, "Not registered, and stopped trying");
                core.emit(Event::RegistrationFailed {
                    cause,
                    retry_in: None,
                });
                self.state = State::Stopped;
            }
        }
    }

    /// Reads the outcome of a REGISTER; `None`: it is still open.
    fn judge(&mut self, core: &mut Core, attempt: Attempt, news: News) -> Option<Verdict> {
        match news {
            News::Provisional(_) => None,
            News::Success(response) => Some(self.judge_success(core, &response)),
            News::Failure { request, response } => {
                Some(self.judge_failure(core, attempt, *request, &response))
            }
            News::Timeout => Some(self.passing(core, Cause::Timeout)),
            News::FlowLost => None,
        }
    }

    fn judge_success(&mut self, core: &mut Core, response: &Response) -> Verdict {
        match Binding::find(response, &core.flow, &core.config.instance, self.expires) {
            Some(binding) => Verdict::Bound { binding },
            // RFC 3261 §10.2.4: the 200 lists what is bound, and we are not.
            None => self.passing(
                core,
                Cause::Protocol("The registrar's list does not have this device".to_owned()),
            ),
        }
    }

    fn judge_failure(
        &mut self,
        core: &mut Core,
        attempt: Attempt,
        request: Request,
        response: &Response,
    ) -> Verdict {
        let cause = refused(response);
        match response.status {
            401 | 407 => {
                let answer = core.authentication.answer(
                    request,
                    response,
                    Trust::Registrar,
                    attempt.preloaded,
                    attempt.tries,
                    &mut core.rng,
                );
                match answer {
                    Ok(request) => Verdict::Repeat(request),
                    Err(crate::authentication::Unanswered::WrongPassword) => {
                        Verdict::Wrong { cause }
                    }
                    Err(crate::authentication::Unanswered::AlwaysStale) => Verdict::Failed {
                        cause,
                        retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
                    },
                    Err(crate::authentication::Unanswered::Unusable(reason)) => Verdict::Wrong {
                        cause: Cause::Protocol(reason),
                    },
                }
            }
            403 | 404 => Verdict::Wrong { cause },
            423 => match response.headers.min_expires() {
                // RFC 3261 §10.2.8
                Some(seconds)
                    if !attempt.lengthened && u64::from(seconds) > self.expires.as_secs() =>
                {
                    Verdict::Lengthen(Duration::from_secs(seconds.into()))
                }
                Some(_) | None => Verdict::Failed {
                    cause,
                    retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
                },
            },
            408 | 480 | 500..600 => match response.headers.retry_after() {
                Some(seconds) => {
                    let asked = Duration::from_secs(seconds.max(1).into()).min(MAX_RETRY_AFTER);
                    Verdict::Failed {
                        cause,
                        retry_in: jittered(asked, &mut core.rng),
                    }
                }
                None => self.passing(core, cause),
            },
            _ => Verdict::Failed {
                cause,
                retry_in: jittered(LONG_BACK_OFF, &mut core.rng),
            },
        }
    }

    /// Returns the verdict on a failure that may pass by itself.
    fn passing(&self, core: &mut Core, cause: Cause) -> Verdict {
        let (first, longest) = BACK_OFF;
        let pause = first
            .saturating_mul(1 << self.failures.min(10))
            .min(longest);
        // RFC 5626 §4.5: a random point in its second half.
        Verdict::Failed {
            cause,
            retry_in: share(pause, 50, 100, &mut core.rng),
        }
    }

    fn send(&mut self, core: &mut Core, now: Instant) {
        let mut request = self.request(core, self.expires);
        core.authentication.preload(&mut request, &mut core.rng);
        let preloaded = request.headers.get("Authorization").is_some()
            || request.headers.get("Proxy-Authorization").is_some();
        self.state = State::Registering {
            branch: core.send(request, Owner::Registration, now),
            attempt: Attempt::first(preloaded),
            wish: Wish::Stay,
        };
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
        core.authentication.preload(&mut request, &mut core.rng);
        let preloaded = request.headers.get("Authorization").is_some()
            || request.headers.get("Proxy-Authorization").is_some();
        self.state = State::Unregistering {
            branch: core.send(request, Owner::Registration, now),
            attempt: Attempt::first(preloaded),
            deadline: now + UNREGISTER_TIMEOUT.min(TRANSACTION_TIMEOUT),
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
                    attempt.preloaded,
                    attempt.tries,
                    &mut core.rng,
                );
                let Ok(request) = answer else {
                    return self.end_removal(core, wish, now);
                };
                self.cseq = request
                    .headers
                    .cseq()
                    .map_or(self.cseq, |(number, _)| number);
                self.state = State::Unregistering {
                    branch: core.send(request, Owner::Registration, now),
                    attempt: Attempt {
                        tries: attempt.tries + 1,
                        preloaded: false,
                        ..attempt
                    },
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

/// Returns `whole` ± 20 %, so that phones that were refused together do not come back together.
fn jittered(whole: Duration, rng: &mut StdRng) -> Duration {
    whole.mul_f64(rng.random_range(0.8..=1.2))
}

//! Asking the device that holds the session for it, until its user has answered.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use sidecar_api::{
    ALREADY_LOGGED_IN, LoginRequest, TakeoverRequest, TakeoverResponse, TakeoverState,
    TakeoverStatus, TakeoverStatusRequest, TakeoverWithdrawal,
};

use crate::{
    AskView, Event, MoveCall, MoveReply, NotMoved, Rejected, Reply, Request, SidecarFailure,
    SignedOutReason, backoff::Backoff, moment::Epoch, outputs::Outputs, view::AccountView,
    words::shown,
};

use super::{
    Account, GRACE, LOGIN_DEADLINE, Phone, SIGN_OUT_DEADLINE,
    sign_in::{Way, login_refusal},
};

/// The sidecar waits 20 s for something to change before it answers.
const STATUS_DEADLINE: Duration = Duration::from_secs(26);

/// The least time between two questions, whatever the sidecar answers.
const PACE: Duration = Duration::from_secs(1);

/// After a question that was not answered; somebody sits in front of this.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(8),
    retry_after: Duration::from_secs(20),
};

/// The sidecar forgets a request of which nobody asks for so long.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// Whatever a sidecar says, nobody has longer to answer.
const LONGEST: Duration = Duration::from_secs(120);

/// How much later than the holder's deadline the sidecar has to say what came of it.
const LATE: Duration = Duration::from_secs(15);

/// A request for the session that another device holds. The password is kept for the login that follows a yes, and no longer.
///
/// ```text
///           202                    granted
///  Sending -----> Following ------------------> (signing in)
///     |             |    | refused, unanswered, superseded …
///     | 200 free    |    +----> (signed out: why it was not moved)
///     +-> (signing in)
/// ```
#[derive(Debug)]
pub(super) struct Asking {
    email: String,
    password: SecretString,
    held: Held,
    step: Step,
}

/// What is known of the session that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Held {
    message: String,
    device_name: Option<String>,
    system: Option<String>,
    since: Option<String>,
    in_call: Option<bool>,
}

#[derive(Debug)]
enum Step {
    Sending {
        attempt: u64,
        give_up_at: Instant,
    },
    Following {
        ticket: SecretString,
        state: State,
        question: Question,
        trouble: Option<Trouble>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { until: Instant },
    AfterCall,
}

#[derive(Debug)]
enum Question {
    Due {
        at: Instant,
    },
    InFlight {
        attempt: u64,
        sent_at: Instant,
        give_up_at: Instant,
    },
}

/// Questions in a row without an answer.
#[derive(Debug)]
struct Trouble {
    since: Instant,
    failures: u32,
    last: SidecarFailure,
}

impl Held {
    /// Returns what the last sign-in was told.
    fn of(reason: Option<&SignedOutReason>) -> Self {
        match reason {
            Some(SignedOutReason::HeldElsewhere {
                message,
                device_name,
                system,
                since,
                in_call,
                ..
            }) => Self {
                message: message.clone(),
                device_name: device_name.clone(),
                system: system.clone(),
                since: since.clone(),
                in_call: *in_call,
            },
            Some(SignedOutReason::NotMoved { device_name, .. }) => Self {
                message: ALREADY_LOGGED_IN.to_owned(),
                device_name: device_name.clone(),
                system: None,
                since: None,
                in_call: None,
            },
            Some(_) | None => Self {
                message: ALREADY_LOGGED_IN.to_owned(),
                device_name: None,
                system: None,
                since: None,
                in_call: None,
            },
        }
    }
}

impl Asking {
    pub(super) fn awaits(&self, number: u64) -> bool {
        match &self.step {
            Step::Sending { attempt, .. } => *attempt == number,
            Step::Following { question, .. } => {
                matches!(question, Question::InFlight { attempt, .. } if *attempt == number)
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        match &self.step {
            Step::Sending { give_up_at, .. } => *give_up_at,
            Step::Following { question, .. } => {
                let next = match question {
                    Question::Due { at } => *at,
                    Question::InFlight { give_up_at, .. } => *give_up_at,
                };
                self.ends_at().map_or(next, |at| at.min(next))
            }
        }
    }

    /// Returns when it is given up without a word of the sidecar.
    fn ends_at(&self) -> Option<Instant> {
        match &self.step {
            Step::Sending { .. } => None,
            Step::Following {
                trouble: Some(trouble),
                ..
            } => Some(trouble.since + FORGOTTEN),
            Step::Following {
                state: State::Waiting { until },
                ..
            } => Some(*until + LATE),
            Step::Following {
                state: State::AfterCall,
                ..
            } => None,
        }
    }

    pub(super) fn view(&self, epoch: Epoch) -> AccountView {
        AccountView::Asking {
            email: self.email.clone(),
            device_name: self.held.device_name.clone(),
            ask: match &self.step {
                Step::Sending { .. } => AskView::Sending,
                Step::Following { state, .. } => match state {
                    State::Waiting { until } => AskView::Waiting {
                        until: epoch.moment(*until),
                    },
                    State::AfterCall => AskView::AfterCall,
                },
            },
        }
    }

    /// Returns the request whose answer is still on its way; its ticket is given back when it comes.
    pub(super) fn sending(&self) -> Option<u64> {
        match &self.step {
            Step::Sending { attempt, .. } => Some(*attempt),
            Step::Following { .. } => None,
        }
    }

    pub(super) fn not_moved(&self, why: NotMoved) -> SignedOutReason {
        SignedOutReason::NotMoved {
            device_name: self.held.device_name.clone(),
            why,
        }
    }

    fn handle_unanswered(&mut self, failure: SidecarFailure, now: Instant, outputs: &mut Outputs) {
        let Step::Following {
            question, trouble, ..
        } = &mut self.step
        else {
            return;
        };
        let (since, failures) = trouble
            .as_ref()
            .map_or((now, 0), |it| (it.since, it.failures));
        let retry_after = match &failure {
            SidecarFailure::Refused { retry_after, .. } => *retry_after,
            SidecarFailure::Unreachable { .. } | SidecarFailure::Nonsense { .. } => None,
        };
        let wait = BACKOFF.wait(failures, retry_after, outputs);
        *question = Question::Due { at: now + wait };
        *trouble = Some(Trouble {
            since,
            failures: failures.saturating_add(1),
            last: failure,
        });
    }

    /// Asks at once: the network is another, or the machine slept.
    pub(super) fn ask_soon(&mut self, now: Instant) {
        if let Step::Following {
            question,
            state,
            trouble,
            ..
        } = &mut self.step
        {
            *question = Question::Due { at: now };
            // What a sleep made late is not the sidecar's.
            *trouble = None;
            if let State::Waiting { until } = state {
                *until = (*until).max(now);
            }
        }
    }
}

impl Phone {
    /// Asks whoever holds the session of this user for it.
    pub(super) fn ask_to_move(
        &mut self,
        email: String,
        password: SecretString,
        now: Instant,
    ) -> Result<(), Rejected> {
        if !self.setup.sidecar {
            return Err(Rejected::NoSidecar);
        }
        let held = match &self.account {
            Account::SignedOut { reason, .. } => Held::of(reason.as_ref()),
            Account::Restoring { .. }
            | Account::NotConfigured { .. }
            | Account::Fallback { .. } => Held::of(None),
            Account::Resuming(_)
            | Account::SigningIn { .. }
            | Account::Asking(_)
            | Account::SignedIn(_)
            | Account::SigningOut(_) => return Err(Rejected::AlreadySignedIn),
        };
        let email = email.trim().to_owned();
        let body = TakeoverRequest {
            email: email.clone(),
            password: password.clone(),
        };
        let attempt = self.request(Request::Move(MoveCall::Ask(body)), LOGIN_DEADLINE);
        self.account = Account::Asking(Box::new(Asking {
            email,
            password,
            held,
            step: Step::Sending {
                attempt,
                give_up_at: now + LOGIN_DEADLINE + GRACE,
            },
        }));
        Ok(())
    }

    pub(super) fn handle_ask_reply(&mut self, reply: Result<Reply, SidecarFailure>, now: Instant) {
        match reply {
            Ok(Reply::Move(MoveReply::Asked(TakeoverResponse::Free(_)))) => {
                self.sign_in_after_ask(None, now);
            }
            Ok(Reply::Move(MoveReply::Asked(TakeoverResponse::Asked(it)))) => {
                let Account::Asking(asking) = &mut self.account else {
                    return;
                };
                let left = Duration::from_secs(it.deadline_seconds).min(LONGEST);
                let device_name =
                    Some(shown(&it.holder.device_name)).filter(|name| !name.is_empty());
                asking.held.device_name.clone_from(&device_name);
                asking.held.since = it.holder.since.as_deref().map(shown);
                asking.step = Step::Following {
                    ticket: it.ticket,
                    state: State::Waiting { until: now + left },
                    question: Question::Due { at: now },
                    trouble: None,
                };
                self.outputs.event(Event::MoveAsked {
                    device_name,
                    answer_within_ms: left.as_millis() as u64,
                });
            }
            Ok(Reply::Move(MoveReply::Status(status))) => self.handle_status(&status, now),
            Ok(_) => {}
            Err(failure) => self.handle_ask_failed(failure, now),
        }
        self.ask(now);
    }

    fn handle_status(&mut self, status: &TakeoverStatus, now: Instant) {
        let Account::Asking(asking) = &mut self.account else {
            return;
        };
        let Step::Following {
            ticket,
            state,
            question,
            trouble,
        } = &mut asking.step
        else {
            return;
        };
        let why = match status.state {
            TakeoverState::Granted => {
                let ticket = ticket.clone();
                return self.sign_in_after_ask(Some(ticket), now);
            }
            TakeoverState::Refused => Some(NotMoved::Refused),
            TakeoverState::Unanswered => Some(NotMoved::Unanswered),
            TakeoverState::Superseded => Some(NotMoved::Superseded),
            TakeoverState::Withdrawn | TakeoverState::Moved => Some(NotMoved::Lapsed),
            TakeoverState::Waiting | TakeoverState::AfterCall | TakeoverState::Unknown => None,
        };
        if let Some(why) = why {
            let reason = asking.not_moved(why);
            return self.refuse(reason);
        }
        let heard = match status.state {
            TakeoverState::Waiting => State::Waiting {
                until: now + Duration::from_secs(status.seconds_left).min(LONGEST),
            },
            TakeoverState::AfterCall => State::AfterCall,
            TakeoverState::Granted
            | TakeoverState::Refused
            | TakeoverState::Unanswered
            | TakeoverState::Withdrawn
            | TakeoverState::Superseded
            | TakeoverState::Moved
            | TakeoverState::Unknown => *state,
        };
        *trouble = None;
        if let Question::InFlight { sent_at, .. } = question {
            let at = (*sent_at + PACE).max(now);
            *question = Question::Due { at };
        }
        let is_news = heard == State::AfterCall && *state != State::AfterCall;
        *state = heard;
        if is_news {
            let device_name = asking.held.device_name.clone();
            self.outputs.event(Event::MoveAfterCall { device_name });
        }
    }

    fn handle_ask_failed(&mut self, failure: SidecarFailure, now: Instant) {
        let Account::Asking(asking) = &mut self.account else {
            return;
        };
        let reason = match (&asking.step, failure) {
            // An old sidecar: whoever holds the session cannot be asked.
            (
                Step::Sending { .. },
                SidecarFailure::Refused {
                    status: 404 | 405, ..
                },
            ) => SignedOutReason::HeldElsewhere {
                message: asking.held.message.clone(),
                device_name: asking.held.device_name.clone(),
                system: asking.held.system.clone(),
                since: asking.held.since.clone(),
                in_call: asking.held.in_call,
                same_member: Some(true),
                askable: false,
            },
            (Step::Sending { .. }, failure) => login_refusal(failure),
            (
                Step::Following { .. },
                SidecarFailure::Refused {
                    status: 400 | 401 | 403 | 404 | 405 | 409,
                    ..
                },
            ) => asking.not_moved(NotMoved::Lapsed),
            (Step::Following { .. }, failure) => {
                return asking.handle_unanswered(failure, now, &mut self.outputs);
            }
        };
        self.refuse(reason);
    }

    /// Signs in with what was granted; without a ticket, because nobody is in the way.
    fn sign_in_after_ask(&mut self, ticket: Option<SecretString>, now: Instant) {
        let nobody = Account::nobody(self.outputs.now());
        let Account::Asking(asking) = std::mem::replace(&mut self.account, nobody) else {
            return;
        };
        let way = match &ticket {
            Some(_) => Way::Granted {
                device_name: asking.held.device_name,
            },
            None => Way::Direct,
        };
        let login = LoginRequest {
            email: asking.email,
            password: asking.password,
            takeover: false,
            takeover_ticket: ticket,
        };
        self.log_in(login, way, now);
    }

    /// Asks for news when that is due, and gives up when none can come any more.
    pub(super) fn ask(&mut self, now: Instant) {
        let Account::Asking(asking) = &mut self.account else {
            return;
        };
        let is_late = match &asking.step {
            Step::Sending { give_up_at, .. } => *give_up_at <= now,
            Step::Following {
                question: Question::InFlight { give_up_at, .. },
                ..
            } => *give_up_at <= now,
            Step::Following { .. } => false,
        };
        if is_late {
            self.handle_ask_failed(super::holding::overdue(), now);
        }
        let Account::Asking(asking) = &mut self.account else {
            return;
        };
        if asking.ends_at().is_some_and(|at| at <= now) {
            let reason = match &asking.step {
                Step::Following {
                    trouble: Some(trouble),
                    ..
                } => login_refusal(trouble.last.clone()),
                Step::Sending { .. } | Step::Following { .. } => {
                    asking.not_moved(NotMoved::Unanswered)
                }
            };
            self.withdraw();
            return self.refuse(reason);
        }
        if let Step::Following {
            ticket,
            state,
            question,
            ..
        } = &mut asking.step
            && let Question::Due { at } = question
            && *at <= now
        {
            let body = TakeoverStatusRequest {
                ticket: ticket.clone(),
                known: Some(match state {
                    State::Waiting { .. } => TakeoverState::Waiting,
                    State::AfterCall => TakeoverState::AfterCall,
                }),
            };
            let attempt = self.outputs.number();
            *question = Question::InFlight {
                attempt,
                sent_at: now,
                give_up_at: now + STATUS_DEADLINE + GRACE,
            };
            self.outputs.effect(crate::Effect::Sidecar {
                attempt,
                request: Request::Move(MoveCall::Status(body)),
                deadline: STATUS_DEADLINE,
            });
        }
    }

    /// Takes a request back that the holder has been told of; returns the number of that call.
    pub(super) fn withdraw(&mut self) -> Option<u64> {
        let Account::Asking(asking) = &self.account else {
            return None;
        };
        match &asking.step {
            Step::Sending { .. } => None,
            Step::Following { ticket, .. } => {
                let ticket = ticket.clone();
                Some(self.take_back(ticket))
            }
        }
    }

    pub(super) fn take_back(&mut self, ticket: SecretString) -> u64 {
        let body = TakeoverWithdrawal { ticket };
        self.request(Request::Move(MoveCall::Withdraw(body)), SIGN_OUT_DEADLINE)
    }
}

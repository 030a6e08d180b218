use std::{fmt, time::Instant};

use super::{Owner, timeout};
use crate::message::{Method, Request, Response};

/// An INVITE of ours (RFC 3261 §17.1.1, RFC 6026 §7.2).
pub(super) struct ClientInvite {
    /// With our Via.
    request: Request,
    owner: Owner,
    state: State,
}

/// ```text
///  Calling --1xx--> Proceeding --2xx--> Accepted --timer M--> (ends)
///     |  \--2xx--------------------------^   |
///     |cancel        |cancel                 3xx-6xx from any state but Accepted: ACK, ends
///     v              v
///  CancelWanted --1xx: CANCEL--> Cancelled --64·T1--> (ends)
///
///  Calling, CancelWanted, Proceeding --abandon--> Abandoned --64·T1--> (ends)
/// ```
#[derive(Debug)]
enum State {
    Calling {
        timer_b: Instant,
    },
    /// RFC 3261 §9.1: no CANCEL before the first provisional response.
    CancelWanted {
        timer_b: Instant,
    },
    Proceeding,
    /// CANCEL went out, or goes out with the next flow; the 487 is awaited.
    Cancelled {
        deadline: Instant,
    },
    /// Nobody waits for the response any more; it is acknowledged if it comes.
    Abandoned {
        deadline: Instant,
    },
    /// Each 2xx goes to the user agent core, which answers it with ACK.
    Accepted {
        timer_m: Instant,
    },
}

/// What a response asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    Ignore,
    Provisional,
    CancelNow,
    Success,
    Failure,
}

impl ClientInvite {
    pub(super) fn new(request: Request, owner: Owner, now: Instant) -> Self {
        Self {
            request,
            owner,
            state: State::Calling {
                timer_b: timeout(now),
            },
        }
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }

    pub(super) fn handle_response(&mut self, status: u16, now: Instant) -> Reaction {
        match (&self.state, status) {
            (State::Accepted { .. }, 200..300) => Reaction::Success,
            // RFC 6026 §7.2: in Accepted nothing but 2xx counts.
            (State::Accepted { .. }, _) => Reaction::Ignore,
            (State::Calling { .. } | State::Proceeding, ..200) => {
                self.state = State::Proceeding;
                Reaction::Provisional
            }
            (State::CancelWanted { .. }, ..200) => {
                self.state = State::Cancelled {
                    deadline: timeout(now),
                };
                Reaction::CancelNow
            }
            (State::Cancelled { .. } | State::Abandoned { .. }, ..200) => Reaction::Provisional,
            (
                State::Calling { .. }
                | State::CancelWanted { .. }
                | State::Proceeding
                | State::Cancelled { .. }
                | State::Abandoned { .. },
                200..300,
            ) => {
                self.state = State::Accepted {
                    timer_m: timeout(now),
                };
                Reaction::Success
            }
            (
                State::Calling { .. }
                | State::CancelWanted { .. }
                | State::Proceeding
                | State::Cancelled { .. }
                | State::Abandoned { .. },
                300..,
            ) => Reaction::Failure,
        }
    }

    /// Notes the wish to cancel; `true`: CANCEL goes out now.
    pub(super) fn cancel(&mut self, has_flow: bool, now: Instant) -> bool {
        match self.state {
            State::Calling { timer_b } if has_flow => {
                self.state = State::CancelWanted { timer_b };
                false
            }
            State::Calling { .. } | State::Proceeding => {
                // RFC 3261 §9.1: without a final response after 64·T1 the INVITE counts as
                // cancelled.
                self.state = State::Cancelled {
                    deadline: timeout(now),
                };
                has_flow
            }
            State::CancelWanted { .. }
            | State::Cancelled { .. }
            | State::Abandoned { .. }
            | State::Accepted { .. } => false,
        }
    }

    /// Waits no longer than 64·T1 for the final response, which concerns nobody.
    pub(super) fn abandon(&mut self, now: Instant) {
        match self.state {
            State::Calling { .. } | State::CancelWanted { .. } | State::Proceeding => {
                self.state = State::Abandoned {
                    deadline: timeout(now),
                };
            }
            State::Cancelled { .. } | State::Abandoned { .. } | State::Accepted { .. } => {}
        }
    }

    /// Returns whether CANCEL is to be sent on a new flow.
    ///
    /// Whether the INVITE or a provisional response was lost with the old one is unknown; a CANCEL
    /// for nothing is answered 481, a call that rings on for nobody is worse.
    pub(super) fn is_cancelled(&mut self, now: Instant) -> bool {
        match self.state {
            State::CancelWanted { .. } => {
                self.state = State::Cancelled {
                    deadline: timeout(now),
                };
                true
            }
            State::Cancelled { .. } => true,
            State::Calling { .. }
            | State::Proceeding
            | State::Abandoned { .. }
            | State::Accepted { .. } => false,
        }
    }

    pub(super) fn awaits_final(&self) -> bool {
        match self.state {
            State::Calling { .. }
            | State::CancelWanted { .. }
            | State::Proceeding
            | State::Cancelled { .. } => true,
            State::Abandoned { .. } | State::Accepted { .. } => false,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Calling { timer_b } | State::CancelWanted { timer_b } => Some(timer_b),
            State::Proceeding => None,
            State::Cancelled { deadline } | State::Abandoned { deadline } => Some(deadline),
            State::Accepted { timer_m } => Some(timer_m),
        }
    }

    /// Makes the ACK of a refusal (RFC 3261 §17.1.1.3).
    pub(super) fn make_ack(&self, response: &Response) -> Request {
        let mut ack = self.make_like(Method::Ack);
        if let Some(to) = response.headers.get("To") {
            ack.headers.set("To", to);
        }
        ack
    }

    /// Makes the CANCEL: the same Via, Route, From, To, Call-ID and CSeq number (RFC 3261 §9.1).
    pub(super) fn make_cancel(&self) -> Request {
        self.make_like(Method::Cancel)
    }

    fn make_like(&self, method: Method) -> Request {
        let headers = &self.request.headers;
        let mut made = Request::new(method.clone(), self.request.uri.clone());
        for name in ["Via", "Route", "Max-Forwards", "From", "To", "Call-ID"] {
            for value in headers.all(name) {
                made.headers.push(name, value);
            }
        }
        if let Some((number, _)) = headers.cseq() {
            made.headers.push("CSeq", format!("{number} {method}"));
        }
        if let Some(user_agent) = headers.get("User-Agent") {
            made.headers.push("User-Agent", user_agent);
        }
        made
    }
}

/// Without the request, which may carry credentials.
impl fmt::Debug for ClientInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientInvite")
            .field("owner", &self.owner)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

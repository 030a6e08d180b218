use std::time::Instant;

use super::timeout;
use crate::message::Request;

/// An INVITE of another (RFC 3261 §17.2.1, RFC 6026 §7.1).
#[derive(Debug)]
pub(super) struct ServerInvite {
    request: Request,
    state: State,
}

/// ```text
///  Proceeding --2xx--> Accepted --timer L--> (ends)
///      \--3xx-6xx--> Completed --ACK or timer H--> (ends)
/// ```
#[derive(Debug)]
enum State {
    Proceeding {
        /// The last provisional response, as text.
        provisional: Option<String>,
    },
    Completed {
        response: String,
        timer_h: Instant,
    },
    /// The core repeats the 2xx until ACK; repeated INVITEs are absorbed.
    Accepted {
        timer_l: Instant,
    },
}

impl ServerInvite {
    pub(super) fn new(request: Request) -> Self {
        Self {
            request,
            state: State::Proceeding { provisional: None },
        }
    }

    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    pub(super) fn respond(&mut self, status: u16, text: String, now: Instant) {
        match self.state {
            State::Proceeding { .. } => {
                self.state = match status {
                    ..200 => State::Proceeding {
                        provisional: Some(text),
                    },
                    200..300 => State::Accepted {
                        timer_l: timeout(now),
                    },
                    300.. => State::Completed {
                        response: text,
                        timer_h: timeout(now),
                    },
                }
            }
            State::Completed { .. } | State::Accepted { .. } => {}
        }
    }

    /// Returns what a repeated INVITE, or a new flow, is told.
    pub(super) fn handle_repetition(&self) -> Option<&str> {
        match &self.state {
            State::Proceeding { provisional } => provisional.as_deref(),
            State::Completed { response, .. } => Some(response),
            State::Accepted { .. } => None,
        }
    }

    pub(super) fn is_completed(&self) -> bool {
        match self.state {
            State::Completed { .. } => true,
            State::Proceeding { .. } | State::Accepted { .. } => false,
        }
    }

    /// RFC 3261 §8.2.2.2: the same Call-ID, From tag and CSeq.
    pub(super) fn is_same_as(&self, request: &Request) -> bool {
        let (ours, theirs) = (&self.request.headers, &request.headers);
        let tag = |headers: &crate::message::Headers| {
            headers
                .from()
                .and_then(|from| from.tag().map(str::to_owned))
        };
        ours.call_id() == theirs.call_id()
            && ours.cseq() == theirs.cseq()
            && tag(ours) == tag(theirs)
    }

    /// How long the core rings, the core decides.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Proceeding { .. } => None,
            State::Completed { timer_h, .. } => Some(timer_h),
            State::Accepted { timer_l } => Some(timer_l),
        }
    }
}

use std::{fmt, time::Instant};

use super::{Owner, timeout};
use crate::message::{Method, Request};

/// Any other request of ours (RFC 3261 §17.1.2).
///
/// Trying and Proceeding differ in timer E only, which does not run over a reliable transport;
/// Completed lasts no time (timer K). What remains is one state that a final response or timer F
/// ends.
pub(super) struct ClientNonInvite {
    request: Request,
    owner: Owner,
    timer_f: Instant,
}

impl ClientNonInvite {
    pub(super) fn new(request: Request, owner: Owner, now: Instant) -> Self {
        Self {
            request,
            owner,
            timer_f: timeout(now),
        }
    }

    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    pub(super) fn method(&self) -> &Method {
        &self.request.method
    }

    pub(super) fn timer_f(&self) -> Instant {
        self.timer_f
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}

/// Without the request, which may carry credentials.
impl fmt::Debug for ClientNonInvite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientNonInvite")
            .field("method", &self.request.method)
            .field("owner", &self.owner)
            .field("timer_f", &self.timer_f)
            .finish_non_exhaustive()
    }
}

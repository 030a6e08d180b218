use std::time::{Duration, Instant};

use crate::{
    core::Core,
    message::Response,
    timer::{T1, T2, TRANSACTION_TIMEOUT},
};

/// A 2xx of ours that waits for its ACK, repeated also over a reliable transport (RFC 3261
/// §13.3.1.4).
#[derive(Debug)]
pub(super) struct Unacknowledged {
    cseq: u32,
    response: Response,
    /// What the caller is told with the ACK.
    kind: Kind,
    interval: Duration,
    repeat_at: Instant,
    give_up_at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first 2xx of a call; `wants_answer`: it carried the offer.
    First { wants_answer: bool },
    /// The 2xx to a re-INVITE.
    Again { wants_answer: bool },
}

impl Unacknowledged {
    pub(super) fn new(cseq: u32, response: Response, kind: Kind, now: Instant) -> Self {
        Self {
            cseq,
            response,
            kind,
            interval: T1,
            repeat_at: now + T1,
            give_up_at: now + TRANSACTION_TIMEOUT,
        }
    }

    pub(super) fn cseq(&self) -> u32 {
        self.cseq
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn wants_answer(&self) -> bool {
        match self.kind {
            Kind::First { wants_answer } | Kind::Again { wants_answer } => wants_answer,
        }
    }

    pub(super) fn response(&self) -> &Response {
        &self.response
    }

    /// Sends the 2xx again at once, on a new flow.
    pub(super) fn repeat(&mut self, core: &mut Core, now: Instant) {
        core.flow.send(self.response.to_text());
        self.interval = T1;
        self.repeat_at = now + T1;
    }

    /// Repeats what is due; `true`: no ACK came in time.
    pub(super) fn handle_timeout(&mut self, core: &mut Core, now: Instant) -> bool {
        if self.give_up_at <= now {
            return true;
        }
        if self.repeat_at <= now {
            core.flow.send(self.response.to_text());
            self.interval = (self.interval * 2).min(T2);
            self.repeat_at = now + self.interval;
        }
        false
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.repeat_at.min(self.give_up_at)
    }
}

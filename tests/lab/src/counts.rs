use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::codec::Codec;

/// What the lab has seen since its start; methods and statuses as they stood on the wire.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Requests that phones sent, by method.
    pub requests: BTreeMap<String, u64>,
    /// Responses that phones sent, by status.
    pub responses: BTreeMap<u16, u64>,
    /// Responses that the registrar itself gave to phones, by status; what it relayed is not among them.
    pub replies: BTreeMap<u16, u64>,
    /// Successful REGISTERs by extension, refreshes and removals among them.
    pub registrations: BTreeMap<String, u64>,
    /// Bindings that exist, by extension; an extension without one is absent.
    pub bindings: BTreeMap<String, usize>,
    /// WebSockets that were opened, and those that are open.
    pub flows_opened: u64,
    pub flows_open: u64,
    /// TLS or WebSocket handshakes that failed.
    pub handshakes_failed: u64,
    /// CRLFCRLF from phones (RFC 5626 §3.5.1).
    pub keep_alives: u64,
    /// WebSocket pings from phones.
    pub pings: u64,
    /// What was no SIP message.
    pub malformed: u64,
    /// The last INVITEs outside dialogs that phones sent; one that is challenged and repeated is two.
    pub invites: VecDeque<InviteArrival>,
    /// The last calls that the lab's own user agents took part in, by Call-ID in the order of their beginning.
    pub calls: VecDeque<CallCount>,
}

#[derive(Debug, Clone)]
pub struct InviteArrival {
    pub at: Instant,
    pub call_id: String,
    /// User parts of From and of the request URI.
    pub from: String,
    pub to: String,
    /// Whether it carried credentials, right or wrong.
    pub credentials: bool,
}

/// A call of one of the lab's user agents.
#[derive(Debug, Clone)]
pub struct CallCount {
    pub call_id: String,
    /// The extension that took part.
    pub extension: String,
    pub state: CallState,
    /// Whether the ACK for a 2xx of this extension has come.
    pub is_acknowledged: bool,
    pub rtp_received: u64,
    pub rtp_sent: u64,
    /// How the last packet was sent by what plays.
    pub codec: Option<Codec>,
    /// Gaps in the sequence numbers received.
    pub rtp_lost: u64,
    pub first_rtp_received: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallState {
    /// INVITE sent or received.
    Begun,
    /// 180 or 183 sent or received.
    Ringing,
    /// 2xx sent or received.
    Answered,
    /// ICE and DTLS are done.
    Connected,
    /// Over, with the status of the final response where there was no 2xx.
    Ended { status: Option<u16> },
}

/// No more than this many calls and INVITEs are remembered.
const MAX_REMEMBERED: usize = 512;

impl Counts {
    pub fn requests(&self, method: &str) -> u64 {
        self.requests.get(method).copied().unwrap_or(0)
    }

    pub fn responses(&self, status: u16) -> u64 {
        self.responses.get(&status).copied().unwrap_or(0)
    }

    pub fn replies(&self, status: u16) -> u64 {
        self.replies.get(&status).copied().unwrap_or(0)
    }

    pub fn registrations(&self, extension: &str) -> u64 {
        self.registrations.get(extension).copied().unwrap_or(0)
    }

    pub fn bindings(&self, extension: &str) -> usize {
        self.bindings.get(extension).copied().unwrap_or(0)
    }

    /// Returns the last call that `extension` took part in.
    pub fn last_call(&self, extension: &str) -> Option<&CallCount> {
        self.calls.iter().rev().find(|c| c.extension == extension)
    }

    pub(crate) fn remember_invite(&mut self, invite: InviteArrival) {
        if self.invites.len() >= MAX_REMEMBERED {
            self.invites.pop_front();
        }
        self.invites.push_back(invite);
    }

    pub(crate) fn begin_call(&mut self, call_id: &str, extension: &str) {
        if self.calls.len() >= MAX_REMEMBERED {
            self.calls.pop_front();
        }
        self.calls.push_back(CallCount {
            call_id: call_id.to_owned(),
            extension: extension.to_owned(),
            state: CallState::Begun,
            is_acknowledged: false,
            rtp_received: 0,
            rtp_sent: 0,
            codec: None,
            rtp_lost: 0,
            first_rtp_received: None,
        });
    }

    pub(crate) fn call_mut(&mut self, call_id: &str, extension: &str) -> Option<&mut CallCount> {
        self.calls
            .iter_mut()
            .rev()
            .find(|call| call.call_id == call_id && call.extension == extension)
    }
}

/// The place where counts are kept and from where they are watched.
#[derive(Debug, Clone)]
pub(crate) struct Tally(watch::Sender<Counts>);

/// The counts never came to be what was waited for; what they were at the deadline.
#[derive(Debug, thiserror::Error)]
#[error("Not seen within {deadline:?}: {what}; the lab has seen {seen:#?}")]
pub struct NotSeen {
    pub what: String,
    pub deadline: Duration,
    pub seen: Box<Counts>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Counts::default()))
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Counts)) {
        self.0.send_modify(change);
    }

    pub(crate) fn now(&self) -> Counts {
        self.0.borrow().clone()
    }

    pub(crate) async fn wait_for(
        &self,
        what: &str,
        deadline: Duration,
        mut held: impl FnMut(&Counts) -> bool,
    ) -> Result<Counts, NotSeen> {
        let mut receiver = self.0.subscribe();
        let seen = tokio::time::timeout(deadline, receiver.wait_for(|counts| held(counts))).await;
        match seen {
            Ok(Ok(counts)) => Ok(counts.clone()),
            Ok(Err(_)) | Err(_) => Err(NotSeen {
                what: what.to_owned(),
                deadline,
                seen: Box::new(self.now()),
            }),
        }
    }
}

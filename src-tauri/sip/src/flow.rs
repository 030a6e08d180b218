//! The WebSocket flow to the registrar's side, as far as the protocol sees it.

use std::{collections::VecDeque, fmt};

use rand::rngs::StdRng;

use crate::{
    message::{Scheme, masked},
    token::token,
};

/// What leaves on the flow, and the names under which we are reachable over it.
pub(crate) struct Flow {
    state: State,
    /// Counts the flows of this user agent: what came on one is not answered as if it came on the
    /// next.
    generation: u32,
    outbox: VecDeque<String>,
    /// RFC 7118 §5: a WebSocket client has no address of its own and invents a host.
    host: String,
    user: String,
    /// The public GRUU the registrar gave to this instance (RFC 5627 §4.2).
    gruu: Option<String>,
}

///   Down --opened--> Settling --registration answered, or not wanted--> Ready --closed--> Down
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Down,
    /// Open, but the registrar may not yet know us on it: requests inside dialogs wait.
    Settling,
    Ready,
}

impl Flow {
    pub(crate) fn new(rng: &mut StdRng) -> Self {
        Self {
            state: State::Down,
            generation: 0,
            outbox: VecDeque::new(),
            host: format!("{}.invalid", token(rng, 12)),
            user: token(rng, 8),
            gruu: None,
        }
    }

    pub(crate) fn open(&mut self) {
        self.state = State::Settling;
        self.generation = self.generation.wrapping_add(1);
        self.outbox.clear();
    }

    pub(crate) fn settle(&mut self) {
        match self.state {
            State::Settling => self.state = State::Ready,
            State::Down | State::Ready => {}
        }
    }

    pub(crate) fn close(&mut self) {
        self.state = State::Down;
        self.outbox.clear();
    }

    pub(crate) fn is_up(&self) -> bool {
        self.state != State::Down
    }

    /// Returns whether requests inside dialogs may go out.
    pub(crate) fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Queues one message; without a flow it is lost, as on any network.
    pub(crate) fn send(&mut self, message: String) {
        if self.is_up() {
            tracing::trace!(message = masked(&message), "Sent");
            self.outbox.push_back(message);
        }
    }

    pub(crate) fn next(&mut self) -> Option<String> {
        self.outbox.pop_front()
    }

    /// Returns the sent-by host of our Via.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn set_gruu(&mut self, gruu: Option<String>) {
        self.gruu = gruu;
    }

    /// Returns the URI that is registered; `transport=ws` also over TLS, as JsSIP writes it (RFC
    /// 7118 §5.2.1).
    pub(crate) fn contact_uri(&self) -> String {
        format!("sip:{}@{};transport=ws", self.user, self.host)
    }

    /// Returns whether a Contact of the registrar's list is the one that is registered here.
    ///
    /// The user part is ours alone. The host is not looked at: border elements write their own
    /// there.
    pub(crate) fn is_contact_of(&self, user: Option<&str>) -> bool {
        user == Some(self.user.as_str())
    }

    /// Returns the Contact of a request that makes a dialog with `target`, or of our answer to one.
    pub(crate) fn dialog_contact(&self, target: &Scheme, is_request: bool) -> String {
        if let Some(gruu) = &self.gruu {
            return format!("<{gruu}>");
        }
        // RFC 3261 §8.1.1.8, §12.1.1: a SIPS request wants a SIPS Contact.
        let scheme = if *target == Scheme::Sips {
            "sips"
        } else {
            "sip"
        };
        // RFC 5626 §4.3: later requests of this dialog shall use this flow.
        let ob = if is_request { ";ob" } else { "" };
        format!("<{scheme}:{}@{};transport=ws{ob}>", self.user, self.host)
    }
}

/// Without what is to be sent, which may carry credentials.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("state", &self.state)
            .field("generation", &self.generation)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

use std::time::Duration;

/// Names the media of one call inside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// Names one remote end of a session: an outgoing call has one per dialog until one is selected; the first is `Peer(0)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u32);

/// What the media thread is asked to do. A session begins with its first `Offer` or `Answer` and ends with `Close`.
#[derive(Debug, Clone)]
pub enum Command {
    /// Makes an offer, first or later; answered by [`News::Offer`](crate::News::Offer).
    Offer {
        session: SessionId,
        request: u64,
    },
    /// Answers an offer, first or later; answered by [`News::Answer`](crate::News::Answer) or [`News::Refused`](crate::News::Refused),
    /// which leaves the session as it was.
    Answer {
        session: SessionId,
        request: u64,
        offer: String,
    },
    /// Takes the peer's answer to our offer; answered by [`News::Applied`](crate::News::Applied) or [`News::Refused`](crate::News::Refused).
    Apply {
        session: SessionId,
        request: u64,
        peer: Peer,
        answer: String,
    },
    /// Our outstanding offer was refused by the peer: the session stays as it was.
    Withdraw {
        session: SessionId,
    },
    /// The call is answered and goes on with this peer, whose answer may be still to come (`Apply`);
    /// the others are dropped, and capture begins once the peer is connected.
    ///
    /// Until then (early media) what comes in is played and nothing is captured. A session that
    /// began with `Answer` connects from here on: before, its peer does not know the answer.
    Select {
        session: SessionId,
        peer: Peer,
    },
    /// Has the next offer restart ICE on new sockets (RFC 8839 §4.4.1.1.1); the path that there is
    /// stays until another is found.
    Restart {
        session: SessionId,
    },
    /// Sets whether we hold the peer. It changes the direction of the next offer or answer, and stops and restarts capture at once.
    Hold {
        session: SessionId,
        on: bool,
    },
    /// Muted: silence is sent in place of the microphone, from the next frame on.
    Mute {
        session: SessionId,
        on: bool,
    },
    /// Sends digits one after another as telephone-events (RFC 4733).
    Dtmf {
        session: SessionId,
        digits: Vec<Digit>,
        duration: Duration,
        gap: Duration,
    },
    Close {
        session: SessionId,
    },
}

impl Command {
    /// Returns the session that the command is for.
    pub fn session(&self) -> SessionId {
        match self {
            Self::Offer { session, .. }
            | Self::Answer { session, .. }
            | Self::Apply { session, .. }
            | Self::Withdraw { session }
            | Self::Select { session, .. }
            | Self::Restart { session }
            | Self::Hold { session, .. }
            | Self::Mute { session, .. }
            | Self::Dtmf { session, .. }
            | Self::Close { session } => *session,
        }
    }
}

/// A DTMF digit: `0`–`9`, `*`, `#`, `A`–`D` (RFC 4733 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digit(char);

impl Digit {
    /// Returns `None` where `c` is no DTMF digit; letters may be small.
    pub fn new(c: char) -> Option<Self> {
        let c = c.to_ascii_uppercase();
        matches!(c, '0'..='9' | '*' | '#' | 'A'..='D').then_some(Self(c))
    }

    pub fn as_char(self) -> char {
        self.0
    }
}

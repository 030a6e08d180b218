use super::description::Attribute;

/// Which way media goes, seen from the one who says it (RFC 8866 §6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    pub(crate) fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    pub(crate) fn sends(self) -> bool {
        match self {
            Self::SendRecv | Self::SendOnly => true,
            Self::RecvOnly | Self::Inactive => false,
        }
    }

    pub(crate) fn receives(self) -> bool {
        match self {
            Self::SendRecv | Self::RecvOnly => true,
            Self::SendOnly | Self::Inactive => false,
        }
    }

    /// Returns what answers an offer of this direction where `wanted` is what the answerer would
    /// like (RFC 3264 §6.1).
    pub(super) fn answer(self, wanted: Self) -> Self {
        Self::new(
            self.receives() && wanted.sends(),
            self.sends() && wanted.receives(),
        )
    }

    /// Returns what remains of our offer of this direction after the peer's `answer`, seen from us.
    pub(super) fn intersect(self, answer: Self) -> Self {
        answer.answer(self)
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// Finds the direction among `attributes`: the first that is said.
    pub(super) fn find(attributes: &[Attribute<'_>]) -> Option<Self> {
        attributes
            .iter()
            .find_map(|attribute| match attribute.name {
                "sendrecv" => Some(Self::SendRecv),
                "sendonly" => Some(Self::SendOnly),
                "recvonly" => Some(Self::RecvOnly),
                "inactive" => Some(Self::Inactive),
                _ => None,
            })
    }
}

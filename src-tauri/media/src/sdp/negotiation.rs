use std::time::Duration;

use super::direction::Direction;
use super::payload::Payload;
use super::stream::{Line, Refusal, Role, Stream};
use crate::codec::{Limits, clock_rate};
use crate::{Codec, Negotiated};

/// Who begins DTLS, as our description says it (RFC 4145 §4, RFC 8842 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setup {
    ActPass,
    Active,
    Passive,
}

/// What an offer and its answer mean for our side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// What we send, under this number.
    pub(crate) codec: Codec,
    pub(crate) payload_type: u8,
    /// Number and clock rate of the telephone-events that we may send.
    pub(crate) telephone_event: Option<(u8, u32)>,
    pub(crate) ptime: Duration,
    pub(crate) limits: Limits,
    /// Seen from us.
    pub(crate) direction: Direction,
    pub(crate) held_by_peer: bool,
    /// Whether RTCP may share the port of RTP (RFC 5761); where not, there is none.
    pub(crate) rtcp_mux: bool,
}

/// Our answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) agreement: Agreement,
    /// The formats of the answer's `m=` line.
    pub(crate) payloads: Vec<(u8, Payload)>,
    pub(crate) setup: Setup,
}

impl Agreement {
    pub(crate) fn negotiated(&self) -> Negotiated {
        Negotiated {
            codec: self.codec,
            telephone_event: self.telephone_event.is_some(),
            held_by_peer: self.held_by_peer,
        }
    }

    fn new(stream: &Stream, direction: Direction) -> Result<Self, Refusal> {
        let (payload_type, codec) = stream.first_codec()?;
        Ok(Self {
            codec,
            payload_type,
            telephone_event: stream.telephone_event(clock_rate(codec)),
            ptime: stream.ptime,
            limits: stream.limits,
            direction,
            held_by_peer: !stream.direction.receives(),
            rtcp_mux: stream.rtcp_mux,
        })
    }
}

/// Answers the offer `stream` of a peer; `wanted` is the direction that this side would like,
/// `role` our role in a DTLS association that goes on.
///
/// The first codec of the offer that this phone has is chosen, and telephone-events of its clock.
pub(crate) fn answer(
    stream: &Stream,
    wanted: Direction,
    role: Option<Setup>,
) -> Result<Answer, Refusal> {
    let agreement = Agreement::new(stream, stream.direction.answer(wanted))?;
    let event = agreement
        .telephone_event
        .map(|(number, clock)| (number, Payload::TelephoneEvent(clock)));
    let payloads = [(agreement.payload_type, Payload::Audio(agreement.codec))]
        .into_iter()
        .chain(event)
        .collect();
    let setup = match stream.role {
        Some(Role::Active) => Setup::Passive,
        Some(Role::Passive) => Setup::Active,
        // RFC 8842 §5.3: an association that goes on keeps its roles; active saves half a round
        // trip
        Some(Role::ActPass) | None => role.unwrap_or(Setup::Active),
    };
    Ok(Answer {
        agreement,
        payloads,
        setup,
    })
}

/// Reads the answer `stream` to our offer of `lines` (ours is number `index`) with `direction`;
/// returns our role in DTLS with what was agreed.
pub(crate) fn apply(
    stream: &Stream,
    lines: &[Line],
    index: usize,
    direction: Direction,
) -> Result<(Agreement, Setup), Refusal> {
    // RFC 3264 §6: the answer has the m= lines of the offer, in their order
    if stream.index != index || stream.lines.len() != lines.len() {
        return Err(Refusal::new(format!(
            "the answer has {} m= lines, the offer had {}",
            stream.lines.len(),
            lines.len()
        )));
    }
    let agreement = Agreement::new(stream, direction.intersect(stream.direction))?;
    let setup = match stream.role {
        Some(Role::Active) => Setup::Passive,
        // RFC 4145 §4: an answer without a=setup is passive. One that leaves it open, against
        // RFC 5763 §5, comes from peers that wait.
        Some(Role::Passive | Role::ActPass) | None => Setup::Active,
    };
    Ok((agreement, setup))
}

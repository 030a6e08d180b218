//! Offer/answer (RFC 3264) with session descriptions (RFC 8866) of one encrypted audio stream.
//!
//! [`Stream`] is what a peer's text means for a call, or a [`Refusal`] why it cannot be used;
//! [`answer`] and [`apply`] are the rules of offer and answer; [`Text`] writes ours. What the
//! network sends never panics here and is bounded in size; what is unknown is ignored.

mod candidate;
mod description;
mod direction;
mod negotiation;
mod payload;
mod stream;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use direction::Direction;
pub(crate) use negotiation::{Agreement, Setup, answer, apply};
pub(crate) use payload::{Payload, PayloadMap};
pub(crate) use stream::{Line, Refusal, Stream};
pub(crate) use text::Text;

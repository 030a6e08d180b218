//! RTP and RTCP (RFC 3550) of one audio stream each way, with telephone-events (RFC 4733).

mod digits;
mod events;
mod packet;
mod receiver;
mod reports;
mod sender;
mod statistics;
#[cfg(test)]
mod tests;
mod timeline;

pub(crate) use packet::Packet;
pub(crate) use receiver::{Audio, ReceiveFormat, Received, Receiver};
pub(crate) use reports::Reports;
pub(crate) use sender::{Format, Sender, TelephoneEvent, Voice};

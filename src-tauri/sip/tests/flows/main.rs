//! A user agent against servers and far ends that the tests play, in virtual time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod challenges;
mod changes;
mod digits;
mod flow;
mod glare;
mod incoming;
mod leaving;
mod message;
mod outgoing;
mod pair;
mod phone;
mod properties;
mod proxy;
mod registration;
mod repeated;
mod requests;

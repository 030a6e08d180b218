//! Two transports, or one and a peer made by hand, over a simulated link in virtual time.
#![allow(clippy::unwrap_used)]

mod link;
mod setup;

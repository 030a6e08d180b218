use std::time::Instant;

use secrecy::SecretString;

use crate::{Accepted, Command, Effect, Event, Input, PhoneView, Rejected};

/// What a phone is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where the sidecar is, if one is configured.
    pub sidecar: bool,
    /// Used where no sidecar is configured.
    pub fallback: Option<Fallback>,
    /// The installation's UUID in canonical text form: `+sip.instance` and `X-Device-Id`.
    pub device_id: String,
    pub user_agent: String,
    pub max_calls: usize,
    /// Feeds every random choice of this phone.
    pub seed: [u8; 32],
}

/// The account of `SIP_URI`, `SIP_PASSWORD` and `SIP_WS_SERVER`.
#[derive(Debug, Clone)]
pub struct Fallback {
    pub sip_uri: String,
    pub password: SecretString,
    pub ws_server: String,
}

/// See the [crate] documentation.
#[derive(Debug)]
pub struct Phone {}

#[expect(
    unused_variables,
    clippy::todo,
    reason = "the seam, before its implementation"
)]
impl Phone {
    /// With a fallback account and no sidecar the phone starts to connect at once.
    pub fn new(setup: Setup, now: Instant) -> Self {
        todo!()
    }

    pub fn handle_command(&mut self, command: Command, now: Instant) -> Result<Accepted, Rejected> {
        todo!()
    }

    pub fn handle_input(&mut self, input: Input, now: Instant) {
        todo!()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        todo!()
    }

    pub fn poll_effect(&mut self) -> Option<Effect> {
        todo!()
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        todo!()
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        todo!()
    }

    pub fn view(&self) -> PhoneView {
        todo!()
    }
}

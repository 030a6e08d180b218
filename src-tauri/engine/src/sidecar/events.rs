//! The stream of the sidecar's events, as long as it lasts.

use std::time::Duration;

use phone::{Hop, ServerEvent, SidecarFailure};
use reqwest::{Response, header};
use secrecy::{ExposeSecret, SecretString};
use sidecar_api::{LOST_EVENT, TAKEOVER_EVENT};
use tokio::time;
use tracing::debug;

use crate::{
    fault::Fault,
    server_sent::{Message, Reader},
};

use super::{Sidecar, answer, text};

/// A comment comes every 15 s: after three that did not, the other end is gone.
const SILENCE: Duration = Duration::from_secs(50);

/// An open stream of events.
pub(crate) struct Events<'a> {
    sidecar: &'a Sidecar,
    response: Response,
    reader: Reader,
    /// What was read and is not told yet, the next one last.
    messages: Vec<Message>,
}

impl Sidecar {
    /// Opens the stream within `deadline`.
    pub(crate) async fn events(
        &self,
        access_token: &SecretString,
        deadline: Duration,
    ) -> Result<Events<'_>, SidecarFailure> {
        match time::timeout(deadline, self.open_events(access_token)).await {
            Ok(opened) => opened,
            Err(_) => Err(self.silent(deadline)),
        }
    }

    async fn open_events(&self, access_token: &SecretString) -> Result<Events<'_>, SidecarFailure> {
        let response = self
            .client
            .get(self.url(&["auth", "events"]))
            .bearer_auth(access_token.expose_secret())
            .header(header::ACCEPT, "text/event-stream")
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let kind = text(response.headers(), header::CONTENT_TYPE).unwrap_or_default();
        let is_stream = kind
            .split(';')
            .next()
            .is_some_and(|it| it.trim().eq_ignore_ascii_case("text/event-stream"));
        if !response.status().is_success() {
            let body = self.receive(response).await;
            return Err(body.err().unwrap_or_else(|| answer::no_events("")));
        }
        if !is_stream {
            return Err(answer::no_events(&kind));
        }
        Ok(Events {
            sidecar: self,
            response,
            reader: Reader::default(),
            messages: Vec::new(),
        })
    }
}

impl Events<'_> {
    /// Returns the next event; `None`: the server has ended the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<ServerEvent>, SidecarFailure> {
        loop {
            while let Some(message) = self.messages.pop() {
                if let Some(event) = understood(&message)? {
                    return Ok(Some(event));
                }
            }
            let chunk = match time::timeout(SILENCE, self.response.chunk()).await {
                Ok(chunk) => chunk.map_err(|error| self.sidecar.unreachable(&error))?,
                Err(_) => {
                    let detail = format!("{} has fallen silent", self.sidecar.host());
                    return Err(Fault::new(Hop::Timeout, detail).into());
                }
            };
            let Some(chunk) = chunk else {
                return Ok(None);
            };
            self.reader
                .read(&chunk, &mut self.messages)
                .map_err(|_| answer::event_too_large())?;
            self.messages.reverse();
        }
    }
}

fn understood(message: &Message) -> Result<Option<ServerEvent>, SidecarFailure> {
    let data = message.data.as_bytes();
    match message.name.as_str() {
        TAKEOVER_EVENT => Ok(Some(ServerEvent::Takeover(answer::read(data)?))),
        LOST_EVENT => Ok(Some(ServerEvent::Lost(answer::read(data)?))),
        _ => {
            debug!("an event that this version does not know");
            Ok(None)
        }
    }
}

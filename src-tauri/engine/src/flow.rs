use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use phone::{FlowFailure, FlowId, Hop, Input};
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        client::IntoClientRequest,
        error::{CapacityError, ProtocolError, SubProtocolError},
        handshake::client::Response,
        http::{HeaderValue, header},
        protocol::WebSocketConfig,
    },
};
use tracing::{debug, warn};
use url::Url;

use crate::{
    connector::{Connector, Wire, within},
    fault::{Fault, find, io_sentence},
    retry_after,
};

/// The largest message that is taken, in bytes: far above any real SIP message, far below what
/// hurts.
pub(crate) const MAX_MESSAGE: usize = 64 * 1024;

/// How many messages may wait for a server that does not read. The phone sends a few at a time.
const MAX_WAITING: usize = 256;

/// How long one message may take to leave: a server that reads nothing for this long is gone.
const WRITE_DEADLINE: Duration = Duration::from_secs(20);

/// How long the server may take to return our close frame; nothing of value comes any more (RFC
/// 6455 §7.1.1).
const CLOSE_DEADLINE: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TlsStream<Box<dyn Wire>>>;

/// The engine's end of a WebSocket. Dropping it closes the socket, after everything that was given
/// has been sent.
#[derive(Debug)]
pub(crate) struct Flow {
    outbox: mpsc::Sender<Outgoing>,
}

#[derive(Debug)]
enum Outgoing {
    Text(String),
    Ping,
}

impl Flow {
    /// Begins to open a flow; the future is its whole life and tells `inputs` what happens to it.
    pub(crate) fn open(
        connector: Arc<Connector>,
        flow: FlowId,
        url: String,
        deadline: Duration,
        inputs: mpsc::Sender<Input>,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (outbox, outgoing) = mpsc::channel(MAX_WAITING);
        let life = async move {
            let end = Instant::now() + deadline;
            live(connector, flow, url, end, outgoing, inputs).await;
        };
        (Self { outbox }, life)
    }

    /// Gives a message to be sent; fails where too many wait already.
    pub(crate) fn send(&self, message: String) -> Result<(), FlowFailure> {
        self.give(Outgoing::Text(message))
    }

    pub(crate) fn ping(&self) -> Result<(), FlowFailure> {
        self.give(Outgoing::Ping)
    }

    /// Tells whether the flow has ended by itself.
    pub(crate) fn is_over(&self) -> bool {
        self.outbox.is_closed()
    }

    fn give(&self, outgoing: Outgoing) -> Result<(), FlowFailure> {
        match self.outbox.try_send(outgoing) {
            Ok(()) => Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => Err(failure(format!(
                "The server does not read: {MAX_WAITING} messages wait for it"
            ))),
            // The flow has failed and its failure is on its way to the phone.
            Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
        }
    }
}

async fn live(
    connector: Arc<Connector>,
    flow: FlowId,
    url: String,
    deadline: Instant,
    mut outgoing: mpsc::Receiver<Outgoing>,
    inputs: mpsc::Sender<Input>,
) {
    let opened = tokio::select! {
        opened = handshake(&connector, &url, deadline) => opened,
        () = closed(&mut outgoing) => return,
    };
    let socket = match opened {
        Ok(socket) => socket,
        Err(failure) => {
            debug!(flow = flow.0, %url, hop = ?failure.hop, detail = failure.detail, "no WebSocket");
            let _ = inputs.send(Input::FlowFailed { flow, failure }).await;
            return;
        }
    };
    debug!(flow = flow.0, %url, "WebSocket open");
    if inputs.send(Input::FlowOpened { flow }).await.is_err() {
        return;
    }

    let (mut sink, mut stream) = socket.split();
    let failure = tokio::select! {
        written = write(&mut sink, &mut outgoing) => written.err(),
        failure = read(flow, &mut stream, &inputs) => failure,
    };
    match failure {
        None => close(sink, stream).await,
        Some(failure) => {
            debug!(flow = flow.0, detail = failure.detail, "WebSocket lost");
            let _ = inputs.send(Input::FlowFailed { flow, failure }).await;
        }
    }
}

/// Waits until the engine wants the flow no more; what is given before a flow is open is a mistake
/// and is not sent.
async fn closed(outgoing: &mut mpsc::Receiver<Outgoing>) {
    while let Some(outgoing) = outgoing.recv().await {
        // Not what it is: it may hold credentials.
        warn!(
            is_ping = matches!(outgoing, Outgoing::Ping),
            "given to a flow that is not open"
        );
    }
}

/// Sends what it is given, until nobody can give anything any more.
async fn write(
    sink: &mut SplitSink<Socket, Message>,
    outgoing: &mut mpsc::Receiver<Outgoing>,
) -> Result<(), FlowFailure> {
    while let Some(outgoing) = outgoing.recv().await {
        let message = match outgoing {
            Outgoing::Text(text) => Message::text(text),
            Outgoing::Ping => Message::Ping(Bytes::new()),
        };
        match time::timeout(WRITE_DEADLINE, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(lost(&error)),
            Err(_) => {
                return Err(failure(format!(
                    "The server has read nothing for {} s",
                    WRITE_DEADLINE.as_secs()
                )));
            }
        }
    }
    Ok(())
}

/// Tells what comes in, until the flow fails; `None` where nobody wants to hear it.
async fn read(
    flow: FlowId,
    stream: &mut SplitStream<Socket>,
    inputs: &mpsc::Sender<Input>,
) -> Option<FlowFailure> {
    loop {
        let message = match stream.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Some(lost(&error)),
            None => return Some(failure("The server closed the connection".into())),
        };
        let input = match message {
            Message::Text(text) => Input::Message {
                flow,
                message: text.as_bytes().to_vec(),
            },
            Message::Binary(bytes) => Input::Message {
                flow,
                message: bytes.to_vec(),
            },
            Message::Pong(_) => Input::Pong { flow },
            // tungstenite has its pong ready and sends it when this loop reads again.
            Message::Ping(_) => continue,
            Message::Close(frame) => {
                let words = frame.map_or_else(String::new, |frame| {
                    format!(" ({} {})", u16::from(frame.code), shortened(&frame.reason))
                });
                return Some(failure(format!("The server closed the WebSocket{words}")));
            }
            Message::Frame(_) => continue,
        };
        if inputs.send(input).await.is_err() {
            return None;
        }
    }
}

/// Says goodbye (RFC 6455 §7.1.2) and waits a moment for the reply, so that the server reads what
/// was sent before it.
async fn close(mut sink: SplitSink<Socket, Message>, mut stream: SplitStream<Socket>) {
    let goodbye = async {
        if sink.close().await.is_ok() {
            while let Some(Ok(_)) = stream.next().await {}
        }
    };
    if time::timeout(CLOSE_DEADLINE, goodbye).await.is_err() {
        debug!("the server did not return the close of the WebSocket");
    }
}

async fn handshake(
    connector: &Connector,
    url: &str,
    deadline: Instant,
) -> Result<Socket, FlowFailure> {
    let url = parse(url)?;
    let host = url
        .host()
        .ok_or_else(|| configuration(&url, "it names no host"))?;

    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|error| configuration(&url, &error.to_string()))?;
    // RFC 7118 §5
    request.headers_mut().insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static("sip"),
    );
    let config = WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));

    let stream = connector.connect(&url, deadline).await?;
    let upgrade = async {
        tokio_tungstenite::client_async_with_config(request, stream, Some(config))
            .await
            .map_err(|error| not_upgraded(&host.to_string(), error))
    };
    let (socket, _) = within(deadline, &host, "the WebSocket", upgrade).await?;
    Ok(socket)
}

/// SIP over WebSocket carries credentials and call metadata: `wss` alone, to loopback too, so that
/// no switch can be forgotten.
fn parse(text: &str) -> Result<Url, FlowFailure> {
    let url = Url::parse(text).map_err(|error| FlowFailure {
        hop: Hop::Configuration,
        detail: format!("The address of the phone server, \"{text}\", is no URL: {error}"),
        facts: None,
        retry_after: None,
    })?;
    if url.scheme() != "wss" {
        return Err(configuration(&url, "it must begin with wss://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let mut shown = url.clone();
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        return Err(configuration(
            &shown,
            "it must not hold a user name or a password",
        ));
    }
    Ok(url)
}

fn configuration(url: &Url, reason: &str) -> FlowFailure {
    FlowFailure {
        hop: Hop::Configuration,
        detail: format!("The address of the phone server, {url}, cannot be used: {reason}"),
        facts: None,
        retry_after: None,
    }
}

fn failure(detail: String) -> FlowFailure {
    FlowFailure {
        hop: Hop::WebSocket,
        detail,
        facts: None,
        retry_after: None,
    }
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "tungstenite's enum is not ours"
)]
fn not_upgraded(host: &str, error: tungstenite::Error) -> FlowFailure {
    match error {
        tungstenite::Error::Http(response) => refused(host, &response),
        tungstenite::Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(
            SubProtocolError::NoSubProtocol | SubProtocolError::InvalidSubProtocol,
        )) => failure(format!(
            "{host} does not speak SIP over WebSocket: its answer does not agree to the sub-protocol \"sip\""
        )),
        tungstenite::Error::Io(ref io) if find::<rustls::Error>(io).is_some() => {
            Fault::tls_io(host, io).into()
        }
        tungstenite::Error::Io(error) => failure(format!(
            "{host} broke off the opening of the WebSocket: {}",
            io_sentence(&error)
        )),
        error => failure(format!("{host} does not speak WebSocket: {error}")),
    }
}

fn refused(host: &str, response: &Response) -> FlowFailure {
    let retry_after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after::parse(value, SystemTime::now()));
    FlowFailure {
        hop: Hop::WebSocket,
        detail: format!("{host} refused the WebSocket: {}", response.status()),
        facts: None,
        retry_after,
    }
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "tungstenite's enum is not ours"
)]
fn lost(error: &tungstenite::Error) -> FlowFailure {
    failure(match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            "The WebSocket was closed".into()
        }
        tungstenite::Error::Io(error) => {
            format!(
                "The connection to the phone server broke: {}",
                io_sentence(error)
            )
        }
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, .. }) => format!(
            "The server sent a message of {size} bytes; more than {MAX_MESSAGE} are not taken"
        ),
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "The server closed the connection".into()
        }
        error => format!("The server does not keep to the WebSocket protocol: {error}"),
    })
}

/// A close frame's reason is at most 123 bytes and may hold anything.
fn shortened(reason: &str) -> String {
    reason.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message as Frame,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header::SEC_WEBSOCKET_PROTOCOL},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::registrar::{FlowFault, FlowId, Registrar, ToFlow};

type Socket = WebSocketStream<tokio_rustls::server::TlsStream<TcpStream>>;

/// TLS and WebSocket handshake together; a phone on this machine needs milliseconds.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// Accepts phones until it is dropped; every connection ends with it.
pub(crate) async fn accept(listener: TcpListener, tls: Arc<ServerConfig>, registrar: Registrar) {
    let acceptor = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(acceptor.clone(), stream, peer, registrar.clone()));
                }
                Err(error) => tracing::warn!(%error, "accepting a connection failed"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    peer: SocketAddr,
    registrar: Registrar,
) {
    let opened = tokio::time::timeout(HANDSHAKE_DEADLINE, open(acceptor, stream)).await;
    let socket = match opened {
        Ok(Ok(socket)) => socket,
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "handshake failed");
            registrar
                .tally
                .update(|counts| counts.handshakes_failed += 1);
            return;
        }
        Err(_) => {
            tracing::debug!(%peer, "handshake took too long");
            registrar
                .tally
                .update(|counts| counts.handshakes_failed += 1);
            return;
        }
    };
    let (flow, receiver) = registrar.open(Some(peer));
    // The registrar learns of the end even where this task is aborted.
    let _guard = OpenFlow {
        registrar: registrar.clone(),
        flow,
    };
    if let Err(error) = serve(socket, receiver, &registrar, flow).await {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

struct OpenFlow {
    registrar: Registrar,
    flow: FlowId,
}

impl Drop for OpenFlow {
    fn drop(&mut self) {
        self.registrar.closed(self.flow);
    }
}

async fn open(acceptor: TlsAcceptor, stream: TcpStream) -> Result<Socket, tungstenite::Error> {
    stream.set_nodelay(true).map_err(tungstenite::Error::Io)?;
    let stream = acceptor
        .accept(stream)
        .await
        .map_err(tungstenite::Error::Io)?;
    tokio_tungstenite::accept_hdr_async(stream, require_sip).await
}

/// RFC 7118 §4.1: the sub-protocol is `sip`; without it the upgrade is refused (400, as Kamailio does).
#[expect(
    clippy::result_large_err,
    reason = "the type of tungstenite's callback"
)]
fn require_sip(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request
        .headers()
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|protocol| protocol.trim().eq_ignore_ascii_case("sip"));
    if offered {
        response
            .headers_mut()
            .insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("sip"));
        return Ok(response);
    }
    let mut refusal = ErrorResponse::new(Some("The sub-protocol sip is required".to_owned()));
    *refusal.status_mut() = StatusCode::BAD_REQUEST;
    Err(refusal)
}

async fn serve(
    mut socket: Socket,
    mut to_flow: mpsc::Receiver<ToFlow>,
    registrar: &Registrar,
    flow: FlowId,
) -> Result<(), tungstenite::Error> {
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Frame::Text(text))) => registrar.handle(flow, text.as_bytes()),
                Some(Ok(Frame::Binary(bytes))) => registrar.handle(flow, &bytes),
                Some(Ok(Frame::Ping(_))) => {
                    registrar.tally.update(|counts| counts.pings += 1);
                    // tungstenite has queued the pong; it leaves with the next flush.
                    socket.flush().await?;
                }
                Some(Ok(Frame::Pong(_) | Frame::Frame(_))) => {}
                Some(Ok(Frame::Close(_))) | None => return Ok(()),
                Some(Err(error)) => return Err(error),
            },
            order = to_flow.recv() => match order {
                Some(ToFlow::Text(text)) => socket.send(Frame::text(text)).await?,
                Some(ToFlow::Fault(FlowFault::Close)) => {
                    let close = CloseFrame {
                        code: CloseCode::Away,
                        reason: "the lab closes this flow".into(),
                    };
                    return socket.close(Some(close)).await;
                }
                Some(ToFlow::Fault(FlowFault::Abort)) | None => return Ok(()),
                Some(ToFlow::Fault(FlowFault::Silence)) => {
                    // The socket stays open and is never read again.
                    while to_flow.recv().await.is_some() {}
                    return Ok(());
                }
            }
        }
    }
}

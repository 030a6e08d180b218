#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use phone::HopFacts;
use rustls::ServerConfig;
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{accept_hdr_async, tungstenite::handshake::server};

use super::*;
use crate::{
    proxy::Proxies,
    test_server::{Authority, HttpServer, closed_port, http, read_head, serve, soon},
};

const FLOW: FlowId = FlowId(7);
const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn messages_go_both_ways_and_a_ping_brings_its_pong() {
    let authority = Authority::new();
    let server = echo(authority.server("127.0.0.1")).await;
    let mut phone = Phone::open(&format!("wss://{server}"), &authority);
    assert!(matches!(
        phone.told().await,
        Input::FlowOpened { flow: FLOW }
    ));

    phone.give(|flow| flow.send("OPTIONS".into()).unwrap());
    assert_eq!(phone.message().await, b"OPTIONS");

    phone.give(|flow| flow.ping().unwrap());
    let told = phone.told().await;
    assert!(matches!(told, Input::Pong { flow: FLOW }), "{told:?}");
}

#[tokio::test]
async fn what_was_given_before_the_close_arrives_and_nothing_is_told_after_it() {
    let authority = Authority::new();
    let (seen, mut seen_rx) = mpsc::unbounded_channel();
    let server = websocket(authority.server("127.0.0.1"), move |mut socket| {
        let seen = seen.clone();
        async move {
            while let Some(Ok(message)) = socket.next().await {
                let _ = seen.send(message);
            }
        }
    })
    .await;
    let mut phone = Phone::open(&format!("wss://{server}"), &authority);
    assert!(matches!(phone.told().await, Input::FlowOpened { .. }));

    for number in 0..50 {
        phone.give(|flow| flow.send(format!("REGISTER {number}")).unwrap());
    }
    let mut inputs = phone.close();

    for number in 0..50 {
        let message = soon(seen_rx.recv()).await.unwrap();
        assert_eq!(message, Message::text(format!("REGISTER {number}")));
    }
    let last = soon(seen_rx.recv()).await.unwrap();
    assert!(matches!(last, Message::Close(_)), "{last:?}");
    assert!(soon(inputs.recv()).await.is_none());
}

#[tokio::test]
async fn a_flow_that_is_closed_before_it_opens_says_nothing() {
    let authority = Authority::new();
    let server = silent().await;
    let phone = Phone::open(&format!("wss://{server}"), &authority);
    let mut inputs = phone.close();
    assert!(soon(inputs.recv()).await.is_none());
}

#[tokio::test]
async fn an_upgrade_that_is_refused_is_told_with_its_status_and_wait() {
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "503 Service Unavailable",
    ] {
        let authority = Authority::new();
        let answer = http(status, "text/html", "<html>")
            .replace("Connection:", "Retry-After: 9\r\nConnection:");
        let server = HttpServer::start(Some(authority.server("127.0.0.1")), answer).await;

        let failure = failed(&format!("wss://{}", server.address), &authority).await;

        assert_eq!(failure.hop, Hop::WebSocket);
        assert_eq!(
            failure.detail,
            format!("127.0.0.1 refused the WebSocket: {status}")
        );
        assert_eq!(failure.retry_after, Some(Duration::from_secs(9)));
    }
}

#[tokio::test]
async fn a_server_that_does_not_agree_to_sip_is_not_used() {
    let authority = Authority::new();
    let server = tls_server(authority.server("127.0.0.1"), |stream| async move {
        let _ = tokio_tungstenite::accept_async(stream).await;
    })
    .await;

    let failure = failed(&format!("wss://{server}"), &authority).await;

    assert_eq!(failure.hop, Hop::WebSocket);
    assert!(
        failure.detail.contains("sub-protocol \"sip\""),
        "{}",
        failure.detail
    );
}

#[tokio::test]
async fn garbage_frames_close_the_flow_with_a_sentence() {
    let oversized: &[u8] = &[0x82, 127, 0, 0, 0, 0, 0, 2, 0, 0];
    for garbage in [
        &[0xff_u8; 64][..],
        b"\x81\x02\xc3\x28",
        oversized,
        b"SIP/2.0 200 OK\r\n\r\n",
    ] {
        let authority = Authority::new();
        let garbage = garbage.to_vec();
        let server = websocket(authority.server("127.0.0.1"), move |mut socket| {
            let garbage = garbage.clone();
            async move {
                let _ = socket.get_mut().write_all(&garbage).await;
                let _ = socket.get_mut().flush().await;
                while let Some(Ok(_)) = socket.next().await {}
            }
        })
        .await;
        let mut phone = Phone::open(&format!("wss://{server}"), &authority);
        assert!(matches!(phone.told().await, Input::FlowOpened { .. }));

        let failure = phone.failure().await;

        assert_eq!(failure.hop, Hop::WebSocket);
        assert!(
            failure.detail.starts_with("The server "),
            "{}",
            failure.detail
        );
    }
}

#[tokio::test]
async fn the_servers_goodbye_is_told_in_its_words() {
    let authority = Authority::new();
    let server = websocket(authority.server("127.0.0.1"), |mut socket| async move {
        let frame = tungstenite::protocol::CloseFrame {
            code: 1001.into(),
            reason: "maintenance".into(),
        };
        let _ = socket.close(Some(frame)).await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let mut phone = Phone::open(&format!("wss://{server}"), &authority);
    assert!(matches!(phone.told().await, Input::FlowOpened { .. }));

    let failure = phone.failure().await;

    assert_eq!(
        failure.detail,
        "The server closed the WebSocket (1001 maintenance)"
    );
}

#[tokio::test]
async fn certificates_that_do_not_verify_are_refused() {
    let authority = Authority::new();
    let stranger = Authority::named("Stranger");
    let impostor = Authority::new();
    for (tls, words) in [
        (stranger.server("127.0.0.1"), "does not trust"),
        (
            impostor.server("127.0.0.1"),
            "bears the name of a trusted authority",
        ),
        (
            authority.expired_server("127.0.0.1"),
            "expired on 2025-03-04",
        ),
        (
            authority.server("other.example"),
            "is for other.example, not for 127.0.0.1",
        ),
    ] {
        let server = echo(tls).await;
        let failure = failed(&format!("wss://{server}"), &authority).await;
        assert_eq!(failure.hop, Hop::Tls);
        assert!(failure.detail.contains(words), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_deadline_and_is_told_with_the_step() {
    let authority = Authority::new();
    let connector = connector(&authority, None);
    let url = format!("wss://{}", silent().await);

    let end = Instant::now() + Duration::from_millis(50);
    let failure = soon(handshake(&connector, &url, end)).await.err().unwrap();

    assert_eq!(failure.hop, Hop::Timeout);
    assert_eq!(
        failure.detail,
        "127.0.0.1 did not answer in time (still waiting for TLS)"
    );
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let address = closed_port().await;
    let failure = failed(&format!("wss://{address}"), &Authority::new()).await;
    assert_eq!(failure.hop, Hop::Tcp);
}

#[tokio::test]
async fn only_wss_is_opened() {
    for (url, words) in [
        ("ws://127.0.0.1:9", "must begin with wss://"),
        ("https://sip.example", "must begin with wss://"),
        ("sip.example", "is no URL"),
        ("wss://", "is no URL"),
        (
            "wss://ana:canary@sip.example",
            "must not hold a user name or a password",
        ),
    ] {
        let failure = failed(url, &Authority::new()).await;
        assert_eq!(failure.hop, Hop::Configuration, "{url}");
        assert!(failure.detail.contains(words), "{}", failure.detail);
        assert!(!failure.detail.contains("canary"), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_by_name_and_tls_goes_through_it() {
    let authority = Authority::new();
    let server = echo(authority.server("sip.example")).await;
    let (asked, mut asked_rx) = mpsc::unbounded_channel();
    let proxy = serve(move |mut tcp| {
        let asked = asked.clone();
        async move {
            asked.send(read_head(&mut tcp).await.unwrap()).unwrap();
            tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
                .unwrap();
            let mut onward = TcpStream::connect(server).await.unwrap();
            let _ = copy_bidirectional(&mut tcp, &mut onward).await;
        }
    })
    .await;

    let proxy = format!("http://ana:secret@{proxy}");
    let mut phone = Phone::open_through("wss://sip.example:444", &authority, Some(&proxy));

    let told = phone.told().await;
    assert!(matches!(told, Input::FlowOpened { .. }), "{told:?}");
    let request = soon(asked_rx.recv()).await.unwrap();
    assert!(
        request.starts_with("CONNECT sip.example:444 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("Proxy-Authorization: Basic YW5hOnNlY3JldA==\r\n"),
        "{request}"
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_without_its_password() {
    for (answer, words, status) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "demands a user name",
            Some(407),
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "502 Bad Gateway",
            Some(502),
        ),
        ("SSH-2.0-server\r\n\r\n", "is no HTTP proxy", None),
        ("", "the connection was closed", None),
    ] {
        let authority = Authority::new();
        let proxy = HttpServer::start(None, answer).await;
        let name = proxy.address.to_string();
        let proxy = format!("http://ana:canary@{}", proxy.address);
        let mut phone = Phone::open_through("wss://sip.example", &authority, Some(&proxy));

        let failure = phone.failure().await;

        assert_eq!(failure.hop, Hop::Proxy);
        let port = 443;
        let facts = HopFacts::Proxy { name, status, port };
        assert_eq!(failure.facts, Some(Box::new(facts)));
        assert!(failure.detail.contains(words), "{}", failure.detail);
        assert!(!failure.detail.contains("canary"), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_server_that_does_not_read_is_given_up_and_reading_goes_on_meanwhile() {
    let authority = Authority::new();
    let server = websocket(authority.server("127.0.0.1"), |mut socket| async move {
        let _ = socket.send(Message::text("OPTIONS")).await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut phone = Phone::open(&format!("wss://{server}"), &authority);
    assert!(matches!(phone.told().await, Input::FlowOpened { .. }));

    let message = "x".repeat(60_000);
    let flow = phone.flow.as_ref().unwrap();
    let overflow = soon(async {
        loop {
            match flow.send(message.clone()) {
                Ok(()) => tokio::task::yield_now().await,
                Err(failure) => return failure,
            }
        }
    })
    .await;

    assert!(
        overflow.detail.contains("does not read"),
        "{}",
        overflow.detail
    );
    assert_eq!(phone.message().await, b"OPTIONS");
}

/// The engine's side of a flow.
struct Phone {
    flow: Option<Flow>,
    inputs: mpsc::Receiver<Input>,
}

impl Phone {
    fn open(url: &str, authority: &Authority) -> Self {
        Self::open_through(url, authority, None)
    }

    fn open_through(url: &str, authority: &Authority, proxy: Option<&str>) -> Self {
        let (inputs, inputs_rx) = mpsc::channel(8);
        let connector = Arc::new(connector(authority, proxy));
        let (flow, life) = Flow::open(connector, FLOW, url.into(), DEADLINE, inputs);
        tokio::spawn(life);
        Self {
            flow: Some(flow),
            inputs: inputs_rx,
        }
    }

    fn give(&self, give: impl FnOnce(&Flow)) {
        give(self.flow.as_ref().unwrap());
    }

    fn close(self) -> mpsc::Receiver<Input> {
        drop(self.flow);
        self.inputs
    }

    async fn told(&mut self) -> Input {
        soon(self.inputs.recv()).await.unwrap()
    }

    async fn message(&mut self) -> Vec<u8> {
        let told = self.told().await;
        let Input::Message {
            flow: FLOW,
            message,
        } = told
        else {
            panic!("{told:?} is no message");
        };
        message
    }

    async fn failure(&mut self) -> FlowFailure {
        let told = self.told().await;
        let Input::FlowFailed {
            flow: FLOW,
            failure,
        } = told
        else {
            panic!("{told:?} is no failure");
        };
        failure
    }
}

async fn failed(url: &str, authority: &Authority) -> FlowFailure {
    Phone::open(url, authority).failure().await
}

fn connector(authority: &Authority, proxy: Option<&str>) -> Connector {
    let proxy = proxy.map(|proxy| Url::parse(proxy).unwrap());
    let proxies = Proxies::new(proxy.as_ref()).unwrap();
    Connector::new(Arc::new(authority.client()), proxies)
}

type ServerSocket = WebSocketStream<tokio_rustls::server::TlsStream<TcpStream>>;

async fn echo(tls: Arc<ServerConfig>) -> SocketAddr {
    websocket(tls, |mut socket| async move {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() && socket.send(message).await.is_err() {
                return;
            }
        }
    })
    .await
}

/// Serves WebSockets with sub-protocol `sip`.
async fn websocket<F, L>(tls: Arc<ServerConfig>, handle: F) -> SocketAddr
where
    F: Fn(ServerSocket) -> L + Clone + Send + Sync + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    tls_server(tls, move |stream| {
        let handle = handle.clone();
        async move {
            #[allow(clippy::result_large_err, reason = "the shape is tungstenite's")]
            let agree = |request: &server::Request, mut response: server::Response| {
                assert_eq!(request.headers()[header::SEC_WEBSOCKET_PROTOCOL], "sip");
                response.headers_mut().insert(
                    header::SEC_WEBSOCKET_PROTOCOL,
                    HeaderValue::from_static("sip"),
                );
                Ok(response)
            };
            if let Ok(socket) = accept_hdr_async(stream, agree).await {
                handle(socket).await;
            }
        }
    })
    .await
}

async fn tls_server<F, L>(tls: Arc<ServerConfig>, handle: F) -> SocketAddr
where
    F: Fn(tokio_rustls::server::TlsStream<TcpStream>) -> L + Clone + Send + Sync + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    serve(move |tcp| {
        let (tls, handle) = (tls.clone(), handle.clone());
        async move {
            // The client may not like what it sees.
            if let Ok(stream) = TlsAcceptor::from(tls).accept(tcp).await {
                handle(stream).await;
            }
        }
    })
    .await
}

/// Accepts connections and never says a word.
async fn silent() -> SocketAddr {
    serve(|tcp| async move {
        let _held = tcp;
        std::future::pending::<()>().await;
    })
    .await
}

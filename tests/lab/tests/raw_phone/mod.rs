//! A phone made of nothing but SIP text, for the tests of the lab itself.

#![allow(clippy::unwrap_used, dead_code, reason = "shared by several tests")]

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt, StreamExt};
use lab::{Algorithm, DigestInput, Message, World, digest_response, parse_credentials};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message as Frame, client::IntoClientRequest, http::HeaderValue},
};

/// All that a test waits for comes within this time, also on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct RawPhone {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    pub(crate) extension: String,
    password: String,
    domain: String,
    instance: String,
    nc: u32,
    cseq: u32,
}

impl RawPhone {
    pub(crate) async fn connect(world: &World, extension: &str, password: &str) -> Self {
        Self {
            socket: open(world, Some("sip")).await.unwrap(),
            extension: extension.to_owned(),
            password: password.to_owned(),
            domain: world.domain().to_owned(),
            instance: uuid::Uuid::new_v4().to_string(),
            nc: 0,
            cseq: 0,
        }
    }

    pub(crate) async fn ana(world: &World) -> Self {
        Self::connect(world, "700201", "ana-lab-secret").await
    }

    pub(crate) async fn ravi(world: &World) -> Self {
        Self::connect(world, "700202", "ravi-lab-secret").await
    }

    /// Opens another flow with the same instance.
    pub(crate) async fn reconnect(&mut self, world: &World) {
        self.socket = open(world, Some("sip")).await.unwrap();
    }

    pub(crate) fn request(&mut self, method: &str, to: &str) -> Message {
        self.cseq += 1;
        let host = format!("{}.invalid", self.extension);
        let uri = match method {
            "REGISTER" => format!("sip:{}", self.domain),
            _ => format!("sip:{to}@{}", self.domain),
        };
        let mut request = Message::request(method, &uri);
        request.push(
            "Via",
            &format!("SIP/2.0/WSS {host};branch=z9hG4bK{}", token()),
        );
        request.push("Max-Forwards", "69");
        request.push(
            "From",
            &format!("<sip:{}@{}>;tag={}", self.extension, self.domain, token()),
        );
        request.push("To", &format!("<sip:{to}@{}>", self.domain));
        request.push("Call-ID", &format!("{}@{host}", token()));
        request.push("CSeq", &format!("{} {method}", self.cseq));
        request.push(
            "Contact",
            &format!(
                "<sip:{}@{host};transport=ws>;+sip.instance=\"<urn:uuid:{}>\";reg-id=1",
                self.extension, self.instance
            ),
        );
        request
    }

    /// Registers with digest and returns the 200.
    pub(crate) async fn register(&mut self, expires: u32) -> Message {
        let extension = self.extension.clone();
        let mut request = self.request("REGISTER", &extension);
        request.push("Expires", &expires.to_string());
        self.send(&request).await;
        let challenge = self.receive_status(401).await;
        let request = self.repeat_with_credentials(&request, &challenge);
        self.send(&request).await;
        self.receive().await
    }

    /// Begins a call with digest; returns the INVITE that carried the credentials.
    pub(crate) async fn invite(&mut self, to: &str, offer: &str) -> Message {
        let mut invite = self.request("INVITE", to);
        if !offer.is_empty() {
            invite.set_body("application/sdp", offer.to_owned());
        }
        self.send(&invite).await;
        let challenge = self.receive_status(407).await;
        self.ack(&invite, &challenge).await;
        let invite = self.repeat_with_credentials(&invite, &challenge);
        self.send(&invite).await;
        invite
    }

    pub(crate) fn repeat_with_credentials(
        &mut self,
        request: &Message,
        challenge: &Message,
    ) -> Message {
        let (asked, given) = match challenge.status() {
            Some(401) => ("WWW-Authenticate", "Authorization"),
            _ => ("Proxy-Authenticate", "Proxy-Authorization"),
        };
        let fields = parse_credentials(challenge.values_unsplit(asked)[0]);
        let algorithm = [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512Trunc256]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == fields["algorithm"])
            .unwrap();
        self.nc += 1;
        self.cseq += 1;
        let nc = format!("{:08x}", self.nc);
        let uri = request.request_uri().unwrap().to_owned();
        let response = digest_response(&DigestInput {
            algorithm,
            username: &self.extension,
            realm: &fields["realm"],
            password: &self.password,
            method: request.method(),
            uri: &uri,
            nonce: &fields["nonce"],
            nc: &nc,
            cnonce: "c0",
        });
        let mut repeated = request.clone();
        let method = request.method().to_owned();
        repeated.set("CSeq", &format!("{} {method}", self.cseq));
        repeated.set(
            "Via",
            &format!(
                "SIP/2.0/WSS {}.invalid;branch=z9hG4bK{}",
                self.extension,
                token()
            ),
        );
        repeated.set(
            given,
            &format!(
                "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{response}\", \
                 algorithm={}, cnonce=\"c0\", qop=auth, nc={nc}",
                self.extension,
                fields["realm"],
                fields["nonce"],
                algorithm.as_str()
            ),
        );
        repeated
    }

    /// Acknowledges a final response to `invite`; a 2xx by a request of its own to the callee's Contact.
    pub(crate) async fn ack(&mut self, invite: &Message, response: &Message) {
        let mut ack = self.within(invite, response, "ACK");
        if response.status().unwrap() >= 300 {
            ack.set("Via", &invite.values("Via")[0]);
        }
        ack.set("CSeq", &format!("{} ACK", invite.cseq().unwrap()));
        self.send(&ack).await;
    }

    /// Makes a request in the dialog of a 2xx to our INVITE.
    pub(crate) fn within(&mut self, invite: &Message, response: &Message, method: &str) -> Message {
        let target = response
            .contact_uri()
            .unwrap_or_else(|| invite.request_uri().unwrap().to_owned());
        let mut request = self.request(method, "x");
        let mut routes = response.values("Record-Route");
        routes.reverse();
        request.set_all("Route", &routes);
        for name in ["From", "To", "Call-ID"] {
            request.set(name, response.header(name).unwrap());
        }
        request.start = lab::Start::Request {
            method: method.to_owned(),
            uri: target,
        };
        request
    }

    pub(crate) fn cancel(&self, invite: &Message) -> Message {
        let mut cancel = Message::request("CANCEL", invite.request_uri().unwrap());
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID"] {
            cancel.push(name, invite.header(name).unwrap());
        }
        cancel.push("CSeq", &format!("{} CANCEL", invite.cseq().unwrap()));
        cancel
    }

    pub(crate) async fn send(&mut self, message: &Message) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Frame::text(text)).await.unwrap();
    }

    /// Returns the next text; `None` where the connection ended.
    pub(crate) async fn receive_text(&mut self) -> Option<String> {
        tokio::time::timeout(DEADLINE, async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Frame::Text(text))) => return Some(text.to_string()),
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        })
        .await
        .expect("a message within the deadline")
    }

    /// Returns the next message that is no 100.
    pub(crate) async fn receive(&mut self) -> Message {
        loop {
            let text = self.receive_text().await.expect("the flow is open");
            let message = Message::parse(text.as_bytes()).unwrap();
            if message.status() != Some(100) {
                return message;
            }
        }
    }

    pub(crate) async fn receive_status(&mut self, status: u16) -> Message {
        let message = self.receive().await;
        assert_eq!(message.status(), Some(status), "{message}");
        message
    }

    pub(crate) async fn receive_request(&mut self, method: &str) -> Message {
        let message = self.receive().await;
        assert_eq!(message.status(), None, "{message}");
        assert_eq!(message.method(), method);
        message
    }

    pub(crate) async fn answer(&mut self, request: &Message, status: u16) {
        let mut response = Message::response(request, status, "x", "callee");
        for route in request.values("Record-Route") {
            response.push("Record-Route", &route);
        }
        response.push(
            "Contact",
            &format!("<sip:{0}@{0}.invalid;transport=ws>", self.extension),
        );
        self.send(&response).await;
    }
}

/// Opens a WebSocket to the lab, trusting its CA.
pub(crate) async fn open(
    world: &World,
    protocol: Option<&'static str>,
) -> Result<WebSocketStream<TlsStream<TcpStream>>, tungstenite::Error> {
    let authority = world.wss_url().strip_prefix("wss://").unwrap();
    let stream = TcpStream::connect(authority).await?;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(world.ca().pem().as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("127.0.0.1").unwrap(), stream)
        .await?;
    let mut request = world.wss_url().into_client_request()?;
    if let Some(protocol) = protocol {
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", HeaderValue::from_static(protocol));
    }
    let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
    Ok(socket)
}

fn token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

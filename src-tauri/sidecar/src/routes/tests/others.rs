//! How long others are waited for (faults, 68 and 78): a phone gives up after 8 s, and hears before that who says nothing.

use std::net::TcpListener;

use super::super::agent as orders;
use super::*;
use crate::queue;

/// What the platform may take for all questions of a call, and Ozonetel for a login or an order.
const PATIENCE: Duration = Duration::from_secs(5);

/// What Ozonetel may take to make a token: less, so that whoever waits for it hears so.
const FOR_A_TOKEN: Duration = Duration::from_secs(4);

#[tokio::test(start_paused = true)]
async fn a_platform_that_says_nothing_is_given_up_after_five_seconds() {
    let platform = Silence::new();
    let sidecar = platform.sidecar(
        "[platform]\nurl = \"SILENCE\"\napi_key = \"key\"\nsip_domain = \"sip.example\"\n\
         sip_ws_server = \"wss://sip.example:444\"\n",
    );
    let state = || State(Arc::clone(&sidecar));
    let words = "The platform does not answer.";

    let login = login::login(state(), peer(), json_headers(), CREDENTIALS.into());
    let cannot = format!("The server cannot sign you in right now. {words}");
    given_up(login, PATIENCE, &cannot).await;

    let ana = owner(1);
    let beat = heartbeat::heartbeat(state(), headers(&sidecar, &ana), Body::empty());
    given_up(beat, PATIENCE, words).await;

    let (ana, device, now) = (caller(&ana), Device::default(), sidecar.clock.now());
    let token = sidecar.sessions.begin(&ana, &device, now).await.unwrap();
    let token = sidecar.carry(token, Some(&"the platform's".into()));
    let body = format!(r#"{{"refreshToken":"{}"}}"#, token.expose_secret());
    let refresh = refresh::refresh(state(), json_headers(), body.into());
    given_up(refresh, PATIENCE, words).await;
}

#[tokio::test(start_paused = true)]
async fn an_ozonetel_that_says_nothing_is_given_up_after_five_seconds() {
    for (mode, in_time) in [("api-key", PATIENCE), ("token", FOR_A_TOKEN)] {
        let ozonetel = Silence::new();
        let sidecar = ozonetel.sidecar(&format!(
            "{EXAMPLE}\n[ozonetel]\nurl = \"SILENCE\"\nuser_name = \"acme\"\napi_key = \"key\"\n\
             authentication = \"{mode}\"\nagent_password = \"an-agents-password\"\n"
        ));
        let state = || State(Arc::clone(&sidecar));

        // A sign-in does not fail by it, and says how it stands.
        let begun = Instant::now();
        let login = login::login(state(), peer(), json_headers(), CREDENTIALS.into());
        let login = login.await.unwrap();
        assert_eq!(begun.elapsed(), PATIENCE);
        assert_eq!(login.status(), StatusCode::CREATED);
        let login = body(login).await;
        let pending = json!({"state": "pending", "message": queue::PENDING});
        assert_eq!(login["telephony"], pending);

        let mut bearer = HeaderMap::new();
        let token = format!("Bearer {}", login["accessToken"].as_str().unwrap());
        bearer.insert(AUTHORIZATION, token.parse().unwrap());
        let ready = orders::ready(state(), bearer, Body::empty());
        given_up(ready, in_time, "Ozonetel does not answer.").await;
    }
}

const CREDENTIALS: &str = r#"{"email":"ana@helix.example","password":"ana-demo-password"}"#;

/// Takes every connection, and says nothing.
struct Silence(TcpListener);

impl Silence {
    fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// Returns a server with this configuration, where `SILENCE` is its address.
    fn sidecar(&self, config: &str) -> Arc<Sidecar> {
        let url = format!("http://{}", self.0.local_addr().unwrap());
        let lock = Arc::new(MemoryLock::new(clock()));
        configured(&config.replace("SILENCE", &url), lock, None)
    }
}

/// Asserts that a call is refused after this time, in these words.
async fn given_up<T>(
    answer: impl Future<Output = Result<T, Refusal>>,
    after: Duration,
    words: &str,
) {
    let asked = Instant::now();
    let refusal = answer.await.err().unwrap().into_response();
    assert_eq!(asked.elapsed(), after);
    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body(refusal).await["message"], words);
}

async fn body(answer: axum::response::Response) -> Value {
    let bytes = axum::body::to_bytes(answer.into_body(), 64 * 1024).await;
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

fn peer() -> ConnectInfo<SocketAddr> {
    ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5060)))
}

fn json_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, "application/json".parse().unwrap());
    headers
}

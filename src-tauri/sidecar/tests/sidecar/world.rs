//! A sidecar with people in it, and devices that call it.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sidecar::{Clock, Config, MemoryLock, Now, RunError, SessionLock, run_with};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) const JWT_SECRET: &str = "a signing key of more than thirty-two bytes";
pub(crate) const PASSWORD: &str = "correct-horse-battery";
pub(crate) const SIP_PASSWORD: &str = "a-sip-password-of-agent1";
pub(crate) const TURN_PASSWORD: &str = "a-turn-password-of-agent1";

/// Every wait of a test, on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct MovedClock(Arc<Mutex<Now>>);

impl MovedClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Now {
            monotonic: Instant::now(),
            wall: OffsetDateTime::now_utc(),
        })))
    }

    /// Returns one whose wall clock is so many seconds ahead of this one; each is moved by itself.
    #[allow(dead_code, reason = "for servers whose clocks are apart")]
    pub(crate) fn ahead(&self, seconds: i64) -> Self {
        let mut now = *self.0.lock().unwrap();
        now.wall += time::Duration::seconds(seconds);
        Self(Arc::new(Mutex::new(now)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        now.monotonic += by;
        now.wall += by;
    }

    pub(crate) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || *now.lock().unwrap())
    }
}

pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) clock: MovedClock,
    client: Client,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), RunError>>,
}

/// One installation of the phone, at one sidecar.
#[derive(Clone)]
pub(crate) struct Device {
    client: Client,
    url: String,
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) system: Option<String>,
}

/// What a phone that listens is told.
#[allow(dead_code, reason = "for takeovers")]
pub(crate) struct Events {
    response: reqwest::Response,
    unread: String,
}

/// A server-sent event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// What the sidecar answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(config(""), |clock| Arc::new(MemoryLock::new(clock))).await
    }

    /// Starts a sidecar with the locks in its memory.
    pub(crate) async fn alone(config: Config) -> Self {
        Self::with(config, |clock| Arc::new(MemoryLock::new(clock))).await
    }

    pub(crate) async fn with(
        config: Config,
        lock: impl FnOnce(Clock) -> Arc<dyn SessionLock>,
    ) -> Self {
        let clock = MovedClock::new();
        let lock = lock(clock.clock());
        Self::at(clock, config, lock).await
    }

    /// Starts a sidecar on a clock and a lock store that others may use, too.
    pub(crate) async fn at(clock: MovedClock, config: Config, lock: Arc<dyn SessionLock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(run_with(listener, config, clock.clock(), lock, async {
            let _ = stopped.await;
        }));
        Self {
            url,
            clock,
            client: client(),
            stop,
            server,
        }
    }

    pub(crate) async fn stop(self) -> Result<(), RunError> {
        self.stop.send(()).unwrap();
        timeout(DEADLINE, self.server).await.unwrap().unwrap()
    }

    /// Returns a device that names itself.
    pub(crate) fn device(&self, name: &str) -> Device {
        Device {
            client: self.client.clone(),
            id: Some(format!("id-of-{name}")),
            name: Some(name.to_owned()),
            system: None,
            url: self.url.clone(),
        }
    }

    /// Returns a device without headers, as old clients are.
    pub(crate) fn old_client(&self) -> Device {
        Device {
            id: None,
            name: None,
            ..self.device("")
        }
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.url))
    }

    /// Waits until nobody is connected any more, but whoever asks for that.
    pub(crate) async fn until_hung_up(&self) {
        let is_alone = async {
            loop {
                let metrics = self.get("/metrics").send().await.unwrap();
                let metrics = metrics.text().await.unwrap();
                if metrics.contains("\nhelix_sidecar_connections 1\n") {
                    return;
                }
            }
        };
        timeout(DEADLINE, is_alone).await.unwrap();
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("{}{path}", self.url))
    }
}

impl Device {
    /// Returns a device that names itself, at the sidecar of this address.
    #[allow(dead_code, reason = "for sidecars that are processes")]
    pub(crate) fn at(url: &str, name: &str) -> Self {
        Self::with(client(), url, name)
    }

    /// Returns one that calls with `client`.
    #[allow(dead_code, reason = "for sidecars behind a proxy")]
    pub(crate) fn with(client: Client, url: &str, name: &str) -> Self {
        Self {
            client,
            url: url.to_owned(),
            id: Some(format!("id-of-{name}")),
            name: Some(name.to_owned()),
            system: None,
        }
    }

    pub(crate) async fn login(&self, email: &str) -> Answer {
        self.login_with(json!({"email": email, "password": PASSWORD}))
            .await
    }

    /// Signs in at a sidecar that may die meanwhile, and says whether that answered.
    #[allow(dead_code, reason = "for sidecars that are processes")]
    pub(crate) async fn try_login(&self, email: &str) -> bool {
        let body = json!({"email": email, "password": PASSWORD});
        let answer = self.post("/auth/login").json(&body).send().await;
        answer.is_ok()
    }

    pub(crate) async fn take_over(&self, email: &str) -> Answer {
        self.login_with(json!({"email": email, "password": PASSWORD, "takeover": true}))
            .await
    }

    pub(crate) async fn login_with(&self, body: Value) -> Answer {
        send(self.post("/auth/login").json(&body)).await
    }

    /// Asks for the session of the user's other device.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn ask(&self, email: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD});
        send(self.post("/auth/takeover").json(&body)).await
    }

    /// Waits until an ask no longer stands as `known`.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn status(&self, ticket: &str, known: Option<&str>) -> Answer {
        let body = json!({"ticket": ticket, "known": known});
        send(self.post("/auth/takeover/status").json(&body)).await
    }

    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn withdraw(&self, ticket: &str) -> Answer {
        let body = json!({"ticket": ticket});
        send(self.post("/auth/takeover/withdraw").json(&body)).await
    }

    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn answer(&self, access_token: &str, request: &str, word: &str) -> Answer {
        let body = json!({"request": request, "answer": word});
        let post = self.post("/auth/takeover/answer");
        send(post.bearer_auth(access_token).json(&body)).await
    }

    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn login_with_ticket(&self, email: &str, ticket: &str) -> Answer {
        let body = json!({"email": email, "password": PASSWORD, "takeoverTicket": ticket});
        self.login_with(body).await
    }

    /// Begins to listen.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn listen(&self, access_token: &str) -> Events {
        self.listen_after(access_token, None).await
    }

    /// Begins to listen again, having read an event.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn listen_after(&self, access_token: &str, id: Option<&str>) -> Events {
        let events = self.try_listen_after(access_token, id).await;
        events.expect("the stream begins")
    }

    /// The same at a server that may stop meanwhile: `None` where the stream ended before it began.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) async fn try_listen_after(
        &self,
        access_token: &str,
        id: Option<&str>,
    ) -> Option<Events> {
        let mut request = self.events(access_token);
        if let Some(id) = id {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let kind = response.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let mut events = Events {
            response,
            unread: String::new(),
        };
        assert_eq!(events.block().await?, "retry: 2000");
        Some(events)
    }

    /// Returns the request that begins to listen.
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) fn events(&self, access_token: &str) -> RequestBuilder {
        let get = self.client.get(format!("{}/auth/events", self.url));
        self.named(get).bearer_auth(access_token)
    }

    /// Signs in as soon as an administrator, who has ended the session before, lets go of it.
    #[allow(dead_code, reason = "for administrators")]
    pub(crate) async fn login_after_end(&self, email: &str) -> Answer {
        let signed_in = async {
            loop {
                let answer = self.login(email).await;
                if answer.status == 201 {
                    return answer;
                }
                let holder = &answer.expect(409).body["holder"];
                assert_eq!(holder["deviceName"], "an administrator");
            }
        };
        timeout(DEADLINE, signed_in).await.unwrap()
    }

    /// Lists sessions as an administrator.
    #[allow(dead_code, reason = "for administrators")]
    pub(crate) async fn sessions(&self, access_token: &str, query: &str) -> Answer {
        let get = self
            .client
            .get(format!("{}/admin/sessions{query}", self.url));
        send(self.named(get).bearer_auth(access_token)).await
    }

    /// Ends the session of an agent as an administrator; the id is a part of the address as it is.
    #[allow(dead_code, reason = "for administrators")]
    pub(crate) async fn free(&self, access_token: &str, agent_id: &str) -> Answer {
        let delete = format!("{}/admin/sessions/{agent_id}", self.url);
        send(
            self.named(self.client.delete(delete))
                .bearer_auth(access_token),
        )
        .await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Answer {
        let body = json!({"refreshToken": refresh_token});
        send(self.post("/auth/refresh").json(&body)).await
    }

    pub(crate) async fn beat(&self, access_token: &str) -> Answer {
        send(self.post("/auth/heartbeat").bearer_auth(access_token)).await
    }

    /// Beats and says whether a call is on.
    #[allow(dead_code, reason = "for calls")]
    pub(crate) async fn beat_in_call(
        &self,
        access_token: &str,
        in_call: impl Into<Value>,
    ) -> Answer {
        let said = json!({"inCall": in_call.into()});
        self.beat_with(access_token, &said).await
    }

    /// Beats and says this.
    #[allow(dead_code, reason = "for calls")]
    pub(crate) async fn beat_with(&self, access_token: &str, said: &Value) -> Answer {
        let post = self.post("/auth/heartbeat").bearer_auth(access_token);
        send(post.json(said)).await
    }

    pub(crate) async fn logout(&self, access_token: &str) -> Answer {
        send(self.post("/auth/logout").bearer_auth(access_token)).await
    }

    pub(crate) async fn logout_by_refresh_token(&self, refresh_token: &str) -> Answer {
        let body = json!({"refreshToken": refresh_token});
        send(self.post("/auth/logout").json(&body)).await
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.named(self.client.post(format!("{}{path}", self.url)))
    }

    fn named(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(id) = &self.id {
            request = request.header("X-Device-Id", id);
        }
        if let Some(name) = &self.name {
            request = request.header("X-Device-Name", name);
        }
        if let Some(system) = &self.system {
            request = request.header("X-Device-System", system);
        }
        request
    }
}

#[allow(dead_code, reason = "for takeovers")]
impl Events {
    /// Returns the next event, or `None` where the stream has ended as it should.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = timeout(DEADLINE, self.block()).await.expect("an event")?;
            let field = |name: &str| {
                let mut lines = block.lines().filter_map(|it| it.split_once(": "));
                lines.find(|(it, _)| *it == name).map(|(_, value)| value)
            };
            // Others are comments.
            if let Some(name) = field("event") {
                return Some(Event {
                    name: name.to_owned(),
                    id: field("id").unwrap().to_owned(),
                    data: serde_json::from_str(field("data").unwrap()).unwrap(),
                });
            }
        }
    }

    /// Returns the next event, which must be a request.
    pub(crate) async fn request(&mut self) -> Value {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!(event.name, "takeover", "{event:?}");
        event.data["request"].clone()
    }

    /// Waits for a request in this state, past others.
    pub(crate) async fn until(&mut self, state: &str) -> Value {
        loop {
            let request = self.request().await;
            if request["state"] == state {
                return request;
            }
        }
    }

    /// Returns the next lines up to an empty one.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                return Some(block);
            }
            let chunk = self.response.chunk().await.expect("it ends as it should")?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

impl Answer {
    #[allow(dead_code, reason = "for takeovers")]
    pub(crate) fn ticket(&self) -> &str {
        self.body["ticket"].as_str().unwrap()
    }

    pub(crate) fn access_token(&self) -> &str {
        self.body["accessToken"].as_str().unwrap()
    }

    pub(crate) fn refresh_token(&self) -> &str {
        self.body["refreshToken"].as_str().unwrap()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap()
    }

    /// Asserts the status and that a refusal has the shape of one.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        if status >= 400 {
            assert_eq!(self.body["statusCode"], status, "{self:?}");
            assert!(
                self.body["message"].is_string() || self.body["message"].is_array(),
                "{self:?}"
            );
        }
        self
    }
}

/// Makes an HTTP client that goes past every proxy.
pub(crate) fn client() -> Client {
    // Another test may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .timeout(DEADLINE)
        // The sidecar closes connections that rest for ten seconds, perhaps just as a call begins.
        .pool_idle_timeout(Duration::from_secs(5))
        .build()
        .unwrap()
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        retry_after: response
            .headers()
            .get("retry-after")
            .map(|seconds| seconds.to_str().unwrap().parse().unwrap()),
        body: response.json().await.unwrap(),
    }
}

/// Ana, Ravi and Rita are agents; Ravi and Rita share agent2. Mira is a manager, Eva an executive,
/// Noor an agent without a record, Otto no member of the workspace.
pub(crate) fn config(settings: &str) -> Config {
    Config::from_toml(&config_text(settings), Path::new("."), |name| {
        (name == "HELIX_JWT_SECRET").then(|| JWT_SECRET.to_owned())
    })
    .unwrap()
}

pub(crate) fn config_text(settings: &str) -> String {
    let hash = cheap_hash(PASSWORD);
    let user = |name: &str, role: &str, rest: &str| {
        format!(
            "[[users]]\nemail = \"{name}@helix.example\"\nname = \"{name}\"\nrole = \"{role}\"\n\
             password_hash = \"{hash}\"\n{rest}\n"
        )
    };
    let agent = |id: &str, extension: &str, password: &str| {
        format!(
            "[[agents]]\nozonetel_agent_id = \"{id}\"\nsip_extension = \"{extension}\"\n\
             sip_password = \"{password}\"\nsip_uri = \"sip:{extension}@sip.example\"\n\
             sip_ws_server = \"wss://sip.example:444\"\ncampaign_name = \"Inbound_1\"\n\
             ice_servers = [{{ urls = [\"turn:turn.example\"], username = \"u\", \
             credential = \"{TURN_PASSWORD}\" }}]\n"
        )
    };
    [
        format!("[settings]\n{settings}\n"),
        agent("agent1", "700201", SIP_PASSWORD),
        agent("agent2", "700202", "a-sip-password-of-agent2"),
        user(
            "ana",
            "cc-agent",
            "member_id = \"m-ana\"\nagent = \"agent1\"",
        ),
        user(
            "ravi",
            "cc-agent",
            "member_id = \"m-ravi\"\nagent = \"agent2\"",
        ),
        user(
            "rita",
            "cc-agent",
            "member_id = \"m-rita\"\nagent = \"agent2\"",
        ),
        user("mira", "manager", "member_id = \"m-mira\""),
        user("eva", "executive", "member_id = \"m-eva\""),
        user("noor", "cc-agent", "member_id = \"m-noor\""),
        user("otto", "cc-agent", "agent = \"agent1\""),
    ]
    .concat()
}

/// Returns an argon2id hash that costs next to nothing.
fn cheap_hash(password: &str) -> String {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(password.as_bytes())
        .unwrap()
        .to_string()
}

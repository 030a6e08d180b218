//! A stand-in of Ozonetel's CloudAgent API: answers on loopback as the vendor documents it, refusals included, in either
//! mode of an account.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

pub const USER_NAME: &str = "acme";
pub const API_KEY: &str = "an-api-key-of-ozonetel";

const DISPOSITION: &str = "/ca_apis/DispositionAPIV2";

/// What whoever has another name or key is told.
const UNKNOWN_ACCOUNT: &str = "Invalid User Details";

/// An account at Ozonetel, until it is dropped.
#[derive(Debug)]
pub struct Ozonetel {
    pub url: String,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Desk {
    world: Mutex<World>,
    /// Told when an order comes, and after it.
    orders: watch::Sender<usize>,
    go_on: Notify,
}

/// What Ozonetel knows, and what it has seen.
#[derive(Debug)]
pub struct World {
    pub mode: Mode,
    pub fault: Option<Fault>,
    /// The agents' passwords.
    pub passwords: BTreeMap<String, String>,
    /// Who is logged in, with the number their calls go to.
    pub present: BTreeMap<String, String>,
    pub ready: BTreeSet<String>,
    /// Who is at work after a call, until it is disposed or they are ready.
    pub in_wrap_up: BTreeSet<String>,
    /// Who is on a call: no state is taken from them, and an outcome waits for its end.
    pub in_call: BTreeSet<String>,
    pub campaigns: BTreeSet<String>,
    pub disposed: BTreeSet<String>,
    /// The calls that are on, each with whom agents have called into it.
    pub calls: BTreeMap<String, BTreeSet<String>>,
    /// The calls whose recording is paused.
    pub unrecorded: BTreeSet<String>,
    /// How many calls have come, those that wait for their answer included.
    pub asked: usize,
    /// The orders in their order: their path and their fields.
    pub orders: Vec<(String, Value)>,
    token: Option<String>,
    /// The last one whose hour is over.
    expired: Option<String>,
    pub tokens_made: usize,
}

/// "API Authentication" in the account's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    ApiKey,
    Token,
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Status(u16),
    Body(&'static str),
    /// No answer before [`Ozonetel::go_on`].
    Wait,
    /// It is carried out, and something on the way answers instead.
    LosesAnswer,
    /// A refusal in these words, as most are written.
    Refusal(&'static str),
    /// The same of one call alone.
    RefusalOnce(&'static str),
}

impl Ozonetel {
    /// Starts an account with the agents agent1 and agent2, and the campaign Inbound_1.
    pub async fn start(mode: Mode) -> Self {
        let passwords = ["agent1", "agent2"].map(|id| (id.to_owned(), password_of(id)));
        let desk = Arc::new(Desk {
            world: Mutex::new(World {
                mode,
                fault: None,
                passwords: passwords.into(),
                present: BTreeMap::new(),
                ready: BTreeSet::new(),
                in_wrap_up: BTreeSet::new(),
                in_call: BTreeSet::new(),
                campaigns: ["Inbound_1".to_owned()].into(),
                disposed: BTreeSet::new(),
                calls: BTreeMap::new(),
                unrecorded: BTreeSet::new(),
                asked: 0,
                orders: Vec::new(),
                token: None,
                expired: None,
                tokens_made: 0,
            }),
            orders: watch::Sender::new(0),
            go_on: Notify::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/lab/fault", post(set_fault))
            .route("/{*path}", post(answer).get(answer))
            .with_state(Arc::clone(&desk));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, desk, server }
    }

    /// Changes or reads what Ozonetel knows.
    pub fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.desk.world.lock().unwrap())
    }

    /// Waits until what Ozonetel knows is as it should be.
    pub async fn until(&self, is_so: impl Fn(&World) -> bool) {
        let mut orders = self.desk.orders.subscribe();
        loop {
            orders.borrow_and_update();
            if self.with(|world| is_so(world)) {
                return;
            }
            orders.changed().await.unwrap();
        }
    }

    /// Has an answer leave that waits for it.
    pub fn go_on(&self) {
        self.desk.go_on.notify_one();
    }
}

impl Drop for Ozonetel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub fn password_of(agent_id: &str) -> String {
    format!("ozonetel-password-of-{agent_id}")
}

/// Has every call fail from now on as the text says: by `silence`, by a status such as 503, or refused in these words. Without any text all is
/// well again.
async fn set_fault(State(desk): State<Arc<Desk>>, text: String) -> String {
    let fault = match text.trim() {
        "" => None,
        "silence" => Some(Fault::Wait),
        // Few are set by hand, and they are as good until the end.
        words => Some(match StatusCode::from_bytes(words.as_bytes()) {
            Ok(status) => Fault::Status(status.as_u16()),
            Err(_) => Fault::Refusal(words.to_owned().leak()),
        }),
    };
    desk.world.lock().unwrap().fault = fault;
    desk.go_on.notify_waiters();
    format!("{fault:?}\n")
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    uri: Uri,
    headers: HeaderMap,
    mut body: Bytes,
) -> Response {
    // A call by GET has its fields in its address.
    if let Some(query) = uri.query() {
        body = Bytes::copy_from_slice(query.as_bytes());
    }
    let fault = {
        let mut world = desk.world.lock().unwrap();
        world.asked += 1;
        match world.fault {
            Some(Fault::RefusalOnce(_)) => world.fault.take(),
            fault => fault,
        }
    };
    desk.orders.send_modify(|orders| *orders += 1);
    let answer = match fault {
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, "<html>A page for people</html>").into_response()
        }
        Some(Fault::Body(body)) => body.into_response(),
        Some(Fault::Refusal(words) | Fault::RefusalOnce(words)) => {
            axum::Json(json!({"status": "error", "message": words})).into_response()
        }
        Some(Fault::LosesAnswer) => {
            let _lost = desk.world.lock().unwrap().take(uri.path(), &headers, &body);
            (StatusCode::GATEWAY_TIMEOUT, "<html>Try later</html>").into_response()
        }
        Some(Fault::Wait) => {
            desk.go_on.notified().await;
            desk.world.lock().unwrap().take(uri.path(), &headers, &body)
        }
        None => desk.world.lock().unwrap().take(uri.path(), &headers, &body),
    };
    desk.orders.send_modify(|orders| *orders += 1);
    answer
}

impl World {
    /// Kills the token of the account, as a new one of somebody else does.
    pub fn kill_token(&mut self) {
        self.token = Some("somebody else's".to_owned());
    }

    /// Ends the hour of the account's token.
    pub fn expire_token(&mut self) {
        self.expired = self.token.take();
    }

    fn take(&mut self, path: &str, headers: &HeaderMap, body: &[u8]) -> Response {
        let is_json = text(headers, "content-type").starts_with("application/json");
        let fields: Value = match is_json {
            true => serde_json::from_slice(body).unwrap(),
            false => url::form_urlencoded::parse(body)
                .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        };
        self.orders.push((path.to_owned(), fields.clone()));
        // Errors of the application come inside of HTTP 200.
        let answer = match path {
            "/ca_apis/CAToken/generateToken" => self.make_token(headers, &fields),
            "/CAServices/AgentAuthenticationV2/index.php" => self.presence(headers, &fields),
            "/CAServices/Call/Record.php" => self.record(&fields),
            _ => match self.refuse_account(headers, &fields) {
                Some(UNKNOWN_ACCOUNT) if path == DISPOSITION => {
                    json!({"status": "Fail", "details": "Authentication fails"})
                }
                Some(words) => json!({"status": "false", "message": words, "data": null}),
                None => self.order(path, &fields),
            },
        };
        ([(header::CONTENT_TYPE, "text/html")], answer.to_string()).into_response()
    }

    fn make_token(&mut self, headers: &HeaderMap, fields: &Value) -> Value {
        let no = |words: &str| json!({"status": "false", "message": words, "data": null});
        if fields["userName"].as_str().unwrap_or_default().is_empty() {
            return no("UserName is null");
        }
        if fields["userName"] != USER_NAME || text(headers, "apiKey") != API_KEY {
            return no("Invalid userName or apiKey");
        }
        self.tokens_made += 1;
        let token = format!("token-of-ozonetel-{}", self.tokens_made);
        self.token = Some(token.clone());
        json!({"token": token, "message": ""})
    }

    fn refuse_account(&self, headers: &HeaderMap, fields: &Value) -> Option<&'static str> {
        if fields["userName"] != USER_NAME {
            return Some(UNKNOWN_ACCOUNT);
        }
        match self.mode {
            Mode::ApiKey => match text(headers, "apiKey").as_str() {
                "" => Some("Api Key Should Not be Null or Empty."),
                API_KEY => None,
                _ => Some(UNKNOWN_ACCOUNT),
            },
            Mode::Token => match text(headers, "authorization").strip_prefix("Bearer ") {
                None => Some("Token Should Not be Null or Empty."),
                Some(token) if Some(token) == self.token.as_deref() => None,
                Some(token) if Some(token) == self.expired.as_deref() => Some("Token Expired"),
                Some(_) => Some("Invalid Token"),
            },
        }
    }

    fn presence(&mut self, headers: &HeaderMap, fields: &Value) -> Value {
        let error = |words: String| json!({"status": "error", "message": words});
        let is_missing = |name: &&str| fields[*name].as_str().is_none_or(str::is_empty);
        if ["userName", "apiKey"].iter().any(is_missing) {
            return error("Missing userName or apiKey".to_owned());
        }
        if fields["userName"] != USER_NAME || fields["apiKey"] != API_KEY {
            return error("Invalid userName or apiKey".to_owned());
        }
        let basic = text(headers, "authorization");
        let basic = basic
            .strip_prefix("Basic ")
            .and_then(|it| STANDARD.decode(it).ok());
        let basic = String::from_utf8(basic.unwrap_or_default()).unwrap();
        let (id, password) = basic.split_once(':').unwrap_or_default();
        if self.passwords.get(id).is_none_or(|it| it != password) {
            return error("Invalid Authentication".to_owned());
        }
        match fields["action"].as_str().unwrap().to_lowercase().as_str() {
            "login" => {
                let number = fields["phoneNumber"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                if self.present.contains_key(id) {
                    return error("Agent has already logged in".to_owned());
                }
                if let Some((other, _)) = self.present.iter().find(|(_, it)| **it == number) {
                    return error(format!("{other} logged in with the number ({number})"));
                }
                self.present.insert(id.to_owned(), number);
                json!({"status": "success", "message": format!("Agent {id} logged in successfully")})
            }
            "logout" => match self.present.remove(id) {
                Some(_) => {
                    self.ready.remove(id);
                    json!({"status": "success", "message": format!("Agent {id} logged out successfully")})
                }
                None => error(format!("Agent {id} is not logged in")),
            },
            _ => error("Invalid action".to_owned()),
        }
    }

    fn order(&mut self, path: &str, fields: &Value) -> Value {
        let field = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        match path {
            "/ca_apis/changeAgentState" => {
                let id = field("agentId");
                let error = |words: &str| json!({"status": "error", "message": words});
                if !self.present.contains_key(&id) {
                    return error("Agent is not Logged In");
                }
                let wanted = field("state");
                let cannot = |is: &str| {
                    let words =
                        format!("Agent {id} is in {is} state. You cant change to {wanted} state");
                    // The name of the field is another one here.
                    json!({"status": "error", "Message": words})
                };
                let status = match wanted.as_str() {
                    "Ready" | "Pause" if self.in_call.contains(&id) => return cannot("BUSY"),
                    "Ready" => {
                        self.in_wrap_up.remove(&id);
                        self.ready.insert(id);
                        "AVAILABLE"
                    }
                    "Pause" if self.in_wrap_up.contains(&id) => return cannot("ACW"),
                    "Pause" if field("pauseReason") == "Unheard of" => {
                        return error("pauseReason is Invalid");
                    }
                    "Pause" => {
                        self.ready.remove(&id);
                        "PAUSED"
                    }
                    _ => return error("The state should be either 'Ready' or 'Pause' state'"),
                };
                let details =
                    json!({"agentStatus": status, "resp": "Success:tbAgentPause~INBOUND"});
                json!({"status": "success", "message": details.to_string()})
            }
            "/ca_apis/AgentManualDial" => {
                let fail = |words: &str| json!({"status": "Fail", "message": words});
                if field("customerNumber").is_empty() || field("UCID").is_empty() {
                    return fail("All parameters are mandatory");
                }
                if !self.campaigns.contains(&field("campaignName")) {
                    return fail("Campaign is invalid");
                }
                if !self.ready.contains(&field("agentID")) {
                    return fail("Agent is not available");
                }
                let ucid = "9011223344";
                self.calls.entry(ucid.to_owned()).or_default();
                json!({"ucid": ucid, "status": "queued successfully"})
            }
            DISPOSITION => {
                let error = |words: &str| json!({"status": "Error", "details": words});
                let id = field("agentID");
                if !self.passwords.contains_key(&id) {
                    return error("Invalid agent");
                }
                if field("disposition").is_empty() {
                    return error("Empty disposition code");
                }
                let ucid = field("ucid");
                if ucid.len() >= 20 {
                    return error("Unable to Dispose . Please retry after some time.");
                }
                let pauses = field("pauseAfterDispose") == "true";
                match field("pauseReason").as_str() {
                    "" if pauses => return error("Provide pause reason."),
                    "Unheard of" if pauses => return error("pauseReason is Invalid"),
                    _ => {}
                }
                // Which calls came in only the phone server knows.
                let did = field("did");
                if ucid.is_empty() || did.is_empty() {
                    return error(&format!("Invalid ucid [{ucid}] or did [{did}]"));
                }
                if !self.disposed.insert(ucid) {
                    return error("This call is already Disposed.");
                }
                if self.in_call.contains(&id) {
                    return json!({"status": "Success", "message": "Disposition Queued Successfully"});
                }
                // Released: calls come again, unless there is a pause.
                self.in_wrap_up.remove(&id);
                match pauses {
                    true => self.ready.remove(&id),
                    false => self.ready.insert(id),
                };
                json!({"details": "Disposition saved successfully", "status": "Success"})
            }
            "/ca_apis/CallControl_V4" => {
                let error = |words: &str| json!({"status": "Error", "message": words});
                let (ucid, number) = (field("ucid"), field("conferenceNumber"));
                let Some(others) = self.calls.get_mut(&ucid) else {
                    return error("Call not Found");
                };
                let is_number = number.strip_prefix('0').is_some_and(|it| it.len() == 10)
                    || number.strip_prefix('+').is_some_and(|it| it.len() >= 8);
                let is_valid = match field("action").as_str() {
                    "CONFERENCE" if is_number => {
                        others.insert(number);
                        true
                    }
                    "KICK_CALL" => others.remove(&number),
                    _ => false,
                };
                match is_valid {
                    true => json!({"status": "Success", "message": "dialing", "ucid": ucid}),
                    false => error("Please pass valid Conference number"),
                }
            }
            _ => json!({"status": "error", "message": "There is no such call"}),
        }
    }

    /// The account is proven in the address, in either mode. The contract has no answers to this call; these are those of CloudAgent's reference
    /// ("Call Recording pause/unPause"), whose success stands inside of an error.
    fn record(&mut self, fields: &Value) -> Value {
        let error = |words: &str| json!({"status": "Error", "message": words});
        let field = |name: &str| fields[name].as_str().unwrap_or_default();
        for name in ["userName", "apiKey", "action", "ucid"] {
            if field(name).is_empty() {
                return error(&format!("{name} should not be empty"));
            }
        }
        if field("userName") != USER_NAME || field("apiKey") != API_KEY {
            return error("userName or apiKey is Invalid");
        }
        let (action, ucid) = (field("action"), field("ucid"));
        if !["pause", "unPause"].contains(&action) {
            return error("action should be either pause or unPause");
        }
        if !self.calls.contains_key(ucid) {
            return error("ucid is Invalid");
        }
        let done = match action {
            "pause" => {
                self.unrecorded.insert(ucid.to_owned());
                "paused monitoring of the channel"
            }
            _ => {
                self.unrecorded.remove(ucid);
                "Unpaused monitoring of the channel"
            }
        };
        error(&json!({"status": "Success", "message": done}).to_string())
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

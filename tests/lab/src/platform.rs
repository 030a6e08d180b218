//! A stand-in of the platform: answers the GraphQL of Twenty on loopback, in either generation and with its faults. It answers what is asked
//! for and nothing else: filter, selection and aliases count.

// Other crates have this file by its path.
#[path = "platform/graphql.rs"]
pub mod graphql;
#[path = "platform/schema.rs"]
mod schema;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{
    net::TcpListener,
    sync::{Notify, watch},
    task::JoinHandle,
};

use self::graphql::Operation;

pub const API_KEY: &str = "an-api-key-of-the-platform";
pub const PASSWORD: &str = "a-password-at-the-platform";

/// Where the workspace is, whatever port the stand-in has.
pub const ORIGIN: &str = "https://helix.crm.example";

/// A platform, until it is dropped.
#[derive(Debug)]
pub struct Platform {
    pub url: String,
    world: Arc<Mutex<World>>,
    server: JoinHandle<()>,
}

/// What the platform knows, and what it has seen.
#[derive(Debug)]
pub struct World {
    pub generation: Generation,
    /// What goes wrong, by the name of the operation.
    pub faults: BTreeMap<&'static str, Fault>,
    /// By e-mail.
    pub users: BTreeMap<String, User>,
    /// Of those whose password is not [`PASSWORD`].
    pub passwords: BTreeMap<String, String>,
    pub agents: Vec<Agent>,
    /// How long checking the password of somebody takes who is known.
    pub hash_time: Duration,
    /// The questions in their order.
    pub asked: Vec<Asked>,
    /// How long a refresh token is good; workspaces may have it shorter.
    pub refresh_life: Duration,
    /// Characters of a token at the least.
    pub token_length: usize,
    /// Tokens that are good until their time is over.
    tokens: BTreeMap<String, Token>,
    /// By its own clock, since it was started.
    now: Duration,
    issued: usize,
    /// Told of each question.
    questions: watch::Sender<usize>,
    /// Told when answers leave that wait for it.
    go_on: Arc<Notify>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Users are asked for on `/metadata`, pairs have an `accessOrWorkspaceAgnosticToken`.
    Current,
    /// `/graphql` and `accessToken`.
    Old,
}

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// HTTP with this status and a page for people.
    Status(u16),
    /// An error of GraphQL with this code, inside of HTTP 200, with the data beside it.
    ErrorBesideData(&'static str),
    /// HTTP 200 with this body.
    Body(&'static str),
    /// More than anybody wants to read.
    Endless,
    /// An address elsewhere.
    Redirect,
    /// No answer at all.
    Silence,
    /// It is carried out, and the answer waits for [`Platform::go_on`].
    Late,
}

/// Somebody who can sign in; `refusal` is what the platform says to the right password.
#[derive(Clone, Debug)]
pub struct User {
    pub member: Option<&'static str>,
    pub roles: Vec<&'static str>,
    pub refusal: Option<Refusal>,
}

#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    NoPassword,
    EmailNotVerified,
    SecondFactor,
    NotAMember,
}

/// An Agent record; the fields are those of the workspace, and its member is that of `wsmemberId`.
#[derive(Clone, Debug)]
pub struct Agent {
    pub fields: Value,
}

/// One question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Empty: it is none of those that the platform has.
    pub operation: &'static str,
    pub path: String,
    pub query: String,
    pub variables: Value,
}

/// What a token is, and whose.
#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    email: String,
    /// By the clock of the platform.
    until: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Login,
    Access,
    Refresh,
    /// A refresh token that was used, and is good once more for an answer that was lost.
    UsedRefresh,
}

/// How long tokens are good where nobody says otherwise (platform.md).
const LOGIN_LIFE: Duration = Duration::from_secs(15 * 60);
const ACCESS_LIFE: Duration = Duration::from_secs(30 * 60);
const REFRESH_LIFE: Duration = Duration::from_secs(60 * 24 * 60 * 60);

/// When the platform is started, by its own clock.
const BEGUN: OffsetDateTime = time::macros::datetime!(2026-03-23 10:00 UTC);

/// How many records are told where nobody says how many.
const PAGE: u64 = 60;

const OPERATIONS: [&str; 6] = [
    "getLoginTokenFromCredentials",
    "getAuthTokensFromLoginToken",
    "renewToken",
    "signOut",
    "currentUser",
    "agents",
];

impl Platform {
    /// Starts a platform with Ana and Ravi, who are agents, Mira, a manager, and those who cannot sign in: Nora has no
    /// password, Emil has not verified his e-mail, Tess has a second factor, Ned is no member any more, Otto never was one,
    /// and Noor is an agent without a record.
    pub async fn start() -> Self {
        let world = Arc::new(Mutex::new(World::new()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/metadata", post(answer))
            .route("/graphql", post(answer))
            .route("/lab/faults", post(set_faults))
            .with_state(Arc::clone(&world));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, world, server }
    }

    /// Changes or reads what the platform knows.
    pub fn with<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap())
    }

    /// Waits until an operation was asked for so often.
    pub async fn until_asked(&self, operation: &str, times: usize) {
        let mut questions = self.with(|world| world.questions.subscribe());
        while self.asked(operation) < times {
            questions.changed().await.unwrap();
        }
    }

    /// Has an answer leave that waits for it.
    pub fn go_on(&self) {
        self.with(|world| world.go_on.notify_one());
    }

    /// Returns how often an operation was asked for.
    pub fn asked(&self, operation: &str) -> usize {
        self.with(|world| {
            world
                .asked
                .iter()
                .filter(|it| it.operation == operation)
                .count()
        })
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    fn new() -> Self {
        let user = |member, roles: &[&'static str], refusal| User {
            member,
            roles: roles.to_vec(),
            refusal,
        };
        let agent = |refusal| user(Some("m-other"), &["CC Agent"], Some(refusal));
        let users = [
            ("ana", user(Some(ANA_MEMBER), &["CC Agent"], None)),
            (
                "ravi",
                user(Some(RAVI_MEMBER), &["Member", "CC Agent"], None),
            ),
            ("mira", user(Some("m-mira"), &["Manager"], None)),
            ("noor", user(Some("m-noor"), &["CC Agent"], None)),
            ("otto", user(None, &[], None)),
            ("nora", agent(Refusal::NoPassword)),
            ("emil", agent(Refusal::EmailNotVerified)),
            ("tess", agent(Refusal::SecondFactor)),
            ("ned", agent(Refusal::NotAMember)),
        ];
        Self {
            generation: Generation::Current,
            faults: BTreeMap::new(),
            users: users
                .map(|(name, user)| (format!("{name}@helix.example"), user))
                .into(),
            passwords: BTreeMap::new(),
            agents: vec![
                Agent::new(ANA_MEMBER, "agent1", "700201"),
                Agent::new(RAVI_MEMBER, "agent2", "700202"),
            ],
            hash_time: Duration::ZERO,
            asked: Vec::new(),
            refresh_life: REFRESH_LIFE,
            token_length: 0,
            tokens: BTreeMap::new(),
            now: Duration::ZERO,
            issued: 0,
            questions: watch::Sender::new(0),
            go_on: Arc::default(),
        }
    }

    /// Makes all tokens bad that were issued so far.
    pub fn revoke_all(&mut self) {
        self.tokens.clear();
    }

    /// Has time go by, after which tokens are good no more.
    pub fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn issue(&mut self, kind: Kind, email: &str) -> Value {
        let life = match kind {
            Kind::Login => LOGIN_LIFE,
            Kind::Access => ACCESS_LIFE,
            Kind::Refresh | Kind::UsedRefresh => self.refresh_life,
        };
        self.issued += 1;
        let token = format!("{kind:?}-token-of-the-platform-{}", self.issued);
        let length = self.token_length;
        let token = format!("{token:-<length$}");
        let until = self.now + life;
        let email = email.to_owned();
        let issued = Token { kind, email, until };
        self.tokens.insert(token.clone(), issued);
        let expires_at = (BEGUN + until).format(&Rfc3339).unwrap();
        json!({"token": token, "expiresAt": expires_at})
    }

    fn pair(&mut self, email: &str) -> Value {
        let access = match self.generation {
            Generation::Current => "accessOrWorkspaceAgnosticToken",
            Generation::Old => "accessToken",
        };
        json!({"tokens": {
            access: self.issue(Kind::Access, email),
            "refreshToken": self.issue(Kind::Refresh, email),
        }})
    }

    /// Returns whose token this is; what is good for one use is good no more.
    fn owner(&mut self, token: &str, kind: Kind) -> Option<String> {
        let found = self.tokens.remove(token)?;
        if found.until <= self.now {
            return None;
        }
        let email = found.email.clone();
        let later = match (found.kind, kind) {
            (Kind::Login, Kind::Login) | (Kind::UsedRefresh, Kind::Refresh) => None,
            (Kind::Access, Kind::Access) => Some(Kind::Access),
            (Kind::Refresh, Kind::Refresh) => Some(Kind::UsedRefresh),
            _ => return None,
        };
        if let Some(kind) = later {
            self.tokens
                .insert(token.to_owned(), Token { kind, ..found });
        }
        Some(email)
    }

    fn carry_out(
        &mut self,
        operation: &str,
        arguments: &Value,
        bearer: &str,
    ) -> Result<Value, Value> {
        let argument = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        let check_origin = || match argument("origin") == ORIGIN {
            true => Ok(()),
            false => Err(error("UNAUTHENTICATED", "Workspace not found")),
        };
        match operation {
            "getLoginTokenFromCredentials" => {
                check_origin()?;
                let email = argument("email");
                let Some(user) = self.users.get(&email).cloned() else {
                    return Err(error("UNAUTHENTICATED", "User not found"));
                };
                if matches!(user.refusal, Some(Refusal::NoPassword)) {
                    return Err(error("BAD_USER_INPUT", "Incorrect login method"));
                }
                let password = self.passwords.get(&email).map_or(PASSWORD, String::as_str);
                if argument("password") != password {
                    return Err(error("FORBIDDEN", "Wrong password"));
                }
                match user.refusal {
                    Some(Refusal::EmailNotVerified) => Err(sub_error("EMAIL_NOT_VERIFIED")),
                    Some(Refusal::NotAMember) => {
                        Err(error("FORBIDDEN", "User is not a member of the workspace"))
                    }
                    Some(Refusal::NoPassword | Refusal::SecondFactor) | None => {
                        Ok(json!({"loginToken": self.issue(Kind::Login, &email)}))
                    }
                }
            }
            "getAuthTokensFromLoginToken" => {
                check_origin()?;
                let email = self
                    .owner(&argument("loginToken"), Kind::Login)
                    .ok_or_else(|| error("UNAUTHENTICATED", "Token has expired."))?;
                if matches!(self.users[&email].refusal, Some(Refusal::SecondFactor)) {
                    return Err(sub_error("TWO_FACTOR_AUTHENTICATION_VERIFICATION_REQUIRED"));
                }
                Ok(self.pair(&email))
            }
            "renewToken" => {
                let email = self.owner(&argument("appToken"), Kind::Refresh);
                match email.filter(|email| self.users.contains_key(email)) {
                    Some(email) => Ok(self.pair(&email)),
                    None => Err(error("UNAUTHENTICATED", "Token invalid.")),
                }
            }
            "signOut" => {
                self.tokens.remove(&argument("refreshToken"));
                Ok(json!(true))
            }
            "currentUser" => {
                let email = self
                    .owner(bearer, Kind::Access)
                    .ok_or_else(|| error("UNAUTHENTICATED", "Token has expired."))?;
                let user = &self.users[&email];
                let name = email.split('@').next().unwrap();
                let roles: Vec<Value> = user
                    .roles
                    .iter()
                    .map(|label| json!({"id": "r", "label": label}))
                    .collect();
                Ok(json!({
                    "id": format!("u-{name}"), "email": email, "firstName": name, "lastName": "",
                    "workspaceMember": user.member.map(|id| json!({
                        "id": id, "name": {"firstName": name, "lastName": "Example"},
                        "userEmail": email, "roles": roles,
                    })),
                }))
            }
            "agents" => {
                if bearer != API_KEY {
                    return Err(error("FORBIDDEN", "This API key may not read that."));
                }
                let filter = &arguments["filter"];
                let first = arguments["first"].as_u64().unwrap_or(PAGE);
                let mut found = self.agents.iter().filter(|it| passes(&it.fields, filter));
                let page = found.by_ref().take(usize::try_from(first).unwrap());
                let edges: Vec<Value> = page.map(|it| json!({"node": it.fields})).collect();
                Ok(json!({
                    "edges": edges, "pageInfo": {"hasNextPage": found.next().is_some()},
                }))
            }
            other => panic!("there is no operation {other}"),
        }
    }
}

pub const ANA_MEMBER: &str = "20202020-0687-4c41-b707-ed1bfca972a7";
pub const RAVI_MEMBER: &str = "20202020-77d5-4cb6-b60a-f4a835a85d61";

impl Agent {
    pub fn new(member: &str, id: &str, extension: &str) -> Self {
        let fields = json!({
            "id": "0f", "ozonetelagentid": id, "sipextension": extension,
            "sippassword": format!("sip-password-of-{id}"), "campaignname": "Inbound_91",
            "wsmemberId": member,
        });
        Self { fields }
    }
}

/// Whether a record is as each condition of a filter says (contract/platform.md, 6: `UUIDFilter`).
fn passes(record: &Value, filter: &Value) -> bool {
    let fields = filter.as_object().into_iter().flatten();
    let mut conditions = fields.flat_map(|(name, conditions)| {
        let conditions = conditions.as_object().into_iter().flatten();
        conditions.map(|(operator, wanted)| (&record[name.as_str()], operator.as_str(), wanted))
    });
    conditions.all(|(value, operator, wanted)| match operator {
        "eq" => value == wanted,
        "neq" => value != wanted,
        "in" => wanted.as_array().is_some_and(|it| it.contains(value)),
        "is" => value.is_null() == (wanted == "NULL"),
        other => panic!("there is no condition {other}"),
    })
}

/// Has operations fail from now on, each as its name says; those that are not named are well.
async fn set_faults(
    State(world): State<Arc<Mutex<World>>>,
    Json(wanted): Json<BTreeMap<String, String>>,
) -> Result<Json<Value>, (StatusCode, String)> {
    let faults = wanted.iter().map(|(operation, fault)| {
        let known = OPERATIONS.iter().find(|it| *it == operation);
        Some((*known?, Fault::of(fault)?))
    });
    let faults: Option<BTreeMap<_, _>> = faults.collect();
    match faults {
        Some(faults) => {
            world.lock().unwrap().faults = faults;
            Ok(Json(json!({"faults": wanted})))
        }
        None => Err((
            StatusCode::BAD_REQUEST,
            format!("Wanted one of {OPERATIONS:?}, each with one of {FAULTS}\n"),
        )),
    }
}

/// How faults are called.
const FAULTS: &str =
    "silence, redirect, endless, page, a status such as 503, an error of GraphQL such as FORBIDDEN";

impl Fault {
    fn of(name: &str) -> Option<Self> {
        match name {
            "silence" => Some(Self::Silence),
            "redirect" => Some(Self::Redirect),
            "endless" => Some(Self::Endless),
            "page" => Some(Self::Body("<html>A page for people</html>")),
            // Few are set by hand, and they are as good until the end.
            code if is_code(code) => Some(Self::ErrorBesideData(code.to_owned().leak())),
            status => StatusCode::from_bytes(status.as_bytes())
                .ok()
                .map(|status| Self::Status(status.as_u16())),
        }
    }
}

/// Whether an error of GraphQL may have this code.
fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
}

async fn answer(State(world): State<Arc<Mutex<World>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let query = body["query"].as_str().unwrap().to_owned();
    let read = Operation::parse(&query);
    let operation = read.iter().flat_map(|it| &it.selection).find_map(|field| {
        let operation = OPERATIONS.iter().find(|it| field.name == **it);
        operation.copied()
    });
    let operation = operation.unwrap_or_default();
    let asked = Asked {
        operation,
        path: head.uri.path().to_owned(),
        query,
        variables: body["variables"].clone(),
    };
    let fault = world.lock().unwrap().faults.get(operation).copied();
    let hash_time = {
        let world = world.lock().unwrap();
        let email = asked.variables["email"].as_str().unwrap_or_default();
        let is_checked = operation == OPERATIONS[0] && world.users.contains_key(email);
        if is_checked {
            world.hash_time
        } else {
            Duration::ZERO
        }
    };
    if !hash_time.is_zero() {
        tokio::time::sleep(hash_time).await;
    }
    let answer = world
        .lock()
        .unwrap()
        .take(asked, read, &bearer(&head.headers));
    match fault {
        None => answer.into_response(),
        Some(Fault::ErrorBesideData(code)) => {
            let mut body = answer.1.0;
            body["errors"] = json!([error(code, "It went wrong half-way.")]);
            Json(body).into_response()
        }
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, "<html>A page for people</html>").into_response()
        }
        Some(Fault::Body(body)) => body.into_response(),
        Some(Fault::Endless) => {
            let chunks =
                futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 4096]));
            Body::from_stream(chunks).into_response()
        }
        Some(Fault::Redirect) => {
            let elsewhere = [(header::LOCATION, "http://127.0.0.1:1/elsewhere")];
            (StatusCode::TEMPORARY_REDIRECT, elsewhere).into_response()
        }
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Late) => {
            let go_on = world.lock().unwrap().go_on.clone();
            go_on.notified().await;
            answer.into_response()
        }
    }
}

impl World {
    fn take(
        &mut self,
        asked: Asked,
        read: Result<Operation, String>,
        bearer: &str,
    ) -> (StatusCode, Json<Value>) {
        let (path, variables) = (asked.path.clone(), asked.variables.clone());
        self.asked.push(asked);
        self.questions.send_modify(|it| *it += 1);
        let refuse = |code: &str, words: &str| {
            let errors = json!({"errors": [error(code, words)]});
            (StatusCode::BAD_REQUEST, Json(errors))
        };
        let operation = match read {
            Ok(operation) => operation,
            Err(words) => return refuse("GRAPHQL_PARSE_FAILED", &words),
        };
        let field = match schema::check(&operation, self.generation, &path) {
            Ok(field) => field,
            Err(words) => return refuse("GRAPHQL_VALIDATION_FAILED", &words),
        };
        if let Err(words) = schema::check_variables(&operation, &variables) {
            return refuse("BAD_USER_INPUT", &words);
        }
        // Errors of GraphQL come inside of HTTP 200.
        let body = match self.carry_out(&field.name, &field.arguments(&variables), bearer) {
            Ok(data) => json!({"data": {field.key(): field.pick(&data)}}),
            Err(error) => json!({"errors": [error], "data": null}),
        };
        (StatusCode::OK, Json(body))
    }

    /// Returns every query that came without its variables.
    pub fn queries(&self) -> BTreeSet<String> {
        self.asked.iter().map(|asked| asked.query.clone()).collect()
    }
}

fn bearer(headers: &HeaderMap) -> String {
    let value = headers.get(header::AUTHORIZATION);
    let value = value.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    value.unwrap_or_default().to_owned()
}

fn error(code: &str, message: &str) -> Value {
    json!({"message": message, "extensions": {"code": code, "userFriendlyMessage": message}})
}

fn sub_error(sub_code: &str) -> Value {
    json!({"message": "Not like this.", "extensions": {"code": "FORBIDDEN", "subCode": sub_code}})
}

//! A world in virtual time for one phone: a scripted sidecar, a scripted phone server that speaks SIP text, scripted media.
//!
//! It carries out every effect at once, so a story is a row of commands and inputs with assertions between them.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    dead_code,
    unreachable_pub,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use phone::{
    AccountView, Command, Effect, Event, Fallback, FlowFailure, FlowId, Hop, Input, MediaNews,
    MediaRequest, MoveCall, MoveReply, Phone, PhoneView, Reply, Request, Restored, ServerEvent,
    Setup, SidecarFailure, SignedOutReason, SoundRequest, Stored, StoredSession, StoredTokens,
    StreamNews, Tone,
};
use sidecar_api::TakeoverWord;
use sip::{Answer, DialogHandle, Offer};

pub const DEVICE: &str = "11111111-2222-4333-8444-555555555555";

pub struct World {
    pub phone: Phone,
    pub now: Instant,
    pub start: Instant,
    pub events: Vec<Event>,
    /// The names of the sidecar's calls, in their order.
    pub asked: Vec<&'static str>,
    /// What each heartbeat said of a call.
    pub told_in_call: Vec<bool>,
    /// Whether the last beat told of the work after a call.
    pub told_in_work: Option<bool>,
    /// The bodies of the orders at the queue.
    pub ordered: Vec<String>,
    /// Every SIP message that left, newest last.
    pub sent: Vec<String>,
    pub media: Vec<(u32, String)>,
    pub stored: Vec<&'static str>,
    /// What the vault answers at the start; `None` is silence.
    pub vault: Option<Option<Box<Restored>>>,
    /// Whether the vault tells that it is wiped.
    pub wipes: bool,
    /// The URLs of the servers that media has.
    pub ice_servers: Vec<String>,
    /// What sounds.
    pub tone: Option<Tone>,
    pub sound: Vec<SoundRequest>,
    /// How often it was asked for the way of the sound.
    pub probes: usize,
    pub flows_opened: usize,
    /// How often the sidecar's events were asked for.
    pub streams_opened: usize,
    /// The stream of events that is open.
    pub stream: Option<u64>,
    /// The last login, as it was sent.
    pub login: Option<sidecar_api::LoginRequest>,
    /// The last answer to another device: its request and the word.
    pub answered: Option<(String, TakeoverWord)>,
    /// The question for the state of a request that has no answer yet.
    status: Option<u64>,
    /// The last heartbeat, where it was met with silence.
    silent_beat: Option<u64>,
    silent_refresh: Option<u64>,
    pub sidecar: Sidecar,
    pub server: Server,
    flow: Option<FlowId>,
    pending: VecDeque<Input>,
    sent_by_call: BTreeMap<String, String>,
}

/// How the sidecar answers; `None` is silence.
pub struct Sidecar {
    pub login: Option<Result<String, SidecarFailure>>,
    pub beat: Option<Result<String, SidecarFailure>>,
    pub refresh: Option<Result<String, SidecarFailure>>,
    pub logout: Option<Result<String, SidecarFailure>>,
    pub probe: Option<Result<String, SidecarFailure>>,
    /// Whether each second answer is a 503 in place of what it would be.
    pub fails_by_turns: bool,
    /// By how much its header `Date` is behind this computer's clock.
    pub clock_ahead_ms: Option<i64>,
    /// Orders at the queue, each of them once; then they are carried out.
    pub orders: VecDeque<Option<Result<String, SidecarFailure>>>,
    pub takeover: Option<Result<String, SidecarFailure>>,
    /// How the next questions for the state of a request are answered; `None`: when [`World::status`] says so.
    pub status: Option<Result<String, SidecarFailure>>,
    pub answer: Option<Result<String, SidecarFailure>>,
    /// Whether the stream of events opens.
    pub events: Option<Result<(), SidecarFailure>>,
}

/// How the phone server behaves.
pub struct Server {
    pub reachable: bool,
    pub answers_register: bool,
    pub answers_pings: bool,
    /// The status lines with which an INVITE is answered; those of 2xx and 183 get a description.
    pub invite: Vec<&'static str>,
    pub reinvite: &'static str,
    pub telephone_event: bool,
    pub media_connects: bool,
}

pub fn setup() -> Setup {
    Setup {
        sidecar: true,
        fallback: None,
        device_id: DEVICE.to_owned(),
        user_agent: "Helix Phone test".to_owned(),
        restores: false,
        sound: phone::SoundSettings::default(),
        calls: phone::CallSettings::default(),
        dialling: phone::DialPlan::default(),
        seed: [42; 32],
    }
}

pub fn fallback() -> Fallback {
    Fallback {
        sip_uri: "sip:700201@sip.example".to_owned(),
        password: "line-secret".into(),
        ws_server: "wss://sip.example:444".to_owned(),
    }
}

pub fn agent_grant() -> String {
    r#"{"accessToken":"access-secret","refreshToken":"refresh-secret",
        "user":{"id":"u1","role":"cc-agent","name":"Ana","email":"ana@helix.example"},
        "agentConfig":{"ozonetelAgentId":"agent2","sipExtension":"700201","sipPassword":"line-secret",
          "sipUri":"sip:700201@sip.example","sipWsServer":"wss://sip.example:444","campaignName":"Inbound_1",
          "iceServers":[{"urls":["stun:stun.example"]}]},
        "session":{"id":"s1","ttlSeconds":3600,"heartbeatSeconds":300},"unknown":{"field":1}}"#
        .to_owned()
}

/// The grant of a sidecar that has a queue.
pub fn queue_grant() -> String {
    let queue = format!(
        r#""telephony":{{"state":"ready","message":"Agent agent2 logged in successfully"}},"queue":{},"unknown""#,
        queue(r#""state":"Unknown""#)
    );
    agent_grant().replace(r#""unknown""#, &queue)
}

/// A queue in this state, with a wrap-up of a minute and half a minute more.
pub fn queue(state: &str) -> String {
    format!(
        r#"{{{state},"pauseReasons":["Lunch","Tea"],"dispositions":["Sale","No sale"],"wrapUpSeconds":60,"wrapUpMoreSeconds":30}}"#
    )
}

/// What the vault has after a sign-in with this grant.
pub fn restored(grant: &str) -> Restored {
    let grant: sidecar_api::LoginResponse = serde_json::from_str(grant).unwrap();
    Restored {
        session: StoredSession {
            user: grant.user,
            agent_config: grant.agent_config,
            grant: grant.session,
        },
        tokens: StoredTokens {
            access_token: grant.access_token,
            refresh_token: grant.refresh_token,
        },
    }
}

pub fn manager_grant() -> String {
    r#"{"accessToken":"access-secret","refreshToken":"refresh-secret",
        "user":{"id":"u2","role":"manager","name":"Mira","email":"mira@helix.example"}}"#
        .to_owned()
}

pub fn refused(status: u16, message: &str) -> SidecarFailure {
    SidecarFailure::Refused {
        status,
        message: message.to_owned(),
        holder: None,
        askable: false,
        retry_after: None,
        reason: None,
    }
}

pub fn unreachable() -> SidecarFailure {
    SidecarFailure::Unreachable {
        hop: Hop::Tcp,
        detail: "connection refused".to_owned(),
        facts: None,
    }
}

impl World {
    pub fn new(setup: Setup) -> Self {
        let mut world = Self::before(setup);
        world.settle();
        world
    }

    /// A phone whose first effects are still to be carried out.
    fn before(setup: Setup) -> Self {
        let now = Instant::now();
        Self {
            phone: Phone::new(setup, now),
            now,
            start: now,
            events: Vec::new(),
            asked: Vec::new(),
            told_in_call: Vec::new(),
            told_in_work: None,
            ordered: Vec::new(),
            sent: Vec::new(),
            media: Vec::new(),
            stored: Vec::new(),
            vault: Some(None),
            wipes: true,
            ice_servers: Vec::new(),
            tone: None,
            sound: Vec::new(),
            probes: 0,
            flows_opened: 0,
            streams_opened: 0,
            stream: None,
            login: None,
            answered: None,
            status: None,
            silent_beat: None,
            silent_refresh: None,
            sidecar: Sidecar {
                login: Some(Ok(agent_grant())),
                beat: Some(Ok(
                    r#"{"status":"ok","lock":"held","ttlSeconds":3600}"#.to_owned()
                )),
                refresh: Some(Ok(
                    r#"{"accessToken":"access-2-secret","refreshToken":"refresh-2-secret"}"#
                        .to_owned(),
                )),
                logout: Some(Ok(r#"{"status":"ok","released":true}"#.to_owned())),
                probe: Some(Ok(String::new())),
                fails_by_turns: false,
                clock_ahead_ms: None,
                orders: VecDeque::new(),
                takeover: Some(Ok(r#"{"ticket":"ticket-secret","deadlineSeconds":20,
                    "holder":{"deviceName":"DESK-14","since":"2026-01-05T08:02:00Z","sameMember":true}}"#
                    .to_owned())),
                status: None,
                answer: Some(Ok(r#"{"status":"ok"}"#.to_owned())),
                events: Some(Err(refused(404, "Not Found"))),
            },
            server: Server {
                reachable: true,
                answers_register: true,
                answers_pings: true,
                invite: vec!["100 Trying", "180 Ringing", "200 OK"],
                reinvite: "200 OK",
                telephone_event: true,
                media_connects: true,
            },
            flow: None,
            pending: VecDeque::new(),
            sent_by_call: BTreeMap::new(),
        }
    }

    /// A phone in whose vault the session of an earlier run lies; call [`settle`](Self::settle) to
    /// let it begin.
    pub fn restarted(grant: &str) -> Self {
        let mut world = Self::before(Setup {
            restores: true,
            ..setup()
        });
        world.stored = vec!["session", "tokens"];
        world.vault = Some(Some(Box::new(restored(grant))));
        world
    }

    /// An agent who is signed in, with the session held and the line registered.
    pub fn signed_in() -> Self {
        let mut world = Self::new(setup());
        world.sign_in();
        world
    }

    /// An agent who is signed in at a sidecar that has a queue.
    pub fn at_queue() -> Self {
        let mut world = Self::new(setup());
        world.sidecar.login = Some(Ok(queue_grant()));
        world.sign_in();
        world
    }

    /// A call of the queue comes in and is answered.
    pub fn queue_call(&mut self, call_id: &str) -> phone::CallId {
        self.incoming_as(call_id, "X-Ozonetel-UCID: 9011223344\r\n", true);
        let call = self.view().calls.last().unwrap().call;
        self.command(Command::Answer { call }).unwrap();
        call
    }

    /// An agent who talks with 4711; returns the call's number.
    pub fn in_call() -> (Self, phone::CallId) {
        let mut world = Self::signed_in();
        let call = world.dial("4711");
        (world, call)
    }

    pub fn sign_in(&mut self) {
        let command = Command::SignIn {
            email: "ana@helix.example".to_owned(),
            password: "user-secret".into(),
            takeover: false,
        };
        self.command(command).unwrap();
    }

    /// The sidecar says how a request stands.
    pub fn status(&mut self, state: &str, seconds_left: u64) {
        let attempt = self.status.take().expect("nobody asked for it");
        let json = format!(r#"{{"state":"{state}","secondsLeft":{seconds_left}}}"#);
        let reply = Ok(Reply::Move(MoveReply::Status(
            serde_json::from_str(&json).unwrap(),
        )));
        self.input(Input::Sidecar { attempt, reply });
    }

    /// Whether the sidecar is asked how a request stands.
    pub fn is_asked_for_status(&self) -> bool {
        self.status.is_some()
    }

    /// The answer to a heartbeat comes after all.
    pub fn answer_beat(&mut self, json: &str) {
        let attempt = self.silent_beat.take().expect("no beat is on its way");
        let reply = Ok(Reply::Heartbeat(serde_json::from_str(json).unwrap()));
        self.input(Input::Sidecar { attempt, reply });
    }

    /// The answer to a renewal comes after all.
    pub fn answer_refresh(&mut self) {
        let attempt = self
            .silent_refresh
            .take()
            .expect("no renewal is on its way");
        let json = r#"{"accessToken":"access-2-secret","refreshToken":"refresh-2-secret"}"#;
        let reply = Ok(Reply::Refresh(serde_json::from_str(json).unwrap()));
        self.input(Input::Sidecar { attempt, reply });
    }

    /// The sidecar tells something by itself.
    pub fn tell(&mut self, event: ServerEvent) {
        let stream = self.stream.expect("no stream is open");
        let news = StreamNews::Told(event);
        self.input(Input::Events { stream, news });
    }

    /// Another device asks for the phone, or does no more.
    pub fn demand(&mut self, request: &str) {
        let json = format!(r#"{{"request":{request}}}"#);
        self.tell(ServerEvent::Takeover(serde_json::from_str(&json).unwrap()));
    }

    pub fn dial(&mut self, target: &str) -> phone::CallId {
        self.command(Command::Dial {
            target: target.to_owned(),
        })
        .unwrap()
        .call
        .unwrap()
    }

    pub fn command(&mut self, command: Command) -> Result<phone::Accepted, phone::Rejected> {
        let result = self.phone.handle_command(command, self.now);
        self.settle();
        result
    }

    pub fn input(&mut self, input: Input) {
        self.phone.handle_input(input, self.now);
        self.settle();
    }

    pub fn view(&self) -> PhoneView {
        self.phone.view()
    }

    /// Why nobody is signed in; `None`: nobody has been.
    pub fn signed_out(&self) -> Option<SignedOutReason> {
        let AccountView::SignedOut { reason, .. } = self.view().account else {
            panic!("{:?}", self.view());
        };
        reason
    }

    /// Lets time pass, doing what becomes due on the way.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        let mut steps = 0;
        while let Some(at) = self.phone.poll_timeout().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.phone.handle_timeout(self.now);
            self.settle();
            steps += 1;
            assert!(steps < 100_000, "the phone spins: {:?}", self.phone);
        }
        self.now = until;
    }

    /// The machine sleeps, and is told of it when it wakes.
    pub fn sleep(&mut self, away: Duration) {
        self.now += away;
        self.input(Input::Woke { away });
    }

    /// The phone server goes away, or its connection does.
    pub fn drop_flow(&mut self) {
        if let Some(flow) = self.flow.take() {
            let failure = FlowFailure {
                hop: Hop::Tcp,
                detail: "reset".to_owned(),
                facts: None,
                retry_after: None,
            };
            self.input(Input::FlowFailed { flow, failure });
        }
    }

    /// The phone server sends a message.
    pub fn deliver(&mut self, message: &str) {
        let flow = self.flow.expect("a flow is open");
        self.input(Input::Message {
            flow,
            message: message.as_bytes().to_vec(),
        });
    }

    pub fn news(&mut self, call: phone::CallId, news: MediaNews) {
        self.input(Input::Media { call, news });
    }

    /// An INVITE of 4711 comes in.
    pub fn incoming(&mut self, with_offer: bool) {
        self.incoming_as("in-1", "", with_offer);
    }

    /// An INVITE of 4711 comes in with this Call-ID and these further headers.
    pub fn incoming_as(&mut self, call_id: &str, headers: &str, with_offer: bool) {
        let body = if with_offer { "v=0\r\no=peer\r\n" } else { "" };
        let content = if with_offer {
            "Content-Type: application/sdp\r\n"
        } else {
            ""
        };
        let contact = self.own_contact();
        self.deliver(&format!(
            "INVITE {contact} SIP/2.0\r\nVia: SIP/2.0/WSS proxy.example;branch=z9hG4bK-{call_id}\r\nMax-Forwards: 69\r\n\
             From: \"Ravi\" <sip:4711@sip.example>;tag=peer-1\r\nTo: <sip:700201@sip.example>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:4711@far.example>\r\n{headers}{content}Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    /// The far end refuses the newest INVITE of ours, which is one inside a dialog.
    pub fn refuse_there(&mut self, status: &str) {
        let invite = self.newest_invite();
        let [via, from, to, call_id, cseq] =
            ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| header(&invite, name));
        self.deliver(&format!(
            "SIP/2.0 {status}\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\n\
             CSeq: {cseq}\r\nContent-Length: 0\r\n\r\n"
        ));
    }

    fn newest_invite(&self) -> String {
        let mut sent = self.sent.iter().rev();
        let invite = sent.find(|it| it.starts_with("INVITE"));
        invite.expect("a call was dialled").clone()
    }

    /// The far end answers the newest INVITE of ours.
    pub fn answer_there(&mut self, body: &str) {
        let invite = self.newest_invite();
        let content = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        self.deliver(&format!(
            "SIP/2.0 200 OK\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=far\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             Contact: <sip:4711@far.example>\r\n{content}Content-Length: {}\r\n\r\n{body}",
            header(&invite, "Via"),
            header(&invite, "From"),
            header(&invite, "To"),
            header(&invite, "Call-ID"),
            header(&invite, "CSeq"),
            body.len()
        ));
    }

    /// A request of the peer within the dialog of the newest INVITE that either side sent.
    pub fn in_dialog(&mut self, method: &str, cseq: u32, body: &str) {
        let ours = self
            .sent
            .iter()
            .rev()
            .find(|it| it.starts_with("INVITE"))
            .cloned();
        let (from, to, call_id) = match ours {
            // Our From is the peer's To.
            Some(invite) => (
                "<sip:4711@sip.example>;tag=far".to_owned(),
                header(&invite, "From"),
                header(&invite, "Call-ID"),
            ),
            None => {
                let ok = self
                    .sent
                    .iter()
                    .rev()
                    .find(|it| header(it, "Call-ID") == "in-1")
                    .unwrap();
                (header(ok, "From"), header(ok, "To"), "in-1".to_owned())
            }
        };
        let content = if body.is_empty() {
            ""
        } else {
            "Content-Type: application/sdp\r\n"
        };
        let contact = self.own_contact();
        // A CANCEL has the branch of what it cancels (RFC 3261 §9.1).
        let of = if method == "CANCEL" { "INVITE" } else { method };
        self.deliver(&format!(
            "{method} {contact} SIP/2.0\r\nVia: SIP/2.0/WSS proxy.example;branch=z9hG4bK-{of}-{cseq}\r\nMax-Forwards: 69\r\n\
             From: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContact: <sip:4711@far.example>\r\n{content}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    /// A request of the peer within the dialog of the INVITE of theirs that had this Call-ID.
    pub fn in_dialog_of(&mut self, call_id: &str, method: &str) {
        let mut sent = self.sent.iter().rev();
        let ok = sent
            .find(|it| it.starts_with("SIP/2.0 200") && header(it, "Call-ID") == call_id)
            .unwrap();
        let (from, to, contact) = (header(ok, "From"), header(ok, "To"), self.own_contact());
        self.deliver(&format!(
            "{method} {contact} SIP/2.0\r\nVia: SIP/2.0/WSS proxy.example;branch=z9hG4bK-{method}-{call_id}\r\n\
             Max-Forwards: 69\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: 7 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        ));
    }

    /// Something happens while the request of an order is on its way.
    pub fn begin_order(&mut self, command: Command, meanwhile: impl FnOnce(&mut Self)) {
        self.phone.handle_command(command, self.now).unwrap();
        let effect = self.phone.poll_effect();
        let Some(Effect::Sidecar {
            attempt, request, ..
        }) = effect
        else {
            panic!("{effect:?}");
        };
        let scripted = self.sidecar.orders.pop_front();
        meanwhile(self);
        self.sidecar.orders.extend(scripted);
        self.answer_sidecar(attempt, request);
        self.settle();
    }

    pub fn count_sent(&self, start: &str) -> usize {
        self.sent.iter().filter(|it| it.starts_with(start)).count()
    }

    pub fn count_asked(&self, name: &str) -> usize {
        self.asked.iter().filter(|it| **it == name).count()
    }

    pub fn happened(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(wanted)
    }

    fn own_contact(&self) -> String {
        let register = self
            .sent
            .iter()
            .rev()
            .find(|it| it.starts_with("REGISTER"))
            .unwrap();
        let contact = header(register, "Contact");
        contact.split(['<', '>']).nth(1).unwrap().to_owned()
    }

    pub fn settle(&mut self) {
        loop {
            while let Some(event) = self.phone.poll_event() {
                self.events.push(event);
            }
            if let Some(effect) = self.phone.poll_effect() {
                self.perform(effect);
            } else if let Some(input) = self.pending.pop_front() {
                self.phone.handle_input(input, self.now);
            } else {
                return;
            }
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Sidecar {
                attempt,
                request,
                deadline: _,
            } => self.answer_sidecar(attempt, request),
            Effect::OpenFlow {
                flow,
                url,
                deadline: _,
            } => {
                assert!(url.starts_with("wss://"), "{url}");
                self.flows_opened += 1;
                if self.server.reachable {
                    self.flow = Some(flow);
                    self.pending.push_back(Input::FlowOpened { flow });
                } else {
                    let failure = FlowFailure {
                        hop: Hop::Tcp,
                        detail: "refused".to_owned(),
                        facts: None,
                        retry_after: None,
                    };
                    self.pending.push_back(Input::FlowFailed { flow, failure });
                }
            }
            Effect::OpenEvents { stream, .. } => {
                assert_eq!(self.stream, None, "one stream at a time");
                self.streams_opened += 1;
                let news = match self.sidecar.events.clone() {
                    Some(Ok(())) => {
                        self.stream = Some(stream);
                        StreamNews::Opened
                    }
                    Some(Err(failure)) => StreamNews::Ended(Err(failure)),
                    None => return,
                };
                self.pending.push_back(Input::Events { stream, news });
            }
            Effect::CloseEvents { stream } => {
                if self.stream == Some(stream) {
                    self.stream = None;
                }
            }
            Effect::CloseFlow { flow } => {
                if self.flow == Some(flow) {
                    self.flow = None;
                }
            }
            Effect::Send { flow, message } => {
                assert_eq!(self.flow, Some(flow), "sent on a flow that is not open");
                self.sent.push(message.clone());
                self.answer_sip(flow, &message);
            }
            Effect::Ping { flow } => {
                if self.server.answers_pings {
                    self.pending.push_back(Input::Pong { flow });
                }
            }
            Effect::Media { call, request } => {
                let name = format!("{request:?}");
                self.media.push((call.0, name));
                self.answer_media(call, request);
            }
            Effect::ProbePath => self.probes += 1,
            Effect::IceServers { servers } => {
                let urls = servers.iter().flat_map(|it| it.urls.iter());
                self.ice_servers = urls.map(str::to_owned).collect();
            }
            Effect::Store { stored } => self.stored.push(match stored {
                Stored::Session(_) => "session",
                Stored::Tokens(_) => "tokens",
            }),
            Effect::Restore => {
                if let Some(restored) = self.vault.clone() {
                    self.pending.push_back(Input::Restored { restored });
                }
            }
            Effect::Tone { tone } => self.tone = tone,
            Effect::Sound { request } => self.sound.push(request),
            Effect::Wipe => {
                self.stored.clear();
                if self.wipes {
                    self.pending.push_back(Input::Wiped);
                }
            }
        }
    }

    fn answer_sidecar(&mut self, attempt: u64, request: Request) {
        let carried_out = || Some(Ok(r#"{"status":"success"}"#.to_owned()));
        let order = match &request {
            Request::AgentState { body, .. } => Some(serde_json::to_string(body)),
            Request::Dispose { body, .. } => Some(serde_json::to_string(body)),
            Request::Login(_)
            | Request::Refresh(_)
            | Request::Heartbeat { .. }
            | Request::Logout { .. }
            | Request::Probe
            | Request::Move(_) => None,
        };
        let scripted = match order {
            Some(body) => {
                self.ordered.push(body.unwrap());
                let scripted = self.sidecar.orders.pop_front();
                scripted.unwrap_or_else(carried_out)
            }
            None => None,
        };
        let (name, script) = match &request {
            Request::Login(_) => ("login", &self.sidecar.login),
            Request::Refresh(_) => ("refresh", &self.sidecar.refresh),
            Request::Heartbeat { .. } => ("heartbeat", &self.sidecar.beat),
            Request::Logout { .. } => ("logout", &self.sidecar.logout),
            Request::Probe => ("probe", &self.sidecar.probe),
            Request::AgentState { .. } => ("agent-state", &scripted),
            Request::Dispose { .. } => ("dispose", &scripted),
            Request::Move(MoveCall::Ask(_)) => ("takeover", &self.sidecar.takeover),
            Request::Move(MoveCall::Status(_)) => ("status", &self.sidecar.status),
            Request::Move(MoveCall::Withdraw(_)) => ("withdraw", &self.sidecar.logout),
            Request::Move(MoveCall::Answer { .. }) => ("answer", &self.sidecar.answer),
        };
        match &request {
            Request::Login(login) => self.login = Some(login.clone()),
            Request::Move(MoveCall::Status(_)) => self.status = Some(attempt),
            Request::Move(MoveCall::Answer { body, .. }) => {
                self.answered = Some((body.request.clone(), body.answer));
            }
            Request::Refresh(_)
            | Request::Heartbeat { .. }
            | Request::Logout { .. }
            | Request::Probe
            | Request::AgentState { .. }
            | Request::Dispose { .. }
            | Request::Move(MoveCall::Ask(_) | MoveCall::Withdraw(_)) => {}
        }
        if let Request::Heartbeat { body, .. } = &request {
            self.told_in_call.extend(body.in_call);
            self.told_in_work = body.in_work;
            self.silent_beat = self.sidecar.beat.is_none().then_some(attempt);
        }
        if let Request::Refresh(_) = &request {
            self.silent_refresh = self.sidecar.refresh.is_none().then_some(attempt);
        }
        self.asked.push(name);
        let Some(mut script) = script.clone() else {
            return;
        };
        if self.sidecar.fails_by_turns && self.asked.len().is_multiple_of(2) {
            script = Err(refused(503, "The lock store does not answer"));
        }
        let reply = script.map(|json| match request {
            Request::Login(_) => Reply::Login(serde_json::from_str(&json).unwrap()),
            Request::Refresh(_) => Reply::Refresh(serde_json::from_str(&json).unwrap()),
            Request::Heartbeat { .. } => Reply::Heartbeat(serde_json::from_str(&json).unwrap()),
            Request::Logout { .. } => Reply::Logout(serde_json::from_str(&json).unwrap()),
            Request::Probe => Reply::Probe {
                clock_ahead_ms: self.sidecar.clock_ahead_ms,
            },
            Request::AgentState { .. } | Request::Dispose { .. } => {
                Reply::Agent(serde_json::from_str(&json).unwrap())
            }
            Request::Move(call) => Reply::Move(match call {
                MoveCall::Ask(_) => MoveReply::Asked(serde_json::from_str(&json).unwrap()),
                MoveCall::Status(_) => MoveReply::Status(serde_json::from_str(&json).unwrap()),
                MoveCall::Withdraw(_) | MoveCall::Answer { .. } => MoveReply::Done,
            }),
        });
        self.pending.push_back(Input::Sidecar { attempt, reply });
    }

    fn answer_media(&mut self, call: phone::CallId, request: MediaRequest) {
        let telephone_event = self.server.telephone_event;
        let news = match request {
            MediaRequest::Offer { request } => MediaNews::Offer {
                request,
                offer: Offer("v=0\r\no=ours\r\n".to_owned()),
            },
            MediaRequest::Answer { request, offer } if offer.0.contains("unusable") => {
                MediaNews::Refused {
                    request,
                    reason: "No codec in common".to_owned(),
                }
            }
            // The test says when.
            MediaRequest::Answer { offer, .. } if offer.0.contains("slow") => return,
            MediaRequest::Answer { request, offer } => MediaNews::Answer {
                request,
                answer: Answer("v=0\r\no=our-answer\r\n".to_owned()),
                telephone_event,
                held_by_peer: offer.0.contains("sendonly"),
            },
            MediaRequest::Apply { request, .. } => MediaNews::Applied {
                request,
                telephone_event,
                held_by_peer: false,
            },
            MediaRequest::Select { dialog } if self.server.media_connects => {
                self.pending.push_back(Input::Media {
                    call,
                    news: MediaNews::Connected { dialog },
                });
                MediaNews::FirstAudio {
                    dialog: DialogHandle(0),
                }
            }
            MediaRequest::Select { .. }
            | MediaRequest::Withdraw
            | MediaRequest::Restart
            | MediaRequest::Hold { .. }
            | MediaRequest::Mute { .. }
            | MediaRequest::Dtmf { .. }
            | MediaRequest::Close => return,
        };
        self.pending.push_back(Input::Media { call, news });
    }

    fn answer_sip(&mut self, flow: FlowId, message: &str) {
        let mut reply = |status: &str, extra: &str, body: &str| {
            let tag = if header(message, "To").contains(";tag=") {
                ""
            } else {
                ";tag=far"
            };
            let content = if body.is_empty() {
                ""
            } else {
                "Content-Type: application/sdp\r\n"
            };
            let text = format!(
                "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {}{tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n{extra}{content}\
                 Content-Length: {}\r\n\r\n{body}",
                header(message, "Via"),
                header(message, "From"),
                header(message, "To"),
                header(message, "Call-ID"),
                header(message, "CSeq"),
                body.len()
            );
            self.pending.push_back(Input::Message {
                flow,
                message: text.into_bytes(),
            });
        };
        let method = message.split(' ').next().unwrap_or_default();
        match method {
            "REGISTER" if self.server.answers_register => {
                let contact = header(message, "Contact");
                reply("200 OK", &format!("Contact: {contact}\r\n"), "");
            }
            "INVITE" => {
                let again = header(message, "To").contains(";tag=");
                let script = if again {
                    vec![self.server.reinvite]
                } else {
                    self.server.invite.clone()
                };
                for status in script {
                    let with_body = status.starts_with("183") || status.starts_with('2');
                    let body = if with_body { "v=0\r\no=far\r\n" } else { "" };
                    reply(status, "Contact: <sip:4711@far.example>\r\n", body);
                }
            }
            "CANCEL" => {
                let invite = self.sent_by_call.get(&header(message, "Call-ID")).cloned();
                reply("200 OK", "", "");
                if let Some(invite) = invite {
                    self.answer_terminated(flow, &invite);
                }
            }
            "BYE" | "INFO" | "OPTIONS" | "UPDATE" => reply("200 OK", "", ""),
            _ => {}
        }
        if method == "INVITE" {
            self.sent_by_call
                .insert(header(message, "Call-ID"), message.to_owned());
        }
    }

    fn answer_terminated(&mut self, flow: FlowId, invite: &str) {
        let text = format!(
            "SIP/2.0 487 Request Terminated\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=far\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             Content-Length: 0\r\n\r\n",
            header(invite, "Via"),
            header(invite, "From"),
            header(invite, "To"),
            header(invite, "Call-ID"),
            header(invite, "CSeq"),
        );
        self.pending.push_back(Input::Message {
            flow,
            message: text.into_bytes(),
        });
    }
}

/// Returns the first value of a header of a message that our own side wrote.
pub fn header(message: &str, name: &str) -> String {
    message
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(|value| value.trim().to_owned())
        .unwrap_or_default()
}

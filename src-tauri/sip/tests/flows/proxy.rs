//! Two user agents joined by a registrar and proxy that works on message text.

use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};

use md5::{Digest, Md5};
use sha2::Sha256;
use sip::{Event, UserAgent};

use crate::{
    message::Message,
    phone::{config, origin},
};

/// What the proxy calls itself.
const PROXY: &str = "proxy.example";

/// The algorithm that the registrar asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
}

/// Ana (`700201`) and Ben (`700202`) at one proxy; what each sees is kept.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) ana: UserAgent,
    pub(crate) ben: UserAgent,
    pub(crate) now: Instant,
    pub(crate) heard_by_ana: Vec<Event>,
    pub(crate) heard_by_ben: Vec<Event>,
    /// Every message that the proxy passed on, by method or status.
    pub(crate) passed: Vec<String>,
    /// Messages by method or status that are lost once each.
    pub(crate) lost: Vec<String>,
    algorithm: Algorithm,
    /// The Contact of each user, with its parameters.
    bindings: BTreeMap<String, String>,
    nonces: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Ana,
    Ben,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Ana => Self::Ben,
            Self::Ben => Self::Ana,
        }
    }
}

impl Pair {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        let mut of_ben = config("700202");
        of_ben.instance = "00000000-0000-4000-8000-000000000002".to_owned();
        Self {
            ana: UserAgent::new(config("700201"), [1; 32]).unwrap(),
            ben: UserAgent::new(of_ben, [2; 32]).unwrap(),
            now: origin(),
            heard_by_ana: Vec::new(),
            heard_by_ben: Vec::new(),
            passed: Vec::new(),
            lost: Vec::new(),
            algorithm,
            bindings: BTreeMap::new(),
            nonces: 0,
        }
    }

    /// Both connected and registered.
    pub(crate) fn registered(algorithm: Algorithm) -> Self {
        let mut pair = Self::new(algorithm);
        for ua in [&mut pair.ana, &mut pair.ben] {
            ua.handle_flow_opened(pair.now);
            ua.register(pair.now);
        }
        pair.run();
        assert_eq!(pair.bindings.len(), 2);
        pair.forget();
        pair
    }

    pub(crate) fn forget(&mut self) {
        self.heard_by_ana.clear();
        self.heard_by_ben.clear();
        self.passed.clear();
    }

    pub(crate) fn is_bound(&self, user: &str) -> bool {
        self.bindings.contains_key(user)
    }

    /// Carries messages until nobody has anything to say.
    pub(crate) fn run(&mut self) {
        loop {
            let mut is_quiet = true;
            for side in [Side::Ana, Side::Ben] {
                while let Some(text) = self.agent(side).poll_transmit() {
                    is_quiet = false;
                    self.take(side, Message::parse(&text));
                }
            }
            while let Some(event) = self.ana.poll_event() {
                self.heard_by_ana.push(event);
            }
            while let Some(event) = self.ben.poll_event() {
                self.heard_by_ben.push(event);
            }
            if is_quiet {
                self.heard_by_ana.retain(|event| *event != Event::Alive);
                self.heard_by_ben.retain(|event| *event != Event::Alive);
                return;
            }
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        self.run();
        loop {
            let next = [self.ana.poll_timeout(), self.ben.poll_timeout()]
                .into_iter()
                .flatten()
                .min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.now = at;
            self.ana.handle_timeout(at);
            self.ben.handle_timeout(at);
            self.run();
        }
        self.now = end;
    }

    fn agent(&mut self, side: Side) -> &mut UserAgent {
        match side {
            Side::Ana => &mut self.ana,
            Side::Ben => &mut self.ben,
        }
    }

    fn take(&mut self, side: Side, message: Message) {
        if message.method() == "REGISTER" {
            let response = self.register(&message);
            return self.give(side, &response);
        }
        let name = if message.method().is_empty() {
            format!("{} {}", message.status(), message.cseq_method())
        } else {
            message.method().to_owned()
        };
        if let Some(position) = self.lost.iter().position(|lost| *lost == name) {
            self.lost.remove(position);
            return;
        }
        self.passed.push(name);
        let forwarded = if message.method().is_empty() {
            assert!(message.get("Via").contains(PROXY), "{}", message.text());
            without_first(message, "Via")
        } else {
            self.forward(message)
        };
        self.give(side.other(), &forwarded);
    }

    fn give(&mut self, side: Side, message: &Message) {
        let now = self.now;
        self.agent(side)
            .handle_message(message.text().as_bytes(), now);
    }

    /// Passes a request on as RFC 3261 §16.6 says, for two users.
    fn forward(&self, mut message: Message) -> Message {
        // Our own Route values have done their work.
        message
            .headers
            .retain(|(name, value)| name != "Route" || !value.contains(PROXY));
        if let Some(binding) = message
            .request_uri()
            .strip_prefix("sip:")
            .and_then(|uri| self.bindings.get(uri.split('@').next()?))
        {
            let uri = binding
                .split('<')
                .nth(1)
                .and_then(|rest| rest.split('>').next())
                .unwrap();
            message.start = format!("{} {uri} SIP/2.0", message.method());
        }
        let branch = format!("{}-p", message.branch());
        let via = format!("SIP/2.0/WSS {PROXY};branch={branch}");
        message.headers.insert(0, ("Via".to_owned(), via));
        if message.method() == "INVITE" {
            let route = format!("<sip:{PROXY};transport=ws;lr>");
            message
                .headers
                .insert(1, ("Record-Route".to_owned(), route));
        }
        message
    }

    fn register(&mut self, register: &Message) -> Message {
        let Some(authorization) = register.find("Authorization") else {
            self.nonces += 1;
            let algorithm = match self.algorithm {
                Algorithm::Md5 => "MD5",
                Algorithm::Sha256 => "SHA-256",
            };
            return register.reply(401, "r").with(
                "WWW-Authenticate",
                &format!(
                    "Digest realm=\"sip.example\", nonce=\"n{}\", qop=\"auth\", algorithm={algorithm}",
                    self.nonces
                ),
            );
        };
        if !self.is_right(authorization) {
            return register.reply(403, "r");
        }
        let user = register.uri("To")["sip:".len()..]
            .split('@')
            .next()
            .unwrap()
            .to_owned();
        if register.get("Expires") == "0" {
            self.bindings.remove(&user);
            return register.reply(200, "r");
        }
        let contact = register.get("Contact").to_owned();
        self.bindings.insert(user, contact.clone());
        register.reply(200, "r").with("Contact", &contact)
    }

    /// RFC 7616 §3.4.1 with `qop=auth`, written for this test alone.
    fn is_right(&self, authorization: &str) -> bool {
        let field = |name: &str| {
            authorization
                .trim_start_matches("Digest ")
                .split(", ")
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
                .unwrap_or_else(|| panic!("no {name} in {authorization}"))
                .trim_matches('"')
        };
        let a1 = format!("{}:sip.example:correct horse", field("username"));
        let a2 = format!("REGISTER:{}", field("uri"));
        let response = self.hash(&format!(
            "{}:{}:{}:{}:auth:{}",
            self.hash(&a1),
            field("nonce"),
            field("nc"),
            field("cnonce"),
            self.hash(&a2)
        ));
        response == field("response")
    }

    fn hash(&self, text: &str) -> String {
        let bytes: Vec<u8> = match self.algorithm {
            Algorithm::Md5 => Md5::digest(text).to_vec(),
            Algorithm::Sha256 => Sha256::digest(text).to_vec(),
        };
        bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        })
    }
}

fn without_first(mut message: Message, name: &str) -> Message {
    let position = message.headers.iter().position(|(n, _)| n == name).unwrap();
    let (_, value) = message.headers.remove(position);
    if let Some((_, rest)) = value.split_once(", ") {
        message
            .headers
            .insert(position, (name.to_owned(), rest.to_owned()));
    }
    message
}

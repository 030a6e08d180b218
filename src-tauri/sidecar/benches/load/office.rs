//! A sidecar with many agents, each of whom has a connection to it.

use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::platform::{self, Platform, User};
use crate::process::Sidecar;
use crate::world::JWT_SECRET;

/// Who call at the same time.
pub(crate) const AGENTS: usize = 64;

const PASSWORD: &str = "a-password-of-everybody";

/// Where the users come from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Users {
    File(Hash),
    Platform,
}

/// What checking a password costs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hash {
    /// Next to nothing, so that the rest is seen.
    Least,
    /// As `hash-password` makes it.
    Usual,
}

pub(crate) struct Office {
    pub(crate) sidecar: Sidecar,
    pub(crate) agents: Vec<Agent>,
    platform: Option<Platform>,
}

/// An agent at their desk.
pub(crate) struct Agent {
    address: String,
    stream: TcpStream,
    received: Vec<u8>,
    login: Vec<u8>,
    heartbeat: Vec<u8>,
    number: usize,
    pub(crate) access_token: String,
    refresh_token: String,
    /// How often it has renewed its tokens.
    pub(crate) refreshes: usize,
}

impl Office {
    /// Opens one where everybody has signed in; `redis` is its address and what keys begin with.
    pub(crate) async fn open(users: Users, redis: Option<(String, String)>) -> Self {
        let mut environment = vec![("HELIX_JWT_SECRET", JWT_SECRET.to_owned())];
        let mut settings =
            "[settings.login_limits]\naccount_burst = 1000\naddress_burst = 100000\n".to_owned();
        if let Some((url, prefix)) = redis {
            environment.push(("REDIS_URL", url));
            settings = format!("[settings]\nredis_key_prefix = \"{prefix}\"\n{settings}");
        }
        let platform = match users {
            Users::File(hash) => {
                settings.push_str(&people(hash));
                None
            }
            Users::Platform => {
                let platform = platform_of_people().await;
                environment.extend([
                    ("PLATFORM_URL", platform.url.clone()),
                    ("PLATFORM_ORIGIN", platform::ORIGIN.to_owned()),
                    ("PLATFORM_API_KEY", platform::API_KEY.to_owned()),
                    ("SIP_DOMAIN", "sip.example".to_owned()),
                    ("SIP_WS_SERVER", "wss://sip.example:444".to_owned()),
                ]);
                Some(platform)
            }
        };
        let sidecar = Sidecar::start(&settings, &environment).await;
        let mut agents = Vec::new();
        for number in 0..AGENTS {
            let password = match users {
                Users::File(_) => PASSWORD,
                Users::Platform => platform::PASSWORD,
            };
            agents.push(Agent::sign_in(&sidecar.address, number, password).await);
        }
        Self {
            sidecar,
            agents,
            platform,
        }
    }

    /// Has its platform, if there is one, take this long to check the password of somebody known.
    pub(crate) fn set_hash_time(&self, time: Duration) {
        if let Some(platform) = &self.platform {
            platform.with(|world| world.hash_time = time);
        }
    }

    /// Has the tokens that its platform, if there is one, issues from now on have so many characters.
    pub(crate) fn set_token_length(&self, length: usize) {
        if let Some(platform) = &self.platform {
            platform.with(|world| world.token_length = length);
        }
    }
}

impl Agent {
    async fn sign_in(address: &str, number: usize, password: &str) -> Self {
        let stream = connect(address).await;
        let body = json!({"email": email(number), "password": password}).to_string();
        let login = request(address, "/auth/login", number, "", &body);
        let mut agent = Self {
            address: address.to_owned(),
            stream,
            received: Vec::new(),
            login,
            heartbeat: Vec::new(),
            number,
            access_token: String::new(),
            refresh_token: String::new(),
            refreshes: 0,
        };
        // Its Redis may not be connected yet.
        let answer = loop {
            let (status, body) = agent.call(Call::Login).await;
            match status {
                201 => break body,
                503 => tokio::time::sleep(Duration::from_millis(50)).await,
                other => panic!("{other}: {body}"),
            }
        };
        agent.take_tokens(&answer);
        agent
    }

    /// Renews its tokens.
    pub(crate) async fn refresh(&mut self) {
        let body = json!({"refreshToken": self.refresh_token}).to_string();
        let request = request(&self.address, "/auth/refresh", self.number, "", &body);
        self.stream.write_all(&request).await.unwrap();
        self.received.clear();
        let (status, body) = receive(&mut self.stream, &mut self.received).await;
        assert_eq!(status, 201, "{body}");
        self.take_tokens(&body);
        self.refreshes += 1;
    }

    /// Uses the tokens of an answer from now on.
    fn take_tokens(&mut self, answer: &str) {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let token = |name: &str| answer[name].as_str().unwrap().to_owned();
        self.access_token = token("accessToken");
        self.refresh_token = token("refreshToken");
        self.heartbeat = heartbeat(&self.address, self.number, &self.access_token);
    }

    /// Begins a run with a connection of its own: one that rests is closed after ten seconds.
    pub(crate) async fn connect(&mut self) {
        self.stream = connect(&self.address).await;
    }

    /// Makes a call that must succeed.
    pub(crate) async fn succeed(&mut self, call: Call) {
        let (status, body) = self.call(call).await;
        assert_eq!(status, 201, "{call:?}: {body}");
    }

    async fn call(&mut self, call: Call) -> (u16, String) {
        let request = match call {
            Call::Login => &self.login,
            Call::Heartbeat => &self.heartbeat,
        };
        self.stream.write_all(request).await.unwrap();
        self.received.clear();
        receive(&mut self.stream, &mut self.received).await
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Call {
    Login,
    Heartbeat,
}

pub(crate) async fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Returns status and body of one answer.
pub(crate) async fn receive(stream: &mut TcpStream, received: &mut Vec<u8>) -> (u16, String) {
    loop {
        let length = stream.read_buf(received).await.unwrap();
        assert_ne!(length, 0, "the sidecar hung up");
        let Some(end) = received.windows(4).position(|it| it == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&received[..end]).unwrap();
        let length = head
            .lines()
            .find_map(|it| it.strip_prefix("content-length: "));
        let body = &received[end + 4..];
        if body.len() == length.unwrap().parse::<usize>().unwrap() {
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            return (status, String::from_utf8(body.to_vec()).unwrap());
        }
    }
}

/// Returns a call as a phone makes it.
pub(crate) fn request(address: &str, path: &str, device: usize, more: &str, body: &str) -> Vec<u8> {
    let kind = if body.is_empty() {
        ""
    } else {
        "content-type: application/json\r\n"
    };
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\nx-device-id: device-{device}\r\n\
         x-device-name: Desk%20{device}\r\n{more}{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Returns the heartbeat of a phone that has this token.
pub(crate) fn heartbeat(address: &str, device: usize, token: &str) -> Vec<u8> {
    let bearer = format!("authorization: Bearer {token}\r\n");
    request(address, "/auth/heartbeat", device, &bearer, "")
}

fn email(number: usize) -> String {
    format!("agent-{number}@helix.example")
}

fn people(hash: Hash) -> String {
    let params = match hash {
        Hash::Least => Params::new(Params::MIN_M_COST, 1, 1, None).unwrap(),
        Hash::Usual => Params::DEFAULT,
    };
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(PASSWORD.as_bytes())
        .unwrap()
        .to_string();
    let mut text = String::new();
    for number in 0..AGENTS {
        text.push_str(&format!(
            "[[agents]]\nozonetel_agent_id = \"agent{number}\"\nsip_extension = \"{number}\"\n\
             sip_password = \"a-sip-password\"\nsip_uri = \"sip:{number}@sip.example\"\n\
             sip_ws_server = \"wss://sip.example:444\"\n\
             [[users]]\nemail = \"{}\"\nname = \"Agent {number}\"\nrole = \"cc-agent\"\n\
             member_id = \"member-{number}\"\nagent = \"agent{number}\"\npassword_hash = \"{hash}\"\n",
            email(number)
        ));
    }
    text
}

async fn platform_of_people() -> Platform {
    let platform = Platform::start().await;
    platform.with(|world| {
        for number in 0..AGENTS {
            // They live as long as the program.
            let member: &'static str = format!("member-{number}").leak();
            let user = User {
                member: Some(member),
                roles: vec!["CC Agent"],
                refusal: None,
            };
            world.users.insert(email(number), user);
            let id = format!("agent{number}");
            let agent = platform::Agent::new(member, &id, &number.to_string());
            world.agents.push(agent);
        }
    });
    platform
}

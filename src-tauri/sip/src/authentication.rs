use rand::rngs::StdRng;
use secrecy::SecretString;

use crate::{
    Config,
    digest::{Challenge, Credentials, choose},
    message::{Request, Response},
};

/// How often one request is sent at most: at first, for the challenge of the server, for that of a
/// proxy before it, and once for a nonce that had grown old (RFC 3261 §22.1, RFC 7616 §3.3).
const MAX_TRIES: u8 = 4;

/// Answers challenges, and decides which are not to be answered.
///
/// A response of the far end and one of our registrar's proxy look alike: who sends us a 407 may be
/// anyone we talk to. So the realm is pinned to that of the registrar, see [`Trust`].
#[derive(Debug)]
pub(crate) struct Authentication {
    user: String,
    password: SecretString,
    allow_md5: bool,
    /// The realm that the registrar named, or, before any registration, the first that challenged
    /// an INVITE of ours.
    realm: Option<String>,
    inside_calls: InsideCalls,
    /// For Authorization.
    server: Option<Credentials>,
    /// For Proxy-Authorization.
    proxy: Option<Credentials>,
}

/// How often a request was sent, and whether at first with the nonce of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    tries: u8,
    is_preloaded: bool,
}

impl Attempt {
    pub(crate) fn first() -> Self {
        Self {
            tries: 1,
            is_preloaded: false,
        }
    }

    pub(crate) fn first_preloaded() -> Self {
        Self {
            tries: 1,
            is_preloaded: true,
        }
    }

    /// The request is sent once more, with the credentials of its last challenge.
    pub(crate) fn next(self) -> Self {
        Self {
            tries: self.tries + 1,
            is_preloaded: false,
        }
    }
}

/// How far the sender of a challenge is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// It answers a REGISTER, which goes no further than the registrar: it names the realm.
    Registrar,
    /// It answers the INVITE of a call that we place: the realm must be the pinned one, and is
    /// pinned where there is none yet.
    Placing,
    /// It answers a re-INVITE in a call that came in, without a provisional response before: the
    /// next hop has not passed the request on (RFC 3261 §17.2.1: then it says 100), so nobody
    /// behind it can have seen it. The realm must be pinned.
    NextHop,
    /// It answers a request inside a call that we placed: the realm must be pinned.
    Callee,
    /// It answers a BYE or INFO in a call that came in, which have no 100 to tell the next hop from
    /// the caller, who could collect digests to guess the password from. The realm must be pinned,
    /// and the next hop have asked inside a call that came in.
    Caller,
}

/// Whether the next hop asks for credentials inside calls that came in.
///
/// ```text
///  Unasked --challenge to a re-INVITE it has not passed on--> Asked
///     ^------BYE or INFO that passed without credentials--------/
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InsideCalls {
    Unasked,
    Asked,
}

/// Why a challenge is not answered, for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("The server refused the password")]
    WrongPassword,
    /// The nonce was called old again and again.
    #[error("The server does not keep its own nonce")]
    AlwaysStale,
    #[error("{0}")]
    Unusable(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Server,
    Proxy,
}

impl Side {
    fn header(self) -> &'static str {
        match self {
            Self::Server => "Authorization",
            Self::Proxy => "Proxy-Authorization",
        }
    }
}

impl Authentication {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            user: config.auth_user.clone(),
            password: config.password.clone(),
            allow_md5: config.allow_md5,
            realm: None,
            inside_calls: InsideCalls::Unasked,
            server: None,
            proxy: None,
        }
    }

    /// Adds the credentials of the last challenge, so that a refresh is one round trip (RFC 7616
    /// §3.6).
    pub(crate) fn preload(&mut self, request: &mut Request, rng: &mut StdRng) -> Attempt {
        if self.server.is_none() && self.proxy.is_none() {
            return Attempt::first();
        }
        for side in [Side::Server, Side::Proxy] {
            self.write(side, request, rng);
        }
        Attempt::first_preloaded()
    }

    /// Makes the repetition of `request` that answers a 401 or 407: CSeq + 1, with credentials (RFC
    /// 3261 §22.2).
    ///
    /// Credentials that the request already carried count as refused unless the server calls their
    /// nonce stale or they were preloaded.
    pub(crate) fn answer(
        &mut self,
        mut request: Request,
        response: &Response,
        trust: Trust,
        attempt: Attempt,
        rng: &mut StdRng,
    ) -> Result<Request, Unanswered> {
        let (side, challenges) = if response.status == 407 {
            (Side::Proxy, response.headers.proxy_authenticate())
        } else {
            (Side::Server, response.headers.www_authenticate())
        };
        let challenge = self.select(challenges, trust)?;
        if request.headers.get(side.header()).is_some() {
            let is_same_nonce = self
                .credentials(side)
                .as_ref()
                .is_some_and(|sent| sent.challenge().nonce == challenge.nonce);
            // RFC 7616 §3.3: stale says that the password was right; one answer per nonce.
            if is_same_nonce || !(challenge.stale || attempt.is_preloaded) {
                return Err(Unanswered::WrongPassword);
            }
        }
        if attempt.tries >= MAX_TRIES {
            return Err(Unanswered::AlwaysStale);
        }

        match trust {
            Trust::Registrar => self.realm = Some(challenge.realm.clone()),
            Trust::Placing => {
                self.realm.get_or_insert_with(|| challenge.realm.clone());
            }
            Trust::NextHop => self.inside_calls = InsideCalls::Asked,
            Trust::Callee | Trust::Caller => {}
        }
        *self.credentials(side) = Some(Credentials::new(challenge, &self.user, &self.password));
        let other = match side {
            Side::Server => Side::Proxy,
            Side::Proxy => Side::Server,
        };
        self.write(side, &mut request, rng);
        if request.headers.get(other.header()).is_some() {
            self.write(other, &mut request, rng);
        }
        let number = request.headers.cseq().map_or(1, |(number, _)| number);
        request.headers.set(
            "CSeq",
            format!("{} {}", number.wrapping_add(1), request.method),
        );
        Ok(request)
    }

    /// A BYE or INFO was accepted, sent as often as `attempt` says: at the first try means that the
    /// next hop did not ask.
    pub(crate) fn note_accepted(&mut self, trust: Trust, attempt: Attempt) {
        if trust == Trust::Caller && attempt == Attempt::first() {
            self.inside_calls = InsideCalls::Unasked;
        }
    }

    fn select(&self, challenges: Vec<Challenge>, trust: Trust) -> Result<Challenge, Unanswered> {
        let may_name_realm = match trust {
            Trust::Registrar => true,
            Trust::Placing => self.realm.is_none(),
            Trust::NextHop | Trust::Callee => false,
            Trust::Caller => match self.inside_calls {
                InsideCalls::Asked => false,
                InsideCalls::Unasked => {
                    return Err(Unanswered::Unusable(
                        "It may be the caller who asks for credentials".to_owned(),
                    ));
                }
            },
        };
        let challenges: Vec<_> = challenges
            .into_iter()
            .filter(|it| may_name_realm || self.realm.as_deref() == Some(it.realm.as_str()))
            .collect();
        choose(challenges, self.allow_md5).map_err(Unanswered::Unusable)
    }

    fn write(&mut self, side: Side, request: &mut Request, rng: &mut StdRng) {
        if let Some(credentials) = self.credentials(side) {
            let value = credentials.authorize(&request.method, &request.uri, rng);
            request.headers.set(side.header(), value);
        }
    }

    fn credentials(&mut self, side: Side) -> &mut Option<Credentials> {
        match side {
            Side::Server => &mut self.server,
            Side::Proxy => &mut self.proxy,
        }
    }
}

use std::{collections::VecDeque, time::Instant};

use rand::rngs::StdRng;

use crate::{
    Cause, Config, Event, InvalidTarget,
    authentication::Authentication,
    flow::Flow,
    message::{Method, NameAddr, Request, Response, Scheme, Uri},
    token,
    transaction::{Branch, Owner, ServerKey, Transactions},
};

/// The methods that are understood here.
pub(crate) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, NOTIFY";

/// RFC 5626 and RFC 5627; whoever requires something else is refused.
pub(crate) const SUPPORTED: [&str; 2] = ["outbound", "gruu"];

/// The bodies that are understood here.
pub(crate) const ACCEPT: &str = "application/sdp, application/dtmf-relay, application/dtmf";

/// JsSIP's value: 70 (RFC 3261 §8.1.1.6) less one hop.
const MAX_FORWARDS: &str = "69";

/// What registration, calls and probes have in common (the core of RFC 3261 §5, and the layers
/// under it).
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) aor: Uri,
    /// The host, and port, of the address of record.
    pub(crate) domain: String,
    /// The domain as a Request-URI.
    pub(crate) registrar: Uri,
    pub(crate) rng: StdRng,
    pub(crate) flow: Flow,
    pub(crate) transactions: Transactions,
    pub(crate) authentication: Authentication,
    pub(crate) events: VecDeque<Event>,
}

impl Core {
    /// Fails where `config.aor` is no SIP URI with a user part.
    pub(crate) fn new(config: Config, mut rng: StdRng) -> Result<Self, InvalidTarget> {
        let aor = Uri::parse(&config.aor).map_err(InvalidTarget)?;
        match aor.scheme() {
            Scheme::Sip | Scheme::Sips => {}
            Scheme::Tel | Scheme::Other(_) => {
                return Err(InvalidTarget(format!("{aor} is no SIP URI")));
            }
        }
        if aor.user().is_none_or(|user| user.is_empty()) {
            return Err(InvalidTarget(format!("{aor} names no user")));
        }
        let domain = match aor.port() {
            Some(port) => format!("{}:{port}", aor.host()),
            None => aor.host().to_owned(),
        };
        let registrar = Uri::sip(None, &domain).map_err(InvalidTarget)?;
        Ok(Self {
            authentication: Authentication::new(&config),
            flow: Flow::new(&mut rng),
            transactions: Transactions::default(),
            events: VecDeque::new(),
            config,
            aor,
            domain,
            registrar,
            rng,
        })
    }

    pub(crate) fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    /// Makes a request that starts a dialog or stands alone (RFC 3261 §8.1.1).
    pub(crate) fn request(
        &mut self,
        method: Method,
        uri: Uri,
        to: Uri,
        call_id: String,
        cseq: u32,
        from_tag: &str,
    ) -> Request {
        let mut from = NameAddr::new(self.aor.clone());
        from.display_name.clone_from(&self.config.display_name);
        from.params.set("tag", Some(from_tag));
        let mut request = Request::new(method.clone(), uri);
        request.headers.push("From", from.to_string());
        request.headers.push("To", NameAddr::new(to).to_string());
        request.headers.push("Call-ID", call_id);
        request.headers.push("CSeq", format!("{cseq} {method}"));
        request
    }

    /// Completes `request` with what all requests have, and sends it in a new client transaction.
    pub(crate) fn send(&mut self, mut request: Request, owner: Owner, now: Instant) -> Branch {
        let branch = Branch::random(&mut self.rng);
        self.complete(&mut request, &branch);
        self.transactions
            .send(branch.clone(), request, owner, &mut self.flow, now);
        branch
    }

    /// Sends the ACK of a 2xx, which is no transaction, and returns its text.
    pub(crate) fn send_ack(&mut self, mut ack: Request) -> String {
        let branch = Branch::random(&mut self.rng);
        self.complete(&mut ack, &branch);
        let text = ack.to_text();
        self.flow.send(text.clone());
        text
    }

    fn complete(&self, request: &mut Request, branch: &Branch) {
        let headers = &mut request.headers;
        headers.remove("Via");
        headers.push_front(
            "Via",
            format!(
                "SIP/2.0/WSS {};branch={}",
                self.flow.host(),
                branch.as_str()
            ),
        );
        headers.set("Max-Forwards", MAX_FORWARDS);
        match &request.method {
            Method::Ack | Method::Bye | Method::Cancel | Method::Info => {}
            // RFC 5626 §4.2.1: a registrar behind an edge proxy may refuse who does not say `path`
            // (RFC 3327 §5.3).
            Method::Register => {
                headers.set("Allow", ALLOW);
                headers.set("Supported", format!("path, {}", SUPPORTED.join(", ")));
            }
            Method::Invite
            | Method::Message
            | Method::Notify
            | Method::Options
            | Method::Prack
            | Method::Publish
            | Method::Refer
            | Method::Subscribe
            | Method::Update
            | Method::Other(_) => {
                headers.set("Allow", ALLOW);
                headers.set("Supported", SUPPORTED.join(", "));
            }
        }
        headers.set("User-Agent", self.config.user_agent.clone());
    }

    /// Makes a response with a To tag (RFC 3261 §8.2.6).
    pub(crate) fn response(&mut self, request: &Request, status: u16) -> Response {
        let mut response = Response::to_request(request, status, None);
        response.set_to_tag(&token::tag(&mut self.rng));
        response
            .headers
            .push("User-Agent", self.config.user_agent.clone());
        response
    }

    pub(crate) fn respond(&mut self, key: &ServerKey, response: &Response, now: Instant) {
        self.transactions
            .respond(key, response, &mut self.flow, now);
    }

    /// Responds with nothing but a status.
    pub(crate) fn respond_status(
        &mut self,
        key: &ServerKey,
        request: &Request,
        status: u16,
        now: Instant,
    ) {
        let response = self.response(request, status);
        self.respond(key, &response, now);
    }
}

/// Returns the cause that a final response of 300 to 699 is.
pub(crate) fn refused(response: &Response) -> Cause {
    Cause::Refused {
        status: response.status,
        reason: response.reason.clone(),
    }
}

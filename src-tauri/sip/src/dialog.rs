use rand::{RngExt, rngs::StdRng};

use crate::message::{Contacts, Headers, Method, NameAddr, Request, Response, Uri};

/// A peer-to-peer relation with one far end (RFC 3261 §12).
#[derive(Debug, Clone)]
pub(crate) struct Dialog {
    call_id: String,
    local_tag: String,
    /// Empty for a far end of RFC 2543 (§12.1.1).
    remote_tag: String,
    /// From of our requests, with the tag.
    local: String,
    /// To of our requests, with the tag.
    remote: String,
    /// Where the far end wants requests; named in the Request-URI and never resolved: all goes out
    /// on the flow.
    remote_target: Uri,
    route_set: Vec<String>,
    local_seq: u32,
    /// `None` until the far end has sent a request.
    remote_seq: Option<u32>,
}

impl Dialog {
    /// Makes the dialog of a response to our INVITE (RFC 3261 §12.1.2).
    pub(crate) fn of_response(invite: &Request, response: &Response) -> Option<Self> {
        let to = response.headers.to()?;
        let mut route_set = response.headers.record_routes();
        route_set.reverse();
        Some(Self {
            call_id: invite.headers.call_id()?.to_owned(),
            local_tag: invite.headers.from()?.tag()?.to_owned(),
            remote_tag: to.tag().unwrap_or_default().to_owned(),
            local: invite.headers.get("From")?.to_owned(),
            remote: response.headers.get("To")?.to_owned(),
            remote_target: target(&response.headers).unwrap_or_else(|| to.uri.into_request_uri()),
            route_set,
            local_seq: invite.headers.cseq()?.0,
            remote_seq: None,
        })
    }

    /// Makes the dialog of an INVITE that came in (RFC 3261 §12.1.1); `None` without a usable
    /// Contact.
    pub(crate) fn of_request(invite: &Request, local_tag: &str, rng: &mut StdRng) -> Option<Self> {
        let headers = &invite.headers;
        let mut local = headers.to()?;
        local.params.set("tag", Some(local_tag));
        Some(Self {
            call_id: headers.call_id()?.to_owned(),
            local_tag: local_tag.to_owned(),
            remote_tag: headers.from()?.tag().unwrap_or_default().to_owned(),
            local: local.to_string(),
            remote: headers.get("From")?.to_owned(),
            remote_target: target(headers)?,
            route_set: headers.record_routes(),
            // RFC 3261 §8.1.1.5: below 2^31, here with room to count.
            local_seq: rng.random_range(1..1 << 16),
            remote_seq: Some(headers.cseq()?.0),
        })
    }

    /// Returns whether a request of the far end belongs here (RFC 3261 §12.2.2).
    pub(crate) fn matches(&self, headers: &Headers) -> bool {
        let tag = |address: Option<NameAddr>| {
            address
                .as_ref()
                .and_then(NameAddr::tag)
                .unwrap_or_default()
                .to_owned()
        };
        headers.call_id() == Some(&self.call_id)
            && tag(headers.to()) == self.local_tag
            && tag(headers.from()) == self.remote_tag
    }

    /// Goes on counting where the early dialog of the same far end stood (RFC 3261 §13.2.2.4: a 2xx
    /// makes the route set and the target anew, nothing else).
    pub(crate) fn count_on_from(&mut self, early: &Self) {
        self.remote_seq = early.remote_seq;
    }

    pub(crate) fn local_tag(&self) -> &str {
        &self.local_tag
    }

    pub(crate) fn remote_tag(&self) -> &str {
        &self.remote_tag
    }

    /// Makes the next request to the far end (RFC 3261 §12.2.1.1).
    pub(crate) fn request(&mut self, method: Method) -> Request {
        self.local_seq += 1;
        self.request_with(method, self.local_seq)
    }

    /// Makes the ACK of a 2xx to `invite`: with its CSeq number and its credentials, unchanged (RFC
    /// 3261 §13.2.2.4, §22.1).
    pub(crate) fn ack(&self, invite: &Request) -> Option<Request> {
        let mut ack = self.request_with(Method::Ack, invite.headers.cseq()?.0);
        for name in ["Authorization", "Proxy-Authorization"] {
            for value in invite.headers.all(name) {
                ack.headers.push(name, value);
            }
        }
        Some(ack)
    }

    /// Numbers a request that is sent again with credentials: after all that went out meanwhile, or
    /// the far end would find it out of order (RFC 3261 §12.2.2, §22.2).
    pub(crate) fn renumber(&mut self, request: &mut Request) {
        self.local_seq += 1;
        let cseq = format!("{} {}", self.local_seq, request.method);
        request.headers.set("CSeq", cseq);
    }

    /// Takes the number of a request of the far end; `false`: an older one (RFC 3261 §12.2.2).
    pub(crate) fn is_in_order(&mut self, cseq: u32) -> bool {
        if self.remote_seq.is_some_and(|last| cseq < last) {
            return false;
        }
        self.remote_seq = Some(cseq);
        true
    }

    /// Follows the far end to a new Contact (target refresh, RFC 3261 §12.2.1.2 and §12.2.2).
    pub(crate) fn refresh_target(&mut self, headers: &Headers) {
        if let Some(target) = target(headers) {
            self.remote_target = target;
        }
    }

    fn request_with(&self, method: Method, cseq: u32) -> Request {
        let (uri, routes) = self.route();
        let mut request = Request::new(method.clone(), uri);
        for route in routes {
            request.headers.push("Route", route);
        }
        request.headers.push("From", self.local.clone());
        request.headers.push("To", self.remote.clone());
        request.headers.push("Call-ID", self.call_id.clone());
        request.headers.push("CSeq", format!("{cseq} {method}"));
        request
    }

    /// Returns the Request-URI and the Route values.
    fn route(&self) -> (Uri, Vec<String>) {
        let first = self.route_set.first().map(|value| NameAddr::parse(value));
        match first {
            // RFC 3261 §12.2.1.1: a strict router wants to be the Request-URI, the target comes
            // last.
            Some(Some(first)) if !first.uri.params().has("lr") => {
                let mut routes = self.route_set[1..].to_vec();
                routes.push(format!("<{}>", self.remote_target));
                (first.uri.into_request_uri(), routes)
            }
            Some(_) | None => (self.remote_target.clone(), self.route_set.clone()),
        }
    }
}

/// Returns the first Contact, as the Request-URI it becomes.
fn target(headers: &Headers) -> Option<Uri> {
    match headers.contacts() {
        Contacts::Star => None,
        Contacts::List(contacts) => contacts
            .into_iter()
            .next()
            .map(|contact| contact.uri.into_request_uri()),
    }
}

use crate::{
    hop::reason_of,
    message::{Message, uri_of},
    registrar::{FlowId, Registrar},
};

/// The way of one of the lab's user agents to the registrar.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) registrar: Registrar,
    pub(crate) flow: FlowId,
    pub(crate) extension: String,
    pub(crate) domain: String,
}

/// One side's part of a dialog (RFC 3261 §12).
#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) line: Line,
    call_id: String,
    /// From and To of requests that this side sends, with their tags.
    local: String,
    remote: String,
    target: String,
    routes: Vec<String>,
    cseq: u32,
}

impl Line {
    pub(crate) fn send(&self, message: &Message) {
        self.registrar
            .handle(self.flow, message.to_string().as_bytes());
    }

    pub(crate) fn contact(&self) -> String {
        format!("<sip:{}@lab.invalid;transport=ws>", self.extension)
    }

    /// Makes a response to a request of a phone; `tag` is this side's.
    pub(crate) fn response(&self, request: &Message, status: u16, tag: &str) -> Message {
        let mut response = Message::response(request, status, reason_of(status), tag);
        if status > 100 && status < 300 {
            for route in request.values("Record-Route") {
                response.push("Record-Route", &route);
            }
            response.push("Contact", &self.contact());
            response.push("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE");
        }
        response
    }

    pub(crate) fn respond(&self, request: &Message, status: u16, tag: &str) {
        self.send(&self.response(request, status, tag));
    }

    /// Makes the INVITE of a call to `to`.
    pub(crate) fn invite(&self, to: &str, call_id: &str, tag: &str) -> Message {
        let uri = format!("sip:{to}@{}", self.domain);
        let mut invite = Message::request("INVITE", &uri);
        invite.push("Via", &via());
        invite.push("Max-Forwards", "70");
        invite.push(
            "From",
            &format!(
                "\"The Lab\" <sip:{}@{}>;tag={tag}",
                self.extension, self.domain
            ),
        );
        invite.push("To", &format!("<{uri}>"));
        invite.push("Call-ID", call_id);
        invite.push("CSeq", "1 INVITE");
        invite.push("Contact", &self.contact());
        invite.push("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE");
        invite
    }
}

impl Leg {
    /// The callee's side, from the INVITE that it answers with `tag` (RFC 3261 §12.1.1).
    pub(crate) fn of_callee(line: Line, invite: &Message, tag: &str) -> Self {
        let to = invite.header("To").unwrap_or_default();
        Self {
            call_id: invite.call_id().to_owned(),
            local: format!("{to};tag={tag}"),
            remote: invite.header("From").unwrap_or_default().to_owned(),
            target: invite.contact_uri().unwrap_or_default(),
            routes: invite.values("Record-Route"),
            cseq: 0,
            line,
        }
    }

    /// The caller's side, from the 2xx to its INVITE (RFC 3261 §12.1.2).
    pub(crate) fn of_caller(line: Line, response: &Message) -> Self {
        let mut routes = response.values("Record-Route");
        routes.reverse();
        Self {
            call_id: response.call_id().to_owned(),
            local: response.header("From").unwrap_or_default().to_owned(),
            remote: response.header("To").unwrap_or_default().to_owned(),
            target: response
                .contact_uri()
                .unwrap_or_else(|| uri_of(response.header("To").unwrap_or_default()).to_owned()),
            routes,
            cseq: response.cseq().unwrap_or(1),
            line,
        }
    }

    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Makes the next request of this side.
    pub(crate) fn request(&mut self, method: &str) -> Message {
        self.cseq += 1;
        self.numbered(method, self.cseq)
    }

    /// Makes the ACK for a 2xx to our INVITE (RFC 3261 §13.2.2.4).
    pub(crate) fn ack(&self, response: &Message) -> Message {
        self.numbered("ACK", response.cseq().unwrap_or(self.cseq))
    }

    fn numbered(&self, method: &str, cseq: u32) -> Message {
        let mut request = Message::request(method, &self.target);
        request.push("Via", &via());
        request.push("Max-Forwards", "70");
        for route in &self.routes {
            request.push("Route", route);
        }
        request.push("From", &self.local);
        request.push("To", &self.remote);
        request.push("Call-ID", &self.call_id);
        request.push("CSeq", &format!("{cseq} {method}"));
        request.push("Contact", &self.line.contact());
        request
    }
}

fn via() -> String {
    format!("SIP/2.0/WSS lab.invalid;branch=z9hG4bK{}", token())
}

pub(crate) fn token() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

//! One user agent whose servers are the test itself.

use std::time::{Duration, Instant};

use secrecy::SecretString;
use sip::{Answer, CallHandle, Cause, Config, Event, Offer, UserAgent};

use crate::message::Message;

pub(crate) const OFFER: &str = "v=0\r\ns=offer\r\n";
pub(crate) const ANSWER: &str = "v=0\r\ns=answer\r\n";
pub(crate) const HOLD: &str = "v=0\r\na=sendonly\r\n";
pub(crate) const INSTANCE: &str = "6f5c1c5e-8a0e-4d0c-9d3f-0d6a5c2b7e11";

pub(crate) fn offer() -> Offer {
    Offer(OFFER.to_owned())
}

pub(crate) fn answer() -> Answer {
    Answer(ANSWER.to_owned())
}

pub(crate) fn hold() -> Offer {
    Offer(HOLD.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "any instant serves as the origin"
)]
pub(crate) fn origin() -> Instant {
    Instant::now()
}

pub(crate) fn config(user: &str) -> Config {
    Config {
        aor: format!("sip:{user}@sip.example"),
        auth_user: user.to_owned(),
        password: SecretString::from("correct horse"),
        display_name: Some("Ana".to_owned()),
        instance: INSTANCE.to_owned(),
        user_agent: "Helix Phone".to_owned(),
        register_expires: Duration::from_secs(600),
        allow_md5: true,
        max_calls: 1,
    }
}

#[derive(Debug)]
pub(crate) struct Phone {
    pub(crate) ua: UserAgent,
    pub(crate) now: Instant,
}

impl Phone {
    /// A phone without a flow.
    pub(crate) fn offline(config: Config) -> Self {
        Self {
            ua: UserAgent::new(config, [7; 32]).unwrap(),
            now: origin(),
        }
    }

    /// A phone with a flow, that does not register.
    pub(crate) fn online(config: Config) -> Self {
        let mut phone = Self::offline(config);
        phone.open();
        phone
    }

    /// A phone whose first REGISTER is sent.
    pub(crate) fn registering(config: Config) -> (Self, Message) {
        let mut phone = Self::online(config);
        phone.ua.register(phone.now);
        let register = phone.sent_one();
        (phone, register)
    }

    /// A phone that the registrar of realm `sip.example` has challenged and bound.
    pub(crate) fn registered(config: Config) -> Self {
        let (mut phone, register) = Self::registering(config);
        phone.hear(&challenged(&register, 401, "r1"));
        let register = phone.sent_one();
        phone.hear(&bound(&register, 600));
        phone.events();
        phone
    }

    pub(crate) fn open(&mut self) {
        self.ua.handle_flow_opened(self.now);
    }

    pub(crate) fn close(&mut self) {
        self.ua.handle_flow_closed(self.now);
    }

    pub(crate) fn hear(&mut self, message: &Message) {
        self.ua.handle_message(message.text().as_bytes(), self.now);
    }

    /// All that was sent since the last look.
    pub(crate) fn sent(&mut self) -> Vec<Message> {
        std::iter::from_fn(|| self.ua.poll_transmit())
            .map(|text| Message::parse(&text))
            .collect()
    }

    /// The one message that was sent since the last look.
    #[track_caller]
    pub(crate) fn sent_one(&mut self) -> Message {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:#?}");
        sent.remove(0)
    }

    /// All events since the last look, without the signs of life.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.ua.poll_event())
            .filter(|event| *event != Event::Alive)
            .collect()
    }

    /// Lets time pass, timer by timer.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.ua.poll_timeout().filter(|at| *at <= end) {
            assert!(at >= self.now, "a timer in the past");
            self.now = at;
            self.ua.handle_timeout(at);
            assert!(
                self.ua.poll_timeout().is_none_or(|next| next > at),
                "a timer that does not go off"
            );
        }
        self.now = end;
    }

    pub(crate) fn pass_seconds(&mut self, seconds: u64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Lets time pass until something is sent, and returns it with the time that passed.
    #[track_caller]
    pub(crate) fn pass_until_sent(&mut self) -> (Message, Duration) {
        let start = self.now;
        loop {
            let at = self.ua.poll_timeout().expect("a timer runs");
            self.now = at;
            self.ua.handle_timeout(at);
            if let Some(message) = self.sent().pop() {
                return (message, self.now - start);
            }
        }
    }

    /// Calls `700202` and returns the INVITE.
    pub(crate) fn call(&mut self) -> (CallHandle, Message) {
        let call = self.ua.invite("700202", offer(), self.now).unwrap();
        (call, self.sent_one())
    }

    /// Calls, and is answered by a far end behind a proxy; returns the INVITE and the ACK.
    pub(crate) fn established_call(&mut self) -> (CallHandle, Message, Message) {
        let (call, invite) = self.call();
        self.hear(&accepted(&invite, "far"));
        let ack = self.sent_one();
        assert_eq!(ack.method(), "ACK");
        self.events();
        (call, invite, ack)
    }

    /// Is called and rings.
    #[track_caller]
    pub(crate) fn ring(&mut self, invite: &Message) -> CallHandle {
        self.hear(invite);
        assert_eq!(self.sent_one().status(), 180);
        incoming(&self.events())
    }

    /// Answers, and returns the 200.
    #[track_caller]
    pub(crate) fn accept(&mut self, call: CallHandle) -> Message {
        self.ua.accept(call, answer(), self.now).unwrap();
        self.sent_one()
    }

    /// Is called and answers; returns the INVITE and the 200.
    pub(crate) fn established_incoming(&mut self) -> (CallHandle, Message, Message) {
        let invite = incoming_invite("in-1");
        let call = self.ring(&invite);
        let ok = self.accept(call);
        assert_eq!(ok.status(), 200);
        self.hear(&ack_of(&invite, &ok));
        self.events();
        (call, invite, ok)
    }

    /// Holds the peer, and returns the re-INVITE.
    #[track_caller]
    pub(crate) fn hold(&mut self, call: CallHandle) -> Message {
        self.ua.reoffer(call, hold(), self.now).unwrap();
        self.sent_one()
    }

    /// Accepts what the peer offered, and returns the 200.
    #[track_caller]
    pub(crate) fn accept_reoffer(&mut self, call: CallHandle) -> Message {
        self.ua.accept_reoffer(call, answer(), self.now).unwrap();
        self.sent_one()
    }

    /// Hangs up, gives up or declines.
    #[track_caller]
    pub(crate) fn end(&mut self, call: CallHandle) {
        self.ua.end(call, 480, self.now).unwrap();
    }

    #[track_caller]
    pub(crate) fn assert_ended(&mut self, call: CallHandle, cause: Cause) {
        assert_eq!(self.events(), [Event::Ended { call, cause }]);
    }
}

/// The registrar's 200: our Contact as it was sent, granted for `expires` seconds.
pub(crate) fn bound(register: &Message, expires: u32) -> Message {
    let contact = register.get("Contact").split(";expires=").next().unwrap();
    register
        .reply(200, "registrar")
        .with("Contact", &format!("{contact};expires={expires}"))
}

/// The challenge of the registrar's realm to a request: 401 of a server, 407 of a proxy.
pub(crate) fn challenged(request: &Message, status: u16, nonce: &str) -> Message {
    challenged_by("sip.example", request, status, nonce)
}

pub(crate) fn challenged_by(realm: &str, request: &Message, status: u16, nonce: &str) -> Message {
    let header = if status == 407 {
        "Proxy-Authenticate"
    } else {
        "WWW-Authenticate"
    };
    request.reply(status, "").with(
        header,
        &format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5"),
    )
}

/// The same challenge, which calls the nonce of the request old.
pub(crate) fn stale(challenge: Message) -> Message {
    let name = if challenge.status() == 407 {
        "Proxy-Authenticate"
    } else {
        "WWW-Authenticate"
    };
    let value = format!("{}, stale=true", challenge.get(name));
    challenge.replacing(name, &value)
}

/// The 200 of a far end at `sip:far@192.0.2.9`, with two record routes of a proxy.
pub(crate) fn accepted(invite: &Message, tag: &str) -> Message {
    routed(invite.reply(200, tag)).with_sdp(ANSWER)
}

pub(crate) fn routed(response: Message) -> Message {
    response
        .with(
            "Record-Route",
            "<sip:edge.example;transport=ws;lr;r2=on>, <sip:edge.example:5060;lr;r2=on>",
        )
        .with("Record-Route", "<sip:inner.example;lr>")
        .with("Contact", "<sip:far@192.0.2.9:5062>")
}

/// An INVITE with an offer, from `sip:700202@sip.example`, as Asterisk addresses it.
pub(crate) fn incoming_invite(call_id: &str) -> Message {
    Message {
        start: "INVITE sip:x@127.0.0.1:40000;transport=ws SIP/2.0".to_owned(),
        headers: Vec::new(),
        body: String::new(),
    }
    .with(
        "Via",
        &format!("SIP/2.0/WSS edge.example:443;branch=z9hG4bK-{call_id}"),
    )
    .with(
        "Record-Route",
        "<sip:edge.example;transport=ws;lr;r2=on>, <sip:edge.example:5060;lr;r2=on>",
    )
    .with("Max-Forwards", "69")
    .with("From", "\"Ben\" <sip:700202@sip.example>;tag=caller")
    .with("To", "<sip:700201@sip.example>")
    .with("Call-ID", call_id)
    .with("CSeq", "10 INVITE")
    .with("Contact", "<sip:asterisk@vm:5060;transport=ws>")
    .with_sdp(OFFER)
}

/// The ACK of a 2xx that we sent.
pub(crate) fn ack_of(invite: &Message, ok: &Message) -> Message {
    in_dialog(invite, ok, "ACK", invite.cseq()).replacing("CSeq", &format!("{} ACK", invite.cseq()))
}

/// A request of the caller inside the dialog of an incoming call.
pub(crate) fn in_dialog(invite: &Message, ok: &Message, method: &str, cseq: u32) -> Message {
    Message {
        start: format!("{method} {} SIP/2.0", ok.uri("Contact")),
        headers: Vec::new(),
        body: String::new(),
    }
    .with(
        "Via",
        &format!("SIP/2.0/WSS edge.example:443;branch=z9hG4bK-{method}-{cseq}"),
    )
    .with("Max-Forwards", "69")
    .with("From", invite.get("From"))
    .with("To", ok.get("To"))
    .with("Call-ID", invite.get("Call-ID"))
    .with("CSeq", &format!("{cseq} {method}"))
}

/// A request of the far end inside the dialog of an outgoing call.
pub(crate) fn from_far(ack: &Message, method: &str, cseq: u32) -> Message {
    Message {
        start: format!("{method} sip:us@ours.invalid SIP/2.0"),
        headers: Vec::new(),
        body: String::new(),
    }
    .with(
        "Via",
        &format!("SIP/2.0/WSS edge.example:443;branch=z9hG4bK-far-{method}-{cseq}"),
    )
    .with("Max-Forwards", "69")
    .with("From", ack.get("To"))
    .with("To", ack.get("From"))
    .with("Call-ID", ack.get("Call-ID"))
    .with("CSeq", &format!("{cseq} {method}"))
}

/// The handle of the call that came in.
#[track_caller]
pub(crate) fn incoming(events: &[Event]) -> CallHandle {
    match events {
        [Event::Incoming { call, .. }] => *call,
        other => panic!("{other:#?}"),
    }
}

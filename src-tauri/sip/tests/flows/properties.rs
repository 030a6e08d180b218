//! Whatever comes in, whatever is asked: no panic, no stuck state, no growth.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use sip::{CallHandle, Event, UserAgent};

use crate::{
    message::Message,
    phone::{ANSWER, answer, config, incoming_invite, offer, origin},
};

/// The states in which something is waited for, as `Debug` writes them.
const WAITING: [&str; 11] = [
    "Calling(",
    "Ringing(",
    "Closing(",
    "Cancelled",
    "Registering {",
    "Unregistering {",
    "BackingOff {",
    "Asked {",
    "Accepted {",
    "UnderWay {",
    "Waiting",
];

/// What happens to a user agent in one step.
#[derive(Debug, Clone)]
enum Step {
    Open,
    Close,
    Register,
    Unregister,
    Invite,
    Ask(Command),
    Probe,
    /// A call comes in.
    Ring {
        call_id: u8,
        branch: u8,
    },
    /// The last request that was sent is answered so; every other one with a description.
    Reply {
        back: usize,
        status: u16,
        tag: u8,
        described: bool,
    },
    /// The far end sends a request in the dialog of the last message that has one.
    Inside {
        method: &'static str,
        cseq: u32,
        described: bool,
    },
    /// The last message that came in comes again, a byte changed.
    Garble {
        position: usize,
        byte: u8,
    },
    Rubbish(Vec<u8>),
    Pass(u64),
}

/// What a far end may send, and what it may not.
const METHODS: [&str; 11] = [
    "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "INFO", "OPTIONS", "REFER", "NOTIFY", "PRACK", "X",
];

fn step() -> impl Strategy<Value = Step> {
    let call = 0..6_u32;
    prop_oneof![
        2 => Just(Step::Open),
        1 => Just(Step::Close),
        1 => Just(Step::Register),
        1 => Just(Step::Unregister),
        3 => Just(Step::Invite),
        2 => call.clone().prop_map(Command::Accept).prop_map(Step::Ask),
        1 => call.clone().prop_map(Command::OfferInAnswer).prop_map(Step::Ask),
        2 => (call.clone(), 0..800_u16).prop_map(|(call, status)| Step::Ask(Command::End(call, status))),
        2 => call.clone().prop_map(Command::Reoffer).prop_map(Step::Ask),
        2 => call.clone().prop_map(Command::AcceptReoffer).prop_map(Step::Ask),
        1 => (call.clone(), 0..800_u16).prop_map(|(call, status)| Step::Ask(Command::RefuseReoffer(call, status))),
        1 => (call, any::<char>()).prop_map(|(call, digit)| Step::Ask(Command::Digit(call, digit))),
        1 => Just(Step::Probe),
        3 => (0..3_u8, 0..3_u8).prop_map(|(call_id, branch)| Step::Ring { call_id, branch }),
        8 => (
            0..4_usize,
            prop_oneof![100..200_u16, Just(200), 200..700_u16, Just(401), Just(407), Just(491), Just(423)],
            0..3_u8,
            any::<bool>()
        )
            .prop_map(|(back, status, tag, described)| Step::Reply { back, status, tag, described }),
        6 => (prop::sample::select(&METHODS[..]), 0..20_u32, any::<bool>())
            .prop_map(|(method, cseq, described)| Step::Inside { method, cseq, described }),
        2 => (any::<prop::sample::Index>(), any::<u8>())
            .prop_map(|(position, byte)| Step::Garble { position: position.index(2000), byte }),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Rubbish),
        3 => (0..40_000_u64).prop_map(Step::Pass),
    ]
}

/// What may be asked of a call, whether its state allows it or not.
#[derive(Debug, Clone)]
enum Command {
    Accept(u32),
    OfferInAnswer(u32),
    End(u32, u16),
    Reoffer(u32),
    AcceptReoffer(u32),
    RefuseReoffer(u32, u16),
    Digit(u32, char),
}

/// A user agent and what passed between it and the other side.
struct Run {
    ua: UserAgent,
    now: Instant,
    sent: Vec<Message>,
    last_in: Vec<u8>,
    /// Calls that began and have not ended.
    live: Vec<CallHandle>,
}

impl Run {
    fn new() -> Self {
        let mut config = config("700201");
        config.max_calls = 3;
        Self {
            ua: UserAgent::new(config, [9; 32]).unwrap(),
            now: origin(),
            sent: Vec::new(),
            last_in: b"\r\n".to_vec(),
            live: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Open => self.ua.handle_flow_opened(now),
            Step::Close => self.ua.handle_flow_closed(now),
            Step::Register => self.ua.register(now),
            Step::Unregister => self.ua.unregister(now),
            Step::Invite => {
                let call = self.ua.invite("700202", offer(), now).unwrap();
                self.live.push(call);
            }
            Step::Probe => self.ua.probe(now),
            Step::Ring { call_id, branch } => {
                let via = format!("SIP/2.0/WSS edge.example;branch=z9hG4bK-{branch}");
                let invite = incoming_invite(&format!("c{call_id}")).replacing("Via", &via);
                self.hear(invite.text().into_bytes());
            }
            Step::Reply {
                back,
                status,
                tag,
                described,
            } => self.reply(back, status, tag, described),
            Step::Inside {
                method,
                cseq,
                described,
            } => self.send_inside(method, cseq, described),
            Step::Garble { position, byte } => {
                let mut message = self.last_in.clone();
                let position = position % message.len().max(1);
                if let Some(place) = message.get_mut(position) {
                    *place = byte;
                }
                self.hear(message);
            }
            Step::Rubbish(bytes) => self.hear(bytes),
            Step::Pass(millis) => self.pass(Duration::from_millis(millis)),
            Step::Ask(command) => self.ask(command),
        }
        self.drain();
    }

    /// Asks; that the state refuses is as good as that it obeys.
    fn ask(&mut self, command: Command) {
        let (ua, now) = (&mut self.ua, self.now);
        let _ = match command {
            Command::Accept(call) => ua.accept(CallHandle(call), answer(), now),
            Command::OfferInAnswer(call) => ua.offer_in_answer(CallHandle(call), offer(), now),
            Command::End(call, status) => ua.end(CallHandle(call), status, now),
            Command::Reoffer(call) => ua.reoffer(CallHandle(call), offer(), now),
            Command::AcceptReoffer(call) => ua.accept_reoffer(CallHandle(call), answer(), now),
            Command::RefuseReoffer(call, status) => {
                ua.refuse_reoffer(CallHandle(call), status, now)
            }
            Command::Digit(call, digit) => {
                ua.send_dtmf(CallHandle(call), digit, Duration::from_millis(100), now)
            }
        };
    }

    fn reply(&mut self, back: usize, status: u16, tag: u8, described: bool) {
        let requests: Vec<_> = self
            .sent
            .iter()
            .filter(|it| !it.method().is_empty())
            .collect();
        let Some(request) = requests.iter().rev().nth(back) else {
            return;
        };
        let mut response = request
            .reply(status, &format!("t{tag}"))
            .with(
                "Contact",
                request.find("Contact").unwrap_or("<sip:far@192.0.2.9>"),
            )
            .with("Min-Expires", "900")
            .with(
                "WWW-Authenticate",
                &format!("Digest realm=\"sip.example\", nonce=\"{tag}\", qop=\"auth\""),
            )
            .with(
                "Proxy-Authenticate",
                &format!("Digest realm=\"sip.example\", nonce=\"{tag}\", qop=\"auth\", stale=true"),
            );
        if described {
            response = response.with_sdp(ANSWER);
        }
        self.hear(response.text().into_bytes());
    }

    fn send_inside(&mut self, method: &str, cseq: u32, described: bool) {
        let Some(last) = self
            .sent
            .iter()
            .rev()
            .find(|it| it.find("To").is_some_and(|to| to.contains(";tag=")))
        else {
            return;
        };
        // In what we sent as a response, we are To.
        let (local, remote) = if last.method().is_empty() {
            ("To", "From")
        } else {
            ("From", "To")
        };
        let mut request = Message {
            start: format!("{method} sip:us@ours.invalid SIP/2.0"),
            headers: Vec::new(),
            body: String::new(),
        }
        .with(
            "Via",
            &format!("SIP/2.0/WSS edge.example;branch=z9hG4bK-{method}-{cseq}"),
        )
        .with("From", last.get(remote))
        .with("To", last.get(local))
        .with("Call-ID", last.get("Call-ID"))
        .with("CSeq", &format!("{cseq} {method}"));
        if described {
            request = request.with_sdp(ANSWER);
        }
        self.hear(request.text().into_bytes());
    }

    fn hear(&mut self, message: Vec<u8>) {
        self.ua.handle_message(&message, self.now);
        self.last_in = message;
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.ua.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.ua.handle_timeout(self.now);
            let next = self.ua.poll_timeout();
            assert!(
                next.is_none_or(|next| next > self.now),
                "a timer that does not go off"
            );
            self.drain();
        }
        self.now = end;
    }

    fn drain(&mut self) {
        while let Some(text) = self.ua.poll_transmit() {
            if text != "\r\n" {
                self.sent.push(Message::parse(&text));
            }
        }
        let excess = self.sent.len().saturating_sub(50);
        self.sent.drain(..excess);
        while let Some(event) = self.ua.poll_event() {
            if let Event::Incoming { call, .. } = event {
                self.live.push(call);
            } else if let Event::Ended { call, .. } = event {
                let position = self.live.iter().position(|it| *it == call);
                self.live.remove(position.expect("a call ends once"));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_makes_it_panic_or_stick(steps in prop::collection::vec(step(), 1..80)) {
        let mut run = Run::new();
        run.ua.handle_flow_opened(run.now);
        for step in steps {
            run.take(step);
        }

        let debug = format!("{:?}", run.ua);
        if let Some(state) = WAITING.iter().find(|state| debug.contains(**state)) {
            prop_assert!(run.ua.poll_timeout().is_some(), "{} without a timer in {}", state, debug);
        }

        // With all calls ended, the registration gone and time passed, nothing is left that wants a
        // timer.
        for call in run.live.clone() {
            run.ua.end(call, 480, run.now).expect("a live call can be ended");
        }
        run.ua.unregister(run.now);
        run.drain();
        run.pass(Duration::from_secs(200));
        prop_assert_eq!(run.ua.poll_timeout(), None);
        prop_assert!(run.live.is_empty());
        // What it still holds is not more than an idle one does: no session, no transaction.
        let debug = format!("{:?}", run.ua);
        prop_assert!(debug.contains("sessions: {}"), "{}", debug);
        for map in ["client_invite: {}", "client_non_invite: {}", "server_invite: {}", "server_non_invite: {}"] {
            prop_assert!(debug.contains(map), "{} in {}", map, debug);
        }
    }

    #[test]
    fn no_text_of_ours_adds_a_header(name in "\\PC*|(\\PC|\r|\n|\0|\"|<|>|;|,|:){0,40}", target in "\\PC*|(\\PC|\r|\n|\0|%0d%0a|\\?X=y){0,20}") {
        let mut config = config("700201");
        config.display_name = Some(name.clone());
        config.user_agent = name;
        let mut phone = crate::phone::Phone::online(config);
        let names = |message: &Message| -> Vec<String> {
            message.headers.iter().map(|(name, _)| name.clone()).collect()
        };
        let (call, invite) = phone.call();
        let expected = ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Type", "Max-Forwards", "Allow", "Supported", "User-Agent", "Content-Length"];
        prop_assert_eq!(names(&invite), expected);
        phone.ua.end(call, 480, phone.now).unwrap();
        phone.sent();

        // What may be dialled becomes one Request-URI; the rest is refused.
        if phone.ua.invite(&target, offer(), phone.now).is_ok() {
            let invite = phone.sent_one();
            prop_assert_eq!(names(&invite), expected);
            prop_assert_eq!(invite.start.split(' ').count(), 3, "{}", invite.start);
        }
    }
}

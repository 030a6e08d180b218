//! What it costs to read and to write one message, and to answer one challenge.
//!
//! The message layer is private to the crate, so its source is compiled in here.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "parts that are not measured"
)]

#[path = "../src/digest/mod.rs"]
mod digest;
#[path = "../src/message/mod.rs"]
mod message;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand::{SeedableRng, rngs::StdRng};
use secrecy::SecretString;

use crate::{
    digest::{Challenge, Credentials, choose},
    message::{Message, Method, NameAddr, Request, Response, Uri},
};

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, text) in MESSAGES {
        let bytes = text.replace('\n', "\r\n").into_bytes();
        assert!(Message::parse(&bytes).is_ok(), "{name} can be read");
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(name),
            &bytes,
            |bencher, bytes| {
                bencher.iter(|| Message::parse(black_box(bytes)));
            },
        );
    }
    let garbage = vec![b':'; 64 * 1024];
    group.throughput(Throughput::Bytes(garbage.len() as u64));
    group.bench_function("64 KiB of garbage", |bencher| {
        bencher.iter(|| Message::parse(black_box(&garbage)));
    });
    group.finish();
}

fn build(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("build");
    group.bench_function("INVITE", |bencher| bencher.iter(|| invite().to_text()));
    let bytes = INVITE.replace('\n', "\r\n").into_bytes();
    let Ok(Message::Request(request)) = Message::parse(&bytes) else {
        panic!("INVITE can be read")
    };
    group.bench_function("180", |bencher| {
        bencher.iter(|| {
            let mut ringing = Response::to_request(black_box(&request), 180, None);
            ringing.set_to_tag("9d2b");
            ringing.to_text()
        });
    });
    group.finish();
}

fn answer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("digest");
    for algorithm in ["MD5", "SHA-256", "SHA-512-256"] {
        let line = format!(
            r#"Digest realm="sip.example", nonce="1763668800/5b0b6b3a", algorithm={algorithm}, qop="auth""#
        );
        let mut rng = StdRng::seed_from_u64(1);
        let uri = Uri::parse("sip:sip.example").expect("a URI");
        group.bench_function(algorithm, |bencher| {
            bencher.iter(|| {
                let challenge = choose(Challenge::parse(black_box(&line)), true);
                let challenge = challenge.expect("an algorithm that is known");
                let password = SecretString::from("wonderland");
                Credentials::new(challenge, "1001", &password).authorize(
                    &Method::Register,
                    &uri,
                    &mut rng,
                )
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse, build, answer);
criterion_main!(benches);

fn invite() -> Request {
    let uri = Uri::from_dialled("+91 40 1234 5678", "sip.example").expect("a number");
    let mut request = Request::new(Method::Invite, uri.clone());
    let headers = &mut request.headers;
    headers.push(
        "Via",
        "SIP/2.0/WSS 7sk1u0gq2h3m.invalid;branch=z9hG4bK6620943",
    );
    headers.push("Max-Forwards", "70");
    let mut from = NameAddr::new(Uri::sip(Some("1001"), "sip.example").expect("a URI"));
    from.display_name = Some("Ana".to_owned());
    from.params.set("tag", Some("u2e7b3v0pk"));
    headers.push("From", from.to_string());
    headers.push("To", NameAddr::new(uri).to_string());
    headers.push("Call-ID", "4ahp9qqe1mh7");
    headers.push("CSeq", "1 INVITE");
    headers.push(
        "Contact",
        "<sip:x7k2m9qa@7sk1u0gq2h3m.invalid;transport=ws;ob>",
    );
    headers.push("Allow", "INVITE,ACK,CANCEL,BYE,UPDATE,INFO,NOTIFY,OPTIONS");
    headers.push("Supported", "outbound,gruu");
    headers.push("User-Agent", "Helix Phone");
    request.set_body("application/sdp", &SDP.replace('\n', "\r\n"));
    request
}

const MESSAGES: [(&str, &str); 3] = [
    ("INVITE", INVITE),
    ("200 to REGISTER", REGISTERED),
    ("401", UNAUTHORIZED),
];

const INVITE: &str = concat!(
    r#"INVITE sip:x7k2m9qa@7sk1u0gq2h3m.invalid;transport=ws SIP/2.0
Record-Route: <sip:192.0.2.1:18443;transport=ws;lr;r2=on;ftag=a>
Record-Route: <sip:192.0.2.1:15060;lr;r2=on;ftag=a>
Via: SIP/2.0/WSS 192.0.2.1:18443;branch=z9hG4bKc9b1.4b2a3.0
Via: SIP/2.0/UDP 192.0.2.9:5080;rport=5080;branch=z9hG4bKPj9
From: "Customer, Cara" <sip:+911140001234@sip.example>;tag=a
To: <sip:1001@sip.example>
Call-ID: 9f1d0f6f8d0a
CSeq: 4711 INVITE
Contact: <sip:+911140001234@192.0.2.9:5080;alias=192.0.2.9~5080~1>
Allow: OPTIONS, INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER
Supported: 100rel, timer, replaces
P-Asserted-Identity: "Cara" <sip:+911140001234@sip.example>
X-UCID: 4211763668800
Max-Forwards: 69
Content-Type: application/sdp

"#,
    "v=0
o=- 3972657600 1 IN IP4 192.0.2.9
s=-
c=IN IP4 192.0.2.9
t=0 0
a=group:BUNDLE audio-0
m=audio 30000 UDP/TLS/RTP/SAVPF 107 0 8 101
a=mid:audio-0
a=rtpmap:107 opus/48000/2
a=rtpmap:101 telephone-event/8000
a=ice-ufrag:4ahp
a=ice-pwd:2kd9qqe1mh7z3kd9qqe1mh7z
a=candidate:1 1 UDP 2130706431 192.0.2.9 30000 typ host
a=rtcp-mux
a=setup:actpass
a=sendrecv
"
);

const SDP: &str = "v=0
o=- 3972657600 1 IN IP4 192.0.2.7
s=-
c=IN IP4 192.0.2.7
t=0 0
m=audio 40000 UDP/TLS/RTP/SAVPF 111 0 8 101
a=mid:0
a=rtpmap:111 opus/48000/2
a=rtpmap:101 telephone-event/8000
a=rtcp-mux
a=setup:actpass
a=sendrecv
";

const REGISTERED: &str = r#"SIP/2.0 200 OK
Via: SIP/2.0/WSS 7sk1u0gq2h3m.invalid;branch=z9hG4bK9911402;rport=51332;received=192.0.2.7
From: "Ana" <sip:1001@sip.example>;tag=u2e7b3v0pk
To: <sip:1001@sip.example>;tag=b27e1a1d33761e85846fc98f5f3a7e58.9d2b
Call-ID: 4ahp9qqe1mh7
CSeq: 2 REGISTER
Contact: <sip:x7k2m9qa@7sk1u0gq2h3m.invalid;transport=ws>;expires=600;+sip.instance="<urn:uuid:5c0b7d2e-6f1a-4a5e-9d0e-0a4c6a3c1f22>";reg-id=1
Supported: outbound
Require: outbound
Server: kamailio (5.6.3 (x86_64/linux))
Content-Length: 0

"#;

const UNAUTHORIZED: &str = r#"SIP/2.0 401 Unauthorized
Via: SIP/2.0/WSS 7sk1u0gq2h3m.invalid;rport=40114;received=192.0.2.7;branch=z9hG4bK6620943
Call-ID: 3c26700d857c
From: <sip:1001@pbx.example>;tag=vq1kfm8e5c
To: <sip:1001@pbx.example>;tag=z9hG4bK6620943
CSeq: 1 REGISTER
WWW-Authenticate: Digest realm="asterisk",nonce="1763668800/5b0b6b3a",opaque="1d8d6b7a47ac2ef0",algorithm=SHA-256,qop="auth"
WWW-Authenticate: Digest realm="asterisk",nonce="1763668800/5b0b6b3a",opaque="1d8d6b7a47ac2ef0",algorithm=MD5,qop="auth"
Content-Length: 0

"#;

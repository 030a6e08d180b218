//! What a packet of 20 ms costs, step by step and on its whole way; a call has 50 of them each way
//! in a second, so that 1 µs both ways is 0.005 % of a core.
//!
//! The modules are private to the crate, so their source is compiled in here.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "parts that are not measured"
)]

#[path = "../src/check.rs"]
mod check;
#[path = "../src/codec/mod.rs"]
mod codec;
#[path = "../src/command.rs"]
mod command;
#[path = "../src/device/mod.rs"]
mod device;
#[path = "../src/grid.rs"]
mod grid;
#[path = "../src/news.rs"]
mod news;
#[path = "../src/session/packet.rs"]
mod packet;
#[path = "../src/playout/mod.rs"]
mod playout;
#[path = "../src/processing/mod.rs"]
mod processing;
#[path = "../src/rtp/mod.rs"]
mod rtp;
#[path = "../src/tone/mod.rs"]
mod tone;
#[path = "../src/transport/mod.rs"]
mod transport;

use std::{
    f32::consts::TAU,
    hint::black_box,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

use crate::{
    codec::{Encoder, FRAME, Frame, Limits},
    command::{Digit, Peer, SessionId},
    news::{CandidateKind, Codec},
    playout::Buffer,
    rtp::{Format, Packet, ReceiveFormat, Received, Receiver, Sender, Voice},
    transport::{Config, Credentials, DtlsRole, Event, Identity, Remote, Transmit, Transport},
};

/// Those of one packet.
const PTIME: Duration = Duration::from_millis(20);

const CODECS: [Codec; 2] = [Codec::Opus, Codec::Pcmu];

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    for codec in CODECS {
        let mut voice = voice();
        let mut encoder = Encoder::new(codec);
        group.bench_function(format!("{codec:?}"), |bencher| {
            bencher.iter_batched(
                || [voice.next(), voice.next()].map(|frame| frame.expect("it never ends")),
                |frames| encoder.encode(black_box(frames.as_flattened())),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// With the protection profile that DTLS chooses between two of us.
fn protect(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("srtp");
    for codec in CODECS {
        let (mut near, _) = association();
        let mut sent = packets(codec).map(packet::write);
        group.bench_function(format!("protect {codec:?}"), |bencher| {
            bencher.iter_batched(
                || sent.next().expect("they never end"),
                |packet| protected(&mut near, &packet),
                BatchSize::SmallInput,
            );
        });
        // Another one: a receiver loses count where it does not see what is sent.
        let (mut near, mut far) = association();
        let mut sent = packets(codec).map(packet::write);
        let now = Instant::now();
        group.bench_function(format!("unprotect {codec:?}"), |bencher| {
            bencher.iter_batched(
                || protected(&mut near, &sent.next().expect("they never end")),
                |sealed| opened(&mut far, &sealed, now),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn play(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("receive, play out and decode");
    for codec in CODECS {
        let mut packets = packets(codec);
        let mut ear = Ear::new(codec);
        group.bench_function(format!("{codec:?}"), |bencher| {
            bencher.iter_batched(
                || packets.next().expect("they never end"),
                |packet| ear.hear(packet),
                BatchSize::SmallInput,
            );
        });
        ear.assert_heard();
    }
    group.finish();
}

/// From the microphone to the datagram, and from the peer's datagram to the speaker.
fn call(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("both ways of a call");
    for codec in CODECS {
        let (mut near, mut far) = association();
        let mut voice = voice();
        let mut sender = sender(codec);
        let mut packets = packets(codec).map(packet::write);
        let mut ear = Ear::new(codec);
        group.bench_function(format!("{codec:?}"), |bencher| {
            bencher.iter_batched(
                || {
                    let frames =
                        [voice.next(), voice.next()].map(|frame| frame.expect("it never ends"));
                    let packet = packets.next().expect("they never end");
                    (frames, protected(&mut far, &packet))
                },
                |(frames, sealed)| {
                    let packet = pushed(&mut sender, &frames);
                    let sent = protected(&mut near, &packet::write(packet));
                    let opened = opened(&mut near, &sealed, ear.now);
                    let packet = packet::read(opened).expect("what we wrote");
                    (sent, ear.hear(packet))
                },
                BatchSize::SmallInput,
            );
        });
        ear.assert_heard();
    }
    group.finish();
}

criterion_group!(benches, encode, protect, play, call);
criterion_main!(benches);

/// The receiving side of a stream, in a time of its own.
struct Ear {
    receiver: Receiver,
    buffer: Buffer,
    now: Instant,
}

impl Ear {
    fn new(codec: Codec) -> Self {
        Self {
            receiver: Receiver::new(&[(PAYLOAD_TYPE, ReceiveFormat::Speech { codec })]),
            buffer: Buffer::new(),
            now: Instant::now(),
        }
    }

    /// Takes a packet and plays 20 ms.
    fn hear(&mut self, packet: Packet) -> [Frame; 2] {
        match self.receiver.handle(packet, self.now) {
            Received::Audio(audio) => self.buffer.insert(audio),
            Received::Digit(_) | Received::Rest | Received::Nothing => {
                panic!("every packet is speech")
            }
        }
        [(); 2].map(|()| {
            self.now += PTIME / 2;
            self.buffer.pull(self.now)
        })
    }

    /// What is measured is a good line, where nothing has to be made up.
    fn assert_heard(&self) {
        let statistics = self.buffer.statistics();
        assert_eq!((statistics.concealed, statistics.late), (0, 0));
    }
}

const PAYLOAD_TYPE: u8 = 96;

fn sender(codec: Codec) -> Sender {
    let format = Format {
        codec,
        payload_type: PAYLOAD_TYPE,
        ptime: PTIME,
        limits: Limits::default(),
        telephone_event: None,
    };
    Sender::new(1, 1, format)
}

/// The packet of two frames.
fn pushed(sender: &mut Sender, frames: &[Frame; 2]) -> Packet {
    let half = sender.push(&frames[0], Voice::On);
    assert!(half.is_none(), "a packet is two frames");
    let packet = sender.push(&frames[1], Voice::On);
    packet.expect("a packet is two frames")
}

/// What a peer sends, without an end.
fn packets(codec: Codec) -> impl Iterator<Item = Packet> {
    let mut sender = sender(codec);
    let mut voice = voice();
    std::iter::from_fn(move || {
        let frames = [voice.next()?, voice.next()?];
        Some(pushed(&mut sender, &frames))
    })
}

/// Something like speech, without an end: syllables of harmonics, 4 in a second, each with a pitch
/// of its own.
fn voice() -> impl Iterator<Item = Frame> {
    const SECONDS: usize = 10;
    let frames: Vec<Frame> = (0..SECONDS * 100)
        .map(|frame| {
            std::array::from_fn(|i| {
                let time = (frame * FRAME + i) as f32 / 48_000.0;
                let syllable = (time * 4.0).floor();
                let envelope = (std::f32::consts::PI * (time * 4.0).fract()).sin();
                let pitch = 110.0 + 13.0 * (syllable % 8.0);
                let voice: f32 = (1..12)
                    .map(|n| (TAU * (pitch * n as f32 * time).fract()).sin() / n as f32)
                    .sum();
                0.15 * envelope * voice
            })
        })
        .collect();
    frames.into_iter().cycle()
}

/// The datagram of an RTP packet.
fn protected(transport: &mut Transport, packet: &[u8]) -> Transmit {
    transport.send_rtp(packet);
    transport.poll_transmit().expect("it is connected")
}

/// The RTP packet of a datagram.
fn opened(transport: &mut Transport, datagram: &Transmit, now: Instant) -> Bytes {
    let Transmit { local, to, bytes } = datagram;
    transport.handle_datagram(*to, *local, bytes, now);
    match transport.poll_event() {
        Some(Event::Rtp(packet)) => packet,
        other => panic!("{other:?} is no RTP"),
    }
}

/// Two transports that are connected.
fn association() -> (Transport, Transport) {
    let addresses: [SocketAddr; 2] =
        ["192.0.2.1:4000", "192.0.2.2:5000"].map(|address| address.parse().expect("an address"));
    let configs = [0, 1].map(|end: usize| Config {
        offerer: end == 0,
        credentials: Credentials::from_seed([end as u8; 32]),
        identity: Arc::new(Identity::generate().expect("a certificate")),
        local: vec![addresses[end]],
        seed: end as u64,
    });
    let remotes = [1, 0].map(|peer: usize| Remote {
        ufrag: configs[peer].credentials.ufrag.clone(),
        pwd: configs[peer].credentials.pwd.clone(),
        candidates: vec![format!(
            "1 1 UDP 2130706431 {} {} typ host",
            addresses[peer].ip(),
            addresses[peer].port()
        )],
        ice_lite: false,
        fingerprints: vec![configs[peer].identity.fingerprint()],
        role: if peer == 0 {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        },
    });
    let mut now = Instant::now();
    let mut ends = configs.map(Transport::new);
    for (end, remote) in ends.iter_mut().zip(remotes) {
        end.start(remote, now);
    }
    let mut connected = 0;
    while connected < 2 {
        for from in [0, 1] {
            while let Some(transmit) = ends[from].poll_transmit() {
                let Transmit { local, to, bytes } = transmit;
                ends[1 - from].handle_datagram(to, local, &bytes, now);
            }
            while let Some(event) = ends[from].poll_event() {
                match event {
                    Event::Connected { .. } => connected += 1,
                    Event::Rtp(_) | Event::Rtcp(_) | Event::Closed | Event::Failed(_) => {
                        panic!("{event:?} before the connection")
                    }
                }
            }
        }
        now += Duration::from_millis(5);
        for end in &mut ends {
            end.handle_timeout(now);
        }
    }
    for end in &mut ends {
        while end.poll_transmit().is_some() {}
    }
    ends.into()
}

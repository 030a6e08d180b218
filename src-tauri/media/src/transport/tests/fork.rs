use std::{collections::VecDeque, time::Duration};

use super::{super::*, link::*};

#[test]
fn the_forks_of_one_offer_share_a_socket_and_connect_each_with_its_peer() {
    let (a, b) = &*IDENTITIES;
    let now = Instant::now();
    let mut offerer = End::new(true, "10.0.0.1:4000", a, 1);
    let mut answerers = [
        End::new(false, "10.0.0.2:5000", b, 2),
        End::new(false, "10.0.0.3:6000", b, 3),
    ];
    let offer = offerer.description(DtlsRole::Client);
    let mut flying = VecDeque::new();
    // Both answerers check before either answer is here.
    for answerer in &mut answerers {
        answerer.transport.start(offer.clone(), now);
        answerer.transport.handle_timeout(now);
        collect(&mut answerer.transport, &mut flying);
    }
    while let Some(Transmit { local, to, bytes }) = flying.pop_front() {
        assert!(offerer.transport.accepts(local, &bytes));
        offerer.transport.handle_datagram(to, local, &bytes, now);
    }
    offerer
        .transport
        .start(answerers[0].description(DtlsRole::Server), now);
    let mut fork = offerer.transport.fork(7);
    fork.start(answerers[1].description(DtlsRole::Server), now);
    let mut forks = [offerer.transport, fork];
    for (fork, answerer) in forks.iter_mut().zip(&answerers) {
        let mut sent = VecDeque::new();
        collect(fork, &mut sent);
        assert!(!sent.is_empty());
        assert!(sent.iter().all(|sent| sent.to == answerer.address));
        flying.extend(sent);
    }

    let mut connected = 0;
    for tick in 0..1000 {
        let now = now + Duration::from_millis(tick);
        while let Some(Transmit { local, to, bytes }) = flying.pop_front() {
            if let Some(answerer) = answerers.iter_mut().find(|end| end.address == to) {
                answerer.transport.handle_datagram(to, local, &bytes, now);
                collect(&mut answerer.transport, &mut flying);
                continue;
            }
            let takers = forks.iter().filter(|fork| fork.accepts(local, &bytes));
            assert_eq!(takers.count(), 1, "{bytes:?} from {local}");
            for fork in &mut forks {
                if fork.accepts(local, &bytes) {
                    fork.handle_datagram(to, local, &bytes, now);
                    collect(fork, &mut flying);
                }
            }
        }
        let ends = answerers.iter_mut().map(|end| &mut end.transport);
        for transport in ends.chain(&mut forks) {
            if transport.poll_timeout().is_some_and(|at| at <= now) {
                transport.handle_timeout(now);
                collect(transport, &mut flying);
            }
            while let Some(event) = transport.poll_event() {
                connected += usize::from(matches!(event, Event::Connected { .. }));
            }
        }
    }
    assert_eq!(connected, 4);
}

fn collect(transport: &mut Transport, into: &mut VecDeque<Transmit>) {
    while let Some(transmit) = transport.poll_transmit() {
        into.push_back(transmit);
    }
}

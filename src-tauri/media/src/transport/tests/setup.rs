use std::time::Duration;

use super::{super::*, link::*};

#[test]
fn two_ends_connect_and_media_flows_in_both_dtls_roles() {
    for role in [DtlsRole::Client, DtlsRole::Server] {
        let mut link = Link::new(FAIR, 1);
        link.start(role);
        link.connect();
        for (from, to) in [(OFFERER, ANSWERER), (ANSWERER, OFFERER)] {
            let packet = rtp_packet(7, 100);
            link.with(from, |transport, _| transport.send_rtp(&packet));
            link.run_for(Duration::from_millis(100));
            assert_eq!(link.ends[to].heard_rtp(), [Bytes::from(packet)]);
        }
    }
}

#[test]
fn set_ups_with_a_fifth_of_all_datagrams_lost_all_connect() {
    let weather = Weather {
        jitter: Duration::from_millis(10),
        loss: 0.2,
        duplication: 0.05,
        ..FAIR
    };
    for seed in 0..300 {
        let mut link = Link::new(weather, seed);
        let role = if seed % 2 == 0 {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        };
        link.start(role);
        let connected = link.run(Duration::from_secs(15), |ends| {
            ends.iter().all(End::is_connected)
        });
        assert!(connected, "seed {seed}");
    }
}

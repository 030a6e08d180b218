use std::time::Duration;

use proptest::prelude::*;

use super::{super::*, link::*};

#[test]
fn datagrams_cut_anywhere_and_changed_stop_nothing() {
    for seed in 0..20 {
        let role = if seed % 2 == 0 {
            DtlsRole::Client
        } else {
            DtlsRole::Server
        };
        let mut link = Link::new(FAIR, seed);
        link.start(role);
        while !link.ends.iter().all(End::is_connected) {
            assert!(link.ends.iter().all(|end| end.failure().is_none()));
            link.run_for(Duration::from_millis(5));
            for end in [OFFERER, ANSWERER] {
                let sent = std::mem::take(&mut link.ends[end].sent);
                for Transmit { local, to, bytes } in sent {
                    let step = 1 + usize::try_from(seed).unwrap() % 7;
                    for length in (0..bytes.len()).step_by(step) {
                        link.inject(local, to, &bytes[..length]);
                    }
                    if is_stun(&bytes) {
                        for index in 0..bytes.len() {
                            let mut changed = bytes.to_vec();
                            changed[index] ^= 0x40;
                            link.inject(local, to, &changed);
                        }
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn noise_is_survived_in_every_state(
        noise in prop::collection::vec(datagram(), 1..40),
        before in 0u64..300,
    ) {
        let mut link = Link::new(FAIR, 5);
        let (from, to) = (link.ends[OFFERER].address, link.ends[ANSWERER].address);
        if before > 20 {
            link.start(DtlsRole::Client);
        }
        link.run_for(Duration::from_millis(before));
        for datagram in noise {
            link.inject(from, to, &datagram);
            link.inject(to, from, &datagram);
        }
        link.run_for(Duration::from_secs(2));
        for end in &link.ends {
            prop_assert_eq!(end.heard_rtp().len(), 0);
        }
    }
}

/// Anything, and what looks like STUN, DTLS, RTP or RTCP at its beginning.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let beginning = prop_oneof![
        Just(vec![]),
        Just(vec![0, 1, 0, 40, 0x21, 0x12, 0xA4, 0x42]),
        Just(vec![1, 1, 0, 40, 0x21, 0x12, 0xA4, 0x42]),
        Just(vec![
            22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 40, 1, 0, 0, 28, 0, 0, 0, 0, 0, 0, 0, 28
        ]),
        Just(vec![22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40]),
        Just(vec![23, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 40]),
        Just(vec![21, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2]),
        Just(vec![0x80, 111]),
        Just(vec![0x9F, 111]),
        Just(vec![0x80, 200]),
    ];
    (beginning, prop::collection::vec(any::<u8>(), 0..80))
        .prop_map(|(beginning, rest)| [beginning, rest].concat())
}

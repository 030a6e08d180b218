use std::net::{IpAddr, SocketAddr};

use rtc::{
    ice::candidate::{
        Candidate, CandidateConfig, CandidateType, candidate_host::CandidateHostConfig,
        candidate_server_reflexive::CandidateServerReflexiveConfig, unmarshal_candidate,
    },
    shared::error::Error,
};

/// Makes the host candidate of our socket at `base`, the `index`-th of ours.
pub(super) fn host(base: SocketAddr, index: usize) -> Result<Candidate, Error> {
    CandidateHostConfig {
        base_config: config(base, CandidateType::Host, index),
        ..Default::default()
    }
    .new_candidate_host()
}

/// Makes the candidate of our socket at `base`, the `index`-th of ours, which a server sees at
/// `mapped`.
pub(super) fn server_reflexive(
    base: SocketAddr,
    mapped: SocketAddr,
    index: usize,
) -> Result<Candidate, Error> {
    CandidateServerReflexiveConfig {
        base_config: config(mapped, CandidateType::ServerReflexive, index),
        rel_addr: base.ip().to_string(),
        rel_port: base.port(),
        url: None,
    }
    .new_candidate_server_reflexive()
}

/// Returns those of the peer's candidates, one in a line, that a check could be sent to: UDP, of
/// the RTP component, with an address.
pub(super) fn usable(lines: &[String]) -> Vec<Candidate> {
    lines
        .iter()
        .filter_map(|line| unmarshal_candidate(line.trim()).ok())
        .filter(|candidate| {
            candidate.component() == RTP
                && candidate.network_type().is_udp()
                && candidate.addr().port() != 0
                && !candidate.addr().ip().is_unspecified()
                && !candidate.addr().ip().is_multicast()
        })
        .take(MAX_REMOTE)
        .collect()
}

fn config(address: SocketAddr, kind: CandidateType, index: usize) -> CandidateConfig {
    CandidateConfig {
        network: "udp".to_owned(),
        address: address.ip().to_string(),
        port: address.port(),
        component: RTP,
        priority: priority(kind, address.ip(), index),
        ..Default::default()
    }
}

/// RFC 8445 §5.1.2.1. Each interface has its own local preference; of one kind, IPv6 goes first
/// (RFC 8421 §4).
fn priority(kind: CandidateType, address: IpAddr, index: usize) -> u32 {
    let rank = u16::try_from(2 * index).unwrap_or(u16::MAX) + u16::from(address.is_ipv4());
    (u32::from(kind.preference()) << 24)
        | (u32::from(u16::MAX - rank) << 8)
        | (256 - u32::from(RTP))
}

/// Enough for a host with several interfaces behind a NAT; a peer cannot make us keep more, nor
/// send to more.
pub(super) const MAX_REMOTE: usize = 16;

/// The component of RTP, and of RTCP that is multiplexed with it.
const RTP: u16 = 1;

/// RFC 8445 §7.1.1: what a check says is the priority of the peer-reflexive candidate it might
/// find.
pub(super) const PEER_REFLEXIVE_PRIORITY: u32 = (110 << 24) | (65_535 << 8) | 255;

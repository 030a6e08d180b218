//! The few things the lab does to session descriptions as text.

use std::net::SocketAddr;

use crate::codec::Codec;

/// RFC 8866 §6.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    fn line(self) -> &'static str {
        match self {
            Self::SendRecv => "a=sendrecv",
            Self::SendOnly => "a=sendonly",
            Self::RecvOnly => "a=recvonly",
            Self::Inactive => "a=inactive",
        }
    }

    fn of(sdp: &str) -> Self {
        let all = [
            Self::SendRecv,
            Self::SendOnly,
            Self::RecvOnly,
            Self::Inactive,
        ];
        sdp.lines()
            .find_map(|line| all.into_iter().find(|d| d.line() == line.trim()))
            .unwrap_or(Self::SendRecv)
    }
}

/// Returns the direction that answers an offer (RFC 3264 §6.1).
pub(crate) fn mirrored(offer: &str) -> Direction {
    match Direction::of(offer) {
        Direction::SendRecv => Direction::SendRecv,
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        Direction::Inactive => Direction::Inactive,
    }
}

pub(crate) fn with_direction(sdp: &str, direction: Direction) -> String {
    let old = Direction::of(sdp).line();
    edited(sdp, |line| {
        if line == old {
            direction.line().to_owned()
        } else {
            line.to_owned()
        }
    })
}

/// Counts up the version in `o=` (RFC 3264 §8).
pub(crate) fn next_version(sdp: &str) -> String {
    edited(sdp, |line| {
        let mut fields: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if line.starts_with("o=")
            && let Some(version) = fields.get_mut(2)
            && let Ok(number) = version.parse::<u64>()
        {
            *version = number.wrapping_add(1).to_string();
            return fields.join(" ");
        }
        line.to_owned()
    })
}

/// Returns the ICE user fragment; another one is an ICE restart (RFC 8839 §4.4.1.1.1).
pub(crate) fn ice_user(sdp: &str) -> Option<&str> {
    sdp.lines()
        .find_map(|line| line.trim_end().strip_prefix("a=ice-ufrag:"))
}

fn edited(sdp: &str, edit: impl Fn(&str) -> String) -> String {
    sdp.lines().fold(String::new(), |mut text, line| {
        text.push_str(&edit(line));
        text.push_str("\r\n");
        text
    })
}

/// RFC 8839 §4.2.1.2: `c=` and `m=` name the default candidate once all are known; the `webrtc` crate leaves 0.0.0.0 and port 9 there,
/// which some read as hold.
pub(crate) fn with_default_candidate(sdp: &str) -> String {
    let Some((address, port)) = sdp.lines().find_map(|line| {
        let fields: Vec<&str> = line
            .strip_prefix("a=candidate:")?
            .split_whitespace()
            .collect();
        let usable = fields.get(2)?.eq_ignore_ascii_case("udp") && fields.get(4)?.contains('.');
        usable.then(|| Some((*fields.get(4)?, *fields.get(5)?)))?
    }) else {
        return sdp.to_owned();
    };
    sdp.lines().fold(String::new(), |mut patched, line| {
        if let Some(rest) = line.strip_prefix("m=audio 9 ") {
            patched.push_str(&format!("m=audio {port} {rest}"));
        } else if line == "c=IN IP4 0.0.0.0" {
            patched.push_str(&format!("c=IN IP4 {address}"));
        } else {
            patched.push_str(line);
        }
        patched.push_str("\r\n");
        patched
    })
}

/// Returns the address of the first candidate over UDP with an IPv4 address.
pub(crate) fn of_candidate(sdp: &str) -> Option<SocketAddr> {
    sdp.lines().find_map(|line| {
        let fields: Vec<&str> = line
            .strip_prefix("a=candidate:")?
            .split_whitespace()
            .collect();
        let is_udp = fields.get(2)?.eq_ignore_ascii_case("udp");
        let address = format!("{}:{}", fields.get(4)?, fields.get(5)?);
        address.parse().ok().filter(|_| is_udp)
    })
}

/// Returns `sdp` with this host candidate alone, or with none.
pub(crate) fn with_candidate(sdp: &str, address: Option<SocketAddr>) -> String {
    let mut address = address;
    sdp.lines().fold(String::new(), |mut text, line| {
        if !line.starts_with("a=candidate:") {
            text.push_str(line);
            text.push_str("\r\n");
        } else if let Some(address) = address.take() {
            let (ip, port) = (address.ip(), address.port());
            text.push_str(&format!(
                "a=candidate:1 1 udp 2130706431 {ip} {port} typ host\r\n"
            ));
        }
        text
    })
}

/// Returns the codecs of an answer that the lab knows, with their payload types, in the order of `m=`.
pub(crate) fn formats_of(answer: &str) -> Vec<(Codec, u8)> {
    let listed = answer
        .lines()
        .find_map(|line| line.strip_prefix("m=audio "))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|number| number.parse().ok());
    listed
        .filter_map(|number| Some((codec_of(answer, number)?, number)))
        .collect()
}

fn codec_of(sdp: &str, number: u8) -> Option<Codec> {
    let name = sdp.lines().find_map(|line| {
        let (mapped, name) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
        (mapped.parse() == Ok(number)).then_some(name)
    });
    match (name, number) {
        (Some(name), _) => Codec::ALL.into_iter().find(|codec| {
            name.get(..codec.rtpmap().len())
                .is_some_and(|start| start.eq_ignore_ascii_case(codec.rtpmap()))
        }),
        // RFC 3551 §6: these need no rtpmap.
        (None, 0) => Some(Codec::Pcmu),
        (None, 8) => Some(Codec::Pcma),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SDP: &str = "v=0\r\no=- 7 2 IN IP4 127.0.0.1\r\na=sendrecv\r\na=ice-ufrag:abcd\r\n";

    #[test]
    fn a_held_description_has_its_direction_and_a_new_version() {
        let held = next_version(&with_direction(SDP, Direction::SendOnly));

        assert_eq!(
            held,
            "v=0\r\no=- 7 3 IN IP4 127.0.0.1\r\na=sendonly\r\na=ice-ufrag:abcd\r\n"
        );
        assert_eq!(mirrored(&held), Direction::RecvOnly);
        assert_eq!(ice_user(&held), Some("abcd"));
    }

    #[test]
    fn a_candidate_takes_the_place_of_all() {
        let sdp = "v=0\r\na=candidate:1 1 tcp 1 127.0.0.1 9 typ host\r\n\
            a=candidate:2 1 UDP 2 127.0.0.1 4000 typ host\r\na=end-of-candidates\r\n";

        assert_eq!(of_candidate(sdp), "127.0.0.1:4000".parse().ok());
        assert_eq!(
            with_candidate(sdp, "127.0.0.1:5000".parse().ok()),
            "v=0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\na=end-of-candidates\r\n"
        );
        assert_eq!(with_candidate(sdp, None), "v=0\r\na=end-of-candidates\r\n");
    }

    #[test]
    fn the_default_candidate_is_the_first_one_over_udp() {
        let sdp = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n\
            a=candidate:1 1 udp 2130706431 127.0.0.1 4000 typ host\r\n";

        let patched = with_default_candidate(sdp);

        assert!(patched.contains("m=audio 4000 UDP/TLS/RTP/SAVPF 111\r\n"));
        assert!(patched.contains("c=IN IP4 127.0.0.1\r\n"));
    }

    #[test]
    fn formats_are_found_in_their_order_by_name_in_any_case() {
        let sdp = "m=audio 9 UDP/TLS/RTP/SAVPF 8 96 101\r\na=rtpmap:101 telephone-event/8000\r\n\
            a=rtpmap:0 PCMU/8000\r\na=rtpmap:96 OPUS/48000/2\r\n";

        assert_eq!(formats_of(sdp), [(Codec::Pcma, 8), (Codec::Opus, 96)]);
    }
}

//! The few things the lab does to session descriptions as text.

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
}

//! The links that ask for a call: `tel:`, `sip:` and `callto:`.
//!
//! Anybody can write one into a web page, so of its parts only the number is taken, and the user is
//! asked before it is dialled. Parameters, headers and methods go nowhere.

use engine::LinkScheme;

/// Longer ones hold no number.
const LONGEST: usize = 512;

/// The longest number of E.164 has 15 digits; a trunk prefix, pauses and an extension come to it.
const MOST_DIGITS: usize = 40;

/// The longest host name (RFC 1035 §2.3.4), and as much again for the user.
const LONGEST_ADDRESS: usize = 255;

/// Returns what kind of link this is, where it is one of a call.
pub(crate) fn scheme(link: &str) -> Option<LinkScheme> {
    let (scheme, _) = link.trim().split_once(':')?;
    match scheme.to_ascii_lowercase().as_str() {
        "tel" => Some(LinkScheme::Tel),
        "callto" => Some(LinkScheme::Callto),
        "sip" => Some(LinkScheme::Sip),
        _ => None,
    }
}

/// Why a link is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("It is neither tel:, sip: nor callto:")]
    Scheme,
    #[error("It holds no number that can be called")]
    Number,
}

/// Returns what a link wants called: digits behind a `+` or not, or `sip:user@host`.
pub(crate) fn target(link: &str) -> Result<String, Refused> {
    if link.len() > LONGEST {
        return Err(Refused::Number);
    }
    let read = match scheme(link).ok_or(Refused::Scheme)? {
        LinkScheme::Tel | LinkScheme::Callto => number,
        LinkScheme::Sip => address,
    };
    let (_, rest) = link.split_once(':').ok_or(Refused::Scheme)?;
    let rest = decoded(rest)?;
    let rest = rest.strip_prefix("//").unwrap_or(&rest);
    // Parameters (`;`) and headers (`?`) are what could do more than call.
    let rest = rest.split([';', '?']).next().unwrap_or_default();
    read(rest).ok_or(Refused::Number)
}

/// Undoes percent signs; what would be a control character refuses the whole link.
fn decoded(text: &str) -> Result<String, Refused> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |it: Option<u8>| it.and_then(|it| char::from(it).to_digit(16));
            match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
                _ => return Err(Refused::Number),
            }
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| Refused::Number)?;
    if text.chars().any(char::is_control) {
        return Err(Refused::Number);
    }
    Ok(text)
}

/// A telephone number without its visual separators (RFC 3966 §3).
fn number(text: &str) -> Option<String> {
    let mut number = String::new();
    for it in text.trim().chars() {
        match it {
            '0'..='9' | '*' | '#' => number.push(it),
            '+' if number.is_empty() => number.push(it),
            '-' | '.' | '(' | ')' | '/' | ' ' | '\u{a0}' => {}
            _ => return None,
        }
    }
    let digits = number.chars().filter(char::is_ascii_digit).count();
    (1..=MOST_DIGITS).contains(&digits).then_some(number)
}

/// A user at a host, without password.
fn address(text: &str) -> Option<String> {
    let (user, host) = text.trim().split_once('@')?;
    let user_fits = !user.is_empty()
        && user
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "-_.+*#~".contains(it));
    let (name, port) = match host.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let name_fits = name.starts_with(|it: char| it.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "-.".contains(it));
    let port_fits = port.is_none_or(|it| {
        it.bytes().all(|it| it.is_ascii_digit()) && it.parse::<u16>().is_ok_and(|it| it > 0)
    });
    (user_fits && name_fits && port_fits && user.len() + host.len() <= LONGEST_ADDRESS)
        .then(|| format!("sip:{user}@{host}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_loses_what_is_for_the_eye() {
        for (link, number) in [
            ("tel:+91-98765-43210", "+919876543210"),
            ("TEL:+1%20(555)%20010.99", "+155501099"),
            ("callto:0049/30/123456", "004930123456"),
            ("callto://+4930123456", "+4930123456"),
            ("tel://112", "112"),
            (" tel:*31#5551234 ", "*31#5551234"),
        ] {
            assert_eq!(target(link).as_deref(), Ok(number), "{link}");
        }
    }

    #[test]
    fn an_address_is_a_user_at_a_host() {
        for (link, address) in [
            ("sip:ana@helix.example", "sip:ana@helix.example"),
            ("SIP:+4930@10.0.0.1:5061", "sip:+4930@10.0.0.1:5061"),
            ("sip:ana%40helix.example", "sip:ana@helix.example"),
        ] {
            assert_eq!(target(link).as_deref(), Ok(address), "{link}");
        }
    }

    #[test]
    fn parameters_headers_and_methods_go_nowhere() {
        for (link, target_of_it) in [
            ("tel:+4930123;ext=5;phone-context=x", "+4930123"),
            ("tel:+4930123?body=hello", "+4930123"),
            ("sip:ana@helix.example;method=BYE", "sip:ana@helix.example"),
            (
                "sip:ana@helix.example;transport=udp?Replaces=a%3Bto-tag%3Db&Subject=x",
                "sip:ana@helix.example",
            ),
            (
                "sip:ana@helix.example%3Bmethod=REFER",
                "sip:ana@helix.example",
            ),
        ] {
            assert_eq!(target(link).as_deref(), Ok(target_of_it), "{link}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for link in [
            "tel:",
            "tel:+",
            "tel:call-me",
            "tel:+4930123%0d%0aBYE sip:x",
            "tel:+4930123;x=%0a",
            "tel:+4930123%",
            "tel:+4930123%2",
            "tel:+4930123%zz",
            "tel:%ff%fe",
            "tel:49+30",
            "sip:ana",
            "sip:@helix.example",
            "sip:ana:secret@helix.example",
            "sip:ana@",
            "sip:ana@helix.example:0",
            "sip:ana@helix.example:99999",
            "sip:ana@helix.example:+80",
            "sip:ana@evil@helix.example",
            "sip:ana@-helix",
            "sip:\"ana\"@helix.example",
            "callto:somebody.else",
        ] {
            assert_eq!(target(link), Err(Refused::Number), "{link}");
        }
        let long = format!("tel:{}", "1".repeat(MOST_DIGITS + 1));
        assert_eq!(target(&long), Err(Refused::Number));
        assert_eq!(target(&"tel:1".repeat(1_000)), Err(Refused::Number));
    }

    #[test]
    fn other_schemes_are_refused() {
        for link in [
            "",
            "+4930123",
            "mailto:ana@helix.example",
            "sips:ana@helix.example",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "helix:sign_out",
            "--sidecar=http://evil.example",
        ] {
            assert_eq!(target(link), Err(Refused::Scheme), "{link}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn whatever_a_link_holds_only_a_number_or_an_address_comes_out(
            link in "(tel|sip|callto|TEL):(//)?([ -~]|%[0-9a-f]{2}|[0-9+]|[a-z]@[a-z]|\\PC){0,40}"
        ) {
            if let Ok(target) = target(&link) {
                let is_number = |it: &str| {
                    let it = it.strip_prefix('+').unwrap_or(it);
                    !it.is_empty() && it.chars().all(|it| it.is_ascii_digit() || "*#".contains(it))
                };
                let is_address = |it: &str| it.strip_prefix("sip:").is_some_and(|it| {
                    it.matches('@').count() == 1
                        && it.chars().all(|it| it.is_ascii_alphanumeric() || "-_.+*#~@:".contains(it))
                });
                prop_assert!(is_number(&target) || is_address(&target), "{target}");
            }
        }
    }
}

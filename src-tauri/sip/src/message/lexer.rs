//! The characters of RFC 3261 §25.1 that all header values share: tokens, quoted strings,
//! separators.

/// Returns where `wanted` first stands outside quoted strings and, with `angles`, outside `<…>`.
pub(super) fn find(text: &str, wanted: u8, angles: bool) -> Option<usize> {
    let mut quoted = false;
    let mut bracketed = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        if byte == wanted && !bracketed {
            return Some(at);
        }
        match byte {
            // A quotation mark inside `<…>` is no string: a URI has none (RFC 3261 §25.1).
            b'"' if !bracketed => quoted = true,
            b'<' if angles => bracketed = true,
            b'>' => bracketed = false,
            _ => {}
        }
    }
    None
}

/// Splits at each `separator` outside quoted strings and, with `angles`, outside `<…>`; trims the
/// pieces and leaves out empty ones.
pub(super) fn split(
    text: &str,
    separator: u8,
    angles: bool,
) -> impl Iterator<Item = &str> + use<'_> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        loop {
            let whole = rest?;
            let piece = match find(whole, separator, angles) {
                Some(at) => {
                    rest = Some(&whole[at + 1..]);
                    &whole[..at]
                }
                None => {
                    rest = None;
                    whole
                }
            };
            let piece = piece.trim();
            if !piece.is_empty() {
                return Some(piece);
            }
        }
    })
}

/// Splits at each comma outside quoted strings; trims the pieces and leaves out empty ones.
pub(crate) fn comma_separated(text: &str) -> impl Iterator<Item = &str> {
    split(text, b',', false)
}

/// Returns the content of a quoted string without its escapes, or `None` where `text` is not
/// exactly one.
pub(crate) fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut content = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => content.push(characters.next()?),
            other => content.push(other),
        }
    }
    Some(content)
}

/// Writes a quoted string (RFC 3261 §25.1).
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}

/// Reads `host`, `host:port`, `[v6]` or `[v6]:port`, with white space around the colon allowed (RFC
/// 3261 §7.3.1).
pub(super) fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.trim();
    let host_ends = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at(host_ends);
    let host = host.trim_end();
    let valid = match host.strip_prefix('[') {
        Some(reference) => reference
            .strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        // The underscore is no host character (RFC 1034) but stands in names of private networks.
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    if !valid {
        return None;
    }
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = rest.strip_prefix(':')?.trim_start();
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    port.parse().ok().map(|port| (host, Some(port)))
}

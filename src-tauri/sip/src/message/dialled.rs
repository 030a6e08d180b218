use super::uri::{Escapes, Scheme, Uri, clip, escape_user, named, unescape};

/// RFC 3966 §5.1.1.
const VISUAL_SEPARATORS: [char; 4] = ['-', '.', '(', ')'];

/// What a dialled SIP URI loses: each of these would change what is sent, or where, beyond the
/// address itself (RFC 3261 §19.1.5); `transport` because there is one flow and proxies may route
/// on it.
const DROPPED_PARAMS: [&str; 5] = ["lr", "maddr", "method", "transport", "ttl"];

/// The parameters of a tel URI that are part of the number (RFC 3966 §5.1.2, §5.1.3, §5.1.5).
const NUMBER_PARAMS: [&str; 3] = ["ext", "isub", "phone-context"];

/// Whom a dialled text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialled {
    /// The number without visual separators, or the user name; empty where only a host is named.
    pub name: String,
    /// Whether it is at the account's own domain.
    pub is_own: bool,
}

impl Dialled {
    /// Reads `target` as [`UserAgent::invite`](crate::UserAgent::invite) does for an account at
    /// `domain`, a host with or without a port; fails where it would, with a text for people.
    pub fn read(target: &str, domain: &str) -> Result<Self, String> {
        let uri = Uri::from_dialled(target, domain)?;
        let own = Uri::sip(None, domain)?;
        let user = uri.user().unwrap_or_default();
        // RFC 3966 §3: what follows is about the number.
        let name = user.split(';').next().unwrap_or_default();
        Ok(Self {
            name: number_of(name).unwrap_or_else(|| name.to_owned()),
            is_own: uri.host().eq_ignore_ascii_case(own.host()),
        })
    }
}

impl Uri {
    /// Reads what a person dialled: a SIP, SIPS or tel URI, `user@host`, or a user name or number
    /// at `domain`.
    ///
    /// Visual separators of numbers are removed (RFC 3966 §5.1.1). URI headers, a password and the
    /// parameters that would steer the request are dropped: a link can name whom to call and
    /// nothing else. Fails with a text for people that names the place.
    pub(crate) fn from_dialled(target: &str, domain: &str) -> Result<Self, String> {
        let surrounds = |c: char| c.is_whitespace() || is_direction_mark(c);
        let text = target.trim_start_matches(surrounds);
        let skipped = target[..target.len() - text.len()].chars().count();
        let text = text.trim_end_matches(surrounds);
        if text.is_empty() {
            return Err("The number or address is empty".to_owned());
        }
        if let Some((at, character)) = text.chars().enumerate().find(|(_, c)| c.is_control()) {
            return Err(unexpected(character, skipped + at));
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.contains(['@', ' ', ';']) => (Some(scheme), rest),
            Some(_) | None => (None, text),
        };
        let rest_at = skipped + text[..text.len() - rest.len()].chars().count();
        let Some(scheme) = scheme else {
            return if text.contains('@') {
                address("sip", text, domain, skipped)
            } else {
                bare(text, domain, skipped)
            };
        };
        match Scheme::from(scheme) {
            Scheme::Sip => address("sip", rest, domain, rest_at),
            Scheme::Sips => address("sips", rest, domain, rest_at),
            Scheme::Tel => tel(rest, domain),
            Scheme::Other(other) if other == "callto" => bare(&unescape(rest), domain, rest_at),
            Scheme::Other(_) => Err(format!("`{scheme}:` is nothing that can be called")),
        }
    }
}

/// Reads `user@host;params?headers`, or a user alone, as the rest of a SIP URI.
fn address(scheme: &str, text: &str, domain: &str, at: usize) -> Result<Uri, String> {
    let forbidden = |c: char| c.is_whitespace() || "<>\"".contains(c);
    if let Some((place, character)) = text.chars().enumerate().find(|(_, c)| forbidden(*c)) {
        return Err(unexpected(character, at + place));
    }
    let bare = text.split([';', '?']).next().unwrap_or(text);
    let (user, rest) = match text.split_once('@') {
        Some((user, rest)) => (Some(user), rest),
        // `sip:1001` names a host by the grammar, and whoever writes it means a user.
        None if !bare.contains(['.', '[']) => (Some(bare), domain),
        None => (None, text),
    };
    let rest = rest.split('?').next().unwrap_or(rest);
    let mut parts = rest.split(';');
    let host = parts.next().unwrap_or_default();
    let mut uri = match user {
        Some(user) => {
            let user = user.split(':').next().unwrap_or(user);
            if user.is_empty() {
                return Err(format!("There is no user name at character {}", at + 1));
            }
            format!("{scheme}:{}@{host}", escape_user(user, Escapes::Keep))
        }
        None => format!("{scheme}:{host}"),
    };
    for param in parts {
        let name = param.split('=').next().unwrap_or(param).trim();
        let dropped = DROPPED_PARAMS
            .iter()
            .any(|dropped| dropped.eq_ignore_ascii_case(&unescape(name)));
        if !name.is_empty() && !dropped {
            uri.push(';');
            uri.push_str(param);
        }
    }
    Uri::parse(&uri)
}

/// Reads the rest of a tel URI (RFC 3261 §19.1.6).
fn tel(text: &str, domain: &str) -> Result<Uri, String> {
    let text = text.split('?').next().unwrap_or(text);
    let (number, params) = text.split_once(';').unwrap_or((text, ""));
    let number = number_of(&unescape(number))
        .ok_or_else(|| format!("`{}` is no telephone number", clip(number)))?;
    let mut user = number;
    // In the order of RFC 3261 §19.1.6, so that two ways to write a number give one URI.
    for wanted in NUMBER_PARAMS {
        let found = params
            .split(';')
            .filter_map(|param| param.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        if let Some((_, value)) = found {
            user.push_str(&format!(";{wanted}={}", value.to_ascii_lowercase()));
        }
    }
    Uri::parse(&format!(
        "sip:{}@{domain};user=phone",
        escape_user(&user, Escapes::Keep)
    ))
}

/// Reads a number or a user name at `domain`.
fn bare(text: &str, domain: &str, at: usize) -> Result<Uri, String> {
    if let Some(number) = number_of(text) {
        return Uri::sip(Some(&number), domain);
    }
    let forbidden = |c: char| c.is_whitespace() || "<>\":@".contains(c);
    if let Some((place, character)) = text.chars().enumerate().find(|(_, c)| forbidden(*c)) {
        return Err(unexpected(character, at + place));
    }
    Uri::parse(&format!(
        "sip:{}@{domain}",
        escape_user(text, Escapes::Keep)
    ))
}

/// Returns the digits of a telephone number without visual separators and spaces, or `None` where
/// it is none.
fn number_of(text: &str) -> Option<String> {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    let separator =
        |c: char| VISUAL_SEPARATORS.contains(&c) || is_space(c) || c == '/' || is_direction_mark(c);
    let number: String = text.chars().filter(|c| !separator(*c)).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let valid = digits
        .chars()
        .all(|c| c.is_ascii_digit() || "*#".contains(c));
    (valid && !digits.is_empty()).then_some(number)
}

/// The marks that address books put around numbers in texts written from right to left.
fn is_direction_mark(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

fn unexpected(character: char, at: usize) -> String {
    format!(
        "{} is not allowed at character {}",
        named(character),
        at + 1
    )
}

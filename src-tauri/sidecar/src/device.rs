use axum::http::HeaderMap;
use percent_encoding::percent_decode;
use sidecar_api::{DEVICE_ID_HEADER, DEVICE_NAME_HEADER, DEVICE_SYSTEM_HEADER};

use crate::refusal::Refusal;

/// Characters of a device id: a UUID has 36.
const MAX_ID: usize = 64;

/// Characters of a device name.
const MAX_NAME: usize = 64;

/// Characters of the name of a system.
const MAX_SYSTEM: usize = 32;

/// Stands for a device that did not name itself.
const UNNAMED: &str = "unnamed device";

/// The installation that calls, as its headers name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// What it runs.
    pub(crate) system: Option<String>,
}

impl Device {
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        Ok(Self {
            id: id(headers)?,
            name: text(headers, DEVICE_NAME_HEADER, MAX_NAME),
            system: text(headers, DEVICE_SYSTEM_HEADER, MAX_SYSTEM),
        })
    }

    /// Returns the name to show for a device.
    pub(crate) fn name_or_unnamed(&self) -> String {
        self.name.clone().unwrap_or_else(|| UNNAMED.to_owned())
    }
}

fn id(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(DEVICE_ID_HEADER) else {
        return Ok(None);
    };
    let id = value.to_str().unwrap_or("\u{0}").trim();
    if id.is_empty() {
        return Ok(None);
    }
    if id.len() > MAX_ID || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Refusal::bad_request([format!(
            "X-Device-Id must be at most {MAX_ID} visible ASCII characters."
        )]));
    }
    Ok(Some(id.to_ascii_lowercase()))
}

/// A name is for people to read: what cannot be read is left out, never refused.
fn text(headers: &HeaderMap, header: &str, max: usize) -> Option<String> {
    let value = headers.get(header)?;
    let name: String = percent_decode(value.as_bytes())
        .decode_utf8_lossy()
        .chars()
        .filter(|c| !c.is_control() && !is_invisible(*c))
        .take(max)
        .collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Marks that reorder or hide text: zero-width and bidirectional controls (Unicode UAX #9 §2),
/// line and paragraph separators, the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_name_is_decoded_cleaned_and_bounded() {
        let headers = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(DEVICE_NAME_HEADER, value.parse().unwrap());
            headers
        };
        let name = |headers| text(&headers, DEVICE_NAME_HEADER, MAX_NAME);
        assert_eq!(name(headers("Ana%E2%80%99s%20desk")).unwrap(), "Ana’s desk");
        assert_eq!(name(headers("a%0D%0Ab%1b%E2%80%AEc")).unwrap(), "abc");
        assert_eq!(name(headers("%FF%zz")).unwrap(), "\u{fffd}%zz");
        assert_eq!(name(headers("%20%0A")), None);
        assert_eq!(
            name(headers(&"x".repeat(500))).unwrap().chars().count(),
            MAX_NAME
        );
    }
}

use std::time::Duration;

use phone::SidecarFailure;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sidecar_api::{ErrorBody, Holder, MAX_BODY};
use tracing::debug;
use url::Url;

/// The longest message of a server that is passed on, in characters: a few sentences.
const MAX_WORDS: usize = 500;

/// What an answer says before its body.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl Head {
    /// Returns the media type without its parameters, in small letters.
    fn media_type(&self) -> Option<String> {
        let value = self.content_type.as_deref()?;
        Some(value.split(';').next()?.trim().to_ascii_lowercase())
    }
}

/// A stream of events was wanted, and this is something else.
pub(crate) fn no_events(kind: &str) -> SidecarFailure {
    nonsense(match kind.split(';').next().map(str::trim) {
        None | Some("") => "The server answered with no events".to_owned(),
        Some(kind) => format!(
            "The server answered with {}, not events",
            described(&kind.to_ascii_lowercase())
        ),
    })
}

pub(crate) fn event_too_large() -> SidecarFailure {
    nonsense("An event of the server is larger than any can be".to_owned())
}

pub(crate) fn too_large(head: &Head) -> SidecarFailure {
    nonsense(format!(
        "The server's answer ({}) is larger than {} KiB",
        head.status,
        MAX_BODY / 1024
    ))
}

/// Refuses what is no JSON by its type, or by its first character where the server names no type.
pub(crate) fn check_is_json(head: &Head, body: &[u8]) -> Result<(), SidecarFailure> {
    match head.media_type() {
        Some(kind) if kind == "application/json" || kind.ends_with("+json") => Ok(()),
        Some(kind) => Err(nonsense(format!(
            "The server answered with {}, not JSON",
            described(&kind)
        ))),
        None if body.trim_ascii_start().starts_with(b"<") => Err(nonsense(
            "The server answered with a web page, not JSON".into(),
        )),
        None => Ok(()),
    }
}

/// Reads the body of a 2xx; fields that are not known are left aside.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SidecarFailure> {
    let mut track = serde_path_to_error::Track::new();
    let mut unknown = Vec::new();
    let mut note_unknown = |path: serde_ignored::Path<'_>| unknown.push(path.to_string());

    let mut json = serde_json::Deserializer::from_slice(body);
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let parsed = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut note_unknown));
    if !unknown.is_empty() {
        debug!(
            ?unknown,
            "the answer has fields that this version does not know"
        );
    }

    match parsed {
        Ok(parsed) => match json.end() {
            Ok(()) => Ok(parsed),
            Err(error) => Err(not_json(&error)),
        },
        Err(error) if error.is_data() => {
            let path = track.path().to_string();
            Err(nonsense(format!(
                "The server's answer cannot be used: {}",
                without_values(&path, &error.to_string())
            )))
        }
        Err(error) => Err(not_json(&error)),
    }
}

/// Reads a refusal of any shape.
pub(crate) fn refusal(head: &Head, body: &[u8]) -> SidecarFailure {
    let status = head.status;
    if status.is_redirection() {
        let host = head
            .location
            .as_deref()
            .and_then(|location| Url::parse(location).ok())
            .and_then(|url| url.host_str().map(str::to_owned));
        let elsewhere = host.map_or_else(|| "elsewhere".into(), |host| format!("to {host}"));
        return nonsense(format!(
            "The server answered {status} and sends us {elsewhere}, which is not followed; \
             a network that wants a sign-in of its own does this"
        ));
    }

    let value: Option<Value> = serde_json::from_slice(body).ok();
    let strict: Option<ErrorBody> = value
        .clone()
        .and_then(|value| serde_json::from_value(value).ok());
    let (message, holder, askable, reason) = match (strict, value) {
        (Some(body), _) => (
            Some(body.message.joined()),
            body.holder,
            body.askable,
            body.reason,
        ),
        (None, Some(value)) => (words(&value), holder(&value), false, None),
        (None, None) => (None, None, false, None),
    };
    let message = message
        .map(|message| shortened(&message))
        .filter(|message| !message.is_empty())
        .unwrap_or_else(|| match head.media_type() {
            Some(kind) => format!("The server answered {status} with {}", described(&kind)),
            None => format!("The server answered {status}"),
        });

    SidecarFailure::Refused {
        status: status.as_u16(),
        message,
        holder: holder.map(Box::new),
        askable,
        retry_after: head.retry_after,
        reason,
    }
}

/// Finds the sentence in an error body that is not quite the contract's.
fn words(value: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        }
        Value::Object(inner) => inner.get("message")?.as_str().map(str::to_owned),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    };
    ["message", "error", "detail"]
        .iter()
        .find_map(|key| text(value.get(key)?))
}

fn holder(value: &Value) -> Option<Holder> {
    serde_json::from_value(value.get("holder")?.clone()).ok()
}

fn described(media_type: &str) -> String {
    match media_type {
        "text/html" | "application/xhtml+xml" => format!("a web page ({media_type})"),
        other => shortened(other),
    }
}

/// Server text is shown to people: one line, no control characters, no more than they would read.
fn shortened(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_WORDS)
        .collect()
}

fn nonsense(detail: String) -> SidecarFailure {
    SidecarFailure::Nonsense { detail }
}

fn not_json(error: &serde_json::Error) -> SidecarFailure {
    nonsense(format!(
        "The server's answer is no complete JSON (line {}, column {})",
        error.line(),
        error.column()
    ))
}

/// Rewrites a message of serde so that it names the place and the kind of the fault, and never a
/// value: the value may be a password that came as a number.
fn without_values(path: &str, message: &str) -> String {
    let place = |field: &str| {
        if path == "." || path.is_empty() {
            field.to_owned()
        } else {
            format!("{path}.{field}")
        }
    };
    let quoted = |rest: &str| rest.split('`').next().unwrap_or_default().to_owned();

    if let Some(rest) = message.strip_prefix("missing field `") {
        return format!("\"{}\" is missing", place(&quoted(rest)));
    }
    if let Some(rest) = message.strip_prefix("duplicate field `") {
        return format!("\"{}\" comes twice", place(&quoted(rest)));
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        let kind = rest
            .split(['`', '"', ','])
            .next()
            .unwrap_or_default()
            .trim();
        let wanted = rest
            .rsplit_once(", expected ")
            .and_then(|(_, wanted)| wanted.split(" at line ").next())
            .unwrap_or("something else");
        return format!("\"{path}\" is {kind} where {wanted} is expected");
    }
    format!("\"{path}\" is not what is expected there")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use sidecar_api::{HeartbeatResponse, LoginResponse};

    use super::*;

    #[test]
    fn a_missing_field_is_named_with_its_path() {
        let body = r#"{"accessToken":"canary","refreshToken":"canary",
            "user":{"id":"1","role":"cc-agent","email":"ana@example"}}"#;
        assert_eq!(
            detail(read::<LoginResponse>(body.as_bytes())),
            "The server's answer cannot be used: \"user.name\" is missing"
        );
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named_without_its_value() {
        for wrong in [
            "424242",
            "[\"424242\"]",
            "{\"a\":\"424242\"}",
            "null",
            "42.4242",
        ] {
            let body = format!(
                r#"{{"accessToken":"a","refreshToken":"b","user":{{"id":"1","role":"r","name":"n","email":"e"}},
                "agentConfig":{{"ozonetelAgentId":"a","sipExtension":"7","sipPassword":{wrong},
                "sipUri":"u","sipWsServer":"w"}}}}"#
            );
            let told = detail(read::<LoginResponse>(body.as_bytes()));
            assert!(told.contains("\"agentConfig.sipPassword\" is "), "{told}");
            assert!(!told.contains("42"), "{told}");
        }
    }

    #[test]
    fn fields_that_are_not_known_are_left_aside() {
        let body = br#"{"status":"ok","lock":"held","ttlSeconds":3600,"more":{"of":[1]}}"#;
        let beat: HeartbeatResponse = read(body).unwrap();
        assert_eq!(beat.ttl_seconds, Some(3600));
    }

    #[test]
    fn an_answer_cut_anywhere_is_told_as_incomplete() {
        let body = br#"{"status":"ok","lock":"held","ttlSeconds":3600}"#;
        for end in 0..body.len() {
            let told = detail(read::<HeartbeatResponse>(&body[..end]));
            assert!(told.contains("no complete JSON"), "{end}: {told}");
        }
    }

    #[test]
    fn something_after_the_end_is_no_json() {
        let told = detail(read::<HeartbeatResponse>(br#"{"status":"ok"} <html>"#));
        assert!(told.contains("no complete JSON"), "{told}");
    }

    #[test]
    fn refusals_of_any_shape_give_a_sentence() {
        for (body, message) in [
            (r#"{"statusCode":403,"message":"No."}"#, "No."),
            (r#"{"statusCode":403,"message":["A.","B."]}"#, "A. B."),
            (r#"{"message":"No status."}"#, "No status."),
            (r#"{"error":"Forbidden"}"#, "Forbidden"),
            (r#"{"error":{"message":"Deep."}}"#, "Deep."),
            (r#"{"message":"two\r\nlines\u001b[31m"}"#, "two lines[31m"),
            (
                r#"{"message":17}"#,
                "The server answered 403 Forbidden with application/json",
            ),
            (
                "",
                "The server answered 403 Forbidden with application/json",
            ),
            (
                "[",
                "The server answered 403 Forbidden with application/json",
            ),
        ] {
            let SidecarFailure::Refused { message: told, .. } =
                refusal(&json(403), body.as_bytes())
            else {
                panic!("{body} is no refusal");
            };
            assert_eq!(told, message, "{body}");
        }
    }

    #[test]
    fn the_holder_is_read_where_the_rest_is_not_the_contracts() {
        let body = r#"{"message":"No.","holder":{"deviceName":"Desk","since":"2026-01-05T09:00:00Z","sameMember":true}}"#;
        let SidecarFailure::Refused { holder, .. } = refusal(&json(409), body.as_bytes()) else {
            panic!("no refusal");
        };
        assert_eq!(holder.unwrap().device_name, "Desk");
    }

    #[test]
    fn a_redirect_is_not_followed_and_named() {
        let head = Head {
            location: Some("https://login.hotel.example/?secret".into()),
            ..json(302)
        };
        let SidecarFailure::Nonsense { detail } = refusal(&head, b"") else {
            panic!("a redirect is no refusal");
        };
        assert!(detail.contains("302 Found"), "{detail}");
        assert!(detail.contains("login.hotel.example,"), "{detail}");
    }

    fn json(status: u16) -> Head {
        Head {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: Some("application/json; charset=utf-8".into()),
            location: None,
            retry_after: None,
        }
    }

    fn detail<T>(result: Result<T, SidecarFailure>) -> String {
        match result {
            Err(SidecarFailure::Nonsense { detail }) => detail,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was read"),
        }
    }
}

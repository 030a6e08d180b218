//! Reads JSON bodies within bounds and says in words what is wrong with them.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::refusal::Refusal;

/// Bytes of a request's body (security, S20).
pub(crate) const MAX_BODY: usize = 16 * 1024;

/// Nesting of a request's JSON (security, S20).
const MAX_DEPTH: usize = 16;

/// How long a body may take to arrive (security, S20).
const BODY_TIME: Duration = Duration::from_secs(10);

/// A field that a body must or may have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    Text(&'static str),
    OptionalText(&'static str),
    OptionalFlag(&'static str),
}

/// Reads `body` as a `T` that has `fields`.
pub(crate) async fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    fields: &[Field],
) -> Result<T, Refusal> {
    let bytes = read(headers, body).await?;
    parse(headers, &bytes, fields)
}

/// Like [`read_json`]; an empty body gives `None`.
pub(crate) async fn read_optional_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    fields: &[Field],
) -> Result<Option<T>, Refusal> {
    let bytes = read(headers, body).await?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    parse(headers, &bytes, fields).map(Some)
}

/// Reads `body` for a call whose old clients send none, or whatever they like: what is no such JSON gives
/// `None`.
pub(crate) async fn read_if_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
) -> Result<Option<T>, Refusal> {
    if !is_json(headers) {
        return Ok(None);
    }
    let bytes = read(headers, body).await?;
    Ok(parse(headers, &bytes, &[]).ok())
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok())
        .unwrap_or(0);
    if announced > MAX_BODY {
        return Err(Refusal::body_too_large(MAX_BODY));
    }
    let whole = async {
        // Room for all of it, so that no outgrown copy of a password stays behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(announced.max(1024)));
        let mut stream = body.into_data_stream();
        while let Some(chunk) = stream
            .try_next()
            .await
            .map_err(|_| Refusal::bad_request(["The body broke off.".to_owned()]))?
        {
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(Refusal::body_too_large(MAX_BODY));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    timeout(BODY_TIME, whole)
        .await
        .map_err(|_| Refusal::body_too_slow())?
}

fn parse<T: DeserializeOwned>(
    headers: &HeaderMap,
    bytes: &[u8],
    fields: &[Field],
) -> Result<T, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::bad_request([
            "The Content-Type must be application/json.".to_owned(),
        ]));
    }
    if depth(bytes) > MAX_DEPTH {
        return Err(Refusal::bad_request([format!(
            "The JSON is nested deeper than {MAX_DEPTH} levels."
        )]));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Refusal::bad_request(problems(bytes, fields, &error)))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"))
}

/// Returns how deep brackets outside of strings nest.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// Names what keeps `bytes` from being understood; never repeats a value, which may be a secret.
fn problems(bytes: &[u8], fields: &[Field], error: &serde_json::Error) -> Vec<String> {
    let object = match serde_json::from_slice(bytes) {
        Ok(Value::Object(object)) => object,
        Ok(_) => return vec!["The body must be a JSON object.".to_owned()],
        Err(_) => {
            return vec![format!(
                "The body is not JSON (line {}, column {}).",
                error.line(),
                error.column()
            )];
        }
    };
    let problems: Vec<String> = fields
        .iter()
        .filter_map(|field| match *field {
            Field::Text(name) => match object.get(name) {
                Some(Value::String(_)) => None,
                Some(_) => Some(format!("{name} must be a string.")),
                None => Some(format!("{name} is missing.")),
            },
            Field::OptionalText(name) => match object.get(name) {
                None | Some(Value::String(_) | Value::Null) => None,
                Some(_) => Some(format!("{name} must be a string.")),
            },
            Field::OptionalFlag(name) => match object.get(name) {
                None | Some(Value::Bool(_)) => None,
                Some(_) => Some(format!("{name} must be true or false.")),
            },
        })
        .collect();
    if problems.is_empty() {
        // A field given twice is all that is left.
        return vec!["The body has a field twice.".to_owned()];
    }
    problems
}

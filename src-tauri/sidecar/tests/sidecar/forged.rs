//! Access tokens that no server may accept (RFC 8725 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::world::JWT_SECRET;

const ANOTHER_KEY: &str = "another key of more than thirty-two bytes";

/// Returns what is made of a good token by somebody without the key, and what was signed for something else.
pub(crate) fn forged(good: &str) -> Vec<String> {
    let [head, payload, signature] = parts(good);
    let claims = claims(good);
    let issued = claims["iat"].as_i64().unwrap();
    let base64 = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = base64(json!({"alg": "none", "typ": "JWT"}));
    let public = base64(json!({"alg": "RS256", "typ": "JWT"}));
    let with = |name: &str, value: Value| resigned(good, |claims| claims[name] = value);
    let without = |name: &str| {
        resigned(good, |claims| {
            claims.as_object_mut().unwrap().remove(name);
        })
    };
    vec![
        String::new(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        format!("{head}.{payload}."),
        format!("{head}.{payload}.{}", signature.to_uppercase()),
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{public}.{payload}.{signature}"),
        format!("{head}.{}.{signature}", base64(json!({"sub": "m-ana"}))),
        sign(Header::new(Algorithm::HS256), &claims, ANOTHER_KEY),
        sign(Header::new(Algorithm::HS256), &claims, ""),
        sign(Header::new(Algorithm::HS512), &claims, JWT_SECRET),
        sign(named("0123456789abcdef"), &claims, JWT_SECRET),
        sign(named(""), &claims, JWT_SECRET),
        sign(named("../../../../dev/null"), &claims, ""),
        with("iss", json!("somebody")),
        with("aud", json!("something")),
        with("sub", json!(7)),
        with("nbf", json!(issued + 61)),
        with("exp", json!("soon")),
        with("iat", json!(issued + 61)),
        with("iat", json!("now")),
        with("epoch", json!(-1)),
        with("epoch", json!(1.5)),
        with("epoch", json!("1")),
        without("exp"),
        without("nbf"),
        without("iat"),
        without("epoch"),
        without("aud"),
        without("iss"),
        without("sub"),
        without("sid"),
        "x".repeat(6000),
    ]
}

/// Returns one that ended a day before it was issued: it signs out, and nothing else.
pub(crate) fn ended(good: &str) -> String {
    let issued = claims(good)["iat"].as_i64().unwrap();
    resigned(good, |claims| claims["exp"] = json!(issued - 86_400))
}

/// Returns a token with other claims, signed as the server signs.
pub(crate) fn resigned(good: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(good);
    change(&mut claims);
    sign(Header::new(Algorithm::HS256), &claims, JWT_SECRET)
}

pub(crate) fn sign(header: Header, claims: &Value, key: &str) -> String {
    encode(&header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
}

/// A header that names its key.
pub(crate) fn named(kid: &str) -> Header {
    Header {
        kid: Some(kid.to_owned()),
        ..Header::new(Algorithm::HS256)
    }
}

pub(crate) fn claims(token: &str) -> Value {
    let [_, payload, _] = parts(token);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<_> = token.split('.').collect();
    parts.try_into().unwrap()
}

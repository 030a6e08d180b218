//! What Ozonetel's answers mean. Its errors come inside of HTTP 200, and neither the names of the
//! fields nor the words for failure are the same from call to call.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

/// Characters of Ozonetel's words that reach a person.
const MAX_WORDS: usize = 300;

/// Statuses of success, in small letters.
const SUCCESS: [&str; 3] = ["success", "queued", "queued successfully"];

/// Statuses of failure, in small letters.
const FAILURE: [&str; 5] = ["error", "fail", "fails", "failed", "false"];

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done(Done),
    Refused(Words),
}

/// An order that was carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) message: Option<Words>,
    /// Names the call that the order began or touched.
    pub(crate) ucid: Option<String>,
}

/// Ozonetel's own words, as one line of bounded length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(String);

/// What answered is not Ozonetel, or is out of order; for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unusable(pub(super) String);

/// The fields of an answer, whatever the case of their names.
#[derive(Default)]
struct Fields {
    status: Option<String>,
    /// `message`, `Message` or `details`.
    words: Option<String>,
    ucid: Option<String>,
    token: Option<SecretString>,
}

/// Reads the answer to an order.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Verdict, Unusable> {
    let fields = fields(status, body)?;
    let fields = fields.inner().unwrap_or(fields);
    let words = fields.words.as_deref().and_then(Words::of);
    Ok(match fields.is_success() {
        true => Verdict::Done(Done {
            // A state's success holds JSON in its message, which is for nobody to read.
            message: words.filter(|words| !words.0.starts_with(['{', '['])),
            ucid: fields.ucid,
        }),
        false => Verdict::Refused(
            words.unwrap_or_else(|| Words("Ozonetel refused without giving a reason.".to_owned())),
        ),
    })
}

/// Reads the answer to the request for a token of the account.
pub(super) fn read_token(
    status: u16,
    body: &[u8],
) -> Result<Result<SecretString, Words>, Unusable> {
    let fields = fields(status, body)?;
    match fields.token {
        Some(token) => Ok(Ok(token)),
        None => match read(status, body)? {
            Verdict::Refused(words) => Ok(Err(words)),
            Verdict::Done(_) => Err(Unusable("a token is missing in the answer".to_owned())),
        },
    }
}

fn fields(status: u16, body: &[u8]) -> Result<Fields, Unusable> {
    if (500..600).contains(&status) || (300..400).contains(&status) {
        return Err(Unusable(format!("HTTP {status}")));
    }
    let fields: Fields = serde_json::from_slice(body)
        .map_err(|_| Unusable(format!("the answer is no JSON object (HTTP {status})")))?;
    let says_something = fields.status.is_some()
        || fields.words.is_some()
        || fields.ucid.is_some()
        || fields.token.is_some();
    match says_something {
        true => Ok(fields),
        false => Err(Unusable(format!("the answer says nothing (HTTP {status})"))),
    }
}

impl Fields {
    /// Returns the answer that is the words of this one, as a recording's success is those of an error: its
    /// status counts (CloudAgent's reference, "Call Recording pause/unPause").
    fn inner(&self) -> Option<Self> {
        let inner: Self = serde_json::from_str(self.words.as_deref()?).ok()?;
        inner.status.is_some().then_some(inner)
    }

    /// A word of success or failure decides; without one, what the order was to bring.
    fn is_success(&self) -> bool {
        let status = self.status.as_deref().unwrap_or_default().trim();
        let status = status.to_lowercase();
        SUCCESS.contains(&status.as_str())
            || (!FAILURE.contains(&status.as_str())
                && (self.ucid.is_some() || self.token.is_some()))
    }
}

impl Words {
    fn of(text: &str) -> Option<Self> {
        let line: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(MAX_WORDS)
            .collect();
        let line = line.trim();
        (!line.is_empty()).then(|| Self(line.to_owned()))
    }

    /// Stands in for Ozonetel's refusal of an agent whose password nobody has set.
    pub(super) fn no_password(agent_id: &str) -> Self {
        Self(format!(
            "No Ozonetel password is set for the agent {agent_id}."
        ))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the token of the account is refused: it has expired, or another one was made since.
    pub(super) fn is_about_the_token(&self) -> bool {
        let words = self.0.to_lowercase();
        ["token expired", "invalid token", "token should not be null"]
            .iter()
            .any(|start| words.starts_with(start))
    }

    /// Whether the agent is in already, which is what a login is for.
    pub(crate) fn is_already_in(&self) -> bool {
        self.0.to_lowercase().contains("already logged in")
    }

    /// Whether the outcome of a call is there already.
    pub(super) fn is_already_disposed(&self) -> bool {
        self.0.to_lowercase().contains("already disposed")
    }

    /// Whether the agent is out already, which is what a logout is for.
    pub(crate) fn is_already_out(&self) -> bool {
        self.0.to_lowercase().contains("not logged in")
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.to_lowercase().as_str() {
                "status" => fields.status = map.next_value::<Scalar>()?.text(),
                "message" | "details" => {
                    let text = map.next_value::<Scalar>()?.text();
                    fields.words = fields.words.or(text);
                }
                "ucid" => fields.ucid = map.next_value::<Scalar>()?.text(),
                "token" => {
                    let token = map.next_value::<Option<SecretString>>()?;
                    fields.token = token.filter(|token| !token.expose_secret().is_empty());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// A text, or a number or truth value in its place.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
    Other(IgnoredAny),
}

impl Scalar {
    /// Returns it as text, if there is any.
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => (!text.trim().is_empty()).then_some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_documented_success_is_one() {
        for (body, message, ucid) in [
            (
                r#"{"status":"success","message":"Agent X logged in successfully"}"#,
                Some("Agent X logged in successfully"),
                None,
            ),
            (
                r#"{"status":"success","message":"{\"agentStatus\":\"PAUSED\",\"resp\":\"Success:tbAgentPause~INBOUND\"}"}"#,
                None,
                None,
            ),
            (
                r#"{"ucid":"9012","status":"queued successfully"}"#,
                None,
                Some("9012"),
            ),
            (
                r#"{"message":"8912","status":"queued"}"#,
                Some("8912"),
                None,
            ),
            (
                r#"{"status":"Success","message":"Disposition Queued Successfully"}"#,
                Some("Disposition Queued Successfully"),
                None,
            ),
            (
                r#"{"details":"Disposition saved successfully","status":"Success"}"#,
                Some("Disposition saved successfully"),
                None,
            ),
            (
                r#"{"status":"Success","message":"dialing","ucid":"9"}"#,
                Some("dialing"),
                Some("9"),
            ),
            (r#"{"ucid":90123}"#, None, Some("90123")),
            (
                r#"{"status":"Error","message":"{\"status\":\"Success\",\"message\":\"paused monitoring of the channel\"}"}"#,
                Some("paused monitoring of the channel"),
                None,
            ),
        ] {
            match read(200, body.as_bytes()).unwrap() {
                Verdict::Done(done) => {
                    assert_eq!(done.message.as_ref().map(Words::as_str), message, "{body}");
                    assert_eq!(done.ucid.as_deref(), ucid, "{body}");
                }
                Verdict::Refused(words) => panic!("{words:?}: {body}"),
            }
        }
    }

    #[test]
    fn every_documented_failure_is_one_in_its_own_words() {
        for (body, words) in [
            (
                r#"{"status":"error","message":"Invalid Authentication"}"#,
                "Invalid Authentication",
            ),
            (
                r#"{"status":"error","Message":"Agent X is in ACW state. You cant change to Pause state"}"#,
                "Agent X is in ACW state. You cant change to Pause state",
            ),
            (
                r#"{"status":"error","Message":"Agent X is in BUSY state. You cant change to Pause state"}"#,
                "Agent X is in BUSY state. You cant change to Pause state",
            ),
            (
                r#"{"status":"Error","details":"Invalid agent"}"#,
                "Invalid agent",
            ),
            (
                r#"{"status":"Fail","message":"Agent is not available"}"#,
                "Agent is not available",
            ),
            (
                r#"{"status":"fails","message":"Campaign is invalid"}"#,
                "Campaign is invalid",
            ),
            (
                r#"{"status":"false","message":"Token Expired","data":null}"#,
                "Token Expired",
            ),
            (
                r#"{"status":false,"message":"Invalid Token"}"#,
                "Invalid Token",
            ),
            (
                r#"{"status":"Error","details":"This call is already Disposed."}"#,
                "This call is already Disposed.",
            ),
            (r#"{"message":"Call not Found"}"#, "Call not Found"),
            (
                r#"{"status":"error","ucid":"9","message":"two\r\nlines"}"#,
                "two  lines",
            ),
            (
                r#"{"status":"Error","message":"{\"status\":\"Error\",\"message\":\"ucid is Invalid\"}"}"#,
                "ucid is Invalid",
            ),
            (
                r#"{"status":"error","message":""}"#,
                "Ozonetel refused without giving a reason.",
            ),
            (
                r#"{"status":"error"}"#,
                "Ozonetel refused without giving a reason.",
            ),
        ] {
            for status in [200, 400, 401, 403] {
                match read(status, body.as_bytes()).unwrap() {
                    Verdict::Refused(found) => assert_eq!(found.as_str(), words, "{body}"),
                    Verdict::Done(done) => panic!("{done:?}: {body}"),
                }
            }
        }
    }

    #[test]
    fn a_token_is_read_or_refused() {
        let good = br#"{"token":"eyJ","message":""}"#;
        let token = read_token(200, good).unwrap().unwrap();
        assert_eq!(token.expose_secret(), "eyJ");
        for (body, words) in [
            (
                r#"{"status":"false","message":"UserName is null","data":null}"#,
                "UserName is null",
            ),
            (
                r#"{"token":"","message":"Invalid userName or apiKey"}"#,
                "Invalid userName or apiKey",
            ),
            (r#"{"token":null,"message":"No"}"#, "No"),
        ] {
            let refused = read_token(200, body.as_bytes()).unwrap().unwrap_err();
            assert_eq!(refused.as_str(), words);
        }
        read_token(200, br#"{"status":"success"}"#).unwrap_err();
    }

    #[test]
    fn what_is_not_ozonetel_is_told_from_a_refusal() {
        for (status, body) in [
            (200, ""),
            (200, "<html>Sign in to the network</html>"),
            (200, "[]"),
            (200, "null"),
            (200, "{}"),
            (200, r#"{"data":1}"#),
            (404, "not found"),
            (302, r#"{"status":"success"}"#),
            (500, r#"{"status":"success"}"#),
            (503, ""),
        ] {
            assert!(read(status, body.as_bytes()).is_err(), "{status} {body}");
        }
    }

    #[test]
    fn words_tell_what_to_do() {
        let words = |text: &str| Words::of(text).unwrap();
        for token in [
            "Token Expired",
            "Invalid Token",
            "Token Should Not be Null or Empty.",
        ] {
            assert!(words(token).is_about_the_token(), "{token}");
        }
        assert!(!words("Invalid userName or apiKey").is_about_the_token());
        assert!(words("Agent has already logged in").is_already_in());
        assert!(!words("Y logged in with the number (+91…)").is_already_in());
        assert!(words("Agent X is not logged in").is_already_out());
        assert!(words("Agent is not Logged In").is_already_out());
        assert_eq!(words(&"x".repeat(5000)).as_str().len(), MAX_WORDS);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(status, &body);
            let _ = read_token(status, &body);
        }

        #[test]
        fn no_field_is_too_strange(value in "0|[1-9][0-9]{0,2}|true|null|\\[1\\]|\\{\"a\":1\\}|\"x\"") {
            for name in ["status", "message", "ucid"] {
                let body = format!(r#"{{"{name}":{value},"Details":"d"}}"#);
                prop_assert!(read(200, body.as_bytes()).is_ok(), "{}", body);
            }
        }
    }
}

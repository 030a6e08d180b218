//! What the platform's answers mean. Errors come inside of HTTP 200, beside or in place of data, and
//! data beside an error are never used.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny};

/// Characters of a token, far above what a platform signs. It travels inside a token of this
/// server, in bodies of 16 KiB.
const MAX_TOKEN: usize = 4096;

/// Characters of a message that are worth a line in the log.
const MAX_MESSAGE: usize = 200;

/// Why there are no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The platform understood the question and says no.
    Refused(No),
    /// It knows no such field, argument or path: it is of another generation. With its words,
    /// which are about the question's text and never about the values in it.
    Misunderstood(String),
    /// It is out of order, or what answers is no platform; for the log.
    Unusable(String),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub(super) code: Code,
    pub(super) sub_code: Option<String>,
    /// Whether its message is about the workspace.
    is_about_the_workspace: bool,
}

/// The platform's codes that mean no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Unauthenticated,
    Forbidden,
    BadUserInput,
    NotFound,
}

/// What a refusal of a sign-in means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    /// The user is unknown, has another password or none at all: told apart for nobody.
    WrongCredentials,
    /// The credentials are right, and a code of a second device is wanted beside them.
    SecondFactor,
    /// The credentials are right, and the e-mail address is not verified yet.
    EmailNotVerified,
    /// The platform has no workspace at the address of the configuration.
    UnknownWorkspace,
}

/// The answer to `Question::LoginToken`.
#[derive(Deserialize)]
pub(super) struct LoginTokenData {
    #[serde(rename = "getLoginTokenFromCredentials")]
    granted: LoginTokenGrant,
}

/// The answer to `Question::Tokens`.
#[derive(Deserialize)]
pub(super) struct TokensData {
    #[serde(rename = "getAuthTokensFromLoginToken")]
    granted: TokensGrant,
}

/// The answer to `Question::Renewal`.
#[derive(Deserialize)]
pub(super) struct RenewalData {
    #[serde(rename = "renewToken")]
    granted: TokensGrant,
}

/// The tokens of a user.
#[derive(Debug, Deserialize)]
pub(super) struct TokenPair {
    #[serde(rename = "accessOrWorkspaceAgnosticToken", alias = "accessToken")]
    pub(super) access: Token,
    #[serde(rename = "refreshToken")]
    pub(super) refresh: Token,
}

#[derive(Debug, Deserialize)]
pub(super) struct Token {
    #[serde(deserialize_with = "token")]
    pub(super) token: SecretString,
}

/// The answer to `Question::CurrentUser`.
#[derive(Deserialize)]
pub(super) struct CurrentUserData {
    #[serde(rename = "currentUser")]
    pub(super) user: CurrentUser,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CurrentUser {
    pub(super) id: String,
    pub(super) email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    pub(super) workspace_member: Option<WorkspaceMember>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorkspaceMember {
    pub(super) id: String,
    name: Option<FullName>,
    roles: Option<Vec<Role>>,
}

/// The answer to `Question::AgentsOf`.
#[derive(Deserialize)]
pub(super) struct AgentsData {
    agents: Page,
}

/// An Agent record, of which any field may be empty.
#[derive(Debug, Deserialize)]
pub(super) struct AgentRecord {
    #[serde(default, rename = "ozonetelagentid", deserialize_with = "text")]
    pub(super) ozonetel_agent_id: Option<String>,
    #[serde(default, rename = "sipextension", deserialize_with = "text")]
    pub(super) sip_extension: Option<String>,
    #[serde(default, rename = "sippassword", deserialize_with = "secret_text")]
    pub(super) sip_password: Option<SecretString>,
    #[serde(default, rename = "campaignname", deserialize_with = "text")]
    pub(super) campaign_name: Option<String>,
    #[serde(default, rename = "ozonetelPassword", deserialize_with = "secret_text")]
    pub(super) ozonetel_password: Option<SecretString>,
}

/// A member has more than one Agent record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoginTokenGrant {
    login_token: Token,
}

#[derive(Deserialize)]
struct TokensGrant {
    tokens: TokenPair,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FullName {
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Role {
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    edges: Vec<Edge>,
    page_info: Option<PageInfo>,
}

#[derive(Deserialize)]
struct Edge {
    node: AgentRecord,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

/// An answer with data, as nearly all are.
#[derive(Deserialize)]
struct Data<T> {
    data: T,
    #[serde(default)]
    errors: Option<Vec<IgnoredAny>>,
}

/// What is left to read of another.
#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Option<Vec<GraphqlError>>,
    #[serde(default, rename = "data")]
    _data: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct GraphqlError {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    code: Option<String>,
    sub_code: Option<String>,
}

/// Reads the answer to a question as its data.
pub(super) fn read<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, Fault> {
    let is_ok = (200..300).contains(&status);
    let misfit = match serde_json::from_slice::<Data<T>>(body) {
        Ok(Data { data, errors }) if is_ok && errors.as_ref().is_none_or(Vec::is_empty) => {
            return Ok(data);
        }
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let Ok(answer) = serde_json::from_slice::<Errors>(body) else {
        return Err(of_status(status));
    };
    if let Some(error) = answer.errors.unwrap_or_default().into_iter().next() {
        return Err(error.fault());
    }
    match misfit {
        // Its words could repeat a value, its place cannot.
        Some(error) if is_ok => Err(Fault::Unusable(format!(
            "the answer has not the expected fields (line {}, column {})",
            error.line(),
            error.column()
        ))),
        Some(_) | None => Err(of_status(status)),
    }
}

/// Returns what an answer means that is not GraphQL.
fn of_status(status: u16) -> Fault {
    match status {
        404 | 405 => Fault::Misunderstood(format!("HTTP {status}")),
        200..300 => Fault::Unusable("the answer is not GraphQL".to_owned()),
        300..400 => Fault::Unusable(format!("it redirects elsewhere (HTTP {status})")),
        _ => Fault::Unusable(format!("HTTP {status}")),
    }
}

impl GraphqlError {
    fn fault(self) -> Fault {
        let Extensions { code, sub_code } = self.extensions.unwrap_or_default();
        let message = self.message.unwrap_or_default();
        let no = |code| {
            Fault::Refused(No {
                code,
                sub_code,
                is_about_the_workspace: message.to_lowercase().contains("workspace"),
            })
        };
        match code.as_deref() {
            Some("UNAUTHENTICATED") => no(Code::Unauthenticated),
            Some("FORBIDDEN") => no(Code::Forbidden),
            // A server in front of the schema says so of an unknown field, too.
            Some("GRAPHQL_VALIDATION_FAILED" | "BAD_USER_INPUT")
                if is_about_the_schema(&message) =>
            {
                Fault::Misunderstood(shown(&message))
            }
            Some("GRAPHQL_VALIDATION_FAILED") => Fault::Misunderstood(shown(&message)),
            Some("BAD_USER_INPUT") => no(Code::BadUserInput),
            Some("NOT_FOUND") => no(Code::NotFound),
            Some(code) => Fault::Unusable(format!("it failed with {}", shown(code))),
            None if is_about_the_schema(&message) => Fault::Misunderstood(shown(&message)),
            None => Fault::Unusable("it failed without a code".to_owned()),
        }
    }
}

/// Whether a message is the one of graphql-js for a field or an argument that is not there.
fn is_about_the_schema(message: &str) -> bool {
    message.starts_with("Cannot query field") || message.starts_with("Unknown argument")
}

/// Returns a text as the log may have it: one short line.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_MESSAGE)
        .collect()
}

impl No {
    /// Returns what this refusal means as the answer to a sign-in.
    pub(super) fn of_a_sign_in(&self) -> Rejection {
        match (self.code, self.sub_code.as_deref()) {
            (Code::Forbidden, Some("EMAIL_NOT_VERIFIED")) => Rejection::EmailNotVerified,
            (
                Code::Forbidden,
                Some(
                    "TWO_FACTOR_AUTHENTICATION_VERIFICATION_REQUIRED"
                    | "TWO_FACTOR_AUTHENTICATION_PROVISION_REQUIRED",
                ),
            ) => Rejection::SecondFactor,
            (Code::Unauthenticated | Code::NotFound, _) if self.is_about_the_workspace => {
                Rejection::UnknownWorkspace
            }
            // No password at all (BadUserInput) is told as a wrong one: the platform says it before
            // it has looked at the password, so anybody could ask who signs in otherwise.
            (Code::Unauthenticated | Code::Forbidden | Code::BadUserInput | Code::NotFound, _) => {
                Rejection::WrongCredentials
            }
        }
    }
}

impl LoginTokenData {
    pub(super) fn into_token(self) -> SecretString {
        self.granted.login_token.token
    }
}

impl TokensData {
    pub(super) fn into_pair(self) -> TokenPair {
        self.granted.tokens
    }
}

impl RenewalData {
    pub(super) fn into_pair(self) -> TokenPair {
        self.granted.tokens
    }
}

impl CurrentUser {
    /// Returns the name to show: the member's, else the user's, else the e-mail.
    pub(super) fn name(&self) -> String {
        let member = self.workspace_member.as_ref();
        let of_member = member.and_then(|member| member.name.as_ref());
        [
            of_member.map(|name| (name.first_name.as_deref(), name.last_name.as_deref())),
            Some((self.first_name.as_deref(), self.last_name.as_deref())),
        ]
        .into_iter()
        .flatten()
        .map(|(first, last)| format!("{} {}", first.unwrap_or(""), last.unwrap_or("")))
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| self.email.clone())
    }
}

impl WorkspaceMember {
    /// Returns the labels of the member's roles, in the platform's order.
    pub(super) fn role_labels(&self) -> impl Iterator<Item = &str> {
        let roles = self.roles.as_deref().unwrap_or_default();
        roles.iter().filter_map(|role| role.label.as_deref())
    }
}

impl AgentsData {
    /// Returns the only record there is.
    pub(super) fn into_only(self) -> Result<Option<AgentRecord>, Ambiguous> {
        let more = self.agents.page_info.is_some_and(|it| it.has_next_page);
        let mut edges = self.agents.edges;
        if more || edges.len() > 1 {
            return Err(Ambiguous);
        }
        Ok(edges.pop().map(|edge| edge.node))
    }
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let token = SecretString::deserialize(deserializer)?;
    if (1..=MAX_TOKEN).contains(&token.expose_secret().len()) {
        Ok(token)
    } else {
        Err(serde::de::Error::custom("a token of impossible length"))
    }
}

/// Reads a field of text, also where the workspace made it one of numbers; blank is as good as none.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Field {
        Text(String),
        Number(u64),
    }
    Ok(Option::<Field>::deserialize(deserializer)?
        .map(|field| match field {
            Field::Text(text) => text.trim().to_owned(),
            Field::Number(number) => number.to_string(),
        })
        .filter(|text| !text.is_empty()))
}

fn secret_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    Ok(text(deserializer)?.map(SecretString::from))
}

#[cfg(test)]
mod tests;

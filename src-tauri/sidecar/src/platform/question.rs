//! What the platform is asked: fixed GraphQL texts, and variables for all that comes from people.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::dialect::{Dialect, TokenField};

/// One question. What people typed is in its variables alone, never in its text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question<'a> {
    /// Are these credentials right? Answered with a token for [`Question::Tokens`].
    LoginToken {
        email: &'a str,
        password: &'a SecretString,
        /// The address of the workspace, which chooses it.
        origin: &'a str,
    },
    /// The tokens of a user whose credentials were right.
    Tokens {
        login_token: &'a SecretString,
        origin: &'a str,
    },
    /// New tokens for a refresh token, which is used up by that.
    Renewal { refresh_token: &'a SecretString },
    /// Has a refresh token be good no more; current versions alone know it.
    SignOut { refresh_token: &'a SecretString },
    /// Who the bearer of an access token is.
    CurrentUser,
    /// The Agent records of a workspace member.
    AgentsOf {
        member_id: &'a str,
        /// Where the workspace keeps the passwords for Ozonetel.
        password_field: Option<&'a str>,
    },
}

/// A question as it goes over the wire.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    query: &'a str,
    variables: Variables<'a>,
}

struct Variables<'a>(Question<'a>);

impl<'a> Question<'a> {
    /// Returns the question with this text of it.
    pub(super) fn body(self, query: &'a str) -> Body<'a> {
        Body {
            query,
            variables: Variables(self),
        }
    }

    /// Whether the platform's own users ask it, which depends on its version, or the workspace's
    /// data are asked for it.
    pub(super) fn is_of_a_user(self) -> bool {
        match self {
            Self::LoginToken { .. }
            | Self::Tokens { .. }
            | Self::Renewal { .. }
            | Self::SignOut { .. }
            | Self::CurrentUser => true,
            Self::AgentsOf { .. } => false,
        }
    }

    pub(super) fn text(self, dialect: Dialect) -> String {
        let access_token = match dialect.token_field {
            TokenField::WorkspaceAgnostic => "accessOrWorkspaceAgnosticToken",
            TokenField::Plain => "accessToken",
        };
        match self {
            Self::LoginToken { .. } => "mutation($email:String!,$password:String!,$origin:String!)\
                 {getLoginTokenFromCredentials(email:$email,password:$password,origin:$origin)\
                 {loginToken{token}}}"
                .to_owned(),
            Self::Tokens { .. } => format!(
                "mutation($loginToken:String!,$origin:String!)\
                 {{getAuthTokensFromLoginToken(loginToken:$loginToken,origin:$origin)\
                 {{tokens{{{access_token}{{token}} refreshToken{{token}}}}}}}}"
            ),
            Self::Renewal { .. } => format!(
                "mutation($appToken:String!){{renewToken(appToken:$appToken)\
                 {{tokens{{{access_token}{{token}} refreshToken{{token}}}}}}}}"
            ),
            Self::SignOut { .. } => {
                "mutation($refreshToken:String!){signOut(refreshToken:$refreshToken)}".to_owned()
            }
            Self::CurrentUser => "query{currentUser{id email firstName lastName \
                 workspaceMember{id name{firstName lastName} userEmail roles{id label}}}}"
                .to_owned(),
            // Two, so that a member with more than one record is noticed.
            Self::AgentsOf { password_field, .. } => format!(
                "query($member:UUID!){{agents(first:2,filter:{{wsmemberId:{{eq:$member}}}})\
                 {{edges{{node{{id ozonetelagentid sipextension sippassword campaignname{}}}}} \
                 pageInfo{{hasNextPage}}}}}}",
                password_field
                    .map(|field| format!(" ozonetelPassword:{field}"))
                    .unwrap_or_default()
            ),
        }
    }
}

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.0 {
            Question::LoginToken {
                email,
                password,
                origin,
            } => {
                map.serialize_entry("email", email)?;
                map.serialize_entry("password", password.expose_secret())?;
                map.serialize_entry("origin", origin)?;
            }
            Question::Tokens {
                login_token,
                origin,
            } => {
                map.serialize_entry("loginToken", login_token.expose_secret())?;
                map.serialize_entry("origin", origin)?;
            }
            Question::Renewal { refresh_token } => {
                map.serialize_entry("appToken", refresh_token.expose_secret())?;
            }
            Question::SignOut { refresh_token } => {
                map.serialize_entry("refreshToken", refresh_token.expose_secret())?;
            }
            Question::CurrentUser => {}
            Question::AgentsOf { member_id, .. } => map.serialize_entry("member", member_id)?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_person_types_stays_in_the_variables_as_it_is() {
        let typed = "\"}){__schema{types{name}}}";
        let password = SecretString::from(typed);
        let question = Question::LoginToken {
            email: typed,
            password: &password,
            origin: "https://crm.example",
        };
        for dialect in Dialect::default().and_others() {
            let text = question.text(dialect);
            let body = serde_json::to_value(question.body(&text)).unwrap();
            assert!(!body["query"].as_str().unwrap().contains("__schema"));
            assert_eq!(body["variables"]["email"], typed);
            assert_eq!(body["variables"]["password"], typed);
        }
    }

    #[test]
    fn every_text_closes_what_it_opens() {
        let token = SecretString::from("t");
        let questions = [
            Question::LoginToken {
                email: "a",
                password: &token,
                origin: "o",
            },
            Question::Tokens {
                login_token: &token,
                origin: "o",
            },
            Question::Renewal {
                refresh_token: &token,
            },
            Question::SignOut {
                refresh_token: &token,
            },
            Question::CurrentUser,
            Question::AgentsOf {
                member_id: "m",
                password_field: None,
            },
            Question::AgentsOf {
                member_id: "m",
                password_field: Some("ozonetelpassword"),
            },
        ];
        for question in questions {
            for dialect in Dialect::default().and_others() {
                let text = question.text(dialect);
                for (open, close) in [('{', '}'), ('(', ')')] {
                    assert_eq!(text.matches(open).count(), text.matches(close).count());
                }
            }
        }
    }
}

//! Servers of others that the sidecar calls.
#![allow(unreachable_pub, reason = "tests of other rooms use them, too")]

#[path = "../../../../tests/lab/src/ozonetel.rs"]
pub(crate) mod ozonetel;
#[path = "../../../../tests/lab/src/platform.rs"]
pub(crate) mod platform;

use std::path::Path;

use sidecar::Config;

use self::ozonetel::{Mode, Ozonetel, USER_NAME, password_of};
use self::platform::{ORIGIN, Platform};
use crate::world::{JWT_SECRET, config_text};

/// Returns the configuration of a sidecar for a platform, by environment but for what only a file has.
pub(crate) fn platform_config(served: &Platform, instead: Option<(&str, &str)>) -> Config {
    let text = "[platform]\nice_servers = [{ urls = [\"stun:stun.example\"] }]\n";
    Config::from_toml(text, Path::new("."), |name| {
        if let Some((_, value)) = instead.filter(|(variable, _)| *variable == name) {
            return Some(value.to_owned());
        }
        let value = match name {
            "HELIX_JWT_SECRET" => JWT_SECRET,
            "PLATFORM_URL" => &served.url,
            "PLATFORM_ORIGIN" => ORIGIN,
            "PLATFORM_API_KEY" => platform::API_KEY,
            "SIP_DOMAIN" => "sip.example",
            "SIP_WS_SERVER" => "wss://sip.example:444",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

/// Returns the configuration of a sidecar for a platform, whose agents have an account at Ozonetel with the
/// passwords of the stand-in's first one.
pub(crate) fn platform_and_ozonetel_config(served: &Platform, account: &Ozonetel) -> Config {
    both_config(served, account, "", Some(password_of("agent1")))
}

/// The same of agents whose own passwords at Ozonetel are in this field of their records, and who have no other.
pub(crate) fn own_passwords_config(served: &Platform, account: &Ozonetel, field: &str) -> Config {
    let settings = format!("ozonetel_password_field = \"{field}\"\n");
    both_config(served, account, &settings, None)
}

fn both_config(
    served: &Platform,
    account: &Ozonetel,
    settings: &str,
    agent_password: Option<String>,
) -> Config {
    let text = format!(
        "[platform]\n{settings}url = \"{}\"\norigin = \"{ORIGIN}\"\nsip_domain = \"sip.example\"\n\
         sip_ws_server = \"wss://sip.example:444\"\n[ozonetel]\nurl = \"{}\"\n\
         user_name = \"{USER_NAME}\"\nauthentication = \"api-key\"\n",
        served.url, account.url,
    );
    Config::from_toml(&text, Path::new("."), |name| match name {
        "HELIX_JWT_SECRET" => Some(JWT_SECRET.to_owned()),
        "PLATFORM_API_KEY" => Some(platform::API_KEY.to_owned()),
        "OZONETEL_API_KEY" => Some(ozonetel::API_KEY.to_owned()),
        "OZONETEL_AGENT_PASSWORD" => agent_password.clone(),
        "HELIX_ADMIN_ROLES" => Some("manager".to_owned()),
        _ => None,
    })
    .unwrap()
}

/// The people of the tests, with an account at Ozonetel by environment; agent2's password is the one
/// that all have who have none of their own.
pub(crate) fn ozonetel_config(account: &Ozonetel, mode: Mode) -> Config {
    queue_config(account, mode, &[])
}

/// The same with these variables of the environment beside them, or in their place.
pub(crate) fn queue_config(account: &Ozonetel, mode: Mode, more: &[(&str, &str)]) -> Config {
    queue_config_of(&config_text(""), account, mode, more)
}

/// The same of other people.
pub(crate) fn queue_config_of(
    people: &str,
    account: &Ozonetel,
    mode: Mode,
    more: &[(&str, &str)],
) -> Config {
    let own = format!("ozonetel_password = \"{}\"\nsip_uri", password_of("agent1"));
    let text = people.replacen("sip_uri", &own, 1);
    Config::from_toml(&text, Path::new("."), |name| {
        if let Some((_, value)) = more.iter().find(|(variable, _)| *variable == name) {
            return Some((*value).to_owned());
        }
        let value = match (name, mode) {
            ("HELIX_JWT_SECRET", _) => JWT_SECRET,
            ("HELIX_ADMIN_ROLES", _) => " manager,executive ,",
            ("OZONETEL_URL", _) => &account.url,
            ("OZONETEL_USER_NAME", _) => USER_NAME,
            ("OZONETEL_API_KEY", _) => ozonetel::API_KEY,
            ("OZONETEL_AUTHENTICATION", Mode::ApiKey) => "api-key",
            ("OZONETEL_AUTHENTICATION", Mode::Token) => "token",
            ("OZONETEL_AGENT_PASSWORD", _) => return Some(password_of("agent2")),
            ("OZONETEL_DID", _) => "918000000000",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

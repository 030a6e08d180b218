//! Servers of others that the sidecar calls.
#![allow(unreachable_pub, reason = "tests of other rooms use them, too")]

#[path = "../../../../tests/support/platform.rs"]
pub(crate) mod platform;

use std::path::Path;

use sidecar::Config;

use self::platform::{API_KEY, ORIGIN, Platform};
use crate::world::JWT_SECRET;

/// Returns the configuration of a sidecar for `platform`, by environment but for what only a file has.
pub(crate) fn platform_config(platform: &Platform, instead: Option<(&str, &str)>) -> Config {
    let text = "[platform]\nice_servers = [{ urls = [\"stun:stun.example\"] }]\n";
    Config::from_toml(text, Path::new("."), |name| {
        if let Some((_, value)) = instead.filter(|(variable, _)| *variable == name) {
            return Some(value.to_owned());
        }
        let value = match name {
            "HELIX_JWT_SECRET" => JWT_SECRET,
            "PLATFORM_URL" => &platform.url,
            "PLATFORM_ORIGIN" => ORIGIN,
            "PLATFORM_API_KEY" => API_KEY,
            "SIP_DOMAIN" => "sip.example",
            "SIP_WS_SERVER" => "wss://sip.example:444",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

//! The phone account: what of it can be used.

use secrecy::SecretString;
use url::Url;

use crate::{CallSettings, words::shown};

/// The phone account and the device that speaks for it.
#[derive(Debug)]
pub(crate) struct LineSetup {
    pub(crate) sip_uri: String,
    pub(crate) password: SecretString,
    pub(crate) ws_server: String,
    pub(crate) display_name: Option<String>,
    pub(crate) device_id: String,
    pub(crate) user_agent: String,
    pub(crate) calls: CallSettings,
}

/// Returns the user part of `sip:user@host`; empty where there is none.
pub(super) fn user_part(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    rest.split_once('@')
        .map_or("", |(user, _)| user.split(':').next().unwrap_or(user))
}

/// Reads the address of the phone server: `wss` alone; fails with what is wrong with it.
pub(super) fn web_socket_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("sipWsServer {:?} is no address: {error}", shown(text)))?;
    if url.scheme() != "wss" {
        let scheme = shown(url.scheme());
        return Err(format!(
            "sipWsServer must begin with wss://, not {scheme}://"
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("sipWsServer names no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("sipWsServer must not hold a user name or password".to_owned());
    }
    Ok(url)
}

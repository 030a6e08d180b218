//! Phone accounts: what makes one of an Agent record, and what their addresses must look like.

use secrecy::SecretString;
use sidecar_api::{AgentConfig, IceServer};
use url::{Host, Url};

/// What all phone accounts of the platform have in common.
#[derive(Debug)]
pub(crate) struct PhoneSettings {
    /// The host of every address of record.
    pub(super) sip_domain: String,
    pub(super) sip_ws_server: String,
    pub(super) ice_servers: Vec<IceServer>,
}

impl PhoneSettings {
    /// Returns the phone account of an agent, or what keeps the extension from being one.
    pub(crate) fn account(
        &self,
        ozonetel_agent_id: String,
        sip_extension: String,
        sip_password: SecretString,
        campaign_name: Option<String>,
    ) -> Result<AgentConfig, String> {
        let sip_uri = sip_uri(&sip_extension, &self.sip_domain);
        check_sip_uri(&sip_uri)?;
        Ok(AgentConfig {
            ozonetel_agent_id,
            sip_extension,
            sip_password,
            sip_uri,
            sip_ws_server: self.sip_ws_server.clone(),
            campaign_name,
            ice_servers: self.ice_servers.clone(),
        })
    }
}

/// Returns the address of record of an extension.
pub(super) fn sip_uri(extension: &str, domain: &str) -> String {
    format!("sip:{extension}@{domain}")
}

/// Whether this is an address of record as RFC 3261 §19.1.1 writes it: scheme, user, host, perhaps
/// a port and parameters.
pub(super) fn check_sip_uri(uri: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {uri:?}"));
    let Some(rest) = uri.strip_prefix("sip:").or(uri.strip_prefix("sips:")) else {
        return wrong("must begin with sip: or sips:");
    };
    let Some((user, rest)) = rest.split_once('@') else {
        return wrong("lacks its user or host");
    };
    // RFC 3261 §25.1: unreserved, user-unreserved and escaped; a password has no place here.
    let is_user = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/%".contains(&b);
    if user.is_empty() || !user.bytes().all(is_user) {
        return wrong("has an impossible user");
    }
    let address = rest.split(';').next().unwrap_or_default();
    let host = match address.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => match port.parse::<u16>() {
            Ok(1..) => host,
            Ok(0) | Err(_) => return wrong("has an impossible port"),
        },
        Some(_) | None => address,
    };
    match Host::parse(host) {
        Ok(_) => Ok(()),
        Err(_) => wrong("has an impossible host"),
    }
}

/// Whether this is an address of SIP over a secure WebSocket (RFC 7118, RFC 6455 §3).
pub(super) fn check_ws_server(address: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{why}: {address:?}"));
    match Url::parse(address) {
        Ok(url) if url.scheme() != "wss" => wrong("must begin with wss://"),
        Ok(url) if url.fragment().is_some() => wrong("must have no fragment"),
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("must have no user or password in it".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) => wrong(&format!("is no address ({error})")),
    }
}

/// Whether this looks as RFC 7064 §3 and RFC 7065 §3 want it.
pub(super) fn is_ice_url(url: &str) -> bool {
    url.split_once(':').is_some_and(|(scheme, rest)| {
        matches!(scheme, "stun" | "stuns" | "turn" | "turns")
            && rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
            && !rest.starts_with("//")
    })
}

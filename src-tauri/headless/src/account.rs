use std::env;

use phone::Fallback;
use secrecy::SecretString;

/// The fallback account is given in part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Of SIP_URI, SIP_PASSWORD and SIP_WS_SERVER all are needed or none: {} missing",
    missing.join(" and ")
)]
pub struct IncompleteAccount {
    missing: Vec<&'static str>,
}

/// Takes the account of `SIP_URI`, `SIP_PASSWORD` and `SIP_WS_SERVER` out of the environment, where
/// nothing that this process starts or dumps will find it. What the system shows of a process's
/// first environment stays.
///
/// Call it before any thread is started.
pub fn fallback_account() -> Result<Option<Fallback>, IncompleteAccount> {
    let [uri, password, server] = ["SIP_URI", "SIP_PASSWORD", "SIP_WS_SERVER"].map(|name| {
        let value = env::var(name).ok().filter(|value| !value.is_empty());
        // SAFETY: who calls this has started no other thread yet.
        #[expect(unsafe_code, reason = "the standard library has no safe way")]
        unsafe {
            env::remove_var(name);
        }
        (name, value)
    });

    match (uri.1, password.1, server.1) {
        (None, None, None) => Ok(None),
        (Some(sip_uri), Some(password), Some(ws_server)) => Ok(Some(Fallback {
            sip_uri,
            password: SecretString::from(password),
            ws_server,
        })),
        (uri_given, password_given, server_given) => {
            let missing = [
                (uri.0, uri_given.is_none()),
                (password.0, password_given.is_none()),
                (server.0, server_given.is_none()),
            ];
            Err(IncompleteAccount {
                missing: missing
                    .into_iter()
                    .filter_map(|(name, is_missing)| is_missing.then_some(name))
                    .collect(),
            })
        }
    }
}

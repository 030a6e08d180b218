use std::time::Duration;

use secrecy::SecretString;

/// The account and the device that a [`UserAgent`](crate::UserAgent) speaks for.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address of record: `sip:700201@sip.example`.
    pub aor: String,
    /// The user name of digest authentication; commonly the user part of `aor`.
    pub auth_user: String,
    pub password: SecretString,
    pub display_name: Option<String>,
    /// The installation's UUID, in its canonical text form: `+sip.instance="<urn:uuid:…>"` (RFC
    /// 5626 §4.1).
    pub instance: String,
    /// The value of the `User-Agent` header.
    pub user_agent: String,
    /// How long a binding is asked for (RFC 3261 §10.2).
    pub register_expires: Duration,
    /// Whether MD5 may be used where the server offers nothing better (RFC 8760 §2.4).
    pub allow_md5: bool,
    /// How many calls may exist at once; one more incoming call is answered 486.
    pub max_calls: usize,
}

use std::{error::Error, io};

use phone::{CertificateFault, FlowFailure, Hop, HopFacts, SidecarFailure};
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::UnixTime;
use time::{OffsetDateTime, macros::format_description};

/// How many names of a certificate are told.
const MOST_NAMES: usize = 4;

/// Text of others is cut after so many characters.
const LONGEST: usize = 64;

/// A certificate that leads to no authority that is trusted.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(crate) struct Untrusted {
    pub(crate) why: CertificateError,
    /// Who issued it.
    pub(crate) issuer: Option<String>,
}

/// Where on the way something went wrong, and a sentence about it for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) hop: Hop,
    pub(crate) detail: String,
    pub(crate) facts: Option<Box<HopFacts>>,
}

impl Fault {
    pub(crate) fn new(hop: Hop, detail: impl Into<String>) -> Self {
        Self {
            hop,
            detail: detail.into(),
            facts: None,
        }
    }

    pub(crate) fn with(self, facts: HopFacts) -> Self {
        Self {
            facts: Some(Box::new(facts)),
            ..self
        }
    }

    /// Tells why TLS with `host` failed.
    pub(crate) fn tls(host: &str, error: &rustls::Error) -> Self {
        Self {
            facts: certificate_facts(error).map(Box::new),
            ..Self::new(Hop::Tls, tls_sentence(host, error))
        }
    }

    /// Tells why TLS with `host` failed, from the wrapping that streams give it.
    pub(crate) fn tls_io(host: &str, error: &io::Error) -> Self {
        match find::<rustls::Error>(error) {
            Some(error) => Self::tls(host, error),
            None => Self::new(
                Hop::Tls,
                format!("{host} broke off the TLS handshake: {}", io_sentence(error)),
            ),
        }
    }
}

impl From<Fault> for FlowFailure {
    fn from(fault: Fault) -> Self {
        Self {
            hop: fault.hop,
            detail: fault.detail,
            facts: fault.facts,
            retry_after: None,
        }
    }
}

impl From<Fault> for SidecarFailure {
    fn from(fault: Fault) -> Self {
        Self::Unreachable {
            hop: fault.hop,
            detail: fault.detail,
            facts: fault.facts,
        }
    }
}

/// Looks for an `E` among the causes of `error`, also inside the wrapping of `io::Error`.
pub(crate) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // The source of an `io::Error` is the source of what it wraps, not what it wraps.
        next = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// Returns the causes of `error` in one line, each once.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        next = error.source();
    }
    line
}

/// Puts the common failures of a socket into words.
pub(crate) fn io_sentence(error: &io::Error) -> String {
    // Every kind of `io::Error` that is not named here speaks for itself.
    #[allow(clippy::wildcard_enum_match_arm, reason = "ErrorKind is not ours")]
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nobody listens there (connection refused)".into(),
        io::ErrorKind::ConnectionReset => "the connection was reset".into(),
        io::ErrorKind::UnexpectedEof => "the connection was closed".into(),
        _ => causes(error),
    }
}

fn tls_sentence(host: &str, error: &rustls::Error) -> String {
    #[allow(clippy::wildcard_enum_match_arm, reason = "rustls::Error is not ours")]
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_sentence(host, error),
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS on this port ({error})")
        }
        rustls::Error::AlertReceived(alert) => alert_sentence(host, *alert),
        rustls::Error::PeerIncompatible(reason) => {
            format!("{host} and this phone have no version or cipher of TLS in common ({reason:?})")
        }
        _ => format!("TLS with {host} failed: {error}"),
    }
}

fn alert_sentence(host: &str, alert: AlertDescription) -> String {
    #[allow(clippy::wildcard_enum_match_arm, reason = "rustls' enum is not ours")]
    match alert {
        AlertDescription::ProtocolVersion => {
            format!("{host} speaks only versions of TLS that are too old (TLS 1.2 is needed)")
        }
        AlertDescription::CertificateRequired => {
            format!("{host} demands a client certificate")
        }
        _ => format!("{host} refused TLS: {alert:?}"),
    }
}

fn certificate_sentence(host: &str, error: &CertificateError) -> String {
    #[allow(clippy::wildcard_enum_match_arm, reason = "rustls' enum is not ours")]
    match error {
        CertificateError::UnknownIssuer => format!(
            "The certificate of {host} was issued by an authority that this machine does not trust"
        ),
        CertificateError::BadSignature => format!(
            "The certificate of {host} bears the name of a trusted authority and not its signature: \
             this machine does not trust it"
        ),
        CertificateError::Expired => format!("The certificate of {host} has expired"),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("The certificate of {host} expired on {}", utc(not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "The certificate of {host} is not valid before {}",
            utc(not_before)
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().map(|name| bare_name(name)).collect();
            if names.is_empty() {
                format!("The certificate that {host} shows names no host at all")
            } else {
                format!(
                    "The certificate that {host} shows is for {}, not for {host}",
                    names.join(", ")
                )
            }
        }
        CertificateError::Revoked => format!("The certificate of {host} was revoked"),
        CertificateError::Other(other) if other.0.is::<Untrusted>() => {
            let untrusted = other.0.downcast_ref::<Untrusted>();
            untrusted.map_or_else(String::new, |it| certificate_sentence(host, &it.why))
        }
        _ => format!("The certificate of {host} cannot be accepted: {error}"),
    }
}

/// Returns what the words of the page need of a certificate that was refused; nothing where the
/// fault is none that they tell apart.
fn certificate_facts(error: &rustls::Error) -> Option<HopFacts> {
    let rustls::Error::InvalidCertificate(error) = error else {
        return None;
    };
    let mut issuer = None;
    let mut valid = None;
    let mut names = Vec::new();
    #[allow(clippy::wildcard_enum_match_arm, reason = "rustls' enum is not ours")]
    let fault = match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateFault::NotTrusted
        }
        CertificateError::Other(other) => {
            issuer = other.0.downcast_ref::<Untrusted>()?.issuer.clone();
            CertificateFault::NotTrusted
        }
        CertificateError::Expired => CertificateFault::Expired,
        CertificateError::ExpiredContext { not_after, .. } => {
            valid = unix_ms(not_after);
            CertificateFault::Expired
        }
        CertificateError::NotValidYet => CertificateFault::NotYetValid,
        CertificateError::NotValidYetContext { not_before, .. } => {
            valid = unix_ms(not_before);
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName => CertificateFault::OtherName,
        CertificateError::NotValidForNameContext { presented, .. } => {
            let shown = presented.iter().take(MOST_NAMES);
            names = shown.map(|it| told(bare_name(it))).collect();
            CertificateFault::OtherName
        }
        CertificateError::Revoked => CertificateFault::Revoked,
        _ => return None,
    };
    Some(HopFacts::Certificate {
        fault,
        issuer,
        valid,
        names,
    })
}

fn unix_ms(moment: &UnixTime) -> Option<u64> {
    moment.as_secs().checked_mul(1_000)
}

/// webpki presents names as `DnsName("sip.example")`.
fn bare_name(presented: &str) -> &str {
    presented
        .split_once('(')
        .map_or(presented, |(_, rest)| rest.trim_end_matches(')'))
        .trim_matches('"')
}

/// Returns text of others without what is not written, and not too much of it.
pub(crate) fn told(text: &str) -> String {
    let written = text.chars().filter(|it| !it.is_control());
    written.take(LONGEST).collect::<String>().trim().to_owned()
}

fn utc(moment: &UnixTime) -> String {
    i64::try_from(moment.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| {
            moment
                .format(format_description!(
                    "[year]-[month]-[day] [hour]:[minute] UTC"
                ))
                .ok()
        })
        .unwrap_or_else(|| format!("{} s after 1970", moment.as_secs()))
}

use std::{error::Error, io};

use phone::{FlowFailure, Hop, SidecarFailure};
use rustls::{AlertDescription, CertificateError};
use rustls_pki_types::UnixTime;
use time::{OffsetDateTime, macros::format_description};

/// Where on the way something went wrong, and a sentence about it for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) hop: Hop,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(hop: Hop, detail: impl Into<String>) -> Self {
        Self {
            hop,
            detail: detail.into(),
        }
    }

    /// Tells why TLS with `host` failed.
    pub(crate) fn tls(host: &str, error: &rustls::Error) -> Self {
        Self::new(Hop::Tls, tls_sentence(host, error))
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
            retry_after: None,
        }
    }
}

impl From<Fault> for SidecarFailure {
    fn from(fault: Fault) -> Self {
        Self::Unreachable {
            hop: fault.hop,
            detail: fault.detail,
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
        _ => format!("The certificate of {host} cannot be accepted: {error}"),
    }
}

/// webpki presents names as `DnsName("sip.example")`.
fn bare_name(presented: &str) -> &str {
    presented
        .split_once('(')
        .map_or(presented, |(_, rest)| rest.trim_end_matches(')'))
        .trim_matches('"')
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

//! Calls to the servers that this one relies on: bounded in size, redirected nowhere, over TLS.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, redirect, retry};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::Verifier;
use serde::Serialize;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::metrics::UpstreamMetrics;

/// Bytes of an answer, far above what any of the servers sends.
const MAX_ANSWER: usize = 64 * 1024;

/// Bytes of a question with all that people type; some have a token that is longer.
const USUAL_QUESTION: usize = 1024;

/// How long a connection may take to come about, so that an address which swallows everything
/// leaves time to say so.
const CONNECTING: Duration = Duration::from_secs(3);

/// How long a connection stays open for the next call.
const IDLE: Duration = Duration::from_secs(30);

/// Makes HTTP calls of one server.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: Client,
    metrics: UpstreamMetrics,
}

/// What a server answered.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// May hold tokens and passwords.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// A server did not answer. Nothing of the call is repeated in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub(crate) struct Unreachable {
    /// For the log.
    pub(crate) why: String,
    /// Whether the call may have left: there was a connection.
    pub(crate) may_have_left: bool,
}

/// HTTP cannot be used on this machine.
#[derive(Debug, thiserror::Error)]
#[error("Cannot call other servers: {0}")]
pub struct NoHttp(String);

impl Upstream {
    /// `direct`: for servers of this machine, which no proxy stands in front of.
    pub(crate) fn new(direct: bool, metrics: UpstreamMetrics) -> Result<Self, NoHttp> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            // Of HTTP/1.1 it repeats nothing, and would copy each request all the same.
            .retry(retry::never().max_retries_per_request(0))
            .connect_timeout(CONNECTING)
            .pool_idle_timeout(IDLE)
            .tls_backend_preconfigured(tls().map_err(|error| NoHttp(error.to_string()))?);
        let client = if direct { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| NoHttp(causes(&error)))?;
        Ok(Self { client, metrics })
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends `request` and reads the whole answer. Its time is the caller's to bound.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Reply, Unreachable> {
        let call = self.metrics.begin();
        let reply = receive(request).await;
        call.end(reply.is_ok());
        reply
    }
}

async fn receive(request: RequestBuilder) -> Result<Reply, Unreachable> {
    let broken = |error: reqwest::Error| Unreachable {
        may_have_left: !error.is_connect(),
        why: causes(&error.without_url()),
    };
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    // Room for all of it, so that no outgrown copy of a secret stays behind; and no more, since all of
    // it is overwritten in the end.
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    let room = announced.unwrap_or(MAX_ANSWER).min(MAX_ANSWER);
    let mut body = Zeroizing::new(Vec::with_capacity(room));
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Unreachable {
                why: format!("the answer is larger than {MAX_ANSWER} bytes"),
                may_have_left: true,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, body })
}

/// Puts `value` into the body of `request`, in memory that is overwritten afterwards.
pub(crate) fn with_json(request: RequestBuilder, value: &impl Serialize) -> RequestBuilder {
    // Room for nearly all of them, so that no outgrown copy of a secret stays behind.
    let mut json = Zeroizing::new(Vec::with_capacity(USUAL_QUESTION));
    serde_json::to_writer(&mut *json, value)
        .expect("texts with texts as keys can be written as JSON");
    request
        .header(CONTENT_TYPE, "application/json")
        .body(Bytes::from_owner(json))
}

/// Checks where secrets may be sent to: `https`, and `http` to this very machine.
pub(crate) fn check_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("is no address ({error})"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => return Err("must begin with https:// where it is another machine".to_owned()),
        _ => return Err("must begin with https://".to_owned()),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user or password in it".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with its path, without ? or #".to_owned());
    }
    Ok(url)
}

/// Whether `url` is this machine, by its name or address alone (RFC 6761 §6.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// TLS 1.2 and 1.3 with the trust of this machine; nothing accepts what does not verify.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier::new(Arc::clone(&provider))?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Returns the causes of `error` in one line, each once.
fn causes(error: &(dyn Error + 'static)) -> String {
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn secrets_go_over_https_or_to_this_machine() {
        for good in [
            "https://crm.example",
            "https://crm.example/twenty",
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            check_address(good).unwrap();
        }
        for (bad, why) in [
            ("crm.example", "is no address"),
            ("http://crm.example", "another machine"),
            ("http://localhost.crm.example", "another machine"),
            ("ftp://crm.example", "must begin with https://"),
            ("https://key@crm.example", "no user or password"),
            ("https://crm.example/?key=1", "without ? or #"),
        ] {
            let error = check_address(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}

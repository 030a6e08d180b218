use std::{
    error::Error,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use hyper_util::client::proxy::matcher::Intercept;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use phone::{Hop, MoveCall, MoveReply, Reply, Request, SidecarFailure};
use reqwest::{
    Client, Proxy, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
    redirect,
};
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use sidecar_api::{
    DEVICE_ID_HEADER, DEVICE_NAME_HEADER, DEVICE_SYSTEM_HEADER, MAX_BODY, TakeoverDone,
};
use tokio::time;
use tracing::debug;
use url::Url;
use zeroize::Zeroizing;

use crate::{
    StartError,
    fault::{Fault, causes, find, io_sentence},
    names::Names,
    proxy::{self, Proxies, is_loopback},
    skew,
};

mod answer;
mod events;

/// What this device runs, as its user's other devices are told.
const SYSTEM: &str = if cfg!(target_os = "windows") {
    "Windows"
} else if cfg!(target_os = "macos") {
    "macOS"
} else {
    "Linux"
};

/// The sidecar as this phone reaches it.
pub(crate) struct Sidecar {
    client: Client,
    base: Url,
    proxied: bool,
    /// What leads to it where something does: the one of the system as well.
    proxy: Option<Intercept>,
}

/// What a [`Sidecar`] is made of.
pub(crate) struct Config<'a> {
    /// `https://host/prefix`; `http` for loopback alone.
    pub(crate) base: &'a Url,
    pub(crate) tls: &'a ClientConfig,
    /// The proxy to take in place of the system's.
    pub(crate) proxy: Option<&'a Url>,
    pub(crate) device_id: &'a str,
    pub(crate) device_name: &'a str,
}

impl Sidecar {
    pub(crate) fn new(config: &Config<'_>) -> Result<Self, StartError> {
        let unusable = |reason: String| StartError::Sidecar {
            url: shown(config.base),
            reason,
        };
        check(config.base).map_err(|reason| unusable(reason.to_owned()))?;

        let device_name = utf8_percent_encode(config.device_name, NON_ALPHANUMERIC).to_string();
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (DEVICE_ID_HEADER, config.device_id),
            (DEVICE_NAME_HEADER, device_name.as_str()),
            (DEVICE_SYSTEM_HEADER, SYSTEM),
        ] {
            let value = HeaderValue::from_str(value)
                .map_err(|_| unusable(format!("{name} cannot be \"{value}\"")))?;
            headers.insert(name, value);
        }

        // Loopback is reached directly; a proxy would see the password, which no TLS covers there.
        let direct = config.base.host().is_some_and(|host| is_loopback(&host));
        let mut client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .dns_resolver(Arc::new(Resolver::default()))
            // A beat comes every few minutes, when most servers have closed an idle connection:
            // none is kept.
            .pool_max_idle_per_host(0)
            .tls_backend_preconfigured(config.tls.clone());
        if direct {
            client = client.no_proxy();
        } else if let Some(proxy) = config.proxy {
            let proxy = Proxy::all(proxy.clone()).map_err(|error| StartError::Proxy {
                reason: causes(&error),
            })?;
            client = client.proxy(proxy);
        }
        let proxy = match config.base.host() {
            Some(host) => Proxies::new(config.proxy)?.lead_to(&host, port(config.base)),
            None => None,
        };
        let client = client.build().map_err(|error| unusable(causes(&error)))?;

        Ok(Self {
            client,
            base: config.base.clone(),
            proxied: !direct && config.proxy.is_some(),
            proxy,
        })
    }

    /// Carries out one call of the contract and reads its answer, within `deadline`.
    pub(crate) async fn call(
        &self,
        request: Request,
        deadline: Duration,
    ) -> Result<Reply, SidecarFailure> {
        let name = match &request {
            Request::Login(_) => "login",
            Request::Refresh(_) => "refresh",
            Request::Heartbeat { .. } => "heartbeat",
            Request::Logout { .. } => "logout",
            Request::Probe => "probe",
            Request::AgentState { .. } => "agent-state",
            Request::Dispose { .. } => "dispose",
            Request::Move(MoveCall::Ask(_)) => "takeover",
            Request::Move(MoveCall::Status(_)) => "takeover status",
            Request::Move(MoveCall::Withdraw(_)) => "takeover withdraw",
            Request::Move(MoveCall::Answer { .. }) => "takeover answer",
        };
        let result = match time::timeout(deadline, self.exchange(request)).await {
            Ok(result) => result,
            Err(_) => Err(self.silent(deadline)),
        };
        match &result {
            Ok(_) => debug!(name, "the sidecar answered"),
            Err(failure) => debug!(name, ?failure, "the sidecar failed"),
        }
        result
    }

    async fn exchange(&self, request: Request) -> Result<Reply, SidecarFailure> {
        match request {
            Request::Login(body) => {
                let answer = self.post(&["auth", "login"], None, Some(&body)).await?;
                Ok(Reply::Login(Box::new(answer::read(&answer)?)))
            }
            Request::Refresh(body) => {
                let answer = self.post(&["auth", "refresh"], None, Some(&body)).await?;
                Ok(Reply::Refresh(answer::read(&answer)?))
            }
            Request::Heartbeat { access_token, body } => {
                let path = ["auth", "heartbeat"];
                let answer = self.post(&path, Some(&access_token), Some(&body)).await?;
                Ok(Reply::Heartbeat(answer::read(&answer)?))
            }
            Request::Logout { access_token, body } => {
                let path = ["auth", "logout"];
                let answer = self.post(&path, Some(&access_token), Some(&body)).await?;
                Ok(Reply::Logout(answer::read(&answer)?))
            }
            Request::Probe => {
                let request = self.client.get(self.url(&["healthz"]));
                let response = self.sent(request).await?;
                let date = text(response.headers(), header::DATE);
                self.receive(response).await?;
                Ok(Reply::Probe {
                    clock_ahead_ms: date.and_then(|it| skew::ahead_ms(&it, SystemTime::now())),
                })
            }
            Request::AgentState { access_token, body } => {
                let path = ["api", "ozonetel", "agent-state"];
                let answer = self.post(&path, Some(&access_token), Some(&body)).await?;
                Ok(Reply::Agent(answer::read(&answer)?))
            }
            Request::Dispose { access_token, body } => {
                let path = ["api", "ozonetel", "dispose"];
                let answer = self.post(&path, Some(&access_token), Some(&body)).await?;
                Ok(Reply::Agent(answer::read(&answer)?))
            }
            Request::Move(call) => Ok(Reply::Move(self.exchange_move(call).await?)),
        }
    }

    async fn exchange_move(&self, call: MoveCall) -> Result<MoveReply, SidecarFailure> {
        match call {
            MoveCall::Ask(body) => {
                let answer = self.post(&["auth", "takeover"], None, Some(&body)).await?;
                Ok(MoveReply::Asked(answer::read(&answer)?))
            }
            MoveCall::Status(body) => {
                let path = ["auth", "takeover", "status"];
                let answer = self.post(&path, None, Some(&body)).await?;
                Ok(MoveReply::Status(answer::read(&answer)?))
            }
            MoveCall::Withdraw(body) => {
                let path = ["auth", "takeover", "withdraw"];
                let answer = self.post(&path, None, Some(&body)).await?;
                answer::read::<TakeoverDone>(&answer).map(|_| MoveReply::Done)
            }
            MoveCall::Answer { access_token, body } => {
                let path = ["auth", "takeover", "answer"];
                let answer = self.post(&path, Some(&access_token), Some(&body)).await?;
                answer::read::<TakeoverDone>(&answer).map(|_| MoveReply::Done)
            }
        }
    }

    /// Returns the body of a 2xx, which holds tokens and passwords and is overwritten when it is
    /// dropped.
    async fn post<B: Serialize>(
        &self,
        path: &[&str],
        bearer: Option<&SecretString>,
        body: Option<&B>,
    ) -> Result<Zeroizing<Vec<u8>>, SidecarFailure> {
        let mut request = self.client.post(self.url(path));
        if let Some(token) = bearer {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(body) = body {
            let json = serde_json::to_vec(body).map_err(|error| SidecarFailure::Nonsense {
                detail: format!("The request cannot be written: {error}"),
            })?;
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Bytes::from_owner(Zeroizing::new(json)));
        }
        self.send(request).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Zeroizing<Vec<u8>>, SidecarFailure> {
        let response = self.sent(request).await?;
        self.receive(response).await
    }

    async fn sent(&self, request: RequestBuilder) -> Result<Response, SidecarFailure> {
        let sent = request.send().await;
        sent.map_err(|error| self.unreachable(&error))
    }

    async fn receive(&self, mut response: Response) -> Result<Zeroizing<Vec<u8>>, SidecarFailure> {
        let status = response.status();
        let head = answer::Head {
            status,
            content_type: text(response.headers(), header::CONTENT_TYPE),
            location: text(response.headers(), header::LOCATION),
            retry_after: text(response.headers(), header::RETRY_AFTER)
                .and_then(|value| crate::retry_after::parse(&value, SystemTime::now())),
        };

        // Room for the largest answer from the beginning: growing would leave copies of secrets
        // behind.
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_BODY));
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.unreachable(&error))?
        {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(answer::too_large(&head));
            }
            body.extend_from_slice(&chunk);
        }

        if status.is_success() {
            answer::check_is_json(&head, &body)?;
            Ok(body)
        } else {
            Err(answer::refusal(&head, &body))
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> SidecarFailure {
        let host = self.host();
        if let Some(error) = find::<rustls::Error>(error) {
            return Fault::tls(&host, error).into();
        }
        let all = causes(error);
        let fault = if all.contains("tunnel error") || (self.proxied && error.is_connect()) {
            let reason = innermost(error);
            let fault = Fault::new(
                Hop::Proxy,
                format!("The proxy on the way to {host} failed: {reason}"),
            );
            // No other status reaches here.
            let status = all.contains("proxy authorization required").then_some(407);
            match &self.proxy {
                Some(proxy) => fault.with(proxy::facts(proxy, status, port(&self.base))),
                None => fault,
            }
        } else if let Some(Unresolved(reason)) = find::<Unresolved>(error) {
            Fault::new(
                Hop::Dns,
                format!("The name {host} cannot be resolved: {reason}"),
            )
        } else if error.is_timeout() {
            Fault::new(
                Hop::Timeout,
                format!("The sidecar at {host} did not answer in time"),
            )
        } else if error.is_connect() {
            let reason = find::<io::Error>(error).map_or(all, io_sentence);
            Fault::new(
                Hop::Tcp,
                format!(
                    "The sidecar at {host} port {} cannot be reached: {reason}",
                    port(&self.base)
                ),
            )
        } else {
            let reason = innermost(error);
            Fault::new(Hop::Http, format!("{host} broke off its answer: {reason}"))
        };
        fault.into()
    }

    fn silent(&self, deadline: Duration) -> SidecarFailure {
        let detail = format!(
            "The sidecar at {} did not answer within {} s",
            self.host(),
            deadline.as_secs_f32()
        );
        Fault::new(Hop::Timeout, detail).into()
    }

    fn host(&self) -> String {
        self.base.host_str().unwrap_or_default().to_owned()
    }
}

fn port(base: &Url) -> u16 {
    base.port_or_known_default().unwrap_or_default()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Returns the deepest cause of `error`, which is the one that says something.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// Reads the address of a sidecar as a person or a file gives it; fails with what is wrong with it.
pub fn sidecar_address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| format!("it is no address: {error}"))?;
    check(&url)?;
    Ok(url)
}

/// Checks where a password may be sent to: `https`, and `http` to this very machine.
fn check(base: &Url) -> Result<(), &'static str> {
    let Some(host) = base.host() else {
        return Err("it names no host");
    };
    match base.scheme() {
        "https" => {}
        "http" if is_loopback(&host) => {}
        "http" => return Err("http is for this very machine alone, https is needed"),
        _ => return Err("it must begin with https://"),
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err("it must not hold a user name or a password");
    }
    if base.query().is_some() || base.fragment().is_some() {
        return Err("it must end with its path, without ? or #");
    }
    Ok(())
}

/// Returns the URL without what may be secret in it.
fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    let _ = shown.set_username("");
    let _ = shown.set_password(None);
    shown.set_query(None);
    shown.to_string()
}

/// The system's resolver, with failures that can be told from those of the connection.
#[derive(Default)]
struct Resolver {
    names: Names,
}

/// A name without an address: why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unresolved(String);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let names = self.names.clone();
        Box::pin(async move {
            let found = names
                .resolve(name.as_str())
                .await
                .map_err(|error| Unresolved(error.to_string()))?;
            // The client puts the port of the URL in place of this.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;

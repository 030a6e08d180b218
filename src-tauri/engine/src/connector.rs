use std::sync::Arc;

use hyper_util::client::proxy::matcher::Intercept;
use phone::Hop;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{self, Instant},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::{Host, Url};

use crate::{
    fault::Fault,
    happy_eyeballs,
    names::Names,
    proxy::{self, Proxies},
};

/// Makes connections that are verified by TLS, through the proxy where there is one.
pub(crate) struct Connector {
    tls: TlsConnector,
    proxies: Proxies,
    names: Names,
}

/// What TLS runs on: TCP, or a tunnel through a proxy.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Connector {
    pub(crate) fn new(config: Arc<ClientConfig>, proxies: Proxies) -> Self {
        Self {
            tls: TlsConnector::from(config),
            proxies,
            names: Names::default(),
        }
    }

    /// Connects to the host of `url`, whose scheme has 443 as its port where none is given.
    pub(crate) async fn connect(
        &self,
        url: &Url,
        deadline: Instant,
    ) -> Result<TlsStream<Box<dyn Wire>>, Fault> {
        let host = url
            .host()
            .ok_or_else(|| Fault::new(Hop::Configuration, format!("{url} names no host")))?;
        let port = url.port_or_known_default().unwrap_or(443);

        let wire: Box<dyn Wire> = match self.proxies.lead_to(&host, port) {
            None => {
                let name = bare(&host);
                let tcp = happy_eyeballs::connect(&self.names, &name, port);
                Box::new(within(deadline, &host, "the connection", tcp).await?)
            }
            Some(proxy) => {
                let tunnel = self.tunnel(&proxy, &host, port);
                within(deadline, &host, "the proxy", tunnel).await?
            }
        };
        within(deadline, &host, "TLS", self.secure(&bare(&host), wire)).await
    }

    async fn tunnel(
        &self,
        proxy: &Intercept,
        host: &Host<&str>,
        port: u16,
    ) -> Result<Box<dyn Wire>, Fault> {
        let of_proxy = |fault: Fault| {
            Fault::new(
                Hop::Proxy,
                format!("The proxy {} is of no use: {}", proxy.uri(), fault.detail),
            )
            .with(proxy::facts(proxy, None, port))
        };
        let uri = proxy.uri();
        let over_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => {
                return Err(Fault::new(
                    Hop::Proxy,
                    format!("The proxy {uri} is of a kind that is not spoken here"),
                ));
            }
        };
        let proxy_host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let proxy_port = uri.port_u16().unwrap_or(if over_tls { 443 } else { 80 });

        let tcp = happy_eyeballs::connect(&self.names, proxy_host, proxy_port)
            .await
            .map_err(of_proxy)?;
        let mut wire: Box<dyn Wire> = if over_tls {
            Box::new(
                self.secure(proxy_host, Box::new(tcp))
                    .await
                    .map_err(of_proxy)?,
            )
        } else {
            Box::new(tcp)
        };
        proxy::tunnel(&mut wire, proxy, host, port).await?;
        Ok(wire)
    }

    async fn secure(
        &self,
        host: &str,
        wire: Box<dyn Wire>,
    ) -> Result<TlsStream<Box<dyn Wire>>, Fault> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            Fault::new(
                Hop::Configuration,
                format!("{host} is no name that a certificate can have"),
            )
        })?;
        self.tls
            .connect(name, wire)
            .await
            .map_err(|error| Fault::tls_io(host, &error))
    }
}

/// Waits for one step of the way until the deadline of the whole.
pub(crate) async fn within<T, F: From<Fault>>(
    deadline: Instant,
    host: &Host<&str>,
    step: &str,
    future: impl Future<Output = Result<T, F>>,
) -> Result<T, F> {
    match time::timeout_at(deadline, future).await {
        Ok(result) => result,
        Err(_) => Err(F::from(Fault::new(
            Hop::Timeout,
            format!("{host} did not answer in time (still waiting for {step})"),
        ))),
    }
}

/// Returns a host the way a resolver wants it: IPv6 without brackets.
fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use redis::cluster::ClusterClient;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{Client, ConnectionAddr, RedisError, TlsMode};
use secrecy::{ExposeSecret, SecretString};

/// How long connecting may take.
pub(super) const CONNECTING: Duration = Duration::from_secs(2);

/// What one node of several may take of that.
pub(super) const NODE_TIME: Duration = Duration::from_millis(500);

/// A port of Redis and one of Sentinel where an address names none.
const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

/// Where Redis is, and who may use it.
pub struct Address {
    pub(super) place: Place,
    /// The same, for the connection that hears messages.
    pub(super) listening: Place,
    has_password: bool,
}

pub(super) enum Place {
    Alone(Client),
    /// The Sentinels are asked anew for each connection, since the master changes; these are they.
    Sentinel(SentinelClient, Vec<ConnectionAddr>),
    /// The nodes are for messages alone, which reach each of them.
    Cluster(ClusterClient, Vec<Client>),
}

/// An address of Redis that cannot be used. It may hold a password, so it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error(
        "begins with none of redis://, rediss://, unix://, redis-sentinel://, rediss-sentinel://, \
         redis-cluster:// and rediss-cluster://"
    )]
    Scheme,
    #[error("names no host")]
    NoHost,
    /// It may be a password whose host was forgotten, so it is not named.
    #[error("has an impossible port")]
    Port,
    #[error("does not end with the name of what the Sentinels watch: /name")]
    NoService,
    #[error("has a database that is no number")]
    Database,
    /// It may be a part of a password, so it is not named.
    #[error("has a parameter other than sentinel_user and sentinel_password")]
    Parameter,
    /// The crate would read `#insecure` there.
    #[error("has something after #")]
    Fragment,
    #[error("cannot be used: {0}")]
    Other(String),
}

impl Address {
    /// Reads where Redis is.
    ///
    /// `redis://user:password@host:port/database`, `rediss://` with TLS, `unix:///path`;
    /// `redis-sentinel://user:password@host:port,host:port/name/database` asks Sentinels for the
    /// master of that name, with `?sentinel_user=user&sentinel_password=password` where they ask for
    /// some of their own; `redis-cluster://user:password@host:port,host:port` is a cluster. Both
    /// have a `rediss-` form.
    pub fn parse(text: &SecretString) -> Result<Self, BadAddress> {
        let text = text.expose_secret();
        let place = Place::parse(text)?;
        Ok(Self {
            has_password: place.has_password(text),
            listening: Place::parse(text)?,
            place,
        })
    }

    /// Whether the keys are spread over nodes.
    pub(crate) fn is_cluster(&self) -> bool {
        match &self.place {
            Place::Cluster(..) => true,
            Place::Alone(_) | Place::Sentinel(..) => false,
        }
    }

    /// Whether servers ask for a password; that of the Sentinels guards no data.
    pub(crate) fn has_password(&self) -> bool {
        self.has_password
    }

    /// Returns the hosts beyond this machine that are spoken to without TLS.
    pub(crate) fn in_clear(&self) -> Vec<&str> {
        let addresses = self.place.addresses().into_iter();
        let hosts = addresses.filter_map(|address| {
            let ConnectionAddr::Tcp(host, _) = address else {
                return None;
            };
            Some(&**host)
        });
        hosts.filter(|host| !is_loopback(host)).collect()
    }
}

impl Place {
    /// Returns what is asked there, for the log: hosts with their ports, or the path of a socket.
    pub(super) fn name(&self) -> String {
        let addresses = self.addresses().into_iter();
        addresses
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    }

    fn addresses(&self) -> Vec<&ConnectionAddr> {
        match self {
            Self::Alone(client) => vec![client.get_connection_info().addr()],
            Self::Sentinel(_, sentinels) => sentinels.iter().collect(),
            Self::Cluster(_, nodes) => {
                let nodes = nodes.iter();
                nodes.map(|it| it.get_connection_info().addr()).collect()
            }
        }
    }

    /// Whether the address `text` of this place has a password of its servers.
    fn has_password(&self, text: &str) -> bool {
        let of = |client: &Client| {
            let settings = client.get_connection_info().redis_settings();
            settings.password().is_some_and(|it| !it.is_empty())
        };
        match self {
            Self::Alone(client) => of(client),
            Self::Cluster(_, nodes) => nodes.iter().all(of),
            Self::Sentinel(..) => {
                let authority = text.split('/').nth(2).unwrap_or_default();
                let (user, _) = authority_of(authority);
                user.is_some_and(|(_, password)| !password.is_empty())
            }
        }
    }

    fn parse(address: &str) -> Result<Self, BadAddress> {
        let (scheme, rest) = address.split_once("://").ok_or(BadAddress::Scheme)?;
        if rest.contains('#') {
            return Err(BadAddress::Fragment);
        }
        match scheme {
            "redis" | "rediss" | "unix" => Ok(Self::Alone(Client::open(address).map_err(other)?)),
            "redis-sentinel" => Self::behind_sentinels(rest, false),
            "rediss-sentinel" => Self::behind_sentinels(rest, true),
            "redis-cluster" => Self::in_cluster(rest, "redis"),
            "rediss-cluster" => Self::in_cluster(rest, "rediss"),
            _ => Err(BadAddress::Scheme),
        }
    }

    fn behind_sentinels(rest: &str, with_tls: bool) -> Result<Self, BadAddress> {
        let (authority, path) = rest.split_once('/').ok_or(BadAddress::NoService)?;
        let (path, parameters) = path.split_once('?').unwrap_or((path, ""));
        let (name, database) = match path.split_once('/') {
            Some((name, database)) => (name, Some(database)),
            None => (path, None),
        };
        if name.is_empty() {
            return Err(BadAddress::NoService);
        }
        let (user, hosts) = authority_of(authority);
        let sentinels: Vec<_> = hosts_of(hosts, SENTINEL_PORT)?
            .into_iter()
            .map(|(host, port)| (without_brackets(host), port))
            .map(|(host, port)| match with_tls {
                false => ConnectionAddr::Tcp(host, port),
                true => ConnectionAddr::TcpTls {
                    host,
                    port,
                    insecure: false,
                    tls_params: None,
                },
            })
            .collect();
        let named = sentinels.clone();
        let mut builder = SentinelClientBuilder::new(sentinels, name, SentinelServerType::Master)
            .map_err(other)?;
        if with_tls {
            builder = builder
                .set_client_to_redis_tls_mode(TlsMode::Secure)
                .set_client_to_sentinel_tls_mode(TlsMode::Secure);
        }
        if let Some(database) = database.filter(|it| !it.is_empty()) {
            let database = database.parse().map_err(|_| BadAddress::Database)?;
            builder = builder.set_client_to_redis_db(database);
        }
        if let Some((user, password)) = user {
            if !user.is_empty() {
                builder = builder.set_client_to_redis_username(decoded(user)?);
            }
            builder = builder.set_client_to_redis_password(decoded(password)?);
        }
        for parameter in parameters.split('&').filter(|it| !it.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decoded(value)?;
            builder = match name {
                "sentinel_user" => builder.set_client_to_sentinel_username(value),
                "sentinel_password" => builder.set_client_to_sentinel_password(value),
                _ => return Err(BadAddress::Parameter),
            };
        }
        Ok(Self::Sentinel(builder.build().map_err(other)?, named))
    }

    fn in_cluster(rest: &str, scheme: &str) -> Result<Self, BadAddress> {
        let authority = rest.split_once('/').map_or(rest, |(it, _)| it);
        let (user, hosts) = authority_of(authority);
        let user = user.map_or_else(String::new, |(user, password)| {
            format!("{user}:{password}@")
        });
        let nodes = hosts_of(hosts, PORT)?
            .into_iter()
            .map(|(host, port)| format!("{scheme}://{user}{host}:{port}"));
        let nodes: Vec<String> = nodes.collect();
        let each = nodes.iter().map(|node| Client::open(node.as_str()));
        let each = each.collect::<Result<_, _>>().map_err(other)?;
        let client = ClusterClient::builder(nodes)
            // It waits for every node that is named, before it asks one of them for the others: a node that hangs leaves time for that.
            .connection_timeout(NODE_TIME)
            .response_timeout(CONNECTING)
            .retries(0)
            .build();
        Ok(Self::Cluster(client.map_err(other)?, each))
    }
}

/// Returns user and password, where there are any, and the hosts.
fn authority_of(authority: &str) -> (Option<(&str, &str)>, &str) {
    match authority.rsplit_once('@') {
        Some((user, hosts)) => (Some(user.split_once(':').unwrap_or(("", user))), hosts),
        None => (None, authority),
    }
}

fn hosts_of(hosts: &str, usual_port: u16) -> Result<Vec<(String, u16)>, BadAddress> {
    let one = |host: &str| match host.rsplit_once(':') {
        // An IPv6 address without a port ends with its bracket.
        Some((name, port)) if !host.ends_with(']') => match port.parse() {
            Ok(port) if !name.is_empty() => Ok((name.to_owned(), port)),
            Ok(_) => Err(BadAddress::NoHost),
            Err(_) => Err(BadAddress::Port),
        },
        Some(_) | None if host.is_empty() => Err(BadAddress::NoHost),
        Some(_) | None => Ok((host.to_owned(), usual_port)),
    };
    hosts.split(',').map(one).collect()
}

/// Returns a host as resolvers take it: they know an IPv6 address without the brackets that it has beside
/// a port (RFC 3986 §3.2.2).
fn without_brackets(host: String) -> String {
    match host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(address) => address.to_owned(),
        None => host,
    }
}

fn is_loopback(host: &str) -> bool {
    let address = without_brackets(host.to_owned()).parse::<IpAddr>();
    address.map_or(host == "localhost", |it| it.to_canonical().is_loopback())
}

fn decoded(text: &str) -> Result<String, BadAddress> {
    let text = percent_decode_str(text).decode_utf8();
    Ok(text
        .map_err(|_| BadAddress::Other("user or password is no text".to_owned()))?
        .into_owned())
}

fn other(error: RedisError) -> BadAddress {
    BadAddress::Other(error.category().to_owned())
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address")
            .field("is_cluster", &self.is_cluster())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn each_form_of_an_address_is_read() {
        for good in [
            "redis://127.0.0.1",
            "redis://:password@127.0.0.1:6380/3",
            "redis://user:pass%2Fword@redis.example",
            "rediss://redis.example:6380",
            "unix:///run/redis/redis.sock?db=2",
            "redis-sentinel://one.example,two.example:26380,[::1]:26381/mymaster",
            "redis-sentinel://user:p%40ss@one.example/mymaster/2",
            "rediss-sentinel://:secret@one.example/mymaster",
            "redis-sentinel://one.example/mymaster/2?sentinel_user=u&sentinel_password=p%26q",
            "redis-cluster://one.example,two.example:6380",
            "rediss-cluster://user:secret@one.example/",
        ] {
            let address = Address::parse(&good.into()).unwrap();
            assert_eq!(address.is_cluster(), good.contains("-cluster"), "{good}");
        }
    }

    #[test]
    fn the_log_names_hosts_and_neither_users_nor_passwords() {
        for (address, name) in [
            (
                "redis://user:hunter2@redis.example:6380/3",
                "redis.example:6380",
            ),
            (
                "unix:///run/redis/redis.sock?pass=hunter2",
                "/run/redis/redis.sock",
            ),
            (
                "redis-sentinel://:hunter2@one.example,two.example:1/m?sentinel_password=hunter2",
                "one.example:26379,two.example:1",
            ),
            (
                "rediss-cluster://user:hunter2@one.example,two.example:1",
                "one.example:6379,two.example:1",
            ),
        ] {
            assert_eq!(Place::parse(address).unwrap().name(), name);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_named_and_its_password_is_not() {
        for (bad, words) in [
            ("", "begins with none"),
            ("127.0.0.1:6379", "begins with none"),
            ("http://hunter2@x", "begins with none"),
            ("redis://:hunter2@", "cannot be used"),
            ("rediss://:hunter2@x/#insecure", "after #"),
            ("redis-sentinel://:hunter2@one.example", "does not end"),
            ("redis-sentinel://:hunter2@one.example/", "does not end"),
            ("redis-sentinel://:hunter2@/mymaster", "names no host"),
            ("redis-sentinel://:hunter2@a,,b/mymaster", "names no host"),
            (
                "redis-sentinel://:hunter2@a:1:x/mymaster",
                "impossible port",
            ),
            ("redis-sentinel://:hunter2@a/mymaster/x", "no number"),
            (
                "redis-sentinel://a/mymaster?password=hunter2",
                "a parameter other than",
            ),
            (
                "redis-sentinel://a/mymaster?sentinel_password=%FFhunter2",
                "is no text",
            ),
            ("redis-sentinel://helix:hunter2/mymaster", "impossible port"),
            ("redis-cluster://helix:hunter2", "impossible port"),
            ("redis-cluster://:hunter2@", "names no host"),
            ("redis-cluster://a:70000", "impossible port"),
        ] {
            let error = Address::parse(&bad.into()).unwrap_err().to_string();
            assert!(error.contains(words), "{bad}: {error}");
            assert!(!error.contains("hunter2"), "{bad}: {error}");
        }
    }
}

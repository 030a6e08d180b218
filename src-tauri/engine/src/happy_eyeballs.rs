use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use phone::Hop;
use tokio::{net::TcpStream, time};

use crate::{
    fault::{Fault, io_sentence},
    names::Names,
};

/// RFC 8305 §5: the recommended wait before the next address is tried beside the one before.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to `host` by whichever of its addresses answers first (RFC 8305).
///
/// `host` is a name or an address without brackets.
pub(crate) async fn connect(names: &Names, host: &str, port: u16) -> Result<TcpStream, Fault> {
    let found = names.resolve(host).await.map_err(|error| {
        Fault::new(
            Hop::Dns,
            format!("The name {host} cannot be resolved: {error}"),
        )
    })?;
    let found = found
        .into_iter()
        .map(|address| SocketAddr::new(address, port))
        .collect();

    match race(interleave(found)).await {
        Ok(stream) => {
            // Signalling is small messages, each of which somebody waits for.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY cannot be set");
            }
            Ok(stream)
        }
        Err(failures) => Err(Fault::new(Hop::Tcp, sentence(host, port, &failures))),
    }
}

/// RFC 8305 §4: alternates the address families, beginning with the resolver's first choice.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);

    let mut second = second.into_iter();
    let mut mixed = Vec::new();
    for address in first {
        mixed.push(address);
        mixed.extend(second.next());
    }
    mixed.extend(second);
    mixed
}

async fn race(addresses: Vec<SocketAddr>) -> Result<TcpStream, Vec<(SocketAddr, io::Error)>> {
    let mut waiting = addresses.into_iter();
    let mut running = FuturesUnordered::new();
    let mut failures = Vec::new();
    let attempt = |address: SocketAddr| async move {
        TcpStream::connect(address)
            .await
            .map_err(|error| (address, error))
    };

    running.extend(waiting.next().map(attempt));
    loop {
        tokio::select! {
            result = running.next() => match result {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(failure)) => {
                    failures.push(failure);
                    running.extend(waiting.next().map(attempt));
                }
                None => return Err(failures),
            },
            () = time::sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {
                running.extend(waiting.next().map(attempt));
            }
        }
    }
}

fn sentence(host: &str, port: u16, failures: &[(SocketAddr, io::Error)]) -> String {
    let attempts: Vec<String> = failures
        .iter()
        .map(|(address, error)| format!("{}: {}", address.ip(), io_sentence(error)))
        .collect();
    format!(
        "{host} port {port} cannot be reached ({})",
        attempts.join("; ")
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::net;

    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|a| a.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_beginning_with_the_resolvers_choice() {
        let resolved = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"]);
        assert_eq!(
            interleave(resolved),
            addresses(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"])
        );
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let listener = net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let closed = closed_port().await;

        let stream = race(vec![closed, open]).await.unwrap();

        assert_eq!(stream.peer_addr().unwrap(), open);
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_told_with_its_address() {
        let closed = closed_port().await;

        let names = Names::default();
        let fault = connect(&names, "127.0.0.1", closed.port())
            .await
            .unwrap_err();

        assert_eq!(fault.hop, Hop::Tcp);
        assert_eq!(
            fault.detail,
            format!(
                "127.0.0.1 port {} cannot be reached (127.0.0.1: nobody listens there (connection refused))",
                closed.port()
            )
        );
    }

    async fn closed_port() -> SocketAddr {
        let listener = net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    }
}

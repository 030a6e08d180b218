use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use tokio::{net::UdpSocket, task::JoinHandle};

use crate::description::{of_candidate, with_candidate};

/// Which sound a [`Middlebox`] swallows; checks, handshakes and reports pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loses {
    FromPhone,
    ToPhone,
}

/// Stands between a phone and a peer of the lab, as a firewall that judges by what is in a datagram does.
#[derive(Debug)]
pub(crate) struct Middlebox(JoinHandle<()>);

/// More sources than a phone has sockets.
const MAX_SOURCES: usize = 64;
/// More than any path carries unfragmented.
const LARGEST_DATAGRAM: usize = 2048;

impl Middlebox {
    /// Returns `offer` without candidates: the peer learns from the checks that come through where the phone is.
    pub(crate) fn hide(offer: &str) -> String {
        with_candidate(offer, None)
    }

    /// Stands before the peer of `answer`; returns the answer that leads through it.
    pub(crate) async fn before(answer: &str, loses: Loses) -> io::Result<(Self, String)> {
        let peer = of_candidate(answer)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no candidate over UDP"))?;
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let answer = with_candidate(answer, Some(socket.local_addr()?));
        let task = tokio::spawn(pass_on(Arc::new(socket), peer, loses));
        Ok((Self(task), answer))
    }
}

impl Drop for Middlebox {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Each source has a socket towards the peer, as behind an address translator.
async fn pass_on(phones: Arc<UdpSocket>, peer: SocketAddr, loses: Loses) {
    let mut ways = BTreeMap::<SocketAddr, Arc<UdpSocket>>::new();
    let mut tasks = tokio::task::JoinSet::new();
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    loop {
        let Ok((length, phone)) = phones.recv_from(&mut buffer).await else {
            continue;
        };
        let datagram = &buffer[..length];
        if !ways.contains_key(&phone) {
            if ways.len() == MAX_SOURCES {
                continue;
            }
            let Ok(way) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await else {
                continue;
            };
            let way = Arc::new(way);
            tasks.spawn(pass_back(
                Arc::clone(&way),
                Arc::clone(&phones),
                phone,
                loses,
            ));
            ways.insert(phone, way);
        }
        if loses == Loses::FromPhone && is_sound(datagram) {
            continue;
        }
        if let Some(way) = ways.get(&phone) {
            let _ = way.send_to(datagram, peer).await;
        }
    }
}

async fn pass_back(way: Arc<UdpSocket>, phones: Arc<UdpSocket>, phone: SocketAddr, loses: Loses) {
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    loop {
        let Ok(length) = way.recv(&mut buffer).await else {
            continue;
        };
        let datagram = &buffer[..length];
        if loses == Loses::ToPhone && is_sound(datagram) {
            continue;
        }
        let _ = phones.send_to(datagram, phone).await;
    }
}

/// RTP, and no RTCP (RFC 7983 §7, RFC 5761 §4).
fn is_sound(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_told_from_what_keeps_the_path() {
        assert!(is_sound(&[0x80, 111]) && is_sound(&[0x80, 0x80 | 111]));
        for other in [[0x00, 0x01], [0x16, 0xfe], [0x81, 200], [0x81, 201]] {
            assert!(!is_sound(&other), "{other:?}");
        }
    }
}

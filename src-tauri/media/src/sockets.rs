use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket as StdSocket};
use std::task::Poll;

use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tracing::{debug, trace, warn};

use crate::SessionId;
use crate::transport::Transmit;

/// The UDP sockets of all sessions, of the reserve and of the probe: each has one for each address of this machine,
/// so that what comes in and goes out has a known local address.
#[derive(Debug)]
pub(crate) struct Sockets {
    open: Vec<Socket>,
    /// Where the next search for a datagram begins, so that no socket starves.
    turn: usize,
}

/// Whom a socket belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Session(SessionId),
    /// The session that begins next.
    Reserve,
    /// Whoever asks whether there is a way at all.
    Probe,
}

#[derive(Debug)]
struct Socket {
    owner: Owner,
    local: SocketAddr,
    socket: UdpSocket,
}

/// A datagram, which is in the buffer that was given.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) owner: Owner,
    pub(crate) local: SocketAddr,
    pub(crate) from: SocketAddr,
    pub(crate) length: usize,
}

/// How often reading a socket that fails is repeated before the others have their turn. A system
/// may report the unreachable port of an earlier datagram (ICMP) as an error of the next read.
const READ_ERRORS: usize = 8;

impl Sockets {
    pub(crate) fn new() -> Self {
        Self {
            open: Vec::new(),
            turn: 0,
        }
    }

    /// Opens sockets of `owner` at `addresses`, with ports that the system chooses; returns where. An
    /// address that cannot be used is left out.
    pub(crate) fn open(&mut self, owner: Owner, addresses: &[IpAddr]) -> Vec<SocketAddr> {
        let mut locals = Vec::new();
        for address in addresses {
            match bind(*address) {
                Ok((local, socket)) => {
                    locals.push(local);
                    self.open.push(Socket {
                        owner,
                        local,
                        socket,
                    });
                }
                Err(error) => warn!(%address, %error, "no media socket at this address"),
            }
        }
        locals
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Makes the sockets of the reserve those of `session`.
    pub(crate) fn hand_over(&mut self, session: SessionId) {
        for socket in &mut self.open {
            if socket.owner == Owner::Reserve {
                socket.owner = Owner::Session(session);
            }
        }
    }

    /// Closes the sockets of `owner`.
    pub(crate) fn close(&mut self, owner: Owner) {
        self.open.retain(|socket| socket.owner != owner);
    }

    /// Sends a datagram. One that the system does not take is lost, as on the way.
    pub(crate) fn send(&self, owner: Owner, transmit: &Transmit) {
        let Transmit { local, to, bytes } = transmit;
        let socket = self
            .open
            .iter()
            .find(|socket| socket.owner == owner && socket.local == *local);
        let Some(Socket { socket, .. }) = socket else {
            debug!(%local, "no such media socket");
            return;
        };
        // Past the runtime, which would first have to learn that the socket can be written to.
        if let Err(error) = SockRef::from(socket).send_to(bytes, &(*to).into()) {
            trace!(%local, %to, %error, "a datagram could not be sent");
        }
    }

    /// Waits for the next datagram for anyone, and puts it into `buffer`.
    pub(crate) async fn receive(&mut self, buffer: &mut [u8]) -> Received {
        poll_fn(|task| {
            let count = self.open.len();
            for step in 0..count {
                let index = (self.turn + step) % count;
                let Socket {
                    owner,
                    local,
                    socket,
                } = &self.open[index];
                for _ in 0..READ_ERRORS {
                    let mut read = ReadBuf::new(buffer);
                    match socket.poll_recv_from(task, &mut read) {
                        Poll::Ready(Ok(from)) => {
                            let length = read.filled().len();
                            self.turn = index + 1;
                            return Poll::Ready(Received {
                                owner: *owner,
                                local: *local,
                                from,
                                length,
                            });
                        }
                        Poll::Ready(Err(error)) => trace!(%local, %error, "a read failed"),
                        Poll::Pending => break,
                    }
                }
            }
            Poll::Pending
        })
        .await
    }
}

fn bind(address: IpAddr) -> io::Result<(SocketAddr, UdpSocket)> {
    let socket = StdSocket::bind((address, 0))?;
    socket.set_nonblocking(true)?;
    let local = socket.local_addr()?;
    Ok((local, UdpSocket::from_std(socket)?))
}

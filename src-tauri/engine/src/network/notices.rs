use std::time::Duration;

#[cfg(test)]
use tokio::sync::mpsc;
use tokio::time;

/// How often the network is looked at where the system does not tell of changes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The system's word that something of the network may have changed.
pub(super) enum Notices {
    #[cfg(target_os = "linux")]
    Netlink(netlink::Socket),
    /// There is none: time has passed.
    Clock,
    #[cfg(test)]
    Told(mpsc::UnboundedReceiver<()>),
}

impl Notices {
    #[cfg(target_os = "linux")]
    pub(super) fn open() -> Self {
        match netlink::Socket::open() {
            Ok(socket) => Self::Netlink(socket),
            Err(error) => {
                tracing::debug!(%error, "netlink is not to be had");
                Self::Clock
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn open() -> Self {
        Self::Clock
    }

    #[cfg(test)]
    pub(super) fn told_by(heard: mpsc::UnboundedReceiver<()>) -> Self {
        Self::Told(heard)
    }

    /// Waits for the next one. Nothing is lost where the wait is given up.
    pub(super) async fn next(&mut self) {
        match self {
            #[cfg(target_os = "linux")]
            Self::Netlink(socket) => {
                if let Err(error) = socket.next().await {
                    tracing::debug!(%error, "netlink broke off");
                    *self = Self::Clock;
                }
            }
            Self::Clock => time::sleep(LOOK_EVERY).await,
            #[cfg(test)]
            Self::Told(heard) => {
                if heard.recv().await.is_none() {
                    std::future::pending().await
                }
            }
        }
    }
}

/// rtnetlink(7): the kernel sends a message for every change of a link, an address or a route.
#[cfg(target_os = "linux")]
mod netlink {
    use std::{io, os::unix::net};

    use rustix::{
        io::Errno,
        net::{
            AddressFamily, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, socket_with,
        },
    };
    use tokio::net::UnixDatagram;

    /// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV4_ROUTE`, `RTMGRP_IPV6_IFADDR` and
    /// `RTMGRP_IPV6_ROUTE` of linux/rtnetlink.h.
    const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

    /// The runtime has no netlink socket. One of its datagram sockets receives from any.
    #[derive(Debug)]
    pub(in crate::network) struct Socket(UnixDatagram);

    impl Socket {
        pub(super) fn open() -> io::Result<Self> {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            // No protocol is number 0, which is `NETLINK_ROUTE`.
            let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
            bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
            let socket = net::UnixDatagram::from(socket);
            Ok(Self(UnixDatagram::from_std(socket)?))
        }

        /// Waits for a message. What it says is of no interest: the network is looked at anyway.
        pub(super) async fn next(&mut self) -> io::Result<()> {
            match self.0.recv(&mut [0; 16]).await {
                Ok(_) => Ok(()),
                // So much has changed that messages were lost.
                Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => Ok(()),
                Err(error) => Err(error),
            }
        }
    }
}

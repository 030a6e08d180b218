use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
    time::Duration,
};

use phone::Input;
use tokio::{sync::mpsc, time};
use tracing::debug;

mod notices;

use notices::Notices;

/// One change comes as several notices: an address goes, another comes, routes follow. What
/// follows within this time belongs to it …
const QUIET: Duration = Duration::from_millis(100);

/// … as long as it is no more than this many; a network that never rests is looked at all the same.
const MOST_NOTICES: usize = 50;

/// Tells `inputs` when the network of this machine is another than before, until nobody listens.
pub(crate) fn watch(inputs: mpsc::Sender<Input>) -> impl Future<Output = ()> {
    let mut notices = Notices::open();
    let first = Picture::take();
    async move { follow(inputs, &mut notices, first, Picture::take).await }
}

async fn follow(
    inputs: mpsc::Sender<Input>,
    notices: &mut Notices,
    mut last: Picture,
    look: impl Fn() -> Picture,
) {
    loop {
        tokio::select! {
            () = inputs.closed() => return,
            () = notices.next() => {}
        }
        for _ in 0..MOST_NOTICES {
            if time::timeout(QUIET, notices.next()).await.is_err() {
                break;
            }
        }
        let picture = look();
        if picture != last {
            debug!(?picture, "the network changed");
            last = picture;
            if inputs.send(Input::NetworkChanged).await.is_err() {
                return;
            }
        }
    }
}

/// What of the network a connection depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Picture {
    /// The addresses of interfaces that are up, without link-local ones.
    addresses: BTreeSet<IpAddr>,
    /// The address from which this machine speaks to the world, of each family.
    preferred: [Option<IpAddr>; 2],
}

impl Picture {
    fn take() -> Self {
        let addresses = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            debug!(%error, "the addresses of this machine are not known");
            Vec::new()
        });
        Self {
            addresses: addresses
                .into_iter()
                .filter(|interface| interface.is_oper_up() && !interface.is_link_local())
                .map(|interface| interface.ip())
                .collect(),
            preferred: [
                // RFC 5737 §3 and RFC 3849 §2: nobody has these; nothing is sent.
                source_towards(
                    Ipv4Addr::UNSPECIFIED.into(),
                    Ipv4Addr::new(203, 0, 113, 1).into(),
                ),
                source_towards(
                    Ipv6Addr::UNSPECIFIED.into(),
                    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
                ),
            ],
        }
    }
}

/// Asks the system's routes from which address a datagram to `target` would leave.
fn source_towards(any: IpAddr, target: IpAddr) -> Option<IpAddr> {
    const DISCARD: u16 = 9;
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((target, DISCARD)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::test_server::soon;

    #[tokio::test(start_paused = true)]
    async fn a_change_of_several_steps_is_told_once_and_one_that_is_undone_not_at_all() {
        let mut network = Network::watched();

        network.set(&[]);
        network.set(&["198.51.100.8"]);
        assert_eq!(network.told_until_quiet().await, 1);

        network.set(&[]);
        network.set(&["198.51.100.8"]);
        assert_eq!(network.told_until_quiet().await, 0);

        network.set(&["198.51.100.8", "2001:db8::8"]);
        assert_eq!(network.told_until_quiet().await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_that_never_rests_is_looked_at_all_the_same() {
        let mut network = Network::watched();
        let notices = network.notices.clone();
        tokio::spawn(async move {
            let mut hurry = time::interval(QUIET / 2);
            loop {
                hurry.tick().await;
                if notices.send(()).is_err() {
                    return;
                }
            }
        });
        network.set(&["198.51.100.9"]);
        let told = soon(network.inputs.recv()).await;
        assert!(matches!(told, Some(Input::NetworkChanged)), "{told:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_watch_ends_with_the_phone() {
        let Network {
            inputs,
            watch,
            notices,
            ..
        } = Network::watched();
        drop(inputs);
        soon(watch).await.unwrap();
        drop(notices);
    }

    #[test]
    fn this_machine_has_a_picture() {
        assert!(!Picture::take().addresses.is_empty());
    }

    struct Network {
        inputs: mpsc::Receiver<Input>,
        notices: mpsc::UnboundedSender<()>,
        picture: Arc<Mutex<Picture>>,
        watch: tokio::task::JoinHandle<()>,
    }

    impl Network {
        fn watched() -> Self {
            let picture = Arc::new(Mutex::new(picture(&["198.51.100.7"])));
            let (inputs, told) = mpsc::channel(8);
            let (notices, heard) = mpsc::unbounded_channel();
            let looked_at = picture.clone();
            let look = move || looked_at.lock().unwrap().clone();
            let first = look();
            let watch = tokio::spawn(async move {
                let mut notices = Notices::told_by(heard);
                follow(inputs, &mut notices, first, look).await;
            });
            Self {
                inputs: told,
                notices,
                picture,
                watch,
            }
        }

        fn set(&self, addresses: &[&str]) {
            *self.picture.lock().unwrap() = picture(addresses);
            self.notices.send(()).unwrap();
        }

        /// Counts what is told until time has passed in which all of it would have been.
        async fn told_until_quiet(&mut self) -> usize {
            let mut count = 0;
            while let Ok(told) = time::timeout(10 * QUIET, self.inputs.recv()).await {
                assert!(matches!(told, Some(Input::NetworkChanged)), "{told:?}");
                count += 1;
            }
            count
        }
    }

    fn picture(addresses: &[&str]) -> Picture {
        Picture {
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            preferred: [None, None],
        }
    }
}

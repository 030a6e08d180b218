//! Connections: how many, how slow, and how they end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use secrecy::SecretSlice;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tracing::{debug, info, warn};

use crate::clock::Clock;
use crate::config::{Config, JWT_SECRET_VARIABLE, Lack, Redis};
use crate::duty;
use crate::lock::{MemoryLock, RedisLock, SessionLock};
use crate::per_address::PerAddress;
use crate::random::random_bytes;
use crate::routes::router;
use crate::sidecar::Sidecar;
use crate::skew;
use crate::store::Store;
use crate::tls::Certificate;
use crate::upstream::NoHttp;

/// Bytes of a request's head (security, S20).
const MAX_HEAD: usize = 8 * 1024;

/// Fields of a request's head, far above what a browser behind proxies sends.
const MAX_HEADERS: usize = 64;

/// How long a head may take to arrive, and how long a connection may rest (security, S20).
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a connection may live, so that one which never reads its answers ends as well.
const CONNECTION_TIME: Duration = Duration::from_secs(10 * 60);

/// How long calls under way may take to end once the server is to stop.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// How long what goes on behind answered calls may take after that.
const BACKGROUND_TIME: Duration = Duration::from_secs(5);

/// How often expired locks, sessions and limits are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);

/// How long accepting rests after the system refused it, for instance for want of descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// Cuts the connection of a call whose caller does not read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<Notify>);

impl Cut {
    pub(crate) fn cut(&self) {
        self.0.notify_one();
    }

    /// Waits until it is to be cut.
    pub(crate) async fn asked_for(&self) {
        self.0.notified().await;
    }
}

/// Why a sidecar did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Exposed(Vec<Lack>),
    #[error("The listener has no address: {0}")]
    Listener(#[from] io::Error),
    #[error(transparent)]
    NoHttp(#[from] NoHttp),
}

/// Serves `config` on `listener` until `shutdown` is over: beside the other servers of its Redis, or
/// alone with everything in memory.
pub async fn run(
    listener: TcpListener,
    mut config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let clock = Clock::system();
    if let Some(Redis { address, prefix }) = config.settings.redis.take() {
        let store = Store::connect(address, &prefix);
        let lock = Arc::new(RedisLock::new(store.clone()));
        return serve(listener, config, clock, lock, Some(store), shutdown).await;
    }
    let lock = Arc::new(MemoryLock::new(clock.clone()));
    let sweeper = Arc::clone(&lock);
    let sweep = async move {
        let mut ticks = interval(SWEEP_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            sweeper.sweep();
        }
    };
    tokio::select! {
        served = run_with(listener, config, clock, lock, shutdown) => served,
        () = sweep => Ok(()),
    }
}

/// Like [`run`] alone, with the clock and the lock store that are given.
pub async fn run_with(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    lock: Arc<dyn SessionLock>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    serve(listener, config, clock, lock, None, shutdown).await
}

async fn serve(
    listener: TcpListener,
    config: Config,
    clock: Clock,
    lock: Arc<dyn SessionLock>,
    store: Option<Store>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    check_address(&config, listener.local_addr()?)?;
    let secret = jwt_secret(&config);
    let certificate = config.settings.certificate.clone();
    let per_address = PerAddress::new(
        config.settings.max_connections_per_address,
        config.settings.trusted_proxies.clone(),
    );
    let connections = Arc::new(Semaphore::new(config.settings.max_connections));
    let sidecar = Arc::new(Sidecar::new(config, &secret, clock, lock, store)?);
    let router = router(Arc::clone(&sidecar));
    let _clocks = watch_clocks(&sidecar);
    let (stop, _) = watch::channel(());
    let mut sweep = interval(SWEEP_EVERY);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(shutdown);
    loop {
        let accept = async {
            let place = Arc::clone(&connections)
                .acquire_owned()
                .await
                .expect("nobody closes the semaphore");
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut shutdown => break,
            _ = sweep.tick() => {
                sidecar.sweep();
                duty::sweep_behind(&sidecar);
                continue;
            }
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(counted) = per_address.count(peer.ip()) else {
                    sidecar.metrics.refused_connections.inc();
                    debug!(%peer, "connection refused: its address has enough of them");
                    continue;
                };
                let served = Served {
                    peer,
                    router: router.clone(),
                    stop: stop.subscribe(),
                };
                let connection = begin(stream, certificate.clone(), served);
                let sidecar = Arc::clone(&sidecar);
                tokio::spawn(async move {
                    sidecar.metrics.connections.inc();
                    connection.await;
                    sidecar.metrics.connections.dec();
                    drop((counted, place));
                });
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_REST).await;
            }
        }
    }
    drop(listener);
    sidecar.closing.send_replace(true);
    stop.send_replace(());
    // Each connection gives its receiver back as it ends.
    stop.closed().await;
    if timeout(BACKGROUND_TIME, sidecar.background.closed())
        .await
        .is_err()
    {
        warn!("stopped with work of answered calls under way, which ends by its terms");
    }
    info!("stopped");
    Ok(())
}

/// Compares the clock with that of the store, if there is one, until what it returns is dropped.
fn watch_clocks(sidecar: &Arc<Sidecar>) -> JoinSet<()> {
    let mut watching = JoinSet::new();
    if sidecar.store.is_some() {
        let sidecar = Arc::clone(sidecar);
        watching.spawn(async move {
            if let Some(store) = &sidecar.store {
                skew::watch(store, &sidecar.clock, &sidecar.metrics).await;
            }
        });
    }
    watching
}

/// What a connection is served with.
struct Served {
    peer: SocketAddr,
    router: Router,
    stop: watch::Receiver<()>,
}

/// Serves one connection, by TLS where there is a certificate.
async fn begin(stream: TcpStream, certificate: Option<Certificate>, mut served: Served) {
    let Some(certificate) = certificate else {
        return connection(stream, served).await;
    };
    let accepted = tokio::select! {
        accepted = certificate.accept(stream) => accepted,
        _ = served.stop.changed() => return,
    };
    match accepted {
        Ok(stream) => connection(stream, served).await,
        Err(error) => debug!(error, "no connection by TLS"),
    }
}

/// Serves one connection until it ends, grows too old or the server stops.
async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, served: Served) {
    let Served {
        peer,
        router,
        mut stop,
    } = served;
    let cut = Cut::default();
    let router = router
        .layer(Extension(ConnectInfo(peer)))
        .layer(Extension(cut.clone()));
    let service = TowerToHyperService::new(router);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = cut.asked_for() => {
            debug!("connection cut: its caller does not read");
            return;
        }
        _ = stop.changed() => None,
        () = sleep(CONNECTION_TIME) => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            connection.as_mut().graceful_shutdown();
            timeout(DRAIN_TIME, connection).await
        }
    };
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "connection broke off"),
        Err(_) => debug!("connection cut with a call under way"),
    }
}

/// Whether `config` may be served on `address`: beyond loopback it must have a signing key, and TLS or
/// a proxy that has it.
pub fn check_address(config: &Config, address: SocketAddr) -> Result<(), RunError> {
    let lacks = config.settings.lacks_at(address);
    if lacks.is_empty() {
        Ok(())
    } else {
        Err(RunError::Exposed(lacks))
    }
}

fn jwt_secret(config: &Config) -> SecretSlice<u8> {
    config.settings.jwt_secret.clone().unwrap_or_else(|| {
        info!("no {JWT_SECRET_VARIABLE}: access tokens are signed with a key of this start alone");
        random_bytes::<32>().to_vec().into()
    })
}

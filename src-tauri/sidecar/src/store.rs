//! Redis, however it is found: alone, behind Sentinels or as a cluster.

mod address;
#[cfg(test)]
pub(crate) mod virtual_redis;

pub use address::{Address, BadAddress};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use prometheus_client::metrics::gauge::Gauge;
use redis::aio::{MultiplexedConnection, PubSub};
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, RedisError, RedisResult, Script,
    ScriptInvocation, ServerErrorKind,
};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};

use crate::bells::{Bells, Changes};
use crate::metrics::{StoreMetrics, StoreOutcome};
use crate::seldom::Seldom;
use address::{CONNECTING, NODE_TIME, Place};

/// How long a call may take, waiting for a connection included: whoever asks hears soon that Redis
/// does not answer.
const PATIENCE: Duration = Duration::from_millis(200);

/// Between two connections: twice a second keeps the way back short.
const PAUSE: Duration = Duration::from_millis(500);

/// What is written to find out whether that is possible, and how long it lies there.
const READY: &str = "agent:ready";
const READY_TERM: Duration = Duration::from_secs(5);

/// How often it is asked whether messages could still arrive, and how long that may take.
const PING_EVERY: Duration = Duration::from_secs(15);

/// One connection to Redis that all calls share, one that hears what other servers tell, and both are
/// made anew whenever they break.
///
/// Cloning is cheap: all clones share it.
#[derive(Clone)]
pub struct Store {
    /// Stands before the names of all keys.
    prefix: Arc<str>,
    /// Where it is, for the log.
    at: Arc<str>,
    connection: watch::Receiver<Option<Numbered>>,
    broken: mpsc::Sender<Broken>,
    bells: Arc<Bells>,
    metrics: StoreMetrics,
    /// What it refused of late, by the first word that it says of it.
    refusals: Arc<Seldom<(), String>>,
    _keepers: Arc<[Keeper; 2]>,
}

/// Redis did not do what it was asked, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    /// There is no connection, so it was not asked.
    #[error("The session store does not answer")]
    NotAsked,
    /// It may have done it all the same, or may do it later.
    #[error("The session store does not answer")]
    Unknown,
}

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// A connection and which one it is, counted from 1.
#[derive(Clone)]
struct Numbered(u64, Connection);

/// Which connection is of no use any more, and why.
struct Broken(u64, String);

/// Where connections come from.
trait Connect: Send + 'static {
    /// Returns where that is, for the log.
    fn name(&self) -> String;

    /// Connects; fails, in words, when that takes too long.
    fn connect(&mut self) -> impl Future<Output = Result<Connection, String>> + Send;
}

/// The task that keeps a connection; it ends with this.
struct Keeper(JoinHandle<()>);

impl Store {
    /// Begins to connect to Redis at `address`, where all keys begin with `prefix`. Call it inside a
    /// runtime.
    pub fn connect(address: Address, prefix: &str) -> Self {
        let bells = Arc::new(Bells::default());
        let hearing = hear(address.listening, channel(prefix), Arc::clone(&bells));
        Self::with(address.place, prefix, bells, tokio::spawn(hearing))
    }

    /// Begins to connect by `place`; `hearing` rings the bells.
    fn with(place: impl Connect, prefix: &str, bells: Arc<Bells>, hearing: JoinHandle<()>) -> Self {
        let (to_callers, connection) = watch::channel(None);
        let (broken, reports) = mpsc::channel(1);
        let metrics = StoreMetrics::new();
        let connected = metrics.connected.clone();
        let at = Arc::from(place.name());
        let keeping = tokio::spawn(keep(place, to_callers, reports, connected));
        let keepers = [keeping, hearing];
        Self {
            prefix: prefix.into(),
            at,
            connection,
            broken,
            bells,
            metrics,
            refusals: Arc::default(),
            _keepers: Arc::new(keepers.map(Keeper)),
        }
    }

    /// Returns the whole name of a key.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Returns the channel on which servers tell each other of which agent something has changed.
    pub(crate) fn channel(&self) -> String {
        channel(&self.prefix)
    }

    /// Begins to listen for changes of an agent.
    pub(crate) fn listen(&self, agent_id: &str) -> Changes {
        self.bells.listen(agent_id)
    }

    /// Returns what is counted of its calls.
    pub(crate) fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    /// Finds out whether Redis answers and writes: one whose disk is full, or whose replicas are missing,
    /// reads alone, and nobody signs in.
    pub(crate) async fn ask(&self) -> Result<(), Unanswered> {
        let written = Script::new("redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return 1");
        let mut call = written.prepare_invoke();
        call.key(self.key(READY)).arg(millis(READY_TERM));
        match self.run(&call).await? {
            1 => Ok(()),
            _ => Err(Unanswered::Unknown),
        }
    }

    /// Returns what time it is there.
    pub(crate) async fn time(&self) -> Result<OffsetDateTime, Unanswered> {
        let time = Script::new("return redis.call('TIME')");
        let (seconds, micros) = self.run::<(i64, i64)>(&time.prepare_invoke()).await?;
        let nanos = i128::from(seconds) * 1_000_000_000 + i128::from(micros) * 1_000;
        OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| Unanswered::Unknown)
    }

    /// Runs a script.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, Unanswered> {
        let begun = Instant::now();
        let (outcome, answer) = self.run_once(call).await;
        self.metrics.ended(outcome, begun.elapsed());
        answer
    }

    async fn run_once<T: FromRedisValue>(
        &self,
        call: &ScriptInvocation<'_>,
    ) -> (StoreOutcome, Result<T, Unanswered>) {
        let not_asked = (StoreOutcome::NotAsked, Err(Unanswered::NotAsked));
        let mut connection = self.connection.clone();
        let mut number = None;
        let answer = timeout(PATIENCE, async {
            let Numbered(n, connection) =
                connection.wait_for(Option::is_some).await.ok()?.clone()?;
            number = Some(n);
            Some(connection.run(call).await)
        })
        .await;
        let why = match answer {
            Ok(Some(Ok(answer))) => return (StoreOutcome::Answered, Ok(answer)),
            Ok(Some(Err(error))) if is_of_the_call(&error) => {
                let kind = error.code().unwrap_or_default().to_owned();
                if let Some(told) = self.refusals.tell((), kind, Instant::now().into_std()) {
                    let (at, left_out) = (&*self.at, told.left_out);
                    warn!(at, %error, left_out, "Redis refuses");
                }
                return (StoreOutcome::Refused, Err(Unanswered::Unknown));
            }
            Ok(Some(Err(error))) => error.to_string(),
            Ok(None) => return not_asked,
            Err(_) => format!("no answer in {} ms", PATIENCE.as_millis()),
        };
        let Some(number) = number else {
            return not_asked;
        };
        // Where somebody else has just told of it, that is enough.
        let _ = self.broken.try_send(Broken(number, why));
        (StoreOutcome::Unanswered, Err(Unanswered::Unknown))
    }
}

fn channel(prefix: &str) -> String {
    format!("{prefix}agent:changed")
}

/// Returns a duration as scripts take it.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whether another connection would bring the same answer.
fn is_of_the_call(error: &RedisError) -> bool {
    use redis::ErrorKind::{Extension, Server, UnexpectedReturnType};

    matches!(
        error.kind(),
        Extension
            | UnexpectedReturnType
            | Server(
                ServerErrorKind::ResponseError
                    | ServerErrorKind::CrossSlot
                    | ServerErrorKind::NoPerm
            )
    )
}

async fn keep(
    mut place: impl Connect,
    to_callers: watch::Sender<Option<Numbered>>,
    mut reports: mpsc::Receiver<Broken>,
    connected: Gauge,
) {
    let at = place.name();
    let mut number = 0;
    let mut was_told = false;
    loop {
        let begun = Instant::now();
        match place.connect().await {
            Ok(connection) => {
                number += 1;
                was_told = false;
                info!(at, "Redis is connected");
                connected.set(1);
                to_callers.send_replace(Some(Numbered(number, connection)));
                let why = loop {
                    match reports.recv().await {
                        Some(Broken(of, why)) if of == number => break why,
                        Some(_) => {}
                        None => return,
                    }
                };
                connected.set(0);
                warn!(at, why, "Redis is lost");
                to_callers.send_replace(None);
            }
            // An outage of hours is told once.
            Err(why) if !was_told => {
                was_told = true;
                warn!(at, why, "Redis cannot be reached");
            }
            Err(_) => {}
        }
        sleep(PAUSE.saturating_sub(begun.elapsed())).await;
    }
}

/// Rings the bells of agents whom other servers, or this one, tell of.
async fn hear(mut place: Place, channel: String, bells: Arc<Bells>) {
    loop {
        let begun = Instant::now();
        // That Redis cannot be reached is told by the other connection.
        match timeout(CONNECTING, place.listen(&channel)).await {
            Ok(Ok(heard)) => {
                let ((), why) = tokio::join!(bells.ring_all(), ring(heard, &bells));
                debug!(why, "other servers are not heard any more");
            }
            Ok(Err(error)) => debug!(%error, "other servers cannot be heard"),
            Err(_) => debug!("other servers cannot be heard in time"),
        }
        sleep(PAUSE.saturating_sub(begun.elapsed())).await;
    }
}

/// Rings until the connection breaks, and returns why.
async fn ring(heard: PubSub, bells: &Bells) -> String {
    let (mut to_redis, mut messages) = heard.split();
    loop {
        match timeout(PING_EVERY, messages.next()).await {
            Ok(Some(message)) => match message.get_payload::<String>() {
                Ok(agent_id) => bells.ring(&agent_id),
                Err(error) => return error.to_string(),
            },
            Ok(None) => return "it was closed".to_owned(),
            Err(_) => match timeout(PING_EVERY, to_redis.ping::<redis::Value>()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error.to_string(),
                Err(_) => return "no answer in time".to_owned(),
            },
        }
    }
}

impl Place {
    /// Begins to hear a channel.
    async fn listen(&mut self, channel: &str) -> RedisResult<PubSub> {
        let mut heard = match self {
            Self::Alone(client) => client.get_async_pubsub().await?,
            Self::Sentinel(client, _) => {
                client.async_get_client().await?.get_async_pubsub().await?
            }
            Self::Cluster(_, nodes) => first_of(nodes).await?,
        };
        heard.subscribe(channel).await?;
        Ok(heard)
    }
}

impl Connect for Place {
    fn name(&self) -> String {
        Place::name(self)
    }

    async fn connect(&mut self) -> Result<Connection, String> {
        // The calls are timed here.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(None);
        let connected = timeout(CONNECTING, async {
            match self {
                Self::Alone(client) => client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
                    .map(Connection::One),
                Self::Sentinel(client, _) => client
                    .get_async_connection_with_config(&config)
                    .await
                    .map(Connection::One),
                Self::Cluster(client, _) => {
                    client.get_async_connection().await.map(Connection::Cluster)
                }
            }
        });
        match connected.await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no connection in {} s", CONNECTING.as_secs())),
        }
    }
}

/// Returns a connection to the first node that answers: in a cluster each hears all messages.
async fn first_of(nodes: &[Client]) -> RedisResult<PubSub> {
    let mut refused = RedisError::from((ErrorKind::Client, "no node"));
    for node in nodes {
        match timeout(NODE_TIME, node.get_async_pubsub()).await {
            Ok(Ok(heard)) => return Ok(heard),
            Ok(Err(error)) => refused = error,
            Err(_) => {}
        }
    }
    Err(refused)
}

impl Connection {
    async fn run<T: FromRedisValue>(self, call: &ScriptInvocation<'_>) -> RedisResult<T> {
        match self {
            Self::One(mut connection) => call.invoke_async(&mut connection).await,
            Self::Cluster(mut connection) => call.invoke_async(&mut connection).await,
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("is_connected", &self.connection.borrow().is_some())
            .finish_non_exhaustive()
    }
}

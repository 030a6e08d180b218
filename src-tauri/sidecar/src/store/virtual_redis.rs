//! A Redis without a machine, in virtual time: for what must have an answer, or be back, in time.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::address::CONNECTING;
use super::{Arc, Connect, Connection, Store};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redis {
    /// Answers 1 to everything.
    Up,
    /// Takes no connection, and has none.
    Down,
    /// Hears everything and answers nothing.
    Paused,
}

struct Place(watch::Receiver<Redis>);

/// Returns a Redis that becomes what it is told to be, and what is kept in it.
pub(crate) fn redis(is: Redis) -> (watch::Sender<Redis>, Store) {
    let (becomes, now) = watch::channel(is);
    let nobody_tells = tokio::spawn(async {});
    let store = Store::with(Place(now), "", Arc::default(), nobody_tells);
    (becomes, store)
}

impl Connect for Place {
    fn name(&self) -> String {
        "no machine".to_owned()
    }

    async fn connect(&mut self) -> Result<Connection, String> {
        let answers = timeout(CONNECTING, self.0.wait_for(|it| *it != Redis::Paused)).await;
        let now = *answers.map_err(|it| it.to_string())?.unwrap();
        if now == Redis::Down {
            return Err("refused".to_owned());
        }
        let (stream, other_end) = duplex(64 * 1024);
        tokio::spawn(serve(other_end, self.0.clone()));
        let settings = RedisConnectionInfo::default().set_skip_set_lib_name();
        // What waits for answers here is the store.
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(CONNECTING));
        let made = MultiplexedConnection::new_with_config(&settings, stream, config).await;
        let (connection, driver) = made.map_err(|it| it.to_string())?;
        tokio::spawn(driver);
        Ok(Connection::One(connection))
    }
}

async fn serve(mut stream: DuplexStream, mut redis: watch::Receiver<Redis>) {
    let mut asked = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            _ = redis.wait_for(|it| *it == Redis::Down) => return,
            read = stream.read(&mut asked) => if !matches!(read, Ok(1..)) {
                return;
            }
        }
        // Whoever tells what it becomes may be gone.
        let answers = redis.wait_for(|it| *it != Redis::Paused).await;
        let is_up = answers.is_ok_and(|it| *it == Redis::Up);
        if !is_up || stream.write_all(b":1\r\n").await.is_err() {
            return;
        }
    }
}

/// How soon whoever asks must hear that it does not answer, and how soon it must be answered again (faults, 69).
pub(crate) const REFUSED_IN: Duration = Duration::from_millis(200);
const BACK_IN: Duration = Duration::from_secs(1);

/// Longer than connecting takes, and than a pause between two tries.
const OUTAGE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_in_200_ms_and_is_over_within_a_second() {
    for outage in [Redis::Down, Redis::Paused] {
        let (becomes, store) = redis(Redis::Up);
        store.ask().await.unwrap();
        becomes.send_replace(outage);
        let begun = Instant::now();
        let mut refusals = 0;
        while begun.elapsed() < OUTAGE {
            let asked = Instant::now();
            store.ask().await.unwrap_err();
            assert!(asked.elapsed() <= REFUSED_IN, "{:?}", asked.elapsed());
            refusals += 1;
        }
        assert!(refusals >= 50, "{refusals}");
        becomes.send_replace(Redis::Up);
        let back = Instant::now();
        while store.ask().await.is_err() {}
        assert!(back.elapsed() <= BACK_IN, "{:?}", back.elapsed());
    }
}

/// Whenever in the course of a try to connect it comes back.
#[tokio::test(start_paused = true)]
async fn an_outage_of_any_length_is_over_within_a_second() {
    for outage in [Redis::Down, Redis::Paused] {
        for length in (0..5_000).step_by(37).map(Duration::from_millis) {
            let (becomes, store) = redis(Redis::Up);
            store.ask().await.unwrap();
            becomes.send_replace(outage);
            store.ask().await.unwrap_err();
            tokio::time::advance(length).await;
            becomes.send_replace(Redis::Up);
            let back = Instant::now();
            while store.ask().await.is_err() {}
            let took = back.elapsed();
            assert!(took <= BACK_IN, "{took:?} after {outage:?} of {length:?}");
        }
    }
}

//! The wire between a sidecar and Redis, on which a command or its answer can be lost or late.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::server;
use crate::world::DEADLINE;

/// What befalls one command; its connection is of no use after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Redis never hears of it.
    LosesCommand,
    /// Redis does it, and nobody hears of it.
    LosesAnswer,
    /// Redis hears of it once [`Wire::deliver`] is called.
    DelaysCommand,
}

/// A wire to the Redis at a port. It forwards everything until it is told otherwise.
pub(crate) struct Wire {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    /// How many further scripts pass before the fault; 0: none is to come.
    countdown: AtomicUsize,
    fault: watch::Sender<Fault>,
    reached: Notify,
    is_delivering: watch::Sender<bool>,
}

impl Wire {
    pub(crate) async fn to(redis: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            countdown: AtomicUsize::new(0),
            fault: watch::channel(Fault::LosesCommand).0,
            reached: Notify::new(),
            is_delivering: watch::channel(false).0,
        });
        let for_task = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let redis = TcpStream::connect(("127.0.0.1", redis)).await;
                let Ok(redis) = redis else { continue };
                tokio::spawn(forward(client, redis, Arc::clone(&for_task)));
            }
        });
        Self { port, shared, task }
    }

    pub(crate) fn url(&self) -> String {
        server::url(self.port)
    }

    /// Has `fault` befall the `nth` script from here on, counted from 1.
    pub(crate) fn break_at(&self, nth: usize, fault: Fault) {
        self.shared.is_delivering.send_replace(false);
        self.shared.fault.send_replace(fault);
        self.shared.countdown.store(nth, Ordering::SeqCst);
    }

    /// Waits until that script has come.
    pub(crate) async fn broken(&self) {
        let reached = self.shared.reached.notified();
        timeout(DEADLINE, reached).await.expect("the script comes");
    }

    /// Brings Redis what was delayed.
    pub(crate) fn deliver(&self) {
        self.shared.is_delivering.send_replace(true);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(client: TcpStream, redis: TcpStream, shared: Arc<Shared>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_redis, mut to_redis) = redis.into_split();
    let back = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_redis, &mut to_client).await;
        // Redis sees an open connection as long as this lives.
        (from_redis, to_client)
    });
    while let Some(chunk) = chunk(&mut from_client).await {
        if !shared.is_fatal(&chunk) {
            if to_redis.write_all(&chunk).await.is_err() {
                return;
            }
            continue;
        }
        let fault = *shared.fault.borrow();
        back.abort();
        match fault {
            Fault::LosesCommand => {}
            Fault::LosesAnswer => to_redis.write_all(&chunk).await.unwrap(),
            Fault::DelaysCommand => {
                shared.reached.notify_one();
                let mut is_delivering = shared.is_delivering.subscribe();
                is_delivering.wait_for(|it| *it).await.unwrap();
                // The sidecar may have been killed, and Redis with it.
                let _ = to_redis.write_all(&chunk).await;
                to_redis.shutdown().await.unwrap_or_default();
                return;
            }
        }
        shared.reached.notify_one();
        // The client finds out by itself that nothing comes any more.
        while self::chunk(&mut from_client).await.is_some() {}
        return;
    }
}

impl Shared {
    /// Whether the fault befalls what is in these bytes.
    fn is_fatal(&self, chunk: &[u8]) -> bool {
        let word = b"EVALSHA";
        let scripts = chunk.windows(word.len()).filter(|it| it == word).count();
        (0..scripts).any(|_| {
            let step = |left: usize| left.checked_sub(1);
            let before = self
                .countdown
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, step);
            before == Ok(1)
        })
    }
}

async fn chunk(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 64 * 1024];
    match from.read(&mut bytes).await {
        Ok(0) | Err(_) => None,
        Ok(length) => {
            bytes.truncate(length);
            Some(bytes)
        }
    }
}

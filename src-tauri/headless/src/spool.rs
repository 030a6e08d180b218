use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, Sender},
    },
    thread,
    time::Duration,
};

use tokio::sync::watch;

/// How many lines may wait for a slow reader; a call makes a few per second.
const BACKLOG: usize = 4096;

/// Writes lines on a thread of its own, so that a reader that is slow or gone never stops the
/// writer.
///
/// Lines that find no room are counted and left out.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    orders: Sender<Order>,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU64>,
    closed: watch::Receiver<bool>,
}

#[derive(Debug)]
enum Order {
    Write(Vec<u8>),
    /// Tell that everything before this has been written.
    Mark(Sender<()>),
}

impl Spool {
    pub(crate) fn start(mut sink: impl Write + Send + 'static) -> Self {
        let (orders, orders_rx) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let waiting_there = waiting.clone();
        let (closed_tx, closed) = watch::channel(false);
        thread::spawn(move || {
            while let Ok(order) = orders_rx.recv() {
                match order {
                    Order::Write(line) => {
                        waiting_there.fetch_sub(1, Ordering::Relaxed);
                        if sink.write_all(&line).and_then(|()| sink.flush()).is_err() {
                            break;
                        }
                    }
                    Order::Mark(mark) => drop(mark),
                }
            }
            // No receiver means that nobody waits for this end.
            let _ = closed_tx.send(true);
        });
        Self {
            orders,
            waiting,
            lost: Arc::default(),
            closed,
        }
    }

    /// Gives one line, with its line end; returns whether it found room.
    pub(crate) fn give(&self, line: Vec<u8>) -> bool {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= BACKLOG {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.lost.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        self.orders.send(Order::Write(line)).is_ok()
    }

    /// Returns how many lines found no room, without those that were forgotten.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Forgets so many of them: somebody has been told.
    pub(crate) fn forget_lost(&self, lines: u64) {
        self.lost.fetch_sub(lines, Ordering::Relaxed);
    }

    /// Waits until nothing can be written any more: the reader has closed its end.
    pub(crate) async fn closed(&self) {
        let mut closed = self.closed.clone();
        // The thread tells before it ends; an error means that it has ended.
        let _ = closed.wait_for(|closed| *closed).await;
    }

    /// Waits until everything that was given is written, or until `patience` has run out: a reader
    /// that does not read does not get the rest. Blocks.
    pub(crate) fn drain(&self, patience: Duration) {
        let (mark, marked) = mpsc::channel();
        if self.orders.send(Order::Mark(mark)).is_ok() {
            // The mark is dropped, never sent.
            let _ = marked.recv_timeout(patience);
        }
    }
}

impl Write for Spool {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.give(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::{Mutex, mpsc::Receiver};

    use super::*;

    #[test]
    fn everything_given_is_written_before_the_end() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let spool = Spool::start(Recorder(written.clone()));
        for number in 0..100 {
            spool.give(format!("{number}\n").into_bytes());
        }

        spool.drain(Duration::from_secs(20));

        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 100);
        assert!(text.ends_with("99\n"));
    }

    #[test]
    fn a_reader_that_does_not_read_costs_lines_and_no_time() {
        let (release, gate) = mpsc::channel();
        let spool = Spool::start(Stuck(gate));
        for _ in 0..BACKLOG + 10 {
            spool.give(b"line\n".to_vec());
        }

        // The thread holds one line, or has not come to it yet.
        let lost = spool.lost();
        assert!((9..=10).contains(&lost), "{lost}");
        spool.forget_lost(lost);
        assert_eq!(spool.lost(), 0);
        drop(release);
    }

    #[tokio::test]
    async fn a_closed_reader_is_noticed() {
        let spool = Spool::start(Broken);
        spool.give(b"line\n".to_vec());
        tokio::time::timeout(Duration::from_secs(20), spool.closed())
            .await
            .unwrap();
    }

    struct Recorder(Arc<Mutex<Vec<u8>>>);

    impl Write for Recorder {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Takes nothing until its gate is dropped.
    struct Stuck(Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

//! Places for those who stay: so many for each, and so many altogether.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::oneshot;

#[derive(Debug)]
pub(crate) struct Seats {
    of_each: usize,
    altogether: usize,
    taken: Arc<Mutex<Taken>>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    owner: String,
    number: u64,
    taken: Arc<Mutex<Taken>>,
    evicted: oneshot::Receiver<()>,
}

#[derive(Debug, Default)]
struct Taken {
    last: u64,
    count: usize,
    /// Oldest first.
    of_owner: HashMap<String, VecDeque<(u64, oneshot::Sender<()>)>>,
}

impl Seats {
    pub(crate) fn new(of_each: usize, altogether: usize) -> Self {
        Self {
            of_each,
            altogether,
            taken: Arc::default(),
        }
    }

    /// Takes a seat. Who has all of theirs gives the oldest up for it; `None`: no seat is free.
    pub(crate) fn take(&self, owner: &str) -> Option<Seat> {
        let mut taken = lock(&self.taken);
        let theirs = taken.of_owner.get_mut(owner);
        if let Some(theirs) = theirs
            && theirs.len() >= self.of_each
        {
            // Its sender goes, which tells who sits there.
            theirs.pop_front();
            taken.count -= 1;
        }
        if taken.count >= self.altogether {
            return None;
        }
        taken.last += 1;
        taken.count += 1;
        let number = taken.last;
        let (evict, evicted) = oneshot::channel();
        let theirs = taken.of_owner.entry(owner.to_owned()).or_default();
        theirs.push_back((number, evict));
        Some(Seat {
            owner: owner.to_owned(),
            number,
            taken: Arc::clone(&self.taken),
            evicted,
        })
    }
}

impl Seat {
    /// Waits until a newer one of the same owner needs it.
    pub(crate) async fn given_up(&mut self) {
        // Nothing is ever sent.
        let _ = (&mut self.evicted).await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        let Some(theirs) = taken.of_owner.get_mut(&self.owner) else {
            return;
        };
        let before = theirs.len();
        theirs.retain(|(number, _)| *number != self.number);
        let freed = before - theirs.len();
        if theirs.is_empty() {
            taken.of_owner.remove(&self.owner);
        }
        taken.count -= freed;
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken
        .lock()
        .expect("nothing panics while it holds the seats")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn the_oldest_of_an_owner_makes_room_and_nobody_elses() {
        let seats = Seats::new(2, 3);
        let mut ana: Vec<Seat> = (0..2).map(|_| seats.take("ana").unwrap()).collect();
        let mut ravi = seats.take("ravi").unwrap();
        assert!(seats.take("rita").is_none());
        ana.push(seats.take("ana").unwrap());
        let evicted: Vec<bool> = ana
            .iter_mut()
            .map(|seat| seat.given_up().now_or_never().is_some())
            .collect();
        assert_eq!(evicted, [true, false, false]);
        assert!(ravi.given_up().now_or_never().is_none());
        assert!(seats.take("rita").is_none());
        // Who was evicted holds nothing that could be given back.
        drop(ana.remove(0));
        assert!(seats.take("rita").is_none());
        drop(ravi);
        let rita = seats.take("rita").unwrap();
        drop((ana, rita));
        let taken = lock(&seats.taken);
        assert_eq!((taken.count, taken.of_owner.len()), (0, 0));
    }
}

//! Wakes the media thread when something is due.
//!
//! tokio's timers count whole milliseconds, and so does its wait for events: on an idle machine they
//! wake a thread 0.9 to 1.6 ms late in the median, every seventh time twice. A descriptor of the
//! kernel is late by less than 0.1 ms, and what is late has to wait as long at each sound card.

use std::future::pending;
use std::time::Instant;

#[cfg(target_os = "linux")]
use linux::Timer;

/// Waits for one moment after another.
#[derive(Debug)]
pub(crate) struct Alarm {
    #[cfg(target_os = "linux")]
    timer: Option<Timer>,
}

impl Alarm {
    /// To be called within the runtime that will wait.
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            timer: Timer::open()
                .inspect_err(|error| tracing::warn!(%error, "the clock of the sound is less exact"))
                .ok(),
        }
    }

    /// Waits until `due`, for ever where there is none; nothing is lost where the wait is given up.
    pub(crate) async fn wait(&mut self, due: Option<Instant>) {
        let Some(due) = due else {
            return pending().await;
        };
        #[cfg(target_os = "linux")]
        if let Some(timer) = &mut self.timer
            && timer.wait(due).await.is_ok()
        {
            return;
        }
        tokio::time::sleep_until(due.into()).await;
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::time::Instant;

    use rustix::io::{Errno, read};
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// A timer of the kernel.
    #[derive(Debug)]
    pub(super) struct Timer {
        descriptor: AsyncFd<OwnedFd>,
        /// When it will go off.
        set_to: Option<Instant>,
    }

    impl Timer {
        pub(super) fn open() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let descriptor = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            // SAFETY: the descriptor is owned and never replaced, so it is open and the same until
            // the end.
            #[expect(unsafe_code, reason = "tokio has no safe way for a descriptor")]
            let descriptor =
                unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
            Ok(Self {
                descriptor,
                set_to: None,
            })
        }

        pub(super) async fn wait(&mut self, due: Instant) -> io::Result<()> {
            loop {
                let left = due.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(());
                }
                if self.set_to != Some(due) {
                    let once = Itimerspec {
                        it_interval: Timespec::default(),
                        it_value: Timespec::try_from(left)
                            .map_err(|_| io::ErrorKind::InvalidInput)?,
                    };
                    timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::empty(), &once)?;
                    self.set_to = Some(due);
                }
                let mut ready = self.descriptor.readable().await?;
                // How often it went off; nothing where it was set anew meanwhile.
                match read(ready.get_inner(), &mut [0; 8]) {
                    Ok(_) => self.set_to = None,
                    Err(Errno::AGAIN) => ready.clear_ready(),
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn it_goes_off_when_it_is_due_and_not_before() {
        let mut alarm = Alarm::new();
        let start = Instant::now();
        for ms in [3, 13, 5] {
            let due = start + Duration::from_millis(ms);
            alarm.wait(Some(due)).await;
            assert!(Instant::now() >= due);
        }
    }

    #[tokio::test]
    async fn what_was_given_up_for_something_earlier_does_not_count() {
        let mut alarm = Alarm::new();
        let hour = Instant::now() + Duration::from_secs(3600);
        let near = Instant::now() + Duration::from_millis(5);
        for due in [Some(hour), None] {
            tokio::select! {
                biased;
                () = alarm.wait(due) => panic!("it went off"),
                () = std::future::ready(()) => {}
            }
        }
        alarm.wait(Some(near)).await;
        let now = Instant::now();
        assert!(now >= near && now < hour);
    }

    #[tokio::test]
    async fn what_went_off_unseen_is_no_reason_to_go_off_again() {
        let mut alarm = Alarm::new();
        let near = Instant::now() + Duration::from_millis(2);
        tokio::select! {
            biased;
            () = alarm.wait(Some(near)) => {}
            () = std::future::ready(()) => {}
        }
        while Instant::now() < near {
            tokio::task::yield_now().await;
        }
        let later = near + Duration::from_millis(5);
        alarm.wait(Some(later)).await;
        assert!(Instant::now() >= later);
    }
}

//! Calls: as many as are answered, and as many as were asked for.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use crate::office::{AGENTS, Call, Office};
use crate::process::cpu_seconds;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Load {
    Heartbeats,
    Logins,
}

/// What a run has cost.
pub(crate) struct Run {
    calls: f64,
    seconds: f64,
    cpu: f64,
    redis: f64,
}

impl Run {
    pub(crate) fn per_second(&self) -> f64 {
        self.calls / self.seconds
    }

    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.calls / self.cpu
    }

    pub(crate) fn per_redis_second(&self) -> f64 {
        self.calls / self.redis
    }
}

impl Load {
    fn call(self) -> Call {
        match self {
            Self::Heartbeats => Call::Heartbeat,
            Self::Logins => Call::Login,
        }
    }
}

/// Has every agent call again as soon as they are answered.
pub(crate) async fn saturate(office: &mut Office, load: Load, time: Duration, redis: u32) -> Run {
    connect(office).await;
    let (cpu, in_redis) = (office.sidecar.cpu_seconds(), cpu_seconds(redis));
    let begun = Instant::now();
    let calls = office.agents.iter_mut().map(async |agent| {
        let mut calls = 0;
        while begun.elapsed() < time {
            agent.succeed(load.call()).await;
            calls += 1;
        }
        calls
    });
    let calls: u32 = join_all(calls).await.into_iter().sum();
    Run {
        calls: f64::from(calls),
        seconds: begun.elapsed().as_secs_f64(),
        cpu: office.sidecar.cpu_seconds() - cpu,
        redis: cpu_seconds(redis) - in_redis,
    }
}

/// Has the agents make `rate` calls a second, whatever becomes of them, and returns how many ms each took. One that had to wait for the one
/// before has begun when it should have.
pub(crate) async fn at_half_load(
    office: &mut Office,
    load: Load,
    rate: f64,
    time: Duration,
) -> Vec<f64> {
    connect(office).await;
    let begun = Instant::now();
    let every = Duration::from_secs_f64(AGENTS as f64 / rate);
    let times = office
        .agents
        .iter_mut()
        .enumerate()
        .map(async |(number, agent)| {
            let mut times = Vec::new();
            let mut due = begun + every.mul_f64(number as f64 / AGENTS as f64);
            while due < begun + time {
                let was_late = Instant::now() > due;
                sleep_until(due).await;
                // The clock of this program has steps of a millisecond, which are not the sidecar's.
                let since = if was_late { due } else { Instant::now() };
                agent.succeed(load.call()).await;
                times.push(since.elapsed().as_secs_f64() * 1e3);
                due += every;
            }
            times
        });
    join_all(times).await.concat()
}

async fn connect(office: &mut Office) {
    for agent in &mut office.agents {
        agent.connect().await;
    }
}

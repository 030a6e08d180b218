//! What the server counts, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of the times in seconds: from a heartbeat in memory to the longest that anybody waits.
const TIMES: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 8.0,
];

/// The paths that are counted each by itself.
pub(crate) const PATHS: [&str; 23] = [
    "/auth/login",
    "/auth/refresh",
    "/auth/heartbeat",
    "/auth/logout",
    "/auth/takeover",
    "/auth/takeover/status",
    "/auth/takeover/withdraw",
    "/auth/takeover/answer",
    "/auth/events",
    "/api/ozonetel/agent-state",
    "/api/ozonetel/agent-ready",
    "/api/ozonetel/dial",
    "/api/ozonetel/dispose",
    "/api/ozonetel/conference",
    "/api/ozonetel/kick",
    "/api/ozonetel/recording",
    "/admin/sessions",
    "/admin/sessions/{agentId}",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
];

/// A call, as it is counted and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call(&'static str);

/// All counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    answer_times: Family<PathLabels, Histogram, fn() -> Histogram>,
    upstream: Upstreams,
    takeovers: Family<StepLabels, Counter>,
    /// Seconds that the clock of the store is ahead of the one here.
    pub(crate) clock_skew: Gauge<f64, AtomicU64>,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Connections closed at once, because their address had enough.
    pub(crate) refused_connections: Counter,
    /// Memory that checking passwords has filled, in KiB; the same for each, whoever it is of.
    pub(crate) password_work: Counter,
    /// Phones that listen for events.
    pub(crate) listeners: Gauge,
}

/// What happens on the way of a lock from one device to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakeoverStep {
    Asked,
    AnsweredNow,
    AnsweredAfterCall,
    AnsweredNo,
    Withdrawn,
    TakenGranted,
    TakenByForce,
}

/// The counters of a store that servers share; cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct StoreMetrics {
    calls: Family<StoreLabels, Counter>,
    times: Histogram,
    /// 1 while there is a connection.
    pub(crate) connected: Gauge,
}

/// How a call of the store ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreOutcome {
    Answered,
    /// It said that it will not, as one that cannot write does.
    Refused,
    /// It said nothing in time, or what nobody understands.
    Unanswered,
    /// There was no connection.
    NotAsked,
}

/// The counters of the calls of one other server; cloning is cheap.
#[derive(Debug, Clone)]
pub(crate) struct UpstreamMetrics {
    server: &'static str,
    upstreams: Upstreams,
}

/// A call of another server that is under way; one that is dropped was given up.
#[derive(Debug)]
pub(crate) struct UpstreamCall<'a> {
    metrics: &'a UpstreamMetrics,
    begun: Instant,
    outcome: &'static str,
}

#[derive(Debug, Clone)]
struct Upstreams {
    outcomes: Family<OutcomeLabels, Counter>,
    times: Family<ServerLabels, Histogram, fn() -> Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    path: &'static str,
    status: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PathLabels {
    path: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    server: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ServerLabels {
    server: &'static str,
}

impl Call {
    /// Returns the call at `path`; all paths that there are none of are one.
    pub(crate) fn of(path: &str) -> Self {
        let is_it = |it: &&str| match it.split_once('{') {
            // The one that ends with a name of the caller's.
            Some((before, _)) => path.len() > before.len() && path.starts_with(before),
            None => **it == *path,
        };
        Self(PATHS.into_iter().find(is_it).unwrap_or("other"))
    }

    pub(crate) fn path(self) -> &'static str {
        self.0
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("helix_sidecar"),
            answers: Family::default(),
            answer_times: Family::new_with_constructor(times),
            upstream: Upstreams {
                outcomes: Family::default(),
                times: Family::new_with_constructor(times),
            },
            takeovers: Family::default(),
            clock_skew: Gauge::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            password_work: Counter::default(),
            listeners: Gauge::default(),
        };
        metrics.registered()
    }

    fn registered(mut self) -> Self {
        let Self {
            registry,
            answers,
            answer_times,
            upstream,
            takeovers,
            clock_skew,
            connections,
            refused_connections,
            password_work,
            listeners,
        } = &mut self;
        registry.register("answers", "Calls answered", answers.clone());
        registry.register_with_unit(
            "answer",
            "How long calls took",
            Unit::Seconds,
            answer_times.clone(),
        );
        registry.register(
            "upstream_calls",
            "Calls of other servers",
            upstream.outcomes.clone(),
        );
        registry.register_with_unit(
            "upstream",
            "How long other servers took",
            Unit::Seconds,
            upstream.times.clone(),
        );
        registry.register(
            "takeovers",
            "Asked, answered and done to move sessions",
            takeovers.clone(),
        );
        registry.register_with_unit(
            "clock_skew",
            "How far the clock of Redis is ahead",
            Unit::Seconds,
            clock_skew.clone(),
        );
        registry.register("connections", "Connections open", connections.clone());
        registry.register(
            "refused_connections",
            "Connections of addresses that had enough",
            refused_connections.clone(),
        );
        registry.register(
            "password_work_kib",
            "Memory filled to check passwords",
            password_work.clone(),
        );
        registry.register("listeners", "Phones that listen", listeners.clone());
        self
    }

    /// Shows the counters of a store as well.
    pub(crate) fn show_store(&mut self, store: &StoreMetrics) {
        let StoreMetrics {
            calls,
            times,
            connected,
        } = store;
        let registry = &mut self.registry;
        registry.register("store_calls", "Calls of Redis", calls.clone());
        let help = "How long calls of Redis took";
        registry.register_with_unit("store", help, Unit::Seconds, times.clone());
        let help = "Whether Redis is connected";
        registry.register("store_connected", help, connected.clone());
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, call: Call, status: StatusCode, time: Duration) {
        let labels = AnswerLabels {
            path: call.0,
            status: u32::from(status.as_u16()),
        };
        self.answers.get_or_create(&labels).inc();
        self.answer_times
            .get_or_create(&PathLabels { path: call.0 })
            .observe(time.as_secs_f64());
    }

    /// Counts a step of a takeover.
    pub(crate) fn takeover(&self, step: TakeoverStep) {
        let step = match step {
            TakeoverStep::Asked => "asked",
            TakeoverStep::AnsweredNow => "now",
            TakeoverStep::AnsweredAfterCall => "after_call",
            TakeoverStep::AnsweredNo => "no",
            TakeoverStep::Withdrawn => "withdrawn",
            TakeoverStep::TakenGranted => "taken_granted",
            TakeoverStep::TakenByForce => "taken_by_force",
        };
        self.takeovers.get_or_create(&StepLabels { step }).inc();
    }

    /// Returns the counters of the calls of `server`.
    pub(crate) fn upstream(&self, server: &'static str) -> UpstreamMetrics {
        UpstreamMetrics {
            server,
            upstreams: self.upstream.clone(),
        }
    }

    /// Returns all counters as OpenMetrics 1.0 has them, which Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a text grows as it must");
        text
    }
}

impl StoreMetrics {
    pub(crate) fn new() -> Self {
        Self {
            calls: Family::default(),
            times: times(),
            connected: Gauge::default(),
        }
    }

    /// Counts a call.
    pub(crate) fn ended(&self, outcome: StoreOutcome, time: Duration) {
        let outcome = match outcome {
            StoreOutcome::Answered => "answered",
            StoreOutcome::Refused => "refused",
            StoreOutcome::Unanswered => "unanswered",
            StoreOutcome::NotAsked => "not_asked",
        };
        self.calls.get_or_create(&StoreLabels { outcome }).inc();
        self.times.observe(time.as_secs_f64());
    }
}

impl UpstreamMetrics {
    /// Begins to count a call.
    pub(crate) fn begin(&self) -> UpstreamCall<'_> {
        UpstreamCall {
            metrics: self,
            begun: Instant::now(),
            outcome: "given_up",
        }
    }
}

impl UpstreamCall<'_> {
    /// Notes that the server answered, or that it could not be reached.
    pub(crate) fn end(mut self, was_answered: bool) {
        self.outcome = if was_answered { "answered" } else { "failed" };
    }
}

impl Drop for UpstreamCall<'_> {
    fn drop(&mut self) {
        let UpstreamMetrics { server, upstreams } = self.metrics;
        let labels = OutcomeLabels {
            server,
            outcome: self.outcome,
        };
        upstreams.outcomes.get_or_create(&labels).inc();
        upstreams
            .times
            .get_or_create(&ServerLabels { server })
            .observe(self.begun.elapsed().as_secs_f64());
    }
}

fn times() -> Histogram {
    Histogram::new(TIMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_readme_calls_a_metric_is_one() {
        let mut metrics = Metrics::new();
        let store = StoreMetrics::new();
        metrics.show_store(&store);
        // What was never counted is not told.
        store.ended(StoreOutcome::Answered, Duration::ZERO);
        let text = metrics.text();
        let words =
            include_str!("../README.md").split(|c: char| !c.is_ascii_lowercase() && c != '_');
        let mut named = 0;
        for name in words.filter(|it| it.starts_with("helix_sidecar_")) {
            let name = name.strip_suffix("_total").unwrap_or(name);
            assert!(text.contains(&format!("# TYPE {name} ")), "{name}");
            named += 1;
        }
        assert!(named > 0);
    }
}

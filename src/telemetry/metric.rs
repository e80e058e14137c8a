//! The registry: typed counters that rooms increase, and values that are asked for when exposed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use mox_clock::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Metric, Registry};

use crate::names::{self, Name};

/// Label of one listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Listening {
    /// The local port.
    pub port: u16,
}

/// Labels of a mail transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Accepting {
    /// The local port.
    pub port: u16,
    /// A stable name, as `accepted`.
    pub result: &'static str,
}

/// Labels of an authentication attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Authenticating {
    /// SASL mechanism, or another way in a stable name.
    pub mechanism: &'static str,
    /// A stable name, as `ok` or `badcreds`.
    pub result: &'static str,
}

/// Labels of what mail authentication found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Finding {
    /// As `spf`.
    pub method: &'static str,
    /// As `pass`.
    pub result: &'static str,
}

/// Label of anything that comes to a result.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// A stable name.
    pub result: &'static str,
}

/// Label of a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Room {
    /// As `smtpserver`.
    pub room: &'static str,
}

/// All metrics of a process; share it in an `Arc`. Increase with `metrics.auth.get_or_create(&labels).inc()` or the
/// methods below.
pub struct Metrics {
    registry: Registry,
    watched: Watched,
    /// [`names::PANICS`]
    pub panics: Family<Room, Counter>,
    /// [`names::SMTPSERVER_CONNECTIONS`]
    pub smtpserver_connections: Family<Listening, Counter>,
    /// [`names::SMTPSERVER_OPEN`]
    pub smtpserver_open: Family<Listening, Gauge>,
    /// [`names::SMTPSERVER_TRANSACTIONS`]
    pub smtpserver_transactions: Family<Accepting, Counter>,
    /// [`names::DELIVERIES`]
    pub deliveries: Family<Outcome, Counter>,
    /// [`names::AUTH`]
    pub auth: Family<Authenticating, Counter>,
    /// [`names::MAIL_VERDICTS`]
    pub mail_verdicts: Family<Finding, Counter>,
    /// [`names::QUEUE_ATTEMPTS`]
    pub queue_attempts: Family<Outcome, Counter>,
    /// [`names::DMARC_EVALUATIONS`]
    pub dmarc_evaluations: Family<Outcome, Counter>,
    /// [`names::TLS_REPORTS`]
    pub tls_reports: Family<Outcome, Counter>,
    /// [`names::DMARC_REPORTS`]
    pub dmarc_reports: Family<Outcome, Counter>,
    /// [`names::TLS_REPORT_SESSIONS`]
    pub tls_report_sessions: Family<Outcome, Counter>,
    /// [`names::DMARC_REPORT_MESSAGES`]
    pub dmarc_report_messages: Family<Outcome, Counter>,
    /// [`names::DMARC_FAILURE_REPORTS`]
    pub dmarc_failure_reports: Family<Outcome, Counter>,
    /// [`names::WEBHOOK_CALLS`]
    pub webhook_calls: Family<Outcome, Counter>,
    /// [`names::HTTP_REQUESTS`]
    pub http_requests: Family<Outcome, Counter>,
}

impl Metrics {
    /// Of a process that started at `started`.
    pub fn new(started: Timestamp) -> Metrics {
        let mut registry = Registry::default();
        let watched = Watched::default();
        registry.register_collector(Box::new(watched.clone()));
        let r = &mut registry;
        let metrics = Metrics {
            panics: register(r, names::PANICS),
            smtpserver_connections: register(r, names::SMTPSERVER_CONNECTIONS),
            smtpserver_open: register(r, names::SMTPSERVER_OPEN),
            smtpserver_transactions: register(r, names::SMTPSERVER_TRANSACTIONS),
            deliveries: register(r, names::DELIVERIES),
            auth: register(r, names::AUTH),
            mail_verdicts: register(r, names::MAIL_VERDICTS),
            queue_attempts: register(r, names::QUEUE_ATTEMPTS),
            dmarc_evaluations: register(r, names::DMARC_EVALUATIONS),
            tls_reports: register(r, names::TLS_REPORTS),
            dmarc_reports: register(r, names::DMARC_REPORTS),
            tls_report_sessions: register(r, names::TLS_REPORT_SESSIONS),
            dmarc_report_messages: register(r, names::DMARC_REPORT_MESSAGES),
            dmarc_failure_reports: register(r, names::DMARC_FAILURE_REPORTS),
            webhook_calls: register(r, names::WEBHOOK_CALLS),
            http_requests: register(r, names::HTTP_REQUESTS),
            watched,
            registry,
        };
        let started = started.secs();
        metrics.watch_gauge(names::PROCESS_START, move || started);
        metrics
    }

    /// Exposes a number that only grows and lives elsewhere, as a database's commits: it is asked for at every
    /// exposure, so it must be quick.
    pub fn watch_counter(&self, name: Name, value: impl Fn() -> u64 + Send + Sync + 'static) {
        self.watched.add(name, Ask::Counter(Box::new(value)));
    }

    /// The same for a number that goes up and down.
    pub fn watch_gauge(&self, name: Name, value: impl Fn() -> i64 + Send + Sync + 'static) {
        self.watched.add(name, Ask::Gauge(Box::new(value)));
    }

    /// A panic was caught in a room.
    pub fn panicked(&self, room: &'static str) {
        self.panics.get_or_create(&Room { room }).inc();
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: Name) -> M {
    let metric = M::default();
    registry.register(name.name, name.help, metric.clone());
    metric
}

enum Ask {
    Counter(Box<dyn Fn() -> u64 + Send + Sync>),
    Gauge(Box<dyn Fn() -> i64 + Send + Sync>),
}

/// Values that are asked for.
#[derive(Clone, Default)]
struct Watched(Arc<Mutex<Vec<(Name, Ask)>>>);

impl Watched {
    /// The last to watch a name counts.
    fn add(&self, name: Name, ask: Ask) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|(other, _)| *other != name);
        all.push((name, ask));
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl Collector for Watched {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, ask) in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let metric: Box<dyn EncodeMetricIn> = match ask {
                Ask::Counter(value) => Box::new(ConstCounter::new(value())),
                Ask::Gauge(value) => Box::new(ConstGauge::new(value())),
            };
            metric.encode_in(name, &mut encoder)?;
        }
        Ok(())
    }
}

/// Writes a metric with its description.
trait EncodeMetricIn {
    fn encode_in(&self, name: &Name, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error>;
}

impl<M: EncodeMetric> EncodeMetricIn for M {
    fn encode_in(&self, name: &Name, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.encode(encoder.encode_descriptor(name.name, name.help, None, self.metric_type())?)
    }
}

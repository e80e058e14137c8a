//! Reports about TLS (and later DMARC) in both directions: collected, sealed, sent, received. RFC 8460.
//!
//! Life of an outgoing report (function that moves): rows collect results [`mox_queue::Reporting`], in the transaction
//! of each delivery's outcome -> SEALED, one transaction that takes the rows and stores the finished document under a
//! unique key [`tls`]; then, for each destination: SEALED -> QUEUED, one transaction with the message in the queue ->
//! DELIVERED | FAILED | EXPIRED; an https destination goes from SEALED to its end by attempts of this room, each
//! recorded before it is made.
//!
//! Invariants: 1. There is at most one report of a kind, policy domain, period and part. 2. A destination gets it once;
//! only an end of the process between an https server's answer and its commit repeats that attempt, byte for byte.
//! 3. Whatever DNS cannot say now is asked again later; what it says decides. 4. Delivering a TLS report is never the
//! reason for one, and no report leads to a DSN.

pub mod bounce;
mod cap;
mod decide;
mod dmarc;
mod explain;
mod file;
mod hand;
mod insight;
mod kind;
mod mail;
mod ops;
mod organization;
mod paged;
mod place;
mod post;
mod preview;
mod quiet;
pub mod receive;
mod refusal;
mod schedule;
mod seal;
mod send_now;
mod submitter;
mod tables;
mod tls;
mod traffic;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use mox_admin::ops::ReportFamily;
use mox_clock::{Clock, Random};
use mox_config::Handle;
use mox_db::Schema;
use mox_dns::Resolver;
use mox_platform::faults::Faults;
use mox_queue::Queue;
use mox_store::Store;
use mox_telemetry::{Metrics, Outcome};
use tokio::sync::{Notify, Semaphore};

use kind::Kind;
use quiet::Quiet;

pub use dmarc::evaluate::{Evaluation, Standing};
pub use file::quiet_place;
pub use receive::RECEIVED_SCHEMA;

/// The tables of outgoing reports.
pub const SCHEMA: Schema = tables::SCHEMA;

/// Makes and sends reports; clones share it.
#[derive(Clone)]
pub struct Reports(Arc<Inner>);

struct Inner {
    store: Store,
    /// Built after this, because it is given this.
    queue: OnceLock<Queue>,
    seams: Seams,
    options: Options,
    /// There is something to do.
    wake: Notify,
    /// Nothing new is to be begun.
    stopping: AtomicBool,
    /// Hosts that are being handed a report.
    hosts: Mutex<HashSet<String>>,
    /// Writes DMARC reports, which may be long.
    quiet: Quiet,
    /// The right to store them.
    storing: Semaphore,
}

/// What the room is given from outside.
#[derive(Clone)]
pub struct Seams {
    /// Says where reports go.
    pub resolver: Arc<dyn Resolver>,
    /// Brings reports to https destinations; its egress policy keeps strangers' URLs out of private networks.
    pub web: mox_https::Client,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Points at which a test ends the process.
    pub faults: Arc<dyn Faults>,
    /// Counts.
    pub metrics: Arc<Metrics>,
}

/// The settings of outgoing TLS reports.
#[derive(Clone)]
pub struct Options {
    /// Host name, domains and their keys, as they are at each use.
    pub config: Arc<Handle>,
    /// Whether results about TLS are collected and reports sent.
    pub on: bool,
    /// The same about DMARC.
    pub dmarc: bool,
    /// Send also when nothing failed.
    pub success_too: bool,
    /// How long history is kept.
    pub keep_history: Duration,
    /// Nothing is sealed before so much of the day after is over.
    pub first_wait: Duration,
    /// Up to so much more, by chance.
    pub first_jitter: Duration,
    /// Reports about TLS are handed over within this time.
    pub spread: Duration,
    /// The same about DMARC.
    pub dmarc_spread: Duration,
    /// Two reports follow each other after this at the latest.
    pub longest_gap: Duration,
    /// What waits for DNS or a key is tried again after this.
    pub again: Duration,
    /// Results of days that ended longer ago are discarded.
    pub stale: Duration,
    /// Attempts at an https destination end after this.
    pub give_up: Duration,
    /// So many reports may leave in 24 hours in any case; none for as many as there are.
    pub cap_floor: Option<u64>,
    /// And so many for each message that left in a day, on average of a week.
    pub cap_factor: u64,
}

impl Options {
    /// The settings of a server, with the switches of its `mox.conf`.
    pub fn new(config: Arc<Handle>) -> Options {
        let server = config.load().server.clone();
        let minutes = |m: u64| Duration::from_secs(m * 60);
        Options {
            config,
            on: !server.no_outgoing_tls_reports,
            dmarc: !server.no_outgoing_dmarc_reports,
            success_too: server.outgoing_tls_reports_for_all_success,
            keep_history: minutes(90 * 24 * 60),
            first_wait: minutes(4),
            first_jitter: minutes(2),
            spread: minutes(4 * 60),
            dmarc_spread: minutes(45),
            longest_gap: minutes(5),
            again: minutes(60),
            stale: minutes(48 * 60),
            give_up: minutes(24 * 60),
            cap_floor: Some(200),
            cap_factor: 2,
        }
    }
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reports").finish_non_exhaustive()
    }
}

impl Reports {
    /// The engine in `store`, which was opened with [`SCHEMA`]. It hears of deliveries at once; nothing is sent before
    /// [`Reports::run`], and no mail before [`Reports::attach`].
    pub fn new(store: Store, seams: Seams, options: Options) -> Reports {
        Reports(Arc::new(Inner {
            store,
            queue: OnceLock::new(),
            seams,
            options,
            wake: Notify::new(),
            stopping: AtomicBool::new(false),
            hosts: Mutex::default(),
            quiet: Quiet::default(),
            storing: Semaphore::new(1),
        }))
    }

    /// Gives it the queue that its mail goes through, once.
    pub fn attach(&self, queue: Queue) {
        if self.0.queue.set(queue).is_err() {
            tracing::error!("a second queue for reports");
        }
        self.0.wake.notify_one();
    }

    fn count(&self, kind: Kind, result: &'static str) {
        let metrics = &self.0.seams.metrics;
        let counter = match kind.family() {
            ReportFamily::Tls => &metrics.tls_reports,
            ReportFamily::Dmarc => &metrics.dmarc_reports,
        };
        counter.get_or_create(&Outcome { result }).inc();
    }

    /// Whether reports of a family are collected and sent.
    fn is_on(&self, family: ReportFamily) -> bool {
        match family {
            ReportFamily::Tls => self.0.options.on,
            ReportFamily::Dmarc => self.0.options.dmarc,
        }
    }
}

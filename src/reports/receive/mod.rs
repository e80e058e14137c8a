//! Reports of others that arrive by mail: which are believed, what is kept of them, and what they tell.
//!
//! Believed is a message that proves by DKIM whose it is ([`prove`]); read is what [`mox_tlsrpt::message::find`] finds
//! in it; kept is what concerns a policy domain of ours, one row each, in the transaction that delivers the message
//! ([`Received::store`]). Sent twice it is kept once: the key holds the domain that was proved, so that nobody can take
//! the place of another's report. At most [`SLOTS`] messages are read at a time, [`MAX_DETAILS`] kinds of failure
//! and [`MAX_DOCUMENT`] bytes are kept of a report, [`MAX_A_DAY`] reports of a sender and
//! [`MAX_ALL_A_DAY`] of all a day, for [`KEEP`].
//! RFC 8460 §3, §5.3, §5.6.

mod ask;
pub mod dmarc;
mod proof;
mod tables;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_config::{Config, Handle};
use mox_db::Tx;
use mox_store::{Error, MessageId, Store};
use mox_telemetry::{Metrics, Outcome};
use mox_tlsrpt::message::{Depth, FindError, MAX_MESSAGE, find};
use mox_tlsrpt::{Parsed, PolicyResult, Report};
use tokio::sync::Semaphore;

pub use ask::{report, reports};
pub use proof::{Unproved, prove};

/// The tables of received reports.
pub const RECEIVED_SCHEMA: mox_db::Schema = tables::SCHEMA;

/// Most messages that are read at a time.
pub const SLOTS: usize = 2;

/// Most kinds of failure that are kept of a report.
pub const MAX_DETAILS: usize = 200;

/// Most bytes of a document that are kept.
pub const MAX_DOCUMENT: usize = 512 << 10;

/// Most reports of one sender that are kept on a day; more are delivered, and not counted.
pub const MAX_A_DAY: u64 = 500;
/// Most reports of all senders that are kept on one day: who has a domain has as many names below it as he likes.
pub const MAX_ALL_A_DAY: u64 = 10_000;

/// For how long they are kept.
pub const KEEP: Duration = Duration::from_secs(400 * 86_400);

/// Why a message to an address for reports is ordinary mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotKept {
    /// Nobody knows whose it is.
    #[error(transparent)]
    Unproved(#[from] Unproved),
    /// It has no report that can be read.
    #[error(transparent)]
    NotFound(#[from] FindError),
    /// The report is about others.
    #[error("the report is about no domain of this server: {}", .0.join(", "))]
    NotOurs(Vec<String>),
    /// It could not be read again.
    #[error("the message could not be read again")]
    Lost,
}

/// Reads reports; clones share it.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    config: Arc<Handle>,
    metrics: Arc<Metrics>,
    /// Every domain is ours.
    any_domain: bool,
    slots: Semaphore,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("any_domain", &self.0.any_domain).finish_non_exhaustive()
    }
}

/// A report that was read, and belongs here.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Who it is from: the domain that signed it.
    pub sender: Domain,
    /// One for each policy domain of ours.
    pub parts: Vec<Part>,
}

/// What a report says of one policy domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The policy domain.
    pub domain: Domain,
    /// The report without the policies of other domains.
    pub report: Report,
    /// Where it is not as the RFC has it.
    pub oddities: Vec<String>,
}

impl Receiver {
    /// Takes reports about the domains and the host that `config` names.
    pub fn new(config: Arc<Handle>, metrics: Arc<Metrics>) -> Receiver {
        Receiver(Arc::new(Inner { config, metrics, any_domain: false, slots: Semaphore::new(SLOTS) }))
    }

    /// Takes reports about any domain, as a server that catches all mail does.
    pub fn for_any_domain(config: Arc<Handle>, metrics: Arc<Metrics>) -> Receiver {
        Receiver(Arc::new(Inner { config, metrics, any_domain: true, slots: Semaphore::new(SLOTS) }))
    }

    /// Whether a policy domain is one of ours.
    fn is_ours(&self, config: &Config, domain: &Domain) -> bool {
        self.0.any_domain || *domain == config.server.hostname || config.dynamic.domains.contains_key(domain)
    }

    /// Reads the message that `bytes` gives, which may block, and which `sender` signed.
    pub async fn read<E>(
        &self,
        sender: Domain,
        size: u64,
        bytes: impl FnOnce() -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<Received, NotKept> {
        if size > MAX_MESSAGE as u64 {
            return Err(FindError::TooLarge { size: usize::try_from(size).unwrap_or(usize::MAX) }.into());
        }
        let _slot = self.0.slots.acquire().await.map_err(|_| NotKept::Lost)?;
        let this = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            let message = bytes().map_err(|_| NotKept::Lost)?;
            this.parse(&message, sender)
        });
        read.await.map_err(|_| NotKept::Lost)?
    }

    /// Reads a message that `sender` signed.
    fn parse(&self, message: &[u8], sender: Domain) -> Result<Received, NotKept> {
        let found = find(message, Depth::Own)?;
        let Parsed { mut report, mut oddities } = found.parsed;
        let config = self.0.config.load();
        let mut parts: Vec<Part> = Vec::new();
        let mut others: Vec<String> = Vec::new();
        let policies = std::mem::take(&mut report.policies);
        for mut policy in policies {
            if let (true, Some(domain)) = (policy.policy.domain.is_empty(), &found.domain) {
                // Some do not say whose it is where there is no policy; the message does.
                policy.policy.domain = domain.trim_end_matches('.').to_owned();
                oddities.push("the policy domain is that of the message".to_owned());
            }
            let domain = Domain::parse(&policy.policy.domain).ok();
            match domain.filter(|domain| self.is_ours(&config, domain)) {
                Some(domain) => add(&mut parts, &report, domain, policy),
                None if others.len() < 5 => others.push(policy.policy.domain),
                None => {}
            }
        }
        oddities.dedup();
        if parts.is_empty() {
            return Err(NotKept::NotOurs(others));
        }
        for part in &mut parts {
            part.oddities.clone_from(&oddities);
            part.shorten();
        }
        Ok(Received { sender, parts })
    }

    /// Counts sessions once the transaction is committed.
    fn count(&self, tx: &mut Tx<'_>, report: &Report) {
        let metrics = self.0.metrics.clone();
        let sum =
            |count: fn(&PolicyResult) -> u64| report.policies.iter().map(count).fold(0, u64::saturating_add);
        let (fine, failed) = (sum(|p| p.summary.successful), sum(|p| p.summary.failed));
        tx.on_commit(move || {
            let count = |result, by| {
                metrics.tls_report_sessions.get_or_create(&Outcome { result }).inc_by(by);
            };
            count("success", fine);
            count("failure", failed);
        });
    }
}

/// Adds a policy to what is known of its domain.
fn add(parts: &mut Vec<Part>, report: &Report, domain: Domain, policy: PolicyResult) {
    match parts.iter_mut().find(|part| part.domain == domain) {
        Some(part) => part.report.policies.push(policy),
        None => {
            let report = Report { policies: vec![policy], ..report.clone() };
            parts.push(Part { domain, report, oddities: Vec::new() });
        }
    }
}

impl Part {
    /// Sessions that went well, and that failed.
    pub fn sessions(&self) -> (u64, u64) {
        let add = |(fine, bad): (u64, u64), p: &PolicyResult| {
            (fine.saturating_add(p.summary.successful), bad.saturating_add(p.summary.failed))
        };
        self.report.policies.iter().fold((0, 0), add)
    }

    /// Leaves out details until what is left may be kept; counts stay.
    fn shorten(&mut self) {
        let mut most = MAX_DETAILS;
        loop {
            let mut left = most;
            for policy in &mut self.report.policies {
                policy.details.truncate(left);
                left -= policy.details.len();
            }
            if most == 0 || self.report.to_json().len() <= MAX_DOCUMENT {
                break;
            }
            most /= 2;
        }
        if most == 0 && self.report.to_json().len() > MAX_DOCUMENT {
            self.report.policies.truncate(MAX_DETAILS);
            self.report.policies.iter_mut().for_each(|p| p.policy.strings.clear());
            self.oddities.push("not all of the report was kept".to_owned());
        } else if most < MAX_DETAILS {
            self.oddities.push(format!("{most} kinds of failure were kept"));
        }
    }
}

impl Received {
    /// Keeps the report with the message that brought it, in the transaction that delivers it. Gives the number of
    /// policy domains for which it is new.
    pub fn store(
        &self,
        receiver: &Receiver,
        tx: &mut Tx<'_>,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> Result<usize, Error> {
        let day = at.minus(Duration::from_secs(86_400));
        if tables::count_since(tx.conn(), &self.sender, day)? >= MAX_A_DAY
            || tables::count_all_since(tx.conn(), day)? >= MAX_ALL_A_DAY
        {
            tracing::warn!(sender = %self.sender, "too many TLS reports on one day: not kept");
            return Ok(0);
        }
        let mut new = 0;
        for part in &self.parts {
            if tables::insert(tx.conn(), &self.sender, part, message, at)? {
                receiver.count(tx, &part.report);
                new += 1;
            }
        }
        Ok(new)
    }
}

/// Removes what is older than [`KEEP`], at most `max` reports; gives how many went.
pub async fn purge(store: &Store, now: Timestamp, max: u32) -> Result<usize, Error> {
    let before = now.minus(KEEP);
    // Nothing is written where there is nothing to remove: an idle server leaves its disk alone.
    if !store.read(move |_, tx| tables::has_older(tx.conn(), before)).await? {
        return Ok(0);
    }
    store.write(move |_, tx| tables::purge(tx.conn(), before, max)).await
}

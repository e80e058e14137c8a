//! Reports of others that arrive by mail: which are believed, what is kept of them, and what they tell.
//!
//! What all kinds share stands here. Believed is a message that proves whose it is: by DKIM where it is about TLS
//! ([`prove`]), by DMARC where it is about DMARC. Kept is what concerns a policy domain of ours, in the transaction that
//! delivers the message ([`Received::store`]). Sent twice it is kept once: the key holds the domain that was proved, so
//! that nobody can take the place of another's report. At most [`SLOTS`] messages are read at a time; of each kind
//! [`A_DAY`] is kept of an organization on a day, and [`ALL_A_DAY`] of all, for [`KEEP`] or [`KEEP_FAILURES`].
//! [`tls`]: RFC 8460. [`dmarc`]: RFC 9990, RFC 9991.

pub mod dmarc;
pub(crate) mod silence;
pub(crate) mod tables;
#[cfg(test)]
mod tests;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_admin::ops::ReportFamily;
use mox_clock::Timestamp;
use mox_config::{Config, Handle};
use mox_db::Tx;
use mox_store::{Error, MessageId, Store};
use mox_telemetry::Metrics;
use mox_tlsrpt::message::MAX_MESSAGE;
use tokio::sync::Semaphore;

use crate::organization::organization;
use tables::{Brought, Table};
pub use tls::prove;

/// The tables of received reports.
pub const RECEIVED_SCHEMA: mox_db::Schema = tables::SCHEMA;

/// Most messages that are read at a time.
pub const SLOTS: usize = 2;

/// So long a message waits to be read, and SMTP with it; then it is ordinary mail.
const WAIT: Duration = Duration::from_secs(5);

/// Most reports of a kind, and bytes of them, that are kept of one organization on a day; more are delivered, and not
/// counted. Who has a domain has as many names below it as he likes: they count as one.
pub(crate) const A_DAY: Brought = Brought { reports: 500, bytes: 20 << 20 };
/// The same of all: who likes can have many domains.
pub(crate) const ALL_A_DAY: Brought = Brought { reports: 10_000, bytes: 200 << 20 };

/// For how long they are kept.
pub const KEEP: Duration = Duration::from_secs(400 * 86_400);
/// For how long those about single messages are: they tell who wrote to whom.
pub const KEEP_FAILURES: Duration = Duration::from_secs(60 * 86_400);

/// All of them.
const TABLES: [Table; 3] = [tls::TABLE, dmarc::AGGREGATE, dmarc::FAILURE];

/// A report may be about a time that ends so long after now: clocks differ, and some report on a day not over.
const AHEAD: Duration = Duration::from_secs(86_400);

/// Why it is not known whose a report is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unproved {
    /// From names nobody, or several.
    #[error("From must have one address")]
    From,
    /// There is no signature.
    #[error("the message has no DKIM signature")]
    NoSignature,
    /// DNS cannot say now.
    #[error("DNS cannot say now whether the DKIM signature is right")]
    Temporary,
    /// None passes.
    #[error("no DKIM signature passes: {0}")]
    NotPassed(String),
    /// A signature leaves a part of the body open.
    #[error("the DKIM signature does not cover the whole message (l=)")]
    BodyLength,
    /// It is of somebody else.
    #[error("the DKIM signature is of {signed}, and From is of {from}")]
    OtherDomain {
        /// `d=`.
        signed: Domain,
        /// The From domain.
        from: Domain,
    },
    /// DMARC, which it must pass, has another result.
    #[error("the message does not pass DMARC: {0}")]
    Dmarc(String),
}

/// Why a message to an address for reports is ordinary mail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotKept {
    /// Nobody knows whose it is.
    #[error(transparent)]
    Unproved(#[from] Unproved),
    /// It has no report that can be read.
    #[error("{0}")]
    NotFound(String),
    /// The report is about others.
    #[error("the report is about no domain of this server: {}", .0.join(", "))]
    NotOurs(Vec<String>),
    /// The time that it is about cannot be.
    #[error("the period of the report cannot be: {0}")]
    Period(String),
    /// Others are being read all the time.
    #[error("too many reports arrive at once: it was not read")]
    Busy,
    /// It could not be read again.
    #[error("the message could not be read again")]
    Lost,
}

impl NotKept {
    fn not_found(error: impl ToString) -> NotKept {
        NotKept::NotFound(error.to_string())
    }
}

/// Reads reports; clones share it.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    config: Arc<Handle>,
    metrics: Arc<Metrics>,
    /// Every domain is ours.
    any_domain: bool,
    slots: Arc<Semaphore>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("any_domain", &self.0.any_domain).finish_non_exhaustive()
    }
}

/// A report that was read, and belongs here.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Who it is from: the domain that was proved.
    sender: Domain,
    content: Content,
}

/// What it says.
#[derive(Debug, Clone, PartialEq)]
enum Content {
    /// About TLS, one for each policy domain of ours.
    Tls(Vec<tls::Part>),
    /// About the mail of a policy domain.
    Aggregate(Box<dmarc::Aggregate>),
    /// About one message.
    Failure(Box<dmarc::Failure>),
}

impl Receiver {
    /// Takes reports about the domains and the host that `config` names.
    pub fn new(config: Arc<Handle>, metrics: Arc<Metrics>) -> Receiver {
        Receiver(Arc::new(Inner {
            config,
            metrics,
            any_domain: false,
            slots: Arc::new(Semaphore::new(SLOTS)),
        }))
    }

    /// Takes reports about any domain, as a server that catches all mail does.
    pub fn for_any_domain(config: Arc<Handle>, metrics: Arc<Metrics>) -> Receiver {
        Receiver(Arc::new(Inner {
            config,
            metrics,
            any_domain: true,
            slots: Arc::new(Semaphore::new(SLOTS)),
        }))
    }

    fn any_domain(&self) -> bool {
        self.0.any_domain
    }

    fn config(&self) -> Arc<Config> {
        self.0.config.load()
    }

    fn metrics(&self) -> Arc<Metrics> {
        self.0.metrics.clone()
    }

    /// Reads the message that `bytes` gives, which may block, and which is from `sender` and arrived `at` a time, as a
    /// report of a family.
    pub async fn read<E>(
        &self,
        family: ReportFamily,
        sender: Domain,
        at: Timestamp,
        size: u64,
        bytes: impl FnOnce() -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<Received, NotKept> {
        if size > MAX_MESSAGE as u64 {
            return Err(NotKept::NotFound(format!("{size} bytes, more than {MAX_MESSAGE}")));
        }
        let slot = tokio::time::timeout(WAIT, self.0.slots.clone().acquire_owned());
        let slot = slot.await.map_err(|_| NotKept::Busy)?.map_err(|_| NotKept::Lost)?;
        let this = self.clone();
        let read = tokio::task::spawn_blocking(move || {
            // Taken until it is done, also when nobody waits for it any more.
            let _slot = slot;
            let message = bytes().map_err(|_| NotKept::Lost)?;
            let content = this.parse(family, &message, at)?;
            Ok(Received { sender, content })
        });
        read.await.map_err(|_| NotKept::Lost)?
    }

    fn parse(&self, family: ReportFamily, message: &[u8], at: Timestamp) -> Result<Content, NotKept> {
        match family {
            ReportFamily::Tls => tls::read(self, message, at).map(Content::Tls),
            ReportFamily::Dmarc if dmarc::is_failure_report(message) => {
                dmarc::Failure::read(self, message).map(Box::new).map(Content::Failure)
            }
            ReportFamily::Dmarc => {
                dmarc::Aggregate::read(self, message, at).map(Box::new).map(Content::Aggregate)
            }
        }
    }
}

impl Received {
    /// Of which family it is.
    pub fn family(&self) -> ReportFamily {
        match self.content {
            Content::Tls(_) => ReportFamily::Tls,
            Content::Aggregate(_) | Content::Failure(_) => ReportFamily::Dmarc,
        }
    }

    fn table(&self) -> Table {
        match self.content {
            Content::Tls(_) => tls::TABLE,
            Content::Aggregate(_) => dmarc::AGGREGATE,
            Content::Failure(_) => dmarc::FAILURE,
        }
    }

    /// About so many bytes are kept of it.
    fn size(&self) -> u64 {
        match &self.content {
            Content::Tls(parts) => parts.iter().map(tls::Part::size).fold(0, u64::saturating_add),
            Content::Aggregate(report) => dmarc::size(report),
            Content::Failure(report) => dmarc::failure_size(report),
        }
    }

    /// Whose limit of a day does not leave room for it.
    fn exceeds(&self, tx: &Tx<'_>, at: Timestamp) -> Result<Option<&'static str>, Error> {
        let (day, size) = (at.minus(Duration::from_secs(86_400)), self.size());
        let organization = organization(self.sender.ascii());
        for (whose, of, most) in
            [("of its organization", Some(organization), A_DAY), ("of all", None, ALL_A_DAY)]
        {
            let there = tables::brought_since(tx.conn(), self.table(), of, day)?;
            if there.reports >= most.reports || there.bytes.saturating_add(size) > most.bytes {
                return Ok(Some(whose));
            }
        }
        Ok(None)
    }

    /// Keeps the report with the message that brought it, in the transaction that delivers it. Gives the number of
    /// policy domains for which it is new.
    pub fn store(
        &self,
        receiver: &Receiver,
        tx: &mut Tx<'_>,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> Result<usize, Error> {
        let sender = &self.sender;
        if let Some(limit) = self.exceeds(tx, at)? {
            let table = self.table().name;
            tracing::warn!(%sender, table, limit, "too many reports on one day: not kept");
            return Ok(0);
        }
        let new = match &self.content {
            Content::Tls(parts) => {
                let mut new = 0;
                for part in parts {
                    new += usize::from(part.store(receiver, tx, sender, message, at)?);
                }
                new
            }
            Content::Aggregate(report) => report.store(receiver, tx, sender, message, at)?.into(),
            Content::Failure(report) => report.store(receiver, tx, sender, message, at)?.into(),
        };
        Ok(new)
    }
}

/// Refuses a time that cannot be.
pub(crate) fn check_period(begin: Timestamp, end: Timestamp, at: Timestamp) -> Result<(), NotKept> {
    if begin > end {
        return Err(NotKept::Period(format!("it begins at {begin}, after its end at {end}")));
    }
    if end > at.plus(AHEAD) {
        return Err(NotKept::Period(format!("it ends at {end}, more than a day from now")));
    }
    Ok(())
}

/// Removes what is older than it is kept for, at most `max` reports of a kind; gives how many went.
pub async fn purge(store: &Store, now: Timestamp, max: u32) -> Result<usize, Error> {
    let mut gone = 0;
    for table in TABLES {
        let before = now.minus(table.keep);
        // Nothing is written where there is nothing to remove: an idle server leaves its disk alone.
        if store.read(move |_, tx| tables::has_older(tx.conn(), table, before)).await? {
            gone += store.write(move |_, tx| tables::purge(tx.conn(), table, before, max)).await?;
        }
    }
    Ok(gone)
}

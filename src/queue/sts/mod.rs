//! The cache of MTA-STS policies: what a recipient domain asks of deliveries to it, remembered.
//!
//! States of a domain (the row of `tables`): nothing; IN FORCE until it expires; FAILING, for [`BACKOFF`], when nothing
//! was in force and a policy that DNS announces cannot be had.
//!
//! Invariants: 1. What is in force stays in force until it expires, whatever DNS and the policy host say, unless they
//! prove a newer policy (RFC 8461 §5.1); only a policy of mode `none` goes with its record. 2. A policy host is not
//! asked again within [`BACKOFF`] of a failure. 3. Deliveries to one domain at the same time share one look.
//! 4. A record that DNS cannot give now, or that DNSSEC refuses, is never taken for none: without a policy in force the
//! delivery waits. 5. A delivery under a policy in force costs no commit, but for one a day that notes its use.
//! RFC 8461 §3.3, §5, §10.2 (refresh).

mod asking;
mod flight;
mod refresh;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{MtastsList, MtastsRow};
use mox_clock::{Clock, Random, Timestamp};
use mox_db::{ReadTx, Schema, Tx};
use mox_dns::Resolver;
use mox_mtasts::{Fetch, FetchError, Fetched, Mode, Policy, RecordLookup};
use mox_store::{Error, Store};
use mox_tlsrpt::ResultType;

pub use asking::Asking;
use flight::Flights;
use tables::Row;

/// The tables of the cache.
pub const STS_SCHEMA: Schema = tables::SCHEMA;

/// How long a policy host is left alone after it failed.
const BACKOFF: Duration = Duration::from_secs(5 * 60);

/// Longest wait for record and policy of a domain that nothing is known of.
const FIRST: Duration = Duration::from_secs(60);

/// Longest wait for either when a policy is in force.
const AGAIN: Duration = Duration::from_secs(30);

/// How exactly the last use of a policy is remembered.
const USE: Duration = Duration::from_secs(24 * 60 * 60);

/// Says that a policy of before is in force because there is no telling what is so now.
const FALLBACK: &str = "+fallback-to-cached-policy";

/// The policies; clones share them.
#[derive(Clone)]
pub struct Policies(Arc<Inner>);

struct Inner {
    store: Store,
    resolver: Arc<dyn Resolver>,
    web: Arc<dyn Fetch>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    flights: Flights,
}

/// What holds for a delivery to a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The policy in force; one in mode `none` asks for nothing. None without MTA-STS.
    pub policy: Option<Policy>,
    /// Its file as it was served, for reports; empty without a policy in force.
    pub text: String,
    /// What to report: the domain has MTA-STS, and it fails.
    pub failure: Option<Failure>,
    /// Why the delivery must wait: DNS does not say whether there is a policy, and none is in force.
    pub temporary: Option<String>,
}

/// A failure to find out about a policy, as reports tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name in RFC 8460 §4.3.
    pub result_type: ResultType,
    /// A short reason without spaces.
    pub reason: String,
}

/// Knows the MTA-STS policies of recipient domains.
pub trait StsPolicies: Send + Sync {
    /// What holds for a delivery to the domain now.
    fn get<'a>(&'a self, domain: &'a Domain) -> crate::BoxFuture<'a, Found>;
}

impl StsPolicies for Policies {
    fn get<'a>(&'a self, domain: &'a Domain) -> crate::BoxFuture<'a, Found> {
        Box::pin(Policies::get(self, domain))
    }
}

/// What is remembered of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// Whose policy.
    pub domain: Domain,
    /// What was served; none when it could not be had.
    pub policy: Option<Policy>,
    /// Version that the record named.
    pub record_id: String,
    /// When it was fetched, or tried to.
    pub fetched: Timestamp,
    /// When it is no longer in force; without a policy, when it is tried again.
    pub expires: Timestamp,
    /// When a delivery last asked, within a day.
    pub used: Timestamp,
    /// The last attempt to fetch, when it failed.
    pub failure: Option<Failure>,
}

impl Cached {
    /// As operators see it.
    pub fn shown(self) -> MtastsRow {
        let mx = |policy: &Policy| policy.mx.iter().map(ToString::to_string).collect();
        MtastsRow {
            domain: self.domain.to_string(),
            mode: self.policy.as_ref().map(|policy| policy.mode.to_string()),
            mx: self.policy.as_ref().map(mx).unwrap_or_default(),
            record_id: self.record_id,
            fetched: Time(self.fetched),
            expires: Time(self.expires),
            used: Time(self.used),
            failure: self.failure.map(|failure| format!("{} {}", failure.result_type, failure.reason)),
        }
    }
}

impl Policies {
    /// The policies in `store`, which was opened with [`STS_SCHEMA`].
    pub fn new(
        store: Store,
        resolver: Arc<dyn Resolver>,
        web: Arc<dyn Fetch>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Policies {
        Policies(Arc::new(Inner { store, resolver, web, clock, random, flights: Flights::default() }))
    }

    /// What holds for a delivery to the domain now. Takes at most a minute.
    pub async fn get(&self, domain: &Domain) -> Found {
        self.0.flights.share(domain, || self.look(domain, Why::Delivery)).await
    }

    /// What is remembered, in order of names.
    pub async fn list(&self, op: MtastsList) -> Result<Vec<Cached>, Error> {
        let limit = op.limit.unwrap_or(MtastsList::MAX).min(MtastsList::MAX);
        let part = op.domain.unwrap_or_default().trim().to_ascii_lowercase();
        let after = op.after.unwrap_or_default();
        self.0.store.read(move |_, tx| tables::list(tx.conn(), &part, &after, limit)).await
    }

    /// What is remembered of the domain.
    pub async fn known(&self, domain: &Domain) -> Result<Option<Cached>, Error> {
        let domain = domain.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            Ok(tables::get(tx.conn(), &domain)?.map(|row| row.known(domain)))
        };
        self.0.store.read(read).await
    }

    /// Forgets what is known of the domain; says whether that was something. The next delivery looks anew.
    pub async fn forget(&self, domain: &Domain) -> Result<bool, Error> {
        let domain = domain.clone();
        self.0.store.write(move |_, tx| tables::delete(tx.conn(), &domain)).await
    }

    /// Looks at what is remembered, and at what the domain says now.
    async fn look(&self, domain: &Domain, why: Why) -> Found {
        let asked = domain.clone();
        let row = match self.0.store.read(move |_, tx| tables::get(tx.conn(), &asked)).await {
            Ok(row) => row,
            Err(error) => {
                let temporary = Some(format!("MTA-STS policies cannot be read: {error}"));
                return Found { temporary, ..Found::default() };
            }
        };
        let now = self.0.clock.now();
        match row.filter(|row| row.expires > now) {
            Some(Row { held: Some(held), record_id, used, retry, .. }) => {
                self.again(domain, Held { fetched: held, record_id, used, retry }, why).await
            }
            Some(Row { held: None, .. }) => {
                Found::failing(ResultType::StsPolicyFetchError, "back-off-after-recent-fetch-error")
            }
            // A refresh is for what is in force. A delivery that shares this look learns nothing from it, and waits.
            None if why == Why::Refresh => {
                let temporary = Some("the MTA-STS policy ran out while it was being refreshed".to_owned());
                Found { temporary, ..Found::default() }
            }
            None => self.first(domain).await,
        }
    }

    /// When nothing is in force.
    async fn first(&self, domain: &Domain) -> Found {
        let started = self.0.clock.monotonic();
        let record = match self.record(domain, FIRST).await {
            RecordLookup::Found { record, .. } => record,
            other => return Found::without_policy(&other),
        };
        let left = FIRST.saturating_sub(self.0.clock.monotonic().saturating_sub(started));
        match self.fetch(domain, left).await {
            Ok(fetched) => {
                self.keep(domain, &fetched, record.id, self.0.clock.now()).await;
                Found::in_force(fetched)
            }
            Err(error) => {
                let (failure, now) = (failure_of_fetch(&error), self.0.clock.now());
                tracing::info!(domain = %domain, error = %error, "MTA-STS policy cannot be had");
                let row = Row::failing(record.id, now, now.plus(BACKOFF), failure.clone());
                self.put(domain, row).await;
                Found { failure: Some(failure), ..Found::default() }
            }
        }
    }

    /// When a policy is in force.
    async fn again(&self, domain: &Domain, held: Held, why: Why) -> Found {
        let refresh = why == Why::Refresh;
        let record = self.record(domain, AGAIN).await;
        match &record {
            RecordLookup::Found { record, .. } if record.id == held.record_id && !refresh => {
                self.note_use(domain, &held).await;
                Found::in_force(held.fetched)
            }
            RecordLookup::Found { record, .. } => self.renew(domain, held, record.id.clone(), why).await,
            // The policy host proves its name by itself: who can break DNS must not outlast the policy by that.
            // Neither must who can deny the record, unless DNSSEC proves that it is gone.
            RecordLookup::Temporary(_) | RecordLookup::Absent { authentic: false }
                if refresh && held.fetched.policy.mode != Mode::None =>
            {
                let id = held.record_id.clone();
                self.renew(domain, held, id, why).await
            }
            RecordLookup::Absent { .. } if held.fetched.policy.mode == Mode::None => {
                if let Err(error) = self.forget(domain).await {
                    tracing::warn!(domain = %domain, error = %error, "MTA-STS policy cannot be forgotten");
                }
                Found::default()
            }
            other => {
                if !refresh {
                    self.note_use(domain, &held).await;
                }
                Found::fallback(held.fetched, failure_of_record(other))
            }
        }
    }

    /// Fetches the policy again, and keeps the one in force when that fails.
    async fn renew(&self, domain: &Domain, held: Held, id: String, why: Why) -> Found {
        if held.retry > self.0.clock.now() {
            let reason = "back-off-after-recent-fetch-error".to_owned();
            let failure = Failure { result_type: ResultType::StsPolicyFetchError, reason };
            return Found::fallback(held.fetched, Some(failure));
        }
        let fetched = self.fetch(domain, AGAIN).await;
        let now = self.0.clock.now();
        let used = if why == Why::Refresh { held.used } else { now };
        match fetched {
            Ok(fetched) => {
                self.keep(domain, &fetched, id, used).await;
                Found::in_force(fetched)
            }
            Err(error) => {
                // An administrator may still help before the policy expires (RFC 8461 §10.2).
                if held.fetched.policy.mode != Mode::None {
                    tracing::warn!(domain = %domain, error = %error, "MTA-STS policy cannot be fetched again, the old one holds");
                }
                let failure = failure_of_fetch(&error);
                let (name, noted) = (domain.clone(), failure.clone());
                let write = move |_: &Store, tx: &mut Tx<'_>| {
                    tables::set_failed(tx.conn(), &name, now.plus(BACKOFF), used, &noted)
                };
                self.written(domain, self.0.store.write(write).await);
                Found::fallback(held.fetched, Some(failure))
            }
        }
    }

    /// What DNS says within a time.
    async fn record(&self, domain: &Domain, limit: Duration) -> RecordLookup {
        let lookup = mox_mtasts::lookup_record(&*self.0.resolver, domain);
        let late = || RecordLookup::Temporary(mox_dns::Error::temporary("no answer in time"));
        self.within(limit, lookup).await.unwrap_or_else(late)
    }

    /// What the policy host says within a time.
    async fn fetch(&self, domain: &Domain, limit: Duration) -> Result<Fetched, FetchError> {
        let late = || Err(FetchError::Exchange { reason: "no answer in time".to_owned(), temporary: true });
        self.within(limit, mox_mtasts::fetch(&*self.0.web, domain)).await.unwrap_or_else(late)
    }

    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.0.clock.sleep(limit) => None,
        }
    }

    /// Remembers a policy that was fetched now.
    async fn keep(&self, domain: &Domain, fetched: &Fetched, record_id: String, used: Timestamp) {
        let now = self.0.clock.now();
        let expires = now.plus(Duration::from_secs(u64::from(fetched.policy.max_age)));
        self.put(
            domain,
            Row {
                held: Some(fetched.clone()),
                record_id,
                fetched: now,
                expires,
                used,
                retry: now,
                failure: None,
            },
        )
        .await;
    }

    async fn put(&self, domain: &Domain, row: Row) {
        let name = domain.clone();
        let result = self.0.store.write(move |_, tx| tables::put(tx.conn(), &name, &row)).await;
        self.written(domain, result);
    }

    /// Notes that a delivery used the policy, once a day.
    async fn note_use(&self, domain: &Domain, held: &Held) {
        let now = self.0.clock.now();
        if now.since(held.used) >= USE {
            let name = domain.clone();
            let result = self.0.store.write(move |_, tx| tables::set_used(tx.conn(), &name, now)).await;
            self.written(domain, result);
        }
    }

    /// What is known now holds for this delivery even when it cannot be remembered.
    fn written(&self, domain: &Domain, result: Result<(), Error>) {
        if let Err(error) = result {
            tracing::error!(domain = %domain, error = %error, "MTA-STS policy cannot be stored");
        }
    }
}

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Why {
    Delivery,
    Refresh,
}

/// A policy in force.
struct Held {
    fetched: Fetched,
    record_id: String,
    used: Timestamp,
    retry: Timestamp,
}

impl Found {
    fn in_force(fetched: Fetched) -> Found {
        Found { policy: Some(fetched.policy), text: fetched.text, ..Found::default() }
    }

    fn failing(result_type: ResultType, reason: &str) -> Found {
        Found { failure: Some(Failure { result_type, reason: reason.to_owned() }), ..Found::default() }
    }

    fn fallback(fetched: Fetched, failure: Option<Failure>) -> Found {
        let failure = failure.map(|f| Failure { reason: f.reason + FALLBACK, ..f });
        Found { failure, ..Found::in_force(fetched) }
    }
}

/// What reports say of a record that is none.
fn failure_of_record(record: &RecordLookup) -> Option<Failure> {
    let reason = match record {
        RecordLookup::Temporary(mox_dns::Error::Bogus { extended: Some(extended) }) => {
            format!("dns-extended-error-{}-{}", extended.code, extended.name())
        }
        other => other.reason_code()?.to_owned(),
    };
    Some(Failure { result_type: ResultType::StsPolicyFetchError, reason })
}

/// What reports say of a policy that cannot be had.
fn failure_of_fetch(error: &FetchError) -> Failure {
    let result_type = match error.result_type() {
        mox_mtasts::ResultType::FetchError => ResultType::StsPolicyFetchError,
        mox_mtasts::ResultType::Invalid => ResultType::StsPolicyInvalid,
        mox_mtasts::ResultType::WebPki => ResultType::StsWebpkiInvalid,
    };
    Failure { result_type, reason: error.reason_code().to_owned() }
}

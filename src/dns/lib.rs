//! Resolver: every answer says whether it was authentic.
//!
//! [`Resolver`] is the seam: [`HickoryResolver`] asks name servers and believes their AD bit, [`ValidatingResolver`]
//! believes nobody and proves what they answer, [`CachingResolver`] remembers, [`BudgetedResolver`] bounds, [`HostsResolver`]
//! knows this host's names, [`sim::SimResolver`] answers from zone text; [`signed`] holds zones that sign what they
//! answer, for the validating resolver, and [`server`] gives both kinds of zones to others. Typed lookups are methods of
//! `dyn Resolver`. RFC 1034, 1035, 2308 (negative answers), 4035 §3.2.3 (AD bit), 8914 (extended errors).
//!
//! Names are text: absolute, A-labels, with or without the final dot when asked for; answers give them in lower
//! case without the final dot, the root as `.`. No search list is ever used. An answer is authentic only when every
//! step of it was; a bogus answer is an error and never degrades to one that is merely not authentic.

mod auto;
mod budget;
mod cache;
mod error;
mod explain;
mod hickory;
mod hosts;
mod name;
mod record;
pub mod server;
pub mod signed;
pub mod sim;
mod typed;
mod validate;
mod zonetext;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;

pub use budget::BudgetedResolver;
pub use cache::{CachingResolver, MAX_NEGATIVE_TTL, MAX_TTL};
pub use error::{Error, ExtendedError};
pub use explain::{Explained, Security};
pub use hickory::{HickoryResolver, Upstream};
pub use hosts::{Hosts, HostsError, HostsResolver, MAX_HOSTS_FILE};
pub use name::reverse_name;
pub use record::{Record, RecordType};
pub use typed::{Issuer, MxHost, Service, TlsAssociation, is_null_mx};
pub use validate::anchors::MAX_ANCHORS;
pub use validate::{ValidatingResolver, count_anchors};

/// What an asynchronous seam returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Longest chain of CNAME records that is followed.
pub const MAX_CNAMES: usize = 10;

/// How many answers [`resolver`] keeps.
pub const CACHE_ENTRIES: usize = 10_000;

/// Whom to believe that an answer is authentic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dnssec {
    /// The AD bit of name servers that are trusted (on a loopback address, or by `options trust-ad` in resolv.conf) and
    /// that validate, else own validation, where the name servers give DNSSEC records at all. Own validation with own
    /// trust anchors.
    #[default]
    Auto,
    /// Own validation, from the trust anchors.
    Validate,
    /// The AD bit of the name servers, wherever they are.
    TrustAd,
    /// Nobody: no answer is authentic.
    Off,
}

/// What the usual resolver asks and believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Whom to ask.
    pub upstream: Upstream,
    /// Whom to believe.
    pub dnssec: Dnssec,
    /// Trust anchors instead of the built-in ones of the root: DS or DNSKEY records as in a zone file.
    pub anchors: Option<String>,
}

impl Options {
    /// The name servers of the system; `resolv_conf` as in [`Upstream::System`].
    pub fn system(resolv_conf: Option<PathBuf>) -> Options {
        Options { upstream: Upstream::System { resolv_conf }, dnssec: Dnssec::Auto, anchors: None }
    }
}

/// The usual resolver: this host's names (`hosts` is usually [`Hosts::load`] of `/etc/hosts`), then the cache, then
/// the name servers. Must be called within a tokio runtime.
pub fn resolver(options: &Options, hosts: Hosts, clock: Arc<dyn Clock>) -> Result<Arc<dyn Resolver>, Error> {
    let servers = auto::choose(options, &clock)?;
    let cache = Arc::new(CachingResolver::new(servers, clock, CACHE_ENTRIES));
    Ok(Arc::new(HostsResolver::new(hosts, cache)))
}

/// Where names are looked up.
pub trait Resolver: Send + Sync {
    /// Looks up the records of one type, following CNAMEs unless that is the type asked for.
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>>;

    /// Looks up like [`Resolver::lookup`], and says what DNSSEC says of the answer and why.
    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let outcome = self.lookup(name, kind);
        Box::pin(async move { Explained::of(outcome.await, Vec::new()) })
    }
}

/// A positive answer: at least one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T = Record> {
    /// The records of the type asked for, in the order received.
    pub records: Vec<T>,
    /// How long the answer may be kept: the least of all its records.
    pub ttl: Duration,
    /// Whether DNSSEC proves every step from the name asked for to the records.
    pub authentic: bool,
    /// The name that holds the records: the one asked for, or where its CNAMEs lead.
    pub expanded_name: String,
    /// The names that are CNAMEs on the way, the one asked for first. Empty when there are none.
    pub cnames: Vec<String>,
}

impl<T> Answer<T> {
    /// The same answer with other records.
    pub fn with<U>(self, records: Vec<U>) -> Answer<U> {
        let Answer { ttl, authentic, expanded_name, cnames, .. } = self;
        Answer { records, ttl, authentic, expanded_name, cnames }
    }
}

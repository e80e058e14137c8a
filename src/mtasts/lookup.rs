//! Finds what a domain says: its record, and the policy that the record announces, with every way to fail told apart.
//!
//! Of TXT records at `_mta-sts` only those that begin as the RFC says are counted; not exactly one is as good as none
//! (RFC 8461 §3.1). Each domain speaks for itself alone, not for those below it (RFC 8461 §3.4).

use mox_address::Domain;
use mox_dns::{Error, Resolver};

use crate::{Fetch, FetchError, Fetched, Record, RecordError, fetch};

/// What DNS says of a domain's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordLookup {
    /// There is no record.
    Absent {
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
    /// There is no telling now.
    Temporary(Error),
    /// There are several records, which counts as none.
    Several(Vec<String>),
    /// The record is not lawful, which counts as none.
    Invalid {
        /// As published.
        text: String,
        /// Why.
        error: RecordError,
    },
    /// There is one.
    Found {
        /// What it says.
        record: Record,
        /// As published.
        text: String,
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
}

impl RecordLookup {
    /// The record, when there is one.
    pub fn record(&self) -> Option<&Record> {
        match self {
            RecordLookup::Found { record, .. } => Some(record),
            _ => None,
        }
    }

    /// Whether the answer may be another a little later.
    pub fn is_temporary(&self) -> bool {
        matches!(self, RecordLookup::Temporary(_))
    }

    /// A short reason without spaces, stable, for reports and metrics; none when there is a record.
    pub fn reason_code(&self) -> Option<&'static str> {
        match self {
            RecordLookup::Absent { .. } => Some("no-mta-sts-dns-txt-record"),
            RecordLookup::Temporary(_) => Some("dns-lookup"),
            RecordLookup::Several(_) => Some("multiple-mta-sts-records"),
            RecordLookup::Invalid { .. } => Some("record-syntax-error"),
            RecordLookup::Found { .. } => None,
        }
    }
}

/// Everything there is about a domain's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What DNS says.
    pub record: RecordLookup,
    /// What the policy host says; it is asked only when there is a record.
    pub policy: Option<Result<Fetched, FetchError>>,
}

/// The name that holds a domain's record.
pub fn record_name(domain: &Domain) -> String {
    format!("_mta-sts.{domain}")
}

/// Looks for the record of a domain.
pub async fn lookup_record(resolver: &dyn Resolver, domain: &Domain) -> RecordLookup {
    let answer = match resolver.lookup_txt(&record_name(domain)).await {
        Ok(answer) => answer,
        Err(error) if error.is_temporary() => return RecordLookup::Temporary(error),
        // A name too long for DNS is a name without records.
        Err(error) => return RecordLookup::Absent { authentic: error.is_authentic() },
    };
    let authentic = answer.authentic;
    let mut texts: Vec<String> = answer.records.into_iter().filter(|text| Record::resembles(text)).collect();
    if texts.len() > 1 {
        texts.retain(|text| Record::is_one(text));
    }
    if texts.len() > 1 {
        return RecordLookup::Several(texts);
    }
    let Some(text) = texts.pop() else { return RecordLookup::Absent { authentic } };
    match text.parse() {
        Ok(record) => RecordLookup::Found { record, text, authentic },
        Err(error) => RecordLookup::Invalid { text, error },
    }
}

/// Looks for the record of a domain, and fetches the policy when there is one.
pub async fn lookup(resolver: &dyn Resolver, web: &dyn Fetch, domain: &Domain) -> Outcome {
    let record = lookup_record(resolver, domain).await;
    let policy = match &record {
        RecordLookup::Found { .. } => Some(fetch(web, domain).await),
        _ => None,
    };
    Outcome { record, policy }
}

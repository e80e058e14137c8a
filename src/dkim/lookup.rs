//! Keys asked of DNS: each name once, all at the same time.
//!
//! Of the texts at a name those count that are key records; two that differ are an error, because nobody could say
//! which one is meant. That a name server did not answer never means that there is no key.
//! RFC 6376 §3.6.2.2, §6.1.2.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use mox_dns::{BoxFuture, Error, Resolver};

use crate::record::{Record, RecordError};

/// Most texts at one name that are looked at.
pub const MAX_TEXTS: usize = 10;

/// A key record as found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// Its text.
    pub text: String,
    /// Whether DNSSEC proves that it is the domain's.
    pub authentic: bool,
}

/// Why no key was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// Nobody answered, or with a forged answer.
    #[error("no answer for the key: {0}")]
    Temporary(Error),
    /// There is no text at the name.
    #[error("no key: {0}")]
    NoRecord(Error),
    /// The texts at the name are no key records.
    #[error("not a key record: {error}")]
    Malformed {
        /// What is wrong with the (first) text.
        error: RecordError,
        /// The text.
        text: String,
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
    /// Key records that differ.
    #[error("several key records")]
    Several {
        /// Whether DNSSEC proves it.
        authentic: bool,
    },
}

impl LookupError {
    /// Whether asking later may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, LookupError::Temporary(_))
    }

    /// Whether DNSSEC proves that there is no (usable) key.
    pub fn is_authentic(&self) -> bool {
        match self {
            LookupError::Temporary(_) => false,
            LookupError::NoRecord(error) => error.is_authentic(),
            LookupError::Malformed { authentic, .. } | LookupError::Several { authentic } => *authentic,
        }
    }
}

/// Looks for the key at [`crate::key_name`].
pub async fn lookup(resolver: &dyn Resolver, name: &str) -> Result<Found, LookupError> {
    let answer = match resolver.lookup_txt(name).await {
        Ok(answer) => answer,
        Err(error) if error.is_temporary() => return Err(LookupError::Temporary(error)),
        Err(error) => return Err(LookupError::NoRecord(error)),
    };
    let authentic = answer.authentic;
    let (mut found, mut malformed): (Option<Found>, _) = (None, None);
    for text in answer.records.into_iter().take(MAX_TEXTS) {
        match Record::parse(&text) {
            Ok(record) => match &found {
                Some(other) if other.record != record => return Err(LookupError::Several { authentic }),
                _ => found = Some(Found { record, text, authentic }),
            },
            Err(error) => malformed = malformed.or(Some(LookupError::Malformed { error, text, authentic })),
        }
    }
    match (found, malformed) {
        (Some(found), _) => Ok(found),
        (None, Some(malformed)) => Err(malformed),
        (None, None) => Err(LookupError::NoRecord(Error::temporary("an answer without texts"))),
    }
}

/// The keys by name.
pub(crate) type Keys = BTreeMap<String, Result<Found, LookupError>>;

/// Looks for several keys at once; a name that stands twice is asked for once.
pub(crate) async fn lookup_all(resolver: &dyn Resolver, names: impl Iterator<Item = String>) -> Keys {
    let mut waiting: BTreeMap<String, BoxFuture<'_, Result<Found, LookupError>>> = BTreeMap::new();
    for name in names {
        waiting.entry(name.clone()).or_insert_with(|| Box::pin(async move { lookup(resolver, &name).await }));
    }
    let mut keys = Keys::new();
    poll_fn(|cx| {
        waiting.retain(|name, lookup| match lookup.as_mut().poll(cx) {
            Poll::Ready(key) => {
                keys.insert(name.clone(), key);
                false
            }
            Poll::Pending => true,
        });
        if waiting.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    keys
}

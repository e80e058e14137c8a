//! MTA-STS policies without a memory: what the domain says at this moment. For commands that have no store.

use std::sync::Arc;

use mox_address::Domain;
use mox_dns::Resolver;
use mox_mtasts::{Fetch, RecordLookup};

use super::{Found, StsPolicies, failure_of_fetch, failure_of_record};
use crate::BoxFuture;

/// Asks each time.
pub struct Asking {
    /// For the record.
    pub resolver: Arc<dyn Resolver>,
    /// For the policy.
    pub web: Arc<dyn Fetch>,
}

impl StsPolicies for Asking {
    fn get<'a>(&'a self, domain: &'a Domain) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            let outcome = mox_mtasts::lookup(&*self.resolver, &*self.web, domain).await;
            match outcome.policy {
                Some(Ok(fetched)) => Found::in_force(fetched),
                Some(Err(error)) => Found { failure: Some(failure_of_fetch(&error)), ..Found::default() },
                None => Found::without_policy(&outcome.record),
            }
        })
    }
}

impl Found {
    /// Nothing in force, and a record that names no policy.
    pub(super) fn without_policy(record: &RecordLookup) -> Found {
        let temporary = match record {
            RecordLookup::Absent { .. } => return Found::default(),
            RecordLookup::Temporary(error) => Some(format!("looking for MTA-STS: {error}")),
            _ => None,
        };
        Found { failure: failure_of_record(record), temporary, ..Found::default() }
    }
}

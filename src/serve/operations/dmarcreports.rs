//! DMARC reports of others that arrived.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{DmarcReport, DmarcReports, FailureReport, FailureReports};
use mox_reports::receive::dmarc;

use super::Parts;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (list, show, failures, failure) = (parts.clone(), parts.clone(), parts.clone(), parts.clone());
    operations
        .on(move |op: DmarcReports| {
            let parts = list.clone();
            async move { dmarc::reports(&parts.store, op, parts.clock.now()).await }
        })
        .on(move |op: DmarcReport| {
            let parts = show.clone();
            async move { dmarc::report(&parts.store, op).await }
        })
        .on(move |op: FailureReports| {
            let parts = failures.clone();
            async move { dmarc::failures(&parts.store, op, parts.clock.now()).await }
        })
        .on(move |op: FailureReport| {
            let parts = failure.clone();
            async move { dmarc::failure(&parts.store, op).await }
        })
}

//! Reports of others about TLS that arrived.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{TlsReport, TlsReports};
use mox_reports::receive::tls;

use super::Parts;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (list, show) = (parts.clone(), parts.clone());
    operations
        .on(move |op: TlsReports| {
            let parts = list.clone();
            async move { tls::reports(&parts.store, op, parts.clock.now()).await }
        })
        .on(move |op: TlsReport| {
            let parts = show.clone();
            async move { tls::report(&parts.store, op).await }
        })
}

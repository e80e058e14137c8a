//! Reports about TLS a page at a time, in both directions: the operations are those of the engine.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{
    TlsCauses, TlsCollected, TlsDomains, TlsOutlook, TlsReceived, TlsRecord, TlsSent, TlsTimeline,
};

use super::Parts;

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    /// A function that hands the operation to a method of the engine.
    macro_rules! to {
        ($method:ident) => {{
            let reports = parts.reports.clone();
            move |op| {
                let reports = reports.clone();
                async move { reports.$method(op).await }
            }
        }};
    }
    operations
        .on::<TlsCollected, _, _>(to!(tls_collected))
        .on::<TlsOutlook, _, _>(to!(tls_outlook))
        .on::<TlsSent, _, _>(to!(tls_sent))
        .on::<TlsRecord, _, _>(to!(tls_record))
        .on::<TlsReceived, _, _>(to!(tls_received))
        .on::<TlsTimeline, _, _>(to!(tls_timeline))
        .on::<TlsDomains, _, _>(to!(tls_domains))
        .on::<TlsCauses, _, _>(to!(tls_causes))
}

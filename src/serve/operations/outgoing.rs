//! Outgoing reports about TLS and DMARC: the operations are those of the engine.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{
    DmarcResults, ReportExplain, ReportHistory, ReportPreview, ReportSendNow, ReportSuppressAdd,
    ReportSuppressExtend, ReportSuppressList, ReportSuppressRemove, ReportSuppressed, TlsResults,
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
        .on::<TlsResults, _, _>(to!(results))
        .on::<DmarcResults, _, _>(to!(dmarc_results))
        .on::<ReportPreview, _, _>(to!(preview))
        .on::<ReportSendNow, _, _>(to!(send_now))
        .on::<ReportHistory, _, _>(to!(history))
        .on::<ReportExplain, _, _>(to!(explain))
        .on::<ReportSuppressList, _, _>(to!(suppress_list))
        .on::<ReportSuppressed, _, _>(to!(suppressed))
        .on::<ReportSuppressAdd, _, _>(to!(suppress_add))
        .on::<ReportSuppressExtend, _, _>(to!(suppress_extend))
        .on::<ReportSuppressRemove, _, _>(to!(suppress_remove))
}

//! Outgoing reports about TLS: the operations are those of the engine.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{
    TlsExplain, TlsHistory, TlsPreview, TlsResults, TlsSendNow, TlsSuppressAdd, TlsSuppressExtend,
    TlsSuppressList, TlsSuppressRemove,
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
        .on::<TlsPreview, _, _>(to!(preview))
        .on::<TlsSendNow, _, _>(to!(send_now))
        .on::<TlsHistory, _, _>(to!(history))
        .on::<TlsExplain, _, _>(to!(explain))
        .on::<TlsSuppressList, _, _>(to!(suppress_list))
        .on::<TlsSuppressAdd, _, _>(to!(suppress_add))
        .on::<TlsSuppressExtend, _, _>(to!(suppress_extend))
        .on::<TlsSuppressRemove, _, _>(to!(suppress_remove))
}

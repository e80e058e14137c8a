//! What received reports of both kinds tell together.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{DmarcReadiness, ReportCauses, ReportSilent, ReportSummary};

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
        .on::<ReportSummary, _, _>(to!(summary))
        .on::<ReportCauses, _, _>(to!(causes))
        .on::<ReportSilent, _, _>(to!(silent))
        .on::<DmarcReadiness, _, _>(to!(readiness))
}

//! DMARC a page at a time: the operations are those of the engine.

use std::sync::Arc;

use mox_admin::Operations;
use mox_admin::ops::{
    DmarcCollected, DmarcCollectedShow, DmarcDays, DmarcDomains, DmarcFailures, DmarcOutlook, DmarcReceived,
    DmarcReportPage, DmarcSent, DmarcSources,
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
        .on::<DmarcCollected, _, _>(to!(dmarc_collected))
        .on::<DmarcCollectedShow, _, _>(to!(dmarc_collected_show))
        .on::<DmarcOutlook, _, _>(to!(dmarc_outlook))
        .on::<DmarcSent, _, _>(to!(dmarc_sent))
        .on::<DmarcDays, _, _>(to!(dmarc_days))
        .on::<DmarcDomains, _, _>(to!(dmarc_domains))
        .on::<DmarcReceived, _, _>(to!(dmarc_received))
        .on::<DmarcReportPage, _, _>(to!(dmarc_report_page))
        .on::<DmarcSources, _, _>(to!(dmarc_sources))
        .on::<DmarcFailures, _, _>(to!(dmarc_failures))
}

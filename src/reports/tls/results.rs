//! Operations that look at what deliveries told about TLS.

use mox_admin::OpError;
use mox_admin::ops::{TlsFailure, TlsResultRow, TlsResults};
use mox_db::ReadTx;
use mox_store::Store;
use mox_tlsrpt::{FailureDetail, PolicyResult};

use crate::Reports;
use crate::kind::Kind;
use crate::ops::{ascii, failed};
use crate::tables::result::{self, Found};

/// Most rows of results in a reply.
const MAX_RESULTS: u32 = 100_000;

impl Reports {
    /// Results that wait for their report.
    pub async fn results(&self, op: TlsResults) -> Result<Vec<TlsResultRow>, OpError> {
        let day = op.day.as_deref().map(|text| self.day(text)).transpose()?;
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let read =
            move |_: &Store, tx: &ReadTx<'_>| result::list(tx.conn(), day, domain.as_deref(), MAX_RESULTS);
        let found = self.0.store.read(read).await.map_err(failed)?;
        Ok(found.into_iter().flat_map(rows).collect())
    }
}

pub(crate) fn rows(found: Found) -> Vec<TlsResultRow> {
    let kind = if found.is_host { Kind::Host } else { Kind::Domain };
    let row = |result: &PolicyResult| TlsResultRow {
        policy_domain: found.policy_domain.clone(),
        recipient_domain: found.recipient_domain.clone(),
        kind: kind.as_str().to_owned(),
        day: found.day.to_string(),
        policy_type: result.policy.kind.to_string(),
        policy_string: result.policy.strings.clone(),
        mx_host: result.policy.mx_hosts.clone(),
        successful: result.summary.successful,
        failed: result.summary.failed,
        details: result.details.iter().map(failure).collect(),
        send_report: found.send_report,
    };
    found.results.iter().map(row).collect()
}

fn failure(detail: &FailureDetail) -> TlsFailure {
    TlsFailure {
        result_type: detail.result.to_string(),
        sending_mta_ip: detail.sending_ip.clone(),
        receiving_mx_hostname: detail.mx_hostname.clone(),
        receiving_mx_helo: detail.mx_helo.clone(),
        receiving_ip: detail.receiving_ip.clone(),
        failed_session_count: detail.failed,
        additional_information: detail.information.clone(),
        failure_reason_code: detail.reason.clone(),
    }
}

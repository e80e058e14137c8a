//! What received reports about TLS tell: lists, causes since when, one report in sentences.

use mox_admin::ops::{
    TlsReport, TlsReportDay, TlsReportDetail, TlsReportList, TlsReportPolicy, TlsReportProblem, TlsReportRow,
    TlsReportSentence, TlsReports,
};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_store::{Error, Store};
use mox_tlsrpt::{FailureDetail, Policy, Report, ResultType, advice};

use super::tables::{self, Cause, Daily, Listed, TABLE};
use crate::receive::silence::silent;
use crate::receive::tables::Which;

fn failed(e: Error) -> OpError {
    OpError::failed(e)
}

/// The reports that arrived, and what they say together.
pub async fn reports(store: &Store, op: TlsReports, now: Timestamp) -> Result<TlsReportList, OpError> {
    let which = Which::asked(op.domain.as_deref(), op.since, TlsReports::DAYS, now)?;
    let limit = op.limit.unwrap_or(TlsReports::MAX).min(TlsReports::MAX);
    let read = store.read(move |_, tx| {
        let conn = tx.conn();
        Ok::<_, Error>((
            tables::list(conn, &which, limit)?,
            tables::days(conn, &which, limit)?,
            tables::causes(conn, &which, limit)?,
            silent(conn, TABLE, which.domain.as_deref(), now.day())?,
        ))
    });
    let (reports, days, causes, silent) = read.await.map_err(failed)?;
    Ok(TlsReportList {
        reports: reports.into_iter().map(row).collect(),
        days: days.into_iter().map(day).collect(),
        problems: causes.into_iter().map(problem).collect(),
        silent,
    })
}

pub(super) fn row(listed: Listed) -> TlsReportRow {
    TlsReportRow {
        id: listed.id,
        policy_domain: listed.policy_domain,
        sender: listed.sender,
        organization: listed.organization,
        report_id: listed.name,
        start: Time(listed.start),
        end: Time(listed.until),
        received: Time(listed.received),
        message_id: listed.message_id,
        successful: listed.successful,
        failed: listed.failed,
        details: listed.details,
    }
}

fn day(daily: Daily) -> TlsReportDay {
    TlsReportDay {
        policy_domain: daily.policy_domain,
        day: daily.day.to_string(),
        sender: daily.sender,
        reports: daily.reports,
        successful: daily.successful,
        failed: daily.failed,
    }
}

fn problem(cause: Cause) -> TlsReportProblem {
    let detail = FailureDetail::new(ResultType::from(cause.result.clone()), cause.reason.clone());
    let told = advice::sentence(&Policy::none(cause.policy_domain.clone()), &detail);
    TlsReportProblem {
        policy_domain: cause.policy_domain,
        policy_type: cause.policy_type,
        mx: cause.mx,
        result_type: cause.result,
        reason: cause.reason,
        since: Time(cause.since),
        last: Time(cause.last),
        sessions: cause.sessions,
        reporters: cause.senders,
        meaning: told.meaning,
        mend: told.mend,
    }
}

/// One report, whole.
pub async fn report(store: &Store, op: TlsReport) -> Result<TlsReportDetail, OpError> {
    let found = store.read(move |_, tx| tables::get(tx.conn(), op.id)).await.map_err(failed)?;
    let Some((listed, document, oddities)) = found else {
        return Err(OpError::not_found(format!("no TLS report {}", op.id))
            .hint("`mox tlsrpt reports list` shows what is there"));
    };
    let report: Report = serde_json::from_str(&document).map_err(OpError::failed)?;
    let policies = report.policies.iter().map(|result| TlsReportPolicy {
        summary: advice::policy_line(result),
        has_failure: result.has_failure(),
        failures: advice::sentences(result).into_iter().map(sentence).collect(),
    });
    Ok(TlsReportDetail {
        contact: report.contact_info.clone(),
        overview: advice::overview(&report),
        policies: policies.collect(),
        oddities: serde_json::from_str(&oddities).unwrap_or_default(),
        document: serde_json::from_str(&document).map_err(OpError::failed)?,
        row: row(listed),
    })
}

fn sentence(told: advice::Sentence) -> TlsReportSentence {
    TlsReportSentence { what: told.what, meaning: told.meaning, mend: told.mend }
}

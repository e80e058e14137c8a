//! What received DMARC reports tell: lists, counts of days, one report whole.

use mox_admin::ops::{
    DmarcReport, DmarcReportAuth, DmarcReportCause, DmarcReportDay, DmarcReportDetail, DmarcReportList,
    DmarcReportReason, DmarcReportRecord, DmarcReportRow, DmarcReports, FailureDetail, FailureFields,
    FailureReport, FailureReports, FailureRow,
};
use mox_admin::{OpError, Time};
use mox_clock::Timestamp;
use mox_dmarcrpt::{DkimAuth, PolicyPublished, Record, SpfAuth, advice};
use mox_store::{Error, Store};

use super::AGGREGATE;
use super::tables::{self, Contact, Daily, Listed, ListedFailure, Whole};
use crate::receive::silence::silent;
use crate::receive::tables::Which;

fn failed(e: Error) -> OpError {
    OpError::failed(e)
}

/// The reports that arrived, and what they say together.
pub async fn reports(store: &Store, op: DmarcReports, now: Timestamp) -> Result<DmarcReportList, OpError> {
    let which = Which::asked(op.domain.as_deref(), op.since, DmarcReports::DAYS, now)?;
    let limit = op.limit.unwrap_or(DmarcReports::MAX).min(DmarcReports::MAX);
    let read = store.read(move |_, tx| {
        let conn = tx.conn();
        Ok::<_, Error>((
            tables::list(conn, &which, limit)?,
            tables::days(conn, &which, limit)?,
            silent(conn, AGGREGATE, which.domain.as_deref(), now.day())?,
        ))
    });
    let (reports, days, silent) = read.await.map_err(failed)?;
    Ok(DmarcReportList {
        reports: reports.into_iter().map(row).collect(),
        days: days.into_iter().map(day).collect(),
        silent,
    })
}

pub(super) fn row(listed: Listed) -> DmarcReportRow {
    DmarcReportRow {
        id: listed.id,
        policy_domain: listed.policy_domain,
        sender: listed.sender,
        organization: listed.organization,
        report_id: listed.name,
        start: Time(listed.start),
        end: Time(listed.until),
        received: Time(listed.received),
        message_id: listed.message_id,
        messages: listed.messages,
        passed: listed.passed,
        failed: listed.messages.saturating_sub(listed.passed),
        quarantined: listed.quarantined,
        rejected: listed.rejected,
        rows: listed.rows,
        form: listed.form,
    }
}

fn day(daily: Daily) -> DmarcReportDay {
    DmarcReportDay {
        policy_domain: daily.policy_domain,
        day: daily.day.to_string(),
        sender: daily.sender,
        reports: daily.reports,
        messages: daily.messages,
        passed: daily.passed,
        failed: daily.messages.saturating_sub(daily.passed),
        quarantined: daily.quarantined,
        rejected: daily.rejected,
    }
}

/// One report, whole.
pub async fn report(store: &Store, op: DmarcReport) -> Result<DmarcReportDetail, OpError> {
    let read = store.read(move |_, tx| {
        let whole = tables::get(tx.conn(), op.id)?;
        Ok::<_, Error>((whole, tables::rows(tx.conn(), op.id)?))
    });
    let (Some(whole), records) = read.await.map_err(failed)? else { return Err(none(op.id)) };
    detail(whole, records)
}

/// That there is no such report.
pub(super) fn none(id: i64) -> OpError {
    OpError::not_found(format!("no DMARC report {id}")).hint("`mox dmarc reports list` shows what is there")
}

/// A report with some of its records.
pub(super) fn detail(whole: Whole, records: Vec<Record>) -> Result<DmarcReportDetail, OpError> {
    let contact: Contact = serde_json::from_str(&whole.metadata).unwrap_or_default();
    let policy: PolicyPublished = serde_json::from_str(&whole.policy).map_err(OpError::failed)?;
    let row = row(whole.listed);
    Ok(DmarcReportDetail {
        overview: overview(&row),
        email: contact.email,
        extra_contact_info: contact.extra_contact_info,
        errors: contact.error,
        generator: contact.generator,
        policy: serde_json::from_str(&whole.policy).map_err(OpError::failed)?,
        records: records.into_iter().map(|one| record(one, &policy)).collect(),
        oddities: serde_json::from_str(&whole.oddities).unwrap_or_default(),
        row,
    })
}

/// A row in the names of a report, with its cause.
pub(crate) fn record(record: Record, policy: &PolicyPublished) -> DmarcReportRecord {
    let cause = advice::cause(&record, policy).map(|cause| DmarcReportCause {
        id: cause.id.to_owned(),
        what: cause.what,
        meaning: cause.meaning,
        mend: cause.mend,
    });
    let reason = |reason: mox_dmarcrpt::Reason| DmarcReportReason {
        kind: reason.kind.keyword().to_owned(),
        comment: reason.comment,
    };
    let dkim = |DkimAuth { domain, selector, result, human_result }| DmarcReportAuth {
        domain,
        selector,
        result: result.keyword().to_owned(),
        human_result,
    };
    let spf = |SpfAuth { domain, result, human_result, .. }| DmarcReportAuth {
        domain,
        selector: String::new(),
        result: result.keyword().to_owned(),
        human_result,
    };
    DmarcReportRecord {
        source_ip: record.source_ip.map(|ip| ip.to_string()),
        count: record.count,
        disposition: record.disposition.keyword().to_owned(),
        dkim: record.dkim,
        spf: record.spf,
        reasons: record.reasons.into_iter().map(reason).collect(),
        header_from: record.header_from,
        envelope_from: record.envelope_from,
        envelope_to: record.envelope_to,
        dkim_results: record.dkim_results.into_iter().map(dkim).collect(),
        spf_results: record.spf_results.into_iter().map(spf).collect(),
        cause,
    }
}

/// Who reports on what, and how it went.
fn overview(row: &DmarcReportRow) -> String {
    let who = if row.organization.is_empty() { &row.sender } else { &row.organization };
    let (start, end) = (row.start.0, row.end.0);
    let seconds = end.since(start).as_secs();
    let whole_day = start.time_of_day() == (0, 0, 0) && (86_399..=86_400).contains(&seconds);
    let period = match whole_day {
        true => format!("on {}", start.day()),
        false => format!("from {start} to {end}"),
    };
    let went = match (row.messages, row.failed) {
        (0, _) => "no message is counted".to_owned(),
        (1, 0) => "its one message passed".to_owned(),
        (1, _) => "its one message failed".to_owned(),
        (all, 0) => format!("all {all} messages passed"),
        (all, failed) if all == failed => format!("all {all} messages failed"),
        (all, failed) => format!("{failed} of {all} messages failed"),
    };
    format!("{who} reports on mail from {} {period}: {went}", row.policy_domain)
}

/// Reports about single messages that arrived.
pub async fn failures(store: &Store, op: FailureReports, now: Timestamp) -> Result<Vec<FailureRow>, OpError> {
    let which = Which::asked(op.domain.as_deref(), op.since, DmarcReports::DAYS, now)?;
    let limit = op.limit.unwrap_or(DmarcReports::MAX).min(DmarcReports::MAX);
    let read = store.read(move |_, tx| tables::list_failures(tx.conn(), &which, limit));
    Ok(read.await.map_err(failed)?.into_iter().map(|listed| failure_row(listed).0).collect())
}

/// A report about a message, whole.
pub async fn failure(store: &Store, op: FailureReport) -> Result<FailureDetail, OpError> {
    let found = store.read(move |_, tx| tables::get_failure(tx.conn(), op.id)).await.map_err(failed)?;
    let Some((listed, header)) = found else {
        return Err(OpError::not_found(format!("no failure report {}", op.id))
            .hint("`mox dmarc failures list` shows what is there"));
    };
    let (row, fields) = failure_row(listed);
    let messages = match fields.incidents {
        0 | 1 => "a message".to_owned(),
        many => format!("{many} messages"),
    };
    let what = if row.auth_failure.is_empty() { "what failed is not told" } else { &row.auth_failure };
    let overview = format!("{} reports on {messages} from {}: {what}", row.sender, row.policy_domain);
    Ok(FailureDetail { overview, fields, header, row })
}

pub(super) fn failure_row(listed: ListedFailure) -> (FailureRow, FailureFields) {
    let fields: FailureFields = serde_json::from_str(&listed.fields).unwrap_or_default();
    let row = FailureRow {
        id: listed.id,
        policy_domain: listed.policy_domain,
        sender: listed.sender,
        received: Time(listed.received),
        message_id: listed.message_id,
        auth_failure: fields.auth_failure.join(", "),
        source_ip: fields.source_ip.clone(),
        from: fields.from.clone(),
        subject: fields.subject.clone(),
    };
    (row, fields)
}

//! DMARC reports that arrived: one about the mail of a day, one about a message, and somebody who fell silent.

use mox_admin::ops::*;
use mox_admin::{OpError, Operations};

use super::at;

fn row() -> DmarcReportRow {
    DmarcReportRow {
        id: 4,
        policy_domain: "example.org".into(),
        sender: "example.com".into(),
        organization: "Example \u{1b}[31mInc".into(),
        report_id: "2026-11-21.example.org".into(),
        start: at("2026-11-21T00:00:00Z"),
        end: at("2026-11-21T23:59:59Z"),
        received: at("2026-11-22T01:02:03Z"),
        message_id: Some(7),
        messages: 23,
        passed: 21,
        failed: 2,
        quarantined: 2,
        rejected: 0,
        rows: 2,
        form: "rfc9990".into(),
    }
}

fn list() -> DmarcReportList {
    DmarcReportList {
        reports: vec![row()],
        days: vec![DmarcReportDay {
            policy_domain: "example.org".into(),
            day: "2026-11-21".into(),
            sender: "example.com".into(),
            reports: 1,
            messages: 23,
            passed: 21,
            failed: 2,
            quarantined: 2,
            rejected: 0,
        }],
        silent: vec![ReportSilence {
            policy_domain: "example.org".into(),
            sender: "example.net".into(),
            organization: "Net".into(),
            last: "2026-11-12".into(),
            days: 29,
        }],
    }
}

fn auth(domain: &str, selector: &str, result: &str, human_result: &str) -> DmarcReportAuth {
    DmarcReportAuth {
        domain: domain.into(),
        selector: selector.into(),
        result: result.into(),
        human_result: human_result.into(),
    }
}

fn detail() -> DmarcReportDetail {
    let bad = DmarcReportRecord {
        source_ip: Some("192.0.2.9".into()),
        count: 2,
        disposition: "quarantine".into(),
        reasons: vec![DmarcReportReason {
            kind: "local_policy".into(),
            comment: "not \u{1b}[31mtrusted".into(),
        }],
        header_from: "example.org".into(),
        envelope_from: Some("list.example.net".into()),
        dkim_results: vec![auth("example.org", "2026a", "fail", "body hash did not verify")],
        spf_results: vec![auth("list.example.net", "", "pass", "")],
        cause: Some(DmarcReportCause {
            id: "dkim-fail".into(),
            what: "the signature of example.org did not verify".into(),
            meaning: "the message was changed on the way".into(),
            mend: "sign what is sent last".into(),
        }),
        ..DmarcReportRecord::default()
    };
    let good = DmarcReportRecord {
        count: 21,
        disposition: "pass".into(),
        dkim: true,
        spf: true,
        header_from: "example.org".into(),
        envelope_from: Some(String::new()),
        envelope_to: Some("example.com".into()),
        dkim_results: vec![auth("example.org", "2026a", "pass", "")],
        ..DmarcReportRecord::default()
    };
    DmarcReportDetail {
        overview: "Example reports on mail from example.org on 2026-11-21: 2 of 23 messages failed".into(),
        email: "dmarc@example.com".into(),
        extra_contact_info: "https://example.com/dmarc".into(),
        errors: vec!["sp= is not known".into()],
        generator: "Reporter 2".into(),
        policy: serde_json::json!({
            "domain": "example.org", "p": "quarantine", "sp": null, "adkim": "relaxed", "fo": "", "testing": false
        }),
        records: vec![bad, good],
        oddities: vec!["disposition is written Quarantine".into()],
        row: row(),
    }
}

fn failure() -> FailureRow {
    FailureRow {
        id: 2,
        policy_domain: "example.org".into(),
        sender: "example.com".into(),
        received: at("2026-11-22T01:02:03Z"),
        message_id: Some(8),
        auth_failure: "dmarc".into(),
        source_ip: "192.0.2.9".into(),
        from: "boss@example.org".into(),
        subject: "pay \u{1b}[31mnow".into(),
    }
}

fn failure_detail() -> FailureDetail {
    FailureDetail {
        overview: "example.com reports on a message from example.org: dmarc".into(),
        fields: FailureFields {
            reported_domain: vec!["example.org".into()],
            auth_failure: vec!["dmarc".into()],
            identity_alignment: Some(vec!["dkim".into(), "spf".into()]),
            delivery_result: "reject".into(),
            source_ip: "192.0.2.9".into(),
            incidents: 1,
            arrival: Some(at("2026-11-22T01:00:00Z")),
            original_mail_from: "x@evil.example".into(),
            reporting_mta: "mx.example.com".into(),
            user_agent: "Reporter/1".into(),
            ..FailureFields::default()
        },
        header: "From: <boss@example.org>\r\nSubject: pay \u{1b}[31mnow\r\n".into(),
        row: failure(),
    }
}

pub(super) fn reports(operations: Operations) -> Operations {
    operations
        .on(|_: DmarcReports| async { Ok(list()) })
        .on(|op: DmarcReport| async move {
            if op.id == 4 {
                Ok(detail())
            } else {
                Err(OpError::not_found(format!("no DMARC report {}", op.id)))
            }
        })
        .on(|_: FailureReports| async { Ok(vec![failure()]) })
        .on(|op: FailureReport| async move {
            match op.id {
                2 => Ok(failure_detail()),
                id => Err(OpError::not_found(format!("no failure report {id}"))),
            }
        })
}

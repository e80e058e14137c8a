//! A house that gives fixed replies over a real control endpoint.

mod dmarc;
mod insight;
mod lab;
mod received;
mod serving;

use std::path::Path;
use std::sync::Arc;

use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

/// The house, its folder, and the threads that serve it.
pub(crate) struct House {
    dir: TempDir,
    _runtime: Runtime,
}

impl House {
    /// Starts it; it ends when asked to, or when dropped.
    pub(crate) fn start() -> House {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = {
            let _inside = runtime.enter();
            mox_platform::ctlsocket::listen(&mox_ctl::endpoint(&data)).unwrap()
        };
        let stop = Arc::new(Notify::new());
        let stopped = Arc::clone(&stop);
        runtime.spawn(async move {
            let clock = Arc::new(mox_platform::SystemClock);
            tokio::select! {
                () = mox_ctl::serve(listener, Arc::new(operations(stop)), "0.1.0", clock) => {}
                () = stopped.notified() => {}
            }
        });
        House { dir, _runtime: runtime }
    }

    /// The folder that `--config` names.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }
}

fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

fn message() -> MessageRow {
    MessageRow {
        id: 7,
        account: "mox".into(),
        mailbox: "bob@example.org".into(),
        to: "bob@example.org".into(),
        from: "amy@example.com".into(),
        subject: "hello \u{1b}[31mred".into(),
        received: at("2026-11-22T10:20:30.123Z"),
        size: 4096,
        flags: vec!["\\Seen".into()],
        tags: vec!["red".into()],
        uid: 3,
        message_id: Some("<a@example.com>".into()),
        thread: Some(7),
    }
}

/// SPF passes for another domain, and one of two signatures for the right one.
fn verdicts() -> Verdicts {
    let signature = |result: &str, domain: &str| DkimVerdict {
        result: result.into(),
        domain: domain.into(),
        selector: "s1".into(),
        algorithm: "rsa-sha256".into(),
        key_bits: Some(2048),
        aligned: domain == "example.com",
        ..DkimVerdict::default()
    };
    Verdicts {
        ip: "127.0.0.1".into(),
        reason: Verdicts::NO_OBJECTION.into(),
        iprev: IprevVerdict { result: "fail".into(), name: None },
        spf: SpfVerdict {
            result: "pass".into(),
            domain: "bounces.example.net".into(),
            identity: "mailfrom".into(),
            mechanism: Some("ip4:127.0.0.0/8".into()),
            ..SpfVerdict::default()
        },
        dkim: vec![
            signature("pass", "example.com"),
            DkimVerdict {
                reason: Some("the body was changed \u{1b}[31m".into()),
                ..signature("fail", "example.net")
            },
        ],
        dmarc: DmarcVerdict {
            result: "pass".into(),
            from: "example.com".into(),
            policy_domain: Some("example.com".into()),
            policy: Some("reject".into()),
            ..DmarcVerdict::default()
        },
        arc: Some(ArcVerdict {
            result: "pass".into(),
            instances: 1,
            sealer: Some("lists.example.net".into()),
            ..ArcVerdict::default()
        }),
        queries: 9,
        ..Verdicts::default()
    }
}

fn queued(id: i64) -> QueueRow {
    QueueRow {
        id,
        account: "mox".into(),
        from: "mox@localhost".into(),
        to: "bob@example.org".into(),
        size: 1234,
        queued: at("2026-11-22T10:20:30Z"),
        next_attempt: at("2026-11-22T10:28:00Z"),
        attempts: 1,
        max_attempts: 8,
        hold: id == 6,
        last_error: (id == 5).then(|| "connection to mx.example.org refused".into()),
        last_attempt: Some(at("2026-11-22T10:20:31Z")),
        tls: "opportunistic".into(),
        subject: "hello".into(),
        message_id: Some("<b@localhost>".into()),
        last_tls: Some("TLSv1.3 unverified".into()),
        transport: (id == 6).then(|| "smarthost".into()),
    }
}

/// The messages with these ids, or all that are queued.
fn chosen(filter: QueueFilter, dry_run: bool) -> Result<Changed, OpError> {
    match filter.ids.iter().find(|id| ![5, 6].contains(*id)) {
        Some(id) => Err(no_queued(*id)),
        None if filter.ids.is_empty() => Ok(Changed { ids: vec![5, 6], dry_run }),
        None => Ok(Changed { ids: filter.ids, dry_run }),
    }
}

fn no_queued(id: i64) -> OpError {
    OpError::not_found(format!("no queued message {id}")).hint("`mox queue list` shows what is queued")
}

fn one_queued(id: i64) -> Result<QueueRow, OpError> {
    if id == 5 { Ok(queued(5)) } else { Err(no_queued(id)) }
}

/// A report of a failure, and somebody who fell silent.
fn reports(operations: Operations) -> Operations {
    let row = || TlsReportRow {
        id: 3,
        policy_domain: "example.org".into(),
        sender: "example.com".into(),
        organization: "Example \u{1b}[31mInc".into(),
        report_id: "2026-11-21_example.org".into(),
        start: at("2026-11-21T00:00:00Z"),
        end: at("2026-11-21T23:59:59Z"),
        received: at("2026-11-22T01:02:03Z"),
        message_id: Some(7),
        successful: 20,
        failed: 1,
        details: 1,
    };
    let (meaning, mend) = ("the certificate was not valid at that time", "renew the certificate");
    operations
        .on(|_: CertificateList| async { Ok(Vec::new()) })
        .on(move |_: TlsReports| async move {
            Ok(TlsReportList {
                reports: vec![row()],
                days: vec![TlsReportDay {
                    policy_domain: "example.org".into(),
                    day: "2026-11-21".into(),
                    sender: "example.com".into(),
                    reports: 1,
                    successful: 20,
                    failed: 1,
                }],
                problems: vec![TlsReportProblem {
                    policy_domain: "example.org".into(),
                    policy_type: "sts".into(),
                    mx: "mx.example.org".into(),
                    result_type: "certificate-expired".into(),
                    reason: String::new(),
                    since: at("2026-11-20T00:00:00Z"),
                    last: at("2026-11-21T23:59:59Z"),
                    sessions: 2,
                    reporters: 1,
                    meaning: meaning.into(),
                    mend: mend.into(),
                }],
                silent: vec![ReportSilence {
                    policy_domain: "example.org".into(),
                    sender: "example.net".into(),
                    organization: "Net".into(),
                    last: "2026-11-12".into(),
                    days: 29,
                }],
            })
        })
        .on(move |op: TlsReport| async move {
            if op.id != 3 {
                return Err(OpError::not_found(format!("no TLS report {}", op.id)));
            }
            Ok(TlsReportDetail {
                row: row(),
                contact: "tls@example.com".into(),
                overview: "Example (tls@example.com) reports on sessions on 2026-11-21, report 1".into(),
                policies: vec![TlsReportPolicy {
                    summary: "MTA-STS of example.org: 1 of 21 sessions failed".into(),
                    has_failure: true,
                    failures: vec![TlsReportSentence {
                        what: "1 session with mx.example.org: certificate-expired".into(),
                        meaning: meaning.into(),
                        mend: mend.into(),
                    }],
                }],
                oddities: vec!["mx-host is a text, not a list".into()],
                document: serde_json::json!({"organization-name": "Example"}),
            })
        })
}

/// A day of two domains and a host, reported or not, and a destination that wants nothing.
fn outgoing(operations: Operations) -> Operations {
    suppressed(
        operations
            .on(|op: TlsResults| async move {
                let wanted =
                    |row: &TlsResultRow| op.domain.as_ref().is_none_or(|d| *d == row.recipient_domain);
                Ok(results().into_iter().filter(wanted).collect())
            })
            .on(|op: DmarcResults| async move { Ok(dmarc::results(&op)) })
            .on(|op: ReportPreview| async move {
                let all = dmarc::or(op.family, dmarc::previewed, previewed);
                match op.domain.as_deref() {
                    None => Ok(all),
                    Some("example.org") => Ok(ReportPreviewed { withheld: Vec::new(), ..all }),
                    Some(name) => {
                        Err(OpError::not_found(format!("no results about {name} wait for a report")))
                    }
                }
            })
            .on(|op: ReportSendNow| async move {
                let sent = sent(&op);
                Ok(dmarc::or(op.family, || dmarc::sent(&sent), || sent.clone()))
            })
            .on(|op: ReportHistory| async move {
                let mut rows = dmarc::or(op.family, || dmarc::history(history()), history);
                rows.truncate(op.limit.unwrap_or(ReportHistory::MAX).try_into().unwrap());
                Ok(rows)
            })
            .on(|op: ReportExplain| async move {
                let signs = op.domain == "example.org";
                Ok(dmarc::or(op.family, || dmarc::explained(explained(signs)), || explained(signs)))
            }),
    )
}

fn results() -> Vec<TlsResultRow> {
    let fine = TlsResultRow {
        policy_domain: "example.org".into(),
        recipient_domain: "example.org".into(),
        kind: "domain".into(),
        day: "2026-11-21".into(),
        policy_type: "sts".into(),
        policy_string: vec!["version: STSv1".into(), "mode: enforce".into(), "mx: mx.example.org".into()],
        mx_host: vec!["mx.example.org".into()],
        successful: 20,
        failed: 1,
        details: vec![TlsFailure {
            result_type: "certificate-expired".into(),
            sending_mta_ip: "192.0.2.7".into(),
            receiving_mx_hostname: "mx.example.org".into(),
            receiving_mx_helo: "mx \u{1b}[31mred".into(),
            receiving_ip: "192.0.2.1".into(),
            failed_session_count: 1,
            additional_information: String::new(),
            failure_reason_code: String::new(),
        }],
        send_report: true,
    };
    let host = TlsResultRow {
        policy_domain: "mx.example.org".into(),
        kind: "host".into(),
        policy_type: "no-policy-found".into(),
        policy_string: Vec::new(),
        mx_host: Vec::new(),
        details: Vec::new(),
        successful: 21,
        failed: 0,
        send_report: false,
        ..fine.clone()
    };
    vec![fine, host]
}

/// Where a report goes, in a state.
fn destination(uri: &str, state: &str, why: &str) -> ReportDestination {
    ReportDestination {
        uri: uri.into(),
        state: state.into(),
        why: why.into(),
        attempts: 0,
        queue_id: None,
        next_attempt: None,
        ended: None,
    }
}

const UNTIL: &str = "suppressed until 2026-12-01T00:00:00Z: asked by phone";

fn previewed() -> ReportPreviewed {
    let document = r#"{"organization-name":"mox.example","date-range":{"start-datetime":"2026-11-21T00:00:00Z",
        "end-datetime":"2026-11-21T23:59:59Z"},"contact-info":"postmaster@mox.example",
        "report-id":"20261121.example.org.k3x","policies":[{"policy":{"policy-type":"sts",
        "policy-string":["version: STSv1","mode: enforce","mx: mx.example.org"],"policy-domain":"example.org",
        "mx-host":["mx.example.org"]},"summary":{"total-successful-session-count":20,
        "total-failure-session-count":1},"failure-details":[{"result-type":"certificate-expired",
        "receiving-mx-hostname":"mx.example.org","receiving-ip":"192.0.2.1","failed-session-count":1}]}]}"#;
    ReportPreviewed {
        reports: vec![ReportPreviewRow {
            policy_domain: "example.org".into(),
            kind: "domain".into(),
            day: "2026-11-21".into(),
            partial: false,
            report_id: "20261121.example.org.k3x".into(),
            destinations: vec![
                destination("mailto:tls@example.org", "will-send", ""),
                destination("mailto:old@example.org", "suppressed", UNTIL),
            ],
            file_name: "mox.example!example.org!1795219200!1795305599!k3x.json.gz".into(),
            document: serde_json::from_str(document).unwrap(),
        }],
        withheld: vec![ReportWithheld {
            policy_domain: "example.net".into(),
            kind: "domain".into(),
            day: "2026-11-21".into(),
            why: "it publishes no TLSRPT record".into(),
        }],
    }
}

/// A report about example.org, and none about anybody else.
fn sent(op: &ReportSendNow) -> Vec<ReportSent> {
    let row = |domain: &str| ReportSent {
        policy_domain: domain.into(),
        kind: "domain".into(),
        day: "2026-11-21".into(),
        report_id: String::new(),
        state: "withheld".into(),
        why: "nothing was collected".into(),
        destinations: Vec::new(),
    };
    let uri = op.to.as_deref().unwrap_or("mailto:tls@example.org");
    let queued = ReportDestination { queue_id: Some(5), ..destination(uri, "queued", "") };
    let one = |domain: &String| match (domain.as_str(), op.dry_run, op.day.as_deref()) {
        ("example.org", dry_run, day) => ReportSent {
            report_id: "20261121.example.org.k3x".into(),
            state: match (dry_run, day) {
                (true, _) => "would-send",
                (_, Some("2026-11-20")) => "already-sealed",
                _ => "sealed",
            }
            .into(),
            why: match day {
                Some("2026-11-20") => "the day was reported".into(),
                _ => String::new(),
            },
            destinations: vec![if dry_run { destination(uri, "will-send", "") } else { queued.clone() }],
            ..row(domain)
        },
        _ => row(domain),
    };
    let all = ["example.org".to_owned(), "example.net".to_owned()];
    if op.domains.is_empty() { all.iter().map(one).collect() } else { op.domains.iter().map(one).collect() }
}

fn history() -> Vec<ReportHistoryRow> {
    let ended = |uri: &str, state: &str, why: &str, attempts| ReportDestination {
        attempts,
        ended: Some(at("2026-11-22T02:30:00Z")),
        ..destination(uri, state, why)
    };
    let taken = ReportHistoryRow {
        report_id: "20261121.example.org.k3x".into(),
        policy_domain: "example.org".into(),
        kind: "domain".into(),
        day: "2026-11-21".into(),
        part: 0,
        note: String::new(),
        sealed: at("2026-11-22T00:10:00Z"),
        outcome: "delivered".into(),
        why: String::new(),
        successful: 20,
        failed: 1,
        file_name: "mox.example!example.org!1795219200!1795305599!k3x.json.gz".into(),
        destinations: vec![
            ended("mailto:tls@example.org", "delivered", "", 0),
            ended("mailto:old@example.org", "suppressed", UNTIL, 0),
        ],
    };
    let row = |domain: &str, kind: &str, outcome: &str| ReportHistoryRow {
        policy_domain: domain.into(),
        kind: kind.into(),
        outcome: outcome.into(),
        ..taken.clone()
    };
    let trying = ReportDestination {
        attempts: 2,
        next_attempt: Some(at("2026-11-22T03:00:00Z")),
        ..destination("https://hook.example/in", "sealed", "the server answered 503")
    };
    let refused = ended("mailto:tls@example.com", "failed", "550 5.1.1 no such user \u{1b}[31m", 0);
    vec![
        taken.clone(),
        ReportHistoryRow { destinations: vec![trying], ..row("mx.example.net", "host", "sealed") },
        ReportHistoryRow {
            part: 1,
            note: "partial".into(),
            destinations: vec![refused],
            ..row("example.com", "domain", "failed")
        },
        ReportHistoryRow {
            report_id: String::new(),
            why: "it publishes no TLSRPT record".into(),
            destinations: Vec::new(),
            ..row("example.net", "domain", "discarded")
        },
    ]
}

/// With a key to sign, or without.
fn explained(signs: bool) -> ReportExplanation {
    let step = |step: &str, ok, text: &str| ReportStep { step: step.into(), ok, text: text.into() };
    let submitter = match signs {
        true => "postmaster@mox.example reports, signed with s1",
        false => "no domain above mox.example has a key to sign with: nothing is sent",
    };
    ReportExplanation {
        steps: vec![
            step("switch", Some(true), "reports are sent for days when something failed"),
            step("submitter", Some(signs), submitter),
            step("results", Some(true), "2026-11-21, MTA-STS of example.org: 1 of 21 sessions failed"),
            step("destination", None, "mailto:tls@example.org \u{1b}[31m"),
        ],
    }
}

fn suppressed(operations: Operations) -> Operations {
    let row = |uri: &str| ReportSuppressRow {
        uri: if uri.contains(':') { uri.into() } else { format!("mailto:{uri}") },
        since: at("2026-11-20T00:00:00Z"),
        until: at("2026-12-01T00:00:00Z"),
        automatic: uri.contains("tls@"),
        failures: if uri.contains("tls@") { 2 } else { 0 },
        comment: if uri.contains("tls@") { "550 5.1.1 no such user" } else { "asked by phone" }.into(),
    };
    let found = move |uri: &str| match uri.contains("example.org") {
        true => Ok(row(uri)),
        false => Err(OpError::not_found(format!("{uri} is not suppressed"))),
    };
    operations
        .on(move |_: ReportSuppressList| async move { Ok(vec![row("tls@example.org"), row("old@example.org")]) })
        .on(move |op: ReportSuppressAdd| async move {
            let until = Time(Timestamp::from_secs(4_070_908_800));
            Ok(ReportSuppressRow { until, automatic: false, failures: 0, comment: op.comment, ..row(&op.uri) })
        })
        .on(move |op: ReportSuppressRemove| async move { found(&op.uri) })
        .on(move |op: ReportSuppressExtend| async move {
            found(&op.uri).map(|row| ReportSuppressRow { until: op.until, ..row })
        })
}

fn operations(stop: Arc<Notify>) -> Operations {
    serving::serving(insight::insight(outgoing(received::reports(reports(policies(lab::lab(chaos(
        inbox(mail(queue(Operations::new()))),
    ))))))))
    .on(|_: Status| async {
        Ok(StatusReport {
            version: "0.1.0".into(),
            pid: 4711,
            started: at("2026-11-22T10:00:00Z"),
            config: None,
            data_dir: "data".into(),
            listeners: vec![ListenerRow {
                listener: "local".into(),
                service: "smtp".into(),
                address: "127.0.0.1:1025".into(),
                tls: "starttls".into(),
            }],
            accounts: 1,
            messages: 42,
            unindexed: 0,
            queue: QueueCounts { total: 2, due: 0, held: 1 },
            connections: 0,
            disk_free: Some(12_000_000_000),
            config_error: None,
        })
    })
    .on(move |_: Stop| {
        let stop = Arc::clone(&stop);
        async move {
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                stop.notify_one();
            });
            Ok(Stopped { pid: 4711 })
        }
    })
    .on(|_: LogLevelsGet| async { Ok(levels(None)) })
    .on(|op: LogLevelsSet| async {
        Ok(levels(op.level.map(|level| LogLevel { package: op.package, level })))
    })
    .on(|op: SetAccountPassword| async move {
        match (op.account.as_str(), op.password.reveal()) {
            ("mox", "correct horse") => Ok(Done {}),
            ("mox", _) => Err(OpError::usage("the password is shorter than 8 characters")),
            (name, _) => Err(OpError::not_found(format!("no account {name:?}"))),
        }
    })
    .on(|_: SetAdminPassword| async { Ok(Done {}) })
    .on(|op: CompleteValues| async move {
        Ok(vec![Completion { value: format!("{}51", op.prefix), help: format!("{:?}", op.kind) }])
    })
}

/// One policy in force, one that cannot be had.
fn policies(operations: Operations) -> Operations {
    let held = || MtastsRow {
        domain: "example.org".into(),
        mode: Some("enforce".into()),
        mx: vec!["mx1.example.org".into(), "*.mail.example.org".into()],
        record_id: "20261120".into(),
        fetched: at("2026-11-20T10:00:00Z"),
        expires: at("2026-11-27T10:00:00Z"),
        used: at("2026-11-22T08:00:00Z"),
        failure: None,
    };
    let failing = move || MtastsRow {
        domain: "example.net".into(),
        mode: None,
        mx: Vec::new(),
        failure: Some("sts-policy-fetch-error no-policy-served".into()),
        ..held()
    };
    operations.on(move |_: MtastsList| async move { Ok(vec![failing(), held()]) }).on(
        move |op: MtastsForget| async move {
            match op.domain.as_str() {
                "example.org" => Ok(MtastsForgotten { forgotten: held(), dry_run: op.dry_run }),
                name => Err(OpError::not_found(format!("no policy of {name} is remembered"))),
            }
        },
    )
}

fn levels(more: Option<LogLevel>) -> LogLevels {
    LogLevels([LogLevel { package: None, level: "info".into() }].into_iter().chain(more).collect())
}

/// Two rules whatever is set; 599 is what this house does not take.
fn chaos(operations: Operations) -> Operations {
    let rule = |stage, code, to: Option<&str>| ChaosRule {
        stage,
        probability: 20.0,
        code,
        text: None,
        delay_ms: 2000,
        from: None,
        to: to.map(str::to_owned),
    };
    let rules =
        vec![rule(ChaosStage::Rcpt, Some(451), Some("@example.org")), rule(ChaosStage::Message, None, None)];
    operations
        .on(move |_: ChaosGet| {
            let rules = rules.clone();
            async move { Ok(Chaos { rules }) }
        })
        .on(|op: ChaosSet| async move {
            match op.chaos.rules.iter().zip(1..).find(|(rule, _)| rule.code == Some(599)) {
                Some((_, number)) => {
                    let number: usize = number;
                    Err(OpError::usage(format!("rule {number}: code: 400 to 598")))
                }
                None => Ok(op.chaos),
            }
        })
}

fn mail(operations: Operations) -> Operations {
    operations
        .on(|op: MessageList| async move {
            Ok(if op.filter.subject.is_some() { Vec::new() } else { vec![message()] })
        })
        .on(|op: MessageShow| async move {
            if op.id != 7 {
                return Err(no_message(op.id));
            }
            Ok(MessageDetail {
                row: message(),
                mail_from: "amy@example.com".into(),
                remote_ip: Some("127.0.0.1".into()),
                tls: Some("TLSv1.3".into()),
                verdicts: Some(verdicts()),
                headers: vec![Header { name: "Subject".into(), value: message().subject }],
                parts: vec![PartRow {
                    part: "1".into(),
                    content_type: "text/plain".into(),
                    size: 12,
                    filename: None,
                    content_id: None,
                    attachment: false,
                }],
                text: Some("first\r\nsecond \u{7}\r\n".into()),
                html: false,
            })
        })
        .on_raw(|_: MessageCat| async { Ok(b"Subject: hello\r\n\r\nfirst\r\n".to_vec()) })
        .on(|op: MessageDelete| async move {
            Ok(Changed { ids: if op.ids.is_empty() { vec![7] } else { op.ids }, dry_run: op.dry_run })
        })
        .on(|op: MessageWait| async move {
            let wanted = op.filter.to.as_deref() == Some("bob@example.org");
            Ok(MessageWaited { message: wanted.then(message) })
        })
}

fn no_message(id: i64) -> OpError {
    OpError::not_found(format!("no message {id}"))
}

/// Message 7 looked at closely.
fn inbox(operations: Operations) -> Operations {
    operations
        .on_raw(|_: MessageHtml| async { Ok(b"<!doctype html><p>hello\n".to_vec()) })
        .on_raw(|op: MessagePart| async move {
            match op.part.as_str() {
                "1" | "2" => Ok(b"first\r\n".to_vec()),
                part => Err(OpError::not_found(format!("message {} has no part {part}", op.id))),
            }
        })
        .on(|op: MessageTranscript| async move {
            let text = "S: 220 localhost\nC: EHLO \u{1b}[2J\nS: 250 localhost\n".to_owned();
            Ok(Transcript { text: (op.id == 7).then_some(text) })
        })
        .on(|op: MessageEvents| async move {
            if op.id != 7 {
                return Err(no_message(op.id));
            }
            let at = Some(message().received);
            let line =
                |step: &str, ok, text: &str| ExplainLine { at, step: step.into(), ok, text: text.into() };
            let lines = vec![
                line("received", Some(true), "from 127.0.0.1 with TLSv1.3"),
                line(
                    "judged",
                    Some(true),
                    "spf=pass dkim=pass dmarc=pass: accept, nothing speaks against it",
                ),
                line("stored", None, "in bob@example.org of mox"),
            ];
            Ok(MessageHistory { id: op.id, lines, queue: vec![5] })
        })
        .on(|op: MessageReport| async move { Ok(report(op.id == 7)) })
        .on(|op: MessageMark| async move { Ok(Changed { ids: op.ids, dry_run: op.dry_run }) })
        .on(|op: MessageRelease| async move {
            let to = op.to.first().cloned().unwrap_or_else(|| message().to);
            let route = "through 127.0.0.1 port 2525".to_owned();
            let plan = op.ids.iter().map(|id| ReleaseRow { id: *id, to: to.clone(), route: route.clone() });
            let queued = if op.dry_run { Vec::new() } else { vec![12] };
            Ok(Released { queued, plan: plan.collect(), dry_run: op.dry_run })
        })
        .on(|op: MessageWatch| async move {
            let events = match op.token {
                None => Vec::new(),
                Some(_) => vec![
                    MessageEvent::Arrived { message: message() },
                    MessageEvent::Changed { message: message() },
                    MessageEvent::Gone { id: 7 },
                ],
            };
            Ok(MessageWatched { token: "1".into(), lost: op.filter.tag.is_some(), events })
        })
        .on(|_: MailboxList| async {
            let (account, name) = ("mox".into(), "bob@example.org".into());
            Ok(vec![MailboxRow { account, name, total: 3, unseen: 1, size: 12_288 }])
        })
        .on(|_: TagList| async { Ok(vec![TagRow { tag: "red".into(), total: 2 }]) })
}

/// A report without or with something bad.
fn report(good: bool) -> mox_inspect::Report {
    let tree = |text: &[u8]| mox_inspect::report(text, &mox_message::part::Tree::parse(text));
    match good {
        true => tree(b"Subject: hello\r\n\r\nhello, see https://example.org/a\r\n"),
        false => tree(
            b"Content-Type: text/html\r\nList-Unsubscribe: <http://example.org/u>\r\n\r\n\
              <p style=\"display: flex\">hello <a href=\"http://example.org/\">there</a>\r\n",
        ),
    }
}

/// Attempts at a message.
fn tries() -> Vec<QueueAttempt> {
    vec![QueueAttempt {
        n: 1,
        started: at("2026-11-22T10:20:31Z"),
        duration_ms: Some(250),
        outcome: Some("temporary".into()),
        host: Some("mx.example.org".into()),
        ip: Some("192.0.2.1".into()),
        code: Some(451),
        enhanced: Some("4.7.1".into()),
        text: Some("greylisted".into()),
        tls: Some("TLSv1.3 verified by DANE".into()),
    }]
}

fn hook(id: i64) -> Result<HookRow, OpError> {
    if id != 3 {
        return Err(OpError::not_found(format!("no webhook call {id}")));
    }
    Ok(HookRow {
        id,
        state: HookState::Pending,
        account: "mox".into(),
        url: "https://app.example.org/hook".into(),
        incoming: false,
        event: "delivered".into(),
        queue_id: Some(4),
        message_id: "1@example.org".into(),
        subject: "hello".into(),
        submitted: at("2026-11-22T10:20:30Z"),
        attempts: 1,
        next_attempt: at("2026-11-22T10:21:30Z"),
        last_attempt: Some(at("2026-11-22T10:20:30Z")),
        last_status: Some(503),
        last_error: Some("answered with status 503".into()),
        last_answer: Some("busy".into()),
        ended: None,
    })
}

fn retired(id: i64) -> Result<RetiredRow, OpError> {
    if id != 4 {
        return Err(OpError::not_found(format!("no retired message {id}")));
    }
    Ok(RetiredRow {
        id,
        account: "mox".into(),
        from: "mox@localhost".into(),
        to: "bob@example.org".into(),
        size: 1234,
        end: QueueEnd::Failed,
        queued: at("2026-11-22T10:20:30Z"),
        ended: at("2026-11-22T10:20:32Z"),
        kept_until: Some(at("2026-12-22T10:20:32Z")),
        attempts: 1,
        last_error: Some("550 5.1.1 no such user".into()),
        host: Some("mx.example.org".into()),
        last_tls: Some("TLSv1.3 verified by DANE".into()),
        subject: "hello".into(),
        message_id: Some("<b@localhost>".into()),
    })
}

fn rules(operations: Operations) -> Operations {
    let rule = |op: HoldRuleAdd, id| HoldRule {
        id,
        account: op.account,
        from_domain: op.from_domain,
        to_domain: op.to_domain,
    };
    let suppression = |account: &str, address: &str| Suppression {
        account: account.into(),
        address: address.into(),
        base: address.to_lowercase(),
        added: at("2026-11-22T10:20:30Z"),
        manual: false,
        reason: "550 5.1.1 no such user".into(),
    };
    operations
        .on(move |_: HoldRuleList| async move {
            let op = HoldRuleAdd { to_domain: Some("example.org".into()), ..HoldRuleAdd::default() };
            Ok(vec![rule(op, 1)])
        })
        .on(move |op: HoldRuleAdd| async move {
            let (dry_run, id) = (op.dry_run, if op.dry_run { 0 } else { 2 });
            Ok(HoldRuleAdded { rule: rule(op, id), held: vec![5], dry_run })
        })
        .on(|op: HoldRuleRemove| async move {
            match op.id {
                1 => Ok(Changed { ids: vec![1], dry_run: op.dry_run }),
                id => Err(OpError::not_found(format!("no hold rule {id}"))),
            }
        })
        .on(move |op: SuppressList| async move {
            let known = op.address.is_none_or(|a| a == "bob@example.org");
            Ok(if known { vec![suppression("mox", "Bob@example.org")] } else { vec![] })
        })
        .on(move |op: SuppressAdd| async move {
            Ok(Suppression { manual: true, reason: op.reason, ..suppression(&op.account, &op.address) })
        })
        .on(move |op: SuppressRemove| async move { Ok(suppression(&op.account, &op.address)) })
        .on(|_: HookList| async { Ok(vec![hook(3)?]) })
        .on(|_: HookRetired| async { Ok(vec![hook(3)?]) })
        .on(|op: HookShow| async move {
            Ok(HookDetail { row: hook(op.id)?, payload: "{\"Version\":0}".to_owned() })
        })
        .on(|op: HookCancel| async move {
            op.ids.iter().try_for_each(|id| hook(*id).map(drop))?;
            Ok(Changed { ids: op.ids, dry_run: op.dry_run })
        })
        .on(|op: HookSchedule| async move {
            op.ids.iter().try_for_each(|id| hook(*id).map(drop))?;
            Ok(Changed { ids: op.ids, dry_run: op.dry_run })
        })
        .on(|_: RetiredList| async { Ok(vec![retired(4)?]) })
        .on(|op: RetiredShow| async move { Ok(RetiredDetail { row: retired(op.id)?, tries: tries() }) })
}

fn queue(operations: Operations) -> Operations {
    rules(operations)
        .on(|op: QueueList| async move {
            Ok(if op.limit == Some(0) { vec![] } else { vec![queued(5), queued(6)] })
        })
        .on(|op: QueueShow| async move { Ok(QueueDetail { row: one_queued(op.id)?, tries: tries() }) })
        .on(|op: QueueTransport| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueRequireTls| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueHold| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueUnhold| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueSchedule| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueFail| async move { chosen(op.filter, op.dry_run) })
        .on(|op: QueueDrop| async move { chosen(op.filter, op.dry_run) })
        .on_raw(|_: QueueDump| async { Ok(b"Subject: hello\r\n\r\nfirst\r\n".to_vec()) })
        .on(|op: QueueWait| async move {
            let row = one_queued(op.id)?;
            let reached = op.until != QueueEnd::Failed;
            let end = Some(QueueEnd::Delivered);
            Ok(QueueOutcome { id: row.id, reached, end, attempts: 2, last_error: row.last_error })
        })
        .on(|_: QueueWatch| async { Ok(QueueWatched { token: "1".into(), rows: vec![queued(5)] }) })
        .on(|op: QueueExplain| async move {
            let row = one_queued(op.id)?;
            let line = |at: Time, step: &str, ok, text: &str| ExplainLine {
                at: Some(at),
                step: step.into(),
                ok,
                text: text.into(),
            };
            let lines = vec![
                line(row.queued, "queued", None, "for bob@example.org"),
                line(row.queued, "mx", Some(true), "example.org is served by mx.example.org"),
                line(row.queued, "connect", Some(false), "mx.example.org refused the connection"),
                line(row.next_attempt, "next", None, "attempt 2 of 8"),
            ];
            Ok(QueueExplanation { id: row.id, lines })
        })
}

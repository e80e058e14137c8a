//! A house for the pages Overview, Server and Log: it answers what they ask, and remembers what it was told to do.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operation, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

/// Text that a stranger chose.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'&";
/// The same as it may stand in a page.
pub(crate) const ESCAPED: &str = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;";

pub(crate) fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

/// The pages before a house.
pub(crate) struct Site {
    pages: Box<dyn Pages>,
    did: Arc<Mutex<Vec<String>>>,
}

/// An answer, read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) location: String,
    pub(crate) response: Response,
}

impl Site {
    /// It is 27 November 2026, 10:00 UTC.
    pub(crate) fn new() -> Site {
        let did: Arc<Mutex<Vec<String>>> = Arc::default();
        let dispatch = Arc::new(watching(changing(Operations::new(), &did), &did));
        let clock = Arc::new(SimClock::new(at("2026-11-27T10:00:00Z").0));
        Site { pages: Box::new(crate::pages(dispatch, "mail.example".into(), Vec::new(), clock)), did }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, form: &str, last_id: &str) -> Answer {
        let uri = format!("/admin/{path}");
        let builder = hyper::Request::builder().method(method).uri(&uri).header("last-event-id", last_id);
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let visit = Visit {
            base: "/admin/".into(),
            path: path.split('?').next().unwrap().into(),
            who: Who::default(),
            csrf: "0badc0de".into(),
            client: "192.0.2.1".parse().unwrap(),
        };
        let request = Request::of(head, Bytes::copy_from_slice(form.as_bytes()));
        let response = self.pages.call(request, visit).await;
        let body = response.body().bytes().cloned().unwrap_or_default();
        let location = response.headers().get("location").map_or("", |value| value.to_str().unwrap());
        Answer {
            status: response.status(),
            body: String::from_utf8_lossy(&body).into_owned(),
            location: location.to_owned(),
            response,
        }
    }

    /// A page that must be there, whose forms all carry the token.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "", "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let posts = answer.body.matches("method=\"post\"").count();
        assert_eq!(answer.body.matches("name=\"csrf\" value=\"0badc0de\"").count(), posts, "{path}");
        assert!(!answer.body.contains("<script>alert"), "{path}");
        assert!(!answer.body.contains(" style=") && !answer.body.contains(" onclick"), "{path}");
        assert_eq!(answer.body.matches("<h1").count(), 1, "{path}");
        answer.body
    }

    /// Posts a form; where it leads.
    pub(crate) async fn post(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form, "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.body);
        answer.location
    }

    /// Posts a form that is refused; what the page says.
    pub(crate) async fn refused(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form, "").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.body);
        answer.body
    }

    /// What the house was told to do, and forgets then.
    pub(crate) fn did(&self) -> Vec<String> {
        std::mem::take(&mut self.did.lock().unwrap())
    }
}

fn note<Op: Operation>(did: &Arc<Mutex<Vec<String>>>, op: &Op) {
    did.lock().unwrap().push(format!("{} {}", Op::NAME, serde_json::to_string(op).unwrap()));
}

/// What changes something.
fn changing(operations: Operations, did: &Arc<Mutex<Vec<String>>>) -> Operations {
    let (backup, level, reload, verify) = (did.clone(), did.clone(), did.clone(), did.clone());
    operations
        .on(move |op: Backup| {
            note(&backup, &op);
            std::future::ready(match op.destination.starts_with('/') {
                true => Ok(BackedUp {
                    contents: 3,
                    database_bytes: 4096,
                    destination: op.destination,
                    dry_run: op.dry_run,
                    ..BackedUp::default()
                }),
                false => Err(OpError::usage(format!("{} is no absolute path", op.destination))),
            })
        })
        .on(move |op: LogLevelsSet| {
            note(&level, &op);
            std::future::ready(Ok(LogLevels(Vec::new())))
        })
        .on(move |op: ConfigReload| {
            note(&reload, &op);
            std::future::ready(Ok(Reloaded { changed: true, warnings: Vec::new() }))
        })
        .on(move |op: VerifyData| {
            note(&verify, &op);
            let problem = DataProblem {
                kind: "content".into(),
                subject: HOSTILE.into(),
                detail: "cannot be read".into(),
                fixed: false,
            };
            std::future::ready(Ok(Verified {
                accounts: 2,
                messages: 7,
                contents: 5,
                problems: vec![problem],
            }))
        })
}

/// What only looks.
fn watching(operations: Operations, did: &Arc<Mutex<Vec<String>>>) -> Operations {
    use std::future::ready;
    let (doctor, logs, open) = (did.clone(), did.clone(), did.clone());
    operations
        .on(|_: Status| ready(Ok(status())))
        .on(move |op: Doctor| {
            note(&doctor, &op);
            ready(Ok(doctored()))
        })
        .on(|_: Traffic| ready(Ok(traffic())))
        .on(|_: CertificateList| ready(Ok(vec![certificate()])))
        .on(|_: ReportState| ready(Ok(vec![reports()])))
        .on(move |op: Connections| {
            note(&open, &op);
            ready(Ok(connections(&op)))
        })
        .on(|_: RateLimits| ready(Ok(vec![limit()])))
        .on(|_: BackupList| ready(Ok(backups())))
        .on(|_: LogLevelsGet| ready(Ok(levels())))
        .on(move |op: LogTail| {
            note(&logs, &op);
            tail(op)
        })
}

fn status() -> StatusReport {
    let listener = ListenerRow {
        listener: "public".into(),
        service: "smtp".into(),
        address: "192.0.2.1:25".into(),
        tls: "starttls".into(),
    };
    StatusReport {
        version: "0.1.0".into(),
        pid: 4711,
        started: at("2026-11-26T10:00:00Z"),
        config: Some("/etc/mox/mox.conf".into()),
        data_dir: "/var/lib/mox".into(),
        listeners: vec![listener],
        accounts: 3,
        messages: 1234,
        unindexed: 0,
        queue: QueueCounts { total: 17, due: 5, held: 2 },
        connections: 2,
        disk_free: Some(12_000_000_000),
        config_error: Some("domains.conf:3:1: <bad>".into()),
    }
}

fn doctored() -> Doctored {
    let finding = |id: &str, severity: &str, subject: &str, fix: Option<&str>| DoctorFinding {
        id: id.into(),
        severity: severity.into(),
        subject: subject.into(),
        evidence: format!("what {id} found"),
        fix: fix.map(str::to_owned),
    };
    Doctored {
        at: at("2026-11-27T10:00:00Z"),
        online: None,
        errors: 1,
        warnings: 1,
        findings: vec![
            finding("port-closed", "error", "smtp 192.0.2.1:25", Some("start the server again")),
            finding("queue-stuck", "warning", HOSTILE, None),
            finding("disk", "ok", "/var/lib/mox", None),
        ],
    }
}

fn traffic() -> TrafficReport {
    let hour = TrafficRow::none(at("2026-11-27T09:00:00Z"));
    let day = TrafficRow::none(at("2026-11-27T00:00:00Z"));
    TrafficReport {
        since: Some(at("2026-11-01T00:00:00Z")),
        hours: vec![TrafficRow { incoming: 12, refused: 34, submitted: 8, delivered: 10, failed: 1, ..hour }],
        days: vec![day],
    }
}

fn certificate() -> CertificateRow {
    CertificateRow {
        authority: "letsencrypt".into(),
        name: "mail.example".into(),
        key: "ecdsap256".into(),
        essential: true,
        not_after: Some(at("2026-12-07T10:00:00Z")),
        renew_at: Some(at("2026-11-30T10:00:00Z")),
        error: Some("the authority refused".into()),
        next_try: None,
        tlsa: None,
        names: Vec::new(),
        issuer: None,
        not_before: None,
        window: None,
    }
}

fn reports() -> ReportStateRow {
    ReportStateRow {
        family: ReportFamily::Dmarc,
        next: at("2026-11-28T00:00:00Z"),
        last: Some(at("2026-11-27T00:20:00Z")),
        outcome: "delivered".into(),
        policy_domain: "example.net".into(),
        received_today: 6,
        last_received: None,
    }
}

fn connections(op: &Connections) -> ConnectionList {
    let row = |id: u64| ConnectionRow {
        id,
        listener: "public".into(),
        service: "smtp".into(),
        local: "192.0.2.1:25".into(),
        remote: format!("198.51.100.7:{id}"),
        since: at("2026-11-27T09:59:00Z"),
    };
    let limit = usize::try_from(op.limit).unwrap();
    let ids = (1..=150).rev().filter(|id| op.before.is_none_or(|before| *id < before));
    let mut connections: Vec<_> = ids.take(limit + 1).map(row).collect();
    let more = connections.len() > limit;
    connections.truncate(limit);
    let group = ConnectionGroup {
        listener: "public".into(),
        service: "smtp".into(),
        network: "198.51.100.0/26".into(),
        count: 150,
    };
    ConnectionList { total: 150, groups: vec![group], connections, more }
}

fn limit() -> RateLimitRow {
    RateLimitRow {
        what: "logins".into(),
        network: "203.0.113.0/26".into(),
        count: 150,
        limit: 150,
        window_secs: Some(86_400),
        limited: true,
    }
}

fn backups() -> Vec<BackupRow> {
    let row = BackupRow {
        begun: at("2026-11-27T03:00:00Z"),
        ended: Some(at("2026-11-27T03:01:00Z")),
        destination: "/srv/backup/mox".into(),
        error: None,
        database_bytes: 4096,
        contents: 3,
        content_bytes: 5_000_000,
        skipped: 0,
    };
    let failed = BackupRow { error: Some(HOSTILE.into()), begun: at("2026-11-26T03:00:00Z"), ..row.clone() };
    let going = BackupRow { ended: None, begun: at("2026-11-27T09:59:30Z"), ..row.clone() };
    vec![going, row, failed]
}

fn levels() -> LogLevels {
    let level = |package: Option<&str>, level: &str| LogLevel {
        package: package.map(str::to_owned),
        level: level.to_owned(),
    };
    LogLevels(vec![level(None, "info"), level(Some("smtpserver"), "trace")])
}

/// 250 lines; what comes after them is one line, and then nothing.
async fn tail(op: LogTail) -> Result<LogLines, OpError> {
    if op.level.as_deref() == Some("loud") {
        return Err(OpError::usage("unknown log level \"loud\": error, warn, info, debug or trace"));
    }
    let line = |seq: u64| LogLine {
        seq,
        at: at("2026-11-27T10:00:00Z"),
        level: if seq.is_multiple_of(2) { "warn" } else { "info" }.into(),
        room: "smtpserver".into(),
        message: format!("line {seq}"),
        fields: format!("rcpt=\"{HOSTILE}\""),
    };
    let lines: Vec<LogLine> = match op.after {
        Some(after) if after >= 251 => std::future::pending().await,
        Some(after) => (after + 1..=251).map(line).collect(),
        None => (1..=250_u64)
            .rev()
            .filter(|seq| op.before.is_none_or(|before| *seq < before))
            .take(100)
            .map(line)
            .collect(),
    };
    let more = lines.last().is_some_and(|line| line.seq > 1) && op.after.is_none();
    let newest = if op.after.is_some() { 251 } else { 250 };
    Ok(LogLines { lines, more, newest, oldest: 1, rooms: vec!["queue".into(), "smtpserver".into()] })
}

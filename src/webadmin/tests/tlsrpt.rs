//! Pages about TLS reports against a house that answers from memory: what they show, what their forms do, and what
//! hostile values do not.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

const BAD: &str = "\"><script>alert(1)</script>";

fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

/// What was asked for, as JSON.
type Asked = Arc<Mutex<Vec<String>>>;

struct Site {
    pages: Box<dyn Pages>,
    asked: Asked,
}

fn row(id: i64) -> TlsReportRow {
    TlsReportRow {
        id,
        policy_domain: "here.example".into(),
        sender: "reporter.example".into(),
        organization: BAD.into(),
        report_id: format!("{BAD}{id}"),
        start: at("2026-11-24T00:00:00Z"),
        end: at("2026-11-24T23:59:59Z"),
        received: at("2026-11-25T01:02:03Z"),
        message_id: Some(17),
        successful: 20,
        failed: 5,
        details: 1,
    }
}

fn cause() -> ReportCause {
    ReportCause {
        family: ReportFamily::Tls,
        id: "certificate-expired".into(),
        policy_domain: "here.example".into(),
        at: format!("mx1.here.example{BAD}"),
        sources: Vec::new(),
        since: at("2026-11-20T00:00:00Z"),
        last: at("2026-11-24T23:59:59Z"),
        count: 5,
        failed: 5,
        reporters: 2,
        what: format!("5 sessions failed {BAD}"),
        meaning: "the certificate is over".into(),
        mend: "renew it".into(),
    }
}

fn destination(state: &str) -> ReportDestination {
    ReportDestination {
        uri: format!("mailto:tls@one.example{BAD}"),
        state: state.into(),
        why: String::new(),
        attempts: 1,
        queue_id: Some(9),
        next_attempt: None,
        ended: None,
    }
}

fn timeline(op: &TlsTimeline) -> TlsTimelineDays {
    let day =
        |day: &str, successful, failed| TlsTimelineDay { day: day.into(), reports: 1, successful, failed };
    TlsTimelineDays {
        days: vec![day("2026-11-24", 20, 5), day("2026-11-25", 0, 0)],
        fine_known: op.mx.is_none(),
        hosts: vec![
            TlsTimelineHost { mx: BAD.into(), failed: 4, reporters: 2 },
            TlsTimelineHost { mx: String::new(), failed: 1, reporters: 1 },
        ],
    }
}

fn report() -> TlsReportDetail {
    TlsReportDetail {
        row: row(3),
        contact: BAD.into(),
        overview: format!("{BAD} reports"),
        policies: vec![TlsReportPolicy {
            summary: "MTA-STS of here.example: 5 of 25 sessions failed".into(),
            has_failure: true,
            failures: vec![TlsReportSentence {
                what: BAD.into(),
                meaning: "the certificate is over".into(),
                mend: "renew it".into(),
            }],
        }],
        oddities: vec![format!("odd {BAD}")],
        document: serde_json::json!({ "organization-name": BAD }),
    }
}

fn history(id: i64) -> TlsSentRow {
    TlsSentRow {
        id,
        row: ReportHistoryRow {
            report_id: format!("2026-11-24.{id}"),
            policy_domain: "one.example".into(),
            kind: "domain".into(),
            day: "2026-11-24".into(),
            part: 0,
            note: String::new(),
            sealed: at("2026-11-25T00:10:00Z"),
            outcome: "delivered".into(),
            why: BAD.into(),
            successful: 7,
            failed: 2,
            file_name: "x.json.gz".into(),
            destinations: vec![destination("delivered")],
        },
    }
}

fn collected() -> TlsCollectedRow {
    TlsCollectedRow {
        key: "2026-11-25/7".into(),
        row: TlsResultRow {
            policy_domain: "one.example".into(),
            recipient_domain: "one.example".into(),
            kind: "domain".into(),
            day: "2026-11-25".into(),
            policy_type: "sts".into(),
            policy_string: Vec::new(),
            mx_host: Vec::new(),
            successful: 11,
            failed: 3,
            details: Vec::new(),
            send_report: true,
        },
        failures: vec![TlsReportSentence { what: BAD.into(), meaning: "m".into(), mend: "n".into() }],
    }
}

fn outlook(domain: &str, state: &str, why: &str) -> TlsOutlookRow {
    TlsOutlookRow {
        key: format!("domain/{domain}/2026-11-25"),
        policy_domain: domain.into(),
        kind: "domain".into(),
        day: "2026-11-25".into(),
        partial: true,
        state: state.into(),
        why: why.into(),
        destinations: if state == "will-send" { vec![destination("will-send")] } else { Vec::new() },
    }
}

fn suppressed(uri: &str) -> ReportSuppressRow {
    ReportSuppressRow {
        uri: uri.into(),
        since: at("2026-11-01T00:00:00Z"),
        until: at("2026-12-01T00:00:00Z"),
        automatic: true,
        failures: 3,
        comment: BAD.into(),
    }
}

fn received(operations: Operations) -> Operations {
    operations
        .on(|op: TlsTimeline| async move { Ok(timeline(&op)) })
        .on(|_: TlsCauses| async {
            Ok(TlsCauseList { causes: vec![cause()], more: true, silent: Vec::new() })
        })
        .on(|op: TlsDomains| async move {
            let next = op.after.is_none().then(|| "here.example".to_owned());
            let policy_domain = op.after.map_or("here.example".into(), |_| "later.example".into());
            let row = TlsDomainRow {
                policy_domain,
                last: "2026-11-24".into(),
                successful: 20,
                failed: 5,
                ..TlsDomainRow::default()
            };
            Ok(TlsDomainsPage { rows: vec![row], next })
        })
        .on(|op: TlsReport| async move {
            if op.id == 3 {
                Ok(report())
            } else {
                Err(OpError::not_found(format!("no TLS report {}", op.id)))
            }
        })
        .on(|_: ReportSilent| async {
            let one = |family, sender: &str| SilentReporter {
                family,
                silence: ReportSilence {
                    policy_domain: "here.example".into(),
                    sender: sender.into(),
                    organization: BAD.into(),
                    last: "2026-11-01".into(),
                    days: 28,
                },
                quiet_days: 24,
            };
            Ok(vec![one(ReportFamily::Dmarc, "dmarc.example"), one(ReportFamily::Tls, "gone.example")])
        })
}

impl Site {
    fn new() -> Site {
        let asked: Asked = Arc::default();
        /// Keeps what an operation was asked, then answers.
        macro_rules! keeps {
            ($operations:expr, $type:ident, $reply:expr) => {{
                let asked = asked.clone();
                $operations.on(move |op: $type| {
                    asked.lock().unwrap().push(format!(
                        "{} {}",
                        stringify!($type),
                        serde_json::to_string(&op).unwrap()
                    ));
                    async move { $reply(op) }
                })
            }};
        }
        let table = received(Operations::new());
        let table = keeps!(table, TlsReceived, |op: TlsReceived| {
            let next = op.before.is_none().then_some(2);
            Ok(TlsReceivedPage { rows: vec![row(3), row(2)], next })
        });
        let table = keeps!(table, TlsCollected, |op: TlsCollected| {
            let next = op.after.is_none().then(|| "2026-11-25/7".to_owned());
            Ok(TlsCollectedPage { rows: vec![collected()], next })
        });
        let table = keeps!(table, TlsOutlook, |_| {
            let rows = vec![
                outlook("one.example", "will-send", ""),
                outlook("none.example", "discarded", "it publishes no TLSRPT record"),
            ];
            Ok(TlsOutlookPage { rows, next: Some("domain/one.example/2026-11-25".into()) })
        });
        let table = keeps!(table, TlsSent, |op: TlsSent| {
            Ok(TlsSentPage { rows: vec![history(5)], next: op.before.is_none().then_some(5) })
        });
        let table = keeps!(table, ReportSuppressed, |_| {
            let rows = vec![suppressed("mailto:a@one.example"), suppressed(BAD)];
            Ok(ReportSuppressedPage { rows, next: None })
        });
        let table = keeps!(table, ReportSuppressAdd, |op: ReportSuppressAdd| Ok(suppressed(&op.uri)));
        let table = keeps!(table, ReportSuppressExtend, |op: ReportSuppressExtend| Ok(suppressed(&op.uri)));
        let table = keeps!(table, ReportSuppressRemove, |op: ReportSuppressRemove| Ok(suppressed(&op.uri)));
        let table = keeps!(table, TlsRecord, |_| {
            Ok(TlsRecordFound {
                name: "_smtp._tls.one.example".into(),
                state: "found".into(),
                texts: vec![format!("v=TLSRPTv1; {BAD}")],
                authentic: Some(true),
                problem: String::new(),
                destinations: vec![TlsRecordDestination { uri: "ftp://x.example".into(), usable: false }],
            })
        });
        let table = keeps!(table, ReportExplain, |_| {
            let step = |step: &str, ok, text: &str| ReportStep { step: step.into(), ok, text: text.into() };
            let steps =
                vec![step("switch", Some(true), "reports are sent"), step("record", Some(false), BAD)];
            Ok(ReportExplanation { steps })
        });
        let table = keeps!(table, ReportPreview, |op: ReportPreview| {
            if op.domain.as_deref() != Some("one.example") {
                return Err(OpError::not_found("no results wait"));
            }
            let row = ReportPreviewRow {
                policy_domain: "one.example".into(),
                kind: "domain".into(),
                day: "2026-11-25".into(),
                partial: true,
                report_id: "2026-11-25.one".into(),
                destinations: vec![destination("will-send")],
                file_name: "one.json.gz".into(),
                document: serde_json::json!({ "report-id": BAD }),
            };
            Ok(ReportPreviewed { reports: vec![row], withheld: Vec::new() })
        });
        let table = keeps!(table, ReportSendNow, |op: ReportSendNow| {
            let sent = ReportSent {
                policy_domain: "one.example".into(),
                kind: "domain".into(),
                day: "2026-11-24".into(),
                report_id: "2026-11-24.one".into(),
                state: if op.dry_run { "would-send" } else { "sealed" }.into(),
                why: BAD.into(),
                destinations: vec![destination("sealed")],
            };
            Ok(vec![sent])
        });
        let clock = Arc::new(SimClock::new(at("2026-11-25T10:00:00Z").0));
        let pages = crate::pages(Arc::new(table), "mox".into(), Vec::new(), clock);
        Site { pages: Box::new(pages), asked }
    }

    async fn ask(&self, method: &str, target: &str, body: &str) -> (StatusCode, String, String) {
        let uri = format!("/admin/{target}");
        let (head, ()) = hyper::Request::builder().method(method).uri(&uri).body(()).unwrap().into_parts();
        let visit = Visit {
            base: "/admin/".into(),
            path: target.split('?').next().unwrap().into(),
            who: Who { account: String::new(), login: String::new() },
            csrf: "c0ffee".into(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        let request = Request::of(head, Bytes::copy_from_slice(body.as_bytes()));
        let response = self.pages.call(request, visit).await;
        let location =
            response.headers().get("location").map_or("", |value| value.to_str().unwrap()).to_owned();
        let bytes = response.body().bytes().cloned().unwrap_or_default();
        (response.status(), String::from_utf8(bytes.to_vec()).unwrap(), location)
    }

    /// A page that must be there, with nothing in it that anybody could have smuggled in.
    async fn page(&self, target: &str) -> String {
        let (status, body, _) = self.ask("GET", target, "").await;
        assert_eq!(status, StatusCode::OK, "{target}: {body}");
        sound(target, &body);
        body
    }

    /// Posts a form that does its work; gives where it leads.
    async fn post(&self, target: &str, form: &str) -> String {
        let (status, body, location) = self.ask("POST", target, form).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{target}: {body}");
        location
    }

    /// The requests of an operation so far.
    fn asked(&self, name: &str) -> Vec<String> {
        let all = self.asked.lock().unwrap();
        all.iter().filter(|line| line.starts_with(&format!("{name} "))).cloned().collect()
    }
}

/// What holds for each page.
fn sound(target: &str, body: &str) {
    assert!(!body.contains("<script>alert"), "{target}");
    assert!(!body.contains(" style="), "{target}");
    assert_eq!(body.matches("<h1").count(), 1, "{target}");
    for form in body.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap()) {
        if form.contains("method=\"post\"") {
            assert!(form.contains("name=\"csrf\" value=\"c0ffee\""), "{target}: {form}");
            assert!(form.contains("action=\"/admin/"), "{target}: {form}");
        }
    }
    let ids: Vec<&str> = body.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(ids.len(), unique.len(), "{target}: an id stands twice: {ids:?}");
}

fn has(body: &str, all: &[&str]) {
    for part in all {
        assert!(body.contains(part), "{part} is missing in {body}");
    }
}

#[tokio::test]
async fn the_overview_tells_what_fails_and_what_mends_it() {
    let site = Site::new();
    let page = site.page("tlsrpt?days=7").await;
    has(
        &page,
        &[
            "aria-label=\"Sessions by day, 2026-11-24 to 2026-11-25: 20 fine, 5 failed\"",
            "<title>2026-11-24: 20 fine, 5 failed</title>",
            "data-field=\"mend\">renew it<",
            "data-field=\"meaning\">the certificate is over<",
            "There are more causes",
            "<tr data-key=\"here.example\">",
            "data-field=\"failed\">5<",
            "after=here.example",
            "href=\"/admin/tlsrpt/domain?name=here.example&amp;days=7\"",
        ],
    );
    assert!(site.page("tlsrpt?after=here.example").await.contains("data-key=\"later.example\""));
}

#[tokio::test]
async fn a_domain_and_a_host_have_pages() {
    let site = Site::new();
    let page = site.page("tlsrpt/domain?name=here.example").await;
    has(&page, &["Failed sessions by mail host", "host not told", "80 %", "tlsrpt/reports/3", "365 days"]);
    let page = site.page("tlsrpt/host?name=mx1.here.example").await;
    has(&page, &["Reports count what went well by policy domain only", ": 5 failed\""]);
    assert!(!page.contains(" fine, "), "what is not known is not drawn as none");
    let (status, body, _) = site.ask("GET", "tlsrpt/domain", "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    has(&body, &["name", "is missing"]);
}

#[tokio::test]
async fn reports_are_listed_by_key_and_shown_whole() {
    let site = Site::new();
    let page =
        site.page("tlsrpt/reports?domain=here.example&sender=reporter.example&failed=true&days=90").await;
    has(&page, &["<tr data-key=\"3\">", "data-field=\"sender\">reporter.example<", "before=2\""]);
    assert!(site.asked("TlsReceived")[0].contains("\"failed\":true"));
    assert!(!site.page("tlsrpt/reports?before=2").await.contains(">Older<"));
    let page = site.page("tlsrpt/reports/3").await;
    has(
        &page,
        &[
            "data-field=\"successful\">20<",
            "5</span> failed (20 %)",
            "in message <span data-field=\"message_id\">17</span>",
            "renew it",
            "Where it is not as the RFC has it",
            "organization-name",
        ],
    );
    for target in ["tlsrpt/reports/4", "tlsrpt/reports/x"] {
        assert_eq!(site.ask("GET", target, "").await.0, StatusCode::NOT_FOUND, "{target}");
    }
    let (status, body, _) = site.ask("GET", "tlsrpt/reports?form=x", "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    has(&body, &["unknown parameter", "known are: "]);
    let page = site.page("tlsrpt/silent").await;
    has(&page, &["gone.example", "data-field=\"quiet_days\">24<"]);
    assert!(!page.contains("dmarc.example"), "it is about TLS");
}

#[tokio::test]
async fn what_is_collected_and_sent_is_listed_by_key() {
    let site = Site::new();
    let page = site.page("tlsrpt/collected?domain=one.example").await;
    has(
        &page,
        &[
            "data-key=\"2026-11-25 ",
            "data-field=\"successful\">11<",
            "data-field=\"send_report\"><data value=\"true\">yes<",
        ],
    );
    has(&page, &["after=2026-11-25/7"]);
    assert!(site.asked("TlsCollected")[0].contains("\"domain\":\"one.example\""));
    let page = site.page("tlsrpt/outgoing").await;
    has(
        &page,
        &[
            "it publishes no TLSRPT record",
            "data-field=\"state\"><data value=\"will-send\">will send<",
            "Only say what would be sent",
        ],
    );
    let page = site.page("tlsrpt/sent?domain=one.example").await;
    has(&page, &["data-field=\"outcome\">delivered<", "before=5\"", "queue/9"]);
    assert!(site.asked("TlsSent")[0].contains("one.example"));
}

#[tokio::test]
async fn one_domain_is_explained() {
    let site = Site::new();
    let page = site.page("tlsrpt/about?domain=one.example").await;
    has(&page, &["<option value=\"2026-11-25\">2026-11-25</option>"]);
    has(&page, &["reports are sent", "in its way", "2026-11-25.one", "the day is not over", "report-id"]);
    let page = site.page("tlsrpt/about?domain=quiet.example").await;
    assert!(!page.contains("As it would be sent now"), "nothing waits");
    has(&page, &["Nothing would be sent now: no results", "type=\"hidden\" name=\"sample\" value=\"true\""]);
    assert!(!page.contains("<select"), "there is no day to choose");
    let page = site.page("tlsrpt/lookup?domain=one.example").await;
    has(&page, &["_smtp._tls.one.example", "proves it", "neither mailto: nor https:"]);
    assert!(!site.page("tlsrpt/lookup").await.contains("DNSSEC"));
    assert_eq!(site.asked("TlsRecord").len(), 1);
}

#[tokio::test]
async fn sending_asks_first_and_tells_what_was_done() {
    let site = Site::new();
    let (status, body, _) =
        site.ask("POST", "tlsrpt/send", "csrf=c0ffee&domain=one.example&day=today&to=&dry_run=").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let (_, body, _) =
        site.ask("POST", "tlsrpt/send", "domain=one.example&day=today&to=mailto:a@b.example").await;
    sound("confirm", &body);
    has(
        &body,
        &[
            "cannot be called back",
            "nowhere else",
            "name=\"confirm\" value=\"yes\"",
            "tlsrpt/about?domain=one.example",
        ],
    );
    assert!(site.asked("ReportSendNow").iter().all(|op| op.contains("\"dry_run\":true")), "nothing was sent");
    let (status, body, _) =
        site.ask("POST", "tlsrpt/send", "domain=one.example&day=today&sample=true&confirm=yes").await;
    assert_eq!(status, StatusCode::OK);
    sound("sent", &body);
    has(&body, &["What was sent", "2026-11-24.one", "data-field=\"state\">sealed<"]);
    let last = site.asked("ReportSendNow").pop().unwrap();
    has(
        &last,
        &["\"domains\":[\"one.example\"]", "\"day\":\"today\"", "\"sample\":true", "\"dry_run\":false"],
    );
}

#[tokio::test]
async fn destinations_are_suppressed_extended_and_freed() {
    let site = Site::new();
    let page = site.page("tlsrpt/suppressed?note=removed").await;
    has(
        &page,
        &[
            "gets reports again",
            "data-key=\"mailto:a@one.example\"",
            "data-field=\"failures\">3<",
            "automatic",
        ],
    );
    let to = site.post("tlsrpt/suppressed/add", "uri=a%40one.example&until=2026-12-31&comment=asked").await;
    assert_eq!(to, "/admin/tlsrpt/suppressed?note=suppressed");
    has(
        &site.asked("ReportSuppressAdd")[0],
        &["\"uri\":\"a@one.example\"", "2026-12-31T00:00:00", "\"comment\":\"asked\""],
    );
    let to = site.post("tlsrpt/suppressed/extend", "uri=mailto%3Aa%40one.example&until=2027-01-31").await;
    assert_eq!(to, "/admin/tlsrpt/suppressed?note=extended");
    let (_, body, _) = site.ask("POST", "tlsrpt/suppressed/remove", "uri=mailto%3Aa%40one.example").await;
    has(&body, &["will get reports again", "name=\"confirm\""]);
    assert!(site.asked("ReportSuppressRemove").is_empty());
    let to = site.post("tlsrpt/suppressed/remove", "uri=mailto%3Aa%40one.example&confirm=yes").await;
    assert_eq!(to, "/admin/tlsrpt/suppressed?note=removed");
    assert_eq!(site.asked("ReportSuppressRemove").len(), 1);
}

#[tokio::test]
async fn wrong_input_is_refused_and_changes_nothing() {
    let site = Site::new();
    let long = format!("uri=a%40b.example&until=2026-12-31&comment={}", "x".repeat(501));
    for (target, form, said) in [
        ("tlsrpt/suppressed/add", "until=2026-12-31", "uri"),
        ("tlsrpt/suppressed/add", "uri=a%40b.example", "until"),
        ("tlsrpt/suppressed/add", "uri=a%40b.example&until=31.12.2026", "write it as 2026-12-31"),
        ("tlsrpt/suppressed/add", long.as_str(), "longer than 500"),
        ("tlsrpt/suppressed/extend", "uri=a%40b.example&until=", "until"),
        ("tlsrpt/send", "domain=a.example&sample=perhaps", "expected true or false"),
        ("tlsrpt/send", "domain=a.example&when=now", "unknown parameter"),
    ] {
        let (status, body, _) = site.ask("POST", target, form).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{target} {form}");
        has(&body, &[said]);
    }
    for name in ["ReportSuppressAdd", "ReportSuppressExtend", "ReportSendNow"] {
        assert!(site.asked(name).is_empty(), "{name}");
    }
    for (method, target) in [("POST", "tlsrpt"), ("GET", "tlsrpt/send"), ("GET", "tlsrpt/nothing")] {
        assert_eq!(site.ask(method, target, "").await.0, StatusCode::NOT_FOUND, "{method} {target}");
    }
}

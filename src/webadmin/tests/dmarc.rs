//! The pages about DMARC show what the operations reply, as their JSON has it, and their forms ask for what they say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operation, Operations, Time};
use mox_clock::Timestamp;
use mox_httpserver::{Request, StatusCode};
use mox_web::door::{Pages, Visit};
use serde_json::{Value, json};

/// What a stranger writes.
const HOSTILE: &str = "<script>alert('x')</script>\"&";

fn time(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn sums() -> DmarcSums {
    DmarcSums { reports: 3, messages: 20, passed: 12, failed: 8, quarantined: 4, rejected: 1 }
}

fn report_row() -> DmarcReportRow {
    read(json!({
        "id": 41, "policy_domain": "example.org", "sender": "big.example", "organization": HOSTILE,
        "report_id": "r-1", "start": time("2026-11-24T00:00:00Z"), "end": time("2026-11-24T23:59:59Z"),
        "received": time("2026-11-25T03:04:05Z"), "message_id": null, "messages": 20, "passed": 12, "failed": 8,
        "quarantined": 4, "rejected": 1, "rows": 2, "form": "rfc9990"
    }))
}

fn record(ip: &str, count: u64, passes: bool) -> DmarcReportRecord {
    let cause = DmarcReportCause {
        id: "no-dkim".into(),
        what: HOSTILE.into(),
        meaning: "it is not signed".into(),
        mend: "sign it".into(),
    };
    DmarcReportRecord {
        source_ip: Some(ip.into()),
        count,
        disposition: "none".into(),
        dkim: passes,
        header_from: "example.org".into(),
        dkim_results: vec![DmarcReportAuth {
            domain: HOSTILE.into(),
            result: "fail".into(),
            ..read(json!({"domain": "", "result": ""}))
        }],
        cause: (!passes).then_some(cause),
        ..DmarcReportRecord::default()
    }
}

fn report_page() -> DmarcReportPaged {
    let report = DmarcReportDetail {
        row: report_row(),
        overview: "big.example reports".into(),
        email: "d@big.example".into(),
        extra_contact_info: String::new(),
        errors: vec![HOSTILE.into()],
        generator: "x/1".into(),
        policy: json!({"domain": "example.org", "p": "none", "sp": null, "pct": 50}),
        records: vec![record("192.0.2.1", 8, false), record("192.0.2.2", 12, true)],
        oddities: vec!["odd".into()],
    };
    DmarcReportPaged { report, next: Some(77) }
}

fn collected_row() -> DmarcCollectedRow {
    DmarcCollectedRow {
        key: "2026-11-25/example.org".into(),
        policy_domain: "example.org".into(),
        day: "2026-11-25".into(),
        policies: 1,
        messages: 9,
        passed: 5,
        failed: 4,
        reasons: 0,
        rows: 2,
        unlisted: 1,
        dispositions: Dispositions { pass: 5, none: 2, quarantine: 1, reject: 0, unknown: 1 },
        reportable: false,
        why: "nothing but reports".into(),
    }
}

fn collected() -> DmarcCollectedDetail {
    DmarcCollectedDetail {
        row: collected_row(),
        published: vec![DmarcCollectedPolicy {
            policy_id: 3,
            policy: json!({"domain": "example.org", "p": "reject"}),
            messages: 9,
            passed: 5,
            reasons: 0,
        }],
        records: vec![DmarcCollectedRecord {
            key: "3-c0000201-00".into(),
            policy_id: 3,
            record: record("192.0.2.1", 4, false),
        }],
        next: Some("3-c0000201-00".into()),
    }
}

fn destination() -> ReportDestination {
    read(json!({"uri": "mailto:d@example.org", "state": "will-send", "why": "", "attempts": 0}))
}

fn outlook() -> DmarcOutlookPage {
    let row = DmarcOutlookRow {
        key: "2026-11-25/example.org".into(),
        policy_domain: "example.org".into(),
        day: "2026-11-25".into(),
        partial: true,
        state: "will-send".into(),
        why: String::new(),
        destinations: vec![destination()],
    };
    let other = DmarcOutlookRow {
        key: "2026-11-25/none.example".into(),
        policy_domain: "none.example".into(),
        state: "discarded".into(),
        why: HOSTILE.into(),
        destinations: vec![],
        ..row.clone()
    };
    DmarcOutlookPage { rows: vec![row, other], next: None }
}

fn sent() -> DmarcSentPage {
    let row = read(json!({
        "report_id": "a!b", "policy_domain": "example.org", "kind": "dmarc", "day": "2026-11-24", "part": 1,
        "note": "partial", "sealed": time("2026-11-25T00:10:00Z"), "outcome": "delivered", "why": "", "successful": 5,
        "failed": 4, "file_name": "f", "destinations": [destination()]
    }));
    DmarcSentPage { rows: vec![DmarcSentRow { id: 8, row }], next: Some(8) }
}

fn suppressed() -> ReportSuppressedPage {
    let row = ReportSuppressRow {
        uri: "mailto:x@example.org".into(),
        since: time("2026-11-20T00:00:00Z"),
        until: time("2026-12-20T00:00:00Z"),
        automatic: true,
        failures: 3,
        comment: HOSTILE.into(),
    };
    ReportSuppressedPage { next: Some(row.uri.clone()), rows: vec![row] }
}

fn failure_row() -> FailureRow {
    FailureRow {
        id: 6,
        policy_domain: "example.org".into(),
        sender: "big.example".into(),
        received: time("2026-11-25T03:04:05Z"),
        message_id: None,
        auth_failure: "dkim".into(),
        source_ip: "192.0.2.1".into(),
        from: HOSTILE.into(),
        subject: HOSTILE.into(),
    }
}

fn failure() -> FailureDetail {
    FailureDetail {
        row: failure_row(),
        overview: "big.example reports on a message".into(),
        fields: FailureFields { subject: HOSTILE.into(), incidents: 2, ..FailureFields::default() },
        header: format!("Subject: {HOSTILE}\n").repeat(3000),
    }
}

fn sources() -> DmarcSourceList {
    read(json!({
        "since": time("2026-10-25T00:00:00Z"), "rows": 5000, "cut": true,
        "services": [{
            "name": HOSTILE, "named_by": "dkim", "messages": 20, "both": 10, "dkim": 1, "spf": 1, "failed": 8,
            "quarantined": 4, "rejected": 1, "reporters": 2, "more_sources": 5,
            "sources": [{
                "address": "192.0.2.1", "name": "mail.example.net", "name_state": "confirmed", "messages": 20, "both": 10,
                "dkim": 1, "spf": 1, "failed": 8, "quarantined": 4, "rejected": 1
            }]
        }]
    }))
}

fn readiness() -> Readiness {
    let step = |step: &str, current, verdict: &str, suffer: u64| {
        json!({"step": step, "current": current, "verdict": verdict, "suffer": suffer, "percent": 2.5,
               "reasons": [HOSTILE]})
    };
    let source = json!({
        "service": HOSTILE, "named_by": "ptr", "kind": "service", "because": ["it signs"], "mend": "align it",
        "failed": 3, "percent": 3.5, "passed": 5, "days": 9, "reporters": 2, "more_addresses": 0,
        "addresses": [{"address": "192.0.2.9", "name": null, "name_state": "missing", "listed": false, "failed": 3}]
    });
    let ladder = [
        step("none", true, "ready", 0),
        step("quarantine", false, "not_ready", 3),
        step("reject", false, "too_little_data", 0),
    ];
    let scope = json!({
        "tag": "p", "domains": ["example.org"], "messages": 100, "passed": 97, "spf_only": 2, "unlisted": 1,
        "ladder": ladder, "sources": [source],
        "next": {"name": "_dmarc.example.org", "text": "v=DMARC1; p=quarantine; t=y"}
    });
    let record = json!({"name": "_dmarc.example.org", "text": "v=DMARC1; p=none"});
    read(json!({
        "domain": "example.org", "since": time("2026-10-26T10:00:00Z"), "record": record, "problem": HOSTILE,
        "reports": 80, "reporters": 4, "days": 20, "missing": [], "ready": false, "cut": false, "scopes": [scope]
    }))
}

/// What was asked for, by the name of the operation.
type Asked = Arc<Mutex<Vec<(&'static str, Value)>>>;

struct House {
    pages: Box<dyn Pages>,
    asked: Asked,
}

/// Adds an operation that remembers what it is asked.
fn on<O: Operation + serde::Serialize>(
    operations: Operations,
    asked: &Asked,
    reply: impl Fn(&O) -> O::Reply + Send + Sync + 'static,
) -> Operations
where
    O::Reply: Send,
{
    let (asked, reply) = (asked.clone(), Arc::new(reply));
    operations.on(move |op: O| {
        let (asked, reply) = (asked.clone(), reply.clone());
        async move {
            asked.lock().unwrap().push((O::NAME, serde_json::to_value(&op).unwrap()));
            Ok::<_, OpError>(reply(&op))
        }
    })
}

impl House {
    fn new() -> House {
        let asked = Asked::default();
        let o = Operations::new();
        let o = on(o, &asked, |_: &DmarcDays| {
            let day = |day: &str| DmarcDay { day: day.into(), sums: sums() };
            vec![day("2026-11-20"), day("2026-11-24")]
        });
        let o = on(o, &asked, |_: &DmarcDomains| DmarcDomainsPage {
            rows: vec![DmarcDomainRow {
                policy_domain: "example.org".into(),
                last: "2026-11-24".into(),
                sums: sums(),
            }],
            next: Some("example.org".into()),
        });
        let o =
            on(o, &asked, |_: &DmarcReceived| DmarcReceivedPage { rows: vec![report_row()], next: Some(41) });
        let o = on(o, &asked, |_: &DmarcReportPage| report_page());
        let o = on(o, &asked, |_: &DmarcSources| sources());
        let o =
            on(o, &asked, |_: &DmarcFailures| DmarcFailuresPage { rows: vec![failure_row()], next: Some(6) });
        let o = on(o, &asked, |_: &FailureReport| failure());
        let o = on(o, &asked, |_: &DmarcReadiness| readiness());
        let o = on(o, &asked, |_: &DmarcCollected| DmarcCollectedPage {
            rows: vec![collected_row()],
            next: Some(collected_row().key),
        });
        let o = on(o, &asked, |_: &DmarcCollectedShow| collected());
        let o = on(o, &asked, |op: &DmarcOutlook| {
            let is_wanted =
                |row: &DmarcOutlookRow| op.domain.as_ref().is_none_or(|of| *of == row.policy_domain);
            DmarcOutlookPage { rows: outlook().rows.into_iter().filter(is_wanted).collect(), next: None }
        });
        let o = on(o, &asked, |_: &ReportExplain| explanation());
        let o = on(o, &asked, |_: &ReportPreview| preview());
        let o = on(o, &asked, |_: &DmarcSent| sent());
        let o = on(o, &asked, |_: &ReportSuppressed| suppressed());
        let o = on(o, &asked, |op: &ReportSendNow| would_send(op));
        let o = on(o, &asked, |_: &ReportSuppressAdd| suppressed().rows.remove(0));
        let o = on(o, &asked, |_: &ReportSuppressExtend| suppressed().rows.remove(0));
        let o = on(o, &asked, |_: &ReportSuppressRemove| suppressed().rows.remove(0));
        let clock = Arc::new(mox_clock::sim::SimClock::new(Timestamp::from_secs(1_795_694_400)));
        House { pages: Box::new(crate::pages(Arc::new(o), "mox".into(), Vec::new(), clock)), asked }
    }

    async fn ask(&self, method: &str, path: &str, form: &str) -> (StatusCode, String, String) {
        let (head, ()) = hyper::Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        let request = Request::of(head, Bytes::copy_from_slice(form.as_bytes()));
        let visit = Visit {
            base: "/admin/".into(),
            path: path.trim_start_matches("/admin/").split('?').next().unwrap().to_owned(),
            who: mox_web::session::Who::default(),
            csrf: "c0ffee".into(),
            client: [127, 0, 0, 1].into(),
        };
        let response = self.pages.call(request, visit).await;
        let to = response.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
        let body = response.body().bytes().cloned().unwrap_or_default();
        (response.status(), String::from_utf8_lossy(&body).into_owned(), to)
    }

    /// A page that must be there, without anything of a stranger's in it that is no text.
    async fn page(&self, path: &str) -> String {
        let (status, body, _) = self.ask("GET", &format!("/admin/{path}"), "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        assert!(
            !body.contains("<script>alert") && !body.contains("style=") && !body.contains("onclick"),
            "{path}"
        );
        assert!(
            !body.contains("href=\"/dmarc") && !body.contains("action=\"/dmarc"),
            "{path} leaves its base"
        );
        assert_eq!(body.matches("<h1").count(), 1, "{path}");
        let posts = body.matches("method=\"post\"").count();
        assert_eq!(body.matches("name=\"csrf\" value=\"c0ffee\"").count(), posts, "{path}");
        body
    }

    fn last(&self) -> (&'static str, Value) {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

fn explanation() -> ReportExplanation {
    let step = |step: &str, ok, text: &str| ReportStep { step: step.into(), ok, text: text.into() };
    ReportExplanation {
        steps: vec![
            step("switch", Some(true), "on"),
            step("record", Some(false), HOSTILE),
            step("next", None, "x"),
        ],
    }
}

fn preview() -> ReportPreviewed {
    ReportPreviewed {
        reports: vec![ReportPreviewRow {
            policy_domain: "example.org".into(),
            kind: "dmarc".into(),
            day: "2026-11-25".into(),
            partial: true,
            report_id: "a!b".into(),
            destinations: vec![destination()],
            file_name: "f.xml.gz".into(),
            document: json!(format!("<feedback>{}", "x".repeat(70_000))),
        }],
        withheld: vec![ReportWithheld {
            policy_domain: "example.org".into(),
            kind: "dmarc".into(),
            day: "2026-11-24".into(),
            why: HOSTILE.into(),
        }],
    }
}

fn would_send(op: &ReportSendNow) -> Vec<ReportSent> {
    let state = match (op.domains[0].as_str(), op.dry_run) {
        ("nobody.example", _) => return Vec::new(),
        ("none.example", _) => "withheld",
        (_, true) => "would-send",
        (_, false) => "sealed",
    };
    vec![ReportSent {
        policy_domain: op.domains[0].clone(),
        kind: "dmarc".into(),
        day: op.day.clone().unwrap_or_default(),
        report_id: "a!b".into(),
        state: state.into(),
        why: String::new(),
        destinations: vec![destination()],
    }]
}

fn sent_key() -> String {
    let row = &sent().rows[0].row;
    format!("{} {} {}", row.policy_domain, row.day, row.part)
}

/// The cells of each row of a page, by its key: what a reader sees, or the exact time or value of a cell that says one.
fn cells(page: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut key = String::new();
    for piece in page.split('<') {
        let Some((tag, _)) = piece.split_once('>') else { continue };
        if let Some(name) = attribute(tag, "data-key") {
            key = name;
        }
        if let Some(field) = attribute(tag, "data-field") {
            let at = piece.as_ptr() as usize - page.as_ptr() as usize;
            let name = tag.split(' ').next().unwrap();
            let inner = &page[at + tag.len() + 1..];
            let inner = &inner[..inner.find(&format!("</{name}>")).unwrap()];
            let exact = inner.split_once("datetime=\"").or_else(|| inner.split_once("<data value=\""));
            let text = text(exact.map_or(inner, |(_, rest)| rest.split('"').next().unwrap()));
            found.entry(key.clone()).or_default().insert(field, text);
        }
    }
    found
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(text(rest.split('"').next()?))
}

/// The text of escaped text.
fn text(html: &str) -> String {
    let named = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    named.iter().fold(html.trim().to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A field of JSON by its path of names, as text.
fn field(value: &Value, path: &str) -> String {
    let part = |value: &'_ Value, name: &str| match value {
        Value::Array(all) => name.parse::<usize>().ok().and_then(|at| all.get(at)).cloned(),
        value => value.get(name).cloned(),
    };
    let found = path.split('.').try_fold(value.clone(), |value, name| part(&value, name));
    match found {
        Some(Value::String(text)) => text,
        Some(Value::Array(all)) => all
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(", "),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Compares the cells of rows with the JSON of them; at least `fields` of each row are on the page.
fn same(page: &str, key: &str, row: &impl serde::Serialize, fields: usize) {
    let row = serde_json::to_value(row).unwrap();
    let all = cells(page);
    let cells = all.get(key).unwrap_or_else(|| panic!("no {key:?} among {:?}", all.keys()));
    for (name, text) in cells {
        let said = field(&row, name);
        // A long document is cut.
        let is_cut = text.len() > 60_000 && said.starts_with(text.as_str());
        assert!(is_cut || *text == said, "{name} of {key}: {text:?}, not {said:?}");
    }
    assert!(cells.len() >= fields, "{key}: {cells:?}");
}

#[tokio::test]
async fn received_reports_are_as_their_json() {
    let house = House::new();
    let page = house.page("dmarc?days=90").await;
    let row = DmarcDomainRow { policy_domain: "example.org".into(), last: "2026-11-24".into(), sums: sums() };
    same(&page, "example.org", &row, 8);
    assert!(page.contains("href=\"/admin/dmarc?days=90&#38;after=example.org\""), "{page}");
    assert!(
        page.contains("<svg class=\"chart-bars\"") && page.contains("2026-11-22"),
        "days between are drawn"
    );
    let page = house.page("dmarc/domain/example.org").await;
    same(&page, HOSTILE, &sources().services[0], 8);
    same(&page, "2026-11-20", &DmarcDay { day: "2026-11-20".into(), sums: sums() }, 7);
    assert!(
        page.contains("mail.example.net")
            && page.contains("5000 rows")
            && page.contains("and <span data-field=\"more_sources\">5</span> more")
    );
    let page = house.page("dmarc/reports?domain=example.org&days=7&before=50").await;
    same(&page, "41", &report_row(), 11);
    assert!(page.contains("domain=example.org&#38;days=7&#38;before=41"), "{page}");
    let asked = json!({"domain": "example.org", "days": 7, "before": 50, "limit": null});
    assert_eq!(house.last(), ("dmarc-received", asked));
    let (page, found) = (house.page("dmarc/report/41").await, report_page());
    same(&page, "report", &found, 16);
    for (at, record) in found.report.records.iter().enumerate() {
        same(&page, &at.to_string(), record, 4);
    }
    same(&page, "no-dkim", found.report.records[0].cause.as_ref().unwrap(), 4);
    assert!(page.contains("dmarc/report/41?after=77"));
}

#[tokio::test]
async fn failure_reports_are_as_their_json() {
    let house = House::new();
    same(&house.page("dmarc/failures").await, "6", &failure_row(), 8);
    let page = house.page("dmarc/failure/6").await;
    same(&page, "failure", &failure(), 5);
    assert!(page.len() < 700_000 && page.contains("It goes on"), "the header is cut");
}

#[tokio::test]
async fn the_ladder_is_as_its_json() {
    let (house, found) = (House::new(), readiness());
    let page = house.page("dmarc/readiness/example.org?since=2026-10-01").await;
    assert_eq!(house.last().1["since"], "2026-10-01T00:00:00.000Z");
    same(&page, "readiness", &found, 8);
    let scope = &found.scopes[0];
    same(&page, "scope-p", scope, 3);
    for step in &scope.ladder {
        same(&page, &step.step, step, 3);
    }
    same(&page, HOSTILE, &scope.sources[0], 8);
    same(&page, "next-p", scope.next.as_ref().unwrap(), 1);
    assert!(page.contains("data-copy=\"next-p\"") && page.matches("<rect").count() >= 3);
    assert!(page.contains("not ready") && page.contains("you are here") && page.contains("too little data"));
    let (status, _, to) = house.ask("GET", "/admin/dmarc/readiness?domain=example.org", "").await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/admin/dmarc/readiness/example.org"));
    house.page("dmarc/readiness").await;
}

#[tokio::test]
async fn outgoing_reports_are_as_their_json() {
    let house = House::new();
    let page = house.page("dmarc/collected").await;
    same(&page, &collected_row().key, &collected_row(), 10);
    assert!(page.contains("after=2026-11-25%2Fexample.org"), "{page}");
    let (page, found) = (house.page("dmarc/collected/2026-11-25/example.org").await, collected());
    same(&page, "collected", &found, 11);
    same(&page, "0", &found.published[0], 3);
    same(&page, &found.records[0].key, &found.records[0], 4);
    let page = house.page("dmarc/outlook").await;
    for row in &outlook().rows {
        same(&page, &row.key, row, 4);
    }
    assert!(page.contains("mailto:d@example.org"));
    let page = house.page("dmarc/explain/example.org?note=sealed").await;
    for (at, step) in explanation().steps.iter().enumerate() {
        same(&page, &at.to_string(), step, 2);
    }
    assert!(page.contains("The report is made"));
    let page = house.page("dmarc/preview/2026-11-25/example.org").await;
    same(&page, "example.org 2026-11-25", &preview().reports[0], 5);
    same(&page, "0", &preview().withheld[0], 3);
    assert!(page.contains("&#60;feedback&#62;") && page.contains("It goes on"));
    same(&house.page("dmarc/sent").await, &sent_key(), &sent().rows[0], 9);
    same(&house.page("dmarc/suppressed").await, "mailto:x@example.org", &suppressed().rows[0], 5);
}

#[tokio::test]
async fn reports_are_sent_after_a_question() {
    let house = House::new();
    let form = "domain=example.org&day=today&csrf=c0ffee";
    let (status, body, _) = house.ask("POST", "/admin/dmarc/send", form).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("Are you sure?") && body.contains("mailto:d@example.org"), "{body}");
    assert_eq!(house.last().1["dry_run"], true);
    let (status, _, to) = house.ask("POST", "/admin/dmarc/send", &format!("{form}&confirm=yes")).await;
    assert_eq!(
        (status, to.as_str()),
        (StatusCode::SEE_OTHER, "/admin/dmarc/explain/example.org?note=sealed")
    );
    let (name, asked) = house.last();
    assert_eq!(
        (name, &asked["family"], &asked["dry_run"]),
        ("report-send-now", &json!("dmarc"), &json!(false))
    );
    assert_eq!((&asked["domains"], &asked["day"]), (&json!(["example.org"]), &json!("today")));
}

#[tokio::test]
async fn nothing_is_offered_to_send_where_nothing_would_be_sent() {
    let house = House::new();
    let page = house.page("dmarc/explain/example.org").await;
    assert!(page.contains("<option value=\"2026-11-25\">2026-11-25, as far as it is</option>"), "{page}");
    let page = house.page("dmarc/explain/none.example").await;
    assert!(!page.contains("action=\"/admin/dmarc/send\""), "{page}");
    assert!(
        page.contains("Nothing would be sent now") && page.contains("2026-11-25 would not be sent: "),
        "{page}"
    );
    let page = house.page("dmarc/explain/nobody.example").await;
    assert!(
        !page.contains("action=\"/admin/dmarc/send\"") && page.contains("There is nothing to send"),
        "{page}"
    );
    // An old form is not asked about either.
    let (_, _, to) = house.ask("POST", "/admin/dmarc/send", "domain=none.example&day=today").await;
    assert_eq!(to, "/admin/dmarc/explain/none.example?note=withheld");
    let (status, body, _) = house.ask("POST", "/admin/dmarc/send", "domain=nobody.example&day=today").await;
    assert!(status == StatusCode::NOT_FOUND && body.contains("waits for a report"), "{body}");
    assert_eq!(house.last().1["dry_run"], true);
}

#[tokio::test]
async fn suppressions_are_added_moved_and_removed() {
    let house = House::new();
    let form = "uri=mailto%3Ax%40example.org&until=2026-12-24&comment=a+b";
    let (status, _, to) = house.ask("POST", "/admin/dmarc/suppress", form).await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/admin/dmarc/suppressed?note=suppressed"));
    let wanted = json!({"uri": "mailto:x@example.org", "until": "2026-12-24T00:00:00.000Z", "comment": "a b",
                        "dry_run": false});
    assert_eq!(house.last(), ("report-suppress-add", wanted));
    let form = "uri=mailto%3Ax%40example.org&until=2027-01-02";
    house.ask("POST", "/admin/dmarc/extend", form).await;
    assert_eq!(house.last().1["until"], "2027-01-02T00:00:00.000Z");
    let form = "uri=mailto%3Ax%40example.org";
    let (status, body, _) = house.ask("POST", "/admin/dmarc/unsuppress", form).await;
    assert!(status == StatusCode::OK && body.contains("Are you sure?"));
    assert_ne!(house.last().0, "report-suppress-remove");
    house.ask("POST", "/admin/dmarc/unsuppress", &format!("{form}&confirm=yes")).await;
    assert_eq!(house.last().0, "report-suppress-remove");
}

#[tokio::test]
async fn wrong_input_is_refused_and_nothing_is_asked() {
    let house = House::new();
    for (method, path, form, says) in [
        ("POST", "dmarc/suppress", "uri=x&until=soon", "is not a day"),
        ("POST", "dmarc/suppress", "until=2026-12-24", "parameter &#34;uri&#34; is missing"),
        ("POST", "dmarc/suppress", "uri=x", "parameter &#34;until&#34; is missing"),
        ("POST", "dmarc/suppress", "uri=x&until=2026-12-24&what=1", "unknown parameter"),
        ("POST", "dmarc/send", "", "no domain is named"),
        ("POST", "dmarc", "", "no such page"),
        ("GET", "dmarc?days=many", "", "parameter &#34;days&#34;"),
        ("GET", "dmarc/reports?befor=1", "", "unknown parameter"),
        ("GET", "dmarc/report/x", "", "no such page"),
        ("GET", "dmarc/readiness?domain=a/b", "", "is not a domain"),
        ("GET", "dmarc/nothing", "", "no such page"),
    ] {
        let (status, body, _) = house.ask(method, &format!("/admin/{path}"), form).await;
        assert!(status.is_client_error(), "{path} {form}: {status}");
        assert!(body.contains(says), "{path} {form}: {body}");
    }
    assert_eq!(house.asked.lock().unwrap().len(), 0);
}

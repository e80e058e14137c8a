//! What the pages of the queue show, and which operations their forms run.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror='x'>&";
const BASE: &str = "/admin/";

fn at(text: &str) -> Time {
    Time(Timestamp::parse_rfc3339(text).unwrap())
}

fn row(id: i64) -> QueueRow {
    QueueRow {
        id,
        account: "mox".into(),
        from: "amy@example.com".into(),
        to: "bob@example.org".into(),
        size: 1500,
        queued: at("2026-11-22T10:20:30Z"),
        next_attempt: Time(Timestamp::from_secs(1_795_342_830 + id)),
        attempts: 2,
        max_attempts: 8,
        hold: id % 2 == 0,
        last_error: Some("451 4.3.0 later".into()),
        last_attempt: Some(at("2026-11-22T10:30:30Z")),
        tls: "required".into(),
        subject: format!("Subject {id}."),
        message_id: Some("<x@example.com>".into()),
        last_tls: Some("TLSv1.3 verified by DANE".into()),
        transport: None,
    }
}

fn tried() -> QueueAttempt {
    QueueAttempt {
        n: 1,
        started: at("2026-11-22T10:30:30Z"),
        duration_ms: Some(123),
        outcome: Some("temporary".into()),
        host: Some("mx.example.org".into()),
        ip: Some("192.0.2.1".into()),
        code: Some(451),
        enhanced: Some("4.3.0".into()),
        text: Some("later <b>please</b>".into()),
        tls: Some("TLSv1.3 verified by MTA-STS".into()),
    }
}

fn retired(id: i64) -> RetiredRow {
    RetiredRow {
        id,
        account: "mox".into(),
        from: String::new(),
        to: "gone@example.org".into(),
        size: 5,
        end: QueueEnd::Failed,
        queued: at("2026-11-21T10:20:30Z"),
        ended: Time(Timestamp::from_secs(1_795_342_830 - id)),
        kept_until: None,
        attempts: 1,
        last_error: Some("550 5.1.1 no such user".into()),
        host: Some("mx.example.org".into()),
        last_tls: Some("none".into()),
        subject: "bounce".into(),
        message_id: None,
    }
}

fn hook(id: i64) -> HookRow {
    HookRow {
        id,
        state: HookState::Pending,
        account: "mox".into(),
        url: format!("https://app.example.org/{EVIL}"),
        incoming: false,
        event: "delivered".into(),
        queue_id: Some(4),
        message_id: "1@example.org".into(),
        subject: EVIL.into(),
        submitted: at("2026-11-22T10:20:30Z"),
        attempts: 3,
        next_attempt: at("2026-11-22T10:21:30Z"),
        last_attempt: Some(at("2026-11-22T10:20:30Z")),
        last_status: Some(503),
        last_error: Some("answered with status 503".into()),
        last_answer: Some(format!("busy {EVIL}")),
        ended: None,
    }
}

/// What was asked for, as the operations were given.
#[derive(Default)]
struct House {
    rows: Vec<QueueRow>,
    suppressed: Vec<Suppression>,
    asked: Mutex<Vec<String>>,
}

impl House {
    fn note<T: serde::Serialize>(&self, name: &str, op: &T) {
        self.asked.lock().unwrap().push(format!("{name} {}", serde_json::to_string(op).unwrap()));
    }

    /// What changed something was asked for since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn list(&self, op: &QueueList) -> Vec<QueueRow> {
        self.note("list", op);
        let rows = self.rows.iter().filter(|row| op.after.is_none_or(|key| row.id > key.id));
        rows.take(op.limit.unwrap() as usize).cloned().collect()
    }

    fn changed(&self, name: &str, filter: &QueueFilter, dry_run: bool) -> Result<Changed, OpError> {
        let fields: Vec<String> = match serde_json::to_value(filter).unwrap() {
            serde_json::Value::Object(all) => {
                all.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| format!("{k}={v}")).collect()
            }
            _ => unreachable!(),
        };
        self.note(name, &(fields.join(" "), dry_run));
        let ids: Vec<i64> = match filter.ids.is_empty() {
            true => self.rows.iter().map(|row| row.id).collect(),
            false => filter.ids.clone(),
        };
        Ok(Changed { ids, dry_run })
    }

    fn operations(self: &Arc<House>) -> Operations {
        macro_rules! does {
            ($this:ident, $op:ident, $ty:ty, $reply:expr) => {{
                let house = Arc::clone(self);
                move |$op: $ty| {
                    let $this = Arc::clone(&house);
                    async move { $reply }
                }
            }};
        }
        let missing = |id| OpError::not_found(format!("no queued message {id}"));
        Operations::new()
            .on(does!(h, op, QueueList, Ok(h.list(&op))))
            .on(does!(h, op, QueueShow, {
                let row = h.rows.iter().find(|row| row.id == op.id).cloned();
                row.map(|row| QueueDetail { row, tries: vec![tried()] }).ok_or_else(|| missing(op.id))
            }))
            .on(does!(
                _h,
                op,
                RetiredShow,
                match op.id {
                    1000 => Ok(RetiredDetail { row: retired(1000), tries: vec![tried()] }),
                    id => Err(missing(id)),
                }
            ))
            .on(does!(_h, op, QueueExplain, {
                let line = |step: &str, ok, text: &str| ExplainLine {
                    at: None,
                    step: step.into(),
                    ok,
                    text: text.into(),
                };
                let lines =
                    vec![line("mx", Some(true), "mx.example.org"), line("next", None, "tried again soon")];
                Ok(QueueExplanation { id: op.id, lines })
            }))
            .on(does!(
                h,
                op,
                QueueSchedule,
                h.changed(&format!("schedule {:?}", op.when), &op.filter, op.dry_run)
            ))
            .on(does!(h, op, QueueHold, h.changed("hold", &op.filter, op.dry_run)))
            .on(does!(h, op, QueueUnhold, h.changed("unhold", &op.filter, op.dry_run)))
            .on(does!(h, op, QueueFail, h.changed("fail", &op.filter, op.dry_run)))
            .on(does!(h, op, QueueDrop, h.changed("drop", &op.filter, op.dry_run)))
            .on(does!(h, op, QueueTransport, {
                h.changed(&format!("transport {:?}", op.transport), &op.filter, op.dry_run)
            }))
            .on(does!(
                h,
                op,
                QueueRequireTls,
                h.changed(&format!("tls {:?}", op.require), &op.filter, op.dry_run)
            ))
            .on(does!(_h, _op, HoldRuleList, {
                Ok(vec![HoldRule { id: 4, to_domain: Some(EVIL.into()), ..HoldRule::default() }])
            }))
            .on(does!(h, op, HoldRuleAdd, {
                h.note("rule", &op);
                let rule = HoldRule {
                    id: 5,
                    account: op.account,
                    from_domain: op.from_domain,
                    to_domain: op.to_domain,
                };
                Ok(HoldRuleAdded { rule, held: vec![1, 2, 3], dry_run: op.dry_run })
            }))
            .on(does!(h, op, HoldRuleRemove, {
                h.note("unrule", &op);
                Ok(Changed { ids: vec![op.id], dry_run: op.dry_run })
            }))
            .on(does!(h, op, SuppressList, {
                h.note("suppressions", &op);
                let rows =
                    h.suppressed.iter().filter(|row| op.after.as_ref().is_none_or(|key| row.base > key.base));
                Ok(rows.take(op.limit.unwrap() as usize).cloned().collect())
            }))
            .on(does!(h, op, SuppressAdd, {
                h.note("suppress", &op);
                Ok(suppression(&op.account, &op.address))
            }))
            .on(does!(h, op, SuppressRemove, {
                h.note("unsuppress", &op);
                Ok(suppression(&op.account, &op.address))
            }))
            .on(does!(h, op, RetiredList, {
                h.note("retired", &op);
                let first = op.after.map_or(1000, |key| key.id + 1);
                Ok((first..1250).take(op.limit.unwrap() as usize).map(retired).collect())
            }))
            .on(does!(h, op, HookList, {
                h.note("hooks", &op);
                Ok((1..op.before.unwrap_or(251)).rev().take(op.limit.unwrap() as usize).map(hook).collect())
            }))
            .on(does!(h, op, HookRetired, {
                h.note("hooks ended", &op);
                let state = op.state.unwrap_or(HookState::GivenUp);
                let ended = Some(at("2026-11-22T10:21:30Z"));
                Ok(vec![HookRow { state, ended, ..hook(7) }])
            }))
            .on(does!(_h, op, HookShow, {
                Ok(HookDetail { row: hook(op.id), payload: format!("{{\"Subject\":{EVIL:?}}}") })
            }))
            .on(does!(h, op, HookSchedule, {
                h.note("hook schedule", &op);
                Ok(Changed { ids: op.ids, dry_run: op.dry_run })
            }))
            .on(does!(h, op, HookCancel, {
                h.note("hook cancel", &op);
                Ok(Changed { ids: op.ids, dry_run: op.dry_run })
            }))
            .on_raw(does!(_h, op, QueueDump, Ok(format!("Subject: {}\r\n\r\nx\r\n", op.id).into_bytes())))
    }
}

fn suppression(account: &str, address: &str) -> Suppression {
    Suppression {
        account: account.into(),
        address: address.into(),
        base: address.to_lowercase(),
        added: at("2026-11-22T10:20:30Z"),
        manual: false,
        reason: format!("550 {EVIL}"),
    }
}

struct Site {
    house: Arc<House>,
    pages: Box<dyn Pages>,
}

struct Answer {
    status: StatusCode,
    location: String,
    disposition: String,
    body: String,
}

impl Site {
    fn new(house: House) -> Site {
        let house = Arc::new(house);
        let clock = SimClock::new(at("2026-11-27T00:00:00Z").0);
        let pages = crate::pages(Arc::new(house.operations()), "mox".into(), Vec::new(), Arc::new(clock));
        Site { house, pages: Box::new(pages) }
    }

    fn with(count: i64) -> Site {
        Site::new(House { rows: (1..=count).map(row).collect(), ..House::default() })
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let (head, ()) = hyper::Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .body(())
            .unwrap()
            .into_parts();
        let visit = Visit {
            base: BASE.into(),
            path: path.split('?').next().unwrap().to_owned(),
            who: Who::default(),
            csrf: "abcd".into(),
            client: [127, 0, 0, 1].into(),
        };
        let request = Request::of(head, Bytes::copy_from_slice(body.as_bytes()));
        let response = self.pages.call(request, visit).await;
        let header = |name: &str| {
            response.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let bytes = response.body().bytes().cloned().unwrap_or_default();
        Answer {
            status: response.status(),
            location: header("location"),
            disposition: header("content-disposition"),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask("GET", path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    /// Posts a form that leads on.
    async fn post(&self, path: &str, form: &str) -> String {
        let answer = self.ask("POST", path, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path} {form}: {}", answer.body);
        answer.location
    }

    /// Posts a form that asks first, and then what the question posts; answers the question and where that leads.
    async fn sure(&self, path: &str, form: &str) -> (String, String) {
        let question = self.ask("POST", path, form).await;
        assert_eq!(question.status, StatusCode::OK, "{path} {form}: {}", question.body);
        let (_, asked) = question.body.split_once("problem-message\">").unwrap();
        let text = asked.split("</p>").next().unwrap().to_owned();
        let (_, form) = asked.split_once("<form").unwrap();
        let mut fields = form_urlencoded::Serializer::new(String::new());
        for field in form.split("</form>").next().unwrap().split("type=\"hidden\" name=\"").skip(1) {
            let mut parts = field.split('"');
            fields.append_pair(parts.next().unwrap(), parts.nth(1).unwrap());
        }
        (text, self.post(path, &fields.finish()).await)
    }
}

fn has(body: &str, all: &[&str]) {
    for part in all {
        assert!(body.contains(part), "no {part} in {body}");
    }
}

#[tokio::test]
async fn the_list_is_paged_by_key_and_keeps_its_filter() {
    let site = Site::with(250);
    let filter = "account=mox&from=%40example.com&to=b%40c.example&transport=-&hold=no\
                  &next_before=2026-11-28T10%3A20&queued_after=2026-11-01T00%3A00%3A00&sort=queued-desc";
    let body = site.page(&format!("queue?{filter}")).await;
    has(
        &body,
        &[
            "<span data-field=\"subject\">Subject 100.</span>",
            "<tr data-key=\"100\">",
            "rel=\"next\"",
            "value=\"2026-11-28T10:20:00\"",
        ],
    );
    has(&body, &["TLSv1.3 verified by DANE", "on hold", "451 4.3.0 later", "name=\"csrf\" value=\"abcd\""]);
    assert!(!body.contains("Subject 101.") && !body.contains("First page"), "a page has 100 rows");
    let op = site.house.asked().remove(0);
    has(
        &op,
        &[
            "\"account\":\"mox\"",
            "\"from\":\"@example.com\"",
            "\"transport\":\"\"",
            "\"hold\":false",
            "\"limit\":101",
        ],
    );
    has(
        &op,
        &["\"next_attempt_before\":\"2026-11-28T10:20:00.000Z\"", "\"sort\":\"queued\",\"descending\":true"],
    );

    let (_, next) = body.split_once("rel=\"next\" href=\"/admin/").unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&");
    has(&next, &["account=mox", "sort=queued-desc", "after=2026-11-22T10%3A20%3A30.000Z%2F100"]);
    let body = site.page(&next).await;
    has(&body, &["Subject 101.", "Subject 200.", "First page", "rel=\"next\""]);
    has(&site.house.asked()[0], &["\"after\":{\"at\":\"2026-11-22T10:20:30.000Z\",\"id\":100}"]);
    let body = site.page("queue?after=2026-11-22T10:20:30.000Z/200").await;
    assert!(body.contains("Subject 250.") && !body.contains("rel=\"next\""), "the last page");
    has(&Site::with(0).page("queue").await, &["No message waits to leave."]);
}

#[tokio::test]
async fn ticked_messages_are_changed() {
    let site = Site::with(5);
    for (form, asked, leads) in [
        ("action=now", "schedule InMs(0)", "scheduled"),
        ("action=schedule&minutes=30", "schedule InMs(1800000)", "scheduled"),
        ("action=schedule&minutes=30&shift=yes", "schedule ByMs(1800000)", "scheduled"),
        ("action=hold", "hold", "held"),
        ("action=unhold", "unhold", "released"),
        ("action=transport&new_transport=relay", "transport Some(\"relay\")", "transport"),
        ("action=transport", "transport None", "transport"),
        ("action=requiretls&tls=required", "tls Some(true)", "tls"),
        ("action=requiretls&tls=none", "tls Some(false)", "tls"),
        ("action=requiretls&tls=opportunistic", "tls None", "tls"),
    ] {
        // The filter of the list comes along, and chooses nothing.
        let form = format!("account=other&all=no&id=2&id=4&{form}");
        let location = site.post("queue/change", &form).await;
        assert_eq!(location, format!("/admin/queue?account=other&note={leads}&count=2"));
        assert_eq!(site.house.asked(), [format!("{asked} [\"ids=[2,4]\",false]")], "{form}");
    }
    has(&site.page("queue?note=held&count=2").await, &["2 messages put on hold"]);
    let (text, leads) = site.sure("queue/change", "id=2&action=drop").await;
    assert_eq!(text, "1 message will be dropped without telling their senders.");
    assert_eq!(leads, "/admin/queue?note=dropped&count=1");
    has(&site.house.asked().join("\n"), &["drop [\"ids=[2]\",true]\ndrop [\"ids=[2]\",false]"]);
    // From the page of one message, with the answer of the dialog.
    assert_eq!(
        site.post("queue/change", "id=3&one=yes&action=fail&confirm=yes").await,
        "/admin/queue/3?note=failed&count=1"
    );
}

#[tokio::test]
async fn all_that_match_are_changed_after_a_question_that_counts_them() {
    let site = Site::with(3);
    for (form, says, asked) in [
        (
            "to=%40example.org&action=hold",
            "3 messages, all that match the filter, will be put on hold.",
            "hold",
        ),
        ("to=%40example.org&action=fail", "3 messages, all that match the filter, will be given up", "fail"),
        (
            "to=%40example.org&action=schedule&at=2026-12-01T10:00",
            "will be tried at 2026-12-01",
            "schedule At(Time(",
        ),
        ("to=%40example.org&action=requiretls&tls=required", "with TLS: required.", "tls Some(true)"),
    ] {
        let (text, leads) = site.sure("queue/change", &format!("all=yes&{form}")).await;
        assert!(text.contains(says), "{text}");
        has(&leads, &["/admin/queue?to=%40example.org&note=", "&count=3"]);
        let ran = site.house.asked();
        assert_eq!(ran.len(), 2);
        assert!(
            ran.iter().all(|op| op.starts_with(asked) && op.contains("to=\\\"@example.org\\\"")),
            "{ran:?}"
        );
        assert!(ran[0].ends_with("true]") && ran[1].ends_with("false]"), "{ran:?}");
    }
    // What a dialog confirms has no count in it.
    let answer = site.ask("POST", "queue/change", "all=yes&action=drop&confirm=yes").await;
    has(&answer.body, &["3 messages, the whole queue, will be dropped"]);
    assert_eq!(site.house.asked().len(), 1);
    let none = Site::with(0).ask("POST", "queue/change", "all=yes&action=drop").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_message_shows_all_of_it() {
    let site = Site::with(2);
    let body = site.page("queue/2").await;
    has(
        &body,
        &["bob@example.org", "data-field=\"tls\">TLSv1.3 verified by MTA-STS<", "data-field=\"code\">451<"],
    );
    has(
        &body,
        &[
            "later &#60;b&#62;please",
            "Release from hold",
            "<span class=\"said\"><span data-field=\"text\">tried again soon",
            "required",
        ],
    );
    has(&body, &["href=\"/admin/queue/2/message\"", "datetime=\"2026-11-22T10:30:30.000Z\""]);
    let gone = site.page("queue/1000").await;
    has(&gone, &["has left the queue", "550 5.1.1 no such user", "failed", "TLSv1.3 verified by MTA-STS"]);
    assert!(!gone.contains("queue/change"), "nothing can be done any longer");
    let file = site.ask("GET", "queue/2/message", "").await;
    assert_eq!(
        (file.body.as_str(), file.disposition.as_str()),
        ("Subject: 2\r\n\r\nx\r\n", "attachment; filename=\"queue-2.eml\"")
    );
}

#[tokio::test]
async fn rules_hold_and_recipients_are_suppressed() {
    let all = (100..250).map(|n| suppression("mox", &format!("u{n}@example.org"))).collect();
    let site = Site::new(House { suppressed: all, ..House::default() });
    has(&site.page("queue/holdrules").await, &["data-key=\"4\"", "any"]);
    let (text, leads) = site.sure("queue/holdrules/add", "account=mox&to_domain=there.example").await;
    assert_eq!(
        text,
        "New messages of the account mox to there.example will wait until released, and 3 queued messages will be put on hold now."
    );
    assert_eq!(leads, "/admin/queue/holdrules?note=rule-added&count=3");
    let (text, _) = site.sure("queue/holdrules/remove", "id=4").await;
    has(&text, &["Hold rule 4 will be removed"]);
    let ran = site.house.asked().join("\n");
    has(&ran, &["\"to_domain\":\"there.example\",\"dry_run\":false", "unrule {\"id\":4,\"dry_run\":false}"]);

    let body = site.page("queue/suppress?account=mox").await;
    has(
        &body,
        &["u199@example.org", "after_account=mox", "after_base=u199%40example.org", "a failed delivery"],
    );
    assert!(!body.contains("u200@example.org"));
    let body = site.page("queue/suppress?account=mox&after_account=mox&after_base=u199%40example.org").await;
    has(&body, &["u249@example.org", "First page"]);
    let form = "account=mox&address=x%40y.example&reason=asked";
    assert_eq!(
        site.post("queue/suppress/add", form).await,
        "/admin/queue/suppress?account=mox&note=suppressed"
    );
    let (text, _) = site.sure("queue/suppress/remove", "account=mox&address=x%40y.example").await;
    assert_eq!(text, "The account mox will send to x@y.example again.");
}

#[tokio::test]
async fn retired_messages_are_listed_by_key() {
    let site = Site::with(0);
    let body = site.page("queue/retired?end=failed&to=%40example.org").await;
    has(&body, &["href=\"/admin/queue/1099\"", "gone@example.org", "after=2026-11-22T"]);
    has(&site.house.asked()[0], &["\"end\":\"failed\"", "\"to\":\"@example.org\"", "\"limit\":101"]);
    let (_, next) = body.split_once("rel=\"next\" href=\"/admin/").unwrap();
    let body = site.page(&next.split('"').next().unwrap().replace("&#38;", "&")).await;
    has(&body, &["href=\"/admin/queue/1100\"", "First page"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_changes_nothing() {
    let site = Site::with(3);
    for (method, path, form, status, says) in [
        ("GET", "queue?hold=perhaps", "", 400, "expected yes or no"),
        ("GET", "queue?next_before=soon", "", 400, "not a time"),
        ("GET", "queue?sort=size", "", 400, "no such order"),
        ("GET", "queue?after=7", "", 400, "where a page ends"),
        ("GET", "queue?form=x", "", 400, "unknown parameter"),
        ("GET", "queue/x", "", 404, "no such page"),
        ("GET", "queue/77", "", 404, "no message 77"),
        ("GET", "queue/change", "", 405, "kind"),
        ("POST", "queue", "", 405, "kind"),
        ("GET", "queue/retired?end=lost", "", 400, "expected delivered"),
        ("POST", "queue/change", "action=drop&confirm=yes", 400, "no message is ticked"),
        ("POST", "queue/change", "id=1&action=fly", 400, "no such action"),
        ("POST", "queue/change", "id=1&action=schedule", 400, "no time is given"),
        ("POST", "queue/change", "id=1&action=schedule&minutes=9&at=2026-12-01", 400, "both minutes"),
        ("POST", "queue/change", "id=1&action=schedule&minutes=99999999", 400, "at most"),
        ("POST", "queue/change", "id=1&action=requiretls&tls=much", 400, "expected required"),
        ("POST", "queue/change", "id=x&action=hold", 400, "id"),
        // Enter in a field presses the first button of the form.
        ("POST", "queue/change", "id=1&action=now&minutes=30&at=&new_transport=", 400, "another button"),
        ("POST", "queue/change", "id=1&action=now&at=2026-12-01T10:00", 400, "another button"),
        ("POST", "queue/change", "id=1&action=now&new_transport=relay", 400, "another button"),
        (
            "POST",
            "queue/change",
            "id=1&action=schedule&minutes=30&new_transport=relay",
            400,
            "another button",
        ),
        ("POST", "queue/holdrules/remove", "", 400, "no rule"),
        ("POST", "queue/suppress/add", "account=mox", 400, "the address is missing"),
        ("GET", "queue/webhooks?state=lost", "", 400, "no such state"),
        ("GET", "queue/webhooks/x", "", 404, "no such page"),
        ("GET", "queue/webhooks/change", "", 405, "kind"),
        ("POST", "queue/webhooks/change", "action=now", 400, "no call is ticked"),
        ("POST", "queue/webhooks/change", "id=1&action=fly", 400, "no such action"),
    ] {
        let answer = site.ask(method, path, form).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {form}: {}", answer.body);
        assert!(answer.body.contains(says), "{method} {path} {form}: {}", answer.body);
    }
    assert_eq!(site.house.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn text_of_strangers_stays_text() {
    let evil = QueueRow {
        account: EVIL.into(),
        from: EVIL.into(),
        to: EVIL.into(),
        subject: EVIL.into(),
        last_error: Some(EVIL.into()),
        last_tls: Some(EVIL.into()),
        transport: Some(EVIL.into()),
        message_id: Some(EVIL.into()),
        tls: EVIL.into(),
        ..row(1)
    };
    let site =
        Site::new(House { rows: vec![evil], suppressed: vec![suppression(EVIL, EVIL)], ..House::default() });
    let query: String = form_urlencoded::byte_serialize(EVIL.as_bytes()).collect();
    for path in [
        "queue".to_owned(),
        format!("queue?account={query}&from={query}&to={query}&transport={query}"),
        "queue/1".to_owned(),
        "queue/holdrules".to_owned(),
        "queue/webhooks/3".to_owned(),
        format!("queue/webhooks?account={query}"),
        format!("queue/suppress?account={query}&address={query}"),
        format!("queue/retired?to={query}&from={query}"),
    ] {
        let body = site.page(&path).await;
        for bad in ["<script>alert", "<img src=x", " style=\"", " onclick=\""] {
            assert!(!body.contains(bad), "{path} has {bad}");
        }
    }
}

#[tokio::test]
async fn calls_of_webhooks_are_listed_by_account_and_state() {
    let site = Site::with(0);
    let body = site.page("queue/webhooks?account=mox").await;
    assert_eq!(body.matches("<tr data-key=").count(), 100);
    has(&body, &["<tr data-key=\"250\">", "queue/webhooks?account=mox&#38;before=151", "503", ">waits<"]);
    let body = site.page("queue/webhooks?account=mox&before=51").await;
    assert_eq!(body.matches("<tr data-key=").count(), 50);
    assert!(body.contains("First page") && !body.contains("Next page"), "{body}");
    let body = site.page("queue/webhooks?state=given-up").await;
    has(&body, &["<option value=\"given-up\" selected>", "badge bad\">given up", "2026-11-22"]);
    assert!(!body.contains("name=\"id\""), "what ended is not changed: {body}");
    site.page("queue/webhooks?state=ended").await;
    let asked = site.house.asked();
    has(&asked[0], &["\"account\":\"mox\"", "\"before\":null", "\"limit\":101"]);
    has(&asked[2], &["hooks ended", "\"state\":\"givenup\""]);
    has(&asked[3], &["hooks ended", "\"state\":null"]);
    let body = site.page("queue/webhooks/3").await;
    has(&body, &["What is posted", "answered with status 503", "href=\"/admin/queue/4\"", "busy "]);
}

#[tokio::test]
async fn calls_of_webhooks_are_tried_now_or_dropped_after_a_question() {
    let site = Site::with(0);
    let to = site.post("queue/webhooks/change", "id=3&id=4&action=now&account=mox").await;
    assert_eq!(to, "/admin/queue/webhooks?account=mox&note=scheduled&count=2");
    let to = site.post("queue/webhooks/change", "id=3&one=yes&action=now").await;
    assert_eq!(to, "/admin/queue/webhooks/3?note=scheduled&count=1");
    has(&site.page("queue/webhooks/3?note=scheduled&count=1").await, &["1 call: tried now"]);
    let (text, to) = site.sure("queue/webhooks/change", "id=3&id=5&action=drop&account=mox").await;
    assert_eq!(text, "2 calls will be dropped: their URLs are not told.");
    assert_eq!(to, "/admin/queue/webhooks?account=mox&note=dropped&count=2");
    let asked = site.house.asked();
    has(&asked[0], &["hook schedule", "\"ids\":[3,4]", "\"in_ms\":0", "\"dry_run\":false"]);
    has(&asked[2], &["hook cancel", "\"ids\":[3,5]", "\"dry_run\":true"]);
    has(&asked[3], &["hook cancel", "\"ids\":[3,5]", "\"dry_run\":false"]);
}

//! The API before operations that answer with the examples and note what they were asked.

mod document;
mod streams;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{Dispatch, OpError, Operation, Operations};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Ending, Request, Response, Service};
use serde_json::{Value, json};

use super::*;
use crate::examples::Example;
use crate::route::{Reply, Verb};
use crate::table::ROUTES;

/// `2026-11-22T10:20:30Z`.
fn start() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap()
}

/// What was asked: names of operations and their requests.
type Asked = Arc<Mutex<Vec<(String, Value)>>>;

struct House {
    api: Box<dyn Service>,
    asked: Asked,
}

/// Answers an operation with the example of its reply.
fn on<Op: Operation<Reply: Example>>(operations: Operations, asked: &Asked) -> Operations {
    let asked = asked.clone();
    operations.on(move |op: Op| {
        asked.lock().unwrap().push((Op::NAME.to_owned(), serde_json::to_value(&op).unwrap()));
        async { Ok(Op::Reply::example()) }
    })
}

fn operations(asked: &Asked) -> Operations {
    let mut all = Operations::new()
        .on_raw(|op: MessageCat| async move { Ok(format!("Subject: {}\r\n\r\n", op.id).into_bytes()) })
        .on_raw(|_: MessageHtml| async { Ok(b"<p>hello".to_vec()) })
        .on_raw(|op: MessagePart| async move { Ok(op.part.into_bytes()) });
    for add in [
        on::<MessageList>,
        on::<MessageShow>,
        on::<MessageTranscript>,
        on::<MessageEvents>,
        on::<MessageReport>,
        on::<MessageMark>,
        on::<MessageRelease>,
        on::<MessageDelete>,
        on::<MailboxList>,
        on::<TagList>,
        on::<RelayList>,
        on::<Status>,
        on::<ChaosGet>,
        on::<ChaosSet>,
        on::<MessageWait>,
        on::<MessageWatch>,
    ] {
        all = add(all, asked);
    }
    all
}

impl Example for MessageWaited {
    fn example() -> MessageWaited {
        MessageWaited { message: Some(MessageRow::example()) }
    }
}

impl Example for MessageWatched {
    fn example() -> MessageWatched {
        MessageWatched { token: "t".into(), events: Vec::new(), lost: false }
    }
}

impl House {
    fn new() -> House {
        let asked = Asked::default();
        House::of(operations(&asked), asked)
    }

    fn of(operations: impl Dispatch + 'static, asked: Asked) -> House {
        House { api: Box::new(api(Arc::new(operations), Arc::new(SimClock::new(start())))), asked }
    }

    async fn ask(&self, method: &str, target: &str, kind: Option<&str>, body: &str) -> Response {
        self.api.call(request(method, target, kind, body)).await
    }

    async fn get(&self, target: &str) -> (u16, Value) {
        plain(self.ask("GET", target, None, "").await)
    }

    /// What the last operation was asked.
    fn last(&self) -> (String, Value) {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

fn request(method: &str, target: &str, kind: Option<&str>, body: &str) -> Request {
    let mut builder = hyper::Request::builder().method(method).uri(format!("{BASE}{target}"));
    if let Some(kind) = kind {
        builder = builder.header("content-type", kind);
    }
    let (head, ()) = builder.body(()).unwrap().into_parts();
    Request::of(head, Bytes::copy_from_slice(body.as_bytes()))
}

/// Status and JSON; null where the body is none.
fn plain(response: Response) -> (u16, Value) {
    let body = response.body().bytes().cloned().unwrap_or_default();
    (response.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

#[tokio::test]
async fn every_row_answers_what_the_document_promises() {
    let house = House::new();
    for route in ROUTES {
        let target = route.path.replace("{id}", "7").replace("{part}", "2");
        let query = if target == "/messages" && route.method == Verb::Delete { "?all=true" } else { "" };
        let body = route.body.map(|shape| (shape.example)().to_string());
        let kind = body.is_some().then_some("application/json");
        let response = house
            .ask(route.method.name(), &format!("{target}{query}"), kind, body.as_deref().unwrap_or_default())
            .await;
        assert_eq!(response.status(), 200, "{} {target}: {response:?}", route.method.name());
        let said = response.headers()["content-type"].to_str().unwrap().to_owned();
        match &route.reply {
            Reply::Json(shape) => assert_eq!(plain(response).1, (shape.example)(), "{target}"),
            Reply::Object => assert!(plain(response).1.is_object(), "{target}"),
            Reply::Bytes("*/*") => assert_eq!(said, "application/pdf"),
            Reply::Bytes(kind) => assert!(said.starts_with(kind), "{target}: {said}"),
            Reply::Events(_) => assert_eq!(said, "text/event-stream"),
        }
    }
}

#[tokio::test]
async fn every_row_knows_the_parameters_that_the_document_names() {
    let house = House::new();
    for route in ROUTES {
        let target = route.path.replace("{id}", "7").replace("{part}", "2");
        let response =
            house.ask(route.method.name(), &format!("{target}?x=1"), Some("application/json"), "{}").await;
        let (status, body) = plain(response);
        let names: Vec<&str> = route.query.iter().map(|parameter| parameter.name).collect();
        assert_eq!(status, 400, "{target}");
        let message = body["error"]["message"].as_str().unwrap();
        let mut known: Vec<&str> =
            message.strip_prefix("unknown parameter \"x\"; known are: ").unwrap().split(", ").collect();
        known.retain(|name| !name.is_empty());
        let sorted = |mut names: Vec<&str>| {
            names.sort_unstable();
            names.join(" ")
        };
        assert_eq!(sorted(known), sorted(names), "{target}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let house = House::new();
    for (method, target, status, message) in [
        ("GET", "/nothing", 404, "there is no /api/v1/nothing"),
        ("GET", "", 404, "there is no /api/v1"),
        ("GET", "/", 404, "there is no /api/v1/"),
        ("GET", "/messages/", 404, "there is no /api/v1/messages/"),
        ("GET", "/messages//raw", 404, "there is no"),
        ("GET", "/messages/7/raw/", 404, "there is no"),
        ("GET", "/messages/x", 404, "no message x"),
        ("GET", "/messages/-1", 404, "no message -1"),
        ("GET", "/messages/+7", 404, "no message +7"),
        ("GET", "/messages/99999999999999999999", 404, "no message 9999"),
        ("GET", "/messages/%37", 404, "no message %37"),
        ("GET", "/messages/7/parts/1.1", 404, "message 7 has no part 1.1"),
        ("GET", "/messages/7/parts/..", 404, "message 7 has no part .."),
        ("POST", "/messages", 405, "POST is not possible here; possible are: GET, DELETE, HEAD"),
        ("DELETE", "/wait", 405, "DELETE is not possible here; possible are: GET, HEAD"),
        ("GET", "/messages/7/mark", 405, "GET is not possible here; possible are: POST"),
        ("OPTIONS", "/chaos", 405, "OPTIONS is not possible here; possible are: GET, PUT, DELETE, HEAD"),
        ("GET", "/messages?limit=0", 400, "parameter \"limit\": expected 1 to 1000"),
        ("GET", "/messages?limit=1001", 400, "parameter \"limit\": expected 1 to 1000"),
        ("GET", "/messages?limit=many", 400, "parameter \"limit\": invalid digit"),
        ("GET", "/messages?before=x", 400, "parameter \"before\": invalid digit"),
        ("GET", "/messages?since=soon", 400, "parameter \"since\": expected a duration"),
        ("GET", "/messages?too=bob", 400, "unknown parameter \"too\"; known are: account, "),
        ("GET", "/wait?timeout=10", 400, "parameter \"timeout\": expected a duration"),
        ("GET", "/wait?timeout=61m", 400, "parameter \"timeout\": longer than 1h"),
        ("DELETE", "/messages", 400, "which messages?"),
        ("DELETE", "/messages?all=false", 400, "which messages?"),
        ("DELETE", "/messages?to=", 400, "which messages?"),
        ("DELETE", "/messages?all=perhaps", 400, "parameter \"all\": expected true or false"),
    ] {
        let response = house.ask(method, target, None, "").await;
        let allow = response.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        let (got, body) = plain(response);
        let said = body["error"]["message"].as_str().unwrap_or_default();
        assert!(got == status && said.starts_with(message), "{method} {target}: {got} {body}");
        assert_eq!(allow.is_some(), status == 405, "{method} {target}: {allow:?}");
        if let Some(allow) = allow {
            assert!(message.ends_with(&allow), "{message}: {allow}");
        }
    }
    assert!(
        house.asked.lock().unwrap().iter().all(|(name, _)| name == "message-show"),
        "nothing was changed: {:?}",
        house.asked
    );
}

#[tokio::test]
async fn bodies_are_json_and_nothing_else() {
    let house = House::new();
    let json = Some("application/json");
    for (method, target, kind, body, status, message) in [
        ("PUT", "/chaos", None, "{\"rules\":[]}", 415, "the body must be JSON"),
        ("PUT", "/chaos", Some("text/plain"), "{\"rules\":[]}", 415, "the body must be JSON"),
        ("PUT", "/chaos", Some("text/plain"), "", 415, "the body must be JSON"),
        ("PUT", "/chaos", Some("application/jsonx"), "{}", 415, "the body must be JSON"),
        ("PUT", "/chaos", Some("application/JSON; charset=utf-8"), "{}", 200, ""),
        ("PUT", "/chaos", json, "{", 400, "the body: EOF while parsing an object at line 1 column 1"),
        ("PUT", "/chaos", json, "{}{}", 400, "the body: trailing characters at line 1 column 3"),
        ("PUT", "/chaos", json, "{\"rule\":[]}", 400, "the body: unknown field `rule`, expected `rules`"),
        (
            "PUT",
            "/chaos",
            json,
            "{\"rules\":[\n{\"code\":1}]}",
            400,
            "the body: missing field `stage` at line 2",
        ),
        (
            "PUT",
            "/chaos",
            json,
            "{\"rules\":[{\"stage\":\"rcpt\",\"probabilty\":1}]}",
            400,
            "the body: unknown",
        ),
        ("POST", "/messages/7/mark", json, "{}", 400, "nothing to change"),
        ("POST", "/messages/7/mark", json, "{\"tags\":[]}", 400, "the body: unknown field `tags`"),
        ("POST", "/messages/7/mark", json, "{\"seen\":1}", 400, "the body: invalid type: integer `1`"),
        ("POST", "/messages/7/release", None, "", 200, ""),
        ("POST", "/messages/7/release", json, "{\"to\":\"a\"}", 400, "the body: invalid type: string \"a\""),
    ] {
        let (got, answer) = plain(house.ask(method, target, kind, body).await);
        let said = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(got == status && said.starts_with(message), "{target} {body}: {got} {answer}");
    }
    let deep = format!("{{\"rules\":{}", "[".repeat(100_000));
    assert_eq!(plain(house.ask("PUT", "/chaos", json, &deep).await).0, 400);
}

#[tokio::test]
async fn requests_become_operations() {
    let house = House::new();
    let none = json!({ "account": null, "mailbox": null, "to": null, "from": null, "subject": null,
                       "text": null, "tag": null, "since": null });
    let with = |name: &str, value: Value| {
        let mut filter = none.clone();
        filter[name] = value;
        filter
    };
    let chaos = serde_json::to_value(Chaos::example()).unwrap();
    let body = |text: &str| Some(text.to_owned());
    for (method, target, sent, name, asked) in [
        ("GET", "/messages", None, "message-list", json!({ "filter": none, "before": null, "limit": 101 })),
        (
            "HEAD",
            "/messages?before=9&limit=5&since=2026-01-02",
            None,
            "message-list",
            json!({ "filter": with("since", json!("2026-01-02T00:00:00.000Z")), "before": 9, "limit": 6 }),
        ),
        (
            "GET",
            "/messages?since=5m&limit=1000",
            None,
            "message-list",
            json!({ "filter": with("since", json!("2026-11-22T10:15:30.000Z")), "before": null, "limit": 1001 }),
        ),
        (
            "DELETE",
            "/messages?to=bob%40example.org&dry_run",
            None,
            "message-delete",
            json!({ "ids": [], "filter": with("to", json!("bob@example.org")), "all": false, "dry_run": true }),
        ),
        (
            "DELETE",
            "/messages?all=true",
            None,
            "message-delete",
            json!({ "ids": [], "filter": none, "all": true, "dry_run": false }),
        ),
        (
            "DELETE",
            "/messages/7",
            None,
            "message-delete",
            json!({ "ids": [7], "filter": none, "all": false, "dry_run": false }),
        ),
        (
            "POST",
            "/messages/7/mark",
            body(r#"{"seen":false,"untag":["a"]}"#),
            "message-mark",
            json!({ "ids": [7], "filter": none, "all": false, "seen": false, "tag": [], "untag": ["a"],
                    "dry_run": false }),
        ),
        (
            "POST",
            "/messages/7/release",
            body(r#"{"to":["a@b.example"],"dry_run":true}"#),
            "message-release",
            json!({ "ids": [7], "to": ["a@b.example"], "dry_run": true }),
        ),
        ("GET", "/mailboxes?account=mox", None, "mailbox-list", json!({ "account": "mox" })),
        (
            "PUT",
            "/chaos?dry_run=true",
            Some(chaos.to_string()),
            "chaos-set",
            json!({ "chaos": chaos, "dry_run": true }),
        ),
        ("DELETE", "/chaos", None, "chaos-set", json!({ "chaos": { "rules": [] }, "dry_run": false })),
        ("GET", "/messages/7/report", None, "message-report", json!({ "id": 7 })),
        (
            "GET",
            "/wait?tag=a",
            None,
            "message-wait",
            json!({ "filter": { "account": null, "mailbox": null, "to": null, "from": null, "subject": null,
                    "text": null, "tag": "a", "since": "2026-11-22T10:19:30.000Z" }, "timeout_ms": 30_000 }),
        ),
    ] {
        let kind = sent.is_some().then_some("application/json");
        let response = house.ask(method, target, kind, sent.as_deref().unwrap_or_default()).await;
        assert_eq!(response.status(), 200, "{method} {target}");
        assert_eq!(house.last(), (name.to_owned(), asked), "{method} {target}");
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let asked = Asked::default();
    let operations = Operations::new().on(|op: MessageList| async move {
        let newest = op.before.unwrap_or(6);
        let rows = (1..newest).rev().map(|id| MessageRow { id, ..MessageRow::example() });
        Ok(rows.take(op.limit.unwrap() as usize).collect())
    });
    let house = House::of(operations, asked);
    let mut target = "/messages?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let (_, page) = house.get(&target).await;
        let ids: Vec<i64> =
            page["messages"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect();
        pages.push(ids);
        match page["next"].as_i64() {
            Some(next) => target = format!("/messages?limit=2&before={next}"),
            None => break,
        }
    }
    assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1]]);
    assert_eq!(house.get("/messages?limit=5").await.1["next"], Value::Null, "all of them fit");
}

#[tokio::test]
async fn what_strangers_sent_is_given_with_care() {
    let house = House::new();
    for (target, disposition, policy) in [
        ("/messages/7/raw", Some("attachment; filename=\"message-7.eml\""), "sandbox"),
        ("/messages/7/parts/2", Some("attachment; filename=\"invoice.pdf\""), "sandbox"),
        ("/messages/7/html", None, "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"),
    ] {
        let response = house.ask("GET", target, None, "").await;
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-disposition"), disposition, "{target}");
        assert!(header("content-security-policy").unwrap().contains(policy), "{target}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn trouble_has_its_status() {
    let operations = Operations::new()
        .on(|_: MessageShow| async { Err(OpError::not_found("no message 7")) })
        .on(|_: Status| async { Err(OpError::failed("disk full").hint("make room")) });
    let house = House::of(operations, Asked::default());
    assert_eq!(
        house.get("/messages/7").await,
        (404, json!({ "error": { "kind": "not_found", "message": "no message 7" } }))
    );
    assert_eq!(
        house.get("/status").await,
        (500, json!({ "error": { "kind": "failed", "message": "disk full", "hint": "make room" } }))
    );
    // An operation that this server does not have.
    assert_eq!(house.get("/tags").await.0, 404);
}

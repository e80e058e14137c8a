//! Calls of the API over a real store and queue: what is sent, what is refused, and that no account reaches another.

mod hostile;
mod slow;
mod steps;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hyper::Request as HyperRequest;
use mox_clock::sim::{SimClock, SimRandom};
use mox_clock::{Clock as _, Timestamp};
use mox_config::{Config, Handle};
use mox_httpserver::{Mount, Request, Service, StatusCode};
use mox_inbound::{Configured, Delivery, Notices, Recipients};
use mox_net::BoxFuture;
use mox_queue::{
    Leaving, NoReporting, OpenFailure, Opened, Options, Outbound, Queue, Route, Router, Seams, Target,
};
use mox_smtpserver::Handler;
use mox_store::Store;
use mox_submission::{Logins, Strictness, SubmissionHandler};
use mox_web::door::{Attempt, Keeper, Refused};
use mox_web::session::Who;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Api, Limits, Parts};

const DOMAINS: &str = "\
Domains:
	here.example:
		LocalpartCatchallSeparator: +
	off.example:
		Disabled: true
Accounts:
	amy:
		Domain: here.example
		FullName: Amy
		FromIDLoginAddresses:
			- amy@here.example
		Destinations:
			amy@here.example: nil
			amy@off.example: nil
		MaxOutgoingMessagesPerDay: 5
		MaxFirstTimeRecipientsPerDay: 4
	bob:
		Domain: here.example
		Destinations:
			bob@here.example: nil
";

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
Listeners:
	local:
		IPs:
			- 127.0.0.1
		SMTPMaxMessageSize: 20000
Postmaster:
	Account: bob
	Mailbox: Inbox
";

/// Nothing leaves.
struct Nowhere;

impl Router for Nowhere {
    fn route(&self, _: &Leaving<'_>) -> Route {
        Route::direct()
    }
}

impl Outbound for Nowhere {
    fn open<'a>(&'a self, _: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        Box::pin(std::future::pending())
    }
}

/// Every account has the password `secret`.
struct Secret;

impl Keeper for Secret {
    fn check<'a>(&'a self, attempt: Attempt<'a>) -> BoxFuture<'a, Result<Who, Refused>> {
        let account = attempt.login.split('@').next().unwrap_or_default().to_owned();
        let known = attempt.password.reveal() == "secret" && ["amy", "bob"].contains(&account.as_str());
        let who = Who { account, login: attempt.login.to_owned() };
        Box::pin(std::future::ready(if known { Ok(who) } else { Err(Refused::Wrong) }))
    }

    fn knows(&self, _: &Who) -> bool {
        true
    }
}

/// The API, and what is behind it.
pub(super) struct House {
    api: Arc<Api>,
    pub(super) store: Store,
    clock: Arc<SimClock>,
    _dir: TempDir,
}

impl House {
    pub(super) fn new() -> House {
        House::with(Arc::new(mox_submission::Willing), Limits::default())
    }

    fn with(steps: Arc<dyn Handler>, limits: Limits) -> House {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        let random = Arc::new(SimRandom::new(7));
        let config = Config::parse(Path::new("mox.conf"), SERVER, DOMAINS).unwrap();
        let hostname = config.server.hostname.clone();
        let config = Arc::new(Handle::new(config));
        let recipients: Arc<dyn Recipients> = Arc::new(Configured::new(config.clone()));
        let store = Store::open(dir.path(), &[mox_queue::SCHEMA], clock.clone(), random.clone()).unwrap();
        let seams = Seams {
            router: Arc::new(Nowhere),
            local: Arc::new(Notices::new(recipients.clone())),
            reporting: Arc::new(NoReporting),
            outbound: Arc::new(Nowhere),
            clock: clock.clone(),
            random: random.clone(),
            faults: Arc::new(mox_platform::faults::NoFaults),
            metrics: Arc::new(mox_telemetry::Metrics::new(clock.now())),
        };
        let queue = Queue::new(store.clone(), Options::new(hostname.ascii()), seams);
        let submission = SubmissionHandler {
            logins: Logins::new(store.clone(), config.clone()),
            recipients,
            delivery: Delivery::new(store.clone(), queue.clone(), hostname),
            strictness: Strictness::Lawful,
            keys: None,
            authenticator: None,
            random: random.clone(),
            clock: clock.clone(),
            lift_for_loopback: false,
            pedantic: false,
        };
        let parts = Parts {
            keeper: Arc::new(Secret),
            submission: Arc::new(submission),
            steps,
            queue,
            store: store.clone(),
            config,
            clock: clock.clone(),
            random,
        };
        House { api: Arc::new(Api::new(parts, limits)), store, clock, _dir: dir }
    }

    /// A request below `/webapi/`: status and body.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> (StatusCode, Vec<u8>) {
        let mut builder = HyperRequest::builder().method(method).uri(format!("/webapi/{path}"));
        for (name, value) in fields {
            builder = builder.header(*name, *value);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let mount = Mount { base: "/webapi/".into(), https: true, client: [192, 0, 2, 1].into() };
        let request = Request::of(head, Bytes::copy_from_slice(body)).mounted(mount);
        let response = self.api.call(request).await;
        let body = response.body().bytes().map(|b| b.to_vec()).unwrap_or_default();
        (response.status(), body)
    }

    /// A call with JSON, of amy or bob.
    pub(super) async fn call(&self, who: &str, method: &str, request: Value) -> (StatusCode, Value) {
        let login = basic(&format!("{who}@here.example"), "secret");
        let fields = [("authorization", login.as_str()), ("content-type", "application/json")];
        let body = serde_json::to_vec(&request).unwrap();
        let (status, body) = self.ask("POST", &format!("v0/{method}"), &fields, &body).await;
        (status, serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))))
    }

    /// Messages in the queue.
    fn queued(&self) -> i64 {
        let count = self.store.read_blocking(|_, tx| {
            let count = tx.conn().query_row("SELECT count(*) FROM queue", [], |r| r.get(0)).unwrap();
            Ok::<i64, mox_store::Error>(count)
        });
        count.unwrap()
    }

    /// The code that a call is refused with.
    pub(super) async fn refused(&self, who: &str, method: &str, request: Value) -> String {
        let (status, body) = self.call(who, method, request).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(!body["Message"].as_str().unwrap().is_empty());
        body["Code"].as_str().unwrap().to_owned()
    }
}

fn basic(login: &str, password: &str) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}"));
    format!("Basic {text}")
}

fn mail(to: &[&str]) -> Value {
    let to: Vec<Value> = to.iter().map(|address| json!({ "Address": address })).collect();
    json!({ "To": to, "Subject": "hi", "Text": "hello" })
}

#[tokio::test]
async fn what_is_sent_is_queued_for_each_and_can_be_asked_about() {
    let house = House::new();
    let request = json!({
        "To": [{ "Name": "Carol", "Address": "carol@there.example" }],
        "BCC": [{ "Address": "bob@here.example" }],
        "Subject": "caf\u{e9}", "Text": "hello", "HTML": "<p>hello</p>",
        "AttachedFiles": [{ "Name": "a.bin", "ContentType": "application/x-a", "Data": "AAEC" }],
        "InlineFiles": [{ "Name": "i.png", "ContentType": "image/png", "ContentID": "pic", "Data": "AAEC" }],
        "Extra": { "order": "12" }, "Headers": [["X-Own", "yes"]], "SaveSent": true, "RequireTLS": null,
    });
    let (status, sent) = house.call("amy", "Send", request).await;
    assert_eq!(status, StatusCode::OK, "{sent}");
    let submissions = sent["Submissions"].as_array().unwrap();
    assert_eq!(submissions.len(), 2, "{sent}");
    assert_eq!(submissions[1]["Address"], "bob@here.example");
    let ids: Vec<i64> = submissions.iter().map(|s| s["QueueMsgID"].as_i64().unwrap()).collect();
    let from_id = submissions[0]["FromID"].as_str().unwrap();
    assert!(from_id.len() > 10 && submissions[1]["FromID"] != from_id);
    let (_, states) = house.call("amy", "QueueState", json!({ "QueueMsgIDs": ids })).await;
    let states = states["Messages"].as_array().unwrap().clone();
    assert_eq!(states.len(), 2);
    assert_eq!((&states[0]["State"], &states[0]["Extra"]["order"]), (&json!("queued"), &json!("12")));
    assert_eq!(states[0]["MessageID"], sent["MessageID"]);
    let (_, one) = house.call("amy", "QueueState", json!({ "FromID": from_id })).await;
    assert_eq!(one["Messages"].as_array().unwrap().len(), 1);
    assert_eq!(one["Messages"][0]["Address"], "carol@there.example");
    let paths = house.store.read_blocking(|_, tx| {
        let mut statement = tx.conn().prepare("SELECT mail_from FROM queue ORDER BY queue_id").unwrap();
        let rows = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
        Ok::<_, mox_store::Error>(rows.map(Result::unwrap).collect::<Vec<_>>())
    });
    assert_eq!(paths.unwrap()[0], format!("amy+{from_id}@here.example"));
    // The copy in Sent, which is amy's only message.
    let (status, got) = house.call("amy", "MessageGet", json!({ "MsgID": 1 })).await;
    assert_eq!(status, StatusCode::OK, "{got}");
    assert_eq!(
        (&got["Meta"]["MailboxName"], &got["Message"]["Subject"]),
        (&json!("Sent"), &json!("caf\u{e9}"))
    );
    assert_eq!(got["Message"]["From"][0], json!({ "Name": "Amy", "Address": "amy@here.example" }));
    assert_eq!(got["Message"]["BCC"], json!([]));
    assert_eq!(got["Meta"]["Flags"], json!(["\\Seen"]));
    assert_eq!(got["Structure"]["ContentType"], "multipart/mixed");
    let related = &got["Structure"]["Parts"][0];
    assert_eq!(
        (&related["ContentType"], &related["Parts"][1]["ContentID"]),
        (&json!("multipart/related"), &json!("<pic>"))
    );
    let login = basic("amy@here.example", "secret");
    let fields = [("authorization", login.as_str()), ("content-type", "application/json")];
    let part = br#"{"MsgID":1,"PartPath":[1]}"#;
    assert_eq!(house.ask("POST", "v0/MessagePartGet", &fields, part).await, (StatusCode::OK, vec![0, 1, 2]));
    let (_, raw) = house.ask("POST", "v0/MessageRawGet", &fields, br#"{"MsgID":1}"#).await;
    let raw = String::from_utf8(raw).unwrap();
    assert!(raw.contains("\r\nX-Own: yes\r\n") && !raw.contains("bob@"), "{raw}");
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_a_code() {
    let house = House::new();
    let with = |name: &str, value: Value| {
        let mut request = mail(&["carol@there.example"]);
        request[name] = value;
        request
    };
    for (request, code) in [
        (json!({ "Text": "x" }), "noRecipients"),
        (json!({ "To": [{ "Address": "c@there.example" }] }), "missingBody"),
        (mail(&["no address"]), "badAddress"),
        (mail(&["nobody@here.example"]), "badAddress"),
        (with("From", json!([{ "Address": "bob@here.example" }])), "badFrom"),
        (
            with("From", json!([{ "Address": "amy@here.example" }, { "Address": "bob@here.example" }])),
            "multipleFrom",
        ),
        (with("From", json!([{ "Address": "amy@off.example" }])), "domainDisabled"),
        (with("MessageID", json!("no id")), "malformedMessageID"),
        (with("References", json!(["<a@b>\r\nBcc: x@y.example"])), "malformedMessageID"),
        (with("Text", json!("x".repeat(20_000))), "messageTooLarge"),
        (with("Headers", json!([["Bcc", "x@y.example"]])), "user"),
        (with("Headers", json!([["X-A", "a\r\nBcc: x@y.example"]])), "user"),
        (with("Headers", json!([["X-A: b\r\nBcc", "x"]])), "user"),
        (with("Subject", json!("a\r\nBcc: x@y.example")), "user"),
        (with("AttachedFiles", json!([{ "Name": "a", "Data": "?" }])), "user"),
        (
            with("AttachedFiles", json!([{ "Name": "a", "ContentType": "text/x\r\nX: y", "Data": "" }])),
            "user",
        ),
        (with("FutureRelease", json!("2099-01-01T00:00:00Z")), "user"),
        (with("Unknown", json!(1)), "protocol"),
        (
            mail(&["1@t.example", "2@t.example", "3@t.example", "4@t.example", "5@t.example"]),
            "recipientLimitReached",
        ),
        (
            mail(&["1@t.example", "2@t.example", "3@t.example", "4@t.example", "5@t.example", "6@t.example"]),
            "messageLimitReached",
        ),
    ] {
        let shown: String = request.to_string().chars().take(200).collect();
        assert_eq!(house.refused("amy", "Send", request).await, code, "{shown}");
    }
    assert_eq!(house.queued(), 0);
}

#[tokio::test]
async fn forms_hold_the_same() {
    let house = House::new();
    let login = basic("amy@here.example", "secret");
    let form = |kind: &'static str| [("authorization", login.as_str()), ("content-type", kind)];
    let body = b"--b\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{\"To\":[{\"Address\":\"c@t.example\"}],\
        \"Text\":\"x\",\"SaveSent\":true}\r\n--b\r\nContent-Disposition: form-data; name=\"attachedfile\"; filename=\"f.txt\"\r\n\
        Content-Type: text/plain\r\n\r\nfile\r\n--b--\r\n";
    let (status, sent) = house.ask("POST", "v0/Send", &form("multipart/form-data; boundary=b"), body).await;
    assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&sent));
    let url = "application/x-www-form-urlencoded";
    let (status, got) =
        house.ask("POST", "v0/MessageGet", &form(url), b"request=%7B%22MsgID%22%3A1%7D").await;
    let got: Value = serde_json::from_slice(&got).unwrap();
    assert_eq!((status, &got["Structure"]["Parts"][1]["Filename"]), (StatusCode::OK, &json!("f.txt")));
    for (kind, body) in [(url, &b"x=1"[..]), ("text/plain", b"{}"), ("multipart/form-data", b"")] {
        let (status, body) = house.ask("POST", "v0/MessageGet", &form(kind), body).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, &body["Code"]), (StatusCode::BAD_REQUEST, &json!("protocol")), "{kind}");
    }
}

#[tokio::test]
async fn people_and_programs_can_read_what_there_is() {
    let house = House::new();
    assert_eq!(house.ask("GET", "", &[], b"").await.0, StatusCode::SEE_OTHER);
    let (status, page) = house.ask("GET", "v0/", &[], b"").await;
    let page = String::from_utf8(page).unwrap();
    assert!(status == StatusCode::OK && page.contains("href=\"/webapi/v0/MessageMove\""), "{page}");
    let (_, page) = house.ask("GET", "v0/Send", &[], b"").await;
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("FutureRelease") && page.contains("Submissions"), "{page}");
    let (_, document) = house.ask("GET", "v0/openapi.json", &[], b"").await;
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(
        (&document["openapi"], &document["servers"][0]["url"]),
        (&json!("3.1.0"), &json!("/webapi/v0"))
    );
    assert_eq!(document["paths"].as_object().unwrap().len(), crate::methods::METHODS.len());
    assert_eq!(house.ask("GET", "v0/Nothing", &[], b"").await.0, StatusCode::NOT_FOUND);
    assert_eq!(house.ask("PUT", "v0/Send", &[], b"").await.0, StatusCode::METHOD_NOT_ALLOWED);
}

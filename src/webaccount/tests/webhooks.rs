//! Webhooks: the URLs and calls of this account alone, and the call for trying.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::*;
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_httpserver::{Request, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

type Asked = Arc<Mutex<Vec<String>>>;

fn call(id: i64, state: HookState, account: &str) -> HookRow {
    let time = Time(Timestamp::from_secs(1_795_342_830));
    let ended = state != HookState::Pending;
    HookRow {
        id,
        state,
        account: account.into(),
        url: "https://app.example.org/hook?a=<b>".into(),
        incoming: false,
        event: "delivered".into(),
        queue_id: Some(4),
        message_id: "1@example.org".into(),
        subject: "<b>no</b>".into(),
        submitted: time,
        attempts: 3,
        next_attempt: time,
        last_attempt: Some(time),
        last_status: Some(if ended { 200 } else { 503 }),
        last_error: (!ended).then(|| "answered with status 503".into()),
        last_answer: None,
        ended: ended.then_some(time),
    }
}

fn account(name: String) -> AccountDetail {
    AccountDetail {
        row: AccountRow {
            name,
            domain: "example.org".into(),
            addresses: 0,
            login_disabled: String::new(),
            full_name: String::new(),
            description: String::new(),
        },
        addresses: Vec::new(),
        aliases: Vec::new(),
        references: Vec::new(),
        config: "Authorization: Bearer s3cret".into(),
        quota: None,
        limits: mox_admin::ops::AccountLimits::default(),
        no_custom_password: false,
        outgoing_webhook: Some(HookTarget {
            url: "https://app.example.org/hook".into(),
            authorization: true,
            events: vec!["delivered".into(), "failed".into()],
        }),
        incoming_webhook: None,
        stored: None,
    }
}

fn pages(asked: &Asked) -> impl Pages + use<> {
    let noted = asked.clone();
    let operations = Operations::new()
        .on(|op: AccountShow| async move { Ok(account(op.account)) })
        .on(|op: HookList| async move { Ok(vec![call(8, HookState::Pending, &op.account.unwrap())]) })
        .on(|op: HookRetired| async move { Ok(vec![call(7, HookState::Taken, &op.account.unwrap())]) })
        .on(move |op: HookTest| {
            noted.lock().unwrap().push(format!("{} {}", op.account, op.incoming));
            async move {
                if op.incoming {
                    return Err(OpError::failed("no").hint("`mox config test` names every error"));
                }
                Ok(HookTested {
                    url: "https://app.example.org/hook".into(),
                    taken: false,
                    status: Some(503),
                    error: Some("answered with status 503".into()),
                    answer: "<i>busy</i>".into(),
                    took_ms: 12,
                    payload: "{}".into(),
                })
            }
        });
    let clock = Arc::new(mox_platform::SystemClock);
    crate::pages(Arc::new(operations), "mox".into(), Vec::new(), clock, std::env::temp_dir())
}

async fn ask(pages: &impl Pages, method: &str, path: &str, body: &str) -> (StatusCode, String) {
    let (head, ()) =
        hyper::Request::builder().method(method).uri(format!("/{path}")).body(()).unwrap().into_parts();
    let visit = Visit {
        base: "/".into(),
        path: path.split('?').next().unwrap().into(),
        who: Who { account: "amy".into(), login: "amy@example.org".into() },
        csrf: "0a".into(),
        client: [127, 0, 0, 1].into(),
    };
    let answer = pages.call(Request::of(head, Bytes::copy_from_slice(body.as_bytes())), visit).await;
    let text = answer.body().bytes().map_or(String::new(), |b| String::from_utf8(b.to_vec()).unwrap());
    (answer.status(), text)
}

#[tokio::test]
async fn the_page_shows_urls_and_calls_without_secrets() {
    let pages = pages(&Asked::default());
    let (status, body) = ask(&pages, "GET", "webhooks", "").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    for part in [
        "data-field=\"outgoing_webhook\">https://app.example.org/hook<",
        "delivered, failed",
        "data-key=\"8\"",
        "data-field=\"last_error\">answered with status 503<",
        "data-key=\"7\"",
        "status <span data-field=\"last_status\">200<",
        "No URL is called.",
    ] {
        assert!(body.contains(part), "{part} {body}");
    }
    assert!(!body.contains("s3cret") && !body.contains("<b>no"), "{body}");
    assert_eq!(ask(&pages, "GET", "webhooks?account=bob", "").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_test_calls_a_url_of_this_account() {
    let asked = Asked::default();
    let pages = pages(&asked);
    let (status, body) = ask(&pages, "POST", "webhooks/test", "csrf=0a&which=outgoing").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert!(body.contains("answered with status 503") && body.contains("&#60;i&#62;busy"), "{body}");
    for body in ["csrf=0a", "csrf=0a&which=all", "csrf=0a&which=outgoing&account=bob"] {
        assert_eq!(ask(&pages, "POST", "webhooks/test", body).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    assert_eq!(ask(&pages, "GET", "webhooks/test", "").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(*asked.lock().unwrap(), ["amy false"]);
    let (_, body) = ask(&pages, "POST", "webhooks/test", "csrf=0a&which=incoming").await;
    assert!(body.contains("ask who runs this server") && !body.contains("mox config"), "{body}");
}

//! The page of remembered MTA-STS policies.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::{MtastsForget, MtastsForgotten, MtastsList, MtastsRow};
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, Response, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

fn policy(domain: &str) -> MtastsRow {
    let at = |text: &str| Time(Timestamp::parse_rfc3339(text).unwrap());
    MtastsRow {
        domain: domain.into(),
        mode: Some("enforce".into()),
        mx: vec!["mx1.example".into(), "*.example".into()],
        record_id: "<b>1</b>".into(),
        fetched: at("2026-11-22T10:20:30Z"),
        expires: at("2026-12-22T10:20:30Z"),
        used: at("2026-11-23T10:20:30Z"),
        failure: Some("sts-webpki-invalid <i>expired</i>".into()),
    }
}

async fn ask(pages: &dyn Pages, method: &str, path: &str, form: &str) -> Response {
    let (head, ()) =
        hyper::Request::builder().method(method).uri(format!("/admin/{path}")).body(()).unwrap().into_parts();
    let visit = Visit {
        base: "/admin/".into(),
        path: path.split('?').next().unwrap().to_owned(),
        who: Who::default(),
        csrf: "abcd".into(),
        client: [127, 0, 0, 1].into(),
    };
    pages.call(Request::of(head, Bytes::copy_from_slice(form.as_bytes())), visit).await
}

fn body(response: &Response) -> String {
    String::from_utf8_lossy(response.body().bytes().unwrap()).into_owned()
}

fn site() -> (impl Pages, Arc<Mutex<Vec<bool>>>) {
    let asked: Arc<Mutex<Vec<bool>>> = Arc::default();
    let note = asked.clone();
    let operations = Operations::new()
        .on(|op: MtastsList| {
            let rows = (100..250).map(|n| policy(&format!("d{n}.example")));
            let rows = rows.filter(|row| op.domain.as_ref().is_none_or(|part| row.domain.contains(part)));
            let rows = rows.filter(|row| op.after.as_ref().is_none_or(|after| row.domain > *after));
            std::future::ready(Ok(rows.take(op.limit.unwrap() as usize).collect::<Vec<_>>()))
        })
        .on(move |op: MtastsForget| {
            note.lock().unwrap().push(op.dry_run);
            std::future::ready(match op.domain.as_str() {
                "d100.example" => Ok(MtastsForgotten { forgotten: policy(&op.domain), dry_run: op.dry_run }),
                domain => Err(OpError::not_found(format!("no policy of {domain} is remembered"))),
            })
        });
    let clock = SimClock::new(Timestamp::from_secs(1_795_342_830));
    (crate::pages(Arc::new(operations), "mox".into(), Vec::new(), Arc::new(clock)), asked)
}

#[tokio::test]
async fn policies_are_listed_by_name() {
    let (pages, _) = site();
    let page = body(&ask(&pages, "GET", "mtasts", "").await);
    for has in [
        "d199.example",
        "mx1.example, *.example",
        "&#60;b&#62;1",
        "&#60;i&#62;expired",
        "mtasts?after=d199.example",
    ] {
        assert!(page.contains(has), "no {has}: {page}");
    }
    assert!(!page.contains("d200.example"), "a page has 100 rows");
    let page = body(&ask(&pages, "GET", "mtasts?after=d199.example", "").await);
    assert!(page.contains("d249.example") && page.contains("First page") && !page.contains("rel=\"next\""));
    let page = body(&ask(&pages, "GET", "mtasts?domain=D15", "").await);
    assert!(page.contains("d150.example") && !page.contains("d149.example"));
}

#[tokio::test]
async fn one_is_forgotten_after_a_question() {
    let (pages, asked) = site();
    let question = body(&ask(&pages, "POST", "mtasts/forget", "domain=d100.example").await);
    assert!(
        question.contains("What is remembered of d100.example (enforce) will be forgotten."),
        "{question}"
    );
    let done = ask(&pages, "POST", "mtasts/forget", "domain=d100.example&confirm=yes").await;
    assert_eq!(done.headers()["location"], "/admin/mtasts?note=forgotten");
    assert_eq!(*asked.lock().unwrap(), [true, false]);
    for (method, path, form, status) in [
        ("POST", "mtasts/forget", "domain=x.example&confirm=yes", StatusCode::NOT_FOUND),
        ("POST", "mtasts/forget", "", StatusCode::BAD_REQUEST),
        ("GET", "mtasts/forget", "", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "mtasts?x", "", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(&pages, method, path, form).await.status(), status, "{method} {path} {form}");
    }
}

//! The list of suppressed recipients: whose it is, what its forms do.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mox_admin::ops::{SuppressAdd, SuppressList, SuppressRemove, Suppression};
use mox_admin::{Operations, Time};
use mox_clock::Timestamp;
use mox_httpserver::{Request, StatusCode};
use mox_web::door::{Pages, Visit};
use mox_web::session::Who;

fn row(account: &str, address: String, reason: &str) -> Suppression {
    Suppression {
        account: account.into(),
        base: address.clone(),
        address,
        added: Time(Timestamp::from_secs(1_795_342_830)),
        manual: false,
        reason: reason.into(),
    }
}

type Done = Arc<Mutex<Vec<String>>>;

fn pages(done: &Done) -> impl Pages + use<> {
    let (adds, removes) = (done.clone(), done.clone());
    let operations = Operations::new()
        .on(|op: SuppressList| async move {
            let account = op.account.unwrap();
            let found = |n: usize| row(&account, format!("x{n:03}@example.com"), "550 <b>no</b>");
            let all = (0..150).map(found).filter(|row| op.address.as_ref().is_none_or(|a| *a == row.address));
            let behind = all.filter(|row| op.after.as_ref().is_none_or(|key| row.base > key.base));
            Ok(behind.take(op.limit.unwrap() as usize).collect::<Vec<_>>())
        })
        .on(move |op: SuppressAdd| {
            adds.lock().unwrap().push(format!("add {} {} {}", op.account, op.address, op.reason));
            async move { Ok(row(&op.account, op.address, "")) }
        })
        .on(move |op: SuppressRemove| {
            removes.lock().unwrap().push(format!("remove {} {}", op.account, op.address));
            async move { Ok(row(&op.account, op.address, "")) }
        });
    let clock = Arc::new(mox_platform::SystemClock);
    crate::pages(Arc::new(operations), "mox".into(), Vec::new(), clock, std::env::temp_dir())
}

async fn ask(pages: &impl Pages, method: &str, path: &str, body: &str) -> (StatusCode, String, String) {
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
    let location = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
    (answer.status(), location, text)
}

#[tokio::test]
async fn rows_are_paged_by_key_and_escaped() {
    let pages = pages(&Done::default());
    let (_, _, first) = ask(&pages, "GET", "suppression", "").await;
    assert_eq!(first.matches("data-key=").count(), 100);
    assert!(first.contains("550 &#60;b&#62;no&#60;/b&#62;") && !first.contains("<b>no"));
    assert!(first.contains("suppression?after=x099%40example.com"), "{first}");
    let (_, _, second) = ask(&pages, "GET", "suppression?after=x099%40example.com", "").await;
    assert_eq!(second.matches("data-key=").count(), 50);
    assert!(second.contains("data-key=\"x100@example.com\"") && !second.contains("after="));
    let (_, _, found) = ask(&pages, "GET", "suppression?address=x007%40example.com", "").await;
    assert_eq!(found.matches("data-key=").count(), 1);
    assert_eq!(ask(&pages, "GET", "suppression?account=bob", "").await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn forms_change_the_list_of_this_account_alone() {
    let done = Done::default();
    let pages = pages(&done);
    let (status, to, _) =
        ask(&pages, "POST", "suppression/add", "csrf=0a&address=+b%40example.com&reason=x").await;
    assert_eq!((status, to.as_str()), (StatusCode::SEE_OTHER, "/suppression?note=added"));
    let (status, _, asked) =
        ask(&pages, "POST", "suppression/remove", "csrf=0a&address=b%40example.com").await;
    assert_eq!(status, StatusCode::OK);
    assert!(asked.contains("Are you sure?") && asked.contains("name=\"confirm\" value=\"yes\""), "{asked}");
    let body = "csrf=0a&address=b%40example.com&confirm=yes";
    let (_, to, _) = ask(&pages, "POST", "suppression/remove", body).await;
    assert_eq!(to, "/suppression?note=removed");
    for (path, body) in [
        ("suppression/add", "csrf=0a&address=+"),
        ("suppression/add", "csrf=0a&address=b%40example.com&account=bob"),
        ("suppression/remove", "csrf=0a&address=b%40example.com&account=bob&confirm=yes"),
    ] {
        assert_eq!(ask(&pages, "POST", path, body).await.0, StatusCode::BAD_REQUEST, "{path} {body}");
    }
    assert_eq!(*done.lock().unwrap(), ["add amy b@example.com x", "remove amy b@example.com"]);
}

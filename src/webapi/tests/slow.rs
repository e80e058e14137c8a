//! Clients that send large bodies slowly keep nobody else from sending.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mox_clock::Clock;
use mox_httpserver::{Incoming, Mount, Request, Service, StatusCode, Writer};
use serde_json::{Value, json};

use super::{House, HyperRequest, basic, mail};
use crate::Limits;

/// How long a body may take here.
const TIME: Duration = Duration::from_secs(60);

/// Begins a call of bob whose body comes as it is written.
fn begin(house: &House) -> (Writer, tokio::task::JoinHandle<(StatusCode, Value)>) {
    let login = basic("bob@here.example", "secret");
    let builder = HyperRequest::builder().method("POST").uri("/webapi/v0/Send");
    let builder = builder.header("authorization", login).header("content-type", "application/json");
    let (head, ()) = builder.body(()).unwrap().into_parts();
    let mount = Mount { base: "/webapi/".into(), https: true, client: [192, 0, 2, 1].into() };
    let clock: Arc<dyn Clock> = house.clock.clone();
    let (writer, incoming) = Incoming::written(clock, TIME);
    let mut request = Request::of(head, Bytes::new()).mounted(mount);
    request.incoming = Some(incoming);
    let api = house.api.clone();
    let call = tokio::spawn(async move {
        let response = api.call(request).await;
        let body = response.body().bytes().cloned().unwrap_or_default();
        (response.status(), serde_json::from_slice(&body).unwrap())
    });
    (writer, call)
}

/// Until all that can go on without time has.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn slow_bodies_hold_no_place() {
    let house = House::new();
    let mut slow = Vec::new();
    for _ in 0..20 {
        let (writer, call) = begin(&house);
        assert!(writer.send("{\"Text\":").await);
        slow.push((writer, call));
    }
    settle().await;
    let (status, sent) = house.call("amy", "Send", mail(&["carol@there.example"])).await;
    assert_eq!(status, StatusCode::OK, "{sent}");
    // One that comes to its end in time is done, the others are refused when theirs is over.
    let (writer, call) = slow.pop().unwrap();
    assert!(writer.send("\"x\",\"To\":[{\"Address\":\"c@there.example\"}]}").await);
    drop(writer);
    assert_eq!(call.await.unwrap().0, StatusCode::OK);
    house.clock.advance(TIME);
    for (_writer, call) in slow {
        let (status, refused) = call.await.unwrap();
        assert_eq!((status, &refused["Code"]), (StatusCode::BAD_REQUEST, &json!("protocol")), "{refused}");
    }
}

#[tokio::test]
async fn all_bodies_together_have_only_so_much_memory() {
    let limits = Limits { sends_at_once: 1, small_body: 100 << 10, ..Limits::default() };
    let house = House::with(Arc::new(mox_submission::Willing), limits);
    let piece = || Bytes::from(vec![b' '; 100 << 10]);
    let (first, held) = begin(&house);
    assert!(first.send(piece()).await);
    settle().await;
    let (second, refused) = begin(&house);
    assert!(second.send(piece()).await);
    let (status, answer) = refused.await.unwrap();
    assert_eq!((status, &answer["Code"]), (StatusCode::BAD_REQUEST, &json!("server")), "{answer}");
    first.break_off(std::io::ErrorKind::ConnectionReset.into()).await;
    assert_eq!(held.await.unwrap().1["Code"], "protocol");
    let (third, sent) = begin(&house);
    assert!(third.send(serde_json::to_vec(&mail(&["carol@there.example"])).unwrap()).await);
    assert!(third.send(Bytes::from(vec![b' '; 90 << 10])).await);
    drop(third);
    assert_eq!(sent.await.unwrap().0, StatusCode::OK, "the room of those that ended is there again");
}

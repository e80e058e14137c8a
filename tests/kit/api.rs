//! Requests of strangers to the JSON API, before operations that do nothing.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a check panics when it fails"
)]

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use mox_admin::ops::{Changed, ChaosSet, MessageDelete, MessageFilter, MessageList};
use mox_admin::{OpError, Operations};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use mox_httpserver::{Request, Service};

/// Asks the API and checks how it answers.
pub(crate) fn request(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |b| *b == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (first, kind, body) = (line(), line(), line().to_vec());
    let Some((method, target)) = std::str::from_utf8(first).ok().and_then(|line| line.split_once(' ')) else {
        return;
    };
    let mut builder = hyper::Request::builder().method(method).uri(format!("/api/v1/{target}"));
    if !kind.is_empty() {
        builder = builder.header("content-type", kind);
    }
    // What hyper refuses never gets to the API.
    let Ok(request) = builder.body(()) else { return };
    let request = Request::of(request.into_parts().0, body.into());
    let api =
        mox_api::api(Arc::new(operations()), Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000))));
    let answer = pin!(api.call(request));
    let Poll::Ready(response) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nothing here waits");
    };
    let status = response.status().as_u16();
    assert!(matches!(status, 200 | 400 | 404 | 405 | 415), "{status}");
    let body = response.body().bytes().expect("a whole answer");
    let value: serde_json::Value = serde_json::from_slice(body).expect("JSON");
    assert_eq!(status != 200, value["error"]["message"].is_string(), "{value}");
}

fn operations() -> Operations {
    Operations::new()
        .on(|op: MessageList| async move {
            assert!(op.limit.is_some_and(|limit| (2..=1001).contains(&limit)), "{op:?}");
            Ok(Vec::new())
        })
        .on(|op: MessageDelete| async move {
            assert!(op.all || op.filter != MessageFilter::default() || op.ids.len() == 1, "{op:?}");
            Ok(Changed::default())
        })
        .on(|op: ChaosSet| async move { Ok::<_, OpError>(op.chaos) })
}

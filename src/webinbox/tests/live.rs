//! The stream of events.

use super::fake::message;
use super::{Site, StatusCode};
use bytes::Bytes;
use mox_httpserver::{Ending, Request, Response};
use tokio::sync::watch;

impl Site {
    /// Opens a stream, and what ends it.
    async fn stream(&self, path: &str, last: Option<&str>) -> (Response, watch::Sender<bool>) {
        let mut builder = hyper::Request::builder().uri(path);
        if let Some(id) = last {
            builder = builder.header("last-event-id", id);
        }
        let (head, ()) = builder.body(()).unwrap().into_parts();
        let (end, ended) = watch::channel(false);
        let request = Request { ending: Ending::when(ended), ..Request::of(head, Bytes::new()) };
        let response = self.service.call(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        (response, end)
    }
}

/// Reads until the text holds `mark`.
async fn read(response: &mut Response, mark: &str) -> String {
    let mut text = String::new();
    while !text.contains(mark) {
        let piece =
            response.body_mut().next().await.unwrap_or_else(|| panic!("ended without {mark}: {text}"));
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    text
}

#[tokio::test]
async fn what_changes_comes_as_html_that_is_ready() {
    let site = Site::with(1);
    let (mut response, _end) = site.stream("/events?mailbox=bob%40example.org", None).await;
    read(&mut response, "retry").await;
    site.house.add(message(7, "bob@example.org", "<script>\n\"new\""));
    let text = read(&mut response, "event: side").await;
    assert!(
        text.contains("event: arrived\ndata: {\"id\":7,\"html\":\"<li class=\\\"row unseen\\\""),
        "{text}"
    );
    assert!(text.contains("/message/7?mailbox=bob%40example.org"), "links keep the list: {text}");
    assert!(text.contains("&#60;script&#62;") && !text.contains("<script>\\n\\\"new\\\"</span"), "{text}");
    assert_eq!(
        text.matches("\nid: ").count() + usize::from(text.starts_with("id: ")),
        1,
        "one id a batch: {text}"
    );
    assert!(text.contains("id: 2\nevent: side\ndata: {\"unseen\":2,"), "{text}");
    site.house.add(message(8, "ann@example.org", "for another"));
    let other = read(&mut response, "event: side").await;
    assert!(!other.contains("arrived"), "{other}");
}

#[tokio::test]
async fn flags_and_deletions_are_told() {
    let site = Site::with(2);
    let (mut response, _end) = site.stream("/events?token=2", None).await;
    site.post("/message/1/mark", "tag=blue").await;
    let text = read(&mut response, "event: side").await;
    assert!(text.contains("event: changed") && text.contains("blue"), "{text}");
    site.post("/message/2/delete", "confirm=yes").await;
    let text = read(&mut response, "event: side").await;
    assert!(text.contains("event: gone\ndata: {\"id\":2}"), "{text}");
}

#[tokio::test]
async fn who_comes_back_misses_nothing() {
    let site = Site::with(3);
    let (mut response, _end) = site.stream("/events?token=3", Some("1")).await;
    let text = read(&mut response, "event: side").await;
    assert!(
        text.contains("Subject 2.") && text.contains("Subject 3.") && !text.contains("Subject 1."),
        "{text}"
    );
    let (mut response, _end) = site.stream("/events?token=unknown", None).await;
    assert!(read(&mut response, "\n\n").await.contains("retry"));
    assert!(read(&mut response, "event: anew").await.contains("id: 3"), "what is lost is listed anew");
}

#[tokio::test]
async fn a_stream_ends_when_the_house_does() {
    let site = Site::with(1);
    let (mut response, end) = site.stream("/events", None).await;
    read(&mut response, "retry").await;
    end.send_replace(true);
    assert_eq!(response.body_mut().next().await, None);
}

#[tokio::test]
async fn a_look_at_the_head_starts_nothing_and_typos_are_refused() {
    let site = Site::with(1);
    let mut head = site.ask("HEAD", "/events", "", &[]).await.response;
    assert_eq!(head.body_mut().next().await, None);
    assert_eq!(site.get("/events?form=x").await.status, StatusCode::BAD_REQUEST);
}

//! Waits and event streams.

use std::collections::VecDeque;
use std::time::Duration;

use mox_clock::Clock;
use tokio::sync::{oneshot, watch};

use super::*;

#[tokio::test]
async fn a_wait_in_vain_says_for_what() {
    let asked = Asked::default();
    let operations = Operations::new().on(|_: MessageWait| async { Ok(MessageWaited { message: None }) });
    let house = House::of(operations, asked);
    let (status, body) = house.get("/wait?to=bob@&subject=a%22b&timeout=1s500ms").await;
    assert_eq!(status, 404);
    assert_eq!(
        body["error"]["message"],
        "no such message within 1.5 s: to \"bob@\", subject \"a\\\"b\", since \"2026-11-22T10:19:30Z\""
    );
    assert_eq!(body["error"]["kind"], "not_found");
}

/// Tells when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().unwrap().send(());
    }
}

/// Operations of which waiting and watching never end; the receiver learns of the end of the last one.
fn endless(first: Vec<MessageWatched>) -> (Operations, oneshot::Receiver<()>) {
    let (sender, receiver) = oneshot::channel();
    let guard = Arc::new(Mutex::new(Some(Dropped(Some(sender)))));
    let replies = Arc::new(Mutex::new(VecDeque::from(first)));
    let other = guard.clone();
    let operations = Operations::new()
        .on(move |_: MessageWait| {
            let guard = guard.lock().unwrap().take();
            async move {
                let _guard = guard;
                std::future::pending().await
            }
        })
        .on(move |_: MessageWatch| {
            let (guard, next) = (other.clone(), replies.lock().unwrap().pop_front());
            async move {
                match next {
                    Some(reply) => Ok(reply),
                    None => {
                        let _guard = guard.lock().unwrap().take();
                        std::future::pending().await
                    }
                }
            }
        });
    (operations, receiver)
}

#[tokio::test]
async fn a_wait_goes_on_elsewhere_when_its_connection_ends() {
    let (operations, _) = endless(Vec::new());
    let clock = SimClock::new(start());
    let api = api(Arc::new(operations), Arc::new(clock.clone()));
    let (end, ended) = watch::channel(false);
    let mut request = request("GET", "/wait?to=b%40c.example&timeout=10s", None, "");
    request.ending = Ending::when(ended);
    let mut answer = api.call(request);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut cx).is_pending());
    clock.advance(Duration::from_secs(4));
    end.send(true).unwrap();
    let response = answer.await;
    assert_eq!(response.status(), 307);
    assert_eq!(
        response.headers()["location"],
        "/api/v1/wait?to=b%40c.example&since=2026-11-22T10%3A19%3A30Z&timeout=6000ms"
    );
    assert_eq!(clock.now().since(start()), Duration::from_secs(4));
}

#[tokio::test]
async fn a_wait_ends_with_its_client() {
    let (operations, mut dropped) = endless(Vec::new());
    let house = House::of(operations, Asked::default());
    let mut answer = house.api.call(request("GET", "/wait", None, ""));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(answer.as_mut().poll(&mut cx).is_pending());
    assert!(dropped.try_recv().is_err());
    drop(answer);
    dropped.await.unwrap();
}

fn arrived(id: i64) -> MessageEvent {
    MessageEvent::Arrived { message: MessageRow { id, ..MessageRow::example() } }
}

fn watched(token: &str, events: Vec<MessageEvent>) -> MessageWatched {
    MessageWatched { token: token.to_owned(), events, lost: false }
}

/// The pieces of a stream as `id name`, comments as they are.
async fn pieces(response: &mut Response, count: usize) -> Vec<String> {
    let mut all = Vec::new();
    for _ in 0..count {
        let piece = response.body_mut().next().await.unwrap();
        let text = String::from_utf8(piece.to_vec()).unwrap();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("-");
        match text.starts_with("id: ") {
            true => all.push(format!("{} {}", field("id: "), field("event: "))),
            false => all.push(text.trim_end().to_owned()),
        }
    }
    all
}

#[tokio::test]
async fn events_are_told_in_order_with_ids_to_go_on_from() {
    let lost = MessageWatched { token: "5".into(), events: vec![MessageEvent::Gone { id: 1 }], lost: true };
    let (operations, _dropped) = endless(vec![
        watched("1", Vec::new()),
        watched("1", Vec::new()),
        watched("3", vec![arrived(7), MessageEvent::Changed { message: MessageRow::example() }]),
        lost,
    ]);
    let house = House::of(operations, Asked::default());
    let mut response = house.ask("GET", "/events?to=bob", None, "").await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let told = pieces(&mut response, 7).await;
    let expected = ["retry: 1000", "1 ready", ":", "1 arrived", "3 changed", "3 lost", "5 gone"];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn data_of_events_is_what_commands_print() {
    let (operations, _dropped) = endless(vec![watched("1", vec![MessageEvent::Gone { id: 7 }])]);
    let house = House::of(operations, Asked::default());
    let mut response = house.ask("GET", "/events", None, "").await;
    let mut text = String::new();
    for _ in 0..3 {
        let piece = response.body_mut().next().await.unwrap();
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    assert_eq!(
        text,
        concat!(
            "retry: 1000\n\n",
            "id: 1\nevent: gone\ndata: {\"event\":\"gone\",\"id\":7}\n\n",
            "id: 1\nevent: ready\ndata: {\"event\":\"ready\"}\n\n",
        )
    );
}

#[tokio::test]
async fn a_stream_goes_on_where_the_client_was() {
    let house = House::new();
    let mut request = request("GET", "/events?tag=a", None, "");
    request.head.headers.insert("last-event-id", "42".parse().unwrap());
    house.api.call(request).await;
    let (name, asked) = house.asked.lock().unwrap().first().unwrap().clone();
    assert_eq!((name.as_str(), &asked["token"]), ("message-watch", &json!("42")));
    assert_eq!((&asked["timeout_ms"], &asked["filter"]["tag"]), (&json!(0), &json!("a")));
}

#[tokio::test]
async fn trouble_at_the_start_of_a_stream_has_a_status() {
    let operations = Operations::new().on(|_: MessageWatch| async { Err(OpError::usage("no such token")) });
    let house = House::of(operations, Asked::default());
    assert_eq!(house.get("/events").await.0, 400);
}

#[tokio::test]
async fn a_stream_ends_when_its_client_goes() {
    let (operations, dropped) = endless(vec![watched("1", Vec::new())]);
    let house = House::of(operations, Asked::default());
    let mut response = house.ask("GET", "/events", None, "").await;
    pieces(&mut response, 2).await;
    drop(response);
    // The watch that the stream waited in is dropped.
    dropped.await.unwrap();
}

#[tokio::test]
async fn a_stream_ends_with_its_connection() {
    let (operations, dropped) = endless(vec![watched("1", Vec::new())]);
    let house = House::of(operations, Asked::default());
    let (end, ended) = watch::channel(false);
    let mut request = request("GET", "/events", None, "");
    request.ending = Ending::when(ended);
    let mut response = house.api.call(request).await;
    pieces(&mut response, 2).await;
    end.send(true).unwrap();
    assert_eq!(response.body_mut().next().await, None);
    dropped.await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_hold_the_end_up() {
    let many = (0..200).map(arrived).collect();
    let (operations, _) = endless(vec![watched("1", Vec::new()), watched("2", many)]);
    let house = House::of(operations, Asked::default());
    let (end, ended) = watch::channel(false);
    let mut request = request("GET", "/events", None, "");
    request.ending = Ending::when(ended);
    let mut response = house.api.call(request).await;
    end.send(true).unwrap();
    let mut count = 0;
    while response.body_mut().next().await.is_some() {
        count += 1;
    }
    assert!(count < 100, "{count} pieces after the end");
}

//! The log: filters, pages, hostile lines, lines as they come.

use crate::watching_kit::{ESCAPED, Site};
use mox_httpserver::{Response, StatusCode};

#[tokio::test]
async fn lines_are_shown_and_paged_by_number() {
    let site = Site::new();
    let page = site.page("logs").await;
    assert_eq!(page.matches("<tr data-key").count(), 100);
    assert!(
        page.contains("<tr data-key=\"250\">") && page.contains("data-field=\"message\">line 250<"),
        "{page}"
    );
    assert!(page.contains(&format!("rcpt=&#34;{ESCAPED}&#34;")), "{page}");
    assert!(page.contains("href=\"/admin/logs?before=151\""), "{page}");
    assert!(page.contains("data-events=\"/admin/logs/events?\" data-after=\"250\""), "{page}");
    assert!(page.contains("/logs.js\""), "{page}");
    let older = site.page("logs?before=151&level=warn&text=a%26b").await;
    assert!(older.contains("href=\"/admin/logs?level=warn&#38;text=a%26b&amp;before=51\""), "{older}");
    assert!(!older.contains("data-events") && !older.contains("logs.js"), "older lines are not live");
    let last = site.page("logs?before=51").await;
    assert!(last.contains("<tr data-key=\"1\">") && !last.contains(">Older"), "{last}");
}

#[tokio::test]
async fn filters_are_asked_for_and_stay_in_the_form() {
    let site = Site::new();
    let page = site.page("logs?level=warn&room=ctl&text=%3Cb%3E").await;
    let asked = site.did();
    assert!(asked[0].contains("\"level\":\"warn\",\"room\":\"ctl\",\"text\":\"<b>\""), "{asked:?}");
    assert!(page.contains("<option value=\"warn\" selected>"), "{page}");
    assert!(page.contains("<option value=\"ctl\" selected>"), "a part that logged nothing yet: {page}");
    assert!(page.contains("value=\"&#60;b&#62;\""), "{page}");
    let wrong = site.ask("GET", "logs?level=loud", "", "").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.body.contains("error, warn, info, debug or trace"), "{}", wrong.body);
    assert_eq!(site.ask("GET", "logs?lvl=warn", "", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.ask("GET", "logs/x", "", "").await.status, StatusCode::NOT_FOUND);
}

/// Reads until the text holds `mark`.
async fn read(response: &mut Response, mark: &str) -> String {
    let mut text = String::new();
    while !text.contains(mark) {
        let piece = response.body_mut().next().await.unwrap();
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    text
}

#[tokio::test]
async fn lines_come_as_they_are_logged() {
    let site = Site::new();
    let mut answer = site.ask("GET", "logs/events?after=250&level=info", "", "").await;
    assert_eq!(answer.response.headers()["content-type"], "text/event-stream");
    let text = read(&mut answer.response, "event: line").await;
    assert!(
        text.contains("id: 251\nevent: line\ndata: {\"seq\":251,\"html\":\"<tr data-key=\\\"251\\\">"),
        "{text}"
    );
    assert!(text.contains("&#60;script&#62;") && !text.contains("<script"), "{text}");
    // A browser that comes back says what it had.
    let mut again = site.ask("GET", "logs/events?after=3", "", "249").await;
    let text = read(&mut again.response, "id: 251").await;
    assert!(text.contains("id: 250\n") && !text.contains("id: 249\n"), "{text}");
}

//! The overview shows what the house says, the worst first.

use crate::watching_kit::{ESCAPED, Site};
use mox_httpserver::StatusCode;

#[tokio::test]
async fn it_shows_how_the_server_is() {
    let site = Site::new();
    let page = site.page("").await;
    for text in [
        "process <span data-field=\"pid\">4711",
        "1 error, 1 warning.",
        "<span data-field=\"config_error\">domains.conf:3:1: &#60;bad&#62;</span>",
        "<span data-field=\"fix\">start the server again</span>",
        "<p data-field=\"evidence\">what port-closed found</p>",
        "1 check without trouble",
        "<dd data-field=\"total\">17</dd><dt>Due now</dt><dd data-field=\"due\">5</dd><dt>On hold</dt><dd data-field=\"held\">2</dd>",
        "12 GB",
        "<span class=\"badge bad\">10 days</span>",
        "the authority refused",
        "<td class=\"number\" data-label=\"Received today\" data-field=\"received_today\">6</td>",
        "href=\"/admin/queue\"",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let places = ["port-closed", "queue-stuck", "without trouble"].map(|text| page.find(text).unwrap());
    assert!(places.is_sorted(), "the worst first: {places:?}");
    assert!(page.contains(ESCAPED), "{page}");
    assert_eq!(site.did(), ["doctor {\"online\":false}"], "a look asks nobody else");
}

#[tokio::test]
async fn charts_have_a_table_beside_them() {
    let page = Site::new().page("").await;
    for said in [
        "Last 24 hours, 2026-11-27 09:00: 20 in, 10 out",
        "<title>2026-11-27 09:00: 20 in, 10 out</title>",
        ">09:00</text>",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(page.matches("<table id=\"hours\" ").count(), 1, "the numbers stand there once: {page}");
    assert!(!page.contains("chart-numbers"), "{page}");
    let row = page.split("<tr data-key=\"2026-11-27T09:00:00Z\">").nth(1).unwrap();
    let row = row.split("</tr>").next().unwrap();
    for (field, value) in
        [("incoming", 12), ("refused", 34), ("submitted", 8), ("delivered", 10), ("failed", 1)]
    {
        assert!(row.contains(&format!("data-field=\"{field}\">{value}</td>")), "{field}: {row}");
    }
    assert!(page.contains("<p class=\"muted\">No mail was counted.</p>"), "a month without mail: {page}");
}

#[tokio::test]
async fn others_are_asked_when_told_to() {
    let site = Site::new();
    assert_eq!(site.post("doctor", "csrf=0badc0de").await, "/admin/?note=checked");
    assert_eq!(site.did(), ["doctor {\"online\":true}"]);
    assert!(site.page("?note=checked").await.contains("DNS and other hosts were asked."));
    assert_eq!(site.ask("GET", "doctor", "", "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.ask("GET", "?note=x", "", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.ask("POST", "doctor", "all=yes", "").await.status, StatusCode::BAD_REQUEST);
}

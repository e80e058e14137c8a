//! What the pages show, and that each answers as it should.

use mox_admin::ops::{Decision, DmarcVerdict, Header, PartRow, SpfVerdict, Verdicts};

use super::fake::message;
use super::{Site, StatusCode};

#[tokio::test]
async fn every_address_answers_and_is_a_page_without_inline_code() {
    let site = Site::with(3);
    site.house.with(|state| state.messages.get_mut(&2).unwrap().html = true);
    for path in [
        "/",
        "/?mailbox=bob%40example.org&q=subject&from=amy&to=bob&subject=s&tag=x",
        "/?before=3",
        "/message/1",
        "/message/2",
        "/message/2?view=html",
        "/message/2?view=text",
        "/message/2?view=headers",
        "/message/2?view=attachments",
        "/message/2?view=source",
        "/message/2?view=transcript",
        "/message/2?view=authentication",
        "/message/2?view=events",
        "/message/2?view=report",
        "/message/2/delete",
        "/message/2/release",
        "/delete-all",
        "/chaos",
        "/help",
    ] {
        let body = site.page(path).await;
        for inline in [" style=\"", " onclick=\"", " onload=\"", "<style", "<script>", "=\"javascript:"] {
            assert!(!body.contains(inline), "{path} has {inline}");
        }
        let head = site.ask("HEAD", path, "", &[]).await;
        assert_eq!(head.status, StatusCode::OK, "HEAD {path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_on_a_page() {
    let site = Site::with(1);
    for (method, path, status, says) in [
        ("GET", "/message/9", 404, "no message 9"),
        ("GET", "/message/x", 404, "no such page"),
        ("GET", "/message/-1", 404, "no such page"),
        ("GET", "/message/+1", 404, "no such page"),
        ("GET", "/message/1/part/9", 404, "no such part"),
        ("GET", "/message/1?view=fly", 404, "no view"),
        ("GET", "/message/1/", 404, "no such page"),
        ("GET", "/fly", 404, "no such page"),
        ("GET", "//", 404, "no such page"),
        ("GET", "/?before=x", 400, "before"),
        ("GET", "/?form=amy", 400, "unknown parameter"),
        ("GET", "/message/1?x", 400, "unknown parameter"),
        ("GET", "/queue", 404, "no such page"),
        ("GET", "/selected", 405, "kind"),
        ("DELETE", "/message/1", 405, "kind"),
        ("POST", "/", 405, "kind"),
        ("POST", "/events", 405, "kind"),
        ("PUT", "/chaos", 405, "kind"),
        ("GET", "/static/x/style.css", 404, "not found"),
    ] {
        let answer = site.ask(method, path, "", &[]).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.body);
        assert!(answer.body.contains(says), "{method} {path}: {}", answer.body);
    }
    assert!(site.get("/message/9").await.body.contains("`mox message list` shows them"), "the hint");
}

#[tokio::test]
async fn pages_of_fifty_follow_each_other_by_key() {
    let site = Site::with(120);
    let mut seen = Vec::new();
    let mut path = "/?q=subject".to_owned();
    for rows in [50, 50, 20] {
        let body = site.page(&path).await;
        let ids: Vec<i64> = body
            .match_indices("data-id=\"")
            .map(|(at, mark)| body[at + mark.len()..].split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(ids.len(), rows, "{path}");
        seen.extend(ids);
        path = match body.split("rel=\"next\" href=\"").nth(1) {
            Some(rest) => rest.split('"').next().unwrap().replace("&#38;", "&"),
            None => String::new(),
        };
    }
    assert_eq!(path, "", "the last page has no next one");
    assert!(seen.is_sorted_by(|a, b| a > b) && seen.len() == 120, "{seen:?}");
}

#[tokio::test]
async fn a_list_is_of_one_mailbox_and_says_how_many() {
    let site = Site::with(6);
    let body = site.page("/?mailbox=bob%40example.org").await;
    assert!(body.contains("Subject 6.") && !body.contains("Subject 5."));
    assert!(body.contains("<title>(6) bob@example.org · mox localserve</title>"), "unseen of all mailboxes");
    let link = "href=\"/?mailbox=bob%40example.org\" title=\"bob@example.org\" aria-current=\"page\"";
    assert!(body.contains(link), "{body}");
    assert!(body.contains("href=\"/message/6?mailbox=bob%40example.org\""), "links keep the list");
}

#[tokio::test]
async fn opening_marks_as_read_but_looking_at_the_head_does_not() {
    let site = Site::with(1);
    site.ask("HEAD", "/message/1", "", &[]).await;
    let flags = || site.house.with(|state| state.messages[&1].row.flags.clone());
    assert_eq!(flags(), Vec::<String>::new());
    site.page("/message/1").await;
    assert_eq!(flags(), ["\\Seen"]);
}

#[tokio::test]
async fn neighbours_are_those_of_the_list() {
    let site = Site::with(6);
    site.house.add(message(900, "bob@example.org", "far away"));
    for (path, newer, older) in [
        ("/message/4", Some("/message/5\""), Some("/message/3\"")),
        ("/message/4?to=bob", Some("/message/6?to=bob\""), Some("/message/2?to=bob\"")),
        ("/message/6", Some("/message/900\""), Some("/message/5\"")),
        ("/message/900", None, Some("/message/6\"")),
        ("/message/1", Some("/message/2\""), None),
    ] {
        let body = site.page(path).await;
        let link = |mark: &str| {
            let at = body.find(mark)?;
            body[..at].rsplit("href=\"").next().map(|rest| rest.trim().to_owned())
        };
        assert_eq!(link("data-newer").as_deref(), newer, "{path}");
        assert_eq!(link("data-older").as_deref(), older, "{path}");
    }
}

#[tokio::test]
async fn views_show_what_they_are_for() {
    let site = Site::with(1);
    site.house.with(|state| {
        let message = state.messages.get_mut(&1).unwrap();
        message.headers.push(Header { name: "X-Mark".into(), value: "blue".into() });
        message.parts.push(PartRow {
            part: "2".into(),
            content_type: "image/png".into(),
            size: 2048,
            filename: Some("logo.png".into()),
            content_id: Some("logo".into()),
            attachment: false,
        });
    });
    for (view, has) in [
        (
            "text",
            "<a href=\"https://example.com/confirm?a=1&#38;b=2\" target=\"_blank\" rel=\"noopener noreferrer nofollow\">",
        ),
        ("headers", "X-Mark"),
        ("attachments", "<img src=\"/message/1/part/2?inline\""),
        ("attachments", "logo.png"),
        ("attachments", "2.0 kB"),
        ("source", "Subject: Subject 1."),
        ("transcript", "<span class=\"bad\">S: 550 5.1.1 &#60;b&#62;no&#60;/b&#62;</span>"),
        ("events", "href=\"/admin/queue/7\""),
        ("events", "href=\"/admin/queue\""),
        ("events", "href=\"/admin/tlsrpt\""),
        ("events", "href=\"/admin/\""),
        ("report", "83 % support"),
        ("report", "href=\"http://example.com/\""),
        ("report", "<span class=\"mono\">javascript:alert(1)</span>"),
    ] {
        let body = site.get(&format!("/message/1?view={view}")).await.body;
        assert!(body.contains(has), "{view} has no {has}: {body}");
    }
    assert!(!site.page("/message/1").await.contains("<iframe"), "no HTML, no frame");
}

#[tokio::test]
async fn what_authentication_found_is_in_the_head_and_in_a_view() {
    let site = Site::with(2);
    site.house.with(|state| {
        let message = state.messages.get_mut(&1).unwrap();
        message.verdicts = Some(Verdicts {
            ip: "192.0.2.1".into(),
            decision: Decision::Reject,
            reason: "example.com asks so".into(),
            spf: SpfVerdict {
                result: "pass".into(),
                domain: "other.example".into(),
                identity: "mailfrom".into(),
                mechanism: Some("ip4:192.0.2.0/24".into()),
                ..SpfVerdict::default()
            },
            dmarc: DmarcVerdict {
                result: "fail".into(),
                from: "example.com".into(),
                policy_domain: Some("example.com".into()),
                policy: Some("reject".into()),
                ..DmarcVerdict::default()
            },
            queries: 1,
            ..Verdicts::default()
        });
    });
    let body = site.page("/message/1?view=text&to=ann").await;
    for has in [
        "<a class=\"verdicts\" href=\"/message/1?to=ann&#38;view=authentication\">",
        "<span class=\"badge good\">spf pass</span>",
        "<span class=\"badge\">dkim none</span>",
        "<span class=\"badge bad\">dmarc fail</span>",
    ] {
        assert!(body.contains(has), "no {has}: {body}");
    }
    let body = site.page("/message/1?view=authentication").await;
    for has in [
        "aria-current=\"page\">Authentication</a>",
        "<span class=\"badge bad\">reject</span> A server that follows the sender&#39;s policy would refuse this \
         message: example.com asks so.",
        "mailfrom other.example",
        "by ip4:192.0.2.0/24",
        "not aligned",
        "the message has no signature",
        "example.com, policy reject<",
        "neither SPF nor DKIM proves the From domain",
        "192.0.2.1</span>, with 1 DNS query.",
    ] {
        assert!(body.contains(has), "no {has}: {body}");
    }
    let body = site.page("/message/2?view=authentication").await;
    assert!(body.contains("Not judged") && !body.contains("class=\"verdicts\""), "{body}");
}

#[tokio::test]
async fn html_stands_in_a_frame_that_can_do_nothing() {
    let site = Site::with(1);
    site.house.with(|state| state.messages.get_mut(&1).unwrap().html = true);
    let body = site.page("/message/1").await;
    // Links may be followed; nothing else is allowed.
    let allowed = "allow-popups allow-popups-to-escape-sandbox";
    assert!(body.contains(&format!("<iframe sandbox=\"{allowed}\" title=\"HTML of the message\"")), "{body}");
    let document = site.get("/message/1/html").await;
    assert_eq!(
        document.header("content-security-policy"),
        format!(
            "sandbox {allowed}; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; \
             base-uri 'none'; frame-ancestors 'self'"
        )
    );
}

#[tokio::test]
async fn an_empty_inbox_says_how_to_send_with_the_ports_that_there_are() {
    let site = Site::new();
    for path in ["/", "/help"] {
        let body = site.page(path).await;
        for has in [
            "localhost:1025",
            "<strong>1465</strong>",
            "mox@localhost",
            "EMAIL_PORT = 1025",
            "localhost:1587",
        ] {
            assert!(body.contains(has), "{path} has no {has}");
        }
    }
    assert!(site.page("/").await.contains("Waiting for mail"));
    let none = site.page("/?q=x").await;
    assert!(none.contains("No message matches") && !none.contains("Waiting for mail"));
}

#[tokio::test]
async fn files_of_pages_are_there_under_the_path_that_pages_name() {
    let site = Site::new();
    let body = site.page("/").await;
    let paths: Vec<&str> =
        body.split('"').filter(|text| text.starts_with("/static/") && text.len() > 10).collect();
    assert!(paths.len() >= 5, "{paths:?}");
    assert_eq!(site.get("/favicon.ico").await.header("content-type"), "image/svg+xml");
    for path in paths {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header("cache-control").contains("immutable"));
    }
}

//! Values that strangers wrote, in places where they could do something.

use mox_admin::ops::{
    ArcVerdict, DkimVerdict, DmarcVerdict, Header, IprevVerdict, PartRow, SpfVerdict, Verdicts,
};

use super::fake::message;
use super::{Site, StatusCode};

/// What must never come out as it went in.
const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>'&{{7*7}}";

fn part(part: &str, content_type: &str, filename: Option<&str>) -> PartRow {
    PartRow {
        part: part.into(),
        content_type: content_type.into(),
        size: 1,
        filename: filename.map(str::to_owned),
        content_id: None,
        attachment: true,
    }
}

fn site() -> Site {
    let site = Site::new();
    let mut evil = message(1, EVIL, EVIL);
    evil.row.from = EVIL.into();
    evil.row.tags = vec![EVIL.into()];
    evil.row.message_id = Some(EVIL.into());
    evil.row.mailbox = EVIL.into();
    evil.mail_from = EVIL.into();
    evil.remote_ip = Some(EVIL.into());
    evil.tls = Some(EVIL.into());
    evil.text = Some(format!("{EVIL} https://example.com/{EVIL}"));
    evil.headers = vec![Header { name: EVIL.into(), value: EVIL.into() }];
    evil.html = true;
    evil.verdicts = Some(Verdicts {
        ip: EVIL.into(),
        reason: EVIL.into(),
        r#override: Some(EVIL.into()),
        iprev: IprevVerdict { result: EVIL.into(), name: Some(EVIL.into()) },
        spf: SpfVerdict {
            result: EVIL.into(),
            domain: EVIL.into(),
            mechanism: Some(EVIL.into()),
            explanation: Some(EVIL.into()),
            problem: Some(EVIL.into()),
            ..SpfVerdict::default()
        },
        dkim: vec![DkimVerdict {
            result: EVIL.into(),
            domain: EVIL.into(),
            selector: EVIL.into(),
            algorithm: EVIL.into(),
            reason: Some(EVIL.into()),
            ..DkimVerdict::default()
        }],
        dmarc: DmarcVerdict {
            result: EVIL.into(),
            from: EVIL.into(),
            policy_domain: Some(EVIL.into()),
            problem: Some(EVIL.into()),
            ..DmarcVerdict::default()
        },
        arc: Some(ArcVerdict {
            sealer: Some(EVIL.into()),
            reason: Some(EVIL.into()),
            ..ArcVerdict::default()
        }),
        ..Verdicts::default()
    });
    evil.parts = vec![
        part("1", "text/html", Some(EVIL)),
        part("2", "image/svg+xml", Some("x.svg")),
        part("3", "image/png", Some("a\r\nset-cookie: x=1")),
        part(EVIL, EVIL, None),
    ];
    site.house.add(evil);
    site
}

fn harmless(what: &str, body: &str) {
    for evil in ["<script>", "<img src=x", "onerror='", "><script", "<b>no", "<i>refused", "<u>click"] {
        assert!(!body.contains(evil), "{what} has {evil}: {body}");
    }
}

#[tokio::test]
async fn text_of_strangers_stays_text() {
    let site = site();
    let query: String = form_urlencoded::byte_serialize(EVIL.as_bytes()).collect();
    for path in [
        "/".to_owned(),
        format!("/?q={query}&mailbox={query}&tag={query}&from={query}&to={query}&subject={query}"),
        format!("/?mailbox={query}"),
        "/message/1".to_owned(),
        "/message/1?view=text".to_owned(),
        "/message/1?view=headers".to_owned(),
        "/message/1?view=attachments".to_owned(),
        "/message/1?view=source".to_owned(),
        "/message/1?view=transcript".to_owned(),
        "/message/1?view=authentication".to_owned(),
        "/message/1?view=events".to_owned(),
        "/message/1?view=report".to_owned(),
        "/message/1/delete".to_owned(),
        "/message/1/release".to_owned(),
        format!("/delete-all?mailbox={query}"),
    ] {
        harmless(&path, &site.page(&path).await);
    }
}

#[tokio::test]
async fn parts_are_saved_or_are_plain_images() {
    let site = site();
    for (path, content_type, disposition) in [
        ("/message/1/part/1", "application/octet-stream", "attachment"),
        ("/message/1/part/1?inline", "application/octet-stream", "attachment"),
        ("/message/1/part/2?inline", "application/octet-stream", "attachment; filename=\"x.svg\""),
        ("/message/1/part/3?inline", "image/png", ""),
        ("/message/1/part/3", "image/png", "attachment"),
        ("/message/1/raw?download", "message/rfc822", "attachment; filename=\"message-1.eml\""),
        ("/message/1/raw", "text/plain; charset=utf-8", ""),
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), content_type, "{path}");
        let said = answer.header("content-disposition");
        assert!(said.starts_with(disposition) && said.is_empty() == disposition.is_empty(), "{path}: {said}");
        assert!(answer.header("content-security-policy").contains("sandbox"), "{path}");
        assert!(answer.response.headers().get("set-cookie").is_none(), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn forms_lead_to_our_pages_only() {
    let site = Site::with(2);
    for back in
        ["//evil.example", "https://evil.example", "%0d%0aset-cookie:x", "?before=1%0d%0aX: 1", "?a=b"]
    {
        let form = format!("id=1&action=seen&back={back}");
        assert_eq!(site.post("/selected", &form).await, "/?note=seen&count=1", "{back}");
    }
    let form = "id=1&action=seen&back=%3Fq%3D%250d%250aset-cookie%3A+x";
    assert_eq!(site.post("/selected", form).await, "/?q=%0D%0Aset-cookie%3A+x&note=seen&count=1");
}

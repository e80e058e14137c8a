//! The server's page shows what is there, and its forms ask for what they say.

use crate::watching_kit::{ESCAPED, Site};
use mox_httpserver::StatusCode;

#[tokio::test]
async fn it_shows_who_is_connected_and_who_is_limited() {
    let page = Site::new().page("server").await;
    for text in [
        "data-field=\"address\">192.0.2.1:25</td><td data-label=\"TLS\" data-field=\"tls\">starttls</td>",
        "Connections: 150",
        "data-field=\"network\">198.51.100.0/26</td><td class=\"number\" data-label=\"Connections\" data-field=\"count\">150</td>",
        "data-field=\"remote\">198.51.100.7:150</td>",
        "href=\"/admin/server/connections\"",
        "data-field=\"network\">203.0.113.0/26</th>",
        "<span class=\"badge bad\">refused</span>",
        "<span class=\"badge warn\">goes on</span>",
        "<span class=\"badge good\">taken</span>",
        "data-field=\"level\">trace</td>",
        ESCAPED,
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.to_lowercase().contains("stop"), "it cannot be ended from a page");
}

#[tokio::test]
async fn connections_are_paged_by_number() {
    let site = Site::new();
    let page = site.page("server/connections").await;
    assert_eq!(page.matches("<tr data-key").count(), 100);
    assert!(page.contains("href=\"/admin/server/connections?before=51\""), "{page}");
    let rest = site.page("server/connections?before=51").await;
    assert_eq!(rest.matches("<tr data-key").count(), 50);
    assert!(rest.contains("<tr data-key=\"1\">") && !rest.contains("?before="), "{rest}");
    assert_eq!(site.ask("GET", "server/connections?before=x", "", "").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn backups_are_looked_at_and_taken() {
    let site = Site::new();
    let form = "csrf=0badc0de&destination=+%2Fsrv%2Fmox+&action=";
    let would = site.ask("POST", "server/backup", &format!("{form}look"), "").await;
    assert!(would.body.contains("4.0 kB") && would.body.contains("value=\"/srv/mox\""), "{}", would.body);
    assert_eq!(site.did(), ["backup {\"destination\":\"/srv/mox\",\"dry_run\":true}"]);
    assert_eq!(site.post("server/backup", &format!("{form}take")).await, "/admin/server?note=backup");
    assert_eq!(site.did(), ["backup {\"destination\":\"/srv/mox\",\"dry_run\":false}"]);
    let refused = site.refused("server/backup", "destination=here&action=take").await;
    assert!(refused.contains("here is no absolute path"), "{refused}");
    site.did();
    let refused = site.refused("server/backup", "destination=&action=take").await;
    assert!(refused.contains("no destination") && refused.contains("absolute path"), "{refused}");
    site.refused("server/backup", "destination=%2Fx").await;
    assert!(site.did().is_empty());
}

#[tokio::test]
async fn forms_do_what_they_say() {
    let site = Site::new();
    let level = "server/level";
    assert_eq!(site.post(level, "package=queue&level=debug").await, "/admin/server?note=level#levels");
    site.post(level, "package=queue&level=").await;
    site.post(level, "level=warn").await;
    assert_eq!(
        site.did(),
        [
            "log-levels-set {\"package\":\"queue\",\"level\":\"debug\"}",
            "log-levels-set {\"package\":\"queue\",\"level\":null}",
            "log-levels-set {\"package\":null,\"level\":\"warn\"}",
        ]
    );
    assert_eq!(site.post("server/reload", "csrf=0badc0de").await, "/admin/server?note=reloaded");
    let checked = site.ask("POST", "server/verify", "", "").await;
    assert!(checked.body.contains("<span data-field=\"messages\">7</span> messages"), "{}", checked.body);
    assert!(checked.body.contains(ESCAPED) && checked.body.contains("cannot be read"), "{}", checked.body);
    assert_eq!(site.did(), ["config-reload {}", "verify-data {}"]);
    for path in ["server/stop", "server/backup/x"] {
        assert_eq!(site.ask("POST", path, "", "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(site.ask("GET", "server/verify", "", "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    site.refused(level, "level=warn&room=queue").await;
    assert!(site.did().is_empty());
}

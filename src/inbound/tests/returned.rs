//! Reports of ours that come back, at the MX port.

use super::*;

/// A notification about a report.
fn notification(action: &str, status: &str) -> String {
    format!(
        "From: <mailer-daemon@there.example>\r\nSubject: Returned mail\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nsorry\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; there.example\r\n\r\n\
         Final-Recipient: rfc822; tls@there.example\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--x--\r\n"
    )
}

#[test]
fn reports_come_back_to_our_domains_only() {
    let config = Config::parse(Path::new("mox.conf"), SERVER, DOMAINS).unwrap();
    let all = Configured::new(Arc::new(Handle::new(config)));
    for (to, expected) in [
        ("mox-report.1.0123abcd@here.example", Ok("amy Inbox/reports")),
        ("MOX-Report.1Z.0123ABCD@Here.Example", Ok("amy Inbox/reports")),
        ("mox-report.1.0123abcd@elsewhere.example", Err(550)),
        ("mox-report.1.0123abcd@mx.here.example", Err(550)),
        ("mox-report.1.0123abcd@sub.here.example", Err(550)),
        ("mox-report.1.0123abcd@[192.0.2.1]", Err(550)),
        ("mox-report.1.0123abc@here.example", Err(550)),
        ("mox-report@here.example", Err(550)),
    ] {
        let found = all.for_mail(&to.parse().unwrap()).map_err(|reply| reply.code);
        let found = found.map(|mut found| {
            assert_eq!(found.len(), 1);
            found.remove(0)
        });
        let is_return = found.as_ref().is_ok_and(|one| one.reports == Some(mox_config::Reports::Bounce));
        assert_eq!(is_return, expected.is_ok(), "{to}");
        let place = found.map(|one| format!("{} {}", one.account, one.mailbox.as_str()));
        assert_eq!(place.as_deref(), expected.as_ref().copied(), "{to}");
    }
    let domains =
        DOMAINS.replace("here.example:\n\t\tTLSRPT", "here.example:\n\t\tDisabled: true\n\t\tTLSRPT");
    let config = Config::parse(Path::new("mox.conf"), SERVER, &domains).unwrap();
    let disabled = Configured::new(Arc::new(Handle::new(config)));
    let refused = disabled.for_mail(&"mox-report.1.0123abcd@here.example".parse().unwrap()).unwrap_err();
    assert_eq!(refused.code, 450);
}

#[tokio::test]
async fn a_report_that_comes_back_is_filed_and_leads_to_nothing() {
    let scene = Scene::new();
    let delivered = format!(
        "INSERT INTO report_destination (destination_id, report_id, uri, address, host, state, attempts, next, why, ended, chance)
         VALUES (71, 1, 'mailto:tls@there.example', 'mailto:tls@there.example', 'there.example', 2, 0, 0, '', {}, 19114957)",
        NOW.micros()
    );
    let write = move |_: &Store, tx: &mut mox_db::Tx<'_>| {
        Ok::<_, mox_store::Error>(tx.conn().execute(&delivered, [])?)
    };
    scene.handler.delivery.store().write(write).await.unwrap();
    let delivered = ["2 ".to_owned()];
    let failed = ["3 accepted, then returned: 550 5.1.1 no such user".to_owned()];
    let state = || scene.texts("SELECT state || ' ' || why FROM report_destination");
    let (ours, forged) = ("mox-report.1z.0123abcd@here.example", "mox-report.1z.0123abce@here.example");
    for (n, (from, to, message, expected)) in [
        ("", ours, "Subject: I am away\r\n\r\n".to_owned(), &delivered),
        ("", ours, notification("delayed", "4.4.1"), &delivered),
        ("", forged, notification("failed", "5.1.1"), &delivered),
        ("", "amy@here.example", notification("failed", "5.1.1"), &delivered),
        ("", ours, notification("failed", "5.1.1"), &failed),
        ("", ours, notification("failed", "5.2.1"), &failed),
        ("daemon@there.example", ours, notification("failed", "5.1.1"), &failed),
    ]
    .into_iter()
    .enumerate()
    {
        let reply = scene.bring_from("127.0.0.1", from, &[to], &message).await;
        assert!(reply.starts_with("250 "), "{n}: {reply}");
        assert_eq!(state(), *expected, "{n}");
        let mailbox = if to.starts_with("mox-report") { "Inbox/reports" } else { "Inbox" };
        assert_eq!(scene.last().0, mailbox, "{n}");
    }
    // Six are marked as seen, the one for somebody is not; none leads to another message, a report or a good exchange.
    let seen =
        scene.texts("SELECT b.name || ' ' || (m.flags & 1) FROM message m JOIN mailbox b USING (mailbox_id)");
    assert_eq!(seen.iter().filter(|one| *one == "Inbox/reports 1").count(), 6, "{seen:?}");
    assert_eq!((seen.len(), seen.contains(&"Inbox 0".to_owned())), (7, true), "{seen:?}");
    for nothing in [
        "SELECT CAST(queue_id AS TEXT) FROM queue",
        "SELECT name FROM report_out",
        "SELECT CAST(report_id AS TEXT) FROM report_in",
        "SELECT domain FROM good_exchange",
        "SELECT policy_domain FROM dmarc_policy WHERE reasons > 0",
    ] {
        assert_eq!(scene.texts(nothing), [""; 0], "{nothing}");
    }
    let suppressed = scene.texts("SELECT address || ' ' || failures FROM report_suppress");
    assert_eq!(suppressed, ["mailto:tls@there.example 1"]);
}

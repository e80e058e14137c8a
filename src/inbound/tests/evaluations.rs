//! What of arriving mail is counted for DMARC reports, and how. RFC 9990 §3.1.

use mox_dmarcrpt::{PolicyPublished, Record};

use super::*;

/// The server's own domain with addresses that judge mail in different ways.
const HERE: &str = "\
Domains:
	here.example:
		DMARC:
			Localpart: dmarcreports
			Account: amy
			Mailbox: DMARC
		TLSRPT:
			Localpart: tlsreports
			Account: amy
			Mailbox: TLSRPT
Accounts:
	amy:
		Domain: here.example
		Destinations:
			amy@here.example: nil
	bob:
		Domain: here.example
		Destinations:
			list@here.example:
				Rulesets:
					-
						VerifiedDomain: list.example
						ListAllowDomain: list.example
						Mailbox: Lists
			forwarded@here.example:
				Rulesets:
					-
						SMTPMailFromRegexp: ^a@
						VerifiedDomain: list.example
						IsForward: true
						Mailbox: Inbox
	carl:
		Domain: here.example
		Destinations:
			junk@here.example:
				Rulesets:
					-
						VerifiedDomain: list.example
						ListAllowDomain: list.example
						Mailbox: Junk
			keep@here.example:
				Rulesets:
					-
						MsgFromRegexp: example$
						AcceptRejectsToMailbox: Rejects
						Mailbox: Inbox
	strict:
		Domain: here.example
		Destinations:
			strict@here.example:
				MessageAuthRequiredSMTPError: prove it
";

/// Who sends. 192.0.2.1 may send for most of them.
const SENDERS: &str = r#"
    none.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.none.example. TXT "v=DMARC1; p=none; rua=mailto:d@none.example"
    q.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.q.example. TXT "v=DMARC1; p=quarantine; rua=mailto:d@q.example"
    r.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.r.example. TXT "v=DMARC1; p=reject; rua=mailto:d@r.example"
    any._domainkey.r.example. CNAME any._domainkey.sender.example.
    any._domainkey.sub.r.example. CNAME any._domainkey.sender.example.
    _dmarc.tr.example. TXT "v=DMARC1; p=reject; t=y; rua=mailto:d@tr.example"
    _dmarc.tq.example. TXT "v=DMARC1; p=quarantine; t=y; rua=mailto:d@tq.example"
    bounce.s.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.s.example. TXT "v=DMARC1; p=reject; aspf=s; rua=mailto:d@s.example"
    bounce.x.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.x.example. TXT "v=DMARC1; p=reject; rua=mailto:d@x.example; fo=1:d"
    below.sp.example. A 192.0.2.1
    _dmarc.sp.example. TXT "v=DMARC1; p=none; sp=quarantine; np=reject; rua=mailto:d@sp.example"
    _dmarc.quiet.example. TXT "v=DMARC1; p=reject"
    late.example. TXT ; servfail
    _dmarc.late.example. TXT "v=DMARC1; p=reject; rua=mailto:d@late.example"
    _dmarc.away.example. TXT ; servfail
    list.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    mail.sender.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.mail.sender.example. TXT "v=DMARC1; p=reject; rua=mailto:d@sender.example"
    bad.example. TXT "v=spf1 ip4:192.0.2.1 -all"
    _dmarc.bad.example. TXT "v=DMARC1; p=oops; rua=mailto:d@bad.example"
"#;

/// The address that senders may use, and one that none may.
const GOOD: &str = "192.0.2.1";
const BAD: &str = "2001:db8::66";

fn scene(enforce: bool) -> Scene {
    let mut scene = Scene::with(SERVER, HERE, SENDERS);
    scene.handler.enforce = enforce;
    scene
}

fn message(from: &str) -> String {
    format!("From: <{from}>\r\nTo: <amy@here.example>\r\nSubject: hello\r\n\r\nhello\r\n")
}

/// What is stored: policy, how many are reasons, row and its count.
struct Row {
    policy: PolicyPublished,
    reasons: i64,
    record: Record,
    count: i64,
}

impl Row {
    /// Policy domain, disposition, what passed, reasons, and how many messages may be the reason for a report.
    fn brief(&self) -> String {
        let r = &self.record;
        let passed = [("dkim", r.dkim), ("spf", r.spf)].into_iter().filter(|(_, passed)| *passed);
        let passed: Vec<&str> = passed.map(|(name, _)| name).collect();
        let why: Vec<&str> = r.reasons.iter().map(|reason| reason.kind.keyword()).collect();
        let parts = [self.policy.domain.as_str(), r.disposition.keyword(), &passed.join("+"), &why.join("+")];
        format!("{} {}", parts.join(" "), self.reasons)
    }
}

impl Scene {
    fn rows(&self) -> Vec<Row> {
        let read = |_: &Store, tx: &mox_db::ReadTx<'_>| {
            let mut statement = tx.conn().prepare(
                "SELECT config, reasons, record, count FROM dmarc_row JOIN dmarc_policy USING (policy_id)",
            )?;
            let rows = statement.query_map([], |row| {
                let text = |at| row.get::<_, String>(at);
                Ok(Row {
                    policy: serde_json::from_str(&text(0)?).unwrap(),
                    reasons: row.get(1)?,
                    record: serde_json::from_str(&text(2)?).unwrap(),
                    count: row.get(3)?,
                })
            })?;
            Ok::<_, mox_store::Error>(rows.collect::<Result<_, _>>()?)
        };
        self.handler.delivery.store().read_blocking(read).unwrap()
    }

    /// Sends a message; the code of the reply, and what is stored, in short.
    async fn told(&self, ip: &str, mail_from: &str, to: &[&str], message: &str) -> (String, String) {
        let reply = self.bring_from(ip, mail_from, to, message).await;
        let rows: Vec<String> = self.rows().iter().map(Row::brief).collect();
        (reply.chars().take(3).collect(), rows.join(", "))
    }

    async fn run(&self, sql: &'static str) {
        let write = self.handler.delivery.store().write(move |_, tx| {
            tx.conn().execute_batch(sql)?;
            Ok::<_, mox_store::Error>(())
        });
        write.await.unwrap();
    }

    /// Counts from nothing again.
    async fn forget(&self) {
        self.run("DELETE FROM dmarc_row; DELETE FROM dmarc_policy; DELETE FROM good_exchange").await;
    }

    fn number(&self, sql: &'static str) -> i64 {
        self.texts(sql).pop().unwrap().parse().unwrap()
    }
}

const AMY: &[&str] = &["amy@here.example"];

/// `a@r.example` for `r`.
fn author(name: &str) -> String {
    format!("a@{name}.example")
}

#[tokio::test]
async fn situations_and_what_is_told_of_them() {
    let scene = scene(true);
    for (ip, mail_from, from, to, code, told) in [
        // What passes.
        (GOOD, "none", "none", &["amy"] as &[&str], "250", "none.example none spf  1"),
        (GOOD, "q", "q", &["amy"], "250", "q.example pass spf  1"),
        (GOOD, "r", "r", &["amy"], "250", "r.example pass spf  1"),
        (GOOD, "bounce.x", "x", &["amy"], "250", "x.example pass spf  1"),
        (GOOD, "bad", "bad", &["amy"], "250", "bad.example none spf  1"),
        // What fails, and what the policy asks for is done. From strangers, that is no reason to write to them.
        (BAD, "none", "none", &["amy"], "250", "none.example none   1"),
        (BAD, "q", "q", &["amy"], "250", "q.example quarantine   0"),
        (BAD, "r", "r", &["amy"], "550", "r.example reject   0"),
        (GOOD, "bounce.s", "s", &["amy"], "550", "s.example reject   0"),
        (BAD, "sp", "below.sp", &["amy"], "250", "sp.example quarantine   0"),
        (BAD, "sp", "nosuch.sp", &["amy"], "550", "sp.example reject   0"),
        // The owner tests.
        (BAD, "tr", "tr", &["amy"], "250", "tr.example quarantine  policy_test_mode 0"),
        (BAD, "tq", "tq", &["amy"], "250", "tq.example none  policy_test_mode 1"),
        // Rules of the recipient.
        (GOOD, "list", "r", &["list"], "250", "r.example none  mailing_list 1"),
        (GOOD, "list", "q", &["forwarded"], "250", "q.example none  trusted_forwarder 1"),
        (GOOD, "list", "r", &["junk"], "250", "r.example quarantine  mailing_list 0"),
        (GOOD, "list", "q", &["junk"], "250", "q.example quarantine   0"),
        (GOOD, "list", "none", &["junk"], "250", "none.example none   0"),
        (GOOD, "list", "none", &["junk", "list"], "250", "none.example none   1"),
        (GOOD, "list", "tr", &["list"], "250", "tr.example none  policy_test_mode+mailing_list 1"),
        (BAD, "list", "r", &["keep"], "250", "r.example none  local_policy 0"),
        // The copy that fares best decides.
        (GOOD, "list", "r", &["amy", "list"], "250", "r.example none  mailing_list 1"),
        (GOOD, "list", "r", &["amy", "junk"], "250", "r.example quarantine  mailing_list 0"),
        (GOOD, "list", "r", &["junk", "list"], "250", "r.example none  mailing_list 1"),
        (BAD, "list", "r", &["amy", "strict"], "550", "r.example reject   0"),
        // Mail to addresses for reports is told of, and no reason.
        (GOOD, "r", "r", &["dmarcreports"], "250", "r.example pass spf  0"),
        (GOOD, "r", "r", &["amy", "tlsreports"], "250", "r.example pass spf  0"),
        // Of the rest nothing is told: refused for another reason, put off, no record, no addresses, no answer.
        (BAD, "none", "none", &["strict"], "550", ""),
        (BAD, "late", "late", &["amy"], "451", ""),
        (GOOD, "list", "list", &["amy"], "250", ""),
        (BAD, "quiet", "quiet", &["amy"], "550", ""),
        (BAD, "away", "away", &["amy"], "250", ""),
    ] {
        scene.forget().await;
        let to: Vec<String> = to.iter().map(|name| format!("{name}@here.example")).collect();
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let found = scene.told(ip, &author(mail_from), &to, &message(&author(from))).await;
        assert_eq!(found, (code.to_owned(), told.to_owned()), "{ip} {mail_from} {from} {to:?}");
    }
    scene.forget().await;
    let several = message("a@r.example>, <b@q.example");
    assert_eq!(scene.told(GOOD, "a@r.example", AMY, &several).await, ("550".to_owned(), String::new()));
}

#[tokio::test]
async fn who_only_records_says_why_nothing_follows() {
    let (scene, records) = (scene(false), "this server only records what a policy asks for");
    for (ip, from, told, comment) in [
        (GOOD, "a@r.example", "r.example pass spf  1", ""),
        (BAD, "a@none.example", "none.example none   1", ""),
        (BAD, "a@r.example", "r.example none  local_policy 1", records),
        (BAD, "a@q.example", "q.example none  local_policy 1", records),
        (
            BAD,
            "a@tr.example",
            "tr.example none  policy_test_mode+local_policy 1",
            "t=y: quarantine instead of reject",
        ),
        (BAD, "a@tq.example", "tq.example none  policy_test_mode 1", "t=y: none instead of quarantine"),
        (BAD, "a@late.example", "late.example none  other 1", "DNS could not say whether the message passes"),
    ] {
        scene.forget().await;
        let found = scene.told(ip, from, AMY, &message(from)).await;
        assert_eq!(found, ("250".to_owned(), told.to_owned()), "{from}");
        let row = scene.rows().remove(0);
        let first = row.record.reasons.first().map(|reason| reason.comment.as_str());
        assert_eq!(first.unwrap_or_default(), comment, "{from}");
    }
    scene.forget().await;
    let several = message("a@r.example>, <b@q.example");
    assert_eq!(scene.told(GOOD, "a@r.example", AMY, &several).await, ("250".to_owned(), String::new()));
}

#[tokio::test]
async fn a_row_says_who_sent_and_signed_and_no_more() {
    let scene = scene(true);
    // What counts most stands last. The key of sub.r.example is the same; that of nokey is not there.
    let mut signed = message("a@r.example");
    for (domain, selector) in
        [("r.example", "any"), ("sub.r.example", "any"), ("other.example", "any"), ("r.example", "nokey")]
    {
        signed = scene.signed(domain, selector, &signed);
    }
    for _ in 0..2 {
        let reply = scene.bring_from("::ffff:198.51.100.9", "b@r.example", AMY, &signed).await;
        assert!(reply.starts_with("250"), "{reply}");
    }
    let rows = scene.rows();
    assert_eq!((rows.len(), rows[0].count, rows[0].reasons), (1, 2, 2));
    let expected = serde_json::json!({
        "source_ip": "198.51.100.9", "count": 0, "disposition": "pass", "dkim": true, "spf": false,
        "header_from": "r.example", "envelope_from": "r.example",
        "dkim_results": [
            {"domain": "r.example", "selector": "any", "result": "pass"},
            {"domain": "sub.r.example", "selector": "any", "result": "pass"},
            {"domain": "other.example", "selector": "any", "result": "pass"},
            {"domain": "r.example", "selector": "nokey", "result": "permerror"},
        ],
        "spf_results": [{"domain": "r.example", "scope": "mfrom", "result": "fail"}],
    });
    assert_eq!(serde_json::to_value(&rows[0].record).unwrap(), expected);
}

#[tokio::test]
async fn policies_are_told_with_what_they_leave_out() {
    let scene = scene(false);
    for (from, p, sp, np, aspf, fo, testing) in [
        ("a@x.example", "reject", "reject", "reject", "relaxed", "1:d", false),
        ("a@below.sp.example", "none", "quarantine", "reject", "relaxed", "0", false),
        ("a@s.example", "reject", "reject", "reject", "strict", "0", false),
        ("a@tq.example", "quarantine", "quarantine", "quarantine", "relaxed", "0", true),
        ("a@bad.example", "none", "none", "none", "relaxed", "0", false),
    ] {
        scene.forget().await;
        scene.bring_from(GOOD, from, AMY, &message(from)).await;
        let PolicyPublished { domain, .. } = scene.rows().remove(0).policy;
        let mut policy = serde_json::to_value(scene.rows().remove(0).policy).unwrap();
        for (name, value) in [("p", p), ("sp", sp), ("np", np), ("aspf", aspf), ("fo", fo)] {
            assert!(policy[name].to_string().contains(value), "{from} {name}: {policy}");
            policy.as_object_mut().unwrap().remove(name);
        }
        assert!(from.ends_with(&domain), "{domain}");
        assert_eq!(
            (&policy["testing"], &policy["pct"]),
            (&testing.into(), &serde_json::Value::Null),
            "{from}"
        );
        assert_eq!(policy["discovery_method"], "treewalk");
    }
}

#[tokio::test]
async fn the_null_reverse_path_is_judged_by_the_greeting() {
    let scene = scene(true);
    let dsn = "From: <postmaster@mail.sender.example>\r\nAuto-Submitted: auto-replied\r\n\r\nhello\r\n";
    let found = scene.told(GOOD, "", AMY, dsn).await;
    assert_eq!(found, ("250".to_owned(), "mail.sender.example pass spf  0".to_owned()));
    let record = serde_json::to_value(&scene.rows()[0].record).unwrap();
    assert_eq!(record["envelope_from"], "");
    let spf = serde_json::json!([{"domain": "mail.sender.example", "scope": "helo", "result": "pass"}]);
    assert_eq!(record["spf_results"], spf);
}

#[tokio::test]
async fn at_most_twenty_signatures_are_told() {
    let scene = scene(true);
    let field =
        |n| format!("DKIM-Signature: v=1; a=rsa-sha256; d=d{n}.example; s=s; h=from; bh=AAAA; b=AAAA\r\n");
    let fields: String = (0..30).map(field).collect();
    scene.bring_from(GOOD, "a@r.example", AMY, &format!("{fields}{}", message("a@r.example"))).await;
    assert_eq!(scene.rows()[0].record.dkim_results.len(), 20);
    // One without a domain cannot be told.
    let broken = format!("DKIM-Signature: v=1; a=rsa-sha256; s=s\r\n{}", message("a@q.example"));
    scene.bring_from(GOOD, "a@q.example", AMY, &broken).await;
    let rows = scene.rows();
    let row = rows.iter().find(|row| row.record.header_from == "q.example").unwrap();
    assert_eq!(row.record.dkim_results, []);
}

#[tokio::test]
async fn reports_and_dsns_are_told_of_and_never_a_reason() {
    let scene = scene(true);
    for (fields, reasons) in [
        ("Subject: hello", 1),
        ("TLS-Report-Domain: here.example", 0),
        ("Subject: Report Domain: here.example\r\n Submitter: r.example Report-ID: 1", 0),
        ("Content-Type: multipart/report; report-type=tlsrpt; boundary=x", 0),
        ("Content-Type: multipart/report; report-type=\"Feedback-Report\"; boundary=x", 0),
        ("Content-Type: multipart/report; report-type=delivery-status; boundary=x", 0),
        ("Content-Type: multipart/mixed; report-type=tlsrpt; boundary=x", 1),
        ("Auto-Submitted: auto-replied; owner-email=\"a@r.example\"", 0),
        ("Auto-Submitted: auto-generated", 1),
    ] {
        scene.forget().await;
        let message = format!("From: <a@r.example>\r\n{fields}\r\n\r\nhello\r\n");
        let found = scene.told(GOOD, "a@r.example", AMY, &message).await;
        assert_eq!(found, ("250".to_owned(), format!("r.example pass spf  {reasons}")), "{fields}");
        assert_eq!(scene.number("SELECT CAST(count(*) AS TEXT) FROM good_exchange"), reasons, "{fields}");
    }
}

#[tokio::test]
async fn what_is_refused_is_a_reason_once_mail_went_well() {
    let scene = scene(true);
    let good = "SELECT CAST(count(*) AS TEXT) FROM good_exchange";
    let reasons = "SELECT CAST(sum(reasons) AS TEXT) FROM dmarc_policy WHERE policy_domain = 'r.example'";
    let bring = async |ip, from: &str| scene.bring_from(ip, from, AMY, &message(from)).await;
    assert!(bring(BAD, "a@r.example").await.starts_with("550 5.7.26 "));
    assert!(bring(BAD, "a@none.example").await.starts_with("250 "), "fails under p=none");
    assert_eq!((scene.number(good), scene.number(reasons)), (0, 0));
    assert!(bring(GOOD, "a@r.example").await.starts_with("250 "));
    assert_eq!(scene.texts("SELECT domain FROM good_exchange"), ["example.r."]);
    assert!(bring(BAD, "a@r.example").await.starts_with("550 5.7.26 "));
    assert_eq!((scene.number(good), scene.number(reasons)), (1, 2));
}

#[tokio::test]
async fn what_is_rolled_back_counts_nothing() {
    let scene = scene(true);
    let fails = "CREATE TRIGGER fails AFTER UPDATE ON dmarc_policy BEGIN SELECT RAISE(ABORT, 'no'); END";
    scene.run(fails).await;
    let counts = "SELECT CAST((SELECT count(*) FROM message) + (SELECT count(*) FROM dmarc_row)
      + (SELECT count(*) FROM dmarc_policy) + (SELECT count(*) FROM good_exchange) AS TEXT)";
    let good = scene.bring_from(GOOD, "a@r.example", AMY, &message("a@r.example")).await;
    assert!(good.starts_with("451 4.3.0 "), "{good}");
    // The reply to what is refused stays.
    let bad = scene.bring_from(BAD, "a@r.example", AMY, &message("a@r.example")).await;
    assert!(bad.starts_with("550 5.7.26 "), "{bad}");
    assert_eq!((scene.number(counts), metric(&scene)), (0, 0));
    scene.run("DROP TRIGGER fails").await;
    scene.bring_from(GOOD, "a@r.example", AMY, &message("a@r.example")).await;
    scene.bring_from(BAD, "a@r.example", AMY, &message("a@r.example")).await;
    assert_eq!((scene.number(counts), metric(&scene)), (1 + 2 + 1 + 1, 2));
}

#[tokio::test]
async fn a_full_mailbox_counts_nothing() {
    let domains = HERE.replace("\tamy:\n\t\tDomain", "\tamy:\n\t\tQuotaMessageSize: 10\n\t\tDomain");
    let scene = Scene::with(SERVER, &domains, SENDERS);
    let found = scene.told(GOOD, "a@r.example", AMY, &message("a@r.example")).await;
    assert_eq!(found, ("452".to_owned(), String::new()));
}

#[tokio::test]
async fn nothing_is_counted_where_it_is_turned_off() {
    let scene = Scene::with(&format!("{SERVER}NoOutgoingDMARCReports: true\n"), HERE, SENDERS);
    let found = scene.told(GOOD, "a@r.example", AMY, &message("a@r.example")).await;
    assert_eq!(found, ("250".to_owned(), String::new()));
    let found = scene.told(BAD, "a@r.example", AMY, &message("a@r.example")).await;
    assert_eq!(found, ("550".to_owned(), String::new()));
    assert_eq!(metric(&scene), 0, "the figures say nothing else");
}

#[tokio::test]
async fn what_becomes_of_mail_is_counted() {
    let scene = scene(true);
    for (ip, from, to) in [
        (GOOD, "a@r.example", AMY),
        (BAD, "a@r.example", AMY),
        (BAD, "a@q.example", AMY),
        (GOOD, "a@list.example", &["junk@here.example"]),
    ] {
        scene.bring_from(ip, from, to, &message(from)).await;
    }
    scene.run("CREATE TRIGGER fails BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'no'); END").await;
    scene.bring_from(GOOD, "a@r.example", AMY, &message("a@r.example")).await;
    let text = mox_telemetry::expose(&scene.handler.authenticator.as_ref().unwrap().metrics);
    let counted: Vec<&str> = text.lines().filter(|line| line.starts_with("mox_deliveries_total{")).collect();
    let mut expected = [("delivered", 1), ("junk", 2), ("refused", 1), ("deferred", 1)]
        .map(|(result, count)| format!("mox_deliveries_total{{result=\"{result}\"}} {count}"));
    expected.sort();
    let mut counted: Vec<String> = counted.into_iter().map(str::to_owned).collect();
    counted.sort();
    assert_eq!(counted, expected);
}

/// Kinds of outcome that the metric has counted.
fn metric(scene: &Scene) -> usize {
    let metrics = scene.handler.authenticator.as_ref().unwrap().metrics.clone();
    let text = mox_telemetry::expose(&metrics);
    text.lines().filter(|line| line.starts_with("mox_dmarcrpt_evaluations_total{")).count()
}

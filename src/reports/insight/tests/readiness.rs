//! Readiness, from reports and names to the record of the next step.

use mox_admin::ops::{Readiness, ReadinessScope};
use mox_dmarcrpt::{AuthResult, Record};

use super::store::{Filled, dkim, from, record, span, spf};
use crate::insight::readiness::readiness;

use AuthResult::{Fail, Pass};

const ZONE: &str = "
    _dmarc.example.org. TXT \"v=DMARC1; p=none; rua=mailto:d@example.org\"
    example.org. TXT \"v=spf1 ip4:192.0.2.0/28 -all\"
    news.example.org. A 192.0.2.1
    1.2.0.192.in-addr.arpa. PTR mail.example.org.
    mail.example.org. A 192.0.2.1
    50.100.51.198.in-addr.arpa. PTR lists.list.example.
    lists.list.example. A 198.51.100.50
";

fn good(count: u64) -> Record {
    record("192.0.2.1", count, [dkim("example.org", Pass)], [spf("example.org", Pass)])
}

/// Twenty days of four reporters.
async fn fill(filled: &Filled, records: &[Record]) {
    let senders = ["a.example", "b.example", "c.example", "d.example"];
    let reports = (1..21)
        .flat_map(|ago| senders.iter().map(move |sender| ((*sender).to_owned(), ago, records.to_vec())));
    filled.many(reports.collect()).await;
}

async fn judged(filled: &Filled, zone: &str, rua: Option<&str>) -> Readiness {
    let domain = "example.org".parse().unwrap();
    let rua = rua.map(str::to_owned);
    readiness(&filled.store, &filled.asker(zone), domain, span(None, 30), 500_000, rua).await.unwrap()
}

fn verdicts(scope: &ReadinessScope) -> Vec<&str> {
    scope.ladder.iter().map(|step| step.verdict.as_str()).collect()
}

fn next(scope: &ReadinessScope) -> Option<&str> {
    scope.next.as_ref().map(|next| next.text.as_str())
}

#[tokio::test]
async fn nothing_is_said_without_data() {
    let filled = Filled::new();
    let found = judged(&filled, ZONE, None).await;
    assert_eq!((found.ready, found.reports, found.missing.len()), (false, 0, 3));
    let [p, sp, np] = found.scopes.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        verdicts(p),
        ["ready", "too_little_data", "too_little_data", "too_little_data", "too_little_data"]
    );
    assert!(p.ladder[0].current && p.next.is_none() && sp.next.is_none() && np.next.is_none());
    let found = judged(&filled, "", None).await;
    assert!(
        found.problem.is_some() && found.scopes[0].next.is_none(),
        "a record without rua brings no reports"
    );
    let found = judged(&filled, "", Some("mailto:d@example.org")).await;
    assert_eq!(found.record, None);
    assert_eq!(next(&found.scopes[0]), Some("v=DMARC1; p=none; rua=mailto:d@example.org"));
    let found = judged(&filled, "_dmarc.example.org. TXT ; servfail", None).await;
    assert!(found.problem.is_some() && found.scopes[0].next.is_none());
}

#[tokio::test]
async fn clean_mail_is_ready_step_by_step() {
    let filled = Filled::new();
    let forged = |n| record(&format!("203.0.113.{n}"), 1, [], [spf("example.org", Fail)]);
    let mut records = vec![good(50)];
    records.extend((1..6).flat_map(|n| [from("x.gone.example.org", forged(n)), forged(n)]));
    fill(&filled, &records).await;
    let found = judged(&filled, ZONE, None).await;
    assert!(found.ready && found.missing.is_empty(), "{found:#?}");
    assert_eq!((found.reports, found.reporters, found.days), (80, 4, 20));
    let [p, sp, np] = found.scopes.as_slice() else { panic!("{found:?}") };
    assert_eq!((p.messages, p.passed, p.sources[0].kind.as_str()), (80 * 55, 80 * 50, "forged"));
    assert_eq!((p.sources[0].failed, p.sources[0].percent), (400, 9.09));
    assert_eq!(next(p), Some("v=DMARC1; p=quarantine; t=y; rua=mailto:d@example.org"));
    assert_eq!((sp.messages, np.messages, np.domains.join(" ").as_str()), (0, 400, "x.gone.example.org"));
    assert_eq!(next(np), Some("v=DMARC1; p=none; np=quarantine; rua=mailto:d@example.org"));
    for (record, expected) in [
        ("p=quarantine; t=y", Some("v=DMARC1; p=quarantine")),
        ("p=quarantine", Some("v=DMARC1; p=reject; t=y")),
        ("p=reject; t=y", Some("v=DMARC1; p=reject")),
        ("p=reject", None),
    ] {
        let zone = format!("_dmarc.example.org. TXT \"v=DMARC1; {record}\"");
        assert_eq!(next(&judged(&filled, &zone, None).await.scopes[0]), expected, "{record}");
    }
}

#[tokio::test]
async fn one_who_reports_much_does_not_drown_the_others() {
    let filled = Filled::new();
    let own = record("192.0.2.2", 5, [], [spf("host.example", Pass)]);
    fill(&filled, &[good(50), own]).await;
    let huge = good(1_000_000_000_000);
    let forwarded = record("192.0.2.2", 1_000_000, [dkim("example.org", Fail), dkim("l.example", Pass)], []);
    filled
        .many(
            (1..9)
                .map(|n| (format!("n{n}.evil.example"), n, vec![huge.clone(), forwarded.clone()]))
                .collect(),
        )
        .await;
    let found = judged(&filled, ZONE, None).await;
    let p = &found.scopes[0];
    assert!(!found.ready && p.passed > 1_000_000_000_000);
    assert_eq!(verdicts(p), ["ready", "not_ready", "not_ready", "not_ready", "not_ready"]);
    let reason = &p.ladder[2].reasons[0];
    assert!(
        reason.starts_with("without what evil.example (100 % of all messages) reports: 400 messages"),
        "{reason}"
    );
}

#[tokio::test]
async fn sources_are_told_with_what_dns_says() {
    let filled = Filled::new();
    let own = record("192.0.2.2", 2, [], [spf("host.example", Pass)]);
    let service = record("198.51.100.7", 5, [dkim("amazonses.com", Pass)], [spf("amazonses.com", Pass)]);
    let list = record(
        "198.51.100.50",
        1,
        [dkim("example.org", Fail), dkim("list.example", Pass)],
        [spf("list.example", Pass)],
    );
    let news = from("news.example.org", record("192.0.2.3", 9, [], [spf("news.example.org", Fail)]));
    fill(&filled, &[good(50), own, service, list, news]).await;
    let found = judged(&filled, ZONE, None).await;
    assert!(!found.ready);
    let [p, sp, np] = found.scopes.as_slice() else { panic!("{found:?}") };
    let told: Vec<_> =
        p.sources.iter().map(|s| (s.service.as_str(), s.kind.as_str(), s.failed, s.days)).collect();
    assert_eq!(
        told,
        [
            ("Amazon SES", "service", 400, 20),
            ("host.example", "own", 160, 20),
            ("list.example", "forwarder", 80, 20)
        ]
    );
    assert_eq!(p.sources[1].addresses[0].listed, Some(true));
    assert_eq!(p.sources[0].addresses[0].listed, Some(false));
    assert_eq!(p.sources[2].addresses[0].name.as_deref(), Some("lists.list.example"));
    assert_eq!(verdicts(p), ["ready", "not_ready", "not_ready", "not_ready", "not_ready"]);
    assert_eq!((p.ladder[2].suffer, p.ladder[4].suffer, p.next.as_ref()), (560, 640, None));
    assert_eq!((sp.messages, sp.sources[0].kind.as_str()), (720, "own"));
    assert_eq!(verdicts(sp), ["ready", "not_ready", "not_ready"]);
    assert_eq!((np.messages, verdicts(np)), (0, vec!["ready", "ready", "ready"]));
}

/// A host of ours that nothing names is found among strangers by the SPF record.
#[tokio::test]
async fn own_hosts_are_found_among_forgers() {
    let filled = Filled::new();
    let bad = |ip: &str| record(ip, 1, [], [spf("other.example", Fail)]);
    let mut records: Vec<Record> = (1..40).map(|n| bad(&format!("203.0.113.{n}"))).collect();
    records.extend([good(500), bad("192.0.2.9")]);
    fill(&filled, &records).await;
    let found = judged(&filled, ZONE, None).await;
    let told: Vec<_> = found.scopes[0]
        .sources
        .iter()
        .map(|s| (s.service.as_str(), s.named_by.as_str(), s.kind.as_str(), s.failed, s.more_addresses))
        .collect();
    let expected = [("unknown", "nothing", "forged", 39 * 80, 19), ("example.org", "spf", "own", 80, 0)];
    assert_eq!(told, expected);
    assert_eq!(verdicts(&found.scopes[0]), ["ready", "ready", "ready", "ready", "not_ready"]);
}

#[tokio::test]
async fn names_below_one_domain_are_one_reporter() {
    let filled = Filled::new();
    let senders = ["a.forger.example", "b.forger.example", "forger.example", "c.forger.example"];
    let day = |ago| senders.map(|sender| (sender.to_owned(), ago, vec![good(1_000_000)]));
    filled.many((1..21).flat_map(day).collect()).await;
    let found = judged(&filled, ZONE, None).await;
    assert_eq!((found.reporters, found.ready), (1, false));
    assert_eq!(found.missing, ["1 of 3 reporters"]);
}

/// A host of ours without a name, which no record lists, fails day after day: it is not one of a thousand forgers.
#[tokio::test]
async fn what_fails_day_after_day_is_looked_at_by_itself() {
    let filled = Filled::new();
    let bad = |ip: String| record(&ip, 1, [], [spf("example.org", Fail)]);
    let senders = ["a.example", "b.example", "c.example", "d.example"];
    let day = |ago: i64| {
        let forged = (0..20).map(move |n| bad(format!("203.0.{ago}.{n}")));
        let records: Vec<_> = forged.chain([good(500), bad("198.51.100.9".to_owned())]).collect();
        senders.map(|sender| (sender.to_owned(), ago, records.clone()))
    };
    filled.many((1..21).flat_map(day).collect()).await;
    let zone = format!(
        "{ZONE}\n9.100.51.198.in-addr.arpa. PTR c6336409.isp.example.\nc6336409.isp.example. A 198.51.100.9"
    );
    let found = judged(&filled, &zone, None).await;
    let sources = &found.scopes[0].sources;
    let told: Vec<_> = sources.iter().map(|s| (s.service.as_str(), s.kind.as_str(), s.failed)).collect();
    assert_eq!(told, [("unknown", "forged", 20 * 80), ("198.51.100.9", "unclear", 80)]);
    assert!(!found.ready);
}

#[tokio::test]
async fn names_below_that_are_not_ready_stay_where_they_are() {
    let filled = Filled::new();
    let news = from("news.example.org", record("192.0.2.3", 9, [], [spf("x.example", Pass)]));
    fill(&filled, &[good(50), news]).await;
    let zone = ZONE.replace("p=none", "p=quarantine; t=y; sp=none");
    assert_eq!(
        next(&judged(&filled, &zone, None).await.scopes[0]),
        Some("v=DMARC1; p=quarantine; sp=none; rua=mailto:d@example.org")
    );
    assert_eq!(
        next(&judged(&filled, ZONE, None).await.scopes[0]),
        Some("v=DMARC1; p=quarantine; sp=none; t=y; rua=mailto:d@example.org")
    );
}

#[tokio::test]
async fn a_name_below_is_judged_by_reports_on_its_organization() {
    let filled = Filled::new();
    fill(&filled, &[from("news.example.org", good(9)), good(70)]).await;
    let domain = "news.example.org".parse().unwrap();
    let asker = filled.asker(ZONE);
    let found = readiness(&filled.store, &asker, domain, span(None, 30), 500_000, None).await.unwrap();
    assert_eq!((found.scopes[0].messages, found.reports, found.ready), (720, 80, true));
    assert_eq!(found.record.as_ref().unwrap().name, "_dmarc.example.org");
    let next = found.scopes[0].next.as_ref().unwrap();
    assert_eq!(next.name, "_dmarc.news.example.org");
    assert_eq!(next.text, "v=DMARC1; p=quarantine; t=y; rua=mailto:d@example.org");
}

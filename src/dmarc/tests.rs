//! Tests of the whole room: the examples of RFC 9989, each rule at its edges, and what hostile zones cost.

use mox_address::Domain;
use mox_dns::sim::SimResolver;
use proptest::prelude::*;

use crate::*;
use mox_dkim::DkimResult;
use mox_spf::SpfResult;

pub(crate) fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

/// A zone of policy records, `domain: tags` a line, and of other lines as they are.
pub(crate) fn zone(text: &str) -> SimResolver {
    let line = |line: &str| match line.trim().split_once(": ") {
        Some((domain, tags)) => format!("_dmarc.{domain}. TXT \"v=DMARC1; {tags}\"\n"),
        None => format!("{line}\n"),
    };
    SimResolver::from_zone(&text.lines().map(line).collect::<String>()).unwrap()
}

fn asked(sim: &SimResolver) -> Vec<String> {
    sim.queries().into_iter().map(|(name, _)| name).collect()
}

async fn organization(sim: &SimResolver, name: &str) -> Result<String, Undetermined> {
    Walker::new(sim).walk(&domain(name)).await.organizational().map(|d| d.to_string())
}

/// Verifies: SPF as `domain` (pass) or `domain result`, signatures likewise.
async fn check(sim: &SimResolver, from: &str, spf: &str, dkim: &[&str]) -> Outcome {
    let (spf_domain, spf_word) = spf.split_once(' ').unwrap_or((spf, "pass"));
    let spf_result = match spf_word {
        "pass" => SpfResult::Pass,
        "fail" => SpfResult::Fail,
        "none" => SpfResult::None,
        "softfail" => SpfResult::SoftFail,
        "permerror" => SpfResult::PermError,
        "temperror" => SpfResult::TempError,
        other => panic!("{other}"),
    };
    let dkim: Vec<(&str, &str, DkimResult)> = dkim
        .iter()
        .map(|text| match text.split_once(' ').unwrap_or((text, "pass")) {
            (d, "pass") => (d, "sel", DkimResult::Pass),
            (d, "fail") => (d, "sel", DkimResult::Fail),
            (d, "policy") => (d, "sel", DkimResult::Policy),
            (d, "temperror") => (d, "sel", DkimResult::TempError),
            (_, other) => panic!("{other}"),
        })
        .collect();
    let from = [domain(from)];
    let spf = Some((spf_domain, spf_result)).filter(|(domain, _)| !domain.is_empty());
    verify(sim, &Input { from: &from, spf, dkim: &dkim }).await
}

fn text(domain: &Option<Domain>) -> &str {
    domain.as_ref().map(Domain::ascii).unwrap_or("-")
}

/// RFC 9989 §4.10, §5.1.8, appendix B.4.2: the names asked.
#[tokio::test]
async fn the_names_of_a_walk() {
    let table: [(&str, &[&str]); 6] = [
        (
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            &[
                "a.b.c.d.e.f.g.h.i.j.mail.example.com",
                "g.h.i.j.mail.example.com",
                "h.i.j.mail.example.com",
                "i.j.mail.example.com",
                "j.mail.example.com",
                "mail.example.com",
                "example.com",
                "com",
            ],
        ),
        (
            "mail.a.b.c.d.e.f.g.example.com",
            &[
                "mail.a.b.c.d.e.f.g.example.com",
                "c.d.e.f.g.example.com",
                "d.e.f.g.example.com",
                "e.f.g.example.com",
                "f.g.example.com",
                "g.example.com",
                "example.com",
                "com",
            ],
        ),
        (
            "a.b.c.d.e.f.example.com",
            &[
                "a.b.c.d.e.f.example.com",
                "b.c.d.e.f.example.com",
                "c.d.e.f.example.com",
                "d.e.f.example.com",
                "e.f.example.com",
                "f.example.com",
                "example.com",
                "com",
            ],
        ),
        (
            "b.c.d.e.f.example.com",
            &[
                "b.c.d.e.f.example.com",
                "c.d.e.f.example.com",
                "d.e.f.example.com",
                "e.f.example.com",
                "f.example.com",
                "example.com",
                "com",
            ],
        ),
        ("example.com", &["example.com", "com"]),
        ("localhost", &["localhost"]),
    ];
    for (start, names) in table {
        let sim = zone("");
        let walk = Walker::new(&sim).walk(&domain(start)).await;
        let expected: Vec<String> = names.iter().map(|name| format!("_dmarc.{name}")).collect();
        assert_eq!(asked(&sim), expected, "{start}");
        assert_eq!(walk.steps.len(), names.len());
        assert_eq!(walk.organizational().unwrap(), domain(start), "nothing is published");
        assert_eq!(walk.applicable().unwrap(), None);
    }
}

/// RFC 9989 §4.10.2 and its examples.
#[tokio::test]
async fn organizational_domains() {
    let table = [
        ("mail.example.com: p=none\nexample.com: p=none", "a.mail.example.com", "example.com"),
        ("mail.example.com: psd=n\nexample.com: p=none", "a.mail.example.com", "mail.example.com"),
        ("com: psd=y", "a.mail.example.com", "example.com"),
        ("example.com: psd=y", "a.mail.example.com", "mail.example.com"),
        ("example.com: psd=y", "example.com", "example.com"),
        ("com: psd=y\nexample.com: psd=y", "example.com", "example.com"),
        ("example.com: psd=n\ncom: psd=y", "example.com", "example.com"),
        ("com: p=none", "a.example.com", "com"),
        ("com: p=none\nexample.com: psd=n", "a.example.com", "example.com"),
        ("a.example.com: psd=u\ncom: psd=x", "b.a.example.com", "com"),
        ("", "a.example.com", "a.example.com"),
        // The jump passes over records (§5.1.8).
        (
            "b.c.d.e.f.g.example.com: psd=n\nexample.com: p=none",
            "mail.a.b.c.d.e.f.g.example.com",
            "example.com",
        ),
        ("c.d.e.f.g.example.com: psd=y", "mail.a.b.c.d.e.f.g.example.com", "b.c.d.e.f.g.example.com"),
        // Without policy and rua it still is a record.
        ("mail.example.com: psd=n", "a.mail.example.com", "mail.example.com"),
        // Several at a name are none.
        (
            "example.com: p=none\nexample.com: p=reject\nmail.example.com: p=none",
            "mail.example.com",
            "mail.example.com",
        ),
        ("example.com: p=none\n_dmarc.example.com. TXT \"v=spf1 -all\"", "mail.example.com", "example.com"),
        (
            "example.com: p=none\n_dmarc.example.com. TXT \"v=dmarc1; p=none\"",
            "mail.example.com",
            "example.com",
        ),
    ];
    for (records, start, expected) in table {
        let sim = zone(records);
        assert_eq!(organization(&sim, start).await.as_deref(), Ok(expected), "{start} in {records}");
        assert!(sim.query_count() <= MAX_WALK);
    }
}

/// RFC 9989 appendix B.1, B.3.1, B.4, §4.4 table 1, §11.8.
#[tokio::test]
async fn examples_of_alignment() {
    let simple = "example.com: p=reject\nsigning.example.com: p=none";
    let bank = "bank.example: p=none; psd=y\ngiant.bank.example: p=reject";
    let deep = "a.b.c.d.e.f.g.h.i.j.k.example.com";
    // Records, From, SPF, DKIM; SPF aligned, DKIM aligned, policy domain, organization.
    let table = [
        (
            simple,
            "example.com",
            "example.com",
            "signing.example.com",
            true,
            true,
            "example.com",
            "example.com",
        ),
        (simple, deep, "example.com", "signing.example.com", true, true, "example.com", "example.com"),
        (
            bank,
            "giant.bank.example",
            "mail.giant.bank.example",
            "mail.mega.bank.example",
            true,
            false,
            "giant.bank.example",
            "giant.bank.example",
        ),
        (
            "example.com: p=none",
            "example.com",
            "child.example.com",
            "example.com",
            true,
            true,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=none",
            "child.example.com",
            "example.net",
            "example.com",
            false,
            true,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=none",
            "child.example.com",
            "example.net",
            "example.net",
            false,
            false,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=none",
            "news.example.com",
            "foo.example.com",
            "news.example.com",
            true,
            true,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=none",
            "news.example.com",
            "foo.example.net",
            "xexample.com",
            false,
            false,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=reject; aspf=r",
            "example.com",
            "mail.example.com",
            "example.com",
            true,
            true,
            "example.com",
            "example.com",
        ),
        // §11.8: who owns a name of an organization speaks for it, unless that is declared to be apart.
        (
            "example.com: p=none",
            "evil.example.com",
            "mail.example.com",
            "x.example.org",
            true,
            false,
            "example.com",
            "example.com",
        ),
        (
            "example.com: p=none\nmail.example.com: p=none; psd=n",
            "evil.example.com",
            "mail.example.com",
            "a.mail.example.com",
            false,
            false,
            "example.com",
            "example.com",
        ),
        // Case, and U-labels.
        (
            "example.com: p=none",
            "Example.COM",
            "EXAMPLE.com",
            "eXample.com",
            true,
            true,
            "example.com",
            "example.com",
        ),
        (
            "xn--mnchen-3ya.example: p=none",
            "m\u{fc}nchen.example",
            "xn--mnchen-3ya.example",
            "m\u{fc}nchen.example",
            true,
            true,
            "xn--mnchen-3ya.example",
            "xn--mnchen-3ya.example",
        ),
        // What is no domain is not aligned.
        (
            "example.com: p=none",
            "example.com",
            "no..domain",
            "..",
            false,
            false,
            "example.com",
            "example.com",
        ),
    ];
    for (records, from, spf, dkim, spf_aligned, dkim_aligned, policy_domain, organization) in table {
        let sim = zone(records);
        let outcome = check(&sim, from, spf, &[dkim]).await;
        let found = (
            outcome.aligned_spf,
            !outcome.aligned_dkim.is_empty(),
            text(&outcome.policy_domain),
            text(&outcome.organizational_domain),
        );
        assert_eq!(
            found,
            (spf_aligned, dkim_aligned, policy_domain, organization),
            "{from} {spf} {dkim}: {outcome:?}"
        );
        let pass = spf_aligned || dkim_aligned;
        assert_eq!(outcome.result, if pass { DmarcResult::Pass } else { DmarcResult::Fail });
        assert_eq!(outcome.lookups as usize, sim.query_count());
    }
}

/// Strict alignment is per mechanism, and needs no walk of other domains.
#[tokio::test]
async fn strict_alignment() {
    for (tags, spf, dkim, result) in [
        ("p=reject; aspf=s", "a.example.com", "x.example", DmarcResult::Fail),
        ("p=reject; aspf=s", "example.com", "x.example", DmarcResult::Pass),
        ("p=reject; aspf=s", "a.example.com", "a.example.com", DmarcResult::Pass),
        ("p=reject; adkim=s", "x.example", "a.example.com", DmarcResult::Fail),
        ("p=reject; adkim=s", "x.example", "example.com", DmarcResult::Pass),
        ("p=reject; adkim=s", "a.example.com", "x.example", DmarcResult::Pass),
    ] {
        let sim = zone(&format!("example.com: {tags}"));
        let outcome = check(&sim, "example.com", spf, &[dkim]).await;
        assert_eq!(outcome.result, result, "{tags} {spf} {dkim}");
    }
    let sim = zone("example.com: p=reject; aspf=s; adkim=s");
    let outcome = check(&sim, "example.com", "a.example.com", &["b.example.com", "example.com"]).await;
    assert_eq!(outcome.aligned_dkim.len(), 1);
    assert_eq!(outcome.aligned_dkim[0].alignment, Alignment::Strict);
    assert_eq!(asked(&sim), ["_dmarc.example.com", "_dmarc.com"]);
}

/// RFC 9989 §4.7, §4.10.1: which tag holds, what `t=y` makes of it, for mail that fails.
#[tokio::test]
async fn policies_and_dispositions() {
    use Policy::{None as No, Quarantine, Reject};
    use PolicyTag::{Np, P, Sp};
    let own = "a.example.com";
    // Records, From; policy domain, tag, policy, disposition. `here` exists below each domain, `gone` does not.
    let table = [
        ("example.com: p=reject", "example.com", "example.com", P, Reject, Reject),
        ("example.com: p=reject; sp=none; np=none", "example.com", "example.com", P, Reject, Reject),
        ("example.com: p=reject", "here.example.com", "example.com", P, Reject, Reject),
        (
            "example.com: p=reject; sp=quarantine",
            "here.example.com",
            "example.com",
            Sp,
            Quarantine,
            Quarantine,
        ),
        (
            "example.com: p=none; sp=quarantine; np=reject",
            "here.example.com",
            "example.com",
            Sp,
            Quarantine,
            Quarantine,
        ),
        (
            "example.com: p=none; sp=quarantine; np=reject",
            "gone.example.com",
            "example.com",
            Np,
            Reject,
            Reject,
        ),
        ("example.com: p=none; sp=quarantine", "gone.example.com", "example.com", Sp, Quarantine, Quarantine),
        ("example.com: p=quarantine", "gone.example.com", "example.com", P, Quarantine, Quarantine),
        ("example.com: p=none; np=reject", "here.example.com", "example.com", P, No, No),
        ("example.com: p=none; np=reject", "gone.example.com", "example.com", Np, Reject, Reject),
        ("example.com: p=none; np=reject", "alias.example.com", "example.com", P, No, No),
        ("example.com: p=none; np=reject", "between.example.com", "example.com", P, No, No),
        (
            "example.com: p=none; np=reject\n_dmarc.gone.example.com. TXT \"x\"",
            "gone.example.com",
            "example.com",
            P,
            No,
            No,
        ),
        ("a.example.com: p=none; sp=reject\nexample.com: p=reject", own, own, P, No, No),
        (
            "a.example.com: p=none; sp=reject\nexample.com: p=quarantine; sp=none",
            "here.a.example.com",
            "example.com",
            Sp,
            No,
            No,
        ),
        ("com: psd=y; p=quarantine; sp=reject", "here.example.com", "com", Sp, Reject, Reject),
        ("com: psd=y; p=reject\nexample.com: p=none", "here.example.com", "example.com", P, No, No),
        ("com: psd=y; p=none; np=reject", "gone.com", "com", Np, Reject, Reject),
        ("com: psd=y; p=quarantine; sp=reject", "com", "com", P, Quarantine, Quarantine),
        ("example.com: p=reject; t=y", "example.com", "example.com", P, Reject, Quarantine),
        ("example.com: p=quarantine; t=y", "example.com", "example.com", P, Quarantine, No),
        ("example.com: p=none; t=y", "example.com", "example.com", P, No, No),
        ("example.com: p=reject; sp=quarantine; t=y", "here.example.com", "example.com", Sp, Quarantine, No),
        ("example.com: p=none; np=reject; t=y", "gone.example.com", "example.com", Np, Reject, Quarantine),
        ("example.com: p=reject; t=x", "example.com", "example.com", P, Reject, Reject),
        ("example.com: p=reject; pct=0", "example.com", "example.com", P, Reject, Reject),
        ("example.com: rua=mailto:a@example.com", "example.com", "example.com", P, No, No),
        ("example.com: p=reject; sp=bad; rua=mailto:a@example.com", "example.com", "example.com", P, No, No),
    ];
    let names = "here.example.com. A 192.0.2.1\nhere.a.example.com. A 192.0.2.1\nx.between.example.com. A 192.0.2.1\n\
        alias.example.com. CNAME nowhere.example.org.\n";
    for (records, from, at, tag, policy, disposition) in table {
        let sim = zone(&format!("{names}{records}"));
        let outcome = check(&sim, from, "example.net", &[]).await;
        let found = (text(&outcome.policy_domain), outcome.policy_tag, outcome.policy, outcome.disposition);
        assert_eq!(found, (at, Some(tag), Some(policy), disposition), "{from} in {records}");
        assert_eq!(outcome.result, DmarcResult::Fail);
        let tested = outcome.overrides.iter().any(|o| o.kind == OverrideKind::PolicyTestMode);
        assert_eq!(tested, policy != disposition, "{from} in {records}");
        // What passes has nothing to fear.
        let outcome = check(&sim, from, from, &[]).await;
        assert_eq!((outcome.result, outcome.disposition), (DmarcResult::Pass, No), "{from} in {records}");
        assert_eq!(outcome.policy, Some(policy));
    }
}

/// RFC 9989 §5.3.1: every From field, every address, U-labels as A-labels.
#[test]
fn author_domains_are_those_of_all_addresses() {
    for (fields, expected) in [
        ("From: A <a@Example.org>", "example.org"),
        ("From: a@example.org, b@EXAMPLE.org", "example.org"),
        ("From: a@example.org\r\nfrom: b@example.net", "example.org example.net"),
        ("From: friends: a@example.org, b@m\u{fc}nchen.example;", "example.org xn--mnchen-3ya.example"),
        ("From: \"a@example.net\" <a@example.org>", "example.org"),
        ("From: a@[192.0.2.1]", ""),
        ("From: nobody", ""),
        ("Sender: a@example.org", ""),
    ] {
        let message = format!("{fields}\r\n\r\n");
        let found: Vec<String> = author_domains(&mox_message::Header::of(message.as_bytes()))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found.join(" "), expected, "{fields}");
    }
    let many = (0..500).map(|n| format!("a@e{n}.example")).collect::<Vec<_>>().join(",");
    let message = format!("From: {many}\r\n\r\n");
    assert!(author_domains(&mox_message::Header::of(message.as_bytes())).len() <= 10);
}

/// What `mox dmarc lookup` shows.
#[tokio::test]
async fn discoveries_show_every_step() {
    let sim = zone("example.com: p=none; np=reject; t=y\nexample.com. A 192.0.2.1");
    let found = discover(&sim, &domain("gone.example.com")).await;
    assert_eq!(
        (found.status, found.exists, found.policy),
        (Status::Applies, Some(false), Some(Policy::Reject))
    );
    assert_eq!((found.disposition, found.lookups), (Disposition::Quarantine, 4));
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["status"], "applies");
    assert_eq!(json["steps"][0]["found"], "nothing");
    assert_eq!(json["steps"][1]["name"], "_dmarc.example.com");
    assert_eq!(json["steps"][1]["record"]["np"], "reject");
    assert_eq!(json["record"]["text"], "v=DMARC1; p=none; np=reject; t=y");
}

/// Where DMARC does not apply or cannot be applied.
#[tokio::test]
async fn no_verdict() {
    let long = format!("example.com: p=reject; x={}", "y".repeat(record::MAX_RECORD));
    for (records, from, result) in [
        ("", "example.com", DmarcResult::None),
        ("example.org: p=reject", "example.com", DmarcResult::None),
        ("_dmarc.example.com. TXT \"v=DMARC2; p=reject\"", "example.com", DmarcResult::None),
        ("example.com: p=reject\nexample.com: p=reject", "example.com", DmarcResult::None),
        ("example.com: p=oops", "example.com", DmarcResult::PermError),
        ("example.com: p=reject; sp=oops", "a.example.com", DmarcResult::PermError),
        (long.as_str(), "example.com", DmarcResult::PermError),
        (long.as_str(), "a.example.com", DmarcResult::PermError),
        // §4.10.1: the author's own record ends the search, also when it is of no use.
        ("a.example.com: x=1\nexample.com: p=reject", "a.example.com", DmarcResult::PermError),
    ] {
        let sim = zone(records);
        let outcome = check(&sim, from, "example.net", &[]).await;
        assert_eq!((outcome.result, outcome.disposition), (result, Disposition::None), "{from}");
        let explained = result == DmarcResult::PermError || records.lines().count() == 2;
        assert_eq!(outcome.problem.is_some(), explained, "{outcome:?}");
    }
    let sim = zone("example.com: p=reject");
    let (a, b) = (domain("example.com"), domain("example.org"));
    for from in [vec![], vec![a.clone(), b.clone()], vec![a.clone(), a.clone(), b]] {
        let outcome = verify(&sim, &Input { from: &from, spf: None, dkim: &[] }).await;
        assert_eq!(outcome.result, DmarcResult::PermError);
        assert!(outcome.problem.unwrap().starts_with("not possible"));
        assert_eq!(sim.query_count(), 0);
    }
    let outcome = verify(&sim, &Input { from: &[a.clone(), a], spf: None, dkim: &[] }).await;
    assert_eq!(outcome.result, DmarcResult::Fail);
}

/// A temporary error is never a verdict, and makes no difference where the missing answer could make none.
#[tokio::test]
async fn temporary_errors() {
    use DmarcResult::{Fail, Pass, TempError};
    let record = "example.com: p=reject";
    // Records, From, SPF, DKIM, result.
    let table: [(&str, &str, &str, &[&str], DmarcResult); 24] = [
        ("_dmarc.example.com. TXT ; servfail", "example.com", "example.com", &["example.com"], TempError),
        ("_dmarc.example.com. TXT ; bogus", "example.com", "example.com", &[], TempError),
        ("_dmarc.a.example.com. TXT ; servfail\nexample.com: p=reject", "a.example.com", "", &[], TempError),
        ("_dmarc.example.com. TXT ; servfail", "a.example.com", "a.example.com", &[], TempError),
        // Above the author's own record: only needed for another name of the organization.
        ("_dmarc.com. TXT ; servfail\nexample.com: p=reject", "example.com", "example.com", &[], Pass),
        ("_dmarc.com. TXT ; servfail\nexample.com: p=reject", "example.com", "", &[], Fail),
        ("_dmarc.com. TXT ; servfail\nexample.com: p=reject", "example.com", "example.net", &[], Fail),
        ("_dmarc.com. TXT ; servfail\nexample.com: p=reject", "example.com", "a.example.com", &[], TempError),
        (
            "_dmarc.com. TXT ; servfail\nexample.com: p=reject; aspf=s",
            "example.com",
            "a.example.com",
            &[],
            Fail,
        ),
        (
            "_dmarc.com. TXT ; servfail\nexample.com: p=reject",
            "example.com",
            "a.example.com",
            &["example.com"],
            Pass,
        ),
        // On the way up from another name.
        (
            "_dmarc.a.example.com. TXT ; servfail\nexample.com: p=reject",
            "example.com",
            "a.example.com",
            &[],
            TempError,
        ),
        (
            "_dmarc.a.example.com. TXT ; bogus\nexample.com: p=reject",
            "example.com",
            "",
            &["a.example.com"],
            TempError,
        ),
        (
            "_dmarc.a.example.com. TXT ; servfail\nexample.com: p=reject",
            "example.com",
            "a.example.com",
            &["b.example.com"],
            Pass,
        ),
        // SPF or DKIM itself.
        (record, "example.com", "example.com temperror", &[], TempError),
        (record, "example.com", "a.example.com temperror", &["example.com fail"], TempError),
        (record, "example.com", "example.com temperror", &["example.com"], Pass),
        (record, "example.com", "example.com fail", &["b.example.com temperror"], TempError),
        (record, "example.com", "example.com permerror", &["example.com policy"], Fail),
        // A forger's own broken name servers do not count.
        (record, "example.com", "evil.example temperror", &["evil.example temperror"], Fail),
        (
            "example.com: p=reject\n_dmarc.evil.example. TXT ; servfail",
            "example.com",
            "evil.example",
            &["evil.example"],
            Fail,
        ),
        (record, "example.com", "evil.com temperror", &["x.evil.com temperror"], Fail),
        (
            "example.com: p=reject; aspf=s; adkim=s",
            "example.com",
            "a.example.com temperror",
            &["a.example.com temperror"],
            Fail,
        ),
        // Whether the author's domain exists.
        (
            "example.com: p=none; np=reject\na.example.com. CNAME ; servfail\n*.example.com. TXT \"x\"",
            "a.example.com",
            "",
            &[],
            Fail,
        ),
        (
            "example.com: p=none; np=reject\na.example.com. CNAME ; servfail\n_dmarc.a.example.com. A 192.0.2.1",
            "a.example.com",
            "",
            &[],
            Fail,
        ),
    ];
    for (records, from, spf, dkim, result) in table {
        let sim = zone(records);
        let outcome = check(&sim, from, spf, dkim).await;
        assert_eq!(outcome.result, result, "{from} {spf} {dkim:?} in {records}: {outcome:?}");
        if result == TempError {
            assert_eq!(outcome.disposition, Disposition::None);
            assert!(outcome.problem.is_some());
        }
    }
}

/// `np` when nobody can say whether the author's domain exists.
#[tokio::test]
async fn existence_that_is_not_known() {
    let names = "gone.example.com. CNAME ; servfail\n";
    for (tags, spf, result) in [
        ("p=none; np=reject", "", DmarcResult::TempError),
        ("p=none; np=none", "", DmarcResult::Fail),
        ("p=reject; sp=none; np=none", "", DmarcResult::Fail),
        ("p=none; np=reject", "example.com", DmarcResult::Pass),
    ] {
        let sim = zone(&format!("{names}example.com: {tags}"));
        let outcome = check(&sim, "gone.example.com", spf, &[]).await;
        assert_eq!(outcome.result, result, "{tags} {spf}");
    }
}

/// Walks of one message share their questions.
#[tokio::test]
async fn questions_are_shared_and_strangers_cost_none() {
    let sim = zone("example.com: p=reject");
    let dkim = ["a.example.com", "b.a.example.com", "example.com", "x.y.z.example.net", "example.org"];
    let outcome = check(&sim, "a.example.com", "b.example.com", &dkim).await;
    assert_eq!(outcome.aligned_dkim.len(), 3);
    assert_eq!(
        asked(&sim),
        [
            "_dmarc.a.example.com",
            "_dmarc.example.com",
            "_dmarc.com",
            "_dmarc.b.example.com",
            "_dmarc.b.a.example.com"
        ]
    );
}

#[tokio::test]
async fn authentic_is_what_dnssec_proves_of_the_policy() {
    for (records, authentic) in [
        ("example.com: p=reject", true),
        ("_dmarc.example.com. TXT \"v=DMARC1; p=reject\" ; insecure", false),
        ("example.com: p=reject\n_dmarc.a.example.com. TXT ; insecure", false),
        ("example.com: p=reject\n_dmarc.com. TXT ; insecure", true),
        ("_dmarc.com. TXT ; insecure", false),
        ("", true),
    ] {
        let outcome = check(&zone(records), "a.example.com", "", &[]).await;
        assert_eq!(outcome.authentic, authentic, "{records}");
    }
}

/// However names and records are chosen, a message costs no more than [`MAX_QUERIES`] questions.
#[tokio::test]
async fn query_budgets_hold() {
    let deep = |n: usize| format!("{n}.b.c.d.e.f.g.h.i.j.k.l{n}.m.n.o.p{n}.example.com");
    let sim = zone("example.com: p=none; sp=none; np=reject\n*.example.com. TXT \"v=DMARC1; p=none\"");
    let names: Vec<String> = (0..1000).map(deep).collect();
    for result in [DkimResult::Pass, DkimResult::TempError] {
        let dkim: Vec<_> = names.iter().map(|name| (name.as_str(), "s", result)).collect();
        let before = sim.query_count();
        let from = [domain(&deep(0))];
        let outcome =
            verify(&sim, &Input { from: &from, spf: Some((&deep(1), SpfResult::Pass)), dkim: &dkim }).await;
        let asked = sim.query_count() - before;
        assert!(asked <= MAX_QUERIES as usize, "{asked}");
        assert_eq!(outcome.lookups as usize, asked);
    }
}

/// Questions that ran out do not turn `fail` into something milder.
#[tokio::test]
async fn running_out_of_questions_is_no_way_out() {
    let zones = "example.com: p=reject\nevil.example.com: psd=n";
    let sim = zone(zones);
    let names: Vec<String> = (0..100).map(|n| format!("a.b.c.d.x{n}.evil.example.com")).collect();
    let dkim: Vec<_> = names.iter().map(|name| (name.as_str(), "s", DkimResult::Pass)).collect();
    let from = [domain("example.com")];
    let outcome = verify(&sim, &Input { from: &from, spf: None, dkim: &dkim }).await;
    assert_eq!((outcome.result, outcome.disposition), (DmarcResult::Fail, Disposition::Reject));
    assert_eq!(outcome.lookups, MAX_QUERIES);
}

/// The longest domains: with the prefix they are longer than names may be, so nothing is there.
#[tokio::test]
async fn the_longest_domains() {
    let long = format!("{}example.com", "abcdefghi.".repeat(24));
    assert_eq!(long.len(), 251);
    let sim = zone("example.com: p=reject; np=quarantine");
    let outcome = check(&sim, &long, "", &[]).await;
    assert_eq!((outcome.result, outcome.disposition), (DmarcResult::Fail, Disposition::Quarantine));
}

/// RFC 9989 §9.1, §9.2.
#[tokio::test]
async fn authentication_results() {
    let sim = zone("example.com: p=reject; t=y");
    for (from, spf, expected) in [
        (
            "example.com",
            "example.com",
            "dmarc=pass (p=reject at example.com, testing) header.from=example.com policy.dmarc=none",
        ),
        (
            "a.example.com",
            "",
            "dmarc=fail (p=reject at example.com, testing) header.from=a.example.com policy.dmarc=quarantine",
        ),
        ("example.net", "", "dmarc=none header.from=example.net"),
    ] {
        let outcome = check(&sim, from, spf, &[]).await;
        let field =
            mox_message::authres::format(&domain("mx.example.org"), &[outcome.method_result()], false);
        assert_eq!(field.split_once(";\r\n\t").unwrap().1.replace("\r\n", "").trim(), expected);
    }
}

#[tokio::test]
async fn serialized_names_are_stable() {
    let outcome = check(
        &zone("example.com: p=reject; t=y; rua=mailto:a@example.com!1m"),
        "example.com",
        "",
        &["a.example.com"],
    )
    .await;
    let json = serde_json::to_value(&outcome).unwrap();
    for (pointer, expected) in [
        ("/result", "\"pass\""),
        ("/policy_tag", "\"p\""),
        ("/policy", "\"reject\""),
        ("/disposition", "\"none\""),
        ("/testing", "true"),
        ("/aligned_spf", "false"),
        ("/aligned_dkim/0", "{\"alignment\":\"relaxed\",\"domain\":\"a.example.com\",\"selector\":\"sel\"}"),
        ("/record/p", "\"reject\""),
        ("/record/t", "true"),
        ("/record/psd", "\"u\""),
        ("/record/rua/0/address", "\"a@example.com\""),
        ("/record/rua/0/size_limit", "\"1m\""),
        ("/discovery_method", "\"treewalk\""),
    ] {
        assert_eq!(json.pointer(pointer).unwrap().to_string(), expected, "{pointer}");
    }
    let reason = Override { kind: OverrideKind::TrustedForwarder, comment: None };
    assert_eq!(serde_json::to_string(&reason).unwrap(), r#"{"type":"trusted_forwarder"}"#);
}

/// Organization and policy domain by the letter of RFC 9989 §4.10, over what is published where.
fn by_the_letter(published: &dyn Fn(&str) -> Option<Psd>, start: &str) -> (String, Option<String>) {
    let labels: Vec<&str> = start.split('.').collect();
    let last = |n: usize| labels[labels.len() - n..].join(".");
    let x = labels.len();
    // Steps 1, 4 and 7: the start, then from one label less, or from seven.
    let names: Vec<String> = std::iter::once(x).chain((1..=(x - 1).min(7)).rev()).map(last).collect();
    let mut set = Vec::new();
    for name in &names {
        let Some(psd) = published(name) else { continue };
        set.push((name.clone(), psd));
        // Steps 2 and 6.
        if psd != Psd::Unknown {
            break;
        }
    }
    // §4.10.2, 1 to 3, from the longest to the shortest.
    let flagged = set.iter().find_map(|(name, psd)| match psd {
        Psd::No => Some(name.clone()),
        Psd::Yes if name != start => Some(last(name.split('.').count() + 1)),
        _ => None,
    });
    let fewest = set.iter().min_by_key(|(name, _)| name.split('.').count()).map(|(name, _)| name.clone());
    let organization = flagged.or(fewest).unwrap_or_else(|| start.to_owned());
    // §4.10.1, from highest to lowest preference.
    let has = |name: &str| set.iter().any(|(n, _)| n == name);
    let psd = set.iter().find(|(_, psd)| *psd == Psd::Yes).map(|(name, _)| name.clone());
    let policy = [Some(start.to_owned()), Some(organization.clone()), psd];
    (organization, policy.into_iter().flatten().find(|name| has(name)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    /// The walk equals the RFC's words, for every kind of record at every name of a long domain.
    #[test]
    fn walks_are_those_of_the_rfc(labels in 1_usize..13, records in proptest::collection::vec(0_usize..9, 13)) {
        let all: Vec<String> = (0..labels).map(|n| format!("l{n}")).collect();
        let name = |from: usize| all[from..].join(".");
        let tags = |kind: usize| ["p=none", "p=none; psd=u", "psd=n", "psd=y; p=reject", "", "", "", "", ""][kind];
        let zones: String = (0..labels)
            .filter(|n| !tags(records[*n]).is_empty())
            .map(|n| format!("{}: {}\n", name(n), tags(records[n])))
            .collect();
        let published = |wanted: &str| {
            let n = (0..labels).find(|n| name(*n) == wanted)?;
            Some(match records[n] { 0 | 1 => Psd::Unknown, 2 => Psd::No, 3 => Psd::Yes, _ => return None })
        };
        let expected = by_the_letter(&published, &name(0));
        let sim = zone(&zones);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let found = runtime.block_on(discover(&sim, &domain(&name(0))));
        prop_assert_eq!(text(&found.organizational_domain), &expected.0, "{}", zones);
        prop_assert_eq!(found.policy_domain.map(|d| d.to_string()), expected.1, "{}", zones);
        prop_assert!(sim.query_count() <= MAX_WALK);
    }

    /// Small trees with random records and failures: a walk keeps its bounds, a verdict its promises.
    #[test]
    fn random_zones_keep_the_promises(
        records in proptest::collection::vec((0_usize..8, 0_usize..8), 0..6),
        from in 0_usize..8,
        spf in (0_usize..8, 0_usize..3),
        dkim in proptest::collection::vec((0_usize..8, 0_usize..3), 0..4),
    ) {
        const NAMES: [&str; 8] = ["com", "example.com", "a.example.com", "b.example.com", "c.a.example.com", "org", "example.org", "d.c.b.a.e.f.g.a.example.com"];
        const TAGS: [&str; 8] = ["p=none", "p=reject", "p=reject; aspf=s; adkim=s", "p=reject; psd=y", "p=quarantine; psd=n; t=y", "p=none; np=reject", "servfail", "x=1"];
        let line = |(name, tags): &(usize, usize)| match TAGS[*tags] {
            "servfail" => format!("_dmarc.{}. TXT ; servfail", NAMES[*name]),
            tags => format!("{}: {tags}", NAMES[*name]),
        };
        let sim = zone(&records.iter().map(line).collect::<Vec<_>>().join("\n"));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dkim: Vec<_> = dkim.iter().map(|(name, result)| {
            (NAMES[*name], "s", [DkimResult::Pass, DkimResult::Fail, DkimResult::TempError][*result])
        }).collect();
        let spf = (NAMES[spf.0], [SpfResult::Pass, SpfResult::Fail, SpfResult::TempError][spf.1]);
        let from = [domain(NAMES[from])];
        let outcome = runtime.block_on(verify(&sim, &Input { from: &from, spf: Some(spf), dkim: &dkim }));
        prop_assert!(outcome.lookups <= 8 + 1 + 8 * 4);
        prop_assert_eq!(outcome.lookups as usize, sim.query_count());
        let mut names = asked(&sim);
        names.sort();
        names.dedup();
        prop_assert!(sim.query_count() <= names.len() + 1, "nothing is asked twice");
        let aligned = outcome.aligned_spf || !outcome.aligned_dkim.is_empty();
        prop_assert_eq!(aligned, outcome.result == DmarcResult::Pass);
        if outcome.result != DmarcResult::Fail {
            prop_assert_eq!(outcome.disposition, Disposition::None);
        }
        // No pass without something that passed below the author's organization.
        for found in &outcome.aligned_dkim {
            let organization = outcome.organizational_domain.clone().unwrap_or(from[0].clone());
            prop_assert!(domain(&found.domain).is_within(&organization));
        }
        let broken = records.iter().any(|(_, tags)| TAGS[*tags] == "servfail")
            || spf.1 == SpfResult::TempError || dkim.iter().any(|d| d.2 == DkimResult::TempError);
        prop_assert!(broken || outcome.result != DmarcResult::TempError);
    }
}

//! Whole evaluations: the examples of RFC 7208 appendix A, temporary failures, limits, explanations, Received-SPF.

use std::net::IpAddr;

use mox_address::{IpDomain, Path};
use mox_clock::Timestamp;
use mox_dns::sim::SimResolver;
use proptest::prelude::*;

use super::*;
use crate::macros::{MacroString, Place};

/// The zone of appendix A.
const ZONE: &str = "
    example.com. MX 10 mail-a.example.com.
    example.com. MX 20 mail-b.example.com.
    example.com. A 192.0.2.10
    example.com. A 192.0.2.11
    amy.example.com. A 192.0.2.65
    bob.example.com. A 192.0.2.66
    mail-a.example.com. A 192.0.2.129
    mail-b.example.com. A 192.0.2.130
    www.example.com. CNAME example.com.
    example.org. MX 10 mail-c.example.org.
    mail-c.example.org. A 192.0.2.140
    10.2.0.192.in-addr.arpa. PTR example.com.
    11.2.0.192.in-addr.arpa. PTR example.com.
    65.2.0.192.in-addr.arpa. PTR amy.example.com.
    66.2.0.192.in-addr.arpa. PTR bob.example.com.
    129.2.0.192.in-addr.arpa. PTR mail-a.example.com.
    130.2.0.192.in-addr.arpa. PTR mail-b.example.com.
    140.2.0.192.in-addr.arpa. PTR mail-c.example.org.
    4.0.0.10.in-addr.arpa. PTR bob.example.com.
";

fn zone(more: &str) -> SimResolver {
    let sim = SimResolver::from_zone(ZONE).unwrap();
    sim.add(more).unwrap();
    sim
}

/// The outcome for a client and a reverse-path; an empty one is null.
async fn ask(resolver: &SimResolver, ip: &str, mail_from: &str) -> Outcome {
    let (helo, path): (IpDomain, Option<Path>) =
        ("client.example.net".parse().unwrap(), mail_from.parse().ok());
    check(resolver, &query(ip, &helo, path.as_ref())).await
}

fn query<'a>(ip: &str, helo: &'a IpDomain, mail_from: Option<&'a Path>) -> Query<'a> {
    let now = Timestamp::from_secs(1_795_000_000);
    Query { ip: ip.parse().unwrap(), helo, mail_from, local_hostname: "mx.example.net", local_ip: None, now }
}

/// RFC 7208 appendix A.1.
#[tokio::test]
async fn simple_examples() {
    let hosts = ["10", "11", "65", "66", "129", "130", "131", "140", "141", "143", "200"];
    for (record, passing) in [
        ("v=spf1 +all", hosts.to_vec()),
        ("v=spf1 a -all", vec!["10", "11"]),
        ("v=spf1 a:example.org -all", vec![]),
        ("v=spf1 mx -all", vec!["129", "130"]),
        ("v=spf1 mx:example.org -all", vec!["140"]),
        ("v=spf1 mx mx:example.org -all", vec!["129", "130", "140"]),
        ("v=spf1 mx/30 mx:example.org/30 -all", vec!["129", "130", "131", "140", "141", "143"]),
        ("v=spf1 ptr -all", vec!["10", "11", "65", "66", "129", "130"]),
        ("v=spf1 ip4:192.0.2.128/28 -all", vec!["129", "130", "131", "140", "141", "143"]),
    ] {
        let sim = zone(&format!("example.com. TXT \"{record}\""));
        for host in hosts {
            let expected = if passing.contains(&host) { SpfResult::Pass } else { SpfResult::Fail };
            let outcome = ask(&sim, &format!("192.0.2.{host}"), "a@example.com").await;
            assert_eq!(outcome.result, expected, "{record} {host}: {outcome:?}");
            assert!(outcome.authentic);
        }
    }
    let sim = zone("example.com. TXT \"v=spf1 ptr -all\"");
    assert_eq!(ask(&sim, "10.0.0.4", "a@example.com").await.result, SpfResult::Fail);
}

/// RFC 7208 appendix A.2.
#[tokio::test]
async fn several_domains() {
    let sim = zone(
        "example.com. TXT \"v=spf1 mx -all\"
        example.net. TXT \"v=spf1 ip4:198.51.100.0/24 -all\"
        example.org. TXT \"v=spf1 include:example.com include:example.net -all\"
        la.example.org. TXT \"v=spf1 redirect=example.org\"",
    );
    for (ip, result, mechanism) in [
        ("192.0.2.129", SpfResult::Pass, "include:example.com"),
        ("198.51.100.7", SpfResult::Pass, "include:example.net"),
        ("192.0.2.140", SpfResult::Fail, "all"),
    ] {
        for domain in ["example.org", "la.example.org"] {
            let outcome = ask(&sim, ip, &format!("a@{domain}")).await;
            assert_eq!(
                (outcome.result, outcome.mechanism.as_deref()),
                (result, Some(mechanism)),
                "{ip} {domain}"
            );
            assert_eq!((outcome.domain.as_str(), outcome.problem), (domain, None));
        }
    }
}

/// RFC 7208 appendix A.3.
#[tokio::test]
async fn like_a_dns_block_list() {
    let sim = zone(
        "mary.mobile-users._spf.example.com. A 127.0.0.2
        fred.mobile-users._spf.example.com. A 127.0.0.2
        15.15.168.192.joel.remote-users._spf.example.com. A 127.0.0.2
        16.15.168.192.joel.remote-users._spf.example.com. A 127.0.0.2
        example.com. TXT \"v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all\"
        mobile-users._spf.example.com. TXT \"v=spf1 exists:%{l1r+}.%{d}\"
        remote-users._spf.example.com. TXT \"v=spf1 exists:%{ir}.%{l1r+}.%{d}\"",
    );
    for (ip, localpart, result) in [
        ("192.0.2.129", "anyone", SpfResult::Pass),
        ("203.0.113.9", "mary", SpfResult::Pass),
        ("203.0.113.9", "fred+list", SpfResult::Pass),
        ("203.0.113.9", "joel", SpfResult::Fail),
        ("192.168.15.15", "joel", SpfResult::Pass),
        ("192.168.15.16", "joel", SpfResult::Pass),
        ("192.168.15.17", "joel", SpfResult::Fail),
    ] {
        let outcome = ask(&sim, ip, &format!("{localpart}@example.com")).await;
        assert_eq!(outcome.result, result, "{ip} {localpart}: {outcome:?}");
    }
}

/// RFC 7208 appendix A.4.
#[tokio::test]
async fn several_requirements() {
    let sim = zone(
        "example.com. TXT \"v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all\"
        ip4._spf.example.com. TXT \"v=spf1 -ip4:192.0.2.0/24 +all\"
        ptr._spf.example.com. TXT \"v=spf1 -ptr:example.com +all\"",
    );
    for (ip, result) in
        [("192.0.2.65", SpfResult::Pass), ("192.0.2.140", SpfResult::Fail), ("10.0.0.4", SpfResult::Fail)]
    {
        let outcome = ask(&sim, ip, "a@example.com").await;
        assert_eq!(outcome.result, result, "{ip}: {outcome:?}");
    }
}

/// Wherever DNS fails for a time, the result is `temperror`, or `pass` when an earlier term let the client pass.
#[tokio::test]
async fn temporary_failures_are_never_a_verdict() {
    for failure in ["servfail", "bogus"] {
        for (record, failing) in [
            ("v=spf1 -all", "example.com. TXT"),
            ("v=spf1 a:x.example -all", "x.example. A"),
            ("v=spf1 mx:x.example -all", "x.example. MX"),
            ("v=spf1 mx -all", "mail-b.example.com. A"),
            ("v=spf1 exists:x.example -all", "x.example. ANY"),
            ("v=spf1 -exists:x.example +all", "x.example. ANY"),
            ("v=spf1 include:x.example -all", "x.example. TXT"),
            ("v=spf1 redirect=x.example", "x.example. TXT"),
            ("v=spf1 ptr -all", "7.2.0.192.in-addr.arpa. PTR"),
            ("v=spf1 ptr ~all", "n.example.com. A"),
            ("v=spf1 ptr ?all", "n.example.com. A"),
            ("v=spf1 ptr", "n.example.com. A"),
            ("v=spf1 exists:%{p}.ok.example -all", "n.example.com. A"),
            ("v=spf1 ptr a:1.example a:2.example a:3.example -all", "n.example.com. A"),
        ] {
            let sim = zone(&format!(
                "example.com. TXT \"{record}\"
                7.2.0.192.in-addr.arpa. PTR n.example.com.
                {failing} ; {failure}"
            ));
            let outcome = ask(&sim, "192.0.2.7", "a@example.com").await;
            assert_eq!(outcome.result, SpfResult::TempError, "{record}: {outcome:?}");
            assert!(!outcome.authentic && outcome.problem.is_some(), "{record}: {outcome:?}");
            assert_eq!((outcome.mechanism, outcome.explanation), (None, None));
        }
    }
    let sim = zone("example.com. TXT \"v=spf1 ptr ip4:192.0.2.7 -all\"\n7.2.0.192.in-addr.arpa. ANY ; bogus");
    assert_eq!(ask(&sim, "192.0.2.7", "a@example.com").await.result, SpfResult::Pass);
}

/// What a hostile domain and a hostile client can make us ask.
#[tokio::test]
async fn queries_are_bounded() {
    use std::fmt::Write;
    let mut bombs = String::new();
    for n in 0..20 {
        for host in 0..10 {
            let _ = writeln!(bombs, "m{n}.evil.example. MX {host} h{host}.m{n}.evil.example.");
            for address in 0..10 {
                let _ = writeln!(bombs, "h{host}.m{n}.evil.example. A 198.51.100.{address}");
            }
        }
        let _ = writeln!(bombs, "i{n}.evil.example. TXT \"v=spf1 include:i{}.evil.example\"", n + 1);
        let _ = writeln!(bombs, "7.2.0.192.in-addr.arpa. PTR p{n}.evil.example.");
        let _ = writeln!(bombs, "p{n}.evil.example. A 198.51.100.{n}");
        let _ = writeln!(bombs, "eleven.evil.example. MX {n} h{n}.evil.example.");
    }
    let hosts = (0..10).map(|n| format!("mx:m{n}.evil.example ")).collect::<String>();
    let full = MAX_QUERIES;
    for (terms, queries) in [
        // The worst there is: the explanation is asked for, too.
        (format!("{hosts}-all exp=e.evil.example"), full),
        (format!("{hosts}-all exp=%{{p}}.evil.example"), full - 1),
        (format!("{hosts}mx:m10.evil.example -all"), full - 1),
        ("ptr ".repeat(10) + "-all exp=%{p}.evil.example", 13),
        ("exists:%{p}.%{p}.evil.example ".repeat(20), 15),
        ("include:i0.evil.example".to_owned(), 11),
        ("include:evil.example ".repeat(3000), 11),
        ("redirect=evil.example".to_owned(), 11),
        ("mx:eleven.evil.example".to_owned(), 2),
        ("a:%{i}.void.example ".repeat(20), 4),
        (format!("exists:{}a.example -all", "%{s}".repeat(10_000)), 1),
        (format!("a:{}a.example -all", "label.".repeat(1000)), 2),
    ] {
        let sim = SimResolver::from_zone(&bombs).unwrap();
        sim.add(&format!("evil.example. TXT \"v=spf1 {terms}\"")).unwrap();
        let outcome = ask(&sim, "192.0.2.7", "a@evil.example").await;
        let head: String = terms.chars().take(60).collect();
        assert_eq!(sim.query_count(), queries, "{head}: {outcome:?}");
        assert!(sim.query_count() <= MAX_QUERIES);
        assert!(
            outcome.lookups <= MAX_LOOKUPS && outcome.void_lookups <= MAX_VOID_LOOKUPS + 1,
            "{outcome:?}"
        );
        assert!(outcome.record.is_some_and(|record| record.len() <= MAX_RECORD_KEPT));
        assert!(outcome.problem.is_none_or(|problem| problem.len() <= MAX_PROBLEM));
    }
}

#[tokio::test]
async fn voids_of_another_family_do_not_count_for_mail_hosts() {
    let sim = zone("example.com. TXT \"v=spf1 mx mx:example.org mx ip6:2001:db8::/32 -all\"");
    let outcome = ask(&sim, "2001:db8::1", "a@example.com").await;
    assert_eq!((outcome.result, outcome.lookups, outcome.void_lookups), (SpfResult::Pass, 3, 0));
    assert_eq!(outcome.mechanism.as_deref(), Some("ip6:2001:db8::/32"));
}

#[tokio::test]
async fn every_result_carries_what_it_rests_on() {
    let sim = zone(
        "pass.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
        mapped.example. TXT \"v=spf1 ip6:::ffff:192.0.2.7 -all\"
        insecure.example. TXT \"v=spf1 a ~all\" ; insecure
        neutral.example. TXT \"v=spf1\"
        two.example. TXT \"v=spf1 -all\"
        two.example. TXT \"v=spf1 ?all\"
        bad.example. TXT \"v=spf1 ip4:192.0.2.7 foo:bar\"
        none.example. TXT \"something else\"
        include-none.example. TXT \"v=spf1 include:none.example -all\"",
    );
    for (domain, result, mechanism, problem, authentic) in [
        ("pass.example", SpfResult::Pass, Some("ip4:192.0.2.0/24"), "", true),
        ("mapped.example", SpfResult::Fail, Some("all"), "", true),
        ("insecure.example", SpfResult::SoftFail, Some("all"), "", false),
        ("neutral.example", SpfResult::Neutral, None, "", true),
        ("two.example", SpfResult::PermError, None, "two.example has 2 spf records", true),
        ("bad.example", SpfResult::PermError, None, "unknown mechanism: \"foo:bar\" at octet 21", true),
        ("none.example", SpfResult::None, None, "none.example has no spf record", true),
        ("missing.example", SpfResult::None, None, "missing.example: no such name", true),
        ("localhost", SpfResult::None, None, "not a domain of several labels", true),
        ("[192.0.2.7]", SpfResult::None, None, "not a domain of several labels", true),
        (
            "include-none.example",
            SpfResult::PermError,
            None,
            "include:none.example: none.example has no",
            true,
        ),
    ] {
        for ip in ["192.0.2.7", "::ffff:192.0.2.7"] {
            let outcome = ask(&sim, ip, &format!("a@{domain}")).await;
            assert_eq!((outcome.result, outcome.mechanism.as_deref()), (result, mechanism), "{domain}");
            let found = outcome.problem.unwrap_or_default();
            assert!(found.contains(problem) && problem.is_empty() == found.is_empty(), "{domain}: {found}");
            assert_eq!((outcome.authentic, outcome.domain.as_str()), (authentic, domain), "{domain}");
            assert_eq!(outcome.identity, Identity::MailFrom);
        }
    }
}

#[tokio::test]
async fn the_null_reverse_path_means_helo() {
    let sim = zone(
        "client.example.net. TXT \"v=spf1 exists:%{l}.%{o}.%{h} -all\"\npostmaster.client.example.net.client.example.net. A 127.0.0.1",
    );
    let outcome = ask(&sim, "192.0.2.7", "").await;
    assert_eq!((outcome.result, outcome.identity), (SpfResult::Pass, Identity::Helo));
    let helo: IpDomain = "[192.0.2.7]".parse().unwrap();
    let outcome = check_helo(&sim, &query("192.0.2.7", &helo, None)).await;
    assert_eq!((outcome.result, outcome.domain.as_str()), (SpfResult::None, "[192.0.2.7]"));
}

#[tokio::test]
async fn explanations_are_plain_text_of_the_record_that_decided() {
    let sim = zone(
        "ok.example. TXT \"v=spf1 -all exp=why.%{d}\"
        why.ok.example. TXT \"%{i} may not use %{o} at %{r} (%{t}) %{p}\"
        r.example. TXT \"v=spf1 redirect=ok.example exp=other.example\"
        other.example. TXT \"other\"
        soft.example. TXT \"v=spf1 ~all exp=other.example\"
        long.example. TXT \"v=spf1 -all exp=why.%{d}\"
        utf8.example. TXT \"v=spf1 -all exp=why.%{d}\"
        why.utf8.example. TXT \"caf\u{e9}\"
        local.example. TXT \"v=spf1 -all exp=why.%{d}\"
        why.local.example. TXT \"%{l}\"
        slow.example. TXT \"v=spf1 -all exp=why.%{d}\"
        why.slow.example. ANY ; servfail
        insecure.example. TXT \"v=spf1 -all exp=why.%{d}\"
        why.insecure.example. TXT \"fine\" ; insecure",
    );
    sim.add(&format!("why.long.example. TXT \"{}\"", "long ".repeat(1000))).unwrap();
    let text = "192.0.2.7 may not use ok.example at mx.example.net (1795000000) unknown";
    for (address, explanation) in [
        ("a@ok.example", Some(text)),
        ("a@r.example", Some(&*text.replace("ok.example", "r.example"))),
        ("a@soft.example", None),
        ("a@utf8.example", None),
        ("a@local.example", Some("a")),
        ("\u{fc}@local.example", None),
        ("a@slow.example", None),
        ("a@insecure.example", Some("fine")),
    ] {
        let outcome = ask(&sim, "192.0.2.7", address).await;
        assert_eq!(outcome.explanation.as_deref(), explanation, "{address}");
        assert!(outcome.authentic && outcome.problem.is_none(), "{address}");
    }
    let outcome = ask(&sim, "192.0.2.7", "a@long.example").await;
    assert_eq!(outcome.explanation.map(|text| text.len()), Some(MAX_EXPLANATION));
}

/// RFC 8616 §4.
#[tokio::test]
async fn localparts_beyond_ascii_match_no_name() {
    let sim = zone("example.com. TXT \"v=spf1 exists:%{l}.example.com ?all\"\n*.example.com. A 127.0.0.1");
    assert_eq!(ask(&sim, "192.0.2.7", "a@example.com").await.result, SpfResult::Pass);
    assert_eq!(ask(&sim, "192.0.2.7", "\u{fc}@example.com").await.result, SpfResult::Neutral);
}

#[tokio::test]
async fn received_spf_fields() {
    let sim = zone(
        "example.com. TXT \"v=spf1 mx -all\"
        broken.example. TXT \"v=spf1 foo\\\\)\\\"\"
        client.example.net. TXT \"v=spf1\"",
    );
    let helo: IpDomain = "client.example.net".parse().unwrap();
    for (address, ip, expected) in [
        (
            "a@example.com",
            "192.0.2.129",
            "Received-SPF: pass\r\n (mx.example.net: domain of a@example.com lets 192.0.2.129 send)\r\n \
             receiver=mx.example.net; client-ip=192.0.2.129;\r\n envelope-from=\"a@example.com\"; \
             helo=client.example.net; identity=mailfrom;\r\n mechanism=mx\r\n",
        ),
        (
            "",
            "2001:db8::1",
            "Received-SPF: neutral (mx.example.net: domain of\r\n postmaster@client.example.net says nothing of \
             2001:db8::1)\r\n receiver=mx.example.net; client-ip=\"2001:db8::1\"; envelope-from=\"\";\r\n \
             helo=client.example.net; identity=helo; mechanism=default\r\n",
        ),
    ] {
        let path: Option<Path> = address.parse().ok();
        let query = query(ip, &helo, path.as_ref());
        let outcome = check(&sim, &query).await;
        let field = received_spf(&outcome, &query);
        assert_eq!(field.replace("\r\n", ""), expected.replace("\r\n", ""), "{field}");
        assert!(field.split("\r\n").all(|line| line.len() <= 78 || !line.trim().contains(' ')), "{field}");
    }
    let path: Path = "\"a) b\\\"\"@broken.example".parse().unwrap();
    let query = query("192.0.2.7", &helo, Some(&path));
    let field = received_spf(&check(&sim, &query).await, &query);
    assert!(
        field.starts_with("Received-SPF: permerror") && field.contains("problem=\"record of "),
        "{field}"
    );
    assert_eq!(field.matches("\r\n").count(), field.matches('\n').count());
}

proptest! {
    #[test]
    fn what_parses_is_written_so_that_it_parses(text in "(v=spf1)?( [+?~-]?(a|mx|ptr|all|ip4|ip6|include|exists|exp|redirect|x)?[:=/]?[a-z0-9%{}./:r_-]{0,12}){0,4}") {
        if let Ok(record) = Record::parse(&text) {
            let written = record.to_string();
            prop_assert_eq!(Record::parse(&written), Ok(record), "{}", written);
        }
    }

    #[test]
    fn any_text_is_taken(text in "\\PC{0,60}", spf in "v=spf1 \\PC{0,60}") {
        let _ = Record::parse(&text);
        let _ = Record::parse(&spf);
        for place in [Place::Domain, Place::Value, Place::Explanation] {
            if let Ok(parsed) = MacroString::parse(&text, place) {
                prop_assert_eq!(MacroString::parse(&parsed.to_string(), place), Ok(parsed));
            }
        }
    }

    #[test]
    fn networks_hold_what_shares_their_bits(a: u32, flip in 0u8..32, bits in 0u8..=32) {
        let sim = format!("v=spf1 ip4:{}/{bits} ?all", std::net::Ipv4Addr::from(a));
        let client = IpAddr::V4((a ^ (1 << (31 - flip))).into());
        let zone = SimResolver::from_zone(&format!("a.example. TXT \"{sim}\"")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(ask(&zone, &client.to_string(), "b@a.example"));
        prop_assert_eq!(outcome.result == SpfResult::Pass, flip >= bits);
    }
}

//! Tests of causes: what each record is told as.

use std::collections::BTreeSet;

use mox_clock::Timestamp;
use mox_dmarc::{Alignment, Policy};

use super::{IDS, cause, overview, row_line};
use crate::AuthResult::{Fail, Neutral, None as Nothing, Pass, PermError, SoftFail, TempError};
use crate::*;

/// Mail of example.org from 192.0.2.1 that failed, with signatures (domain, result) and SPF of the envelope's domain.
fn failing(dkim: &[(&str, AuthResult)], spf: &str, result: AuthResult) -> Record {
    let signature = |(domain, result): &(&str, AuthResult)| DkimAuth {
        domain: (*domain).to_owned(),
        selector: "s1".to_owned(),
        result: *result,
        human_result: String::new(),
    };
    Record {
        source_ip: "192.0.2.1".parse().ok(),
        count: 7,
        disposition: Action::Reject,
        dkim: false,
        spf: false,
        reasons: Vec::new(),
        header_from: "example.org".to_owned(),
        envelope_from: Some(spf.to_owned()),
        envelope_to: None,
        dkim_results: dkim.iter().map(signature).collect(),
        spf_results: vec![SpfAuth {
            domain: spf.to_owned(),
            scope: Some(Scope::MFrom),
            result,
            human_result: String::new(),
        }],
    }
}

/// The same when it passed.
fn passing(dkim: bool, spf: bool, record: Record) -> Record {
    Record { dkim, spf, disposition: Action::Pass, ..record }
}

fn reject() -> PolicyPublished {
    PolicyPublished {
        domain: "example.org".to_owned(),
        p: Some(Policy::Reject),
        sp: Some(Policy::Reject),
        ..PolicyPublished::default()
    }
}

fn let_through(mut record: Record, kind: Option<ReasonKind>, comment: &str) -> Record {
    record.disposition = Action::None;
    record.reasons = kind.into_iter().map(|kind| Reason { kind, comment: comment.to_owned() }).collect();
    record
}

#[test]
fn what_failed_has_a_cause_and_a_mend() {
    let nobody = || failing(&[], "", Nothing);
    let own = |result| failing(&[("example.org", result)], "example.org", Fail);
    for (record, id, what, mend) in [
        // Signatures.
        (own(Fail), "dkim-fail", "signature of example.org with selector s1", "s1._domainkey.example.org"),
        (
            own(PermError),
            "dkim-key-missing",
            "selector s1 of example.org",
            "publish the key at `s1._domainkey",
        ),
        (own(AuthResult::Policy), "dkim-policy", "not acceptable", "2048 bits"),
        (own(Nothing), "spf-fail-dkim-missing", "not signed", "`mox spf check example.org 192.0.2.1`"),
        (own(TempError), "temperror", "DKIM was looked up at s1._domainkey.example.org", "name servers"),
        (
            failing(&[("sendgrid.net", Pass)], "em1.example.org", Fail),
            "dkim-unaligned",
            "SendGrid (sendgrid.net) signs mail as example.org",
            "DKIM for example.org at SendGrid (\"Domain Authentication\": CNAME records), so that it signs with `d=example.org`",
        ),
        (
            failing(&[("esp.example", Pass), ("a.amazonses.com", Pass)], "esp.example", Pass),
            "dkim-unaligned",
            "Amazon SES (a.amazonses.com)",
            "Easy DKIM",
        ),
        (
            failing(&[("esp.example", Pass)], "", Nothing),
            "dkim-unaligned",
            "esp.example signs mail as",
            "set up a DKIM domain at esp.example",
        ),
        // SPF.
        (
            failing(&[], "bounces.mailgun.org", Pass),
            "spf-unaligned",
            "Mailgun (bounces.mailgun.org) sends mail as example.org",
            "(such as `bounce.example.org` with `include:mailgun.org` in its SPF record)",
        ),
        (
            failing(&[], "esp.example", Pass),
            "spf-unaligned",
            "esp.example",
            "(such as `bounce.example.org`);",
        ),
        (
            failing(&[], "mail.example.org", SoftFail),
            "spf-softfail",
            "SPF record of mail.example.org",
            "`ip4:`",
        ),
        (failing(&[], "example.org", Neutral), "spf-softfail", "`?all`", "`include:`"),
        (
            failing(&[], "example.org", PermError),
            "spf-permerror",
            "example.org",
            "`mox spf lookup example.org`",
        ),
        (
            failing(&[], "example.org", TempError),
            "temperror",
            "SPF was looked up at example.org",
            "name servers",
        ),
        (failing(&[], "example.org", Nothing), "spf-missing", "has no SPF record", "`v=spf1 -all`"),
        // On the way.
        (
            failing(&[("example.org", Fail), ("lists.example.net", Pass)], "lists.example.net", Pass),
            "mailing-list",
            "sent by lists.example.net",
            "ask the list",
        ),
        // What a service sends with the wrong key is no list.
        (
            failing(&[("example.org", Fail)], "x.amazonses.com", Pass),
            "dkim-fail",
            "s1",
            "mox dkim lookup s1 example.org",
        ),
        (
            let_through(own(Fail), Some(ReasonKind::MailingList), ""),
            "mailing-list",
            "the receiver",
            "the list",
        ),
        (
            let_through(own(Fail), Some(ReasonKind::Forwarded), ""),
            "forwarded",
            "says the receiver",
            "nothing to mend",
        ),
        (
            let_through(own(Fail), Some(ReasonKind::TrustedForwarder), ""),
            "forwarded",
            "forwarded",
            "`d=example.org`",
        ),
        (
            let_through(own(Fail), Some(ReasonKind::LocalPolicy), "ARC=pass"),
            "forwarded",
            "forwarded",
            "nothing",
        ),
        // Nothing of the own domain.
        (nobody(), "unauthorised", "nothing in mail as example.org", "the policy (reject) did its work"),
        (
            failing(&[("spam.example", Fail)], "spam.example", Fail),
            "unauthorised",
            "example.org",
            "192.0.2.1 is yours",
        ),
        (
            let_through(nobody(), Some(ReasonKind::LocalPolicy), "known host"),
            "policy-not-applied",
            "nothing in mail",
            "receivers may do less",
        ),
        (
            let_through(nobody(), Some(ReasonKind::SampledOut), ""),
            "policy-not-applied",
            "nothing",
            "take `pct` out",
        ),
        (
            let_through(nobody(), Some(ReasonKind::PolicyTestMode), ""),
            "policy-not-applied",
            "nothing",
            "`t=y`",
        ),
        (let_through(nobody(), None, ""), "policy-not-applied", "nothing", "receivers may do less"),
        // The reporter sees another organization.
        (
            failing(&[("example.org", Pass)], "", Nothing),
            "inconsistent",
            "DKIM of example.org passes",
            "itself",
        ),
        (failing(&[], "example.org", Pass), "inconsistent", "SPF of example.org passes", "compare"),
    ] {
        let told = cause(&record, &reject()).unwrap();
        assert_eq!(told.id, id, "{told:?}");
        assert!(told.what.contains(what) && told.mend.contains(mend), "{told:?}");
        assert!(!told.meaning.is_empty() && !told.mend.ends_with('.'), "{told:?}");
    }
}

#[test]
fn what_passed_has_a_cause_where_a_leg_is_missing() {
    let record = |dkim, spf: AuthResult| failing(&[("example.org", dkim)], "example.org", spf);
    let unsigned = failing(&[], "example.org", Pass);
    let third = |dkim, spf| failing(&[("example.org", dkim)], "x.amazonses.com", spf);
    let overdone = Record { disposition: Action::Quarantine, ..passing(true, true, record(Pass, Pass)) };
    for (record, id) in [
        (passing(true, true, record(Pass, Pass)), None),
        (overdone, Some("policy-overdone")),
        // DKIM carries.
        (passing(true, false, record(Pass, Fail)), Some("forwarded")),
        (passing(true, false, record(Pass, Neutral)), Some("forwarded")),
        (passing(true, false, record(Pass, PermError)), Some("spf-permerror")),
        (passing(true, false, record(Pass, Nothing)), Some("spf-missing")),
        (passing(true, false, record(Pass, TempError)), None),
        // A service with an envelope of its own and the customer's DKIM domain is as it should be.
        (passing(true, false, third(Pass, Pass)), None),
        (passing(true, false, third(Pass, Fail)), None),
        // SPF carries.
        (passing(false, true, unsigned), Some("dkim-missing")),
        (passing(false, true, record(Fail, Pass)), Some("dkim-fail")),
        (passing(false, true, record(PermError, Pass)), Some("dkim-key-missing")),
        (passing(false, true, record(TempError, Pass)), Some("temperror")),
        (
            passing(false, true, failing(&[("sendgrid.net", Pass)], "example.org", Pass)),
            Some("dkim-unaligned"),
        ),
    ] {
        let told = cause(&record, &reject());
        assert_eq!(told.as_ref().map(|one| one.id), id, "{record:?}");
        if let Some(told) = told.filter(|_| record.spf && !record.dkim) {
            assert!(told.meaning.ends_with("SPF carries it as long as nobody forwards the mail"), "{told:?}");
        }
    }
}

#[test]
fn strict_alignment_is_seen_where_relaxed_would_do() {
    let strict =
        PolicyPublished { adkim: Some(Alignment::Strict), aspf: Some(Alignment::Strict), ..reject() };
    let dkim = failing(&[("mail.example.org", Pass)], "", Nothing);
    let spf = failing(&[], "bounce.example.org", Pass);
    for (record, mend) in
        [(&dkim, "set `adkim=r` in the record at `_dmarc.example.org`"), (&spf, "set `aspf=r`")]
    {
        let told = cause(record, &strict).unwrap();
        assert_eq!(told.id, "strict-alignment");
        assert!(told.mend.contains(mend), "{told:?}");
        assert_eq!(cause(record, &reject()).unwrap().id, "inconsistent");
    }
    let carried = cause(&passing(false, true, dkim), &strict).unwrap();
    assert_eq!(carried.id, "strict-alignment");
}

#[test]
fn weak_policies_for_subdomains_are_seen() {
    let mut record = let_through(failing(&[], "", Nothing), None, "");
    record.header_from = "shop.example.org".to_owned();
    let weak = PolicyPublished { sp: Some(Policy::None), ..reject() };
    let told = cause(&record, &weak).unwrap();
    assert_eq!(told.id, "subdomain-policy");
    assert!(told.mend.contains("set `sp=reject` in the record at `_dmarc.example.org`"), "{told:?}");
    // Without `sp` the policy of the domain is for what is below, too.
    let same = PolicyPublished { sp: None, ..reject() };
    assert_eq!(cause(&record, &same).unwrap().id, "policy-not-applied");
    let none = PolicyPublished { p: None, sp: None, ..reject() };
    let told = cause(&record, &none).unwrap();
    assert_eq!(told.id, "unauthorised");
    assert!(told.mend.contains("`p=quarantine` or `p=reject` at `_dmarc.example.org`"), "{told:?}");
}

#[test]
fn what_was_done_instead_is_told_with_the_cause() {
    let record = let_through(failing(&[], "example.org", Fail), Some(ReasonKind::LocalPolicy), "");
    let told = cause(&record, &reject()).unwrap();
    assert_eq!(told.id, "spf-fail-dkim-missing");
    assert!(told.meaning.ends_with("did less than the policy asks (none, reason local_policy)"), "{told:?}");
    let refused = Record { disposition: Action::Reject, ..record };
    assert!(!cause(&refused, &reject()).unwrap().meaning.contains("did less"));
}

#[test]
fn what_is_not_known_leaves_a_sentence_whole() {
    let mut record = failing(&[("example.org", PermError)], "example.org", Fail);
    record.dkim_results[0].selector = String::new();
    record.dkim_results[0].human_result = format!("no\u{1b}[31m key{}", "x".repeat(500));
    record.source_ip = None;
    let told = cause(&record, &reject()).unwrap();
    assert!(told.mend.contains("`<selector>._domainkey.example.org`"), "{told:?}");
    assert!(told.meaning.contains("(the reporter says: no[31m keyx") && told.meaning.len() < 400, "{told:?}");
    record.dkim_results.clear();
    assert!(!cause(&record, &reject()).unwrap().mend.contains("spf check"));
    record.spf_results.clear();
    assert!(cause(&record, &PolicyPublished::default()).unwrap().mend.contains("if its address is yours"));
}

#[test]
fn ids_are_listed_and_every_combination_has_one_of_them() {
    assert!(IDS.is_sorted());
    let mut met = BTreeSet::new();
    let domains = ["example.org", "mail.example.org", "sendgrid.net", "esp.example"];
    let strict = PolicyPublished { adkim: Some(Alignment::Strict), ..reject() };
    let weak = PolicyPublished { sp: Some(Policy::None), ..reject() };
    for signer in domains {
        for dkim in AuthResult::ALL {
            for sender in domains {
                for spf in AuthResult::ALL {
                    let record = failing(&[(signer, dkim)], sender, spf);
                    let list = let_through(record.clone(), Some(ReasonKind::MailingList), "");
                    let below = Record { header_from: "shop.example.org".to_owned(), ..record.clone() };
                    let unsigned = passing(false, true, failing(&[], sender, spf));
                    for (record, policy) in [
                        (&record, &reject()),
                        (&record, &strict),
                        (&list, &reject()),
                        (&let_through(record.clone(), None, ""), &reject()),
                        (&Record { dkim: true, ..record.clone() }, &reject()),
                        (&passing(true, false, record.clone()), &reject()),
                        (&unsigned, &reject()),
                        (&below, &weak),
                    ] {
                        let told = cause(record, policy);
                        assert!(told.is_some() || record.passes());
                        met.extend(told.map(|one| one.id));
                    }
                }
            }
        }
    }
    assert_eq!(met.into_iter().collect::<Vec<_>>(), IDS);
}

#[test]
fn a_row_is_a_line() {
    let mut record = failing(
        &[("a.example", Fail), ("b.example", Pass), ("c.example", Pass), ("d.example", Pass)],
        "bounce.example",
        SoftFail,
    );
    record.reasons = [(ReasonKind::LocalPolicy, "a list"), (ReasonKind::Other, "")]
        .map(|(kind, comment)| Reason { kind, comment: comment.to_owned() })
        .to_vec();
    assert_eq!(
        row_line(&record),
        "7 messages from 192.0.2.1 as example.org failed and were rejected: DKIM fail (fail a.example, pass b.example, \
         pass c.example, 1 more), SPF fail (softfail bounce.example); reason local_policy (a list), other"
    );
    let one = Record {
        count: 1,
        source_ip: None,
        ..passing(true, true, failing(&[("example.org", Pass)], "example.org", Pass))
    };
    assert_eq!(
        row_line(&one),
        "1 message from an address that is not told as example.org passed: DKIM pass (pass example.org), SPF pass (pass \
         example.org)"
    );
    let bare = Record {
        count: 1,
        disposition: Action::Quarantine,
        spf_results: Vec::new(),
        ..failing(&[], "", Nothing)
    };
    assert_eq!(
        row_line(&bare),
        "1 message from 192.0.2.1 as example.org failed and was quarantined: DKIM fail (none), SPF fail (none)"
    );
}

#[test]
fn a_report_is_a_line() {
    let mut report = Feedback {
        metadata: Metadata {
            org_name: "Receiver".to_owned(),
            email: "a@receiver.example".to_owned(),
            report_id: "abc".to_owned(),
            begin: Timestamp::from_secs(0),
            end: Timestamp::from_secs(86_399),
            ..Metadata::default()
        },
        policy: reject(),
        records: vec![failing(&[], "", Nothing), passing(true, true, failing(&[], "", Nothing))],
        ..Feedback::default()
    };
    assert_eq!(
        overview(&report),
        "Receiver (a@receiver.example) reports on 14 messages as example.org on 1970-01-01 under p=reject: 7 passed, 7 \
         failed; report abc"
    );
    report.metadata =
        Metadata { begin: Timestamp::from_secs(60), end: Timestamp::from_secs(120), ..Metadata::default() };
    report.policy = PolicyPublished::default();
    report.records.clear();
    assert_eq!(
        overview(&report),
        "somebody who is not named reports on 0 messages as a domain that is not named from 1970-01-01T00:01:00Z to \
         1970-01-01T00:02:00Z: 0 passed, 0 failed; report "
    );
}

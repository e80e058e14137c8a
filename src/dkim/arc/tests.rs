//! Chains made by a small sealer, whole and broken in every way.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mox_dns::sim::SimResolver;

use super::*;
use crate::canon::Canon;
use crate::tests::{ED, NOW, block, crlf, zone};

const PLAIN: &str = "From: a@example.org\r\nTo: b@example.com\r\nSubject: hello\r\n\r\nfirst line\r\n";

/// Adds a set; `change` may spoil each field before it is signed.
fn seal(message: &str, instance: u32, change: &dyn Fn(&str, String) -> String) -> String {
    let cv = if instance == 1 { "none" } else { "pass" };
    let results = change(
        "AAR",
        format!(
            "ARC-Authentication-Results: i={instance}; mx{instance}.example.net (a;b);\r\n spf=pass \
             smtp.mailfrom=\"a;b\"@example.org; dkim=Fail (no; key); none\r\n"
        ),
    );
    let mut bodies = BodyHashes::default();
    bodies.want(Canon::Relaxed, None);
    bodies.write(mox_message::split(message.as_bytes()).1);
    let body = STANDARD.encode(bodies.finish()[0].hash);
    let sign = |hash: [u8; 32]| STANDARD.encode(ED.sign(&hash).unwrap());
    let open = change(
        "AMS",
        format!(
            "ARC-Message-Signature: i={instance}; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=ed;\r\n \
             h=from:to:subject; bh={body};\r\n b="
        ),
    );
    let header = Header::of(message.as_bytes());
    let own = OwnField { raw: open.as_bytes().into(), start: None };
    let names = ["from".to_owned(), "to".to_owned(), "subject".to_owned()];
    let signature = format!("{open}{}\r\n", sign(FieldIndex::of(&header).hash(Canon::Relaxed, &names, &own)));
    let open = change(
        "AS",
        format!(
            "ARC-Seal: i={instance}; a=ed25519-sha256; cv={cv}; d=example.org; s=ed; t=1600000000;\r\n b="
        ),
    );
    // The fields of earlier sets stand newest first, seal first.
    let mut earlier: Vec<&[u8]> =
        header.fields().filter(|f| f.name.starts_with("ARC-")).map(|f| f.raw).collect();
    earlier.reverse();
    earlier.extend([results.as_bytes(), signature.as_bytes()]);
    let own = OwnField { raw: open.as_bytes().into(), start: None };
    let seal = format!("{open}{}\r\n", sign(sealed(earlier.into_iter(), &own)));
    format!("{seal}{signature}{results}{message}")
}

fn same(_: &str, field: String) -> String {
    field
}

fn chain(sets: u32) -> String {
    (1..=sets).fold(PLAIN.to_owned(), |message, instance| seal(&message, instance, &same))
}

fn verify_with(message: &str, dns: &SimResolver) -> Chain {
    let mut chains = [1, 13, message.len()].map(|size| {
        let mut verifier = Verifier::new();
        message.as_bytes().chunks(size).for_each(|piece| verifier.write(piece));
        block(verifier.finish(dns, NOW))
    });
    assert_eq!(chains[0], chains[1]);
    assert_eq!(chains[0], chains[2]);
    std::mem::replace(&mut chains[0], Chain::none())
}

fn verify(message: &str) -> Chain {
    verify_with(message, &zone(""))
}

#[test]
fn whole_chains_pass() {
    assert_eq!(verify(PLAIN), Chain::none());
    for sets in [1, 2, 3, 50] {
        let got = verify(&chain(sets));
        assert_eq!(
            (got.result, got.instances, got.oldest_pass),
            (ArcResult::Pass, sets, Some(0)),
            "{got:#?}"
        );
        assert!(got.sets.iter().all(|s| s.seal == Some(true) && s.signature == Some(true)));
    }
    let got = verify(&chain(1));
    let set = &got.sets[0];
    assert_eq!((set.authserv_id.as_str(), set.chain_validation.as_str()), ("mx1.example.net", "none"));
    let claims: Vec<_> = set.claims.iter().map(|c| (c.method.as_str(), c.result.as_str())).collect();
    assert_eq!(claims, [("spf", "pass"), ("dkim", "fail")]);
    assert_eq!(set.claims[0].text, "spf=pass smtp.mailfrom=\"a;b\"@example.org");
    let dns = zone("");
    let mut verifier = Verifier::new();
    verifier.write(chain(50).as_bytes());
    block(verifier.finish(&dns, NOW));
    assert_eq!(dns.query_count(), 1, "each key is asked for once");
}

#[test]
fn changes_on_the_way_are_told() {
    let first = chain(1);
    let changed = first.replace("Subject: hello", "Subject: [list] hello");
    let got = verify(&changed);
    assert_eq!(got.result, ArcResult::Fail);
    assert_eq!(got.reason.as_deref(), Some("signature of instance 1: it does not match"));
    let got = verify(&seal(&changed, 2, &same));
    assert_eq!((got.result, got.oldest_pass), (ArcResult::Pass, Some(2)), "{got:#?}");
    assert_eq!((got.sets[0].signature, got.sets[1].signature), (Some(false), Some(true)));
    let got = verify(&first.replace("first line", "other line"));
    assert_eq!(
        got.reason.as_deref(),
        Some("signature of instance 1: the body was changed: its hash does not match")
    );
    let forged = chain(2).replace("mx1.example.net", "mx9.example.net");
    let got = verify(&forged);
    assert_eq!(got.reason.as_deref(), Some("seal of instance 2: it does not match"), "{got:#?}");
}

#[test]
fn sets_that_do_not_fit() {
    let spoil = |from: &'static str, to: &'static str| move |_: &str, field: String| field.replace(from, to);
    let drop = |message: &str, name: &str| {
        let header = Header::of(message.as_bytes());
        let field = header.get(name).unwrap();
        format!("{}{}", &message[..field.start], &message[field.range().end..])
    };
    let twice = |message: &str, name: &str| {
        let field = Header::of(message.as_bytes()).get(name).unwrap().raw;
        format!("{}{message}", String::from_utf8_lossy(field))
    };
    let two = chain(2);
    let cases = [
        (drop(&two, "ARC-Seal"), "instance 2 has no ARC-Seal"),
        (drop(&two, "ARC-Message-Signature"), "instance 2 has no ARC-Message-Signature"),
        (drop(&two, "ARC-Authentication-Results"), "instance 2 has no ARC-Authentication-Results"),
        (twice(&two, "ARC-Seal"), "instance 2 has more than one ARC-Seal"),
        (seal(PLAIN, 2, &same), "instance 1 is missing"),
        (seal(&chain(1), 3, &same), "instance 2 is missing"),
        (chain(51), "instance 51 is not between 1 and 50"),
        (seal(PLAIN, 1, &spoil("cv=none", "cv=pass")), "says cv=\"pass\", not none"),
        (seal(&chain(1), 2, &spoil("cv=pass", "cv=none")), "says cv=\"none\", not pass"),
        (seal(&chain(1), 2, &spoil("cv=pass", "cv=fail")), "cv=fail"),
        (seal(PLAIN, 1, &spoil("cv=none;", "cv=none; h=from;")), "must not have h="),
        (seal(PLAIN, 1, &spoil("h=from:", "h=arc-seal:from:")), "signs seals"),
        (seal(PLAIN, 1, &spoil("h=from:", "h=")), "from field is not signed"),
        (seal(PLAIN, 1, &spoil("ed25519-sha256", "rsa-sha1")), "rsa-sha1"),
        (seal(PLAIN, 1, &spoil("i=1", "i=0")), "instance 0 is not"),
        (seal(PLAIN, 1, &spoil("i=1", "i=x")), "no instance"),
        (seal(PLAIN, 1, &spoil("i=1;", "i=1; i=1;")), "more than once"),
        (seal(PLAIN, 1, &spoil("s=ed;", "s=none;")), "no such name"),
        (seal(PLAIN, 1, &spoil("h=from:", "x=1600000000; h=from:")), "expired"),
    ];
    for (message, reason) in cases {
        let got = verify(&message);
        assert_eq!((got.result, got.temporary, got.oldest_pass), (ArcResult::Fail, false, None), "{reason}");
        assert!(got.reason.as_deref().unwrap_or_default().contains(reason), "{reason}: {got:#?}");
    }
    // v= is ignored in these signatures.
    assert_eq!(verify(&seal(PLAIN, 1, &spoil("d=example", "v=7; d=example"))).result, ArcResult::Pass);
}

#[test]
fn dns_that_fails_is_told_apart() {
    for flag in ["servfail", "bogus"] {
        let dns = SimResolver::from_zone(&format!("ed._domainkey.example.org ANY ; {flag}")).unwrap();
        let got = verify_with(&chain(1), &dns);
        assert_eq!((got.result, got.temporary), (ArcResult::Fail, true), "{got:#?}");
    }
}

#[test]
fn keys_are_bounded() {
    let message = (1..=50).fold(PLAIN.to_owned(), |message, n| {
        seal(&message, n, &|_, field| field.replace("s=ed;", &format!("s=s{n};")))
    });
    let dns = zone(&crlf("*._domainkey.example.org TXT \"p=AQID\""));
    let mut verifier = Verifier::new();
    verifier.write(message.as_bytes());
    let got = block(verifier.finish(&dns, NOW));
    assert_eq!((got.result, dns.query_count()), (ArcResult::Fail, MAX_KEYS));
}

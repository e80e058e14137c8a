//! Tests of signing and verifying whole messages: the examples of the RFCs, every rule of a verifier, and properties.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_dns::Resolver;
use mox_dns::sim::SimResolver;
use proptest::prelude::*;

use crate::*;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

pub(crate) fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

pub(crate) fn block<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

fn verify_in(message: &[u8], size: usize, resolver: &dyn Resolver) -> Vec<Signature> {
    let mut verifier = Verifier::new(Limits::default());
    for piece in message.chunks(size.max(1)) {
        verifier.write(piece);
    }
    block(verifier.finish(resolver, NOW))
}

fn verify(message: &[u8], resolver: &dyn Resolver) -> Vec<Signature> {
    verify_in(message, message.len(), resolver)
}

fn results(signatures: &[Signature]) -> Vec<&'static str> {
    signatures.iter().map(|s| s.result.keyword()).collect()
}

/// As erratum 4926 (indentation) and 3192 (one space in the body) mend it.
const RFC6376: &str = "\
DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;
      c=simple/simple; q=dns/txt; i=joe@football.example.com;
      h=Received : From : To : Subject : Date : Message-ID;
      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB
      4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut
      KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV
      4bmp/YzhwvcubU4=;
Received: from client1.football.example.com  [192.0.2.1]
      by submitserver.example.com with SUBMISSION;
      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game. Are you hungry yet?

Joe.
";

const RFC8463: &str = "\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
";

const RFC_ZONE: &str = r#"
brisbane._domainkey.example.com TXT "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt" "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi" "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
brisbane._domainkey.football.example.com TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
test._domainkey.football.example.com TXT "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR" "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC" "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3" "Ip3G+2kryOTIKT+l/K4w3QIDAQAB"
"#;

#[test]
fn examples_of_the_rfcs() {
    let dns = SimResolver::from_zone(RFC_ZONE).unwrap();
    let message = crlf(RFC6376);
    let got = verify(message.as_bytes(), &dns);
    assert_eq!(results(&got), ["pass"], "{got:#?}");
    assert_eq!(got[0].identity.as_deref(), Some("joe@football.example.com"));
    assert_eq!((got[0].key_bits, got[0].b_prefix.as_deref()), (Some(1024), Some("AuUoFEfD")));

    let message = crlf(RFC8463).replace("game.  Are", "game. Are");
    let got = verify(message.as_bytes(), &dns);
    assert_eq!(results(&got), ["pass", "pass"], "{got:#?}");
    let algorithms: Vec<_> = got.iter().filter_map(|s| s.algorithm.as_deref()).collect();
    assert_eq!(algorithms, ["ed25519-sha256", "rsa-sha256"]);
    for size in 1..message.len() {
        assert_eq!(verify_in(message.as_bytes(), size, &dns), got, "pieces of {size}");
    }
}

/// Keys that all tests share: making them takes time.
pub(crate) static RSA: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate_rsa(2048).unwrap()));
pub(crate) static ED: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate_ed25519().unwrap()));

pub(crate) fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn txt(name: &str, text: &str) -> String {
    let strings: Vec<String> =
        text.as_bytes().chunks(200).map(|s| format!("\"{}\"", String::from_utf8_lossy(s))).collect();
    format!("{name} TXT {}\n", strings.join(" "))
}

pub(crate) fn zone(extra: &str) -> SimResolver {
    let rsa = txt("rsa._domainkey.example.org", &RSA.record().unwrap().to_string());
    let ed = txt("ed._domainkey.example.org", &ED.record().unwrap().to_string());
    SimResolver::from_zone(&format!("{rsa}{ed}{extra}")).unwrap()
}

pub(crate) fn sign(message: &[u8], keys: Vec<(SignOptions, Arc<SigningKey>)>, now: Timestamp) -> Vec<u8> {
    let mut signer = Signer::new(keys);
    for piece in message.chunks(7) {
        signer.write(piece);
    }
    let mut signed = signer.finish(now).unwrap().into_bytes();
    signed.extend_from_slice(message);
    signed
}

fn ed_options() -> SignOptions {
    SignOptions::new(domain("example.org"), "ed")
}

/// Signs as `change` says with the Ed25519 key.
fn signed_with(change: impl Fn(&mut SignOptions)) -> Vec<u8> {
    let mut options = ed_options();
    change(&mut options);
    sign(crlf(PLAIN).as_bytes(), vec![(options, ED.clone())], NOW)
}

const PLAIN: &str = "From: a@example.org\nTo: b@example.com\nSubject: hello\n\nfirst line\nsecond line\n";

#[test]
fn records_decide() {
    let public = ED.record().unwrap().to_string();
    let p = public.rsplit("; ").next().unwrap();
    let rsa = RSA.record().unwrap().to_string();
    let weak = "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMO6gV3A9uNPIVYr1gkN3qVrEuHBcOQ4d1v2Zq1SScgh0mBIuiF+cAxGTHs2ZcYk5Kz0dpz0vY3kyzfBnHn7IT8CAwEAAQ==";
    let message = signed_with(|_| ());
    let cases: [(&str, &str, &str); 22] = [
        (&public, "pass", ""),
        (p, "permerror", "not a public key of type rsa"),
        (&format!("k=ed25519; {p}; t=y"), "pass", ""),
        (&format!("k=ed25519; {p}; t=s"), "pass", ""),
        (&format!("k=ed25519; {p}; s=email"), "pass", ""),
        (&format!("k=ed25519; {p}; s=tlsrpt"), "permerror", "not for the service"),
        (&format!("k=ed25519; {p}; h=sha1:sha256"), "pass", ""),
        (&format!("k=ed25519; {p}; h=sha1"), "permerror", "sha256"),
        ("v=DKIM1; k=ed25519; p=", "permerror", "revoked"),
        ("v=DKIM1; k=ed25519; p=AQID", "permerror", "not a public key of type ed25519"),
        ("v=DKIM1; k=falcon; p=AQID", "permerror", "\"falcon\""),
        ("v=DKIM1; p=AQID", "permerror", "not a public key of type rsa"),
        (&rsa, "permerror", "the key is for rsa"),
        (weak, "permerror", "rsa key of 512 bits is too weak"),
        ("v=spf1 -all", "permerror", "not a key record"),
        ("v=DKIM1", "permerror", "no public key"),
        ("p=*", "permerror", "base64"),
        ("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "fail", "does not match the header"),
        ("ANY ; servfail", "temperror", "no answer"),
        ("ANY ; bogus", "temperror", "no answer"),
        ("ANY ; delay 30", "temperror", "no answer"),
        ("", "permerror", "no key: no such name"),
    ];
    for (record, result, reason) in cases {
        let name = "ed._domainkey.example.org";
        let line = match record {
            "" => String::new(),
            flag if flag.starts_with("ANY") => format!("{name} {flag}"),
            record => txt(name, record),
        };
        let dns = SimResolver::from_zone(&line).unwrap();
        let got = verify(&message, &dns);
        assert_eq!(results(&got), [result], "{record}: {got:#?}");
        assert!(got[0].reason.clone().unwrap_or_default().contains(reason), "{record}: {got:#?}");
        assert_eq!(got[0].testing, record.contains("t=y"));
        assert_eq!(dns.query_count(), 1);
    }
    let several =
        format!("{}{}", txt("ed._domainkey.example.org", &public), txt("ed._domainkey.example.org", &rsa));
    let got = verify(&message, &SimResolver::from_zone(&several).unwrap());
    assert_eq!((results(&got), got[0].reason.as_deref()), (vec!["permerror"], Some("several key records")));
    let beside = format!(
        "{}{}",
        txt("ed._domainkey.example.org", "v=spf1 -all"),
        txt("ed._domainkey.example.org", &public)
    );
    assert_eq!(results(&verify(&message, &SimResolver::from_zone(&beside).unwrap())), ["pass"]);
    let strict =
        SimResolver::from_zone(&txt("ed._domainkey.example.org", &format!("k=ed25519; {p}; t=s"))).unwrap();
    let below = signed_with(|o| {
        o.identity = Some(Identity { localpart: "a".into(), domain: domain("sub.example.org") })
    });
    assert_eq!(results(&verify(&below, &strict)), ["permerror"]);
    assert_eq!(results(&verify(&below, &zone(""))), ["pass"]);
}

#[test]
fn dnssec_is_told() {
    let message = signed_with(|_| ());
    assert!(verify(&message, &zone(""))[0].authentic);
    let insecure = zone("ed._domainkey.example.org ANY ; insecure");
    let got = verify(&message, &insecure);
    assert!(got[0].result == DkimResult::Pass && !got[0].authentic);
}

#[test]
fn fields_decide() {
    let good = String::from_utf8(signed_with(|_| ())).unwrap();
    let bh = |s: &str| s.replace("bh=", "bh=AAAA");
    type Change<'a> = &'a dyn Fn(&str) -> String;
    let cases: [(Change<'_>, &str, &str, usize); 12] = [
        (&|s| s.to_owned(), "pass", "", 1),
        (&|s| s.replace("ed25519-sha256", "rsa-sha1"), "permerror", "rsa-sha1", 0),
        (&|s| s.replace("ed25519-sha256", "rsa-sha256"), "permerror", "the key is for ed25519", 1),
        (&|s| s.replace("ed25519-sha256", "rot13"), "neutral", "\"rot13\"", 0),
        (&|s| s.replace("v=1;", "v=2;"), "neutral", "v=", 0),
        (&bh, "neutral", "bh=", 0),
        (&|s| s.replace("d=example.org;", "d=org;"), "policy", "top-level", 0),
        (&|s| s.replace("v=1;", "v=1; q=http;"), "neutral", "q=", 0),
        (&|s| s.replace("h=from: from:", "h="), "permerror", "from field", 0),
        (&|s| s.replace("v=1;", "v=1; v=1;"), "neutral", "more than once", 0),
        (&|s| s.replace("Subject: hello", "Subject: hullo"), "fail", "header fields", 1),
        (&|s| s.replace("first line", "first lime"), "fail", "body was changed", 1),
    ];
    for (at, (change, result, reason, queries)) in cases.into_iter().enumerate() {
        let dns = zone("");
        let got = verify(change(&good).as_bytes(), &dns);
        assert_eq!(results(&got), [result], "{at}: {got:#?}");
        assert!(got[0].reason.clone().unwrap_or_default().contains(reason), "{at}: {got:#?}");
        assert_eq!(dns.query_count(), queries, "{at}: a question for nothing");
    }
    assert_eq!(verify(crlf(PLAIN).as_bytes(), &zone("")), []);
    assert_eq!(summary(&[]), DkimResult::None);
}

#[test]
fn times_decide() {
    let dns = zone("");
    let at = |signed: i64, lifetime: Option<u64>| {
        let mut options = ed_options();
        options.expiration = lifetime.map(Duration::from_secs);
        let message = sign(
            crlf(PLAIN).as_bytes(),
            vec![(options, ED.clone())],
            Timestamp::from_secs(NOW.secs() + signed),
        );
        let got = verify(&message, &dns);
        (got[0].result.keyword(), got[0].reason.clone().unwrap_or_default())
    };
    assert_eq!(at(0, None).0, "pass");
    assert_eq!(at(-10, Some(10)).0, "pass");
    assert_eq!(at(-11, Some(10)), ("fail", "expired at 2023-11-14T22:13:19Z".to_owned()));
    assert_eq!(at(3600, None).0, "pass");
    assert_eq!(at(3601, None), ("policy", "signed in the future, at 2023-11-14T23:13:21Z".to_owned()));
}

#[test]
fn lengths_leave_text_unsigned() {
    // Signed by hand, because the signer never uses l=.
    for (length, added, result) in
        [(11, "", "pass"), (11, "more\r\n", "pass"), (0, "x", "pass"), (12, "", "fail")]
    {
        let body = "first line\n";
        let mut hash = hash::BodyHashes::default();
        hash.want(Canon::Simple, Some(length));
        hash.write(crlf(body).as_bytes());
        let field = SignatureField {
            algorithm: Algorithm::Ed25519Sha256,
            signature: vec![],
            body_hash: hash.finish()[0].hash.to_vec(),
            canonicalization: Canonicalization::default(),
            domain: domain("example.org"),
            headers: vec!["From".into()],
            identity: None,
            body_length: Some(if length == 12 { 13 } else { length }),
            query_methods: vec!["dns/txt".into()],
            selector: "ed".into(),
            signed_at: None,
            expires_at: None,
            copied_fields: None,
        };
        let open = field.open().unwrap();
        let head = "From: a@example.org\r\n\r\n";
        let parsed = mox_message::Header::of(head.as_bytes());
        let own = hash::OwnField { raw: open.as_bytes().into(), start: None };
        let signature =
            ED.sign(&hash::FieldIndex::of(&parsed).hash(Canon::Simple, &field.headers, &own)).unwrap();
        let message = format!("{}{head}{}{added}", SignatureField::close(open, &signature), crlf(body));
        let got = verify(message.as_bytes(), &zone(""));
        assert_eq!(results(&got), [result], "{length} {added:?} {got:#?}");
        if result == "pass" {
            let unsigned =
                (crlf(body).len() + added.len()) as u64 + if added == "x" { 2 } else { 0 } - length;
            assert_eq!((got[0].body_length, got[0].unsigned_body), (Some(length), Some(unsigned)));
        }
    }
}

#[test]
fn what_was_not_there_cannot_be_added() {
    let dns = zone("");
    for (oversign, result) in [(true, "fail"), (false, "pass")] {
        let message = String::from_utf8(signed_with(|o| o.oversign = oversign)).unwrap();
        let added = message.replace("Subject: hello\r\n", "Subject: hello\r\nCc: c@example.net\r\n");
        assert_eq!(results(&verify(added.as_bytes(), &dns)), [result]);
        let list = message.replace("Subject: hello\r\n", "Subject: hello\r\nList-Id: <l.example.net>\r\n");
        assert_eq!(results(&verify(list.as_bytes(), &dns)), ["pass"]);
        // A second From above the first: what a reader may see.
        let second = format!("From: evil@example.net\r\n{message}");
        assert_eq!(results(&verify(second.as_bytes(), &dns)), [result]);
    }
}

#[test]
fn many_signatures_are_bounded() {
    let options =
        |n: usize| SignOptions::new(domain("example.org"), if n.is_multiple_of(2) { "ed" } else { "rsa" });
    let keys =
        (0..20).map(|n| (options(n), if n.is_multiple_of(2) { ED.clone() } else { RSA.clone() })).collect();
    let message = sign(crlf(PLAIN).as_bytes(), keys, NOW);
    let dns = zone("");
    let got = verify(&message, &dns);
    assert_eq!(results(&got), [vec!["pass"; 10], vec!["neutral"; 10]].concat());
    assert_eq!(got[19].reason.as_deref(), Some("not verified: more than 10 signatures"));
    assert_eq!(dns.query_count(), 2, "each key is asked for once");
    let many = "DKIM-Signature: v=1\r\n".repeat(1000) + &crlf(PLAIN);
    assert_eq!(verify(many.as_bytes(), &dns).len(), MAX_REPORTED);
    // Every signature with a key name of its own: no more questions than signatures verified.
    let one = String::from_utf8(signed_with(|_| ())).unwrap();
    let field = one.split("From:").next().unwrap();
    let crafted: String = (0..500).map(|n| field.replace("s=ed;", &format!("s=s{n};"))).collect();
    let dns = zone("");
    verify(format!("{crafted}{PLAIN}").as_bytes(), &dns);
    assert_eq!(dns.query_count(), MAX_SIGNATURES);
}

#[test]
fn large_headers_are_not_verified() {
    let signed = String::from_utf8(signed_with(|_| ())).unwrap();
    let filler = format!("X-Filler: {}\r\n", "x".repeat(900)).repeat(1200);
    let (field, rest) = signed.split_at(signed.find("From:").unwrap());
    let got = verify(format!("{field}{filler}{rest}").as_bytes(), &zone(""));
    assert_eq!((results(&got), got[0].reason.as_deref()), (vec!["neutral"], Some("the header is too large")));
}

#[test]
fn what_cannot_be_signed() {
    let refuse = |message: &str, change: &dyn Fn(&mut SignOptions)| {
        let mut options = ed_options();
        change(&mut options);
        let mut signer = Signer::new(vec![(options, ED.clone())]);
        signer.write(crlf(message).as_bytes());
        signer.finish(NOW).unwrap_err()
    };
    let same: &dyn Fn(&mut SignOptions) = &|_| ();
    assert_eq!(refuse("To: b\n\n", same), SignError::FromCount(0));
    assert_eq!(refuse("From: a\nFrom: b\n\n", same), SignError::FromCount(2));
    assert!(matches!(refuse("From: a\njunk\n\n", same), SignError::Header(_)));
    assert_eq!(refuse(PLAIN, &|o| o.selector = "a b".into()), SignError::BadSelector("a b".into()));
    assert_eq!(refuse(PLAIN, &|o| o.headers.push("a:b".into())), SignError::BadHeader("a:b".into()));
    assert_eq!(refuse(PLAIN, &|o| o.headers = vec!["To".into()]), SignError::FromNotSigned);
    let foreign = Identity { localpart: String::new(), domain: domain("example.com") };
    assert_eq!(refuse(PLAIN, &|o| o.identity = Some(foreign.clone())), SignError::ForeignIdentity);
}

/// A message as odd as the strategy can make it.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    let field = "(Subject|To|X-Odd|List-Id|cc):( |\t|\r\n |é|a|b|:|;|=){0,20}";
    let line = "[ -~\t]{0,60}|[ \t]{1,4}|(é|ü){1,9}|[a-z]{900,1200}|";
    (prop::collection::vec(field, 0..6), prop::collection::vec(line, 0..8), any::<bool>()).prop_map(
        |(fields, lines, end)| {
            let mut text = String::from("From: <a@example.org>\r\n");
            text.extend(fields.iter().map(|f| format!("{f}\r\n")));
            text.push_str("\r\n");
            text.push_str(&lines.join("\r\n"));
            if end {
                text.push_str("\r\n");
            }
            text.into_bytes()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_signed_verifies_and_nothing_else(
        message in messages(),
        ways in "(simple|relaxed)/(simple|relaxed)",
        size in 1_usize..200,
        flip in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut options = ed_options();
        options.canonicalization = ways.parse().unwrap();
        options.headers.extend(["X-Odd".to_owned(), "List-Id".to_owned()]);
        let signed = sign(&message, vec![(options.clone(), ED.clone())], NOW);
        let dns = zone("");
        let got = verify_in(&signed, size, &dns);
        prop_assert_eq!(results(&got), ["pass"], "{:?}", got);
        // One bit of what follows the signature: no pass, unless the canonical form is the same.
        let field = signed.len() - message.len();
        let at = field + flip.index(message.len());
        let mut changed = signed.clone();
        changed[at] ^= 1 << bit;
        let canonical = |message: &[u8]| {
            let mut out = Vec::new();
            let head = mox_message::Header::of(message);
            let mut named: Vec<_> = head.fields().map(|f| (f.name.to_ascii_lowercase(), f.raw)).collect();
            named.sort_by(|a, b| a.0.cmp(&b.0));
            for (name, raw) in named {
                let known = options.headers.iter().chain(&options.headers_where_present).any(|n| n.eq_ignore_ascii_case(&name));
                if known {
                    canon::header_field(options.canonicalization.header, raw, &mut |b| out.extend_from_slice(b));
                }
            }
            out.push(0);
            let mut body = canon::BodyCanon::new(options.canonicalization.body);
            body.write(mox_message::split(message).1, &mut |b| out.extend_from_slice(b));
            body.finish(&mut |b| out.extend_from_slice(b));
            out
        };
        let passes = results(&verify(&changed, &dns)) == ["pass"];
        let same = canonical(&changed[field..]) == canonical(&message);
        prop_assert_eq!(passes, same, "byte {} of {:?}", at - field, String::from_utf8_lossy(&message));
    }
}

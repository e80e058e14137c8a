//! What the zones hold is what the validating resolver finds out about them.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};

use super::{SignedZones, TTL, resolver};
use crate::sim::SimResolver;
use crate::validate::anchors::Anchors;
use crate::{Error, RecordType, Resolver, Security};

const ZONES: &str = "
    mail.lab.test. ZONE
    mail.lab.test. MX 10 mx.mail.lab.test.
    mx.mail.lab.test. A 127.0.0.1
    mx.mail.lab.test. AAAA ::1
    _25._tcp.mx.mail.lab.test. TLSA 3 1 1 00ff10
    alias.mail.lab.test. CNAME mx.mail.lab.test.
    out.mail.lab.test. CNAME host.plain.lab.test.
    broken.mail.lab.test. CNAME badkey.lab.test.
    nowhere.mail.lab.test. CNAME missing.mail.lab.test.
    a.b.ent.mail.lab.test. TXT \"deep\"
    *.wild.mail.lab.test. TXT \"any\"
    *.wild.mail.lab.test. CAA 0 issue \"ca.test\"
    *.away.mail.lab.test. CNAME mx.mail.lab.test.
    child.mail.lab.test. ZONE
    www.child.mail.lab.test. A 127.0.0.2

    inside.lab.test. TXT \"v=spf1 -all\"
    plain.lab.test. ANY ; insecure
    host.plain.lab.test. A 127.0.0.3
    back.plain.lab.test. CNAME mx.mail.lab.test.
    island.plain.lab.test. ZONE
    island.plain.lab.test. A 127.0.0.4
    _25._tcp.inside.lab.test. TLSA 3 1 1 00 ; insecure

    spoiled.lab.test. A 127.0.0.5 ; bogus
    spoiled.lab.test. TXT \"good\"
    nothing.lab.test. MX ; bogus
    allbad.lab.test. ANY ; bogus
    allbad.lab.test. A 127.0.0.6
    spoiledalias.lab.test. CNAME inside.lab.test. ; bogus
    old.lab.test. A 127.0.0.7 ; expired
    badkey.lab.test. ZONE ; bogus
    badkey.lab.test. A 127.0.0.8
    stale.lab.test. ZONE ; expired
    www.stale.lab.test. A 127.0.0.9
    fails.lab.test. MX ; servfail
    fails.lab.test. A 127.0.0.10
    dead.lab.test. ZONE ; servfail
    www.dead.lab.test. A 127.0.0.11
    slow.lab.test. A 127.0.0.12 ; delay 3
    silent.lab.test. A 127.0.0.13 ; delay 60
    loop.lab.test. CNAME pool.lab.test.
    pool.lab.test. CNAME loop.lab.test.
    forever.lab.test. CNAME silent.lab.test. ; delay 18446744073709551615
    1.0.0.127.in-addr.arpa. PTR mx.mail.lab.test.
";

struct Lab {
    zones: Arc<SignedZones>,
    clock: Arc<SimClock>,
    resolver: Arc<dyn Resolver>,
}

fn lab(text: &str) -> Lab {
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let zones = Arc::new(SignedZones::new(clock.clone(), [7; 32]));
    zones.add(text).unwrap();
    let resolver = resolver(Arc::clone(&zones), clock.clone());
    Lab { zones, clock, resolver }
}

impl Lab {
    /// The status, what kind of outcome, and the code of a bogus answer.
    async fn ask(&self, name: &str, kind: RecordType) -> (Security, &'static str, u16) {
        let explained = self.resolver.explain(name, kind).await;
        let (what, code) = match &explained.outcome {
            Ok(_) => ("records", 0),
            Err(Error::NoData { .. }) => ("nodata", 0),
            Err(Error::NxDomain { .. }) => ("nxdomain", 0),
            Err(Error::Bogus { extended }) => ("bogus", extended.as_ref().map_or(0, |e| e.code)),
            Err(_) => ("error", 0),
        };
        (explained.security, what, code)
    }

    async fn expect(&self, questions: &[(&str, &str, Security, &str)]) {
        for (name, kind, security, what) in questions {
            let (found, outcome, _) = self.ask(name, kind.parse().unwrap()).await;
            assert_eq!((found, outcome), (*security, *what), "{name} {kind}");
        }
    }
}

#[tokio::test]
async fn what_is_signed_is_secure_and_so_is_what_is_not_there() {
    use Security::Secure;
    lab(ZONES)
        .expect(&[
            ("mail.lab.test", "MX", Secure, "records"),
            ("mx.mail.lab.test", "A", Secure, "records"),
            ("MX.mail.LAB.test.", "AAAA", Secure, "records"),
            ("_25._tcp.mx.mail.lab.test", "TLSA", Secure, "records"),
            ("alias.mail.lab.test", "A", Secure, "records"),
            ("alias.mail.lab.test", "CNAME", Secure, "records"),
            ("inside.lab.test", "TXT", Secure, "records"),
            ("www.child.mail.lab.test", "A", Secure, "records"),
            ("1.0.0.127.in-addr.arpa", "PTR", Secure, "records"),
            (".", "SOA", Secure, "records"),
            ("lab.test", "NS", Secure, "records"),
            ("x.y.wild.mail.lab.test", "TXT", Secure, "records"),
            ("q.wild.mail.lab.test", "CAA", Secure, "records"),
            ("q.away.mail.lab.test", "A", Secure, "records"),
            ("spoiled.lab.test", "TXT", Secure, "records"),
            ("fails.lab.test", "A", Secure, "records"),
            ("mail.lab.test", "CAA", Secure, "nodata"),
            ("mx.mail.lab.test", "MX", Secure, "nodata"),
            ("alias.mail.lab.test", "TXT", Secure, "nodata"),
            ("b.ent.mail.lab.test", "TXT", Secure, "nodata"),
            ("ent.mail.lab.test", "A", Secure, "nodata"),
            ("x.wild.mail.lab.test", "A", Secure, "nodata"),
            ("x.away.mail.lab.test", "MX", Secure, "nodata"),
            ("_tcp.mx.mail.lab.test", "TLSA", Secure, "nodata"),
            ("child.mail.lab.test", "A", Secure, "nodata"),
            ("test", "A", Secure, "nodata"),
            ("_25._tcp.alias.mail.lab.test", "TLSA", Secure, "nxdomain"),
            ("nowhere.mail.lab.test", "A", Secure, "nxdomain"),
            ("missing.mail.lab.test", "A", Secure, "nxdomain"),
            ("a.b.c.missing.lab.test", "A", Secure, "nxdomain"),
            ("aaa.lab.test", "TXT", Secure, "nxdomain"),
            ("zzz.test", "TXT", Secure, "nxdomain"),
            ("example.org", "MX", Secure, "nxdomain"),
        ])
        .await;
}

#[tokio::test]
async fn what_nobody_signs_is_insecure() {
    use Security::Insecure;
    lab(ZONES)
        .expect(&[
            ("host.plain.lab.test", "A", Insecure, "records"),
            ("plain.lab.test", "A", Insecure, "nodata"),
            ("other.plain.lab.test", "A", Insecure, "nxdomain"),
            ("island.plain.lab.test", "A", Insecure, "records"),
            ("out.mail.lab.test", "A", Insecure, "records"),
            ("out.mail.lab.test", "TXT", Insecure, "nodata"),
            ("back.plain.lab.test", "A", Insecure, "records"),
            ("_25._tcp.inside.lab.test", "TLSA", Insecure, "records"),
        ])
        .await;
}

#[tokio::test]
async fn what_is_wrong_is_bogus_and_what_fails_is_unknown() {
    use Security::{Bogus, Indeterminate};
    let lab = lab(ZONES);
    for (name, kind, code) in [
        ("spoiled.lab.test", RecordType::A, 6),
        ("nothing.lab.test", RecordType::Mx, 6),
        ("allbad.lab.test", RecordType::A, 6),
        ("allbad.lab.test", RecordType::Txt, 6),
        ("spoiledalias.lab.test", RecordType::Txt, 6),
        ("old.lab.test", RecordType::A, 7),
        ("badkey.lab.test", RecordType::A, 9),
        ("badkey.lab.test", RecordType::Txt, 9),
        ("broken.mail.lab.test", RecordType::A, 9),
        ("www.stale.lab.test", RecordType::A, 7),
    ] {
        assert_eq!(lab.ask(name, kind).await, (Bogus, "bogus", code), "{name} {kind}");
    }
    lab.expect(&[
        ("fails.lab.test", "MX", Indeterminate, "error"),
        ("www.dead.lab.test", "A", Indeterminate, "error"),
        ("any.dead.lab.test", "MX", Indeterminate, "error"),
        ("loop.lab.test", "A", Indeterminate, "error"),
    ])
    .await;
}

#[tokio::test]
async fn records_arrive_as_they_were_written() {
    let lab = lab(ZONES);
    let sim = SimResolver::from_zone(ZONES).unwrap();
    for (name, kind) in [
        ("mail.lab.test", RecordType::Mx),
        ("_25._tcp.mx.mail.lab.test", RecordType::Tlsa),
        ("alias.mail.lab.test", RecordType::Aaaa),
        ("x.wild.mail.lab.test", RecordType::Caa),
    ] {
        let (ours, plain) =
            (lab.resolver.lookup(name, kind).await.unwrap(), sim.lookup(name, kind).await.unwrap());
        assert_eq!((ours.records, ours.cnames), (plain.records, plain.cnames), "{name}");
        assert_eq!((ours.expanded_name, ours.ttl.as_secs()), (plain.expanded_name, u64::from(TTL)));
    }
}

#[tokio::test]
async fn signatures_are_made_anew_as_time_passes() {
    let lab = lab(ZONES);
    for _ in 0..5 {
        lab.expect(&[
            ("mail.lab.test", "MX", Security::Secure, "records"),
            ("missing.lab.test", "A", Security::Secure, "nxdomain"),
            ("host.plain.lab.test", "A", Security::Insecure, "records"),
            ("old.lab.test", "A", Security::Bogus, "bogus"),
        ])
        .await;
        lab.clock.advance(Duration::from_secs(12 * 86400 + 80_000));
    }
    assert!(lab.clock.now().secs() > 1_800_000_000 + 60 * 86400);
}

#[tokio::test]
async fn changes_are_seen_when_what_is_kept_is_over() {
    let lab = lab("a.lab.test. A 127.0.0.1");
    let after = Duration::from_secs(u64::from(TTL) + 1);
    lab.expect(&[("a.lab.test", "A", Security::Secure, "records")]).await;
    for (text, security, what) in [
        ("a.lab.test. ZONE\na.lab.test. A 127.0.0.1", Security::Secure, "records"),
        ("a.lab.test. A 127.0.0.1 ; insecure", Security::Insecure, "records"),
        ("a.lab.test. TXT moved", Security::Secure, "nodata"),
        ("a.lab.test. A 127.0.0.1 ; bogus", Security::Bogus, "bogus"),
        ("b.lab.test. A 127.0.0.1", Security::Secure, "nxdomain"),
    ] {
        lab.zones.remove("A.lab.test.");
        lab.zones.add(text).unwrap();
        lab.clock.advance(after);
        lab.expect(&[("a.lab.test", "A", security, what)]).await;
    }
    lab.zones.remove(".");
    lab.expect(&[(".", "SOA", Security::Secure, "records")]).await;
}

#[tokio::test]
async fn delays_are_slept_and_long_ones_are_timeouts() {
    let lab = lab(ZONES);
    for (name, least, what) in
        [("slow.lab.test", 3, "records"), ("silent.lab.test", 10, "error"), ("forever.lab.test", 10, "error")]
    {
        let (clock, resolver) = (lab.clock.clone(), lab.resolver.clone());
        let before = clock.monotonic();
        let asked = tokio::spawn(async move { resolver.lookup(name, RecordType::A).await.is_ok() });
        while !asked.is_finished() {
            lab.clock.advance(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.await.unwrap(), what == "records", "{name}");
        assert!(lab.clock.monotonic() - before >= Duration::from_secs(least), "{name}");
    }
}

#[test]
fn the_anchor_is_the_seeds_and_is_read_as_any_other() {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Timestamp::from_secs(0)));
    let anchor = |seed| SignedZones::new(Arc::clone(&clock), [seed; 32]).anchor();
    assert!(Anchors::parse(&anchor(1)).is_ok(), "{}", anchor(1));
    assert_eq!(anchor(1), anchor(1));
    assert_ne!(anchor(1), anchor(2));
}

#[tokio::test]
async fn another_anchor_trusts_nothing() {
    let lab = lab(ZONES);
    let other = SignedZones::new(lab.clock.clone(), [8; 32]);
    let anchors = Anchors::parse(&other.anchor()).unwrap();
    let resolver = crate::ValidatingResolver::with(lab.zones, anchors, lab.clock);
    let explained = resolver.explain("mail.lab.test", RecordType::Mx).await;
    assert_eq!(explained.security, Security::Bogus);
}

#[test]
fn bad_text_changes_nothing() {
    let lab = lab("a.lab.test. A 127.0.0.1");
    for bad in [
        "b.lab.test. A 127.0.0.1\nb.lab.test. A nonsense",
        "b.lab.test. ZONE data",
        "b.lab.test. ANY",
        "b.lab.test. A 127.0.0.1 ; nonsense",
        ". ZONE ; insecure",
        ". ZONE ; bogus",
        "*.lab.test. ZONE",
        "*.lab.test. A 127.0.0.1 ; insecure",
    ] {
        assert!(lab.zones.add(bad).is_err(), "{bad}");
    }
    let many: String = (0..super::MAX_RECORDS).map(|n| format!("n{n}.lab.test. A 127.0.0.1\n")).collect();
    assert!(lab.zones.add(&many).unwrap_err().contains("more than"));
    lab.zones.remove("a.lab.test");
    assert!(lab.zones.add(&many).is_ok());
}

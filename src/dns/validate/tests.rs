//! Answers that must be believed, and hostile ones that must not: each way around validation that was found in some
//! validator has a test of its name here.

mod world;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, DS, NSEC};
use hickory_resolver::proto::dnssec::{Algorithm, DigestType};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, Record, RecordType as Type};

use super::ask::Reply;
use super::work::{MAX_ASKED, code};
use crate::{Error, RecordType, Resolver, Security};
use world::{Denial, Key, NOW, World, Zone, a, cname, ds, mx, name, record, txt};

const NSEC3: Denial = Denial::Nsec3 { opt_out: false, iterations: 3 };
const OPT_OUT: Denial = Denial::Nsec3 { opt_out: true, iterations: 0 };

/// Root, `test.`, and below it zones of every kind.
fn world() -> Arc<World> {
    world_with(|zone| zone)
}

/// The same, with something done to `nsec.test.`.
fn world_with(change: impl Fn(Zone) -> Zone) -> Arc<World> {
    let fill = |zone: Zone| {
        let at = |label: &str| match label {
            "" => zone.apex.clone(),
            label => format!("{label}.{}", zone.apex),
        };
        let records = [
            mx(&at(""), &at("mx")),
            a(&at("mx"), 1),
            cname(&at("alias"), &at("mx")),
            cname(&at("out"), "www.plain.test."),
            cname(&at("broken"), "www.bogus.test."),
            cname(&at("nowhere"), &at("missing")),
            a(&at("deep.ent"), 2),
            txt(&at("*.wild"), "any"),
            txt(&at("exact.wild"), "exact"),
            txt(&at("*._domainkey"), "key"),
        ];
        records.into_iter().fold(zone, Zone::add)
    };
    let nsec = change(fill(Zone::new("nsec.test.", true, Denial::Nsec)));
    let nsec3 = fill(Zone::new("nsec3.test.", true, NSEC3));
    let opt = fill(Zone::new("opt.test.", true, OPT_OUT));
    let sub = Zone::new("sub.opt.test.", false, Denial::Nsec).add(a("www.sub.opt.test.", 9));
    let opt = opt.delegate(&sub);
    let plain = Zone::new("plain.test.", false, Denial::Nsec).add(a("www.plain.test.", 3));
    let bogus = Zone::new("bogus.test.", true, Denial::Nsec).add(a("www.bogus.test.", 4));
    let child = Zone::new("child.nsec.test.", true, Denial::Nsec).add(a("www.child.nsec.test.", 5));
    let nsec = nsec.delegate(&child);
    let hashed = Zone::new("child.nsec3.test.", true, Denial::Nsec).add(a("www.child.nsec3.test.", 6));
    let nsec3 = nsec3.delegate(&hashed);
    let mut test = Zone::new("test.", true, Denial::Nsec);
    for zone in [&nsec, &nsec3, &opt, &plain] {
        test = test.delegate(zone);
    }
    // The DS of another key.
    let test = test.delegate(&Zone::new("bogus.test.", true, Denial::Nsec));
    let root = Zone::new(".", true, Denial::Nsec).delegate(&test);
    World::new(vec![root, test, nsec, nsec3, opt, sub, plain, bogus, child, hashed])
}

fn kind(kind: Type) -> RecordType {
    kind.to_string().parse().unwrap()
}

/// The status, and what kind of outcome.
async fn ask(world: &Arc<World>, at: &str, of: Type) -> (Security, &'static str) {
    let explained = world.resolver().explain(at, kind(of)).await;
    let what = match &explained.outcome {
        Ok(_) => "records",
        Err(Error::NoData { .. }) => "nodata",
        Err(Error::NxDomain { .. }) => "nxdomain",
        Err(Error::Bogus { .. }) => "bogus",
        Err(_) => "error",
    };
    (explained.security, what)
}

fn bogus_code(outcome: Result<crate::Answer, Error>) -> u16 {
    match outcome {
        Err(Error::Bogus { extended: Some(extended) }) => extended.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_signed_is_believed() {
    use Security::{Insecure, Secure};
    let world = world();
    for zone in ["nsec.test", "nsec3.test", "opt.test"] {
        // With opt-out the zone does not vouch that a name in a gap does not exist.
        let gap = if zone == "opt.test" { Insecure } else { Secure };
        for (at, of, status, what) in [
            ("", Type::MX, Secure, "records"),
            ("mx", Type::A, Secure, "records"),
            ("alias", Type::A, Secure, "records"),
            ("alias", Type::CNAME, Secure, "records"),
            ("out", Type::A, Insecure, "records"),
            ("broken", Type::A, Security::Bogus, "bogus"),
            ("nowhere", Type::A, gap, "nxdomain"),
            ("mx", Type::TXT, Secure, "nodata"),
            ("", Type::CAA, Secure, "nodata"),
            ("ent", Type::A, Secure, "nodata"),
            ("missing", Type::A, gap, "nxdomain"),
            ("a.b.missing", Type::A, gap, "nxdomain"),
            ("x.wild", Type::TXT, gap, "records"),
            ("a.b.wild", Type::TXT, gap, "records"),
            ("exact.wild", Type::TXT, Secure, "records"),
            ("x.wild", Type::MX, gap, "nodata"),
            ("sel._domainkey", Type::TXT, gap, "records"),
            ("below.exact.wild", Type::TXT, gap, "nxdomain"),
        ] {
            let at = if at.is_empty() { zone.to_owned() } else { format!("{at}.{zone}") };
            assert_eq!(ask(&world, &at, of).await, (status, what), "{at} {of}");
        }
    }
    for (at, of, status, what) in [
        ("www.plain.test", Type::A, Insecure, "records"),
        ("missing.plain.test", Type::A, Insecure, "nxdomain"),
        ("www.sub.opt.test", Type::A, Insecure, "records"),
        ("www.bogus.test", Type::A, Security::Bogus, "bogus"),
        ("www.child.nsec.test", Type::A, Secure, "records"),
        ("missing.child.nsec.test", Type::A, Secure, "nxdomain"),
        ("missing", Type::A, Secure, "nxdomain"),
    ] {
        assert_eq!(ask(&world, at, of).await, (status, what), "{at} {of}");
    }
}

#[tokio::test]
async fn answers_carry_their_path_and_ttl() {
    let resolver = world().resolver();
    let answer = resolver.lookup("ALIAS.nsec.test.", RecordType::A).await.unwrap();
    assert_eq!((answer.expanded_name.as_str(), answer.authentic), ("mx.nsec.test", true));
    assert_eq!(
        (answer.cnames.as_slice(), answer.ttl),
        (&["alias.nsec.test".to_owned()][..], Duration::from_secs(300))
    );
    let none = resolver.lookup("mx.nsec.test", RecordType::Txt).await;
    assert_eq!(none, Err(Error::NoData { authentic: true, ttl: Duration::from_secs(60) }));
    let why = resolver.explain("mx.nsec.test", RecordType::A).await.why.join("\n");
    assert!(why.contains("mx.nsec.test A: signed by nsec.test"), "{why}");
}

/// Tampers with the answer to one question and expects that it is not believed.
async fn refused(
    world: &Arc<World>,
    at: &'static str,
    of: Type,
    tamper: impl Fn(&mut Reply) + Send + Sync + 'static,
) {
    let absolute = name(&format!("{at}."));
    world.tamper(move |asked, asked_kind, reply| {
        if *asked == absolute && asked_kind == of {
            tamper(reply);
        }
    });
    let (status, what) = ask(world, at, of).await;
    assert_eq!(status, Security::Bogus, "{at} {of}: {what}");
}

fn is_signature(record: &Record) -> bool {
    matches!(record.data, RData::DNSSEC(DNSSECRData::RRSIG(_)))
}

fn renamed(mut record: Record, to: &hickory_resolver::proto::rr::Name) -> Record {
    record.name = to.clone();
    record
}

/// The records of a zone that deny, without those about some names.
fn denials_without(zone: &Zone, owners: &[&str]) -> Vec<Record> {
    let all = zone.denials().concat();
    all.into_iter().filter(|r| !owners.iter().any(|owner| r.name == name(owner))).collect()
}

#[tokio::test]
async fn bogus_returned_as_ok() {
    let world = world();
    refused(&world, "mx.nsec.test", Type::A, |reply| reply.answers[0].data = a("x.", 66).data).await;
    // A record more than was signed.
    refused(&world, "mx.nsec.test", Type::A, |reply| reply.answers.push(a("mx.nsec.test.", 66))).await;
}

#[tokio::test]
async fn stripped_signatures() {
    let world = world();
    refused(&world, "mx.nsec.test", Type::A, |reply| reply.answers.retain(|r| !is_signature(r))).await;
    refused(&world, "missing.nsec.test", Type::A, |reply| reply.authorities.clear()).await;
    refused(&world, "missing.nsec3.test", Type::A, |reply| reply.authorities.retain(|r| !is_signature(r)))
        .await;
    refused(&world, "mx.nsec.test", Type::A, |reply| {
        reply.answers.clear();
        reply.code = ResponseCode::NXDomain;
    })
    .await;
}

#[tokio::test]
async fn a_chain_is_not_cut_by_leaving_out_ds() {
    // A server that pretends that nsec.test is not signed: the parent's proof is missing, or that of another name.
    let world = world();
    world.tamper(|at, of, reply| {
        if *at == name("nsec.test.") && of == Type::DS {
            reply.answers.clear();
        }
        reply.answers.retain(|r| !is_signature(r) || !r.name.to_string().ends_with("nsec.test."));
    });
    assert_eq!(ask(&world, "mx.nsec.test", Type::A).await.0, Security::Bogus);
    let proof = world.zone("test.").denials().concat();
    world.tamper(move |at, of, reply| {
        if *at == name("nsec.test.") && of == Type::DS {
            *reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: proof.clone() };
        }
        reply.answers.retain(|r| !is_signature(r) || !r.name.to_string().ends_with("nsec.test."));
    });
    assert_eq!(ask(&world, "mx.nsec.test", Type::A).await.0, Security::Bogus);
}

#[tokio::test]
async fn missing_ds_denial_check() {
    // RFC 6840 §4.4: that a name has no DS makes it no delegation. A signed name without NS, used as if it were an
    // unsigned delegation, must not make what is below insecure.
    let world = world();
    world.tamper(|at, _, reply| {
        if *at == name("evil.mx.nsec.test.") {
            *reply = Reply {
                code: ResponseCode::NoError,
                answers: vec![a("evil.mx.nsec.test.", 66)],
                authorities: Vec::new(),
            };
        }
    });
    assert_eq!(ask(&world, "evil.mx.nsec.test", Type::A).await.0, Security::Bogus);
}

#[tokio::test]
async fn nsec3_from_another_zone() {
    let world = world();
    let other = world.zone("opt.test.").denials().concat();
    refused(&world, "mx.nsec3.test", Type::A, move |reply| {
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities: other.clone() };
    })
    .await;
    // The same hashes renamed into the zone are not signed by it.
    let renamed: Vec<Record> = world
        .zone("opt.test.")
        .denials()
        .concat()
        .into_iter()
        .map(|mut r| {
            let front = r.name.iter().next().unwrap().to_vec();
            r.name = name("nsec3.test.").prepend_label(front.as_slice()).unwrap();
            r
        })
        .collect();
    refused(&world, "mx.nsec3.test", Type::A, move |reply| {
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities: renamed.clone() };
    })
    .await;
}

#[tokio::test]
async fn trust_anchor_key_without_name_check() {
    // The root's key does not become the key of another zone because it is trusted.
    let world = world();
    let root = world.zone(".").key.as_ref().unwrap();
    let set = vec![record("bogus.test.", RData::DNSSEC(DNSSECRData::DNSKEY(root.public.clone())))];
    let forged = [set.clone(), vec![root.sign("bogus.test.", &set)]].concat();
    refused(&world, "bogus.test", Type::A, |_| {}).await;
    world.tamper(move |at, of, reply| {
        if *at == name("bogus.test.") && of == Type::DNSKEY {
            reply.answers = forged.clone();
        }
    });
    assert_eq!(ask(&world, "www.bogus.test", Type::A).await.0, Security::Bogus);
}

#[tokio::test]
async fn nsec_beside_any_signed_rrset() {
    // An NSEC without a signature of its own beside records that are signed.
    let world = world();
    let soa = world
        .zone("nsec.test.")
        .signed(world.zone("nsec.test.").set(&name("nsec.test."), Type::SOA).unwrap());
    let nsec = NSEC::new(name("nsec.test."), [Type::SOA, Type::NS]);
    let nsec = record("nsec.test.", RData::DNSSEC(DNSSECRData::NSEC(nsec)));
    refused(&world, "mx.nsec.test", Type::A, move |reply| {
        let authorities = soa.iter().cloned().chain([nsec.clone()]).collect();
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities };
    })
    .await;
}

#[tokio::test]
async fn ancestor_delegation_nsec() {
    // The parent's NSEC at a delegation covers every name below it in canonical order, and denies none of them.
    let world = world();
    let parent = world.zone("test.").denials().concat();
    refused(&world, "mx.nsec.test", Type::A, move |reply| {
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities: parent.clone() };
    })
    .await;
    let parent = world.zone("nsec3.test.").denials().concat();
    refused(&world, "www.child.nsec3.test", Type::A, move |reply| {
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities: parent.clone() };
    })
    .await;
    // Nor does it deny the types of the child's apex.
    let parent = world.zone("test.").denials().concat();
    refused(&world, "nsec.test", Type::MX, move |reply| {
        *reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: parent.clone() };
    })
    .await;
}

#[tokio::test]
async fn ent_nsec() {
    // ent.nsec.test exists, since something is below it: its NSEC gap proves no NXDOMAIN.
    let world = world();
    world.tamper(|at, _, reply| {
        if *at == name("ent.nsec.test.") {
            reply.code = ResponseCode::NXDomain;
        }
    });
    assert_eq!(ask(&world, "ent.nsec.test", Type::A).await, (Security::Secure, "nodata"));
}

#[tokio::test]
async fn nsec3_apex_nodata() {
    // The NSEC3 of an apex denies nothing that is there, and no DS, which is the parent's.
    let world = world();
    let apex = world.zone("nsec3.test.").denials().concat();
    refused(&world, "nsec3.test", Type::MX, move |reply| {
        *reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: apex.clone() };
    })
    .await;
    let child = world.zone("nsec3.test.").denials().concat();
    world.tamper(move |at, of, reply| {
        if *at == name("nsec3.test.") && of == Type::DS {
            *reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: child.clone() };
        }
    });
    assert_eq!(ask(&world, "mx.nsec3.test", Type::A).await.0, Security::Bogus);
}

#[tokio::test]
async fn wildcard_and_nodata_mixed() {
    // The records of a wildcard for a name that exists, with the proof for another name.
    let world = world();
    let zone = world.zone("nsec.test.");
    let expanded: Vec<Record> = zone
        .signed(zone.set(&name("*.wild.nsec.test."), Type::TXT).unwrap())
        .into_iter()
        .map(|mut r| {
            r.name = name("exact.wild.nsec.test.");
            r
        })
        .collect();
    let (a, b) = (expanded.clone(), expanded);
    refused(&world, "exact.wild.nsec.test", Type::TXT, move |reply| reply.answers = a.clone()).await;
    let proofs = zone.denials().concat();
    refused(&world, "exact.wild.nsec.test", Type::TXT, move |reply| {
        *reply = Reply { code: ResponseCode::NoError, answers: b.clone(), authorities: proofs.clone() };
    })
    .await;
    // A wildcard does not reach below a name that exists.
    for apex in ["nsec.test.", "nsec3.test."] {
        let zone = world.zone(apex);
        let set = zone.signed(zone.set(&name(&format!("*.wild.{apex}")), Type::TXT).unwrap());
        let below = name(&format!("below.exact.wild.{apex}"));
        let expanded = set.into_iter().map(|r| renamed(r, &below)).collect::<Vec<_>>();
        let proofs = zone.denials().concat();
        world.tamper(move |at, of, reply| {
            if *at == below && of == Type::TXT {
                let (answers, authorities) = (expanded.clone(), proofs.clone());
                *reply = Reply { code: ResponseCode::NoError, answers, authorities };
            }
        });
        let (status, _) = ask(&world, &format!("below.exact.wild.{apex}"), Type::TXT).await;
        assert_eq!(status, Security::Bogus, "{apex}");
    }
    // NODATA by the wildcard's types, without proof that the name itself is not there.
    let proofs = denials_without(zone, &["exact.wild.nsec.test.", "*.wild.nsec.test."]);
    let star: Vec<Record> =
        zone.denials().concat().into_iter().filter(|r| r.name == name("*.wild.nsec.test.")).collect();
    refused(&world, "exact.wild.nsec.test", Type::MX, move |reply| {
        let authorities = proofs.iter().chain(&star).cloned().collect();
        *reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities };
    })
    .await;
}

#[tokio::test]
async fn unrelated_rrset_as_answer() {
    let world = world();
    let zone = world.zone("nsec.test.");
    let other = zone.signed(zone.set(&name("deep.ent.nsec.test."), Type::A).unwrap());
    refused(&world, "mx.nsec.test", Type::A, move |reply| reply.answers = other.clone()).await;
    // Beside the right answer it is not looked at.
    world.tamper(|_, of, reply| {
        if of == Type::A {
            reply.answers.push(a("evil.plain.test.", 66));
        }
    });
    let answer = world.resolver().lookup("mx.nsec.test", RecordType::A).await.unwrap();
    assert_eq!((answer.records.len(), answer.authentic), (1, true));
}

#[tokio::test]
async fn wraparound_nsec_via_unsigned_soa() {
    // An NSEC whose next name is before its own wraps around only at the apex of the zone that signed it, whatever SOA
    // stands beside it.
    let world = world();
    let zone = world.zone("nsec.test.");
    let key = zone.key.as_ref().unwrap();
    let nsec = NSEC::new(name("a.nsec.test."), [Type::A]);
    let set = vec![record("deep.nsec.test.", RData::DNSSEC(DNSSECRData::NSEC(nsec)))];
    let soa = zone.set(&name("nsec.test."), Type::SOA).unwrap().remove(0);
    // The wildcard is denied as it should be.
    let wildcard = zone.denials().concat().into_iter().filter(|r| r.name == name("nsec.test."));
    let forged: Vec<Record> =
        [set.clone(), vec![key.sign("nsec.test.", &set), record("a.nsec.test.", soa.data)]]
            .concat()
            .into_iter()
            .chain(wildcard)
            .collect();
    refused(&world, "mx.nsec.test", Type::A, move |reply| {
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities: forged.clone() };
    })
    .await;
}

#[tokio::test]
async fn nsec_owner_from_wildcard() {
    // CVE-2017-15105: an NSEC that is itself an expansion of a wildcard proves nothing.
    let world = world();
    let zone = world.zone("nsec.test.");
    let key = zone.key.as_ref().unwrap();
    let star = NSEC::new(name("zzz.nsec.test."), [Type::TXT]);
    let star = vec![record("*.nsec.test.", RData::DNSSEC(DNSSECRData::NSEC(star)))];
    let mut forged = [star.clone(), vec![key.sign("nsec.test.", &star)]].concat();
    for record in &mut forged {
        record.name = name("b.nsec.test.");
    }
    let rest = denials_without(
        zone,
        &["exact.wild.nsec.test.", "alias.nsec.test.", "ent.nsec.test.", "deep.ent.nsec.test."],
    );
    refused(&world, "mx.nsec.test", Type::TXT, move |reply| {
        let rest = rest.iter().filter(|r| r.name != name("mx.nsec.test.")).cloned();
        let authorities = forged.iter().cloned().chain(rest).collect();
        *reply = Reply { code: ResponseCode::NXDomain, answers: Vec::new(), authorities };
    })
    .await;
}

#[tokio::test]
async fn signatures_have_their_time() {
    let world = world();
    for (now, expected) in [(NOW + 90_000, code::EXPIRED), (NOW - 90_000, code::NOT_YET_VALID)] {
        let outcome = world.resolver_at(now).lookup("mx.nsec.test", RecordType::A).await;
        assert_eq!(bogus_code(outcome), expected);
    }
}

#[tokio::test]
async fn a_signature_of_the_parent_or_of_a_name_that_is_no_zone() {
    let world = world();
    for (signer, zone) in
        [("mx.nsec.test.", "nsec.test."), ("plain.test.", "nsec.test."), ("test.", "nsec.test.")]
    {
        let key = world.zone(zone).key.as_ref().unwrap();
        let set = vec![a("mx.nsec.test.", 66)];
        let mut input = key.input(zone, &set);
        input.signer_name = name(signer);
        let forged = [set.clone(), vec![key.sign_as(input, &set)]].concat();
        refused(&world, "mx.nsec.test", Type::A, move |reply| reply.answers = forged.clone()).await;
    }
}

#[tokio::test]
async fn keys_that_may_not_sign() {
    // A key without the zone bit, and a revoked one, in the zone's own signed set of keys.
    for flags in [0, 256 | 128] {
        let stranger = Arc::new(Key::new());
        let public = hickory_resolver::proto::dnssec::rdata::DNSKEY::with_flags(
            flags,
            stranger.public.public_key().clone(),
        );
        let (tag, key) = (public.calculate_key_tag().unwrap(), RData::DNSSEC(DNSSECRData::DNSKEY(public)));
        let world = world_with(|zone| zone.add(record("nsec.test.", key.clone())));
        let set = vec![a("mx.nsec.test.", 66)];
        let mut input = stranger.input("nsec.test.", &set);
        input.key_tag = tag;
        let forged = [set.clone(), vec![stranger.sign_as(input, &set)]].concat();
        refused(&world, "mx.nsec.test", Type::A, move |reply| reply.answers = forged.clone()).await;
    }
}

#[tokio::test]
async fn algorithms_that_nobody_knows_make_a_zone_insecure() {
    let unknown = |algorithm, digest| {
        let world = world();
        let test = world.zone("test.");
        let ds = DS::new(1, algorithm, digest, vec![0; 32]);
        let set = vec![record("bogus.test.", RData::DNSSEC(DNSSECRData::DS(ds)))];
        let answers = test.signed(set);
        world.tamper(move |at, of, reply| {
            if *at == name("bogus.test.") && of == Type::DS {
                reply.answers = answers.clone();
            }
        });
        world
    };
    for (algorithm, digest) in [
        (Algorithm::Unknown(200), DigestType::SHA256),
        (Algorithm::from_u8(5), DigestType::SHA256),
        (Algorithm::ED25519, DigestType::SHA1),
    ] {
        let world = unknown(algorithm, digest);
        let (status, what) = ask(&world, "www.bogus.test", Type::A).await;
        // Its records are still signed, by keys that nothing leads to.
        assert_eq!((status, what), (Security::Insecure, "records"), "{algorithm:?}");
    }
    let known = unknown(Algorithm::ED25519, DigestType::SHA256);
    assert_eq!(ask(&known, "www.bogus.test", Type::A).await.0, Security::Bogus);
}

#[tokio::test]
async fn keytrap() {
    // Many signatures that name a key and are not its: a few are tried, then it is bogus.
    let world = world();
    let key = world.zone("nsec.test.").key.as_ref().unwrap();
    let wrong = (0..200).map(|n| key.sign("nsec.test.", &[a("mx.nsec.test.", n)]));
    let answers: Vec<Record> = [a("mx.nsec.test.", 250)].into_iter().chain(wrong).collect();
    world.tamper(move |at, of, reply| {
        if *at == name("mx.nsec.test.") && of == Type::A {
            reply.answers = answers.clone();
        }
    });
    match world.resolver().lookup("mx.nsec.test", RecordType::A).await {
        Err(Error::Bogus { extended: Some(extended) }) => {
            assert!(extended.text.contains("keys and signatures"), "{extended:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nsec3_iterations() {
    let many = |iterations| {
        let zone = Zone::new("many.test.", true, Denial::Nsec3 { opt_out: false, iterations })
            .add(a("www.many.test.", 1));
        let test = Zone::new("test.", true, Denial::Nsec).delegate(&zone);
        World::new(vec![Zone::new(".", true, Denial::Nsec).delegate(&test), test, zone])
    };
    assert_eq!(ask(&many(150), "missing.many.test", Type::A).await.0, Security::Secure);
    // Nothing is hashed more often; that the zone does so is signed, so it counts as insecure, not as bogus.
    assert_eq!(ask(&many(151), "missing.many.test", Type::A).await, (Security::Insecure, "nxdomain"));
    assert_eq!(ask(&many(2500), "www.many.test", Type::A).await.0, Security::Secure);
}

#[tokio::test]
async fn a_lookup_asks_only_so_much() {
    let world = world();
    let long = "a.".repeat(110) + "plain.test";
    world.resolver().lookup(&long, RecordType::A).await.unwrap_err();
    assert!(world.asked.load(Ordering::Relaxed) <= MAX_ASKED + 1);
    // A name that is long, in a zone that proves nothing.
    world.tamper(|_, of, reply| {
        if of == Type::DS {
            reply.authorities.retain(|r| !is_signature(r));
        }
    });
    let before = world.asked.load(Ordering::Relaxed);
    let long = "b.".repeat(110) + "nsec.test";
    world.resolver().lookup(&long, RecordType::A).await.unwrap_err();
    assert!(world.asked.load(Ordering::Relaxed) - before <= MAX_ASKED + 1);
    // Aliases in a circle.
    world.tamper(|_, of, reply| {
        if of == Type::A {
            reply.answers = vec![
                cname("one.plain.test.", "two.plain.test."),
                cname("two.plain.test.", "one.plain.test."),
            ];
        }
    });
    let outcome = world.resolver().lookup("one.plain.test", RecordType::A).await;
    assert!(matches!(outcome, Err(Error::Temporary { .. })), "{outcome:?}");
}

#[tokio::test]
async fn links_of_the_chain_are_kept_for_their_time() {
    let world = world();
    let resolver = world.resolver();
    resolver.lookup("mx.nsec.test", RecordType::A).await.unwrap();
    let first = world.asked.load(Ordering::Relaxed);
    resolver.lookup("alias.nsec.test", RecordType::A).await.unwrap();
    assert_eq!(world.asked.load(Ordering::Relaxed), first + 1, "only the question itself");
}

#[tokio::test]
async fn whatever_is_changed_is_never_believed() {
    // Every record of an answer changed, doubled, renamed or left out: what is authentic then is what was signed.
    let world = world();
    let good = world.resolver().lookup("x.wild.nsec.test", RecordType::Txt).await.unwrap();
    for at in 0..40 {
        for how in 0..4 {
            world.tamper(move |asked, _, reply| {
                if *asked != name("x.wild.nsec.test.") {
                    return;
                }
                let answers = reply.answers.len();
                let records = reply.answers.iter().chain(&reply.authorities).cloned().collect::<Vec<_>>();
                let mut changed = records.clone();
                let Some(record) = changed.get_mut(at) else { return };
                match how {
                    0 => record.name = name("y.wild.nsec.test."),
                    1 => record.data = txt("x.", "evil").data,
                    2 => record.data = records[(at + 1) % records.len()].data.clone(),
                    _ => record.data = ds("x.", &Key::new().public).data,
                }
                reply.authorities = changed.split_off(answers);
                reply.answers = changed;
            });
            match world.resolver().lookup("x.wild.nsec.test", RecordType::Txt).await {
                Ok(answer) if answer.authentic => assert_eq!(answer.records, good.records, "{at} {how}"),
                Ok(_) => panic!("insecure: {at} {how}"),
                Err(Error::NxDomain { authentic, .. } | Error::NoData { authentic, .. }) => {
                    panic!("denied: {at} {how} {authentic}")
                }
                Err(_) => {}
            }
        }
    }
}

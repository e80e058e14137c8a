//! Questions as bytes, and over loopback by the real resolvers.

use hickory_resolver::proto::op::{MessageType, OpCode};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;
use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::Index;

use super::*;
use crate::{Dnssec, Hosts, Options, Security, Upstream};

const ZONES: &str = "
    mail.lab.test. ZONE
    mail.lab.test. MX 10 mx.mail.lab.test.
    _25._tcp.mx.mail.lab.test. TLSA 3 1 1 00ff10
    alias.mail.lab.test. CNAME mx.mail.lab.test.
    mx.mail.lab.test. A 127.0.0.1
    plain.lab.test. A 127.0.0.2 ; insecure
    spoiled.lab.test. A 127.0.0.3 ; bogus
    fails.lab.test. A 127.0.0.4 ; servfail
";

fn zones() -> (Arc<SignedZones>, Arc<SimClock>) {
    let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let zones = Arc::new(SignedZones::new(clock.clone(), [3; 32]));
    zones.add(ZONES).unwrap();
    zones.add(&format!("long.lab.test. TXT \"{}\"", "x".repeat(4000))).unwrap();
    (zones, clock)
}

fn question(name: &str, kind: WireType, payload: Option<u16>) -> Message {
    let mut message = Message::new(0x1234, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).unwrap(), kind));
    if let Some(payload) = payload {
        let mut edns = Edns::new();
        edns.set_max_payload(payload);
        edns.set_dnssec_ok(true);
        message.set_edns(edns);
    }
    message
}

async fn ask(message: &Message, via: Via) -> (Message, usize) {
    let reply = Authority::from(zones().0).answer(&message.to_vec().unwrap(), via).await.unwrap();
    (Message::from_vec(&reply).unwrap(), reply.len())
}

#[tokio::test]
async fn answers_hold_what_was_asked_for() {
    let (reply, _) = ask(&question("MX.mail.lab.test.", WireType::A, Some(1232)), Via::Udp).await;
    let meta = &reply.metadata;
    assert_eq!(
        (meta.id, meta.message_type, meta.response_code),
        (0x1234, MessageType::Response, ResponseCode::NoError)
    );
    assert!(meta.authoritative && meta.recursion_available && meta.recursion_desired && !meta.authentic_data);
    assert_eq!(reply.answers.len(), 2, "with its signature");
    let (plain, _) = ask(&question("alias.mail.lab.test.", WireType::A, None), Via::Udp).await;
    let kinds: Vec<WireType> = plain.answers.iter().map(Wire::record_type).collect();
    assert_eq!((kinds.as_slice(), plain.edns), (&[WireType::CNAME, WireType::A][..], None), "DO was not set");
    let (none, _) = ask(&question("none.lab.test.", WireType::A, None), Via::Udp).await;
    let kinds: Vec<WireType> = none.authorities.iter().map(Wire::record_type).collect();
    assert_eq!(
        (none.metadata.response_code, kinds.as_slice()),
        (ResponseCode::NXDomain, &[WireType::SOA][..])
    );
    let (proved, _) = ask(&question("none.lab.test.", WireType::A, Some(4096)), Via::Udp).await;
    assert!(proved.authorities.iter().any(|record| record.record_type() == WireType::NSEC));
    let (failed, _) = ask(&question("fails.lab.test.", WireType::A, None), Via::Udp).await;
    assert_eq!(failed.metadata.response_code, ResponseCode::ServFail);
}

#[tokio::test]
async fn what_is_too_long_for_a_datagram_is_cut() {
    for (payload, via, most) in [
        (None, Via::Udp, 512),
        (Some(100), Via::Udp, 512),
        (Some(1000), Via::Udp, 1000),
        (Some(9000), Via::Udp, MAX_DATAGRAM),
        (None, Via::Tcp, 65535),
    ] {
        let (reply, length) = ask(&question("long.lab.test.", WireType::TXT, payload), via).await;
        assert!(length <= most);
        assert_eq!((reply.metadata.truncation, reply.answers.is_empty()), (via == Via::Udp, via == Via::Udp));
    }
}

#[tokio::test]
async fn what_is_no_question_is_refused_or_ignored() {
    let authority = Authority::from(zones().0);
    let good = question("mail.lab.test.", WireType::MX, None).to_vec().unwrap();
    let change = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    for (bytes, code) in [
        (change(2, 0x80), None),
        (good[..11].to_vec(), None),
        (vec![0; MAX_QUERY + 1], None),
        (change(2, 0x28), Some(ResponseCode::NotImp)),
        (change(5, 2), Some(ResponseCode::FormErr)),
        (change(5, 0), Some(ResponseCode::FormErr)),
        (change(4, 0xff), Some(ResponseCode::FormErr)),
        (change(7, 1), Some(ResponseCode::FormErr)),
        (change(11, 1), Some(ResponseCode::FormErr)),
        (change(11, 9), Some(ResponseCode::FormErr)),
        (good[..good.len() - 1].to_vec(), Some(ResponseCode::FormErr)),
        (change(12, 0xc0), Some(ResponseCode::FormErr)),
        (change(good.len() - 1, 3), Some(ResponseCode::Refused)),
        (change(good.len() - 3, 252), Some(ResponseCode::NotImp)),
    ] {
        let reply = authority.answer(&bytes, Via::Udp).await;
        let reply = reply.map(|reply| Message::from_vec(&reply).unwrap().metadata);
        assert_eq!(reply.map(|meta| meta.response_code), code, "{bytes:?}");
    }
    let mut next = question("mail.lab.test.", WireType::MX, Some(1232));
    next.edns.as_mut().unwrap().set_version(1);
    let code = ask(&next, Via::Udp).await.0.metadata.response_code;
    assert_eq!(u16::from(code), u16::from(ResponseCode::BADVERS));
}

proptest! {
    /// A question with anything changed gets an answer that can be read, with its own number, or none.
    #[test]
    fn any_message_is_answered_in_form(
        start in 0_usize..3,
        changes in vec((any::<Index>(), any::<u8>()), 0..6),
        more in vec(any::<u8>(), 0..30),
        keep in any::<Index>(),
    ) {
        let kinds = [WireType::MX, WireType::TLSA, WireType::NS];
        let mut bytes = question("alias.mail.lab.test.", kinds[start], Some(1232)).to_vec().unwrap();
        bytes.extend(more);
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        bytes.truncate(keep.index(4 * bytes.len()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let reply = runtime.block_on(Authority::from(zones().0).answer(&bytes, Via::Udp));
        prop_assert_eq!(reply.is_some(), bytes.len() >= 12 && bytes[2] & 0x80 == 0);
        if let Some(reply) = reply {
            prop_assert!(reply.len() <= MAX_DATAGRAM && reply[..2] == bytes[..2] && Message::from_vec(&reply).is_ok());
        }
    }
}

#[tokio::test]
async fn zone_text_without_signatures_is_served_too() {
    let sim = SimResolver::from_zone(
        "a.example. CNAME b.example.\nb.example. TXT hi\nbad.example. A 192.0.2.1 ; bogus",
    );
    let authority = Authority::from(sim.unwrap());
    let of = async |name: &str, kind| {
        let message = question(name, kind, Some(1232)).to_vec().unwrap();
        Message::from_vec(&authority.answer(&message, Via::Udp).await.unwrap()).unwrap()
    };
    assert_eq!(of("a.example.", WireType::TXT).await.answers.len(), 2);
    assert_eq!(of("a.example.", WireType::SVCB).await.metadata.response_code, ResponseCode::NoError);
    assert_eq!(of("c.example.", WireType::TXT).await.metadata.response_code, ResponseCode::NXDomain);
    assert_eq!(of("bad.example.", WireType::A).await.metadata.response_code, ResponseCode::ServFail);
}

#[tokio::test]
async fn resolvers_over_the_network_come_to_the_same_verdicts() {
    let (zones, clock) = zones();
    let server = NameServer::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let upstream = Upstream::Server { address: server.local(), trust_ad: false };
    let options = |dnssec, anchors| Options { upstream: upstream.clone(), dnssec, anchors };
    let validating = options(Dnssec::Auto, Some(zones.anchor()));
    let validating = crate::resolver(&validating, Hosts::default(), clock.clone()).unwrap();
    let believing =
        crate::resolver(&options(Dnssec::TrustAd, None), Hosts::default(), clock.clone()).unwrap();
    let serving = tokio::spawn(server.serve(zones.into(), clock));
    for (name, kind, security, found) in [
        ("mail.lab.test", RecordType::Mx, Security::Secure, true),
        ("_25._tcp.mx.mail.lab.test", RecordType::Tlsa, Security::Secure, true),
        ("alias.mail.lab.test", RecordType::A, Security::Secure, true),
        ("long.lab.test", RecordType::Txt, Security::Secure, true),
        ("none.lab.test", RecordType::A, Security::Secure, false),
        ("mail.lab.test", RecordType::Txt, Security::Secure, false),
        ("plain.lab.test", RecordType::A, Security::Insecure, true),
        ("spoiled.lab.test", RecordType::A, Security::Bogus, false),
        ("fails.lab.test", RecordType::A, Security::Indeterminate, false),
    ] {
        let explained = validating.explain(name, kind).await;
        assert_eq!((explained.security, explained.outcome.is_ok()), (security, found), "{name} {kind}");
        let unproved = believing.lookup(name, kind).await;
        let there = found || security == Security::Bogus;
        assert_eq!(unproved.as_ref().is_ok_and(|answer| !answer.authentic), there, "{name} {unproved:?}");
    }
    serving.abort();
}

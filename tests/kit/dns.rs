//! What must hold for messages to the name server, for answers that lie to the validating resolver, and for anchors.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use hickory_resolver::proto::op::{Message, MessageType};
use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};
use mox_dns::server::{Authority, MAX_DATAGRAM, MAX_QUERY, Via};
use mox_dns::signed::{SignedZones, deceived, resolver};
use mox_dns::{Answer, Error, Explained, MAX_ANCHORS, RecordType, Resolver, Security, count_anchors};

/// Zones with something of everything.
const ZONES: &str = "
    mail.lab.test. ZONE
    mail.lab.test. MX 10 mx.mail.lab.test.
    mx.mail.lab.test. A 127.0.0.1
    _25._tcp.mx.mail.lab.test. TLSA 3 1 1 00ff10
    alias.mail.lab.test. CNAME mx.mail.lab.test.
    out.mail.lab.test. CNAME host.plain.lab.test.
    a.b.ent.mail.lab.test. TXT \"deep\"
    *.wild.mail.lab.test. TXT \"any\"
    exact.wild.mail.lab.test. TXT \"exact\"
    plain.lab.test. ANY ; insecure
    host.plain.lab.test. A 127.0.0.3
    spoiled.lab.test. A 127.0.0.5 ; bogus
    old.lab.test. A 127.0.0.7 ; expired
    badkey.lab.test. ZONE ; bogus
    badkey.lab.test. A 127.0.0.8
    fails.lab.test. MX ; servfail
";

/// What is asked of the resolver that is lied to.
const QUESTIONS: [(&str, RecordType); 16] = [
    ("mail.lab.test", RecordType::Mx),
    ("mx.mail.lab.test", RecordType::A),
    ("_25._tcp.mx.mail.lab.test", RecordType::Tlsa),
    ("alias.mail.lab.test", RecordType::A),
    ("out.mail.lab.test", RecordType::A),
    ("b.ent.mail.lab.test", RecordType::Txt),
    ("x.y.wild.mail.lab.test", RecordType::Txt),
    ("exact.wild.mail.lab.test", RecordType::Txt),
    ("x.wild.mail.lab.test", RecordType::A),
    ("missing.mail.lab.test", RecordType::A),
    ("mail.lab.test", RecordType::Caa),
    ("host.plain.lab.test", RecordType::A),
    ("none.plain.lab.test", RecordType::A),
    ("spoiled.lab.test", RecordType::A),
    ("old.lab.test", RecordType::A),
    ("badkey.lab.test", RecordType::A),
];

type Verdict = (Security, Result<Answer, Error>);

struct World {
    zones: Arc<SignedZones>,
    clock: Arc<dyn Clock>,
    authority: Authority,
    /// What is true.
    honest: Vec<Verdict>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
    let zones = Arc::new(SignedZones::new(Arc::clone(&clock), [1; 32]));
    assert_eq!(zones.add(ZONES), Ok(()));
    let truth = resolver(Arc::clone(&zones), Arc::clone(&clock));
    let honest = QUESTIONS.iter().filter_map(|(name, kind)| ask(&*truth, name, *kind)).collect();
    World { authority: Authority::from(Arc::clone(&zones)), zones, clock, honest }
});

/// Nothing is delayed, so one poll is enough.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn ask(resolver: &dyn Resolver, name: &str, kind: RecordType) -> Option<Verdict> {
    let Explained { security, outcome, .. } = now(resolver.explain(name, kind))?;
    Some((security, outcome))
}

pub(crate) fn answer(bytes: &[u8]) {
    let Some(([chosen, number], message)) = bytes.split_first_chunk::<2>() else { return };
    let chosen = usize::from(*chosen) % QUESTIONS.len();
    let (Some((name, kind)), Some((security, honest))) = (QUESTIONS.get(chosen), WORLD.honest.get(chosen))
    else {
        return;
    };
    let (zones, clock) = (Arc::clone(&WORLD.zones), Arc::clone(&WORLD.clock));
    let verdict = ask(&*deceived(zones, clock, usize::from(number % 16), message), name, *kind);
    assert!(verdict.is_some(), "one poll is enough");
    let Some((Security::Secure, outcome)) = verdict else { return };
    assert_eq!(*security, Security::Secure, "{name} {kind} {outcome:?}");
    match (&outcome, honest) {
        (Ok(lied), Ok(honest)) => {
            assert_eq!(lied.expanded_name, honest.expanded_name);
            let sorted = |answer: &Answer| {
                let mut all: Vec<String> = answer.records.iter().map(ToString::to_string).collect();
                all.sort();
                all
            };
            assert_eq!(sorted(lied), sorted(honest), "{name} {kind}");
        }
        (Err(Error::NxDomain { .. }), Err(Error::NxDomain { .. })) => {}
        (Err(Error::NoData { .. }), Err(_)) => {}
        _ => assert_eq!(outcome.is_ok(), honest.is_ok(), "{name} {kind} {outcome:?} {honest:?}"),
    }
}

pub(crate) fn query(bytes: &[u8]) {
    for (via, most) in [(Via::Udp, MAX_DATAGRAM), (Via::Tcp, usize::from(u16::MAX))] {
        let reply = now(WORLD.authority.answer(bytes, via));
        assert!(reply.is_some(), "one poll is enough");
        let is_question = bytes.get(2).is_some_and(|flags| flags & 0x80 == 0);
        let due = is_question && (12..=MAX_QUERY).contains(&bytes.len());
        let reply = reply.flatten();
        assert_eq!(reply.is_some(), due, "{bytes:?}");
        let Some(reply) = reply else { return };
        assert!(reply.len() <= most && reply.get(..2) == bytes.get(..2));
        let message = Message::from_vec(&reply);
        assert!(message.is_ok(), "{reply:?}");
        let Ok(message) = message else { return };
        assert_eq!(message.metadata.message_type, MessageType::Response);
        if message.metadata.truncation {
            assert!(via == Via::Udp && message.answers.is_empty());
        }
        if let (Some(echo), Ok(asked)) = (message.queries.first(), Message::from_vec(bytes)) {
            assert_eq!(Some(echo), asked.queries.first());
        }
    }
}

pub(crate) fn anchors(text: &str) {
    match count_anchors(text) {
        Ok(count) => {
            assert!((1..=MAX_ANCHORS).contains(&count));
            let noted: String = text.lines().map(|line| format!("  {line} ; note\n")).collect();
            assert_eq!(count_anchors(&noted).ok(), Some(count), "{text:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

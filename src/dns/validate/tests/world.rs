//! Zones that sign themselves, and name servers that answer from them, honestly or not.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::dnssec::rdata::sig::SigInput;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS, NSEC, NSEC3};
use hickory_resolver::proto::dnssec::{Algorithm, DigestType, Nsec3HashAlgorithm};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use mox_clock::Timestamp;
use mox_clock::sim::SimClock;

use super::super::ask::{Ask, Reply};
use super::super::names::{below, labels, order, same, within};
use super::super::{Anchors, ValidatingResolver};
use crate::signed::ZoneKey;
use crate::{BoxFuture, Error};

/// When the stories play.
pub(super) const NOW: i64 = 1_800_000_000;
/// TTL of all records.
pub(super) const TTL: u32 = 300;

pub(super) fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

pub(super) fn record(owner: &str, data: RData) -> Record {
    Record::from_rdata(name(owner), TTL, data)
}

pub(super) fn a(owner: &str, last: u8) -> Record {
    record(owner, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
}

pub(super) fn txt(owner: &str, text: &str) -> Record {
    record(owner, RData::TXT(TXT::new(vec![text.to_owned()])))
}

pub(super) fn mx(owner: &str, host: &str) -> Record {
    record(owner, RData::MX(MX::new(10, name(host))))
}

pub(super) fn cname(owner: &str, target: &str) -> Record {
    record(owner, RData::CNAME(CNAME(name(target))))
}

/// A key of a zone.
pub(super) struct Key {
    signing: ZoneKey,
    pub(super) public: DNSKEY,
}

impl Key {
    pub(super) fn new() -> Key {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let mut secret = [0; 32];
        secret[..4].copy_from_slice(&MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        let signing = ZoneKey::from_secret(secret).unwrap();
        let public = signing.public.clone();
        Key { signing, public }
    }

    /// What a signature of this key over some records says.
    pub(super) fn input(&self, zone: &str, set: &[Record]) -> SigInput {
        let now = u32::try_from(NOW).unwrap();
        let input = self.signing.input(&name(zone), set, (now - 86400, now + 86400)).unwrap();
        SigInput { original_ttl: TTL, ..input }
    }

    /// A signature that says `input`.
    pub(super) fn sign_as(&self, input: SigInput, set: &[Record]) -> Record {
        let mut record = self.signing.sign(input, set).unwrap();
        record.ttl = TTL;
        record
    }

    pub(super) fn sign(&self, zone: &str, set: &[Record]) -> Record {
        self.sign_as(self.input(zone, set), set)
    }
}

/// How a zone proves what is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Denial {
    Nsec,
    Nsec3 { opt_out: bool, iterations: u16 },
}

/// A zone.
pub(super) struct Zone {
    pub(super) apex: String,
    pub(super) key: Option<Key>,
    denial: Denial,
    sets: Vec<Vec<Record>>,
}

impl Zone {
    pub(super) fn new(apex: &str, signed: bool, denial: Denial) -> Zone {
        let soa = SOA::new(name("ns."), name("root."), 1, 1, 1, 1, 60);
        let mut zone = Zone {
            apex: apex.to_owned(),
            key: signed.then(Key::new),
            denial,
            sets: vec![vec![record(apex, RData::SOA(soa))], vec![record(apex, RData::NS(NS(name("ns."))))]],
        };
        if let Some(key) = &zone.key {
            let key = RData::DNSSEC(DNSSECRData::DNSKEY(key.public.clone()));
            zone.sets.push(vec![record(apex, key)]);
        }
        zone
    }

    pub(super) fn add(mut self, record: Record) -> Zone {
        let kind = record.data.record_type();
        let of =
            |set: &&mut Vec<Record>| same(&set[0].name, &record.name) && set[0].data.record_type() == kind;
        match self.sets.iter_mut().find(of) {
            Some(set) => set.push(record),
            None => self.sets.push(vec![record]),
        }
        self
    }

    /// Delegates to a child; with its DS when it is signed.
    pub(super) fn delegate(self, child: &Zone) -> Zone {
        let zone = self.add(record(&child.apex, RData::NS(NS(name("ns.")))));
        match &child.key {
            Some(key) => zone.add(ds(&child.apex, &key.public)),
            None => zone,
        }
    }

    /// Whether a name is at or below a delegation of this zone.
    fn delegated(&self, at: &Name) -> bool {
        self.sets.iter().any(|set| {
            set[0].data.record_type() == RecordType::NS
                && below(&set[0].name, &name(&self.apex))
                && within(at, &set[0].name)
        })
    }

    pub(super) fn set(&self, at: &Name, kind: RecordType) -> Option<Vec<Record>> {
        let of = |set: &&Vec<Record>| same(&set[0].name, at) && set[0].data.record_type() == kind;
        self.sets.iter().find(of).cloned()
    }

    /// Records with their signature, if the zone is signed and the records are its own.
    pub(super) fn signed(&self, set: Vec<Record>) -> Vec<Record> {
        let signature = self.key.as_ref().map(|key| key.sign(&self.apex, &set));
        set.into_iter().chain(signature).collect()
    }

    /// The names that exist, with their types, in canonical order.
    fn names(&self) -> Vec<(Name, Vec<RecordType>)> {
        let mut all: Vec<(Name, Vec<RecordType>)> = Vec::new();
        for set in &self.sets {
            let (owner, kind) = (&set[0].name, set[0].data.record_type());
            match all.iter_mut().find(|(other, _)| same(other, owner)) {
                Some((_, kinds)) => kinds.push(kind),
                None => all.push((owner.clone(), vec![kind])),
            }
        }
        all.sort_by(|(a, _), (b, _)| order(a, b));
        all
    }

    /// Every record that denies something, signed.
    pub(super) fn denials(&self) -> Vec<Vec<Record>> {
        let names = self.names();
        let sets: Vec<Vec<Record>> = match self.denial {
            Denial::Nsec => (0..names.len())
                .map(|at| {
                    let (owner, kinds) = &names[at];
                    let next = names[(at + 1) % names.len()].0.clone();
                    let extra = [RecordType::NSEC, RecordType::RRSIG];
                    let nsec = NSEC::new(next, kinds.iter().copied().chain(extra));
                    vec![Record::from_rdata(owner.clone(), 60, RData::DNSSEC(DNSSECRData::NSEC(nsec)))]
                })
                .collect(),
            Denial::Nsec3 { opt_out, iterations } => self.nsec3(names, opt_out, iterations),
        };
        sets.into_iter().map(|set| self.signed(set)).collect()
    }

    fn nsec3(&self, names: Vec<(Name, Vec<RecordType>)>, opt_out: bool, iterations: u16) -> Vec<Vec<Record>> {
        let mut all = names;
        let apex = name(&self.apex);
        // Empty non-terminals have a hash, too; unsigned delegations have none with opt-out.
        all.retain(|(owner, kinds)| {
            !opt_out
                || kinds.contains(&RecordType::DS)
                || !kinds.contains(&RecordType::NS)
                || same(owner, &apex)
        });
        for (owner, _) in all.clone() {
            for length in labels(&apex)..labels(&owner) {
                let above = owner.trim_to(length);
                if !all.iter().any(|(other, _)| same(other, &above)) {
                    all.push((above, Vec::new()));
                }
            }
        }
        let mut hashed: BTreeMap<Vec<u8>, Vec<RecordType>> = BTreeMap::new();
        for (owner, kinds) in &all {
            hashed.insert(hash(owner, iterations), kinds.clone());
        }
        let owners: Vec<Vec<u8>> = hashed.keys().cloned().collect();
        hashed
            .iter()
            .enumerate()
            .map(|(at, (owner, kinds))| {
                let next = owners[(at + 1) % owners.len()].clone();
                let extra = (!kinds.is_empty()).then_some(RecordType::RRSIG);
                let kinds = kinds.iter().copied().chain(extra);
                let nsec3 =
                    NSEC3::new(Nsec3HashAlgorithm::SHA1, opt_out, iterations, Vec::new(), next, kinds);
                let owner = apex.prepend_label(base32hex(owner).as_str()).unwrap();
                vec![Record::from_rdata(owner, 60, RData::DNSSEC(DNSSECRData::NSEC3(nsec3)))]
            })
            .collect()
    }
}

pub(super) fn ds(child: &str, key: &DNSKEY) -> Record {
    let digest = key.to_digest(&name(child), DigestType::SHA256).unwrap();
    let ds = DS::new(
        key.calculate_key_tag().unwrap(),
        Algorithm::ED25519,
        DigestType::SHA256,
        digest.as_ref().to_vec(),
    );
    record(child, RData::DNSSEC(DNSSECRData::DS(ds)))
}

fn hash(owner: &Name, iterations: u16) -> Vec<u8> {
    Nsec3HashAlgorithm::SHA1.hash(&[], owner, iterations).unwrap().as_ref().to_vec()
}

fn base32hex(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let digit = |five: &[u8]| {
        let value = u32::from_str_radix(std::str::from_utf8(five).unwrap(), 2).unwrap();
        char::from_digit(value, 32).unwrap()
    };
    bits.as_bytes().chunks(5).map(digit).collect()
}

/// What a dishonest name server makes of an answer.
type Tamper = Box<dyn Fn(&Name, RecordType, &mut Reply) + Send + Sync>;

/// Zones below a root, and the name server that answers for all of them.
pub(super) struct World {
    zones: Vec<Zone>,
    tamper: Mutex<Option<Tamper>>,
    pub(super) asked: AtomicU32,
}

impl World {
    /// Zones, the root first.
    pub(super) fn new(zones: Vec<Zone>) -> Arc<World> {
        Arc::new(World { zones, tamper: Mutex::new(None), asked: AtomicU32::new(0) })
    }

    pub(super) fn zone(&self, apex: &str) -> &Zone {
        self.zones.iter().find(|zone| zone.apex == apex).unwrap()
    }

    /// From now on answers are tampered with.
    pub(super) fn tamper(&self, tamper: impl Fn(&Name, RecordType, &mut Reply) + Send + Sync + 'static) {
        *self.tamper.lock().unwrap() = Some(Box::new(tamper));
    }

    /// A resolver that trusts the root.
    pub(super) fn resolver(self: &Arc<World>) -> ValidatingResolver {
        self.resolver_at(NOW)
    }

    pub(super) fn resolver_at(self: &Arc<World>, now: i64) -> ValidatingResolver {
        let key = &self.zones[0].key.as_ref().unwrap().public;
        let RData::DNSSEC(DNSSECRData::DS(anchor)) = ds(".", key).data else { panic!() };
        let hex: String = anchor.digest().iter().map(|byte| format!("{byte:02x}")).collect();
        let anchors = Anchors::parse(&format!(". DS {} 15 2 {hex}", anchor.key_tag())).unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(now)));
        ValidatingResolver::with(Arc::clone(self) as Arc<dyn Ask>, anchors, clock)
    }

    /// The zone that answers a question.
    fn holder(&self, at: &Name, kind: RecordType) -> &Zone {
        let holds = |zone: &&Zone| {
            let apex = name(&zone.apex);
            within(at, &apex) && !(kind == RecordType::DS && same(at, &apex) && !at.is_root())
        };
        self.zones.iter().filter(holds).max_by_key(|zone| labels(&name(&zone.apex))).unwrap()
    }

    fn answer(&self, at: &Name, kind: RecordType) -> Reply {
        let zone = self.holder(at, kind);
        let mut reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: Vec::new() };
        if let Some(set) = zone.set(at, kind) {
            reply.answers = zone.signed(set);
            return reply;
        }
        if let Some(set) = zone.set(at, RecordType::CNAME) {
            let RData::CNAME(target) = &set[0].data else { panic!() };
            let target = target.0.clone();
            reply.answers = zone.signed(set);
            if kind != RecordType::DS {
                let rest = self.answer(&target, kind);
                reply.answers.extend(rest.answers);
                reply.authorities = rest.authorities;
                reply.code = rest.code;
            }
            return reply;
        }
        let exists = zone.names().iter().any(|(owner, _)| within(owner, at)) || zone.delegated(at);
        let wildcard = (0..labels(at)).rev().map(|n| at.trim_to(n)).find_map(|above| {
            let existing = zone.names().iter().any(|(owner, _)| within(owner, &above));
            existing.then(|| above.prepend_label("*").unwrap())
        });
        let star = wildcard.filter(|star| !exists && zone.names().iter().any(|(owner, _)| same(owner, star)));
        if let Some(set) = star.as_ref().and_then(|star| zone.set(star, kind)) {
            reply.answers = zone.signed(set);
            for record in &mut reply.answers {
                record.name = at.clone();
            }
        } else if !exists && star.is_none() {
            reply.code = ResponseCode::NXDomain;
        }
        // More than needed: choosing what proves is the validator's work.
        if zone.key.is_some() {
            reply.authorities = zone.denials().concat();
        }
        if let Some(soa) = zone.set(&name(&zone.apex), RecordType::SOA) {
            reply.authorities.extend(zone.signed(soa));
        }
        reply
    }
}

impl Ask for World {
    fn ask<'a>(&'a self, at: &'a Name, kind: RecordType) -> BoxFuture<'a, Result<Reply, Error>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut reply = self.answer(at, kind);
        if let Some(tamper) = &*self.tamper.lock().unwrap() {
            tamper(at, kind, &mut reply);
        }
        Box::pin(std::future::ready(Ok(reply)))
    }
}

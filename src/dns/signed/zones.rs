//! What is in the zones, and what is answered of it: records, CNAMEs, wildcards, and proofs that there is nothing.
//!
//! Names are kept in canonical order (RFC 4034 §6.1): a name's key begins with the keys of the names above it. A zone
//! holds the names from its apex down to the apexes of others, of which it has only NS and DS. RFC 4035 §2, §3.1,
//! RFC 4592 §2.2.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, DS, NSEC, RRSIG};
use hickory_resolver::proto::dnssec::{DigestType, crypto::Digest};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{NS, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::data::{name as absolute, rdata};
use super::key::ZoneKey;
use super::{MAX_RECORDS, TTL};
use crate::hickory::hickory_type;
use crate::name::normalize;
use crate::validate::ask::Reply;
use crate::validate::names::wildcard;
use crate::zonetext::{Flags, Line, Of};
use crate::{Error, MAX_CNAMES};

/// Labels in lower case from the right.
type Key = Vec<Vec<u8>>;

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// The zones.
pub(super) struct State {
    seed: [u8; 32],
    /// Names that exist by themselves; those that only have names below them are not here.
    nodes: BTreeMap<Key, Node>,
    /// By apex; the root is always here.
    zones: BTreeMap<Key, Zone>,
    records: usize,
    /// Names of a zone in order, by apex, until something changes.
    chains: HashMap<Key, Arc<Vec<Key>>>,
    /// Good signatures by apex, owner and type, until something changes.
    signatures: HashMap<(Key, Key, RecordType), Signature>,
}

#[derive(Default)]
struct Node {
    name: Name,
    sets: BTreeMap<RecordType, Vec<Record>>,
    /// By type, none for all.
    flags: HashMap<Option<RecordType>, Flags>,
}

struct Zone {
    name: Name,
    /// None in a zone that is not signed.
    key: Option<ZoneKey>,
    flags: Flags,
}

struct Signature {
    record: Record,
    /// When it is made anew.
    renew: u32,
    from: u32,
}

/// What a zone has of a name.
struct Found {
    /// Whose records they are, the name itself or a wildcard; none when the name does not exist.
    source: Option<Key>,
    /// The records of the type, or a CNAME.
    set: Option<Vec<Record>>,
    flags: Flags,
}

impl State {
    pub(super) fn new(seed: [u8; 32]) -> State {
        let mut state = State {
            seed,
            nodes: BTreeMap::new(),
            zones: BTreeMap::new(),
            records: 0,
            chains: HashMap::new(),
            signatures: HashMap::new(),
        };
        state.declare(&Name::root(), Flags::default());
        state
    }

    /// Adds lines, all or none.
    pub(super) fn add(&mut self, lines: Vec<Line>) -> Result<(), String> {
        let mut read = Vec::with_capacity(lines.len());
        for line in lines {
            let bad = || format!("not a name: {}", line.name);
            let owner = absolute(&line.name).ok_or_else(bad)?;
            let data = match &line.record {
                Some(record) => {
                    Some(rdata(record).ok_or_else(|| format!("bad record of {}: {record}", line.name))?)
                }
                None => None,
            };
            let flags = line.flags.unwrap_or_default();
            if owner.is_root() && (flags.insecure || (line.of == Of::Zone && flags.bogus)) {
                return Err("the root is what everything else is proved by".to_owned());
            }
            if owner.is_wildcard() && (flags.insecure || line.of == Of::Zone) {
                return Err(format!("a wildcard is no zone: {}", line.name));
            }
            read.push((owner, line.of, data, flags));
        }
        let more = read.iter().filter(|(_, _, data, _)| data.is_some()).count();
        if self.records + more > MAX_RECORDS {
            return Err(format!("more than {MAX_RECORDS} records"));
        }
        for (owner, of, data, flags) in read {
            self.add_one(&owner, of, data, flags);
        }
        self.changed();
        Ok(())
    }

    fn add_one(&mut self, owner: &Name, of: Of, data: Option<RData>, flags: Flags) {
        if of == Of::Zone || flags.insecure {
            let of_zone = if of == Of::Zone { flags } else { Flags { insecure: true, ..Flags::default() } };
            self.declare(owner, of_zone);
        }
        let node = self.node(owner);
        let kind = match of {
            Of::Type(kind) => Some(Some(hickory_type(kind))),
            Of::Any => Some(None),
            Of::Zone => None,
        };
        if let Some(kind) = kind {
            let kept = node.flags.entry(kind).or_default();
            *kept = kept.and(flags);
        }
        let Some(data) = data else { return };
        let set = node.sets.entry(data.record_type()).or_default();
        if !set.iter().any(|record| record.data == data) {
            set.push(Record::from_rdata(owner.clone(), TTL, data));
            self.records += 1;
        }
    }

    fn node(&mut self, owner: &Name) -> &mut Node {
        let new = || Node { name: owner.clone(), ..Node::default() };
        self.nodes.entry(key(owner)).or_insert_with(new)
    }

    /// Makes a name the apex of a zone.
    fn declare(&mut self, apex: &Name, flags: Flags) {
        self.node(apex);
        let secret = [&self.seed[..], apex.to_ascii().as_bytes()].concat();
        let digest = Digest::new(&secret, DigestType::SHA256).ok();
        let secret = digest.and_then(|digest| <[u8; 32]>::try_from(digest.as_ref()).ok());
        let zone = self.zones.entry(key(apex)).or_insert_with(|| Zone {
            name: apex.clone(),
            key: secret.and_then(ZoneKey::from_secret),
            flags: Flags::default(),
        });
        zone.flags = zone.flags.and(flags);
        if zone.flags.insecure {
            zone.key = None;
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        let Some(owner) = normalize(name).ok().and_then(|name| absolute(&name)) else { return };
        let key = key(&owner);
        if let Some(node) = self.nodes.remove(&key) {
            self.records -= node.sets.values().map(Vec::len).sum::<usize>();
        }
        match owner.is_root() {
            true => drop(self.node(&owner)),
            false => drop(self.zones.remove(&key)),
        }
        self.changed();
    }

    fn changed(&mut self) {
        self.chains.clear();
        self.signatures.clear();
    }

    pub(super) fn anchor(&self) -> String {
        let root = self.zones.get(&Key::new()).and_then(|zone| zone.key.as_ref()?.ds(&zone.name));
        root.map_or_else(String::new, |ds| format!(". IN DS {ds}\n"))
    }

    /// The answer, and how long the name servers take for it.
    pub(super) fn answer(
        &mut self,
        at: &Name,
        kind: RecordType,
        now: u32,
    ) -> (Duration, Result<Reply, Error>) {
        let mut reply = Reply { code: ResponseCode::NoError, answers: Vec::new(), authorities: Vec::new() };
        let (mut at, mut delay) = (at.to_lowercase(), Duration::ZERO);
        // Who asks follows CNAMEs no further.
        for _ in 0..=MAX_CNAMES {
            let apex = self.holder(&key(&at), kind);
            let found = self.find(&apex, &at, kind);
            delay = delay.saturating_add(found.flags.delay);
            if found.flags.servfail {
                return (delay, Err(Error::temporary("name server says Server Failure")));
            }
            match self.step(&apex, &at, &found, now, &mut reply) {
                Some(target) if !matches!(kind, RecordType::CNAME | RecordType::DS) => at = target,
                _ => break,
            }
        }
        (delay, Ok(reply))
    }

    /// The apex of the zone that answers for a name; for its DS that is the zone above.
    fn holder(&self, at: &[Vec<u8>], kind: RecordType) -> Key {
        let longest = at.len() - usize::from(kind == RecordType::DS && !at.is_empty());
        let apexes = (0..=longest).rev().filter_map(|length| at.get(..length));
        apexes.map(<[_]>::to_vec).find(|apex| self.zones.contains_key(apex)).unwrap_or_default()
    }

    /// Whether a name exists, by itself or by one below it.
    fn exists(&self, at: &Key) -> bool {
        self.nodes.range(at.clone()..).next().is_some_and(|(key, _)| key.starts_with(at))
    }

    fn find(&self, apex: &Key, at: &Name, kind: RecordType) -> Found {
        let asked = key(at);
        let source = if self.exists(&asked) {
            Some(asked)
        } else {
            self.star(&asked).map(|star| key(&star)).filter(|star| self.nodes.contains_key(star))
        };
        let (mut set, mut held) = (None, kind);
        let mut flags =
            self.zones.get(apex).map(|zone| Flags { bogus: false, ..zone.flags }).unwrap_or_default();
        if let Some(source) = &source {
            set = self.set(apex, source, kind);
            if set.is_none() {
                set = self.set(apex, source, RecordType::CNAME);
                held = if set.is_some() { RecordType::CNAME } else { kind };
            }
            flags = flags.and(self.flags(source, held)).and(self.flags(source, kind));
        }
        Found { source, set, flags }
    }

    /// The wildcard that stands for a name that does not exist, if there is one.
    fn star(&self, at: &Key) -> Option<Name> {
        let above = (0..at.len()).rev().filter_map(|length| at.get(..length).map(<[_]>::to_vec));
        wildcard(&name_of(&above.clone().find(|key| self.exists(key)).unwrap_or_default())?)
    }

    fn flags(&self, at: &Key, kind: RecordType) -> Flags {
        let Some(node) = self.nodes.get(at) else { return Flags::default() };
        let of = |kind| node.flags.get(&kind).copied().unwrap_or_default();
        of(Some(kind)).and(of(None))
    }

    /// Answers for one name; where it leads when it is a CNAME.
    fn step(&mut self, apex: &Key, at: &Name, found: &Found, now: u32, reply: &mut Reply) -> Option<Name> {
        let asked = key(at);
        let expanded = found.source.as_ref().is_some_and(|source| *source != asked);
        let mut proofs = Vec::new();
        if found.set.is_none() || expanded {
            proofs.push(asked.clone());
        }
        let mut target = None;
        if let Some(set) = &found.set {
            if let Some(RData::CNAME(to)) = set.first().map(|record| &record.data) {
                target = Some(to.0.to_lowercase());
            }
            let mut signed = self.signed(apex, set.clone(), found.flags, now);
            if expanded {
                signed.iter_mut().for_each(|record| record.name = at.clone());
            }
            reply.answers.extend(signed);
        } else {
            if found.source.is_none() {
                reply.code = ResponseCode::NXDomain;
            }
            if found.source.is_none() || expanded {
                proofs.extend(self.star(&asked).map(|star| key(&star)));
            }
            if let Some(soa) = self.set(apex, apex, RecordType::SOA) {
                reply.authorities.extend(self.signed(apex, soa, found.flags, now));
            }
        }
        for denied in proofs {
            self.deny(apex, &denied, found.flags, now, reply);
        }
        target
    }

    /// Adds the NSEC that is at a name or whose gap it falls into.
    fn deny(&mut self, apex: &Key, at: &Key, flags: Flags, now: u32, reply: &mut Reply) {
        if self.zones.get(apex).is_none_or(|zone| zone.key.is_none()) {
            return;
        }
        let chain = self.chain(apex);
        let after = chain.partition_point(|key| key <= at);
        let (Some(owner), Some(next)) =
            (chain.get(after.saturating_sub(1)), chain.get(after).or_else(|| chain.first()))
        else {
            return;
        };
        let (Some(owner_name), Some(next)) = (name_of(owner), name_of(next)) else { return };
        let there =
            |record: &Record| record.name == owner_name && record.data.record_type() == RecordType::NSEC;
        if reply.authorities.iter().any(there) {
            return;
        }
        let nsec = RData::DNSSEC(DNSSECRData::NSEC(NSEC::new(next, self.types(apex, owner))));
        let set = vec![Record::from_rdata(owner_name, TTL, nsec)];
        reply.authorities.extend(self.signed(apex, set, flags, now));
    }

    /// The names of a zone with those of its delegations, in order.
    fn chain(&mut self, apex: &Key) -> Arc<Vec<Key>> {
        if let Some(chain) = self.chains.get(apex) {
            return Arc::clone(chain);
        }
        let mut chain: Vec<Key> = Vec::new();
        let mut cut: Option<&Key> = None;
        for key in
            self.nodes.range(apex.clone()..).map(|(key, _)| key).take_while(|key| key.starts_with(apex))
        {
            if cut.is_some_and(|cut| key.starts_with(cut)) {
                continue;
            }
            cut = (key != apex && self.zones.contains_key(key)).then_some(key).or(cut);
            chain.push(key.clone());
        }
        let chain = Arc::new(chain);
        self.chains.insert(apex.clone(), Arc::clone(&chain));
        chain
    }

    /// The types that a signed zone has at a name.
    fn types(&self, apex: &Key, at: &Key) -> Vec<RecordType> {
        let synthesized = [RecordType::SOA, RecordType::NS, RecordType::DNSKEY, RecordType::DS];
        let own = self.nodes.get(at).into_iter().flat_map(|node| node.sets.keys().copied());
        let mut types: Vec<RecordType> = own.chain(synthesized).collect();
        types.sort_unstable();
        types.dedup();
        types.retain(|kind| self.set(apex, at, *kind).is_some());
        types.extend([RecordType::RRSIG, RecordType::NSEC]);
        types
    }

    /// The records of a type that a zone has at a name.
    fn set(&self, apex: &Key, at: &Key, kind: RecordType) -> Option<Vec<Record>> {
        let node = self.nodes.get(at)?;
        let own = node.sets.get(&kind);
        let zone = self.zones.get(at);
        let delegated = zone.is_some() && apex != at;
        let made = match (zone, kind) {
            // The zone above has nothing else of a delegation.
            (Some(zone), RecordType::DS) if delegated => delegation(zone)?,
            (Some(_), RecordType::NS) if own.is_none() => RData::NS(NS(absolute("localhost")?)),
            (Some(_), RecordType::NS) => return own.cloned(),
            _ if delegated => return None,
            (Some(zone), RecordType::DNSKEY) => {
                RData::DNSSEC(DNSSECRData::DNSKEY(zone.key.as_ref()?.public.clone()))
            }
            (Some(_), RecordType::SOA) if own.is_none() => soa()?,
            _ => return own.cloned(),
        };
        Some(vec![Record::from_rdata(node.name.clone(), TTL, made)])
    }

    /// Records of a zone with their signature, if it signs.
    fn signed(&mut self, apex: &Key, set: Vec<Record>, flags: Flags, now: u32) -> Vec<Record> {
        let signature = self.signature(apex, &set, flags, now);
        set.into_iter().chain(signature).collect()
    }

    fn signature(&mut self, apex: &Key, set: &[Record], flags: Flags, now: u32) -> Option<Record> {
        let zone = self.zones.get(apex)?;
        let signing = zone.key.as_ref()?;
        let sign = |times| signing.sign(signing.input(&zone.name, set, times)?, set);
        if flags.expired {
            return sign((now.saturating_sub(30 * DAY), now.saturating_sub(DAY)));
        }
        let first = set.first()?;
        let id = (apex.clone(), key(&first.name), first.data.record_type());
        let kept = self.signatures.get(&id).filter(|kept| kept.from <= now && now < kept.renew);
        let record = match kept {
            Some(kept) => kept.record.clone(),
            None => {
                let (from, until) = (now.saturating_sub(HOUR), now.saturating_add(14 * DAY));
                let record = sign((from, until))?;
                let renew = until.saturating_sub(DAY);
                self.signatures.insert(id, Signature { record: record.clone(), renew, from });
                record
            }
        };
        if flags.bogus { spoiled(record) } else { Some(record) }
    }
}

/// The SOA of a zone whose text has none.
fn soa() -> Option<RData> {
    let (localhost, seconds) = (absolute("localhost")?, i32::try_from(TTL).ok()?);
    Some(RData::SOA(SOA::new(localhost.clone(), localhost, 1, seconds, seconds, seconds, TTL)))
}

/// The DS of a zone that signs; of another key when the delegation is to be wrong.
fn delegation(zone: &Zone) -> Option<RData> {
    let ds = zone.key.as_ref()?.ds(&zone.name)?;
    let mut digest = ds.digest().to_vec();
    if zone.flags.bogus {
        digest.iter_mut().for_each(|byte| *byte ^= 0xff);
    }
    let ds = DS::new(ds.key_tag(), ds.algorithm(), ds.digest_type(), digest);
    Some(RData::DNSSEC(DNSSECRData::DS(ds)))
}

/// A signature with a wrong bit.
fn spoiled(mut record: Record) -> Option<Record> {
    let RData::DNSSEC(DNSSECRData::RRSIG(good)) = &record.data else { return None };
    let mut bytes = good.sig().to_vec();
    *bytes.first_mut()? ^= 1;
    record.data = RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(good.input().clone(), bytes)));
    Some(record)
}

fn key(name: &Name) -> Key {
    let mut labels: Key = name.iter().map(<[u8]>::to_ascii_lowercase).collect();
    labels.reverse();
    labels
}

fn name_of(key: &Key) -> Option<Name> {
    Name::from_labels(key.iter().rev().map(Vec::as_slice)).ok()
}

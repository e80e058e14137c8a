//! The chain of trust: which zone holds a name, and what its keys are, or where signatures end.
//!
//! A walk goes from the trust anchor down, one label at a time, and asks each name for DS records. A zone goes on when
//! its DS records are signed by the zone above and its keys match them; a proof that there are none at a delegation
//! ends in an insecure zone; a proof that there is no delegation goes on in the same zone. Anything else is bogus, so
//! nothing is insecure that is not proved to be. What was found is kept for its TTL.
//! RFC 4035 §5.2, RFC 6840 §4.4, §5.2.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use mox_clock::Clock;

use super::anchors::{Anchors, digest_supported, matches};
use super::ask::Ask;
use super::denial::{Denials, Proof};
use super::names::{labels, same, text};
use super::signature::{Signed, Zone, supported};
use super::work::{Work, bogus, code};
use crate::Error;

/// Longest time that a link of the chain is kept.
const MAX_KEPT: Duration = Duration::from_secs(3600);
/// Most names that links are kept of.
const MAX_LINKS: usize = 20_000;

/// Where a walk ended.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// In a zone whose keys are proved.
    Secure(Arc<Zone>),
    /// In a zone without a chain of trust.
    Insecure,
}

/// What is at a name, seen from the zone above.
#[derive(Debug, Clone)]
enum Link {
    /// The apex of a zone with keys.
    Zone(Arc<Zone>),
    /// A delegation without DS records, or with none that can be validated.
    Insecure(String),
    /// No delegation: a name of the same zone.
    Inside,
}

/// The chain of trust, as far as it is known.
pub(crate) struct Zones {
    ask: Arc<dyn Ask>,
    anchors: Anchors,
    clock: Arc<dyn Clock>,
    /// By name, with the monotonic time until which it may be used.
    links: Mutex<HashMap<String, (Duration, Link)>>,
}

impl Zones {
    pub(crate) fn new(ask: Arc<dyn Ask>, anchors: Anchors, clock: Arc<dyn Clock>) -> Zones {
        Zones { ask, anchors, clock, links: Mutex::default() }
    }

    /// Asks, and counts it.
    pub(crate) async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
        work: &mut Work,
    ) -> Result<super::ask::Reply, Error> {
        work.ask()?;
        self.ask.ask(name, kind).await
    }

    /// Now, as signatures count time.
    pub(crate) fn now(&self) -> u32 {
        // They count modulo 2^32 (RFC 4034 §3.1.5).
        u32::try_from(self.clock.now().secs().rem_euclid(1 << 32)).unwrap_or(0)
    }

    /// Walks to the zone that holds a name.
    pub(crate) async fn walk(&self, name: &Name, work: &mut Work) -> Result<Trust, Error> {
        let Some(top) = self.anchors.above(name).cloned() else {
            work.note(format!("no trust anchor is above {}", text(name)));
            return Ok(Trust::Insecure);
        };
        let mut zone = self.anchored(&top, work).await?;
        for length in labels(&top) + 1..=labels(name) {
            let child = name.trim_to(length);
            match self.link(&zone, &child, work).await? {
                Link::Zone(found) => zone = found,
                Link::Inside => {}
                Link::Insecure(why) => {
                    work.note(why);
                    return Ok(Trust::Insecure);
                }
            }
        }
        Ok(Trust::Secure(zone))
    }

    /// The keys of a zone with a trust anchor.
    async fn anchored(&self, apex: &Name, work: &mut Work) -> Result<Arc<Zone>, Error> {
        let key = format!("anchor {}", text(apex));
        if let Some(Link::Zone(zone)) = self.kept(&key) {
            return Ok(zone);
        }
        let entry = |key: &DNSKEY| self.anchors.trusts(apex, key);
        let (zone, ttl) = self.keys(apex, &entry, work).await?;
        work.note(format!("{}: a key is trusted and signs the others", text(apex)));
        let zone = Arc::new(zone);
        self.keep(key, ttl, Link::Zone(zone.clone()));
        Ok(zone)
    }

    /// What is at a name below a zone's apex, and not below a delegation of it.
    async fn link(&self, zone: &Arc<Zone>, name: &Name, work: &mut Work) -> Result<Link, Error> {
        let key = text(name);
        if let Some(link) = self.kept(&key) {
            return Ok(link);
        }
        let (link, ttl) = self.find(zone, name, work).await?;
        self.keep(key, ttl, link.clone());
        Ok(link)
    }

    async fn find(&self, zone: &Arc<Zone>, name: &Name, work: &mut Work) -> Result<(Link, u32), Error> {
        let reply = self.ask(name, RecordType::DS, work).await?;
        let now = self.now();
        if let Some(set) = Signed::gather(&reply.answers, name, RecordType::DS) {
            let good = set.verify(zone, now, work)?;
            if good.wildcard_of.is_some() {
                return Err(bogus(code::BOGUS, format!("DS of {} comes from a wildcard", text(name))));
            }
            return self.delegation(name, &set, good.ttl, work).await;
        }
        if let Some(set) = Signed::gather(&reply.answers, name, RecordType::CNAME) {
            // A name with a CNAME is no delegation.
            let good = set.verify(zone, now, work)?;
            let proved = match good.wildcard_of {
                None => Proof::NoName,
                Some(of) => {
                    let denials = Denials::gather(&reply.authorities, zone, now, work)?;
                    denials.proves_expansion(name, of, work)?
                }
            };
            return match proved {
                Proof::Nothing => Err(unproved(name, zone)),
                Proof::Unsure => Ok((Link::Insecure(opted_out(name)), good.ttl)),
                _ => Ok((Link::Inside, good.ttl)),
            };
        }
        let denials = Denials::gather(&reply.authorities, zone, now, work)?;
        let ttl = denials.ttl.unwrap_or(0);
        match denials.prove(name, RecordType::DS, work)? {
            Proof::NoName | Proof::NoType { delegation: false } => Ok((Link::Inside, ttl)),
            Proof::NoType { delegation: true } => {
                let why = format!("{} proves that the delegation {} has no DS", text(&zone.apex), text(name));
                Ok((Link::Insecure(format!("{why}: insecure from here")), ttl))
            }
            Proof::Unsure => Ok((Link::Insecure(opted_out(name)), ttl)),
            Proof::Nothing => Err(unproved(name, zone)),
        }
    }

    /// Goes over a delegation whose DS records are proved.
    async fn delegation(
        &self,
        name: &Name,
        set: &Signed<'_>,
        ttl: u32,
        work: &mut Work,
    ) -> Result<(Link, u32), Error> {
        let all: Vec<&DS> = set
            .records
            .iter()
            .filter_map(|record| match &record.data {
                RData::DNSSEC(DNSSECRData::DS(ds)) => Some(ds),
                _ => None,
            })
            .collect();
        let usable: Vec<&DS> = all
            .into_iter()
            .filter(|ds| supported(ds.algorithm()) && digest_supported(ds.digest_type()))
            .collect();
        if usable.is_empty() {
            let why = format!("the DS records of {} name no algorithm that is validated", text(name));
            return Ok((Link::Insecure(format!("{why}: insecure from here")), ttl));
        }
        let entry = |key: &DNSKEY| usable.iter().any(|ds| matches(ds, name, key));
        let (zone, keys_ttl) = self.keys(name, &entry, work).await?;
        work.note(format!("{}: its DS is signed above, a key matches it and signs the others", text(name)));
        Ok((Link::Zone(Arc::new(zone)), ttl.min(keys_ttl)))
    }

    /// The keys of a zone, signed by one that `entry` admits.
    async fn keys(
        &self,
        apex: &Name,
        entry: &(dyn Fn(&DNSKEY) -> bool + Sync),
        work: &mut Work,
    ) -> Result<(Zone, u32), Error> {
        let missing = || bogus(code::DNSKEY_MISSING, format!("{} has no key that is trusted", text(apex)));
        let reply = self.ask(apex, RecordType::DNSKEY, work).await?;
        let set = Signed::gather(&reply.answers, apex, RecordType::DNSKEY).ok_or_else(missing)?;
        let all: Vec<DNSKEY> = set
            .records
            .iter()
            .filter_map(|record| match &record.data {
                RData::DNSSEC(DNSSECRData::DNSKEY(key)) => Some(key.clone()),
                _ => None,
            })
            .collect();
        // A few are enough; more are there to make it slow.
        let entries: Vec<DNSKEY> = all.iter().filter(|key| entry(key)).take(4).cloned().collect();
        if entries.is_empty() {
            return Err(missing());
        }
        let good = set.verify(&Zone { apex: apex.clone(), keys: entries }, self.now(), work)?;
        Ok((Zone { apex: apex.clone(), keys: all }, good.ttl))
    }

    fn kept(&self, key: &str) -> Option<Link> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, link) = links.get(key)?;
        (self.clock.monotonic() < *until).then(|| link.clone())
    }

    fn keep(&self, key: String, ttl: u32, link: Link) {
        let now = self.clock.monotonic();
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if links.len() >= MAX_LINKS {
            links.retain(|_, (until, _)| now < *until);
            if links.len() >= MAX_LINKS {
                links.clear();
            }
        }
        links.insert(key, (now + Duration::from_secs(ttl.into()).min(MAX_KEPT), link));
    }

    /// The zone that signs, when it is proved to be one.
    pub(crate) async fn signing(&self, signer: &Name, work: &mut Work) -> Result<Trust, Error> {
        match self.walk(signer, work).await? {
            Trust::Secure(zone) if !same(&zone.apex, signer) => {
                Err(bogus(code::BOGUS, format!("{} is not a zone, and cannot sign", text(signer))))
            }
            trust => Ok(trust),
        }
    }
}

fn opted_out(name: &Name) -> String {
    format!(
        "the zone above does not say whether {} is a delegation (NSEC3 opt-out): insecure from here",
        text(name)
    )
}

fn unproved(name: &Name, zone: &Zone) -> Error {
    let text = format!("{} does not prove whether {} is a zone of its own", text(&zone.apex), text(name));
    bogus(code::NSEC_MISSING, text)
}

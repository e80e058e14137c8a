//! A validating resolver: every answer, also that there is none, is proved from a trust anchor, or proved to be in a
//! zone that nobody can prove, or refused as bogus.
//!
//! It asks ordinary recursive name servers with CD set and judges itself. [`work`] bounds what a lookup may cost,
//! [`zones`] is the chain of trust, [`signature`] and [`denial`] are the proofs. Records that do not belong to the
//! chain of CNAMEs that begins at the question are never looked at. The clock for signatures is passed in.
//! RFC 4033, 4034, 4035, 5155 (NSEC3), 6840, 6672 (DNAME), 9276 (iterations), 9905 (no SHA-1).

pub(crate) mod anchors;
pub(crate) mod ask;
mod denial;
pub(crate) mod names;
mod signature;
#[cfg(test)]
mod tests;
mod work;
mod zones;

use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType as HickoryType};
use mox_clock::Clock;

use crate::hickory::{convert, hickory_type};
use crate::name::normalize;
use crate::{Answer, BoxFuture, Error, Explained, MAX_CNAMES, Record, RecordType, Resolver};

use anchors::Anchors;
use ask::{Ask, Reply, Servers};
use denial::{Denials, Proof};
use names::{below, labels, text};
use signature::{Good, Signed};
use work::{Work, bogus, code};
use zones::{Trust, Zones};

/// How many trust anchors there are in a text: DS and DNSKEY records as in a zone file.
pub fn count_anchors(text: &str) -> Result<usize, Error> {
    Anchors::parse(text).map(|anchors| anchors.len()).map_err(|e| Error::BadAnchor(e.to_string()))
}

/// A resolver that validates.
pub struct ValidatingResolver {
    zones: Zones,
}

impl ValidatingResolver {
    /// Asks these name servers and trusts `anchors` (DS or DNSKEY records as in a zone file), or the keys of the root.
    /// Must be called within a tokio runtime.
    pub fn new(
        servers: Vec<NameServerConfig>,
        options: ResolverOpts,
        anchors: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> Result<ValidatingResolver, Error> {
        let anchors = match anchors {
            Some(text) => Anchors::parse(text).map_err(|e| Error::BadAnchor(e.to_string()))?,
            None => Anchors::root(),
        };
        let ask = Arc::new(Servers::new(servers, options)?);
        Ok(ValidatingResolver::with(ask, anchors, clock))
    }

    pub(crate) fn with(ask: Arc<dyn Ask>, anchors: Anchors, clock: Arc<dyn Clock>) -> ValidatingResolver {
        ValidatingResolver { zones: Zones::new(ask, anchors, clock) }
    }

    /// Whether the name servers give what validation needs: the signed keys of the root, whatever they are.
    pub(crate) async fn is_served(&self) -> Result<bool, Error> {
        let reply = self.zones.ask(&Name::root(), HickoryType::DNSKEY, &mut Work::default()).await?;
        let keys = Signed::gather(&reply.answers, &Name::root(), HickoryType::DNSKEY);
        Ok(keys.is_some_and(|keys| keys.signer().is_some()))
    }

    async fn find(&self, name: &str, kind: RecordType, work: &mut Work) -> Result<Answer, Error> {
        let absolute = if name == "." { name.to_owned() } else { format!("{name}.") };
        let mut at = Name::from_ascii(&absolute).map_err(|_| Error::BadName(name.to_owned()))?;
        let wanted = hickory_type(kind);
        let mut path = Path { cnames: Vec::new(), ttl: u32::MAX, authentic: true };
        let mut reply = self.zones.ask(&at, wanted, work).await?;
        loop {
            if let Some(set) = Signed::gather(&reply.answers, &at, wanted) {
                let good = self.positive(&set, &reply, work).await?;
                path.add(good);
                return Ok(path.answer(&at, &set));
            }
            let Some(next) = self.alias(&at, &reply, &mut path, work).await? else {
                return Err(self.negative(&at, wanted, &reply, &path, work).await?);
            };
            if path.cnames.len() >= MAX_CNAMES {
                return Err(Error::temporary("cname chain is too long or a loop"));
            }
            path.cnames.push(text(&at));
            at = next;
            let there = |kind| Signed::gather(&reply.answers, &at, kind).is_some();
            if !there(wanted) && !there(HickoryType::CNAME) {
                reply = self.zones.ask(&at, wanted, work).await?;
            }
        }
    }

    /// Where a name leads by a CNAME, or a DNAME above it.
    async fn alias(
        &self,
        at: &Name,
        reply: &Reply,
        path: &mut Path,
        work: &mut Work,
    ) -> Result<Option<Name>, Error> {
        if let Some(set) = dname(at, reply) {
            let Some((owner, target)) = only_name(&set) else {
                return Err(bogus(code::BOGUS, "several DNAME records at a name"));
            };
            path.add(self.positive(&set, reply, work).await?);
            // What the server made of it is not signed; it is made here again (RFC 6672 §5.3.1).
            let front = labels(at) - labels(&owner);
            let prefix = Name::from_labels(at.iter().take(front));
            let made = prefix.and_then(|prefix| prefix.append_domain(&target));
            return made.map(Some).map_err(|_| Error::temporary("a DNAME makes a name that is too long"));
        }
        let Some(set) = Signed::gather(&reply.answers, at, HickoryType::CNAME) else { return Ok(None) };
        let Some((_, target)) = only_name(&set) else {
            return Err(bogus(code::BOGUS, "several CNAME records at a name"));
        };
        path.add(self.positive(&set, reply, work).await?);
        Ok(Some(target))
    }

    /// Judges records; none when they are of an insecure zone.
    async fn positive(&self, set: &Signed<'_>, reply: &Reply, work: &mut Work) -> Result<Judged, Error> {
        let ttl = set.records.iter().map(|record| record.ttl).min().unwrap_or(0);
        let insecure = Ok(Judged { secure: false, ttl });
        let trust = match set.signer() {
            Some(signer) => self.zones.signing(&signer.clone(), work).await?,
            None => self.zones.walk(&set.name, work).await?,
        };
        let zone = match trust {
            Trust::Insecure => return insecure,
            Trust::Secure(zone) => zone,
        };
        let now = self.zones.now();
        let Good { wildcard_of, ttl } = set.verify(&zone, now, work)?;
        let what = format!("{} {}", text(&set.name), set.kind);
        if let Some(of) = wildcard_of {
            let denials = Denials::gather(&reply.authorities, &zone, now, work)?;
            match denials.proves_expansion(&set.name, of, work)? {
                Proof::NoName => work.note(format!("{what}: from a wildcard, and nothing closer exists")),
                Proof::Unsure => {
                    work.note(format!("{what}: from a wildcard in a zone with opt-out"));
                    return insecure;
                }
                _ => {
                    let text = format!("{what} comes from a wildcard without proof that nothing is closer");
                    return Err(bogus(code::NSEC_MISSING, text));
                }
            }
        }
        work.note(format!("{what}: signed by {}", text(&zone.apex)));
        Ok(Judged { secure: true, ttl })
    }

    /// Judges an answer without records: what it comes to.
    async fn negative(
        &self,
        at: &Name,
        kind: HickoryType,
        reply: &Reply,
        path: &Path,
        work: &mut Work,
    ) -> Result<Error, Error> {
        let ttl = negative_ttl(reply).min(path.ttl);
        let (authentic, no_name, ttl) = match self.denied(at, kind, reply, work).await? {
            Some((proof, proved_ttl)) => {
                let no_name = proof == Proof::NoName && reply.code == ResponseCode::NXDomain;
                (path.authentic, no_name, ttl.min(proved_ttl))
            }
            None => (false, reply.code == ResponseCode::NXDomain, ttl),
        };
        let ttl = Duration::from_secs(ttl.into());
        Ok(if no_name { Error::NxDomain { authentic, ttl } } else { Error::NoData { authentic, ttl } })
    }

    /// The proof that there is nothing, and its TTL; none in an insecure zone.
    async fn denied(
        &self,
        at: &Name,
        kind: HickoryType,
        reply: &Reply,
        work: &mut Work,
    ) -> Result<Option<(Proof, u32)>, Error> {
        let signer = signer_of_denial(reply).filter(|signer| names::within(at, signer));
        let trust = match &signer {
            Some(signer) => self.zones.signing(signer, work).await?,
            None => self.zones.walk(at, work).await?,
        };
        let Trust::Secure(zone) = trust else { return Ok(None) };
        let now = self.zones.now();
        // Its TTL is used, so it must be the zone's own.
        if let Some(soa) = Signed::gather(&reply.authorities, &zone.apex, HickoryType::SOA) {
            soa.verify(&zone, now, work)?;
        }
        let denials = Denials::gather(&reply.authorities, &zone, now, work)?;
        match denials.prove(at, kind, work)? {
            Proof::Unsure => {
                work.note(format!(
                    "{}: {} does not say whether it is a delegation",
                    text(at),
                    text(&zone.apex)
                ));
                Ok(None)
            }
            Proof::Nothing => {
                // Signatures may end between the zone that answered and the name.
                if signer.is_some()
                    && let Trust::Insecure = self.zones.walk(at, work).await?
                {
                    return Ok(None);
                }
                let missing = if denials.is_empty() { "no proof" } else { "no sufficient proof" };
                Err(bogus(code::NSEC_MISSING, format!("{missing} that {} has no {kind}", text(at))))
            }
            proof => {
                let what =
                    if proof == Proof::NoName { "does not exist".into() } else { format!("has no {kind}") };
                work.note(format!("{} proves that {} {what}", text(&zone.apex), text(at)));
                Ok(Some((proof, denials.ttl.unwrap_or(0))))
            }
        }
    }
}

/// What is known of a set of records.
#[derive(Debug, Clone, Copy)]
struct Judged {
    secure: bool,
    ttl: u32,
}

/// The way from the question to the answer.
struct Path {
    cnames: Vec<String>,
    ttl: u32,
    authentic: bool,
}

impl Path {
    fn add(&mut self, judged: Judged) {
        self.ttl = self.ttl.min(judged.ttl);
        self.authentic &= judged.secure;
    }

    fn answer(self, at: &Name, set: &Signed<'_>) -> Answer {
        let records: Vec<Record> = set.records.iter().filter_map(|record| convert(&record.data)).collect();
        Answer {
            records,
            ttl: Duration::from_secs(self.ttl.into()),
            authentic: self.authentic,
            expanded_name: text(at),
            cnames: self.cnames,
        }
    }
}

/// The DNAME above a name, where the answer has one.
fn dname<'a>(at: &Name, reply: &'a Reply) -> Option<Signed<'a>> {
    (0..labels(at)).rev().find_map(|length| {
        let owner = at.trim_to(length);
        Signed::gather(&reply.answers, &owner, HickoryType::DNAME).filter(|set| below(at, &set.name))
    })
}

/// Owner and target of the only record, a CNAME or a DNAME.
fn only_name(set: &Signed<'_>) -> Option<(Name, Name)> {
    match set.records.as_slice() {
        [record] => match &record.data {
            RData::CNAME(target) => Some((set.name.clone(), target.0.clone())),
            RData::Unknown { code, rdata } if *code == HickoryType::DNAME => {
                Some((set.name.clone(), wire_name(&rdata.anything)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// A name from its uncompressed wire form.
fn wire_name(mut bytes: &[u8]) -> Option<Name> {
    let mut labels = Vec::new();
    loop {
        let (length, rest) = bytes.split_first()?;
        let (label, rest) = rest.split_at_checked((*length).into())?;
        if label.is_empty() {
            return Name::from_labels(labels).ok().filter(|_| rest.is_empty());
        }
        labels.push(label);
        bytes = rest;
    }
}

/// Who signed the proofs of an answer without records.
fn signer_of_denial(reply: &Reply) -> Option<Name> {
    reply.authorities.iter().find_map(|record| {
        let kind = record.data.record_type();
        if !matches!(kind, HickoryType::NSEC | HickoryType::NSEC3) {
            return None;
        }
        Signed::gather(&reply.authorities, &record.name, kind)?.signer().cloned()
    })
}

/// How long an answer without records may be kept, as its SOA says (RFC 2308 §5).
fn negative_ttl(reply: &Reply) -> u32 {
    let soa = reply.authorities.iter().find_map(|record| match &record.data {
        RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
        _ => None,
    });
    soa.unwrap_or(0)
}

impl Resolver for ValidatingResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = normalize(name);
        Box::pin(async move { self.find(&name?, kind, &mut Work::default()).await })
    }

    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let name = normalize(name);
        Box::pin(async move {
            let mut work = Work::default();
            let outcome = match name {
                Ok(name) => self.find(&name, kind, &mut work).await,
                Err(e) => Err(e),
            };
            Explained::of(outcome, work.why)
        })
    }
}

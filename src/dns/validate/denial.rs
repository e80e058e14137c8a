//! Proofs that a name or a type does not exist, from NSEC and NSEC3 records whose signatures are good.
//! RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4 (delegations deny nothing below them), RFC 4592 (wildcards), RFC 9276 §3.2.
//!
//! Every record here is of one zone: its owner is within it, its signer is its apex, and it is no expansion of a
//! wildcard (CVE-2017-15105). An NSEC whose next name is before its own wraps around only to the apex.

use std::cmp::Ordering;

use hickory_resolver::proto::dnssec::Nsec3HashAlgorithm;
use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, NSEC, NSEC3};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::names::{below, common, labels, order, same, wildcard, within};
use super::signature::{Signed, Zone};
use super::work::Work;
use crate::Error;

/// Most rounds of hashing that are done; a zone with more counts as insecure, as with other validators.
pub(crate) const MAX_ITERATIONS: u16 = 150;

/// What the records of a zone prove about a name and a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The name does not exist, nor a wildcard that would stand for it.
    NoName,
    /// The name, or the wildcard that stands for it, has no such type. The flag tells that the name is a delegation.
    NoType { delegation: bool },
    /// There may be an unsigned delegation here: the zone does not say (opt-out), or hashes too often.
    Unsure,
    /// Nothing.
    Nothing,
}

/// The records of one zone that deny.
#[derive(Debug, Default)]
pub(crate) struct Denials<'a> {
    nsec: Vec<(Name, &'a NSEC)>,
    nsec3: Vec<(Vec<u8>, &'a NSEC3)>,
    /// Least TTL of them.
    pub(crate) ttl: Option<u32>,
    apex: Name,
    /// There are NSEC3 records, but hashed too often.
    too_many_rounds: bool,
}

impl<'a> Denials<'a> {
    /// Gathers those of a section that a zone signed.
    pub(crate) fn gather(
        section: &'a [Record],
        zone: &Zone,
        now: u32,
        work: &mut Work,
    ) -> Result<Denials<'a>, Error> {
        let mut found = Denials { apex: zone.apex.clone(), ..Denials::default() };
        let mut seen: Vec<(&Name, RecordType)> = Vec::new();
        for record in section {
            let kind = record.data.record_type();
            if !matches!(kind, RecordType::NSEC | RecordType::NSEC3)
                || !within(&record.name, &zone.apex)
                || seen.iter().any(|(name, k)| *k == kind && same(name, &record.name))
            {
                continue;
            }
            seen.push((&record.name, kind));
            let Some(set) = Signed::gather(section, &record.name, kind) else { continue };
            // One that is not signed as it must be proves nothing; another may.
            let good = match set.verify(zone, now, work) {
                Ok(good) if good.wildcard_of.is_none() => good,
                Ok(_) => continue,
                Err(Error::Bogus { .. }) => continue,
                Err(e) => return Err(e),
            };
            for record in &set.records {
                found.add(record, zone);
            }
            found.ttl = Some(found.ttl.map_or(good.ttl, |ttl| ttl.min(good.ttl)));
        }
        Ok(found)
    }

    fn add(&mut self, record: &'a Record, zone: &Zone) {
        match &record.data {
            RData::DNSSEC(DNSSECRData::NSEC(nsec)) if within(nsec.next_domain_name(), &zone.apex) => {
                self.nsec.push((record.name.clone(), nsec));
            }
            RData::DNSSEC(DNSSECRData::NSEC3(nsec3)) => {
                // Directly below the apex: a hash of this zone, not of another (RFC 5155 §7.1).
                let Some(hash) = record.name.iter().next().and_then(base32hex) else { return };
                if labels(&record.name) != labels(&zone.apex) + 1 {
                    return;
                }
                match nsec3.iterations() > MAX_ITERATIONS {
                    true => self.too_many_rounds = true,
                    false => self.nsec3.push((hash, nsec3)),
                }
            }
            _ => {}
        }
    }

    /// Whether there is nothing that could prove.
    pub(crate) fn is_empty(&self) -> bool {
        self.nsec.is_empty() && self.nsec3.is_empty() && !self.too_many_rounds
    }

    /// What is proved about a name and a type.
    pub(crate) fn prove(&self, name: &Name, kind: RecordType, work: &mut Work) -> Result<Proof, Error> {
        if !within(name, &self.apex) {
            return Ok(Proof::Nothing);
        }
        match self.by_nsec(name, kind) {
            Proof::Nothing => match self.by_nsec3(name, kind, work)? {
                Proof::Nothing if self.too_many_rounds => Ok(Proof::Unsure),
                proof => Ok(proof),
            },
            proof => Ok(proof),
        }
    }

    /// Whether the wildcard below the last `labels` labels of a name was the closest one that could stand for it: the
    /// name itself does not exist, nor anything between.
    pub(crate) fn proves_expansion(&self, name: &Name, of: usize, work: &mut Work) -> Result<Proof, Error> {
        let encloser = name.trim_to(of);
        let by_nsec = self.covering(name).is_some_and(|(owner, nsec)| {
            let closest = closest_encloser(name, owner, nsec);
            same(&closest, &encloser)
        });
        if by_nsec {
            return Ok(Proof::NoName);
        }
        let next = name.trim_to(of + 1);
        if let Some(hash) = self.hash(&next, work)?
            && let Some(nsec3) = self.covering3(&hash)
        {
            return Ok(if nsec3.opt_out() { Proof::Unsure } else { Proof::NoName });
        }
        Ok(if self.too_many_rounds { Proof::Unsure } else { Proof::Nothing })
    }

    fn by_nsec(&self, name: &Name, kind: RecordType) -> Proof {
        if let Some((_, nsec)) = self.nsec.iter().find(|(owner, _)| same(owner, name)) {
            return no_type(nsec.type_set(), name, kind);
        }
        let Some((owner, nsec)) = self.covering(name) else { return Proof::Nothing };
        if below(nsec.next_domain_name(), name) {
            // An empty non-terminal: it exists, since something is below it.
            return Proof::NoType { delegation: false };
        }
        let Some(wildcard) = wildcard(&closest_encloser(name, owner, nsec)) else { return Proof::Nothing };
        if let Some((_, nsec)) = self.nsec.iter().find(|(owner, _)| same(owner, &wildcard)) {
            return no_type(nsec.type_set(), &wildcard, kind);
        }
        match self.covering(&wildcard) {
            // Something below the wildcard exists, so the wildcard does.
            Some((_, nsec)) if below(nsec.next_domain_name(), &wildcard) => {
                Proof::NoType { delegation: false }
            }
            Some(_) => Proof::NoName,
            None => Proof::Nothing,
        }
    }

    /// The NSEC whose gap a name falls into.
    fn covering(&self, name: &Name) -> Option<(&Name, &'a NSEC)> {
        let covers = |owner: &Name, nsec: &NSEC| {
            let next = nsec.next_domain_name();
            let last = same(next, &self.apex);
            order(owner, name) == Ordering::Less
                && (last || order(owner, next) == Ordering::Less)
                && (last || order(name, next) == Ordering::Less)
                // What is below a delegation or a DNAME is not this zone's to deny.
                && !(below(name, owner) && cuts_off(nsec.type_set()))
        };
        self.nsec.iter().find(|(owner, nsec)| covers(owner, nsec)).map(|(owner, nsec)| (owner, *nsec))
    }

    fn by_nsec3(&self, name: &Name, kind: RecordType, work: &mut Work) -> Result<Proof, Error> {
        if self.nsec3.is_empty() {
            return Ok(Proof::Nothing);
        }
        let Some(hash) = self.hash(name, work)? else { return Ok(Proof::Nothing) };
        if let Some(nsec3) = self.matching3(&hash) {
            return Ok(no_type(nsec3.type_set(), name, kind));
        }
        // The closest encloser is there, and the name one label longer is not.
        let mut length = labels(name);
        let mut covered = self.covering3(&hash);
        while length > labels(&self.apex) {
            length -= 1;
            let encloser = name.trim_to(length);
            let Some(hash) = self.hash(&encloser, work)? else { return Ok(Proof::Nothing) };
            if let Some(nsec3) = self.matching3(&hash) {
                if cuts_off(nsec3.type_set()) {
                    return Ok(Proof::Nothing);
                }
                return match covered {
                    Some(next) => self.below_encloser(&encloser, next, kind, work),
                    None => Ok(Proof::Nothing),
                };
            }
            covered = self.covering3(&hash);
        }
        Ok(Proof::Nothing)
    }

    /// What holds for a name whose next closer name is covered by `next`.
    fn below_encloser(
        &self,
        encloser: &Name,
        next: &NSEC3,
        kind: RecordType,
        work: &mut Work,
    ) -> Result<Proof, Error> {
        if kind == RecordType::DS && next.opt_out() {
            return Ok(Proof::Unsure);
        }
        let Some(wildcard) = wildcard(encloser) else { return Ok(Proof::Nothing) };
        let Some(hash) = self.hash(&wildcard, work)? else { return Ok(Proof::Nothing) };
        let proof = match (self.matching3(&hash), self.covering3(&hash)) {
            (Some(nsec3), _) => no_type(nsec3.type_set(), &wildcard, kind),
            (None, Some(_)) => Proof::NoName,
            (None, None) => Proof::Nothing,
        };
        Ok(match proof {
            Proof::Nothing => Proof::Nothing,
            _ if next.opt_out() => Proof::Unsure,
            proof => proof,
        })
    }

    /// The hash of a name by the parameters of the zone.
    fn hash(&self, name: &Name, work: &mut Work) -> Result<Option<Vec<u8>>, Error> {
        let Some((_, nsec3)) = self.nsec3.first() else { return Ok(None) };
        work.hash()?;
        let hash = Nsec3HashAlgorithm::SHA1.hash(nsec3.salt(), name, nsec3.iterations());
        Ok(hash.ok().map(|digest| digest.as_ref().to_vec()))
    }

    /// Those with the parameters that names are hashed by.
    fn alike(&self) -> impl Iterator<Item = (&Vec<u8>, &'a NSEC3)> {
        let first = self.nsec3.first().map(|(_, nsec3)| (nsec3.salt(), nsec3.iterations()));
        let like = move |nsec3: &NSEC3| Some((nsec3.salt(), nsec3.iterations())) == first;
        self.nsec3.iter().filter(move |(_, nsec3)| like(nsec3)).map(|(hash, nsec3)| (hash, *nsec3))
    }

    fn matching3(&self, hash: &[u8]) -> Option<&'a NSEC3> {
        self.alike().find(|(owner, _)| owner.as_slice() == hash).map(|(_, nsec3)| nsec3)
    }

    fn covering3(&self, hash: &[u8]) -> Option<&'a NSEC3> {
        let covers = |owner: &[u8], next: &[u8]| match owner.cmp(next) {
            Ordering::Less => owner < hash && hash < next,
            // The last one, or the only one.
            _ => owner < hash || hash < next,
        };
        self.alike()
            .find(|(owner, nsec3)| {
                owner.len() == hash.len()
                    && covers(owner, nsec3.next_hashed_owner_name())
                    && owner.as_slice() != hash
            })
            .map(|(_, nsec3)| nsec3)
    }
}

/// Whether a set of types is that of a delegation seen from above, or of a DNAME: names below belong to others.
fn cuts_off(types: &hickory_resolver::proto::rr::RecordTypeSet) -> bool {
    is_delegation(types) || types.contains(RecordType::DNAME)
}

fn is_delegation(types: &hickory_resolver::proto::rr::RecordTypeSet) -> bool {
    types.contains(RecordType::NS) && !types.contains(RecordType::SOA)
}

/// What the types of a name itself prove.
fn no_type(types: &hickory_resolver::proto::rr::RecordTypeSet, name: &Name, kind: RecordType) -> Proof {
    let of_the_wrong_side = match kind {
        // The parent's to deny, not the child's (RFC 4035 §5.2).
        RecordType::DS => types.contains(RecordType::SOA) && !name.is_root(),
        // The child's to deny, not the parent's (RFC 6840 §4.1).
        _ => is_delegation(types),
    };
    if of_the_wrong_side || types.contains(kind) || types.contains(RecordType::CNAME) {
        return Proof::Nothing;
    }
    Proof::NoType { delegation: is_delegation(types) }
}

/// The longest existing name above one that an NSEC covers.
fn closest_encloser(name: &Name, owner: &Name, nsec: &NSEC) -> Name {
    let (a, b) = (common(name, owner), common(name, nsec.next_domain_name()));
    if labels(&a) >= labels(&b) { a } else { b }
}

/// Decodes the label of an NSEC3 owner (RFC 4648 §7, without padding).
fn base32hex(label: &[u8]) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::with_capacity(20));
    for c in label {
        let value = match c.to_ascii_lowercase() {
            c @ b'0'..=b'9' => c - b'0',
            c @ b'a'..=b'v' => c - b'a' + 10,
            _ => return None,
        };
        held = (held << 5 | u32::from(value)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_read_from_labels() {
        // RFC 5155 appendix A: H(example) with salt aabbccdd and 12 rounds.
        let name = Name::from_ascii("example.").unwrap();
        let hash = Nsec3HashAlgorithm::SHA1.hash(&[0xaa, 0xbb, 0xcc, 0xdd], &name, 12).unwrap();
        assert_eq!(base32hex(b"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom").as_deref(), Some(hash.as_ref()));
        assert_eq!(base32hex(b"xyz"), None);
    }
}

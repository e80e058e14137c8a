//! Is a set of records signed by a zone? RFC 4035 §5.3, RFC 6840 §5, RFC 4034 §3.1.5 (serial arithmetic of times).
//!
//! The signer must be the zone whose keys are used, the owner within it, and the key a zone key of the same tag and
//! algorithm that is not revoked. Times are judged by the clock that is passed in, without allowance.

use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_resolver::proto::dnssec::{Algorithm, Verifier};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordType};

use super::names;
use super::work::{MAX_TRIES, Work, bogus, code};
use crate::Error;

/// A zone and its keys, which are proved.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    /// Its apex.
    pub(crate) apex: Name,
    /// Its keys.
    pub(crate) keys: Vec<DNSKEY>,
}

/// Records of one name and type with the signatures over them.
#[derive(Debug, Clone)]
pub(crate) struct Signed<'a> {
    /// The owner.
    pub(crate) name: Name,
    /// The type.
    pub(crate) kind: RecordType,
    /// The records, each once.
    pub(crate) records: Vec<&'a Record>,
    /// Signatures that say they cover them.
    pub(crate) signatures: Vec<&'a RRSIG>,
}

/// What a good signature tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Good {
    /// Labels of the name whose wildcard the records come from, when they do.
    pub(crate) wildcard_of: Option<usize>,
    /// How long the records may be kept, in seconds.
    pub(crate) ttl: u32,
}

impl<'a> Signed<'a> {
    /// Gathers the records of a name and type from a section.
    pub(crate) fn gather(section: &'a [Record], name: &Name, kind: RecordType) -> Option<Signed<'a>> {
        let mut set = Signed { name: name.clone(), kind, records: Vec::new(), signatures: Vec::new() };
        for record in section.iter().filter(|r| r.dns_class == DNSClass::IN && names::same(&r.name, name)) {
            match &record.data {
                RData::DNSSEC(DNSSECRData::RRSIG(signature)) if signature.input().type_covered == kind => {
                    set.signatures.push(signature);
                }
                data if data.record_type() == kind && !set.records.iter().any(|r| r.data == *data) => {
                    set.records.push(record);
                }
                _ => {}
            }
        }
        (!set.records.is_empty()).then_some(set)
    }

    /// Who says to have signed: the first whose zone can hold the name.
    pub(crate) fn signer(&self) -> Option<&Name> {
        let fits = |signer: &&Name| match self.kind {
            // The parent signs it, the child cannot.
            RecordType::DS => names::below(&self.name, signer),
            _ => names::within(&self.name, signer),
        };
        self.signatures.iter().map(|signature| &signature.input().signer_name).find(fits)
    }

    /// Checks the signatures of a zone until one is good.
    pub(crate) fn verify(&self, zone: &Zone, now: u32, work: &mut Work) -> Result<Good, Error> {
        let mut fault = bogus(
            code::RRSIGS_MISSING,
            format!(
                "{} {} has no signature of {}",
                names::text(&self.name),
                self.kind,
                names::text(&zone.apex)
            ),
        );
        let mut tries = 0;
        for signature in &self.signatures {
            let input = signature.input();
            if !names::same(&input.signer_name, &zone.apex) || !supported(input.algorithm) {
                continue;
            }
            if let Err(e) = self.check_form(signature, now) {
                fault = e;
                continue;
            }
            let keys = zone.keys.iter().filter(|key| fits(key, signature));
            let mut any = false;
            for key in keys {
                any = true;
                tries += 1;
                if tries > MAX_TRIES {
                    return Err(bogus(
                        code::BOGUS,
                        format!("more than {MAX_TRIES} keys and signatures to try"),
                    ));
                }
                work.verify()?;
                let records = self.records.iter().copied();
                match key.verify_rrsig(&self.records_name(), DNSClass::IN, signature, records) {
                    Ok(()) => return Ok(self.good(signature, now)),
                    Err(_) => {
                        fault = bogus(
                            code::BOGUS,
                            format!("signature of {} {} is wrong", names::text(&self.name), self.kind),
                        );
                    }
                }
            }
            if !any {
                fault = bogus(
                    code::DNSKEY_MISSING,
                    format!("{} has no key with tag {}", names::text(&zone.apex), input.key_tag),
                );
            }
        }
        Err(fault)
    }

    /// The owner as the records have it: they are compared with it byte for byte.
    fn records_name(&self) -> Name {
        self.records.first().map_or_else(|| self.name.clone(), |record| record.name.clone())
    }

    fn check_form(&self, signature: &RRSIG, now: u32) -> Result<(), Error> {
        let input = signature.input();
        let what = || format!("signature of {} {}", names::text(&self.name), self.kind);
        if usize::from(input.num_labels) > owner_labels(&self.name) {
            return Err(bogus(code::BOGUS, format!("{} is for a longer name", what())));
        }
        let (from, until) = (input.sig_inception.get(), input.sig_expiration.get());
        if after(now, until) {
            return Err(bogus(code::EXPIRED, format!("{} expired", what())));
        }
        if after(from, now) {
            return Err(bogus(code::NOT_YET_VALID, format!("{} is not yet valid", what())));
        }
        Ok(())
    }

    fn good(&self, signature: &RRSIG, now: u32) -> Good {
        let input = signature.input();
        let left = input.sig_expiration.get().wrapping_sub(now);
        let ttl = self.records.iter().map(|r| r.ttl).min().unwrap_or(0).min(input.original_ttl).min(left);
        let signed = usize::from(input.num_labels);
        Good { wildcard_of: (signed < owner_labels(&self.name)).then_some(signed), ttl }
    }
}

/// Labels of an owner as signatures count them: without a leading `*`.
fn owner_labels(name: &Name) -> usize {
    names::labels(name) - usize::from(name.is_wildcard())
}

/// Whether a time is later than another, as serial numbers.
fn after(a: u32, b: u32) -> bool {
    let distance = a.wrapping_sub(b);
    distance != 0 && distance < 1 << 31
}

/// Algorithms that are validated. Others make a zone insecure, SHA-1 among them (RFC 9905 §2).
pub(crate) fn supported(algorithm: Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::RSASHA256
            | Algorithm::RSASHA512
            | Algorithm::ECDSAP256SHA256
            | Algorithm::ECDSAP384SHA384
            | Algorithm::ED25519
    )
}

/// Whether a key may have made a signature.
fn fits(key: &DNSKEY, signature: &RRSIG) -> bool {
    let input = signature.input();
    usable(key)
        && Verifier::algorithm(key) == input.algorithm
        && key.calculate_key_tag().is_ok_and(|tag| tag == input.key_tag)
}

/// Whether a key may sign a zone: its zone bit is set, and it is not revoked (RFC 4034 §2.1.1, RFC 5011 §2.1).
pub(crate) fn usable(key: &DNSKEY) -> bool {
    key.zone_key() && !key.revoke()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_wrap_around() {
        assert!(after(2, 1) && !after(1, 1) && !after(1, 2));
        assert!(after(5, u32::MAX - 5) && !after(u32::MAX - 5, 5));
    }
}

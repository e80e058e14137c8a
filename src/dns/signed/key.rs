//! The key of a zone, and signatures made with it. Ed25519 (RFC 8080), one key that signs keys and records alike.
//! RFC 4034 §3 (RRSIG), §5 (DS).

use hickory_resolver::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_resolver::proto::dnssec::rdata::sig::SigInput;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS, RRSIG};
use hickory_resolver::proto::dnssec::{Algorithm, DigestType, SigningKey, TBS};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record};

use crate::validate::names::labels;

/// Zone key that is also a secure entry point (RFC 4034 §2.1.1).
const FLAGS: u16 = 257;
/// What stands before the 32 bytes of a private key in PKCS#8 (RFC 8410 §7).
const PKCS8: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// A key of a zone.
pub(crate) struct ZoneKey {
    signing: Ed25519SigningKey,
    /// Its public half.
    pub(crate) public: DNSKEY,
    tag: u16,
}

impl ZoneKey {
    /// The key that a secret makes.
    pub(crate) fn from_secret(secret: [u8; 32]) -> Option<ZoneKey> {
        let der = [&PKCS8[..], &secret].concat();
        let signing = Ed25519SigningKey::from_pkcs8(&der.into()).ok()?;
        let public = DNSKEY::with_flags(FLAGS, signing.to_public_key().ok()?);
        let tag = public.calculate_key_tag().ok()?;
        Some(ZoneKey { signing, public, tag })
    }

    /// What a signature of this key over records says.
    pub(crate) fn input(&self, zone: &Name, set: &[Record], (from, until): (u32, u32)) -> Option<SigInput> {
        let first = set.first()?;
        let counted = labels(&first.name) - usize::from(first.name.is_wildcard());
        Some(SigInput {
            type_covered: first.data.record_type(),
            algorithm: Algorithm::ED25519,
            num_labels: u8::try_from(counted).ok()?,
            original_ttl: first.ttl,
            sig_expiration: until.into(),
            sig_inception: from.into(),
            key_tag: self.tag,
            signer_name: zone.clone(),
        })
    }

    /// A signature over records that says `input`.
    pub(crate) fn sign(&self, input: SigInput, set: &[Record]) -> Option<Record> {
        let first = set.first()?;
        let tbs = TBS::from_input(&first.name, DNSClass::IN, &input, set.iter()).ok()?;
        let signature = self.signing.sign(&tbs).ok()?;
        let data = RData::DNSSEC(DNSSECRData::RRSIG(RRSIG::from_sig(input, signature)));
        Some(Record::from_rdata(first.name.clone(), first.ttl, data))
    }

    /// What the zone above publishes of it.
    pub(crate) fn ds(&self, zone: &Name) -> Option<DS> {
        let digest = self.public.to_digest(zone, DigestType::SHA256).ok()?;
        Some(DS::new(self.tag, Algorithm::ED25519, DigestType::SHA256, digest.as_ref().to_vec()))
    }
}

//! Public keys of key records, and what is verified with them.
//!
//! An RSA key stands as RSAPublicKey or, as nearly everywhere, as SubjectPublicKeyInfo (erratum 3017 of the RFC);
//! an Ed25519 key stands as its 32 bytes. Its size is read from the DER, because keys that are too small are told
//! apart from bad signatures. RFC 6376 §3.3.1, §3.3.3, RFC 8301 §3.2, RFC 8463 §3.

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};

use crate::record::{KeyType, Record};

/// Smallest RSA key in bits whose signatures count.
pub const MIN_RSA_BITS: u32 = 1024;

/// Largest RSA key in bits that is used: larger ones cost too much.
pub const MAX_RSA_BITS: u32 = 8192;

/// A public key that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    key_type: KeyType,
    bytes: Vec<u8>,
    bits: u32,
}

/// Why the key of a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    /// The record's `p=` is empty.
    #[error("the key was revoked")]
    Revoked,
    /// A kind of key that is not known.
    #[error("keys of type {0:?} are not known")]
    UnknownType(String),
    /// Not a key of its kind.
    #[error("not a public key of type {}", .0.keyword())]
    Malformed(KeyType),
    /// An RSA key with fewer bits than [`MIN_RSA_BITS`].
    #[error("an rsa key of {0} bits is too weak: at least {MIN_RSA_BITS} are needed")]
    TooWeak(u32),
    /// An RSA key with more bits than [`MAX_RSA_BITS`].
    #[error("an rsa key of {0} bits is too large: at most {MAX_RSA_BITS} are taken")]
    TooLarge(u32),
}

impl PublicKey {
    /// The key of a record.
    pub fn from_record(record: &Record) -> Result<PublicKey, PublicKeyError> {
        let bytes = record.public_key.clone();
        if record.is_revoked() {
            return Err(PublicKeyError::Revoked);
        }
        match record.key_type.as_str() {
            "ed25519" if bytes.len() == 32 => Ok(PublicKey { key_type: KeyType::Ed25519, bytes, bits: 256 }),
            "ed25519" => Err(PublicKeyError::Malformed(KeyType::Ed25519)),
            "rsa" => match rsa_bits(&bytes) {
                None => Err(PublicKeyError::Malformed(KeyType::Rsa)),
                Some(bits) if bits < MIN_RSA_BITS => Err(PublicKeyError::TooWeak(bits)),
                Some(bits) if bits > MAX_RSA_BITS => Err(PublicKeyError::TooLarge(bits)),
                Some(bits) => Ok(PublicKey { key_type: KeyType::Rsa, bytes, bits }),
            },
            other => Err(PublicKeyError::UnknownType(other.to_owned())),
        }
    }

    /// Its kind.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Its size in bits.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Whether the signature is that of the SHA-256 hash.
    pub fn verifies(&self, hash: &[u8; 32], signature: &[u8]) -> bool {
        let bytes = self.bytes.as_slice();
        match self.key_type {
            KeyType::Ed25519 => UnparsedPublicKey::new(&ED25519, bytes).verify(hash, signature).is_ok(),
            KeyType::Rsa => match Digest::import_less_safe(hash, &digest::SHA256) {
                Ok(hash) => UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, bytes)
                    .verify_digest(&hash, signature)
                    .is_ok(),
                Err(_) => false,
            },
        }
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// Bits of the modulus.
fn rsa_bits(der: &[u8]) -> Option<u32> {
    let (inner, _) = element(der, SEQUENCE)?;
    if let Some((_algorithm, rest)) = element(inner, SEQUENCE) {
        let (bits, _) = element(rest, BIT_STRING)?;
        let (inner, _) = element(bits.strip_prefix(&[0])?, SEQUENCE)?;
        return modulus_bits(inner);
    }
    modulus_bits(inner)
}

fn modulus_bits(inner: &[u8]) -> Option<u32> {
    let (modulus, _) = element(inner, INTEGER)?;
    let zeros = modulus.iter().take_while(|b| **b == 0).count();
    let number = modulus.get(zeros..)?;
    let first = number.first()?;
    let bits = number.len().checked_mul(8)?.checked_sub(usize::try_from(first.leading_zeros()).ok()?)?;
    u32::try_from(bits).ok()
}

/// The content of the DER element at the front, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    if *first != tag {
        return None;
    }
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(*length - 0x80))?;
            (bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

//! Private keys: made, read, written, and used.
//!
//! [`SigningKey::sign`] is the one place where a private key is used: it takes a hash and gives a signature, so that
//! another process may hold the keys. Files are PKCS#8 in PEM; RSA keys in PKCS#1 are read too.
//! RFC 6376 §3.3, RFC 8301 §3.2 (sizes), RFC 8463 §3.

use std::fmt;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use crate::record::{KeyType, Record};

/// Smallest RSA key in bits that signs.
pub const MIN_SIGNING_BITS: u32 = 2048;

/// Why a key cannot be read, made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not PEM, or no private key in it.
    #[error("no private key in pem: {0}")]
    Pem(String),
    /// A private key that is neither RSA nor Ed25519, or broken.
    #[error("neither an ed25519 key nor an rsa key of {MIN_SIGNING_BITS} to 8192 bits: {0}")]
    Unusable(String),
    /// A size that is not made.
    #[error("rsa keys have 2048, 3072 or 4096 bits, not {0}")]
    BadSize(u32),
    /// The crypto library refused.
    #[error("the crypto library failed")]
    Crypto,
}

/// A private key.
pub struct SigningKey(Pair);

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl fmt::Debug for SigningKey {
    /// Never the key itself.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.key_type().keyword(), self.bits())
    }
}

impl SigningKey {
    /// Makes an Ed25519 key.
    pub fn generate_ed25519() -> Result<SigningKey, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Crypto)?;
        Ok(SigningKey(Pair::Ed25519(Box::new(pair))))
    }

    /// Makes an RSA key of 2048, 3072 or 4096 bits.
    pub fn generate_rsa(bits: u32) -> Result<SigningKey, KeyError> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            other => return Err(KeyError::BadSize(other)),
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Crypto)?;
        Ok(SigningKey(Pair::Rsa(Box::new(pair))))
    }

    /// Reads the first private key in PEM: PKCS#8, or PKCS#1 for RSA.
    pub fn from_pem(pem: &[u8]) -> Result<SigningKey, KeyError> {
        let unusable = |e: aws_lc_rs::error::KeyRejected| KeyError::Unusable(e.to_string());
        match PrivateKeyDer::from_pem_slice(pem).map_err(|e| KeyError::Pem(pem_problem(&e)))? {
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
                    return Ok(SigningKey(Pair::Ed25519(Box::new(pair))));
                }
                let pair = RsaKeyPair::from_pkcs8(der).map_err(unusable)?;
                Ok(SigningKey(Pair::Rsa(Box::new(pair))))
            }
            PrivateKeyDer::Pkcs1(der) => {
                let pair = RsaKeyPair::from_der(der.secret_pkcs1_der()).map_err(unusable)?;
                Ok(SigningKey(Pair::Rsa(Box::new(pair))))
            }
            _ => Err(KeyError::Unusable("an elliptic curve key".to_owned())),
        }
    }

    /// The key as PKCS#8 in PEM: keep it private.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let der: Pkcs8V1Der<'_> = match &self.0 {
            Pair::Rsa(pair) => pair.as_der(),
            Pair::Ed25519(pair) => pair.as_der(),
        }
        .map_err(|_| KeyError::Crypto)?;
        let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
        let mut column = 0;
        for c in STANDARD.encode(der.as_ref()).chars() {
            if column == 64 {
                pem.push('\n');
                column = 0;
            }
            pem.push(c);
            column += 1;
        }
        pem.push_str("\n-----END PRIVATE KEY-----\n");
        Ok(pem)
    }

    /// Its kind.
    pub fn key_type(&self) -> KeyType {
        match &self.0 {
            Pair::Rsa(_) => KeyType::Rsa,
            Pair::Ed25519(_) => KeyType::Ed25519,
        }
    }

    /// Its size in bits.
    pub fn bits(&self) -> u32 {
        match &self.0 {
            Pair::Rsa(pair) => u32::try_from(pair.public_modulus_len() * 8).unwrap_or(u32::MAX),
            Pair::Ed25519(_) => 256,
        }
    }

    /// The record to publish: for all services, without flags.
    pub fn record(&self) -> Result<Record, KeyError> {
        let public = match &self.0 {
            Pair::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| KeyError::Crypto)?;
                der.as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        };
        Ok(Record::new(self.key_type(), public))
    }

    /// Signs a SHA-256 hash.
    pub fn sign(&self, hash: &[u8; 32]) -> Result<Vec<u8>, KeyError> {
        match &self.0 {
            Pair::Ed25519(pair) => {
                pair.try_sign(hash).map(|s| s.as_ref().to_vec()).map_err(|_| KeyError::Crypto)
            }
            Pair::Rsa(pair) => {
                let hash = Digest::import_less_safe(hash, &digest::SHA256).map_err(|_| KeyError::Crypto)?;
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &hash, &mut signature).map_err(|_| KeyError::Crypto)?;
                Ok(signature)
            }
        }
    }
}

fn pem_problem(error: &rustls_pki_types::pem::Error) -> String {
    match error {
        rustls_pki_types::pem::Error::NoItemsFound => "nothing found".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publickey::PublicKey;

    #[test]
    fn keys_are_made_written_read_and_used() {
        let hash = [7; 32];
        for key in [SigningKey::generate_ed25519().unwrap(), SigningKey::generate_rsa(2048).unwrap()] {
            let pem = key.to_pem().unwrap();
            assert!(pem.lines().all(|l| l.len() <= 64));
            let again = SigningKey::from_pem(pem.as_bytes()).unwrap();
            assert_eq!(again.to_pem().unwrap(), pem);
            assert_eq!((again.key_type(), again.bits()), (key.key_type(), key.bits()));
            let record = key.record().unwrap();
            assert_eq!(record, again.record().unwrap());
            let public = PublicKey::from_record(&record).unwrap();
            assert_eq!(public.bits(), key.bits());
            let signature = again.sign(&hash).unwrap();
            assert!(public.verifies(&hash, &signature));
            assert!(!public.verifies(&[8; 32], &signature));
            assert!(!public.verifies(&hash, &signature[1..]));
            assert!(!format!("{key:?}").contains(&pem[40..60]));
        }
    }

    #[test]
    fn what_is_no_key() {
        assert_eq!(SigningKey::generate_rsa(1024).unwrap_err(), KeyError::BadSize(1024));
        assert!(matches!(SigningKey::from_pem(b""), Err(KeyError::Pem(_))));
        assert!(matches!(SigningKey::from_pem(b"junk"), Err(KeyError::Pem(_))));
        let junk = b"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n";
        assert!(matches!(SigningKey::from_pem(junk), Err(KeyError::Unusable(_))));
        let curve = b"-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----\n";
        assert!(matches!(SigningKey::from_pem(curve), Err(KeyError::Unusable(_))));
    }
}

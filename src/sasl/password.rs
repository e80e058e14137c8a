//! What is stored of a password, derived when it is set: enough to verify every mechanism, never the password.
//!
//! Passwords pass the PRECIS profile OpaqueString (RFC 8265 §4.2) before use, so the same password typed on
//! different keyboards gives the same bytes. [`Verifiers`] serializes to JSON with byte strings in base64; who
//! reads it can answer CRAM-MD5 and impersonate the server in SCRAM, so it is kept like a secret.
//!
//! [`Verifiers::derive`] and [`Verifiers::verify_plain`] take tens of milliseconds on purpose (argon2id): run them
//! where blocking is fine.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use aws_lc_rs::hmac;
use mox_clock::{Random, random_array, random_below};
use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;
use serde::{Deserialize, Serialize};

use crate::md5;
use crate::scram::{Hash, ScramVerifier};

/// Shortest password that may be set, in characters after preparation.
pub const MIN_PASSWORD: usize = 8;
/// Longest password, in bytes after preparation.
pub const MAX_PASSWORD: usize = 1024;

/// An argon2id hash with today's cost and no password: verified against for users that do not exist.
const NO_PASSWORD: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCB1c2VyLi4uLg$bm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaCwgZXZlci4";

/// Why a text cannot be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Fewer than [`MIN_PASSWORD`] characters.
    #[error("password is too short, it needs at least 8 characters")]
    TooShort,
    /// More than [`MAX_PASSWORD`] bytes.
    #[error("password is too long, at most 1024 bytes")]
    TooLong,
    /// Empty, or holds control or unassigned characters.
    #[error("password is empty or holds characters that are not allowed")]
    NotAllowed,
    /// The hash function failed.
    #[error("deriving the password hash failed")]
    Hash,
}

/// Prepares a password for comparison (PRECIS OpaqueString): NFC, and every space is an ASCII space.
pub fn prepare(password: &str) -> Result<String, PasswordError> {
    if password.len() > MAX_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    let prepared = OpaqueString::enforce(password).map_err(|_| PasswordError::NotAllowed)?.into_owned();
    if prepared.len() > MAX_PASSWORD { Err(PasswordError::TooLong) } else { Ok(prepared) }
}

/// A new password for people to type: four groups of four, 79 bits of chance, no look-alike characters.
pub fn random_password(random: &dyn Random) -> String {
    const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut password = String::new();
    for i in 0..16 {
        if i > 0 && i % 4 == 0 {
            password.push('-');
        }
        let at = usize::try_from(random_below(random, ALPHABET.len() as u64)).unwrap_or_default();
        password.extend(ALPHABET.get(at).copied().map(char::from));
    }
    password
}

/// Everything stored of a password, one verifier per mechanism.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifiers {
    /// For PLAIN and LOGIN: an argon2id hash as PHC string.
    pub argon2: String,
    /// For SCRAM-SHA-1.
    pub scram_sha1: ScramVerifier,
    /// For SCRAM-SHA-256.
    pub scram_sha256: ScramVerifier,
    /// For CRAM-MD5.
    pub cram_md5: CramMd5Verifier,
}

/// The HMAC-MD5 key as the MD5 states after its padded blocks.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CramMd5Verifier {
    /// After the key exclusive-or ipad.
    pub inner: [u32; 4],
    /// After the key exclusive-or opad.
    pub outer: [u32; 4],
}

/// An argon2id hash of a password that no SASL mechanism uses, as PHC string: the administrator's.
pub fn hash_password(password: &str, random: &dyn Random) -> Result<String, PasswordError> {
    let password = prepare(password)?;
    if password.chars().count() < MIN_PASSWORD {
        return Err(PasswordError::TooShort);
    }
    let salt: [u8; 16] = random_array(random);
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    Ok(hash.map_err(|_| PasswordError::Hash)?.to_string())
}

/// SHA-256 of a secret that was made by a machine and that nobody can guess, as of [`random_password`]. What people
/// choose needs [`hash_password`].
pub fn hash_random(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// Whether this is the password of a hash that [`hash_password`] made. Costs tens of milliseconds by design.
pub fn is_password_of(password: &str, hash: &str) -> bool {
    let prepared = prepare(password);
    let password = prepared.as_deref().unwrap_or_default();
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok() && prepared.is_ok()
}

impl Verifiers {
    /// Derives all verifiers of a password that is being set.
    pub fn derive(password: &str, random: &dyn Random) -> Result<Verifiers, PasswordError> {
        let argon2 = hash_password(password, random)?;
        let password = prepare(password)?;
        let scram = |hash: Hash| {
            ScramVerifier::derive(hash, &password, &random_array::<16>(random), hash.default_iterations())
        };
        Ok(Verifiers {
            argon2,
            scram_sha1: scram(Hash::Sha1),
            scram_sha256: scram(Hash::Sha256),
            cram_md5: CramMd5Verifier::derive(&password),
        })
    }

    /// Whether `password` is the one these verifiers were derived from. Takes as long when it is not.
    pub fn verify_plain(&self, password: &str) -> bool {
        is_password_of(password, &self.argon2)
    }

    /// Verifiers no password satisfies, the same for a name every time: what a user that does not exist seems
    /// to have.
    pub(crate) fn fake(secret: &[u8], username: &str) -> Verifiers {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        // A user who exists is found in any case, and then shows one salt for all spellings.
        let username = username.to_lowercase();
        let bytes = |purpose: u8| {
            let message = [&[purpose], username.as_bytes()].concat();
            hmac::sign(&key, &message).as_ref().to_vec()
        };
        let scram = |hash: Hash, purpose: u8| {
            let cut = |purpose, len| bytes(purpose).into_iter().take(len).collect();
            ScramVerifier {
                salt: cut(purpose, 16),
                iterations: hash.default_iterations(),
                stored_key: cut(purpose + 1, hash.len()),
                server_key: cut(purpose + 2, hash.len()),
            }
        };
        let (inner, outer) = md5::hmac_key(&bytes(6));
        Verifiers {
            argon2: NO_PASSWORD.to_owned(),
            scram_sha1: scram(Hash::Sha1, 0),
            scram_sha256: scram(Hash::Sha256, 3),
            cram_md5: CramMd5Verifier { inner, outer },
        }
    }
}

impl CramMd5Verifier {
    pub(crate) fn derive(password: &str) -> CramMd5Verifier {
        let (inner, outer) = md5::hmac_key(password.as_bytes());
        CramMd5Verifier { inner, outer }
    }
}

impl std::fmt::Debug for Verifiers {
    /// Shows nothing of the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifiers(..)")
    }
}

impl std::fmt::Debug for CramMd5Verifier {
    /// Shows nothing of the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CramMd5Verifier(..)")
    }
}

/// Byte strings as base64 in JSON.
pub(crate) mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(d)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimRandom;

    #[test]
    fn passwords_are_prepared_and_bounded() {
        // U+212B ANGSTROM SIGN and A + combining ring are the same letter; U+3000 is a space.
        assert_eq!(prepare("\u{212b}ngstr\u{f6}m\u{3000}x").unwrap(), "\u{c5}ngstr\u{f6}m x");
        assert_eq!(prepare("A\u{30a}").unwrap(), "\u{c5}");
        assert_eq!(prepare(""), Err(PasswordError::NotAllowed));
        assert_eq!(prepare("tab\there"), Err(PasswordError::NotAllowed));
        assert_eq!(prepare(&"x".repeat(1025)), Err(PasswordError::TooLong));
        let random = SimRandom::new(1);
        assert_eq!(Verifiers::derive("1234567", &random), Err(PasswordError::TooShort));
        // Characters count, not bytes.
        assert_eq!(Verifiers::derive("\u{e4}\u{e4}\u{e4}\u{e4}", &random), Err(PasswordError::TooShort));
    }

    #[test]
    fn verifiers_verify_and_survive_json() {
        let verifiers = Verifiers::derive("moxmoxmox\u{e4}", &SimRandom::new(1)).unwrap();
        assert!(verifiers.verify_plain("moxmoxmoxa\u{308}"));
        assert!(!verifiers.verify_plain("moxmoxmoxa"));
        assert!(!verifiers.verify_plain(""));
        let json = serde_json::to_string(&verifiers).unwrap();
        assert!(!json.contains("moxmoxmox"));
        assert_eq!(serde_json::from_str::<Verifiers>(&json).unwrap(), verifiers);
        assert!(!format!("{verifiers:?}").contains("argon2"));
    }

    #[test]
    fn fake_verifiers_repeat_by_name_and_look_real() {
        let real = Verifiers::derive("moxmoxmox", &SimRandom::new(1)).unwrap();
        let fake = Verifiers::fake(b"secret", "nobody@example.org");
        assert_eq!(fake, Verifiers::fake(b"secret", "nobody@example.org"));
        assert_ne!(fake.scram_sha256.salt, Verifiers::fake(b"secret", "other@example.org").scram_sha256.salt);
        assert_ne!(fake.scram_sha256.salt, Verifiers::fake(b"other", "nobody@example.org").scram_sha256.salt);
        for (fake, real) in [(&fake.scram_sha1, &real.scram_sha1), (&fake.scram_sha256, &real.scram_sha256)] {
            assert_eq!((fake.salt.len(), fake.iterations), (real.salt.len(), real.iterations));
            assert_eq!(fake.stored_key.len(), real.stored_key.len());
        }
        // The same cost, and a hash that parses: otherwise verification would return early.
        let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(NO_PASSWORD), cost(&real.argon2));
        assert_eq!(NO_PASSWORD.len(), real.argon2.len());
        let error = Argon2::default().verify_password(b"x", NO_PASSWORD).unwrap_err();
        assert_eq!(
            error.to_string(),
            Argon2::default().verify_password(b"x", real.argon2.as_str()).unwrap_err().to_string()
        );
    }

    #[test]
    fn random_passwords_are_long_and_differ() {
        let random = SimRandom::new(1);
        let (a, b) = (random_password(&random), random_password(&random));
        assert_ne!(a, b);
        assert_eq!(a.len(), 19);
        assert!(a.split('-').all(|group| group.len() == 4));
    }
}

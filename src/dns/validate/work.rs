//! What one lookup may cost, and what it found out: questions, signatures and hashes are counted, whatever zones hold.
//!
//! Zones of strangers can be made so that validating their answers takes forever: many keys with one tag and many
//! signatures (KeyTrap, CVE-2023-50387), or many rounds of hashing (CVE-2023-50868). Past a bound the lookup ends, as a
//! temporary error where it asked too much, as a bogus answer where the answer itself is the burden.

use crate::{Error, ExtendedError};

/// Most questions to the name servers for one lookup.
pub(crate) const MAX_ASKED: u32 = 80;
/// Most signatures that are checked for one lookup.
pub(crate) const MAX_SIGNATURES: u32 = 60;
/// Most signatures, each with one key, that are tried for one set of records.
pub(crate) const MAX_TRIES: u32 = 8;
/// Most names hashed for NSEC3 in one lookup, each up to [`super::denial::MAX_ITERATIONS`] times.
pub(crate) const MAX_HASHES: u32 = 120;

/// Extended errors (RFC 8914 §4, RFC 9276 §4).
pub(crate) mod code {
    pub(crate) const BOGUS: u16 = 6;
    pub(crate) const EXPIRED: u16 = 7;
    pub(crate) const NOT_YET_VALID: u16 = 8;
    pub(crate) const DNSKEY_MISSING: u16 = 9;
    pub(crate) const RRSIGS_MISSING: u16 = 10;
    pub(crate) const NSEC_MISSING: u16 = 12;
}

/// One lookup.
#[derive(Debug, Default)]
pub(crate) struct Work {
    asked: u32,
    signatures: u32,
    hashes: u32,
    /// How the status was found out.
    pub(crate) why: Vec<String>,
}

impl Work {
    /// Counts a question.
    pub(crate) fn ask(&mut self) -> Result<(), Error> {
        self.asked += 1;
        match self.asked > MAX_ASKED {
            true => Err(Error::temporary(format!("validation takes more than {MAX_ASKED} questions"))),
            false => Ok(()),
        }
    }

    /// Counts a signature.
    pub(crate) fn verify(&mut self) -> Result<(), Error> {
        self.signatures += 1;
        match self.signatures > MAX_SIGNATURES {
            true => Err(bogus(code::BOGUS, format!("more than {MAX_SIGNATURES} signatures to check"))),
            false => Ok(()),
        }
    }

    /// Counts a hash.
    pub(crate) fn hash(&mut self) -> Result<(), Error> {
        self.hashes += 1;
        match self.hashes > MAX_HASHES {
            true => Err(bogus(code::BOGUS, format!("more than {MAX_HASHES} names to hash"))),
            false => Ok(()),
        }
    }

    /// Notes a step.
    pub(crate) fn note(&mut self, step: impl Into<String>) {
        self.why.push(step.into());
    }
}

/// A bogus answer.
pub(crate) fn bogus(code: u16, text: impl Into<String>) -> Error {
    Error::Bogus { extended: Some(ExtendedError { code, text: text.into() }) }
}

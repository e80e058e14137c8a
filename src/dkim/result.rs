//! What was found out about a signature: the result, why, and what reports and headers tell of it.
//!
//! RFC 8601 §2.7.1 (results), RFC 6008 §4 (`header.b`).

use std::fmt;

use mox_address::Domain;
use mox_clock::Timestamp;
use serde::Serialize;

use crate::canon::Canonicalization;

/// The result of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DkimResult {
    /// The message is not signed. No signature has this; it is for who sums up.
    None,
    /// The signature verifies.
    Pass,
    /// It does not, or it is out of date.
    Fail,
    /// It is not acceptable here.
    Policy,
    /// It could not be understood, or was not looked at.
    Neutral,
    /// DNS did not answer: later it may verify.
    TempError,
    /// It will never verify: no key, a key that may not be used.
    PermError,
}

impl DkimResult {
    /// The word in Authentication-Results.
    pub fn keyword(self) -> &'static str {
        match self {
            DkimResult::None => "none",
            DkimResult::Pass => "pass",
            DkimResult::Fail => "fail",
            DkimResult::Policy => "policy",
            DkimResult::Neutral => "neutral",
            DkimResult::TempError => "temperror",
            DkimResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for DkimResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.keyword())
    }
}

/// A signature of a message and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// `d=`, where it can be read.
    pub domain: Option<Domain>,
    /// `s=`, where it can be read.
    pub selector: Option<String>,
    /// `i=`, decoded; `@` and the domain where it is missing.
    pub identity: Option<String>,
    /// `a=`.
    pub algorithm: Option<String>,
    /// `c=`.
    pub canonicalization: Option<Canonicalization>,
    /// The result.
    pub result: DkimResult,
    /// Why, for people; none when it passes.
    pub reason: Option<String>,
    /// The key record says that the domain only tests (`t=y`).
    pub testing: bool,
    /// Size of the key in bits.
    pub key_bits: Option<u32>,
    /// `l=`: bytes of the canonical body that are signed.
    pub body_length: Option<u64>,
    /// Bytes of the canonical body after those of `l=`, which anybody may have added.
    pub unsigned_body: Option<u64>,
    /// `h=`.
    pub signed_headers: Vec<String>,
    /// `t=`.
    #[serde(serialize_with = "rfc3339")]
    pub signed_at: Option<Timestamp>,
    /// `x=`.
    #[serde(serialize_with = "rfc3339")]
    pub expires_at: Option<Timestamp>,
    /// The first characters of `b=`, for `header.b`.
    pub b_prefix: Option<String>,
    /// The text of the key record.
    pub record: Option<String>,
    /// Whether DNSSEC proves what DNS said of the key.
    pub authentic: bool,
}

fn rfc3339<S: serde::Serializer>(time: &Option<Timestamp>, s: S) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::rfc3339).serialize(s)
}

/// The result of a whole message: the best of its signatures, `none` without any.
pub fn summary(signatures: &[Signature]) -> DkimResult {
    use DkimResult::{Fail, Neutral, None, Pass, PermError, Policy, TempError};
    let order = [Pass, TempError, Fail, Policy, PermError, Neutral];
    order.into_iter().find(|result| signatures.iter().any(|s| s.result == *result)).unwrap_or(None)
}

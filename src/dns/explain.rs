//! What DNSSEC says of an answer, and why: for people who look a name up. RFC 4035 §4.3, RFC 4033 §5.

use crate::{Answer, Error};

/// The security status of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// A chain of signatures leads from a trust anchor to every step of it.
    Secure,
    /// It is proved that some step of it is in a zone without signatures, or the resolver vouches for nothing.
    Insecure,
    /// A signature or proof that must be there is missing or wrong.
    Bogus,
    /// Nobody answered, so nothing is known.
    Indeterminate,
}

impl Security {
    /// The word for it: `secure`, `insecure`, `bogus`, `indeterminate`.
    pub const fn keyword(self) -> &'static str {
        match self {
            Security::Secure => "secure",
            Security::Insecure => "insecure",
            Security::Bogus => "bogus",
            Security::Indeterminate => "indeterminate",
        }
    }
}

/// A lookup with its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What the lookup gave.
    pub outcome: Result<Answer, Error>,
    /// Its status.
    pub security: Security,
    /// How that was found out, a sentence a step, in order: links of the chain of trust, proofs, who was believed.
    pub why: Vec<String>,
}

impl Explained {
    /// The explanation that the outcome itself gives.
    pub fn of(outcome: Result<Answer, Error>, why: Vec<String>) -> Explained {
        let security = match &outcome {
            Ok(answer) if answer.authentic => Security::Secure,
            Ok(_) => Security::Insecure,
            Err(Error::NxDomain { authentic, .. } | Error::NoData { authentic, .. }) if *authentic => {
                Security::Secure
            }
            Err(Error::NxDomain { .. } | Error::NoData { .. }) => Security::Insecure,
            Err(Error::Bogus { .. }) => Security::Bogus,
            Err(_) => Security::Indeterminate,
        };
        Explained { outcome, security, why }
    }
}

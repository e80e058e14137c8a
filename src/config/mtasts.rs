//! The MTA-STS policy that is served for a domain. RFC 8461.

use std::fmt;
use std::str::FromStr;

use mox_address::Domain;

use crate::section::{Describe, Shape, choice, section, serde_as_text};
use crate::values::Interval;

/// Longest time that RFC 8461 §3.2 lets a policy be kept.
pub const MAX_AGE: Interval = Interval::secs(31_557_600);

section! {
    /// A policy that asks others for verified TLS when they deliver to the domain.
    MtaSts {
        /// Name of this version of the policy: up to 32 letters and digits. For a change, put a new one here first
        /// and into DNS then; others fetch the policy again when it changes in DNS.
        "PolicyID" policy_id: String,
        /// What others shall do without verified TLS: deliver and report (testing), not deliver (enforce), or
        /// forget what they kept of an earlier policy (none).
        "Mode" mode: MtaStsMode,
        /// How long others may keep the policy, as 168h. Weeks protect better.
        "MaxAge" max_age: Interval,
        /// Names of MX hosts, or *.example.org for all one label below. The Hostname of mox.conf if empty.
        "MX" mx: Vec<MxPattern> = Vec::new(),
    }
}

choice! {
    /// What an MTA-STS policy demands.
    MtaStsMode {
        /// Nothing any more.
        "none" None,
        /// Reports.
        "testing" Testing,
        /// Verified TLS.
        "enforce" Enforce,
    }
}

/// An MX host, or all hosts one label below a domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MxPattern {
    /// Without `*.`.
    pub domain: Domain,
    /// Whether hosts one label below are meant, and not the domain itself.
    pub wildcard: bool,
}

impl FromStr for MxPattern {
    type Err = mox_address::Error;
    fn from_str(text: &str) -> Result<MxPattern, mox_address::Error> {
        let below = text.strip_prefix("*.");
        Ok(MxPattern { domain: Domain::parse(below.unwrap_or(text))?, wildcard: below.is_some() })
    }
}

impl fmt::Display for MxPattern {
    /// As it stands in a policy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.wildcard { "*." } else { "" }, self.domain)
    }
}

serde_as_text!(MxPattern);

impl Describe for MxPattern {
    fn shape() -> Shape {
        Shape::Scalar("domain, or *.domain")
    }
}

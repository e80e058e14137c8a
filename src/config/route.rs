//! Routes: which transport a message takes.

use mox_address::Domain;

use crate::section::section;
use crate::values::DomainPattern;

section! {
    /// A rule that picks a transport. It matches when all of its conditions do.
    Route {
        /// Domains of the sender; any if empty. A dot alone is for mail with the null reverse-path, as DSNs have it.
        "FromDomain" from_domain: Vec<DomainPattern> = Vec::new(),
        /// Domains of the recipient; any if empty.
        "ToDomain" to_domain: Vec<DomainPattern> = Vec::new(),
        /// Only after this many failed attempts.
        "MinimumAttempts" minimum_attempts: u32 = 0,
        /// Transport of mox.conf to use.
        "Transport" transport: String,
    }
}

impl Route {
    /// Whether a message takes this route; `attempts` have failed. The null reverse-path has no domain, nor has an
    /// address literal.
    pub fn matches(&self, from: Option<&Domain>, to: Option<&Domain>, attempts: u32) -> bool {
        let fits = |patterns: &[DomainPattern], domain| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(domain))
        };
        fits(&self.from_domain, from) && fits(&self.to_domain, to) && attempts >= self.minimum_attempts
    }
}

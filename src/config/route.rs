//! Routes: which transport a message takes.

use mox_address::Domain;

use crate::section::section;
use crate::values::DomainPattern;

section! {
    /// A rule that picks a transport. It matches when all of its conditions do.
    Route {
        /// Domains of the sender; any if empty.
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
    /// Whether a message takes this route; `attempts` have failed. The null reverse-path has no domain and
    /// matches only routes for any sender.
    pub fn matches(&self, from: Option<&Domain>, to: &Domain, attempts: u32) -> bool {
        let from_fits = self.from_domain.is_empty()
            || from.is_some_and(|from| self.from_domain.iter().any(|pattern| pattern.matches(from)));
        let to_fits = self.to_domain.is_empty() || self.to_domain.iter().any(|pattern| pattern.matches(to));
        from_fits && to_fits && attempts >= self.minimum_attempts
    }
}

//! A record as the owner of the domain looks at it: which results are of the own organization, which of others.
//! The causes that follow stand by what they lie with: signatures, SPF, policy.

use mox_dmarc::Policy;

use super::Cause;
use super::service::{Service, known};
use crate::names::{related, within};
use crate::{Action, AuthResult, DkimAuth, PolicyPublished, Record, Scope, SpfAuth};

/// Longest words of a reporter that are told on.
const MAX_WORDS: usize = 200;

/// A record, sorted by whose the results are.
pub(super) struct Seen<'r> {
    pub(super) record: &'r Record,
    pub(super) policy: &'r PolicyPublished,
    /// Signatures of the own organization.
    pub(super) own: Vec<&'r DkimAuth>,
    /// A signature of somebody else that holds, of a service that is known if there is one.
    pub(super) other: Option<&'r DkimAuth>,
    /// What SPF said, of the own organization.
    pub(super) own_spf: Option<&'r SpfAuth>,
    /// What SPF said, of somebody else.
    pub(super) other_spf: Option<&'r SpfAuth>,
}

pub(super) fn cause(
    id: &'static str,
    what: String,
    meaning: impl Into<String>,
    mend: impl Into<String>,
) -> Cause {
    Cause { id, what, meaning: meaning.into(), mend: mend.into() }
}

/// The selector in sentences. `none` is what reporters write who do not know it.
pub(super) fn selector(signature: &DkimAuth) -> &str {
    match signature.selector.as_str() {
        "" | "none" => "<selector>",
        selector => selector,
    }
}

pub(super) fn words(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let cut: String = text.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    format!(" (the reporter says: {cut})")
}

/// A domain, with the service it is of.
pub(super) fn named(domain: &str) -> String {
    match known(domain) {
        Some(service) => format!("{} ({domain})", service.name),
        None => domain.to_owned(),
    }
}

/// How to have somebody sign with the own domain.
pub(super) fn custom_dkim(domain: &str, who: &str) -> String {
    match known(who) {
        Some(Service { name, dkim, .. }) => {
            format!("set up DKIM for {domain} at {name} ({dkim}), so that it signs with `d={domain}`")
        }
        None => format!("set up a DKIM domain at {who}, so that it signs with `d={domain}`"),
    }
}

impl<'r> Seen<'r> {
    pub(super) fn new(record: &'r Record, policy: &'r PolicyPublished) -> Seen<'r> {
        let is_own = |domain: &str| related(domain, &record.header_from, &policy.domain);
        let looked_at = record.dkim_results.iter().filter(|one| one.result != AuthResult::None);
        let (own, others): (Vec<_>, Vec<_>) = looked_at.partition(|one| is_own(&one.domain));
        let passing = || others.iter().copied().filter(|one| one.result == AuthResult::Pass);
        let spf = record.spf_results.iter().find(|one| one.scope != Some(Scope::Helo));
        Seen {
            record,
            policy,
            other: passing().find(|one| known(&one.domain).is_some()).or_else(|| passing().next()),
            own,
            own_spf: spf.filter(|one| is_own(&one.domain)),
            other_spf: spf.filter(|one| !is_own(&one.domain)),
        }
    }

    pub(super) fn author(&self) -> &'r str {
        &self.record.header_from
    }

    /// The sender's address, for sentences.
    pub(super) fn host(&self) -> String {
        self.record.source_ip.map_or_else(|| "its address".to_owned(), |ip| ip.to_string())
    }

    pub(super) fn own_with(&self, results: &[AuthResult]) -> Option<&'r DkimAuth> {
        self.own.iter().copied().find(|one| results.contains(&one.result))
    }

    pub(super) fn other_passes_spf(&self) -> Option<&'r SpfAuth> {
        self.other_spf.filter(|spf| spf.result == AuthResult::Pass)
    }

    /// What the record asks for mail that fails. Whether a name exists is not told, so `np` is left aside.
    pub(super) fn asked(&self) -> Policy {
        let p = self.policy.p.unwrap_or_default();
        if self.is_below() { self.policy.sp.unwrap_or(p) } else { p }
    }

    pub(super) fn is_below(&self) -> bool {
        let (author, policy) = (self.author(), self.policy.domain.as_str());
        within(author, policy) && !author.eq_ignore_ascii_case(policy)
    }

    /// Whether less was done than the policy asks for.
    pub(super) fn weaker(&self) -> bool {
        let done = match self.record.disposition {
            Action::None | Action::Pass => Policy::None,
            Action::Quarantine => Policy::Quarantine,
            Action::Reject => Policy::Reject,
        };
        done < self.asked()
    }
}

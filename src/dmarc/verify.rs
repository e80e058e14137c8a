//! From what passed to a verdict.
//!
//! Passed means nothing by itself: the domain that passed must be the author's (strict) or of the same organization
//! (relaxed). A domain outside of the author's organization is never walked, so that strangers' signatures cost no
//! questions. A temporary error of SPF or DKIM counts only where the domain would be aligned: else a forger could
//! replace `fail` by `temperror` with a broken name server of his own. RFC 9989 §4.10.2, §5.3.

use mox_address::Domain;
use mox_dkim::{DkimResult, Signature};
use mox_dns::Resolver;
use mox_message::{AddressList, Header};
use mox_spf::SpfResult;

use crate::discover::{Status, discover_with};
use crate::outcome::{AlignedDkim, DmarcResult, Outcome, Override, OverrideKind};
use crate::record::{Alignment, Disposition};
use crate::treewalk::{Undetermined, Walk, Walker};

/// What is known of a message.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The domains of all addresses in all From fields; the same domain twice counts once.
    pub from: &'a [Domain],
    /// The domain that SPF checked as MAIL FROM (with a null reverse-path that of HELO, RFC 9989 §3.2.4), and the
    /// result.
    pub spf: Option<(&'a str, SpfResult)>,
    /// Signing domain, selector and result of every signature.
    pub dkim: &'a [(&'a str, &'a str, DkimResult)],
}

/// The signatures of a message as [`Input::dkim`] has them. Those whose domain cannot be read are left out.
pub fn signed(signatures: &[Signature]) -> Vec<(&str, &str, DkimResult)> {
    let named =
        signatures.iter().filter_map(|s| Some((s.domain.as_ref()?, s.selector.as_deref()?, s.result)));
    named.map(|(domain, selector, result)| (domain.ascii(), selector, result)).collect()
}

/// What SPF said as [`Input::spf`] has it. It must be of MAIL FROM, or with a null reverse-path of HELO.
pub fn identified(outcome: &mox_spf::Outcome) -> Option<(&str, SpfResult)> {
    Some((outcome.domain.as_str(), outcome.result))
}

/// Most author domains that are told apart.
const MAX_AUTHORS: usize = 10;

/// The domains in From of a message, as [`Input::from`] has them: of all From fields and all their addresses, each
/// once. A message with other than one has no verdict.
pub fn author_domains(header: &Header<'_>) -> Vec<Domain> {
    let mut domains = Vec::new();
    for field in header.all("From") {
        for mailbox in AddressList::parse(&field.text()).mailboxes() {
            let found = mailbox.address().map(|address| address.domain);
            domains.extend(found.filter(|domain| domains.len() < MAX_AUTHORS && !domains.contains(domain)));
        }
    }
    domains
}

/// Gives the verdict. Asks at most [`crate::MAX_QUERIES`] questions, whatever the message and the zones hold.
pub async fn verify(resolver: &dyn Resolver, input: &Input<'_>) -> Outcome {
    let author = match author(input.from) {
        Ok(author) => author,
        Err(problem) => {
            return Outcome { problem: Some(problem), ..Outcome::of(DmarcResult::PermError) };
        }
    };
    let mut walker = Walker::new(resolver);
    let (found, walk) = discover_with(&mut walker, author).await;
    let mut outcome = Outcome {
        author_domain: Some(found.domain),
        policy_domain: found.policy_domain,
        organizational_domain: found.organizational_domain,
        record: found.record,
        policy_tag: found.policy_tag,
        policy: found.policy,
        testing: found.testing,
        problem: found.problem,
        authentic: found.authentic,
        ..Outcome::of(match found.status {
            Status::None => DmarcResult::None,
            Status::TempError => DmarcResult::TempError,
            Status::PermError => DmarcResult::PermError,
            Status::Applies => DmarcResult::Fail,
        })
    };
    if let Some(record) = outcome.record.as_ref().filter(|_| found.status == Status::Applies) {
        let modes = Modes { spf: record.record.aspf, dkim: record.record.adkim };
        let aligner = Aligner { walker: &mut walker, walk: &walk, unknown: None };
        match aligner.judge(input, modes, &mut outcome).await.or(found.existence_unknown) {
            _ if outcome.aligned_spf || !outcome.aligned_dkim.is_empty() => {
                outcome.result = DmarcResult::Pass;
            }
            Some(unknown) => {
                outcome.result = DmarcResult::TempError;
                outcome.problem = Some(unknown);
            }
            None => fail(&mut outcome, found.disposition),
        }
    }
    outcome.lookups = walker.lookups();
    outcome
}

/// The one author domain (RFC 9989 §5.3.1).
fn author(from: &[Domain]) -> Result<&Domain, String> {
    match from {
        [] => Err("not possible: no domain in From".to_owned()),
        [author, rest @ ..] if rest.iter().all(|domain| domain == author) => Ok(author),
        _ => Err("not possible: several domains in From".to_owned()),
    }
}

/// Nothing is aligned, and no missing answer could have changed that.
fn fail(outcome: &mut Outcome, disposition: Disposition) {
    outcome.disposition = disposition;
    let policy = outcome.policy.unwrap_or_default();
    if disposition != policy {
        let comment = Some(format!("t=y: {disposition} instead of {policy}"));
        outcome.overrides.push(Override { kind: OverrideKind::PolicyTestMode, comment });
    }
}

/// Which alignment the record asks for.
#[derive(Clone, Copy)]
struct Modes {
    spf: Alignment,
    dkim: Alignment,
}

/// Whether a domain is aligned with the author's.
enum Aligned {
    Yes(Alignment),
    No,
    /// DNS did not answer.
    Unknown(String),
}

struct Aligner<'a, 'r> {
    walker: &'a mut Walker<'r>,
    /// From the author's domain.
    walk: &'a Walk,
    /// Why something that passed is neither aligned nor not.
    unknown: Option<String>,
}

impl Aligner<'_, '_> {
    /// Looks at everything; gives why nothing that was aligned is no failure yet.
    async fn judge(mut self, input: &Input<'_>, modes: Modes, outcome: &mut Outcome) -> Option<String> {
        self.take_passed(input, modes, outcome).await;
        if self.unknown.is_none() && !outcome.aligned_spf && outcome.aligned_dkim.is_empty() {
            self.look_for_temporary(input, modes).await;
        }
        self.unknown
    }

    /// Looks at what passed.
    async fn take_passed(&mut self, input: &Input<'_>, modes: Modes, outcome: &mut Outcome) {
        if let Some((domain, SpfResult::Pass)) = input.spf {
            outcome.spf_alignment = self.passed(domain, modes.spf).await;
            outcome.aligned_spf = outcome.spf_alignment.is_some();
        }
        for (domain, selector, result) in input.dkim {
            if *result != DkimResult::Pass {
                continue;
            }
            if let Some(alignment) = self.passed(domain, modes.dkim).await {
                let (domain, selector) = ((*domain).to_owned(), (*selector).to_owned());
                outcome.aligned_dkim.push(AlignedDkim { domain, selector, alignment });
            }
        }
    }

    /// Looks for what could have passed: a temporary error for a domain that is aligned, or may be.
    async fn look_for_temporary(&mut self, input: &Input<'_>, modes: Modes) {
        let spf = input.spf.filter(|(_, result)| *result == SpfResult::TempError);
        let dkim = input.dkim.iter().filter(|(_, _, result)| *result == DkimResult::TempError);
        let spf = spf.map(|(domain, _)| (domain, modes.spf, "spf"));
        for (domain, mode, method) in spf.into_iter().chain(dkim.map(|(d, _, _)| (*d, modes.dkim, "dkim"))) {
            match self.align(domain, mode).await {
                Aligned::No => {}
                Aligned::Yes(_) => {
                    self.unknown = Some(format!("{method} of {domain} has a temporary error"));
                    return;
                }
                Aligned::Unknown(reason) => {
                    self.unknown = Some(reason);
                    return;
                }
            }
        }
    }

    async fn passed(&mut self, domain: &str, mode: Alignment) -> Option<Alignment> {
        match self.align(domain, mode).await {
            Aligned::Yes(alignment) => Some(alignment),
            Aligned::No => None,
            Aligned::Unknown(reason) => {
                self.unknown.get_or_insert(reason);
                None
            }
        }
    }

    async fn align(&mut self, domain: &str, mode: Alignment) -> Aligned {
        let Ok(domain) = Domain::parse(domain) else { return Aligned::No };
        let author = &self.walk.start;
        if domain == *author {
            return Aligned::Yes(Alignment::Strict);
        }
        if mode == Alignment::Strict {
            return Aligned::No;
        }
        let organization = match self.walk.organizational() {
            Ok(organization) => organization,
            // Without a common end they have no common organization, whatever DNS would say.
            Err(_) if top(&domain) != top(author) => return Aligned::No,
            Err(error) => return Aligned::Unknown(error.to_string()),
        };
        if !domain.is_within(&organization) {
            return Aligned::No;
        }
        match self.walker.walk(&domain).await.organizational() {
            Ok(other) if other == organization => Aligned::Yes(Alignment::Relaxed),
            // Questions run out only through what the author's own organization publishes or signs.
            Ok(_) | Err(Undetermined::TooManyQueries) => Aligned::No,
            Err(error) => Aligned::Unknown(error.to_string()),
        }
    }
}

fn top(domain: &Domain) -> &str {
    domain.ascii().rsplit('.').next().unwrap_or_default()
}

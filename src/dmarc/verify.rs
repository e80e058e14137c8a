//! From what passed to a verdict.
//!
//! Passed means nothing by itself: the domain that passed must be the author's (strict) or of the same organization
//! (relaxed). A domain outside of the author's organization is never walked, so that strangers' signatures cost no
//! questions. A temporary error of SPF or DKIM counts only where the domain would be aligned: else a forger could
//! replace `fail` by `temperror` with a broken name server of his own. RFC 9989 §4.10.2, §5.3.

use mox_address::Domain;
use mox_dkim::{DkimResult, Signature};
use mox_dns::Resolver;
use mox_spf::SpfResult;

use crate::outcome::{AlignedDkim, DmarcResult, Outcome, Override, OverrideKind, Published};
use crate::record::{Alignment, Policy, Record};
use crate::treewalk::{Applicable, Found, Undetermined, Walk, Walker};
use mox_dkim::DkimResult;
use mox_spf::SpfResult;

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

/// Gives the verdict. Asks at most [`crate::MAX_QUERIES`] questions, whatever the message and the zones hold.
pub async fn verify(resolver: &dyn Resolver, input: &Input<'_>) -> Outcome {
    let author = match author(input.from) {
        Ok(author) => author,
        Err(problem) => {
            return Outcome { problem: Some(problem), ..Outcome::of(DmarcResult::PermError) };
        }
    };
    let mut walker = Walker::new(resolver);
    let walk = walker.walk(author).await;
    let mut outcome = Outcome {
        author_domain: Some(author.clone()),
        organizational_domain: walk.organizational().ok(),
        ..Outcome::of(DmarcResult::None)
    };
    match walk.applicable() {
        Err(error) => {
            outcome.result = DmarcResult::TempError;
            outcome.problem = Some(error.to_string());
        }
        Ok(applicable) => {
            // All steps up to the record, since one that is missing below it could have been hidden.
            let last = applicable.as_ref().map(|found| &found.step.domain);
            let upto = walk.steps.iter().position(|step| Some(&step.domain) == last);
            outcome.authentic =
                walk.steps.iter().take(upto.map_or(walk.steps.len(), |at| at + 1)).all(|step| step.authentic);
            outcome.problem = oddities(&walk);
            if let Some(applicable) = applicable {
                judge(&mut walker, &walk, &applicable, input, &mut outcome).await;
            }
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

/// Several records at a name, which do not count.
fn oddities(walk: &Walk) -> Option<String> {
    walk.steps.iter().find_map(|step| match step.found {
        Found::Several { count } => Some(format!("{count} records at {}, none of which counts", step.name)),
        _ => None,
    })
}

/// Judges a message of a domain for which a record was found.
async fn judge(
    walker: &mut Walker<'_>,
    walk: &Walk,
    applicable: &Applicable,
    input: &Input<'_>,
    outcome: &mut Outcome,
) {
    outcome.policy_domain = Some(applicable.step.domain.clone());
    let record = match &applicable.step.found {
        Found::Record { text, record } => {
            outcome.record = Some(Published { text: text.clone(), record: (**record).clone() });
            outcome.testing = record.testing;
            record
        }
        _ => return no_use(outcome, format!("the record at {} is too long", applicable.step.name)),
    };
    if !record.usable() {
        let problem = format!("the record at {} has no valid policy and no rua", applicable.step.name);
        return no_use(outcome, problem);
    }
    if record.is_flawed() {
        let text = format!("the record at {} has no valid policy: none is assumed", applicable.step.name);
        outcome.problem.get_or_insert(text);
    }
    let existence = existence(walker, walk, applicable, record).await;
    let exists = existence.clone().unwrap_or(true);
    outcome.policy_tag = Some(applicable.tag(exists));
    outcome.policy = Some(policy(record, applicable.below, exists));
    let mut aligner = Aligner { walker, walk, unknown: None };
    aligner.take_passed(input, record, outcome).await;
    if outcome.aligned_spf || !outcome.aligned_dkim.is_empty() {
        outcome.result = DmarcResult::Pass;
        return;
    }
    if aligner.unknown.is_none() {
        aligner.look_for_temporary(input, record).await;
    }
    match aligner.unknown.or(existence.err()) {
        Some(unknown) => {
            outcome.result = DmarcResult::TempError;
            outcome.problem = Some(unknown);
        }
        None => fail(record, outcome),
    }
}

/// Whether the author's domain exists, where the record makes a difference of that.
async fn existence(
    walker: &mut Walker<'_>,
    walk: &Walk,
    applicable: &Applicable,
    record: &Record,
) -> Result<bool, String> {
    if !applicable.below || record.nonexistent_policy() == record.subdomain_policy() {
        return Ok(true);
    }
    walker.is_nonexistent(&walk.start).await.map(|not| !not).map_err(|error| error.to_string())
}

/// The record is there and good for nothing.
fn no_use(outcome: &mut Outcome, problem: String) {
    outcome.result = DmarcResult::PermError;
    outcome.problem = Some(problem);
}

fn policy(record: &Record, below: bool, exists: bool) -> Policy {
    match (below, exists) {
        (false, _) => record.policy(),
        (true, true) => record.subdomain_policy(),
        (true, false) => record.nonexistent_policy(),
    }
}

/// Nothing is aligned, and no missing answer could have changed that.
fn fail(record: &Record, outcome: &mut Outcome) {
    outcome.result = DmarcResult::Fail;
    let policy = outcome.policy.unwrap_or_default();
    outcome.disposition = if record.testing { policy.weakened() } else { policy };
    if outcome.disposition != policy {
        let comment = Some(format!("t=y: {} instead of {policy}", outcome.disposition));
        outcome.overrides.push(Override { kind: OverrideKind::PolicyTestMode, comment });
    }
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
    /// Looks at everything that passed.
    async fn take_passed(&mut self, input: &Input<'_>, record: &Record, outcome: &mut Outcome) {
        if let Some((domain, SpfResult::Pass)) = input.spf {
            outcome.spf_alignment = self.passed(domain, record.aspf).await;
            outcome.aligned_spf = outcome.spf_alignment.is_some();
        }
        for (domain, selector, result) in input.dkim {
            if *result != DkimResult::Pass {
                continue;
            }
            if let Some(alignment) = self.passed(domain, record.adkim).await {
                let (domain, selector) = ((*domain).to_owned(), (*selector).to_owned());
                outcome.aligned_dkim.push(AlignedDkim { domain, selector, alignment });
            }
        }
    }

    /// Looks for what could have passed: a temporary error for a domain that is aligned, or may be.
    async fn look_for_temporary(&mut self, input: &Input<'_>, record: &Record) {
        let spf = input.spf.filter(|(_, result)| *result == SpfResult::TempError);
        let dkim = input.dkim.iter().filter(|(_, _, result)| *result == DkimResult::TempError);
        let spf = spf.map(|(domain, _)| (domain, record.aspf, "spf"));
        for (domain, mode, method) in spf.into_iter().chain(dkim.map(|(d, _, _)| (*d, record.adkim, "dkim")))
        {
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

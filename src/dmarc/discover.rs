//! Which policy applies to mail of a domain: the walk and what follows from it, before any message is judged.
//!
//! RFC 9989 §4.7 (tags), §4.10.1.

use std::sync::Arc;

use mox_address::Domain;
use mox_dns::Resolver;
use serde::Serialize;

use crate::outcome::{PolicyTag, Published};
use crate::record::{Disposition, Policy, Record};
use crate::treewalk::{Applicable, Found, Step, Walk, Walker};

/// Whether DMARC applies to mail of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It does.
    Applies,
    /// Nothing is published.
    None,
    /// DNS did not answer.
    TempError,
    /// What is published is of no use.
    PermError,
}

/// What applies to mail of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discovery {
    /// The domain.
    pub domain: Domain,
    /// Whether DMARC applies.
    pub status: Status,
    /// The names asked, in order, and what was there.
    pub steps: Vec<Arc<Step>>,
    /// The organization; none when DNS did not say.
    pub organizational_domain: Option<Domain>,
    /// Where the record that applies stands.
    pub policy_domain: Option<Domain>,
    /// That record.
    pub record: Option<Published>,
    /// Whether the domain exists, where the record makes a difference of that and DNS says.
    pub exists: Option<bool>,
    /// Which tag holds for the domain.
    pub policy_tag: Option<PolicyTag>,
    /// What that tag asks for mail that fails.
    pub policy: Option<Policy>,
    /// What is done then: one level below the policy while the owner tests.
    pub disposition: Disposition,
    /// Whether the owner tests (`t=y`).
    pub testing: bool,
    /// What went wrong or is odd.
    pub problem: Option<String>,
    /// Whether DNSSEC proves where the record stands and what it says.
    pub authentic: bool,
    /// DNS questions asked.
    pub lookups: u32,
    /// Why nobody knows whether the domain exists.
    #[serde(skip)]
    pub(crate) existence_unknown: Option<String>,
}

/// Finds what applies to mail of a domain. Asks at most [`crate::MAX_WALK`] questions and one more.
pub async fn discover(resolver: &dyn Resolver, domain: &Domain) -> Discovery {
    let mut walker = Walker::new(resolver);
    discover_with(&mut walker, domain).await.0
}

/// The same, with the walk that others of the message are compared with.
pub(crate) async fn discover_with(walker: &mut Walker<'_>, domain: &Domain) -> (Discovery, Walk) {
    let walk = walker.walk(domain).await;
    let mut found = Discovery::of(&walk);
    match walk.applicable() {
        Err(error) => {
            found.status = Status::TempError;
            found.problem = Some(error.to_string());
        }
        Ok(applicable) => {
            found.authentic = is_authentic(&walk, applicable.as_ref());
            found.problem = oddities(&walk);
            if let Some(applicable) = applicable {
                found.apply(walker, &applicable).await;
            }
        }
    }
    found.lookups = walker.lookups();
    (found, walk)
}

impl Discovery {
    fn of(walk: &Walk) -> Discovery {
        Discovery {
            domain: walk.start.clone(),
            status: Status::None,
            steps: walk.steps.clone(),
            organizational_domain: walk.organizational().ok(),
            policy_domain: None,
            record: None,
            exists: None,
            policy_tag: None,
            policy: None,
            disposition: Disposition::None,
            testing: false,
            problem: None,
            authentic: false,
            lookups: 0,
            existence_unknown: None,
        }
    }

    /// Takes the record that applies.
    async fn apply(&mut self, walker: &mut Walker<'_>, applicable: &Applicable) {
        let name = &applicable.step.name;
        self.policy_domain = Some(applicable.step.domain.clone());
        self.status = Status::PermError;
        let Found::Record { text, record } = &applicable.step.found else {
            self.problem = Some(format!("the record at {name} is too long"));
            return;
        };
        self.record = Some(Published { text: text.clone(), record: (**record).clone() });
        self.testing = record.testing;
        if !record.usable() {
            self.problem = Some(format!("the record at {name} has no valid policy and no rua"));
            return;
        }
        self.status = Status::Applies;
        if record.is_flawed() {
            let text = format!("the record at {name} has no valid policy: none is assumed");
            self.problem.get_or_insert(text);
        }
        self.look_whether_it_exists(walker, applicable, record).await;
        let exists = self.exists.unwrap_or(true);
        let policy = match (applicable.below, exists) {
            (false, _) => record.policy(),
            (true, true) => record.subdomain_policy(),
            (true, false) => record.nonexistent_policy(),
        };
        self.policy_tag = Some(applicable.tag(exists));
        self.policy = Some(policy);
        self.disposition = if record.testing { policy.weakened() } else { policy };
    }

    async fn look_whether_it_exists(
        &mut self,
        walker: &mut Walker<'_>,
        applicable: &Applicable,
        record: &Record,
    ) {
        if !applicable.below || record.nonexistent_policy() == record.subdomain_policy() {
            return;
        }
        match walker.is_nonexistent(&self.domain).await {
            Ok(nonexistent) => self.exists = Some(!nonexistent),
            Err(error) => self.existence_unknown = Some(error.to_string()),
        }
    }
}

/// Whether DNSSEC proves every step up to the record: one that is missing below it could have been hidden.
fn is_authentic(walk: &Walk, applicable: Option<&Applicable>) -> bool {
    let last = applicable.map(|found| &found.step.domain);
    let at = walk.steps.iter().position(|step| Some(&step.domain) == last);
    walk.steps.iter().take(at.map_or(walk.steps.len(), |at| at + 1)).all(|step| step.authentic)
}

/// Several records at a name, which do not count.
fn oddities(walk: &Walk) -> Option<String> {
    walk.steps.iter().find_map(|step| match step.found {
        Found::Several { count } => Some(format!("{count} records at {}, none of which counts", step.name)),
        _ => None,
    })
}

//! The DNS tree walk: who publishes the policy for a domain, and which organization the domain is of.
//!
//! `_dmarc.` is asked for at the domain, then at each parent up to the top; from a name of eight or more labels the
//! walk jumps to seven, so that it has at most [`MAX_WALK`] questions. A record with `psd=n` or `psd=y` ends it.
//! Several records at a name count as none. A [`Walker`] remembers every answer, so the walks of one message share
//! their questions, and stops asking after [`MAX_QUERIES`].
//!
//! When a name cannot be asked now, the walk ends there and its organization is [`Undetermined`]: what is above
//! could be the answer or not. RFC 9989 §4.10.

use std::collections::HashMap;
use std::sync::Arc;

use mox_address::Domain;
use mox_dns::{RecordType, Resolver};
use serde::Serialize;

use crate::outcome::PolicyTag;
use crate::record::{self, Psd, Record};

/// Most questions of one walk (RFC 9989 §4.10).
pub const MAX_WALK: usize = 8;

/// Most questions about one message, or about the report addresses of one record.
pub const MAX_QUERIES: u32 = 50;

/// A walk from a longer name continues with so many labels.
const JUMP_LABELS: usize = 7;

/// What one name had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum Found {
    /// A record.
    Record {
        /// As published.
        text: String,
        /// As read.
        record: Box<Record>,
    },
    /// A record that is too long to be read.
    Unreadable {
        /// Why.
        reason: String,
    },
    /// No record.
    Nothing,
    /// Several records, which count as none.
    Several {
        /// How many.
        count: usize,
    },
    /// No answer now.
    Temporary {
        /// Why.
        reason: String,
    },
    /// It was not asked: too many questions.
    NotAsked,
}

/// One name of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The domain whose policy this would be.
    pub domain: Domain,
    /// The name asked.
    pub name: String,
    /// What was there.
    #[serde(flatten)]
    pub found: Found,
    /// Whether DNSSEC proves it.
    pub authentic: bool,
    /// Whether the name asked does not exist at all.
    #[serde(skip)]
    pub nxdomain: bool,
}

impl Step {
    /// The record, when there is one that can be read.
    pub fn record(&self) -> Option<&Record> {
        match &self.found {
            Found::Record { record, .. } => Some(record),
            _ => None,
        }
    }

    /// Whether something stands here that counts as the domain's own word.
    fn is_published(&self) -> bool {
        matches!(self.found, Found::Record { .. } | Found::Unreadable { .. })
    }

    fn psd(&self) -> Psd {
        self.record().map(|record| record.psd).unwrap_or_default()
    }

    fn undetermined(&self) -> Option<Undetermined> {
        match &self.found {
            Found::Temporary { reason } => {
                Some(Undetermined::Temporary { name: self.name.clone(), reason: reason.clone() })
            }
            Found::NotAsked => Some(Undetermined::TooManyQueries),
            _ => None,
        }
    }
}

/// Why a walk has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Undetermined {
    /// DNS has no answer now.
    #[error("cannot look up {name}: {reason}")]
    Temporary {
        /// The name asked.
        name: String,
        /// Why.
        reason: String,
    },
    /// The questions ran out.
    #[error("more than {MAX_QUERIES} dns queries")]
    TooManyQueries,
}

/// The record that applies to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicable {
    /// Where it stands: at the domain, its organization or its public suffix.
    pub step: Arc<Step>,
    /// Whether the domain is below that.
    pub below: bool,
}

/// A walk from one domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Where it started.
    pub start: Domain,
    /// The names asked, in order.
    pub steps: Vec<Arc<Step>>,
}

impl Walk {
    /// The organizational domain (RFC 9989 §4.10.2).
    pub fn organizational(&self) -> Result<Domain, Undetermined> {
        if let Some(undetermined) = self.steps.last().and_then(|step| step.undetermined()) {
            return Err(undetermined);
        }
        let Some(step) = self.steps.iter().rev().find(|step| step.is_published()) else {
            return Ok(self.start.clone());
        };
        // Only the last record can have either flag, since it ends the walk.
        match step.psd() {
            Psd::Yes if step.domain != self.start => Ok(self.one_below(&step.domain)),
            _ => Ok(step.domain.clone()),
        }
    }

    /// The domain on the way from the start that is one label below `above`.
    fn one_below(&self, above: &Domain) -> Domain {
        let up = |domain: &Domain| domain.parent().filter(|parent| parent != above);
        std::iter::successors(Some(self.start.clone()), up).last().unwrap_or_else(|| self.start.clone())
    }

    /// The record that applies to mail of the start: its own, its organization's, or its public suffix's
    /// (RFC 9989 §4.10.1). One of its own is enough when the walk broke off above.
    pub fn applicable(&self) -> Result<Option<Applicable>, Undetermined> {
        if let Some(step) = self.steps.first().filter(|step| step.is_published()) {
            return Ok(Some(Applicable { step: Arc::clone(step), below: false }));
        }
        let organization = self.organizational()?;
        let published = |wanted: &dyn Fn(&Step) -> bool| {
            self.steps.iter().find(|step| step.is_published() && wanted(step)).cloned()
        };
        let step = published(&|step| step.domain == organization)
            .or_else(|| published(&|step| step.psd() == Psd::Yes));
        Ok(step.map(|step| Applicable { step, below: true }))
    }
}

/// Walks, and remembers what it asked.
pub struct Walker<'r> {
    resolver: &'r dyn Resolver,
    steps: HashMap<Domain, Arc<Step>>,
    lookups: u32,
}

impl<'r> Walker<'r> {
    /// For one message, or one record.
    pub fn new(resolver: &'r dyn Resolver) -> Walker<'r> {
        Walker { resolver, steps: HashMap::new(), lookups: 0 }
    }

    /// How many questions were asked.
    pub fn lookups(&self) -> u32 {
        self.lookups
    }

    /// Walks from a domain up.
    pub async fn walk(&mut self, start: &Domain) -> Walk {
        let mut steps = Vec::new();
        let mut next = Some(start.clone());
        while let Some(domain) = next.take().filter(|_| steps.len() < MAX_WALK) {
            let step = self.step(&domain).await;
            if step.undetermined().is_none() && step.psd() == Psd::Unknown {
                next = above(&domain);
            }
            steps.push(step);
        }
        Walk { start: start.clone(), steps }
    }

    /// What stands at one domain.
    pub async fn step(&mut self, domain: &Domain) -> Arc<Step> {
        if let Some(step) = self.steps.get(domain) {
            return Arc::clone(step);
        }
        let step = Arc::new(self.ask(domain).await);
        self.steps.insert(domain.clone(), Arc::clone(&step));
        step
    }

    async fn ask(&mut self, domain: &Domain) -> Step {
        let name = format!("_dmarc.{domain}");
        let (found, authentic, nxdomain) = match self.texts(&name).await {
            Texts::Some(texts, authentic) => (found(texts), authentic, false),
            Texts::None { authentic, nxdomain } => (Found::Nothing, authentic, nxdomain),
            Texts::Undetermined(Undetermined::Temporary { reason, .. }) => {
                (Found::Temporary { reason }, false, false)
            }
            Texts::Undetermined(Undetermined::TooManyQueries) => (Found::NotAsked, false, false),
        };
        Step { domain: domain.clone(), name, found, authentic, nxdomain }
    }

    /// Whether a domain does not exist: no name and nothing below it (RFC 9989 §3.2.13). A name with records of any
    /// type exists, and so does one with names below.
    pub async fn is_nonexistent(&mut self, domain: &Domain) -> Result<bool, Undetermined> {
        if self.steps.get(domain).is_some_and(|step| !step.nxdomain && step.undetermined().is_none()) {
            return Ok(false);
        }
        self.count()?;
        // A CNAME is not followed when asked for, so its missing target does not count.
        match self.resolver.lookup(domain.ascii(), RecordType::Cname).await {
            Ok(_) | Err(mox_dns::Error::NoData { .. }) => Ok(false),
            Err(mox_dns::Error::NxDomain { .. } | mox_dns::Error::BadName(_)) => Ok(true),
            Err(error) => {
                Err(Undetermined::Temporary { name: domain.to_string(), reason: error.to_string() })
            }
        }
    }

    /// The texts of a name.
    pub(crate) async fn texts(&mut self, name: &str) -> Texts {
        if let Err(undetermined) = self.count() {
            return Texts::Undetermined(undetermined);
        }
        match self.resolver.lookup_txt(name).await {
            Ok(answer) => Texts::Some(answer.records, answer.authentic),
            // With the prefix it is longer than a name may be: nothing can be there.
            Err(mox_dns::Error::BadName(_)) => Texts::None { authentic: false, nxdomain: true },
            Err(error) if error.is_no_records() => Texts::None {
                authentic: error.is_authentic(),
                nxdomain: matches!(error, mox_dns::Error::NxDomain { .. }),
            },
            Err(error) => Texts::Undetermined(Undetermined::Temporary {
                name: name.to_owned(),
                reason: error.to_string(),
            }),
        }
    }

    fn count(&mut self) -> Result<(), Undetermined> {
        if self.lookups >= MAX_QUERIES {
            return Err(Undetermined::TooManyQueries);
        }
        self.lookups += 1;
        Ok(())
    }
}

/// What TXT records a name has.
pub(crate) enum Texts {
    /// These, and whether DNSSEC proves it.
    Some(Vec<String>, bool),
    /// None.
    None {
        /// Whether DNSSEC proves it.
        authentic: bool,
        /// Whether the name does not exist at all.
        nxdomain: bool,
    },
    /// Not known.
    Undetermined(Undetermined),
}

/// The record among the texts of a name.
fn found(texts: Vec<String>) -> Found {
    let parsed = texts.into_iter().map(|text| (Record::parse(&text), text));
    let mut records: Vec<_> =
        parsed.filter(|(record, _)| !matches!(record, Err(record::Error::NotDmarc))).collect();
    match (records.len(), records.pop()) {
        (1, Some((Ok(record), text))) => Found::Record { text, record: Box::new(record) },
        (1, Some((Err(error), _))) => Found::Unreadable { reason: error.to_string() },
        (0, _) => Found::Nothing,
        (count, _) => Found::Several { count },
    }
}

/// The next domain of a walk.
fn above(domain: &Domain) -> Option<Domain> {
    let labels = |domain: &Domain| domain.ascii().split('.').count();
    let up = |domain: &Domain| domain.parent();
    std::iter::successors(domain.parent(), up).find(|domain| labels(domain) <= JUMP_LABELS)
}

impl Applicable {
    /// Which tag of the record holds for the domain, when it exists and when not.
    pub fn tag(&self, exists: bool) -> PolicyTag {
        match self.step.record() {
            _ if !self.below => PolicyTag::P,
            Some(record) if !exists && record.np.is_some() => PolicyTag::Np,
            Some(record) if record.sp.is_some() => PolicyTag::Sp,
            _ => PolicyTag::P,
        }
    }
}

//! What reports tell about mail with a domain, or a name below it, in From: in groups of what passed and the address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use mox_address::Domain;
use mox_db::rusqlite::Connection;
use mox_dmarcrpt::{AuthResult, ReasonKind, Record};
use mox_store::Error;

use crate::insight::MAX_ROWS;
use crate::insight::service::{Hint, is_within};
use crate::insight::tables::{self, Span, folded};
use crate::insight::tally::{Groups, Numbers};
use crate::organization::organization;

/// Mail that has the domain in From, what passed and the address in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) from: String,
    pub(super) hint: Hint,
    pub(super) ip: Option<IpAddr>,
}

/// Numbers of messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) spf_only: u64,
    pub(super) failed: u64,
    /// Of what failed.
    pub(super) signed: u64,
    pub(super) let_pass: u64,
    pub(super) indirect: u64,
}

impl Counts {
    fn of(record: &Record, domain: &str) -> Counts {
        let when = |is: bool| if is { record.count } else { 0 };
        let failed = !record.passes();
        let seen = Seen::of(record, domain);
        Counts {
            passed: when(!failed),
            spf_only: when(record.spf && !record.dkim),
            failed: when(failed),
            signed: when(failed && seen.signed),
            let_pass: when(failed && seen.let_pass),
            indirect: when(failed && seen.is_indirect(record)),
        }
    }

    /// The sum of both.
    pub(super) fn plus(self, other: Counts) -> Counts {
        self.each(other, u64::saturating_add)
    }

    fn each(self, other: Counts, of: fn(u64, u64) -> u64) -> Counts {
        Counts {
            passed: of(self.passed, other.passed),
            spf_only: of(self.spf_only, other.spf_only),
            failed: of(self.failed, other.failed),
            signed: of(self.signed, other.signed),
            let_pass: of(self.let_pass, other.let_pass),
            indirect: of(self.indirect, other.indirect),
        }
    }

    pub(super) fn messages(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }
}

/// What is known of such mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) all: Counts,
    /// The same by who reports it.
    pub(super) by: BTreeMap<u32, Counts>,
    /// Days on which some of it failed.
    pub(super) days: BTreeSet<i64>,
}

impl Group {
    pub(super) fn messages(&self) -> u64 {
        self.all.messages()
    }

    fn add(&mut self, reporter: u32, counts: Counts) {
        self.all = self.all.plus(counts);
        let sum = self.by.entry(reporter).or_default();
        *sum = sum.plus(counts);
    }

    pub(super) fn merge(&mut self, more: &Group) {
        more.by.iter().for_each(|(reporter, counts)| self.add(*reporter, *counts));
        self.days.extend(&more.days);
    }

    /// What all report but one; none when that is nothing.
    pub(super) fn without(&self, reporter: Option<u32>) -> Option<Counts> {
        match reporter.and_then(|reporter| self.by.get(&reporter)) {
            None => Some(self.all),
            Some(_) if self.by.len() == 1 => None,
            Some(counts) => Some(self.all.each(*counts, u64::saturating_sub)),
        }
    }
}

/// What can be seen of messages that failed.
struct Seen {
    /// A signature of another organization passes.
    signed: bool,
    /// SPF passes for another organization.
    let_pass: bool,
    /// A signature of the domain does not pass.
    damaged: bool,
    /// The envelope is of the domain, and SPF does not pass.
    kept: bool,
}

impl Seen {
    fn of(record: &Record, domain: &str) -> Seen {
        let ours = |name: &str| is_within(&folded(name), organization(domain));
        let (dkim, spf) = (&record.dkim_results, &record.spf_results);
        Seen {
            signed: dkim.iter().any(|d| d.result == AuthResult::Pass && !ours(&d.domain)),
            let_pass: spf.iter().any(|s| s.result == AuthResult::Pass && !ours(&s.domain)),
            damaged: dkim.iter().any(|d| d.result != AuthResult::Pass && ours(&d.domain)),
            kept: spf.iter().any(|s| s.result != AuthResult::Pass && ours(&s.domain)),
        }
    }

    /// Reporters say so, or it shows: the domain's own traces do not hold any more, and another's do.
    fn is_indirect(&self, record: &Record) -> bool {
        let told = record.reasons.iter().any(|reason| {
            matches!(
                reason.kind,
                ReasonKind::Forwarded | ReasonKind::MailingList | ReasonKind::TrustedForwarder
            )
        });
        told || self.damaged && (self.signed || self.let_pass) || self.kept && self.signed
    }
}

/// What reports tell.
pub(super) struct Gathered {
    pub(super) groups: HashMap<Key, Group>,
    /// Messages for which there was no room among the groups.
    pub(super) rest: BTreeMap<bool, Group>,
    pub(super) reports: u64,
    /// Names of the organizations that report, by their number.
    pub(super) reporters: BTreeMap<u32, String>,
    pub(super) days: u64,
    pub(super) cut: bool,
}

/// Reads the reports about policy domains, as far as they are about mail of `domain` or below: so many rows at most.
pub(super) fn gather(
    conn: &Connection,
    span: &Span,
    policy_domains: &[String],
    domain: &Domain,
    most: u64,
) -> Result<Gathered, Error> {
    let (mut numbers, mut groups) = (Numbers::default(), Groups::<Key, Group>::new());
    let (mut reports, mut days, mut reporters) = (0, BTreeSet::new(), BTreeMap::new());
    let mut rest: BTreeMap<bool, Group> = BTreeMap::new();
    let mut left = most.min(MAX_ROWS);
    let mut last = None;
    for policy_domain in policy_domains {
        let span = Span { domain: Some(policy_domain.clone()), ..span.clone() };
        left -= tables::each_row(conn, &span, false, left, |head, record| {
            let from = if record.header_from.is_empty() { &head.domain } else { &record.header_from };
            if !is_within(from, domain.ascii()) {
                return;
            }
            // Who has a domain has as many names below it as he likes: they are one reporter.
            let organization = organization(&head.sender);
            let (day, reporter) = (head.start.day().number(), numbers.of(organization));
            reports += u64::from(last.replace(head.id) != Some(head.id));
            days.insert(day);
            reporters.entry(reporter).or_insert_with(|| organization.to_owned());
            let hint = Hint::of(record, domain.ascii());
            let key = Key { from: from.clone(), hint, ip: record.source_ip };
            let group = match groups.get(key) {
                Some(group) => group,
                None => rest.entry(from == domain.ascii()).or_default(),
            };
            group.add(reporter, Counts::of(record, domain.ascii()));
            if !record.passes() {
                group.days.insert(day);
            }
        })?;
    }
    Ok(Gathered {
        groups: groups.into_iter().collect(),
        rest,
        reports,
        reporters,
        days: days.len() as u64,
        cut: left == 0,
    })
}

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
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) from: String,
    pub(super) hint: Hint,
    pub(super) ip: Option<IpAddr>,
}

/// What is known of such mail.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub(super) passed: u64,
    pub(super) spf_only: u64,
    pub(super) failed: u64,
    /// Of what failed.
    pub(super) signed: u64,
    pub(super) let_pass: u64,
    pub(super) indirect: u64,
    pub(super) days: BTreeSet<i64>,
    pub(super) reporters: BTreeSet<u32>,
}

impl Group {
    pub(super) fn messages(&self) -> u64 {
        self.passed.saturating_add(self.failed)
    }

    pub(super) fn merge(&mut self, more: &Group) {
        for (sum, more) in [
            (&mut self.passed, more.passed),
            (&mut self.spf_only, more.spf_only),
            (&mut self.failed, more.failed),
            (&mut self.signed, more.signed),
            (&mut self.let_pass, more.let_pass),
            (&mut self.indirect, more.indirect),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.days.extend(&more.days);
        self.reporters.extend(&more.reporters);
    }

    fn take(&mut self, record: &Record, domain: &str) {
        let add = |sum: &mut u64, when: bool| {
            if when {
                *sum = sum.saturating_add(record.count);
            }
        };
        add(&mut self.passed, record.passes());
        add(&mut self.spf_only, record.spf && !record.dkim);
        if record.passes() {
            return;
        }
        add(&mut self.failed, true);
        let seen = Seen::of(record, domain);
        add(&mut self.signed, seen.signed);
        add(&mut self.let_pass, seen.let_pass);
        add(&mut self.indirect, seen.is_indirect(record));
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
    pub(super) reporters: u64,
    pub(super) days: u64,
    pub(super) cut: bool,
}

/// Reads the reports about policy domains, as far as they are about mail of `domain` or below.
pub(super) fn gather(
    conn: &Connection,
    span: &Span,
    policy_domains: &[String],
    domain: &Domain,
) -> Result<Gathered, Error> {
    let (mut numbers, mut groups) = (Numbers::default(), Groups::<Key, Group>::new());
    let (mut reports, mut days, mut reporters) = (0, BTreeSet::new(), BTreeSet::new());
    let mut rest: BTreeMap<bool, Group> = BTreeMap::new();
    let mut left = MAX_ROWS;
    let mut last = None;
    for policy_domain in policy_domains {
        let span = Span { domain: Some(policy_domain.clone()), ..span.clone() };
        left -= tables::each_row(conn, &span, false, left, |head, record| {
            let from = if record.header_from.is_empty() { &head.domain } else { &record.header_from };
            if !is_within(from, domain.ascii()) {
                return;
            }
            // Who has a domain has as many names below it as he likes: they are one reporter.
            let (day, reporter) = (head.start.day().number(), numbers.of(organization(&head.sender)));
            reports += u64::from(last.replace(head.id) != Some(head.id));
            days.insert(day);
            reporters.insert(reporter);
            let hint = Hint::of(record, domain.ascii());
            let key = Key { from: from.clone(), hint, ip: record.source_ip };
            let group = match groups.get(key) {
                Some(group) => group,
                None => rest.entry(from == domain.ascii()).or_default(),
            };
            group.take(record, domain.ascii());
            if !record.passes() {
                group.days.insert(day);
                group.reporters.insert(reporter);
            }
        })?;
    }
    Ok(Gathered {
        groups: groups.into_iter().collect(),
        rest,
        reports,
        reporters: reporters.len() as u64,
        days: days.len() as u64,
        cut: left == 0,
    })
}

//! What the queue tells: how TLS went, and how report mail ended. All of it is part of the queue's own transaction.
//!
//! Limits: [`MAX_DETAILS`] kinds of failure and [`MAX_POLICIES`] policies a row, [`MAX_LINES`] lines a policy, and
//! [`MAX_HOSTS`] hosts a recipient domain and day, so that whoever answers something new each time does not fill the
//! database; counts of what is told stay right. RFC 8460 §4.2, §5.

use mox_db::Tx;
use mox_queue::{Class, End, Outcome, Queued, Reporting, TlsResults, Verdict};
use mox_store::Error;
use mox_tlsrpt::{PolicyResult, PolicyType, merge};

use crate::Reports;
use crate::refusal::About;
use crate::tables::{destination, report, result, suppress};

/// Kinds of failure that are told apart under one policy.
const MAX_DETAILS: usize = 100;
/// Policies of one domain that are told apart on one day.
const MAX_POLICIES: usize = 20;
/// Lines of a policy, or patterns of hosts, that are told.
const MAX_LINES: usize = 100;
/// Hosts of one recipient domain that are told apart on one day; further ones count under the domain alone.
pub(crate) const MAX_HOSTS: u32 = 100;
/// Longest text that a host can make us store.
const MAX_TEXT: usize = 500;

impl Reporting for Reports {
    fn tls(&self, tx: &mut Tx<'_>, results: &TlsResults) -> Result<(), Error> {
        if !self.0.options.on {
            return Ok(());
        }
        let (recipient, day) = (results.recipient_domain.ascii(), results.at.day());
        let send = may_cause_report(results);
        let domain = results.domain.as_ref().filter(|own| !is_overruled(own, &results.hosts));
        let all = domain.map(|own| (own, false)).into_iter();
        for (one, is_host) in all.chain(results.hosts.iter().map(|host| (host, true))) {
            let policy_domain = one.policy.domain.trim_end_matches('.').to_ascii_lowercase();
            if is_host && !result::has_room(tx.conn(), &policy_domain, day, recipient, MAX_HOSTS)? {
                continue;
            }
            let one = bounded(one.clone());
            result::add(tx.conn(), &policy_domain, day, recipient, is_host, send, |found| add(found, one))?;
        }
        Ok(())
    }

    fn ended(&self, tx: &mut Tx<'_>, row: &Queued, end: End, verdict: &Verdict) -> Result<(), Error> {
        let now = self.0.seams.clock.now();
        let Some(found) = destination::of_queue(tx.conn(), row.id.0)?.filter(|d| d.state.is_open()) else {
            return Ok(());
        };
        let permanent = verdict.outcome == Outcome::Permanent;
        let (state, why) = match end {
            End::Delivered => (destination::State::Delivered, String::new()),
            End::Dropped => (destination::State::Failed, "removed from the queue by an operator".to_owned()),
            End::Failed if permanent => (destination::State::Failed, verdict.to_string()),
            End::Failed => (destination::State::Expired, verdict.to_string()),
        };
        let kind = report::kind(tx.conn(), found.report)?;
        destination::end(tx.conn(), found.id, state, &why, now)?;
        match end {
            End::Delivered => suppress::forgive(tx.conn(), &found.address, now)?,
            End::Failed if permanent => {
                self.suppress(tx, &found.address, About::of(verdict.enhanced, &verdict.text), &why)?;
            }
            End::Failed | End::Dropped => {}
        }
        let filed = if end == End::Failed { self.file(tx, row, &why) } else { Ok(()) };
        match filed {
            Err(error) if !error.is_temporary() => {
                tracing::error!(%error, queue_id = row.id.0, "a report that failed is not kept");
            }
            filed => filed?,
        }
        tracing::info!(
            address = found.address,
            queue_id = row.id.0,
            result = state.as_str(),
            reason = why,
            "report"
        );
        let reports = self.clone();
        tx.on_commit(move || {
            reports.count(kind, state.as_str());
            reports.0.wake.notify_one();
        });
        Ok(())
    }

    fn delivered(&self, tx: &mut Tx<'_>, row: &Queued) -> Result<(), Error> {
        self.note_delivered(tx, row)
    }
}

/// Delivering a TLS report never does; delivering a DMARC report does when something failed.
fn may_cause_report(results: &TlsResults) -> bool {
    let failed = |one: &PolicyResult| one.summary.failed > 0;
    match results.class {
        Class::TlsReport => false,
        Class::DmarcReport => results.domain.iter().chain(&results.hosts).any(failed),
        Class::Normal | Class::Dsn => true,
    }
}

/// A domain without MX records is its own host: where that has TLSA records, there was a policy after all.
fn is_overruled(own: &PolicyResult, hosts: &[PolicyResult]) -> bool {
    let overrules =
        |host: &PolicyResult| host.policy.kind == PolicyType::Tlsa && host.policy.domain == own.policy.domain;
    own.policy.kind == PolicyType::NoPolicyFound && hosts.iter().any(overrules)
}

/// Adds a result to what is known. When there are too many policies, it counts with one of its kind.
fn add(found: &mut Vec<PolicyResult>, one: PolicyResult) {
    let room = found.len() < MAX_POLICIES || found.iter().any(|f| f.policy == one.policy);
    match found.iter_mut().rfind(|f| !room && f.policy.kind == one.policy.kind) {
        Some(other) => other.add(one, MAX_DETAILS),
        None => merge(found, one, MAX_DETAILS),
    }
}

/// The same with texts that domains and hosts chose cut to a length, and without control characters.
fn bounded(mut one: PolicyResult) -> PolicyResult {
    let cut = |text: &str| text.chars().filter(|c| !c.is_control()).take(MAX_TEXT).collect::<String>();
    for lines in [&mut one.policy.strings, &mut one.policy.mx_hosts] {
        lines.truncate(MAX_LINES);
        lines.iter_mut().for_each(|line| *line = cut(line.as_str()));
    }
    for detail in &mut one.details {
        for text in
            [&mut detail.mx_hostname, &mut detail.mx_helo, &mut detail.information, &mut detail.reason]
        {
            *text = cut(text.as_str());
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_tlsrpt::{FailureDetail, Policy, ResultType};

    #[test]
    fn a_host_that_says_something_new_each_time_does_not_fill_the_database() {
        let mut found = Vec::new();
        for n in 0..1000 {
            let policy = Policy { strings: vec![n.to_string()], ..Policy::none("example.org") };
            let mut one = PolicyResult::new(policy);
            one.summary.failed = 1;
            let mut detail = FailureDetail::new(ResultType::ValidationFailure, n.to_string());
            detail.mx_helo = format!("\u{1b}[31m{}", "x".repeat(10_000));
            one.details.push(detail);
            add(&mut found, bounded(one));
        }
        assert_eq!(found.len(), MAX_POLICIES);
        assert_eq!(found.iter().map(|one| one.summary.failed).sum::<u64>(), 1000, "counts stay right");
        assert!(found.iter().all(|one| one.details.len() <= MAX_DETAILS));
        let mut helos = found.iter().flat_map(|one| &one.details).map(|detail| &detail.mx_helo);
        assert!(helos.all(|helo| helo.len() == MAX_TEXT && helo.starts_with("[31mx")));
    }

    #[test]
    fn a_policy_of_any_size_is_told_in_bounds() {
        let lines = vec!["3 1 0 ".to_owned() + &"00".repeat(1000); 500];
        let policy = Policy { strings: lines.clone(), mx_hosts: lines, ..Policy::none("mx.example.org") };
        let policy = bounded(PolicyResult::new(policy)).policy;
        for lines in [policy.strings, policy.mx_hosts] {
            assert_eq!(lines.len(), MAX_LINES);
            assert!(lines.iter().all(|line| line.len() == MAX_TEXT));
        }
    }
}

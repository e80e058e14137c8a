//! Reports of others about TLS: whose they are ([`prove`]), and what is kept of them, one row for each policy domain of
//! ours.
//!
//! At most [`MAX_DETAILS`] kinds of failure and [`MAX_DOCUMENT`] bytes are kept of a report. RFC 8460 §3, §5.3, §5.6.

mod ask;
mod paged;
mod proof;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_config::Config;
use mox_db::Tx;
use mox_store::{Error, MessageId};
use mox_telemetry::Outcome;
use mox_tlsrpt::message::{Depth, find};
use mox_tlsrpt::{Parsed, PolicyResult, Report};

use super::{NotKept, Receiver, check_period};

pub use ask::{report, reports};
pub use proof::prove;
pub(crate) use tables::{STEP_1, STEP_3, STEP_COUNTS, TABLE};

/// Most kinds of failure that are kept of a report.
pub const MAX_DETAILS: usize = 200;

/// Most bytes of a document that are kept.
pub const MAX_DOCUMENT: usize = 512 << 10;

/// What a report says of one policy domain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    /// The policy domain.
    pub(crate) domain: Domain,
    /// The report without the policies of other domains.
    pub(crate) report: Report,
    /// Where it is not as the RFC has it.
    pub(crate) oddities: Vec<String>,
}

/// Whether a policy domain is one of ours, or this host.
fn is_ours(receiver: &Receiver, config: &Config, domain: &Domain) -> bool {
    receiver.any_domain() || *domain == config.server.hostname || config.dynamic.domains.contains_key(domain)
}

/// Reads a message that arrived `at` a time, for each policy domain of ours.
pub(crate) fn read(receiver: &Receiver, message: &[u8], at: Timestamp) -> Result<Vec<Part>, NotKept> {
    let found = find(message, Depth::Own).map_err(NotKept::not_found)?;
    let Parsed { mut report, mut oddities } = found.parsed;
    let config = receiver.config();
    let mut parts: Vec<Part> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    let policies = std::mem::take(&mut report.policies);
    for mut policy in policies {
        if let (true, Some(domain)) = (policy.policy.domain.is_empty(), &found.domain) {
            // Some do not say whose it is where there is no policy; the message does.
            policy.policy.domain = domain.trim_end_matches('.').to_owned();
            oddities.push("the policy domain is that of the message".to_owned());
        }
        let domain = Domain::parse(&policy.policy.domain).ok();
        match domain.filter(|domain| is_ours(receiver, &config, domain)) {
            Some(domain) => add(&mut parts, &report, domain, policy),
            None if others.len() < 5 => others.push(policy.policy.domain),
            None => {}
        }
    }
    oddities.dedup();
    if parts.is_empty() {
        return Err(NotKept::NotOurs(others));
    }
    check_period(report.start, report.end, at)?;
    for part in &mut parts {
        part.oddities.clone_from(&oddities);
        part.shorten();
    }
    Ok(parts)
}

/// Adds a policy to what is known of its domain.
fn add(parts: &mut Vec<Part>, report: &Report, domain: Domain, policy: PolicyResult) {
    match parts.iter_mut().find(|part| part.domain == domain) {
        Some(part) => part.report.policies.push(policy),
        None => {
            let report = Report { policies: vec![policy], ..report.clone() };
            parts.push(Part { domain, report, oddities: Vec::new() });
        }
    }
}

impl Part {
    /// Sessions that went well, and that failed.
    pub(crate) fn sessions(&self) -> (u64, u64) {
        let add = |(fine, bad): (u64, u64), p: &PolicyResult| {
            (fine.saturating_add(p.summary.successful), bad.saturating_add(p.summary.failed))
        };
        self.report.policies.iter().fold((0, 0), add)
    }

    /// About so many bytes are kept of it.
    pub(crate) fn size(&self) -> u64 {
        self.report.to_json().len() as u64
    }

    /// Leaves out details until what is left may be kept; counts stay.
    fn shorten(&mut self) {
        let mut most = MAX_DETAILS;
        loop {
            let mut left = most;
            for policy in &mut self.report.policies {
                policy.details.truncate(left);
                left -= policy.details.len();
            }
            if most == 0 || self.report.to_json().len() <= MAX_DOCUMENT {
                break;
            }
            most /= 2;
        }
        if most == 0 && self.report.to_json().len() > MAX_DOCUMENT {
            self.report.policies.truncate(MAX_DETAILS);
            self.report.policies.iter_mut().for_each(|p| p.policy.strings.clear());
            self.oddities.push("not all of the report was kept".to_owned());
        } else if most < MAX_DETAILS {
            self.oddities.push(format!("{most} kinds of failure were kept"));
        }
    }

    /// Keeps it unless it was there, and counts its sessions once the transaction is committed.
    pub(crate) fn store(
        &self,
        receiver: &Receiver,
        tx: &mut Tx<'_>,
        sender: &Domain,
        message: Option<MessageId>,
        at: Timestamp,
    ) -> Result<bool, Error> {
        let new = tables::insert(tx.conn(), sender, self, message, at)?;
        if new {
            let (metrics, (fine, failed)) = (receiver.metrics(), self.sessions());
            tx.on_commit(move || {
                let count = |result, by: u64| {
                    let counter = metrics.tls_report_sessions.get_or_create(&Outcome { result });
                    // What strangers count has no bound; the counter ends at the largest number.
                    counter.inc_by(by.min(u64::MAX - counter.get()));
                };
                count("success", fine);
                count("failure", failed);
            });
        }
        Ok(new)
    }
}

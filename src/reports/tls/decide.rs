//! Decides about reports on TLS: whether something is to be told, to whom, and what.
//!
//! Limits: [`MAX_POLICIES`] policies a report, those that failed first. RFC 8460 §3, §4.4.

use std::collections::HashMap;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_store::Error;
use mox_tlsrpt::{PolicyResult, RecordLookup, Report, lookup_record};

use crate::Reports;
use crate::decide::{Content, Decision, Plan, Subject, Unpublished};
use crate::kind::Kind;
use crate::place::{Place, addresses, places};
use crate::seal::Naming;
use crate::submitter::submitter;
use crate::tables::report::{Document, Made};
use crate::tables::result::Found;

/// Policies of one report.
const MAX_POLICIES: usize = 2000;
/// Kinds of failure under one policy of a report.
const MAX_DETAILS: usize = 500;

impl Reports {
    /// Decides by the rows of a subject.
    pub(crate) async fn judge_tls(
        &self,
        subject: &Subject,
        rows: Vec<Found>,
        suppressing: bool,
        insist: bool,
    ) -> Result<Decision, Error> {
        if rows.is_empty() {
            return Ok(Decision::Nothing("nothing was collected".to_owned()));
        }
        if !rows.iter().any(|row| row.send_report) && !insist {
            return Ok(Decision::Nothing("nothing but reports was delivered".to_owned()));
        }
        if let Some(why) = self.unneeded(rows.iter().flat_map(|row| &row.results), insist) {
            return Ok(Decision::Nothing(why));
        }
        let submitter = match submitter(&self.0.options.config.load()) {
            Ok(submitter) => submitter.domain,
            Err(why) => return Ok(Decision::Later(why)),
        };
        let Ok(domain) = Domain::parse(&subject.policy_domain) else {
            return Ok(Decision::Discard(format!("{} is not a domain", subject.policy_domain)));
        };
        let places = match published(lookup_record(&*self.0.seams.resolver, &domain).await) {
            Ok(places) => places,
            Err(Unpublished::Later(why)) => return Ok(Decision::Later(why)),
            // Few hosts have a record, and nobody misses it.
            Err(Unpublished::Absent(why)) if subject.kind == Kind::Host => return Ok(Decision::Nothing(why)),
            Err(Unpublished::Absent(why) | Unpublished::Unusable(why)) => return Ok(Decision::Discard(why)),
        };
        let rua = addresses(&places);
        let policies = match subject.kind == Kind::Host {
            false => merged(rows.into_iter().flat_map(|row| row.results)),
            true => match self.of_host(subject, rows, &rua).await {
                Ok(policies) => policies,
                Err(why) => return Ok(Decision::Later(why)),
            },
        };
        if policies.is_empty() {
            let why = "its recipient domains get the same results at the same destinations";
            return Ok(Decision::Nothing(why.to_owned()));
        }
        if let Some(why) = self.unneeded(policies.iter(), insist) {
            return Ok(Decision::Nothing(why));
        }
        let destinations = self.planned(places, suppressing).await?;
        Ok(Decision::Send(Plan { submitter, destinations, rua, content: Content::Tls(bounded(policies)) }))
    }

    /// Why results need no report, if so.
    fn unneeded<'a>(&self, mut all: impl Iterator<Item = &'a PolicyResult>, insist: bool) -> Option<String> {
        let needed = insist || self.0.options.success_too || all.any(PolicyResult::has_failure);
        (!needed).then(|| "nothing failed".to_owned())
    }

    /// The results of a host, told by recipient domain. Those whose own reports, with the same results, go to the same
    /// destinations are left out.
    async fn of_host(
        &self,
        subject: &Subject,
        rows: Vec<Found>,
        rua: &[String],
    ) -> Result<Vec<PolicyResult>, String> {
        let mut known: HashMap<String, bool> = HashMap::new();
        let mut all = Vec::new();
        for row in rows {
            let same = match (known.get(&row.recipient_domain), &row.rua) {
                (Some(same), _) => *same,
                (None, Some(own)) => own == rua,
                (None, None) => self.reports_to(&row.recipient_domain).await? == rua,
            };
            known.insert(row.recipient_domain.clone(), same);
            if same {
                continue;
            }
            for mut result in row.results {
                result.policy.domain = row.recipient_domain.clone();
                result.policy.mx_hosts = vec![subject.policy_domain.clone()];
                all.push(result);
            }
        }
        Ok(merged(all.into_iter()))
    }

    /// Where reports about a recipient domain go now; nowhere is an empty list.
    async fn reports_to(&self, domain: &str) -> Result<Vec<String>, String> {
        let Ok(domain) = Domain::parse(domain) else { return Ok(Vec::new()) };
        match published(lookup_record(&*self.0.seams.resolver, &domain).await) {
            Ok(places) => Ok(addresses(&places)),
            Err(Unpublished::Later(why)) => Err(why),
            Err(_) => Ok(Vec::new()),
        }
    }
}

/// Destinations in a record.
pub(crate) fn published(found: RecordLookup) -> Result<Vec<Place>, Unpublished> {
    Err(match found {
        RecordLookup::Found { record, .. } => return Ok(places(&record.rua)),
        RecordLookup::Temporary(error) => {
            Unpublished::Later(format!("its TLSRPT record cannot be looked up now: {error}"))
        }
        RecordLookup::Absent { .. } => Unpublished::Absent("it publishes no TLSRPT record".to_owned()),
        RecordLookup::Several(texts) => {
            Unpublished::Unusable(format!("it publishes {} TLSRPT records, which count as none", texts.len()))
        }
        RecordLookup::Invalid { error, .. } => {
            Unpublished::Unusable(format!("its TLSRPT record is not valid: {error}"))
        }
    })
}

fn merged(all: impl Iterator<Item = PolicyResult>) -> Vec<PolicyResult> {
    let mut policies = Vec::new();
    let mut places: HashMap<mox_tlsrpt::Policy, usize> = HashMap::new();
    for result in all {
        match places.get(&result.policy).and_then(|at| policies.get_mut(*at)) {
            Some(same) => PolicyResult::add(same, result, MAX_DETAILS),
            None => {
                places.insert(result.policy.clone(), policies.len());
                policies.push(result);
            }
        }
    }
    policies
}

/// Not more than a receiver takes: what failed is told first.
fn bounded(mut policies: Vec<PolicyResult>) -> Vec<PolicyResult> {
    if policies.len() > MAX_POLICIES {
        tracing::warn!(count = policies.len(), "tls report is cut");
        policies.sort_by_key(|one| !one.has_failure());
        policies.truncate(MAX_POLICIES);
    }
    policies
}

impl Reports {
    /// Writes the report.
    pub(crate) fn make_tls(
        &self,
        subject: &Subject,
        submitter: &Domain,
        policies: &[PolicyResult],
        naming: &Naming,
    ) -> Made {
        let name = self.name(subject, "", naming);
        let document = document(submitter, policies, &name, subject.day.start(), naming.until);
        let sum = |count: fn(&mox_tlsrpt::Summary) -> u64| {
            policies.iter().fold(0u64, |sum, one| sum.saturating_add(count(&one.summary)))
        };
        let unique = self.unique(subject, "", naming);
        Made {
            file_name: document.file_name(submitter.ascii(), &subject.policy_domain, &unique),
            document: Some(Document::Text(document.to_json())),
            name,
            successful: sum(|s| s.successful),
            failed: sum(|s| s.failed),
            ..self.unmade(subject, submitter.ascii(), naming)
        }
    }
}

/// The document.
fn document(
    submitter: &Domain,
    policies: &[PolicyResult],
    name: &str,
    start: Timestamp,
    until: Timestamp,
) -> Report {
    let submitter = submitter.ascii();
    Report {
        organization_name: submitter.to_owned(),
        start,
        end: until,
        contact_info: format!("postmaster@{submitter}"),
        report_id: name.to_owned(),
        policies: policies.to_vec(),
    }
}

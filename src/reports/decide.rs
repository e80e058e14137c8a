//! Decides for one policy domain and one day whether there is a report, what it says and where it goes. Asks DNS,
//! changes nothing: a preview asks the same.
//!
//! Limits: [`MAX_POLICIES`] policies a report, those that failed first. RFC 8460 §3, §4.4.

use std::collections::HashMap;

use mox_address::Domain;
use mox_clock::{Day, Timestamp};
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{PolicyResult, RecordLookup, Report, lookup_record};

use crate::Reports;
use crate::kind::Kind;
use crate::place::{Place, addresses, places};
use crate::submitter::submitter;
use crate::tables::destination::State;
use crate::tables::report::Made;
use crate::tables::result::Found;
use crate::tables::{report, result, suppress};

/// Policies of one report.
const MAX_POLICIES: usize = 2000;
/// Kinds of failure under one policy of a report.
const MAX_DETAILS: usize = 500;

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    pub(crate) policy_domain: String,
    pub(crate) day: Day,
}

/// What was decided.
pub(crate) enum Decision {
    /// There is nothing to tell, and why.
    Nothing(String),
    /// It cannot be said now, and why.
    Later(String),
    /// Nobody wants it, and why.
    Discard(String),
    /// There is a report.
    Send(Plan),
}

/// A report that can be made.
pub(crate) struct Plan {
    pub(crate) submitter: Domain,
    pub(crate) destinations: Vec<Planned>,
    /// Destinations as a set, to compare.
    pub(crate) rua: Vec<String>,
    pub(crate) policies: Vec<PolicyResult>,
}

/// Where a report would go, or not.
pub(crate) struct Planned {
    pub(crate) place: Place,
    /// Sealed, suppressed or withheld.
    pub(crate) state: State,
    pub(crate) why: String,
}

/// What the database has about a subject.
pub(crate) struct Known {
    /// The report of the whole day, or that its results were discarded.
    pub(crate) made: Option<Made>,
    rows: Vec<Found>,
    /// Some address gets no reports now.
    suppressing: bool,
}

impl Known {
    pub(crate) fn versions(&self) -> Rows {
        self.rows.iter().map(|row| (row.id, row.version)).collect()
    }

    /// Whether history should tell that there will be no report.
    pub(crate) fn is_worth_a_report(&self, success_too: bool) -> bool {
        let failed = self.rows.iter().flat_map(|row| &row.results).any(PolicyResult::has_failure);
        self.rows.iter().any(|row| row.send_report) && (failed || success_too)
    }
}

/// Which rows of the day a report was made of: ids and versions.
pub(crate) type Rows = Vec<(i64, i64)>;

impl Subject {
    pub(crate) fn new(kind: Kind, policy_domain: impl Into<String>, day: Day) -> Subject {
        Subject { kind, policy_domain: policy_domain.into(), day }
    }

    /// First and last second of the day.
    pub(crate) fn period(&self) -> (Timestamp, Timestamp) {
        let end = Timestamp::from_secs(self.day.next().start().secs().saturating_sub(1));
        (self.day.start(), end)
    }
}

impl Reports {
    /// What is to be done about a subject, and the rows that say so. `insist`: an operator wants it, failures or not.
    pub(crate) async fn decide(&self, subject: &Subject, insist: bool) -> Result<(Decision, Rows), Error> {
        let Some(known) = self.look(vec![subject.clone()]).await?.pop() else {
            return Ok((Decision::Nothing("nothing was collected".to_owned()), Rows::new()));
        };
        let versions = known.versions();
        Ok((self.judge(subject, known, insist).await?, versions))
    }

    /// What the database has about subjects, in their order.
    pub(crate) async fn look(&self, subjects: Vec<Subject>) -> Result<Vec<Known>, Error> {
        let now = self.0.seams.clock.now();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let suppressing = suppress::any_after(tx.conn(), now)?;
            let look = |s: Subject| {
                Ok(Known {
                    made: report::find(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)?,
                    rows: result::of(tx.conn(), s.kind, &s.policy_domain, s.day)?,
                    suppressing,
                })
            };
            subjects.into_iter().map(look).collect()
        };
        self.0.store.read(read).await
    }

    /// Decides by what is known.
    pub(crate) async fn judge(
        &self,
        subject: &Subject,
        known: Known,
        insist: bool,
    ) -> Result<Decision, Error> {
        let rows = known.rows;
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
        let policies = match subject.kind {
            Kind::Domain => merged(rows.into_iter().flat_map(|row| row.results)),
            Kind::Host => match self.of_host(subject, rows, &rua).await {
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
        let destinations = match known.suppressing {
            true => self.planned(places).await?,
            false => places.into_iter().map(|place| planned(place, None)).collect(),
        };
        Ok(Decision::Send(Plan { submitter, destinations, rua, policies: bounded(policies) }))
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

    /// Destinations, and which of them get nothing now.
    pub(crate) async fn planned(&self, places: Vec<Place>) -> Result<Vec<Planned>, Error> {
        let now = self.0.seams.clock.now();
        let plan = move |_: &Store, tx: &ReadTx<'_>| {
            let mut all = Vec::new();
            for place in places {
                let found = suppress::active(tx.conn(), &place.address, now)?;
                all.push(planned(place, found));
            }
            Ok::<_, Error>(all)
        };
        self.0.store.read(plan).await
    }
}

/// What becomes of a destination.
fn planned(place: Place, found: Option<suppress::Suppressed>) -> Planned {
    let (state, why) = match found {
        _ if place.host.is_empty() => {
            (State::Withheld, "reports go to mailto: and https: URIs only".to_owned())
        }
        Some(found) => (State::Suppressed, suppressed(&found)),
        None => (State::Sealed, String::new()),
    };
    Planned { place, state, why }
}

/// A sentence for history.
pub(crate) fn suppressed(found: &suppress::Suppressed) -> String {
    let comment = if found.comment.is_empty() { String::new() } else { format!(": {}", found.comment) };
    format!("suppressed until {}{comment}", found.until)
}

/// Why there is nowhere to send a report.
pub(crate) enum Unpublished {
    Later(String),
    Absent(String),
    Unusable(String),
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

/// The document.
pub(crate) fn document(plan: &Plan, name: &str, start: Timestamp, until: Timestamp) -> Report {
    let submitter = plan.submitter.ascii();
    Report {
        organization_name: submitter.to_owned(),
        start,
        end: until,
        contact_info: format!("postmaster@{submitter}"),
        report_id: name.to_owned(),
        policies: plan.policies.clone(),
    }
}

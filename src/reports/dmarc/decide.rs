//! Decides about DMARC reports: whether somebody is to be told, who wants it now, and who may get it.
//!
//! The record is read again: what it says now decides where reports go. A destination of another organization must have
//! agreed to get them, and may name another address at the same host instead. One that DNS cannot say now holds the
//! report back for an eighth of the time that it may take; then it goes to the others. RFC 9990 §3.5, §4.

use std::collections::HashSet;
use std::time::Duration;

use mox_address::Domain;
use mox_dmarc::{Consent, Destination, Discovery, Status, Walker, Wanted, authorize, discover};
use mox_store::Error;

use super::document::{Source, Told};
use crate::Reports;
use crate::decide::{Content, Decision, Plan, Planned, Subject, Unpublished};
use crate::place::{MAX_PLACES, Place, addresses};
use crate::submitter::submitter;
use crate::tables::destination::State;
use crate::tables::evaluation::Asked;

/// Who wants reports about a domain.
pub(crate) struct Wishes {
    /// Those who may get them.
    pub(crate) places: Vec<Place>,
    /// The others, and why not.
    pub(crate) withheld: Vec<Planned>,
    /// What is wrong with the record, for the report.
    pub(crate) errors: Vec<String>,
    /// Why it is not known of one whether he may get them.
    pub(crate) unknown: Option<String>,
}

impl Reports {
    /// Decides by the rows of a subject.
    pub(crate) async fn judge_dmarc(
        &self,
        subject: &Subject,
        asked: Vec<Asked>,
        suppressing: bool,
        insist: bool,
    ) -> Result<Decision, Error> {
        if asked.is_empty() {
            return Ok(Decision::Nothing("nothing was collected".to_owned()));
        }
        if !insist && !asked.iter().any(|one| one.reasons > 0) {
            return Ok(Decision::Nothing(NO_REASON.to_owned()));
        }
        self.plan_dmarc(subject, Source::Rows(asked), suppressing).await
    }

    /// A plan for whatever is told to those who want it now.
    pub(crate) async fn plan_dmarc(
        &self,
        subject: &Subject,
        source: Source,
        suppressing: bool,
    ) -> Result<Decision, Error> {
        let submitter = match submitter(&self.0.options.config.load()) {
            Ok(submitter) => submitter.domain,
            Err(why) => return Ok(Decision::Later(why)),
        };
        let Ok(domain) = Domain::parse(&subject.policy_domain) else {
            return Ok(Decision::Discard(format!("{} is not a domain", subject.policy_domain)));
        };
        let mut wishes = match self.wishes(&domain).await {
            Ok(wishes) => wishes,
            Err(Unpublished::Later(why)) => return Ok(Decision::Later(why)),
            Err(Unpublished::Absent(why) | Unpublished::Unusable(why)) => return Ok(Decision::Discard(why)),
        };
        if let Some(unknown) = wishes.unknown.take() {
            let waited = self.0.seams.clock.now().since(subject.day.next().start());
            if waited < self.patience() {
                return Ok(Decision::Later(unknown));
            }
            wishes.errors.push(unknown);
        }
        if wishes.places.is_empty() {
            let whys: Vec<&str> = wishes.withheld.iter().map(|one| one.why.as_str()).collect();
            return Ok(Decision::Discard(format!("nobody may get it: {}", whys.join("; "))));
        }
        let rua = addresses(&wishes.places);
        let mut destinations = self.planned(wishes.places, suppressing).await?;
        destinations.append(&mut wishes.withheld);
        let content = Content::Dmarc(Told { errors: wishes.errors, source });
        Ok(Decision::Send(Plan { submitter, destinations, rua, content }))
    }

    /// How long a report waits for a destination that nobody knows about.
    fn patience(&self) -> Duration {
        self.0.options.stale.checked_div(8).unwrap_or_default()
    }

    /// Who wants reports about a domain now, and who of them may get them.
    pub(crate) async fn wishes(&self, domain: &Domain) -> Result<Wishes, Unpublished> {
        let resolver = &*self.0.seams.resolver;
        let found = discover(resolver, domain).await;
        let record = published(&found, domain)?;
        let mut wishes =
            Wishes { places: Vec::new(), withheld: Vec::new(), errors: Vec::new(), unknown: None };
        wishes.errors.extend(found.problem.clone());
        let mut walker = Walker::new(resolver);
        let mut asked = HashSet::new();
        for uri in &record.rua {
            let once = uri.address.as_ref().map_or_else(|| uri.uri.clone(), ToString::to_string);
            if asked.insert(once) {
                wishes.add(authorize(&mut walker, domain, Wanted::Rua, uri).await);
            }
        }
        Ok(wishes)
    }
}

/// Why there is no report about mail that is only reported along.
pub(crate) const NO_REASON: &str =
    "nothing but reports, and mail that was refused from strangers, which is no reason for a report";

/// The record that stands at the domain itself.
fn published<'a>(found: &'a Discovery, domain: &Domain) -> Result<&'a mox_dmarc::Record, Unpublished> {
    let problem = || found.problem.clone().unwrap_or_default();
    match found.status {
        Status::TempError => {
            return Err(Unpublished::Later(format!(
                "its DMARC record cannot be looked up now: {}",
                problem()
            )));
        }
        Status::PermError => return Err(Unpublished::Unusable(problem())),
        Status::None | Status::Applies => {}
    }
    let here = found.record.as_ref().filter(|_| found.policy_domain.as_ref() == Some(domain));
    let record = &here.ok_or_else(|| Unpublished::Absent("it publishes no DMARC record".to_owned()))?.record;
    match record.rua.is_empty() {
        true => Err(Unpublished::Absent("its DMARC record asks for no aggregate reports".to_owned())),
        false => Ok(record),
    }
}

impl Wishes {
    fn add(&mut self, destination: Destination) {
        let uri = destination.uri.uri.clone();
        let why = match destination.consent {
            Consent::NotNeeded | Consent::Given { .. } => None,
            Consent::Missing { name, reason } => Some(format!("{uri} did not agree at {name}: {reason}")),
            Consent::Elsewhere { name, uri: other } => {
                Some(format!("{uri} names another host at {name}: {other}"))
            }
            Consent::NoHost => Some(format!("{uri} has no host that could be asked")),
            Consent::Unknown { reason } => {
                let text = format!("whether {uri} agrees cannot be looked up now: {reason}");
                self.unknown.get_or_insert_with(|| text.clone());
                Some(text)
            }
        };
        if let Some(why) = why {
            self.errors.push(why.clone());
            return self.withhold(uri, why);
        }
        for to in destination.send_to {
            match &to.address {
                None => self.withhold(to.uri.clone(), format!("{to}: DMARC reports go to mailto: URIs only")),
                Some(address) => {
                    let place = Place::mail(to.uri.clone(), address);
                    let known = self.places.iter().any(|known| known.address == place.address);
                    if !known && self.places.len() < MAX_PLACES {
                        self.places.push(place);
                    }
                }
            }
        }
    }

    fn withhold(&mut self, uri: String, why: String) {
        let known = self.withheld.iter().any(|one| one.place.uri == uri);
        if !known && self.withheld.len() < MAX_PLACES {
            let place = Place { address: uri.clone(), uri, host: String::new() };
            self.withheld.push(Planned { place, state: State::Withheld, why });
        }
    }
}

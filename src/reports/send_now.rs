//! Sends what an operator asks for, without waiting for its time: the report of a day that is over, once as ever; a
//! partial one of today; a copy for somebody who tests; a sample.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{ReportSendNow, ReportSent};
use mox_clock::Day;
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::{FailureDetail, Policy, PolicyResult, PolicyType, Report, ResultType, lookup_record};

use crate::Reports;
use crate::decide::{Decision, Plan, Planned, Subject, Unpublished, published};
use crate::kind::Kind;
use crate::ops::{ascii, destination_row, failed};
use crate::place::{Place, addresses};
use crate::preview::{before, planned};
use crate::seal::{Extra, Sealed};
use crate::submitter::submitter;
use crate::tables::destination::State;
use crate::tables::report::Made;
use crate::tables::{destination, report};

impl Reports {
    /// Makes reports and hands them over.
    pub async fn send_now(&self, op: ReportSendNow) -> Result<Vec<ReportSent>, OpError> {
        if !self.0.options.on {
            let off = OpError::failed("outgoing TLS reports are off");
            return Err(off.hint("take NoOutgoingTLSReports out of mox.conf"));
        }
        let to = op.to.as_deref().map(Place::parse).transpose().map_err(OpError::usage)?;
        let asked = Asked { dry_run: op.dry_run, to: to.map(|(place, _)| place), sample: op.sample };
        let today = self.0.seams.clock.now().day();
        let day = self.day(op.day.as_deref().unwrap_or("yesterday"))?;
        if day > today {
            return Err(OpError::usage(format!("{day} has not begun")));
        }
        let domains = op.domains.iter().map(|domain| ascii(domain)).collect::<Result<Vec<_>, _>>()?;
        let subjects = match (op.sample, domains.is_empty()) {
            (true, true) => return Err(OpError::usage("a sample is about a domain that is named")),
            (true, false) => domains.iter().map(|d| Subject::new(Kind::Domain, d.clone(), today)).collect(),
            (false, _) => self.asked_for(domains, day).await.map_err(failed)?,
        };
        let mut sent = Vec::with_capacity(subjects.len());
        for subject in subjects {
            sent.push(self.send_one(&subject, &asked).await.map_err(failed)?);
        }
        Ok(sent)
    }

    /// Subjects of a day: all that have results, or those named; recipient domains first.
    async fn asked_for(&self, domains: Vec<String>, day: Day) -> Result<Vec<Subject>, Error> {
        let mut subjects = self.subjects(None, day, day).await?;
        if domains.is_empty() {
            return Ok(subjects);
        }
        subjects.retain(|subject| domains.contains(&subject.policy_domain));
        for domain in domains {
            if subjects.iter().any(|subject| subject.policy_domain == domain) {
                continue;
            }
            let host = Subject::new(Kind::Host, domain.clone(), day);
            match self.made(&host).await? {
                Some(_) => subjects.push(host),
                None => subjects.push(Subject::new(Kind::Domain, domain, day)),
            }
        }
        Ok(subjects)
    }

    async fn send_one(&self, subject: &Subject, asked: &Asked) -> Result<ReportSent, Error> {
        let now = self.0.seams.clock.now();
        if asked.sample {
            let plan = self.sample(subject).await?;
            return self.send_extra(subject, plan, asked, Extra::Sample).await;
        }
        let made = self.made(subject).await?;
        if asked.to.is_some() {
            let plan = match made.and_then(|made| self.plan_again(&made)) {
                Some(plan) => Decision::Send(plan),
                None => self.decide(subject, true).await?.0,
            };
            return self.send_extra(subject, plan, asked, Extra::Copy).await;
        }
        if let Some(made) = made {
            return self.said(made.id, "already-sealed", before(&made)).await;
        }
        if subject.day == now.day() {
            let plan = self.decide(subject, false).await?.0;
            return self.send_extra(subject, plan, asked, Extra::Partial).await;
        }
        if asked.dry_run {
            return self.would_send(subject, self.decide(subject, false).await?.0).await;
        }
        match self.seal(subject, now).await? {
            Sealed::New(id) => {
                self.hand_over_report(id).await?;
                self.said(id, "sealed", String::new()).await
            }
            Sealed::Before(made) => self.said(made.id, "already-sealed", before(&made)).await,
            Sealed::Discarded(why) => Ok(silent(subject, "discarded", why)),
            Sealed::Nothing(why) | Sealed::Later(why) => Ok(silent(subject, "withheld", why)),
        }
    }

    /// Sends a report that leaves the day's own as it is.
    async fn send_extra(
        &self,
        subject: &Subject,
        decision: Decision,
        asked: &Asked,
        extra: Extra,
    ) -> Result<ReportSent, Error> {
        let now = self.0.seams.clock.now();
        let mut plan = match decision {
            Decision::Send(plan) => plan,
            Decision::Nothing(why) | Decision::Later(why) | Decision::Discard(why) => {
                return Ok(silent(subject, "withheld", why));
            }
        };
        if let Some(place) = &asked.to {
            let there = Planned { place: place.clone(), state: State::Sealed, why: String::new() };
            plan.destinations = vec![there];
        }
        if asked.dry_run {
            return self.would_send(subject, Decision::Send(plan)).await;
        }
        let until = if subject.day == now.day() { now } else { subject.period().1 };
        match self.seal_extra(subject, plan, extra, until).await? {
            Some(id) => {
                self.hand_over_report(id).await?;
                self.said(id, "sealed", String::new()).await
            }
            None => Ok(silent(subject, "withheld", "other reports of it are being made".to_owned())),
        }
    }

    async fn would_send(&self, subject: &Subject, decision: Decision) -> Result<ReportSent, Error> {
        Ok(match decision {
            Decision::Send(plan) => {
                let made = self.would_be(subject, &plan).await?;
                let destinations = planned(&plan);
                ReportSent {
                    report_id: made.name,
                    destinations,
                    ..silent(subject, "would-send", String::new())
                }
            }
            Decision::Nothing(why) | Decision::Later(why) => silent(subject, "withheld", why),
            Decision::Discard(why) => silent(subject, "discarded", why),
        })
    }

    /// What a report of before said.
    fn plan_again(&self, made: &Made) -> Option<Plan> {
        let report: Report = serde_json::from_str(made.document.as_deref()?).ok()?;
        Some(Plan {
            submitter: Domain::parse(&made.submitter).ok()?,
            destinations: Vec::new(),
            rua: Vec::new(),
            policies: report.policies,
        })
    }

    /// A made-up report for the destinations that are published.
    async fn sample(&self, subject: &Subject) -> Result<Decision, Error> {
        let submitter = match submitter(&self.0.options.config.load()) {
            Ok(submitter) => submitter.domain,
            Err(why) => return Ok(Decision::Later(why)),
        };
        let mut one = PolicyResult::new(Policy {
            kind: PolicyType::Sts,
            ..Policy::none(subject.policy_domain.clone())
        });
        one.summary.successful = 1;
        one.summary.failed = 1;
        let mut detail = FailureDetail::new(ResultType::ValidationFailure, "sample");
        detail.information = "made up to test the delivery of reports".to_owned();
        one.add_detail(detail, 1);
        let places = match Domain::parse(&subject.policy_domain) {
            Ok(domain) => published(lookup_record(&*self.0.seams.resolver, &domain).await),
            Err(error) => Err(Unpublished::Unusable(error.to_string())),
        };
        let places = match places {
            Ok(places) => places,
            Err(Unpublished::Later(why)) => return Ok(Decision::Later(why)),
            Err(Unpublished::Absent(why) | Unpublished::Unusable(why)) => return Ok(Decision::Discard(why)),
        };
        let (rua, destinations) = (addresses(&places), self.planned(places).await?);
        Ok(Decision::Send(Plan { submitter, destinations, rua, policies: vec![one] }))
    }

    /// Hands a report to all its destinations now; those that are busy get it in their turn.
    async fn hand_over_report(&self, id: i64) -> Result<(), Error> {
        let read = move |_: &Store, tx: &ReadTx<'_>| destination::of(tx.conn(), id);
        for one in self.0.store.read(read).await? {
            if one.state == State::Sealed {
                self.hand_over(one).await?;
            }
        }
        self.0.wake.notify_one();
        Ok(())
    }

    /// How far a report came.
    async fn said(&self, id: i64, state: &str, why: String) -> Result<ReportSent, Error> {
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            Ok::<_, Error>((report::get(tx.conn(), id)?, destination::of(tx.conn(), id)?))
        };
        let (made, destinations) = self.0.store.read(read).await?;
        let made = made.ok_or_else(|| Error::Damaged(format!("report {id}")))?;
        Ok(ReportSent {
            policy_domain: made.policy_domain.clone(),
            kind: made.kind.as_str().to_owned(),
            day: made.day().to_string(),
            report_id: made.name,
            state: state.to_owned(),
            why,
            destinations: destinations.into_iter().map(destination_row).collect(),
        })
    }
}

/// What an operator wants of each subject.
struct Asked {
    dry_run: bool,
    to: Option<Place>,
    sample: bool,
}

/// That there is no report.
fn silent(subject: &Subject, state: &str, why: String) -> ReportSent {
    ReportSent {
        policy_domain: subject.policy_domain.clone(),
        kind: subject.kind.as_str().to_owned(),
        day: subject.day.to_string(),
        report_id: String::new(),
        state: state.to_owned(),
        why,
        destinations: Vec::new(),
    }
}

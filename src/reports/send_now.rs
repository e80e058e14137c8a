//! Sends what an operator asks for, without waiting for its time: the report of a day that is over, once as ever; a
//! partial one of today; a copy for somebody who tests; a sample.

use mox_address::Domain;
use mox_admin::OpError;
use mox_admin::ops::{ReportFamily, ReportSendNow, ReportSent};
use mox_clock::Day;
use mox_db::ReadTx;
use mox_store::{Error, Store};
use mox_tlsrpt::Report;

use crate::Reports;
use crate::decide::{Content, Decision, Plan, Planned, Subject};
use crate::dmarc::document::{Source, Told};
use crate::kind::Kind;
use crate::ops::{ascii, destination_row, failed};
use crate::place::Place;
use crate::preview::{before, planned};
use crate::seal::{Extra, Sealed};
use crate::tables::destination::State;
use crate::tables::report::{Document, Made};
use crate::tables::{destination, report};

impl Reports {
    /// Makes reports and hands them over.
    pub async fn send_now(&self, op: ReportSendNow) -> Result<Vec<ReportSent>, OpError> {
        if !self.is_on(op.family) {
            let (what, field) = match op.family {
                ReportFamily::Tls => ("TLS", "NoOutgoingTLSReports"),
                ReportFamily::Dmarc => ("DMARC", "NoOutgoingDMARCReports"),
            };
            let off = OpError::conflict(format!("outgoing {what} reports are off"));
            return Err(off.hint(format!("take {field} out of mox.conf")));
        }
        let to = op.to.as_deref().map(Place::parse).transpose().map_err(OpError::usage)?;
        let to = to.map(|(place, _)| place);
        if op.family == ReportFamily::Dmarc
            && to.as_ref().is_some_and(|to| !to.address.starts_with("mailto:"))
        {
            return Err(OpError::usage("DMARC reports go to mailto: URIs only"));
        }
        let asked = Asked { dry_run: op.dry_run, to, sample: op.sample };
        let today = self.0.seams.clock.now().day();
        let day = self.day(op.day.as_deref().unwrap_or("yesterday"))?;
        if day > today {
            return Err(OpError::usage(format!("{day} has not begun")));
        }
        let domains = op.domains.iter().map(|domain| ascii(domain)).collect::<Result<Vec<_>, _>>()?;
        let subjects = match (op.sample, domains.is_empty()) {
            (true, true) => return Err(OpError::usage("a sample is about a domain that is named")),
            (true, false) => {
                let kind = main_kind(op.family);
                domains.iter().map(|d| Subject::new(kind, d.clone(), today)).collect()
            }
            (false, _) => self.asked_for(op.family, domains, day).await.map_err(failed)?,
        };
        let mut sent = Vec::with_capacity(subjects.len());
        for subject in subjects {
            sent.extend(self.send_one(&subject, &asked).await.map_err(failed)?);
        }
        Ok(sent)
    }

    /// Subjects of a day: all that have results, or those named; recipient domains first.
    async fn asked_for(
        &self,
        family: ReportFamily,
        domains: Vec<String>,
        day: Day,
    ) -> Result<Vec<Subject>, Error> {
        let mut subjects = self.subjects(family, None, day, day).await?;
        if domains.is_empty() {
            return Ok(subjects);
        }
        subjects.retain(|subject| domains.contains(&subject.policy_domain));
        for domain in domains {
            if subjects.iter().any(|subject| subject.policy_domain == domain) {
                continue;
            }
            let mut found = Subject::new(main_kind(family), domain.clone(), day);
            for kind in Kind::of(family) {
                let other = Subject::new(kind, domain.clone(), day);
                if self.made(&other).await?.is_some() {
                    found = other;
                }
            }
            subjects.push(found);
        }
        Ok(subjects)
    }

    async fn send_one(&self, subject: &Subject, asked: &Asked) -> Result<Vec<ReportSent>, Error> {
        let now = self.0.seams.clock.now();
        if asked.sample {
            let plan = self.sample(subject).await?;
            return self.send_extra(subject, plan, asked, Extra::Sample).await;
        }
        let made = self.made(subject).await?;
        if asked.to.is_some() {
            let plan = match made {
                Some(made) if !made.name.is_empty() => self.plan_again(subject).await?.map(Decision::Send),
                _ => None,
            };
            let plan = match plan {
                Some(plan) => plan,
                None => self.decide(subject, true).await?.0,
            };
            return self.send_extra(subject, plan, asked, Extra::Copy).await;
        }
        if let Some(made) = made {
            return self.said_before(subject, &made).await;
        }
        if subject.day == now.day() {
            let plan = self.decide(subject, false).await?.0;
            return self.send_extra(subject, plan, asked, Extra::Partial).await;
        }
        if asked.dry_run {
            return self.would_send(subject, self.decide(subject, false).await?.0).await;
        }
        match self.seal(subject, now).await? {
            Sealed::New(ids) => self.hand_over_reports(ids).await,
            Sealed::Before(made) => self.said_before(subject, &made).await,
            Sealed::Discarded(why) => Ok(vec![silent(subject, "discarded", why)]),
            Sealed::Nothing(why) | Sealed::Later(why) => Ok(vec![silent(subject, "withheld", why)]),
        }
    }

    /// Sends a report that leaves the day's own as it is.
    async fn send_extra(
        &self,
        subject: &Subject,
        decision: Decision,
        asked: &Asked,
        extra: Extra,
    ) -> Result<Vec<ReportSent>, Error> {
        let now = self.0.seams.clock.now();
        let mut plan = match decision {
            Decision::Send(plan) => plan,
            Decision::Nothing(why) | Decision::Later(why) | Decision::Discard(why) => {
                return Ok(vec![silent(subject, "withheld", why)]);
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
            Some(ids) => self.hand_over_reports(ids).await,
            None => Ok(vec![silent(subject, "withheld", "other reports of it are being made".to_owned())]),
        }
    }

    async fn would_send(&self, subject: &Subject, decision: Decision) -> Result<Vec<ReportSent>, Error> {
        Ok(match decision {
            Decision::Send(plan) => {
                let row = |made: Made| ReportSent {
                    report_id: made.name,
                    destinations: planned(&plan),
                    ..silent(subject, "would-send", String::new())
                };
                self.would_be(subject, &plan).await?.into_iter().map(row).collect()
            }
            Decision::Nothing(why) | Decision::Later(why) => vec![silent(subject, "withheld", why)],
            Decision::Discard(why) => vec![silent(subject, "discarded", why)],
        })
    }

    /// What the reports of before said; none when that cannot be read back.
    async fn plan_again(&self, subject: &Subject) -> Result<Option<Plan>, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            report::all_of(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)
        };
        let all = self.0.store.read(read).await?;
        let Some(submitter) = all.first().and_then(|made| Domain::parse(&made.submitter).ok()) else {
            return Ok(None);
        };
        let texts = all.iter().filter_map(|made| made.document.as_ref()).map(Document::text);
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let content = match subject.kind.family() {
            ReportFamily::Tls => {
                let report = texts.first().and_then(|text| serde_json::from_str::<Report>(text).ok());
                report.map(|report| Content::Tls(report.policies))
            }
            ReportFamily::Dmarc => told_again(&texts).map(Content::Dmarc),
        };
        Ok(content.map(|content| Plan { submitter, destinations: Vec::new(), rua: Vec::new(), content }))
    }

    /// A made-up report for the destinations that are published.
    async fn sample(&self, subject: &Subject) -> Result<Decision, Error> {
        match subject.kind.family() {
            ReportFamily::Tls => self.sample_tls(subject).await,
            ReportFamily::Dmarc => {
                let sample = self.sample_feedback(&subject.policy_domain, self.0.seams.clock.now());
                self.plan_dmarc(subject, Source::Reports(vec![sample]), true).await
            }
        }
    }

    /// Hands reports to all their destinations now; those that are busy get it in their turn.
    async fn hand_over_reports(&self, ids: Vec<i64>) -> Result<Vec<ReportSent>, Error> {
        let mut sent = Vec::with_capacity(ids.len());
        for id in ids {
            let read = move |_: &Store, tx: &ReadTx<'_>| destination::of(tx.conn(), id);
            for one in self.0.store.read(read).await? {
                if one.state == State::Sealed {
                    self.hand_over(one).await?;
                }
            }
            sent.push(self.said(id, "sealed", String::new()).await?);
        }
        self.0.wake.notify_one();
        Ok(sent)
    }

    /// How far the reports of a day came that were made before.
    async fn said_before(&self, subject: &Subject, first: &Made) -> Result<Vec<ReportSent>, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            report::all_of(tx.conn(), s.kind, &s.policy_domain, s.day.start(), 0)
        };
        let mut said = Vec::new();
        for made in self.0.store.read(read).await? {
            said.push(self.said(made.id, "already-sealed", before(first)).await?);
        }
        Ok(said)
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

/// The kind that is meant where only a domain is named.
fn main_kind(family: ReportFamily) -> Kind {
    match family {
        ReportFamily::Tls => Kind::Domain,
        ReportFamily::Dmarc => Kind::Dmarc,
    }
}

/// What DMARC reports of before told; none when one cannot be read back.
fn told_again(texts: &[String]) -> Option<Told> {
    let limits = mox_dmarcrpt::Limits::default();
    let parse = |text: &String| Some(mox_dmarcrpt::parse(text.as_bytes(), &limits).ok()?.feedback);
    let reports = texts.iter().map(parse).collect::<Option<Vec<_>>>()?;
    Some(Told { errors: Vec::new(), source: Source::Reports(reports) })
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

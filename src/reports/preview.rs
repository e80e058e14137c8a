//! What would be sent now. The same is decided as when it is sent, and nothing is changed.

use mox_admin::OpError;
use mox_admin::ops::{
    ReportDestination, ReportFamily, ReportPreview, ReportPreviewRow, ReportPreviewed, ReportWithheld,
};
use mox_clock::Day;
use mox_db::ReadTx;
use mox_store::{Error, Store};

use crate::Reports;
use crate::decide::{Decision, Plan, Subject};
use crate::kind::Kind;
use crate::ops::{ascii, failed};
use crate::seal::{Extra, Naming};
use crate::tables::destination::State;
use crate::tables::report::{Document, Made};
use crate::tables::waiting;

/// Most subjects of a reply.
const MAX_SUBJECTS: usize = 10_000;

impl Reports {
    /// The reports that would be sent, and what is withheld and why.
    pub async fn preview(&self, op: ReportPreview) -> Result<ReportPreviewed, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let today = self.0.seams.clock.now().day();
        let (from, to) = match op.day.as_deref() {
            Some(day) => self.day(day).map(|day| (day, day))?,
            None => (Day::from_number(i64::MIN), today),
        };
        let mut previewed = ReportPreviewed::default();
        for subject in self.subjects(op.family, domain, from, to).await.map_err(failed)? {
            let withheld = |why: String| ReportWithheld {
                policy_domain: subject.policy_domain.clone(),
                kind: subject.kind.as_str().to_owned(),
                day: subject.day.to_string(),
                why,
            };
            if let Some(made) = self.made(&subject).await.map_err(failed)? {
                previewed.withheld.push(withheld(before(&made)));
                continue;
            }
            match self.decide(&subject, false).await.map_err(failed)?.0 {
                Decision::Send(plan) => previewed.reports.extend(self.shown(&subject, &plan).await?),
                Decision::Nothing(why) | Decision::Later(why) | Decision::Discard(why) => {
                    previewed.withheld.push(withheld(why));
                }
            }
        }
        if let (true, true, Some(domain)) =
            (previewed.reports.is_empty(), previewed.withheld.is_empty(), &op.domain)
        {
            return Err(OpError::not_found(format!("no results about {domain} wait for a report")));
        }
        Ok(previewed)
    }

    /// What results of these days wait for, of one policy domain or all: recipient domains first.
    pub(crate) async fn subjects(
        &self,
        family: ReportFamily,
        domain: Option<String>,
        from: Day,
        to: Day,
    ) -> Result<Vec<Subject>, Error> {
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let mut subjects = Vec::new();
            for kind in Kind::of(family) {
                let groups = waiting::groups(tx.conn(), kind, from, to)?.into_iter();
                let wanted = groups.filter(|(found, _)| domain.as_ref().is_none_or(|domain| domain == found));
                subjects.extend(wanted.map(|(found, day)| Subject::new(kind, found, day)));
            }
            subjects.truncate(MAX_SUBJECTS);
            Ok(subjects)
        };
        self.0.store.read(read).await
    }

    /// The reports as they would be made now.
    pub(crate) async fn would_be(&self, subject: &Subject, plan: &Plan) -> Result<Vec<Made>, Error> {
        let now = self.0.seams.clock.now();
        if now.day() != subject.day {
            let naming = Naming { part: 0, note: "", until: subject.period().1, due: now };
            return self.make(subject, plan, &naming).await;
        }
        let part = self.next_part(subject).await?;
        self.make(subject, plan, &Naming { part, note: Extra::Partial.as_str(), until: now, due: now }).await
    }

    async fn shown(&self, subject: &Subject, plan: &Plan) -> Result<Vec<ReportPreviewRow>, OpError> {
        let all = self.would_be(subject, plan).await.map_err(failed)?;
        let show = |made: Made| {
            let text =
                made.document.as_ref().map(Document::text).transpose().map_err(failed)?.unwrap_or_default();
            let document = match made.document {
                Some(Document::Packed(_)) => serde_json::Value::String(text),
                _ => serde_json::from_str(&text).map_err(OpError::failed)?,
            };
            Ok(ReportPreviewRow {
                policy_domain: subject.policy_domain.clone(),
                kind: subject.kind.as_str().to_owned(),
                day: subject.day.to_string(),
                partial: made.part > 0,
                report_id: made.name,
                destinations: planned(plan),
                file_name: made.file_name,
                document,
            })
        };
        all.into_iter().map(show).collect()
    }
}

/// Where a report would go.
pub(crate) fn planned(plan: &Plan) -> Vec<ReportDestination> {
    let row = |planned: &crate::decide::Planned| ReportDestination {
        uri: planned.place.uri.clone(),
        state: if planned.state == State::Sealed { "will-send" } else { planned.state.as_str() }.to_owned(),
        why: planned.why.clone(),
        attempts: 0,
        queue_id: None,
        next_attempt: None,
        ended: None,
    };
    plan.destinations.iter().map(row).collect()
}

/// That there is a report of the day.
pub(crate) fn before(made: &Made) -> String {
    match made.name.is_empty() {
        true => format!("the day's results were discarded on {}: {}", made.sealed, made.why),
        false => format!("the day was reported: {} of {}", made.name, made.sealed),
    }
}

//! What is particular to DMARC in an explanation: what arriving mail told, and who wants to know.

use mox_address::Domain;
use mox_admin::ops::ReportStep;
use mox_db::ReadTx;
use mox_store::{Error, Store};

use crate::Reports;
use crate::decide::{Subject, Unpublished};
use crate::explain::{role, step};
use crate::tables::destination::State;
use crate::tables::evaluation::{self, Asked};

impl Reports {
    /// What waits of one day, policy by policy.
    pub(crate) async fn collected_dmarc(&self, subject: &Subject) -> Result<Vec<ReportStep>, Error> {
        let s = subject.clone();
        let read = move |_: &Store, tx: &ReadTx<'_>| evaluation::of(tx.conn(), &s.policy_domain, s.day);
        let asked = self.0.store.read(read).await?;
        let tell = |one: &Asked| {
            let failed = one.messages.saturating_sub(one.passed);
            let reasons = match one.reasons {
                0 => "none of them is a reason for a report: reports, or refused from strangers".to_owned(),
                all if all == one.messages => "each is a reason for a report".to_owned(),
                some => format!("{some} are a reason for a report"),
            };
            let unlisted = match one.unlisted {
                0 => String::new(),
                more => format!("; {more} are counted and not listed"),
            };
            let (what, passed, rows) = (role(subject), one.passed, one.rows);
            let text = format!(
                "{what}: {passed} messages passed, {failed} failed, in {rows} rows; {reasons}{unlisted}"
            );
            step("results", (one.reasons > 0).then_some(true), text)
        };
        Ok(asked.iter().map(tell).collect())
    }

    /// The record as it is published now, and each of its destinations.
    pub(crate) async fn publishes_dmarc(&self, domain: &Domain) -> Result<Vec<ReportStep>, Error> {
        let wishes = match self.wishes(domain).await {
            Ok(wishes) => wishes,
            Err(Unpublished::Later(why) | Unpublished::Absent(why) | Unpublished::Unusable(why)) => {
                return Ok(vec![step("record", false, format!("_dmarc.{domain}: {why}"))]);
            }
        };
        let text = format!("_dmarc.{domain}: reports are wanted");
        let mut steps = vec![step("record", true, text)];
        for planned in self.planned(wishes.places, true).await? {
            let why = if planned.why.is_empty() { "gets reports".to_owned() } else { planned.why };
            let goes = planned.state == State::Sealed;
            steps.push(step("destination", goes, format!("{}: {why}", planned.place.uri)));
        }
        let withheld = wishes.withheld.into_iter();
        steps.extend(withheld.map(|one| step("destination", false, format!("gets none: {}", one.why))));
        Ok(steps)
    }
}

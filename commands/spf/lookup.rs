//! `mox spf lookup`: what a domain publishes, what that includes, and what it costs receivers.

use serde::Serialize;

use mox_address::Domain;
use mox_spf::Survey;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::spf::parse::Term;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Domain whose record to look up
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox spf lookup example.org",
    about: "The record, its terms, and whether it needs too many lookups",
    needs: Needs::World,
}];

#[derive(Serialize)]
struct Report {
    /// The record of the domain itself.
    record: Option<String>,
    /// Its terms; empty when it has a mistake.
    terms: Vec<Term>,
    #[serde(flatten)]
    survey: Survey,
}

impl Report {
    fn of(survey: Survey) -> Report {
        let own = survey.records.first().filter(|first| first.domain == survey.domain);
        Report {
            record: own.map(|own| own.record.clone()),
            terms: own.and_then(|own| own.parsed.as_ref()).map(Term::all).unwrap_or_default(),
            survey,
        }
    }

    fn exit(&self) -> Exit {
        match (&self.survey.temporary, self.survey.problems.is_empty()) {
            (_, false) => Exit::Problems,
            (Some(_), true) => Exit::Failed,
            (None, true) => Exit::Done,
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for surveyed in &self.survey.records {
            page.field(&surveyed.domain, &surveyed.record);
        }
        if !self.terms.is_empty() {
            page.line("");
            Term::table(&self.terms, page);
        }
        page.line("");
        page.field("lookups", format!("{} of {} allowed", self.survey.lookups, mox_spf::MAX_LOOKUPS));
        page.field("authentic", if self.survey.authentic { "yes" } else { "no" });
        for problem in self.survey.temporary.iter().chain(&self.survey.problems) {
            page.verdict(Some(false), problem);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let report = Report::of(asker.run(mox_spf::survey(&*resolver, args.domain.ascii())));
    cx.print(&report)?;
    Ok(report.exit())
}

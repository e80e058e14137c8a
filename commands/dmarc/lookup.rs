//! `mox dmarc lookup`: the walk for a domain step by step, and what applies to its mail.

use mox_address::Domain;
use mox_dmarc::{Discovery, Found, Status, Step, discover};

use super::show_record;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when nothing is published or it is of no use, 1 when DNS does not answer.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain as in From
    domain: Domain,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc lookup news.example.org",
        about: "What applies to mail from there, and where it stands",
        needs: Needs::World,
    },
    Example {
        run: "mox dmarc lookup example.org --json",
        about: "The same for scripts",
        needs: Needs::World,
    },
];

impl Show for Discovery {
    fn show(&self, page: &mut Page) {
        for step in &self.steps {
            let (ok, text) = told(step);
            page.verdict(ok, format!("{}: {text}", step.name));
        }
        if let Some(domain) = &self.organizational_domain {
            page.field("organization", domain);
        }
        if let Some(domain) = &self.policy_domain {
            page.field("policy at", domain);
        }
        if let Some(published) = &self.record {
            page.field("record", &published.text);
            show_record(&published.record, page);
        }
        if let Some(exists) = self.exists {
            page.field("exists", if exists { "yes" } else { "no: np applies" });
        }
        match (self.policy_tag, self.policy) {
            (Some(tag), Some(policy)) if policy == self.disposition => {
                page.field("applies", format!("{}={policy}", tag.name()));
            }
            (Some(tag), Some(policy)) => {
                let text = format!("{}={policy}, while testing as {}", tag.name(), self.disposition);
                page.field("applies", text);
            }
            _ => page.field("applies", "nothing"),
        }
        if let Some(problem) = &self.problem {
            page.field("problem", problem);
        }
        page.field("dnssec", if self.authentic { "authentic" } else { "not proved" });
        page.field("lookups", self.lookups);
    }
}

/// What a step found, and whether that is good.
fn told(step: &Step) -> (Option<bool>, String) {
    match &step.found {
        Found::Record { text, .. } => (Some(true), text.clone()),
        Found::Nothing => (None, "no record".to_owned()),
        Found::Several { count } => (Some(false), format!("{count} records, none of which counts")),
        Found::Unreadable { reason } => (Some(false), reason.clone()),
        Found::Temporary { reason } => (Some(false), format!("no answer: {reason}")),
        Found::NotAsked => (None, "not asked".to_owned()),
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let asker = cx.asker()?;
    let resolver = asker.resolver();
    let found = asker.run(discover(resolver.as_ref(), &args.domain));
    cx.print(&found)?;
    Ok(match found.status {
        Status::Applies => Exit::Done,
        Status::None | Status::PermError => Exit::Problems,
        Status::TempError => Exit::Failed,
    })
}

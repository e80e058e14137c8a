//! `mox lab list`: the domains of the lab.

use serde::Serialize;

use mox_lab::LabDomain;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only domains of this group
    #[arg(long)]
    group: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox lab list",
        about: "Domains to send to and from, and what to expect of each",
        needs: Needs::Nothing,
    },
    Example {
        run: "mox lab list --group dane --json",
        about: "Also which results of TLS each adds to reports",
        needs: Needs::Nothing,
    },
];

/// All domains, or those of a group.
#[derive(Serialize)]
#[serde(transparent)]
struct List(Vec<&'static LabDomain>);

impl Show for List {
    fn show(&self, page: &mut Page) {
        let rows = self.0.iter().flat_map(|d| {
            let first = [d.name.clone(), d.group.to_owned(), d.expect.to_string(), d.does.clone()].to_vec();
            let steps = d.steps.iter().map(|step| {
                let when = match step.after_secs {
                    Some(secs) => format!("{secs} seconds later: {}", step.does),
                    None => format!("then: {}", step.does),
                };
                [String::new(), String::new(), step.expect.to_string(), when].to_vec()
            });
            [first].into_iter().chain(steps)
        });
        page.table(&["DOMAIN", "GROUP", "EXPECT", "WHAT IT DOES"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let of_group = |domain: &&LabDomain| args.group.as_ref().is_none_or(|group| domain.group == group);
    let list = List(mox_lab::domains().iter().filter(of_group).collect());
    if list.0.is_empty() {
        let mut groups: Vec<&str> = mox_lab::domains().iter().map(|domain| domain.group).collect();
        groups.dedup();
        return Err(CommandError::usage(format!("no such group; there are {}", groups.join(", "))));
    }
    cx.print(&list)?;
    Ok(Exit::Done)
}

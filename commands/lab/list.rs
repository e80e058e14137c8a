//! `mox lab list`: the domains of the lab.

use serde::Serialize;

use mox_lab::LabDomain;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox lab list",
    about: "Domains to send from, and what to expect of each",
    needs: Needs::Nothing,
}];

/// All domains.
#[derive(Serialize)]
#[serde(transparent)]
struct List(&'static [LabDomain]);

impl Show for List {
    fn show(&self, page: &mut Page) {
        let rows = self.0.iter().map(|d| {
            let mox_lab::Expect { spf, dmarc, decision } = d.expect;
            [d.name, spf, dmarc, decision, d.does].map(str::to_owned).to_vec()
        });
        page.table(&["DOMAIN", "SPF", "DMARC", "DECISION", "WHAT IT DOES"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    cx.print(&List(mox_lab::domains()))?;
    Ok(Exit::Done)
}

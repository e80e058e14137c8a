//! `mox lab show`: the running lab.

use mox_admin::ops::{LabShow, LabShown};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox lab show",
    about: "What time it is there, and what each domain does now",
    needs: Needs::Server,
}];

impl Show for LabShown {
    fn show(&self, page: &mut Page) {
        page.line(format_args!("it is {} in the lab", self.now));
        let rows = self.domains.iter().map(|row| {
            let next = row.next.as_ref().map(|next| match next.after_secs {
                Some(secs) => format!("after {secs} seconds: {}", next.does),
                None => next.does.clone(),
            });
            [row.domain.clone(), row.expect.clone(), row.does.clone(), next.unwrap_or_default()].to_vec()
        });
        page.table(&["DOMAIN", "EXPECT", "WHAT IT DOES", "NEXT"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let shown = cx.call(&LabShow {})?;
    cx.print(&shown)?;
    Ok(Exit::Done)
}

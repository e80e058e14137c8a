//! `mox message tags`: the tags that messages have.

use mox_admin::ops::{TagList, TagRow};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox message tags", about: "With how many messages have them", needs: Needs::Server }];

impl Show for Vec<TagRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|row| vec![row.tag.clone(), row.total.to_string()]);
        page.table(&["TAG", ">MESSAGES"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _: Args) -> Result<Exit, CommandError> {
    let tags = cx.call(&TagList {})?;
    if tags.is_empty() && !cx.global.json {
        cx.say("no message has a tag");
    } else {
        cx.print(&tags)?;
    }
    Ok(Exit::Done)
}

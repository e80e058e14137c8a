//! `mox config alias show`: one alias.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AliasRow, AliasShow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address of the alias
    #[arg(add = ArgValueCompleter::new(complete::aliases))]
    alias: String,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox config alias show team@example.org",
    about: "Who gets its mail",
    needs: Needs::World,
}];

impl Show for AliasRow {
    fn show(&self, page: &mut Page) {
        page.field("alias", &self.alias);
        for member in &self.addresses {
            page.field("member", member);
        }
        page.field("post public", self.post_public);
        page.field("list members", self.list_members);
        page.field("allow from", self.allow_msg_from);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let alias = call(cx, &AliasShow { alias: args.alias })?;
    cx.print(&alias)?;
    Ok(Exit::Done)
}

//! `mox config alias list`: the aliases.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AliasList, AliasRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this domain
    #[arg(add = ArgValueCompleter::new(complete::domains))]
    domain: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config alias list", about: "All aliases", needs: Needs::Config },
    Example {
        run: "mox config alias list localhost --json",
        about: "Of a domain, for scripts",
        needs: Needs::Config,
    },
];

impl Show for Vec<AliasRow> {
    fn show(&self, page: &mut Page) {
        let who = |row: &AliasRow| if row.post_public { "everyone" } else { "members" }.to_owned();
        let rows = self.iter().map(|row| vec![row.alias.clone(), who(row), row.addresses.join(" ")]);
        page.table(&["ALIAS", "WHO MAY SEND", "MEMBERS"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let aliases = call(cx, &AliasList { domain: args.domain })?;
    if aliases.is_empty() && !cx.global.json {
        cx.say("no aliases");
    } else {
        cx.print(&aliases)?;
    }
    Ok(Exit::Done)
}

//! `mox queue holdrules add`: a new rule.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{HoldRuleAdd, HoldRuleAdded};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Sent by this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// From an address of this domain
    #[arg(long, value_name = "DOMAIN")]
    from_domain: Option<String>,
    /// To an address of this domain
    #[arg(long, value_name = "DOMAIN")]
    to_domain: Option<String>,
    /// Hold everything
    #[arg(long, conflicts_with_all = ["account", "from_domain", "to_domain"])]
    all: bool,
    /// Only show what would be held
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox queue holdrules add --to-domain example.org",
        about: "Let nothing out to a domain",
        needs: Needs::Server,
    },
    Example {
        run: "mox queue holdrules add --account mox --dry-run",
        about: "What would be held of an account",
        needs: Needs::Server,
    },
];

impl Show for HoldRuleAdded {
    fn show(&self, page: &mut Page) {
        let what = if self.dry_run { "would put on hold" } else { "put on hold" };
        if !self.dry_run {
            page.line(format_args!("hold rule {} added", self.rule.id));
        }
        let ids: Vec<String> = self.held.iter().map(ToString::to_string).collect();
        match ids.len() {
            0 => page.line("nothing that is queued matches"),
            count => page.line(format_args!("{what} {count}: {}", ids.join(" "))),
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, from_domain, to_domain, all, dry_run } = args;
    if !all && account.is_none() && from_domain.is_none() && to_domain.is_none() {
        return Err(CommandError::usage("which messages?")
            .hint("give --account, --from-domain or --to-domain, or --all to hold everything"));
    }
    let added = cx.call(&HoldRuleAdd { account, from_domain, to_domain, dry_run })?;
    cx.print(&added)?;
    Ok(Exit::Done)
}

//! `mox config domain set`: description of a domain, and how its addresses are looked up.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::DomainSet;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain
    #[arg(add = ArgValueCompleter::new(complete::domains))]
    domain: String,
    /// Free text; empty for none
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Text that ends the localpart when addresses are looked up, as +; may be given several times, empty for none
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    separator: Vec<String>,
    /// Whether User and user are two addresses
    #[arg(long, value_name = "BOOL")]
    case_sensitive: Option<bool>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config domain set localhost --description 'this machine' --dry-run",
        about: "What it is for",
        needs: Needs::Config,
    },
    Example {
        run: "mox config domain set example.org --separator + --separator -",
        about: "Mail for user+any and user-any reaches user",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { domain, description, separator, case_sensitive, dry_run } = args;
    let separators = (!separator.is_empty()).then_some(separator);
    change(cx, &DomainSet { domain, description, separators, case_sensitive, dry_run })
}

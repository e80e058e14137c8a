//! `mox config account add`: a new account.

use mox_admin::ops::AccountAdd;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::setaccountpassword::from_stdin;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Name of the account
    name: String,
    /// Its first address, of a domain that is here
    address: String,
    /// Read the password from the first line of standard input instead of making one
    #[arg(long)]
    password_stdin: bool,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config account add bob bob@example.org",
        about: "With a password that is made and printed once",
        needs: Needs::World,
    },
    Example {
        run: "mox config account add eve eve@localhost --dry-run",
        about: "What would change",
        needs: Needs::Config,
    },
    Example {
        run: "printf '%s\\n' 'correct horse' | mox config account add bob bob@example.org --password-stdin",
        about: "With a password of your own",
        needs: Needs::World,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { name, address, password_stdin, dry_run } = args;
    let password = if password_stdin { Some(from_stdin(cx)?) } else { None };
    change(cx, &AccountAdd { name, address, password, dry_run })
}

//! `mox config apply`: a whole new domains.conf.

use std::path::PathBuf;

use mox_admin::ops::ConfigApply;

use crate::config::managed::change;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// File with the new text; - for standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config apply new-domains.conf --dry-run",
        about: "Check and compare only",
        needs: Needs::World,
    },
    Example {
        run: "mox config apply domains.conf",
        about: "Nothing changes with the file itself",
        needs: Needs::Config,
    },
];

/// Largest file.
const MAX_TEXT: u64 = 512 << 10;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let bytes = cx.read_input(&args.file, MAX_TEXT)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| CommandError::failed(format!("{} is not UTF-8 text", args.file.display())))?;
    change(cx, &ConfigApply { text, base: None, dry_run: args.dry_run })
}

//! `mox service install`: make the server a service of this system.

use mox_platform::service::Action;

use super::{Options, act};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox service install",
        about: "Start the server with the machine from now on",
        needs: Needs::World,
    },
    Example {
        run: "mox service install --kind windows --dry-run",
        about: "What that takes on Windows",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    act(cx, Action::Install, &args.options)
}

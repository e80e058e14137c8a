//! `mox service start`: start the service.

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
    Example { run: "mox service start", about: "Start the server in the background", needs: Needs::World },
    Example {
        run: "mox service start --kind windows --dry-run",
        about: "What that takes on Windows",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    act(cx, Action::Start, &args.options)
}

//! `mox service stop`: stop the service.

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
    Example { run: "mox service stop", about: "Stop the server in the background", needs: Needs::World },
    Example {
        run: "mox service stop --kind launchd --dry-run",
        about: "What that takes on macOS",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    act(cx, Action::Stop, &args.options)
}

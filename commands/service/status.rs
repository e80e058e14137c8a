//! `mox service status`: ask the service manager how the service is.

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
    Example { run: "mox service status", about: "Whether it runs", needs: Needs::World },
    Example {
        run: "mox service status --kind systemd --dry-run",
        about: "What is asked of systemd",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    act(cx, Action::Status, &args.options)
}

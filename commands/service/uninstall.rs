//! `mox service uninstall`: remove the service.

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
    Example { run: "mox service uninstall", about: "The server is no service any more", needs: Needs::World },
    Example {
        run: "mox service uninstall --kind systemd --dry-run",
        about: "What that takes with systemd",
        needs: Needs::Config,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    act(cx, Action::Uninstall, &args.options)
}

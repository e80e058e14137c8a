//! `mox sendmail`: submit a message as the classic sendmail program does.
//!
//! Also what this program does when it is called by the name `sendmail`. Options of the classic program that
//! make no difference here are accepted. Exit codes are those of sysexits.h.

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

/// sysexits.h: a service is not there.
const EX_UNAVAILABLE: u8 = 69;

#[derive(clap::Args)]
#[command(disable_help_flag = false)]
pub(crate) struct Args {
    /// Recipients
    recipients: Vec<String>,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "printf 'Subject: hi\\n\\nhello\\n' | mox sendmail bob@example.org",
    about: "Submit a message",
    needs: Needs::World,
}];

pub(crate) fn run(_cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let _ = args.recipients;
    Err(CommandError::new(
        Exit::Sysexit(EX_UNAVAILABLE),
        anyhow::anyhow!("this build cannot submit messages"),
    ))
}

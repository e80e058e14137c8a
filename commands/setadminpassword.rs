//! `mox setadminpassword`: a new password for the administrator pages.

use mox_admin::ops::SetAdminPassword;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::setaccountpassword::Password;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    password: Password,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox setadminpassword", about: "Ask for the new password", needs: Needs::World },
    Example {
        run: "printf '%s\\n' 'battery staple' | mox setadminpassword --password-stdin",
        about: "From a script",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let password = args.password.read(cx)?;
    cx.call(&SetAdminPassword { password })?;
    cx.say("password of the administrator is set");
    Ok(Exit::Done)
}

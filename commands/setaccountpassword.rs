//! `mox setaccountpassword`: a new password for an account; and how passwords are asked for.

use std::io::Read;

use clap_complete::ArgValueCompleter;
use mox_admin::Secret;
use mox_admin::ops::SetAccountPassword;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Account name, or one of its addresses
    #[arg(add = ArgValueCompleter::new(complete::accounts))]
    account: String,
    #[command(flatten)]
    password: Password,
}

/// Where the password comes from. Never from an argument: those are seen by all users of a machine.
#[derive(clap::Args)]
pub(crate) struct Password {
    /// Read the password from the first line of standard input instead of asking
    #[arg(long)]
    password_stdin: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox setaccountpassword mox", about: "Ask for the new password", needs: Needs::World },
    Example {
        run: "printf '%s\\n' 'correct horse' | mox setaccountpassword mox --password-stdin",
        about: "From a script",
        needs: Needs::Server,
    },
];

/// Most bytes of a password line.
const MAX_PASSWORD: u64 = 1024;

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let password = args.password.read(cx)?;
    cx.call(&SetAccountPassword { account: args.account.clone(), password })?;
    cx.say(format_args!("password of {} is set", crate::output::escape(&args.account)));
    Ok(Exit::Done)
}

impl Password {
    /// Reads it from where the user said, or asks twice on a terminal.
    pub(crate) fn read(&self, cx: &mut Context) -> Result<Secret, CommandError> {
        if self.password_stdin {
            return from_stdin(cx);
        }
        if !cx.streams.interactive {
            return Err(CommandError::usage("there is no terminal to ask for the password on")
                .hint("pass it on standard input with --password-stdin"));
        }
        let asked = dialoguer::Password::new()
            .with_prompt("New password")
            .with_confirmation("Again", "These are not the same, once more")
            .interact();
        asked.map(Secret::new).map_err(|e| CommandError::failed(format!("no password read: {e}")))
    }
}

/// The first line of standard input.
pub(crate) fn from_stdin(cx: &mut Context) -> Result<Secret, CommandError> {
    let mut bytes = Vec::new();
    (&mut cx.streams.stdin).take(MAX_PASSWORD + 1).read_to_end(&mut bytes)?;
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Err(CommandError::usage("standard input holds no password")
            .hint("its first line is the password: `… | mox … --password-stdin`"));
    }
    if line.len() as u64 > MAX_PASSWORD {
        return Err(CommandError::usage(format!("the password is longer than {MAX_PASSWORD} bytes")));
    }
    let text = std::str::from_utf8(line);
    text.map(Secret::new).map_err(|_| CommandError::usage("the password is not UTF-8 text"))
}

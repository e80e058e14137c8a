//! How commands change the configuration: through the running server, or on the files when none runs.

use std::path::absolute;
use std::sync::Arc;
use std::time::Duration;

use mox_admin::Operation;
use mox_admin::ops::ConfigChanged;
use mox_platform::SystemRandom;

use super::existing;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

/// Asks the running server, or does it here.
pub(super) fn call<Op: Operation>(cx: &mut Context, op: &Op) -> Result<Op::Reply, CommandError> {
    ask(cx, op).map(|(reply, _)| reply)
}

/// The same; and whether a server answered.
fn ask<Op: Operation>(cx: &mut Context, op: &Op) -> Result<(Op::Reply, bool), CommandError> {
    match cx.server() {
        Ok(mut server) => Ok((server.call(op, Duration::ZERO)?, true)),
        Err(e) if is_down(&e) => Ok((alone(cx, op)?, false)),
        Err(e) => Err(e),
    }
}

/// Whether no server runs.
fn is_down(error: &CommandError) -> bool {
    matches!(error.source.downcast_ref::<mox_ctl::Error>(), Some(mox_ctl::Error::NotRunning { .. }))
}

fn alone<Op: Operation>(cx: &mut Context, op: &Op) -> Result<Op::Reply, CommandError> {
    let file = absolute(existing(cx)?)?;
    cx.say("the server is not running: this works on its files");
    let desk = mox_serve::offline(&file, cx.clock.clone(), Arc::new(SystemRandom)).map_err(|errors| {
        CommandError::failed(format!("the config has errors, mend them first: {errors}")).hint(
            "`mox config test` names them all; earlier texts of domains.conf are in config-versions in the data folder",
        )
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(desk.call(op));
    answer.map_err(|e| CommandError::from(mox_ctl::Error::from(e)))
}

/// Changes domains.conf and shows what became of it.
pub(super) fn change<Op: Operation<Reply = ConfigChanged>>(
    cx: &mut Context,
    op: &Op,
) -> Result<Exit, CommandError> {
    let (changed, served) = ask(cx, op)?;
    cx.print(&changed)?;
    for warning in &changed.warnings {
        cx.say(format_args!("warning: {}", crate::output::escape(warning)));
    }
    if !changed.changed {
        cx.say("nothing to change: domains.conf says so already");
        return Ok(Exit::Done);
    }
    for note in &changed.notes {
        cx.say(crate::output::escape(note));
    }
    match changed.version {
        Some(version) => {
            let effect = if served { "changed and in effect" } else { "changed" };
            cx.say(format_args!(
                "domains.conf is {effect}; version {version} has the text before: `mox config rollback {version}`"
            ));
        }
        None => cx.say("nothing was written: this was a dry run"),
    }
    Ok(Exit::Done)
}

impl Show for ConfigChanged {
    fn show(&self, page: &mut Page) {
        page.diff(&self.diff);
        if let Some(password) = &self.password {
            page.field("password", password.reveal());
        }
    }
}

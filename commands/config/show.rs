//! `mox config show`: the config as it is understood, passwords hidden.

use std::sync::Arc;

use serde::Serialize;

use mox_config::values::Secret;
use mox_config::{Config, Dynamic, Static, ser};

use super::existing;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config show", about: "Both files, without comments", needs: Needs::Config },
    Example { run: "mox config show --json", about: "The same for scripts", needs: Needs::Config },
];

/// Both files; what has its default is left out.
#[derive(Serialize)]
struct Report {
    #[serde(rename = "mox.conf")]
    server: Arc<Static>,
    #[serde(rename = "domains.conf")]
    dynamic: Dynamic,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let files = [
            ("mox.conf", ser::to_text(&self.server, &|_| None)),
            ("domains.conf", ser::to_text(&self.dynamic, &|_| None)),
        ];
        for (name, text) in files {
            page.line(format_args!("# {name}"));
            match text {
                Ok(text) => page.config(&text),
                Err(e) => page.verdict(Some(false), format_args!("cannot be written: {e}")),
            }
        }
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let file = existing(cx)?;
    let (config, warnings) = Config::load(&file).map_err(|errors| {
        CommandError::failed(format!("{} problems in the config", errors.0.len()))
            .hint("`mox config test` names them")
    })?;
    for warning in warnings {
        cx.detail(format_args!("warning: {warning}"));
    }
    let mut server = config.server;
    for transport in Arc::make_mut(&mut server).transports.values_mut() {
        let hosts = [&mut transport.submissions, &mut transport.submission, &mut transport.smtp];
        for auth in hosts.into_iter().flatten().filter_map(|host| host.auth.as_mut()) {
            auth.password = Secret::new("***");
        }
    }
    let mut dynamic = config.dynamic;
    for account in dynamic.accounts.values_mut() {
        let outgoing = account.outgoing_webhook.as_mut().map(|hook| &mut hook.authorization);
        let incoming = account.incoming_webhook.as_mut().map(|hook| &mut hook.authorization);
        let set = [outgoing, incoming].into_iter().flatten().filter(|secret| !secret.expose().is_empty());
        set.for_each(|secret| *secret = Secret::new("***"));
    }
    cx.print(&Report { server, dynamic })?;
    Ok(Exit::Done)
}

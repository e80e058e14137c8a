//! `mox config show`: the config as it is understood, passwords hidden unless they are asked for.

use std::sync::Arc;

use serde::Serialize;

use mox_config::{Config, Dynamic, Static, ser};

use super::existing;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Show passwords; else `***` stands for them
    #[arg(long)]
    secrets: bool,
}

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

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let file = existing(cx)?;
    let (config, warnings) = Config::load(&file).map_err(|errors| {
        CommandError::failed(format!("{} problems in the config", errors.0.len()))
            .hint("`mox config test` names them")
    })?;
    for warning in warnings {
        cx.detail(format_args!("warning: {warning}"));
    }
    let (mut server, mut dynamic) = (config.server, config.dynamic);
    if !args.secrets {
        Arc::make_mut(&mut server).hide_secrets();
        dynamic.hide_secrets();
    }
    cx.print(&Report { server, dynamic })?;
    Ok(Exit::Done)
}

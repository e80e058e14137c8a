//! `mox loglevels`: show or set what the running server logs.

use mox_admin::ops::{LogLevels, LogLevelsGet, LogLevelsSet};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// New level; without it the levels are shown
    level: Option<Level>,
    /// Part of the server, as `smtpserver` or `queue`; without it the default level is set
    #[arg(requires = "level")]
    package: Option<String>,
    /// Remove the own level of this part, so that the default applies
    #[arg(long, value_name = "PACKAGE", conflicts_with = "level")]
    unset: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox loglevels", about: "Show the levels", needs: Needs::Server },
    Example { run: "mox loglevels trace smtpserver", about: "Log SMTP transcripts", needs: Needs::Server },
    Example { run: "mox loglevels --unset smtpserver", about: "Back to the default", needs: Needs::Server },
];

impl Show for LogLevels {
    fn show(&self, page: &mut Page) {
        let name = |package: &Option<String>| package.clone().unwrap_or_else(|| "(default)".to_owned());
        page.table(&["PACKAGE", "LEVEL"], self.0.iter().map(|l| vec![name(&l.package), l.level.clone()]));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let level = args.level.and_then(|level| clap::ValueEnum::to_possible_value(&level));
    let levels = match (level, args.unset) {
        (None, None) => cx.call(&LogLevelsGet {})?,
        (None, package) => cx.call(&LogLevelsSet { package, level: None })?,
        (Some(level), _) => {
            cx.call(&LogLevelsSet { package: args.package, level: Some(level.get_name().to_owned()) })?
        }
    };
    cx.print(&levels)?;
    Ok(Exit::Done)
}

//! `mox config path`: which files and folders are used.

use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config path", about: "Where things are", needs: Needs::Config },
    Example {
        run: "mox --config /etc/mox config path --json",
        about: "With another config",
        needs: Needs::Nothing,
    },
];

/// Files and folders in use.
#[derive(Serialize)]
struct Report {
    config: String,
    domains: String,
    data_dir: String,
    control: String,
    exists: bool,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let missing = if self.exists { "" } else { " (does not exist)" };
        page.field("config", format_args!("{}{missing}", self.config));
        page.field("domains", &self.domains);
        page.field("data", &self.data_dir);
        page.field("control", &self.control);
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let place = cx.place()?;
    let text = |path: &std::path::Path| path.display().to_string();
    cx.print(&Report {
        config: text(&place.config),
        domains: text(&place.config.with_file_name("domains.conf")),
        data_dir: text(&place.data),
        control: text(&mox_ctl::endpoint(&place.data)),
        exists: place.config.is_file(),
    })?;
    Ok(Exit::Done)
}

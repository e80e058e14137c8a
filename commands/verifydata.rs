//! `mox verifydata`: check the stored data, and mend it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::progress::Progress;
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Data folder [default: that of the config]
    #[arg(value_hint = clap::ValueHint::DirPath)]
    data: Option<PathBuf>,
    /// Mend what can be mended; the server must not run
    #[arg(long)]
    fix: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox verifydata", about: "Check the data of the config", needs: Needs::World },
    Example {
        run: "mox verifydata --fix ./data",
        about: "Check and mend a data folder",
        needs: Needs::World,
    },
];

/// What the check found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Data folder.
    pub(crate) data_dir: String,
    /// Messages looked at.
    pub(crate) messages: u64,
    /// What is not in order.
    pub(crate) problems: Vec<Problem>,
}

/// One thing that is not in order.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    /// One sentence.
    pub(crate) problem: String,
    /// It was mended.
    pub(crate) fixed: bool,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for p in &self.problems {
            page.verdict(
                Some(p.fixed),
                format_args!("{}{}", p.problem, if p.fixed { " (mended)" } else { "" }),
            );
        }
        let count = self.problems.len();
        page.line(format_args!("{}: {} messages, {count} problems", self.data_dir, self.messages));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let data = match args.data {
        Some(data) => data,
        None => cx.place()?.data,
    };
    if !data.is_dir() {
        return Err(CommandError::not_found(format!("there is no data folder {}", data.display()))
            .hint("name the folder, or its config with --config"));
    }
    let progress = Progress::start(cx, "checking");
    let report = verify(&data, args.fix)?;
    drop(progress);
    cx.print(&report)?;
    Ok(if report.problems.iter().all(|p| p.fixed) { Exit::Done } else { Exit::Problems })
}

/// The seam to the store's checker.
fn verify(data: &Path, fix: bool) -> Result<Report, CommandError> {
    let _ = fix;
    Err(CommandError::failed(format!("{}: this build has no checker", data.display())))
}

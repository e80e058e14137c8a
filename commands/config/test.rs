//! `mox config test`: check the config files.

use serde::Serialize;

use mox_config::{Config, Problem};

use super::existing;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config test", about: "Exit code 3 when something is wrong", needs: Needs::Config },
    Example {
        run: "mox --config ./new/mox.conf config test",
        about: "Try files before use",
        needs: Needs::World,
    },
];

/// What was found.
#[derive(Serialize)]
struct Report {
    config: String,
    /// The files can be used.
    valid: bool,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// One thing that is wrong or worth knowing.
#[derive(Serialize)]
struct Finding {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    /// The key it is about: `Listeners.public.IPs[0]`.
    key: String,
    /// File, position, key and what is the matter, in one line.
    message: String,
    /// What to write instead, if known.
    nearest: Option<String>,
}

impl Finding {
    fn of(problem: &Problem) -> Finding {
        Finding {
            file: problem.file.display().to_string(),
            line: problem.at.map(|p| p.line),
            column: problem.at.map(|p| p.column),
            key: problem.path.clone(),
            message: problem.to_string(),
            nearest: problem.hint().map(str::to_owned),
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for warning in &self.warnings {
            page.verdict(None, format_args!("warning: {}", warning.message));
        }
        for error in &self.errors {
            page.verdict(Some(false), &error.message);
        }
        if self.valid {
            page.verdict(Some(true), format_args!("{} and domains.conf can be used", self.config));
        }
    }
}

pub(crate) fn run(cx: &mut Context, Args {}: Args) -> Result<Exit, CommandError> {
    let file = existing(cx)?;
    let findings = |problems: &[Problem]| problems.iter().map(Finding::of).collect();
    let (errors, warnings) = match Config::load(&file) {
        Ok((_, warnings)) => (Vec::new(), findings(&warnings)),
        Err(errors) => (findings(&errors.0), Vec::new()),
    };
    let report = Report { config: file.display().to_string(), valid: errors.is_empty(), errors, warnings };
    cx.print(&report)?;
    Ok(if report.valid { Exit::Done } else { Exit::Problems })
}

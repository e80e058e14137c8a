//! `mox tlsrpt parse`: what a report says, in sentences, without a server.

use std::path::PathBuf;

use serde::Serialize;

use mox_tlsrpt::advice;
use mox_tlsrpt::message::{Depth, FindError, MAX_MESSAGE, find};
use mox_tlsrpt::{Parsed, Report};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Reads what the senders of today write, and says what of it is not as RFC 8460 has it. Exit code 3 when the report
/// tells of failures, 1 when there is none that can be read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Report (.json, .json.gz) or message with a report in it; `-` is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox tlsrpt parse google.com!example.org!1725321600!1725407999!001.json.gz",
        about: "What a reporter saw, what it means, and what mends it",
        needs: Needs::World,
    },
    Example {
        run: "printf '{\"organization-name\":\"Example\",\"date-range\":{\"start-datetime\":\"2026-11-01T00:00:00Z\",\
              \"end-datetime\":\"2026-11-01T23:59:59Z\"},\"contact-info\":\"tls@example.com\",\"report-id\":\"1\",\
              \"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-domain\":\"example.org\"},\
              \"summary\":{\"total-successful-session-count\":7,\"total-failure-session-count\":0}}]}' \
              | mox tlsrpt parse -",
        about: "From standard input",
        needs: Needs::Nothing,
    },
];

/// A report in the names of the RFC, with what is odd about it.
#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    report: Report,
    /// Where it is not as the RFC has it.
    oddities: Vec<String>,
}

impl Show for Told {
    fn show(&self, page: &mut Page) {
        show_report(&self.report, page);
        for oddity in &self.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
    }
}

/// A report in sentences.
pub(super) fn show_report(report: &Report, page: &mut Page) {
    page.line(advice::overview(report));
    if report.policies.is_empty() {
        page.line("it tells of no policy and no session");
    }
    for result in &report.policies {
        page.verdict(Some(!result.has_failure()), advice::policy_line(result));
        for told in advice::sentences(result) {
            page.line(format_args!("  - {}", told.what));
            page.line(format_args!("    means: {}", told.meaning));
            page.line(format_args!("    mend:  {}", told.mend));
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let bytes = cx.read_input(&args.file, MAX_MESSAGE as u64)?;
    let found = find(&bytes, Depth::Any).map_err(|error| {
        let none = error == FindError::None;
        let error = CommandError::failed(error);
        match none {
            true => error.hint("a report is a file .json or .json.gz, or a message that has one attached"),
            false => error,
        }
    })?;
    let Parsed { report, oddities } = found.parsed;
    let told = Told { report, oddities };
    cx.print(&told)?;
    Ok(if told.report.has_failure() { Exit::Problems } else { Exit::Done })
}

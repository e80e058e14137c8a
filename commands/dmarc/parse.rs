//! `mox dmarc parse`: what a record or a report says, without asking DNS or a server.

use std::path::Path;

use serde::Serialize;

use mox_dmarc::Record;
use mox_dmarcrpt::failure::{self, FailureError};
use mox_dmarcrpt::message::{Depth, FindError, MAX_MESSAGE, find};
use mox_message::Header;

use super::show_record;
use super::told::{Aggregate, Failure};
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Reads records, aggregate reports and failure reports, the reports also inside of messages and archives, as others write
/// them, and says what is not as the RFCs have it. Exit code 3 when it cannot be read, when a record asks for nothing
/// because a policy in it is missing or misspelt, and when a report tells of messages that did not pass.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Text of a record (v=DMARC1...), or file: report (.xml, .xml.gz, .zip) or message with one; `-` is standard input
    #[arg(value_name = "RECORD|FILE", value_hint = clap::ValueHint::FilePath)]
    what: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc parse 'v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc@example.org'",
        about: "What a record says",
        needs: Needs::Nothing,
    },
    Example {
        run: "mox dmarc parse google.com!example.org!1763942400!1764028799.zip",
        about: "What a reporter saw, row by row",
        needs: Needs::World,
    },
    Example {
        run: "dig +short TXT _dmarc.example.org | tr -d '\"' | mox dmarc parse --json -",
        about: "A record that was published, for scripts",
        needs: Needs::World,
    },
];

/// A record as read.
#[derive(Serialize)]
struct Told {
    /// Whether anything applies.
    usable: bool,
    #[serde(flatten)]
    record: Record,
    /// As it would be written without what has no effect.
    text: String,
}

impl Show for Told {
    fn show(&self, page: &mut Page) {
        let flawed = match (self.record.is_flawed(), self.usable) {
            (false, _) => "a valid record",
            (true, true) => "a policy is missing or misspelt: it counts as p=none",
            (true, false) => "a policy is missing or misspelt and there is no rua: nothing applies",
        };
        page.verdict(Some(!self.record.is_flawed()), flawed);
        show_record(&self.record, page);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let path = Path::new(&args.what);
    let text = args.what.trim_start();
    // A record that lacks its beginning is still none of the files there are.
    if begins_record(text) || (text.contains(['=', ';']) && !path.exists()) {
        return record(cx, text);
    }
    let bytes = cx.read_input(path, MAX_MESSAGE as u64)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if begins_record(text.trim_start()) => record(cx, text.trim_start()),
        _ => report(cx, &bytes),
    }
}

fn begins_record(text: &str) -> bool {
    text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("v="))
}

fn record(cx: &mut Context, text: &str) -> Result<Exit, CommandError> {
    let record = Record::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| {
        CommandError::new(Exit::Problems, error)
            .hint("a record begins with `v=DMARC1`, which is case-sensitive")
    })?;
    let exit = if record.is_flawed() { Exit::Problems } else { Exit::Done };
    cx.print(&Told { usable: record.usable(), text: record.to_string(), record })?;
    Ok(exit)
}

/// A failure report, or an aggregate report, whichever it is.
fn report(cx: &mut Context, bytes: &[u8]) -> Result<Exit, CommandError> {
    let fields = Header::of(bytes).get("Feedback-Type").is_some();
    let failure = if fields { failure::parse(bytes) } else { failure::find(bytes, Depth::Any) };
    let other = match failure {
        Ok(report) => {
            cx.print(&Failure::new(report))?;
            return Ok(Exit::Problems);
        }
        Err(error) => error,
    };
    match find(bytes, Depth::Any) {
        Ok(found) => {
            let report = Aggregate::new(found);
            cx.print(&report)?;
            Ok(if report.has_failure() { Exit::Problems } else { Exit::Done })
        }
        Err(error) => Err(unread(error, other)),
    }
}

fn unread(error: FindError, other: FailureError) -> CommandError {
    match (error, other) {
        (FindError::None, FailureError::None) => CommandError::new(Exit::Problems, FindError::None).hint(
            "a report is a file .xml, .xml.gz or .zip, or a message that has one attached; \
             a failure report is a message with a part message/feedback-report",
        ),
        (FindError::None | FindError::OtherReport(_), other) => CommandError::new(Exit::Problems, other),
        (error, _) => CommandError::new(Exit::Problems, error),
    }
}

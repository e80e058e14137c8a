//! `mox dmarc parse`: what a record says, without asking DNS.

use std::path::Path;

use serde::Serialize;

use mox_dmarc::Record;
use mox_dmarc::record::MAX_RECORD;

use super::show_record;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when it is no record, or asks for nothing because a policy in it is missing or misspelt.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The text of the record; `-` reads it from standard input
    record: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc parse 'v=DMARC1; p=quarantine; t=y; rua=mailto:dmarc@example.org'",
        about: "What a record says",
        needs: Needs::Nothing,
    },
    Example {
        run: "dig +short TXT _dmarc.example.org | tr -d '\"' | mox dmarc parse --json -",
        about: "One that was published, for scripts",
        needs: Needs::World,
    },
];

/// A record as read.
#[derive(Serialize)]
struct Report {
    /// Whether anything applies.
    usable: bool,
    #[serde(flatten)]
    record: Record,
    /// As it would be written without what has no effect.
    text: String,
}

impl Show for Report {
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
    let text = match args.record.as_str() {
        "-" => String::from_utf8_lossy(&cx.read_input(Path::new("-"), MAX_RECORD as u64 + 2)?).into_owned(),
        text => text.to_owned(),
    };
    let record = Record::parse(text.trim_end_matches(['\r', '\n'])).map_err(|error| {
        CommandError::new(Exit::Problems, error)
            .hint("a record begins with `v=DMARC1`, which is case-sensitive")
    })?;
    let exit = if record.is_flawed() { Exit::Problems } else { Exit::Done };
    cx.print(&Report { usable: record.usable(), text: record.to_string(), record })?;
    Ok(exit)
}

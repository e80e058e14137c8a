//! `mox message parse`: what a message file says and how it is built, without a server.

use std::path::PathBuf;

use serde::Serialize;

use mox_message::fields::{Summary, summary};
use mox_message::header::Header;
use mox_message::part::Tree;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "printf 'Subject: hi\\r\\n\\r\\nhello\\r\\n' | mox message parse -",
    about: "Fields, parts, types and sizes",
    needs: Needs::Nothing,
}];

/// Most bytes of a message file.
const MAX_MESSAGE: u64 = 100 << 20;

/// What a message says and how it is built.
#[derive(Serialize)]
struct Report {
    size: u64,
    /// Why the header is not lawful, if it is not.
    problem: Option<String>,
    /// Parts beyond the limits were left out.
    cut: bool,
    summary: Summary,
    parts: Vec<Part>,
}

/// A part, those that contain others included.
#[derive(Serialize)]
struct Part {
    /// IMAP section; empty for the outermost multipart.
    part: String,
    content_type: String,
    encoding: mox_message::body::TransferEncoding,
    /// Bytes as encoded.
    size: u64,
    filename: Option<String>,
}

impl Report {
    fn of(message: &[u8]) -> Report {
        let tree = Tree::parse(message);
        let parts = tree.parts.iter().enumerate().map(|(index, part)| Part {
            part: tree.section(index),
            content_type: part.content_type.clone(),
            encoding: part.encoding,
            size: part.size() as u64,
            filename: part.filename.clone(),
        });
        Report {
            size: message.len() as u64,
            problem: Header::check(message).err().map(|e| e.to_string()),
            cut: tree.cut,
            summary: summary(message),
            parts: parts.collect(),
        }
    }
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let s = &self.summary;
        let list = |mailboxes: &[mox_message::Mailbox]| {
            mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        page.field("size", size(self.size));
        page.field("date", s.date.map(|t| t.to_string()).unwrap_or_default());
        page.field("from", list(&s.from));
        page.field("to", list(&s.to));
        page.field("subject", &s.subject);
        page.field("message-id", s.message_id.as_deref().unwrap_or_default());
        if let Some(problem) = &self.problem {
            page.verdict(Some(false), problem);
        }
        if self.cut {
            page.verdict(Some(false), "too many parts, some are left out");
        }
        page.line("");
        let rows = self.parts.iter().map(|p| {
            let encoding = serde_json::to_value(p.encoding).ok();
            let encoding = encoding.as_ref().and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            let filename = p.filename.clone().unwrap_or_default();
            vec![p.part.clone(), p.content_type.clone(), encoding, size(p.size), filename]
        });
        page.table(&["PART", "TYPE", "ENCODING", ">SIZE", "FILE"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let bytes = cx.read_input(&args.file, MAX_MESSAGE)?;
    cx.print(&Report::of(&bytes))?;
    Ok(Exit::Done)
}

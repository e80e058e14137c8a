//! `mox dkim txt`: what to publish for a private key.

use std::path::PathBuf;

use serde::Serialize;

use mox_address::Domain;
use mox_dkim::{key_name, parse_selector};

use super::private;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// File with the private key (PEM); `-` is standard input
    #[arg(default_value = "-", value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Print the line of a zone file for this selector
    #[arg(long, requires = "domain", value_parser = super::sign::selector)]
    selector: Option<String>,
    /// Domain of the zone line
    #[arg(long, requires = "selector")]
    domain: Option<Domain>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dkim gened25519 | mox dkim txt",
        about: "The text of the record",
        needs: Needs::Nothing,
    },
    Example {
        run: "mox dkim genrsa | mox dkim txt --selector 2026a --domain example.org -",
        about: "The line of a zone file",
        needs: Needs::Nothing,
    },
];

/// What to publish.
#[derive(Serialize)]
struct Report {
    /// Where, if selector and domain are known.
    name: Option<String>,
    /// The text of the record.
    record: String,
    /// The same in strings of at most 255 bytes, as a TXT record holds them.
    strings: Vec<String>,
    key_bits: u32,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        match &self.name {
            None => page.line(&self.record),
            Some(name) => {
                let strings: Vec<String> = self.strings.iter().map(|s| format!("\"{s}\"")).collect();
                page.line(format!("{name}. IN TXT {}", strings.join(" ")));
            }
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let key = private::read(cx, &args.file)?;
    let record = key.record().map_err(|e| CommandError::new(Exit::Failed, e))?;
    let name = args.selector.as_deref().and_then(parse_selector).zip(args.domain);
    cx.print(&Report {
        name: name.map(|(selector, domain)| key_name(&selector, &domain)),
        record: record.to_string(),
        strings: record.strings(),
        key_bits: key.bits(),
    })?;
    Ok(Exit::Done)
}

//! `mox dmarc`.

pub(crate) mod checkreportaddrs;
pub(crate) mod lookup;
pub(crate) mod parse;
pub(crate) mod verify;

use mox_dmarc::Record;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::Page;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show which policy applies to mail of a domain, and how it is found
    Lookup(lookup::Args),
    /// Verify SPF, DKIM and DMARC of a message
    Verify(verify::Args),
    /// Check that those whom a domain names for reports agreed to get them
    Checkreportaddrs(checkreportaddrs::Args),
    /// Read a record
    Parse(parse::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Verify(args) => verify::run(cx, args),
            Command::Checkreportaddrs(args) => checkreportaddrs::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
        }
    }
}

/// Shows what a record says, and what in it has no effect.
fn show_record(record: &Record, page: &mut Page) {
    let policies = [
        ("p", Some(record.policy()), "mail of the domain"),
        ("sp", record.sp, "of names below it"),
        ("np", record.np, "of names below it that do not exist"),
    ];
    for (tag, policy, whose) in policies {
        if let Some(policy) = policy {
            page.field(tag, format!("{policy}: {whose}"));
        }
    }
    page.field("alignment", format!("dkim {}, spf {}", word(record.adkim), word(record.aspf)));
    if record.testing {
        page.field("t", "y: the owner tests, policies apply one level below");
    }
    match record.psd {
        mox_dmarc::Psd::Yes => page.field("psd", "y: a public suffix, organizations are one label below"),
        mox_dmarc::Psd::No => page.field("psd", "n: an organization of its own"),
        mox_dmarc::Psd::Unknown => {}
    }
    for (tag, uris) in [("rua", &record.rua), ("ruf", &record.ruf)] {
        for uri in uris {
            page.field(tag, uri);
        }
    }
    if !record.fo.is_empty() {
        let letters: Vec<&str> = record.fo.iter().map(|option| option.letter()).collect();
        let effect = if record.failure_options().is_empty() { " (without effect)" } else { "" };
        page.field("fo", format!("{}{effect}", letters.join(":")));
    }
    for ignored in &record.ignored {
        let tag = if ignored.tag.is_empty() { "" } else { "=" };
        page.field("ignored", format!("{}{tag}{}: {}", ignored.tag, ignored.value, ignored.reason));
    }
}

fn word(alignment: mox_dmarc::Alignment) -> &'static str {
    match alignment {
        mox_dmarc::Alignment::Relaxed => "relaxed",
        mox_dmarc::Alignment::Strict => "strict",
    }
}

//! `mox dmarc`: what domains ask for about forged mail, and reports about it.

pub(crate) mod checkreportaddrs;
pub(crate) mod explain;
pub(crate) mod failures;
pub(crate) mod history;
pub(crate) mod lookup;
pub(crate) mod parse;
pub(crate) mod preview;
pub(crate) mod readiness;
pub(crate) mod reports;
pub(crate) mod results;
pub(crate) mod rows;
pub(crate) mod sendnow;
mod told;
pub(crate) mod verify;

use mox_dmarc::Record;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::outgoing::suppress;
use crate::output::Page;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show which policy applies to mail of a domain, and how it is found
    Lookup(lookup::Args),
    /// Verify SPF, DKIM and DMARC of a message
    Verify(verify::Args),
    /// Check that those whom a domain names for reports agreed to get them
    Checkreportaddrs(checkreportaddrs::Args),
    /// Read a record, an aggregate report or a failure report
    Parse(parse::Args),
    /// Show what DMARC was applied to, as far as it is not reported yet
    ///
    /// One line for each policy and day, then a row for all messages that had everything in common that a report tells.
    /// Some messages are told along and are no reason for a report: reports, bounces, and mail that was refused from an
    /// organization with which mail never went well. What a report was made of is no longer listed: `mox dmarc history`
    /// has it.
    Results(results::Args),
    /// Show what would be reported now, to whom, and what is withheld and why
    ///
    /// The same is decided as when reports are sent, and nothing is sent or changed. A day that is not over is shown as
    /// its report would be now; that of the whole day says more.
    Preview(preview::Args),
    /// Send reports without waiting for their time
    ///
    /// A day is reported once: what was sent is not sent again, and its id and state are printed. Of today a partial
    /// report is sent; that of the whole day follows at its time all the same. Exit code 3 when no report about a domain
    /// that is named goes out, or a destination did not take one.
    SendNow(sendnow::Args),
    /// Show reports that were made, and what became of them
    ///
    /// Each report with its destinations, the latest first; results that were discarded say why. History is kept for 90
    /// days.
    History(history::Args),
    /// Explain step by step whether a report about a domain goes out, when and to whom
    ///
    /// In the order in which it is asked; the last lines say what will happen when. Exit code 3 when nothing goes out
    /// for a reason that is to be mended here: reports are off, or there is no domain with a key to sign them.
    Explain(explain::Args),
    /// Tell from received reports what would break under a stricter policy, and the record for the next step
    ///
    /// Each source of mail with the domain in From that does not pass: how much, how steady, whether it looks like a
    /// service, a host of ours, a forwarder or a forger, and what to do; then the policies from none to reject with what
    /// would suffer under each. Names below the domain are looked at apart. Exit code 0 when nothing speaks against
    /// reject, 3 otherwise, also when there are too few reports.
    Readiness(readiness::Args),
    /// Destinations that get no reports
    ///
    /// There is one list for reports about TLS and for DMARC reports: `mox tlsrpt suppress` and `mox dmarc suppress`
    /// show and change the same.
    #[command(subcommand)]
    Suppress(suppress::Command),
    /// Reports of others that arrived about mail from your domains
    #[command(subcommand)]
    Reports(reports::Command),
    /// Reports of others that arrived about single messages
    #[command(subcommand)]
    Failures(failures::Command),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Lookup(args) => lookup::run(cx, args),
            Command::Verify(args) => verify::run(cx, args),
            Command::Checkreportaddrs(args) => checkreportaddrs::run(cx, args),
            Command::Parse(args) => parse::run(cx, args),
            Command::Results(args) => results::run(cx, args),
            Command::Readiness(args) => readiness::run(cx, args),
            Command::Preview(args) => preview::run(cx, args),
            Command::SendNow(args) => sendnow::run(cx, args),
            Command::History(args) => history::run(cx, args),
            Command::Explain(args) => explain::run(cx, args),
            Command::Suppress(command) => command.run(cx),
            Command::Reports(command) => command.run(cx),
            Command::Failures(command) => command.run(cx),
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

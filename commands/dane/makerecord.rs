//! `mox dane makerecord`: the TLSA record for a certificate or key.

use std::path::PathBuf;

use serde::Serialize;

use mox_address::Domain;
use mox_dane::{Matching, Record, Selector, Usage, tlsa_name};
use mox_tls::PublicPart;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// What the certificate is: 0 pkix-ta, 1 pkix-ee, 2 dane-ta, 3 dane-ee; mail needs one of the last two
    usage: Usage,
    /// What of it counts: 0 cert, 1 spki (its public key)
    selector: Selector,
    /// How it is compared: 0 full, 1 sha2-256, 2 sha2-512
    #[arg(value_name = "MATCH")]
    matching: Matching,
    /// PEM file with a certificate, public key or private key; `-` and nothing is standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath, default_value = "-", hide_default_value = true)]
    file: PathBuf,
    /// Print the whole line of a zone file, for this host
    #[arg(long, value_name = "NAME")]
    host: Option<Domain>,
    /// Port of the service at the host
    #[arg(long, value_name = "PORT", default_value_t = 25, requires = "host")]
    port: u16,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dane makerecord dane-ee spki sha2-256 cert.pem --host mail.example.org",
        about: "The usual record for a mail host, as a line of a zone file",
        needs: Needs::World,
    },
    Example {
        run: "printf -- '-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END PUBLIC KEY-----\\n' | mox dane makerecord 3 1 1",
        about: "The data of a record for a key, by numbers",
        needs: Needs::Nothing,
    },
];

/// Most bytes of a PEM file.
const MAX_PEM: u64 = 1 << 20;

/// A record and where it belongs.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    parts: Record,
    /// In presentation form.
    record: String,
    /// The name that holds it.
    name: Option<String>,
    /// The whole line of a zone file.
    zone_line: Option<String>,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        // The tab that continues a line is part of the format.
        page.config(self.zone_line.as_ref().unwrap_or(&self.record));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let pem = cx.read_input(&args.file, MAX_PEM)?;
    let part = PublicPart::from_pem(&pem).map_err(|e| {
        CommandError::failed(format!("{}: {e}", args.file.display()))
            .hint("give a PEM file with a certificate, a public key or a private key")
    })?;
    let record =
        Record::make(args.usage, args.selector, args.matching, &part).map_err(CommandError::usage)?;
    if matches!(record.usage, Usage::PkixTa | Usage::PkixEe) {
        cx.say(format_args!("note: senders of mail ignore {} records, use dane-ta or dane-ee", record.usage));
    }
    let report = Report {
        record: record.to_string(),
        name: args.host.as_ref().map(|host| tlsa_name(host, args.port)),
        zone_line: args.host.as_ref().map(|host| record.zone_line(host, args.port)),
        parts: record,
    };
    cx.print(&report)?;
    Ok(Exit::Done)
}

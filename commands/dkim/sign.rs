//! `mox dkim sign`: signs a message, without a configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use mox_address::Domain;
use mox_dkim::{Canonicalization, Identity, SignOptions, Signer, parse_selector};
use mox_message::lineends::LineEnds;

use super::private;
use crate::arguments::duration;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::feed::MAX_MESSAGE;
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Prints the message with its signatures before it, lines ended by CRLF. The message must not change afterwards.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input. Lines ended by LF alone are ended by CRLF first
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// Domain that signs
    #[arg(long)]
    domain: Domain,
    /// Selector: the public key is at SELECTOR._domainkey.DOMAIN. May stand several times, each with its `--key`
    #[arg(long, required = true, value_parser = selector)]
    selector: Vec<String>,
    /// File with the private key (PEM)
    #[arg(long, required = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    key: Vec<PathBuf>,
    /// How much may change on the way: simple or relaxed, for header and body
    #[arg(long, value_name = "HEADER/BODY", default_value_t = Canonicalization::RELAXED)]
    canonicalization: Canonicalization,
    /// Fields to sign instead of the usual ones, From among them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    headers: Vec<String>,
    /// Sign each field as often as it stands in the message, not once more: others may then add some
    #[arg(long)]
    no_oversign: bool,
    /// After this time the signature counts no longer, as in 3d
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    expire: Option<Duration>,
    /// On whose behalf (i=): an address of the domain or below it; its localpart may be empty
    #[arg(long, value_name = "ADDRESS", value_parser = identity)]
    identity: Option<Identity>,
    /// Print the signature fields only, not the message
    #[arg(long)]
    header_only: bool,
}

/// Parses a selector.
pub(super) fn selector(text: &str) -> Result<String, String> {
    parse_selector(text).ok_or_else(|| "not a DNS label, nor several with dots between".to_owned())
}

fn identity(text: &str) -> Result<Identity, String> {
    let (localpart, domain) = text.rsplit_once('@').ok_or("no @ in it")?;
    let domain = domain.parse().map_err(|e: mox_address::Error| e.to_string())?;
    Ok(Identity { localpart: localpart.to_owned(), domain })
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dkim gened25519 >ed.pem && printf 'From: a@example.org\\n\\nhello\\n' | mox dkim sign --domain \
              example.org --selector ed --key ed.pem -",
        about: "Sign a message",
        needs: Needs::Nothing,
    },
    Example {
        run: "mox dkim sign --domain example.org --selector rsa --key rsa.pem --selector ed --key ed.pem message.eml \
              | mox dkim verify -",
        about: "Sign with two keys, and see whether others can verify that",
        needs: Needs::World,
    },
];

/// The signatures.
#[derive(Serialize)]
struct Report {
    /// Each DKIM-Signature field, folded, line ends included.
    fields: Vec<String>,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        self.fields.iter().for_each(|field| page.block(field));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    if args.selector.len() != args.key.len() {
        return Err(CommandError::usage("each --selector needs its --key, in the same order"));
    }
    let mut keys = Vec::new();
    for (selector, file) in args.selector.iter().zip(&args.key) {
        keys.push((options(&args, selector), Arc::new(private::read(cx, file)?)));
    }
    let bytes = cx.read_input(&args.file, MAX_MESSAGE)?;
    let mut message = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    LineEnds::default().mend(&bytes, &mut |piece| message.extend_from_slice(piece));
    drop(bytes);
    let mut signer = Signer::new(keys);
    signer.write(&message);
    let fields = signer.finish(cx.now()).map_err(|e| CommandError::new(Exit::Failed, e))?;
    if cx.global.json {
        let fields = mox_message::Header::of(fields.as_bytes());
        let fields = fields.fields().map(|f| String::from_utf8_lossy(f.raw).into_owned()).collect();
        cx.print(&Report { fields })?;
        return Ok(Exit::Done);
    }
    cx.write(fields.as_bytes())?;
    if !args.header_only {
        cx.write(&message)?;
    }
    Ok(Exit::Done)
}

fn options(args: &Args, selector: &str) -> SignOptions {
    let mut options = SignOptions::new(args.domain.clone(), selector);
    if !args.headers.is_empty() {
        options.headers = args.headers.iter().map(|name| name.trim().to_owned()).collect();
        options.headers_where_present = Vec::new();
    }
    options.oversign = !args.no_oversign;
    options.canonicalization = args.canonicalization;
    options.expiration = args.expire;
    options.identity = args.identity.clone();
    options
}

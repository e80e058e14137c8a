//! `mox dkim verify`: the result of each signature of a message.

use std::path::PathBuf;

use serde::Serialize;

use mox_dkim::{DkimResult, Limits, Signature, Verifier, summary};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 0 when a signature passes; 1 when none does and DNS did not answer for one; else, also when there is
/// none, 3.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input. When its first line ends with LF alone, all lines are ended by CRLF first
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dkim verify message.eml",
        about: "Who signed, and whether it holds",
        needs: Needs::World,
    },
    Example { run: "mox dkim verify --json message.eml", about: "Domains and results", needs: Needs::World },
    Example {
        run: "mox message cat 7 | mox dkim verify --resolver 127.0.0.1:5353 -",
        about: "A stored message, with keys from a name server of your own",
        needs: Needs::World,
    },
];

/// All signatures.
#[derive(Serialize)]
#[serde(transparent)]
struct Report(Vec<Signature>);

impl Show for Report {
    fn show(&self, page: &mut Page) {
        if self.0.is_empty() {
            page.verdict(Some(false), "the message is not signed");
        }
        self.0.iter().for_each(|signature| show(signature, page));
    }
}

fn show(signature: &Signature, page: &mut Page) {
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
    let domain = or_unknown(signature.domain.as_ref().map(ToString::to_string));
    let ok = match signature.result {
        DkimResult::Pass => Some(true),
        DkimResult::Neutral | DkimResult::TempError | DkimResult::None => None,
        _ => Some(false),
    };
    let reason = signature.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    page.verdict(ok, format!("{} {domain}{reason}", signature.result));
    page.field("  selector", or_unknown(signature.selector.clone()));
    if let Some(algorithm) = &signature.algorithm {
        let bits = signature.key_bits.map(|bits| format!(", key of {bits} bits")).unwrap_or_default();
        page.field("  algorithm", format!("{algorithm}{bits}"));
    }
    if let Some(identity) = &signature.identity {
        page.field("  identity", identity);
    }
    if let Some(at) = signature.signed_at {
        page.field("  signed", at);
    }
    if let Some(at) = signature.expires_at {
        page.field("  expires", at);
    }
    if !signature.signed_headers.is_empty() {
        page.field("  fields", signature.signed_headers.join(" "));
    }
    if let Some(length) = signature.body_length {
        let unsigned = signature.unsigned_body.map(|n| format!(", {n} more are not")).unwrap_or_default();
        page.field("  body", format!("the first {length} bytes are signed{unsigned}"));
    }
    if signature.testing {
        page.field("  testing", "the domain only tries signatures (t=y)");
    }
    page.field("  dnssec", if signature.authentic { "the key is authentic" } else { "not proved" });
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut verifier = Verifier::new(Limits::default());
    cx.feed(&args.file, &mut |piece| verifier.write(piece))?;
    let asker = cx.asker()?;
    let (resolver, now) = (asker.resolver(), cx.now());
    let signatures = asker.run(verifier.finish(resolver.as_ref(), now));
    let exit = match summary(&signatures) {
        DkimResult::Pass => Exit::Done,
        DkimResult::TempError => Exit::Failed,
        _ => Exit::Problems,
    };
    cx.print(&Report(signatures))?;
    Ok(exit)
}

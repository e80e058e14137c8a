//! `mox arc verify`: whether the chain of a message holds, and what each host on the way found out.

use std::path::PathBuf;

use serde::Serialize;

use mox_dkim::arc::{ArcResult, Chain, Set, Verifier};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

/// Exit code 3 when the chain is broken, 1 when DNS did not answer for a key of it. A message without a chain is fine.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Message file; `-` is standard input. When its first line ends with LF alone, all lines are ended by CRLF first
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox arc verify message.eml", about: "Who vouches for what", needs: Needs::World },
    Example { run: "mox message cat 7 | mox arc verify -", about: "pass, fail or none", needs: Needs::World },
];

/// A chain.
#[derive(Serialize)]
#[serde(transparent)]
struct Report(Chain);

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let chain = &self.0;
        match (chain.result, &chain.reason) {
            (ArcResult::None, _) => page.verdict(None, "none: the message has no chain"),
            (ArcResult::Pass, _) => page.verdict(Some(true), format!("pass: {} sets", chain.instances)),
            (ArcResult::Fail, reason) => {
                page.verdict(Some(false), format!("fail: {}", reason.as_deref().unwrap_or_default()));
            }
        }
        match chain.oldest_pass {
            Some(0) => page.field("unchanged", "since the first set"),
            Some(instance) => page.field("unchanged", format!("since set {instance}")),
            None => {}
        }
        for set in &chain.sets {
            show(set, page);
        }
    }
}

fn show(set: &Set, page: &mut Page) {
    let word = |verified| match verified {
        Some(true) => "verified",
        Some(false) => "does not verify",
        None => "not looked at",
    };
    page.line("");
    page.field("instance", format!("{} by {} ({})", set.instance, set.domain, set.authserv_id));
    page.field("seal", format!("{}, cv={}", word(set.seal), set.chain_validation));
    page.field("signature", word(set.signature));
    for claim in &set.claims {
        page.field("result", &claim.text);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let mut verifier = Verifier::new();
    cx.feed(&args.file, &mut |piece| verifier.write(piece))?;
    let asker = cx.asker()?;
    let (resolver, now) = (asker.resolver(), cx.now());
    let chain = asker.run(verifier.finish(resolver.as_ref(), now));
    let exit = match chain.result {
        ArcResult::None | ArcResult::Pass => Exit::Done,
        ArcResult::Fail if chain.temporary => Exit::Failed,
        ArcResult::Fail => Exit::Problems,
    };
    cx.print(&Report(chain))?;
    Ok(exit)
}

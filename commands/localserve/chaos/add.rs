//! `mox localserve chaos add`: one more rule, tried after the others.

use super::DryRun;
use super::rule::Rule;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// stage=STAGE and any of code, delay, probability, from, to, text, separated by commas
    rule: Rule,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox localserve chaos add stage=rcpt,code=451,probability=20",
        about: "Every fifth recipient is to come back later",
        needs: Needs::Server,
    },
    Example {
        run: "mox localserve chaos add 'stage=message,delay=2s,to=@example.org>'",
        about: "Be slow for one domain",
        needs: Needs::Server,
    },
    Example {
        run: "mox localserve chaos add 'stage=mail,code=421,text=too busy, try later'",
        about: "Hang up at MAIL with a text of your own",
        needs: Needs::Server,
    },
];

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    super::change(cx, args.dry_run, |chaos| {
        chaos.rules.push(args.rule.0);
        Ok(())
    })
}

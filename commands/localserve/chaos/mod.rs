//! `mox localserve chaos`: rules by which a running local server fails on demand.

pub(crate) mod add;
pub(crate) mod clear;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod rule;

use mox_admin::ops::{Chaos, ChaosGet, ChaosSet, ChaosStage};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Show the rules in the order in which they are tried
    List(list::Args),
    /// Add a rule behind the others
    ///
    /// The first rule that applies decides. Rules last until the server ends; `mox localserve --chaos RULE` starts with some.
    ///
    /// stage (needed): hello, auth, mail, rcpt, data, message.
    ///
    /// code: 400 to 599; 421 ends the session, too. Without one the rule only delays.
    ///
    /// delay: a wait before the reply, as 2s.
    ///
    /// probability: how often, in percent; 100 unless given.
    ///
    /// from, to: only for a reverse-path, or a recipient, that contains this; each stands in angle brackets, so `<>` is the
    /// null reverse-path and `@example.org>` the end of an address.
    ///
    /// text: what the reply says. It comes last, for it may hold commas.
    Add(add::Args),
    /// Remove one rule
    Remove(remove::Args),
    /// Remove all rules
    Clear(clear::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::List(args) => list::run(cx, args),
            Command::Add(args) => add::run(cx, args),
            Command::Remove(args) => remove::run(cx, args),
            Command::Clear(args) => clear::run(cx, args),
        }
    }
}

/// Only show what would be.
#[derive(clap::Args, Clone, Copy)]
struct DryRun {
    /// Only show what the rules would be
    #[arg(long)]
    dry_run: bool,
}

impl Show for Chaos {
    fn show(&self, page: &mut Page) {
        let rows = self.rules.iter().zip(1..).map(|(rule, number): (_, usize)| {
            let code = rule.code.map(|code| code.to_string()).unwrap_or_default();
            let delay = match rule.delay_ms {
                0 => String::new(),
                ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
                ms => format!("{ms} ms"),
            };
            let filter = |text: &Option<String>| shorten(text.as_deref().unwrap_or(""), 30);
            vec![
                number.to_string(),
                stage(rule.stage).to_owned(),
                code,
                format!("{} %", rule.probability),
                delay,
                filter(&rule.from),
                filter(&rule.to),
                shorten(rule.text.as_deref().unwrap_or(""), 50),
            ]
        });
        page.table(&[">RULE", "STAGE", "CODE", ">HOW OFTEN", ">DELAY", "FROM", "TO", "TEXT"], rows);
    }
}

/// The name of a stage in rules and in JSON.
fn stage(stage: ChaosStage) -> &'static str {
    match stage {
        ChaosStage::Hello => "hello",
        ChaosStage::Auth => "auth",
        ChaosStage::Mail => "mail",
        ChaosStage::Rcpt => "rcpt",
        ChaosStage::Data => "data",
        ChaosStage::Message => "message",
    }
}

/// Asks for the rules, changes them, puts them in force and prints them.
fn change(
    cx: &mut Context,
    dry_run: DryRun,
    change: impl FnOnce(&mut Chaos) -> Result<(), CommandError>,
) -> Result<Exit, CommandError> {
    let mut chaos = cx.call(&ChaosGet {})?;
    change(&mut chaos)?;
    let chaos = cx.call(&ChaosSet { chaos, dry_run: dry_run.dry_run })?;
    print(cx, &chaos)?;
    if dry_run.dry_run {
        cx.say("nothing was changed");
    }
    Ok(Exit::Done)
}

fn print(cx: &mut Context, chaos: &Chaos) -> Result<(), CommandError> {
    if chaos.rules.is_empty() && !cx.global.json {
        cx.say("no rules");
        return Ok(());
    }
    cx.print(chaos)
}

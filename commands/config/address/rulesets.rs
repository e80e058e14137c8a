//! `mox config address rulesets`: the rulesets of an address, in the order in which they are tried.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AccountShow, DestinationDetail, DestinationShow, Ruleset};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The address, or @domain
    #[arg(add = ArgValueCompleter::new(complete::addresses))]
    address: String,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox config address rulesets you@example.org",
        about: "Which mail goes to another mailbox",
        needs: Needs::World,
    },
    Example {
        run: "mox config address rulesets you@example.org --json",
        about: "The same for scripts",
        needs: Needs::World,
    },
];

/// What a rule asks for, in one line.
fn conditions(rule: &Ruleset) -> String {
    let plain = [
        ("reverse-path ~ ", &rule.mail_from),
        ("From ~ ", &rule.msg_from),
        ("verified ", &rule.verified_domain),
    ];
    let plain =
        plain.into_iter().filter(|(_, text)| !text.is_empty()).map(|(what, text)| format!("{what}{text}"));
    let headers = rule.headers.iter().map(|header| format!("header {} ~ {}", header.name, header.value));
    plain.chain(headers).collect::<Vec<_>>().join(", ")
}

impl Show for DestinationDetail {
    fn show(&self, page: &mut Page) {
        let rows = self.rulesets.iter().zip(1..).map(|(row, n)| {
            vec![n.to_string(), conditions(&row.rule), row.rule.mailbox.clone(), row.rule.comment.clone()]
        });
        page.table(&[">N", "IF ALL OF", "MAILBOX", "COMMENT"], rows);
    }
}

/// An address with its rulesets, whoever has it.
pub(super) fn of(cx: &mut Context, address: String) -> Result<DestinationDetail, CommandError> {
    let account = call(cx, &AccountShow { account: address.clone() })?.row.name;
    call(cx, &DestinationShow { account, address })
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let found = of(cx, args.address)?;
    cx.print(&found)?;
    Ok(Exit::Done)
}

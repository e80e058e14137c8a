//! `mox config address list`: addresses and who has them.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{AddressList, AddressRow, DestinationDetail, DestinationShow, RulesetRow};

use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this account
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::accounts))]
    account: Option<String>,
    /// Of this domain
    #[arg(long, add = ArgValueCompleter::new(complete::domains))]
    domain: Option<String>,
    /// With what happens to mail for each: settings and rulesets
    #[arg(long)]
    rules: bool,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox config address list", about: "All addresses", needs: Needs::Config },
    Example {
        run: "mox config address list --domain localhost --json",
        about: "Of a domain, for scripts",
        needs: Needs::Config,
    },
    Example {
        run: "mox config address list --account mox --rules",
        about: "What happens to mail for an account",
        needs: Needs::Config,
    },
];

impl Show for Vec<DestinationDetail> {
    fn show(&self, page: &mut Page) {
        for one in self {
            let set = &one.settings;
            page.field("address", format_args!("{} -> {}", one.address, one.account));
            for (name, value) in [
                ("mailbox", &set.mailbox),
                ("refused with", &set.smtp_error),
                ("unverified refused with", &set.auth_required_error),
                ("name in From", &set.full_name),
            ] {
                if !value.is_empty() {
                    page.field(name, value);
                }
            }
            one.rulesets.iter().for_each(|row| show_rule(row, page));
            page.line("");
        }
    }
}

/// A ruleset in a line: what must match, and where the mail goes.
fn show_rule(row: &RulesetRow, page: &mut Page) {
    let rule = &row.rule;
    let named = [
        ("reverse-path", &rule.mail_from),
        ("From", &rule.msg_from),
        ("verified", &rule.verified_domain),
        ("list of", &rule.list_allow_domain),
        ("junk to", &rule.accept_rejects_to_mailbox),
        ("comment", &rule.comment),
    ];
    let set = named.iter().filter(|(_, value)| !value.is_empty());
    let mut parts: Vec<String> = set.map(|(name, value)| format!("{name} {value}")).collect();
    parts.extend(rule.headers.iter().map(|header| format!("header {} {}", header.name, header.value)));
    parts.extend(rule.is_forward.then(|| "forwarded".to_owned()));
    page.field("ruleset", format_args!("{} -> {}", parts.join(", "), rule.mailbox));
}

impl Show for Vec<AddressRow> {
    fn show(&self, page: &mut Page) {
        let to = |row: &AddressRow| match row.smtp_error.as_str() {
            "" => row.mailbox.clone(),
            error => format!("refused: {error}"),
        };
        let rows = self
            .iter()
            .map(|row| vec![row.address.clone(), row.account.clone(), to(row), row.rulesets.to_string()]);
        page.table(&["ADDRESS", "ACCOUNT", "MAILBOX", ">RULESETS"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let Args { account, domain, rules } = args;
    let addresses = call(cx, &AddressList { account, domain })?;
    if rules {
        let of = |row: AddressRow| DestinationShow { account: row.account, address: row.address };
        let all: Result<Vec<DestinationDetail>, _> =
            addresses.into_iter().map(|row| call(cx, &of(row))).collect();
        cx.print(&all?)?;
        return Ok(Exit::Done);
    }
    cx.print(&addresses)?;
    Ok(Exit::Done)
}

//! `mox config domain show`: one domain.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{DomainDetail, DomainShow};

use super::list::state;
use crate::config::managed::call;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The domain
    #[arg(add = ArgValueCompleter::new(complete::domains))]
    domain: String,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox config domain show localhost", about: "What a domain is", needs: Needs::Config }];

impl Show for DomainDetail {
    fn show(&self, page: &mut Page) {
        page.field("domain", &self.row.domain);
        page.field("state", state(&self.row));
        for address in &self.addresses {
            page.field(
                "address",
                format_args!("{} -> {} {}", address.address, address.account, address.mailbox),
            );
        }
        for alias in &self.aliases {
            page.field("alias", format_args!("{} -> {}", alias.alias, alias.addresses.join(" ")));
        }
        page.line("");
        page.config(&self.config);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let domain = call(cx, &DomainShow { domain: args.domain })?;
    cx.print(&domain)?;
    Ok(Exit::Done)
}

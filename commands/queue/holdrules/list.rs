//! `mox queue holdrules list`: the rules.

use mox_admin::ops::{HoldRule, HoldRuleList};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox queue holdrules list", about: "All rules", needs: Needs::Server }];

impl Show for Vec<HoldRule> {
    fn show(&self, page: &mut Page) {
        let any = |text: &Option<String>| text.clone().unwrap_or_else(|| "any".to_owned());
        let rows = self
            .iter()
            .map(|r| vec![r.id.to_string(), any(&r.account), any(&r.from_domain), any(&r.to_domain)]);
        page.table(&[">ID", "ACCOUNT", "FROM DOMAIN", "TO DOMAIN"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, _args: Args) -> Result<Exit, CommandError> {
    let rules = cx.call(&HoldRuleList {})?;
    if rules.is_empty() && !cx.global.json {
        cx.say("no hold rules");
    } else {
        cx.print(&rules)?;
    }
    Ok(Exit::Done)
}

//! `mox dmarc failures list`: reports about single messages that arrived.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{FailureReports, FailureRow};

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this policy domain alone
    #[arg(long)]
    domain: Option<Domain>,
    /// That arrived from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox dmarc failures list --since 7d",
        about: "Messages of a week that failed DMARC elsewhere",
        needs: Needs::Server,
    },
    Example {
        run: "mox dmarc failures list --domain example.org --json",
        about: "The same about one domain, for scripts",
        needs: Needs::Server,
    },
];

impl Show for Vec<FailureRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|f| {
            vec![
                f.id.to_string(),
                f.received.to_string(),
                shorten(&f.policy_domain, 30),
                shorten(&f.sender, 30),
                shorten(&f.auth_failure, 20),
                f.source_ip.clone(),
                shorten(&f.subject, 40),
            ]
        });
        page.table(&[">ID", "ARRIVED", "ABOUT", "REPORTER", "FAILED", "SOURCE", "SUBJECT"], rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = Some(Time(args.since.ago(cx.now())));
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let list = cx.call(&FailureReports { domain, since, limit: Some(args.limit) })?;
    if list.is_empty() && !cx.global.json {
        cx.say("no reports about single messages arrived in that time");
    } else {
        cx.print(&list)?;
    }
    Ok(Exit::Done)
}

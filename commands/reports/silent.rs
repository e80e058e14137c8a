//! `mox reports silent`: reporters that used to report and fell silent.

use mox_address::Domain;
use mox_admin::ops::{ReportFamily, ReportSilent, SilentReporter};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this policy domain alone
    #[arg(long)]
    domain: Option<Domain>,
    /// Who sent reports of this kind alone
    #[arg(long, value_name = "KIND", value_parser = ["tls", "dmarc"])]
    family: Option<String>,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox reports silent", about: "Who does not report any more", needs: Needs::World }];

impl Show for Vec<SilentReporter> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|one| {
            let family = match one.family {
                ReportFamily::Tls => "TLS",
                ReportFamily::Dmarc => "DMARC",
            };
            vec![
                shorten(&one.silence.sender, 40),
                shorten(&one.silence.organization, 30),
                shorten(&one.silence.policy_domain, 40),
                family.to_owned(),
                one.silence.last.clone(),
                one.quiet_days.to_string(),
                one.silence.days.to_string(),
            ]
        });
        let columns =
            ["REPORTER", "CALLS ITSELF", "ABOUT", "KIND", "LAST REPORT", ">DAYS AGO", ">DAYS OF 30 BEFORE"];
        page.table(&columns, rows);
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let mut rows = cx.call(&ReportSilent { domain })?;
    rows.retain(|row| args.family.as_ref().is_none_or(|family| family == row.family.as_str()));
    if rows.is_empty() && !cx.global.json {
        cx.say("nobody who used to report fell silent");
    } else {
        cx.print(&rows)?;
    }
    Ok(if rows.is_empty() { Exit::Done } else { Exit::Problems })
}

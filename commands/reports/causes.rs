//! `mox reports causes`: why mail and TLS sessions fail, and what mends it.

use mox_address::Domain;
use mox_admin::Time;
use mox_admin::ops::{ReportCause, ReportCauseList, ReportCauses, ReportFamily};

use crate::arguments::Moment;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// About this policy domain alone
    #[arg(long)]
    domain: Option<Domain>,
    /// Of reports of this kind alone
    #[arg(long, value_name = "KIND", value_parser = ["tls", "dmarc"])]
    family: Option<String>,
    /// With this mail host alone
    #[arg(long, value_name = "HOST")]
    host: Option<Domain>,
    /// On days from then on: 7d, yesterday, 2026-11-01
    #[arg(long, value_name = "WHEN", default_value = "30d")]
    since: Moment,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        run: "mox reports causes --since 7d",
        about: "What to mend, the worst first",
        needs: Needs::World,
    },
    Example {
        run: "mox reports causes --domain example.org --json",
        about: "The same about one domain, for scripts",
        needs: Needs::World,
    },
];

impl Show for ReportCauseList {
    fn show(&self, page: &mut Page) {
        for cause in &self.causes {
            show_cause(cause, page);
        }
        if self.cut {
            page.line(
                "There is more than one look takes in: these are of the latest reports. Ask for fewer days.",
            );
        }
    }
}

fn show_cause(cause: &ReportCause, page: &mut Page) {
    let (what, where_) = match cause.family {
        ReportFamily::Tls => ("sessions", "TLS with"),
        ReportFamily::Dmarc => ("messages", "mail from"),
    };
    let at = if cause.at.is_empty() { "a host that is not told" } else { &cause.at };
    let (since, last) = (cause.since.0.day(), cause.last.0.day());
    let when = if since == last { format!("on {last}") } else { format!("from {since} to {last}") };
    let failed =
        if cause.failed == cause.count { String::new() } else { format!(", failed: {}", cause.failed) };
    page.verdict(
        (cause.failed > 0).then_some(false),
        format_args!(
            "{}, {where_} {at}: {} {when}, {what}: {}{failed}, reporters: {}",
            cause.policy_domain, cause.id, cause.count, cause.reporters
        ),
    );
    page.line(format_args!("    seen:  {}", cause.what));
    page.line(format_args!("    means: {}", cause.meaning));
    page.line(format_args!("    mend:  {}", cause.mend));
    if !cause.sources.is_empty() {
        page.line(format_args!("    from:  {}", cause.sources.join(", ")));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let since = Some(Time(args.since.ago(cx.now())));
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let mut list = cx.call(&ReportCauses { domain, since })?;
    list.causes.retain(|cause| {
        args.family.as_ref().is_none_or(|family| family == cause.family.as_str())
            && args.host.as_ref().is_none_or(|host| host.ascii() == cause.at)
    });
    match (list.causes.is_empty(), list.reports) {
        (true, 0) if !cx.global.json => cx.say("no reports about that arrived in that time"),
        (true, reports) if !cx.global.json => cx.say(format_args!("nothing failed, by {reports} reports")),
        _ => cx.print(&list)?,
    }
    Ok(if list.causes.is_empty() { Exit::Done } else { Exit::Problems })
}

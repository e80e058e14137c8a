//! `mox dmarc failures show`: one report about a message that arrived.

use mox_admin::ops::{FailureDetail, FailureReport};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};
use crate::{Example, Needs};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the report, from `mox dmarc failures list`
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] = &[Example {
    run: "mox dmarc failures show 2",
    about: "Where the message came from, what failed, and its header",
    needs: Needs::World,
}];

impl Show for FailureDetail {
    fn show(&self, page: &mut Page) {
        page.line(&self.overview);
        let f = &self.fields;
        for (name, value) in [
            ("reporter", self.row.sender.clone()),
            ("host", f.reporting_mta.clone()),
            ("software", f.user_agent.clone()),
            ("arrived", self.row.received.to_string()),
            ("message", self.row.message_id.map(|id| id.to_string()).unwrap_or_default()),
            ("source", f.source_ip.clone()),
            ("sent", f.arrival.map(|at| at.to_string()).unwrap_or_default()),
            ("mail from", f.original_mail_from.clone()),
            ("to", f.original_rcpt_to.join(", ")),
            (
                "not aligned",
                f.identity_alignment.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", "),
            ),
            ("became", f.delivery_result.clone()),
            ("dkim", f.dkim_domain.clone()),
            ("identity", f.dkim_identity.clone()),
            ("selector", f.dkim_selector.clone()),
            ("key", f.dkim_selector_dns.clone()),
        ] {
            if !value.is_empty() {
                page.field(name, value);
            }
        }
        f.spf_dns.iter().for_each(|record| page.field("spf", record));
        f.authentication_results.iter().for_each(|results| page.field("results", results));
        for oddity in &f.oddities {
            page.line(format_args!("odd: {oddity}"));
        }
        if !self.header.is_empty() {
            page.line("");
            page.block(&self.header);
        }
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let report = cx.call(&FailureReport { id: args.id })?;
    cx.print(&report)?;
    // There is no other report about a single message than one about a failure.
    Ok(Exit::Problems)
}

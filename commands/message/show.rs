//! `mox message show`: one message for reading.

use clap_complete::ArgValueCompleter;
use mox_admin::ops::{MessageDetail, MessageShow, MethodFinding, Verdicts};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::{Example, Needs, complete};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Id of the message, from `mox message list`
    #[arg(add = ArgValueCompleter::new(complete::message_ids))]
    id: i64,
}

pub(crate) const EXAMPLES: &[Example] =
    &[Example { run: "mox message show 7", about: "Read message 7", needs: Needs::Server }];

impl Show for MessageDetail {
    fn show(&self, page: &mut Page) {
        let row = &self.row;
        page.field("id", row.id);
        page.field("mailbox", format_args!("{} of {}, uid {}", row.mailbox, row.account, row.uid));
        page.field("received", row.received);
        page.field("size", size(row.size));
        if !row.flags.is_empty() {
            page.field("flags", row.flags.join(" "));
        }
        page.field("mail from", format_args!("<{}>", self.mail_from));
        page.field("rcpt to", &row.to);
        if let Some(ip) = &self.remote_ip {
            page.field("client", format_args!("{ip}, {}", self.tls.as_deref().unwrap_or("no TLS")));
        }
        if let Some(verdicts) = &self.verdicts {
            authentication(verdicts, page);
        }
        page.line("");
        for header in &self.headers {
            page.line(format_args!("{}: {}", header.name, header.value.replace('\t', " ")));
        }
        if self.parts.len() > 1 {
            page.line("");
            let rows = self.parts.iter().map(|p| {
                vec![
                    p.part.clone(),
                    p.content_type.clone(),
                    size(p.size),
                    p.filename.clone().unwrap_or_default(),
                ]
            });
            page.table(&["PART", "TYPE", ">SIZE", "FILE"], rows);
        }
        if let Some(text) = &self.text {
            page.line("");
            page.block(text);
        }
    }
}

/// What follows from authentication, and a line for each method.
fn authentication(verdicts: &Verdicts, page: &mut Page) {
    let decision = verdicts.decision.keyword();
    match verdicts.because() {
        because if because.is_empty() => page.verdict(verdicts.is_good(), decision),
        because => page.verdict(verdicts.is_good(), format_args!("{decision}: {because}")),
    }
    if verdicts.dns.is_some() {
        page.verdict(None, "judged by the lab, which knows only the domains below lab.test");
    }
    for MethodFinding { method, result, ok, about, why, aligned } in verdicts.findings() {
        let aligned = match aligned {
            Some(true) => "aligned",
            Some(false) => "not aligned",
            None => "",
        };
        let details = [about.as_str(), why.as_str(), aligned];
        let details: Vec<&str> = details.into_iter().filter(|detail| !detail.is_empty()).collect();
        page.verdict(ok, format_args!("{method} {result}: {}", details.join("; ")));
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let detail = cx.call(&MessageShow { id: args.id })?;
    cx.print(&detail)?;
    Ok(Exit::Done)
}

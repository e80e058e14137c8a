//! `mox tlsrpt results`: how TLS went with others, as far as no report tells of it yet.

use clap_complete::ArgValueCompleter;
use mox_address::Domain;
use mox_admin::ops::{TlsFailure, TlsResultRow, TlsResults};
use mox_tlsrpt::advice::{policy_name, sentence};
use mox_tlsrpt::{FailureDetail, Policy};

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, shorten};
use crate::{Example, Needs, complete};

/// One line for each policy and day, then what failed. Deliveries that were reports themselves are no reason for a
/// report; that column says so. What a report was made of is no longer listed: `mox tlsrpt history` has it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Of this day (UTC): today, yesterday, 2026-11-26
    #[arg(long)]
    day: Option<String>,
    /// Of this policy domain, or domain of recipients
    #[arg(long, add = ArgValueCompleter::new(complete::policy_domains))]
    domain: Option<Domain>,
}

pub(crate) const EXAMPLES: &[Example] = &[
    Example { run: "mox tlsrpt results", about: "All that waits for a report", needs: Needs::Server },
    Example {
        run: "mox tlsrpt results --day today --domain example.org --json",
        about: "What happened with one domain today, for scripts",
        needs: Needs::Server,
    },
];

impl Show for Vec<TlsResultRow> {
    fn show(&self, page: &mut Page) {
        let rows = self.iter().map(|r| {
            vec![
                r.day.clone(),
                shorten(&r.policy_domain, 40),
                r.kind.clone(),
                shorten(&r.recipient_domain, 40),
                r.policy_type.clone(),
                r.successful.to_string(),
                r.failed.to_string(),
                if r.send_report { "yes" } else { "no" }.to_owned(),
            ]
        });
        page.table(
            &["DAY", "ABOUT", "AS", "MAIL TO", "POLICY", ">FINE", ">FAILED", "REASON TO REPORT"],
            rows,
        );
        for row in self {
            let policy = policy(row);
            for failure in &row.details {
                let told = sentence(&policy, &detail(failure));
                page.verdict(
                    Some(false),
                    format_args!("{}, {}: {}", row.day, policy_name(&policy), told.what),
                );
                page.line(format_args!("    means: {}", told.meaning));
            }
        }
    }
}

fn policy(row: &TlsResultRow) -> Policy {
    Policy {
        kind: row.policy_type.clone().into(),
        strings: row.policy_string.clone(),
        domain: row.policy_domain.clone(),
        mx_hosts: row.mx_host.clone(),
    }
}

fn detail(failure: &TlsFailure) -> FailureDetail {
    FailureDetail {
        result: failure.result_type.clone().into(),
        sending_ip: failure.sending_mta_ip.clone(),
        mx_hostname: failure.receiving_mx_hostname.clone(),
        mx_helo: failure.receiving_mx_helo.clone(),
        receiving_ip: failure.receiving_ip.clone(),
        failed: failure.failed_session_count,
        information: failure.additional_information.clone(),
        reason: failure.failure_reason_code.clone(),
    }
}

pub(crate) fn run(cx: &mut Context, args: Args) -> Result<Exit, CommandError> {
    let domain = args.domain.map(|domain| domain.ascii().to_owned());
    let rows = cx.call(&TlsResults { day: args.day, domain })?;
    if rows.is_empty() && !cx.global.json {
        cx.say("no results wait for a report");
    } else {
        cx.print(&rows)?;
    }
    Ok(Exit::Done)
}

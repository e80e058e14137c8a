//! Reports that go out, about TLS and DMARC: what the commands of `mox tlsrpt` and `mox dmarc` have in common.
//!
//! A command's arguments, help and examples stand with its family. They become an operation, which names the family;
//! what is asked, shown and said stands here. The kind of a report says what it is about, and its document what it is
//! written in.

pub(crate) mod explain;
mod files;
pub(crate) mod history;
pub(crate) mod outlook;
pub(crate) mod preview;
pub(crate) mod sendnow;
pub(crate) mod suppress;

use mox_address::Domain;
use mox_admin::ops::ReportDestination;

/// A domain as operations take it.
pub(crate) fn ascii(domain: Domain) -> String {
    domain.ascii().to_owned()
}

/// What a report is about: a domain of recipients, a host, or mail that says it is from a domain.
fn about(policy_domain: &str, kind: &str) -> String {
    match kind {
        "host" => format!("the host {policy_domain}"),
        "domain" => format!("the domain {policy_domain}"),
        "dmarc" => format!("mail from {policy_domain}"),
        other => format!("{policy_domain}, as {other}"),
    }
}

/// A destination, how far a report to it came, and why.
fn destination_line(destination: &ReportDestination) -> String {
    let d = destination;
    // Where the reason begins with the state, the state is said.
    let state = d.state.replace('-', " ");
    let said = d.why.starts_with(&state) && d.ended.is_none();
    let mut text = if said { format!("{}: ", d.uri) } else { format!("{}: {state}", d.uri) };
    if let Some(at) = d.ended {
        text.push_str(&format!(" {at}"));
    }
    if !d.why.is_empty() {
        text.push_str(if said { "" } else { ", " });
        text.push_str(&d.why);
    }
    if d.attempts > 0 {
        text.push_str(&format!(", attempts: {}", d.attempts));
    }
    if let Some(at) = d.next_attempt {
        text.push_str(&format!(", tried at {at}"));
    }
    match (d.queue_id, d.ended) {
        (Some(id), None) => format!("{text}, `mox queue explain {id}` tells more"),
        _ => text,
    }
}

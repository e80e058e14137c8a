//! Rules within `mox.conf`.

use std::collections::HashMap;

use mox_address::Localpart;

use super::{Report, below, listener, transport};
use crate::acme::AcmeProvider;
use crate::limits::Limits;
use crate::reports::HostTlsRpt;
use crate::server::{InitialMailboxes, Static};

/// Rules within `mox.conf`.
pub(crate) fn check_static(server: &Static, report: &mut Report<'_>) {
    report.mailbox(&["Postmaster", "Mailbox"], &server.postmaster.mailbox);
    for (name, provider) in &server.acme {
        check_acme(&["ACME", name], provider, report);
    }
    let mut taken = HashMap::new();
    for (name, listener) in &server.listeners {
        listener::check(name, listener, server, report);
        listener::check_ports(name, listener, server, &mut taken, report);
    }
    for (name, transport) in &server.transports {
        transport::check(name, transport, report);
    }
    if let Some(reports) = &server.host_tlsrpt {
        check_host_reports(reports, report);
    }
    check_mailboxes(&server.initial_mailboxes, report);
    check_default_mailboxes(server, report);
    check_limits(&server.limits, report);
}

fn check_acme(path: &[&str], provider: &AcmeProvider, report: &mut Report<'_>) {
    let name = path.last().copied().unwrap_or_default();
    if name.len() > 64
        || name.starts_with('.')
        || name.contains(['/', '\\'])
        || name.chars().any(char::is_control)
    {
        report.rule(path, "a name may not start with a dot, contain / or \\, or exceed 64 bytes");
    }
    if provider.directory_url.scheme() != "https" {
        report.rule(&below(path, &["DirectoryURL"]), "must start with https://");
    }
    let contact = &provider.contact_email;
    if !contact.is_empty() && contact.parse::<mox_address::Address>().is_err() {
        report.rule(&below(path, &["ContactEmail"]), "expected an address, as postmaster@example.org");
    }
    let Some(binding) = &provider.external_account_binding else { return };
    for (key, empty) in
        [("KeyID", binding.key_id.is_empty()), ("KeyFile", binding.key_file.as_os_str().is_empty())]
    {
        if empty {
            report.rule(
                &below(path, &["ExternalAccountBinding", key]),
                "may not be empty; the provider gives it",
            );
        }
    }
}

fn check_host_reports(reports: &HostTlsRpt, report: &mut Report<'_>) {
    let path = ["HostTLSRPT", "Localpart"];
    match Localpart::take(&reports.localpart) {
        Ok((localpart, "")) if localpart.is_ascii() => {}
        Ok((_, "")) => report.rule(&path, "must be ASCII, as others may not be able to write to it"),
        _ => report.rule(&path, "expected only the part before the @"),
    }
    report.mailbox(&["HostTLSRPT", "Mailbox"], &reports.mailbox);
}

fn check_mailboxes(mailboxes: &InitialMailboxes, report: &mut Report<'_>) {
    let special = mailboxes.special_use();
    let named = [
        ("Sent", &special.sent),
        ("Archive", &special.archive),
        ("Trash", &special.trash),
        ("Draft", &special.draft),
        ("Junk", &special.junk),
    ];
    let mut seen = vec!["Inbox"];
    for (key, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
        check_initial(&["InitialMailboxes", "SpecialUse", key], name, &mut seen, report);
    }
    for (n, name) in mailboxes.regular.iter().enumerate() {
        check_initial(&["InitialMailboxes", "Regular", &format!("[{n}]")], name, &mut seen, report);
    }
}

fn check_initial<'n>(path: &[&str], name: &'n str, seen: &mut Vec<&'n str>, report: &mut Report<'_>) {
    report.mailbox(path, name);
    if seen.contains(&name) || name.eq_ignore_ascii_case("inbox") {
        report.rule(path, format!("mailbox {name:?} is there already"));
    }
    seen.push(name);
}

fn check_default_mailboxes(server: &Static, report: &mut Report<'_>) {
    let path = ["DefaultMailboxes"];
    if server.default_mailboxes.is_empty() {
        return;
    }
    if server.initial_mailboxes != InitialMailboxes::default() {
        return report
            .rule(&path, "exclude each other: DefaultMailboxes and InitialMailboxes; keep the latter");
    }
    report.notice(&path, "deprecated; write InitialMailboxes instead, with SpecialUse and Regular");
    for (n, name) in server.default_mailboxes.iter().enumerate() {
        report.mailbox(&["DefaultMailboxes", &format!("[{n}]")], name);
    }
}

fn check_limits(limits: &Limits, report: &mut Report<'_>) {
    let counts = [
        ("ConnectionsPerMinute", limits.connections_per_minute),
        ("OpenConnections", limits.open_connections),
        ("AuthFailuresPerMinute", limits.auth_failures_per_minute),
        ("AuthFailuresPerDay", limits.auth_failures_per_day),
        ("MessagesPerMinute", limits.messages_per_minute),
        ("MessagesPerDay", limits.messages_per_day),
        ("BadTransactionsMax", limits.bad_transactions_max),
        ("ReceivedHeadersMax", limits.received_headers_max),
    ];
    for (key, _) in counts.into_iter().filter(|(_, n)| *n == 0) {
        report.rule(&["Limits", key], "must be at least 1");
    }
    let bytes = [("BytesPerMinute", limits.bytes_per_minute), ("BytesPerDay", limits.bytes_per_day)];
    for (key, _) in bytes.into_iter().filter(|(_, n)| *n == 0) {
        report.rule(&["Limits", key], "must be at least 1");
    }
    // RFC 5321 §4.5.3.1.8 and §4.5.3.1.4
    if limits.recipients_max < 100 {
        report.rule(&["Limits", "RecipientsMax"], "must be at least 100");
    }
    if !(512..=65536).contains(&limits.line_length) {
        report.rule(&["Limits", "LineLength"], "must be from 512 to 65536");
    }
    for (key, time) in [("IdleTimeout", limits.idle_timeout), ("DataTimeout", limits.data_timeout)] {
        if time.as_secs() == 0 {
            report.rule(&["Limits", key], "must be at least 1s");
        }
    }
}

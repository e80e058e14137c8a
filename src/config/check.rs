//! Rules between fields, checked after a file is read; every broken one is reported, at its position.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use crate::account::Account;
use crate::de::Found;
use crate::domain::{Dynamic, HostedDomain};
use crate::error::{Fault, MAX_PROBLEMS};
use crate::limits::Limits;
use crate::listener::Listener;
use crate::route::Route;
use crate::server::{InitialMailboxes, Static};
use crate::transport::Transport;
use crate::tree::{Tree, join};
use crate::values::TlsVersion;

/// Collects findings in one file.
pub(crate) struct Report<'a> {
    tree: &'a Tree,
    pub(crate) errors: Vec<Found>,
    pub(crate) warnings: Vec<Found>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Report<'a> {
        Report { tree, errors: Vec::new(), warnings: Vec::new() }
    }

    /// Reports a broken rule.
    pub(crate) fn rule(&mut self, path: &[&str], message: impl Into<String>) {
        if self.errors.len() >= MAX_PROBLEMS {
            return;
        }
        let fault = Fault::Rule(message.into());
        self.errors.push(Found { at: self.tree.locate(path), path: join(path), fault });
    }

    fn notice(&mut self, path: &[&str], message: impl Into<String>) {
        let fault = Fault::Notice(message.into());
        self.warnings.push(Found { at: self.tree.locate(path), path: join(path), fault });
    }

    /// Whether the file has this key, whatever it says.
    fn has(&self, path: &[&str]) -> bool {
        self.tree.get(path).is_some()
    }

    fn mailbox(&mut self, path: &[&str], name: &str) {
        if let Some(problem) = mailbox_problem(name) {
            self.rule(path, format!("{name:?} is not a mailbox name: {problem}"));
        }
    }
}

/// Why a text is no mailbox name, if so.
fn mailbox_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > 1000 {
        Some("it is longer than 1000 bytes")
    } else if name.split('/').any(str::is_empty) {
        Some("it starts or ends with / or has two in a row")
    } else if name.chars().any(char::is_control) || name.starts_with('#') {
        Some("it starts with # or has a control character")
    } else {
        None
    }
}

/// Rules within `mox.conf`.
pub(crate) fn check_static(server: &Static, report: &mut Report<'_>) {
    report.mailbox(&["Postmaster", "Mailbox"], &server.postmaster.mailbox);
    let mut taken = HashMap::new();
    for (name, listener) in &server.listeners {
        check_listener(name, listener, report);
        check_ports(name, listener, &mut taken, report);
    }
    for (name, transport) in &server.transports {
        check_transport(name, transport, report);
    }
    check_mailboxes(&server.initial_mailboxes, report);
    check_limits(&server.limits, report);
}

fn check_listener(name: &str, listener: &Listener, report: &mut Report<'_>) {
    let at = |key| ["Listeners", name, key];
    if listener.ips.is_empty() {
        report.rule(&at("IPs"), "a listener needs at least one address");
    }
    let (smtp, submission) = (&listener.smtp, &listener.submission);
    if smtp.no_starttls && smtp.require_starttls {
        report.rule(&at("SMTP"), "NoSTARTTLS and RequireSTARTTLS exclude each other");
    }
    match &listener.tls {
        None if smtp.enabled && smtp.require_starttls => {
            report.rule(&at("SMTP"), "RequireSTARTTLS needs TLS in the listener");
        }
        None if submission.enabled && !submission.no_require_starttls => {
            report.rule(&at("Submission"), "needs TLS in the listener, or NoRequireSTARTTLS: true");
        }
        None if listener.submissions.enabled => report.rule(&at("Submissions"), "needs TLS in the listener"),
        Some(tls) if tls.min_version < TlsVersion::Tls12 => {
            let path = ["Listeners", name, "TLS", "MinVersion"];
            report.notice(&path, format!("{} is no longer spoken, read as TLSv1.2", tls.min_version));
        }
        _ => {}
    }
}

/// Reports ports that two services would bind; an address of all interfaces overlaps with each of its family.
fn check_ports(
    name: &str,
    listener: &Listener,
    taken: &mut HashMap<u16, Vec<(IpAddr, String)>>,
    report: &mut Report<'_>,
) {
    let overlap = |a: IpAddr, b: IpAddr| {
        a == b || (a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified()))
    };
    for (service, port) in listener.services() {
        let path = ["Listeners", name, service];
        let users = taken.entry(port).or_default();
        for ip in &listener.ips {
            if let Some((_, other)) = users.iter().find(|(used, _)| overlap(*used, *ip)) {
                report.rule(&path, format!("{} is used by {other} already", SocketAddr::new(*ip, port)));
                break;
            }
        }
        users.extend(listener.ips.iter().map(|ip| (*ip, join(&path))));
    }
}

fn check_transport(name: &str, transport: &Transport, report: &mut Report<'_>) {
    let path = ["Transports", name];
    let methods: Vec<&str> = transport.methods().collect();
    if methods.len() > 1 {
        report.rule(&path, format!("only one of {} may be there", methods.join(", ")));
    }
    // An empty Fail must not pass for direct delivery.
    for key in Transport::METHODS.iter().filter(|key| !methods.contains(key)) {
        let path = ["Transports", name, key];
        if report.has(&path) {
            report.rule(&path, "says nothing; set one of its keys, or remove it");
        }
    }
    if let Some(fail) = transport.fail.as_ref().filter(|f| !(400..600).contains(&f.smtp_code)) {
        let path = [path.as_slice(), &["Fail", "SMTPCode"]].concat();
        report.rule(&path, format!("{} is not an error code: expected 400 to 599", fail.smtp_code));
    }
    if transport.direct.as_ref().is_some_and(|d| d.disable_ipv4 && d.disable_ipv6) {
        report.rule(&["Transports", name, "Direct"], "with both IP families disabled nothing can be sent");
    }
    if let Some(socks) = &transport.socks {
        let port = socks.address.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            report.rule(&["Transports", name, "Socks", "Address"], "expected host:port");
        }
        if socks.remote_ips.is_empty() {
            report.rule(&["Transports", name, "Socks", "RemoteIPs"], "at least one address is needed");
        }
    }
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

/// Rules within `domains.conf`, and of it with `mox.conf`; addresses are checked by the resolver.
pub(crate) fn check_dynamic(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) {
    for (name, domain) in &dynamic.domains {
        check_domain(name.unicode(), domain, report);
        check_routes(&["Domains", name.unicode()], &domain.routes, server, report);
    }
    for (name, account) in &dynamic.accounts {
        check_account(name, account, dynamic, report);
        check_routes(&["Accounts", name], &account.routes, server, report);
    }
    check_routes(&[], &dynamic.routes, server, report);
}

/// Rules of `mox.conf` that look into `domains.conf`.
pub(crate) fn check_postmaster(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) {
    let account = &server.postmaster.account;
    if !dynamic.accounts.contains_key(account) {
        let message = format!("account {account:?} is not in Accounts of domains.conf");
        report.rule(&["Postmaster", "Account"], message);
    }
}

fn check_domain(name: &str, domain: &HostedDomain, report: &mut Report<'_>) {
    let one = &domain.localpart_catchall_separator;
    let several = &domain.localpart_catchall_separators;
    if !one.is_empty() && !several.is_empty() {
        let message = "exclude each other: LocalpartCatchallSeparator and LocalpartCatchallSeparators";
        report.rule(&["Domains", name, "LocalpartCatchallSeparators"], message);
    }
    let bad = |s: &str| s.contains('@') || s.chars().any(char::is_whitespace);
    if bad(one) {
        report.rule(&["Domains", name, "LocalpartCatchallSeparator"], "may not contain @ or blanks");
    }
    for (n, separator) in several.iter().enumerate() {
        let path = ["Domains", name, "LocalpartCatchallSeparators", &format!("[{n}]")];
        if separator.is_empty() || bad(separator) {
            report.rule(&path, "may not be empty or contain @ or blanks");
        }
        if several.iter().take(n).any(|s| s == separator) {
            report.rule(&path, format!("{separator:?} is there already"));
        }
    }
}

fn check_account(name: &str, account: &Account, dynamic: &Dynamic, report: &mut Report<'_>) {
    let bad_name = name.len() > 128 || name.starts_with('.') || name.contains(['/', '\\', '@']);
    if bad_name || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message =
            "an account name may not start with a dot, contain / \\ @ or blanks, or exceed 128 bytes";
        report.rule(&["Accounts", name], message);
    }
    if !dynamic.domains.contains_key(&account.domain) {
        let message = format!("domain {:?} is not in Domains", account.domain.unicode());
        report.rule(&["Accounts", name, "Domain"], message);
    }
    for (key, destination) in &account.destinations {
        report.mailbox(&["Accounts", name, "Destinations", key, "Mailbox"], destination.mailbox());
    }
    let rejects = &account.rejects_mailbox;
    if rejects.eq_ignore_ascii_case("inbox") {
        report.rule(&["Accounts", name, "RejectsMailbox"], "may not be Inbox");
    } else if !rejects.is_empty() {
        report.mailbox(&["Accounts", name, "RejectsMailbox"], rejects);
    }
}

fn check_routes(above: &[&str], routes: &[Route], server: &Static, report: &mut Report<'_>) {
    for (n, route) in routes.iter().enumerate() {
        if !server.transports.contains_key(&route.transport) {
            let step = format!("[{n}]");
            let path = [above, &["Routes", &step, "Transport"]].concat();
            report.rule(&path, format!("transport {:?} is not in Transports of mox.conf", route.transport));
        }
    }
}

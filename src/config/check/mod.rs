//! Rules between fields, checked after a file is read; every broken one is reported, at its position.
//!
//! A rule is an error with what to write instead; what works but is likely not meant is a notice.

mod account;
mod domain;
mod listener;
mod server;
mod transport;
mod web;

use crate::de::Found;
use crate::domain::Dynamic;
use crate::error::{Fault, MAX_PROBLEMS};
use crate::pattern::{Compiler, Pattern};
use crate::route::Route;
use crate::server::Static;
use crate::tree::{Tree, join};

pub(crate) use server::check_static;

/// Collects findings in one file.
pub(crate) struct Report<'a> {
    tree: &'a Tree,
    pub(crate) errors: Vec<Found>,
    pub(crate) warnings: Vec<Found>,
    compiler: Compiler,
}

impl<'a> Report<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Report<'a> {
        Report { tree, errors: Vec::new(), warnings: Vec::new(), compiler: Compiler::default() }
    }

    /// Reports a broken rule.
    pub(crate) fn rule(&mut self, path: &[&str], message: impl Into<String>) {
        if self.errors.len() >= MAX_PROBLEMS {
            return;
        }
        let fault = Fault::Rule(message.into());
        self.errors.push(Found { at: self.tree.locate(path), path: join(path), fault });
    }

    /// Reports what works, but is likely not meant.
    pub(crate) fn notice(&mut self, path: &[&str], message: impl Into<String>) {
        if self.warnings.len() >= MAX_PROBLEMS {
            return;
        }
        let fault = Fault::Notice(message.into());
        self.warnings.push(Found { at: self.tree.locate(path), path: join(path), fault });
    }

    /// Whether the file has this key, whatever it says.
    fn has(&self, path: &[&str]) -> bool {
        self.tree.get(path).is_some()
    }

    /// Reports a name that no mailbox can have.
    fn mailbox(&mut self, path: &[&str], name: &str) {
        if let Some(problem) = mailbox_problem(name) {
            self.rule(path, format!("{name:?} is not a mailbox name: {problem}"));
        }
    }

    /// Compiles a pattern.
    fn pattern(&mut self, path: &[&str], pattern: &Pattern) {
        if let Err(message) = self.compiler.compile(pattern) {
            self.rule(path, message);
        }
    }

    /// Reports a text that cannot be part of a reply.
    fn reply_text(&mut self, path: &[&str], text: &str) {
        if text.len() > MAX_REPLY_TEXT || !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            self.rule(path, format!("must be printable ASCII of at most {MAX_REPLY_TEXT} characters"));
        }
    }
}

/// Longest text in a reply, in octets.
const MAX_REPLY_TEXT: usize = 256;

/// A path with more steps.
fn below<'p>(path: &[&'p str], more: &[&'p str]) -> Vec<&'p str> {
    [path, more].concat()
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

/// Rules within `domains.conf`, and of it with `mox.conf`; addresses are checked by the resolver.
pub(crate) fn check_dynamic(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) {
    for (name, hosted) in &dynamic.domains {
        let path = ["Domains", name.unicode()];
        domain::check(&path, hosted, server, dynamic, report);
        check_routes(&path, &hosted.routes, server, report);
    }
    for (name, account) in &dynamic.accounts {
        let path = ["Accounts", name.as_str()];
        account::check(&path, account, dynamic, report);
        check_routes(&path, &account.routes, server, report);
    }
    check_routes(&[], &dynamic.routes, server, report);
    web::check(server, dynamic, report);
    for (n, zone) in dynamic.monitor_dnsbls.iter().enumerate() {
        if dynamic.monitor_dnsbls.iter().take(n).any(|other| other == zone) {
            report
                .rule(&["MonitorDNSBLs", &format!("[{n}]")], format!("{} is there already", zone.unicode()));
        }
    }
}

/// Rules of `mox.conf` that look into `domains.conf`.
pub(crate) fn check_references(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) {
    let postmaster = ("Postmaster", &server.postmaster.account);
    let reports = server.host_tlsrpt.as_ref().map(|reports| ("HostTLSRPT", &reports.account));
    for (key, account) in [Some(postmaster), reports].into_iter().flatten() {
        if !dynamic.accounts.contains_key(account) {
            report.rule(&[key, "Account"], format!("account {account:?} is not in Accounts of domains.conf"));
        }
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

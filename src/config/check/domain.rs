//! Rules for domains: separators, DKIM, MTA-STS and addresses for reports.

use mox_address::Domain;

use super::{Report, below};
use crate::dkim::{DkimHash, Selector};
use crate::domain::{Dynamic, HostedDomain};
use crate::mtasts::{MAX_AGE, MtaSts};
use crate::server::Static;

/// Rules for one domain.
pub(super) fn check(
    path: &[&str],
    domain: &HostedDomain,
    server: &Static,
    dynamic: &Dynamic,
    report: &mut Report<'_>,
) {
    check_separators(path, domain, report);
    for (name, selector) in &domain.dkim.selectors {
        check_selector(&below(path, &["DKIM", "Selectors", name]), selector, report);
    }
    for (n, name) in domain.dkim.sign.iter().enumerate() {
        let step = format!("[{n}]");
        let path = below(path, &["DKIM", "Sign", &step]);
        if !domain.dkim.selectors.contains_key(name) {
            report.rule(&path, format!("selector {name:?} is not in Selectors"));
        } else if domain.dkim.sign.iter().take(n).any(|other| other == name) {
            report.rule(&path, format!("{name:?} is there already"));
        }
    }
    for (key, reports) in [("DMARC", &domain.dmarc), ("TLSRPT", &domain.tlsrpt)] {
        let Some(reports) = reports else { continue };
        if !dynamic.accounts.contains_key(&reports.account) {
            let message = format!("account {:?} is not in Accounts", reports.account);
            report.rule(&below(path, &[key, "Account"]), message);
        }
        report.mailbox(&below(path, &[key, "Mailbox"]), &reports.mailbox);
    }
    if let Some(policy) = &domain.mtasts {
        check_policy(&below(path, &["MTASTS"]), policy, server, report);
    }
}

fn check_separators(path: &[&str], domain: &HostedDomain, report: &mut Report<'_>) {
    let one = &domain.localpart_catchall_separator;
    let several = &domain.localpart_catchall_separators;
    if !one.is_empty() && !several.is_empty() {
        let message = "exclude each other: LocalpartCatchallSeparator and LocalpartCatchallSeparators";
        report.rule(&below(path, &["LocalpartCatchallSeparators"]), message);
    }
    let bad = |s: &str| s.contains('@') || s.chars().any(char::is_whitespace);
    if bad(one) {
        report.rule(&below(path, &["LocalpartCatchallSeparator"]), "may not contain @ or blanks");
    }
    for (n, separator) in several.iter().enumerate() {
        let step = format!("[{n}]");
        let path = below(path, &["LocalpartCatchallSeparators", &step]);
        if separator.is_empty() || bad(separator) {
            report.rule(&path, "may not be empty or contain @ or blanks");
        }
        if several.iter().take(n).any(|s| s == separator) {
            report.rule(&path, format!("{separator:?} is there already"));
        }
    }
}

fn check_selector(path: &[&str], selector: &Selector, report: &mut Report<'_>) {
    let name = path.last().copied().unwrap_or_default();
    // As part of a longer name, so that a last label of digits is none.
    if Domain::parse(&format!("{name}._domainkey.example")).is_err() {
        report.rule(path, "not a name below _domainkey: expected letters, digits, hyphens and dots");
    }
    if selector.hash == DkimHash::Sha1 {
        report.notice(&below(path, &["Hash"]), "most receivers refuse sha1; write sha256");
    }
    if selector.private_key_file.as_os_str().is_empty() {
        report.rule(&below(path, &["PrivateKeyFile"]), "may not be empty");
    }
    let is = |header: &str, name: &str| header.eq_ignore_ascii_case(name);
    if !selector.headers.is_empty() && !selector.headers.iter().any(|header| is(header, "From")) {
        report.rule(&below(path, &["Headers"]), "From must be signed; add it");
    }
    for (n, header) in selector.headers.iter().enumerate() {
        let step = format!("[{n}]");
        let path = below(path, &["Headers", &step]);
        if header.is_empty() || !header.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            report.rule(&path, "not the name of a header field");
        } else if selector.headers.iter().take(n).any(|other| is(other, header)) {
            report.rule(&path, format!("{header} is there already"));
        } else if ["DKIM-Signature", "Received", "Return-Path"].iter().any(|name| is(header, name)) {
            report.notice(
                &path,
                format!("{header} changes on the way, and the signature breaks by that; remove it"),
            );
        }
    }
}

fn check_policy(path: &[&str], policy: &MtaSts, server: &Static, report: &mut Report<'_>) {
    if !server.listeners.values().any(|listener| listener.mtasts_https.enabled) {
        report.rule(path, "the policy is not served: no listener of mox.conf has MTASTSHTTPS enabled");
    }
    let id = &policy.policy_id;
    if id.is_empty() {
        report.rule(&below(path, &["PolicyID"]), "may not be empty; the time of the change is a good one");
    } else if id.len() > 32 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        report.notice(&below(path, &["PolicyID"]), "others expect at most 32 ASCII letters and digits");
    }
    if policy.max_age > MAX_AGE {
        report.notice(&below(path, &["MaxAge"]), "others keep a policy for a year (8766h) at most");
    } else if policy.max_age.as_secs() == 0 {
        report.notice(&below(path, &["MaxAge"]), "with 0 nobody keeps the policy; expected weeks, as 336h");
    }
}

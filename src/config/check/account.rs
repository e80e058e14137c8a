//! Rules for accounts, their destinations and rulesets.

use mox_address::Localpart;

use super::{Report, below};
use crate::account::{Account, Destination};
use crate::domain::Dynamic;
use crate::junk::JunkFilter;
use crate::ruleset::Ruleset;
use crate::weburl::WebUrl;

/// Capabilities that the IMAP server can leave out for an account.
const IMAP_CAPABILITIES: [&str; 32] = [
    "ENABLE",
    "LITERAL+",
    "IDLE",
    "SASL-IR",
    "BINARY",
    "UNSELECT",
    "UIDPLUS",
    "ESEARCH",
    "SEARCHRES",
    "MOVE",
    "UTF8=ACCEPT",
    "LIST-EXTENDED",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-STATUS",
    "ID",
    "CONDSTORE",
    "QRESYNC",
    "STATUS=SIZE",
    "QUOTA",
    "METADATA",
    "SAVEDATE",
    "WITHIN",
    "NAMESPACE",
    "LIST-METADATA",
    "MULTIAPPEND",
    "REPLACE",
    "PREVIEW",
    "INPROGRESS",
    "MULTISEARCH",
    "NOTIFY",
    "UIDONLY",
];

/// Rules for one account.
pub(super) fn check(path: &[&str], account: &Account, dynamic: &Dynamic, report: &mut Report<'_>) {
    let at = |key| below(path, &[key]);
    let name = path.last().copied().unwrap_or_default();
    let bad_name = name.len() > 128 || name.starts_with('.') || name.contains(['/', '\\', '@']);
    if bad_name || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let message =
            "an account name may not start with a dot, contain / \\ @ or blanks, or exceed 128 bytes";
        report.rule(path, message);
    }
    if !dynamic.domains.contains_key(&account.domain) {
        let message = format!("domain {:?} is not in Domains", account.domain.unicode());
        report.rule(&at("Domain"), message);
    }
    report.reply_text(&at("LoginDisabled"), &account.login_disabled);
    for (key, destination) in &account.destinations {
        check_destination(&below(path, &["Destinations", key]), destination, account, report);
    }
    check_special_mailboxes(path, account, report);
    let outgoing = account.outgoing_webhook.as_ref().map(|hook| ("OutgoingWebhook", &hook.url));
    let incoming = account.incoming_webhook.as_ref().map(|hook| ("IncomingWebhook", &hook.url));
    for (key, url) in [outgoing, incoming].into_iter().flatten() {
        check_scheme(&below(path, &[key, "URL"]), url, report);
    }
    if let Some(hook) = &account.outgoing_webhook {
        for (n, event) in hook.events.iter().enumerate() {
            if hook.events.iter().take(n).any(|other| other == event) {
                let path = below(path, &["OutgoingWebhook", "Events"]);
                report.rule(&below(&path, &[&format!("[{n}]")]), format!("{event} is there already"));
            }
        }
    }
    let flags = &account.automatic_junk_flags;
    let patterns = [
        ("JunkMailboxRegexp", &flags.junk_mailbox),
        ("NeutralMailboxRegexp", &flags.neutral_mailbox),
        ("NotJunkMailboxRegexp", &flags.not_junk_mailbox),
    ];
    for (key, pattern) in patterns {
        if let Some(pattern) = pattern {
            report.pattern(&below(path, &["AutomaticJunkFlags", key]), pattern);
        }
    }
    if let Some(filter) = &account.junk_filter {
        check_junk_filter(&at("JunkFilter"), filter, report);
    }
    check_capabilities(&at("IMAPCapabilitiesDisabled"), &account.imap_capabilities_disabled, report);
}

/// Reports a URL that requests cannot go to.
pub(super) fn check_scheme(path: &[&str], url: &WebUrl, report: &mut Report<'_>) {
    if url.scheme().is_empty() {
        report.rule(path, "must start with http:// or https://");
    }
}

fn check_special_mailboxes(path: &[&str], account: &Account, report: &mut Report<'_>) {
    let is_inbox = |name: &str| name.eq_ignore_ascii_case("inbox");
    let (rejects, introbox) = (account.rejects_mailbox.as_str(), account.introbox.as_str());
    if is_inbox(rejects) {
        report.rule(&below(path, &["RejectsMailbox"]), "may not be Inbox");
    } else if !rejects.is_empty() {
        report.mailbox(&below(path, &["RejectsMailbox"]), rejects);
    }
    let path = below(path, &["Introbox"]);
    if is_inbox(introbox) {
        report.rule(&path, "may not be Inbox");
    } else if !introbox.is_empty() && introbox == rejects {
        report.rule(&path, "may not be RejectsMailbox, where messages are removed after some time");
    } else if !introbox.is_empty() {
        report.mailbox(&path, introbox);
    }
}

fn check_destination(path: &[&str], destination: &Destination, account: &Account, report: &mut Report<'_>) {
    let at = |key| below(path, &[key]);
    let key = path.last().copied().unwrap_or_default();
    if let Ok((_, "")) = Localpart::take(key) {
        let address = format!("{key}@{}", account.domain.unicode());
        report.notice(path, format!("deprecated without a domain; write {address:?} instead"));
    }
    report.mailbox(&at("Mailbox"), destination.mailbox());
    if destination.smtp_error.is_some() {
        let unused =
            [("Mailbox", !destination.mailbox.is_empty()), ("Rulesets", !destination.rulesets.is_empty())];
        for (key, _) in unused.into_iter().filter(|(_, set)| *set) {
            report.rule(&at(key), format!("with SMTPError all mail is refused; remove SMTPError or {key}"));
        }
    }
    report.reply_text(&at("MessageAuthRequiredSMTPError"), &destination.message_auth_required_smtp_error);
    for (n, ruleset) in destination.rulesets.iter().enumerate() {
        check_ruleset(&below(path, &["Rulesets", &format!("[{n}]")]), ruleset, report);
    }
}

fn check_ruleset(path: &[&str], ruleset: &Ruleset, report: &mut Report<'_>) {
    let at = |key| below(path, &[key]);
    for (key, pattern) in
        [("SMTPMailFromRegexp", &ruleset.smtp_mail_from), ("MsgFromRegexp", &ruleset.msg_from)]
    {
        if let Some(pattern) = pattern {
            report.pattern(&at(key), pattern);
        }
    }
    for (field, value) in &ruleset.headers {
        let path = below(path, &["HeadersRegexp", field.as_str()]);
        for pattern in [field, value] {
            report.pattern(&path, pattern);
            let lower = pattern.as_str().to_lowercase();
            if lower != pattern.as_str() {
                let message = format!("names and values are compared in lower case; write {lower:?}");
                report.rule(&path, message);
            }
        }
    }
    if !ruleset.has_condition() {
        let conditions = "SMTPMailFromRegexp, MsgFromRegexp, VerifiedDomain or HeadersRegexp";
        report.rule(path, format!("matches all mail; add a condition: {conditions}"));
    }
    if ruleset.is_forward && ruleset.list_allow_domain.is_some() {
        report.rule(&at("ListAllowDomain"), "IsForward and ListAllowDomain exclude each other");
    }
    if ruleset.is_forward && (ruleset.smtp_mail_from.is_none() || ruleset.verified_domain.is_none()) {
        report.rule(&at("IsForward"), "needs SMTPMailFromRegexp and VerifiedDomain");
    }
    report.mailbox(&at("Mailbox"), &ruleset.mailbox);
    let rejects = &ruleset.accept_rejects_to_mailbox;
    if rejects.eq_ignore_ascii_case("inbox") {
        report.rule(&at("AcceptRejectsToMailbox"), "may not be Inbox");
    } else if !rejects.is_empty() {
        report.mailbox(&at("AcceptRejectsToMailbox"), rejects);
    }
}

fn check_junk_filter(path: &[&str], filter: &JunkFilter, report: &mut Report<'_>) {
    let params = &filter.params;
    if !(0.0..=1.0).contains(&filter.threshold) {
        report.rule(&below(path, &["Threshold"]), "must be from 0 to 1");
    }
    for (key, number) in [("MaxPower", params.max_power), ("IgnoreWords", params.ignore_words)] {
        if !(0.0..=0.5).contains(&number) {
            report.rule(&below(path, &["Params", key]), "must be from 0 to 0.5");
        }
    }
    if !(params.onegrams || params.twograms || params.threegrams) {
        let message = "no words are counted; expected one of Onegrams, Twograms and Threegrams to be true";
        report.notice(&below(path, &["Params"]), message);
    }
}

fn check_capabilities(path: &[&str], names: &[String], report: &mut Report<'_>) {
    for (n, name) in names.iter().enumerate() {
        let step = format!("[{n}]");
        let path = below(path, &[&step]);
        // RFC 9051: a capability is an atom.
        let atom = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b);
        if name.is_empty() || !name.bytes().all(atom) {
            report.rule(&path, "not the name of an IMAP capability, as COMPRESS=DEFLATE");
        } else if names.iter().take(n).any(|other| other.eq_ignore_ascii_case(name)) {
            report.rule(&path, format!("{name} is there already"));
        } else if !is_known(name) {
            report.notice(&path, format!("{name} is not a capability of this server"));
        }
    }
}

/// Whether a capability is one of ours, whatever its parameter.
fn is_known(name: &str) -> bool {
    let known = IMAP_CAPABILITIES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let parameters = ["AUTH", "COMPRESS", "QUOTA", "APPENDLIMIT"];
    let head = name.split_once('=').map(|(head, _)| head);
    known || head.is_some_and(|head| parameters.iter().any(|known| known.eq_ignore_ascii_case(head)))
}

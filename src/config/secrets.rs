//! Passwords in both files: where they are, and texts and values that are shown without them.
//!
//! Who looks at the configuration sees `***` in the place of each, and of two texts that are compared also which of them
//! differ.

use std::collections::BTreeSet;

use crate::tree::{Node, Tree, Value, parse};
use crate::values::Secret;
use crate::{Dynamic, Static};

/// What stands for a password.
pub const HIDDEN: &str = "***";
/// What stands for a password that was another one before.
pub const CHANGED: &str = "*** (changed)";

/// Paths of passwords; `*` is any key.
const PATHS: [&[&str]; 6] = [
    &["Accounts", "*", "OutgoingWebhook", "Authorization"],
    &["Accounts", "*", "IncomingWebhook", "Authorization"],
    &["Transports", "*", "Submissions", "Auth", "Password"],
    &["Transports", "*", "Submission", "Auth", "Password"],
    &["Transports", "*", "SMTP", "Auth", "Password"],
    &["Transports", "*", "Socks", "Password"],
];
/// Keys of passwords, for texts that cannot be read as a tree, and for comments.
const KEYS: [&str; 2] = ["Password", "Authorization"];

impl Static {
    /// Puts [`HIDDEN`] in the place of each password.
    pub fn hide_secrets(&mut self) {
        for transport in self.transports.values_mut() {
            let hosts = [&mut transport.submissions, &mut transport.submission, &mut transport.smtp];
            let auths = hosts.into_iter().flatten().filter_map(|host| host.auth.as_mut());
            auths.for_each(|auth| hide_value(&mut auth.password));
            transport.socks.iter_mut().for_each(|socks| hide_value(&mut socks.password));
        }
    }
}

impl Dynamic {
    /// Puts [`HIDDEN`] in the place of each password.
    pub fn hide_secrets(&mut self) {
        for account in self.accounts.values_mut() {
            account.outgoing_webhook.iter_mut().for_each(|hook| hide_value(&mut hook.authorization));
            account.incoming_webhook.iter_mut().for_each(|hook| hide_value(&mut hook.authorization));
        }
    }
}

fn hide_value(secret: &mut Secret) {
    if !secret.expose().is_empty() {
        *secret = Secret::new(HIDDEN);
    }
}

/// A text of a file without passwords.
pub fn hide(text: &str) -> String {
    hidden(text, None)
}

/// Two texts of a file without passwords, to compare: in the second, [`CHANGED`] stands for those that the first has
/// another one for. [`HIDDEN`] in the second stands for what the first has.
pub fn hide_both(before: &str, after: &str) -> (String, String) {
    (hide(before), hidden(after, Some(before)))
}

/// Where a file has passwords.
pub fn places(tree: &Tree) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    PATHS.iter().for_each(|path| walk(tree.root(), path, &mut Vec::new(), &mut found));
    found
}

fn hidden(text: &str, before: Option<&str>) -> String {
    let known: Option<BTreeSet<&str>> =
        before.map(|text| text.lines().filter_map(secret_of).map(|(_, value)| value).collect());
    let lines = |text: &str, which: fn(&str) -> bool| -> String {
        let line = |line: &str| match which(line) {
            true => hide_line(line, known.as_ref()),
            false => line.to_owned(),
        };
        text.split_inclusive('\n').map(line).collect()
    };
    let old = before.and_then(|text| parse(text.as_bytes()).ok());
    let Ok(mut tree) = parse(text.as_bytes()) else { return lines(text, |_| true) };
    for place in places(&tree) {
        let steps: Vec<&str> = place.iter().map(String::as_str).collect();
        let now = tree.scalar(&steps);
        let was = old.as_ref().and_then(|tree| tree.scalar(&steps)).filter(|was| !was.is_empty());
        let same = was.is_none() || now == was || now == Some(HIDDEN);
        if tree.set(&steps, if same { HIDDEN } else { CHANGED }).is_err() {
            return lines(text, |_| true);
        }
    }
    // A comment may be a line that was once in effect.
    lines(tree.text(), |line| line.trim_start().starts_with('#'))
}

fn walk(node: &Node, path: &[&str], above: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let Some((step, below)) = path.split_first() else {
        if matches!(&node.value, Value::Scalar(text) if !text.is_empty()) {
            found.push(above.clone());
        }
        return;
    };
    let Value::Map(entries) = &node.value else { return };
    for entry in entries.iter().filter(|entry| *step == "*" || entry.key == *step) {
        above.push(entry.key.clone());
        walk(&entry.node, below, above, found);
        above.pop();
    }
}

/// A line with the key of a password, wherever it is: what is before the colon, and the password.
fn secret_of(line: &str) -> Option<(&str, &str)> {
    let body = line.trim_end_matches(['\r', '\n']);
    let (key, _) = body.trim_start_matches(['\t', ' ', '#', '-']).split_once(':')?;
    let (before, value) = body.split_once(':')?;
    (KEYS.contains(&key) && !value.trim().is_empty()).then(|| (before, value.trim()))
}

fn hide_line(line: &str, known: Option<&BTreeSet<&str>>) -> String {
    let Some((before, value)) = secret_of(line) else { return line.to_owned() };
    let same = value == HIDDEN || known.is_none_or(|known| known.is_empty() || known.contains(value));
    let end = line.get(line.trim_end_matches(['\r', '\n']).len()..).unwrap_or_default();
    format!("{before}: {}{end}", if same { HIDDEN } else { CHANGED })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "Domains:\n\tx.example: nil\nAccounts:\n\tamy:\n\t\tDomain: x.example\n\t\t# Authorization: old one\n\t\tOutgoingWebhook:\n\t\t\tURL: http://localhost/\n\t\t\tAuthorization: Basic c2VjcmV0\n";

    #[test]
    fn each_password_of_both_files_is_hidden() {
        let shown = hide(BEFORE);
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("old one"), "{shown}");
        assert!(shown.contains("\t\t\tAuthorization: ***\n"), "{shown}");
        let host = "\t\t\tHost: h.example\n\t\t\tAuth:\n\t\t\t\tUsername: u\n\t\t\t\tPassword: geheim\n";
        let server = format!(
            "Transports:\n\ta:\n\t\tSubmissions:\n{host}\tb:\n\t\tSubmission:\n{host}\tc:\n\t\tSMTP:\n{host}\td:\n\t\tSocks:\n\t\t\tAddress: 127.0.0.1:1\n\t\t\tPassword: geheim\n"
        );
        assert!(parse(server.as_bytes()).is_ok());
        let shown = hide(&server);
        assert!(!shown.contains("geheim"), "{shown}");
        assert_eq!(shown.matches("Password: ***\n").count(), 4, "{shown}");
    }

    #[test]
    fn of_two_texts_it_is_seen_which_passwords_differ() {
        let after = BEFORE.replace("c2VjcmV0", "bmV3").replace("localhost", "127.0.0.1");
        let (old, new) = hide_both(BEFORE, &after);
        assert!(old.contains("\t\t\tAuthorization: ***\n"), "{old}");
        assert!(new.contains("\t\t\tAuthorization: *** (changed)\n"), "{new}");
        assert!(!new.contains("bmV3") && !new.contains("old one"), "{new}");
        // What is the same, what the text has taken over, and what is new, did not change.
        for after in [BEFORE.to_owned(), hide(BEFORE), BEFORE.replace("\tamy:", "\tbob:")] {
            let (_, new) = hide_both(BEFORE, &after);
            assert!(new.contains("\t\t\tAuthorization: ***\n"), "{new}");
        }
        let (_, new) = hide_both(BEFORE, &BEFORE.replace("old one", "older"));
        assert!(new.contains("# Authorization: *** (changed)\n"), "{new}");
    }

    #[test]
    fn a_file_that_cannot_be_read_hides_its_passwords_by_their_keys() {
        let text = "Transports:\n\ta:\n\t Password: geheim\r\n\t- Authorization: x: y\nPassword:\n";
        assert!(parse(text.as_bytes()).is_err());
        assert_eq!(hide(text), "Transports:\n\ta:\n\t Password: ***\r\n\t- Authorization: ***\nPassword:\n");
        let (_, new) = hide_both(text, &text.replace("geheim", "neu"));
        assert_eq!(
            new,
            "Transports:\n\ta:\n\t Password: *** (changed)\r\n\t- Authorization: ***\nPassword:\n"
        );
    }
}

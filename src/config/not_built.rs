//! Fields whose features are not built yet. They are read and checked as all fields are, with one warning each when
//! a file sets them to something other than their default. Who builds a feature takes its lines out.

use mox_address::Domain;
use serde::Serialize;

use crate::de::Found;
use crate::error::Fault;
use crate::ser::to_value;
use crate::tree::{Node, Tree, Value, join};

/// Paths in `mox.conf`; `*` stands for any name. All below each is meant, too.
pub const STATIC: &[&str] = &[
    "CheckUpdates",
    "Listeners.*.IMAP",
    "Listeners.*.IMAPS",
    "Listeners.*.WebmailHTTP",
    "Listeners.*.WebmailHTTPS",
    "Listeners.*.PprofHTTP",
];

/// Paths in `domains.conf`; `*` stands for any name. All below each is meant, too.
pub const DYNAMIC: &[&str] = &[
    "Domains.*.Aliases.*.ListMembers",
    "Accounts.*.SubjectPass",
    "Accounts.*.Introbox",
    "Accounts.*.AutomaticJunkFlags",
    "Accounts.*.JunkFilter",
    "Accounts.*.NoCustomPassword",
    "Accounts.*.IMAPCapabilitiesDisabled",
];

/// One warning for each of `patterns` that a file sets: at the first place, with the number of others.
pub(crate) fn warnings<T: Serialize>(tree: &Tree, value: &T, patterns: &[&str]) -> Vec<Found> {
    // What is written leaves out what has its default.
    let written = Node::bare(to_value(value));
    patterns.iter().filter_map(|pattern| warning(tree, &written, pattern)).collect()
}

fn warning(tree: &Tree, written: &Node, pattern: &str) -> Option<Found> {
    let steps: Vec<&str> = pattern.split('.').collect();
    let mut places = 0;
    walk(written, &steps, &mut Vec::new(), &mut |_, _| {
        places += 1;
        false
    });
    let more = usize::checked_sub(places, 1)?;
    let mut first = None;
    walk(tree.root(), &steps, &mut Vec::new(), &mut |node, path| {
        let set = path.iter().try_fold(written, |node, step| find(node, step)).is_some();
        if set {
            first = Some(Found { at: node.at, path: join(path), fault: Fault::NotBuilt(more) });
        }
        set
    });
    first
}

/// Visits what is at a pattern, in order, until `visit` says it is enough.
fn walk<'a>(
    node: &'a Node,
    steps: &[&str],
    path: &mut Vec<&'a str>,
    visit: &mut dyn FnMut(&'a Node, &[&'a str]) -> bool,
) -> bool {
    let Some((step, rest)) = steps.split_first() else { return visit(node, path) };
    let Value::Map(entries) = &node.value else { return false };
    entries.iter().filter(|entry| *step == "*" || entry.key == *step).any(|entry| {
        path.push(&entry.key);
        let enough = walk(&entry.node, rest, path, visit);
        path.pop();
        enough
    })
}

/// The value below a step; domain names are found in any spelling.
fn find<'a>(node: &'a Node, step: &str) -> Option<&'a Node> {
    node.get(step).or_else(|| {
        let domain = Domain::parse(step).ok()?;
        let Value::Map(entries) = &node.value else { return None };
        entries.iter().find(|e| Domain::parse(&e.key).is_ok_and(|d| d == domain)).map(|e| &e.node)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Dynamic;
    use crate::reference::Which;

    #[test]
    fn a_field_that_is_set_is_named_once() {
        let text = "Domains:\n\tMünchen.example:\n\t\tAliases:\n\t\t\tx:\n\t\t\t\tAddresses:\n\t\t\t\t\t- a@b.example\n\t\t\t\tListMembers: true\n\tb.example: nil\nAccounts:\n\ta:\n\t\tDomain: b.example\n\t\tNoCustomPassword: false\n\tc:\n\t\tDomain: b.example\n\t\tNoCustomPassword: true\n\tb:\n\t\tDomain: b.example\n\t\tNoCustomPassword: true\n";
        let tree = crate::tree::parse(text.as_bytes()).unwrap();
        let value = crate::de::from_tree::<Dynamic>(&tree).value.unwrap();
        let found: Vec<_> =
            warnings(&tree, &value, DYNAMIC).into_iter().map(|f| (f.at.line, f.path, f.fault)).collect();
        assert_eq!(
            found,
            [
                (7, "Domains.München.example.Aliases.x.ListMembers".into(), Fault::NotBuilt(0)),
                (15, "Accounts.c.NoCustomPassword".into(), Fault::NotBuilt(1)),
            ]
        );
    }

    #[test]
    fn every_path_is_a_field() {
        for (which, patterns) in [(Which::Static, STATIC), (Which::Dynamic, DYNAMIC)] {
            let paths = crate::reference::paths(which);
            for pattern in patterns {
                assert!(paths.contains(&(*pattern).to_owned()), "{pattern}");
            }
        }
    }
}

//! The same mail without what one reporter says, for each: anybody who has a domain may report, and say that a million
//! million messages passed, beside which what really fails is nothing.
//!
//! Work is bounded: where there are more reporters and groups than [`WORK`] allows for, those that report most messages
//! or most failures are left out in turn.

use std::collections::{BTreeMap, BTreeSet};

use mox_address::Domain;

use super::gather::{Counts, Group};
use super::ladder::{Scope, View};
use super::{Mail, World, one_scope};

/// Most groups that are looked at, over all views of a scope.
const WORK: usize = 1_000_000;

/// What is left without each reporter.
pub(super) fn views(
    domain: &Domain,
    scope: Scope,
    mail: &Mail,
    names: &BTreeMap<u32, String>,
    window: u64,
    world: &World,
) -> Vec<View> {
    let total = mail.messages();
    let most = (WORK / (mail.groups.len() + 1)).max(10);
    let view = |(reporter, counts): (u32, Counts)| View {
        reporter: names.get(&reporter).cloned().unwrap_or_default(),
        share: counts.messages() as f64 / total.max(1) as f64,
        flow: one_scope(domain, scope, mail.without(reporter), window, world).1,
    };
    heaviest(mail).into_iter().take(most).map(view).collect()
}

/// The reporters, and how much each reports; in turn that with most messages and that with most failures.
fn heaviest(mail: &Mail) -> Vec<(u32, Counts)> {
    let mut all = Group::default();
    mail.groups.iter().map(|(_, group)| group).chain([&mail.rest]).for_each(|group| all.merge(group));
    let by = |key: fn(&Counts) -> u64| {
        let mut order: Vec<(u32, Counts)> = all.by.iter().map(|(r, counts)| (*r, *counts)).collect();
        order.sort_by_key(|(_, counts)| std::cmp::Reverse(key(counts)));
        order
    };
    let (messages, failed) = (by(Counts::messages), by(|counts| counts.failed));
    let mut seen = BTreeSet::new();
    let turns = messages.into_iter().zip(failed).flat_map(|(a, b)| [a, b]);
    turns.filter(|(reporter, _)| seen.insert(*reporter)).collect()
}

impl Mail {
    /// What the other reporters say.
    fn without(&self, reporter: u32) -> Mail {
        let rest = |(key, group): &(super::Key, Group)| Some((key.clone(), group.without(reporter)?));
        Mail {
            domains: BTreeMap::new(),
            groups: self.groups.iter().filter_map(rest).collect(),
            rest: self.rest.without(reporter).unwrap_or_default(),
        }
    }
}

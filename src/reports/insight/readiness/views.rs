//! The same mail without what one reporter says, for each: anybody who has a domain may report, and say that a million
//! million messages passed, beside which what really fails is nothing.
//!
//! Work is bounded: where there are more reporters and addresses than [`WORK`] allows for, those that report most messages
//! or most failures are left out in turn.

use std::collections::{BTreeMap, BTreeSet};

use super::gather::Counts;
use super::ladder::View;
use super::services::Services;

/// Most addresses that are looked at, over all views of a scope.
const WORK: usize = 1_000_000;

/// What is left without each reporter.
pub(super) fn views(services: &Services<'_>, names: &BTreeMap<u32, String>) -> Vec<View> {
    let total = services.messages();
    let most = (WORK / (services.addresses() + 1)).max(10);
    let view = |(reporter, counts): (u32, Counts)| View {
        reporter: names.get(&reporter).cloned().unwrap_or_default(),
        share: counts.messages() as f64 / total.max(1) as f64,
        flow: services.flow(Some(reporter)),
    };
    heaviest(&services.reporters()).into_iter().take(most).map(view).collect()
}

/// The reporters, and how much each reports; in turn that with most messages and that with most failures.
fn heaviest(reporters: &BTreeMap<u32, Counts>) -> Vec<(u32, Counts)> {
    let by = |key: fn(&Counts) -> u64| {
        let mut order: Vec<(u32, Counts)> = reporters.iter().map(|(r, counts)| (*r, *counts)).collect();
        order.sort_by_key(|(_, counts)| std::cmp::Reverse(key(counts)));
        order
    };
    let (messages, failed) = (by(Counts::messages), by(|counts| counts.failed));
    let mut seen = BTreeSet::new();
    let turns = messages.into_iter().zip(failed).flat_map(|(a, b)| [a, b]);
    turns.filter(|(reporter, _)| seen.insert(*reporter)).collect()
}

//! Counting, within bounds: messages by how they passed, reporters by number, groups up to a limit.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::net::IpAddr;

use mox_admin::ops::{MailCounts, MailSource};
use mox_dmarcrpt::{Action, Record};

use super::MAX_GROUPS;
use super::service::Ptr;

/// Names as small numbers.
#[derive(Debug, Default)]
pub(crate) struct Numbers(HashMap<String, u32>);

impl Numbers {
    /// The number of a name, the same each time.
    pub(crate) fn of(&mut self, name: &str) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.to_owned(), next);
        next
    }
}

/// Messages of a group, and who reported them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) counts: MailCounts,
    pub(crate) reporters: BTreeSet<u32>,
}

impl Tally {
    pub(crate) fn take(&mut self, record: &Record, reporter: u32) {
        add(&mut self.counts, &counts(record));
        self.reporters.insert(reporter);
    }

    pub(crate) fn merge(&mut self, other: &Tally) {
        add(&mut self.counts, &other.counts);
        self.reporters.extend(&other.reporters);
    }
}

fn counts(record: &Record) -> MailCounts {
    let when = |is: bool| if is { record.count } else { 0 };
    MailCounts {
        messages: record.count,
        both: when(record.dkim && record.spf),
        dkim: when(record.dkim && !record.spf),
        spf: when(!record.dkim && record.spf),
        failed: when(!record.passes()),
        quarantined: when(record.disposition == Action::Quarantine),
        rejected: when(record.disposition == Action::Reject),
    }
}

fn add(to: &mut MailCounts, more: &MailCounts) {
    for (sum, more) in [
        (&mut to.messages, more.messages),
        (&mut to.both, more.both),
        (&mut to.dkim, more.dkim),
        (&mut to.spf, more.spf),
        (&mut to.failed, more.failed),
        (&mut to.quarantined, more.quarantined),
        (&mut to.rejected, more.rejected),
    ] {
        *sum = sum.saturating_add(more);
    }
}

/// Groups up to [`MAX_GROUPS`].
pub(crate) struct Groups<K, V>(HashMap<K, V>);

impl<K: Eq + Hash, V: Default> Groups<K, V> {
    pub(crate) fn new() -> Groups<K, V> {
        Groups(HashMap::new())
    }

    /// The group of a key; none when it is new and there is no room.
    pub(crate) fn get(&mut self, key: K) -> Option<&mut V> {
        if self.0.len() >= MAX_GROUPS && !self.0.contains_key(&key) {
            return None;
        }
        Some(self.0.entry(key).or_default())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }
}

impl<K, V> IntoIterator for Groups<K, V> {
    type Item = (K, V);
    type IntoIter = std::collections::hash_map::IntoIter<K, V>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The addresses that sent most, the most first.
pub(crate) fn heaviest(sent: impl Iterator<Item = (Option<IpAddr>, u64)>) -> Vec<IpAddr> {
    let mut sums: HashMap<IpAddr, u64> = HashMap::new();
    for (ip, count) in sent {
        if let Some(ip) = ip {
            let sum = sums.entry(ip).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let mut sorted: Vec<(IpAddr, u64)> = sums.into_iter().collect();
    sorted.sort_by(|(a, x), (b, y)| y.cmp(x).then(a.cmp(b)));
    sorted.into_iter().map(|(ip, _)| ip).collect()
}

/// An address in words.
pub(crate) fn address(ip: Option<IpAddr>) -> String {
    ip.map_or_else(String::new, |ip| ip.to_string())
}

/// What is known of a name: the name, and the word for how sure it is.
pub(crate) fn told(ptr: &Ptr) -> (Option<String>, &'static str) {
    match ptr {
        Ptr::Confirmed(name) => (Some(name.clone()), "confirmed"),
        Ptr::Unconfirmed(name) => (Some(name.clone()), "unconfirmed"),
        Ptr::Missing => (None, "missing"),
        Ptr::Unknown => (None, "unknown"),
    }
}

/// An address that sends, for a reply.
pub(crate) fn source(ip: Option<IpAddr>, ptr: &Ptr, counts: MailCounts) -> MailSource {
    let (name, state) = told(ptr);
    MailSource { address: address(ip), name, name_state: state.to_owned(), counts }
}

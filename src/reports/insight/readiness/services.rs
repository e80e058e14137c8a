//! The services behind the mail of a scope, and how much of each is judged to be what: by all that is reported, or without
//! what one reporter says, which is the same mail with other numbers.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use mox_address::Domain;
use mox_admin::ops::{ReadinessAddress, ReadinessSource};

use super::World;
use super::gather::{Counts, Group, Key};
use super::judge::{Facts, Kind, MANY_ADDRESSES, is_steady, judge, kind};
use super::ladder::Flow;
use crate::insight::service::{NamedBy, Ptr, Service, is_generic, is_within};
use crate::insight::tally::{address, told};

/// Most addresses of a source in a reply.
const MAX_ADDRESSES: usize = 20;

/// See the file.
pub(super) struct Services<'a> {
    domain: &'a Domain,
    /// Days with reports.
    window: u64,
    world: &'a World,
    /// Mail for which there was no room among the groups.
    rest: Group,
    all: BTreeMap<Service, BTreeMap<Option<IpAddr>, Group>>,
}

/// An address of a service, what is known of its mail, and the numbers of a view.
type Seen<'a> = (Option<IpAddr>, &'a Group, Counts);

impl<'a> Services<'a> {
    /// Hosts that the domain's SPF record lists are not thrown together with strangers.
    pub(super) fn new(
        domain: &'a Domain,
        groups: &[(Key, Group)],
        rest: Group,
        window: u64,
        world: &'a World,
    ) -> Services<'a> {
        let mut all: BTreeMap<Service, BTreeMap<Option<IpAddr>, Group>> = BTreeMap::new();
        for (key, group) in groups {
            let ptr = key.ip.and_then(|ip| world.names.get(&ip)).unwrap_or(&Ptr::Unknown);
            let mut service = key.hint.service(domain.ascii(), key.ip, ptr);
            let listed = key.ip.is_some_and(|ip| world.listed.get(&ip) == Some(&true));
            if service.by == NamedBy::Nothing && listed {
                service = Service { name: domain.ascii().to_owned(), by: NamedBy::Spf, known: false };
            }
            all.entry(service).or_default().entry(key.ip).or_default().merge(group);
        }
        Services { domain, window, world, rest, all }
    }

    /// How many addresses there are.
    pub(super) fn addresses(&self) -> usize {
        self.all.values().map(BTreeMap::len).sum()
    }

    /// All messages.
    pub(super) fn messages(&self) -> u64 {
        self.groups().map(Group::messages).fold(0, u64::saturating_add)
    }

    /// Mail for which there was no room among the groups.
    pub(super) fn rest(&self) -> Counts {
        self.rest.all
    }

    /// How much each reporter reports.
    pub(super) fn reporters(&self) -> BTreeMap<u32, Counts> {
        let mut by: BTreeMap<u32, Counts> = BTreeMap::new();
        for (reporter, counts) in self.groups().flat_map(|group| &group.by) {
            let sum = by.entry(*reporter).or_default();
            *sum = sum.plus(*counts);
        }
        by
    }

    /// How much mail is of which kind, without what one reporter says.
    pub(super) fn flow(&self, without: Option<u32>) -> Flow {
        let counts = self.groups().filter_map(|group| group.without(without));
        let all = counts.fold(Counts::default(), Counts::plus);
        let mut flow = Flow { passed: all.passed, spf_only: all.spf_only, ..Flow::default() };
        self.each(without, |service, seen| {
            let Some(facts) = self.facts(&service, &seen) else { return };
            let sum = match kind(&facts) {
                Kind::Own | Kind::Service | Kind::Unclear => &mut flow.at_risk,
                Kind::Forwarder => &mut flow.forwarded,
                Kind::Forged => &mut flow.forged,
            };
            *sum = sum.saturating_add(facts.failed);
        });
        flow
    }

    /// The services whose mail does not all pass, those that fail most first. Percents are of `total` messages.
    pub(super) fn sources(&self, total: u64) -> Vec<ReadinessSource> {
        let mut sources: Vec<ReadinessSource> = Vec::new();
        self.each(None, |service, seen| {
            if let Some(facts) = self.facts(&service, &seen) {
                sources.push(self.source(&facts, seen, total));
            }
        });
        sources.sort_by(|a, b| b.failed.cmp(&a.failed).then(a.service.cmp(&b.service)));
        sources
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.all.values().flat_map(BTreeMap::values).chain([&self.rest])
    }

    /// Each service of a view. A few strangers that fail day after day are services of their own: one that is the owner's
    /// would be taken for one of many forgers.
    fn each<'s>(&'s self, without: Option<u32>, mut take: impl FnMut(Cow<'s, Service>, Vec<Seen<'s>>)) {
        for (service, addresses) in &self.all {
            let seen =
                |(ip, group): (&Option<IpAddr>, &'s Group)| Some((*ip, group, group.without(without)?));
            let seen: Vec<Seen<'s>> = addresses.iter().filter_map(seen).collect();
            let apart = if *service == Service::unknown() { self.apart(&seen) } else { BTreeSet::new() };
            let is_apart = |(ip, ..): &Seen<'_>| ip.is_some_and(|ip| apart.contains(&ip));
            let (steady, others): (Vec<Seen<'s>>, Vec<Seen<'s>>) = seen.into_iter().partition(is_apart);
            for (ip, group, counts) in steady {
                let name = ip.map(|ip| ip.to_string()).unwrap_or_default();
                take(Cow::Owned(Service { name, ..Service::unknown() }), vec![(ip, group, counts)]);
            }
            take(Cow::Borrowed(service), others);
        }
    }

    /// The addresses that fail day after day, if they are few.
    fn apart(&self, strangers: &[Seen<'_>]) -> BTreeSet<IpAddr> {
        let is_steady = |group: &Group| is_steady(group.days.len() as u64, self.window);
        let steady = strangers.iter().filter(|(_, group, _)| is_steady(group)).filter_map(|(ip, ..)| *ip);
        let steady: BTreeSet<IpAddr> = steady.collect();
        if steady.len() as u64 >= MANY_ADDRESSES { BTreeSet::new() } else { steady }
    }

    /// What is known of a service; none when all of its mail passes.
    fn facts(&self, service: &Service, seen: &[Seen<'_>]) -> Option<Facts> {
        let all = seen.iter().fold(Counts::default(), |sum, (_, _, counts)| sum.plus(*counts));
        let failing = || seen.iter().filter(|(_, _, counts)| counts.failed > 0);
        let addresses = failing().count() as u64;
        if addresses == 0 {
            return None;
        }
        let mut days: Vec<i64> = seen.iter().flat_map(|(_, group, _)| &group.days).copied().collect();
        days.sort_unstable();
        days.dedup();
        let known =
            || failing().filter_map(|(ip, ..)| *ip).filter_map(|ip| Some((ip, self.world.names.get(&ip)?)));
        let count =
            |is: &dyn Fn(IpAddr, &Ptr) -> bool| known().filter(|(ip, ptr)| is(*ip, ptr)).count() as u64;
        let is_listed = |ip: &Option<IpAddr>| ip.is_some_and(|ip| self.world.listed.get(&ip) == Some(&true));
        let ours = self.domain.ascii();
        Some(Facts {
            domain: ours.to_owned(),
            service: service.clone(),
            failed: all.failed,
            passed: all.passed,
            days: days.len() as u64,
            window: self.window,
            addresses,
            signed: all.signed,
            let_pass: all.let_pass,
            indirect: all.indirect,
            listed: failing().filter(|(ip, ..)| is_listed(ip)).count() as u64,
            own_names: count(&|_, ptr| ptr.confirmed().is_some_and(|name| is_within(name, ours))),
            nameless: count(&|ip, ptr| match ptr {
                Ptr::Confirmed(name) => is_generic(name, ip),
                Ptr::Unconfirmed(_) | Ptr::Missing => true,
                Ptr::Unknown => false,
            }),
            looked_up: count(&|_, ptr| *ptr != Ptr::Unknown),
        })
    }

    fn source(&self, facts: &Facts, mut seen: Vec<Seen<'_>>, total: u64) -> ReadinessSource {
        let judged = judge(facts);
        let reporters: BTreeSet<u32> = seen
            .iter()
            .flat_map(|(_, group, _)| &group.by)
            .filter(|(_, counts)| counts.failed > 0)
            .map(|(reporter, _)| *reporter)
            .collect();
        seen.retain(|(_, _, counts)| counts.failed > 0);
        seen.sort_by_key(|(_, _, counts)| std::cmp::Reverse(counts.failed));
        let more_addresses = seen.len().saturating_sub(MAX_ADDRESSES) as u64;
        let addresses = seen.into_iter().take(MAX_ADDRESSES);
        ReadinessSource {
            service: facts.service.name.clone(),
            named_by: facts.service.by.keyword().to_owned(),
            kind: judged.kind.keyword().to_owned(),
            because: judged.because,
            mend: judged.mend,
            failed: facts.failed,
            percent: ((facts.failed as f64 / total.max(1) as f64) * 10_000.0).round() / 100.0,
            passed: facts.passed,
            days: facts.days,
            reporters: reporters.len() as u64,
            addresses: addresses.map(|(ip, _, counts)| self.address(ip, counts.failed)).collect(),
            more_addresses,
        }
    }

    fn address(&self, ip: Option<IpAddr>, failed: u64) -> ReadinessAddress {
        let (name, state) = told(ip.and_then(|ip| self.world.names.get(&ip)).unwrap_or(&Ptr::Unknown));
        let listed = ip.and_then(|ip| self.world.listed.get(&ip).copied());
        ReadinessAddress { address: address(ip), name, name_state: state.to_owned(), listed, failed }
    }
}

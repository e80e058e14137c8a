//! Whether a domain is ready for a stricter DMARC policy: what would suffer under `quarantine` and `reject`, by what
//! received reports tell, and the record for the next step. RFC 9989 §7.4.
//!
//! Mail of the domain, of names below it that exist and of names that do not is looked at apart, since `p`, `sp` and
//! `np` are for these. [`judge`] tells sources apart, [`ladder`] steps; both are given facts and ask nobody. What one
//! reporter says is not enough: [`views`] leaves out each in turn.

mod gather;
mod judge;
mod ladder;
mod publish;
mod views;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use mox_address::Domain;
use mox_admin::ops::{Readiness, ReadinessAddress, ReadinessScope, ReadinessSource, ReadinessStep};
use mox_admin::{OpError, Time};
use mox_dmarc::{Discovery, Walker, discover};
use mox_store::Store;

use super::names::Asker;
use super::service::{NamedBy, Ptr, Service, is_generic, is_within};
use super::tables::Span;
use super::tally::{address, heaviest, told};
use gather::{Gathered, Group, Key, gather};
use judge::{Facts, Kind, MANY_ADDRESSES, is_steady, judge};
use ladder::{Flow, Rung, Scope, Step, Verdict};
use publish::Published;

/// Most names below the domain of which is asked whether they exist.
const MAX_NAMES: usize = 50;

/// Most sources of a scope in a reply.
const MAX_SOURCES: usize = 50;

/// Most addresses of a source in a reply.
const MAX_ADDRESSES: usize = 20;

/// What DNS says now.
struct World {
    found: Discovery,
    names: HashMap<IpAddr, Ptr>,
    listed: HashMap<IpAddr, bool>,
    nonexistent: HashSet<String>,
}

/// Tells whether `domain` is ready. `rua` is where its reports go when it has no record yet.
pub(super) async fn readiness(
    store: &Store,
    asker: &Asker,
    domain: Domain,
    span: Span,
    rua: Option<String>,
) -> Result<Readiness, OpError> {
    let found = discover(asker.resolver.as_ref(), &domain).await;
    let mut policy_domains = vec![domain.ascii().to_owned()];
    for above in [&found.policy_domain, &found.organizational_domain].into_iter().flatten() {
        if !policy_domains.iter().any(|one| one == above.ascii()) {
            policy_domains.push(above.ascii().to_owned());
        }
    }
    let (since, of) = (Time(span.since), domain.clone());
    let read = store.read(move |_, tx| gather(tx.conn(), &span, &policy_domains, &of));
    let gathered = read.await.map_err(OpError::failed)?;
    let failing = gathered.groups.iter().filter(|(_, group)| group.all.failed > 0);
    let addresses = heaviest(failing.map(|(key, group)| (key.ip, group.all.failed)));
    let asker = asker.anew();
    let (names, listed, nonexistent) = tokio::join!(
        asker.names(&addresses),
        asker.listed(&domain, &addresses),
        nonexistent(&asker, &domain, &gathered),
    );
    let world = World { found, names, listed, nonexistent };
    Ok(reply(&domain, since, gathered, &world, rua))
}

/// The names in From that do not exist, of those with most mail.
async fn nonexistent(asker: &Asker, domain: &Domain, gathered: &Gathered) -> HashSet<String> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, group) in gathered.groups.iter().filter(|(key, _)| key.from != domain.ascii()) {
        let sum = sums.entry(&key.from).or_default();
        *sum = sum.saturating_add(group.messages());
    }
    let mut names: Vec<(&str, u64)> = sums.into_iter().collect();
    names.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let mut found = HashSet::new();
    for (name, _) in names.into_iter().take(MAX_NAMES) {
        let Ok(parsed) = Domain::parse(name) else {
            found.insert(name.to_owned());
            continue;
        };
        if matches!(Walker::new(asker.resolver.as_ref()).is_nonexistent(&parsed).await, Ok(true)) {
            found.insert(name.to_owned());
        }
    }
    found
}

/// What one scope is made of.
#[derive(Debug, Clone, Default)]
struct Mail {
    domains: BTreeMap<String, u64>,
    groups: Vec<(Key, Group)>,
    rest: Group,
}

impl Mail {
    fn messages(&self) -> u64 {
        let all = self.groups.iter().map(|(_, group)| group).chain([&self.rest]);
        all.map(Group::messages).fold(0, u64::saturating_add)
    }
}

/// The mail of each scope.
fn by_scope(
    domain: &Domain,
    groups: HashMap<Key, Group>,
    rest: BTreeMap<bool, Group>,
    world: &World,
) -> BTreeMap<Scope, Mail> {
    let mut mail: BTreeMap<Scope, Mail> =
        Scope::ALL.into_iter().map(|scope| (scope, Mail::default())).collect();
    for (key, group) in groups {
        let scope = match key.from.as_str() {
            name if name == domain.ascii() => Scope::Domain,
            name if world.nonexistent.contains(name) => Scope::Nonexistent,
            _ => Scope::Below,
        };
        let of = mail.entry(scope).or_default();
        let sum = of.domains.entry(key.from.clone()).or_default();
        *sum = sum.saturating_add(group.messages());
        of.groups.push((key, group));
    }
    for (own, group) in rest {
        mail.entry(if own { Scope::Domain } else { Scope::Below }).or_default().rest.merge(&group);
    }
    mail
}

fn reply(domain: &Domain, since: Time, gathered: Gathered, world: &World, rua: Option<String>) -> Readiness {
    let mail = by_scope(domain, gathered.groups, gathered.rest, world);
    let total = mail.values().map(Mail::messages).fold(0, u64::saturating_add);
    let missing = ladder::missing(total, gathered.days, gathered.reporters.len() as u64);
    let published = Published::of(domain, &world.found, rua);
    let scopes = mail.into_iter().map(|(scope, mail)| {
        let views = match missing.is_empty() {
            true => views::views(domain, scope, &mail, &gathered.reporters, gathered.days, world),
            false => Vec::new(),
        };
        let (told, flow) = one_scope(domain, scope, mail, gathered.days, world);
        (scope, told, ladder::ladder(scope, &flow, &views, published.step(scope), &missing))
    });
    let mut built: Vec<(Scope, ReadinessScope, Vec<Rung>)> = scopes.collect();
    let is_ready = |rungs: &[Rung]| rungs.last().is_some_and(|rung| rung.verdict == Verdict::Ready);
    let ready = built.iter().all(|(_, _, rungs)| is_ready(rungs));
    let ladders: BTreeMap<Scope, Vec<Rung>> = built.iter().map(|(s, _, rungs)| (*s, rungs.clone())).collect();
    for (scope, told, rungs) in &mut built {
        told.ladder = rungs.iter().map(|rung| step(rung, published.step(*scope))).collect();
        told.next = published.next(*scope, &ladders);
    }
    Readiness {
        domain: domain.ascii().to_owned(),
        since,
        record: published.text.clone(),
        problem: world.found.problem.clone().or_else(|| published.problem()),
        reports: gathered.reports,
        reporters: gathered.reporters.len() as u64,
        days: gathered.days,
        missing,
        scopes: built.into_iter().map(|(_, told, _)| told).collect(),
        ready,
        cut: gathered.cut,
    }
}

fn step(rung: &Rung, current: Option<Step>) -> ReadinessStep {
    ReadinessStep {
        step: rung.step.keyword().to_owned(),
        current: current == Some(rung.step),
        verdict: rung.verdict.keyword().to_owned(),
        suffer: rung.suffer,
        percent: rung.percent,
        reasons: rung.reasons.clone(),
    }
}

/// The mail of a scope: its sources, and how much of it is of which kind.
fn one_scope(
    domain: &Domain,
    scope: Scope,
    mail: Mail,
    window: u64,
    world: &World,
) -> (ReadinessScope, Flow) {
    let messages = mail.messages();
    let mut flow = Flow { passed: mail.rest.all.passed, spf_only: mail.rest.all.spf_only, ..Flow::default() };
    for (_, group) in &mail.groups {
        flow.passed = flow.passed.saturating_add(group.all.passed);
        flow.spf_only = flow.spf_only.saturating_add(group.all.spf_only);
    }
    let mut sources: Vec<ReadinessSource> = Vec::new();
    for (service, addresses) in services(domain, &mail.groups, window, world) {
        let Some((kind, told)) = source(domain, service, addresses, window, messages, world) else {
            continue;
        };
        let sum = match kind {
            Kind::Own | Kind::Service | Kind::Unclear => &mut flow.at_risk,
            Kind::Forwarder => &mut flow.forwarded,
            Kind::Forged => &mut flow.forged,
        };
        *sum = sum.saturating_add(told.failed);
        sources.push(told);
    }
    sources.sort_by(|a, b| b.failed.cmp(&a.failed).then(a.service.cmp(&b.service)));
    let cut = sources.split_off(sources.len().min(MAX_SOURCES));
    let unlisted = cut.iter().map(|source| source.failed).fold(mail.rest.all.failed, u64::saturating_add);
    let mut domains: Vec<(String, u64)> = mail.domains.into_iter().collect();
    domains.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let told = ReadinessScope {
        tag: scope.tag().to_owned(),
        domains: domains.into_iter().take(MAX_NAMES).map(|(name, _)| name).collect(),
        messages,
        passed: flow.passed,
        spf_only: flow.spf_only,
        sources,
        unlisted,
        ladder: Vec::new(),
        next: None,
    };
    (told, flow)
}

/// Mail of a service by its addresses.
type Addresses = BTreeMap<Option<IpAddr>, Group>;

/// The services that mail comes from. Hosts that the domain's SPF record lists are not thrown together with strangers,
/// and neither are a few that fail day after day.
fn services(
    domain: &Domain,
    groups: &[(Key, Group)],
    window: u64,
    world: &World,
) -> BTreeMap<Service, Addresses> {
    let mut services: BTreeMap<Service, Addresses> = BTreeMap::new();
    for (key, group) in groups {
        let ptr = key.ip.and_then(|ip| world.names.get(&ip)).unwrap_or(&Ptr::Unknown);
        let mut service = key.hint.service(domain.ascii(), key.ip, ptr);
        let listed = key.ip.is_some_and(|ip| world.listed.get(&ip) == Some(&true));
        if service.by == NamedBy::Nothing && listed {
            service = Service { name: domain.ascii().to_owned(), by: NamedBy::Spf, known: false };
        }
        services.entry(service).or_default().entry(key.ip).or_default().merge(group);
    }
    let steady = services.get_mut(&Service::unknown()).map(|strangers| apart(strangers, window));
    services.extend(steady.into_iter().flatten().map(|(ip, group)| {
        let service = Service { name: ip.to_string(), ..Service::unknown() };
        (service, Addresses::from([(Some(ip), group)]))
    }));
    services
}

/// Takes the addresses that fail day after day from among those that nothing names, if they are few: one that is the
/// owner's would be taken for one of many forgers.
fn apart(strangers: &mut Addresses, window: u64) -> Vec<(IpAddr, Group)> {
    let is_steady = |group: &Group| is_steady(group.days.len() as u64, window);
    let steady = strangers.iter().filter(|(_, group)| is_steady(group)).filter_map(|(ip, _)| *ip);
    let steady: Vec<IpAddr> = steady.collect();
    if steady.len() as u64 >= MANY_ADDRESSES {
        return Vec::new();
    }
    steady.into_iter().filter_map(|ip| Some((ip, strangers.remove(&Some(ip))?))).collect()
}

/// Judges a service by its addresses; none when all of its mail passes.
fn source(
    domain: &Domain,
    service: Service,
    addresses: Addresses,
    window: u64,
    total: u64,
    world: &World,
) -> Option<(Kind, ReadinessSource)> {
    let mut all = Group::default();
    addresses.values().for_each(|group| all.merge(group));
    let mut failing: Vec<(Option<IpAddr>, u64)> = addresses
        .iter()
        .filter(|(_, group)| group.all.failed > 0)
        .map(|(ip, group)| (*ip, group.all.failed))
        .collect();
    failing.sort_by_key(|(_, failed)| std::cmp::Reverse(*failed));
    if failing.is_empty() {
        return None;
    }
    let facts = facts(domain, &service, &all, &failing, window, world);
    let judged = judge(&facts);
    let more = failing.len().saturating_sub(MAX_ADDRESSES) as u64;
    let told = ReadinessSource {
        service: service.name,
        named_by: service.by.keyword().to_owned(),
        kind: judged.kind.keyword().to_owned(),
        because: judged.because,
        mend: judged.mend,
        failed: all.all.failed,
        percent: ((all.all.failed as f64 / total.max(1) as f64) * 10_000.0).round() / 100.0,
        passed: all.all.passed,
        days: facts.days,
        reporters: all.reporters(),
        addresses: failing
            .into_iter()
            .take(MAX_ADDRESSES)
            .map(|(ip, failed)| one_address(ip, failed, world))
            .collect(),
        more_addresses: more,
    };
    Some((judged.kind, told))
}

fn facts(
    domain: &Domain,
    service: &Service,
    all: &Group,
    failing: &[(Option<IpAddr>, u64)],
    window: u64,
    world: &World,
) -> Facts {
    let known =
        || failing.iter().filter_map(|(ip, _)| *ip).filter_map(|ip| Some((ip, world.names.get(&ip)?)));
    let count = |is: &dyn Fn(IpAddr, &Ptr) -> bool| known().filter(|(ip, ptr)| is(*ip, ptr)).count() as u64;
    let listed = failing.iter().filter(|(ip, _)| ip.is_some_and(|ip| world.listed.get(&ip) == Some(&true)));
    Facts {
        domain: domain.ascii().to_owned(),
        service: service.clone(),
        failed: all.all.failed,
        passed: all.all.passed,
        days: all.days.len() as u64,
        window,
        addresses: failing.len() as u64,
        signed: all.all.signed,
        let_pass: all.all.let_pass,
        indirect: all.all.indirect,
        listed: listed.count() as u64,
        own_names: count(&|_, ptr| ptr.confirmed().is_some_and(|name| is_within(name, domain.ascii()))),
        nameless: count(&|ip, ptr| match ptr {
            Ptr::Confirmed(name) => is_generic(name, ip),
            Ptr::Unconfirmed(_) | Ptr::Missing => true,
            Ptr::Unknown => false,
        }),
        looked_up: count(&|_, ptr| *ptr != Ptr::Unknown),
    }
}

fn one_address(ip: Option<IpAddr>, failed: u64, world: &World) -> ReadinessAddress {
    let (name, state) = told(ip.and_then(|ip| world.names.get(&ip)).unwrap_or(&Ptr::Unknown));
    let listed = ip.and_then(|ip| world.listed.get(&ip).copied());
    ReadinessAddress { address: address(ip), name, name_state: state.to_owned(), listed, failed }
}

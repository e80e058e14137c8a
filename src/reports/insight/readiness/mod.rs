//! Whether a domain is ready for a stricter DMARC policy: what would suffer under `quarantine` and `reject`, by what
//! received reports tell, and the record for the next step. RFC 9989 §7.4.
//!
//! Mail of the domain, of names below it that exist and of names that do not is looked at apart, since `p`, `sp` and
//! `np` are for these. [`services`] says who sends it, [`judge`] tells these apart, [`ladder`] steps; they are given facts
//! and ask nobody. What one reporter says is not enough: [`views`] leaves out each in turn.

mod gather;
mod judge;
mod ladder;
mod publish;
mod services;
mod views;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use mox_address::Domain;
use mox_admin::ops::{Readiness, ReadinessScope, ReadinessStep};
use mox_admin::{OpError, Time};
use mox_dmarc::{Discovery, Walker, discover};
use mox_store::Store;

use super::names::Asker;
use super::service::Ptr;
use super::tables::Span;
use super::tally::heaviest;
use gather::{Gathered, Group, Key, gather};
use ladder::{Flow, Rung, Scope, Step, Verdict};
use publish::Published;
use services::Services;

/// Most names below the domain of which is asked whether they exist.
const MAX_NAMES: usize = 50;

/// Most sources of a scope in a reply.
const MAX_SOURCES: usize = 50;

/// What DNS says now.
struct World {
    found: Discovery,
    names: HashMap<IpAddr, Ptr>,
    listed: HashMap<IpAddr, bool>,
    nonexistent: HashSet<String>,
}

/// Tells whether `domain` is ready, by so many rows of reports at most, the latest. `rua` is where its reports go when it
/// has no record yet.
pub(super) async fn readiness(
    store: &Store,
    asker: &Asker,
    domain: Domain,
    span: Span,
    most: u64,
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
    let read = store.read(move |_, tx| gather(tx.conn(), &span, &policy_domains, &of, most));
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
    let groups =
        mail.values().flat_map(|mail| mail.groups.iter().map(|(_, group)| group).chain([&mail.rest]));
    let total = groups.map(Group::messages).fold(0, u64::saturating_add);
    let missing = ladder::missing(total, gathered.days, gathered.reporters.len() as u64);
    let published = Published::of(domain, &world.found, rua);
    let scopes = mail.into_iter().map(|(scope, mail)| {
        let services = Services::new(domain, &mail.groups, mail.rest, gathered.days, world);
        let views = match missing.is_empty() {
            true => views::views(&services, &gathered.reporters),
            false => Vec::new(),
        };
        let (told, flow) = one_scope(scope, mail.domains, &services);
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
    scope: Scope,
    domains: BTreeMap<String, u64>,
    services: &Services<'_>,
) -> (ReadinessScope, Flow) {
    let (messages, flow) = (services.messages(), services.flow(None));
    let mut sources = services.sources(messages);
    let cut = sources.split_off(sources.len().min(MAX_SOURCES));
    let unlisted = cut.iter().map(|source| source.failed).fold(services.rest().failed, u64::saturating_add);
    let mut domains: Vec<(String, u64)> = domains.into_iter().collect();
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

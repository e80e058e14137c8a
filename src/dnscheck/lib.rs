//! What is wrong with a domain's records for mail, and how to mend it.
//!
//! [`check`] asks DNS, the policy host and the mail hosts everything at once, within one budget of time and questions,
//! and gives [`Finding`]s: what is as it should be, too. A check that did not end says so, and is never taken for good.
//! [`Expected`] is what a domain of our configuration should publish; without it the public records alone are judged.

mod checks;
mod expected;
mod finding;
mod ground;
mod providers;
mod published;
mod records;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod visits;

use std::sync::Arc;
use std::time::Duration;

use mox_address::Domain;
use mox_clock::{Clock, Random};
use mox_dns::{BoxFuture, BudgetedResolver, Resolver};
use mox_https::Cidr;
use mox_mtasts::Fetch;
use mox_net::Dial;
use mox_tls::RootCertStore;

pub use expected::{Expected, Further, Issuer, Reader, Service, public_ips};
pub use finding::{Finding, Severity};
pub use ground::all;
pub use providers::{Provider, provider};
pub use published::{Published, State, published};
pub use records::{Row, TTL, zone_text};

use ground::{Ground, Mail};

/// Longest time for everything.
pub const TIME: Duration = Duration::from_secs(2);
/// Longest time for DNS, so that checks can still say which answer is missing.
const DNS_TIME: Duration = Duration::from_millis(1800);
/// Most DNS questions; a large domain asks about 150.
const QUESTIONS: u32 = 500;

/// What is asked, and by what time.
pub struct World {
    /// DNS.
    pub resolver: Arc<dyn Resolver>,
    /// Connections to mail hosts.
    pub dial: Arc<dyn Dial>,
    /// Asks policy hosts.
    pub web: Arc<dyn Fetch>,
    /// Networks that count as reachable although they are not public: those of a lab.
    pub reachable: Vec<Cidr>,
    /// Authorities that certificates of mail hosts should lead to.
    pub roots: Arc<RootCertStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

/// Everything there is to say about a domain, the worst first.
pub async fn check(world: &World, domain: &Domain, ours: Option<&Expected>) -> Vec<Finding> {
    check_some(world, domain, ours, &[]).await
}

/// The names of all checks.
pub fn names() -> impl Iterator<Item = &'static str> {
    let alone = checks::ALONE.iter().map(|(name, _)| *name);
    alone.chain(checks::WITH_MAIL.iter().map(|(name, _)| *name))
}

/// What some checks, by their [`names`], say about a domain, the worst first; all checks where none is named.
pub async fn check_some(
    world: &World,
    domain: &Domain,
    ours: Option<&Expected>,
    some: &[String],
) -> Vec<Finding> {
    let wanted = |name: &str| some.is_empty() || some.iter().any(|one| one == name);
    let resolver: Arc<dyn Resolver> = Arc::new(BudgetedResolver::new(
        Arc::clone(&world.resolver),
        Arc::clone(&world.clock),
        QUESTIONS,
        DNS_TIME,
    ));
    let ground = Ground { world, resolver: &*resolver, domain, ours };
    let begun = world.clock.monotonic();
    let alone: Vec<BoxFuture<'_, Vec<Finding>>> = checks::ALONE
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, check)| bounded(&ground, name, check(&ground), TIME))
        .collect();
    let (mut findings, others) = tokio::join!(all(alone), async {
        if !checks::WITH_MAIL.iter().any(|(name, _)| wanted(name)) {
            return Vec::new();
        }
        let mail = Mail::gather(&ground).await;
        let left = TIME.saturating_sub(world.clock.monotonic().saturating_sub(begun));
        let with_mail: Vec<BoxFuture<'_, Vec<Finding>>> = checks::WITH_MAIL
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(name, check)| bounded(&ground, name, check(&ground, &mail), left))
            .collect();
        all(with_mail).await
    });
    findings.extend(others);
    let mut findings: Vec<Finding> = findings.into_iter().flatten().collect();
    // What several checks stumbled over is said once.
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|finding| seen.insert((finding.id, finding.subject.clone(), finding.evidence.clone())));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// A check, or the finding that it did not end in time.
fn bounded<'a>(
    ground: &'a Ground<'a>,
    name: &'static str,
    check: BoxFuture<'a, Vec<Finding>>,
    time: Duration,
) -> BoxFuture<'a, Vec<Finding>> {
    Box::pin(async move {
        tokio::select! {
            biased;
            found = check => found,
            () = ground.world.clock.sleep(time) => {
                let text = "the check did not end in time, so nothing is known";
                vec![Finding::warning("unfinished", name, text).fix("try again; a slow name server or host is a problem itself")]
            }
        }
    })
}

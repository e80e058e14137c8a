//! Whom to believe: the AD bit of name servers, or own validation.
//!
//! A trusted name server need not validate; many that merely forward do not. Whether it does shows in its answer for the
//! SOA of the root, which is signed: without the AD bit there, answers are validated here, through it. Name servers that
//! give no DNSSEC records at all, as those of some networks, leave nothing to validate: names are still looked up, and
//! nothing is authentic. That is found out at the first question, and again after [`UNPROVED`] where nothing could be
//! validated, so that one forged answer does not do away with DNSSEC for good; `validate` does without it, and then every
//! answer from there is bogus. RFC 6840 §5.7, §5.8, resolv.conf(5).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_clock::Clock;

use crate::hickory;
use crate::{
    Answer, BoxFuture, Dnssec, Error, Explained, HickoryResolver, Options, RecordType, Resolver,
    ValidatingResolver,
};

/// The resolver that options ask for, without cache and hosts.
pub(crate) fn choose(options: &Options, clock: &Arc<dyn Clock>) -> Result<Arc<dyn Resolver>, Error> {
    let (servers, near) = options.upstream.servers();
    let anchors = options.anchors.as_deref();
    let believing = |trusted| HickoryResolver::new(servers.clone(), trusted);
    let validating =
        || ValidatingResolver::new(servers.clone(), hickory::options(), anchors, Arc::clone(clock));
    Ok(match options.dnssec {
        Dnssec::Off => Arc::new(believing(false)?),
        Dnssec::TrustAd => Arc::new(believing(true)?),
        Dnssec::Auto if anchors.is_none() => Arc::new(Auto {
            near: near.then(|| believing(true)).transpose()?,
            validating: validating()?,
            unproved: believing(false)?,
            way: Mutex::default(),
            clock: Arc::clone(clock),
        }),
        Dnssec::Auto | Dnssec::Validate => Arc::new(validating()?),
    })
}

/// Domains that a network has for itself and the root denies (RFC 6761 §6, RFC 8375, and what RFC 6762 lists as used).
const LOCAL: [&str; 10] =
    ["corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "private", "test"];

/// Whether a name is one that only this network knows: below [`LOCAL`], or of one label, as containers have.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let below = |domain: &&str| name.strip_suffix(domain).is_some_and(|front| front.ends_with('.'));
    !name.is_empty() && (!name.contains('.') || LOCAL.iter().any(|domain| below(domain) || name == *domain))
}

/// Chooses at the first question. Names that only the network knows are looked up and never authentic, for the root
/// proves that they do not exist.
struct Auto {
    /// Believes the AD bit, where the name servers are trusted.
    near: Option<HickoryResolver>,
    validating: ValidatingResolver,
    /// Believes nobody.
    unproved: HickoryResolver,
    /// What was found out, and when by monotonic time.
    way: Mutex<Option<(Way, Duration)>>,
    clock: Arc<dyn Clock>,
}

/// How long name servers without DNSSEC records are taken for such.
const UNPROVED: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Near,
    Validating,
    Unproved,
}

impl Auto {
    async fn choose(&self) -> Result<Way, Error> {
        if let Some(near) = &self.near {
            match near.lookup(".", RecordType::Soa).await {
                Ok(answer) if answer.authentic => return Ok(Way::Near),
                Err(e) if e.is_temporary() => return Err(e),
                // It does not validate.
                Ok(_) | Err(_) => {}
            }
        }
        if self.validating.is_served().await? {
            return Ok(Way::Validating);
        }
        tracing::warn!(
            "the name servers give no DNSSEC records, so no answer is authentic: ask others, or install one that validates"
        );
        Ok(Way::Unproved)
    }

    /// What was found out, now or before. Several who ask at the same time may find it out each.
    async fn way(&self) -> Result<Way, Error> {
        if let Some(way) = self.known() {
            return Ok(way);
        }
        let way = self.choose().await?;
        *self.way.lock().unwrap_or_else(PoisonError::into_inner) = Some((way, self.clock.monotonic()));
        Ok(way)
    }

    fn known(&self) -> Option<Way> {
        let (way, since) = (*self.way.lock().unwrap_or_else(PoisonError::into_inner))?;
        let lasts = way != Way::Unproved || self.clock.monotonic().saturating_sub(since) < UNPROVED;
        lasts.then_some(way)
    }

    async fn chosen(&self, name: &str) -> Result<&dyn Resolver, Error> {
        let way = match self.way().await {
            // Name servers of a network may know its names and nothing of the root.
            Err(_) if is_local(name) => return Ok(&self.unproved),
            way => way?,
        };
        Ok(match (way, &self.near) {
            (Way::Near, Some(near)) => near,
            (Way::Near | Way::Validating, _) if is_local(name) => &self.unproved,
            (Way::Near | Way::Validating, _) => &self.validating,
            (Way::Unproved, _) => &self.unproved,
        })
    }
}

impl Resolver for Auto {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = name.to_owned();
        Box::pin(async move { self.chosen(&name).await?.lookup(&name, kind).await })
    }

    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let name = name.to_owned();
        Box::pin(async move {
            let mut explained = match self.chosen(&name).await {
                Ok(resolver) => resolver.explain(&name, kind).await,
                Err(e) => Explained::of(Err(e), Vec::new()),
            };
            let first = match self.known() {
                Some(Way::Near | Way::Validating) => return explained,
                Some(Way::Unproved) => "the name servers give no DNSSEC records",
                None => "the name servers do not answer for the root",
            };
            explained.why.insert(0, first.to_owned());
            explained
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_network() {
        for name in ["mailhog", "Smtp.", "a.lan", "x.home.ARPA.", "db.internal", "lan"] {
            assert!(is_local(name), "{name}");
        }
        for name in
            [".", "example.org", "lan.example", "arpa.example.", "plan.example", "1.2.0.192.in-addr.arpa"]
        {
            assert!(!is_local(name), "{name}");
        }
    }
}

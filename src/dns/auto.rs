//! Whom to believe: the AD bit of name servers, or own validation.
//!
//! A trusted name server need not validate; many that merely forward do not. Whether it does shows in its answer for the
//! SOA of the root, which is signed: without the AD bit there, answers are validated here, through it.
//! RFC 6840 §5.7, §5.8, resolv.conf(5).

use std::sync::Arc;

use mox_clock::Clock;
use tokio::sync::OnceCell;

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
        Dnssec::Auto if near && anchors.is_none() => Arc::new(Auto {
            believing: believing(true)?,
            validating: validating()?,
            vouches: OnceCell::new(),
        }),
        Dnssec::Auto | Dnssec::Validate => Arc::new(validating()?),
    })
}

/// Believes name servers that validate, and validates what others answer.
struct Auto {
    believing: HickoryResolver,
    validating: ValidatingResolver,
    /// Whether the name servers validate, once that is known.
    vouches: OnceCell<bool>,
}

impl Auto {
    async fn chosen(&self) -> Result<&dyn Resolver, Error> {
        let probe = || async { self.believing.lookup(".", RecordType::Soa).await.map(|soa| soa.authentic) };
        let vouches = self.vouches.get_or_try_init(probe).await?;
        Ok(if *vouches { &self.believing } else { &self.validating })
    }
}

impl Resolver for Auto {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = name.to_owned();
        Box::pin(async move { self.chosen().await?.lookup(&name, kind).await })
    }

    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        let name = name.to_owned();
        Box::pin(async move {
            match self.chosen().await {
                Ok(resolver) => resolver.explain(&name, kind).await,
                Err(e) => {
                    Explained::of(Err(e), vec!["the name servers do not answer for the root".to_owned()])
                }
            }
        })
    }
}

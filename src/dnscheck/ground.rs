//! What all checks share: the domain, whom to ask, and the domain's mail hosts with their addresses, found once.

use std::future::poll_fn;
use std::net::IpAddr;
use std::task::Poll;

use mox_address::Domain;
use mox_dns::{Answer, BoxFuture, Error, MxHost, RecordType, Resolver, is_null_mx};

use crate::{Expected, World};

/// Most mail hosts that are looked at.
pub(crate) const MAX_HOSTS: usize = 10;

/// What is checked.
pub(crate) struct Ground<'a> {
    pub(crate) world: &'a World,
    /// DNS within the budget.
    pub(crate) resolver: &'a dyn Resolver,
    pub(crate) domain: &'a Domain,
    /// What it should publish, when it is ours.
    pub(crate) ours: Option<&'a Expected>,
}

impl Ground<'_> {
    /// The records that our configuration wants at a name, as lines of a zone file; else the general advice.
    pub(crate) fn mend(&self, name: &str, kind: RecordType, advice: impl FnOnce() -> String) -> String {
        let rows = self.ours.map(Expected::records).unwrap_or_default();
        let lines: Vec<String> = rows
            .iter()
            .filter(|row| row.name == name && row.record.kind() == kind)
            .map(ToString::to_string)
            .collect();
        if lines.is_empty() { advice() } else { lines.join("\n") }
    }
}

/// The mail hosts of a domain.
pub(crate) struct Mail {
    /// As published.
    pub(crate) mx: Result<Answer<MxHost>, Error>,
    /// Each with its addresses; the domain itself when there is no MX record.
    pub(crate) hosts: Vec<Host>,
}

/// A mail host.
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) v4: Result<Answer<IpAddr>, Error>,
    pub(crate) v6: Result<Answer<IpAddr>, Error>,
}

impl Host {
    pub(crate) async fn find(resolver: &dyn Resolver, name: String) -> Host {
        let (v4, v6) = tokio::join!(resolver.lookup_ipv4(&name), resolver.lookup_ipv6(&name));
        Host { name, v4, v6 }
    }

    /// Its addresses of both families.
    pub(crate) fn ips(&self) -> Vec<IpAddr> {
        [&self.v6, &self.v4].into_iter().flatten().flat_map(|answer| answer.records.clone()).collect()
    }

    /// An answer with addresses.
    pub(crate) fn answer(&self) -> Option<&Answer<IpAddr>> {
        self.v4.as_ref().ok().or(self.v6.as_ref().ok())
    }

    /// Why it is not known whether it has addresses.
    pub(crate) fn unknown(&self) -> Option<&Error> {
        [&self.v4, &self.v6].into_iter().filter_map(|found| found.as_ref().err()).find(|e| e.is_temporary())
    }

    /// Its name, where that is one.
    pub(crate) fn domain(&self) -> Option<Domain> {
        self.name.parse().ok()
    }
}

impl Mail {
    pub(crate) async fn gather(ground: &Ground<'_>) -> Mail {
        let mx = ground.resolver.lookup_mx(ground.domain.ascii(), &*ground.world.random).await;
        let names: Vec<String> = match &mx {
            Ok(answer) if is_null_mx(&answer.records) => Vec::new(),
            Ok(answer) => answer.records.iter().map(|mx| mx.host.clone()).take(MAX_HOSTS).collect(),
            Err(error) if error.is_no_records() => vec![ground.domain.ascii().to_owned()],
            Err(_) => Vec::new(),
        };
        let asked: Vec<BoxFuture<'_, Host>> = names
            .into_iter()
            .map(|name| -> BoxFuture<'_, Host> { Box::pin(Host::find(ground.resolver, name)) })
            .collect();
        let mut hosts = all(asked).await;
        if mx.is_err() {
            hosts.retain(|host| host.answer().is_some() || host.unknown().is_some());
        }
        Mail { mx, hosts }
    }
}

/// What all give, in their order, working at the same time.
pub async fn all<T: Send>(futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut waiting: Vec<Option<BoxFuture<'_, T>>> = futures.into_iter().map(Some).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, slot) in waiting.iter_mut().zip(&mut done) {
            if let Some(Poll::Ready(value)) = future.as_mut().map(|future| future.as_mut().poll(cx)) {
                (*slot, *future) = (Some(value), None);
            }
        }
        if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

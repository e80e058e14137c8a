//! Names this host knows without asking: `localhost` (RFC 6761 §6.3) and those of the hosts file.
//!
//! The file is read once; at most [`MAX_HOSTS_FILE`] bytes. Such answers are never authentic.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::name::normalize;
use crate::{Answer, BoxFuture, Error, Explained, Record, RecordType, Resolver};

/// Largest hosts file that is read, in bytes.
pub const MAX_HOSTS_FILE: u64 = 4 << 20;

/// The addresses a hosts file gives to names.
#[derive(Debug, Clone, Default)]
pub struct Hosts(HashMap<String, Vec<IpAddr>>);

/// Why a hosts file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostsError {
    /// Reading failed.
    #[error("reading hosts file: {0}")]
    Io(#[from] std::io::Error),
    /// More than [`MAX_HOSTS_FILE`] bytes.
    #[error("hosts file is larger than 4 MiB")]
    TooLarge,
}

impl Hosts {
    /// Reads a hosts file; a missing one is empty.
    pub fn load(path: &Path) -> Result<Hosts, HostsError> {
        let file = match std::fs::File::open(path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Hosts::default()),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take(MAX_HOSTS_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_HOSTS_FILE {
            return Err(HostsError::TooLarge);
        }
        Ok(Hosts::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Parses the text of a hosts file. Lines it does not understand are passed over, as everywhere.
    pub fn parse(text: &str) -> Hosts {
        let mut hosts = Hosts::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            let Some(ip) = words.next().and_then(|ip| ip.parse().ok()) else { continue };
            for name in words.filter_map(|name| normalize(name).ok()) {
                let ips = hosts.0.entry(name).or_default();
                if !ips.contains(&ip) {
                    ips.push(ip);
                }
            }
        }
        hosts
    }

    /// The addresses of a name, when this host knows it.
    fn get(&self, name: &str) -> Option<Vec<IpAddr>> {
        if name == "localhost" || name.ends_with(".localhost") {
            return Some(vec![IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        }
        self.0.get(name).cloned()
    }
}

/// A resolver that asks the hosts file before another resolver, for addresses alone.
pub struct HostsResolver {
    hosts: Hosts,
    inner: Arc<dyn Resolver>,
}

impl HostsResolver {
    /// Asks `hosts`, then `inner`.
    pub fn new(hosts: Hosts, inner: Arc<dyn Resolver>) -> HostsResolver {
        HostsResolver { hosts, inner }
    }

    fn local(&self, name: &str, kind: RecordType) -> Option<Result<Answer, Error>> {
        if !matches!(kind, RecordType::A | RecordType::Aaaa) {
            return None;
        }
        let records: Vec<Record> = self
            .hosts
            .get(name)?
            .into_iter()
            .map(|ip| match ip {
                IpAddr::V4(ip) => Record::A(ip),
                IpAddr::V6(ip) => Record::Aaaa(ip),
            })
            .filter(|record| record.kind() == kind)
            .collect();
        let ttl = Duration::ZERO;
        Some(if records.is_empty() {
            Err(Error::NoData { authentic: false, ttl })
        } else {
            Ok(Answer { records, ttl, authentic: false, expanded_name: name.to_owned(), cnames: Vec::new() })
        })
    }
}

impl Resolver for HostsResolver {
    fn lookup(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Result<Answer, Error>> {
        let name = normalize(name);
        Box::pin(async move {
            let name = name?;
            match self.local(&name, kind) {
                Some(result) => result,
                None => self.inner.lookup(&name, kind).await,
            }
        })
    }

    fn explain(&self, name: &str, kind: RecordType) -> BoxFuture<'_, Explained> {
        match normalize(name).ok().and_then(|name| self.local(&name, kind)) {
            Some(outcome) => {
                let why = vec!["the hosts file of this machine, or its own names".to_owned()];
                Box::pin(std::future::ready(Explained::of(outcome, why)))
            }
            None => self.inner.explain(name, kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::SimResolver;

    #[tokio::test]
    async fn this_host_knows_its_names() {
        let hosts = Hosts::parse(
            "127.0.1.1 Me.example me # comment\n2001:db8::7 me.example\nnonsense\n192.0.2.1\n\n#192.0.2.2 x",
        );
        let sim = SimResolver::from_zone("me.example. MX 1 mx.example.\nmx.example. A 192.0.2.5").unwrap();
        let resolver: Box<dyn Resolver> = Box::new(HostsResolver::new(hosts, Arc::new(sim.clone())));
        let ips = |a: Answer<IpAddr>| a.records.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(ips(resolver.lookup_ip("localhost").await.unwrap()), ["::1", "127.0.0.1"]);
        assert_eq!(ips(resolver.lookup_ip("a.LOCALHOST.").await.unwrap()), ["::1", "127.0.0.1"]);
        let me = resolver.lookup_ip("me.example").await.unwrap();
        assert!(!me.authentic);
        assert_eq!(ips(me), ["2001:db8::7", "127.0.1.1"]);
        assert!(matches!(resolver.lookup_ipv6("me").await, Err(Error::NoData { .. })));
        assert_eq!(sim.query_count(), 0);
        resolver.lookup("me.example", RecordType::Mx).await.unwrap();
        assert_eq!(ips(resolver.lookup_ip("mx.example").await.unwrap()), ["192.0.2.5"]);
        assert!(Hosts::load(Path::new("/nonexistent/hosts")).unwrap().0.is_empty());
    }
}

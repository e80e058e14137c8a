//! Commands that ask DNS, or fetch over HTTPS: the resolver that the global options choose, and a small runtime.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use mox_dns::{Hosts, Options, Resolver, Upstream};

use crate::context::Context;
use crate::error::CommandError;

/// Port of name servers.
const DNS_PORT: u16 = 53;
/// Most bytes of a file with trust anchors.
const MAX_ANCHORS: u64 = 1 << 20;

/// Whom to believe about DNSSEC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Dnssec {
    Auto,
    Validate,
    TrustAd,
    Off,
}

/// Parses `ADDR:PORT`, or an address alone.
pub(crate) fn name_server(text: &str) -> Result<SocketAddr, String> {
    let address = text.trim_matches(['[', ']']).parse::<IpAddr>();
    address
        .map(|ip| SocketAddr::new(ip, DNS_PORT))
        .or_else(|_| text.parse())
        .map_err(|_| "not an IP address with or without a port, as in 127.0.0.1:53 or [::1]:53".to_owned())
}

impl Context {
    /// What the global options say of DNS.
    pub(crate) fn dns_options(&mut self) -> Result<Options, CommandError> {
        let anchors = match self.global.trust_anchor.clone() {
            None => None,
            Some(file) => {
                let bytes = self.read_input(&file, MAX_ANCHORS)?;
                Some(String::from_utf8(bytes).map_err(|_| {
                    CommandError::usage(format!("{}: not a file of DNS records", file.display()))
                })?)
            }
        };
        let dnssec = match (self.global.dnssec, &anchors) {
            (Dnssec::Auto, None) => mox_dns::Dnssec::Auto,
            (Dnssec::Auto | Dnssec::Validate, _) => mox_dns::Dnssec::Validate,
            (Dnssec::TrustAd, _) => mox_dns::Dnssec::TrustAd,
            (Dnssec::Off, _) => mox_dns::Dnssec::Off,
        };
        let upstream = match self.global.resolver {
            Some(address) => Upstream::Server { address, trust_ad: false },
            None => Upstream::System { resolv_conf: mox_platform::paths::resolver_options() },
        };
        Ok(Options { upstream, dnssec, anchors })
    }

    /// Gets ready to ask DNS as the global options say.
    pub(crate) fn asker(&mut self) -> Result<Asker, CommandError> {
        let options = self.dns_options()?;
        let hosts = Hosts::load(&mox_platform::paths::hosts_file()).unwrap_or_default();
        Asker::new(|| {
            mox_dns::resolver(&options, hosts, Arc::clone(&self.clock)).map_err(CommandError::failed)
        })
    }
}

/// A resolver and the runtime it lives in.
pub(crate) struct Asker {
    runtime: tokio::runtime::Runtime,
    resolver: Arc<dyn Resolver>,
}

impl Asker {
    /// A runtime, and the resolver that is made within it.
    pub(crate) fn new(
        resolver: impl FnOnce() -> Result<Arc<dyn Resolver>, CommandError>,
    ) -> Result<Asker, CommandError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let resolver = {
            let _within = runtime.enter();
            resolver()?
        };
        Ok(Asker { runtime, resolver })
    }

    /// The resolver.
    pub(crate) fn resolver(&self) -> Arc<dyn Resolver> {
        Arc::clone(&self.resolver)
    }

    /// Runs work that waits.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_have_a_port_or_the_usual_one() {
        for (text, expected) in [
            ("192.0.2.1", "192.0.2.1:53"),
            ("192.0.2.1:5353", "192.0.2.1:5353"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]", "[2001:db8::1]:53"),
            ("[2001:db8::1]:54", "[2001:db8::1]:54"),
        ] {
            assert_eq!(name_server(text), Ok(expected.parse().unwrap()), "{text}");
        }
        assert!(name_server("ns.example").is_err());
    }
}

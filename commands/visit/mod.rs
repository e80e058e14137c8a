//! Commands that visit a mail host: they connect, do TLS, and tell what was found, delivering nothing.
//!
//! Nothing is demanded of the host while it is visited, so that all there is to see is seen: PKIX and DANE are judged
//! and the session goes on. What of it is a problem is the command's to say ([`Demand`]).

mod report;
#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use mox_address::{Domain, IpDomain};
use mox_clock::{Clock, Random};
use mox_dane::{Found, Tlsa};
use mox_dns::Resolver;
use mox_net::{Dial, TcpDial};
use mox_platform::SystemRandom;
use mox_smtpclient::{Addresses, Dane, Options, Session, Timeouts, TlsMode, Verify, addresses, dial};
use mox_tls::RootCertStore;

pub(crate) use report::{Problem, Visit, exit};

use crate::asker::Asker;
use crate::context::Context;
use crate::error::CommandError;
use report::DaneState;

/// Most bytes of a file with certificates.
const MAX_CA_FILE: u64 = 1 << 20;

/// Nobody who looks on waits as long as a queue does.
pub(crate) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(15),
    handshake: Duration::from_secs(30),
    greeting: Duration::from_secs(60),
    command: Duration::from_secs(60),
    ..Timeouts::RFC
};

/// A host, and a port where given: `HOST`, `HOST:PORT`, `[::1]:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: IpDomain,
    pub(crate) port: Option<u16>,
}

impl FromStr for HostPort {
    type Err = String;
    fn from_str(text: &str) -> Result<HostPort, String> {
        let wrong = || format!("{text:?} is not like mx.example.org, mx.example.org:25 or [::1]:25");
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(HostPort { host: IpDomain::Ip(ip), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            None => (text, None),
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| wrong())?)),
        };
        let ip = host.strip_prefix('[').map_or(host, |inner| inner.trim_end_matches(']')).parse::<IpAddr>();
        let host = match ip {
            Ok(ip) => IpDomain::Ip(ip),
            Err(_) => IpDomain::Domain(host.parse().map_err(|_| wrong())?),
        };
        Ok(HostPort { host, port })
    }
}

/// What commands that visit hosts have in common.
#[derive(clap::Args)]
pub(crate) struct VisitOptions {
    /// Name to greet servers with
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    ehlo_hostname: String,
    /// File with certificates of authorities (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    ca_file: Option<PathBuf>,
}

/// Visits hosts.
pub(crate) struct Visitor {
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) dial: Arc<dyn Dial>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) roots: Arc<RootCertStore>,
    pub(crate) hello: String,
}

/// What is not to be missed at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Demand {
    /// TLS.
    pub(crate) tls: bool,
    /// A certificate that PKIX verifies.
    pub(crate) pkix: bool,
    /// TLSA records that the certificate satisfies.
    pub(crate) dane: bool,
}

/// Where to, and how.
pub(crate) struct Trip<'a> {
    pub(crate) host: &'a IpDomain,
    pub(crate) port: u16,
    pub(crate) mode: TlsMode,
    /// Name to prove instead of the host's.
    pub(crate) name: Option<&'a Domain>,
    /// Names before the host's that DNSSEC proves: a certificate below a DANE-TA record may hold them.
    pub(crate) proved: &'a [String],
    pub(crate) demand: Demand,
}

impl Context {
    /// A visitor as the options say.
    pub(crate) fn visitor(&mut self, asker: &Asker, options: &VisitOptions) -> Result<Visitor, CommandError> {
        let mut roots = mox_tls::system_roots();
        if let Some(file) = &options.ca_file {
            let pem = self.read_input(file, MAX_CA_FILE)?;
            mox_tls::add_pem(&mut roots, &pem)
                .map_err(|e| CommandError::usage(format!("{}: {e}", file.display())))?;
        }
        Ok(Visitor {
            resolver: asker.resolver(),
            dial: Arc::new(TcpDial::new(Arc::clone(&self.clock))),
            clock: Arc::clone(&self.clock),
            random: Arc::new(SystemRandom),
            roots: Arc::new(roots),
            hello: options.ehlo_hostname.clone(),
        })
    }
}

impl Visitor {
    /// Visits one host.
    pub(crate) async fn visit(&self, trip: &Trip<'_>) -> Visit {
        let mut visit = Visit::new(trip);
        let found = match addresses(&*self.resolver, trip.host).await {
            Ok(found) => found,
            Err(error) => {
                visit.problem("dns-lookup", &error.reason, error.temporary);
                return visit;
            }
        };
        visit.add_addresses(&found);
        let state = self.tlsa(trip, &found).await;
        visit.add_dane(&state);
        let dialed =
            dial(&*self.dial, self.clock.clone(), &found.ips, trip.port, &[], TIMEOUTS.connect).await;
        let stream = match dialed {
            Ok(stream) => stream,
            Err(error) => {
                visit.problem("cannot-connect", &error.reason, true);
                return visit;
            }
        };
        visit.address = Some(stream.remote());
        let options = self.options(trip, state);
        match Session::open(stream, options, &*self.random).await {
            Ok(session) => {
                visit.greeting = Some(session.greeting().to_owned());
                visit.extensions = session.extensions().lines();
                let tls = session.tls().clone();
                session.quit().await;
                visit.add_tls(&tls, trip.demand);
            }
            Err(failed) => {
                visit.greeting = Some(failed.greeting).filter(|text| !text.is_empty());
                visit.add_tls(&failed.tls, trip.demand);
                visit.problem("session-failed", &failed.error.reason, failed.error.temporary);
            }
        }
        visit
    }

    fn options(&self, trip: &Trip<'_>, state: DaneState) -> Options {
        let server_name = match (trip.name, trip.host) {
            (Some(name), _) | (None, IpDomain::Domain(name)) => name.ascii().to_owned(),
            (None, IpDomain::Ip(ip)) => ip.to_string(),
        };
        let dane = match state {
            DaneState::Usable(_, dane) => Some(dane),
            _ => None,
        };
        Options {
            hello: self.hello.clone(),
            mode: trip.mode,
            verify: Verify { pkix: true, dane, ignore: true },
            server_name,
            roots: self.roots.clone(),
            identity: None,
            login: None,
            pedantic: false,
            timeouts: TIMEOUTS,
            clock: self.clock.clone(),
        }
    }

    /// What TLSA records say of the host.
    async fn tlsa(&self, trip: &Trip<'_>, found: &Addresses) -> DaneState {
        let (IpDomain::Domain(host), IpDomain::Domain(expanded)) = (trip.host, &found.expanded) else {
            return DaneState::None(None);
        };
        let found = Found { expanded, authentic: found.authentic };
        match mox_dane::lookup(&*self.resolver, host, found, trip.port).await {
            Tlsa::None { base } => DaneState::None(base),
            Tlsa::Failed { base, error } => DaneState::Failed(base, error),
            Tlsa::Records { base, records } => {
                let usable: Vec<_> = mox_dane::usable(&records).into_iter().cloned().collect();
                if usable.is_empty() {
                    return DaneState::Unusable(base, records);
                }
                let mut names = vec![base.ascii().to_owned(), host.ascii().to_owned()];
                names.extend_from_slice(trip.proved);
                names.extend(trip.name.map(|name| name.ascii().to_owned()));
                DaneState::Usable((base, records), Dane { records: usable, names })
            }
        }
    }
}

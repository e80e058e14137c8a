//! Name servers on loopback that answer from zone text, for commands and servers that are asked over the wire.
//!
//! The text is that of `mox_dns::sim`. [`NameServer`] signs nothing, and answers the flags `servfail` and `bogus` with a
//! server failure; [`SignedNameServer`] answers with DNSSEC, and the flags are for those who validate to find out.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, this is what they call")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use mox_clock::sim::SimClock;
use mox_clock::{Clock, Timestamp};
use mox_dns::server::{self, Authority};
use mox_dns::signed::SignedZones;
use mox_dns::sim::SimResolver;
use mox_platform::SystemClock;
use tokio::runtime::{Builder, Runtime};

/// A running name server; it ends when dropped.
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it answers from, and what it was asked.
    pub zones: SimResolver,
    _running: Running,
}

impl NameServer {
    /// Starts one on a free port. Panics when the text is wrong.
    pub fn start(zone: &str) -> NameServer {
        let zones = SimResolver::from_zone(zone).unwrap();
        // Its time stands still, so no connection is ever idle for too long.
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(0)));
        let (address, running) = Running::start(zones.clone().into(), clock);
        NameServer { address, zones, _running: running }
    }
}

/// A running name server whose zones are signed for now; it ends when dropped.
pub struct SignedNameServer {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it answers from. Whom to trust is [`SignedZones::anchor`].
    pub zones: Arc<SignedZones>,
    _running: Running,
}

impl SignedNameServer {
    /// Starts one on a free port. Panics when the text is wrong.
    pub fn start(zone: &str) -> SignedNameServer {
        let clock = Arc::new(SystemClock);
        let zones = Arc::new(SignedZones::new(clock.clone(), [5; 32]));
        zones.add(zone).unwrap();
        let (address, running) = Running::start(Arc::clone(&zones).into(), clock);
        SignedNameServer { address, zones, _running: running }
    }
}

/// A thread of its own for the server.
struct Running(Option<Runtime>);

impl Running {
    fn start(authority: Authority, clock: Arc<dyn Clock>) -> (SocketAddr, Running) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = runtime.block_on(server::NameServer::bind(local)).unwrap();
        let address = server.local();
        runtime.spawn(server.serve(authority, clock));
        (address, Running(Some(runtime)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

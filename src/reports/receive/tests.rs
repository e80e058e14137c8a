//! What the tests of received reports share: a server with two domains, and a store.

use std::path::Path;
use std::sync::Arc;

use mox_address::Domain;
use mox_clock::Timestamp;
use mox_clock::sim::{SimClock, SimRandom};
use mox_config::{Config, Handle};
use mox_store::Store;
use mox_telemetry::Metrics;
use tempfile::TempDir;

use super::{RECEIVED_SCHEMA, Receiver};

const SERVER: &str = "\
DataDir: data
LogLevel: info
Hostname: mx.here.example
Listeners:
	local:
		IPs:
			- 127.0.0.1
Postmaster:
	Account: amy
	Mailbox: Inbox
";

const DOMAINS: &str = "\
Domains:
	here.example: nil
	münchen.example: nil
Accounts:
	amy:
		Domain: here.example
";

/// 2026-11-26 12:00.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_694_400);

fn config() -> Arc<Handle> {
    Arc::new(Handle::new(Config::parse(Path::new("mox.conf"), SERVER, DOMAINS).unwrap()))
}

pub(crate) fn receiver() -> Receiver {
    Receiver::new(config(), Arc::new(Metrics::new(NOW)))
}

pub(crate) fn receiver_of_all() -> Receiver {
    Receiver::for_any_domain(config(), Arc::new(Metrics::new(NOW)))
}

pub(crate) fn domain(text: &str) -> Domain {
    text.parse().unwrap()
}

pub(crate) fn store(dir: &TempDir) -> Store {
    let clock = Arc::new(SimClock::new(NOW));
    Store::open(dir.path(), &[RECEIVED_SCHEMA], clock, Arc::new(SimRandom::new(1))).unwrap()
}

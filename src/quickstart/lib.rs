//! From a domain and a fresh machine to a mail server: looks at the machine and at DNS, then writes what is needed.
//!
//! Two parts. [`look`] asks and changes nothing: each [`Step`] says what was found and what mends it. [`make`] writes
//! keys, passwords, both config files, the account and the service file, each whole or not at all. What was decided and
//! drawn by lot is kept in a file until everything is done and told ([`Unfinished`]), so that an interrupted run is taken
//! up where it ended: keys and passwords are not made a second time.

mod account;
mod keys;
mod look;
mod machine;
mod make;
mod service;
mod step;
#[cfg(test)]
mod tests;
mod texts;
mod unfinished;
mod wishes;

use std::sync::Arc;

use mox_clock::{Clock, Random};
use mox_dns::Resolver;
use mox_net::Dial;

pub use look::{Site, look};
pub use machine::{Machine, ThisMachine};
pub use make::{Error, File, Made, State, make, plan};
pub use service::Manager;
pub use step::{Step, Verdict};
pub use unfinished::{Begun, Passwords, Unfinished, begin};
pub use wishes::{Acme, LETS_ENCRYPT, Refused, Wishes};

/// What is asked.
pub struct World {
    /// The machine that shall be the mail server.
    pub machine: Arc<dyn Machine>,
    /// DNS as others see it: without the hosts file of this machine.
    pub resolver: Arc<dyn Resolver>,
    /// Connections to other mail hosts.
    pub dial: Arc<dyn Dial>,
    /// Asks registries.
    pub web: Arc<dyn mox_rdap::Fetch>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
}

//! The lab: a small internet of mail domains below `lab.test.`, each with its way to behave. It needs no network.
//!
//! So far it has senders: domains whose mail passes or fails authentication when it comes from this machine. All of
//! them is in the table of [`domains`], from which the zone is made. RFC 6761 §6.2 (`test.`).

mod senders;

use mox_dns::sim::SimResolver;
use serde::Serialize;

/// The domain that the others are below.
pub const DOMAIN: &str = "lab.test";

/// A domain of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LabDomain {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub does: &'static str,
    /// What to expect of mail from it, when the client is this machine.
    pub expect: Expect,
    /// Its records, as zone text of [`mox_dns::sim`].
    #[serde(skip)]
    pub zone: &'static str,
}

/// Results to expect, in the words of RFC 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expect {
    /// SPF, for MAIL FROM at the domain.
    pub spf: &'static str,
    /// DMARC, for From at the domain and no signature.
    pub dmarc: &'static str,
    /// What follows: `accept`, `quarantine`, `reject`, `defer`.
    pub decision: &'static str,
}

/// Every domain of the lab, in the order of their groups.
pub fn domains() -> &'static [LabDomain] {
    senders::ALL
}

/// Names and answers of the lab; every other name does not exist.
pub fn resolver() -> Result<SimResolver, String> {
    let sim = SimResolver::from_zone(CLIENT)?.forgetting();
    for domain in domains() {
        sim.add(domain.zone)?;
    }
    Ok(sim)
}

/// This machine as the lab's names know it.
const CLIENT: &str = "
    client.lab.test. A 127.0.0.1
    client.lab.test. AAAA ::1
    1.0.0.127.in-addr.arpa. PTR client.lab.test.
    1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. PTR client.lab.test.";

/// The selector of the lab's DKIM key.
pub const SELECTOR: &str = "lab";

/// The private key whose public half is at `lab._domainkey` of the domains that sign: the published test key of
/// RFC 8463 §A.2, so it is no secret.
pub const DKIM_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

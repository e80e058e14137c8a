//! The lab: a small internet of mail domains below `lab.test.`, each with its way to behave. It needs no network.
//!
//! All of it is in two tables, those of [`domains`]: senders, whose mail passes or fails authentication when it comes from
//! this machine, and receivers, which take mail or not, with good and bad TLS, and want reports about that. Names, hosts,
//! policies and what to expect are made from the tables. [`Lab`] is the running one, behind a [`mox_net::Dial`].
//! RFC 6761 §6.2 (`test.`), RFC 5737 and RFC 3849 (its addresses).

mod clock;
mod expect;
mod hosts;
mod internet;
mod keys;
mod pki;
mod receivers;
mod running;
mod senders;
mod sink;
#[cfg(test)]
mod tests;
mod web;

use std::sync::LazyLock;

use mox_dns::sim::SimResolver;
use serde::Serialize;

pub use clock::LabClock;
pub use expect::{
    Delivery, Disposed, Expect, ExpectedDetail, ExpectedResult, Receiving, Reported, ResultKind, Sending,
};
pub use internet::{LabDial, NETWORKS};
pub use running::{Lab, LabError, StepError};
pub use sink::{Accepted, Ignored, MAX_BODY, Posted, Sink};

/// The domain that the others are below.
pub const DOMAIN: &str = "lab.test";

/// A domain of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabDomain {
    /// Its name.
    pub name: String,
    /// What it is among: `senders`, or a group of receivers.
    pub group: &'static str,
    /// What it does.
    pub does: String,
    /// What to expect of mail from it, when the client is this machine; or of mail to it.
    pub expect: Expect,
    /// What it does next, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<LabStep>,
    /// Its records at the start, as zone text of [`mox_dns::sim`].
    #[serde(skip)]
    pub zone: String,
}

/// What a domain with a history does next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabStep {
    /// What.
    pub does: String,
    /// It comes by itself, so many seconds after the first message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_secs: Option<u64>,
    /// What to expect of mail from then on.
    pub expect: Expect,
    /// Its records from then on.
    #[serde(skip)]
    pub zone: String,
}

/// Every domain of the lab, in the order of their groups: receivers first.
pub fn domains() -> &'static [LabDomain] {
    static ALL: LazyLock<Vec<LabDomain>> = LazyLock::new(|| {
        let receivers = receivers::all().iter().map(|receiver| receiver.domain.clone());
        receivers.chain(senders::all()).collect()
    });
    &ALL
}

/// Names and answers of the lab; every other name does not exist.
pub fn resolver() -> Result<SimResolver, String> {
    let sim = SimResolver::from_zone(CLIENT)?.forgetting();
    sim.add(&infrastructure())?;
    for domain in domains() {
        sim.add(&domain.zone)?;
    }
    Ok(sim)
}

/// The zone text of everything that is none of [`domains`]: this machine, and where reports go.
pub fn infrastructure_zone() -> String {
    format!("{CLIENT}\n{}", infrastructure())
}

/// This machine as the lab's names know it.
const CLIENT: &str = "
    client.lab.test. A 127.0.0.1
    client.lab.test. AAAA ::1
    1.0.0.127.in-addr.arpa. PTR client.lab.test.
    1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa. PTR client.lab.test.";

/// Where reports go.
fn infrastructure() -> String {
    let (web, mail) = (receivers::ipv4(receivers::WEB), receivers::ipv4(receivers::REPORTS));
    format!(
        "rua.{DOMAIN} A {web}
        rua.{DOMAIN} MX 10 mx.rua.{DOMAIN}
        mx.rua.{DOMAIN} A {mail}
        *._report._dmarc.rua.{DOMAIN} TXT \"v=DMARC1\"
        stranger.{DOMAIN} MX 10 mx.rua.{DOMAIN}
        {HOST} A 127.0.0.1
        {HOST} AAAA ::1
        {HOST} MX 10 {HOST}
        {HOST} TXT \"v=spf1 ip4:127.0.0.0/8 ip6:::1 -all\"
        _dmarc.{HOST} TXT \"v=DMARC1; p=reject\"
        _smtp._tls.{HOST} TXT \"v=TLSRPTv1; rua=mailto:tlsreports@{HOST}\"
        {SELECTOR}._domainkey.{HOST} TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
        {RSA_SELECTOR}._domainkey.{HOST} TXT \"{}\"",
        keys::DKIM_RSA_RECORD
    )
}

/// The server that is tried, as the lab knows it.
pub const HOST: &str = "mox.lab.test";

/// The selector of its RSA key.
pub const RSA_SELECTOR: &str = "rsa";

/// The private key whose public half is at `rsa._domainkey` of [`HOST`].
pub const RSA_KEY: &str = keys::DKIM_RSA;

/// The selector of the lab's DKIM key.
pub const SELECTOR: &str = "lab";

/// The private key whose public half is at `lab._domainkey` of the domains that sign: the published test key of
/// RFC 8463 §A.2, so it is no secret.
pub const DKIM_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

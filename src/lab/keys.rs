//! Private keys of the lab's hosts, and the TLSA data of their public halves. Everybody can read them here: they prove
//! nothing outside the lab. RFC 6698 §2.1.

use mox_dane::{Matching, Record, Selector, Usage};
use mox_tls::PublicPart;

/// Of the authority that the lab's PKIX trusts.
pub(crate) const AUTHORITY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgosZzhGMNNgjYVojT
VF9dRx6735qeEIp5CAMRwMWM0EahRANCAATs7J+9Le1eWtPfxt2fEvMns2bCMqwX
KWEpIixdyutBGWgLroKzRwuTzOG0cGaOCk+XE7Zxvxkzb0L6/WGwJyxM
-----END PRIVATE KEY-----";

/// Of an authority that nobody trusts.
pub(crate) const STRANGER: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+apMDOXq5lwx2RgU
n5cltXdygp9Ktq9jSR98bZEIBk2hRANCAAT6KDytdOAYLjFiv5Ghz/E7E+JDLiCV
FM5fFqi/YHMxZaT3lPh+is/nQd4Nsly46mpb4pqlK5cRrFihW95va0gv
-----END PRIVATE KEY-----";

/// Of the hosts.
pub(crate) const HOST: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcTtrFK7pxyZy7bdL
ZwO36Pi3H38doyrdBLk7429lH9KhRANCAASBFd8C+3C6lANucrL0YE+OYeH2+CoS
SwsidpSY1C24VW3JRFb3JrJMk2gPdGAru2y5/V73Lo2QYzI0Qk7KxuJd
-----END PRIVATE KEY-----";

/// Of no host: the one that was, or the one to come.
pub(crate) const OTHER: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3+S2nYsNYcrVB8nI
r6k7cBskeKdRqJj4s09ia1Q3FnKhRANCAARFvx/3Q25XoGSXOGkDaOFI0h7pi+FE
BUE3SWjEPJYfjErEA/RHhqqj6ZtIbYwRQQ3jX+8ZhCc7fUAlmezCMz76
-----END PRIVATE KEY-----";

/// SHA-256 of a key's public half, as TLSA records hold it with selector 1 and matching type 1; empty for a text that is
/// no key.
pub(crate) fn digest(key_pem: &str) -> String {
    let record = PublicPart::from_pem(key_pem.as_bytes())
        .ok()
        .and_then(|part| Record::make(Usage::DaneEe, Selector::Spki, Matching::Sha256, &part).ok());
    record.map(|record| record.data.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_digest_of_its_own() {
        let mut all = [AUTHORITY, STRANGER, HOST, OTHER].map(digest).to_vec();
        assert!(all.iter().all(|digest| digest.len() == 64), "{all:?}");
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 4);
        assert_eq!(digest("x"), "");
    }
}

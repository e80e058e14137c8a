//! Who signs our reports: the first domain, from the host name upwards, that has keys to sign with.
//!
//! A report without a signature is worth nothing to its receivers, so without such a domain none is sent.
//! RFC 8460 §3 (DKIM), §5.3.

use std::sync::Arc;

use mox_address::Domain;
use mox_config::Config;
use mox_dkim::{SignOptions, SigningKey};

/// Domain and keys.
pub(crate) struct Submitter {
    pub(crate) domain: Domain,
    pub(crate) keys: Vec<(SignOptions, Arc<SigningKey>)>,
}

/// The submitter, or a sentence that says why there is none.
pub(crate) fn submitter(config: &Config) -> Result<Submitter, String> {
    let host = &config.server.hostname;
    let mut at = Some(host.clone());
    while let Some(domain) = at {
        let enabled = config.dynamic.domains.get(&domain).is_some_and(|hosted| !hosted.disabled);
        let keys = if enabled { config.signers(&domain) } else { Vec::new() };
        if !keys.is_empty() {
            return Ok(Submitter { domain, keys });
        }
        at = domain.parent();
    }
    Err(format!("no domain at or above {host} has a DKIM key to sign reports with"))
}

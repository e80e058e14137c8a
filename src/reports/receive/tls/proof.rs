//! Whose a report is: DKIM says so, or nobody does.
//!
//! A signature counts that passes with a key for the service `tlsrpt`, signs the whole body, and is of the From domain
//! or of a domain above it within its organization. RFC 8460 §3 (key of the service), §5.3, §9 (no `l=`).

use mox_address::Domain;
use mox_dkim::{DkimResult, Signature};

use crate::receive::Unproved;

/// The domain that signed a report from `from`, whose organization is `organization`, where that is known.
///
/// The signatures must have been verified with the limits' service `tlsrpt`.
pub fn prove(
    signatures: &[Signature],
    from: &Domain,
    organization: Option<&Domain>,
) -> Result<Domain, Unproved> {
    let speaks = |domain: &Domain| {
        domain == from || organization.is_some_and(|o| from.is_within(domain) && domain.is_within(o))
    };
    let signed = |s: &Signature| s.domain.clone();
    let passed = || signatures.iter().filter(|s| s.result == DkimResult::Pass);
    let ours = || passed().filter(|s| s.domain.as_ref().is_some_and(speaks));
    if let Some(domain) = ours().filter(|s| s.body_length.is_none()).find_map(signed) {
        return Ok(domain);
    }
    if ours().next().is_some() {
        return Err(Unproved::BodyLength);
    }
    let late = |s: &Signature| s.result == DkimResult::TempError && s.domain.as_ref().is_some_and(speaks);
    if signatures.iter().any(late) {
        return Err(Unproved::Temporary);
    }
    if let Some(signed) = passed().find_map(signed) {
        return Err(Unproved::OtherDomain { signed, from: from.clone() });
    }
    match signatures.first() {
        Some(first) => {
            let reason = first.reason.as_deref().unwrap_or_default();
            Err(Unproved::NotPassed(format!("{} {reason}", first.result).trim_end().to_owned()))
        }
        None => Err(Unproved::NoSignature),
    }
}

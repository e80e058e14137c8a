//! Certificates from authorities: shown, asked for anew.

use std::sync::Arc;

use mox_acme::State;
use mox_address::Domain;
use mox_admin::ops::{CertificateList, CertificateRenew, CertificateRenewed, CertificateRow, RenewalWindow};
use mox_admin::{OpError, Operations, Time};

use super::Parts;
use crate::authorities::Authorities;

pub(super) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (all, one) = (parts.authorities.clone(), parts.authorities.clone());
    operations
        .on(move |op: CertificateList| std::future::ready(Ok(list(&all, &op))))
        .on(move |op: CertificateRenew| std::future::ready(renew(&one, &op)))
}

/// All names and their certificates.
pub(super) fn list(authorities: &Authorities, _: &CertificateList) -> Vec<CertificateRow> {
    authorities.states().into_iter().map(row).collect()
}

fn renew(authorities: &Authorities, op: &CertificateRenew) -> Result<CertificateRenewed, OpError> {
    let name: Domain = op.name.parse().map_err(OpError::usage)?;
    let certificates: Vec<_> =
        list(authorities, &CertificateList {}).into_iter().filter(|row| row.name == name.ascii()).collect();
    if certificates.is_empty() {
        return Err(OpError::not_found(format!("{name} is not a name that certificates are had for"))
            .hint("`mox certificates list` shows the names; they follow from mox.conf and domains.conf"));
    }
    if !op.dry_run {
        authorities.renew(name.ascii()).map_err(OpError::not_found)?;
        tracing::info!(name = name.ascii(), "a new certificate was asked for by an operator");
    }
    Ok(CertificateRenewed { certificates, dry_run: op.dry_run })
}

pub(super) fn hex(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn row(state: State) -> CertificateRow {
    CertificateRow {
        authority: state.authority,
        name: state.name,
        key: state.key.to_owned(),
        essential: state.essential,
        not_after: state.not_after.map(Time),
        renew_at: state.renew_at.map(Time),
        error: state.error,
        next_try: state.next_try.map(Time),
        tlsa: state.spki_sha256.map(|sum| hex(&sum)),
        names: state.facts.as_ref().map(|facts| facts.names.clone()).unwrap_or_default(),
        not_before: state.facts.as_ref().map(|facts| Time(facts.not_before)),
        issuer: state.facts.map(|facts| facts.issuer),
        window: state.window.map(|(start, end)| RenewalWindow { start: Time(start), end: Time(end) }),
    }
}

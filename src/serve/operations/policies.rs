//! MTA-STS policies that the queue remembers: shown, forgotten. A house without them remembers none.

use std::sync::Arc;

use mox_address::Domain;
use mox_admin::ops::{MtastsForget, MtastsForgotten, MtastsList, MtastsRow};
use mox_admin::{OpError, Operations};
use mox_queue::{Cached, Policies};

use super::{Parts, failed};

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (all, one) = (parts.policies.clone(), parts.policies.clone());
    operations
        .on(move |op: MtastsList| list(all.clone(), op))
        .on(move |op: MtastsForget| forget(one.clone(), op))
}

async fn list(policies: Option<Policies>, op: MtastsList) -> Result<Vec<MtastsRow>, OpError> {
    let Some(policies) = policies else { return Ok(Vec::new()) };
    let known = policies.list(op).await.map_err(failed)?;
    Ok(known.into_iter().map(Cached::shown).collect())
}

async fn forget(policies: Option<Policies>, op: MtastsForget) -> Result<MtastsForgotten, OpError> {
    let domain: Domain = op.domain.parse().map_err(OpError::usage)?;
    let missing = || {
        OpError::not_found(format!("no policy of {domain} is remembered"))
            .hint("`mox mtasts list` shows what is, `mox mtasts lookup` what a domain says now")
    };
    let policies = policies.ok_or_else(missing)?;
    let known = policies.known(&domain).await.map_err(failed)?.ok_or_else(missing)?;
    if !op.dry_run {
        policies.forget(&domain).await.map_err(failed)?;
        tracing::info!(domain = %domain, "MTA-STS policy forgotten");
    }
    Ok(MtastsForgotten { forgotten: known.shown(), dry_run: op.dry_run })
}

//! Failures on demand: shows the rules in force, puts others in force.

use std::sync::Arc;

use mox_admin::ops::{Chaos, ChaosGet, ChaosSet};
use mox_admin::{OpError, Operations};

use super::Parts;
use crate::localserve::{Rules, check_rules};

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let (get, set) = (parts.chaos.clone(), parts.chaos.clone());
    operations
        .on(move |_: ChaosGet| {
            let rules = get.clone();
            async move { Ok((*here(&rules)?.get()).clone()) }
        })
        .on(move |op: ChaosSet| {
            let rules = set.clone();
            async move { replace(here(&rules)?, op) }
        })
}

fn here(rules: &Option<Arc<Rules>>) -> Result<&Rules, OpError> {
    rules.as_deref().ok_or_else(|| {
        OpError::conflict("this server has no failures on demand")
            .hint("only `mox localserve` fails on demand: start one, or name its folder with --config")
    })
}

fn replace(rules: &Rules, op: ChaosSet) -> Result<Chaos, OpError> {
    match op.dry_run {
        true => check_rules(&op.chaos),
        false => rules.set(op.chaos.clone()),
    }
    .map_err(|e| OpError::usage(e).hint("`mox help localserve chaos add` says what a rule may hold"))?;
    if !op.dry_run {
        tracing::info!(count = op.chaos.rules.len(), "chaos rules replaced");
    }
    Ok(op.chaos)
}

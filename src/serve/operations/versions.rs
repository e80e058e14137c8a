//! `mox config versions`, `diff`, `apply` and `rollback`: earlier texts of `domains.conf`, and whole new ones.

use std::sync::Arc;

use mox_admin::ops::{
    ConfigApply, ConfigChanged, ConfigDiff, ConfigDiffed, ConfigRollback, ConfigVersion, ConfigVersions,
};
use mox_admin::{OpError, Operations};

use crate::desk::{Desk, diff, plain_diff};

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (list, compare, apply, rollback) = (desk.clone(), desk.clone(), desk.clone(), desk.clone());
    operations
        .on(move |_: ConfigVersions| all(list.clone()))
        .on(move |op: ConfigDiff| compared(compare.clone(), op))
        .on(move |op: ConfigApply| applied(apply.clone(), op))
        .on(move |op: ConfigRollback| rolled_back(rollback.clone(), op))
}

pub(super) async fn all(desk: Arc<Desk>) -> Result<Vec<ConfigVersion>, OpError> {
    desk.work(|desk| desk.history.list().map_err(OpError::failed)).await
}

async fn compared(desk: Arc<Desk>, op: ConfigDiff) -> Result<ConfigDiffed, OpError> {
    desk.work(move |desk| {
        let number = match op.version {
            Some(number) => Some(number),
            None => desk.history.list().map_err(OpError::failed)?.first().map(|v| v.version),
        };
        let Some(number) = number else {
            return Ok(ConfigDiffed { version: None, diff: String::new() });
        };
        let (version, before) = read(desk, number)?;
        let diff = if op.secrets { plain_diff } else { diff };
        if let Some(to) = op.to {
            let (_, after) = read(desk, to)?;
            let diff = diff(&format!("version {number}"), &before, &format!("version {to}"), &after);
            return Ok(ConfigDiffed { version: Some(version), diff });
        }
        let file = desk.config.load().dynamic_file.clone();
        let bytes = std::fs::read(&file).map_err(|e| OpError::failed(format!("{}: {e}", file.display())))?;
        let now = String::from_utf8_lossy(&bytes);
        let diff = diff(&format!("version {number}"), &before, "domains.conf", &now);
        Ok(ConfigDiffed { version: Some(version), diff })
    })
    .await
}

fn read(desk: &Desk, version: u64) -> Result<(ConfigVersion, String), OpError> {
    let found = desk
        .history
        .read(version)
        .map_err(|e| OpError::failed(format!("version {version} cannot be read: {e}")))?;
    found.ok_or_else(|| {
        OpError::not_found(format!("there is no version {version}"))
            .hint("`mox config versions` shows what is there; the oldest go")
    })
}

async fn applied(desk: Arc<Desk>, op: ConfigApply) -> Result<ConfigChanged, OpError> {
    let what = "apply of a whole file".to_owned();
    match op.base {
        Some(base) => desk.replace_edited(what, op.dry_run, op.text, base).await,
        None => desk.replace(what, op.dry_run, op.text).await,
    }
}

async fn rolled_back(desk: Arc<Desk>, op: ConfigRollback) -> Result<ConfigChanged, OpError> {
    let (version, text) = desk.work(move |desk| read(desk, op.version)).await?;
    let mut answer =
        desk.replace(format!("rollback to version {}", version.version), op.dry_run, text).await?;
    answer
        .notes
        .push("key files and passwords are as they are now; only domains.conf is as it was".to_owned());
    Ok(answer)
}

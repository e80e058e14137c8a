//! Who tried to log in.

use std::sync::Arc;

use mox_admin::ops::{LoginAttemptRow, LoginAttempts};
use mox_admin::{OpError, Operations, Time};
use mox_store::{AttemptRow, Attempts, Store};

use super::{Parts, failed};

/// Rows unless a request says otherwise.
const LIMIT: u32 = 1000;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let store = parts.store.clone();
    operations.on(move |op: LoginAttempts| list(store.clone(), op))
}

async fn list(store: Store, op: LoginAttempts) -> Result<Vec<LoginAttemptRow>, OpError> {
    let limit = if op.limit == 0 { LIMIT } else { op.limit };
    let asked =
        Attempts { account: op.account, since: op.since.map(|time| time.0), failed: op.failed, limit };
    let rows = store.read(move |store, tx| store.attempts(tx, &asked)).await.map_err(failed)?;
    Ok(rows.into_iter().map(row).collect())
}

fn row(row: AttemptRow) -> LoginAttemptRow {
    let AttemptRow { attempt, count, first } = row;
    LoginAttemptRow {
        account: attempt.account,
        login: attempt.login,
        remote_ip: attempt.remote_ip,
        protocol: attempt.protocol,
        mechanism: attempt.mechanism,
        result: attempt.result,
        tls: attempt.tls,
        count,
        first: Time(first),
        last: Time(attempt.at),
    }
}

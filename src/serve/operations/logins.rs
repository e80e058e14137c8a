//! Who tried to log in.

use std::sync::Arc;

use mox_admin::ops::{LoginAttemptRow, LoginAttempts};
use mox_admin::{OpError, Operations, Time};
use mox_clock::Timestamp;
use mox_store::{AttemptKey, AttemptRow, Attempts, Store};

use super::{Parts, failed};

/// Rows unless a request says otherwise.
const LIMIT: u32 = 1000;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let store = parts.store.clone();
    operations.on(move |op: LoginAttempts| list(store.clone(), op))
}

async fn list(store: Store, op: LoginAttempts) -> Result<Vec<LoginAttemptRow>, OpError> {
    let limit = if op.limit == 0 { LIMIT } else { op.limit };
    let after = op.after.as_deref().map(key).transpose()?;
    let since = op.since.map(|time| time.0);
    let asked = Attempts { account: op.account, since, failed: op.failed, after, limit };
    let rows = store.read(move |store, tx| store.attempts(tx, &asked)).await.map_err(failed)?;
    Ok(rows.into_iter().map(row).collect())
}

/// A key as pages and commands hand it on: what strangers wrote may have anything in it.
fn text(key: AttemptKey) -> String {
    serde_json::to_string(&(key.last.micros(), key.same)).unwrap_or_default()
}

fn key(text: &str) -> Result<AttemptKey, OpError> {
    let wrong = |_| OpError::usage("that is no key of a row").hint("begin at the first page");
    let (last, same) = serde_json::from_str(text).map_err(wrong)?;
    Ok(AttemptKey { last: Timestamp::from_micros(last), same })
}

fn row(row: AttemptRow) -> LoginAttemptRow {
    let key = text(row.key());
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
        key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_were_written() {
        let same =
            ["amy", "a\"|&,[]@x.example", "2001:db8::1", "submission", "PLAIN", "ok"].map(str::to_owned);
        let told = AttemptKey { last: Timestamp::from_micros(1_795_694_400_123_456), same };
        assert_eq!(key(&text(told.clone())).unwrap(), told);
        for wrong in ["", "[]", "[1]", "[1,[\"a\"]]", "7/amy"] {
            assert!(key(wrong).unwrap_err().message.contains("no key"), "{wrong}");
        }
    }
}

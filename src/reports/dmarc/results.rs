//! What DMARC was applied to and no report tells of yet, for operators to look at.

use mox_admin::OpError;
use mox_admin::ops::{DmarcResultRow, DmarcResults};
use mox_db::{ReadTx, rusqlite::Connection};
use mox_store::{Error, Store};
use serde_json::{Map, Value};

use crate::Reports;
use crate::ops::{ascii, failed};
use crate::tables::evaluation::{self, Asked, Counted};

impl Reports {
    /// What waits, the latest day first. All policies are told with their counts; of the rows as many as the limit has
    /// room for, policy by policy, by the octets of their sources.
    pub async fn dmarc_results(&self, op: DmarcResults) -> Result<Vec<DmarcResultRow>, OpError> {
        let day = op.day.as_deref().map(|text| self.day(text)).transpose()?;
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let mut room = op.limit.unwrap_or(DmarcResults::MAX).min(DmarcResults::MAX);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            let asked = evaluation::list(tx.conn(), day, domain.as_deref(), DmarcResults::MAX)?;
            asked.into_iter().map(|one| result(tx.conn(), one, &mut room)).collect::<Result<Vec<_>, Error>>()
        };
        self.0.store.read(read).await.map_err(failed)
    }
}

/// A policy with as many of its rows as there is room for, which is less after it.
fn result(conn: &Connection, asked: Asked, room: &mut u32) -> Result<DmarcResultRow, Error> {
    let rows = match *room {
        0 => Vec::new(),
        most => evaluation::rows(conn, asked.id, None, most)?,
    };
    *room = room.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    Ok(DmarcResultRow {
        policy: serde_json::from_str(&asked.config).map_err(damaged)?,
        policy_domain: asked.policy_domain,
        day: asked.day.to_string(),
        messages: number(asked.messages),
        passed: number(asked.passed),
        reasons: number(asked.reasons),
        unlisted: number(asked.unlisted),
        rows: rows.iter().map(row).collect::<Result<_, _>>()?,
    })
}

/// A row with its count, which stands beside it.
fn row(counted: &Counted) -> Result<Value, Error> {
    let mut row: Map<String, Value> = serde_json::from_str(&counted.record).map_err(damaged)?;
    row.insert("count".to_owned(), number(counted.count).into());
    Ok(Value::Object(row))
}

pub(super) fn damaged(error: serde_json::Error) -> Error {
    Error::Damaged(error.to_string())
}

/// A count, which the database holds as a signed number.
pub(super) fn number(count: i64) -> u64 {
    count.try_into().unwrap_or(0)
}

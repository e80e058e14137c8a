//! Messages that left the queue, by filter.

use mox_admin::ops::{QueueEnd, RetiredList};
use mox_clock::Timestamp;
use mox_db::rusqlite::types::Value;
use mox_db::rusqlite::{Connection, params_from_iter};
use mox_store::Error;

use super::{row, select};
use crate::{End, QueueId, Queued};

/// Ended rows that match, the latest first.
pub(crate) fn list(conn: &Connection, op: &RetiredList, limit: u32) -> Result<Vec<Queued>, Error> {
    let mut sql = format!("SELECT {} FROM queue WHERE state <> 0", row::COLUMNS);
    let mut values = Vec::new();
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.push(value);
    };
    if let Some(account) = &op.account {
        and("account = ?", Value::Text(account.clone()));
    }
    select::paths(op.from.as_deref(), op.to.as_deref(), &mut and);
    if let Some(end) = op.end {
        let end = match end {
            QueueEnd::Delivered => End::Delivered,
            QueueEnd::Failed => End::Failed,
            QueueEnd::Gone => End::Dropped,
        };
        and("state = ?", Value::Integer(end.code()));
    }
    for (time, condition) in [(op.ended_before, "ended < ?"), (op.ended_after, "ended >= ?")] {
        if let Some(time) = time {
            and(condition, Value::Integer(time.0.micros()));
        }
    }
    if let Some(key) = op.after {
        sql.push_str(" AND (ended, queue_id) < (?, ?)");
        values.extend(select::position(conn, "ended", true, key)?);
    }
    sql.push_str(" ORDER BY ended DESC, queue_id DESC LIMIT ?");
    values.push(Value::Integer(i64::from(limit)));
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |r| Ok(row::read(r)))?;
    rows.map(|r| r?).collect()
}

/// Forgets what ended before `before`, and the oldest beyond `keep`, unless its account wants it kept, and what was
/// kept until `now`; at most `max` rows of either. Answers how many of the greater part went.
pub(crate) fn forget(
    conn: &Connection,
    before: Timestamp,
    now: Timestamp,
    keep: u32,
    max: u32,
) -> Result<usize, Error> {
    let sql = "SELECT count(*) FROM queue WHERE state <> 0 AND keep_until IS NULL";
    let count: i64 = conn.prepare_cached(sql)?.query_row([], |r| r.get(0))?;
    let over = (count - i64::from(keep)).max(0);
    let sql =
        "SELECT queue_id, ended FROM queue WHERE state <> 0 AND keep_until IS NULL ORDER BY ended LIMIT ?1";
    let oldest: Vec<(i64, i64)> = conn
        .prepare_cached(sql)?
        .query_map([max], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let old = (0i64..).zip(oldest).take_while(|(at, (_, ended))| *ended < before.micros() || *at < over);
    let old: Vec<i64> = old.map(|(_, (id, _))| id).collect();
    let sql = "SELECT queue_id FROM queue WHERE keep_until IS NOT NULL AND keep_until < ?1
      ORDER BY keep_until LIMIT ?2";
    let kept: Vec<i64> =
        conn.prepare_cached(sql)?.query_map((now.micros(), max), |r| r.get(0))?.collect::<Result<_, _>>()?;
    for id in old.iter().chain(&kept) {
        for sql in [
            "DELETE FROM queue_attempt WHERE queue_id = ?1",
            "DELETE FROM queue_note WHERE queue_id = ?1",
            "DELETE FROM queue WHERE queue_id = ?1",
        ] {
            conn.prepare_cached(sql)?.execute([id])?;
        }
    }
    Ok(old.len().max(kept.len()))
}

/// Lets messages of an account that ended go with the others.
pub(crate) fn release(conn: &Connection, account: &str) -> Result<(), Error> {
    let sql = "UPDATE queue SET keep_until = NULL WHERE keep_until IS NOT NULL AND account = ?1";
    conn.prepare_cached(sql)?.execute([account])?;
    Ok(())
}

/// Until when an ended row is kept because its account wants it.
pub(crate) fn kept_until(conn: &Connection, id: QueueId) -> Result<Option<Timestamp>, Error> {
    let sql = "SELECT keep_until FROM queue WHERE queue_id = ?1";
    let until: Option<i64> = conn.prepare_cached(sql)?.query_row([id.0], |r| r.get(0))?;
    Ok(until.map(Timestamp::from_micros))
}

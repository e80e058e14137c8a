//! Queued rows by filter.

use mox_admin::ops::{QueueFilter, QueueKey, QueueSort};
use mox_clock::Timestamp;
use mox_db::rusqlite::types::Value;
use mox_db::rusqlite::{Connection, OptionalExtension, params_from_iter};
use mox_store::Error;

use super::row;
use crate::{QueueId, Queued};

/// Queued rows that match, in the order asked for.
pub(crate) fn list(
    conn: &Connection,
    filter: &QueueFilter,
    sort: QueueSort,
    descending: bool,
    after: Option<QueueKey>,
    limit: u32,
) -> Result<Vec<Queued>, Error> {
    let (conditions, mut values) = conditions(filter);
    let by = match sort {
        QueueSort::NextAttempt => "next_attempt",
        QueueSort::Queued => "queued",
    };
    let order = if descending { "DESC" } else { "ASC" };
    let beyond = match after {
        Some(key) => {
            values.extend(position(conn, by, descending, key)?);
            format!(" AND ({by}, queue_id) {} (?, ?)", if descending { "<" } else { ">" })
        }
        None => String::new(),
    };
    let sql = format!(
        "SELECT {} FROM queue WHERE {conditions}{beyond} ORDER BY {by} {order}, queue_id {order} LIMIT ?",
        row::COLUMNS
    );
    values.push(Value::Integer(i64::from(limit)));
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |r| Ok(row::read(r)))?;
    rows.map(|r| r?).collect()
}

/// The exact place of a row that a page ended with. Keys have milliseconds, rows microseconds: where the row is not as
/// the key says, any longer, the page goes on before the first row of the millisecond, so that none is left out.
pub(crate) fn position(
    conn: &Connection,
    by: &'static str,
    descending: bool,
    key: QueueKey,
) -> Result<[Value; 2], Error> {
    let sql = format!("SELECT {by} FROM queue WHERE queue_id = ?1");
    let now: Option<Option<i64>> = conn.prepare_cached(&sql)?.query_row([key.id], |r| r.get(0)).optional()?;
    let millisecond = key.at.0.micros().div_euclid(1000);
    let exact = now.flatten().filter(|micros| micros.div_euclid(1000) == millisecond);
    let (at, id) = match (exact, descending) {
        (Some(micros), _) => (micros, key.id),
        (None, false) => (millisecond.saturating_mul(1000), 0),
        (None, true) => (millisecond.saturating_mul(1000).saturating_add(999), i64::MAX),
    };
    Ok([Value::Integer(at), Value::Integer(id)])
}

/// Ids of queued rows that match, ascending, after `after`.
pub(crate) fn ids(
    conn: &Connection,
    filter: &QueueFilter,
    after: QueueId,
    limit: u32,
) -> Result<Vec<QueueId>, Error> {
    let (conditions, mut values) = conditions(filter);
    let sql =
        format!("SELECT queue_id FROM queue WHERE {conditions} AND queue_id > ? ORDER BY queue_id LIMIT ?");
    values.extend([Value::Integer(after.0), Value::Integer(i64::from(limit))]);
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |r| Ok(QueueId(r.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Counts of queued rows: all, on hold, attempted before.
pub(crate) fn counts(conn: &Connection) -> Result<(u64, u64, u64), Error> {
    let sql =
        "SELECT count(*), coalesce(sum(hold), 0), coalesce(sum(attempts > 0), 0) FROM queue WHERE state = 0";
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(conn
        .prepare_cached(sql)?
        .query_row([], |r| Ok((count(r.get(0)?), count(r.get(1)?), count(r.get(2)?))))?)
}

/// Queued rows that are due before a time and not on hold, counted in an index alone.
pub(crate) fn due(conn: &Connection, before: Timestamp) -> Result<u64, Error> {
    let count: i64 = conn.prepare_cached(DUE)?.query_row([before.micros()], |r| r.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

const DUE: &str = "SELECT count(*) FROM queue WHERE state = 0 AND hold = 0 AND next_attempt < ?1";

/// The condition for a filter with `?` for its values.
fn conditions(filter: &QueueFilter) -> (String, Vec<Value>) {
    let mut sql = "state = 0".to_owned();
    let mut values = Vec::new();
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.push(value);
    };
    if !filter.ids.is_empty() {
        // A list in one value keeps the number of variables small.
        let list = serde_json::to_string(&filter.ids).unwrap_or_default();
        and("queue_id IN (SELECT value FROM json_each(?))", Value::Text(list));
    }
    if let Some(account) = &filter.account {
        and("account = ?", Value::Text(account.clone()));
    }
    paths(filter.from.as_deref(), filter.to.as_deref(), &mut and);
    if let Some(transport) = &filter.transport {
        and("coalesce(transport, '') = ?", Value::Text(transport.clone()));
    }
    if let Some(hold) = filter.hold {
        and("hold = ?", Value::Integer(i64::from(hold)));
    }
    for (time, condition) in [
        (filter.next_attempt_before, "next_attempt < ?"),
        (filter.next_attempt_after, "next_attempt >= ?"),
        (filter.queued_before, "queued < ?"),
        (filter.queued_after, "queued >= ?"),
    ] {
        if let Some(time) = time {
            and(condition, Value::Integer(time.0.micros()));
        }
    }
    (sql, values)
}

/// Conditions on reverse-path and forward-path: an address, or `@domain`.
pub(crate) fn paths(from: Option<&str>, to: Option<&str>, and: &mut impl FnMut(&str, Value)) {
    for (path, column, domain) in [(from, "mail_from", "from_domain"), (to, "rcpt_to", "domain")] {
        match path.map(|p| (p, p.strip_prefix('@'))) {
            Some((_, Some(of))) => and(&format!("{domain} = ?"), Value::Text(domain_key(of))),
            Some(("<>" | "", _)) => and(&format!("{column} = ?"), Value::Text(String::new())),
            Some((path, None)) => {
                let parsed = path.parse::<mox_address::Path>();
                // Indexes know the domain, not the address.
                if let Ok(path) = &parsed {
                    and(&format!("{domain} = ?"), Value::Text(path.domain.to_string()));
                }
                let key = parsed.map_or_else(|_| path.to_owned(), |path| path.to_string());
                and(&format!("{column} = ? COLLATE NOCASE"), Value::Text(key));
            }
            None => {}
        }
    }
}

fn domain_key(text: &str) -> String {
    text.parse::<mox_address::IpDomain>().map_or_else(|_| text.to_lowercase(), |d| d.to_string())
}

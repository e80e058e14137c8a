//! Statements on `queue_attempt` and `queue_note`: what happened to a message.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::rusqlite::Connection;
use mox_store::Error;

use crate::seam::{Outcome, Peer, Step, Verdict};
use crate::{QueueId, tables};

/// An attempt as it is kept.
pub(crate) struct Attempt {
    pub(crate) n: u32,
    pub(crate) started: Timestamp,
    pub(crate) duration: Option<Duration>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) host: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) code: Option<u16>,
    pub(crate) enhanced: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) tls: Option<String>,
    pub(crate) steps: Vec<Step>,
}

/// Something else that happened.
pub(crate) struct Note {
    pub(crate) at: Timestamp,
    pub(crate) step: String,
    pub(crate) ok: Option<bool>,
    pub(crate) text: String,
}

pub(crate) fn begin(conn: &Connection, id: QueueId, n: u32, started: Timestamp) -> Result<(), Error> {
    let sql = "INSERT OR REPLACE INTO queue_attempt (queue_id, n, started) VALUES (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute((id.0, n, started.micros()))?;
    Ok(())
}

/// How an attempt went.
pub(crate) fn finish(
    conn: &Connection,
    id: QueueId,
    n: u32,
    duration: Duration,
    verdict: &Verdict,
    peer: &Peer,
    steps: &[Step],
) -> Result<(), Error> {
    let sql =
        "UPDATE queue_attempt SET duration = ?3, outcome = ?4, host = ?5, ip = ?6, code = ?7, enhanced = ?8,
      text = ?9, tls = ?10, steps = ?11 WHERE queue_id = ?1 AND n = ?2";
    let outcome = match verdict.outcome {
        Outcome::Delivered => 1,
        Outcome::Temporary => 2,
        Outcome::Permanent => 3,
    };
    conn.prepare_cached(sql)?.execute((
        id.0,
        n,
        i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
        outcome,
        tables::none_if_empty(&peer.host),
        peer.ip.map(|ip| ip.to_string()),
        verdict.code,
        verdict.enhanced.map(|e| e.to_string()),
        &verdict.text,
        tables::none_if_empty(&peer.tls),
        serde_json::to_string(steps).unwrap_or_default(),
    ))?;
    Ok(())
}

/// The attempt that is under way has delivered, whatever becomes of its worker.
pub(crate) fn arrived(conn: &Connection, id: QueueId) -> Result<(), Error> {
    let sql = "UPDATE queue_attempt SET outcome = 1, duration = 0, text = 'delivered into the mailbox'
      WHERE queue_id = ?1 AND n = (SELECT attempts FROM queue WHERE queue_id = ?1 AND busy = 1)";
    conn.prepare_cached(sql)?.execute([id.0])?;
    Ok(())
}

pub(crate) fn list(conn: &Connection, id: QueueId) -> Result<Vec<Attempt>, Error> {
    let sql = "SELECT n, started, duration, outcome, host, ip, code, enhanced, text, tls, steps
      FROM queue_attempt WHERE queue_id = ?1 ORDER BY n";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([id.0], |r| {
        let duration: Option<i64> = r.get(2)?;
        let steps: Option<String> = r.get(10)?;
        Ok(Attempt {
            n: r.get(0)?,
            started: Timestamp::from_micros(r.get(1)?),
            duration: duration.map(|d| Duration::from_micros(u64::try_from(d).unwrap_or(0))),
            outcome: r.get::<_, Option<i64>>(3)?.map(|code| match code {
                1 => Outcome::Delivered,
                3 => Outcome::Permanent,
                _ => Outcome::Temporary,
            }),
            host: r.get(4)?,
            ip: r.get(5)?,
            code: r.get(6)?,
            enhanced: r.get(7)?,
            text: r.get(8)?,
            tls: r.get(9)?,
            steps: steps.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn note(
    conn: &Connection,
    id: QueueId,
    at: Timestamp,
    step: &str,
    ok: Option<bool>,
    text: &str,
) -> Result<(), Error> {
    let sql = "INSERT INTO queue_note (queue_id, at, step, ok, text) VALUES (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute((id.0, at.micros(), step, ok, text))?;
    Ok(())
}

pub(crate) fn notes(conn: &Connection, id: QueueId) -> Result<Vec<Note>, Error> {
    let sql = "SELECT at, step, ok, text FROM queue_note WHERE queue_id = ?1 ORDER BY note_id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([id.0], |r| {
        Ok(Note { at: Timestamp::from_micros(r.get(0)?), step: r.get(1)?, ok: r.get(2)?, text: r.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

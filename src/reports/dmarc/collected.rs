//! What DMARC was applied to, a page at a time: domains and days, the rows of one, and what would become of them.

use mox_admin::OpError;
use mox_admin::ops::{
    Dispositions, DmarcCollected, DmarcCollectedDetail, DmarcCollectedPage, DmarcCollectedPolicy,
    DmarcCollectedRecord, DmarcCollectedRow, DmarcCollectedShow, DmarcOutlook, DmarcOutlookPage,
    DmarcOutlookRow,
};
use mox_clock::Day;
use mox_db::rusqlite::Connection;
use mox_dmarcrpt::{PolicyPublished, Record};
use mox_store::Error;
use tokio::task::JoinSet;

use super::decide::NO_REASON;
use super::results::{damaged, number};
use crate::Reports;
use crate::decide::{Decision, Subject};
use crate::kind::Kind;
use crate::ops::{ascii, failed};
use crate::paged::{cut, size};
use crate::preview::{before, planned};
use crate::receive::dmarc::record;
use crate::tables::evaluation::{self, Asked, Counted};

/// Most rows of one reply that are looked at for what was done with messages.
const MAX_LOOKED_AT: u32 = 10_000;

impl Reports {
    /// Domains and days with evaluations.
    pub async fn dmarc_collected(&self, op: DmarcCollected) -> Result<DmarcCollectedPage, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let after = op.after.as_deref().map(group_key).transpose()?;
        let limit = size(op.limit);
        let read = self.0.store.read(move |_, tx| {
            let after = after.as_ref().map(|(day, name)| (*day, name.as_str()));
            let groups = evaluation::page(tx.conn(), domain.as_deref(), after, limit + 1)?;
            let (groups, next) = cut(groups, limit, |(domain, day)| key(domain, *day));
            let mut room = MAX_LOOKED_AT;
            let rows = groups.into_iter().map(|(domain, day)| {
                let asked = evaluation::of(tx.conn(), &domain, day)?;
                collected(tx.conn(), domain, day, &asked, &mut room)
            });
            Ok::<_, Error>(DmarcCollectedPage { rows: rows.collect::<Result<_, _>>()?, next })
        });
        read.await.map_err(failed)
    }

    /// The evaluations of one domain and day.
    pub async fn dmarc_collected_show(
        &self,
        op: DmarcCollectedShow,
    ) -> Result<DmarcCollectedDetail, OpError> {
        let (domain, day, limit) = (ascii(&op.domain)?, self.day(&op.day)?, size(op.limit));
        let after = op.after.as_deref().map(row_key).transpose()?;
        let name = domain.clone();
        let read = self.0.store.read(move |_, tx| {
            let asked = evaluation::of(tx.conn(), &domain, day)?;
            if asked.is_empty() {
                return Ok(None);
            }
            let row = collected(tx.conn(), domain, day, &asked, &mut { MAX_LOOKED_AT })?;
            let rows = records(tx.conn(), &asked, after, limit + 1)?;
            let (records, next) = cut(rows, limit, |row: &DmarcCollectedRecord| row.key.clone());
            let published = asked.iter().map(policy).collect::<Result<_, _>>()?;
            Ok::<_, Error>(Some(DmarcCollectedDetail { row, published, records, next }))
        });
        read.await.map_err(failed)?.ok_or_else(|| {
            OpError::not_found(format!("nothing is collected about {name} on {day}"))
                .hint("results go when their report is made: the history shows it")
        })
    }

    /// What would become of what is collected.
    pub async fn dmarc_outlook(&self, op: DmarcOutlook) -> Result<DmarcOutlookPage, OpError> {
        let domain = op.domain.as_deref().map(ascii).transpose()?;
        let after = op.after.as_deref().map(group_key).transpose()?;
        let limit = op.limit.unwrap_or(DmarcOutlook::ROWS).clamp(1, DmarcOutlook::ROWS);
        let read = self.0.store.read(move |_, tx| {
            let after = after.as_ref().map(|(day, name)| (*day, name.as_str()));
            evaluation::page(tx.conn(), domain.as_deref(), after, limit + 1)
        });
        let groups = read.await.map_err(failed)?;
        let (groups, next) = cut(groups, limit, |(domain, day)| key(domain, *day));
        let mut running = JoinSet::new();
        for (at, (domain, day)) in groups.into_iter().enumerate() {
            let reports = self.clone();
            running.spawn(async move {
                (at, reports.dmarc_outlook_of(Subject::new(Kind::Dmarc, domain, day)).await)
            });
        }
        let mut rows = Vec::new();
        while let Some(done) = running.join_next().await {
            let (at, row) = done.map_err(OpError::failed)?;
            rows.push((at, row.map_err(failed)?));
        }
        rows.sort_by_key(|(at, _)| *at);
        Ok(DmarcOutlookPage { rows: rows.into_iter().map(|(_, row)| row).collect(), next })
    }

    /// The same is decided as when a report is sent; it is not written.
    async fn dmarc_outlook_of(&self, subject: Subject) -> Result<DmarcOutlookRow, Error> {
        let mut row = DmarcOutlookRow {
            key: key(&subject.policy_domain, subject.day),
            policy_domain: subject.policy_domain.clone(),
            day: subject.day.to_string(),
            partial: subject.day == self.0.seams.clock.now().day(),
            state: "reported".to_owned(),
            why: String::new(),
            destinations: Vec::new(),
        };
        if let Some(made) = self.made(&subject).await? {
            row.why = before(&made);
            return Ok(row);
        }
        let (state, why) = match self.decide(&subject, false).await?.0 {
            Decision::Send(plan) => {
                row.destinations = planned(&plan);
                ("will-send", String::new())
            }
            Decision::Nothing(why) => ("nothing", why),
            Decision::Later(why) => ("later", why),
            Decision::Discard(why) => ("discarded", why),
        };
        (row.state, row.why) = (state.to_owned(), why);
        Ok(row)
    }
}

/// The key of a domain and day.
fn key(domain: &str, day: Day) -> String {
    format!("{day}/{domain}")
}

fn group_key(text: &str) -> Result<(Day, String), OpError> {
    let found = text.split_once('/').and_then(|(day, domain)| Some((day.parse().ok()?, domain.to_owned())));
    found.ok_or_else(|| wrong_key(text))
}

fn wrong_key(text: &str) -> OpError {
    let text: String = text.chars().take(100).collect();
    OpError::usage(format!("{text:?} is no key of a row")).hint("begin at the first page")
}

/// The sums of a domain and day. `room` is how many rows may be looked at; it is less after it.
fn collected(
    conn: &Connection,
    domain: String,
    day: Day,
    asked: &[Asked],
    room: &mut u32,
) -> Result<DmarcCollectedRow, Error> {
    let sum = |of: fn(&Asked) -> i64| asked.iter().map(|one| number(of(one))).fold(0, u64::saturating_add);
    let (messages, passed, reasons) = (sum(|a| a.messages), sum(|a| a.passed), sum(|a| a.reasons));
    let mut dispositions = Dispositions::default();
    for one in asked {
        for (word, count, rows) in evaluation::dispositions(conn, one.id, *room)? {
            *room = room.saturating_sub(rows);
            let sum = match word.as_str() {
                "pass" => &mut dispositions.pass,
                "none" => &mut dispositions.none,
                "quarantine" => &mut dispositions.quarantine,
                "reject" => &mut dispositions.reject,
                _ => continue,
            };
            *sum = sum.saturating_add(count);
        }
    }
    let Dispositions { pass, none, quarantine, reject, .. } = dispositions;
    let known = [pass, none, quarantine, reject].into_iter().fold(0, u64::saturating_add);
    dispositions.unknown = messages.saturating_sub(known);
    Ok(DmarcCollectedRow {
        key: key(&domain, day),
        policy_domain: domain,
        day: day.to_string(),
        policies: asked.len() as u64,
        messages,
        passed,
        failed: messages.saturating_sub(passed),
        reasons,
        rows: sum(|a| a.rows),
        unlisted: sum(|a| a.unlisted),
        dispositions,
        reportable: reasons > 0,
        why: if reasons > 0 { String::new() } else { NO_REASON.to_owned() },
    })
}

fn policy(asked: &Asked) -> Result<DmarcCollectedPolicy, Error> {
    Ok(DmarcCollectedPolicy {
        policy_id: asked.id,
        policy: serde_json::from_str(&asked.config).map_err(damaged)?,
        messages: number(asked.messages),
        passed: number(asked.passed),
        reasons: number(asked.reasons),
    })
}

/// Policy, source and digest of a row.
type RowKey = (i64, Vec<u8>, Vec<u8>);

fn row_key(text: &str) -> Result<RowKey, OpError> {
    let mut parts = text.split('-');
    let key =
        parts.next().and_then(|id| Some((id.parse().ok()?, bytes(parts.next()?)?, bytes(parts.next()?)?)));
    key.filter(|_| parts.next().is_none()).ok_or_else(|| wrong_key(text))
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let pairs = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok());
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows behind a key, policy by policy; at most `max`.
fn records(
    conn: &Connection,
    asked: &[Asked],
    after: Option<RowKey>,
    max: u32,
) -> Result<Vec<DmarcCollectedRecord>, Error> {
    let first = after.as_ref().map_or(i64::MIN, |(id, ..)| *id);
    let mut found = Vec::new();
    for one in asked.iter().filter(|one| one.id >= first) {
        let left = max.saturating_sub(u32::try_from(found.len()).unwrap_or(max));
        if left == 0 {
            break;
        }
        let behind = after.as_ref().filter(|(id, ..)| *id == one.id);
        let behind = behind.map(|(_, source, digest)| (source.as_slice(), digest.as_slice()));
        let policy: PolicyPublished = serde_json::from_str(&one.config).map_err(damaged)?;
        for counted in evaluation::rows(conn, one.id, behind, left)? {
            found.push(collected_record(one.id, &counted, &policy)?);
        }
    }
    Ok(found)
}

fn collected_record(
    policy_id: i64,
    counted: &Counted,
    policy: &PolicyPublished,
) -> Result<DmarcCollectedRecord, Error> {
    let read: Record = serde_json::from_str(&counted.record).map_err(damaged)?;
    let key = format!("{policy_id}-{}-{}", hex(&counted.source), hex(&counted.digest));
    let read = Record { count: number(counted.count), ..read };
    Ok(DmarcCollectedRecord { key, policy_id, record: record(read, policy) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let wanted = (7, vec![1, 255], vec![0, 16]);
        assert_eq!(row_key(&format!("7-{}-{}", hex(&[1, 255]), hex(&[0, 16]))), Ok(wanted));
        for text in ["", "7", "7-01", "x-01-02", "7-0-02", "7-é-02", "7-01-02-03"] {
            assert!(row_key(text).is_err(), "{text}");
        }
        let day = Day::from_number(20_000);
        assert_eq!(group_key(&key("a.example", day)), Ok((day, "a.example".to_owned())));
        assert!(group_key("a.example").is_err() && group_key("x/a").is_err());
    }
}

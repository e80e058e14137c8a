//! A row of `queue` as a [`Queued`], and the codes of its columns.

use mox_clock::Timestamp;
use mox_db::rusqlite::{self, Row, types::FromSql};
use mox_smtp::{Body, Notify, OriginalRecipient, Return};
use mox_store::{ContentId, Error, MessageId};

use crate::{Class, End, QueueId, Queued};

pub(crate) const COLUMNS: &str = "queue_id, base_id, content_id, prefix, account, mail_from, rcpt_to, size, body,
  smtputf8, require_tls, queued, next_attempt, attempts, max_attempts, hold, busy, last_error, last_attempt, last_code,
  last_enhanced, remote_mta, last_tls, not_before, ret, envid, notify, orcpt, subject, message_id, class, state,
  ended, copy_id, transport, from_id, extra";

/// Reads columns one after another.
struct Columns<'r, 'c> {
    row: &'r Row<'c>,
    at: usize,
}

impl Columns<'_, '_> {
    fn next<T: FromSql>(&mut self) -> Result<T, rusqlite::Error> {
        let value = self.row.get(self.at);
        self.at += 1;
        value
    }

    fn time(&mut self) -> Result<Timestamp, rusqlite::Error> {
        Ok(Timestamp::from_micros(self.next()?))
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, rusqlite::Error> {
        Ok(self.next::<Option<i64>>()?.map(Timestamp::from_micros))
    }
}

/// Reads a row that has [`COLUMNS`].
pub(crate) fn read(row: &Row<'_>) -> Result<Queued, Error> {
    let mut c = Columns { row, at: 0 };
    let id: i64 = c.next()?;
    let damaged = |what: &str| Error::Damaged(format!("queue row {id}: {what}"));
    Ok(Queued {
        id: QueueId(id),
        base: c.next()?,
        content: c.next::<Option<i64>>()?.map(ContentId),
        prefix: c.next::<Option<Vec<u8>>>()?.unwrap_or_default(),
        account: c.next()?,
        reverse_path: match c.next::<String>()? {
            path if path.is_empty() => None,
            path => Some(path.parse().map_err(|_| damaged("reverse-path"))?),
        },
        forward_path: c.next::<String>()?.parse().map_err(|_| damaged("forward-path"))?,
        size: u64::try_from(c.next::<i64>()?).unwrap_or(0),
        body: body(c.next()?),
        smtputf8: c.next()?,
        require_tls: c.next()?,
        queued: c.time()?,
        next_attempt: c.time()?,
        attempts: c.next()?,
        max_attempts: c.next()?,
        hold: c.next()?,
        busy: c.next()?,
        last_error: c.next()?,
        last_attempt: c.maybe_time()?,
        last_code: c.next()?,
        last_enhanced: c.next::<Option<String>>()?.and_then(|text| text.parse().ok()),
        remote_mta: c.next()?,
        last_tls: c.next()?,
        not_before: c.maybe_time()?,
        ret: c.next::<Option<i64>>()?.map(|code| if code == 1 { Return::Full } else { Return::Headers }),
        envid: c.next()?,
        notify: c.next::<Option<i64>>()?.map(notify),
        orcpt: c.next::<Option<String>>()?.and_then(orcpt),
        subject: c.next()?,
        message_id: c.next()?,
        class: Class::from_code(c.next()?),
        end: End::from_code(c.next()?),
        ended: c.maybe_time()?,
        copy: c.next::<Option<i64>>()?.map(MessageId),
        transport: c.next()?,
        from_id: c.next()?,
        extra: c.next()?,
    })
}

pub(crate) fn body_code(body: Body) -> i64 {
    match body {
        Body::SevenBit => 0,
        Body::EightBitMime => 1,
        Body::BinaryMime => 2,
    }
}

fn body(code: i64) -> Body {
    match code {
        0 => Body::SevenBit,
        2 => Body::BinaryMime,
        _ => Body::EightBitMime,
    }
}

pub(crate) fn ret_code(ret: Return) -> i64 {
    match ret {
        Return::Headers => 0,
        Return::Full => 1,
    }
}

pub(crate) fn notify_bits(notify: Notify) -> i64 {
    i64::from(notify.success) | i64::from(notify.failure) << 1 | i64::from(notify.delay) << 2
}

fn notify(bits: i64) -> Notify {
    Notify { success: bits & 1 != 0, failure: bits & 2 != 0, delay: bits & 4 != 0 }
}

fn orcpt(text: String) -> Option<OriginalRecipient> {
    let (kind, address) = text.split_once(';')?;
    Some(OriginalRecipient { kind: kind.to_owned(), address: address.to_owned() })
}

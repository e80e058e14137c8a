//! How much an account sends: bounds the damage when its password is stolen.
//!
//! Counted per minute over the last 24 hours, so that an account has at most 1440 rows whatever its limits. A row
//! goes a little early rather than late: it stands for the start of its minute.

use std::time::Duration;

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::tables::outgoing as table;
use crate::{Error, Store};

/// The time over which is counted.
const WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Microseconds of what is counted in one row.
const MINUTE: i64 = 60_000_000;

/// What an account may send within 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutgoingLimits {
    /// Messages, each counted once per recipient.
    pub messages: u32,
    /// Recipients that it never sent to before.
    pub first_time: u32,
}

impl Store {
    /// Messages that an account sent in the last 24 hours, counted once per recipient, and recipients among them that
    /// it never sent to before.
    pub fn sent_lately(&self, tx: &ReadTx<'_>, account: &str) -> Result<(u64, u64), Error> {
        let id = self.account(tx, account)?.id;
        let (sent, new) = table::sums_since(tx.conn(), id, self.clock().now().minus(WINDOW))?;
        Ok((u64::try_from(sent).unwrap_or(0), u64::try_from(new).unwrap_or(0)))
    }

    /// Counts a message from `account` to `recipients`, letter case ignored; [`Error::TooMuchSent`] when that is
    /// over a limit. The caller rolls back then, and with it the count.
    pub fn count_outgoing(
        &self,
        tx: &mut Tx<'_>,
        account: &str,
        recipients: &[String],
        limits: OutgoingLimits,
    ) -> Result<(), Error> {
        let id = self.open_account(tx, account)?;
        let now = self.clock().now();
        let mut first_time = 0;
        for recipient in recipients {
            first_time += u32::from(table::know(tx.conn(), id, &recipient.to_lowercase())?);
        }
        table::prune(tx.conn(), id, now.minus(WINDOW))?;
        let minute = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(MINUTE));
        let messages = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
        table::add(tx.conn(), id, minute, messages, first_time)?;
        let (sent, new) = table::sums(tx.conn(), id)?;
        let over = |what, limit| Err(Error::TooMuchSent { account: account.to_owned(), what, limit });
        match limits {
            OutgoingLimits { messages, .. } if sent > i64::from(messages) => over("messages", messages),
            OutgoingLimits { first_time, .. } if new > i64::from(first_time) => {
                over("first-time recipients", first_time)
            }
            _ => Ok(()),
        }
    }
}

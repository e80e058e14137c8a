//! Mail of ours that other hosts took: with whom an exchange went well, and how much there is.
//!
//! Both decide about reports: an organization that never took mail of ours nor sent us good mail is a stranger
//! ([`crate::Standing::Unwanted`]), and reports are few beside all other mail ([`crate::cap`]). Noted in the transaction
//! of the delivery's outcome.

use mox_clock::Day;
use mox_db::Tx;
use mox_db::rusqlite::Connection;
use mox_queue::Queued;
use mox_store::Error;

use crate::Reports;
use crate::tables::{exchange, traffic};

/// How long a good exchange is remembered, in days: somebody who writes once a year is no stranger.
const KEEP_EXCHANGES: i64 = 400;
/// How long counts of days are kept; a week is looked at.
const KEEP_TRAFFIC: i64 = 40;

impl Reports {
    /// Another host took somebody's mail.
    pub(crate) fn note_delivered(&self, tx: &mut Tx<'_>, row: &Queued) -> Result<(), Error> {
        let options = &self.0.options;
        if !options.on && !options.dmarc {
            return Ok(());
        }
        let today = self.0.seams.clock.now().day();
        if let Some(domain) = row.forward_path.domain.domain() {
            exchange::note(tx.conn(), domain.ascii(), today)?;
        }
        traffic::count_own(tx.conn(), today)
    }
}

/// The day some days before another.
pub(crate) fn before(day: Day, days: i64) -> Day {
    Day::from_number(day.number().saturating_sub(days))
}

/// Whether there is something to forget.
pub(crate) fn any_old(conn: &Connection, today: Day) -> Result<bool, Error> {
    Ok(exchange::any_before(conn, before(today, KEEP_EXCHANGES))?
        || traffic::any_before(conn, before(today, KEEP_TRAFFIC))?)
}

/// Forgets exchanges and counts that are old.
pub(crate) fn forget_old(conn: &Connection, today: Day) -> Result<(), Error> {
    exchange::forget(conn, before(today, KEEP_EXCHANGES))?;
    traffic::forget(conn, before(today, KEEP_TRAFFIC))
}

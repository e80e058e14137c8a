//! The one way in: rows for the recipients of a message, within the caller's transaction.

use mox_db::Tx;
use mox_store::{Error, Store};

use crate::{NewQueued, Queue, QueueId, tables};

impl Queue {
    /// Queues a message for each of its recipients; answers their ids in order.
    ///
    /// Runs in the transaction that accepts the message: when that is rolled back, nothing was queued. One
    /// reference to the content for each recipient is taken over, so insert it with as many. Once committed,
    /// the scheduler looks.
    pub fn add(&self, _store: &Store, tx: &mut Tx<'_>, new: &NewQueued) -> Result<Vec<QueueId>, Error> {
        let now = self.0.seams.clock.now();
        let max_attempts = new.max_attempts.unwrap_or_else(|| self.0.options.retry.max_attempts());
        let ids = tables::insert(tx.conn(), new, now, max_attempts)?;
        self.changed(tx);
        Ok(ids)
    }
}

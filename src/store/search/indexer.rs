//! The index follows behind: a task that reads what was accepted and adds it in small steps.
//!
//! A step reads and takes words apart outside the writer, then adds at most about [`STEP_BYTES`] bytes of words in one
//! closure, so that a delivery waits a few milliseconds for it. While others write, the task rests four times as long
//! as a step takes.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use crate::tables::search as table;
use crate::tables::{Counter, current};
use crate::{Change, ContentId, Error, Store};

/// Words after which a step is full, in bytes. One message has at most [`super::words::Terms::MAX`].
const STEP_BYTES: usize = 64 * 1024;

/// Pages of 4 KiB that a step merges: several times what it adds, as every page is merged a few times in its life.
const MERGE_PAGES: u32 = 48;

/// Message ids that a step looks at.
const STEP_IDS: i64 = 64;

/// Rest after a message came, to take those with it that come at the same time.
const GATHER: Duration = Duration::from_millis(500);

/// Rest after an error.
const FAILED: Duration = Duration::from_secs(10);

/// Longest rest while others write.
const REST_MAX: Duration = Duration::from_secs(1);

/// What a step adds.
struct Step {
    rows: Vec<(ContentId, String)>,
    /// The mark after it.
    mark: i64,
}

/// Keeps the index up to date; works until dropped.
pub async fn index(store: Store) {
    loop {
        // Subscribed to before the look, so that nothing falls in between.
        let mut changes = store.changes().subscribe();
        if let Err(error) = catch_up(&store).await {
            tracing::warn!(%error, "the search index could not be brought up to date");
            store.clock().sleep(FAILED).await;
            continue;
        }
        loop {
            match changes.recv().await {
                Ok(Change::Appended { .. }) | Err(RecvError::Lagged(_)) => break,
                Ok(Change::Other { .. }) => {}
                Err(RecvError::Closed) => return,
            }
        }
        store.clock().sleep(GATHER).await;
    }
}

/// Takes steps until nothing is left.
async fn catch_up(store: &Store) -> Result<(), Error> {
    loop {
        let (began, writes) = (store.clock().monotonic(), store.db().figures().writes);
        if !store.index_step().await? {
            return Ok(());
        }
        let took = store.clock().monotonic().saturating_sub(began);
        let others = store.db().figures().writes.saturating_sub(writes) > 1;
        if others {
            store.clock().sleep((took * 4).min(REST_MAX)).await;
        }
    }
}

impl Store {
    /// Takes one step: indexes some of the messages that wait for it, oldest first; whether there were any.
    pub async fn index_step(&self) -> Result<bool, Error> {
        let Some(step) = self.read(|store, tx| store.next_step(tx)).await? else { return Ok(false) };
        let add = move |_: &Store, tx: &mut mox_db::Tx<'_>| {
            for (content, words) in &step.rows {
                table::insert(tx.conn(), *content, words)?;
            }
            table::merge(tx.conn(), MERGE_PAGES)?;
            table::set_mark(tx.conn(), step.mark)
        };
        self.write(add).await?;
        Ok(true)
    }

    fn next_step(&self, tx: &mox_db::ReadTx<'_>) -> Result<Option<Step>, Error> {
        let (mark, highest) = (table::mark(tx.conn())?, current(tx.conn(), Counter::Message)?);
        if mark >= highest {
            return Ok(None);
        }
        let last = highest.min(mark.saturating_add(STEP_IDS));
        let mut step = Step { rows: Vec::new(), mark: last };
        let mut bytes = 0;
        for waiting in table::oldest(tx.conn(), mark, last)? {
            if bytes > STEP_BYTES {
                step.mark = waiting.message.0 - 1;
                break;
            }
            let known = step.rows.iter().any(|(content, _)| *content == waiting.content);
            if known || table::has(tx.conn(), waiting.content)? {
                continue;
            }
            let words = match self.terms(tx, &waiting) {
                Ok(terms) => terms.joined(),
                // What cannot be read is for the checker to tell; the rest must be found all the same.
                Err(error @ (Error::Damaged(_) | Error::File { .. })) => {
                    tracing::warn!(id = waiting.message.0, %error, "message cannot be searched");
                    continue;
                }
                Err(error) => return Err(error),
            };
            bytes += words.len();
            step.rows.push((waiting.content, words));
        }
        Ok(Some(step))
    }
}

//! The operations behind `mox queue webhook ...`.

use mox_admin::OpError;
use mox_admin::ops::{
    Changed, HookCancel, HookDetail, HookList, HookRetired, HookRow, HookSchedule, HookShow, HookState,
};
use mox_db::{ReadTx, Tx};
use mox_store::{Error, Store};

use super::Calls;
use super::table::{self, Ended, State};

fn missing(id: i64) -> OpError {
    OpError::not_found(format!("no webhook call {id}")).hint("`mox queue webhook list` shows those that wait")
}

impl Calls {
    /// Calls that wait, the latest first.
    pub async fn list(&self, op: HookList) -> Result<Vec<HookRow>, OpError> {
        self.rows(false, op.account, op.before, op.limit).await
    }

    /// Calls that ended and are kept, the latest first.
    pub async fn retired(&self, op: HookRetired) -> Result<Vec<HookRow>, OpError> {
        self.rows(true, op.account, op.before, op.limit).await
    }

    async fn rows(
        &self,
        ended: bool,
        account: Option<String>,
        before: Option<i64>,
        limit: Option<u32>,
    ) -> Result<Vec<HookRow>, OpError> {
        let limit = limit.unwrap_or(HookList::MAX).min(HookList::MAX);
        let read = move |_: &Store, tx: &ReadTx<'_>| {
            table::list(tx.conn(), ended, account.as_deref(), before, limit)
        };
        self.0.store.read(read).await.map_err(OpError::failed)
    }

    /// One call and what it says.
    pub async fn show(&self, op: HookShow) -> Result<HookDetail, OpError> {
        let found =
            self.0.store.read(move |_, tx| table::get(tx.conn(), op.id)).await.map_err(OpError::failed)?;
        let (row, payload) = found.ok_or_else(|| missing(op.id))?;
        Ok(HookDetail { row, payload })
    }

    /// Takes calls back that wait.
    pub async fn cancel(&self, op: HookCancel) -> Result<Changed, OpError> {
        let calls = self.clone();
        self.change(op.ids, op.dry_run, move |tx, row| {
            let now = calls.0.clock.now();
            let keep_until = calls.keep(&row.account, now);
            table::end(tx.conn(), row.id, &Ended { state: State::Canceled, at: now, keep_until })
        })
        .await
    }

    /// Moves the next attempt of calls that wait.
    pub async fn schedule(&self, op: HookSchedule) -> Result<Changed, OpError> {
        let next = self.0.clock.now().plus(std::time::Duration::from_millis(op.in_ms));
        let calls = self.clone();
        self.change(op.ids, op.dry_run, move |tx, row| {
            let calls = calls.clone();
            tx.on_commit(move || calls.0.wake.notify_one());
            table::set_next(tx.conn(), row.id, next)
        })
        .await
    }

    async fn change<F>(&self, ids: Vec<i64>, dry_run: bool, change: F) -> Result<Changed, OpError>
    where
        F: Fn(&mut Tx<'_>, &HookRow) -> Result<(), Error> + Send + 'static,
    {
        let asked = ids.clone();
        let write = move |_: &Store, tx: &mut Tx<'_>| {
            let mut rows = Vec::with_capacity(asked.len());
            for id in asked {
                match table::get(tx.conn(), id)? {
                    Some((row, _)) if row.state == HookState::Pending => rows.push(row),
                    _ => return Ok(Err(id)),
                }
            }
            for row in rows.iter().filter(|_| !dry_run) {
                change(tx, row)?;
            }
            Ok::<_, Error>(Ok(()))
        };
        let done = self.0.store.write(write).await.map_err(OpError::failed)?;
        done.map_err(|id| {
            OpError::failed(format!("webhook call {id} does not wait: it is being made, ended, or unknown"))
        })?;
        Ok(Changed { ids, dry_run })
    }
}

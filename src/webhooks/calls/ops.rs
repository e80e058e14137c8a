//! The operations behind `mox queue webhook ...`.

use mox_admin::OpError;
use mox_admin::ops::{
    Changed, HookCancel, HookDetail, HookList, HookRetired, HookRow, HookSchedule, HookShow, HookState,
    HookTest, HookTested,
};
use mox_db::{ReadTx, Tx};
use mox_store::{Error, Store};

use super::table::{self, Due, Ended, Last, State, Which};
use super::{Calls, event};

fn missing(id: i64) -> OpError {
    OpError::not_found(format!("no webhook call {id}")).hint("`mox queue webhook list` shows those that wait")
}

/// How many rows a reply has.
fn most(limit: Option<u32>) -> u32 {
    limit.unwrap_or(HookList::MAX).min(HookList::MAX)
}

impl Calls {
    /// Calls that wait, the latest first.
    pub async fn list(&self, op: HookList) -> Result<Vec<HookRow>, OpError> {
        let (account, before, max) = (op.account, op.before, most(op.limit));
        self.rows(Which { ended: false, state: None, account, before, max }).await
    }

    /// Calls that ended and are kept, the latest first.
    pub async fn retired(&self, op: HookRetired) -> Result<Vec<HookRow>, OpError> {
        let state = op.state.map(|state| {
            let wrong = || OpError::usage("calls that wait are not among those that ended");
            State::of(state).ok_or_else(wrong)
        });
        let (state, max) = (state.transpose()?, most(op.limit));
        self.rows(Which { ended: true, state, account: op.account, before: op.before, max }).await
    }

    async fn rows(&self, which: Which) -> Result<Vec<HookRow>, OpError> {
        let read = move |_: &Store, tx: &ReadTx<'_>| table::list(tx.conn(), &which);
        self.0.store.read(read).await.map_err(OpError::failed)
    }

    /// Makes a call at once with made-up content; nothing is kept of it.
    pub async fn test(&self, op: HookTest) -> Result<HookTested, OpError> {
        let config = self.0.config.load();
        let account = config.dynamic.accounts.get(&op.account);
        let account = account.ok_or_else(|| OpError::not_found(format!("no account {:?}", op.account)))?;
        let url = match op.incoming {
            true => account.incoming_webhook.as_ref().map(|hook| &hook.url),
            false => account.outgoing_webhook.as_ref().map(|hook| &hook.url),
        };
        let which = if op.incoming { "incoming" } else { "outgoing" };
        let none = || OpError::not_found(format!("account {:?} has no {which} webhook", op.account));
        let url = url.ok_or_else(none)?.as_str().to_owned();
        let begun = self.0.clock.now();
        let payload = event::made_up(op.incoming, begun);
        let (account, incoming) = (op.account, op.incoming);
        let due = Due { id: 0, account, url: url.clone(), incoming, attempt: 1, payload: payload.clone() };
        let last = self.call(&due).await;
        let took_ms = u64::try_from(self.0.clock.now().since(begun).as_millis()).unwrap_or(u64::MAX);
        let taken = last.status == Some(200);
        let Last { status, error, answer } = last;
        Ok(HookTested { url, taken, status, error, answer, took_ms, payload })
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
            OpError::conflict(format!("webhook call {id} does not wait: it is being made, ended, or unknown"))
        })?;
        Ok(Changed { ids, dry_run })
    }
}

//! What the owner of an account can do beside mail: change the password, end sessions, have another name in From.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::ops::{
    AccountFullName, AccountPasswordChange, AccountPasswordChanged, ConfigChanged, SessionsEnd, SessionsEnded,
};
use mox_admin::{OpError, Operations, Secret};
use mox_config::edit::Draft;
use mox_store::Store;

use super::destinations::{editable, one_line, put};
use super::{failed, lookup};
use crate::desk::Desk;

/// Wrong passwords in a while, until which somebody who is logged in may go on guessing.
const WRONG_MAX: u32 = 10;
const WHILE: Duration = Duration::from_secs(15 * 60);

/// Wrong passwords of accounts, and when the first was.
type Wrong = Arc<Mutex<HashMap<String, (u32, Duration)>>>;

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (change, end, name) = (desk.clone(), desk.clone(), desk.clone());
    let wrong = Wrong::default();
    operations
        .on(move |op: AccountPasswordChange| changed(change.clone(), wrong.clone(), op))
        .on(move |op: SessionsEnd| ended(end.clone(), op))
        .on(move |op: AccountFullName| named(name.clone(), op))
}

async fn changed(
    desk: Arc<Desk>,
    wrong: Wrong,
    op: AccountPasswordChange,
) -> Result<AccountPasswordChanged, OpError> {
    let AccountPasswordChange { account, current, password } = op;
    let draft = editable(&desk).await?;
    let config = lookup::account(&draft.config, &account)?;
    if config.no_custom_password && password.is_some() {
        return Err(OpError::usage("passwords of this account are made by the server, none can be chosen")
            .hint("leave the new password empty"));
    }
    let made = password.is_none();
    let password = password.unwrap_or_else(|| Secret::new(mox_sasl::random_password(&*desk.random)));
    if password == current {
        return Err(OpError::usage("the new password is the one that it is").hint("choose another"));
    }
    may_try(desk.clock.monotonic(), &wrong, &account)?;
    let (store, asked) = (desk.store().await?, account.clone());
    let right = desk.work(move |_| store.check_password(&asked, current.reveal()).map_err(failed)).await?;
    if !right {
        return Err(OpError::usage("the current password is not right; nothing was changed")
            .hint("write the password that you log in with"));
    }
    wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
    let new = password.clone();
    let derive =
        move |desk: &Desk| mox_sasl::Verifiers::derive(new.reveal(), &*desk.random).map_err(OpError::usage);
    let verifiers = desk.work(derive).await?;
    let name = account.clone();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.set_password(tx, &name, &verifiers);
    desk.store().await?.write(write).await.map_err(failed)?;
    tracing::info!(account, "password changed by its owner");
    Ok(AccountPasswordChanged { password: made.then_some(password) })
}

/// Counts a try; one that was right takes the count away.
fn may_try(now: Duration, wrong: &Wrong, account: &str) -> Result<(), OpError> {
    let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
    wrong.retain(|_, (_, first)| now.saturating_sub(*first) < WHILE);
    let (count, _) = wrong.entry(account.to_owned()).or_insert((0, now));
    if *count >= WRONG_MAX {
        return Err(OpError::usage("the current password was wrong too often").hint("wait 15 minutes"));
    }
    *count += 1;
    Ok(())
}

async fn ended(desk: Arc<Desk>, op: SessionsEnd) -> Result<SessionsEnded, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(SessionsEnded { ended: 0 }) };
    let account = op.account.clone();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| store.end_web_sessions(tx, &account);
    let ended = store.write(write).await.map_err(failed)?;
    tracing::info!(account = op.account, ended, "sessions of pages ended");
    Ok(SessionsEnded { ended: ended as u64 })
}

async fn named(desk: Arc<Desk>, op: AccountFullName) -> Result<ConfigChanged, OpError> {
    let AccountFullName { account, full_name, dry_run } = op;
    editable(&desk).await?;
    let full_name = one_line("the name", &full_name)?;
    let what = format!("account name {account}");
    let edit = move |draft: &mut Draft| {
        lookup::account(&draft.config, &account)?;
        put(&mut draft.tree, &["Accounts", &account], "FullName", &full_name)?;
        Ok(Vec::new())
    };
    desk.change(what, dry_run, edit).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_are_counted_by_account_and_for_a_while() {
        let (wrong, now) = (Wrong::default(), Duration::from_secs(5));
        for _ in 0..WRONG_MAX {
            may_try(now, &wrong, "amy").unwrap();
        }
        assert!(may_try(now, &wrong, "amy").unwrap_err().message.contains("too often"));
        may_try(now, &wrong, "bob").unwrap();
        assert!(may_try(now + WHILE - Duration::from_secs(1), &wrong, "amy").is_err());
        may_try(now + WHILE, &wrong, "amy").unwrap();
    }
}

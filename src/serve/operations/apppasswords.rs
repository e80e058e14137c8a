//! `mox config account apppassword`: passwords of programs, beside that of the account.

use std::sync::Arc;

use mox_admin::ops::{
    AppPasswordAdd, AppPasswordAdded, AppPasswordList, AppPasswordRemove, AppPasswordRemoved, AppPasswordRow,
};
use mox_admin::{OpError, Operations, Secret, Time};
use mox_store::{APP_PASSWORDS_MAX, AppPassword, Error, Store};

use super::{failed, lookup};
use crate::desk::Desk;

/// Longest name in bytes.
const NAME_MAX: usize = 100;

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (list, make, remove) = (desk.clone(), desk.clone(), desk.clone());
    operations
        .on(move |op: AppPasswordList| all(list.clone(), op))
        .on(move |op: AppPasswordAdd| added(make.clone(), op))
        .on(move |op: AppPasswordRemove| removed(remove.clone(), op))
}

fn row(password: AppPassword) -> AppPasswordRow {
    AppPasswordRow {
        id: password.id,
        account: password.account,
        name: password.name,
        created: Time(password.created),
        used: password.used.map(Time),
    }
}

async fn all(desk: Arc<Desk>, op: AppPasswordList) -> Result<Vec<AppPasswordRow>, OpError> {
    lookup::account(&desk.draft().await?.config, &op.account)?;
    rows(&desk, op.account).await
}

async fn rows(desk: &Arc<Desk>, account: String) -> Result<Vec<AppPasswordRow>, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(Vec::new()) };
    let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| store.app_passwords(tx, &account);
    Ok(store.read(read).await.map_err(failed)?.into_iter().map(row).collect())
}

async fn added(desk: Arc<Desk>, op: AppPasswordAdd) -> Result<AppPasswordAdded, OpError> {
    let AppPasswordAdd { account, name, dry_run } = op;
    let name = name.trim().to_owned();
    if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(OpError::usage(format!("a name is one line of 1 to {NAME_MAX} bytes"))
            .hint("name the program or the device that the password is for"));
    }
    lookup::account(&desk.draft().await?.config, &account)?;
    let known = rows(&desk, account.clone()).await?;
    if known.iter().any(|row| row.name == name) {
        return Err(OpError::conflict(format!("there is an app password {name:?} already"))
            .hint("take another name, or remove that one first"));
    }
    if known.len() >= APP_PASSWORDS_MAX {
        return Err(OpError::conflict(format!("an account has at most {APP_PASSWORDS_MAX} app passwords"))
            .hint("remove those that are not used any more"));
    }
    if !has_password(&desk, &account).await? {
        return Err(OpError::conflict(format!("account {account} has no password of its own yet"))
            .hint(format!("first `mox setaccountpassword {account}`")));
    }
    if dry_run {
        let row = AppPasswordRow { id: 0, account, name, created: Time(desk.clock.now()), used: None };
        return Ok(AppPasswordAdded { row, password: None, dry_run });
    }
    let password = Secret::new(mox_sasl::random_password(&*desk.random));
    let new = password.clone();
    let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
        store.add_app_password(tx, &account, &name, new.reveal())
    };
    let made = desk.store().await?.write(write).await.map_err(failed)?;
    tracing::info!(account = made.account, name = made.name, "app password added");
    Ok(AppPasswordAdded { row: row(made), password: Some(password), dry_run })
}

/// Without one there is nothing that SCRAM could be offered with.
async fn has_password(desk: &Arc<Desk>, account: &str) -> Result<bool, OpError> {
    let Some(store) = desk.store_if_any().await? else { return Ok(false) };
    let account = account.to_owned();
    let read = move |store: &Store, tx: &mox_db::ReadTx<'_>| store.has_password(tx, &account);
    store.read(read).await.map_err(failed)
}

async fn removed(desk: Arc<Desk>, op: AppPasswordRemove) -> Result<AppPasswordRemoved, OpError> {
    let AppPasswordRemove { account, id, dry_run } = op;
    lookup::account(&desk.draft().await?.config, &account)?;
    let found = rows(&desk, account.clone()).await?.into_iter().find(|row| row.id == id);
    let row = found.ok_or_else(|| {
        OpError::not_found(format!("account {account} has no app password {id}"))
            .hint(format!("`mox config account apppassword list {account}` shows them"))
    })?;
    if !dry_run {
        let write = move |store: &Store, tx: &mut mox_db::Tx<'_>| {
            store.remove_app_password(tx, &account, id).map(drop)?;
            Ok::<_, Error>(())
        };
        desk.store().await?.write(write).await.map_err(failed)?;
        tracing::info!(account = row.account, name = row.name, "app password removed");
    }
    Ok(AppPasswordRemoved { row, dry_run })
}

//! The account and its password in the database, so that the server starts with both.

use std::path::Path;
use std::sync::Arc;

use mox_platform::files::create_private_dir;
use mox_platform::{DirLock, LockError};
use mox_store::Store;

use crate::World;
use crate::make::Error;

/// Makes what is missing; whether something was.
pub(crate) async fn make(world: &World, data: &Path, account: &str, password: &str) -> Result<bool, Error> {
    create_private_dir(data).map_err(Error::file(data))?;
    let _lock = DirLock::acquire(data).map_err(|error| match error {
        LockError::Held { .. } => Error::Running(data.to_owned()),
        LockError::Io { source, .. } => Error::File { path: data.to_owned(), source },
    })?;
    let failed = |source| Error::Store { path: data.to_owned(), source };
    let store =
        Store::open(data, &[], Arc::clone(&world.clock), Arc::clone(&world.random)).map_err(failed)?;
    if store.verifiers(account).map_err(failed)?.is_some()
        && store.check_password(account, password).map_err(failed)?
    {
        return Ok(false);
    }
    let verifiers =
        mox_sasl::Verifiers::derive(password, &*world.random).map_err(|e| Error::Key(e.to_string()))?;
    let name = account.to_owned();
    let created = store.write(move |store, tx| {
        store.open_account(tx, &name)?;
        store.set_password(tx, &name, &verifiers)
    });
    created.await.map_err(failed)?;
    Ok(true)
}

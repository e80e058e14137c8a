//! The store of a server that does not run, worked on by the command itself.

use std::sync::Arc;

use mox_config::Config;
use mox_platform::{DirLock, LockError, SystemRandom};
use mox_store::Store;

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// The store and its lock: no server starts while this is held.
pub(crate) struct Hands {
    pub(crate) store: Store,
    config: Config,
    _lock: DirLock,
}

/// Opens the store of the config; none when a server works in it.
pub(crate) fn hands(cx: &Context) -> Result<Option<Hands>, CommandError> {
    let place = cx.place()?;
    let lock = match DirLock::acquire(&place.data) {
        Ok(lock) => lock,
        Err(LockError::Held { .. }) => return Ok(None),
        Err(LockError::Io { source, .. }) => {
            return Err(CommandError::file(&place.data, source)
                .hint("name the config with --config; `mox serve` makes the data folder"));
        }
    };
    let (config, _) = Config::load(&place.config).map_err(|errors| {
        CommandError::new(Exit::Failed, errors).hint("`mox config test` shows what is wrong with the config")
    })?;
    let schemas =
        [mox_queue::SCHEMA, mox_queue::STS_SCHEMA, mox_reports::SCHEMA, mox_reports::RECEIVED_SCHEMA];
    let store = Store::open(&place.data, &schemas, Arc::clone(&cx.clock), Arc::new(SystemRandom))
        .map_err(|e| CommandError::new(Exit::Failed, e))?;
    Ok(Some(Hands { store, config, _lock: lock }))
}

impl Hands {
    /// The name of the account of that name or address, and how many bytes it may hold.
    pub(crate) fn account(&self, named: &str) -> Result<(String, Option<u64>), CommandError> {
        mox_serve::find_account(&self.config, named).ok_or_else(|| {
            CommandError::not_found(format!("no account \"{named}\"")).hint("domains.conf lists the accounts")
        })
    }
}

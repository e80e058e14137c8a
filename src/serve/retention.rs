//! Keeping a house small: old messages beyond a cap go, tombstones and content files follow.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::Clock;
use mox_store::{Error, Store};

/// Pause between looks.
const PAUSE: Duration = Duration::from_secs(5);
/// Messages expunged in one transaction.
const CHUNK: u32 = 200;
/// Modseqs for which tombstones are kept.
const TOMBSTONES: i64 = 100_000;

/// Works until dropped. `keep` is an account and how many messages it may hold.
pub(crate) async fn keep(store: Store, keep: Option<(String, i64)>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(PAUSE).await;
        if let Err(e) = tidy(&store, keep.clone()).await {
            tracing::warn!(error = %e, "tidying up failed");
        }
    }
}

async fn tidy(store: &Store, keep: Option<(String, i64)>) -> Result<(), Error> {
    if let Some((account, keep)) = keep {
        loop {
            let name = account.clone();
            let held = store.read(move |store, tx| match store.account(tx, &name) {
                Ok(account) => Ok(account.messages),
                Err(Error::NoSuchAccount(_)) => Ok(0),
                Err(e) => Err(e),
            });
            if held.await? <= keep {
                break;
            }
            let name = account.clone();
            let gone = store.write(move |store, tx| store.trim(tx, &name, keep, CHUNK)).await?;
            tracing::info!(
                account,
                messages = gone.messages,
                "oldest messages removed to stay below the cap"
            );
        }
    }
    for account in store.read(|store, tx| store.accounts(tx)).await? {
        let before = account.modseq - TOMBSTONES;
        if before > account.purged_modseq + TOMBSTONES / 10 {
            store.write(move |store, tx| store.purge(tx, account.id, before, CHUNK)).await?;
        }
    }
    while store.sweep(500).await? > 0 {}
    Ok(())
}

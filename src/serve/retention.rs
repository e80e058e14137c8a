//! Keeping a house small and sound: old messages beyond a cap go, tombstones and content files follow, unused pages
//! go back to the disk, and the database is checked once a day.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Timestamp};
use mox_store::{Error, Store};

/// Pause between looks.
const PAUSE: Duration = Duration::from_secs(5);
/// Messages expunged in one transaction: about a millisecond each, for which deliveries wait.
const CHUNK: u32 = 50;
/// Modseqs for which tombstones are kept.
const TOMBSTONES: i64 = 100_000;

/// Pages given back in one look.
const PAGES: u32 = 1000;
/// How long attempts to log in are kept.
const ATTEMPTS: Duration = Duration::from_secs(30 * 86_400);
/// Reports, and attempts to log in, removed at once.
const REPORTS: u32 = 100;
/// How often attempts are removed in one look, while there are some: twice what the login log can write meanwhile.
const ROUNDS: u32 = 100;
/// Time between checks of the database.
const CHECK: Duration = Duration::from_secs(86_400);

/// Works until dropped. `keep` is an account and how many messages it may hold.
pub(crate) async fn keep(store: Store, keep: Option<(String, i64)>, clock: Arc<dyn Clock>) {
    let mut checked = clock.monotonic();
    loop {
        clock.sleep(PAUSE).await;
        if clock.monotonic().saturating_sub(checked) >= CHECK {
            checked = clock.monotonic();
            check(&store).await;
        }
        if let Err(e) = mox_reports::receive::purge(&store, clock.now(), REPORTS).await {
            tracing::warn!(error = %e, "old reports could not be removed");
        }
        if let Err(e) = forget_attempts(&store, clock.now().minus(ATTEMPTS)).await {
            tracing::warn!(error = %e, "old attempts to log in could not be removed");
        }
        if let Err(e) = tidy(&store, keep.clone(), TOMBSTONES).await {
            tracing::warn!(error = %e, "tidying up failed");
        }
    }
}

/// As many as may come between two looks and more, so that a flood of strangers does not fill the disk.
async fn forget_attempts(store: &Store, before: Timestamp) -> Result<(), Error> {
    for _ in 0..ROUNDS {
        let some = store.write(move |store, tx| store.forget_attempts(tx, before, REPORTS));
        if some.await? < REPORTS as usize {
            break;
        }
    }
    Ok(())
}

async fn tidy(store: &Store, keep: Option<(String, i64)>, tombstones: i64) -> Result<(), Error> {
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
            if gone.messages == 0 {
                break;
            }
        }
    }
    for account in store.read(|store, tx| store.accounts(tx)).await? {
        let before = account.modseq - tombstones;
        if before > account.purged_modseq + tombstones / 10 {
            let purge = || store.write(move |store, tx| store.purge(tx, account.id, before, CHUNK));
            while purge().await? >= CHUNK as usize {}
        }
    }
    while store.sweep(500).await? > 0 {}
    if store.read(|_, tx| Ok::<_, Error>(tx.unused_pages()?)).await? > PAGES {
        store.db().shrink(PAGES).await?;
    }
    Ok(())
}

/// Says so when the database is damaged: an operator must act before more is lost.
async fn check(store: &Store) {
    match store.read(|_, tx| Ok::<_, Error>(tx.integrity(true)?)).await {
        Ok(wrong) if wrong.is_empty() => tracing::info!("the database is sound"),
        Ok(wrong) => wrong.iter().for_each(|line| tracing::error!(what = line, "the database is damaged")),
        Err(e) => tracing::error!(error = %e, "the database could not be checked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::{SimClock, SimRandom};
    use mox_store::{Digest, Flags, Incoming, MailboxName, NewMessage, SmtpEnvelope};

    #[tokio::test]
    async fn messages_beyond_the_cap_go_and_so_do_their_tombstones() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SimClock::new(Timestamp::from_secs(1_800_000_000)));
        let store = Store::open(dir.path(), &[], clock, Arc::new(SimRandom::new(1))).unwrap();
        let mut incoming = Incoming::new(&store);
        incoming.write(b"Subject: x\r\n\r\nx\r\n").unwrap();
        let (size, mut content) = (incoming.size(), incoming.finish().unwrap());
        let fill = move |store: &Store, tx: &mut mox_db::Tx<'_>| -> Result<_, Error> {
            let content = content.insert(tx, 1000)?;
            let account = store.open_account(tx, "mox")?;
            let mailbox = store.open_mailbox(tx, account, &MailboxName::inbox())?;
            for _ in 0..1000 {
                let new = NewMessage {
                    account,
                    mailbox,
                    content,
                    content_size: size,
                    prefix: b"",
                    received: Timestamp::from_secs(1_800_000_000),
                    flags: Flags::NONE,
                    envelope: &SmtpEnvelope::default(),
                    digest: &Digest::default(),
                    verdicts: None,
                    keywords: Vec::new(),
                    quota: None,
                };
                store.append(tx, &new)?;
            }
            Ok(account)
        };
        let account = store.write(fill).await.unwrap();
        tidy(&store, Some(("mox".to_owned(), 10)), 100).await.unwrap();
        let all = store.read(move |store, tx| store.changed_since(tx, account, 0, 10_000)).await.unwrap();
        let tombstones = all.iter().filter(|m| m.expunged).count();
        assert_eq!((all.len() - tombstones, tombstones), (10, 100));
    }
}

//! Mail that was refused is kept for those who asked for that, so that they can look what they miss.
//!
//! The reply is as it was. The same message is kept once, however often it comes; unless all are kept, those go that are
//! older than [`DAYS`] or beyond the newest [`MOST`].

use std::time::Duration;

use mox_clock::Timestamp;
use mox_store::{Digest, Incoming, NewMessage, Prepared, Store};

use crate::{Arrival, Delivery, Error, Local};

/// Most messages that a mailbox for refused mail holds.
const MOST: u32 = 500;
/// How long it holds them, in days.
const DAYS: u64 = 14;

impl Delivery {
    /// Keeps a message for those recipients who want what was refused. That it fails changes nothing for the sender.
    pub(crate) async fn keep_refused(
        &self,
        arrival: &Arrival,
        content: Incoming,
        header: &[u8],
        refused: Vec<(Local, String)>,
    ) {
        let mut refused = refused;
        // What is put off since DNS does not answer comes again.
        let by_policy =
            |local: &Local| local.judged.as_ref().is_some_and(|judged| judged.ruling.is_by_policy());
        refused.retain(|(local, _)| local.rejects.is_some() && by_policy(local));
        if refused.is_empty() {
            return;
        }
        let common = arrival.received(self.hostname());
        let digest = Digest::of(&[common.as_bytes(), header].concat());
        let kept = match self.prepare(content).await {
            Ok(prepared) => {
                let refused = Refused { arrival: arrival.clone(), refused, common, digest };
                let write = self.store().write(move |store, tx| {
                    let mut prepared = prepared;
                    refused.write(store, tx, &mut prepared)
                });
                write.await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(cid = arrival.cid, %error, "a refused message is not kept");
        }
    }
}

struct Refused {
    arrival: Arrival,
    refused: Vec<(Local, String)>,
    common: String,
    digest: Digest,
}

impl Refused {
    fn write(self, store: &Store, tx: &mut mox_db::Tx<'_>, prepared: &mut Prepared) -> Result<(), Error> {
        let size = prepared.size();
        let mut places = Vec::new();
        for (local, rcpt) in &self.refused {
            let Some(rejects) = &local.rejects else { continue };
            let account = store.open_account(tx, &local.account)?;
            let mailbox = store.open_mailbox(tx, account, &rejects.mailbox)?;
            let length = i64::try_from(size).unwrap_or(i64::MAX);
            if !store.has_alike(tx, account, mailbox, &self.digest, length)? {
                places.push((local, rcpt, rejects.keep, account, mailbox));
            }
        }
        if places.is_empty() {
            return Ok(());
        }
        let content = prepared.insert(tx, u32::try_from(places.len()).unwrap_or(u32::MAX))?;
        for (local, rcpt, keep, account, mailbox) in places {
            let fields = local.judged.as_ref().map(|judged| judged.fields.as_str()).unwrap_or_default();
            let prefix = self.arrival.prefix(local.address.as_ref(), &format!("{fields}{}", self.common));
            let new = NewMessage {
                account,
                mailbox,
                content,
                content_size: size,
                prefix: &prefix,
                received: self.arrival.at,
                flags: local.flags(),
                envelope: &self.arrival.envelope(rcpt),
                digest: &self.digest,
                verdicts: local.judged.as_ref().map(|judged| judged.verdicts.clone()),
                keywords: Vec::new(),
                quota: local.quota,
            };
            store.append(tx, &new)?;
            if !keep {
                store.trim_mailbox(tx, account, mailbox, MOST, before(self.arrival.at))?;
            }
        }
        Ok(())
    }
}

fn before(now: Timestamp) -> Timestamp {
    now.minus(Duration::from_secs(DAYS * 86_400))
}

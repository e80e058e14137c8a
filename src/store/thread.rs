//! Threads: messages that refer to each other by Message-ID share a thread id, whatever order they arrive in.
//!
//! Every Message-ID that a message has or refers to leads to its thread; a message that links two threads joins
//! them. RFC 5256 (REFERENCES, the linking part), RFC 8621 §3.

use mox_db::Tx;

use crate::message::Digest;
use crate::tables::message;
use crate::{AccountId, Error, Store};

impl Store {
    /// The thread of a new message; `id` names a new one.
    pub(crate) fn assign_thread(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        id: i64,
        digest: &Digest,
        modseq: i64,
    ) -> Result<i64, Error> {
        let hashes = || digest.header_hash.iter().chain(&digest.references).copied();
        let mut thread = None;
        for hash in hashes() {
            let Some(found) = message::thread_of(tx.conn(), account, hash)? else { continue };
            match thread {
                None => thread = Some(found),
                Some(first) if first != found => {
                    let (into, from) = (first.min(found), first.max(found));
                    message::merge_threads(tx.conn(), account, from, into, modseq)?;
                    thread = Some(into);
                }
                Some(_) => {}
            }
        }
        let thread = thread.unwrap_or(id);
        for hash in hashes() {
            message::add_thread_ref(tx.conn(), account, hash, thread)?;
        }
        Ok(thread)
    }
}

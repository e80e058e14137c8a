//! Many messages from elsewhere at once, none of them twice; and a mailbox read page by page.
//!
//! A *run* is one pass over a source of messages. For each content and mailbox the store remembers how often it came,
//! in all and in the run: what came less often in this run than before was imported by an earlier run, and is passed
//! over. That is committed with the messages, so a run that is killed anywhere goes on where it was, and a second run
//! over a finished source adds only what is new. At most [`REMEMBERED_MAX`] contents are remembered; those of the
//! oldest runs are forgotten first. One run at a time may go on in an account; its caller sees to that.

use std::collections::HashMap;

use mox_clock::Timestamp;
use mox_db::{ReadTx, Tx};

use crate::flags::keywords;
use crate::message::{Digest, Message, Trace};
use crate::tables::imported::{self as table, Added, Seen};
use crate::tables::{Counter, mailbox, message};
use crate::{AccountId, Change, Error, Flags, MailboxId, MailboxName, MessageId, Prepared, Store};

/// Most contents of imports that are remembered.
pub const REMEMBERED_MAX: i64 = 2_000_000;

/// So many are forgotten at a time.
const FORGET_STEP: u32 = 2_000;

/// A pass over a source of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportRun(i64);

/// A message to import.
pub struct ToImport {
    /// Where; created if it is not there.
    pub mailbox: MailboxName,
    /// When it came in (INTERNALDATE).
    pub received: Timestamp,
    /// Its flags.
    pub flags: Flags,
    /// Its keywords; those that [`crate::keyword`] does not take are left out.
    pub keywords: Vec<String>,
    /// What its header says.
    pub digest: Digest,
    /// Its bytes.
    pub content: Prepared,
    /// The same for the same bytes in the same mailbox, and for nothing else.
    pub key: [u8; 16],
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Messages added.
    pub added: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Messages that an earlier run had added.
    pub known: u64,
    /// The account is full, with so many of so many bytes: the rest of the batch was left.
    pub full: Option<(u64, u64)>,
}

impl Store {
    /// Begins a run.
    pub fn begin_import(&self, tx: &mut Tx<'_>, account: AccountId) -> Result<ImportRun, Error> {
        table::begin(tx.conn(), account, self.clock().now()).map(ImportRun)
    }

    /// Ends a run that came to its end.
    pub fn finish_import(&self, tx: &mut Tx<'_>, run: ImportRun) -> Result<(), Error> {
        table::finish(tx.conn(), run.0, self.clock().now())
    }

    /// Forgets what was imported into an account, so that all of it is imported again. Blocks.
    pub fn forget_imports(&self, account: AccountId) -> Result<(), Error> {
        while self.write_blocking(move |_, tx| table::forget_account(tx.conn(), account, FORGET_STEP))? > 0 {}
        Ok(())
    }

    /// Forgets the oldest of what is more than [`REMEMBERED_MAX`]. Blocks.
    pub fn forget_old_imports(&self) -> Result<(), Error> {
        let mut surplus = self.read_blocking(|_, tx| table::remembered(tx.conn()))? - REMEMBERED_MAX;
        while surplus > 0 {
            self.write_blocking(|_, tx| table::forget_oldest(tx.conn(), FORGET_STEP))?;
            surplus -= i64::from(FORGET_STEP);
        }
        Ok(())
    }

    /// Adds those of a batch that are not known yet, in their order; `quota` is what the account may hold, in bytes.
    pub fn import(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        run: ImportRun,
        quota: Option<u64>,
        batch: &mut [ToImport],
    ) -> Result<Imported, Error> {
        let (new, done) = news(tx, account, run, quota, batch)?;
        let mut boxes: HashMap<MailboxName, MailboxId> = HashMap::new();
        for m in &new {
            if !boxes.contains_key(&m.mailbox) {
                boxes.insert(m.mailbox.clone(), self.open_mailbox(tx, account, &m.mailbox)?);
            }
        }
        let count = i64::try_from(new.len()).unwrap_or(0);
        let conn = tx.conn();
        let mut modseq = table::advance(conn, account, count, i64::try_from(done.bytes).unwrap_or(i64::MAX))?;
        let mut uids = take_uids(tx, account, &boxes, &new, modseq)?;
        let mut id = table::numbers(conn, Counter::Message, count)?;
        let mut content = table::numbers(conn, Counter::Content, count)?;
        let saved = self.clock().now();
        let mut words: HashMap<MailboxId, Vec<String>> = HashMap::new();
        for m in new {
            (modseq, id, content) = (modseq + 1, id + 1, content + 1);
            let place = boxes.get(&m.mailbox).copied().unwrap_or(MailboxId(0));
            let uid = uids.get_mut(&place).map_or(0, |uid| {
                *uid += 1;
                *uid - 1
            });
            let content = m.content.insert_as(tx, content)?;
            let thread = self.assign_thread(tx, account, id, &m.digest, modseq)?;
            let size = i64::try_from(m.content.size()).unwrap_or(i64::MAX);
            let digest = std::mem::take(&mut m.digest);
            let row = Message {
                account,
                id: MessageId(id),
                mailbox: place,
                uid,
                email_id: id,
                thread,
                created_modseq: modseq,
                modseq,
                content,
                size,
                received: m.received,
                saved,
                flags: m.flags,
                keywords: keywords(&m.keywords),
                mail_from: None,
                rcpt_to: None,
                remote_ip: None,
                helo: None,
                tls: None,
                header_id: digest.header_id,
                subject: digest.subject,
                from_address: digest.from_address,
                from_text: digest.from_text,
                to_text: digest.to_text,
                sent: digest.sent,
            };
            message::insert(tx.conn(), &row, &Trace::default())?;
            if !row.keywords.is_empty() {
                words.entry(place).or_default().extend(row.keywords.iter().cloned());
            }
            self.tell(tx, Change::Appended { account, mailbox: place, message: row.id, modseq });
        }
        for (place, used) in words {
            self.note_keywords_of(tx, account, place, &used, modseq)?;
        }
        Ok(done)
    }

    /// Ids of the messages of a mailbox in order of UID: those after `after` up to `last`, at most `max`.
    pub fn page(
        &self,
        tx: &ReadTx<'_>,
        account: AccountId,
        mailbox: MailboxId,
        after: i64,
        last: i64,
        max: u32,
    ) -> Result<Vec<MessageId>, Error> {
        let ids = table::page(tx.conn(), account, mailbox, after, last, max)?;
        Ok(ids.into_iter().map(MessageId).collect())
    }

    fn note_keywords_of(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        place: MailboxId,
        used: &[String],
        modseq: i64,
    ) -> Result<(), Error> {
        let Some(found) = mailbox::get(tx.conn(), account, place)? else { return Ok(()) };
        let mut all = found.keywords.clone();
        all.extend(used.iter().cloned());
        all.sort();
        all.dedup();
        if all != found.keywords {
            mailbox::set_keywords(tx.conn(), account, place, modseq, &all.join(" "))?;
        }
        Ok(())
    }
}

/// Those that no run has added, as far as there is room for them.
fn news<'b>(
    tx: &Tx<'_>,
    account: AccountId,
    run: ImportRun,
    quota: Option<u64>,
    batch: &'b mut [ToImport],
) -> Result<(Vec<&'b mut ToImport>, Imported), Error> {
    let before = u64::try_from(table::used(tx.conn(), account)?).unwrap_or(0);
    let mut done = Imported::default();
    let mut new = Vec::with_capacity(batch.len());
    for m in batch {
        let found =
            table::seen(tx.conn(), account, &m.key)?.unwrap_or(Seen { count: 0, run: run.0, seen: 0 });
        let seen = if found.run == run.0 { found.seen } else { 0 } + 1;
        let known = seen <= found.count;
        let used = before + done.bytes + m.content.size();
        if let Some(quota) = quota.filter(|quota| !known && used > *quota) {
            done.full = Some((used, quota));
            break;
        }
        table::note(tx.conn(), account, &m.key, &Seen { count: found.count.max(seen), run: run.0, seen })?;
        if known {
            done.known += 1;
        } else {
            done.added += 1;
            done.bytes += m.content.size();
            new.push(m);
        }
    }
    Ok((new, done))
}

/// Gives out the UIDs of new messages; the first of each mailbox.
fn take_uids(
    tx: &Tx<'_>,
    account: AccountId,
    boxes: &HashMap<MailboxName, MailboxId>,
    new: &[&mut ToImport],
    modseq: i64,
) -> Result<HashMap<MailboxId, i64>, Error> {
    let mut added: HashMap<MailboxId, Added> = HashMap::new();
    for (m, modseq) in new.iter().zip(modseq + 1..) {
        let Some(place) = boxes.get(&m.mailbox) else { continue };
        let sum = added.entry(*place).or_default();
        sum.total += 1;
        sum.unseen += i64::from(!m.flags.contains(Flags::SEEN));
        sum.deleted += i64::from(m.flags.contains(Flags::DELETED));
        sum.size += i64::try_from(m.content.size()).unwrap_or(i64::MAX);
        sum.modseq = modseq;
    }
    added
        .into_iter()
        .map(|(place, sum)| Ok((place, table::take_uids(tx.conn(), account, place, sum)?)))
        .collect()
}

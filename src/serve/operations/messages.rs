//! Stored messages: list, show, read, delete.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use mox_admin::ops::{
    Changed, Header as HeaderRow, MessageCat, MessageDelete, MessageDetail, MessageFilter, MessageList,
    MessageRow, MessageShow, PartRow, Verdicts,
};
use mox_admin::{OpError, Operations, Time};
use mox_db::ReadTx;
use mox_message::header::Header;
use mox_message::part::{Kind, Tree};
use mox_store::{AccountId, Error, Filter, MailboxId, MailboxName, Message, MessageId, Store};

use super::{Parts, failed};

/// Messages expunged or marked in one transaction: about a millisecond each, for which deliveries wait.
pub(super) const CHUNK: usize = 50;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    let store = || parts.store.clone();
    let (listing, show, cat, delete) = (store(), store(), store(), store());
    operations
        .on(move |op: MessageList| {
            let store = listing.clone();
            let limit = op.limit.unwrap_or(MessageList::MAX).min(MessageList::MAX);
            let slice = Slice { before: op.before.map(MessageId), ..Slice::newest(limit) };
            async move { list(&store, op.filter, slice).await }
        })
        .on(move |op: MessageShow| {
            let store = show.clone();
            async move { detail(&store, MessageId(op.id)).await }
        })
        .on(move |op: MessageDelete| {
            let store = delete.clone();
            async move { remove(&store, op).await }
        })
        .on_raw(move |op: MessageCat| {
            let store = cat.clone();
            async move { bytes(&store, MessageId(op.id)).await }
        })
}

/// Names of accounts and mailboxes, to show rows with.
#[derive(Default)]
pub(crate) struct Names {
    accounts: HashMap<AccountId, String>,
    mailboxes: HashMap<MailboxId, String>,
}

impl Names {
    /// Those that these messages need: an account may have more mailboxes than anybody wants to read.
    pub(crate) fn of<'m>(
        store: &Store,
        tx: &ReadTx<'_>,
        messages: impl IntoIterator<Item = &'m Message>,
    ) -> Result<Names, Error> {
        let mut names = Names::default();
        for m in messages {
            if !names.accounts.contains_key(&m.account) {
                names.accounts = store.accounts(tx)?.into_iter().map(|a| (a.id, a.name)).collect();
            }
            if let Entry::Vacant(unknown) = names.mailboxes.entry(m.mailbox) {
                let name = store.mailbox(tx, m.account, m.mailbox)?.map(|found| found.name);
                unknown.insert(name.unwrap_or_default());
            }
        }
        Ok(names)
    }

    pub(crate) fn row(&self, m: &Message) -> MessageRow {
        let from = match m.from_address.as_str() {
            "" => m.mail_from.clone().unwrap_or_default(),
            address => address.to_owned(),
        };
        MessageRow {
            id: m.id.0,
            account: self.accounts.get(&m.account).cloned().unwrap_or_default(),
            mailbox: self.mailboxes.get(&m.mailbox).cloned().unwrap_or_default(),
            to: m.rcpt_to.clone().unwrap_or_else(|| m.to_text.clone()),
            from,
            subject: m.subject.clone(),
            received: Time(m.received),
            size: u64::try_from(m.size).unwrap_or(0),
            flags: m.flags.names().map(str::to_owned).collect(),
            tags: m.keywords.clone(),
            uid: u32::try_from(m.uid).unwrap_or(0),
            message_id: m.header_id.as_ref().map(|id| format!("<{id}>")),
            thread: Some(m.thread),
        }
    }
}

/// Accounts that a filter names, or all.
fn accounts(
    store: &Store,
    tx: &ReadTx<'_>,
    filter: &MessageFilter,
) -> Result<Vec<mox_store::Account>, Error> {
    match &filter.account {
        Some(name) => Ok(vec![store.account(tx, name)?]),
        None => store.accounts(tx),
    }
}

/// Which part of what matches, in which order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slice {
    pub(super) after: Option<MessageId>,
    pub(super) before: Option<MessageId>,
    pub(super) limit: u32,
    pub(super) oldest_first: bool,
}

impl Slice {
    /// The newest ones, newest first.
    pub(super) fn newest(limit: u32) -> Slice {
        Slice { after: None, before: None, limit, oldest_first: false }
    }

    /// All, oldest first.
    pub(super) const ALL: Slice = Slice { after: None, before: None, limit: u32::MAX, oldest_first: true };
}

/// Rows that match.
pub(super) fn select(
    store: &Store,
    tx: &ReadTx<'_>,
    filter: &MessageFilter,
    slice: Slice,
) -> Result<Vec<Message>, Error> {
    let Slice { after, before, limit, oldest_first } = slice;
    let name = filter.mailbox.as_deref().map(MailboxName::parse).transpose()?;
    let mut found = Vec::new();
    for account in accounts(store, tx, filter)? {
        let mailbox = match &name {
            Some(name) => match store.find_mailbox(tx, account.id, name)? {
                Some(mailbox) => Some(mailbox),
                None => continue,
            },
            None => None,
        };
        let query = Filter {
            mailbox,
            to: filter.to.clone(),
            from: filter.from.clone(),
            subject: filter.subject.clone(),
            since: filter.since.map(|t| t.0),
            tag: filter.tag.clone(),
            text: filter.text.clone(),
            after,
            before,
            limit: limit as usize,
            oldest_first,
        };
        found.extend(store.messages(tx, account.id, &query)?);
    }
    found.sort_by_key(|m| if oldest_first { m.id.0 } else { -m.id.0 });
    found.truncate(limit as usize);
    Ok(found)
}

pub(super) async fn rows(
    store: &Store,
    filter: MessageFilter,
    limit: u32,
) -> Result<Vec<MessageRow>, OpError> {
    list(store, filter, Slice::newest(limit)).await
}

async fn list(store: &Store, filter: MessageFilter, slice: Slice) -> Result<Vec<MessageRow>, OpError> {
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        let found = select(store, tx, &filter, slice)?;
        let names = Names::of(store, tx, &found)?;
        Ok::<_, Error>(found.iter().map(|m| names.row(m)).collect())
    };
    store.read(read).await.map_err(failed)
}

/// A message, its row and its bytes.
pub(super) async fn load(store: &Store, id: MessageId) -> Result<(Message, MessageRow, Vec<u8>), OpError> {
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        let message = store.message(tx, id)?;
        let row = Names::of(store, tx, [&message])?.row(&message);
        let bytes = store.content(tx, &message)?.bytes()?;
        Ok::<_, Error>((row, message, bytes))
    };
    let (row, message, bytes) = store.read(read).await.map_err(failed)?;
    Ok((message, row, bytes))
}

/// What mail authentication found of a message.
pub(super) async fn verdicts(store: &Store, message: &Message) -> Result<Option<Verdicts>, OpError> {
    let message = message.clone();
    let json = store.read(move |store, tx| store.verdicts(tx, &message)).await.map_err(failed)?;
    Ok(json.as_deref().and_then(Verdicts::from_json))
}

async fn bytes(store: &Store, id: MessageId) -> Result<Vec<u8>, OpError> {
    Ok(load(store, id).await?.2)
}

async fn detail(store: &Store, id: MessageId) -> Result<MessageDetail, OpError> {
    let (message, row, bytes) = load(store, id).await?;
    let verdicts = verdicts(store, &message).await?;
    let tree = Tree::parse(&bytes);
    let headers = Header::of(&bytes).fields().map(|field| HeaderRow {
        name: field.name.to_owned(),
        value: mox_message::encodedword::decode(&field.text()),
    });
    let leaf = |(at, part): (usize, &mox_message::part::Part)| PartRow {
        part: tree.section(at),
        content_type: part.content_type.clone(),
        size: tree.decode(&bytes, part, usize::MAX).0.len() as u64,
        filename: part.filename.clone(),
        content_id: part.content_id.as_ref().map(|id| id.trim().trim_matches(['<', '>']).to_owned()),
        attachment: part.is_attachment(),
    };
    let leaves = || tree.parts.iter().enumerate().filter(|(_, p)| p.kind == Kind::Leaf);
    Ok(MessageDetail {
        headers: headers.collect(),
        parts: leaves().map(leaf).collect(),
        html: leaves().any(|(_, p)| p.content_type == "text/html" && !p.is_attachment()),
        text: tree.readable_text(&bytes, MessageDetail::MAX_TEXT),
        mail_from: message.mail_from.unwrap_or_default(),
        remote_ip: message.remote_ip,
        tls: message.tls,
        verdicts,
        row,
    })
}

async fn remove(store: &Store, op: MessageDelete) -> Result<Changed, OpError> {
    let dry_run = op.dry_run;
    let found = chosen(store, Choice { ids: op.ids, filter: op.filter, all: op.all }).await?;
    if !dry_run {
        for chunk in found.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            store.write(move |store, tx| store.expunge(tx, &chunk)).await.map_err(failed)?;
        }
    }
    Ok(changed(&found, dry_run))
}

/// Which messages an operation changes.
pub(super) struct Choice {
    pub(super) ids: Vec<i64>,
    pub(super) filter: MessageFilter,
    pub(super) all: bool,
}

/// The messages of a choice; refuses one that chooses nothing on purpose.
pub(super) async fn chosen(store: &Store, choice: Choice) -> Result<Vec<Message>, OpError> {
    let Choice { ids, filter, all } = choice;
    if ids.is_empty() && !all && filter == MessageFilter::default() {
        return Err(OpError::usage("which messages?").hint("name ids, or filters such as --to, or --all"));
    }
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        if ids.is_empty() {
            return select(store, tx, &filter, Slice::ALL);
        }
        ids.iter().map(|id| store.message(tx, MessageId(*id))).collect::<Result<Vec<_>, Error>>()
    };
    store.read(read).await.map_err(failed)
}

/// What was, or would be, changed.
pub(super) fn changed(messages: &[Message], dry_run: bool) -> Changed {
    let mut ids: Vec<i64> = messages.iter().map(|m| m.id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    Changed { ids, dry_run }
}

//! A closer look at stored messages: parts, safe HTML, transcripts, what happened; marks and tags; release to a relay.

use std::sync::Arc;

use mox_address::Path;
use mox_admin::ops::{
    Changed, ExplainLine, MailboxList, MailboxRow, MessageEvents, MessageHistory, MessageHtml, MessageMark,
    MessagePart, MessageRelease, MessageReport, MessageTranscript, QueueExplain, RelayList, ReleaseRow,
    Released, TagList, TagRow, Transcript, Verdicts,
};
use mox_admin::{OpError, Operations, Time};
use mox_db::{ReadTx, Tx};
use mox_message::header::Header;
use mox_message::part::{Kind, Tree};
use mox_queue::{Leaving, NewQueued, NewRecipient, Route};
use mox_smtp::Body;
use mox_store::{Error, Flags, MAX_KEYWORD, Mark, Message, MessageId, Store};

use super::messages::{CHUNK, Choice, changed, chosen, load, verdicts};
use super::{Parts, failed};

/// Most copies that one release sends.
const RELEASE_MAX: usize = 1000;

pub(crate) fn add(operations: Operations, parts: &Arc<Parts>) -> Operations {
    /// A function that hands the operation to one of this file.
    macro_rules! to {
        ($function:ident) => {{
            let parts = parts.clone();
            move |op| {
                let parts = parts.clone();
                async move { $function(&parts, op).await }
            }
        }};
    }
    operations
        .on::<MessageMark, _, _>(to!(mark))
        .on::<MessageRelease, _, _>(to!(release))
        .on::<MessageEvents, _, _>(to!(history))
        .on::<MailboxList, _, _>(to!(mailboxes))
        .on::<TagList, _, _>(to!(tags))
        .on::<RelayList, _, _>(to!(relays))
        .on::<MessageReport, _, _>(to!(report))
        .on::<MessageTranscript, _, _>(to!(transcript))
        .on_raw::<MessageHtml, _, _>(to!(html))
        .on_raw::<MessagePart, _, _>(to!(part))
}

async fn relays(parts: &Parts, _: RelayList) -> Result<Vec<mox_admin::ops::RelayRow>, OpError> {
    Ok(parts.relays.clone())
}

async fn mailboxes(parts: &Parts, op: MailboxList) -> Result<Vec<MailboxRow>, OpError> {
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        let accounts = match &op.account {
            Some(name) => vec![store.account(tx, name)?],
            None => store.accounts(tx)?,
        };
        let mut rows = Vec::new();
        for account in accounts {
            rows.extend(store.mailboxes(tx, account.id)?.into_iter().map(|m| MailboxRow {
                account: account.name.clone(),
                name: m.name,
                total: u64::try_from(m.total).unwrap_or(0),
                unseen: u64::try_from(m.unseen).unwrap_or(0),
                size: u64::try_from(m.size).unwrap_or(0),
            }));
        }
        Ok::<_, Error>(rows)
    };
    parts.store.read(read).await.map_err(failed)
}

async fn tags(parts: &Parts, _: TagList) -> Result<Vec<TagRow>, OpError> {
    let read = |store: &Store, tx: &ReadTx<'_>| {
        let mut all = std::collections::BTreeMap::<String, u64>::new();
        for account in store.accounts(tx)? {
            for (tag, total) in store.tags(tx, account.id)? {
                *all.entry(tag).or_default() += u64::try_from(total).unwrap_or(0);
            }
        }
        Ok::<_, Error>(all)
    };
    let all = parts.store.read(read).await.map_err(failed)?;
    Ok(all.into_iter().map(|(tag, total)| TagRow { tag, total }).collect())
}

async fn mark(parts: &Parts, op: MessageMark) -> Result<Changed, OpError> {
    let (tag, untag) = (checked(&op.tag)?, checked(&op.untag)?);
    if op.seen.is_none() && tag.is_empty() && untag.is_empty() {
        return Err(OpError::usage("nothing to mark").hint("say seen or unseen, or a tag to give or to take"));
    }
    let found = chosen(&parts.store, Choice { ids: op.ids, filter: op.filter, all: op.all }).await?;
    if op.dry_run {
        return Ok(changed(&found, true));
    }
    let (set, clear) = match op.seen {
        None => (Flags::NONE, Flags::NONE),
        Some(true) => (Flags::SEEN, Flags::NONE),
        Some(false) => (Flags::NONE, Flags::SEEN),
    };
    let mark = Arc::new(Mark { set, clear, tag, untag });
    for chunk in found.chunks(CHUNK) {
        let (ids, mark) = (chunk.iter().map(|m| m.id).collect::<Vec<_>>(), mark.clone());
        parts.store.write(move |store, tx| store.mark(tx, &ids, &mark)).await.map_err(failed)?;
    }
    Ok(changed(&found, false))
}

/// Tags as keywords: they must stay atoms for IMAP.
fn checked(tags: &[String]) -> Result<Vec<String>, OpError> {
    let keyword = |tag: &String| {
        mox_store::keyword(tag).ok_or_else(|| {
            OpError::usage(format!("{tag:?} cannot be a tag"))
                .hint(format!("a tag has 1 to {MAX_KEYWORD} letters, digits and . _ -"))
        })
    };
    tags.iter().map(keyword).collect()
}

/// How it came, where it was put, and what became of its copies in the queue.
async fn history(parts: &Parts, op: MessageEvents) -> Result<MessageHistory, OpError> {
    let id = MessageId(op.id);
    let (message, row) = {
        let (message, row, _) = load(&parts.store, id).await?;
        (message, row)
    };
    let queue = parts.queue.of_copy(id).await.map_err(failed)?;
    let mut lines = vec![
        line(message.received, "received", arrival(&message)),
        line(message.saved, "stored", format!("in mailbox {} of account {}", row.mailbox, row.account)),
    ];
    if let Some(verdicts) = verdicts(&parts.store, &message).await? {
        lines.insert(1, judged(message.received, &verdicts));
    }
    for entry in &queue {
        match parts.queue.explain(QueueExplain { id: entry.0 }).await {
            Ok(explained) => lines.extend(
                explained
                    .lines
                    .into_iter()
                    .map(|line| ExplainLine { text: format!("queue {entry}: {}", line.text), ..line }),
            ),
            // It was forgotten between the two looks.
            Err(e) if e.kind == mox_admin::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
    }
    Ok(MessageHistory { id: op.id, lines, queue: queue.into_iter().map(|id| id.0).collect() })
}

fn line(at: mox_clock::Timestamp, step: &str, text: String) -> ExplainLine {
    ExplainLine { at: Some(Time(at)), step: step.to_owned(), ok: Some(true), text }
}

/// What authentication found out, and what follows for those who do as the sender's policy asks.
fn judged(at: mox_clock::Timestamp, verdicts: &Verdicts) -> ExplainLine {
    let text = match verdicts.because() {
        because if because.is_empty() => format!("{}: {}", verdicts.summary(), verdicts.decision.keyword()),
        because => format!("{}: {}, {because}", verdicts.summary(), verdicts.decision.keyword()),
    };
    ExplainLine { ok: verdicts.is_good(), ..line(at, "judged", text) }
}

fn arrival(m: &Message) -> String {
    let Some(mail_from) = &m.mail_from else { return "not by SMTP".to_owned() };
    let peer = m.remote_ip.as_deref().unwrap_or("an unknown host");
    let hello = m.helo.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let to = m.rcpt_to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
    let tls = m.tls.as_deref().unwrap_or("no TLS");
    format!("from <{mail_from}>{to}, by {peer}{hello}, {tls}")
}

async fn transcript(parts: &Parts, op: MessageTranscript) -> Result<Transcript, OpError> {
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        let message = store.message(tx, MessageId(op.id))?;
        store.transcript(tx, &message)
    };
    Ok(Transcript { text: parts.store.read(read).await.map_err(failed)? })
}

async fn report(parts: &Parts, op: MessageReport) -> Result<mox_inspect::Report, OpError> {
    within(parts, op.id, |bytes, tree| Ok(mox_inspect::report(bytes, tree))).await
}

async fn html(parts: &Parts, op: MessageHtml) -> Result<Vec<u8>, OpError> {
    let made = move |bytes: &[u8], tree: &Tree| match mox_inspect::safe_html(bytes, tree) {
        Some(safe) => Ok(safe.document.into_bytes()),
        None => Err(OpError::not_found(format!("message {} has no HTML", op.id))),
    };
    within(parts, op.id, made).await
}

/// Looks into a message on a thread that may take its time.
async fn within<T: Send + 'static>(
    parts: &Parts,
    id: i64,
    look: impl FnOnce(&[u8], &Tree) -> Result<T, OpError> + Send + 'static,
) -> Result<T, OpError> {
    let (.., bytes) = load(&parts.store, MessageId(id)).await?;
    let work = move || look(&bytes, &Tree::parse(&bytes));
    tokio::task::spawn_blocking(work).await.map_err(OpError::failed)?
}

/// The decoded bytes of a leaf.
async fn part(parts: &Parts, op: MessagePart) -> Result<Vec<u8>, OpError> {
    let decode = move |bytes: &[u8], tree: &Tree| {
        let leaves = tree.parts.iter().enumerate().filter(|(_, part)| part.kind == Kind::Leaf);
        let found = leaves.into_iter().find(|(at, _)| tree.section(*at) == op.part);
        found.map(|(_, part)| tree.decode(bytes, part, usize::MAX).0.to_vec()).ok_or_else(|| {
            OpError::not_found(format!("message {} has no part {:?}", op.id, op.part))
                .hint(format!("`mox message show {}` lists its parts", op.id))
        })
    };
    within(parts, op.id, decode).await
}

/// A copy that is about to leave.
struct Copy {
    message: Message,
    to: Path,
    route: Route,
}

async fn release(parts: &Parts, op: MessageRelease) -> Result<Released, OpError> {
    if op.ids.is_empty() {
        return Err(OpError::usage("which messages?").hint("name their numbers"));
    }
    let mut to = Vec::new();
    for text in &op.to {
        let path = text.parse::<Path>().map_err(|e| OpError::usage(format!("recipient {text:?}: {e}")))?;
        to.push(path);
    }
    let choice = Choice { ids: op.ids, filter: Default::default(), all: false };
    let mut copies = Vec::new();
    for message in chosen(&parts.store, choice).await? {
        let own = || message.rcpt_to.as_ref().and_then(|to| to.parse().ok()).map(|to| vec![to]);
        let to = if to.is_empty() { own().unwrap_or_default() } else { to.clone() };
        if to.is_empty() {
            return Err(OpError::usage(format!("message {} has no recipient of its own", message.id))
                .hint("name the recipients"));
        }
        for to in to {
            let route = route(parts, &message, &to)?;
            copies.push(Copy { message: message.clone(), to, route });
        }
    }
    if copies.len() > RELEASE_MAX {
        return Err(OpError::usage(format!("that is {} copies, more than {RELEASE_MAX}", copies.len())));
    }
    let plan = copies
        .iter()
        .map(|copy| ReleaseRow {
            id: copy.message.id.0,
            to: copy.to.to_string(),
            route: copy.route.to_string(),
        })
        .collect();
    let queued = if op.dry_run { Vec::new() } else { queue(parts, copies).await? };
    Ok(Released { queued, plan, dry_run: op.dry_run })
}

/// Only a relay that was named lets mail out.
fn route(parts: &Parts, message: &Message, to: &Path) -> Result<Route, OpError> {
    let from = message.mail_from.as_ref().and_then(|from| from.parse().ok());
    // The relays of localserve ask for no account.
    let account = "";
    let (to_domain, transport) = (&to.domain, None);
    let leaving = Leaving { account, from: &from, to: to_domain, attempts: 0, copied: true, transport };
    match parts.router.route(&leaving) {
        relay @ Route::Relay(_) => Ok(relay),
        _ => Err(OpError::usage(format!("no relay takes mail for {}", to.domain)).hint(
            "start `mox localserve` with --release HOST:PORT: then nothing leaves but what is released",
        )),
    }
}

async fn queue(parts: &Parts, copies: Vec<Copy>) -> Result<Vec<i64>, OpError> {
    let queue = parts.queue.clone();
    let accounts = parts.store.read(|store, tx| store.accounts(tx)).await.map_err(failed)?;
    let write = move |store: &Store, tx: &mut Tx<'_>| {
        let mut queued = Vec::new();
        for Copy { message, to, .. } in copies {
            // Read again: it may have gone since it was chosen.
            let m = store.message(&tx.read(), message.id)?;
            let prefix = store.prefix(&tx.read(), &m)?;
            let size = u64::try_from(m.size).unwrap_or(0).saturating_sub(prefix.len() as u64);
            store.retain(tx, m.content)?;
            let account = accounts.iter().find(|a| a.id == m.account).map(|a| a.name.clone());
            let from = m.mail_from.as_ref().and_then(|from| from.parse().ok());
            let smtputf8 =
                !to.to_string().is_ascii() || m.mail_from.as_ref().is_some_and(|from| !from.is_ascii());
            let rcpt = NewRecipient { copy: Some(m.id), ..NewRecipient::from(to) };
            let new = NewQueued::new(account.unwrap_or_default(), from, vec![rcpt], m.content, size);
            let new = NewQueued {
                prefix: outgoing_prefix(&prefix),
                body: Body::EightBitMime,
                smtputf8,
                subject: m.subject.clone(),
                message_id: m.header_id.clone(),
                ..new
            };
            queued.extend(queue.add(store, tx, &new)?.into_iter().map(|id| id.0));
        }
        Ok::<_, Error>(queued)
    };
    parts.store.write(write).await.map_err(failed)
}

/// What was put before the content without the fields that stay here: a Return-Path is the last hop's to write (RFC
/// 5321 §4.4), and our Delivered-To would look like a loop.
fn outgoing_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    for field in Header::of(prefix).fields() {
        if !field.is("Return-Path") && !field.is("Delivered-To") {
            kept.extend_from_slice(prefix.get(field.range()).unwrap_or_default());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_here_is_not_sent() {
        let prefix =
            b"Return-Path: <a@x.example>\r\nDelivered-To: b@y.example\r\nReceived: from a\r\n\tby b; now\r\n";
        assert_eq!(outgoing_prefix(prefix), b"Received: from a\r\n\tby b; now\r\n");
        assert_eq!(outgoing_prefix(b""), b"");
    }

    #[test]
    fn tags_are_atoms() {
        assert_eq!(checked(&["Order-7".into()]).unwrap(), ["order-7"]);
        for bad in ["", "a b", "\\Seen", "ü", "a(b", &"x".repeat(65)] {
            assert!(checked(&[bad.to_owned()]).is_err(), "{bad:?}");
        }
    }
}

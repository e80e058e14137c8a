//! Messages of the account: read, flagged, moved, deleted. What is not the account's is not found.

use mox_admin::Time;
use mox_admin::ops::Verdicts;
use mox_db::{ReadTx, Tx};
use mox_httpserver::{Response, StatusCode};
use mox_message::part::Tree;
use mox_store::{Error, Flags, MailboxName, Mark, Message, Store};
use mox_web::json;
use mox_webhooks::mail;

use crate::Api;
use crate::call::Call;
use crate::error::{Code, Fault};
use crate::types::{Empty, MessageFlags, MessageGot, MessageId, MessageMove, MessagePart, Meta, Moved};

/// Most flags and keywords of a call.
const MAX_FLAGS: usize = 100;

/// A message, if it is the account's.
fn own(store: &Store, tx: &ReadTx<'_>, account: &str, id: i64) -> Result<Message, Error> {
    let id = mox_store::MessageId(id);
    let account = store.account(tx, account)?.id;
    let message = store.message(tx, id)?;
    if message.account == account { Ok(message) } else { Err(Error::NoSuchMessage(id)) }
}

/// What is read of a message.
struct Loaded {
    message: Message,
    bytes: Vec<u8>,
    verdicts: Option<Verdicts>,
    mailbox: String,
}

async fn load(api: &Api, account: String, id: i64) -> Result<Loaded, Fault> {
    let read = move |store: &Store, tx: &ReadTx<'_>| {
        let message = own(store, tx, &account, id)?;
        let mailbox =
            store.mailbox(tx, message.account, message.mailbox)?.map(|m| m.name).unwrap_or_default();
        let verdicts = store.verdicts(tx, &message)?.as_deref().and_then(Verdicts::from_json);
        let bytes = store.content(tx, &message)?.bytes()?;
        Ok::<_, Error>(Loaded { message, bytes, verdicts, mailbox })
    };
    Ok(api.parts.store.read(read).await?)
}

/// Work on the bytes of a message, away from those who serve others.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Fault::server("the message could not be read"))
}

pub(crate) async fn get(api: &Api, call: Call) -> Result<Response, Fault> {
    let MessageId { msg_id } = call.request()?;
    let loaded = load(api, call.who.account, msg_id).await?;
    let got = apart(move || {
        let (message, structure, summary) = mail::read(&loaded.bytes);
        let meta = meta(&loaded, summary.is_dsn, mail::is_automated(&summary));
        MessageGot { message, structure, meta }
    });
    Ok(json(StatusCode::OK, &got.await?))
}

fn meta(loaded: &Loaded, dsn: bool, automated: bool) -> Meta {
    let (m, verdicts) = (&loaded.message, loaded.verdicts.as_ref());
    Meta {
        size: u64::try_from(m.size).unwrap_or(0),
        dsn,
        flags: m.flags.names().map(str::to_owned).chain(m.keywords.iter().cloned()).collect(),
        mail_from: m.mail_from.clone().unwrap_or_default(),
        mail_from_validated: verdicts.is_some_and(|v| v.spf.result == "pass"),
        rcpt_to: m.rcpt_to.clone().unwrap_or_default(),
        msg_from: m.from_address.clone(),
        msg_from_validated: verdicts.is_some_and(|v| v.dmarc.result == "pass"),
        dkim_verified_domains: verdicts.map(mail::signers).unwrap_or_default(),
        remote_ip: m.remote_ip.clone().unwrap_or_default(),
        received: Time(m.received),
        mailbox_name: loaded.mailbox.clone(),
        automated,
    }
}

pub(crate) async fn raw(api: &Api, call: Call) -> Result<Response, Fault> {
    let MessageId { msg_id } = call.request()?;
    let loaded = load(api, call.who.account, msg_id).await?;
    Ok(mox_web::raw("message/rfc822", loaded.bytes))
}

pub(crate) async fn part(api: &Api, call: Call) -> Result<Response, Fault> {
    let MessagePart { msg_id, part_path } = call.request()?;
    let loaded = load(api, call.who.account, msg_id).await?;
    let found = apart(move || {
        let tree = Tree::parse(&loaded.bytes);
        let part = mail::part_at(&tree, &part_path)?;
        Some((part.content_type.clone(), tree.decode(&loaded.bytes, part, usize::MAX).0))
    });
    let found = found.await?.ok_or_else(|| Fault::new(Code::PartNotFound, "the message has no such part"));
    let (content_type, bytes) = found?;
    Ok(mox_web::raw(&content_type, bytes))
}

pub(crate) async fn delete(api: &Api, call: Call) -> Result<Response, Fault> {
    let MessageId { msg_id } = call.request()?;
    let account = call.who.account;
    let write = move |store: &Store, tx: &mut Tx<'_>| {
        let message = own(store, &tx.read(), &account, msg_id)?;
        store.expunge(tx, &[message])?;
        Ok::<_, Error>(())
    };
    api.parts.store.write(write).await?;
    Ok(json(StatusCode::OK, &Empty {}))
}

pub(crate) async fn flags(api: &Api, call: Call, add: bool) -> Result<Response, Fault> {
    let MessageFlags { msg_id, flags } = call.request()?;
    let (flags, keywords) = known(&flags)?;
    let mark = match add {
        true => Mark { set: flags, tag: keywords, ..Mark::default() },
        false => Mark { clear: flags, untag: keywords, ..Mark::default() },
    };
    let account = call.who.account;
    let write = move |store: &Store, tx: &mut Tx<'_>| {
        let message = own(store, &tx.read(), &account, msg_id)?;
        store.mark(tx, &[message.id], &mark)
    };
    api.parts.store.write(write).await?;
    Ok(json(StatusCode::OK, &Empty {}))
}

/// Flags and keywords of these names.
fn known(names: &[String]) -> Result<(Flags, Vec<String>), Fault> {
    if names.len() > MAX_FLAGS {
        return Err(Fault::user(format!("more than {MAX_FLAGS} flags")));
    }
    let (mut flags, mut keywords) = (Flags::NONE, Vec::new());
    for name in names {
        match (Flags::named(name), mox_store::keyword(name)) {
            (Some(flag), _) => flags = flags | flag,
            (None, Some(keyword)) => keywords.push(keyword),
            (None, None) => {
                let text = "it must be a flag, as \\Seen, or a keyword of letters, digits and ._-";
                return Err(Fault::user(format!("flag {name:.100?}: {text}")));
            }
        }
    }
    Ok((flags, keywords))
}

pub(crate) async fn move_to(api: &Api, call: Call) -> Result<Response, Fault> {
    let MessageMove { msg_id, dest_mailbox_name } = call.request()?;
    let name = MailboxName::parse(&dest_mailbox_name).map_err(|e| Fault::user(e.to_string()))?;
    let account = call.who.account;
    let write = move |store: &Store, tx: &mut Tx<'_>| {
        let message = own(store, &tx.read(), &account, msg_id)?;
        let to = store.find_mailbox(&tx.read(), message.account, &name)?;
        let to = to.ok_or_else(|| Error::NoSuchMailbox(name.as_str().to_owned()))?;
        if to == message.mailbox {
            return Ok(message.id);
        }
        let stored = store.move_messages(tx, &[message], to)?;
        stored.first().map(|stored| stored.id).ok_or(Error::NoSuchMessage(mox_store::MessageId(msg_id)))
    };
    let id: mox_store::MessageId = api.parts.store.write(write).await?;
    Ok(json(StatusCode::OK, &Moved { msg_id: id.0 }))
}

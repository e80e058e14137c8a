//! Mail that was held on request of its sender (FUTURERELEASE) and then goes to mailboxes here: the queue's way into
//! this house, as an SMTP session that needs no network. RFC 4865.

use std::io::Read;
use std::sync::Arc;

use mox_address::Domain;
use mox_clock::{Clock, Timestamp};
use mox_message::trace;
use mox_queue::{
    BoxFuture, Confirms, OpenFailure, Opened, Outbound, Outgoing, Peer, QueueId, Route, Sent, Session, Step,
    Target, Verdict,
};
use mox_smtp::{EnhancedCode, RcptArgs};
use mox_store::{Content, Digest, NewMessage, Prepared, SmtpEnvelope, Store};
use mox_webhooks::calls::Calls;

use crate::telling::{Copy, Heard};
use crate::{Error, Local, Recipients};

/// Bytes read at a time.
const CHUNK: usize = 32 * 1024;

/// Delivers what the queue routes to [`Route::Local`] here, and hands everything else on.
pub struct LocalOutbound {
    /// Where mail is kept.
    pub store: Store,
    /// Who lives here.
    pub recipients: Arc<dyn Recipients>,
    /// Our name.
    pub hostname: Domain,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// For mail to elsewhere.
    pub elsewhere: Arc<dyn Outbound>,
    /// The webhooks of accounts, where they are told.
    pub calls: Option<Calls>,
}

struct LocalSession {
    store: Store,
    recipients: Arc<dyn Recipients>,
    clock: Arc<dyn Clock>,
    calls: Option<Calls>,
}

impl Outbound for LocalOutbound {
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>> {
        if target.route != Route::Local {
            return self.elsewhere.open(target);
        }
        let session = LocalSession {
            store: self.store.clone(),
            recipients: self.recipients.clone(),
            clock: self.clock.clone(),
            calls: self.calls.clone(),
        };
        let peer = Peer { host: self.hostname.ascii().to_owned(), ip: None, tls: "none".to_owned() };
        let steps = vec![Step::new("connect", true, "the mailbox is on this server")];
        Box::pin(std::future::ready(Ok(Opened { session: Box::new(session), peer, steps, tls: None })))
    }
}

impl Session for LocalSession {
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let mut verdicts = Vec::new();
            for (rcpt, id) in message.rcpts.iter().zip(&message.ids) {
                verdicts.push(Some(self.deliver(message, rcpt, *id).await));
            }
            Sent { verdicts, usable: true }
        })
    }

    fn confirms(&self) -> Confirms {
        Confirms::Mailbox
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl LocalSession {
    async fn deliver(&self, message: &Outgoing, rcpt: &RcptArgs, id: QueueId) -> Verdict {
        let Some(path) = rcpt.forward_path.path() else {
            return Verdict::permanent(EnhancedCode(5, 1, 3), "no address");
        };
        let local = match self.recipients.for_mail(path) {
            Ok(local) => local,
            Err(reply) => return Verdict::of_reply(&reply),
        };
        match self.append(message, rcpt, id, local).await {
            Ok(()) => Verdict::delivered("delivered into the mailbox"),
            Err(e) => Verdict::temporary(e.to_string()),
        }
    }

    async fn append(
        &self,
        message: &Outgoing,
        rcpt: &RcptArgs,
        id: QueueId,
        locals: Vec<Local>,
    ) -> Result<(), Error> {
        let (store, original) = (self.store.clone(), message.content.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&store, &original));
        let (prepared, header) = copied.await.map_err(|_| Error::Lost)??;
        let digest = Digest::of(&header);
        let mail_from = message.mail.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default();
        let envelope = SmtpEnvelope {
            mail_from: Some(mail_from),
            rcpt_to: Some(rcpt.forward_path.to_string()),
            ..SmtpEnvelope::default()
        };
        let return_path = trace::return_path(&message.mail.reverse_path);
        let to = rcpt.forward_path.to_string();
        let copies = locals.iter().map(|local| (local.account.as_str(), to.as_str()));
        let heard = Heard::read(self.calls.as_ref(), copies, prepared.content()).await?;
        let received: Timestamp = self.clock.now();
        let write = self.store.write(move |store, tx| {
            let mut prepared = prepared;
            let content = prepared.insert(tx, u32::try_from(locals.len()).unwrap_or(u32::MAX))?;
            for local in &locals {
                let account = store.open_account(tx, &local.account)?;
                let mailbox = store.open_mailbox(tx, account, &local.mailbox)?;
                let delivered_to = local.address.as_ref().map(trace::delivered_to).unwrap_or_default();
                let prefix = format!("{return_path}{delivered_to}");
                let stored = store.append(
                    tx,
                    &NewMessage {
                        account,
                        mailbox,
                        content,
                        content_size: prepared.size(),
                        prefix: prefix.as_bytes(),
                        received,
                        flags: local.flags(),
                        envelope: &envelope,
                        digest: &digest,
                        verdicts: None,
                        keywords: Vec::new(),
                        quota: local.quota,
                    },
                )?;
                if let Some(heard) = &heard {
                    let copy = Copy { id: stored.id, local, rcpt: &to, envelope: &envelope, received };
                    heard.tell(None, tx, &copy)?;
                }
            }
            // The copy and the knowledge of it are one commit: a crash does not make a second one.
            mox_queue::arrived(tx, id)?;
            Ok(())
        });
        write.await
    }
}

/// The bytes as new content, and their header. Blocks on disk.
fn copy(store: &Store, original: &Content) -> Result<(Prepared, Vec<u8>), Error> {
    let mut body = crate::MessageBody::new(store);
    let mut reader = original.reader()?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let n = reader.read(&mut chunk).map_err(|_| Error::Lost)?;
        if n == 0 {
            let (content, header, ()) = body.into_parts()?;
            return Ok((content.finish()?, header));
        }
        body.take(chunk.get(..n).unwrap_or_default())?;
    }
}

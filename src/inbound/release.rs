//! Mail that was held on request of its sender (FUTURERELEASE) and then goes to mailboxes here: the queue's way into
//! this house, as an SMTP session that needs no network. RFC 4865.

use std::io::Read;
use std::sync::Arc;

use mox_address::Domain;
use mox_clock::{Clock, Timestamp};
use mox_message::trace;
use mox_queue::{
    BoxFuture, OpenFailure, Opened, Outbound, Outgoing, Peer, Route, Sent, Session, Step, Target, Verdict,
};
use mox_smtp::{EnhancedCode, RcptArgs};
use mox_store::{Digest, Flags, Incoming, NewMessage, SmtpEnvelope, Store};

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
}

struct LocalSession {
    store: Store,
    recipients: Arc<dyn Recipients>,
    clock: Arc<dyn Clock>,
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
        };
        let peer = Peer { host: self.hostname.ascii().to_owned(), ip: None, tls: "none".to_owned() };
        let steps = vec![Step::new("connect", true, "the mailbox is on this server")];
        Box::pin(std::future::ready(Ok(Opened { session: Box::new(session), peer, steps, tls: Vec::new() })))
    }
}

impl Session for LocalSession {
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let mut verdicts = Vec::new();
            for rcpt in &message.rcpts {
                verdicts.push(Some(self.deliver(message, rcpt).await));
            }
            Sent { verdicts, usable: true }
        })
    }

    fn quit(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl LocalSession {
    async fn deliver(&self, message: &Outgoing, rcpt: &RcptArgs) -> Verdict {
        let place = rcpt.forward_path.path().and_then(|path| self.recipients.for_mail(path));
        let Some(local) = place else {
            return Verdict::permanent(EnhancedCode(5, 1, 1), "this address does not exist any more");
        };
        match self.append(message, rcpt, local).await {
            Ok(()) => Verdict::delivered("delivered into the mailbox"),
            Err(e) => Verdict::temporary(e.to_string()),
        }
    }

    async fn append(&self, message: &Outgoing, rcpt: &RcptArgs, locals: Vec<Local>) -> Result<(), Error> {
        let (content, header) = self.copy(message)?;
        let prepared =
            tokio::task::spawn_blocking(move || content.finish()).await.map_err(|_| Error::Lost)??;
        let digest = Digest::of(&header);
        let mail_from = message.mail.reverse_path.as_ref().map(ToString::to_string).unwrap_or_default();
        let envelope = SmtpEnvelope {
            mail_from: Some(mail_from),
            rcpt_to: Some(rcpt.forward_path.to_string()),
            ..SmtpEnvelope::default()
        };
        let return_path = trace::return_path(&message.mail.reverse_path);
        let received: Timestamp = self.clock.now();
        let write = self.store.write(move |store, tx| {
            let mut prepared = prepared;
            let content = prepared.insert(tx, u32::try_from(locals.len()).unwrap_or(u32::MAX))?;
            for local in &locals {
                let account = store.open_account(tx, &local.account)?;
                let mailbox = store.open_mailbox(tx, account, &local.mailbox)?;
                let delivered_to = local.address.as_ref().map(trace::delivered_to).unwrap_or_default();
                let prefix = format!("{return_path}{delivered_to}");
                store.append(
                    tx,
                    &NewMessage {
                        account,
                        mailbox,
                        content,
                        content_size: prepared.size(),
                        prefix: prefix.as_bytes(),
                        received,
                        flags: Flags::NONE,
                        envelope: &envelope,
                        digest: &digest,
                        verdicts: None,
                        quota: local.quota,
                    },
                )?;
            }
            Ok(())
        });
        write.await
    }

    /// The bytes as new content, and their header.
    fn copy(&self, message: &Outgoing) -> Result<(Incoming, Vec<u8>), Error> {
        let mut body = crate::MessageBody::new(&self.store);
        let mut reader = message.content.reader()?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = reader.read(&mut chunk).map_err(|_| Error::Lost)?;
            if n == 0 {
                return Ok(body.into_parts());
            }
            body.take(chunk.get(..n).unwrap_or_default())?;
        }
    }
}

//! The submission ports: mail from users who logged in.
//!
//! Replies: reverse-path or From of somebody else 550 5.7.1; not exactly one From 554 5.6.0; malformed header, when
//! pedantic, 554 5.6.0; more than the account may send in 24 hours 451 4.7.1.
//! RFC 6409 §6, RFC 4954, RFC 4865.

use std::sync::Arc;

use mox_address::Address;
use mox_clock::{Clock, Random};
use mox_inbound::{
    Accepted, Arrival, Authenticator, Delivery, MessageBody, Places, Recipients, check_form, check_loop,
    check_size,
};
use mox_message::trace::MAX_RECEIVED;
use mox_sasl::{Credentials, Login, Mechanism};
use mox_smtp::{EnhancedCode, Envelope, Findings, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Handler, Session};
use mox_store::OutgoingLimits;

use crate::signing::Signed;
use crate::{Keys, Logins, Signing, fixup};

/// How closely a submitted message is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// As RFC 6409 wants it: one From, which belongs to the account; and only so much in 24 hours.
    Lawful,
    /// Whatever a program under test sends.
    Anything,
}

/// Decides about mail from users.
pub struct SubmissionHandler {
    /// Who may log in.
    pub logins: Logins,
    /// Who lives here, and who may send as whom.
    pub recipients: Arc<dyn Recipients>,
    /// The one way to accept.
    pub delivery: Delivery,
    /// How closely messages are looked at.
    pub strictness: Strictness,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Keys to sign with; none when nothing is signed.
    pub keys: Option<Arc<dyn Keys>>,
    /// Judges messages as a server would that receives them; none to leave that out.
    pub authenticator: Option<Arc<Authenticator>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// No limits for clients on this machine.
    pub lift_for_loopback: bool,
    /// Refuses malformed messages.
    pub pedantic: bool,
}

/// What a program asks for beside what SMTP can say.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// What it wants to be told with each event about the message: a JSON object of texts.
    pub extra: Option<String>,
    /// A copy goes into the mailbox of sent mail.
    pub save_sent: bool,
}

/// Why a message was not taken.
#[derive(Debug)]
pub enum Untaken {
    /// Something about it is wrong.
    Refused(Reply),
    /// It could not be kept, or the account sends too much.
    Failed(mox_inbound::Error),
}

impl From<Reply> for Untaken {
    fn from(reply: Reply) -> Untaken {
        Untaken::Refused(reply)
    }
}

impl From<mox_inbound::Error> for Untaken {
    fn from(error: mox_inbound::Error) -> Untaken {
        Untaken::Failed(error)
    }
}

impl Untaken {
    /// What an SMTP client is told.
    pub fn reply(self) -> Reply {
        match self {
            Untaken::Refused(reply) => reply,
            Untaken::Failed(error) => error.reply(),
        }
    }
}

/// Pieces in which a whole message is written.
const PIECE: usize = 64 * 1024;

fn not_yours(what: &str) -> Reply {
    Reply::new(
        550,
        EnhancedCode(5, 7, 1),
        format!("{what} does not belong to the account you logged in with"),
    )
}

impl SubmissionHandler {
    fn may_send_as(&self, session: &Session, address: Option<Address>) -> bool {
        let account = session.account.as_ref().map(|a| a.account.as_str()).unwrap_or_default();
        self.strictness == Strictness::Anything
            || address.is_some_and(|address| self.recipients.may_send_as(account, &address))
    }

    fn check_mail(&self, session: &Session, mail: &MailArgs) -> Result<(), Reply> {
        match &mail.reverse_path {
            // The null reverse-path is for notifications, which mail programs of users send too (RFC 8098 §3).
            None => Ok(()),
            Some(path) if self.may_send_as(session, path.address()) => Ok(()),
            Some(_) => Err(not_yours("the reverse-path")),
        }
    }

    fn check_from(&self, session: &Session, header: &[u8]) -> Result<(), Reply> {
        if self.strictness == Strictness::Anything {
            return Ok(());
        }
        let summary = mox_message::summary(header);
        let ([from], 1) = (summary.from.as_slice(), summary.from_fields) else {
            return Err(Reply::new(554, EnhancedCode(5, 6, 0), "a message needs one From with one address"));
        };
        match self.may_send_as(session, from.to_string().parse().ok()) {
            true => Ok(()),
            false => Err(not_yours("the address in From")),
        }
    }

    /// What this session's account may send.
    fn limits(&self, session: &Session) -> Option<OutgoingLimits> {
        let lifted = self.lift_for_loopback && session.remote.ip().to_canonical().is_loopback();
        if lifted || self.strictness == Strictness::Anything {
            return None;
        }
        self.logins.limits(&session.account.as_ref()?.account)
    }

    /// Gives recipients reverse-paths of their own, for logins that ask for it.
    fn own_paths(&self, session: &Session, envelope: &Envelope, to: &mut Places) {
        let Some(who) = &session.account else { return };
        let Some(path) = &envelope.mail.reverse_path else { return };
        if let Some(separator) = self.logins.separator_of_ids(&who.login, path) {
            to.own_paths(|| fixup::own_path(path, &separator, &*self.random));
        }
    }

    /// Takes a whole message of a program that logged in: what a session of SMTP would be asked is asked here. Once
    /// this is `Ok`, all of it is durable.
    pub async fn submit(
        &self,
        session: &Session,
        envelope: Envelope,
        message: &[u8],
        wishes: Wishes,
    ) -> Result<Accepted, Untaken> {
        self.check_mail(session, &envelope.mail)?;
        let mut body = self.body(&envelope);
        for piece in message.chunks(PIECE) {
            body.write(piece)?;
        }
        self.take(session, envelope, body, wishes).await
    }

    fn body(&self, envelope: &Envelope) -> MessageBody<Signing> {
        let hostname = self.delivery.hostname();
        let domain = envelope.mail.reverse_path.as_ref().and_then(|p| p.domain.domain()).unwrap_or(hostname);
        let checks = self.authenticator.as_ref().map(|authenticator| authenticator.checks());
        let signing = Signing::new(self, domain.clone(), checks);
        MessageBody::with(self.delivery.store(), signing).guarding(hostname.clone())
    }

    async fn take(
        &self,
        session: &Session,
        envelope: Envelope,
        body: MessageBody<Signing>,
        wishes: Wishes,
    ) -> Result<Accepted, Untaken> {
        let (content, header, signing) = body.into_parts().map_err(mox_inbound::Error::from)?;
        let Signed { signatures, missing, checks } = signing.finish();
        if self.pedantic {
            check_form(&header)?;
        }
        check_size(&header)?;
        check_loop(&header, MAX_RECEIVED)?;
        self.check_from(session, &header)?;
        let mut arrival = Arrival::of(session, &envelope, self.clock.now());
        arrival.tls_not_required = fixup::tls_not_required(&header);
        arrival.limits = self.limits(session);
        arrival.extra = wishes.extra.map_or_else(|| fixup::extra(&header), |extra| Ok(Some(extra)))?;
        let hostname = self.delivery.hostname();
        let common = format!("{}{signatures}{missing}", arrival.received(hostname));
        let mut to = self.delivery.places(&*self.recipients, session, &envelope)?;
        self.own_paths(session, &envelope, &mut to);
        if let (Some(authenticator), Some(checks)) = (&self.authenticator, checks) {
            let evidence = authenticator.examine(&arrival, &header, checks).await;
            to.judge(|rules| evidence.judge(authenticator, &header, rules, &arrival));
        }
        if let Some(account) = session.account.as_ref().filter(|_| wishes.save_sent) {
            let quota = self.logins.quota(&account.account);
            to.keep_sent(&account.account, quota).map_err(mox_inbound::Error::from)?;
        }
        Ok(self.delivery.accept(&arrival, &envelope, content, &header, &common, to).await?)
    }
}

impl Handler for SubmissionHandler {
    fn credentials(&self, username: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        self.logins.credentials(username)
    }

    fn login(&self, login: &Login, _mechanism: Mechanism) -> Result<String, Reply> {
        self.logins.login(login)
    }

    fn identity(&self, spki_sha256: &[u8; 32]) -> Option<String> {
        self.logins.identity(spki_sha256)
    }

    fn mail<'a>(&'a self, session: &'a Session, mail: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(self.check_mail(session, mail)))
    }

    fn rcpt<'a>(
        &'a self,
        session: &'a Session,
        _envelope: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            let place = self.recipients.resolve(session, &rcpt.forward_path)?;
            self.delivery.check_quota(&place).await
        })
    }

    fn begin<'a>(
        &'a self,
        _session: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let body: Box<dyn Body> = Box::new(self.body(envelope));
        Box::pin(std::future::ready(Ok(body)))
    }

    fn message<'a>(
        &'a self,
        session: &'a Session,
        envelope: Envelope,
        body: Box<dyn Body>,
        _findings: Findings,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            match body.into_any().downcast::<MessageBody<Signing>>() {
                Ok(body) => match self.take(session, envelope, *body, Wishes::default()).await {
                    Ok(accepted) => accepted.reply(),
                    Err(untaken) => untaken.reply(),
                },
                Err(_) => Reply::new(451, EnhancedCode(4, 3, 0), "internal error"),
            }
        })
    }
}

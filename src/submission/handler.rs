//! The submission ports: mail from users who logged in.
//!
//! Replies: reverse-path or From of somebody else 550 5.7.1; not exactly one From 554 5.6.0; malformed header, when
//! pedantic, 554 5.6.0; more than the account may send in 24 hours 451 4.7.1.
//! RFC 6409 §6, RFC 4954, RFC 4865.

use std::sync::Arc;

use mox_address::Address;
use mox_clock::{Clock, Random};
use mox_inbound::{
    Arrival, Authenticator, Delivery, MessageBody, Recipients, check_form, check_loop, check_size,
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

    async fn accept(
        &self,
        session: &Session,
        envelope: Envelope,
        body: MessageBody<Signing>,
    ) -> Result<Reply, Reply> {
        let (content, header, signing) =
            body.into_parts().map_err(|e| mox_inbound::Error::from(e).reply())?;
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
        let hostname = self.delivery.hostname();
        let common = format!("{}{signatures}{missing}", arrival.received(hostname));
        let mut to = self.delivery.places(&*self.recipients, session, &envelope)?;
        if let (Some(authenticator), Some(checks)) = (&self.authenticator, checks) {
            let evidence = authenticator.examine(&arrival, &header, checks).await;
            to.judge(|rules| evidence.judge(authenticator, &header, rules, &arrival));
        }
        let accepted = self.delivery.accept(&arrival, &envelope, content, &header, &common, to).await;
        accepted.map(|a| a.reply()).map_err(|e| e.reply())
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
        let hostname = self.delivery.hostname();
        let domain = envelope.mail.reverse_path.as_ref().and_then(|p| p.domain.domain()).unwrap_or(hostname);
        let checks = self.authenticator.as_ref().map(|authenticator| authenticator.checks());
        let signing = Signing::new(self, domain.clone(), checks);
        let body = MessageBody::with(self.delivery.store(), signing).guarding(hostname.clone());
        let body: Box<dyn Body> = Box::new(body);
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
                Ok(body) => self.accept(session, envelope, *body).await.unwrap_or_else(|refused| refused),
                Err(_) => Reply::new(451, EnhancedCode(4, 3, 0), "internal error"),
            }
        })
    }
}

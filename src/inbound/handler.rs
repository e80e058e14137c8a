//! The MX port: mail from other servers, for recipients that live here.
//!
//! Order of decisions and their replies: HELO name without address 550 5.5.0; sender domain that takes no mail
//! 550 5.7.27 (451 when DNS cannot say); unknown recipient 550 5.1.1; mailbox full or too much mail 452 4.2.2;
//! malformed header, when pedantic, 554 5.6.0; mail loop 550 5.4.6. What concerns networks is lifted for loopback
//! where the limits say so.
//! RFC 5321 §3.3, §4.1.1, RFC 7505 (null MX), RFC 7372.

use std::sync::Arc;

use mox_address::IpDomain;
use mox_clock::{Clock, Random};
use mox_dns::{Error as DnsError, Resolver, is_null_mx};
use mox_message::header::Header;
use mox_message::trace;
use mox_smtp::{EnhancedCode, Envelope, Findings, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Handler, Session};

use crate::{Arrival, Delivery, MessageBody, Rates, Recipients};

/// Decides about mail from other servers.
pub struct MxHandler {
    /// Who lives here.
    pub recipients: Arc<dyn Recipients>,
    /// The one way to accept.
    pub delivery: Delivery,
    /// How much an account takes.
    pub rates: Rates,
    /// Looks up HELO names and sender domains; none to leave those checks out.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Most Received fields of a message; more mean a loop.
    pub received_max: usize,
    /// No limits for clients on this machine.
    pub lift_for_loopback: bool,
    /// Refuses malformed messages.
    pub pedantic: bool,
}

impl MxHandler {
    fn lifted(&self, session: &Session) -> bool {
        self.lift_for_loopback && session.remote.ip().to_canonical().is_loopback()
    }

    /// The resolver, when this client's names are to be checked.
    fn checker(&self, session: &Session) -> Option<&dyn Resolver> {
        if self.lifted(session) { None } else { self.resolver.as_deref() }
    }

    async fn check_hello(&self, session: &Session) -> Result<(), Reply> {
        let Some(resolver) = self.checker(session) else { return Ok(()) };
        let Ok(IpDomain::Domain(name)) = session.hello.as_deref().unwrap_or_default().parse() else {
            return Ok(());
        };
        match resolver.lookup_ip(name.ascii()).await {
            Err(DnsError::NxDomain { .. } | DnsError::NoData { .. }) => {
                Err(Reply::new(550, EnhancedCode(5, 5, 0), "the name in your HELO or EHLO has no address"))
            }
            _ => Ok(()),
        }
    }

    async fn check_sender(&self, session: &Session, mail: &MailArgs) -> Result<(), Reply> {
        let Some(resolver) = self.checker(session) else { return Ok(()) };
        let Some(domain) = mail.reverse_path.as_ref().and_then(|path| path.domain.domain()) else {
            return Ok(());
        };
        let refused = || Err(Reply::new(550, EnhancedCode(5, 7, 27), "the sender's domain takes no mail"));
        let temporary =
            || Err(Reply::new(451, EnhancedCode(4, 4, 0), "the sender's domain cannot be looked up now"));
        match resolver.lookup_mx(domain.ascii(), &*self.random).await {
            Ok(answer) if is_null_mx(&answer.records) => refused(),
            Ok(_) => Ok(()),
            Err(DnsError::NxDomain { .. }) => refused(),
            Err(DnsError::NoData { .. }) => match resolver.lookup_ip(domain.ascii()).await {
                Err(DnsError::NxDomain { .. } | DnsError::NoData { .. }) => refused(),
                Err(_) => temporary(),
                Ok(_) => Ok(()),
            },
            Err(_) => temporary(),
        }
    }

    async fn accept(&self, session: &Session, envelope: Envelope, body: MessageBody) -> Result<Reply, Reply> {
        let (content, header, ()) = body.into_parts().map_err(|e| crate::Error::from(e).reply())?;
        if self.pedantic {
            check_form(&header)?;
        }
        check_loop(&header, self.received_max)?;
        let arrival = Arrival::of(session, &envelope, self.clock.now());
        let to = self.delivery.places(&*self.recipients, session, &envelope)?;
        if !self.lifted(session) {
            for local in to.accounts() {
                if !self.rates.add(local, arrival.remote_ip, content.size()) {
                    return Err(Reply::new(
                        452,
                        EnhancedCode(4, 2, 2),
                        "too much mail for this mailbox for now",
                    ));
                }
            }
        }
        let common = arrival.received(self.delivery.hostname());
        let accepted = self.delivery.accept(&arrival, &envelope, content, &header, &common, to).await;
        accepted.map(|a| a.reply()).map_err(|e| e.reply())
    }
}

/// Refuses mail that goes round in circles (RFC 5321 §6.3).
pub fn check_loop(header: &[u8], most: usize) -> Result<(), Reply> {
    match trace::is_looping(&Header::of(header), most) {
        true => Err(Reply::new(550, EnhancedCode(5, 4, 6), "mail loop: too many Received header fields")),
        false => Ok(()),
    }
}

/// Refuses a header with a line that is no field, or without the empty line that ends it (RFC 5322 §2.1).
pub fn check_form(header: &[u8]) -> Result<(), Reply> {
    let refused = |reason: &str| {
        Err(Reply::new(554, EnhancedCode(5, 6, 0), format!("the message is malformed: {reason}")))
    };
    match Header::check(header) {
        Err(e) => refused(&e.to_string()),
        Ok(_) if !header.starts_with(b"\r\n") && !header.ends_with(b"\r\n\r\n") => {
            refused("no empty line ends the header")
        }
        Ok(_) => Ok(()),
    }
}

impl Handler for MxHandler {
    fn hello<'a>(&'a self, session: &'a Session) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(self.check_hello(session))
    }

    fn mail<'a>(&'a self, session: &'a Session, mail: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(self.check_sender(session, mail))
    }

    fn rcpt<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(async move {
            // A bounce goes to the one who sent the message, so to one recipient.
            if envelope.mail.reverse_path.is_none() && !envelope.rcpts.is_empty() && !self.lifted(session) {
                return Err(Reply::new(
                    452,
                    EnhancedCode(4, 5, 3),
                    "one recipient at a time for the null reverse-path",
                ));
            }
            let place = self.recipients.resolve(session, &rcpt.forward_path)?;
            self.delivery.check_quota(&place).await
        })
    }

    fn begin<'a>(
        &'a self,
        _session: &'a Session,
        _envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let body: Box<dyn Body> = Box::new(MessageBody::new(self.delivery.store()));
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
            match body.into_any().downcast::<MessageBody>() {
                Ok(body) => self.accept(session, envelope, *body).await.unwrap_or_else(|refused| refused),
                Err(_) => Reply::new(451, EnhancedCode(4, 3, 0), "internal error"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_headers_are_refused() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"From: a@x\r\nSubject: a\r\n b\r\n\r\n", None),
            (b"\r\nbody", None),
            (b"From: a@x\r\nhello\r\n\r\n", Some("byte 11 of the message: not a header field")),
            (b" folded\r\n\r\n", Some("byte 0 of the message: not a header field")),
            (b"From: a@x\r\n", Some("no empty line ends the header")),
            (b"", Some("no empty line ends the header")),
        ];
        for (header, expected) in cases {
            let refused = check_form(header).map_err(|reply| reply.to_string());
            let expected = match expected {
                Some(reason) => Err(format!("554 5.6.0 the message is malformed: {reason}\r\n")),
                None => Ok(()),
            };
            assert_eq!(refused, expected);
        }
    }
}

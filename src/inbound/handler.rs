//! The MX port: mail from other servers, for recipients that live here.
//!
//! Order of decisions and their replies: HELO name without address 550 5.5.0; sender domain that takes no mail
//! 550 5.7.27 (451 when DNS cannot say); unknown recipient 550 5.1.1; mailbox full or too much mail 452 4.2.2;
//! further recipients 452 4.5.3 when the reverse-path is null, SPF does not pass, or their rules are others;
//! malformed header, when pedantic, 554 5.6.0; header over 1 MiB 552 5.3.4; mail loop 550 5.4.6; several From 550 5.7.1; what [`crate::decide`]
//! says, DMARC 550 5.7.26, and a copy is kept where the account wants that. What is taken of a sender whom nobody knows waits
//! first ([`crate::stranger`]). What concerns networks is lifted for loopback where the limits say so.
//! RFC 5321 §3.3, §4.1.1, RFC 7505 (null MX), RFC 7372.

use std::sync::Arc;

use mox_address::{Domain, IpDomain};
use mox_admin::ops::ReportFamily;
use mox_clock::{Clock, Random, Timestamp};
use mox_dmarcrpt::Action;
use mox_dns::{Error as DnsError, Resolver, is_null_mx};
use mox_message::header::{Header, MAX_HEADER};
use mox_message::trace;
use mox_reports::bounce::Returned;
use mox_reports::receive::{Receiver, Unproved};
use mox_reports::{Evaluation, Reports};
use mox_smtp::{EnhancedCode, Envelope, Findings, ForwardPath, MailArgs, RcptArgs, Reply};
use mox_smtpserver::{Body, BoxFuture, Handler, Session};
use mox_store::Prepared;

use mox_spf::SpfResult;
use mox_telemetry::Outcome;

use crate::{
    Arrival, Authenticator, Checks, Delivery, Evidence, Local, MessageBody, Places, Rates, Recipients,
    Strangers, Where,
};

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
    /// Finds out whether messages are what they say; none to leave that out.
    pub authenticator: Option<Arc<Authenticator>>,
    /// Reads reports that arrive for addresses of such; none to leave that out.
    pub reports: Option<Receiver>,
    /// Counts messages for DMARC reports, and hears of reports of ours that come back; none to leave that out.
    pub engine: Option<Reports>,
    /// Lets unknown senders wait.
    pub strangers: Strangers,
    /// Acts on what was found out; else it is only kept with the message.
    pub enforce: bool,
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

    /// Whether a further recipient may be in the same transaction. All of them get the same answer to the message,
    /// so what is decided must be the same for all; and what one server may send to many at once is more when the
    /// sender vouches for it.
    async fn check_further(
        &self,
        session: &Session,
        envelope: &Envelope,
        place: &Where,
    ) -> Result<(), Reply> {
        let Some(first) = envelope.rcpts.first().filter(|_| !self.lifted(session)) else { return Ok(()) };
        let one =
            |why: &str| Err(Reply::new(452, EnhancedCode(4, 5, 3), format!("one recipient at a time {why}")));
        if envelope.mail.reverse_path.is_none() {
            // A bounce goes to the one who sent the message, so to one recipient.
            return one("for the null reverse-path");
        }
        let Some(authenticator) = self.authenticator.as_ref().filter(|_| self.enforce) else { return Ok(()) };
        if self.recipients.resolve(session, &first.forward_path)?.rules() != place.rules() {
            return one("where their rules differ");
        }
        if envelope.rcpts.len() == 1 {
            let helo = session.hello.as_deref().unwrap_or_default();
            let ip = session.remote.ip();
            if authenticator.spf(ip, helo, &envelope.mail.reverse_path).await != SpfResult::Pass {
                return one("from a server for which SPF does not pass");
            }
        }
        Ok(())
    }

    /// Whether a recipient is an address for reports about TLS.
    fn expects_report(&self, session: &Session, envelope: &Envelope) -> bool {
        envelope.rcpts.iter().any(|rcpt| {
            let found = self.recipients.resolve(session, &rcpt.forward_path);
            found.is_ok_and(|place| place.local.iter().any(Local::takes_tls_reports))
        })
    }

    async fn accept(&self, session: &Session, envelope: Envelope, body: MxBody) -> Result<Reply, Reply> {
        let (content, header, checks) = body.into_parts().map_err(|e| crate::Error::from(e).reply())?;
        if self.pedantic {
            check_form(&header)?;
        }
        check_size(&header)?;
        check_loop(&header, self.received_max)?;
        let mut arrival = Arrival::of(session, &envelope, self.clock.now());
        let mut to = self.delivery.places(&*self.recipients, session, &envelope)?;
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
        let (mut senders, mut told) = (Vec::new(), None);
        if let (Some(authenticator), Some(checks)) = (&self.authenticator, checks) {
            let evidence = authenticator.examine(&arrival, &header, checks).await;
            arrival.client_name = evidence.client_name().map(str::to_owned);
            to.judge(|rules| evidence.judge(authenticator, &header, rules, &arrival));
            let authors = check_authors(&header, &evidence);
            told = self.tell(&evidence, &arrival, &header, &to).filter(|_| authors.is_ok());
            if self.enforce {
                authors?;
                to.check_circles(&header)?;
                if let Err(refused) = to.follow() {
                    self.count_refused(told, &arrival).await;
                    self.delivery.keep_refused(&arrival, content, &header, to.refused).await;
                    return Err(refused);
                }
            }
            let sender = |family| (family, evidence.report_sender(family));
            senders = to.report_families().map(sender).collect();
        }
        if !self.lifted(session) && session.account.is_none() {
            let place = (self.delivery.store(), &*self.clock);
            self.strangers.wait(session.local, &arrival, &header, &to, place).await;
        }
        let fates = to.fates();
        let prepared = self.delivery.prepare(content).await.map_err(|e| e.reply())?;
        let to = self.read_reports(&prepared, to, senders, arrival.at).await;
        let mut to = self.read_returned(&prepared, to).await;
        let action = told.map(|(reports, evaluation, action)| {
            to.count(reports, evaluation);
            action
        });
        let common = arrival.received(self.delivery.hostname());
        let accepted =
            self.delivery.accept_prepared(&arrival, &envelope, prepared, &header, &common, to).await;
        let reply = accepted.map(|a| a.reply()).map_err(|e| e.reply())?;
        self.counted(action);
        fates.into_iter().for_each(|(result, copies)| self.count_delivery(result, copies));
        Ok(reply)
    }

    /// What a DMARC report tells of a message.
    fn tell(&self, evidence: &Evidence, arrival: &Arrival, header: &[u8], to: &Places) -> Option<Told> {
        let reports = self.engine.as_ref().filter(|engine| engine.reports_dmarc())?;
        let (evaluation, action) = evidence.evaluation(arrival, header, &to.fate(self.enforce))?;
        Some((reports.clone(), evaluation, action))
    }

    /// Counts a message that is refused. The reply is the same where that fails.
    async fn count_refused(&self, told: Option<Told>, arrival: &Arrival) {
        let Some((reports, evaluation, action)) = told else { return };
        let at = arrival.at;
        let write = self.delivery.store().write(move |_, tx| reports.evaluated(tx, &evaluation, at));
        match write.await {
            Ok(()) => self.counted(Some(action)),
            Err(error) => tracing::error!(%error, "a message that was refused is in no DMARC report"),
        }
    }

    fn counted(&self, action: Option<Action>) {
        if let (Some(authenticator), Some(action)) = (&self.authenticator, action) {
            let result = action.keyword();
            authenticator.metrics.dmarc_evaluations.get_or_create(&Outcome { result }).inc();
        }
    }

    fn count_delivery(&self, result: &'static str, copies: usize) {
        if let Some(authenticator) = self.authenticator.as_ref().filter(|_| copies > 0) {
            let counter = authenticator.metrics.deliveries.get_or_create_owned(&Outcome { result });
            counter.inc_by(copies as u64);
        }
    }

    /// Counts the recipients of a message that none of them got.
    fn count_refusal(&self, reply: &Reply, recipients: usize) {
        let result = if reply.code >= 500 { "refused" } else { "deferred" };
        self.count_delivery(result, recipients);
    }

    /// Reads the report that a message for an address of such holds, or notes with it why it counts as none. `senders`
    /// are the families of reports that may be in it, and who vouches for the message as such. It is delivered in any
    /// case.
    async fn read_reports(
        &self,
        prepared: &Prepared,
        mut to: Places,
        senders: Vec<(ReportFamily, Result<Domain, Unproved>)>,
        at: Timestamp,
    ) -> Places {
        let Some(receiver) = &self.reports else { return to };
        for (family, sender) in senders {
            let read = match sender {
                Ok(sender) => {
                    let content = prepared.content();
                    receiver.read(family, sender, at, prepared.size(), move || content.bytes()).await
                }
                Err(unproved) => Err(unproved.into()),
            };
            match read {
                Ok(report) => to.keep_report(receiver.clone(), report),
                Err(why) => {
                    tracing::info!(%why, family = family.as_str(), "message to an address for reports is none");
                    to.note_no_report(family, &why);
                }
            }
        }
        to
    }

    /// Reads the notification that a message is which goes to the reverse-path of a report of ours. The message is
    /// delivered in any case.
    async fn read_returned(&self, prepared: &Prepared, mut to: Places) -> Places {
        let (Some(engine), Some(token)) = (&self.engine, to.token()) else { return to };
        let content = prepared.content();
        let read = tokio::task::spawn_blocking(move || content.reader().ok().and_then(Returned::read)).await;
        if let Ok(Some(returned)) = read {
            to.keep_returned(engine.clone(), token, returned);
        }
        to
    }
}

/// What a DMARC report tells of a message, who writes it, and what was done.
type Told = (Reports, Evaluation, Action);

/// A message of the MX port as it comes in.
type MxBody = MessageBody<Option<Checks>>;

/// Refuses a message whose From names several domains, or stands more than once: nobody can say whose it is
/// (RFC 5322 §3.6, RFC 9989 §5.3.1).
fn check_authors(header: &[u8], evidence: &Evidence) -> Result<(), Reply> {
    match evidence.has_several_authors() || Header::of(header).all("From").nth(1).is_some() {
        true => {
            Err(Reply::new(550, EnhancedCode(5, 7, 1), "the message has several authors: From must have one"))
        }
        false => Ok(()),
    }
}

/// Refuses a header that is longer than what is read of it: what claims to be ours could hide behind.
pub fn check_size(header: &[u8]) -> Result<(), Reply> {
    match header.len() >= MAX_HEADER {
        true => Err(Reply::new(552, EnhancedCode(5, 3, 4), "the header of the message is too large")),
        false => Ok(()),
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
            let place = self.recipients.resolve(session, &rcpt.forward_path)?;
            self.check_further(session, envelope, &place).await?;
            self.delivery.check_quota(&place).await
        })
    }

    fn begin<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>> {
        let checks = self.authenticator.as_ref().map(|authenticator| authenticator.checks());
        let checks = match self.reports.is_some() && self.expects_report(session, envelope) {
            true => checks.map(Checks::with_tls_report),
            false => checks,
        };
        let body = MxBody::with(self.delivery.store(), checks).guarding(self.delivery.hostname().clone());
        let body: Box<dyn Body> = Box::new(body);
        Box::pin(std::future::ready(Ok(body)))
    }

    fn takes_without_tls(&self, rcpt: Option<&ForwardPath>) -> bool {
        self.recipients.takes_without_tls(rcpt)
    }

    fn message<'a>(
        &'a self,
        session: &'a Session,
        envelope: Envelope,
        body: Box<dyn Body>,
        _findings: Findings,
    ) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            match body.into_any().downcast::<MxBody>() {
                Ok(body) => {
                    let recipients = envelope.rcpts.len();
                    let accepted = self.accept(session, envelope, *body).await;
                    accepted.unwrap_or_else(|refused| {
                        self.count_refusal(&refused, recipients);
                        refused
                    })
                }
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

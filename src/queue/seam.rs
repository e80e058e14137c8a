//! What the queue asks of others: SMTP sessions, local delivery of DSNs, an ear for TLS results. Routes: [`crate::route`].

use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use mox_address::{Domain, IpDomain, Path};
use mox_clock::Timestamp;
use mox_db::Tx;
use mox_smtp::{EnhancedCode, MailArgs, RcptArgs};
use mox_store::{Content, ContentId, Digest, Error, Store};
use mox_tlsrpt::PolicyResult;
use serde::{Deserialize, Serialize};

use crate::{Class, End, QueueId, Queued, Route};

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Puts DSNs into mailboxes of this house.
pub trait LocalDelivery: Send + Sync {
    /// Delivers `notice` within `tx`, taking over its reference to the content. Answers false, and leaves the
    /// reference, when the recipient is not of this house: then the queue sends it out.
    fn deliver(&self, store: &Store, tx: &mut Tx<'_>, notice: &Notice<'_>) -> Result<bool, Error>;
}

/// A DSN for a sender.
#[derive(Debug, Clone)]
pub struct Notice<'a> {
    /// Account that sent the message.
    pub account: &'a str,
    /// Its reverse-path, the recipient of the DSN.
    pub to: &'a Path,
    /// The bytes, inserted in this transaction.
    pub content: ContentId,
    /// Their size.
    pub content_size: u64,
    /// What the header says.
    pub digest: &'a Digest,
    /// Whether its header is UTF-8.
    pub smtputf8: bool,
    /// Now.
    pub received: Timestamp,
}

/// What the makers of reports hear of deliveries, in the transaction of the outcome.
pub trait Reporting: Send + Sync {
    /// How TLS went in one attempt, when a connection was tried or a policy stood in the way.
    fn tls(&self, tx: &mut Tx<'_>, results: &TlsResults) -> Result<(), Error>;
    /// The end of a report of ours: a row whose [`Class`] is one.
    fn ended(&self, tx: &mut Tx<'_>, row: &Queued, end: End, verdict: &Verdict) -> Result<(), Error>;
    /// Somebody's mail, [`Class::Normal`], was taken by another host.
    fn delivered(&self, tx: &mut Tx<'_>, row: &Queued) -> Result<(), Error>;
    /// Something happened to somebody's mail, [`Class::Normal`], that its sender may want to hear of.
    fn happened(&self, _tx: &mut Tx<'_>, _row: &Queued, _what: &Happened<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// What happened to a message.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// Which of five.
    pub event: Event,
    /// What the next-hop said, or what went wrong; none where nobody was asked.
    pub verdict: Option<&'a Verdict>,
    /// The recipient goes on the suppression list for it.
    pub suppressing: bool,
}

/// Five things that happen to messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The next-hop took it.
    Delivered,
    /// Not sent: its recipient is on the suppression list.
    Suppressed,
    /// Not taken, and tried again later.
    Delayed,
    /// Given up.
    Failed,
    /// Removed from the queue.
    Canceled,
}

/// A [`Reporting`] that forgets.
pub struct NoReporting;

impl Reporting for NoReporting {
    fn tls(&self, _: &mut Tx<'_>, _: &TlsResults) -> Result<(), Error> {
        Ok(())
    }
    fn ended(&self, _: &mut Tx<'_>, _: &Queued, _: End, _: &Verdict) -> Result<(), Error> {
        Ok(())
    }
    fn delivered(&self, _: &mut Tx<'_>, _: &Queued) -> Result<(), Error> {
        Ok(())
    }
}

/// How TLS went in one attempt at delivery, under the policies that reports are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsResults {
    /// Domain of the recipients.
    pub recipient_domain: Domain,
    /// When.
    pub at: Timestamp,
    /// What was on its way.
    pub class: Class,
    /// Under the policy of the recipient domain: `sts` or `no-policy-found`; its policy domain is the recipient domain.
    pub domain: Option<PolicyResult>,
    /// Under the policy of each host tried: `tlsa` or `no-policy-found`; the policy domain is the TLSA base domain.
    pub hosts: Vec<PolicyResult>,
}

/// Makes SMTP sessions.
pub trait Outbound: Send + Sync {
    /// Connects to the first host of the target that takes the session, ready for MAIL.
    fn open<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Opened, OpenFailure>>;
}

/// Where a session shall lead.
#[derive(Debug, Clone)]
pub struct Target {
    /// How to get there; never [`Route::Fail`].
    pub route: Route,
    /// Domain of the recipients.
    pub domain: IpDomain,
    /// REQUIRETLS, TLS-Required: No, or neither.
    pub require_tls: Option<bool>,
    /// What is on its way.
    pub class: Class,
    /// Number of the attempt, 1 for the first.
    pub attempt: u32,
}

/// A session and how it came about.
pub struct Opened {
    /// Ready for MAIL.
    pub session: Box<dyn Session>,
    /// Who is at the other end.
    pub peer: Peer,
    /// What was done to get there.
    pub steps: Vec<Step>,
    /// How TLS went; none where reports are about nobody: relays, address literals.
    pub tls: Option<TlsResults>,
}

/// Who is at the other end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Host name, or address when it has none.
    pub host: String,
    /// Address.
    pub ip: Option<IpAddr>,
    /// `none`, `TLSv1.3 verified`, `TLSv1.3 unverified`.
    pub tls: String,
}

/// No session.
#[derive(Debug, Clone)]
pub struct OpenFailure {
    /// Why.
    pub verdict: Verdict,
    /// The last host tried.
    pub peer: Peer,
    /// What was done.
    pub steps: Vec<Step>,
    /// How TLS went; none where reports are about nobody: relays, address literals.
    pub tls: Option<TlsResults>,
}

/// One thing that was done, for `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Stable word: `mx`, `connect`, `tls`, `mail`, `rcpt`, `data`.
    pub step: String,
    /// It went well; none where there is nothing to judge.
    pub ok: Option<bool>,
    /// One sentence.
    pub text: String,
}

impl Step {
    /// A step.
    pub fn new(step: &str, ok: impl Into<Option<bool>>, text: impl Into<String>) -> Step {
        Step { step: step.to_owned(), ok: ok.into(), text: text.into() }
    }
}

/// Who tells the sender, where he asked to hear of success (RFC 3461 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Confirms {
    /// The next-hop: it took that over.
    #[default]
    NextHop,
    /// Nobody behind it: we say that it was relayed.
    Nobody,
    /// It is in its mailbox: we say that it was delivered.
    Mailbox,
}

/// An SMTP session, ready for MAIL.
pub trait Session: Send {
    /// Sends one message to its recipients.
    fn send<'a>(&'a mut self, message: &'a Outgoing) -> BoxFuture<'a, Sent>;
    /// Who tells the sender of success.
    fn confirms(&self) -> Confirms {
        Confirms::Nobody
    }
    /// Says QUIT and closes.
    fn quit(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// A message in the form that SMTP sends.
pub struct Outgoing {
    /// Reverse-path and what it asks; the session leaves out what the server does not offer and fails the
    /// message where that would lose something.
    pub mail: MailArgs,
    /// The recipients.
    pub rcpts: Vec<RcptArgs>,
    /// Their rows in the queue, in the same order.
    pub ids: Vec<QueueId>,
    /// The bytes.
    pub content: Content,
}

/// What became of a message in a session.
#[derive(Debug, Clone)]
pub struct Sent {
    /// One for each recipient, in order; none: the server takes no more at a time, so another transaction follows.
    pub verdicts: Vec<Option<Verdict>>,
    /// The session can send another message.
    pub usable: bool,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which of three.
    pub outcome: Outcome,
    /// Code of the reply; none when there was none.
    pub code: Option<u16>,
    /// Enhanced code.
    pub enhanced: Option<EnhancedCode>,
    /// Text of the reply, or what went wrong.
    pub text: String,
}

/// Three ways for an attempt to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The next-hop took it.
    Delivered,
    /// Try again later.
    Temporary,
    /// Do not try again.
    Permanent,
}

impl Verdict {
    /// From a reply.
    pub fn of_reply(reply: &mox_smtp::Reply) -> Verdict {
        let outcome = match reply.code {
            200..=299 => Outcome::Delivered,
            500..=599 => Outcome::Permanent,
            _ => Outcome::Temporary,
        };
        Verdict { outcome, code: Some(reply.code), enhanced: reply.enhanced, text: reply.text() }
    }

    /// Without a reply: it was handed over here.
    pub fn delivered(text: impl Into<String>) -> Verdict {
        Verdict { outcome: Outcome::Delivered, code: None, enhanced: None, text: text.into() }
    }

    /// Without a reply: nobody could be asked.
    pub fn temporary(text: impl Into<String>) -> Verdict {
        Verdict { outcome: Outcome::Temporary, code: None, enhanced: None, text: text.into() }
    }

    /// A failure of ours to find a way.
    pub fn permanent(enhanced: EnhancedCode, text: impl Into<String>) -> Verdict {
        Verdict { outcome: Outcome::Permanent, code: None, enhanced: Some(enhanced), text: text.into() }
    }
}

impl fmt::Display for Verdict {
    /// `451 4.7.1 greylisted`, or the text alone when there was no reply.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, "{code} ")?;
            if let Some(enhanced) = self.enhanced {
                write!(f, "{enhanced} ")?;
            }
        }
        f.write_str(&self.text)
    }
}

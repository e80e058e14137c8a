//! The seam between sessions and mail decisions.
//!
//! A session asks in the order hello, mail, rcpt, begin, message; between begin and message it writes the body.
//! A reply given as error goes to the client as it is, with the connection id added. After a reply of 421 the session
//! ends (RFC 5321 §3.8).

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use mox_clock::Timestamp;
use mox_sasl::{Credentials, Login, Mechanism};
use mox_smtp::{EnhancedCode, Envelope, Findings, ForwardPath, MailArgs, RcptArgs, Reply};
use mox_tls::TlsInfo;

use crate::Cid;

/// A future in a box, for seams.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a listener is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Port {
    /// 25: mail from other servers; never AUTH.
    Mx,
    /// 587: mail from users, STARTTLS (RFC 6409).
    Submission,
    /// 465: mail from users, TLS from the first byte (RFC 8314 §3.3).
    Submissions,
}

impl Port {
    /// Whether users log in here.
    pub const fn is_submission(self) -> bool {
        matches!(self, Port::Submission | Port::Submissions)
    }

    /// For logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Port::Mx => "smtp",
            Port::Submission => "submission",
            Port::Submissions => "submissions",
        }
    }
}

/// Who logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The account's name.
    pub account: String,
    /// The name that was used to log in.
    pub login: String,
    /// How.
    pub mechanism: Mechanism,
}

/// What a handler may know of the session.
#[derive(Debug, Clone)]
pub struct Session {
    /// The connection id.
    pub cid: Cid,
    /// What the listener is for.
    pub port: Port,
    /// The client.
    pub remote: SocketAddr,
    /// Our end.
    pub local: SocketAddr,
    /// When it began.
    pub started: Timestamp,
    /// The name given by HELO or EHLO: printable ASCII, else as the client wrote it.
    pub hello: Option<String>,
    /// Whether it was EHLO.
    pub esmtp: bool,
    /// The TLS connection, if on one.
    pub tls: Option<TlsInfo>,
    /// Who logged in, if anybody.
    pub account: Option<Authenticated>,
    /// What was said so far (see [`mox_telemetry::Transcript`]), where [`crate::Context::transcripts`] asks for it;
    /// only while the handler is asked about a message. The reply to the message is not in it.
    pub transcript: Option<Arc<str>>,
}

impl Session {
    /// The protocol for the `with` clause of Received (RFC 3848, RFC 6531 §4.3).
    pub fn protocol(&self, smtputf8: bool) -> &'static str {
        let (tls, auth) = (self.tls.is_some(), self.account.is_some());
        match (smtputf8, tls, auth) {
            (true, false, false) => "UTF8SMTP",
            (true, false, true) => "UTF8SMTPA",
            (true, true, false) => "UTF8SMTPS",
            (true, true, true) => "UTF8SMTPSA",
            (false, ..) if !self.esmtp => "SMTP",
            (false, false, false) => "ESMTP",
            (false, false, true) => "ESMTPA",
            (false, true, false) => "ESMTPS",
            (false, true, true) => "ESMTPSA",
        }
    }
}

/// Mail decisions.
pub trait Handler: Send + Sync {
    /// The client said who it is, in `session.hello`. An error is the reply to HELO or EHLO.
    fn hello<'a>(&'a self, _session: &'a Session) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// What is known of a user name, as the client sent it; none when there is no such user. Called where blocking
    /// is fine. An error (a temporary one) ends the exchange.
    fn credentials(&self, _username: &str) -> Result<Option<Box<dyn Credentials>>, Reply> {
        Ok(None)
    }

    /// The client proved who it is: gives the account's name, or refuses (525 5.7.13 for a disabled account).
    /// Called where blocking is fine.
    fn login(&self, _login: &Login, _mechanism: Mechanism) -> Result<String, Reply> {
        Err(Reply::new(535, EnhancedCode(5, 7, 8), "no logins here"))
    }

    /// The user name whose TLS client key this is, for EXTERNAL. Called where blocking is fine.
    fn identity(&self, _spki_sha256: &[u8; 32]) -> Option<String> {
        None
    }

    /// The client proved who it is and is about to be told: an error is the reply to AUTH, and it is not logged in.
    fn admit<'a>(
        &'a self,
        _session: &'a Session,
        _account: &'a Authenticated,
    ) -> BoxFuture<'a, Result<(), Reply>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether a recipient, or any at all, may be written to without TLS where TLS is required. Asked on the MX port.
    fn takes_without_tls(&self, _rcpt: Option<&ForwardPath>) -> bool {
        false
    }

    /// A transaction begins.
    fn mail<'a>(&'a self, session: &'a Session, mail: &'a MailArgs) -> BoxFuture<'a, Result<(), Reply>>;

    /// A recipient; `envelope` holds the ones accepted before.
    fn rcpt<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
        rcpt: &'a RcptArgs,
    ) -> BoxFuture<'a, Result<(), Reply>>;

    /// The message is about to come. An error is the reply to DATA, or to the first BDAT.
    fn begin<'a>(
        &'a self,
        session: &'a Session,
        envelope: &'a Envelope,
    ) -> BoxFuture<'a, Result<Box<dyn Body>, Reply>>;

    /// The whole message is there, and free of bare CR and LF (but for BODY=BINARYMIME). The reply goes to the
    /// client: 250 only once the message is safe.
    fn message<'a>(
        &'a self,
        session: &'a Session,
        envelope: Envelope,
        body: Box<dyn Body>,
        findings: Findings,
    ) -> BoxFuture<'a, Reply>;
}

/// Takes a message as it comes, and is dropped when the message is refused.
pub trait Body: Send {
    /// Takes the next piece. After an error no more pieces come, and the error is the reply at the end of the data.
    fn write(&mut self, piece: &[u8]) -> Result<(), Reply>;
    /// For the handler, to get its own type back.
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

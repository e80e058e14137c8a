//! A connection that speaks SMTP: its state, how replies are read, how it ends.

use std::sync::Arc;
use std::time::Duration;

use mox_clock::{Clock, Random};
use mox_net::Stream;
use mox_smtp::{Command, Extensions, MAX_REPLY_LINE, Reply, ReplyParser};
use mox_tls::{Certificate, RootCertStore};

use crate::{Error, Kind, Login, OpenError, Proofs, Timeouts, TlsAttempt, TlsMode, TlsOutcome, Verify};

/// How to open a session.
#[derive(Clone)]
pub struct Options {
    /// Our name: a domain, or an address literal.
    pub hello: String,
    /// When TLS starts.
    pub mode: TlsMode,
    /// What the server must prove.
    pub verify: Verify,
    /// The name the server proves in TLS: the MX host, or the host that was configured.
    pub server_name: String,
    /// Trust anchors.
    pub roots: Arc<RootCertStore>,
    /// Shown when the server asks for a client certificate.
    pub identity: Option<Certificate>,
    /// Log in before anything else.
    pub login: Option<Login>,
    /// Refuse to send 8-bit messages to servers without 8BITMIME, instead of sending them as they are.
    pub pedantic: bool,
    /// Longest waits.
    pub timeouts: Timeouts,
    /// For certificate dates and waits.
    pub clock: Arc<dyn Clock>,
}

/// A greeted connection, ready for transactions.
pub struct Session {
    pub(crate) stream: Stream,
    pub(crate) options: Options,
    pub(crate) extensions: Extensions,
    pub(crate) tls: TlsAttempt,
    /// First line of the greeting.
    pub(crate) greeting: String,
    /// Commands and replies are in step, and the server has not said goodbye.
    pub(crate) usable: bool,
    /// A transaction was begun and neither completed nor reset.
    pub(crate) dirty: bool,
}

impl Session {
    /// Waits for the greeting, says hello, starts TLS and logs in as the options say.
    pub async fn open(stream: Stream, options: Options, random: &dyn Random) -> Result<Session, OpenError> {
        let (mode, verify) = (options.mode, options.verify.clone());
        let tls = TlsAttempt { mode, verify, outcome: TlsOutcome::NotTried, proofs: Proofs::default() };
        let extensions = Extensions::default();
        let greeting = String::new();
        let mut session = Session { stream, options, extensions, tls, greeting, usable: true, dirty: false };
        match session.begin(random).await {
            Ok(()) => Ok(session),
            Err(error) => {
                let (tls, greeting) = (session.tls.clone(), std::mem::take(&mut session.greeting));
                let local = session.stream.local();
                session.quit().await;
                Err(OpenError { error, tls, greeting, local })
            }
        }
    }

    async fn begin(&mut self, random: &dyn Random) -> Result<(), Error> {
        if self.options.mode == TlsMode::Immediate {
            self.handshake().await?;
        }
        self.greet().await?;
        self.hello().await?;
        self.secure().await?;
        match self.options.login.clone() {
            Some(login) => self.authenticate(&login, random).await,
            None => Ok(()),
        }
    }

    /// What the server offers.
    pub fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    /// First line of the greeting, without its code.
    pub fn greeting(&self) -> &str {
        &self.greeting
    }

    /// What TLS came to.
    pub fn tls(&self) -> &TlsAttempt {
        &self.tls
    }

    /// The connection: addresses, TLS facts, byte counts.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Whether another transaction can be tried over this connection.
    pub fn is_usable(&self) -> bool {
        self.usable
    }

    /// Forgets a transaction that was begun. Only needed to check that the connection still works: a new
    /// transaction does it by itself.
    pub async fn reset(&mut self) -> Result<(), Error> {
        let reply = self.command(&Command::Rset, self.options.timeouts.command).await?;
        if !reply.is_positive() {
            self.usable = false;
            return Err(Error::refused(Kind::Refused, "RSET", &reply));
        }
        self.dirty = false;
        Ok(())
    }

    /// Says goodbye where that makes sense, waits shortly for the answer, closes the connection.
    pub async fn quit(mut self) {
        let wait = self.options.timeouts.quit;
        if self.usable {
            self.push(&Command::Quit);
            if self.stream.flush(wait).await.is_ok() {
                let _ = self.reply("QUIT", wait).await;
            }
        }
        let _ = self.stream.close(wait).await;
    }

    /// Appends a command to what is written next.
    pub(crate) fn push(&mut self, command: &Command<'_>) {
        self.push_line(&command.to_string());
    }

    /// The same for a line that is no command.
    pub(crate) fn push_line(&mut self, line: &str) {
        self.stream.push(line.as_bytes());
        self.stream.push(b"\r\n");
    }

    /// Writes what was pushed.
    pub(crate) async fn flush(&mut self, phase: &str) -> Result<(), Error> {
        let written = self.stream.flush(self.options.timeouts.write).await;
        written.map_err(|e| {
            self.usable = false;
            Error::net(phase, &e)
        })
    }

    /// Sends a command and waits for its reply, positive or not.
    pub(crate) async fn command(&mut self, command: &Command<'_>, wait: Duration) -> Result<Reply, Error> {
        self.push(command);
        self.flush(command.verb()).await?;
        self.reply(command.verb(), wait).await
    }

    /// Reads a whole reply within `wait`. After a failure, and after 421, the session is not usable.
    pub(crate) async fn reply(&mut self, phase: &str, wait: Duration) -> Result<Reply, Error> {
        let reply = self.read_reply(phase, wait).await;
        if !matches!(&reply, Ok(reply) if reply.code != 421) {
            self.usable = false;
        }
        reply
    }

    async fn read_reply(&mut self, phase: &str, wait: Duration) -> Result<Reply, Error> {
        let end = self.options.clock.monotonic().saturating_add(wait);
        let mut parser = ReplyParser::new();
        loop {
            let left = end.saturating_sub(self.options.clock.monotonic());
            let line = match self.stream.read_line(MAX_REPLY_LINE, left).await {
                Ok(line) => line,
                Err(e) => {
                    self.note_late_alert(&e);
                    return Err(Error::net(&format!("waiting for the reply to {phase}"), &e));
                }
            };
            match parser.line(&line) {
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(e) => return Err(Error::reply(phase, &e)),
            }
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?}, usable: {})", self.stream, self.usable)
    }
}

//! One session: greets, reads a command, answers, until the end.
//!
//! Invariants: every command gets one reply, in order; every reply of 4xx and 5xx, and the one that accepts a
//! message, carries the connection id; what is refused leaves nothing behind.
//! RFC 5321 §3.1, §4.1.4, §4.5.3, RFC 2920.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use mox_net::{Line, Stream};
use mox_smtp::{
    Command, CommandError, EnhancedCode, Envelope, MAX_AUTH_LINE, Order, Reply, Rules, Syntax, is_http,
};

use crate::data::Receiving;
use crate::wire::{Interrupt, Wire};
use crate::{Cid, Context, Port, Session};

/// Time to end the connection in order.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How a session ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum End {
    /// The client said QUIT.
    #[error("quit")]
    Quit,
    /// The client is gone, broke a limit of the stream, or took too long.
    #[error("{0}")]
    Net(#[from] mox_net::Error),
    /// We closed, for this reason.
    #[error("closed: {0}")]
    Closed(&'static str),
}

/// A session and all its state.
pub(crate) struct Conversation {
    pub(crate) cx: Arc<Context>,
    pub(crate) wire: Wire,
    pub(crate) session: Session,
    pub(crate) order: Order,
    pub(crate) envelope: Envelope,
    /// Between the first and the last BDAT.
    pub(crate) receiving: Option<Receiving>,
    pub(crate) counts: Counts,
    pub(crate) shutdown: watch::Receiver<bool>,
}

/// What is counted against the limits.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) commands: u32,
    pub(crate) bad_commands: u32,
    pub(crate) idle_commands: u32,
    pub(crate) auth_failures: u32,
    /// Refused recipients, for whatever reason.
    pub(crate) refused_rcpts: u32,
    /// Recipients that the handler refused: they may be guesses at who lives here.
    pub(crate) guesses: u32,
    pub(crate) bad_transactions: u32,
    pub(crate) messages: u32,
    /// Whether something in this transaction was refused.
    pub(crate) refused: bool,
}

/// Holds a session over a stream until it ends.
pub async fn run(cx: Arc<Context>, stream: Stream, cid: Cid) -> End {
    let session = Session {
        cid,
        port: cx.port,
        remote: stream.remote(),
        local: stream.local(),
        started: cx.clock.now(),
        hello: None,
        esmtp: false,
        tls: None,
        account: None,
        transcript: None,
    };
    let _open = Open::new(&cx);
    let begun = cx.clock.monotonic();
    let mut conversation = Conversation {
        wire: Wire::new(stream, cx.transcripts),
        session,
        order: Order::default(),
        envelope: Envelope::default(),
        receiving: None,
        counts: Counts::default(),
        shutdown: cx.shutdown.clone(),
        cx: cx.clone(),
    };
    let end = match conversation.hold().await {
        Ok(never) => match never {},
        Err(end) => end,
    };
    conversation.log_session(&end, cx.clock.monotonic().saturating_sub(begun));
    if !matches!(end, End::Net(_)) {
        let _ = conversation.wire.stream.close(CLOSE_TIMEOUT).await;
    }
    end
}

/// Tells the observer of the session's end, even by panic.
struct Open<'c>(&'c Context);

impl<'c> Open<'c> {
    fn new(cx: &'c Context) -> Open<'c> {
        cx.observer.session(cx.port);
        Open(cx)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.observer.session_ended(self.0.port);
    }
}

/// No value: the loop ends by error only.
pub(crate) enum Never {}

impl Conversation {
    async fn hold(&mut self) -> Result<Never, End> {
        if self.cx.port == Port::Submissions {
            self.immediate().await?;
        }
        let greeting = Reply::new(220, None, format!("{} ESMTP", self.cx.hostname));
        self.wire.reply(&greeting, &self.cx.limits).await?;
        loop {
            if self.is_slow() {
                self.delay(self.cx.limits.slow_delay).await?;
            }
            let line = self.read().await?;
            self.command(&line).await?;
            self.check_counts().await?;
        }
    }

    /// Reads a line, or says why the session ends.
    pub(crate) async fn read(&mut self) -> Result<Line, End> {
        let read = if *self.shutdown.borrow() {
            Err(Interrupt::Shutdown)
        } else {
            self.wire
                .line(MAX_AUTH_LINE.max(self.cx.limits.max_line), &self.cx.limits, &mut self.shutdown)
                .await
        };
        match read {
            Ok(line) => Ok(line),
            Err(Interrupt::Shutdown) => {
                let reply = Reply::new(421, EnhancedCode(4, 3, 2), "shutting down");
                Err(self.close(reply, "shutdown").await)
            }
            Err(Interrupt::Net(error)) => Err(self.lost(error).await),
        }
    }

    /// Says goodbye where the client may still listen.
    pub(crate) async fn lost(&mut self, error: mox_net::Error) -> End {
        let reply = match &error {
            mox_net::Error::Timeout => Reply::new(421, EnhancedCode(4, 4, 2), "timeout, closing"),
            mox_net::Error::LineTooLong { .. } => Reply::new(500, EnhancedCode(5, 5, 2), "line too long"),
            _ => return End::Net(error),
        };
        self.close(reply, "").await;
        End::Net(error)
    }

    async fn command(&mut self, line: &Line) -> Result<(), End> {
        let begun = self.cx.clock.monotonic();
        self.counts.commands += 1;
        let auth = line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"AUTH "));
        if line.len() > self.cx.limits.max_line && !auth {
            self.counts.bad_commands += 1;
            return self.answer("", Reply::new(500, EnhancedCode(5, 5, 2), "line too long"), begun).await;
        }
        match Command::parse(line, self.cx.limits.syntax) {
            Ok(command) => self.dispatch(command, line.bare_lf, begun).await,
            Err(error) => {
                if is_http(line) {
                    let reply = Reply::new(500, EnhancedCode(5, 5, 1), "this is SMTP, not HTTP");
                    return Err(self.close(reply, "http request").await);
                }
                if error == CommandError::Unknown && self.counts.commands == 1 {
                    return Err(self.close(error.reply(), "first command unknown").await);
                }
                self.counts.bad_commands += 1;
                self.answer("", error.reply(), begun).await
            }
        }
    }

    async fn dispatch(&mut self, command: Command<'_>, bare_lf: bool, begun: Duration) -> Result<(), End> {
        let verb = command.verb();
        // Between servers every bare LF is refused: what ends a line for one and not for the other is how commands
        // are smuggled. Programs of users are not held to it.
        let strict = self.cx.port == Port::Mx || self.cx.limits.syntax == Syntax::Pedantic;
        let allowed = if bare_lf && strict {
            Err(Reply::new(500, EnhancedCode(5, 5, 2), "line ends without CR"))
        } else {
            self.order.allows(&command, self.rules())
        };
        if let Err(reply) = allowed {
            self.counts.bad_commands += 1;
            if let Command::Bdat { size, .. } = command {
                self.discard(size).await?;
            }
            return self.answer(verb, reply, begun).await;
        }
        let reply = match command {
            Command::Ehlo(name) => self.hello(name, true).await,
            Command::Helo(name) => self.hello(name, false).await,
            Command::StartTls => return self.starttls(begun).await,
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial).await?,
            Command::Mail(args) => self.mail(args).await?,
            Command::Rcpt(args) => self.rcpt(args).await,
            Command::Data => self.data().await?,
            Command::Bdat { size, last } => self.bdat(size, last).await?,
            Command::Quit => {
                let reply = Reply::new(221, EnhancedCode(2, 0, 0), "bye");
                self.cx.observer.command(self.cx.port, verb, &reply, Duration::ZERO);
                self.say(reply).await?;
                self.wire.flush(self.cx.limits.write_timeout).await?;
                return Err(End::Quit);
            }
            other => self.other(&other),
        };
        let closes = reply.code == 421;
        self.answer(verb, reply, begun).await?;
        if closes {
            // RFC 5321 §3.8: who says 421 closes.
            self.wire.flush(self.cx.limits.write_timeout).await?;
            return Err(End::Closed("421 by decision"));
        }
        Ok(())
    }

    /// What order depends on.
    fn rules(&self) -> Rules {
        let submission = self.cx.port.is_submission();
        Rules {
            starttls: self.cx.tls.is_some(),
            auth: submission,
            auth_required: submission,
            // Where some recipients need none, RCPT decides.
            tls_required: self.cx.limits.tls_required
                && (submission || !self.cx.handler.takes_without_tls(None)),
        }
    }

    /// Queues the reply to a command and counts it.
    pub(crate) async fn answer(
        &mut self,
        verb: &'static str,
        reply: Reply,
        begun: Duration,
    ) -> Result<(), End> {
        let took = self.cx.clock.monotonic().saturating_sub(begun);
        self.cx.observer.command(self.cx.port, verb, &reply, took);
        let (cid, code) = (self.session.cid, reply.code);
        tracing::debug!(%cid, command = verb, code, took = took.as_secs_f64(), "smtp command");
        self.say(reply).await
    }

    /// Queues a reply; refusals get the connection id.
    pub(crate) async fn say(&mut self, reply: Reply) -> Result<(), End> {
        let reply = if reply.code >= 400 { reply.note(&self.session.cid.to_string()) } else { reply };
        Ok(self.wire.reply(&reply, &self.cx.limits).await?)
    }

    /// Writes a last reply; gives why the session ends.
    pub(crate) async fn close(&mut self, reply: Reply, why: &'static str) -> End {
        if let Err(end) = self.say(reply).await {
            return end;
        }
        match self.wire.flush(self.cx.limits.write_timeout).await {
            Ok(()) => End::Closed(why),
            Err(error) => End::Net(error),
        }
    }

    /// Writes what is queued, then waits, unless delays are lifted.
    pub(crate) async fn delay(&mut self, wait: Duration) -> Result<(), End> {
        if !self.is_lifted() && !wait.is_zero() {
            self.wire.flush(self.cx.limits.write_timeout).await?;
            self.cx.clock.sleep(wait).await;
        }
        Ok(())
    }

    /// Whether delays and rates do not apply.
    pub(crate) fn is_lifted(&self) -> bool {
        self.cx.limits.lift_for_loopback && self.session.remote.ip().to_canonical().is_loopback()
    }

    fn is_slow(&self) -> bool {
        self.counts.auth_failures.max(self.counts.guesses) >= self.cx.limits.slow_after
    }

    async fn check_counts(&mut self) -> Result<(), End> {
        let (counts, limits) = (&self.counts, &self.cx.limits);
        let too_many = |text| Reply::new(421, EnhancedCode(4, 7, 0), text);
        if counts.auth_failures >= limits.max_auth_failures {
            return Err(self.close(too_many("too many failed logins"), "failed logins").await);
        }
        if counts.bad_commands > limits.max_bad_commands {
            return Err(self.close(too_many("too many bad commands"), "bad commands").await);
        }
        if counts.refused_rcpts > limits.max_refused_rcpts {
            return Err(self.close(too_many("too many refused recipients"), "refused recipients").await);
        }
        if counts.idle_commands > limits.max_idle_commands {
            return Err(self.close(too_many("too many commands without mail"), "idle commands").await);
        }
        Ok(())
    }

    /// The transaction is over: what it held is gone.
    pub(crate) fn reset(&mut self) {
        if std::mem::take(&mut self.counts.refused) {
            self.counts.bad_transactions += 1;
        }
        self.order.reset();
        self.envelope = Envelope::default();
        self.receiving = None;
    }

    fn log_session(&self, end: &End, took: Duration) {
        let session = &self.session;
        tracing::info!(
            cid = %session.cid,
            listener = session.port.name(),
            remote_ip = %session.remote.ip(),
            ehlo = session.hello,
            account = session.account.as_ref().map(|a| a.account.as_str()),
            tls = session.tls.as_ref().map(|t| t.version),
            count = self.counts.messages,
            took = took.as_secs_f64(),
            reason = %end,
            "smtp session"
        );
    }
}

//! DATA and BDAT: the message comes, is checked as it passes, and is handed over.
//!
//! Invariants: the data is read to its true end whatever is wrong with it, so that the next command is a command
//! (unless it is over twice the limit: then the session closes); a message with a bare CR or LF is refused; the
//! reply that accepts comes after the handler committed. RFC 5321 §4.1.1.4, §4.2.5, RFC 3030 §2, RFC 1870 §6.3.

use std::time::Duration;

use mox_smtp::{Body as Kind, DataReader, EnhancedCode, Progress, Reply};

use crate::Body;
use crate::mail::too_large;
use crate::record::Record;
use crate::session::{Conversation, End};

/// A message that is coming.
pub(crate) struct Receiving {
    reader: DataReader,
    /// Gone once the message is refused.
    body: Option<Box<dyn Body>>,
    refusal: Option<Reply>,
    started: Duration,
    max: u64,
}

impl Receiving {
    fn new(reader: DataReader, body: Box<dyn Body>, started: Duration, max: u64) -> Receiving {
        Receiving { reader, body: Some(body), refusal: None, started, max }
    }

    /// Passes a piece on, or drops it when the message is refused already.
    fn take(&mut self, bytes: &[u8]) -> Progress {
        let Receiving { reader, body, refusal, .. } = self;
        let progress = reader.push(bytes, &mut |piece| {
            if let Some(Err(reply)) = body.as_mut().map(|b| b.write(piece)) {
                *body = None;
                *refusal = Some(reply);
            }
        });
        if self.body.is_some() && self.reader.findings().size > self.max {
            self.refuse(too_large(self.max));
        }
        progress
    }

    fn refuse(&mut self, reply: Reply) {
        self.body = None;
        self.refusal.get_or_insert(reply);
    }

    /// Whether so much came that reading on is not worth it.
    fn is_flood(&self) -> bool {
        self.reader.findings().size > self.max.saturating_mul(2)
    }
}

impl Conversation {
    pub(crate) async fn data(&mut self) -> Result<Reply, End> {
        let receiving = match self.begin(DataReader::dotted()).await {
            Ok(receiving) => receiving,
            Err(reply) => return Ok(reply),
        };
        let mut receiving = receiving;
        self.say(Reply::new(354, None, "go on, end with CRLF.CRLF")).await?;
        while !self.piece(&mut receiving, None).await?.done {}
        Ok(self.finish(receiving).await)
    }

    pub(crate) async fn bdat(&mut self, size: u64, last: bool) -> Result<Reply, End> {
        let begun = match self.receiving.take() {
            Some(receiving) => Ok(receiving),
            None => self.begin(DataReader::chunked()).await,
        };
        let mut receiving = match begun {
            Ok(receiving) => receiving,
            Err(reply) => {
                self.discard(size).await?;
                return Ok(reply);
            }
        };
        if size == 0 {
            // Brings the message no further.
            self.counts.idle_commands += 1;
        }
        let mut rest = size;
        while rest > 0 {
            rest -= self.piece(&mut receiving, Some(rest)).await?.consumed as u64;
        }
        if last {
            return Ok(self.finish(receiving).await);
        }
        if let Some(reply) = receiving.refusal.take() {
            // The client must give up; chunks that are on their way are refused by order (RFC 3030 §2).
            self.counts.refused = true;
            self.reset();
            return Ok(reply);
        }
        self.receiving = Some(receiving);
        self.order.chunk();
        Ok(Reply::new(250, EnhancedCode(2, 0, 0), format!("{size} octets")))
    }

    /// Asks the handler for a body.
    async fn begin(&mut self, reader: DataReader) -> Result<Receiving, Reply> {
        match self.cx.handler.begin(&self.session, &self.envelope).await {
            Ok(body) => {
                let now = self.cx.clock.monotonic();
                Ok(Receiving::new(reader, body, now, self.cx.limits.max_message))
            }
            Err(reply) => {
                self.counts.refused = true;
                self.reset();
                Err(reply)
            }
        }
    }

    /// Reads some data, at most `max` octets where given.
    async fn piece(&mut self, receiving: &mut Receiving, max: Option<u64>) -> Result<Progress, End> {
        let limits = &self.cx.limits;
        let filled = self.wire.fill(limits).await;
        let bytes = match filled {
            Ok(bytes) => bytes,
            Err(error) => {
                receiving.body = None;
                return Err(self.lost(error).await);
            }
        };
        let max = max.and_then(|m| usize::try_from(m).ok()).unwrap_or(usize::MAX);
        let progress = receiving.take(bytes.get(..max).unwrap_or(bytes));
        self.wire.consume(progress.consumed);
        if !progress.done {
            if receiving.is_flood() {
                let reply = too_large(limits.max_message);
                return Err(self.close(reply, "message far too large").await);
            }
            let came = receiving.reader.findings().size;
            self.check_pace(receiving.started, came).await?;
        }
        Ok(progress)
    }

    /// Reads and drops the octets of a chunk that is refused.
    pub(crate) async fn discard(&mut self, size: u64) -> Result<(), End> {
        if size > self.cx.limits.max_message {
            let reply = too_large(self.cx.limits.max_message);
            return Err(self.close(reply, "message far too large").await);
        }
        let started = self.cx.clock.monotonic();
        let mut rest = size;
        while rest > 0 {
            self.check_pace(started, size - rest).await?;
            let filled = self.wire.fill(&self.cx.limits).await.map(<[u8]>::len);
            let got = match filled {
                Ok(got) => got.min(usize::try_from(rest).unwrap_or(usize::MAX)),
                Err(error) => return Err(self.lost(error).await),
            };
            self.wire.consume(got);
            rest -= got as u64;
        }
        Ok(())
    }

    /// Ends the session when what came since `started` came too slowly or takes too long.
    async fn check_pace(&mut self, started: Duration, octets: u64) -> Result<(), End> {
        let took = self.cx.clock.monotonic().saturating_sub(started);
        if !self.cx.limits.is_late(took, octets, self.is_lifted()) {
            return Ok(());
        }
        let reply = Reply::new(421, EnhancedCode(4, 4, 2), "message came too slowly");
        Err(self.close(reply, "message too slow").await)
    }

    /// The data is complete: refuses it or hands it over; the transaction is over.
    async fn finish(&mut self, mut receiving: Receiving) -> Reply {
        let envelope = std::mem::take(&mut self.envelope);
        let findings = receiving.reader.findings();
        let (sender, rcpts) = (envelope.mail.reverse_path.clone(), envelope.rcpts.len());
        if findings.bare_line_end() && envelope.mail.body != Kind::BinaryMime {
            let text = "message has a CR or LF that is not part of a CRLF";
            receiving.refuse(Reply::new(500, EnhancedCode(5, 5, 2), text));
        }
        self.session.transcript = self.wire.transcript();
        let reply = match (receiving.refusal.take(), receiving.body.take()) {
            (None, Some(body)) => self.cx.handler.message(&self.session, envelope, body, findings).await,
            (Some(reply), _) => reply,
            (None, None) => Reply::new(451, EnhancedCode(4, 3, 0), "message was lost"),
        };
        self.session.transcript = None;
        let accepted = reply.is_positive();
        self.counts.refused |= !accepted;
        self.reset();
        if accepted {
            self.counts.messages += 1;
            self.wire.note(Record::accepted);
            self.counts.idle_commands = 0;
        }
        self.cx.observer.transaction(self.cx.port, &reply, findings.size);
        let took = self.cx.clock.monotonic().saturating_sub(receiving.started);
        tracing::info!(
            cid = %self.session.cid,
            listener = self.cx.port.name(),
            remote_ip = %self.session.remote.ip(),
            account = self.session.account.as_ref().map(|a| a.account.as_str()),
            from = sender.map(|path| path.to_string()).unwrap_or_default(),
            rcpts,
            size = findings.size,
            code = reply.code,
            reply = %reply.text(),
            took = took.as_secs_f64(),
            "smtp transaction"
        );
        if accepted { reply.note(&self.session.cid.to_string()) } else { reply }
    }
}

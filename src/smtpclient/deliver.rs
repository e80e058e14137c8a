//! One transaction: one message to many recipients, each with its own outcome.
//!
//! With PIPELINING, MAIL, RCPT and DATA leave in groups of [`GROUP`] recipients. When no recipient is accepted and
//! the server waits for the message all the same, it gets an empty one (RFC 2920 §3.1), which it refuses for want of
//! recipients. A message that turns out not to be sendable half-way ends the connection without the end mark.
//! RFC 5321 §3.3, §4.5.3.1.10 (too many recipients), RFC 1870, 2920, 6152, 6531, 8689, 9422.

use std::time::Duration;

use mox_smtp::{Body, Command, DotStuffer, EnhancedCode, MailArgs, RcptArgs, Reply};

use crate::{Content, Error, Kind, Session};

/// Recipients that are sent before their replies are read: few enough that both sides' replies fit any buffer.
const GROUP: usize = 50;
/// Bytes of the message that are collected before they are written.
const BLOCK: usize = 32 * 1024;

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken the message for this recipient.
    Delivered(Reply),
    /// The server refused the recipient, or the message.
    Refused(Reply),
    /// The server takes no more recipients in this transaction: try again at once in another one.
    TooMany(Reply),
    /// Something else failed; nothing is known of this recipient.
    Failed(Error),
}

impl Outcome {
    /// Whether the message is the server's now.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Outcome::Delivered(_))
    }

    /// Whether another try may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Outcome::Delivered(_) => false,
            Outcome::Refused(reply) => !reply.is_permanent(),
            Outcome::TooMany(_) => true,
            Outcome::Failed(error) => error.temporary,
        }
    }

    /// The reply, when the server gave one.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Outcome::Delivered(reply) | Outcome::Refused(reply) | Outcome::TooMany(reply) => Some(reply),
            Outcome::Failed(_) => None,
        }
    }

    /// Code of the reply.
    pub fn code(&self) -> Option<u16> {
        match self {
            Outcome::Failed(error) => error.code,
            other => other.reply().map(|reply| reply.code),
        }
    }

    /// Enhanced code of the reply, or the fitting one for a local failure.
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        match self {
            Outcome::Failed(error) => error.enhanced,
            other => other.reply().and_then(|reply| reply.enhanced),
        }
    }

    /// What to tell people.
    pub fn text(&self) -> String {
        match self {
            Outcome::Failed(error) => error.reason.clone(),
            other => other.reply().map(Reply::text).unwrap_or_default(),
        }
    }
}

impl Session {
    /// Sends one message to `rcpts` and returns their outcomes, in the same order. `mail.size` should be set;
    /// parameters the server does not offer are left out, or the transaction fails where the message needs them.
    pub async fn deliver(
        &mut self,
        mail: &MailArgs,
        rcpts: &[RcptArgs],
        content: &mut dyn Content,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; rcpts.len()];
        let result = self.transact(mail, rcpts, content, &mut outcomes).await;
        let rest = match result {
            Ok(Some(reply)) if reply.is_positive() => Outcome::Delivered(reply),
            Ok(Some(reply)) => Outcome::Refused(reply),
            Ok(None) => {
                let reason = "no recipient was accepted";
                Outcome::Failed(Error::local(Kind::Refused, true, EnhancedCode(4, 5, 0), reason))
            }
            Err(error) => {
                self.usable &= error.kind == Kind::Capability;
                forget_too_many(&mut outcomes);
                Outcome::Failed(error)
            }
        };
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(|| rest.clone())).collect()
    }

    /// Says MAIL FROM and takes it back: what the server says to a sender, without a recipient.
    pub async fn try_mail(&mut self, mail: &MailArgs) -> Result<Reply, Error> {
        let mail = self.fit_mail(mail)?;
        if self.dirty {
            self.reset().await?;
        }
        let reply = self.command(&Command::Mail(mail), self.options.timeouts.mail).await?;
        if self.usable {
            // It was said only to hear the answer, which holds whatever comes of this.
            let _ = self.reset().await;
        }
        Ok(reply)
    }

    /// Fills in what is known per recipient; the result holds for all others. None: no recipient is left.
    async fn transact(
        &mut self,
        mail: &MailArgs,
        rcpts: &[RcptArgs],
        content: &mut dyn Content,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Option<Reply>, Error> {
        if !self.usable {
            let reason = "the connection is no longer usable";
            return Err(Error::local(Kind::Closed, true, EnhancedCode(4, 4, 2), reason));
        }
        let mail = self.fit_mail(mail)?;
        let chosen = self.fit_rcpts(&mail, rcpts, outcomes);
        if chosen.is_empty() {
            return Ok(None);
        }
        if self.dirty {
            self.reset().await?;
        }
        self.dirty = true;
        let data = self.envelope(&mail, &chosen, outcomes).await?;
        let reply = match data {
            Envelope::MailRefused(reply) => {
                forget_too_many(outcomes);
                return Ok(Some(reply));
            }
            Envelope::Data(reply) => reply,
        };
        let accepted = chosen.iter().any(|(at, _)| outcomes.get(*at).is_some_and(Option::is_none));
        match (reply, accepted) {
            (Some(reply), true) if reply.code == 354 => {
                let reply = self.message(content).await?;
                self.dirty = false;
                Ok(Some(reply))
            }
            (Some(reply), true) => Ok(Some(refusal_only(reply)?)),
            (Some(reply), false) => {
                self.end_empty(&reply).await?;
                Ok(None)
            }
            (None, _) => Ok(None),
        }
    }

    /// Checks what the message needs against what the server offers, and leaves out what it need not know.
    fn fit_mail(&self, mail: &MailArgs) -> Result<MailArgs, Error> {
        let offered = &self.extensions;
        let lacks = |temporary, enhanced, reason: &str| {
            Err(Error::local(Kind::Capability, temporary, enhanced, reason))
        };
        let mut mail = mail.clone();
        match (offered.size, mail.size) {
            (Some(max), Some(size)) if max > 0 && size > max => {
                let reason = format!("message of {size} bytes is larger than the server's limit of {max}");
                return lacks(false, EnhancedCode(5, 3, 4), &reason);
            }
            (None, _) => mail.size = None,
            _ => {}
        }
        match mail.body {
            Body::EightBitMime if !offered.eight_bit_mime && self.options.pedantic => {
                return lacks(true, EnhancedCode(4, 6, 3), "the server does not offer 8BITMIME");
            }
            Body::EightBitMime if !offered.eight_bit_mime => mail.body = Body::SevenBit,
            Body::BinaryMime => return lacks(false, EnhancedCode(5, 6, 3), "binary messages are not sent"),
            _ => {}
        }
        if mail.smtputf8 && !offered.smtputf8 {
            return lacks(false, EnhancedCode(5, 6, 7), "the server does not offer SMTPUTF8");
        }
        if mail.reverse_path.as_ref().is_some_and(|path| !path.is_ascii()) && !mail.smtputf8 {
            return lacks(false, EnhancedCode(5, 6, 7), "the sender's address needs SMTPUTF8");
        }
        if mail.require_tls && self.stream.tls().is_none() {
            return lacks(false, EnhancedCode(5, 7, 10), "the message requires tls and there is none");
        }
        if mail.require_tls && !offered.require_tls && mail.reverse_path.is_none() {
            // A notification is not lost for want of the extension (RFC 8689 §5).
            mail.require_tls = false;
        } else if mail.require_tls && !offered.require_tls {
            return lacks(false, EnhancedCode(5, 7, 30), "the server does not offer REQUIRETLS");
        }
        if mail.hold.is_some() && offered.future_release.is_none() {
            return lacks(false, EnhancedCode(5, 5, 4), "the server does not offer FUTURERELEASE");
        }
        if !offered.dsn {
            (mail.ret, mail.envid) = (None, None);
        }
        if offered.auth.is_none() {
            mail.auth = None;
        }
        Ok(mail)
    }

    /// The recipients of this transaction with their places; the others get their outcome at once.
    fn fit_rcpts(
        &self,
        mail: &MailArgs,
        rcpts: &[RcptArgs],
        outcomes: &mut [Option<Outcome>],
    ) -> Vec<(usize, RcptArgs)> {
        let max = self.extensions.limits.and_then(|limits| limits.rcpt_max).unwrap_or(u64::MAX);
        let mut chosen = Vec::new();
        for (at, (rcpt, outcome)) in rcpts.iter().zip(outcomes).enumerate() {
            let ascii = rcpt.forward_path.path().is_none_or(|path| path.is_ascii());
            if !ascii && !mail.smtputf8 {
                let reason = "the recipient's address needs SMTPUTF8";
                let error = Error::local(Kind::Capability, false, EnhancedCode(5, 6, 7), reason);
                *outcome = Some(Outcome::Failed(error));
            } else if chosen.len() as u64 >= max {
                let text = "the server takes no more recipients in one transaction";
                *outcome = Some(Outcome::TooMany(Reply::new(452, EnhancedCode(4, 5, 3), text)));
            } else {
                let mut rcpt = rcpt.clone();
                if !self.extensions.dsn {
                    (rcpt.notify, rcpt.orcpt) = (None, None);
                }
                chosen.push((at, rcpt));
            }
        }
        chosen
    }

    /// Sends MAIL, the RCPTs and DATA, in groups where the server allows it, and sorts the replies.
    async fn envelope(
        &mut self,
        mail: &MailArgs,
        rcpts: &[(usize, RcptArgs)],
        outcomes: &mut [Option<Outcome>],
    ) -> Result<Envelope, Error> {
        let wait = self.options.timeouts;
        let pipelining = self.extensions.pipelining;
        self.push(&Command::Mail(mail.clone()));
        let mut mail_reply = None;
        if !pipelining {
            self.flush("MAIL").await?;
            let reply = self.staying_reply("MAIL", wait.mail).await?;
            if !reply.is_positive() {
                return Ok(Envelope::MailRefused(refusal_only(reply)?));
            }
            mail_reply = Some(reply);
        }
        let mut accepted = 0;
        let mut groups = rcpts.chunks(if pipelining { GROUP } else { 1 }).peekable();
        while let Some(group) = groups.next() {
            for (_, rcpt) in group {
                self.push(&Command::Rcpt(rcpt.clone()));
            }
            let with_data = pipelining && groups.peek().is_none();
            if with_data {
                self.push(&Command::Data);
            }
            self.flush("RCPT").await?;
            if mail_reply.is_none() {
                mail_reply = Some(self.staying_reply("MAIL", wait.mail).await?);
            }
            for (at, _) in group {
                let reply = self.staying_reply("RCPT", wait.rcpt).await?;
                let outcome = rcpt_outcome(reply, accepted > 0)?;
                accepted += u32::from(outcome.is_none());
                if let Some(place) = outcomes.get_mut(*at) {
                    *place = outcome;
                }
            }
            if let Some(refusal) = mail_reply.take_if(|reply| !reply.is_positive()) {
                forget(rcpts, outcomes);
                if with_data {
                    let data = self.staying_reply("DATA", wait.data).await?;
                    self.end_empty(&data).await?;
                }
                return Ok(Envelope::MailRefused(refusal_only(refusal)?));
            }
        }
        if !pipelining {
            if accepted == 0 {
                return Ok(Envelope::Data(None));
            }
            self.push(&Command::Data);
            self.flush("DATA").await?;
        }
        Ok(Envelope::Data(Some(self.staying_reply("DATA", wait.data).await?)))
    }

    /// A reply of a server that does not say goodbye with it.
    async fn staying_reply(&mut self, phase: &str, wait: Duration) -> Result<Reply, Error> {
        let reply = self.reply(phase, wait).await?;
        if reply.code == 421 { Err(Error::refused(Kind::Refused, phase, &reply)) } else { Ok(reply) }
    }

    /// A server that has no recipients and waits for the message all the same gets an empty one.
    async fn end_empty(&mut self, data: &Reply) -> Result<(), Error> {
        if data.code == 354 {
            self.push_line(".");
            self.flush("DATA").await?;
            self.staying_reply("an empty message", self.options.timeouts.accept).await?;
        }
        Ok(())
    }

    /// Sends the message and its end mark; the reply says whose it is now.
    async fn message(&mut self, content: &mut dyn Content) -> Result<Reply, Error> {
        let sent = self.blocks(content).await;
        // After a failure the end mark must never follow: the server would take what it has for the message.
        self.usable &= sent.is_ok();
        sent?;
        let reply = self.reply("the message", self.options.timeouts.accept).await?;
        if reply.is_positive() || reply.code >= 400 { Ok(reply) } else { refusal_only(reply) }
    }

    async fn blocks(&mut self, content: &mut dyn Content) -> Result<(), Error> {
        let mut stuffer = DotStuffer::new();
        let mut out = Vec::with_capacity(BLOCK * 2);
        let unsendable =
            |enhanced, temporary, reason: String| Error::local(Kind::Message, temporary, enhanced, reason);
        loop {
            let chunk = content.next().await;
            let chunk = chunk
                .map_err(|e| unsendable(EnhancedCode(4, 3, 0), true, format!("reading the message: {e}")))?;
            let Some(chunk) = chunk else { break };
            let stuffed = stuffer.push(&chunk, &mut out);
            stuffed.map_err(|e| unsendable(EnhancedCode(5, 6, 0), false, e.to_string()))?;
            for block in out.chunks(BLOCK) {
                if self.stream.pending() >= BLOCK {
                    self.flush("the message").await?;
                }
                self.stream.push(block);
            }
            out.clear();
        }
        let finished = stuffer.finish(&mut out);
        finished.map_err(|e| unsendable(EnhancedCode(5, 6, 0), false, e.to_string()))?;
        self.stream.push(&out);
        self.flush("the message").await
    }
}

/// How far the envelope got.
enum Envelope {
    MailRefused(Reply),
    /// The reply to DATA; none when no recipient was accepted and DATA not sent.
    Data(Option<Reply>),
}

/// None for an accepted recipient. Refusals for too many recipients only mean that after one was accepted.
fn rcpt_outcome(reply: Reply, some_accepted: bool) -> Result<Option<Outcome>, Error> {
    Ok(match reply.code {
        200..=299 => None,
        452 | 552 if some_accepted && reply.enhanced.is_none_or(|e| (e.1, e.2) == (5, 3)) => {
            Some(Outcome::TooMany(reply))
        }
        400..=599 => Some(Outcome::Refused(reply)),
        _ => return Err(out_of_step(&reply)),
    })
}

/// After a refused MAIL the refusals of RCPT only repeat it.
fn forget(rcpts: &[(usize, RcptArgs)], outcomes: &mut [Option<Outcome>]) {
    for (at, _) in rcpts {
        if let Some(place) = outcomes.get_mut(*at) {
            *place = None;
        }
    }
}

/// Another transaction over this connection would fare no better than this one.
fn forget_too_many(outcomes: &mut [Option<Outcome>]) {
    for outcome in outcomes.iter_mut().filter(|o| matches!(o, Some(Outcome::TooMany(_)))) {
        *outcome = None;
    }
}

/// A refusal is passed on; anything else here means that replies and commands are out of step.
fn refusal_only(reply: Reply) -> Result<Reply, Error> {
    if reply.code >= 400 { Ok(reply) } else { Err(out_of_step(&reply)) }
}

fn out_of_step(reply: &Reply) -> Error {
    let reason = format!("unexpected reply: {} {}", reply.code, reply.text());
    Error::local(Kind::Protocol, true, EnhancedCode(4, 5, 0), reason)
}

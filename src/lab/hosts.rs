//! Mail hosts, each with a way to behave: a small SMTP server over any connection.
//!
//! It reads lines of at most [`MAX_LINE`] bytes and messages of at most [`MAX_BODY`], waits [`WAIT`] for each, and ends with
//! the connection. RFC 5321, 3207 (STARTTLS), 8689 (REQUIRETLS), 8446 §6 (alerts).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_clock::{Clock, Random, Timestamp, random_array};
use mox_net::{Error, Stream};
use mox_tls::ServerConfig;

use crate::receivers::GREYLIST_SECS;
use crate::sink::{Accepted, MAX_BODY, MAX_RECIPIENTS, Sink};

/// Longest command, and longest line of a message.
const MAX_LINE: usize = 16 * 1024;
/// Longest wait for the client.
const WAIT: Duration = Duration::from_secs(300);
/// Most messages that a greylist remembers.
const MAX_GREYLIST: usize = 1000;

/// How a host behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Host {
    /// With TLS.
    pub(crate) tls: Tls,
    /// With mail.
    pub(crate) mail: Mail,
    /// Whether it announces REQUIRETLS.
    pub(crate) requiretls: bool,
}

/// What it does with TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    /// What it should.
    With(Proof),
    /// Does not offer STARTTLS.
    Missing,
    /// Offers STARTTLS, and answers 454.
    Refused,
    /// Sends more than the reply to STARTTLS.
    Injected,
    /// Answers the ClientHello with an alert.
    Alert,
    /// Sends an alert when the client thinks that the handshake is done.
    LateAlert,
    /// Answers the ClientHello with something else.
    Garbage,
    /// Closes the connection after the ClientHello.
    Close,
}

/// What its certificate proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its name.
    Good,
    /// Its name; the authority's certificate is sent along.
    WithIssuer,
    /// Nothing any more.
    Expired,
    /// Another name.
    WrongName,
    /// Nothing, nobody vouches for it.
    SelfSigned,
    /// Nothing, nobody knows who vouches for it.
    UnknownIssuer,
}

/// What it does with mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mail {
    /// Takes it.
    Accept,
    /// Takes it at the second attempt, some seconds later.
    Greylist,
    /// Refuses recipients for the time being.
    Defer,
    /// Refuses recipients for good.
    Reject,
    /// Says nothing, from the beginning.
    Stall,
    /// Closes the connection in the middle of the message.
    DropMidData,
}

impl Host {
    /// One that behaves.
    pub(crate) const FINE: Host = Host { tls: Tls::With(Proof::Good), mail: Mail::Accept, requiretls: false };

    /// One that behaves but for TLS.
    pub(crate) const fn with(tls: Tls) -> Host {
        Host { tls, ..Host::FINE }
    }

    /// One that behaves but for its certificate.
    pub(crate) const fn showing(proof: Proof) -> Host {
        Host::with(Tls::With(proof))
    }

    /// One that behaves but for mail.
    pub(crate) const fn that(mail: Mail) -> Host {
        Host { mail, ..Host::FINE }
    }
}

/// What greylisting hosts remember: when they first saw who writes to whom.
#[derive(Debug, Default)]
pub(crate) struct Greylist(Mutex<HashMap<String, Timestamp>>);

impl Greylist {
    /// Whether it was seen long enough ago.
    fn is_known(&self, who: String, now: Timestamp) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_GREYLIST && !seen.contains_key(&who) {
            seen.clear();
        }
        now.since(*seen.entry(who).or_insert(now)) >= Duration::from_secs(GREYLIST_SECS)
    }
}

/// One connection to a host.
pub(crate) struct Connection {
    /// The connection.
    pub(crate) stream: Stream,
    /// How the host behaves.
    pub(crate) host: Host,
    /// Its side of TLS.
    pub(crate) tls: Arc<ServerConfig>,
    /// The lab's domain whose host it is.
    pub(crate) domain: String,
    /// Takes the mail.
    pub(crate) sink: Arc<dyn Sink>,
    /// For greylisting.
    pub(crate) clock: Arc<dyn Clock>,
    /// For greylisting.
    pub(crate) greylist: Arc<Greylist>,
    /// For the ids of messages.
    pub(crate) random: Arc<dyn Random>,
}

/// A transaction so far.
#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

/// What follows a command.
enum Next {
    /// The next one.
    Command,
    /// Nothing.
    End,
}

impl Connection {
    /// Speaks SMTP until the client or the host's way to behave ends it.
    pub(crate) async fn serve(mut self) -> Result<(), Error> {
        if self.host.mail == Mail::Stall {
            return self.drain().await;
        }
        let mut envelope = Envelope::default();
        self.say(&format!("220 mx.{} ESMTP of the lab", self.domain)).await?;
        loop {
            let line = self.stream.read_line(MAX_LINE, WAIT).await?;
            let line = String::from_utf8_lossy(&line).into_owned();
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match self.command(&verb.to_ascii_uppercase(), rest, &mut envelope).await? {
                Next::Command => {}
                Next::End => return self.stream.close(WAIT).await,
            }
        }
    }

    async fn command(&mut self, verb: &str, rest: &str, envelope: &mut Envelope) -> Result<Next, Error> {
        let reply = match verb {
            "EHLO" => self.extensions(),
            "HELO" => format!("250 mx.{}", self.domain),
            "STARTTLS" => return self.start_tls(envelope).await,
            "MAIL" => self.mail(rest, envelope),
            "RCPT" => self.rcpt(rest, envelope),
            "DATA" if !envelope.to.is_empty() => return self.data(std::mem::take(envelope)).await,
            "DATA" => "503 5.5.1 no recipients".to_owned(),
            "RSET" => {
                *envelope = Envelope::default();
                "250 2.0.0 ok".to_owned()
            }
            "NOOP" => "250 2.0.0 ok".to_owned(),
            "QUIT" => {
                self.say("221 2.0.0 bye").await?;
                return Ok(Next::End);
            }
            _ => "500 5.5.2 not known here".to_owned(),
        };
        self.say(&reply).await?;
        Ok(Next::Command)
    }

    fn extensions(&self) -> String {
        let size = format!("SIZE {MAX_BODY}");
        let secure = self.stream.tls().is_some();
        let starttls = (self.host.tls != Tls::Missing && !secure).then_some("STARTTLS");
        let requiretls = (self.host.requiretls && secure).then_some("REQUIRETLS");
        let name = format!("mx.{}", self.domain);
        let mut lines = vec![name.as_str(), "PIPELINING", "8BITMIME", "SMTPUTF8", &size];
        lines.extend(starttls.into_iter().chain(requiretls));
        let more: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        format!("{more}250 ENHANCEDSTATUSCODES")
    }

    fn mail(&self, rest: &str, envelope: &mut Envelope) -> String {
        let wants_tls = rest.to_ascii_uppercase().split(' ').any(|word| word == "REQUIRETLS");
        if wants_tls && !(self.host.requiretls && self.stream.tls().is_some()) {
            return "555 5.5.4 REQUIRETLS is not announced".to_owned();
        }
        match path(rest) {
            Some(from) => {
                *envelope = Envelope { from: Some(from), to: Vec::new() };
                "250 2.1.0 ok".to_owned()
            }
            None => "501 5.5.4 no path".to_owned(),
        }
    }

    fn rcpt(&self, rest: &str, envelope: &mut Envelope) -> String {
        let (Some(from), Some(to)) = (&envelope.from, path(rest)) else {
            return "503 5.5.1 no sender, or no path".to_owned();
        };
        let reply = match self.host.mail {
            Mail::Defer => "450 4.2.1 the lab's host takes nothing today, whenever you ask",
            Mail::Reject => "550 5.1.1 the lab's host knows nobody of this name",
            Mail::Greylist
                if !self.greylist.is_known(format!("{} {from} {to}", self.domain), self.clock.now()) =>
            {
                "451 4.7.1 the lab's host does not know you yet, come again in a while"
            }
            _ if envelope.to.len() >= MAX_RECIPIENTS => "452 4.5.3 too many recipients",
            _ => {
                envelope.to.push(to);
                "250 2.1.5 ok"
            }
        };
        reply.to_owned()
    }

    async fn data(&mut self, envelope: Envelope) -> Result<Next, Error> {
        self.say("354 go on").await?;
        if self.host.mail == Mail::DropMidData {
            self.stream.fill(WAIT).await?;
            return Ok(Next::End);
        }
        let bytes = self.message().await?;
        let Some(bytes) = bytes else {
            self.say("552 5.3.4 too large").await?;
            return Ok(Next::Command);
        };
        let id = u32::from_be_bytes(random_array(&*self.random));
        let accepted = Accepted {
            mail_from: envelope.from.unwrap_or_default(),
            rcpts: envelope.to,
            bytes,
            host: self.domain.clone(),
            tls: self.stream.tls().map(|tls| tls.version.to_owned()),
        };
        match self.sink.mail(accepted).await {
            Ok(()) => self.say(&format!("250 2.0.0 taken as {id:08x}")).await?,
            Err(e) => self.say(&format!("451 4.3.0 not now: {e}")).await?,
        }
        Ok(Next::Command)
    }

    /// Reads a message with its dots as they were; none when it is too large.
    async fn message(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut bytes = Some(Vec::new());
        loop {
            let line = self.stream.read_line(MAX_LINE, WAIT).await?;
            if line.bytes == b"." && !line.bare_lf {
                return Ok(bytes);
            }
            let text = line.bytes.strip_prefix(b".").unwrap_or(&line.bytes);
            let end: &[u8] = if line.bare_lf { b"\n" } else { b"\r\n" };
            bytes = bytes.filter(|bytes| bytes.len() + text.len() + end.len() <= MAX_BODY);
            if let Some(bytes) = &mut bytes {
                bytes.extend_from_slice(text);
                bytes.extend_from_slice(end);
            }
        }
    }

    async fn start_tls(&mut self, envelope: &mut Envelope) -> Result<Next, Error> {
        *envelope = Envelope::default();
        const READY: &str = "220 2.0.0 go on";
        let instead: &[u8] = match self.host.tls {
            _ if self.stream.tls().is_some() => {
                self.say("503 5.5.1 there is TLS already").await?;
                return Ok(Next::Command);
            }
            Tls::Missing => {
                self.say("502 5.5.1 not here").await?;
                return Ok(Next::Command);
            }
            Tls::Refused => {
                self.say("454 4.7.0 no TLS for the time being").await?;
                return Ok(Next::Command);
            }
            Tls::With(_) | Tls::LateAlert => {
                self.say(READY).await?;
                self.stream.start_tls_server(self.tls.clone(), WAIT).await?;
                return Ok(Next::Command);
            }
            Tls::Injected => {
                self.say(&format!("{READY}\r\n250 this was not encrypted")).await?;
                self.drain().await?;
                return Ok(Next::End);
            }
            // A fatal alert, handshake_failure.
            Tls::Alert => b"\x15\x03\x03\x00\x02\x02\x28",
            Tls::Garbage => b"HTTP/1.1 400 Bad Request\r\n\r\n",
            Tls::Close => b"",
        };
        self.say(READY).await?;
        let hello = self.stream.fill(WAIT).await?.len();
        self.stream.consume(hello);
        self.stream.push(instead);
        self.stream.flush(WAIT).await?;
        Ok(Next::End)
    }

    async fn say(&mut self, reply: &str) -> Result<(), Error> {
        self.stream.push(reply.as_bytes());
        self.stream.push(b"\r\n");
        self.stream.flush(WAIT).await
    }

    /// Reads until the client gives up.
    async fn drain(&mut self) -> Result<(), Error> {
        loop {
            match self.stream.fill(WAIT).await {
                Ok(bytes) => {
                    let n = bytes.len();
                    self.stream.consume(n);
                }
                Err(Error::Eof) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What stands between angle brackets.
fn path(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    let (path, _) = rest.rsplit_once('>')?;
    Some(path.to_owned())
}

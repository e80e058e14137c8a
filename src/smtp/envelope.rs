//! The envelope of one transaction: reverse-path, forward-paths and their parameters, parsed and written.
//!
//! `Display` of [`MailArgs`] and [`RcptArgs`] is what follows `MAIL ` and `RCPT ` on the wire.
//! RFC 5321 §4.1.1.2 and §4.1.1.3, RFC 1870, 3030, 3461, 4865, 4954, 6152, 6531, 8689.

use std::fmt;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use mox_address::{Path, ReversePath};
use mox_clock::Timestamp;

/// What the message body may hold: the BODY parameter (RFC 6152, RFC 3030 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Body {
    /// Lines of US-ASCII.
    #[default]
    SevenBit,
    /// Lines of octets.
    EightBitMime,
    /// Octets; BDAT only.
    BinaryMime,
}

/// When a submitted message may leave (RFC 4865 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// After this many seconds: HOLDFOR.
    For(u64),
    /// Not before this instant: HOLDUNTIL.
    Until(Timestamp),
}

/// How much of the message a delivery status notification returns: RET (RFC 3461 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Return {
    /// The whole message.
    Full,
    /// The header.
    Headers,
}

/// What follows `MAIL `.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailArgs {
    /// Where bounces go; none for `<>`.
    pub reverse_path: ReversePath,
    /// Octets announced by SIZE (RFC 1870 §6); `u64::MAX` for numbers beyond it.
    pub size: Option<u64>,
    /// What the body may hold.
    pub body: Body,
    /// Envelope or header hold UTF-8 (RFC 6531 §3.4).
    pub smtputf8: bool,
    /// Each hop must use verified TLS (RFC 8689 §2).
    pub require_tls: bool,
    /// When the message may leave.
    pub hold: Option<Hold>,
    /// What a notification returns.
    pub ret: Option<Return>,
    /// The sender's envelope identifier, decoded from xtext, at most 100 octets (RFC 3461 §4.4).
    pub envid: Option<String>,
    /// Who submitted the message, decoded from xtext; `<>` for unknown (RFC 4954 §5).
    pub auth: Option<String>,
}

/// Where a recipient is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForwardPath {
    /// `<postmaster>` without a domain: the server's own (RFC 5321 §4.5.1).
    Postmaster,
    /// A mailbox.
    Path(Path),
}

impl ForwardPath {
    /// The mailbox; none for bare postmaster.
    pub fn path(&self) -> Option<&Path> {
        match self {
            ForwardPath::Path(path) => Some(path),
            ForwardPath::Postmaster => None,
        }
    }
}

impl From<Path> for ForwardPath {
    fn from(path: Path) -> ForwardPath {
        ForwardPath::Path(path)
    }
}

impl fmt::Display for ForwardPath {
    /// Writes the inside of the angle brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ForwardPath::Postmaster => f.write_str("postmaster"),
            ForwardPath::Path(path) => path.fmt(f),
        }
    }
}

/// When to send a delivery status notification: NOTIFY (RFC 3461 §4.1). All false is `NEVER`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Notify {
    /// When delivered.
    pub success: bool,
    /// When it failed.
    pub failure: bool,
    /// When it is late.
    pub delay: bool,
}

/// The recipient the sender knew: ORCPT (RFC 3461 §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRecipient {
    /// `rfc822` or `utf-8`, as written.
    pub kind: String,
    /// The address, decoded from xtext.
    pub address: String,
}

/// What follows `RCPT `.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RcptArgs {
    /// The recipient.
    pub forward_path: ForwardPath,
    /// When to notify; none when the sender did not say.
    pub notify: Option<Notify>,
    /// The recipient the sender knew.
    pub orcpt: Option<OriginalRecipient>,
}

impl From<Path> for RcptArgs {
    fn from(path: Path) -> RcptArgs {
        RcptArgs { forward_path: ForwardPath::Path(path), notify: None, orcpt: None }
    }
}

/// One transaction: who sends, and the recipients accepted so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// Reverse-path and message parameters.
    pub mail: MailArgs,
    /// In order of RCPT.
    pub rcpts: Vec<RcptArgs>,
}

impl fmt::Display for MailArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reverse_path {
            Some(path) => write!(f, "FROM:<{path}>")?,
            None => f.write_str("FROM:<>")?,
        }
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        f.write_str(match self.body {
            Body::SevenBit => "",
            Body::EightBitMime => " BODY=8BITMIME",
            Body::BinaryMime => " BODY=BINARYMIME",
        })?;
        if self.smtputf8 {
            f.write_str(" SMTPUTF8")?;
        }
        if self.require_tls {
            f.write_str(" REQUIRETLS")?;
        }
        match self.hold {
            Some(Hold::For(secs)) => write!(f, " HOLDFOR={secs}")?,
            Some(Hold::Until(when)) => write!(f, " HOLDUNTIL={when}")?,
            None => {}
        }
        f.write_str(match self.ret {
            Some(Return::Full) => " RET=FULL",
            Some(Return::Headers) => " RET=HDRS",
            None => "",
        })?;
        if let Some(envid) = &self.envid {
            write!(f, " ENVID={}", to_xtext(envid))?;
        }
        match &self.auth {
            Some(auth) if auth == "<>" => f.write_str(" AUTH=<>"),
            Some(auth) => write!(f, " AUTH={}", to_xtext(auth)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for RcptArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TO:<{}>", self.forward_path)?;
        if let Some(notify) = self.notify {
            let flags = [(notify.success, "SUCCESS"), (notify.failure, "FAILURE"), (notify.delay, "DELAY")];
            let set: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
            write!(f, " NOTIFY={}", if set.is_empty() { "NEVER".to_owned() } else { set.join(",") })?;
        }
        if let Some(orcpt) = &self.orcpt {
            write!(f, " ORCPT={};{}", orcpt.kind, to_xtext(&orcpt.address))?;
        }
        Ok(())
    }
}

/// Encodes as xtext: everything but printable ASCII without `+` and `=` as `+XX` (RFC 3461 §4).
pub fn to_xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if b.is_ascii_graphic() && b != b'+' && b != b'=' {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "+{b:02X}");
        }
    }
    out
}

/// Decodes xtext; none when it is malformed or decodes to control characters or other than UTF-8.
pub fn from_xtext(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'+' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                out.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'=' => return None,
            b => out.push(b),
        }
    }
    String::from_utf8(out).ok().filter(|s| !s.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xtext_both_ways() {
        for (text, coded) in [("QQ314159", "QQ314159"), ("a+b=c d", "a+2Bb+3Dc+20d"), ("ü", "+C3+BC")] {
            assert_eq!(to_xtext(text), coded);
            assert_eq!(from_xtext(coded).as_deref(), Some(text));
        }
        for bad in ["+", "+2", "+zz", "a=b", "+0A", "+FF"] {
            assert_eq!(from_xtext(bad), None, "{bad}");
        }
    }
}

//! What both sides of a session said, to be kept with the messages it brings.
//!
//! A message has the beginning of its session (greeting, hello, TLS, login) and all that was said since the message
//! before it: other attempts and refusals among it, for that is what one looks for. Secrets are masked, content is
//! counted and the whole is bounded: [`Transcript`] sees to it.

use std::sync::Arc;

use mox_telemetry::{Side, Transcript};
use mox_tls::TlsInfo;

/// The exchange so far.
#[derive(Default)]
pub(crate) struct Record {
    now: Transcript,
    /// What was said before the first MAIL.
    beginning: Option<Transcript>,
    messages: u32,
    /// A message was accepted: what the client says next belongs to the one after it.
    over: bool,
}

impl Record {
    /// The client sent a line.
    pub(crate) fn client(&mut self, line: &[u8]) {
        if std::mem::take(&mut self.over) {
            self.messages += 1;
            self.now = self.beginning.clone().unwrap_or_default();
            self.now.remark(&format!("left out here: {} earlier in this session", messages(self.messages)));
        }
        let mail = line.get(..5).is_some_and(|verb| verb.eq_ignore_ascii_case(b"MAIL "));
        if mail && self.beginning.is_none() {
            self.beginning = Some(self.now.clone());
        }
        self.now.note(Side::Client, line);
    }

    /// A reply is on its way, in its wire form.
    pub(crate) fn server(&mut self, reply: &[u8]) {
        self.now.note(Side::Server, reply);
    }

    /// So many octets of content came.
    pub(crate) fn content(&mut self, octets: usize) {
        self.now.content(octets as u64);
    }

    /// The connection became TLS.
    pub(crate) fn tls(&mut self, info: &TlsInfo) {
        self.now.remark(&format!("TLS handshake: {} {}", info.version, info.cipher));
    }

    /// A message was accepted.
    pub(crate) fn accepted(&mut self) {
        self.over = true;
    }

    /// What the message that came now is kept with.
    pub(crate) fn text(&self) -> Arc<str> {
        self.now.to_string().into()
    }
}

fn messages(count: u32) -> String {
    if count == 1 { "1 message".to_owned() } else { format!("{count} messages") }
}

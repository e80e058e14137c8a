//! A small SMTP client for load: knows for every message whether it was acknowledged.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One SMTP session.
pub struct Session {
    stream: BufReader<TcpStream>,
}

/// A reply line's code and the whole reply.
pub type Reply = (u16, String);

impl Session {
    /// Connects and says EHLO. Any failure is an `Err`: the server may have been killed.
    pub fn open(address: &str) -> std::io::Result<Session> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        let mut session = Session { stream: BufReader::new(stream) };
        session.reply()?;
        session.say("EHLO client.example\r\n")?;
        Ok(session)
    }

    /// Sends text and reads one reply.
    pub fn say(&mut self, text: &str) -> std::io::Result<Reply> {
        self.stream.get_mut().write_all(text.as_bytes())?;
        self.reply()
    }

    /// Sends bytes and reads nothing.
    pub fn push(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads one reply.
    pub fn reply(&mut self) -> std::io::Result<Reply> {
        let mut whole = String::new();
        loop {
            let from = whole.len();
            if self.stream.read_line(&mut whole)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = &whole[from..];
            if line.as_bytes().get(3) != Some(&b'-') {
                let code = line
                    .get(..3)
                    .and_then(|code| code.parse().ok())
                    .ok_or(std::io::ErrorKind::InvalidData)?;
                return Ok((code, whole));
            }
        }
    }

    /// Sends one message and returns the reply that decided about it. `body` has CRLF line ends and no line that
    /// starts with a dot.
    pub fn send(&mut self, to: &str, subject: &str, body: &str) -> std::io::Result<Reply> {
        match self.envelope(to)? {
            (354, _) => self.say(&message(to, subject, body)),
            refused => Ok(refused),
        }
    }

    /// Says MAIL, RCPT and DATA. Returns the 354, or what refused, after RSET.
    pub fn envelope(&mut self, to: &str) -> std::io::Result<Reply> {
        let mut last = (354, String::new());
        for command in [&format!("MAIL FROM:<{SENDER}>\r\n"), &format!("RCPT TO:<{to}>\r\n"), "DATA\r\n"] {
            last = self.say(command)?;
            if last.0 >= 400 {
                self.say("RSET\r\n")?;
                break;
            }
        }
        Ok(last)
    }
}

/// Who sends.
pub const SENDER: &str = "load@client.example";

/// What goes after the 354: a message, and the dot that ends it.
pub fn message(to: &str, subject: &str, body: &str) -> String {
    format!("From: <{SENDER}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\n{body}\r\n.\r\n")
}

//! A bounded record of an SMTP exchange, to keep with a message: secrets masked, content left out.
//!
//! Invariants: 1. What a client sends from AUTH on until the server answers with other than 334 is never kept.
//! 2. Message content (after 354 or BDAT) is counted, not kept. 3. At most [`Transcript::MAX`] bytes: beginning
//! and end stay, the middle goes. 4. Of what is no command only the length is kept. RFC 4954 §4 (AUTH), RFC 5321 §3.3 (DATA), RFC 3030 §2 (BDAT).

use std::collections::VecDeque;
use std::fmt;

use crate::text::escape_into;

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The SMTP client.
    Client,
    /// The SMTP server.
    Server,
}

/// Commands whose lines are kept as they are.
const VERBS: [&[u8]; 12] = [
    b"EHLO",
    b"HELO",
    b"MAIL",
    b"RCPT",
    b"DATA",
    b"RSET",
    b"NOOP",
    b"QUIT",
    b"VRFY",
    b"EXPN",
    b"HELP",
    b"STARTTLS",
];

/// An exchange so far.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    head: String,
    tail: VecDeque<String>,
    tail_bytes: usize,
    left_out: usize,
    expecting: Expecting,
}

/// What the client's next bytes are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expecting {
    #[default]
    Command,
    /// Part of an authentication.
    Secret,
    /// Message content; bytes so far.
    Content(u64),
}

impl Transcript {
    /// Most bytes of the text.
    pub const MAX: usize = 16 * 1024;
    /// Most bytes of one line of it.
    const MAX_LINE: usize = 1000;
    /// Bytes for the note on what is left out.
    const NOTE: usize = 64;
    const HALF: usize = (Self::MAX - Self::NOTE) / 2;

    /// An empty one.
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// Notes what one side sent: whole lines, with or without their end, or pieces of content.
    pub fn note(&mut self, side: Side, bytes: &[u8]) {
        if let (Side::Client, Expecting::Content(n)) = (side, self.expecting) {
            self.expecting = Expecting::Content(n + bytes.len() as u64);
            return;
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            rest = after;
            match side {
                Side::Server => self.server(line),
                Side::Client => self.client(line),
            }
            if let Expecting::Content(n) = &mut self.expecting {
                *n += rest.len() as u64;
                return;
            }
        }
    }

    fn server(&mut self, line: &[u8]) {
        if let Expecting::Content(n) = self.expecting {
            self.push(Side::Client, format!("({n} bytes of content)").as_bytes());
        }
        let last = line.get(3) != Some(&b'-');
        self.expecting = match (line.get(..3), self.expecting) {
            (Some(b"334"), _) => Expecting::Secret,
            (Some(b"354"), _) => Expecting::Content(0),
            (_, Expecting::Secret) if !last => Expecting::Secret,
            _ => Expecting::Command,
        };
        self.push(Side::Server, line);
    }

    fn client(&mut self, line: &[u8]) {
        let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        match (self.expecting, verb.as_slice()) {
            (Expecting::Secret, _) => self.push(Side::Client, b"***"),
            (_, b"AUTH") => {
                self.expecting = Expecting::Secret;
                let mut kept = b"AUTH ".to_vec();
                kept.extend(words.next().unwrap_or_default());
                kept.extend(words.next().map_or(&b""[..], |_| b" ***"));
                self.push(Side::Client, &kept);
            }
            (_, b"BDAT") => {
                self.push(Side::Client, line);
                self.expecting = Expecting::Content(0);
            }
            (_, verb) if VERBS.contains(&verb) => self.push(Side::Client, line),
            // Perhaps a secret for an authentication that the server had refused already.
            _ => self.push(Side::Client, format!("({} bytes, not a command)", line.len()).as_bytes()),
        }
    }

    fn push(&mut self, side: Side, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut text = String::from(if side == Side::Client { "C: " } else { "S: " });
        escape_into(&mut text, &String::from_utf8_lossy(line.get(..Self::MAX_LINE).unwrap_or(line)));
        text.truncate(text.floor_char_boundary(Self::MAX_LINE));
        text.push('\n');
        if self.tail.is_empty() && self.head.len() + text.len() <= Self::HALF {
            self.head.push_str(&text);
            return;
        }
        self.tail_bytes += text.len();
        self.tail.push_back(text);
        while self.tail_bytes > Self::HALF {
            let Some(gone) = self.tail.pop_front() else { break };
            self.tail_bytes -= gone.len();
            self.left_out += 1;
        }
    }
}

impl fmt::Display for Transcript {
    /// One line per line, `C: ` and `S: ` before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        if self.left_out > 0 {
            writeln!(f, "({} lines left out)", self.left_out)?;
        }
        self.tail.iter().try_for_each(|line| f.write_str(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(steps: &[(Side, &str)]) -> String {
        let mut all = Transcript::new();
        steps.iter().for_each(|(side, text)| all.note(*side, text.as_bytes()));
        all.to_string()
    }

    #[test]
    fn secrets_and_content_are_not_kept() {
        use Side::{Client as C, Server as S};
        let text = transcript(&[
            (S, "220 mx\r\n"),
            (C, "EHLO a\r\nauth plain c2VjcmV0\r\n"),
            (S, "535 5.7.8 no\r\n"),
            (C, "AUTH LOGIN\r\nc2VjcmV0\r\n"),
            (S, "334 VXNlcm5hbWU6\r\n"),
            (C, "c2VjcmV0\r\n"),
            (S, "334 UGFzc3dvcmQ6\r\n"),
            (C, "c2VjcmV0\r\n"),
            (S, "235 ok\r\n"),
            (C, "MAIL FROM:<a@example>\r\nDATA\r\n"),
            (S, "250 ok\r\n354 go\r\n"),
            (C, "secret body\r\n"),
            (C, ".\r\n"),
            (S, "250 ok\r\n"),
            (C, "BDAT 8 LAST\r\nsecret\r\n"),
            (S, "250 ok \u{1b}[2J\r\n"),
            (C, "AUTH LOGIN\r\n"),
            (S, "503 5.5.1 no\r\n"),
            (C, "c2VjcmV0\r\n"),
            (C, "QUIT\r\n"),
        ]);
        assert_eq!(
            text,
            "S: 220 mx\nC: EHLO a\nC: AUTH plain ***\nS: 535 5.7.8 no\nC: AUTH LOGIN\nC: ***\n\
             S: 334 VXNlcm5hbWU6\nC: ***\nS: 334 UGFzc3dvcmQ6\nC: ***\nS: 235 ok\nC: MAIL FROM:<a@example>\nC: DATA\n\
             S: 250 ok\nS: 354 go\nC: (16 bytes of content)\nS: 250 ok\nC: BDAT 8 LAST\nC: (8 bytes of content)\n\
             S: 250 ok \\u001b[2J\nC: AUTH LOGIN\nS: 503 5.5.1 no\n\
             C: (10 bytes, not a command)\nC: QUIT\n"
        );
    }

    #[test]
    fn beginning_and_end_are_kept_within_bounds() {
        let mut all = Transcript::new();
        for n in 0..2_000 {
            all.note(Side::Client, format!("NOOP {n} {}\r\n", "\u{1}".repeat(n % 3000)).as_bytes());
        }
        let text = all.to_string();
        assert!(text.len() <= Transcript::MAX, "{}", text.len());
        assert!(text.starts_with("C: NOOP 0 \n"));
        assert!(text.contains(" lines left out)\n") && text.contains("C: NOOP 1999"));
        assert!(text.lines().all(|line| line.len() <= Transcript::MAX_LINE));
    }
}

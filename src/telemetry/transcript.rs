//! A bounded record of an SMTP exchange, to keep with a message: secrets masked, content left out.
//!
//! Invariants: 1. What a client sends from AUTH on until the server answers with other than 334 is never kept.
//! 2. Message content (after 354 or BDAT) is counted, not kept. 3. At most [`Transcript::MAX`] bytes: beginning
//! and end stay, the middle goes. 4. Of what is no command only the length is kept. Lines begin with `C: ` or `S: `;
//! remarks stand in parentheses. RFC 4954 §4 (AUTH), RFC 5321 §3.3 (DATA), RFC 3030 §2 (BDAT).

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
    /// Bytes for the remarks on what is left out and on content.
    const NOTE: usize = 128;
    const CLIENT: &str = "C: ";
    const HALF: usize = (Self::MAX - Self::NOTE) / 2;

    /// An empty one.
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// Notes what one side sent: whole lines, with or without their end, or pieces of content.
    pub fn note(&mut self, side: Side, bytes: &[u8]) {
        if let (Side::Client, Expecting::Content(_)) = (side, self.expecting) {
            return self.content(bytes.len() as u64);
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

    /// Counts content of which nothing else is noted.
    pub fn content(&mut self, bytes: u64) {
        if let Expecting::Content(n) = &mut self.expecting {
            *n = n.saturating_add(bytes);
        }
    }

    /// Notes something that neither side said.
    pub fn remark(&mut self, text: &str) {
        self.push("", format!("({text})").as_bytes());
    }

    fn server(&mut self, line: &[u8]) {
        if let Some(content) = self.pending() {
            self.push(Self::CLIENT, content.as_bytes());
        }
        let last = line.get(3) != Some(&b'-');
        self.expecting = match (line.get(..3), self.expecting) {
            (Some(b"334"), _) => Expecting::Secret,
            (Some(b"354"), _) => Expecting::Content(0),
            (_, Expecting::Secret) if !last => Expecting::Secret,
            _ => Expecting::Command,
        };
        self.push("S: ", line);
    }

    /// Content that came since the last reply.
    fn pending(&self) -> Option<String> {
        match self.expecting {
            Expecting::Content(n) => Some(format!("({n} bytes of content)")),
            _ => None,
        }
    }

    fn client(&mut self, line: &[u8]) {
        let mut words = line.split(|b| b.is_ascii_whitespace()).filter(|word| !word.is_empty());
        let verb = words.next().unwrap_or_default().to_ascii_uppercase();
        match (self.expecting, verb.as_slice()) {
            (Expecting::Secret, _) => self.push(Self::CLIENT, b"***"),
            (_, b"AUTH") => {
                self.expecting = Expecting::Secret;
                let mut kept = b"AUTH ".to_vec();
                kept.extend(words.next().unwrap_or_default());
                kept.extend(words.next().map_or(&b""[..], |_| b" ***"));
                self.push(Self::CLIENT, &kept);
            }
            (_, b"BDAT") => {
                self.push(Self::CLIENT, line);
                self.expecting = Expecting::Content(0);
            }
            (_, verb) if VERBS.contains(&verb) => self.push(Self::CLIENT, line),
            // Perhaps a secret for an authentication that the server had refused already.
            _ => self.push(Self::CLIENT, format!("({} bytes, not a command)", line.len()).as_bytes()),
        }
    }

    fn push(&mut self, before: &str, line: &[u8]) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut text = String::from(before);
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
    /// One line per line, `C: ` and `S: ` before it; content that is still coming is counted at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.head)?;
        if self.left_out > 0 {
            writeln!(f, "({} lines left out)", self.left_out)?;
        }
        self.tail.iter().try_for_each(|line| f.write_str(line))?;
        match self.pending() {
            Some(content) => writeln!(f, "{}{content}", Self::CLIENT),
            None => Ok(()),
        }
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

    #[test]
    fn remarks_and_content_that_is_still_coming_are_shown() {
        let mut all = Transcript::new();
        all.remark("TLS");
        all.content(9);
        all.note(Side::Client, b"DATA\r\n");
        all.note(Side::Server, b"354 go\r\n");
        all.content(3);
        all.note(Side::Client, b"xyz\r\n");
        assert_eq!(all.to_string(), "(TLS)\nC: DATA\nS: 354 go\nC: (8 bytes of content)\n");
        all.note(Side::Server, b"250 ok\r\n");
        assert!(all.to_string().ends_with("(8 bytes of content)\nS: 250 ok\n"), "{all}");
    }
}

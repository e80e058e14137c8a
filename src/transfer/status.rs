//! Flags in header fields, as mail programs keep them in mbox files: Status, X-Status, X-Keywords, X-Mozilla-*.
//!
//! What this program writes stands before the header, three fields in a fixed order, and is taken away again: the
//! message is what it was. Fields of others are read and stay where they are.

use mox_message::Header;
use mox_store::{Flags, keyword};

/// Most keywords that are read of a message.
const KEYWORDS_MAX: usize = 100;

/// Flags and keywords of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// Flags.
    pub flags: Flags,
    /// Keywords in lower case.
    pub keywords: Vec<String>,
}

impl Marks {
    /// Adds a flag or keyword by its name.
    pub fn add(&mut self, name: &str) {
        // As Thunderbird writes them; our own keywords are in lower case.
        let flag = match name {
            "Junk" => Some(Flags::JUNK),
            "NonJunk" => Some(Flags::NOT_JUNK),
            name => Flags::named(name),
        };
        if let Some(flag) = flag {
            self.flags = self.flags | flag;
        } else if self.keywords.len() < KEYWORDS_MAX
            && let Some(word) = keyword(name.trim_start_matches('$'))
            && !self.keywords.contains(&word)
        {
            self.keywords.push(word);
        }
    }

    fn letters(&mut self, text: &str) {
        for letter in text.bytes() {
            self.flags = self.flags
                | match letter {
                    b'R' => Flags::SEEN,
                    b'A' => Flags::ANSWERED,
                    b'F' => Flags::FLAGGED,
                    b'D' => Flags::DELETED,
                    b'T' => Flags::DRAFT,
                    _ => Flags::NONE,
                };
        }
    }

    fn mozilla(&mut self, text: &str) {
        const BITS: [(u32, Flags); 5] = [
            (0x0001, Flags::SEEN),
            (0x0002, Flags::ANSWERED),
            (0x0004, Flags::FLAGGED),
            (0x0008, Flags::DELETED),
            (0x1000, Flags::FORWARDED),
        ];
        let bits = u32::from_str_radix(text.trim(), 16).unwrap_or(0);
        for (_, flag) in BITS.into_iter().filter(|(bit, _)| bits & bit != 0) {
            self.flags = self.flags | flag;
        }
    }

    fn words(&mut self, text: &str) {
        text.split([' ', ',', '\t']).filter(|word| !word.is_empty()).for_each(|word| self.add(word));
    }
}

/// Names of flags and keywords that X-Keywords tells.
fn names(marks: &Marks) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in marks.flags.names().filter(|name| name.starts_with('$')) {
        names.push(name);
    }
    for word in &marks.keywords {
        names.push(word);
    }
    names
}

/// The fields that tell flags and keywords, with LF.
pub fn write(marks: &Marks) -> String {
    let seen = if marks.flags.contains(Flags::SEEN) { "RO" } else { "O" };
    let letters: String =
        [(Flags::ANSWERED, 'A'), (Flags::FLAGGED, 'F'), (Flags::DELETED, 'D'), (Flags::DRAFT, 'T')]
            .into_iter()
            .filter(|(flag, _)| marks.flags.contains(*flag))
            .map(|(_, letter)| letter)
            .collect();
    format!("Status: {seen}\nX-Status: {letters}\nX-Keywords: {}\n", names(marks).join(" "))
}

/// Reads the flags of a message, and takes the fields away that this program put before it.
pub fn take(bytes: &mut Vec<u8>) -> Marks {
    let mut marks = Marks::default();
    if let Some((length, texts)) = own(bytes) {
        let [status, more, words] = texts;
        marks.letters(&status);
        marks.letters(&more);
        marks.words(&words);
        bytes.drain(..length);
        return marks;
    }
    let header = Header::of(bytes);
    for field in header.all("Status").chain(header.all("X-Status")) {
        marks.letters(&field.text());
    }
    if let Some(text) = header.text("X-Mozilla-Status") {
        marks.mozilla(&text);
    }
    for field in header.all("X-Keywords").chain(header.all("X-Mozilla-Keys")) {
        marks.words(&field.text());
    }
    marks
}

/// The fields of this program at the beginning of a message: how long they are, and their texts.
fn own(bytes: &[u8]) -> Option<(usize, [String; 3])> {
    let mut at = 0;
    let mut field = |name: &str| {
        let rest = bytes.get(at..)?.strip_prefix(name.as_bytes())?;
        let end = memchr::memchr(b'\n', rest).filter(|end| *end < 10_000)?;
        at += name.len() + end + 1;
        rest.get(..end).map(|text| String::from_utf8_lossy(text).trim().to_owned())
    };
    let texts = [field("Status: ")?, field("X-Status: ")?, field("X-Keywords: ")?];
    Some((at, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(flags: Flags, keywords: &[&str]) -> Marks {
        Marks { flags, keywords: keywords.iter().map(|k| (*k).to_owned()).collect() }
    }

    #[test]
    fn fields_of_mail_programs() {
        let cases = [
            ("Status: RO\r\n\r\n", marks(Flags::SEEN, &[])),
            (
                "Status: O\r\nX-Status: AFT\r\n\r\n",
                marks(Flags::ANSWERED | Flags::FLAGGED | Flags::DRAFT, &[]),
            ),
            ("X-Keywords: $Forwarded Work, \"bad\r\n\r\n", marks(Flags::FORWARDED, &["work"])),
            (
                "A: b\r\nX-Mozilla-Status: 1005\r\nX-Mozilla-Keys: $label1 NonJunk\r\n\r\n",
                marks(Flags::SEEN | Flags::FLAGGED | Flags::FORWARDED | Flags::NOT_JUNK, &["label1"]),
            ),
            ("A: b\r\n\r\nStatus: RO\r\n", Marks::default()),
            ("no header", Marks::default()),
        ];
        for (text, expected) in cases {
            let mut bytes = text.as_bytes().to_vec();
            assert_eq!(take(&mut bytes), expected, "{text:?}");
            assert_eq!(bytes, text.as_bytes());
        }
    }

    #[test]
    fn what_is_written_is_taken_away_again() {
        let all = marks(Flags::from_bits(u32::MAX), &["a", "b-c"]);
        for marks in [all, Marks::default()] {
            for message in ["Status: RO\r\nX-Status: A\r\nX-Keywords: \r\n\r\nx\r\n", "Status: x", "", "\r\n"]
            {
                let mut bytes = (write(&marks).replace('\n', "\r\n") + message).into_bytes();
                assert_eq!(take(&mut bytes), marks);
                assert_eq!(bytes, message.as_bytes());
            }
        }
    }
}

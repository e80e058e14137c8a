//! Writes one header field, folded at white space so that lines stay within 78 columns where they can.
//!
//! Words are given whole and never broken; a word longer than a line gets a line of its own.
//! RFC 5322 §2.1.1, §2.2.3.

use crate::Error;

/// Columns a line should not exceed, line end not counted (RFC 5322 §2.1.1).
pub const SOFT: usize = 78;

/// Octets a line must not exceed, line end not counted (RFC 5322 §2.1.1).
pub const HARD: usize = 998;

/// A field under construction.
#[derive(Debug, Clone)]
pub struct Folder {
    name: String,
    text: String,
    /// Columns used on the current line.
    column: usize,
    longest: usize,
    bad: bool,
}

impl Folder {
    /// Starts a field. The name must be printable ASCII without a colon.
    pub fn new(name: &str) -> Folder {
        let text = format!("{name}:");
        let column = text.len();
        Folder { name: name.to_owned(), text, column, longest: column, bad: false }
    }

    /// Adds a word after a space, or after a fold when the line would be too long.
    pub fn word(&mut self, word: &str) -> &mut Folder {
        self.spaced(" ", word)
    }

    /// Adds a word after the given white space, which folding keeps (RFC 5322 §2.2.3).
    pub fn spaced(&mut self, space: &str, word: &str) -> &mut Folder {
        let first = self.column == self.name.len() + 1 && self.text.len() == self.column;
        if !first && self.column + space.len() + word.chars().count() > SOFT {
            self.fold();
        }
        self.push(space);
        self.push(word)
    }

    /// Starts a new line with a tab before the word: for fields read by people, clause by clause.
    pub fn line(&mut self, word: &str) -> &mut Folder {
        self.fold();
        self.push("\t");
        self.push(word)
    }

    /// Adds to the last word.
    pub fn glue(&mut self, text: &str) -> &mut Folder {
        self.push(text)
    }

    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The field with its CRLF. Errors: a control character other than tab in any word, a bad name, an over-long
    /// line.
    pub fn finish(mut self) -> Result<String, Error> {
        if self.name.is_empty() || !self.name.bytes().all(|b| b.is_ascii_graphic() && b != b':') {
            return Err(Error::BadFieldName { name: self.name });
        }
        if self.bad {
            return Err(Error::BadFieldValue { name: self.name });
        }
        if self.longest.max(self.column) > HARD {
            return Err(Error::LineTooLong { name: self.name });
        }
        self.text.push_str("\r\n");
        Ok(self.text)
    }

    fn fold(&mut self) {
        self.text.push_str("\r\n");
        self.longest = self.longest.max(self.column);
        self.column = 0;
    }

    fn push(&mut self, text: &str) -> &mut Folder {
        self.bad |= text.chars().any(|c| c.is_control() && c != '\t');
        self.text.push_str(text);
        self.column += text.len();
        self
    }
}

/// Text made fit for a comment: parentheses and backslashes quoted, control characters and, unless `utf8`,
/// everything but ASCII replaced by `?`. RFC 5322 §3.2.2.
pub fn escape_comment(text: &str, utf8: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | ')' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() || (!utf8 && !c.is_ascii()) => escaped.push('?'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_short() {
        let mut field = Folder::new("X-Test");
        for n in 0..40 {
            field.word(&format!("word{n}"));
        }
        let text = field.finish().unwrap();
        assert!(text.ends_with("\r\n"));
        assert!(text.lines().all(|l| l.len() <= SOFT && !l.trim().is_empty()), "{text}");
        assert_eq!(text.replace("\r\n", "").split(' ').count(), 41);
    }

    #[test]
    fn a_first_long_word_is_not_folded_away() {
        let mut field = Folder::new("X");
        field.word(&"a".repeat(200));
        assert_eq!(field.finish().unwrap(), format!("X: {}\r\n", "a".repeat(200)));
    }

    #[test]
    fn what_cannot_be_a_field() {
        for bad in ["a\r\nBcc: x", "a\nb", "a\0", "\u{1b}[m", "\u{85}"] {
            let mut field = Folder::new("X");
            field.word(bad);
            assert_eq!(field.finish(), Err(Error::BadFieldValue { name: "X".into() }), "{bad:?}");
        }
        for bad in ["", "a b", "a:", "é", "a\r\n"] {
            assert_eq!(Folder::new(bad).finish(), Err(Error::BadFieldName { name: bad.into() }));
        }
        let mut field = Folder::new("X");
        field.word(&"a".repeat(1000));
        assert_eq!(field.finish(), Err(Error::LineTooLong { name: "X".into() }));
    }

    #[test]
    fn comments_cannot_be_left() {
        assert_eq!(escape_comment("a) by evil (\\\r\né", false), "a\\) by evil \\(\\\\???");
        assert_eq!(escape_comment("é", true), "é");
    }
}

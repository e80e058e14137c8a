//! Tag lists, `a=b; c=d`: the form of signatures, seals and key records.
//!
//! Strict where the RFC is: a name stands once, a line end must be followed by white space, nothing but tags. Values
//! keep their bytes and their place in the text, because the value of `b=` is cut out of what is signed. A list has
//! at most [`MAX_TAGS`] tags.
//! RFC 6376 §3.2, §2.8 (folding white space), RFC 8616 §4 (UTF-8 in values).

use std::ops::Range;

/// Most tags in a list.
pub const MAX_TAGS: usize = 64;

/// Why a text is no tag list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// No tags at all.
    #[error("no tags")]
    Empty,
    /// More than [`MAX_TAGS`].
    #[error("more than {MAX_TAGS} tags")]
    TooMany,
    /// A part between semicolons that is no `name=value`.
    #[error("{0:?} is not a tag with a value")]
    NotATag(String),
    /// A name that does not begin with a letter, or has other characters than letters, digits, underscores.
    #[error("{0:?} is not the name of a tag")]
    BadName(String),
    /// A tag that stands twice.
    #[error("tag {0}= stands more than once")]
    Duplicate(String),
    /// A value with control characters, or that is not UTF-8.
    #[error("tag {0}=: characters that may not stand in a value")]
    BadValue(String),
}

/// One tag of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Its name; letter case matters.
    pub name: &'a str,
    /// Its value without white space around it; folding white space within stays.
    pub value: &'a str,
    /// Where the value stands in the text, white space around it included: from after `=` to before `;`.
    pub range: Range<usize>,
}

impl Tag<'_> {
    /// The value without any white space: base64 and colon-separated lists.
    pub fn packed(&self) -> String {
        self.value.chars().filter(|c| !is_space(*c)).collect()
    }

    /// The parts between colons, white space around them removed.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.value.split(':').map(|part| part.trim_matches(is_space))
    }
}

/// White space as folding leaves it.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Reads a list. White space may stand around names and values; one semicolon may end the list.
pub fn parse(text: &[u8]) -> Result<Vec<Tag<'_>>, TagError> {
    let mut tags: Vec<Tag<'_>> = Vec::new();
    let mut start = 0;
    let mut specs = text.split(|b| *b == b';').peekable();
    while let Some(spec) = specs.next() {
        let last = specs.peek().is_none();
        if last && spec.iter().all(|b| is_space(char::from(*b))) && !tags.is_empty() {
            break;
        }
        if tags.len() == MAX_TAGS {
            return Err(TagError::TooMany);
        }
        let tag = read(spec, start)?;
        if tags.iter().any(|other| other.name == tag.name) {
            return Err(TagError::Duplicate(tag.name.to_owned()));
        }
        tags.push(tag);
        start += spec.len() + 1;
    }
    Ok(tags)
}

fn read(spec: &[u8], start: usize) -> Result<Tag<'_>, TagError> {
    let shown = || String::from_utf8_lossy(spec).trim().chars().take(40).collect::<String>();
    let Some(equals) = spec.iter().position(|b| *b == b'=') else {
        return Err(if shown().is_empty() { TagError::Empty } else { TagError::NotATag(shown()) });
    };
    let (name, value) = spec.split_at_checked(equals).unwrap_or_default();
    let value = value.get(1..).unwrap_or_default();
    let name = std::str::from_utf8(name).map_err(|_| TagError::NotATag(shown()))?;
    let name = if folds(name) { name.trim_matches(is_space) } else { name };
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
    if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(TagError::BadName(name.chars().take(40).collect()));
    }
    let value = std::str::from_utf8(value).map_err(|_| TagError::BadValue(name.to_owned()))?;
    if !folds(value) || value.chars().any(|c| c.is_control() && !is_space(c)) {
        return Err(TagError::BadValue(name.to_owned()));
    }
    let from = start + equals + 1;
    Ok(Tag { name, value: value.trim_matches(is_space), range: from..from + value.len() })
}

/// Whether every line end is followed by white space, so that it is a fold. At the very end of the text one line end
/// may stand alone: the field's own.
fn folds(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('\n') {
        if !after.is_empty() && !after.starts_with([' ', '\t']) {
            return false;
        }
        rest = after;
    }
    text.matches('\r').count() == text.matches("\r\n").count()
}

/// Writes a list as DNS records have it: `a=b; c=d`.
pub(crate) fn join<'a>(tags: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let tags: Vec<String> = tags.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    tags.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Result<Vec<(&str, &str)>, TagError> {
        parse(text.as_bytes()).map(|tags| tags.into_iter().map(|t| (t.name, t.value)).collect())
    }

    #[test]
    fn lists_that_are_read() {
        let cases: [(&str, &[(&str, &str)]); 9] = [
            ("a=b", &[("a", "b")]),
            ("a=b;", &[("a", "b")]),
            (" a = b ; c_1=d=e ; ", &[("a", "b"), ("c_1", "d=e")]),
            ("a=;b=", &[("a", ""), ("b", "")]),
            ("a=b\r\n\tc;\r\n d=e", &[("a", "b\r\n\tc"), ("d", "e")]),
            ("a=b\r\n", &[("a", "b")]),
            ("a=b;\n\tc=d", &[("a", "b"), ("c", "d")]),
            ("A=1;a=2", &[("A", "1"), ("a", "2")]),
            ("i=é@例え.jp", &[("i", "é@例え.jp")]),
        ];
        for (text, expected) in cases {
            assert_eq!(pairs(text).as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn lists_that_are_not() {
        let s = str::to_owned;
        let cases = [
            ("", TagError::Empty),
            (" ", TagError::Empty),
            (";", TagError::Empty),
            ("a=b;;c=d", TagError::Empty),
            ("a=b;;", TagError::Empty),
            (";a=b", TagError::Empty),
            ("a", TagError::NotATag(s("a"))),
            ("a=b; c", TagError::NotATag(s("c"))),
            ("a=b; A=c; a=d", TagError::Duplicate(s("a"))),
            ("=b", TagError::BadName(s(""))),
            ("1a=b", TagError::BadName(s("1a"))),
            ("_a=b", TagError::BadName(s("_a"))),
            ("a-b=c", TagError::BadName(s("a-b"))),
            ("a b=c", TagError::BadName(s("a b"))),
            ("é=c", TagError::BadName(s("é"))),
            ("a=b\0", TagError::BadValue(s("a"))),
            ("a=b\u{7f}", TagError::BadValue(s("a"))),
            ("a=b\r\nc", TagError::BadValue(s("a"))),
            ("a=b\rc", TagError::BadValue(s("a"))),
            ("a=b\r\n\r\n c", TagError::BadValue(s("a"))),
        ];
        for (text, expected) in cases {
            assert_eq!(pairs(text), Err(expected), "{text:?}");
        }
        assert_eq!(parse(b"a=\xff"), Err(TagError::BadValue(s("a"))));
        assert_eq!(pairs(&"a=b;".repeat(2)), Err(TagError::Duplicate(s("a"))));
        let many: String = (0..=MAX_TAGS).map(|n| format!("t{n}=x;")).collect();
        assert_eq!(pairs(&many), Err(TagError::TooMany));
    }

    #[test]
    fn values_know_their_place() {
        let text = b"a=1; b= x\r\n y ;c=2";
        let tags = parse(text).unwrap();
        assert_eq!(&text[tags[1].range.clone()], b" x\r\n y ");
        assert_eq!(tags[1].packed(), "xy");
        let text = b"b=xyz\r\n";
        assert_eq!(parse(text).unwrap()[0].range, 2..7);
        let list = parse(b"h=from : to\r\n : subject").unwrap();
        assert_eq!(list[0].parts().collect::<Vec<_>>(), ["from", "to", "subject"]);
    }
}

//! Flags of a message: the system flags of IMAP and the keywords that have a meaning to us, as bits.
//! Other keywords are words of people and programs: in localserve the tags of a message.
//! RFC 9051 §2.3.2, RFC 5788, RFC 8621 §4.1.1.

use std::fmt;
use std::ops::BitOr;

/// A set of flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(u32);

const NAMES: [(Flags, &str, &str); 10] = [
    (Flags::SEEN, "\\Seen", "$seen"),
    (Flags::ANSWERED, "\\Answered", "$answered"),
    (Flags::FLAGGED, "\\Flagged", "$flagged"),
    (Flags::DELETED, "\\Deleted", "$deleted"),
    (Flags::DRAFT, "\\Draft", "$draft"),
    (Flags::FORWARDED, "$Forwarded", "$forwarded"),
    (Flags::JUNK, "$Junk", "$junk"),
    (Flags::NOT_JUNK, "$NotJunk", "$notjunk"),
    (Flags::MDN_SENT, "$MDNSent", "$mdnsent"),
    (Flags::PHISHING, "$Phishing", "$phishing"),
];

impl Flags {
    /// No flag.
    pub const NONE: Flags = Flags(0);
    /// Has been read.
    pub const SEEN: Flags = Flags(1);
    /// Has been answered.
    pub const ANSWERED: Flags = Flags(1 << 1);
    /// Marked for attention.
    pub const FLAGGED: Flags = Flags(1 << 2);
    /// To be expunged.
    pub const DELETED: Flags = Flags(1 << 3);
    /// Not finished.
    pub const DRAFT: Flags = Flags(1 << 4);
    /// Was forwarded.
    pub const FORWARDED: Flags = Flags(1 << 5);
    /// The user calls it junk.
    pub const JUNK: Flags = Flags(1 << 6);
    /// The user calls it wanted.
    pub const NOT_JUNK: Flags = Flags(1 << 7);
    /// A disposition notification was sent.
    pub const MDN_SENT: Flags = Flags(1 << 8);
    /// Looks like phishing.
    pub const PHISHING: Flags = Flags(1 << 9);

    /// From what the database holds.
    pub fn from_bits(bits: u32) -> Flags {
        Flags(bits & 0x3ff)
    }

    /// For the database.
    pub fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` are set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These without `other`.
    pub fn without(self, other: Flags) -> Flags {
        Flags(self.0 & !other.0)
    }

    /// The flag of that IMAP or JMAP name, in any case.
    pub fn named(name: &str) -> Option<Flags> {
        NAMES
            .iter()
            .find(|(_, imap, jmap)| imap.eq_ignore_ascii_case(name) || jmap.eq_ignore_ascii_case(name))
            .map(|n| n.0)
    }

    /// IMAP names, in a fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(flag, ..)| self.contains(*flag)).map(|(_, imap, _)| *imap)
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        f.write_str(&names.join(" "))
    }
}

/// Longest keyword in bytes.
pub const MAX_KEYWORD: usize = 64;

/// Most keywords that a message may bring with it.
pub const MAX_KEYWORDS: usize = 20;

/// A keyword as it is kept, in lower case; none unless it is 1 to [`MAX_KEYWORD`] ASCII letters, digits and `._-`.
///
/// Narrower than what IMAP clients may set (RFC 9051 §9, `flag-keyword`): it can be typed and needs no quoting.
pub fn keyword(text: &str) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let valid = (1..=MAX_KEYWORD).contains(&text.len()) && text.bytes().all(allowed);
    valid.then(|| text.to_ascii_lowercase())
}

/// The valid ones of `words`, sorted, each once, at most [`MAX_KEYWORDS`] of them.
pub(crate) fn keywords<'w, W: AsRef<str> + 'w>(words: impl IntoIterator<Item = &'w W>) -> Vec<String> {
    let mut valid: Vec<String> = words.into_iter().filter_map(|word| keyword(word.as_ref())).collect();
    valid.sort();
    valid.dedup();
    valid.truncate(MAX_KEYWORDS);
    valid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_both_ways() {
        for (flag, imap, jmap) in NAMES {
            assert_eq!(Flags::named(imap), Some(flag));
            assert_eq!(Flags::named(&jmap.to_uppercase()), Some(flag));
            assert_eq!(flag.to_string(), imap);
        }
        assert_eq!((Flags::SEEN | Flags::JUNK).to_string(), "\\Seen $Junk");
        assert_eq!((Flags::SEEN | Flags::JUNK).without(Flags::SEEN), Flags::JUNK);
        assert_eq!(Flags::named("$other"), None);
    }
}

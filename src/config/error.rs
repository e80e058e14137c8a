//! What is wrong with a config file, where, and what to write instead; warnings have the same shape.

use std::fmt;
use std::path::PathBuf;

use crate::text::SyntaxFault;
use crate::tree::Position;

/// Most errors collected from one load.
pub const MAX_PROBLEMS: usize = 100;

/// One thing that is wrong or worth knowing.
///
/// Displayed as `mox.conf:12:3: unknown key "Hostnam" in Listeners.public; nearest valid name is "Hostname"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named when loading.
    pub file: PathBuf,
    /// Where in the file; none when the file as a whole is meant.
    pub at: Option<Position>,
    /// The key it is about, as `Listeners.public.IPs[0]`; empty for the top level.
    pub path: String,
    /// What.
    pub fault: Fault,
}

/// A warning: the config is used all the same.
pub type Warning = Problem;

/// What a [`Problem`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The file cannot be read or written: the operating system's words.
    Io(String),
    /// A line that cannot be read.
    Syntax(SyntaxFault),
    /// A key that the section does not have.
    UnknownKey {
        /// As written.
        key: String,
        /// The valid name most like it, if one is.
        nearest: Option<String>,
    },
    /// A key that the section must have.
    Missing(&'static str),
    /// A value that its key does not take: what is expected.
    BadValue(String),
    /// A rule between several fields is broken.
    Rule(String),
    /// Warning: a field whose feature is not there; this many further places of the file have it, too.
    NotBuilt(usize),
    /// Warning: something else worth knowing.
    Notice(String),
}

impl Problem {
    /// What to write instead, for an unknown key.
    pub fn hint(&self) -> Option<&str> {
        match &self.fault {
            Fault::UnknownKey { nearest, .. } => nearest.as_deref(),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(at) = self.at {
            write!(f, "{}:{}:", at.line, at.column)?;
        }
        f.write_str(" ")?;
        let path = if self.path.is_empty() { "the file" } else { &self.path };
        match &self.fault {
            Fault::Io(message) => f.write_str(message),
            Fault::Syntax(fault) => fault.fmt(f),
            Fault::UnknownKey { key, nearest } => {
                write!(f, "unknown key {key:?} in {path}")?;
                match nearest {
                    Some(name) => write!(f, "; nearest valid name is {name:?}"),
                    None => Ok(()),
                }
            }
            Fault::Missing(key) => write!(f, "required key {key:?} is missing in {path}"),
            Fault::BadValue(message) | Fault::Rule(message) | Fault::Notice(message) => {
                write!(f, "{path}: {message}")
            }
            Fault::NotBuilt(more) => {
                write!(f, "{path}: accepted, but its feature is not built yet")?;
                match more {
                    0 => Ok(()),
                    1 => f.write_str("; also in 1 more place"),
                    more => write!(f, "; also in {more} more places"),
                }
            }
        }
    }
}

/// Everything found wrong, by file and position; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errors(pub Vec<Problem>);

impl fmt::Display for Errors {
    /// One problem per line, no newline at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// The candidate most like `word`, if it is like it at all: the number of letters to change, add or drop is at
/// most a third of its length (at least 1); case counts nothing.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (distance(&lower, &c.to_lowercase()), c))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, c)| c)
}

/// Levenshtein distance; words over 100 characters are like nothing.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 100 || b.len() > 100 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, y) in row.iter_mut().skip(1).zip(b.chars()) {
            let best = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_a_likely_typing_error() {
        let names = ["Hostname", "Listeners", "LogLevel", "User", "TLS"];
        let cases = [
            ("Hostnam", Some("Hostname")),
            ("hostname", Some("Hostname")),
            ("Listener", Some("Listeners")),
            ("Usre", None),
            ("Uset", Some("User")),
            ("Whatever", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, names), expected, "{word}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}

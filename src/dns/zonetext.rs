//! Zone-like text, one line at a time: `NAME TYPE DATA [; FLAG]...`, and `NAME ZONE [; FLAG]...`.

use std::time::Duration;

use crate::name::normalize;
use crate::{Record, RecordType};

/// A line of zone text.
#[derive(Debug)]
pub(crate) struct Line {
    /// The owner.
    pub(crate) name: String,
    /// What the flags hold for.
    pub(crate) of: Of,
    /// The record, unless the line has only flags.
    pub(crate) record: Option<Record>,
    /// None when the line has none.
    pub(crate) flags: Option<Flags>,
}

/// What the flags of a line hold for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// `ZONE`: the name is the apex of a zone.
    Zone,
    /// `ANY`: every type of the name.
    Any,
    /// One type of the name.
    Type(RecordType),
}

/// How a name or a type of it misbehaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flags {
    pub(crate) insecure: bool,
    pub(crate) bogus: bool,
    pub(crate) expired: bool,
    pub(crate) servfail: bool,
    pub(crate) delay: Duration,
}

impl Flags {
    /// All that either says.
    pub(crate) fn and(self, other: Flags) -> Flags {
        Flags {
            insecure: self.insecure || other.insecure,
            bogus: self.bogus || other.bogus,
            expired: self.expired || other.expired,
            servfail: self.servfail || other.servfail,
            delay: self.delay.max(other.delay),
        }
    }

    fn parse(text: &str) -> Option<Flags> {
        let mut flags = Flags::default();
        for flag in text.split(';').map(str::trim).filter(|flag| !flag.is_empty()) {
            match flag.split_once(' ').unwrap_or((flag, "")) {
                ("insecure", "") => flags.insecure = true,
                ("bogus", "") => flags.bogus = true,
                ("expired", "") => flags.expired = true,
                ("servfail", "") => flags.servfail = true,
                ("delay", secs) => flags.delay = Duration::from_secs(secs.trim().parse().ok()?),
                _ => return None,
            }
        }
        Some(flags)
    }
}

/// Reads zone text; the error says which line is wrong.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Result<Line, String>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| parse(line).ok_or_else(|| format!("bad zone line: {line}")))
}

fn parse(line: &str) -> Option<Line> {
    let (mut data, flag_text) = split_flags(line);
    let mut word = || {
        let (word, rest) = data.split_once(char::is_whitespace).unwrap_or((data, ""));
        data = rest.trim_start();
        word
    };
    let name = normalize(word()).ok()?;
    let of = match word() {
        word if word.eq_ignore_ascii_case("ANY") => Of::Any,
        word if word.eq_ignore_ascii_case("ZONE") => Of::Zone,
        word => Of::Type(word.parse().ok()?),
    };
    let flags = if flag_text.is_empty() { None } else { Some(Flags::parse(flag_text)?) };
    let record = match (of, data.trim()) {
        (Of::Zone, "") => None,
        (_, "") if flags.is_some() => None,
        (Of::Type(kind), data) => Some(Record::parse(kind, data)?),
        (Of::Zone | Of::Any, _) => return None,
    };
    Some(Line { name, of, record, flags })
}

/// Splits the flags off, at the first `;` outside quotes.
fn split_flags(line: &str) -> (&str, &str) {
    let mut quoted = false;
    let at = line.find(|c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    at.and_then(|at| line.split_at_checked(at)).unwrap_or((line, ""))
}

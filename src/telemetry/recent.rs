//! The latest lines of the log, kept in memory for those who look at them from afar.
//!
//! Invariants: 1. Memory is bounded, in lines and in bytes; the oldest lines go first. 2. Who reads never keeps who logs
//! waiting for longer than it takes to copy pointers. 3. Numbers of lines grow by one and begin at 1.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use mox_clock::Timestamp;
use tracing::Level;

/// Most lines kept.
const LINES: usize = 10_000;
/// Most bytes kept.
const BYTES: usize = 8 << 20;
/// What a line takes besides its text, about.
const OVERHEAD: usize = 96;

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// How important.
    pub level: Level,
    /// Which room, as `smtpserver`.
    pub room: &'static str,
    text: Box<str>,
    /// Where the fields begin in the text.
    fields: usize,
}

impl Entry {
    /// What happened; characters that are not safe to show are escaped.
    pub fn message(&self) -> &str {
        self.text.get(..self.fields).unwrap_or_default()
    }

    /// The facts, as they stand in the log.
    pub fn fields(&self) -> &str {
        self.text.get(self.fields..).unwrap_or_default()
    }

    fn holds(&self, text: &str) -> bool {
        text.is_empty() || self.text.to_lowercase().contains(text)
    }
}

/// Which lines are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// With a smaller number.
    pub before: Option<u64>,
    /// With a larger number, the oldest first; else the newest come first.
    pub after: Option<u64>,
    /// Of this level and worse.
    pub level: Option<Level>,
    /// Of this room.
    pub room: Option<String>,
    /// That hold this text, in either case.
    pub text: String,
    /// So many at most.
    pub limit: usize,
}

impl Wanted {
    fn takes(&self, entry: &Entry) -> bool {
        self.level.is_none_or(|level| entry.level <= level)
            && self.room.as_ref().is_none_or(|room| entry.room == room)
            && entry.holds(&self.text)
    }
}

/// Lines that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The lines.
    pub lines: Vec<Arc<Entry>>,
    /// There are more beyond the last of these.
    pub more: bool,
    /// Number of the newest line of all; 0 while there is none.
    pub newest: u64,
    /// Number of the oldest line that is kept; 0 while there is none.
    pub oldest: u64,
    /// Rooms that lines are kept of.
    pub rooms: BTreeSet<&'static str>,
}

/// The latest lines.
#[derive(Debug)]
pub struct Recent {
    kept: Mutex<Kept>,
    lines: usize,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    last: u64,
}

/// Those of this process: nothing before [`crate::install`].
pub fn recent() -> &'static Recent {
    static RECENT: OnceLock<Recent> = OnceLock::new();
    RECENT.get_or_init(|| Recent::new(LINES, BYTES))
}

impl Recent {
    /// Keeps so many lines and about so many bytes at most.
    pub(crate) fn new(lines: usize, bytes: usize) -> Recent {
        Recent { kept: Mutex::default(), lines, bytes }
    }

    /// Keeps a line.
    pub(crate) fn keep(&self, at: Timestamp, level: Level, room: &'static str, message: &str, fields: &str) {
        let text = [message, fields].concat().into_boxed_str();
        let size = text.len() + OVERHEAD;
        let mut kept = self.kept();
        kept.last += 1;
        let entry = Entry { seq: kept.last, at, level, room, text, fields: message.len() };
        kept.entries.push_back(Arc::new(entry));
        kept.bytes += size;
        while kept.entries.len() > self.lines || kept.bytes > self.bytes {
            let Some(gone) = kept.entries.pop_front() else { break };
            kept.bytes = kept.bytes.saturating_sub(gone.text.len() + OVERHEAD);
        }
    }

    /// Number of the newest line; 0 while there is none.
    pub fn newest(&self) -> u64 {
        self.kept().last
    }

    /// Looks lines up.
    pub fn find(&self, wanted: &Wanted) -> Found {
        let wanted = Wanted { text: wanted.text.to_lowercase(), ..wanted.clone() };
        let (entries, newest) = {
            let kept = self.kept();
            (kept.entries.iter().cloned().collect::<Vec<_>>(), kept.last)
        };
        let rooms = entries.iter().map(|entry| entry.room).collect();
        let oldest = entries.first().map_or(0, |entry| entry.seq);
        let within = |entry: &&Arc<Entry>| {
            wanted.before.is_none_or(|before| entry.seq < before)
                && wanted.after.is_none_or(|after| entry.seq > after)
                && wanted.takes(entry)
        };
        let take = wanted.limit.saturating_add(1);
        let mut lines: Vec<Arc<Entry>> = match wanted.after {
            Some(_) => entries.iter().filter(within).take(take).cloned().collect(),
            None => entries.iter().rev().filter(within).take(take).cloned().collect(),
        };
        let more = lines.len() > wanted.limit;
        lines.truncate(wanted.limit);
        Found { lines, more, newest, oldest, rooms }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(lines: usize, bytes: usize, count: i64) -> Recent {
        let recent = Recent::new(lines, bytes);
        for n in 1..=count {
            let (level, room) = if n % 3 == 0 { (Level::WARN, "queue") } else { (Level::INFO, "smtpserver") };
            recent.keep(Timestamp::from_secs(n), level, room, "session ended", &format!("cid={n:x} N={n}"));
        }
        recent
    }

    fn seqs(found: &Found) -> Vec<u64> {
        found.lines.iter().map(|entry| entry.seq).collect()
    }

    #[test]
    fn lines_are_found_from_both_ends() {
        let recent = filled(100, 1 << 20, 10);
        let all = Wanted { limit: 3, ..Wanted::default() };
        let found = recent.find(&all);
        assert_eq!((seqs(&found), found.more, found.newest, found.oldest), (vec![10, 9, 8], true, 10, 1));
        assert_eq!(found.rooms.into_iter().collect::<Vec<_>>(), ["queue", "smtpserver"]);
        let page = recent.find(&Wanted { before: Some(4), ..all.clone() });
        assert_eq!((seqs(&page), page.more), (vec![3, 2, 1], false));
        let since = recent.find(&Wanted { after: Some(5), ..all.clone() });
        assert_eq!((seqs(&since), since.more), (vec![6, 7, 8], true));
        let warnings = recent.find(&Wanted { level: Some(Level::WARN), ..all.clone() });
        assert_eq!(seqs(&warnings), [9, 6, 3]);
        let room = recent.find(&Wanted { room: Some("queue".into()), before: Some(9), ..all.clone() });
        assert_eq!(seqs(&room), [6, 3]);
        let text = recent.find(&Wanted { text: "n=10".into(), ..all });
        assert_eq!(seqs(&text), [10]);
        assert_eq!((text.lines[0].message(), text.lines[0].fields()), ("session ended", "cid=a N=10"));
    }

    #[test]
    fn memory_is_bounded_by_lines_and_by_bytes() {
        let wanted = Wanted { limit: 1000, ..Wanted::default() };
        assert_eq!(seqs(&filled(4, 1 << 20, 10).find(&wanted)), [10, 9, 8, 7]);
        let by_bytes = filled(1000, 3 * (OVERHEAD + 30), 10);
        assert_eq!(by_bytes.find(&wanted).lines.len(), 3);
        assert_eq!(Recent::new(4, 100).find(&wanted), Found::default());
    }
}

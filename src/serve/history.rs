//! Earlier texts of `domains.conf`: one file a change, below `config-versions` in the data folder.
//!
//! Each holds the text that a change replaced, behind one line of comment that says which change and when; so each
//! is a valid `domains.conf` by itself. Numbers only grow; the oldest go when there are more than [`KEPT`].

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mox_admin::Time;
use mox_admin::ops::ConfigVersion;
use mox_clock::{Clock, Timestamp};
use mox_platform::files::{Access, create_private_dir, write_durably};

/// Folder in the data folder.
pub(crate) const FOLDER: &str = "config-versions";
/// Most versions kept.
pub(crate) const KEPT: usize = 100;
/// Longest description of a change in bytes.
const CHANGE_MAX: usize = 300;
/// Between the parts of the first line.
const REPLACED: &str = ", replaced at ";

/// The versions in a data folder.
pub(crate) struct History {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
}

impl History {
    pub(crate) fn new(data: &Path, clock: Arc<dyn Clock>) -> History {
        History { folder: data.join(FOLDER), clock }
    }

    /// Keeps a text that `change` replaces; gives its number.
    pub(crate) fn keep(&self, text: &str, change: &str) -> io::Result<u64> {
        create_private_dir(&self.folder)?;
        let known = self.numbers()?;
        let version = known.last().copied().unwrap_or(0) + 1;
        let head =
            format!("# version {version}{REPLACED}{} by: {}\n", self.clock.now().rfc3339(), line(change));
        write_durably(&self.file(version), (head + text).as_bytes(), Access::Private)?;
        let surplus = (known.len() + 1).saturating_sub(KEPT);
        // One that stays by mishap goes the next time.
        known.iter().take(surplus).for_each(|old| drop(fs::remove_file(self.file(*old))));
        Ok(version)
    }

    /// Takes a version away whose change was not made.
    pub(crate) fn forget(&self, version: u64) {
        // One that stays says nothing wrong: its text is still the one in effect.
        let _ = fs::remove_file(self.file(version));
    }

    /// All versions, newest first. Files that are not of this shape are passed over.
    pub(crate) fn list(&self) -> io::Result<Vec<ConfigVersion>> {
        let numbers = self.numbers()?;
        let read = |version: &u64| self.read(*version).ok().flatten().map(|(head, _)| head);
        Ok(numbers.iter().rev().filter_map(read).collect())
    }

    /// A version with its text; none if there is none of that number.
    pub(crate) fn read(&self, version: u64) -> io::Result<Option<(ConfigVersion, String)>> {
        let text = match fs::read_to_string(self.file(version)) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let parsed = text.split_once('\n').and_then(|(head, text)| Some((heading(head, version)?, text)));
        let Some(((at, change), text)) = parsed else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "its first line is not that of a version",
            ));
        };
        let (change, size) = (change.to_owned(), text.len() as u64);
        Ok(Some((ConfigVersion { version, at: Time(at), change, size }, text.to_owned())))
    }

    /// The numbers there are, ascending.
    fn numbers(&self) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let number = |entry: io::Result<fs::DirEntry>| {
            entry.ok()?.file_name().to_str()?.strip_suffix(".conf")?.parse::<u64>().ok()
        };
        let mut numbers: Vec<u64> = entries.filter_map(number).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn file(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version:06}.conf"))
    }
}

/// Time and change of a first line.
fn heading(head: &str, version: u64) -> Option<(Timestamp, &str)> {
    let rest = head.strip_prefix(&format!("# version {version}{REPLACED}"))?;
    let (at, change) = rest.split_once(" by: ")?;
    Some((Timestamp::parse_rfc3339(at)?, change))
}

/// A description that fits one line.
fn line(change: &str) -> String {
    let mut text: String = change.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    while text.len() > CHANGE_MAX {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_platform::SystemClock;

    fn history(dir: &Path) -> History {
        History::new(dir, Arc::new(SystemClock))
    }

    #[test]
    fn texts_come_back_byte_for_byte_and_the_oldest_go() {
        let dir = tempfile::tempdir().unwrap();
        let history = history(dir.path());
        assert_eq!(history.list().unwrap(), []);
        assert_eq!(history.read(1).unwrap(), None);
        for n in 1..=KEPT as u64 + 2 {
            assert_eq!(history.keep(&format!("# {n}\r\nA: b"), "account\nadd bob").unwrap(), n);
        }
        let all = history.list().unwrap();
        assert_eq!((all.len(), all[0].version, all[KEPT - 1].version), (KEPT, 102, 3));
        assert_eq!(all[0].change, "account add bob");
        assert_eq!(history.read(102).unwrap().unwrap().1, "# 102\r\nA: b");
        assert_eq!(history.read(2).unwrap(), None);
        history.forget(102);
        assert_eq!(history.keep("", "x").unwrap(), 102);
    }

    #[test]
    fn what_is_not_a_version_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let history = history(dir.path());
        history.keep("A: b\n", "one").unwrap();
        fs::write(dir.path().join(FOLDER).join("000007.conf"), "A: b\n").unwrap();
        fs::write(dir.path().join(FOLDER).join("notes.txt"), "mine").unwrap();
        assert_eq!(history.list().unwrap().len(), 1);
        assert!(history.read(7).is_err());
        assert_eq!(history.keep("", "x").unwrap(), 8);
    }
}

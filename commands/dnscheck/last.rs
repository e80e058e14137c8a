//! The last run of `mox dnscheck` for a domain, kept in the user's cache folder, and what changed since.

use std::path::PathBuf;

use mox_address::Domain;
use mox_dnscheck::Finding;
use serde::{Deserialize, Serialize};

/// Most bytes of a kept run that are read.
const MAX_KEPT: u64 = 1 << 20;

/// A finding that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// `new` or `gone`.
    pub(super) change: &'static str,
    pub(super) id: String,
    pub(super) severity: String,
    pub(super) subject: String,
}

/// What of a finding tells it from others: texts may differ from run to run, as the order of answers does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    id: String,
    severity: String,
    subject: String,
}

impl Kept {
    fn of(finding: &Finding) -> Kept {
        Kept {
            id: finding.id.to_owned(),
            severity: finding.severity.to_string(),
            subject: finding.subject.clone(),
        }
    }

    fn changed(&self, change: &'static str) -> Change {
        let Kept { id, severity, subject } = self.clone();
        Change { change, id, severity, subject }
    }
}

/// What changed since the last run, and keeps this one; none when there was no run. A folder that cannot be written
/// is no failure of the check.
pub(super) fn compare(domain: &Domain, findings: &[Finding]) -> Option<Vec<Change>> {
    let file = file(domain)?;
    let before = read(&file);
    let now: Vec<Kept> = findings.iter().map(Kept::of).collect();
    keep(&file, &now);
    Some(changes(&before?, &now))
}

fn changes(before: &[Kept], now: &[Kept]) -> Vec<Change> {
    let new = now.iter().filter(|kept| !before.contains(kept)).map(|kept| kept.changed("new"));
    let gone = before.iter().filter(|kept| !now.contains(kept)).map(|kept| kept.changed("gone"));
    new.chain(gone).collect()
}

fn file(domain: &Domain) -> Option<PathBuf> {
    Some(mox_platform::paths::cache_dir()?.join("dnscheck").join(format!("{}.json", domain.ascii())))
}

fn read(file: &std::path::Path) -> Option<Vec<Kept>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(file).ok()?.take(MAX_KEPT).read_to_end(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn keep(file: &std::path::Path, now: &[Kept]) {
    if let (Some(folder), Ok(json)) = (file.parent(), serde_json::to_vec(now)) {
        let _ = std::fs::create_dir_all(folder);
        let _ = std::fs::write(file, json);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_and_what_went_is_told() {
        let kept = |id: &str, severity: &str| Kept {
            id: id.to_owned(),
            severity: severity.to_owned(),
            subject: "example.org".to_owned(),
        };
        let before = [kept("spf", "ok"), kept("mx", "ok")];
        let now = [kept("mx", "ok"), kept("spf-missing", "error")];
        let told: Vec<(&str, String)> =
            changes(&before, &now).into_iter().map(|change| (change.change, change.id)).collect();
        assert_eq!(told, [("new", "spf-missing".to_owned()), ("gone", "spf".to_owned())]);
        assert_eq!(changes(&now, &now), []);
    }
}

//! The texts of both files, what is wrong with them, and whole new texts that began as one of them.
//!
//! Who looks at them sees no passwords: `***` stands for them, and is what the file has when such a text comes back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mox_admin::ops::{ConfigCheck, ConfigChecked, ConfigFile, ConfigProblem, ConfigText, ConfigTexts};
use mox_admin::{OpError, Operations};
use mox_config::edit::Error;
use mox_config::secrets::{HIDDEN, hide, places};
use mox_config::tree::{Tree, parse};
use mox_config::{Config, Errors, Problem};

use crate::desk::{Desk, diff, refused};

pub(super) fn add(operations: Operations, desk: &Arc<Desk>) -> Operations {
    let (show, check) = (desk.clone(), desk.clone());
    operations
        .on(move |_: ConfigText| shown(show.clone()))
        .on(move |op: ConfigCheck| checked(check.clone(), op))
}

async fn shown(desk: Arc<Desk>) -> Result<ConfigTexts, OpError> {
    desk.work(|desk| {
        let config = desk.config.load();
        let (errors, warnings) = match Config::load(&config.file) {
            Ok((_, warnings)) => (Vec::new(), problems(&warnings)),
            Err(Errors(errors)) => (problems(&errors), Vec::new()),
        };
        Ok(ConfigTexts {
            server: file(&config.file, config.server_text()),
            domains: file(&config.dynamic_file, config.dynamic_text()),
            valid: errors.is_empty(),
            errors,
            warnings,
        })
    })
    .await
}

/// Why the files on disk, changed since `config` was read of them, cannot take its place; none while they could, or are
/// the same. Reads the disk.
pub(super) fn unusable(config: &Config) -> Option<String> {
    let same = |path: &Path, text: &str| fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes());
    if same(&config.file, config.server_text()) && same(&config.dynamic_file, config.dynamic_text()) {
        return None;
    }
    let Errors(errors) = Config::load(&config.file).err()?;
    let first = errors.first().map_or_else(|| "it cannot be read".to_owned(), ToString::to_string);
    Some(match errors.len() {
        0 | 1 => first,
        all => format!("{first} (and {} more)", all - 1),
    })
}

/// A file as it is on disk; where that cannot be read, as it is in effect.
fn file(path: &Path, in_effect: &str) -> ConfigFile {
    let on_disk = fs::read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let text = on_disk.as_deref().unwrap_or(in_effect);
    ConfigFile {
        path: path.display().to_string(),
        text: hide(text),
        base: base(text),
        in_effect: text == in_effect,
    }
}

fn problems(found: &[Problem]) -> Vec<ConfigProblem> {
    let problem = |problem: &Problem| ConfigProblem {
        file: problem.file.display().to_string(),
        line: problem.at.map(|at| at.line),
        column: problem.at.map(|at| at.column),
        key: problem.path.clone(),
        message: problem.to_string(),
        nearest: problem.hint().map(str::to_owned),
    };
    found.iter().map(problem).collect()
}

async fn checked(desk: Arc<Desk>, op: ConfigCheck) -> Result<ConfigChecked, OpError> {
    desk.work(move |desk| {
        let path = &desk.config.load().dynamic_file;
        let now = fs::read(path).map_err(|e| OpError::failed(format!("{}: {e}", path.display())))?;
        let now = String::from_utf8_lossy(&now).into_owned();
        let typed = with_line_ends(&op.text, &now);
        let mut answer = ConfigChecked {
            stale: op.base != base(&now),
            valid: false,
            errors: Vec::new(),
            warnings: Vec::new(),
            diff: diff("domains.conf", &now, "domains.conf (changed)", &typed),
            base: base(&now),
        };
        let planned = match edited(&op.text, &now, path) {
            Ok(text) => desk.config.plan_text(text),
            Err(hidden) => {
                answer.errors = hidden;
                return Ok(answer);
            }
        };
        match planned {
            Ok(plan) => {
                answer.valid = true;
                answer.warnings = problems(&plan.config().warnings);
            }
            Err(Error::Invalid(Errors(errors))) => answer.errors = problems(&errors),
            Err(e) => return Err(refused(e)),
        }
        Ok(answer)
    })
    .await
}

/// Stands for a text: who edits it names this.
pub(crate) fn base(text: &str) -> String {
    // FNV-1a: it finds changes, it need not withstand forgery.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}-{}", text.len())
}

/// The text that an edit means: with the passwords of the file as it is now, and its line ends. Else where a password is
/// that the file does not have.
pub(crate) fn edited(text: &str, now: &str, path: &Path) -> Result<String, Vec<ConfigProblem>> {
    let text = with_line_ends(text, now);
    // What cannot be read has no place for passwords; the check says what is wrong with it.
    let Ok(mut tree) = parse(text.as_bytes()) else { return Ok(text) };
    let current = parse(now.as_bytes()).ok();
    let mut unknown = Vec::new();
    for place in places(&tree) {
        let steps: Vec<&str> = place.iter().map(String::as_str).collect();
        if tree.scalar(&steps) != Some(HIDDEN) {
            continue;
        }
        let known = current.as_ref().and_then(|tree| tree.scalar(&steps)).map(str::to_owned);
        let set = known.is_some_and(|secret| tree.set(&steps, &secret).is_ok());
        if !set {
            unknown.push(unknown_secret(&tree, &place, path));
        }
    }
    if unknown.is_empty() { Ok(tree.text().to_owned()) } else { Err(unknown) }
}

fn unknown_secret(tree: &Tree, place: &[String], path: &Path) -> ConfigProblem {
    let at = tree.locate(place);
    let key = place.join(".");
    let what =
        format!("{HIDDEN} stands for what the file has here, and it has nothing: write the value itself");
    ConfigProblem {
        file: path.display().to_string(),
        line: Some(at.line),
        column: Some(at.column),
        message: format!("{}:{}:{}: {key}: {what}", path.display(), at.line, at.column),
        key,
        nearest: None,
    }
}

/// Browsers end lines in their own way, files in theirs.
fn with_line_ends(text: &str, like: &str) -> String {
    let text = text.replace("\r\n", "\n");
    if like.contains("\r\n") { text.replace('\n', "\r\n") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "Domains:\n\tx.example: nil\nAccounts:\n\tamy:\n\t\tDomain: x.example\n\t\t# Authorization: old one\n\t\tOutgoingWebhook:\n\t\t\tURL: http://localhost/\n\t\t\tAuthorization: Basic c2VjcmV0\n";

    #[test]
    fn files_that_cannot_take_the_place_of_what_is_in_effect_are_told() {
        let dir = tempfile::tempdir().unwrap();
        let (server, domains) = (dir.path().join("mox.conf"), dir.path().join("domains.conf"));
        let text =
            "DataDir: d\nHostname: h.example\nListeners: nil\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";
        let good = "Domains:\n\th.example: nil\nAccounts:\n\ta:\n\t\tDomain: h.example\n";
        fs::write(&server, text).unwrap();
        fs::write(&domains, good).unwrap();
        let config = Config::load(&server).unwrap().0;
        assert_eq!(unusable(&config), None);
        fs::write(&domains, format!("{good}\tb:\n\t\tDomain: h.example\n")).unwrap();
        assert_eq!(unusable(&config), None, "read soon");
        fs::write(&domains, format!("{good}Accounts: nil\n")).unwrap();
        let error = unusable(&config).unwrap();
        assert!(error.ends_with("domains.conf:6:1: duplicate key \"Accounts\", first in line 3"), "{error}");
        fs::write(&domains, good).unwrap();
        fs::write(&server, format!("{text}Foo: 1\nBar: 2\n")).unwrap();
        let error = unusable(&config).unwrap();
        assert!(error.contains("mox.conf:7:1: unknown key") && error.ends_with("(and 1 more)"), "{error}");
        fs::remove_file(&server).unwrap();
        assert!(unusable(&config).unwrap().contains("cannot be read"));
    }

    #[test]
    fn passwords_are_hidden_and_come_back() {
        let shown = hide(NOW);
        assert!(!shown.contains("c2VjcmV0") && !shown.contains("old one"), "{shown}");
        assert!(shown.contains("\t\t\tAuthorization: ***\n"), "{shown}");
        let path = Path::new("domains.conf");
        let mended = edited(&shown.replace("localhost", "127.0.0.1"), NOW, path).unwrap();
        assert!(
            mended.contains("Authorization: Basic c2VjcmV0\n") && mended.contains("127.0.0.1"),
            "{mended}"
        );
        let own = edited(&shown.replace("\t\t\tAuthorization: ***", "\t\t\tAuthorization: new"), NOW, path)
            .unwrap();
        assert!(own.contains("Authorization: new\n"), "{own}");
        let other = edited(&shown.replace("\tamy:", "\tbob:"), NOW, path).unwrap_err();
        assert_eq!(
            (other[0].line, other[0].key.as_str()),
            (Some(9), "Accounts.bob.OutgoingWebhook.Authorization")
        );
        assert!(other[0].message.contains("write the value itself"), "{other:?}");
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        assert_eq!(with_line_ends("a\r\nb\n", "x\ny"), "a\nb\n");
        assert_eq!(with_line_ends("a\r\nb\n", "x\r\n"), "a\r\nb\r\n");
        assert_ne!(base("a"), base("b"));
    }
}

//! Changes to `domains.conf` by commands: the text is edited, checked as a whole, and put in place at once.
//!
//! Comments, blank lines and order stay. The file is written beside the old one, synced and renamed over it, so a
//! crash leaves the old or the new one. A file that does not load, before or after the edit, is not written.

use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use mox_platform::files::replace_durably;

use crate::error::{Errors, Warning};
use crate::load::{Config, read};
use crate::reload::{Handle, Stamp};
use crate::tree::{EditError, SyntaxError, Tree, parse};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file on disk cannot be edited as it is.
    #[error("domains.conf has an error, mend it first: {0}")]
    Unreadable(SyntaxError),
    /// The file on disk breaks rules; positions are those of it.
    #[error("domains.conf has errors, mend them first: {0}")]
    Bad(Errors),
    /// `domains.conf` cannot be read or written.
    #[error("domains.conf: {0}")]
    Io(String),
    /// The edit names something that is not there, or is there already.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The edited file would break rules; positions are those of the edited text.
    #[error("the change would make domains.conf invalid: {0}")]
    Invalid(Errors),
    /// Somebody else changed the file between [`Handle::plan`] and [`Handle::apply`].
    #[error("domains.conf was changed by someone else meanwhile; try again")]
    Changed,
}

/// The file as it is on disk, to be edited.
#[derive(Debug)]
pub struct Draft {
    /// The text to edit.
    pub tree: Tree,
    /// What the file on disk says now; it may be newer than what is in effect.
    pub config: Config,
}

/// An edit that was checked and is not written yet.
#[derive(Debug)]
pub struct Plan {
    /// Text before, as it is on disk.
    pub before: String,
    /// Text after.
    pub after: String,
    config: Config,
}

impl Plan {
    /// The config that the edit leads to.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

impl Handle {
    /// Reads the file on disk for an edit; it must be valid. Keys of DKIM are not read.
    pub fn draft(&self) -> Result<Draft, Error> {
        let current = self.load();
        let bytes = read(&current.dynamic_file).map_err(Error::Io)?;
        let tree = parse(&bytes).map_err(|faults| match faults.into_iter().next() {
            Some(first) => Error::Unreadable(first),
            None => Error::Io("not readable".into()),
        })?;
        let config = current.with_dynamic(Ok(bytes)).map_err(Error::Bad)?;
        Ok(Draft { tree, config })
    }

    /// Checks an edited draft without its DKIM keys, for files that are not written yet; gives the text.
    pub fn preview(&self, draft: &Draft) -> Result<(String, Vec<Warning>), Error> {
        let after = draft.tree.text().to_owned();
        let config = self.load().with_dynamic(Ok(after.clone().into_bytes())).map_err(Error::Invalid)?;
        Ok((after, config.warnings))
    }

    /// Checks an edited draft.
    pub fn check(&self, draft: Draft) -> Result<Plan, Error> {
        self.checked(draft.config.dynamic_text().to_owned(), draft.tree.text().to_owned())
    }

    /// Edits a copy of `domains.conf` and checks the result; for a dry run this is all.
    pub fn plan(&self, edit: impl FnOnce(&mut Tree) -> Result<(), EditError>) -> Result<Plan, Error> {
        let mut draft = self.draft()?;
        edit(&mut draft.tree)?;
        self.check(draft)
    }

    /// Checks a whole new text; the one on disk may be wrong.
    pub fn plan_text(&self, after: String) -> Result<Plan, Error> {
        let before = read(&self.load().dynamic_file).map_err(Error::Io)?;
        let before = String::from_utf8(before)
            .map_err(|_| Error::Io("not UTF-8 text: mend or replace it by hand".into()))?;
        self.checked(before, after)
    }

    fn checked(&self, before: String, after: String) -> Result<Plan, Error> {
        let config = self.load().with_dynamic(Ok(after.clone().into_bytes()));
        let config = config.and_then(Config::with_keys).map_err(Error::Invalid)?;
        Ok(Plan { before, after, config })
    }

    /// Writes a planned edit and puts it in effect. Blocks on the disk.
    pub fn apply(&self, plan: Plan) -> Result<Vec<Warning>, Error> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let file = &plan.config.dynamic_file;
        if read(file).map_err(Error::Io)? != plan.before.as_bytes() {
            return Err(Error::Changed);
        }
        replace(file, plan.after.as_bytes()).map_err(|e| Error::Io(format!("cannot be written: {e}")))?;
        *seen = Stamp::of(file);
        let warnings = plan.config.warnings.clone();
        self.store(plan.config);
        Ok(warnings)
    }
}

/// Puts new content in place with the owner and the rights of the old file; a symbolic link stays one.
fn replace(file: &Path, content: &[u8]) -> std::io::Result<()> {
    replace_durably(&fs::canonicalize(file)?, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;
    use crate::ser::to_value;

    const SERVER: &str =
        "DataDir: d\nHostname: h.example\nListeners: nil\nPostmaster:\n\tAccount: a\n\tMailbox: Inbox\n";
    const DYNAMIC: &str = "# ours\nDomains:\n\th.example: nil\n";
    const ACCOUNTS: &str = "\nAccounts:\n\t# the first\n\ta:\n\t\tDomain: h.example\n\n# the end\n";

    fn handle(dir: &Path) -> Handle {
        fs::write(dir.join("mox.conf"), SERVER).unwrap();
        fs::write(dir.join("domains.conf"), format!("{DYNAMIC}{ACCOUNTS}")).unwrap();
        Handle::new(Config::load(dir).unwrap_or_else(|e| panic!("{e}")).0)
    }

    #[test]
    fn an_account_is_added_and_all_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let handle = handle(dir.path());
        let mut account = Account::new("h.example".parse().unwrap());
        account.destinations.insert("b@h.example".into(), Default::default());
        let plan = handle.plan(|tree| tree.insert(&["Accounts", "b"], &to_value(&account))).unwrap();
        assert!(plan.config().dynamic.accounts.contains_key("b"));
        assert!(!handle.load().dynamic.accounts.contains_key("b"));
        handle.apply(plan).unwrap();
        assert_eq!(handle.load().dynamic.accounts["b"], account);
        assert_eq!(handle.reload_if_changed(), Ok(None));
        let expected = format!("{DYNAMIC}{ACCOUNTS}").replace(
            "h.example\n\n# the end",
            "h.example\n\tb:\n\t\tDomain: h.example\n\t\tDestinations:\n\t\t\tb@h.example: nil\n\n# the end",
        );
        assert_eq!(fs::read_to_string(dir.path().join("domains.conf")).unwrap(), expected);
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }

    #[test]
    fn bad_edits_and_stale_plans_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let handle = handle(dir.path());
        let removed = handle.plan(|tree| tree.remove(&["Accounts", "a"]));
        let Err(Error::Invalid(errors)) = removed else { panic!("{removed:?}") };
        assert!(
            errors.to_string().contains("mox.conf:5:2: Postmaster.Account: account \"a\" is not in"),
            "{errors}"
        );
        assert!(matches!(handle.plan(|tree| tree.remove(&["Accounts", "b"])), Err(Error::Edit(_))));

        let plan = handle.plan(|tree| tree.set(&["Accounts", "a", "FullName"], "A")).unwrap();
        let other = format!("{DYNAMIC}{ACCOUNTS}# edited by hand\n");
        fs::write(dir.path().join("domains.conf"), &other).unwrap();
        assert!(matches!(handle.apply(plan), Err(Error::Changed)));
        assert_eq!(fs::read_to_string(dir.path().join("domains.conf")).unwrap(), other);
    }
}

//! Where `domains.conf` is changed: one change after another, each checked, compared and kept in the history.
//!
//! In a server it has the server's store; without one, as commands use it while no server runs, it takes the lock of
//! the data folder before it writes and opens the store when that is needed ([`Desk::offline`]).
//! The change of a text is the same in both.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_admin::ops::ConfigChanged;
use mox_admin::{Dispatch, ErrorKind, OpError, Operations};
use mox_clock::{Clock, Random};
use mox_config::edit::{Draft, Error, Plan};
use mox_config::secrets::{hide, hide_both};
use mox_config::tree::EditError;
use mox_config::{Config, Errors, Fault, Handle, Warning};
use mox_platform::DirLock;
use mox_store::Store;
use tokio::sync::OnceCell;

use crate::history::History;
use crate::operations::configtext;

/// How often a change is tried that others get in the way of.
const TRIES: usize = 5;
/// How long another process may hold the data folder, and how often it is looked at.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// Changes the configuration.
pub(crate) struct Desk {
    pub(crate) config: Arc<Handle>,
    pub(crate) history: History,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    data: PathBuf,
    /// None while no server runs.
    store: Option<Store>,
    lock: OnceCell<DirLock>,
    opened: OnceCell<Store>,
    /// One change at a time.
    turn: Mutex<()>,
}

impl Desk {
    /// The desk of a server.
    pub(crate) fn new(
        config: Arc<Handle>,
        store: Option<Store>,
        data: &Path,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Arc<Desk> {
        Arc::new(Desk {
            history: History::new(data, clock.clone()),
            config,
            clock,
            random,
            data: data.to_owned(),
            store,
            lock: OnceCell::new(),
            opened: OnceCell::new(),
            turn: Mutex::new(()),
        })
    }

    /// Makes sure that no other process writes: a server has the lock, others take it now.
    pub(crate) async fn hold(&self) -> Result<(), OpError> {
        if self.store.is_some() {
            return Ok(());
        }
        self.lock.get_or_try_init(|| self.acquire()).await.map(|_| ())
    }

    async fn acquire(&self) -> Result<DirLock, OpError> {
        let until = self.clock.monotonic() + PATIENCE;
        mox_platform::files::create_private_dir(&self.data)
            .map_err(|e| OpError::failed(format!("{}: {e}", self.data.display())))?;
        loop {
            match DirLock::acquire(&self.data) {
                Ok(lock) => {
                    // Another command may have changed it while this one waited. A bad file is told of later.
                    let config = self.config.clone();
                    let _ = tokio::task::spawn_blocking(move || config.reload()).await;
                    return Ok(lock);
                }
                Err(mox_platform::LockError::Held { .. }) if self.clock.monotonic() < until => {
                    self.clock.sleep(LOOK).await;
                }
                Err(e) => {
                    return Err(OpError::failed(e).hint("is a server starting or stopping? try again then"));
                }
            }
        }
    }

    /// The store.
    pub(crate) async fn store(&self) -> Result<Store, OpError> {
        if let Some(store) = &self.store {
            return Ok(store.clone());
        }
        self.hold().await?;
        let open = async || {
            let (data, clock, random) = (self.data.clone(), self.clock.clone(), self.random.clone());
            let opened = tokio::task::spawn_blocking(move || crate::house::open_store(&data, clock, random));
            let store = opened.await.map_err(OpError::failed)?.map_err(OpError::failed)?;
            store.start_accounts_with(crate::house::first_mailboxes(&self.config.load()));
            Ok(store)
        };
        self.opened.get_or_try_init(open).await.cloned()
    }

    /// The store, unless there is none yet.
    pub(crate) async fn store_if_any(&self) -> Result<Option<Store>, OpError> {
        if self.store.is_none() && !self.data.join("mox.db").is_file() {
            return Ok(None);
        }
        self.store().await.map(Some)
    }

    /// What the file on disk says now.
    pub(crate) async fn draft(self: &Arc<Self>) -> Result<Draft, OpError> {
        self.work(|desk| desk.config.draft().map_err(refused)).await
    }

    /// Does something that blocks on the disk.
    pub(crate) async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Desk) -> Result<T, OpError> + Send + 'static,
    ) -> Result<T, OpError> {
        let desk = self.clone();
        tokio::task::spawn_blocking(move || work(&desk)).await.map_err(OpError::failed)?
    }

    /// Edits `domains.conf`; the edit gives notes for the answer. `what` says what is done, in the history.
    pub(crate) async fn change<F>(
        self: &Arc<Self>,
        what: String,
        dry_run: bool,
        edit: F,
    ) -> Result<ConfigChanged, OpError>
    where
        F: Fn(&mut Draft) -> Result<Vec<String>, OpError> + Send + 'static,
    {
        if dry_run {
            return self.preview(what, edit).await;
        }
        self.hold().await?;
        let work = move |desk: &Desk| {
            desk.in_turn(&what, |config| {
                let mut draft = config.draft().map_err(Stop::Config)?;
                let notes = edit(&mut draft).map_err(Stop::Op)?;
                Ok((config.check(draft).map_err(Stop::Config)?, notes))
            })
        };
        self.work(work).await
    }

    /// What an edit would change; keys of DKIM that it names need not be there.
    pub(crate) async fn preview<F>(self: &Arc<Self>, what: String, edit: F) -> Result<ConfigChanged, OpError>
    where
        F: Fn(&mut Draft) -> Result<Vec<String>, OpError> + Send + 'static,
    {
        let work = move |desk: &Desk| {
            let mut draft = desk.config.draft().map_err(refused)?;
            let notes = edit(&mut draft)?;
            let (after, warnings) = desk.config.preview(&draft).map_err(refused)?;
            let mut answer = changed(what, true, draft.config.dynamic_text(), &after, notes);
            answer.warnings = new_warnings(&draft.config.warnings, &warnings);
            Ok(answer)
        };
        self.work(work).await
    }

    /// Puts a whole text in the place of the file.
    pub(crate) async fn replace(
        self: &Arc<Self>,
        what: String,
        dry_run: bool,
        text: String,
    ) -> Result<ConfigChanged, OpError> {
        if !dry_run {
            self.hold().await?;
        }
        let work = move |desk: &Desk| {
            if dry_run {
                let plan = desk.config.plan_text(text).map_err(refused)?;
                let mut answer = changed(what, true, &plan.before, &plan.after, Vec::new());
                answer.warnings = new_warnings(&desk.config.load().warnings, &plan.config().warnings);
                return Ok(answer);
            }
            desk.in_turn(&what, |config| {
                Ok((config.plan_text(text.clone()).map_err(Stop::Config)?, Vec::new()))
            })
        };
        self.work(work).await
    }

    /// Puts an edited text in the place of the file, unless that is no longer the one that was edited.
    pub(crate) async fn replace_edited(
        self: &Arc<Self>,
        what: String,
        dry_run: bool,
        text: String,
        base: String,
    ) -> Result<ConfigChanged, OpError> {
        if !dry_run {
            self.hold().await?;
        }
        let work = move |desk: &Desk| {
            let plan = |config: &Handle| desk.plan_edited(config, &text, &base);
            if !dry_run {
                return desk.in_turn(&what, |config| Ok((plan(config)?, Vec::new())));
            }
            let plan = plan(&desk.config).map_err(|stop| match stop {
                Stop::Config(e) => refused(e),
                Stop::Op(e) => e,
            })?;
            let mut answer = changed(what, true, &plan.before, &plan.after, Vec::new());
            answer.warnings = new_warnings(&desk.config.load().warnings, &plan.config().warnings);
            Ok(answer)
        };
        self.work(work).await
    }

    fn plan_edited(&self, config: &Handle, text: &str, base: &str) -> Result<Plan, Stop> {
        let file = config.load().dynamic_file.clone();
        let now = std::fs::read(&file)
            .map_err(|e| Stop::Op(OpError::failed(format!("{}: {e}", file.display()))))?;
        let now = String::from_utf8_lossy(&now);
        if configtext::base(&now) != base {
            return Err(Stop::Op(stale(&file)));
        }
        let text = configtext::edited(text, &now, &file).map_err(|hidden| {
            let lines: Vec<String> = hidden.into_iter().map(|problem| problem.message).collect();
            Stop::Op(OpError::conflict(lines.join("\n")).hint("nothing was changed"))
        })?;
        let plan = config.plan_text(text).map_err(Stop::Config)?;
        if plan.before != *now {
            return Err(Stop::Config(Error::Changed));
        }
        Ok(plan)
    }

    /// Makes one change, again when others changed the file meanwhile.
    fn in_turn(
        &self,
        what: &str,
        plan: impl Fn(&Handle) -> Result<(Plan, Vec<String>), Stop>,
    ) -> Result<ConfigChanged, OpError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 0;
        loop {
            tries += 1;
            let made = plan(&self.config).and_then(|(plan, notes)| self.put(what, plan, notes));
            match made {
                Ok(changed) => return Ok(changed),
                Err(Stop::Config(Error::Changed)) if tries < TRIES => {}
                Err(Stop::Config(e)) => return Err(refused(e)),
                Err(Stop::Op(e)) => return Err(e),
            }
        }
    }

    fn put(&self, what: &str, plan: Plan, notes: Vec<String>) -> Result<ConfigChanged, Stop> {
        let mut answer = changed(what.to_owned(), false, &plan.before, &plan.after, notes);
        if !answer.changed {
            return Ok(answer);
        }
        let kept = |e: std::io::Error| {
            Stop::Op(OpError::failed(format!("the version before the change cannot be kept: {e}")))
        };
        let current = self.config.load();
        if current.dynamic_text() != plan.before {
            self.history.keep(current.dynamic_text(), "an edit of the file").map_err(kept)?;
        }
        let version = self.history.keep(&plan.before, what).map_err(kept)?;
        let warnings = match self.config.apply(plan) {
            Ok(warnings) => warnings,
            Err(e) => {
                self.history.forget(version);
                return Err(Stop::Config(e));
            }
        };
        answer.version = Some(version);
        answer.warnings = new_warnings(&current.warnings, &warnings);
        tracing::info!(change = what, version, "domains.conf was changed");
        Ok(answer)
    }

    /// Reads the file again, if it changed or `always`, and keeps what was in effect. Blocks on the disk.
    pub(crate) fn reload(&self, always: bool) -> Result<Option<Vec<Warning>>, Errors> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.config.load();
        let read = match always {
            true => self.config.reload().map(Some),
            false => self.config.reload_if_changed(),
        }?;
        if before.dynamic_text() != self.config.load().dynamic_text()
            && let Err(e) = self.history.keep(before.dynamic_text(), "an edit of the file")
        {
            tracing::warn!(error = %e, "the version of domains.conf before the edit was not kept");
        }
        Ok(read)
    }
}

/// The operations on the configuration in `file`, while no server runs.
pub fn offline(
    file: &Path,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Arc<dyn Dispatch>, Errors> {
    let (config, _) = Config::load(file)?;
    let data = config.data_dir.clone();
    let desk = Desk::new(Arc::new(Handle::new(config)), None, &data, clock, random);
    Ok(Arc::new(crate::operations::managing(Operations::new(), &desk)))
}

/// Somebody changed the file since an edit of it began.
fn stale(file: &Path) -> OpError {
    OpError::conflict(format!("{}: it was changed since this edit began", file.display()))
        .hint("nothing was changed; look at what is there now and edit that")
}

/// Why a change was not made.
enum Stop {
    Config(Error),
    Op(OpError),
}

fn changed(change: String, dry_run: bool, before: &str, after: &str, notes: Vec<String>) -> ConfigChanged {
    ConfigChanged {
        change,
        dry_run,
        changed: before != after,
        diff: diff("domains.conf", before, "domains.conf (changed)", after),
        version: None,
        warnings: Vec::new(),
        notes,
        password: None,
    }
}

/// The warnings that were not there before; lines of the file do not count.
fn new_warnings(before: &[Warning], after: &[Warning]) -> Vec<String> {
    let same = |one: &Warning, other: &Warning| {
        let not_built = |w: &Warning| matches!(w.fault, Fault::NotBuilt(_));
        one.path == other.path && (one.fault == other.fault || (not_built(one) && not_built(other)))
    };
    let fresh = after.iter().filter(|new| !before.iter().any(|old| same(old, new)));
    fresh.map(ToString::to_string).collect()
}

/// A unified diff of two texts of a file, without passwords; empty when the texts are the same.
pub(crate) fn diff(old: &str, before: &str, new: &str, after: &str) -> String {
    let (shown_before, shown_after) = hide_both(before, after);
    let diff = plain_diff(old, &shown_before, new, &shown_after);
    match diff.is_empty() && before != after && hide(before) != after {
        true => format!("--- {old}\n+++ {new}\n@@ passwords differ @@\n"),
        false => diff,
    }
}

/// The same with passwords.
pub(crate) fn plain_diff(old: &str, before: &str, new: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    similar::TextDiff::from_lines(before, after).unified_diff().header(old, new).to_string()
}

/// An edit that the file does not take.
pub(crate) fn unedited(e: EditError) -> OpError {
    OpError::failed(e).hint("nothing was changed; `mox config show` prints what is there")
}

/// What a caller is told when nothing was changed.
pub(crate) fn refused(e: Error) -> OpError {
    let hint = match &e {
        Error::Unreadable(_) | Error::Bad(_) => {
            "`mox config test` names every error; mend the file, or put back an earlier one: `mox config versions`"
        }
        Error::Invalid(_) => "nothing was changed; lines are those that the changed file would have",
        Error::Changed => "nothing was changed; try again",
        _ => "nothing was changed",
    };
    let kind = if matches!(e, Error::Io(_)) { ErrorKind::Failed } else { ErrorKind::Conflict };
    OpError::new(kind, e).hint(hint)
}

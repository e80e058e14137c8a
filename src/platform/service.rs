//! Services: what a service manager has to know of this server, as text, as a plan, and done.
//!
//! Texts and plans are the same on every system, so that each can be looked at anywhere; only carrying a plan out needs
//! the system it is for.

mod launchd;
mod scm;
mod systemd;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Serialize;

use crate::files::{Access, create_private_dir, write_durably};
use crate::os;
use crate::privileges::{self, GroupMay, User};

/// What the service is called everywhere.
pub const NAME: &str = "mox";

/// A service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Linux.
    Systemd,
    /// macOS.
    Launchd,
    /// The service control manager of Windows.
    Windows,
}

impl Kind {
    /// That of this system.
    pub fn here() -> Kind {
        match std::env::consts::OS {
            "windows" => Kind::Windows,
            "macos" => Kind::Launchd,
            _ => Kind::Systemd,
        }
    }
}

/// Whom a service runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// A user of the system.
    User(String),
    /// An account that Windows makes for this service alone: `NT SERVICE\mox`, which nobody can log in as.
    Virtual,
}

/// What a service manager has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The program.
    pub program: PathBuf,
    /// Where `mox.conf` is.
    pub config: PathBuf,
    /// Its own folders, that of `mox.conf` and DataDir: it gets them.
    pub own: Vec<PathBuf>,
    /// Others that it writes to if they are there and it may.
    pub write: Vec<PathBuf>,
    /// Whom it runs as.
    pub account: Account,
    /// Where it logs to where the service manager keeps no log.
    pub log: PathBuf,
    /// Its name for people.
    pub display: String,
    /// What it is, in a line.
    pub about: String,
}

impl Definition {
    /// Words after the program that run the server.
    pub fn arguments(&self) -> Vec<String> {
        let words = ["serve", "--config"].map(str::to_owned);
        words.into_iter().chain([self.config.display().to_string()]).chain(self.log_arguments()).collect()
    }

    fn log_arguments(&self) -> Vec<String> {
        match self.account {
            Account::Virtual => vec!["--log-file".into(), self.log.display().to_string()],
            Account::User(_) => Vec::new(),
        }
    }
}

/// What is to be done with a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Make it known, and start it whenever the machine starts.
    Install,
    /// Forget it; its data stays.
    Uninstall,
    /// Start it now.
    Start,
    /// Stop it now.
    Stop,
    /// Say how it is.
    Status,
}

/// What the service control manager of Windows is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Adds the service.
    Create(Box<Definition>),
    /// Stops it if it runs, and removes it.
    Delete,
    /// Starts it.
    Start,
    /// Stops it.
    Stop,
    /// Asks how it is.
    Status,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Makes a folder, private.
    Folder(PathBuf),
    /// Makes a folder and all in it a user's, and private to it and its group; folders of the system stay as they are.
    Give(PathBuf, String),
    /// Writes a file that everyone may read.
    Write(PathBuf, String),
    /// Removes a file; that it is not there is fine.
    Remove(PathBuf),
    /// Runs a program.
    Run(Vec<String>),
    /// Asks the service control manager of Windows.
    Ask(Order),
}

impl Step {
    /// The step in words.
    pub fn describe(&self) -> String {
        match self {
            Step::Folder(path) => format!("make the folder {}", path.display()),
            Step::Give(path, user) => format!("give the folder {} to the user {user}", path.display()),
            Step::Write(path, _) => format!("write {}", path.display()),
            Step::Remove(path) => format!("remove {}", path.display()),
            Step::Run(words) => {
                format!("run {}", words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" "))
            }
            Step::Ask(order) => scm::describe(order),
        }
    }

    /// What is written or set in it, for those who want to see all.
    pub fn content(&self) -> Option<String> {
        match self {
            Step::Write(_, text) => Some(text.clone()),
            Step::Ask(Order::Create(definition)) => Some(scm::text(definition)),
            _ => None,
        }
    }

    /// Does it; returns what was said.
    pub fn carry_out(&self) -> io::Result<String> {
        match self {
            Step::Folder(path) => create_private_dir(path).map(|()| String::new()),
            Step::Give(path, user) => give(path, user),
            Step::Write(path, text) => {
                write_durably(path, text.as_bytes(), Access::Public).map(|()| String::new())
            }
            Step::Remove(path) => match std::fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(String::new()),
            },
            Step::Run(words) => run(words),
            Step::Ask(order) => os::control(order),
        }
    }
}

fn give(folder: &Path, user: &str) -> io::Result<String> {
    let user = User::find(user)?.ok_or_else(|| io::Error::other("there is no such user"))?;
    if !privileges::can_be_given(folder, &user) {
        return Ok("a folder of the system keeps its owner".to_owned());
    }
    let marks = ["mox.conf", "mox.db"].map(OsStr::new);
    privileges::give(folder, &user, GroupMay::Read, &marks).map(|_| String::new())
}

fn run(words: &[String]) -> io::Result<String> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let output = Command::new(program).args(arguments).output()?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.success() {
        true => Ok(said(&output.stdout)),
        false => {
            let said = [said(&output.stdout), said(&output.stderr)].join(" ");
            Err(io::Error::other(format!("{}: {}", output.status, said.trim())))
        }
    }
}

/// A word of a command line as a shell would take it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("\"{word}\"") }
}

/// The definition as the service manager takes it: a unit, a property list, or for Windows its settings.
pub fn text(kind: Kind, definition: &Definition) -> String {
    match kind {
        Kind::Systemd => systemd::unit(definition),
        Kind::Launchd => launchd::property_list(definition),
        Kind::Windows => scm::text(definition),
    }
}

/// The steps of an action, in order.
pub fn plan(kind: Kind, action: Action, definition: &Definition) -> Vec<Step> {
    match kind {
        Kind::Systemd => systemd::plan(action, definition),
        Kind::Launchd => launchd::plan(action, definition),
        Kind::Windows => scm::plan(action, definition),
    }
}

/// Words of a command line.
fn command(words: &[&str]) -> Step {
    Step::Run(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Whether the service control manager of Windows started this process. From then on [`crate::handover::tell`] speaks
/// to it, [`crate::Signals`] listens to it, and [`leave`] must be called at the end. Call once, first.
pub fn started_by_manager() -> io::Result<bool> {
    os::started_by_manager()
}

/// Tells the service control manager that the server has ended, with the exit code of the program.
pub fn leave(code: u8) {
    os::leave(code);
}

/// Makes what this process writes to standard error go to the end of a file, which is private if it is new.
pub fn log_to(path: &Path) -> io::Result<()> {
    use std::io::Seek;
    let mut file = os::open_private(path, false)?;
    file.seek(io::SeekFrom::End(0))?;
    os::send_stderr_to(file)
}

#[cfg(test)]
mod tests;

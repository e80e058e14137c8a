//! `mox service`: the server as a service of this system.
//!
//! Every action is a plan of steps first; `--dry-run` shows it, for any system.

pub(crate) mod install;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod uninstall;

use std::path::{Component, Path, PathBuf};

use mox_config::Config;
use mox_platform::service::{self, Account, Action, Definition, Kind, Step};
use serde::Serialize;

use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make the server a service that starts with the machine
    Install(install::Args),
    /// Remove the service; configuration and data stay
    Uninstall(uninstall::Args),
    /// Start the service
    Start(start::Args),
    /// Stop the service
    Stop(stop::Args),
    /// Ask the service manager how the service is
    ///
    /// Exit code 3 when it does not run.
    Status(status::Args),
}

impl Command {
    pub(crate) fn run(self, cx: &mut Context) -> Result<Exit, CommandError> {
        match self {
            Command::Install(args) => install::run(cx, args),
            Command::Uninstall(args) => uninstall::run(cx, args),
            Command::Start(args) => start::run(cx, args),
            Command::Stop(args) => stop::run(cx, args),
            Command::Status(args) => status::run(cx, args),
        }
    }
}

/// Which service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Manager {
    Systemd,
    Launchd,
    Windows,
}

impl Manager {
    /// The one that is meant: that of this system where none is named.
    pub(crate) fn kind(named: Option<Manager>) -> Kind {
        match named {
            None => Kind::here(),
            Some(Manager::Systemd) => Kind::Systemd,
            Some(Manager::Launchd) => Kind::Launchd,
            Some(Manager::Windows) => Kind::Windows,
        }
    }
}

/// Options of every action.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct Options {
    /// Show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Service manager [default: that of this system]; with --dry-run any
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) kind: Option<Manager>,
}

/// What was done or would be.
#[derive(Serialize)]
struct Report {
    kind: Kind,
    dry_run: bool,
    steps: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    step: String,
    /// What is written or set.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// What was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        for line in &self.steps {
            let would = if self.dry_run { "would " } else { "" };
            page.line(format_args!("{would}{}", line.step));
            if let Some(content) = line.content.as_ref().filter(|_| self.dry_run) {
                content.lines().for_each(|text| page.line(format_args!("    {text}")));
            }
            if let Some(answer) = line.answer.as_ref().filter(|answer| !answer.is_empty()) {
                page.block(answer);
            }
        }
    }
}

/// Plans an action, and does it unless only the plan is wanted.
pub(crate) fn act(cx: &mut Context, action: Action, options: &Options) -> Result<Exit, CommandError> {
    let kind = Manager::kind(options.kind);
    if kind != Kind::here() && !options.dry_run {
        return Err(CommandError::usage("that service manager is not of this system")
            .hint("add --dry-run to see what would be done there"));
    }
    let definition = definition(cx, kind, action == Action::Install)?;
    let mut report = Report { kind, dry_run: options.dry_run, steps: Vec::new() };
    let mut exit = Exit::Done;
    for step in service::plan(kind, action, &definition) {
        let answer = match options.dry_run {
            true => None,
            false if action == Action::Status => Some(step.carry_out().unwrap_or_else(|e| {
                exit = Exit::Problems;
                e.to_string()
            })),
            false => Some(carry_out(&step)?),
        };
        report.steps.push(Line { step: step.describe(), content: step.content(), answer });
    }
    cx.print(&report)?;
    if action == Action::Install && !options.dry_run {
        cx.say("`mox service start` starts it now");
    }
    Ok(exit)
}

fn carry_out(step: &Step) -> Result<String, CommandError> {
    step.carry_out().map_err(|e| {
        let error = CommandError::failed(format!("cannot {}: {e}", step.describe()));
        match e.kind() {
            std::io::ErrorKind::PermissionDenied => error
                .hint("services are the administrator's: run this as root, or as administrator on Windows"),
            std::io::ErrorKind::NotFound => {
                error.hint("--dry-run shows what would be done, to do it by hand")
            }
            _ => error.hint("--dry-run shows every step"),
        }
    })
}

/// What the service manager has to know. Only who installs needs a configuration that is there and right.
pub(crate) fn definition(cx: &Context, kind: Kind, needed: bool) -> Result<Definition, CommandError> {
    let config = std::path::absolute(cx.place()?.config)?;
    let loaded = match Config::load(&config) {
        Ok((loaded, _)) => Some(loaded),
        Err(errors) if needed => {
            return Err(CommandError::failed(errors).hint("`mox config test` shows what is wrong"));
        }
        Err(_) => None,
    };
    let plain = |paths: &[PathBuf]| paths.iter().map(|path| without_dots(path)).collect::<Vec<_>>();
    let (own, write) = match &loaded {
        Some(loaded) => {
            let (own, more) = mox_serve::written(loaded);
            (plain(&own), plain(&more))
        }
        None => (config.parent().map(PathBuf::from).into_iter().collect(), Vec::new()),
    };
    let account = match (kind, &loaded) {
        (Kind::Windows, _) => Account::Virtual,
        (_, Some(loaded)) => Account::User(loaded.server.user.clone()),
        (_, None) => Account::User(service::NAME.to_owned()),
    };
    let data = own.get(1).or(own.first()).cloned().unwrap_or_default();
    let log = match kind {
        // launchd writes as root, before the server is somebody else.
        Kind::Launchd => PathBuf::from("/var/log/mox.log"),
        _ => data.join("mox.log"),
    };
    Ok(Definition {
        program: std::env::current_exe()?,
        config,
        own,
        write,
        account,
        log,
        display: "mox mail server".to_owned(),
        about: "Mail server".to_owned(),
    })
}

/// A path without `.` and `..`: service managers take no others.
fn without_dots(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut whole, part| {
        match part {
            Component::ParentDir => {
                whole.pop();
            }
            Component::CurDir => {}
            part => whole.push(part),
        }
        whole
    })
}

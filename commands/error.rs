//! Errors of commands: what kind (the exit code), what happened, and what mends it.
//!
//! Printed as `error: …` with its causes after colons, then a line `hint: …` for each piece of advice.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use clap::error::ContextKind;

use mox_admin::ErrorKind;

use crate::Streams;
use crate::context::Context;
use crate::output::escape;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// As asked.
    Done,
    /// It was tried and did not work.
    Failed,
    /// The command line made no sense.
    Usage,
    /// It worked and what was checked is not in order.
    Problems,
    /// The server or the system forbids it.
    NotAuthorised,
    /// What was named does not exist.
    NotFound,
    /// No server runs, or it does not answer.
    Unreachable,
    /// A code of sysexits.h, for `mox sendmail`.
    Sysexit(u8),
}

impl Exit {
    /// Number for the shell.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Problems => 3,
            Exit::NotAuthorised => 4,
            Exit::NotFound => 5,
            Exit::Unreachable => 6,
            Exit::Sysexit(code) => code,
        }
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: Exit,
    pub(crate) source: anyhow::Error,
    pub(crate) hints: Vec<String>,
}

impl CommandError {
    pub(crate) fn new(kind: Exit, source: impl Into<anyhow::Error>) -> CommandError {
        CommandError { kind, source: source.into(), hints: Vec::new() }
    }

    pub(crate) fn failed(message: impl Display) -> CommandError {
        CommandError::new(Exit::Failed, anyhow::anyhow!("{message}"))
    }

    pub(crate) fn usage(message: impl Display) -> CommandError {
        CommandError::new(Exit::Usage, anyhow::anyhow!("{message}"))
    }

    pub(crate) fn not_found(message: impl Display) -> CommandError {
        CommandError::new(Exit::NotFound, anyhow::anyhow!("{message}"))
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: io::Error) -> CommandError {
        let mut e = CommandError::from(error);
        e.source = e.source.context(path.display().to_string());
        e
    }

    /// The same error with advice: a whole sentence or a command in backticks.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> CommandError {
        self.hints.push(hint.into());
        self
    }

    /// Prints the error and gives its exit code. A reader of our output that went away is no error.
    pub(crate) fn report(&self, cx: &mut Context) -> Exit {
        let gone = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
        if self.source.downcast_ref::<io::Error>().is_some_and(gone) {
            return Exit::Done;
        }
        let _ = cx.flush();
        cx.stderr_line(ERROR, "error: ", escape(&self.message()));
        for hint in &self.hints {
            cx.stderr_line(HINT, "hint: ", escape(hint));
        }
        self.kind
    }

    /// What happened and its causes, each once: some errors name their cause in their own text.
    pub(crate) fn message(&self) -> String {
        let mut message = String::new();
        for cause in self.source.chain().map(ToString::to_string) {
            if message.is_empty() {
                message = cause;
            } else if !message.ends_with(&cause) {
                message = format!("{message}: {cause}");
            }
        }
        message
    }
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default().bold();

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> CommandError {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            io::ErrorKind::PermissionDenied => Exit::NotAuthorised,
            _ => Exit::Failed,
        };
        CommandError::new(kind, error)
    }
}

impl From<mox_ctl::Error> for CommandError {
    fn from(error: mox_ctl::Error) -> CommandError {
        use mox_ctl::Error;
        let (kind, hint) = match &error {
            Error::NotRunning { .. } => (
                Exit::Unreachable,
                Some(
                    "start one with `mox serve` or `mox localserve`, or say where it is with --config"
                        .to_owned(),
                ),
            ),
            Error::Connect { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => (
                Exit::NotAuthorised,
                Some(
                    "run this as the user that runs the server, or as root (on Windows as administrator)"
                        .to_owned(),
                ),
            ),
            Error::Connect { .. } | Error::Timeout { .. } => (Exit::Unreachable, None),
            Error::Protocol { .. } => {
                (Exit::Failed, Some("restart the server after an upgrade, or use its own mox".to_owned()))
            }
            Error::Broken(_) => (Exit::Failed, None),
            Error::Op(e) => (
                match e.kind {
                    ErrorKind::NotFound => Exit::NotFound,
                    ErrorKind::Usage => Exit::Usage,
                    ErrorKind::NotAuthorised => Exit::NotAuthorised,
                    ErrorKind::Conflict | ErrorKind::Failed => Exit::Failed,
                },
                e.hint.clone(),
            ),
        };
        CommandError { kind, source: error.into(), hints: hint.into_iter().collect() }
    }
}

/// Prints what clap has to say: help and version to standard output, mistakes to standard error with a hint.
pub(crate) fn report_usage(mut error: clap::Error, mut streams: Streams) -> Exit {
    // This list would name hidden commands, too.
    error.remove(ContextKind::ValidSubcommand);
    let rendered = error.render();
    if !error.use_stderr() {
        let text = if streams.color_stdout { rendered.ansi().to_string() } else { rendered.to_string() };
        let written = streams.stdout.write_all(text.as_bytes()).and_then(|()| streams.stdout.flush());
        return if written.is_ok() { Exit::Done } else { Exit::Failed };
    }
    let text = rendered.to_string();
    let _ = match text.strip_prefix("error: ") {
        None => streams.stderr.write_all(text.as_bytes()),
        Some(text) => {
            let (red, green) =
                if streams.color_stderr { (ERROR, HINT) } else { (Style::new(), Style::new()) };
            let text = text.trim_end().trim_end_matches("For more information, try '--help'.").trim_end();
            writeln!(
                streams.stderr,
                "{red}error: {red:#}{text}\n{green}hint: {green:#}add --help to see examples"
            )
        }
    };
    Exit::Usage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_said_once() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let named = mox_ctl::Error::Connect { path: "ctl".into(), source: denied() };
        assert_eq!(CommandError::from(named).message(), format!("cannot open ctl: {}", denied()));
        let plain = CommandError::file(Path::new("a.conf"), denied());
        assert_eq!(plain.message(), format!("a.conf: {}", denied()));
    }
}

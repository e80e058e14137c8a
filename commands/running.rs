//! What commands that are servers share: logs, threads, signals, the ready file.

use std::path::{Path, PathBuf};

use mox_clock::Clock;
use mox_platform::files::{Access, write_durably};
use mox_platform::handover::{State, tell, watchdog};
use mox_platform::{Signal, Signals};
use mox_serve::House;
use mox_telemetry::{Format, Level, Levels};

use crate::context::Context;
use crate::error::{CommandError, Exit};

/// Threads that serve sessions: more than cores would only add memory.
const WORKERS_MAX: usize = 4;

/// Options of every server.
#[derive(clap::Args, Debug, Clone)]
#[group(id = "running")]
pub(crate) struct Options {
    /// Write this file when everything accepts connections
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) ready_file: Option<PathBuf>,
    /// Least important events to log
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Info)]
    pub(crate) log_level: LogLevel,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Logfmt)]
    pub(crate) log_format: LogFormat,
}

/// Least important events to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    Logfmt,
    Json,
}

impl Options {
    /// Starts to log, as the options say.
    pub(crate) fn log(&self, cx: &Context) -> Result<Levels, CommandError> {
        let level = match self.log_level {
            LogLevel::Error => Level::ERROR,
            LogLevel::Warn => Level::WARN,
            LogLevel::Info => Level::INFO,
            LogLevel::Debug => Level::DEBUG,
            LogLevel::Trace => Level::TRACE,
        };
        let format = match self.log_format {
            LogFormat::Logfmt => Format::Logfmt,
            LogFormat::Json => Format::Json,
        };
        let levels = Levels::new(level);
        mox_telemetry::install(format, levels.clone(), cx.clock.clone()).map_err(CommandError::failed)?;
        Ok(levels)
    }
}

/// The threads of a server. Call once.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    mox_platform::return_memory();
    // More descriptors are welcome, not needed.
    let _ = mox_platform::raise_nofile_limit();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(WORKERS_MAX);
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

/// Says that a server is ready, keeps it until somebody ends it, and stops it.
pub(crate) async fn keep(
    house: House,
    signals: &mut Signals,
    ready_file: Option<&Path>,
    clock: &dyn Clock,
) -> Result<Exit, CommandError> {
    if let Some(file) = ready_file {
        write_durably(file, b"ready\n", Access::Public)
            .map_err(|e| CommandError::failed(format!("cannot write {}: {e}", file.display())))?;
    }
    tell(State::Ready);
    let exit = end(&house, signals, clock).await;
    tracing::info!("stopping");
    tell(State::Stopping);
    if let Some(file) = ready_file {
        forget(file)?;
    }
    tokio::select! {
        () = house.stop() => Ok(exit),
        // Asked a second time: at once. What was acknowledged is safe.
        _ = signals.next() => Ok(exit),
    }
}

/// Waits for a reason to end.
async fn end(house: &House, signals: &mut Signals, clock: &dyn Clock) -> Exit {
    let alive = watchdog();
    loop {
        let due = async {
            match alive {
                Some(every) => clock.sleep(every).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => tell(State::Alive),
            () = house.stopping() => return Exit::Done,
            signal = signals.next() => match signal {
                Signal::Interrupt | Signal::Terminate => return Exit::Done,
                Signal::Reload => {
                    tell(State::Reloading);
                    house.reload();
                    tell(State::Ready);
                }
            }
        }
    }
}

/// Removes the ready file of an earlier start.
pub(crate) fn forget(file: &Path) -> Result<(), CommandError> {
    match std::fs::remove_file(file) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(CommandError::failed(format!("cannot remove {}: {e}", file.display())))
        }
        _ => Ok(()),
    }
}

/// Why a server did not start.
pub(crate) fn failed(error: mox_serve::Error) -> CommandError {
    let hint = error.hint();
    let command = CommandError::failed(error);
    match hint {
        Some(hint) => command.hint(hint),
        None => command,
    }
}

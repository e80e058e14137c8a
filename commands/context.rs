//! What a command gets: its streams, the global options, the clock, and the way to a running server.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use mox_admin::{BulkOperation, Operation, RawOperation};
use mox_clock::{Clock, Timestamp};
use mox_ctl::Client;
use mox_platform::SystemClock;

use crate::error::CommandError;
use crate::output::{Color, Page, Show, escape_json};
use crate::place::Place;
use crate::{Global, Streams, VERSION};

/// Longest wait for a server's answer that needs no waiting of its own.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Surroundings of one command.
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) streams: Streams,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Context {
    pub(crate) fn new(global: Global, mut streams: Streams) -> Context {
        if let Some(color) = global.color.forced() {
            streams.color_stdout = color;
            streams.color_stderr = color;
        }
        Context { global, streams, clock: Arc::new(SystemClock) }
    }

    /// The wall clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Prints a result: text for people, or the same value as JSON.
    pub(crate) fn print<T: Show>(&mut self, value: &T) -> Result<(), CommandError> {
        if self.global.json {
            return self.print_json(value);
        }
        let mut page = Page::new(self.streams.color_stdout);
        value.show(&mut page);
        self.write(page.text().as_bytes())
    }

    /// Prints a result as JSON over several lines.
    pub(crate) fn print_json<T: Serialize>(&mut self, value: &T) -> Result<(), CommandError> {
        let json = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        self.write(escape_json(&json).as_bytes())?;
        self.write(b"\n")
    }

    /// Prints one value of a stream of results: a block of text, or one line of JSON.
    pub(crate) fn print_item<T: Show>(&mut self, value: &T) -> Result<(), CommandError> {
        if self.global.json {
            let json = serde_json::to_string(value).map_err(io::Error::from)?;
            self.write(escape_json(&json).as_bytes())?;
            self.write(b"\n")?;
        } else {
            self.print(value)?;
        }
        self.flush()
    }

    /// Writes bytes of a result as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), CommandError> {
        Ok(self.streams.stdout.write_all(bytes)?)
    }

    /// Makes sure that the result is out.
    pub(crate) fn flush(&mut self) -> Result<(), CommandError> {
        Ok(self.streams.stdout.flush()?)
    }

    /// Says something to the user, not to a program; silent with `--quiet`.
    pub(crate) fn say(&mut self, text: impl std::fmt::Display) {
        if !self.global.quiet {
            self.stderr_line(Style::new(), "", text);
        }
    }

    /// Says what is being done; only with `--verbose`.
    pub(crate) fn detail(&mut self, text: impl std::fmt::Display) {
        if self.global.verbose {
            self.stderr_line(AnsiColor::Cyan.on_default(), "", text);
        }
    }

    /// Writes a line to standard error, its label in colour; a stream that is gone is nobody's error.
    pub(crate) fn stderr_line(&mut self, style: Style, label: &str, text: impl std::fmt::Display) {
        let style = if self.streams.color_stderr { style } else { Style::new() };
        let _ = writeln!(self.streams.stderr, "{style}{label}{style:#}{text}");
    }

    /// Reads a file, or standard input when the name is `-`; at most `max` bytes.
    pub(crate) fn read_input(&mut self, path: &std::path::Path, max: u64) -> Result<Vec<u8>, CommandError> {
        let mut bytes = Vec::new();
        if path.as_os_str() == "-" {
            (&mut self.streams.stdin).take(max + 1).read_to_end(&mut bytes)?;
        } else {
            let file = std::fs::File::open(path).map_err(|e| CommandError::file(path, e))?;
            file.take(max + 1).read_to_end(&mut bytes).map_err(|e| CommandError::file(path, e))?;
        }
        if bytes.len() as u64 > max {
            return Err(CommandError::failed(format!("{} is larger than {max} bytes", path.display())));
        }
        Ok(bytes)
    }

    /// Where config and data are.
    pub(crate) fn place(&self) -> Result<Place, CommandError> {
        Place::find(self.global.config.as_deref())
    }

    /// Connects to the running server.
    pub(crate) fn server(&mut self) -> Result<Server, CommandError> {
        let place = self.place()?;
        self.server_at(&place.data)
    }

    /// Connects to the server that works in a data folder.
    pub(crate) fn server_at(&mut self, data: &Path) -> Result<Server, CommandError> {
        self.detail(format_args!("asking the server at {}", mox_ctl::endpoint(data).display()));
        Server::connect(data, Arc::clone(&self.clock), CALL_TIMEOUT)
    }

    /// Asks the running server one thing.
    pub(crate) fn call<Op: Operation>(&mut self, op: &Op) -> Result<Op::Reply, CommandError> {
        self.server()?.call(op, Duration::ZERO)
    }

    /// Asks the running server for bytes and prints them.
    pub(crate) fn print_raw<Op: RawOperation>(&mut self, op: &Op) -> Result<(), CommandError> {
        let bytes = self.server()?.call_raw(op)?;
        self.write(&bytes)
    }

    /// Whether `--color` says that nothing may be coloured, for libraries that decide themselves.
    pub(crate) fn no_color(&self) -> bool {
        matches!(self.global.color, Color::Never) || !self.streams.color_stderr
    }
}

/// A running server and the small runtime that talks to it.
pub(crate) struct Server {
    runtime: tokio::runtime::Runtime,
    client: Client,
}

impl Server {
    pub(crate) fn connect(
        data: &Path,
        clock: Arc<dyn Clock>,
        timeout: Duration,
    ) -> Result<Server, CommandError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = runtime.block_on(Client::connect(data, clock, timeout, VERSION))?;
        Ok(Server { runtime, client })
    }

    /// Runs an operation that itself waits up to `wait`.
    pub(crate) fn call<Op: Operation>(&mut self, op: &Op, wait: Duration) -> Result<Op::Reply, CommandError> {
        Ok(self.runtime.block_on(self.client.call_within(op, wait))?)
    }

    /// Runs an operation that takes bytes and itself waits up to `wait`.
    pub(crate) fn call_bulk<Op: BulkOperation>(
        &mut self,
        op: &Op,
        bytes: &[u8],
        wait: Duration,
    ) -> Result<Op::Reply, CommandError> {
        Ok(self.runtime.block_on(self.client.call_bulk(op, bytes, wait))?)
    }

    /// Runs an operation that answers bytes.
    pub(crate) fn call_raw<Op: RawOperation>(&mut self, op: &Op) -> Result<Vec<u8>, CommandError> {
        Ok(self.runtime.block_on(self.client.call_raw(op))?.to_vec())
    }
}

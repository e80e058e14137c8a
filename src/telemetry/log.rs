//! Writes `tracing` events as lines of logfmt or JSON.
//!
//! Invariants: 1. One event is one line and one write, whatever its values hold. 2. An event that no level admits
//! costs one atomic load at its call site. 3. A line that cannot be written is dropped; logging never fails a session.
//! Spans are not kept: facts are fields of the event.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use mox_clock::Clock;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{Interest, SetGlobalDefaultError};
use tracing::{Event, Metadata, Subscriber};

use crate::levels::{Levels, level_name, package};
use crate::recent::{Recent, recent};
use crate::text::{MAX_VALUE, escape_into, logfmt_value_into, quote_into};

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `t=2026-11-22T10:20:30.123Z l=info m="session ended" pkg=smtpserver cid=1f`.
    #[default]
    Logfmt,
    /// The same as one JSON object per line.
    Json,
}

/// Writes events to one output.
pub struct Log {
    format: Format,
    levels: Levels,
    clock: Arc<dyn Clock>,
    output: Mutex<Box<dyn Write + Send>>,
    /// Where lines are kept, too.
    recent: Option<&'static Recent>,
}

/// Sends the whole process's events to standard error from now on, and keeps the latest in [`recent()`]; an error when
/// that was done before.
pub fn install(format: Format, levels: Levels, clock: Arc<dyn Clock>) -> Result<(), SetGlobalDefaultError> {
    let log = Log::new(format, levels, clock, Box::new(std::io::stderr()));
    tracing::subscriber::set_global_default(Log { recent: Some(recent()), ..log })
}

impl Log {
    /// To any output; a line is one call of `write_all`.
    pub fn new(format: Format, levels: Levels, clock: Arc<dyn Clock>, output: Box<dyn Write + Send>) -> Log {
        Log { format, levels, clock, output: Mutex::new(output), recent: None }
    }
}

impl Subscriber for Log {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.levels.enabled(metadata)
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.levels.most().into())
    }
    fn event(&self, event: &Event<'_>) {
        let mut line = Line { format: self.format, text: String::with_capacity(256) };
        let (now, level) = (self.clock.now(), *event.metadata().level());
        let room = package(event.metadata().target()).0;
        line.begin();
        line.text_value("t", &now.rfc3339_millis());
        line.text_value("l", level_name(level));
        let mut message = Message(None);
        event.record(&mut message);
        let message = message.0.unwrap_or_default();
        line.text_value("m", &message);
        line.text_value("pkg", room);
        let fields = line.text.len();
        event.record(&mut line);
        if let Some(recent) = self.recent {
            let mut shown = String::with_capacity(message.len());
            escape_into(&mut shown, &message);
            let fields = line.text.get(fields..).unwrap_or_default();
            recent.keep(now, level, room, &shown, fields.trim_start_matches([' ', ',']));
        }
        line.end();
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = output.write_all(line.text.as_bytes());
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// The field that holds the message.
const MESSAGE: &str = "message";

struct Message(Option<String>);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.0 = Some(bounded(format_args!("{value:?}")));
        }
    }
}

/// A line as it grows.
struct Line {
    format: Format,
    text: String,
}

impl Line {
    fn begin(&mut self) {
        if self.format == Format::Json {
            self.text.push('{');
        }
    }

    fn end(&mut self) {
        self.text.push_str(if self.format == Format::Json { "}\n" } else { "\n" });
    }

    fn key(&mut self, key: &str) {
        match self.format {
            Format::Logfmt => {
                if !self.text.is_empty() {
                    self.text.push(' ');
                }
                self.text.push_str(key);
                self.text.push('=');
            }
            Format::Json => {
                if self.text.len() > 1 {
                    self.text.push(',');
                }
                quote_into(&mut self.text, key);
                self.text.push(':');
            }
        }
    }

    fn text_value(&mut self, key: &str, value: &str) {
        self.key(key);
        match self.format {
            Format::Logfmt => logfmt_value_into(&mut self.text, value),
            Format::Json => quote_into(&mut self.text, value),
        }
    }

    /// A number or a truth value: the same in both formats.
    fn bare_value(&mut self, field: &Field, value: impl fmt::Display) {
        self.key(field.name());
        let _ = write!(self.text, "{value}");
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != MESSAGE {
            self.text_value(field.name(), &bounded(format_args!("{value:?}")));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() != MESSAGE {
            self.text_value(field.name(), value);
        }
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare_value(field, value);
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare_value(field, value);
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare_value(field, value);
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.bare_value(field, value);
        } else {
            self.text_value(field.name(), &value.to_string());
        }
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        /// Deepest cause written.
        const MAX_CAUSES: usize = 8;
        let causes = std::iter::successors(Some(value), |e| e.source()).take(MAX_CAUSES);
        let chain: Vec<String> = causes.map(|e| bounded(format_args!("{e}"))).collect();
        self.text_value(field.name(), &chain.join(": "));
    }
}

/// Formats no more than is written of it.
fn bounded(value: fmt::Arguments<'_>) -> String {
    struct Bounded(String);
    impl fmt::Write for Bounded {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(text);
            // One character more than is written, so that the cut shows.
            if self.0.len() > MAX_VALUE { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut out = Bounded(String::new());
    let _ = out.write_fmt(value);
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;
    use mox_clock::sim::SimClock;
    use tracing::{Level, debug, error, info, trace};

    #[derive(Clone, Default)]
    struct Output(Arc<Mutex<Vec<u8>>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged by `emit`.
    fn log(format: Format, levels: &Levels, emit: impl FnOnce()) -> String {
        let _alone = crate::levels::alone();
        let clock = SimClock::new(Timestamp::from_micros(1_795_342_830_123_456));
        let output = Output::default();
        let log = Log::new(format, levels.clone(), Arc::new(clock), Box::new(output.clone()));
        tracing::subscriber::with_default(log, emit);
        String::from_utf8(output.0.lock().unwrap().clone()).unwrap()
    }

    #[derive(Debug)]
    struct Failed(Option<Box<Failed>>);
    impl fmt::Display for Failed {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(if self.0.is_some() { "outer" } else { "inner" })
        }
    }
    impl std::error::Error for Failed {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            self.0.as_deref().map(|e| e as _)
        }
    }

    fn emit() {
        let failed = Failed(Some(Box::new(Failed(None))));
        let error: &(dyn std::error::Error + 'static) = &failed;
        info!(
            cid = "1f",
            code = 550,
            took = 0.25,
            tls = true,
            rcpt = %"a@x\r\nl=error",
            from = ?Some("b c"),
            error,
            "message refused"
        );
    }

    #[test]
    fn logfmt_lines() {
        let text = log(Format::Logfmt, &Levels::new(Level::INFO), emit);
        assert_eq!(
            text,
            "t=2026-11-22T10:20:30.123Z l=info m=\"message refused\" pkg=telemetry cid=1f code=550 took=0.25 \
             tls=true rcpt=\"a@x\\r\\nl=error\" from=\"Some(\\\"b c\\\")\" error=\"outer: inner\"\n"
        );
    }

    #[test]
    fn json_lines() {
        let text = log(Format::Json, &Levels::new(Level::INFO), emit);
        assert_eq!(
            text,
            "{\"t\":\"2026-11-22T10:20:30.123Z\",\"l\":\"info\",\"m\":\"message refused\",\"pkg\":\"telemetry\",\
             \"cid\":\"1f\",\"code\":550,\"took\":0.25,\"tls\":true,\"rcpt\":\"a@x\\r\\nl=error\",\
             \"from\":\"Some(\\\"b c\\\")\",\"error\":\"outer: inner\"}\n"
        );
    }

    #[test]
    fn levels_change_while_running() {
        let levels = Levels::new(Level::WARN);
        let steps = || {
            for step in 0..4 {
                match step {
                    1 => levels.set("telemetry", Some(Level::TRACE)).unwrap(),
                    2 => levels.set("telemetry", Some(Level::INFO)).unwrap(),
                    3 => levels.set_default(Level::ERROR),
                    _ => {}
                }
                error!(step, "e");
                debug!(step, "d");
                trace!(step, "t");
                tracing::warn!(target: "mox_other", step, "w");
                tracing::info!(target: "foreign", step, "f");
            }
        };
        let text = log(Format::Logfmt, &levels, steps);
        let got: Vec<String> = text
            .lines()
            .map(|l| l.split(' ').filter_map(|f| f.strip_prefix("m=").or(f.strip_prefix("step="))).collect())
            .collect();
        assert_eq!(got, ["e0", "w0", "e1", "d1", "t1", "w1", "e2", "w2", "e3"]);
    }

    #[test]
    fn long_values_are_cut() {
        let text =
            log(Format::Logfmt, &Levels::new(Level::INFO), || info!(value = ?vec![0; 1_000_000], "long"));
        assert!(text.len() < MAX_VALUE + 200, "{}", text.len());
        assert!(text.ends_with("…\"\n"));
    }
}

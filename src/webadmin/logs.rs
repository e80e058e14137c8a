//! The log: the latest lines with filters, the newest first, page by page; live where scripts run.
//!
//! What a line holds may come from strangers. It is escaped where it is shown, and by the log itself before.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{LogLine, LogLines, LogTail};
use mox_httpserver::{Method, Response};
use mox_web::at::Shared;
use mox_web::{Events, Page, Query, Site};
use serde::Serialize;

use crate::{Admin, At, no_page};

#[cfg(test)]
#[path = "tests/logs.rs"]
mod tests;

/// Levels, the worst first.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
/// Lines that a stream tells at once.
const AT_ONCE: u32 = 200;
/// How long nothing may be said.
const SILENCE_MS: u64 = 25_000;
/// Rest after lines were told, so that a flood of them comes by the screenful.
const REST: Duration = Duration::from_millis(200);
/// A stream lasts so long: the browser comes again, and then has to be logged in still.
const STREAM: Duration = Duration::from_secs(300);

/// What is asked for.
struct Filter {
    level: Option<String>,
    room: Option<String>,
    text: Option<String>,
}

impl Filter {
    fn read(query: &Query) -> Filter {
        let text = |name| query.get(name).map(|value| value.trim().to_owned());
        Filter { level: text("level"), room: text("room"), text: text("text") }
    }

    fn ask(&self) -> LogTail {
        let Filter { level, room, text } = self;
        LogTail { level: level.clone(), room: room.clone(), text: text.clone(), ..LogTail::default() }
    }

    /// As a query, for links.
    fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("level", &self.level), ("room", &self.room), ("text", &self.text)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    fn is(&self, name: &str, value: &str) -> bool {
        let field = if name == "level" { &self.level } else { &self.room };
        field.as_deref() == Some(value)
    }
}

#[derive(Template)]
#[template(path = "logs.html")]
struct Log<'a> {
    page: Page<'a>,
    filter: Filter,
    found: LogLines,
    /// The first page, which is live.
    first: bool,
}

impl Log<'_> {
    /// The number to go on from.
    fn last(&self) -> u64 {
        self.found.lines.last().map_or(0, |line| line.seq)
    }
}

/// A row of the table.
#[derive(Template)]
#[template(path = "logs_row.html")]
struct Row<'a> {
    line: &'a LogLine,
}

/// The classes of the badge of a level.
fn badge(level: &str) -> &'static str {
    match level {
        "error" => "badge bad",
        "warn" => "badge warn",
        "info" => "badge soft",
        _ => "badge",
    }
}

/// Answers for paths below `logs`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    match path {
        [] if at.reads() => page(at).await,
        ["events"] if at.reads() => stream(at),
        _ => Err(no_page()),
    }
}

async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter::read(&query);
    let before: Option<u64> = query.value("before")?;
    query.finish()?;
    let found = at.dispatch().call(&LogTail { before, ..filter.ask() }).await?;
    let scripts = if before.is_none() { vec!["logs.js"] } else { Vec::new() };
    let site = Site { scripts, ..at.site.clone() };
    let here = at.visit.to("logs");
    let page = Page::new(&site, &here, "Log");
    Ok(at.render(&Log { page, filter, found, first: before.is_none() }))
}

/// `GET logs/events`: lines as they come, as rows ready to be put into the page.
fn stream(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let filter = Filter::read(&query);
    let asked: Option<u64> = query.value("after")?;
    query.finish()?;
    let last = Events::last_id(&at.request).and_then(|id| id.parse().ok());
    let after = last.or(asked).unwrap_or(0);
    let (events, response) = Events::start();
    if at.request.head.method == Method::HEAD {
        return Ok(response);
    }
    let stream = Stream { shared: at.shared.clone(), ask: filter.ask(), events };
    let mut ending = at.request.ending.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = stream.run(after) => {}
            () = stream.events.closed() => {}
            () = stream.shared.clock.sleep(STREAM) => {}
            () = ending.ended() => {}
        }
    });
    Ok(response)
}

struct Stream {
    shared: Arc<Shared<Admin>>,
    ask: LogTail,
    events: Events,
}

#[derive(Serialize)]
struct Put {
    seq: u64,
    html: String,
}

impl Stream {
    /// Tells lines until the client is gone or the house does not answer any more.
    async fn run(&self, mut after: u64) {
        if !self.events.open().await {
            return;
        }
        loop {
            let ask = LogTail {
                after: Some(after),
                limit: Some(AT_ONCE),
                timeout_ms: SILENCE_MS,
                ..self.ask.clone()
            };
            let Ok(found) = self.shared.dispatch.call(&ask).await else { return };
            if found.lines.is_empty() && !self.events.keep_alive().await {
                return;
            }
            for line in &found.lines {
                let put = Put { seq: line.seq, html: Row { line }.render().unwrap_or_default() };
                if !self.events.send(&line.seq.to_string(), "line", &put).await {
                    return;
                }
            }
            if !found.lines.is_empty() {
                self.shared.clock.sleep(REST).await;
            }
            after = found.lines.last().filter(|_| found.more).map_or(found.newest, |line| line.seq);
        }
    }
}

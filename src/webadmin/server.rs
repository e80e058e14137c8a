//! The server itself: where it listens, who is connected, who is at a limit, backups, a check of the data, log levels,
//! the configuration read again. It cannot be ended from here.

use std::time::Duration;

use askama::Template;
use mox_admin::OpError;
use mox_admin::ops::{
    BackedUp, Backup, BackupList, BackupRow, ConfigReload, ConnectionList, Connections, LogLevel,
    LogLevelsGet, LogLevelsSet, RateLimitRow, RateLimits, Reloaded, Status, StatusReport, Verified,
    VerifyData,
};
use mox_httpserver::{Method, Response};
use mox_web::page::wrong_method;
use mox_web::{Page, Query};

use crate::{At, no_page};

#[cfg(test)]
#[path = "tests/server.rs"]
mod tests;

/// Connections and groups on the first page.
const FEW: u32 = 20;
/// Connections on the page of all of them.
const PAGE: u32 = 100;
/// How long a page waits for a backup, which goes on without it.
const PATIENCE: Duration = Duration::from_secs(3);
/// Log levels, the quietest first.
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

#[derive(Template)]
#[template(path = "server.html")]
struct Server<'a> {
    page: Page<'a>,
    status: StatusReport,
    open: ConnectionList,
    limits: Vec<RateLimitRow>,
    backups: Vec<BackupRow>,
    levels: Vec<LogLevel>,
}

#[derive(Template)]
#[template(path = "server_connections.html")]
struct Open<'a> {
    page: Page<'a>,
    open: ConnectionList,
    first: bool,
}

impl Open<'_> {
    /// The number to go on from.
    fn last(&self) -> u64 {
        self.open.connections.last().map_or(0, |row| row.id)
    }
}

#[derive(Template)]
#[template(path = "server_verified.html")]
struct Checked<'a> {
    page: Page<'a>,
    verified: Verified,
}

#[derive(Template)]
#[template(path = "server_reloaded.html")]
struct ReadAgain<'a> {
    page: Page<'a>,
    reloaded: Reloaded,
}

#[derive(Template)]
#[template(path = "server_backup.html")]
struct Would<'a> {
    page: Page<'a>,
    backup: BackedUp,
}

/// Answers for paths below `server`.
pub(crate) async fn route(at: &At, path: &[&str]) -> Result<Response, OpError> {
    let post = at.request.head.method == Method::POST;
    match path {
        [] if at.reads() => page(at).await,
        ["connections"] if at.reads() => connections(at).await,
        ["backup"] if post => backup(at).await,
        ["verify"] if post => verify(at).await,
        ["reload"] if post => reload(at).await,
        ["level"] if post => level(at).await,
        [] | ["connections" | "backup" | "verify" | "reload" | "level"] => Ok(wrong_method(&at.site)),
        _ => Err(no_page()),
    }
}

fn note(query: &Query) -> Result<Option<String>, OpError> {
    let text = match query.get("note") {
        None => return Ok(None),
        Some("backup") => "The backup is taken.",
        Some("backing") => "The backup goes on. This page tells how it ended.",
        Some("reloaded") => "domains.conf was read again and is in use.",
        Some("unchanged") => "domains.conf was read again; nothing in it had changed.",
        Some("level") => "The level is set until the server is started again.",
        Some(other) => return Err(OpError::usage(format!("there is no note {other:?}"))),
    };
    Ok(Some(text.to_owned()))
}

async fn page(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let notice = note(&query)?;
    query.finish()?;
    let dispatch = at.dispatch();
    let server = Server {
        page: at.page("server", "Server").notice(notice),
        status: dispatch.call(&Status {}).await?,
        open: dispatch.call(&Connections { before: None, limit: FEW }).await?,
        limits: dispatch.call(&RateLimits {}).await?,
        backups: dispatch.call(&BackupList {}).await?,
        levels: dispatch.call(&LogLevelsGet {}).await?.0,
    };
    Ok(at.render(&server))
}

async fn connections(at: &At) -> Result<Response, OpError> {
    let query = at.query();
    let before: Option<u64> = query.value("before")?;
    query.finish()?;
    let open = at.dispatch().call(&Connections { before, limit: PAGE }).await?;
    Ok(at.render(&Open { page: at.page("server", "Connections"), open, first: before.is_none() }))
}

/// Begins a backup, or says how much it would be. One that takes long goes on when nobody waits for it any more.
async fn backup(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let destination = form.get("destination").unwrap_or_default().trim().to_owned();
    let dry_run = match form.get("action") {
        Some("look") => true,
        Some("take") => false,
        _ => return Err(OpError::usage("the form says neither to look nor to take a backup")),
    };
    form.finish()?;
    if destination.is_empty() {
        return Err(OpError::usage("the backup has no destination")
            .hint("name a folder on the server by its absolute path, as /srv/backup/mox"));
    }
    let op = Backup { destination, dry_run };
    if dry_run {
        let backup = at.dispatch().call(&op).await?;
        return Ok(at.render(&Would { page: at.page("server", "Backup"), backup }));
    }
    let dispatch = at.dispatch().clone();
    let task = tokio::spawn(async move { dispatch.call(&op).await });
    tokio::select! {
        ended = task => {
            ended.map_err(OpError::failed)??;
            Ok(at.go("server?note=backup"))
        }
        () = at.shared.clock.sleep(PATIENCE) => Ok(at.go("server?note=backing")),
    }
}

async fn verify(at: &At) -> Result<Response, OpError> {
    at.form().finish()?;
    let verified = at.dispatch().call(&VerifyData {}).await?;
    Ok(at.render(&Checked { page: at.page("server", "Check of the data"), verified }))
}

async fn reload(at: &At) -> Result<Response, OpError> {
    at.form().finish()?;
    let reloaded = at.dispatch().call(&ConfigReload {}).await?;
    if reloaded.warnings.is_empty() {
        return Ok(at.go(if reloaded.changed { "server?note=reloaded" } else { "server?note=unchanged" }));
    }
    Ok(at.render(&ReadAgain { page: at.page("server", "Configuration read again"), reloaded }))
}

async fn level(at: &At) -> Result<Response, OpError> {
    let op = read_level(&at.form())?;
    at.dispatch().call(&op).await?;
    Ok(at.go("server?note=level#levels"))
}

/// The level of a form; none takes away that of a part of the server.
fn read_level(form: &Query) -> Result<LogLevelsSet, OpError> {
    let text = |name| form.get(name).map(|value| value.trim().to_owned());
    let op = LogLevelsSet { package: text("package"), level: text("level") };
    form.finish()?;
    Ok(op)
}

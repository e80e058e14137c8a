//! What all imports share: a thread reads messages, batches of them go to the running server, or with our own hands into
//! the store if no server runs. At most a few batches are held.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use mox_admin::ops::{ImportBegin, ImportEnd, ImportMessages, ImportProgress};
use mox_clock::Timestamp;
use mox_platform::faults::{Armed, Faults, NoFaults};
use mox_store::MailboxName;
use mox_transfer::{Batch, Found, Gauge, Importer, Source, source};
use serde::Serialize;

use crate::context::{Context, Server};
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::progress::Progress;
use crate::unserved::{Hands, hands};

/// Options of every import.
#[derive(clap::Args)]
#[group(id = "import")]
pub(crate) struct Options {
    /// Count what would be imported, and import nothing
    #[arg(long)]
    dry_run: bool,
    /// Import once more what was imported before
    #[arg(long)]
    again: bool,
    /// Break at a named point, for tests of crashes
    #[arg(long, value_name = "NAME", hide = true)]
    fault: Option<String>,
}

/// How long the server may take to write a batch, or to forget what was imported.
const WRITE_TIME: Duration = Duration::from_secs(600);
/// Batches that wait between the reader and the writer.
const WAITING: usize = 2;
/// Messages passed over that are told one by one.
const TOLD_MAX: u64 = 20;

/// What an import did.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Name of the account.
    account: String,
    /// Nothing was imported, only counted.
    dry_run: bool,
    /// Messages found, by mailbox.
    mailboxes: BTreeMap<String, u64>,
    /// Messages found.
    messages: u64,
    /// Bytes of those.
    bytes: u64,
    /// Messages imported now.
    imported: u64,
    /// Messages that were imported before.
    known: u64,
    /// Messages that could not be imported.
    skipped: u64,
    /// The source was read to its end, and all of it is in the account.
    complete: bool,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let rows = self.mailboxes.iter().map(|(name, count)| vec![count.to_string(), name.clone()]);
        page.table(&[">MESSAGES", "MAILBOX"], rows);
        let found = format!("{} messages, {}", self.messages, size(self.bytes));
        page.line(match (self.dry_run, self.imported, self.known) {
            (true, ..) => format!("{found}; nothing was imported"),
            (_, imported, 0) => format!("{found}; {imported} imported"),
            (_, 0, known) if known == self.messages => format!("{found}; all were imported before"),
            (_, imported, known) => format!("{found}; {imported} imported, {known} were imported before"),
        });
    }
}

/// Whether a file is an archive, by its first bytes.
pub(crate) fn packed(path: &Path) -> Result<bool, CommandError> {
    let mut start = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| CommandError::file(path, e))?;
    file.take(4).read_to_end(&mut start).map_err(|e| CommandError::file(path, e))?;
    Ok(start.starts_with(b"\x1f\x8b") || start.starts_with(b"PK\x03\x04"))
}

/// Imports all of a source into an account.
pub(crate) fn import(
    cx: &mut Context,
    account: &str,
    mailbox: &str,
    source: Source,
    options: &Options,
) -> Result<Exit, CommandError> {
    let place = MailboxName::parse(mailbox).map_err(|e| CommandError::new(Exit::Usage, e))?;
    let mut into = Goal::open(cx, account, options)?;
    let mut report = Report { account: into.account(account), dry_run: options.dry_run, ..Report::default() };
    let (gauge, now) = (Gauge::default(), cx.now());
    let (sender, receiver) = sync_channel(WAITING);
    let (watched, counted) = (gauge.clone(), report);
    let reader = std::thread::Builder::new()
        .name("read".to_owned())
        .spawn(move || read(source, &place, now, &gauge, counted, sender))?;
    // The reader may wait for a pipe: it is not waited for when nobody takes what it reads.
    move_all(cx, &mut into, &receiver, &watched)?;
    drop(receiver);
    let read = reader.join().map_err(|_| CommandError::failed("the reader of messages broke"))?;
    let done = into.finish()?;
    report = read.report;
    for why in &read.told {
        cx.say(format_args!("not imported: {}", crate::output::escape(why)));
    }
    (report.imported, report.known) = (done.added, done.known);
    report.complete = read.error.is_none() && done.full.is_none() && report.skipped == 0 && !report.dry_run;
    cx.print(&report)?;
    if let Some((used, quota)) = done.full {
        return Err(CommandError::failed(format!(
            "the account is full: with the next message it would hold {used} bytes, and may hold {quota}"
        ))
        .hint(
            "raise its QuotaMessageSize or make room, then run the same command: it goes on where it ended",
        ));
    }
    if let Some(error) = read.error {
        let hint = match report.imported + report.known {
            0 => "nothing was imported; `mox import --help` says which kinds of files there are commands for",
            _ => "what was imported is kept; the same command goes on where it ended",
        };
        return Err(CommandError::new(Exit::Failed, error).hint(hint));
    }
    if report.known > 0 && report.imported == 0 && !report.dry_run {
        cx.say("hint: --again imports once more what was imported before");
    }
    Ok(if report.skipped > 0 { Exit::Problems } else { Exit::Done })
}

/// What the reader found.
struct Reading {
    report: Report,
    told: Vec<String>,
    error: Option<source::Error>,
}

/// Reads the source and sends batches until nobody takes them.
fn read(
    source: Source,
    place: &MailboxName,
    now: Timestamp,
    gauge: &Gauge,
    mut report: Report,
    sender: SyncSender<Batch>,
) -> Reading {
    let (mut batch, mut told) = (Batch::default(), Vec::new());
    let mut sink = |found| {
        match found {
            Found::Skipped(why) => {
                report.skipped += 1;
                if report.skipped <= TOLD_MAX {
                    told.push(why);
                }
            }
            Found::Message(item) => {
                report.messages += 1;
                report.bytes += item.bytes.len() as u64;
                *report.mailboxes.entry(item.mailbox.as_str().to_owned()).or_default() += 1;
                batch.push(item);
                if batch.is_full() && sender.send(std::mem::take(&mut batch)).is_err() {
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    };
    let error = source::read(source, place, now, gauge, &mut sink).err();
    if !batch.items.is_empty() {
        // Nobody takes it where the account is full.
        let _ = sender.send(batch);
    }
    Reading { report, told, error }
}

/// Moves batches until there are no more, or the account is full.
fn move_all(
    cx: &Context,
    into: &mut Goal,
    batches: &Receiver<Batch>,
    gauge: &Gauge,
) -> Result<(), CommandError> {
    let progress = Progress::start(cx, "importing");
    for batch in batches {
        progress.measure(cx, gauge.done(), gauge.total());
        if into.push(batch)?.full.is_some() {
            return Ok(());
        }
    }
    Ok(())
}

/// Where messages go.
enum Goal {
    Nowhere,
    Server { server: Server, import: u64, account: String },
    Store { importer: Importer, account: String, _hands: Box<Hands> },
}

impl Goal {
    fn open(cx: &mut Context, account: &str, options: &Options) -> Result<Goal, CommandError> {
        if options.dry_run {
            return Ok(Goal::Nowhere);
        }
        let Some(hands) = hands(cx)? else {
            let mut server = cx.server()?;
            let begin = ImportBegin { account: account.to_owned(), again: options.again };
            let begun = server.call(&begin, WRITE_TIME)?;
            return Ok(Goal::Server { server, import: begun.import, account: begun.account });
        };
        let (account, quota) = hands.account(account)?;
        let faults: std::sync::Arc<dyn Faults> = match &options.fault {
            Some(point) => std::sync::Arc::new(Armed::new(point)),
            None => std::sync::Arc::new(NoFaults),
        };
        let importer = Importer::begin(&hands.store, &account, quota, options.again, faults);
        let importer = importer.map_err(|e| CommandError::new(Exit::Failed, e))?;
        Ok(Goal::Store { importer, account, _hands: Box::new(hands) })
    }

    fn account(&self, asked: &str) -> String {
        match self {
            Goal::Nowhere => asked.to_owned(),
            Goal::Server { account, .. } | Goal::Store { account, .. } => account.clone(),
        }
    }

    fn push(&mut self, batch: Batch) -> Result<ImportProgress, CommandError> {
        match self {
            Goal::Nowhere => Ok(ImportProgress::default()),
            Goal::Server { server, import, .. } => {
                server.call_bulk(&ImportMessages { import: *import }, &batch.encode(), WRITE_TIME)
            }
            Goal::Store { importer, .. } => {
                importer.push(batch).map(progress).map_err(|e| CommandError::new(Exit::Failed, e))
            }
        }
    }

    fn finish(self) -> Result<ImportProgress, CommandError> {
        match self {
            Goal::Nowhere => Ok(ImportProgress::default()),
            Goal::Server { mut server, import, .. } => server.call(&ImportEnd { import }, WRITE_TIME),
            Goal::Store { importer, .. } => {
                importer.finish().map(progress).map_err(|e| CommandError::new(Exit::Failed, e))
            }
        }
    }
}

fn progress(done: mox_store::Imported) -> ImportProgress {
    ImportProgress { added: done.added, bytes: done.bytes, known: done.known, full: done.full }
}

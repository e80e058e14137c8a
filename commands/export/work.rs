//! What all exports share: pages of messages come from the running server, or from the store if no server runs.

use std::path::PathBuf;
use std::time::Duration;

use mox_admin::ops::{ExportFolder, ExportFolders, ExportPage};
use mox_store::MailboxName;
use mox_transfer::{Batch, Form, Target, export as pages};
use serde::Serialize;

use crate::context::{Context, Server};
use crate::error::{CommandError, Exit};
use crate::output::{Page, Show, size};
use crate::progress::Progress;
use crate::unserved::{Hands, hands};

/// What is exported to where.
pub(crate) struct Asked {
    pub(crate) account: String,
    pub(crate) dest: PathBuf,
    pub(crate) mailbox: Option<String>,
    pub(crate) form: Form,
}

/// What an export did.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Where it went.
    dest: String,
    /// Mailboxes exported.
    mailboxes: u64,
    /// Messages exported.
    messages: u64,
    /// Bytes of those.
    bytes: u64,
    /// Keywords of messages that a maildir had no letters for: it has 26 a folder.
    keywords_lost: u64,
}

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let bytes = size(self.bytes);
        page.line(format_args!(
            "{}: {} messages of {} mailboxes, {bytes}",
            self.dest, self.messages, self.mailboxes
        ));
    }
}

/// Where messages come from.
enum Origin {
    Server(Server),
    Store(Box<Hands>, String),
}

/// Exports what was asked for.
pub(crate) fn export(cx: &mut Context, asked: &Asked) -> Result<Exit, CommandError> {
    let mailbox = asked.mailbox.as_deref().map(MailboxName::parse).transpose();
    let mailbox = mailbox.map_err(|e| CommandError::new(Exit::Usage, e))?;
    let mut from = match hands(cx)? {
        Some(hands) => {
            let (account, _) = hands.account(&asked.account)?;
            Origin::Store(Box::new(hands), account)
        }
        None => Origin::Server(cx.server()?),
    };
    let folders = from.folders(asked, mailbox.as_ref())?;
    let streamed = asked.dest.as_os_str() == "-";
    let failed = |e| CommandError::file(&asked.dest, e);
    let mut target = match streamed {
        true => Target::stream(
            asked.form,
            Box::new(std::mem::replace(&mut cx.streams.stdout, Box::new(std::io::sink()))),
        ),
        false => Target::at(&asked.dest, asked.form)
            .map_err(|e| failed(e).hint("name a path that does not exist, in a folder that does"))?,
    };
    let progress = Progress::start(cx, "exporting");
    let total: u64 = folders.iter().map(|folder| folder.messages).sum();
    let mut report = Report { dest: asked.dest.display().to_string(), ..Report::default() };
    for folder in folders {
        let name = MailboxName::parse(&folder.name).map_err(|e| CommandError::new(Exit::Failed, e))?;
        target.begin(&name).map_err(failed)?;
        report.mailboxes += 1;
        let mut after = 0;
        loop {
            let page = from.page(asked, &folder, after)?;
            let Some(last) = page.items.last() else { break };
            after = last.uid;
            for item in &page.items {
                target.message(item).map_err(failed)?;
                report.messages += 1;
                report.bytes += item.bytes.len() as u64;
            }
            progress.measure(cx, report.messages, total);
        }
    }
    report.keywords_lost = target.finish().map_err(failed)?;
    drop(progress);
    if report.keywords_lost > 0 {
        cx.say(format_args!(
            "{} keywords are not in it: a folder of a maildir has 26. `mox export mbox` keeps all",
            report.keywords_lost
        ));
    }
    if streamed {
        cx.say(format_args!("{} messages of {} mailboxes", report.messages, report.mailboxes));
    } else {
        cx.print(&report)?;
    }
    Ok(Exit::Done)
}

impl Origin {
    fn folders(
        &mut self,
        asked: &Asked,
        mailbox: Option<&MailboxName>,
    ) -> Result<Vec<ExportFolder>, CommandError> {
        match self {
            Origin::Server(server) => {
                let mailbox = mailbox.map(|name| name.as_str().to_owned());
                server.call(&ExportFolders { account: asked.account.clone(), mailbox }, Duration::ZERO)
            }
            Origin::Store(hands, account) => {
                let found = pages::folders(&hands.store, account, mailbox).map_err(not_there)?;
                let folder = |f: pages::Folder| ExportFolder {
                    id: f.id,
                    name: f.name,
                    messages: f.messages,
                    last: f.last,
                };
                Ok(found.into_iter().map(folder).collect())
            }
        }
    }

    fn page(&mut self, asked: &Asked, folder: &ExportFolder, after: i64) -> Result<Batch, CommandError> {
        match self {
            Origin::Server(server) => {
                let account = asked.account.clone();
                let op = ExportPage { account, mailbox: folder.id, after, last: folder.last };
                Batch::decode(&server.call_raw(&op)?).map_err(CommandError::failed)
            }
            Origin::Store(hands, account) => {
                let page = pages::page(&hands.store, account, folder.id, after, folder.last);
                page.map_err(|e| CommandError::new(Exit::Failed, e))
            }
        }
    }
}

fn not_there(e: mox_store::Error) -> CommandError {
    match e {
        mox_store::Error::NoSuchMailbox(_) | mox_store::Error::NoSuchAccount(_) => {
            CommandError::new(Exit::NotFound, e)
        }
        e => CommandError::new(Exit::Failed, e),
    }
}

//! Mailboxes as a file that the browser saves, written while it is sent.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use bytes::Bytes;
use mox_admin::ops::{ExportFolder, ExportFolders, ExportPage};
use mox_admin::{Dispatch, OpError};
use mox_httpserver::{Body, Response, Writer};
use mox_store::MailboxName;
use mox_transfer::{Batch, Form, Packing, Target};
use mox_web::download::save_stream;
use tokio::runtime::Handle;

use super::imports::Spool;
use crate::At;

/// What a mailbox can be exported as.
pub(crate) struct Format {
    /// Its name in the form.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) label: &'static str,
    form: Form,
    packing: Packing,
    content_type: &'static str,
    /// What the name of the file ends in.
    ending: &'static str,
}

/// All of them, the usual one first.
pub(crate) const FORMATS: [Format; 5] = [
    format("maildir-tgz", "Maildir, as .tgz", Form::Maildir, Packing::Tgz),
    format("maildir-zip", "Maildir, as .zip", Form::Maildir, Packing::Zip),
    format("mbox-tgz", "mbox files, as .tgz", Form::Mbox, Packing::Tgz),
    format("mbox-zip", "mbox files, as .zip", Form::Mbox, Packing::Zip),
    format("mbox", "One mbox file", Form::SingleMbox, Packing::Folder),
];

const fn format(name: &'static str, label: &'static str, form: Form, packing: Packing) -> Format {
    let (content_type, ending) = match packing {
        Packing::Tgz => ("application/gzip", "tgz"),
        Packing::Zip => ("application/zip", "zip"),
        Packing::Folder => ("application/octet-stream", "mbox"),
    };
    Format { name, label, form, packing, content_type, ending }
}

/// `POST mail/export`
pub(crate) async fn export(at: &At) -> Result<Response, OpError> {
    let form = at.form();
    let wanted = form.get("format").unwrap_or_default().to_owned();
    let mailbox = form.get("mailbox").map(str::to_owned);
    form.finish()?;
    let format = FORMATS.iter().find(|format| format.name == wanted).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        OpError::usage(format!("there is no format {wanted:?}; known are: {}", known.join(", ")))
    })?;
    let account = at.account().to_owned();
    let folders =
        at.dispatch().call(&ExportFolders { account: account.clone(), mailbox: mailbox.clone() }).await?;
    let (turn, spool) = (at.shared.room.transfers.turn()?, at.shared.room.transfers.spool());
    let (writer, body) = Body::stream();
    let name = format!("{}.{}", mailbox.as_deref().unwrap_or(&account).replace('/', "-"), format.ending);
    let dispatch = at.dispatch().clone();
    tokio::task::spawn_blocking(move || {
        write(dispatch, &account, &folders, format, &spool, writer);
        drop((spool, turn));
    });
    Ok(save_stream(format.content_type, &name, body))
}

/// Writes all of it, or breaks it off so that nobody takes a part for the whole.
fn write(
    dispatch: Arc<dyn Dispatch>,
    account: &str,
    folders: &[ExportFolder],
    format: &Format,
    spool: &Spool,
    writer: Writer,
) {
    let (handle, writer) = (Handle::current(), Arc::new(writer));
    let pipe = BufWriter::with_capacity(64 << 10, Pipe { writer: writer.clone(), handle: handle.clone() });
    let target = match format.form {
        Form::SingleMbox => Target::stream(format.form, Box::new(pipe)),
        form => Target::packed(form, format.packing, &spool.0, Box::new(pipe)),
    };
    if let Err(error) = fill(&dispatch, &handle, account, folders, target) {
        tracing::info!(account, %error, "an export by a page broke off");
        if let Some(writer) = Arc::into_inner(writer) {
            handle.block_on(writer.break_off(error));
        }
    }
}

fn fill(
    dispatch: &Arc<dyn Dispatch>,
    handle: &Handle,
    account: &str,
    folders: &[ExportFolder],
    mut target: Target,
) -> io::Result<()> {
    for folder in folders {
        target.begin(&MailboxName::parse(&folder.name).map_err(io::Error::other)?)?;
        let mut after = 0;
        loop {
            let op = ExportPage { account: account.to_owned(), mailbox: folder.id, after, last: folder.last };
            let bytes = handle.block_on(dispatch.call_raw(&op)).map_err(io::Error::other)?;
            let page = Batch::decode(&bytes).map_err(io::Error::other)?;
            let Some(last) = page.items.last() else { break };
            after = last.uid;
            page.items.iter().try_for_each(|item| target.message(item))?;
        }
    }
    target.finish().map(drop)
}

/// Writes into the body of an answer; waits while the client is behind.
struct Pipe {
    writer: Arc<Writer>,
    handle: Handle,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.handle.block_on(self.writer.send(Bytes::copy_from_slice(bytes))) {
            true => Ok(bytes.len()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

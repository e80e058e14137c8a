//! The form with a file: its token first, then where to, then the file, which goes to disk as it comes.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use mox_admin::{ErrorKind, OpError};
use mox_httpserver::Response;
use mox_platform::files::{Access, create, free_space};
use mox_store::MailboxName;
use mox_transfer::Source;
use mox_web::Multipart;

use super::imports::{self, Spool, Work};
use crate::At;

/// Largest file.
const MAX_FILE: u64 = 32 << 30;
/// Space on the disk that uploads leave to mail.
const LEAVE: u64 = 1 << 30;
/// Bytes that are written at a time.
const PIECE: usize = 1 << 20;
/// Longest token, name of a mailbox, and the like.
const MAX_FIELD: usize = 4 << 10;

/// `POST mail/import`
pub(crate) async fn import(at: &At) -> Result<Response, OpError> {
    let mut form = at.multipart()?;
    // Nothing more is read for whom the form is not.
    let token = match form.next().await? {
        Some(part) if part.name == "csrf" => form.text(MAX_FIELD).await?,
        _ => String::new(),
    };
    if !at.visit.checks(&token) {
        return Err(OpError::new(ErrorKind::NotAuthorised, "this form is not of your session")
            .hint("load the page again and send the form from there"));
    }
    let transfers = &at.shared.room.transfers;
    transfers.is_free(at.account())?;
    let turn = transfers.turn()?;
    let (mut mailbox, mut again) = ("Inbox".to_owned(), false);
    while let Some(part) = form.next().await? {
        match part.name.as_str() {
            "mailbox" => mailbox = form.text(MAX_FIELD).await?,
            "again" => again = form.text(MAX_FIELD).await? == "yes",
            "file" => {
                let place = MailboxName::parse(mailbox.trim()).map_err(OpError::usage)?;
                let spool = transfers.spool();
                receive(&mut form, &spool).await?;
                let source = source_of(&spool.0).map_err(OpError::failed)?.ok_or_else(not_mail)?;
                let name: String = part.file_name.unwrap_or_default().chars().take(200).collect();
                let run = transfers.begin(at.account(), name, place.as_str().to_owned())?;
                let (account, now) = (at.account().to_owned(), at.shared.clock.now());
                let work = Work { account, place, again, source, now, spool, turn };
                tokio::spawn(imports::run(at.dispatch().clone(), work, run));
                return Ok(at.go("mail?note=begun"));
            }
            name => return Err(OpError::usage(format!("the form has no field {name:?}"))),
        }
    }
    Err(OpError::usage("the form holds no file"))
}

fn not_mail() -> OpError {
    OpError::usage("the file is no mbox file, and no tar or zip archive")
        .hint("choose an mbox file, or a .tgz, .tar or .zip file of a maildir or of mbox files")
}

/// Writes a file of a form to disk.
async fn receive(form: &mut Multipart, spool: &Spool) -> Result<(), OpError> {
    let mut file = create(&spool.0, Access::Private).map_err(OpError::failed)?;
    let (mut held, mut size) = (Vec::with_capacity(PIECE), 0);
    loop {
        let piece = form.piece().await?;
        if let Some(piece) = &piece {
            held.extend_from_slice(piece);
            size += piece.len() as u64;
        }
        if size > MAX_FILE {
            return Err(OpError::usage(format!("the file has more than {MAX_FILE} bytes"))
                .hint("import it in parts, or ask who runs this server to import it"));
        }
        if held.len() >= PIECE || piece.is_none() {
            (file, held) = written(file, held, spool.0.clone()).await?;
        }
        if piece.is_none() {
            return if size > 0 { Ok(()) } else { Err(OpError::usage("no file was chosen, or it is empty")) };
        }
    }
}

/// Writes what is held, where the disk has room for it.
async fn written(
    mut file: File,
    mut held: Vec<u8>,
    path: std::path::PathBuf,
) -> Result<(File, Vec<u8>), OpError> {
    let write = move || {
        if free_space(&path).ok().flatten().is_some_and(|free| free < LEAVE) {
            return Err(OpError::failed("the disk of the server is nearly full")
                .hint("ask the administrator to make room"));
        }
        file.write_all(&held).map_err(OpError::failed)?;
        held.clear();
        Ok((file, held))
    };
    tokio::task::spawn_blocking(write).await.map_err(OpError::failed)?
}

/// What a file is, by its first bytes; none for what holds no mail.
fn source_of(path: &Path) -> std::io::Result<Option<Source>> {
    let mut start = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut start)?;
    let is_tar = start.get(257..262) == Some(b"ustar");
    Ok(if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\x1f\x8b") || is_tar {
        Some(Source::Archive(path.to_owned()))
    } else {
        start.starts_with(b"From ").then(|| Source::Mbox(path.to_owned()))
    })
}

//! Writes messages to where they go: a folder, an archive, one mbox file.
//!
//! Written under another name beside it and renamed at the end, so what stands under the name is whole; what exists is
//! not replaced. Maildirs are in the form of Maildir++: the folder itself is `Inbox`, `.Sent.2024` is `Sent/2024`. In
//! archives they are below `maildir/`. mbox files are named by their mailboxes, `Sent/2024.mbox`.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use mox_clock::Timestamp;
use mox_platform::files::{Access, create, create_private_dir, sync_dir};
use mox_store::MailboxName;
use zip::write::{SimpleFileOptions, StreamWriter};

use crate::item::{Item, lf};
use crate::maildir::{self, KEYWORDS_FILE, Keywords};
use crate::{mbox, status, tar};

/// How mailboxes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A file a message.
    Maildir,
    /// A file a mailbox.
    Mbox,
    /// One mbox file for all.
    SingleMbox,
}

/// What they are written into. One mbox file is never packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// A folder.
    Folder,
    /// tar, with gzip.
    Tgz,
    /// zip.
    Zip,
}

impl Packing {
    /// What a name asks for.
    pub fn of(path: &Path) -> Packing {
        let name = path.to_string_lossy().to_ascii_lowercase();
        match name {
            name if name.ends_with(".tgz") || name.ends_with(".tar.gz") => Packing::Tgz,
            name if name.ends_with(".zip") => Packing::Zip,
            _ => Packing::Folder,
        }
    }
}

type Out = Box<dyn Write + Send>;

enum Files {
    Folder(PathBuf),
    Tgz(GzEncoder<Out>),
    Zip(Box<zip::ZipWriter<StreamWriter<Out>>>),
    Single(BufWriter<Out>),
}

/// Where messages are written.
pub struct Target {
    form: Form,
    files: Files,
    place: Option<Place>,
    /// The mailbox that is being written: its folder or file, and its keywords.
    folder: Option<String>,
    keywords: Keywords,
    /// The mbox that is being written.
    mbox: Option<(PathBuf, BufWriter<File>)>,
    /// Where an mbox is written before it goes into an archive, if not beside what is written.
    spool: Option<PathBuf>,
    lost: u64,
}

/// The name that what is written gets in the end, and the one it has until then.
struct Place {
    wanted: PathBuf,
    partial: PathBuf,
    file: Option<File>,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Gone already if all went well.
        let _ = std::fs::remove_file(&self.partial);
        let _ = std::fs::remove_dir_all(&self.partial);
    }
}

impl Target {
    /// Writes to a path that must not exist.
    pub fn at(path: &Path, form: Form) -> io::Result<Target> {
        refuse_existing(path)?;
        let packing = if form == Form::SingleMbox { Packing::Tgz } else { Packing::of(path) };
        let mut place = Place { wanted: path.to_owned(), partial: free_beside(path)?, file: None };
        if packing == Packing::Folder {
            create_private_dir(&place.partial)?;
            let folder = place.partial.clone();
            return Ok(Target::new(form, Files::Folder(folder), Some(place)));
        }
        let file = create(&place.partial, Access::Private)?;
        place.file = Some(file.try_clone()?);
        Ok(Target::new(form, files(form, packing, Box::new(file)), Some(place)))
    }

    /// Writes a stream: one mbox, or a maildir as a tar archive with gzip.
    pub fn stream(form: Form, out: Out) -> Target {
        Target::new(form, files(form, Packing::Tgz, out), None)
    }

    /// Writes a stream, packed as tar with gzip or as zip. A mailbox that is written as one file is first written to
    /// `spool`, which must not exist; it is removed unless the writing breaks off.
    pub fn packed(form: Form, packing: Packing, spool: &Path, out: Out) -> Target {
        Target { spool: Some(spool.to_owned()), ..Target::new(form, files(form, packing, out), None) }
    }

    fn new(form: Form, files: Files, place: Option<Place>) -> Target {
        let keywords = Keywords::default();
        Target { form, files, place, folder: None, keywords, mbox: None, spool: None, lost: 0 }
    }

    /// Begins a mailbox.
    pub fn begin(&mut self, mailbox: &MailboxName) -> io::Result<()> {
        self.end()?;
        self.keywords = Keywords::default();
        let levels: Vec<String> = mailbox.as_str().split('/').map(maildir::encode).collect();
        match self.form {
            Form::SingleMbox => {}
            Form::Mbox => {
                self.folder = Some(format!("{}.mbox", levels.join("/")));
                self.mbox = Some(self.open_mbox()?);
            }
            Form::Maildir => {
                let inbox = *mailbox == MailboxName::inbox();
                let folder = if inbox { String::new() } else { maildir::folder_of(mailbox.as_str()) };
                self.make_maildir(&folder)?;
                self.folder = Some(folder);
            }
        }
        Ok(())
    }

    fn make_maildir(&self, folder: &str) -> io::Result<()> {
        let Files::Folder(root) = &self.files else { return Ok(()) };
        for dir in ["", folder] {
            for part in ["cur", "new", "tmp"] {
                std::fs::create_dir_all(root.join(dir).join(part))?;
            }
        }
        // Tells programs that the folder above is the one that mail is delivered to.
        if folder.is_empty() { Ok(()) } else { std::fs::write(root.join(folder).join("maildirfolder"), b"") }
    }

    /// Where a mailbox's mbox is written: at its place in a folder, else beside the archive that it goes into.
    fn open_mbox(&self) -> io::Result<(PathBuf, BufWriter<File>)> {
        let path = match (&self.files, &self.folder, &self.place, &self.spool) {
            (Files::Folder(root), Some(name), ..) => root.join(name),
            (_, _, Some(place), _) => place.partial.with_extension("mbox"),
            (_, _, _, Some(spool)) => spool.clone(),
            _ => return Err(io::Error::other("several mbox files do not fit into a stream")),
        };
        if let Some(dir) = path.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let file = create(&path, Access::Private)?;
        Ok((path, BufWriter::with_capacity(64 << 10, file)))
    }

    /// Writes a message of the mailbox that was begun.
    pub fn message(&mut self, item: &Item) -> io::Result<()> {
        let status = || status::write(&item.marks);
        if let Files::Single(out) = &mut self.files {
            return mbox::write(out, item.received, &status(), &item.bytes);
        }
        if let Some((_, out)) = &mut self.mbox {
            return mbox::write(out, item.received, &status(), &item.bytes);
        }
        // A file system of Windows takes no colon.
        let on_windows = std::path::MAIN_SEPARATOR == '\\' && matches!(self.files, Files::Folder(_));
        let separator = if on_windows || matches!(self.files, Files::Zip(_)) { ';' } else { ':' };
        let (name, lost) =
            maildir::file_name(item.received, item.uid, &item.marks, &mut self.keywords, separator);
        self.lost += lost as u64;
        self.file(&format!("cur/{name}"), item.received, &lf(&item.bytes))
    }

    /// Writes a file of the present maildir.
    fn file(&mut self, name: &str, modified: Timestamp, bytes: &[u8]) -> io::Result<()> {
        let folder = self.folder.as_deref().unwrap_or_default();
        let slash = if folder.is_empty() { "" } else { "/" };
        let packed = format!("maildir/{folder}{slash}{name}");
        match &mut self.files {
            Files::Folder(root) => {
                let mut file = create(&root.join(folder).join(name), Access::Private)?;
                file.write_all(bytes)?;
                let since = u64::try_from(modified.micros()).unwrap_or(0);
                file.set_modified(UNIX_EPOCH + Duration::from_micros(since))
            }
            Files::Tgz(out) => {
                let entry =
                    tar::Entry { name: packed, size: bytes.len() as u64, modified: modified.micros() };
                tar::write_header(out, &entry)?;
                out.write_all(bytes)?;
                tar::pad(out, entry.size)
            }
            Files::Zip(out) => {
                out.start_file(packed, SimpleFileOptions::default()).map_err(io::Error::from)?;
                out.write_all(bytes)
            }
            Files::Single(_) => Ok(()),
        }
    }

    /// Ends the present mailbox.
    fn end(&mut self) -> io::Result<()> {
        if let Some((path, out)) = self.mbox.take() {
            let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
            return self.pack(&path, file);
        }
        if let Some(text) = self.keywords.file().filter(|_| self.folder.is_some()) {
            self.file(KEYWORDS_FILE, Timestamp::from_micros(0), text.as_bytes())?;
        }
        self.folder = None;
        Ok(())
    }

    /// Puts a written mbox into the archive.
    fn pack(&mut self, path: &Path, mut file: File) -> io::Result<()> {
        let name = self.folder.take().unwrap_or_default();
        let size = file.metadata()?.len();
        file.rewind()?;
        match &mut self.files {
            Files::Tgz(out) => {
                tar::write_header(out, &tar::Entry { name, size, modified: 0 })?;
                io::copy(&mut (&mut file).take(size), out)?;
                tar::pad(out, size)?;
            }
            Files::Zip(out) => {
                let options = SimpleFileOptions::default().large_file(size >= u64::from(u32::MAX));
                out.start_file(name, options).map_err(io::Error::from)?;
                io::copy(&mut file, out)?;
            }
            Files::Folder(_) | Files::Single(_) => return Ok(()),
        }
        drop(file);
        std::fs::remove_file(path)
    }

    /// Ends it all, and gives it its name. Returns how many keywords a maildir had no letters for.
    pub fn finish(mut self) -> io::Result<u64> {
        self.end()?;
        let Target { files, place, lost, .. } = self;
        let mut out = match files {
            Files::Folder(root) => {
                sync_dir(&root)?;
                None
            }
            Files::Tgz(mut out) => {
                tar::finish(&mut out)?;
                Some(out.finish()?)
            }
            Files::Zip(out) => Some(out.finish().map_err(io::Error::from)?.into_inner()),
            Files::Single(out) => Some(out.into_inner().map_err(io::IntoInnerError::into_error)?),
        };
        if let Some(out) = &mut out {
            out.flush()?;
        }
        drop(out);
        if let Some(mut place) = place {
            if let Some(file) = place.file.take() {
                file.sync_all()?;
            }
            refuse_existing(&place.wanted)?;
            std::fs::rename(&place.partial, &place.wanted)?;
            if let Some(dir) = place.wanted.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                sync_dir(dir)?;
            }
        }
        Ok(lost)
    }
}

fn files(form: Form, packing: Packing, out: Out) -> Files {
    match (form, packing) {
        (Form::SingleMbox, _) => Files::Single(BufWriter::with_capacity(64 << 10, out)),
        (_, Packing::Zip) => Files::Zip(Box::new(zip::ZipWriter::new_stream(out))),
        _ => Files::Tgz(GzEncoder::new(out, Compression::fast())),
    }
}

/// A name beside it that nothing has: what a killed export left would be in this one.
fn free_beside(path: &Path) -> io::Result<PathBuf> {
    let named = |number: u32| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".partial-{}-{number}", std::process::id()));
        path.with_file_name(name)
    };
    let free = (1..1000).map(named).find(|partial| refuse_existing(partial).is_ok());
    free.ok_or_else(|| io::Error::new(io::ErrorKind::AlreadyExists, "too much is left of killed exports"))
}

fn refuse_existing(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "it exists, and is not replaced")),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

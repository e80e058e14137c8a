//! Message content: in the database when it is small once compressed, else in a file of its own.
//!
//! States of a file (function that moves): written and synced as `tmp/NAME` -> linked as `msg/XX/NAME`, folder
//! synced [Incoming::finish] -> row committed [Prepared::insert] -> `tmp/NAME` removed. A crash in between
//! leaves `tmp/NAME`, which tells the next start what to clear away [Store::clear_leftovers]; a power cut may leave
//! `msg/XX/NAME` alone, since `tmp/` is not synced. That is looked for when the last run did not end by itself, which
//! the file `open` tells: it is there, durably, while the store is open. A file whose last reference went is listed in
//! `content_gone` and removed later [Store::sweep], but not while somebody holds removals back [Store::hold_removals]:
//! from a snapshot that was taken under a hold, every file is there until the hold ends.
//! Limits: content up to [`INLINE_MAX`] compressed bytes is inline; memory per incoming message is bounded by it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use mox_clock::random_array;
use mox_db::{ReadTx, Tx};
use mox_platform::files::{Access, create, make_private_dir, sync_dir, write_durably};

use crate::tables::{Counter, content as table, next};
use crate::{ContentId, Error, Store};

/// Folder of content files in the data folder.
pub const FOLDER: &str = "msg";
/// Stands in the data folder while the store is open.
const OPEN_MARK: &str = "open";
/// Largest compressed content that lives in the database, in bytes.
pub const INLINE_MAX: usize = 64 * 1024;

/// Compression level: 1 is the fastest and costs little even where it gains nothing.
const LEVEL: i32 = 1;

/// How content bytes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Raw,
    Zstd,
}

impl Form {
    pub(crate) fn code(self) -> i64 {
        match self {
            Form::Raw => 0,
            Form::Zstd => 1,
        }
    }

    pub(crate) fn from_code(code: i64) -> Result<Form, Error> {
        match code {
            0 => Ok(Form::Raw),
            1 => Ok(Form::Zstd),
            other => Err(Error::Damaged(format!("content form {other}"))),
        }
    }
}

/// The folders of content files.
pub(crate) struct Folder {
    msg: PathBuf,
    tmp: PathBuf,
    mark: PathBuf,
    /// How many hold removals back.
    holds: AtomicUsize,
}

/// While this lives, [`Store::sweep`] removes nothing.
pub struct Hold(Store);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.folder().holds.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Folder {
    pub(crate) fn open(data: &Path) -> Result<Folder, Error> {
        let folder = Folder::at(data);
        folder.make().map_err(|e| file_error(data, e))?;
        Ok(folder)
    }

    /// The folders below `data`, to look at: none is made.
    pub(crate) fn at(data: &Path) -> Folder {
        Folder {
            msg: data.join(FOLDER),
            tmp: data.join("tmp"),
            mark: data.join(OPEN_MARK),
            holds: AtomicUsize::new(0),
        }
    }

    /// Makes all folders at once, so that none is new when a message needs it.
    fn make(&self) -> io::Result<()> {
        let last = self.msg.join("ff");
        if last.is_dir() && self.tmp.is_dir() {
            return Ok(());
        }
        for byte in u8::MIN..=u8::MAX {
            make_private_dir(&self.msg.join(format!("{byte:02x}")))?;
        }
        make_private_dir(&self.tmp)?;
        sync_dir(&self.msg)?;
        self.msg.parent().map_or(Ok(()), sync_dir)
    }

    /// Says that the store was closed in order.
    pub(crate) fn close(&self) {
        // Left behind, it costs the next start a look at the folders.
        let _ = std::fs::remove_file(&self.mark);
    }

    pub(crate) fn msg(&self) -> &Path {
        &self.msg
    }

    pub(crate) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// `msg/XX/NAME`.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.msg.join(shelf(name)).join(name)
    }
}

/// The folder in [`FOLDER`] that holds the file `name`.
pub fn shelf(name: &str) -> &str {
    name.get(..2).unwrap_or("00")
}

/// Names of the files that content of this snapshot lies in, in no order.
pub fn files(tx: &ReadTx<'_>) -> Result<Vec<String>, Error> {
    table::files(tx.conn())
}

fn file_error(path: &Path, source: io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}

/// Content on its way in: bytes are pushed, then it is finished and put into a transaction.
pub struct Incoming {
    store: Store,
    size: u64,
    state: State,
}

enum State {
    /// Not more than [`INLINE_MAX`] raw bytes so far.
    Memory(Vec<u8>),
    /// Compressed as it comes; spills into a file past [`INLINE_MAX`] compressed bytes.
    Stream(Box<zstd::stream::write::Encoder<'static, Spill>>),
}

/// The compressed bytes: in memory, then in a file.
struct Spill {
    store: Store,
    memory: Vec<u8>,
    file: Option<TempFile>,
}

struct TempFile {
    name: String,
    path: PathBuf,
    file: File,
    keep: bool,
}

impl Drop for TempFile {
    fn drop(&mut self) {
        if !self.keep {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Write for Spill {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.file.is_none() && self.memory.len() + bytes.len() <= INLINE_MAX {
            self.memory.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        if self.file.is_none() {
            let mut temp = TempFile::create(&self.store)?;
            temp.file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(temp);
        }
        match &mut self.file {
            Some(temp) => temp.file.write(bytes),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TempFile {
    fn create(store: &Store) -> io::Result<TempFile> {
        let name: String = random_array::<16>(store.random()).iter().map(|b| format!("{b:02x}")).collect();
        let path = store.folder().tmp().join(&name);
        let file = create(&path, Access::Private)?;
        Ok(TempFile { name, path, file, keep: false })
    }
}

/// Content that is durable, or will be with the row that holds it.
///
/// Its file is removed again unless a transaction with its row is committed, whether or not anybody waits for that.
pub struct Prepared {
    size: u64,
    form: Form,
    /// Shared with the transactions that it was put into.
    place: Arc<Place>,
}

enum Place {
    Inline(Vec<u8>),
    File { name: String, temp: PathBuf, place: PathBuf, settled: AtomicBool },
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Place::File { temp, place, settled, .. } = self {
            if !*settled.get_mut() {
                let _ = std::fs::remove_file(place);
            }
            let _ = std::fs::remove_file(temp);
        }
    }
}

impl Prepared {
    /// Size as received, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The same to read, before it is in the database; as long as this is kept.
    pub fn content(&self) -> Content {
        let source = match &*self.place {
            Place::Inline(data) => Source::Inline(data.clone()),
            Place::File { place, .. } => Source::File(place.clone()),
        };
        Content { prefix: Vec::new(), size: self.size, form: self.form, source }
    }

    /// Adds the content row with `refs` references to it.
    pub fn insert(&mut self, tx: &mut Tx<'_>, refs: u32) -> Result<ContentId, Error> {
        let id = next(tx.conn(), Counter::Content)?;
        self.insert_row(tx, id, refs)
    }

    /// Adds the content row with one reference to it, and an id that the caller was given.
    pub(crate) fn insert_as(&mut self, tx: &mut Tx<'_>, id: i64) -> Result<ContentId, Error> {
        self.insert_row(tx, id, 1)
    }

    fn insert_row(&mut self, tx: &mut Tx<'_>, id: i64, refs: u32) -> Result<ContentId, Error> {
        let (file, data) = match &*self.place {
            Place::Inline(data) => (None, Some(data.as_slice())),
            Place::File { name, .. } => (Some(name.as_str()), None),
        };
        let id = table::insert(tx.conn(), id, self.size, refs, self.form.code(), file, data)?;
        if file.is_some() {
            let place = self.place.clone();
            tx.on_commit(move || place.settle());
        }
        Ok(id)
    }
}

impl Place {
    /// The row is committed: the file stays.
    fn settle(&self) {
        if let Place::File { settled, .. } = self {
            settled.store(true, Ordering::Relaxed);
        }
    }
}

impl Incoming {
    /// Starts new content.
    pub fn new(store: &Store) -> Incoming {
        Incoming { store: store.clone(), size: 0, state: State::Memory(Vec::new()) }
    }

    /// Takes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        if let State::Memory(memory) = &mut self.state {
            if memory.len() + bytes.len() <= INLINE_MAX {
                memory.extend_from_slice(bytes);
                return Ok(());
            }
            let spill = Spill { store: self.store.clone(), memory: Vec::new(), file: None };
            let mut encoder = zstd::stream::write::Encoder::new(spill, LEVEL)
                .map_err(|e| file_error(Path::new("zstd"), e))?;
            let begin = std::mem::take(memory);
            encoder.write_all(&begin).map_err(|e| file_error(self.store.folder().tmp(), e))?;
            self.state = State::Stream(Box::new(encoder));
        }
        if let State::Stream(encoder) = &mut self.state {
            encoder.write_all(bytes).map_err(|e| file_error(self.store.folder().tmp(), e))?;
        }
        Ok(())
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Compresses, and makes a file durable. Blocks on disk for large content only.
    pub fn finish(self) -> Result<Prepared, Error> {
        let size = self.size;
        let (form, place) = match self.state {
            State::Memory(raw) => inline(raw),
            State::Stream(encoder) => {
                let spill = encoder.finish().map_err(|e| file_error(self.store.folder().tmp(), e))?;
                match spill.file {
                    None => (Form::Zstd, Place::Inline(spill.memory)),
                    Some(temp) => (Form::Zstd, settle(&self.store, temp)?),
                }
            }
        };
        Ok(Prepared { size, form, place: Arc::new(place) })
    }

    /// Whether [`Incoming::finish`] will wait for the disk.
    pub fn will_block(&self) -> bool {
        matches!(self.state, State::Stream(_))
    }
}

/// Small content: compressed where that saves at least a sixteenth.
fn inline(raw: Vec<u8>) -> (Form, Place) {
    match compress(&raw) {
        Ok(compressed) if compressed.len() < raw.len() - raw.len() / 16 => {
            (Form::Zstd, Place::Inline(compressed))
        }
        _ => (Form::Raw, Place::Inline(raw)),
    }
}

thread_local! {
    /// A compressor's tables cost more to set up than a small message costs to compress.
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

pub(crate) fn compress(raw: &[u8]) -> io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|kept| match kept {
        Some(compressor) => compressor.compress(raw),
        None => kept.insert(zstd::bulk::Compressor::new(LEVEL)?).compress(raw),
    })
}

/// Syncs the temporary file and links it into place.
fn settle(store: &Store, mut temp: TempFile) -> Result<Place, Error> {
    temp.file.sync_all().map_err(|e| file_error(&temp.path, e))?;
    let place = store.folder().place(&temp.name);
    let folder = place.parent().unwrap_or(store.folder().msg()).to_owned();
    temp.keep = true;
    let settled = Place::File {
        name: temp.name.clone(),
        temp: temp.path.clone(),
        place: place.clone(),
        settled: AtomicBool::new(false),
    };
    mox_platform::files::link_or_copy(&temp.path, &place).map_err(|e| file_error(&place, e))?;
    sync_dir(&folder).map_err(|e| file_error(&folder, e))?;
    Ok(settled)
}

/// Content as read back: a per-recipient prefix, then the bytes as received.
#[derive(Clone)]
pub struct Content {
    prefix: Vec<u8>,
    size: u64,
    form: Form,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Inline(Vec<u8>),
    File(PathBuf),
}

impl Content {
    /// Reads what row `id` describes; the bytes follow `prefix`.
    pub fn load(store: &Store, tx: &ReadTx<'_>, id: ContentId, prefix: Vec<u8>) -> Result<Content, Error> {
        let row = table::get(tx.conn(), id)?.ok_or_else(|| Error::Damaged(format!("no content {id}")))?;
        let source = match (row.data, row.file) {
            (Some(data), _) => Source::Inline(data),
            (None, Some(name)) => Source::File(store.folder().place(&name)),
            (None, None) => return Err(Error::Damaged(format!("content {id} has neither bytes nor file"))),
        };
        Ok(Content { prefix, size: row.size, form: Form::from_code(row.form)?, source })
    }

    /// Size in bytes, prefix included.
    pub fn size(&self) -> u64 {
        self.prefix.len() as u64 + self.size
    }

    /// All bytes; for messages of modest size.
    pub fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut all = Vec::with_capacity(usize::try_from(self.size()).unwrap_or(0).min(16 << 20));
        self.reader()?.read_to_end(&mut all).map_err(|e| file_error(Path::new("content"), e))?;
        if all.len() as u64 == self.size() {
            Ok(all)
        } else {
            Err(Error::Damaged(format!("content has {} bytes, expected {}", all.len(), self.size())))
        }
    }

    /// A reader over all bytes; memory stays small however large the message.
    pub fn reader(&self) -> Result<Box<dyn Read + Send + '_>, Error> {
        let raw: Box<dyn Read + Send + '_> = match &self.source {
            Source::Inline(data) => Box::new(data.as_slice()),
            Source::File(path) => {
                Box::new(BufReader::new(File::open(path).map_err(|e| file_error(path, e))?))
            }
        };
        let plain: Box<dyn Read + Send + '_> = match self.form {
            Form::Raw => raw,
            Form::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(raw);
                Box::new(decoder.map_err(|e| file_error(Path::new("zstd"), e))?.take(self.size))
            }
        };
        Ok(Box::new(self.prefix.as_slice().chain(plain)))
    }
}

impl Store {
    /// Gives one reference to content back; with the last one the content goes.
    pub fn release(&self, tx: &mut Tx<'_>, id: ContentId) -> Result<(), Error> {
        if let Some(file) = table::release(tx.conn(), id)? {
            table::insert_gone(tx.conn(), &file)?;
        }
        Ok(())
    }

    /// Adds a reference to content.
    pub fn retain(&self, tx: &mut Tx<'_>, id: ContentId) -> Result<(), Error> {
        table::retain(tx.conn(), id)
    }

    /// Holds the removal of content files back. Whoever begins a snapshot afterwards finds all its files.
    pub fn hold_removals(&self) -> Hold {
        self.folder().holds.fetch_add(1, Ordering::SeqCst);
        Hold(self.clone())
    }

    /// Removes files that nothing refers to any more, at most `max`; returns how many went.
    ///
    /// A file that cannot be removed now (open elsewhere on Windows) stays listed for the next time.
    pub async fn sweep(&self, max: u32) -> Result<usize, Error> {
        let remove = move |store: &Store, tx: &ReadTx<'_>| {
            let gone = table::list_gone(tx.conn(), max)?;
            // Looked at after the snapshot began: whoever holds from now on sees a snapshot that is not older, in
            // which nothing refers to these files any more.
            if store.folder().holds.load(Ordering::SeqCst) > 0 {
                return Ok(Vec::new());
            }
            store.remove_gone(&gone)
        };
        let removed = self.read(remove).await?;
        let count = removed.len();
        if count > 0 {
            self.write(move |_, tx| removed.iter().try_for_each(|name| table::forget_gone(tx.conn(), name)))
                .await?;
        }
        Ok(count)
    }

    /// Removes files, durably: after a power cut none may come back, when nothing knows of it any more. Returns the
    /// names that are gone.
    fn remove_gone(&self, names: &[String]) -> Result<Vec<String>, Error> {
        let mut removed = Vec::new();
        let mut folders = BTreeSet::new();
        for name in names {
            let place = self.folder().place(name);
            match std::fs::remove_file(&place) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(file = name, error = %e, "content file could not be removed");
                }
                _ => {
                    folders.extend(place.parent().map(Path::to_owned));
                    removed.push(name.clone());
                }
            }
        }
        for folder in folders {
            sync_dir(&folder).map_err(|e| file_error(&folder, e))?;
        }
        Ok(removed)
    }

    /// Clears away what a crash left: names in `tmp/` with their links in `msg/`, and files in `msg/` that came after
    /// the crashed run had begun, unless a row refers to them. Then marks the store as open.
    pub(crate) fn clear_leftovers(&self) -> Result<(), Error> {
        let mark = &self.folder().mark;
        let left = entries(self.folder().tmp())?;
        let mut strays: Vec<String> = left.iter().map(|path| name(path)).collect();
        if let Ok(begun) = std::fs::metadata(mark).and_then(|mark| mark.modified()) {
            for path in
                entries(self.folder().msg())?.iter().flat_map(|folder| entries(folder).unwrap_or_default())
            {
                let modified = std::fs::metadata(&path).and_then(|file| file.modified());
                if modified.is_ok_and(|modified| modified >= begun) {
                    strays.push(name(&path));
                }
            }
        }
        self.read_blocking(|store, tx| {
            let mut unknown = Vec::new();
            for stray in strays {
                if !table::has_file(tx.conn(), &stray)? {
                    unknown.push(stray);
                }
            }
            store.remove_gone(&unknown)
        })?;
        left.iter().try_for_each(|path| std::fs::remove_file(path).map_err(|e| file_error(path, e)))?;
        write_durably(mark, b"", Access::Private).map_err(|e| file_error(mark, e))
    }
}

/// The paths in a folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>();
    read().map_err(|e| file_error(folder, e))
}

/// The last part of a path; all names here are ASCII.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

//! Files that survive a crash, and that only their owner reads.
//!
//! Durable means: after the function returns, a power cut leaves the new content under the new name. What root makes in
//! a folder of somebody else becomes that one's: the server is a user of its own, the administrator's commands are not.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::os;

/// Who may read a new file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The owner alone: 0600 for files, 0700 for folders. On Windows an access list of its own: the user that makes
    /// it, the system and the administrators; nothing is inherited from above.
    Private,
    /// Everyone may read: 0644 and 0755. On Windows what the folder says.
    Public,
}

/// Makes renames, creations and removals in the folder durable. On Windows, where no call promises that, the
/// folder is flushed as far as its file system can; NTFS journals names by itself.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    os::sync_dir(dir)
}

/// Writes a file so that a crash leaves the old or the new content, never a mixture: a temporary file beside it,
/// synced, renamed over it, folder synced.
pub fn write_durably(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    put(path, bytes, access, |_| Ok(()))
}

/// Puts new content in the place of a file that is there, as [`write_durably`] does; its owner, group and mode stay.
pub fn replace_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    put(path, bytes, Access::Private, |file| os::make_like(file, path))
}

fn put(
    path: &Path,
    bytes: &[u8],
    access: Access,
    ready: impl FnOnce(&File) -> io::Result<()>,
) -> io::Result<()> {
    let dir = parent(path);
    let (temporary, mut file) = create_beside(path, access)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| ready(&file))
        .and_then(|()| file.sync_all())
        .and_then(|()| os::put_over(&temporary, path));
    if let Err(e) = written {
        let _ = fs::remove_file(&temporary);
        return Err(e);
    }
    sync_dir(dir)
}

/// Creates a file that must not exist yet, open for reading and writing.
pub fn create(path: &Path, access: Access) -> io::Result<File> {
    match access {
        Access::Private => os::open_private(path, true),
        Access::Public => os::create_public(path),
    }
}

/// Opens a plain file to read; none for anything else. Links are not followed, and a pipe is not waited for.
pub fn open_plain(path: &Path) -> io::Result<Option<File>> {
    if !path.symlink_metadata()?.is_file() {
        return Ok(None);
    }
    let file = os::open_unfollowed(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

/// Makes the folder and missing parents, readable by the owner alone; an existing one keeps its rights. The entry
/// of the folder itself is made durable.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    make_private_dir(dir)?;
    sync_dir(parent(dir))
}

/// [`create_private_dir`] for a caller that makes many, and syncs the folder that they are in.
pub fn make_private_dir(dir: &Path) -> io::Result<()> {
    os::create_private_dirs(dir)
}

/// Whether others than the owner have any right to the file or folder; on Windows the system and the
/// administrators, who stand for root, do not count.
pub fn is_exposed(path: &Path) -> io::Result<bool> {
    os::is_exposed(path)
}

/// Takes all rights of others away from an existing file or folder.
pub fn make_private(path: &Path) -> io::Result<()> {
    os::make_private(path)
}

/// Gives a file a second name; a copy where hard links do not work (other file system, or none supported). The copy is
/// synced; the caller syncs the folder. The new name must not exist.
pub fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => Err(e),
        Err(_) => {
            let mut target = create(to, Access::Private)?;
            let copied = File::open(from)
                .and_then(|mut source| io::copy(&mut source, &mut target))
                .and_then(|_| target.sync_all());
            if copied.is_err() {
                let _ = fs::remove_file(to);
            }
            copied
        }
    }
}

/// Makes a file or folder a user's, by name or numeric id, and its main group's. Only root may; does nothing on Windows.
pub fn give_to(path: &Path, user: &str) -> io::Result<()> {
    os::give_to(path, user)
}

/// Bytes that this user can still write on the file system that holds `path`; none where it cannot be told.
pub fn free_space(path: &Path) -> io::Result<Option<u64>> {
    os::free_space(path)
}

/// The folder that holds `path`.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    }
}

/// Numbers the temporary files of this process.
static NEXT: AtomicU64 = AtomicU64::new(0);
/// Most names of temporary files that are tried.
const TRIES: usize = 1000;

/// Creates a temporary file in the same folder, under a name that no other writer of this or another process uses. A
/// process that was killed may have left one, and in a container each has the number that the one before had.
fn create_beside(path: &Path, access: Access) -> io::Result<(PathBuf, File)> {
    let mut tries = 0;
    loop {
        let temporary = parent(path).join(temporary_name(path, NEXT.fetch_add(1, Ordering::Relaxed)));
        tries += 1;
        match create(&temporary, access) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {}
            made => return made.map(|file| (temporary, file)),
        }
    }
}

fn temporary_name(path: &Path, number: u64) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!(".{name}.{}.{number}.tmp", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durable_write_replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for text in ["first, longer", "second"] {
            write_durably(&path, text.as_bytes(), Access::Private).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(!is_exposed(&path).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_durably(&dir.path().join("none/file"), b"", Access::Private).is_err());
        fs::create_dir(dir.path().join("taken")).unwrap();
        assert!(write_durably(&dir.path().join("taken"), b"x", Access::Private).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "the temporary file is gone");
    }

    #[test]
    fn what_a_killed_process_of_the_same_number_left_is_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let next = NEXT.load(Ordering::Relaxed);
        for number in next..next + 50 {
            fs::write(dir.path().join(temporary_name(&path, number)), "left").unwrap();
        }
        write_durably(&path, b"new", Access::Private).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn private_folders_stay_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        create_private_dir(&path).unwrap();
        create_private_dir(&path).unwrap();
        assert!(!is_exposed(&path).unwrap());
        make_private(&path).unwrap();
        assert!(free_space(&path).unwrap() != Some(0));
    }

    #[test]
    fn only_plain_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(open_plain(&path).unwrap().is_some());
        assert!(open_plain(dir.path()).unwrap().is_none());
        assert_eq!(open_plain(&dir.path().join("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn link_gives_the_same_content_and_never_overwrites() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        fs::write(&a, "x").unwrap();
        link_or_copy(&a, &b).unwrap();
        assert_eq!(fs::read(&b).unwrap(), b"x");
        assert_eq!(link_or_copy(&a, &b).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(link_or_copy(&dir.path().join("c"), &b).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

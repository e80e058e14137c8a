//! Private files and folders, folder sync, free space.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::FromRawHandle;
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, GetDiskFreeSpaceExW, OPEN_ALWAYS,
};

use super::security::Private;

/// Longest path, in UTF-16 units, that every call takes without the `\\?\` prefix: a folder must leave room for a
/// name of 8.3 letters.
const SHORT: usize = 247;

/// Flushes the folder's own data. NTFS keeps renames and creations in its journal in any case; file systems that
/// cannot flush a folder (FAT, network drives) say so, which is no error.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    let opened = OpenOptions::new().write(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(dir);
    match opened {
        Ok(folder) => {
            let _ = folder.sync_all();
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(e),
        Err(_) => Ok(()),
    }
}

/// Opens a file to read. A link takes rights to make here that few have.
pub(crate) fn open_unfollowed(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Creates a file with the rights that its folder says.
pub(crate) fn create_public(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// A new file stays private, whatever the other one was.
pub(crate) fn make_like(_: &File, other: &Path) -> io::Result<()> {
    other.metadata().map(drop)
}

/// Puts a file in the place of another. That is refused while somebody has the other one open, if only to read it or to
/// look for viruses: it is tried again for a second.
pub(crate) fn put_over(file: &Path, path: &Path) -> io::Result<()> {
    let from = std::time::Instant::now();
    loop {
        match std::fs::rename(file, path) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && from.elapsed().as_millis() < 1000 => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

/// Opens a file for reading and writing that is private from its first moment; one that exists keeps its rights.
pub(crate) fn open_private(path: &Path, must_be_new: bool) -> io::Result<File> {
    let private = Private::object()?;
    let path = wide(path)?;
    // SAFETY: `path` ends with NUL, the attributes and the descriptor in them live until the call returns, and no
    // template is given.
    let handle = unsafe {
        CreateFileW(
            path.as_ptr(),
            GENERIC_READ | GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            &private.attributes(),
            if must_be_new { CREATE_NEW } else { OPEN_ALWAYS },
            FILE_ATTRIBUTE_NORMAL,
            null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so the handle is open and nobody else's.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Makes the folder and its missing parents, each private.
pub(crate) fn create_private_dirs(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        create_private_dirs(parent)?;
    }
    let private = Private::folder()?;
    let path = wide(dir)?;
    // SAFETY: `path` ends with NUL, the attributes and the descriptor in them live until the call returns.
    if unsafe { CreateDirectoryW(path.as_ptr(), &private.attributes()) } != 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        e if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        e => Err(e),
    }
}

/// The system is asked about folders only, so about the one that holds a file.
pub(crate) fn free_space(path: &Path) -> io::Result<Option<u64>> {
    let path = std::path::absolute(path)?;
    let folder = if path.metadata()?.is_dir() { &path } else { path.parent().unwrap_or(&path) };
    let folder = wide(folder)?;
    let mut free = 0;
    // SAFETY: `folder` ends with NUL, `free` is a place for one number; the other two are not asked for.
    match unsafe { GetDiskFreeSpaceExW(folder.as_ptr(), &mut free, null_mut(), null_mut()) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(Some(free)),
    }
}

/// A path as the system's calls take it: absolute, ending with NUL, in the form without limit when it is long.
pub(super) fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let absolute = std::path::absolute(path)?;
    let mut units: Vec<u16> = absolute.as_os_str().encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path cannot hold NUL"));
    }
    let starts = |prefix: &str| units.iter().copied().take(prefix.len()).eq(prefix.encode_utf16());
    if units.len() > SHORT && !starts(r"\\?\") && !starts(r"\\.\") {
        let (prefix, skip) = if starts(r"\\") { (r"\\?\UNC\", 2) } else { (r"\\?\", 0) };
        units = prefix.encode_utf16().chain(units.into_iter().skip(skip)).collect();
    }
    units.push(0);
    Ok(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_take_the_form_without_limit() {
        let long = "x".repeat(300);
        for (path, expected) in [
            (r"C:\a/b".to_owned(), "C:\\a\\b\0".to_owned()),
            (format!(r"C:\{long}"), format!("\\\\?\\C:\\{long}\0")),
            (format!(r"\\host\share\{long}"), format!("\\\\?\\UNC\\host\\share\\{long}\0")),
            (format!(r"\\?\C:\{long}"), format!("\\\\?\\C:\\{long}\0")),
        ] {
            assert_eq!(String::from_utf16_lossy(&wide(Path::new(&path)).unwrap()), expected);
        }
        assert!(wide(Path::new("a\0b")).is_err());
    }

    #[test]
    fn private_files_and_folders_work_at_long_paths() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("x".repeat(120)).join("y".repeat(120));
        create_private_dirs(&folder).unwrap();
        let file = folder.join("z".repeat(50));
        drop(open_private(&file, true).unwrap());
        assert_eq!(open_private(&file, true).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        drop(open_private(&file, false).unwrap());
        assert!(free_space(&file).unwrap().is_some_and(|bytes| bytes > 0));
    }
}

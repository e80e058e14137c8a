//! Folder sync, owners, modes and free space.
//!
//! What root makes in a folder of somebody else becomes that one's: a server that runs as a user of its own opens what
//! the administrator's commands wrote into its folders.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use nix::fcntl::OFlag;

pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Opens a file for reading and writing; a new one is private from its first moment.
pub(crate) fn open_private(path: &Path, must_be_new: bool) -> io::Result<File> {
    match create_new(path, 0o600) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && !must_be_new => {}
        done => return done,
    }
    // Whoever owns the folder could have put a link there to a file that is not theirs.
    let flags = OFlag::O_NOFOLLOW.bits();
    OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)
}

/// Opens a file to read, at once and never through a link.
pub(crate) fn open_unfollowed(path: &Path) -> io::Result<File> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Creates a file that everyone may read.
pub(crate) fn create_public(path: &Path) -> io::Result<File> {
    create_new(path, 0o666)
}

fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(mode).open(path)?;
    if let Err(e) = hand_over(&file, path) {
        let _ = std::fs::remove_file(path);
        return Err(e);
    }
    Ok(file)
}

/// Gives what root just made to the owner of the folder that it is in.
fn hand_over(made: &File, path: &Path) -> io::Result<()> {
    if made.metadata()?.uid() != 0 {
        return Ok(());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.metadata()?,
        _ => Path::new(".").metadata()?,
    };
    match folder.uid() {
        0 => Ok(()),
        owner => fchown(made, Some(owner), Some(folder.gid())),
    }
}

/// Makes the folder and its missing parents, each private.
pub(crate) fn create_private_dirs(dir: &Path) -> io::Result<()> {
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let missing: Vec<&Path> = dir.ancestors().take_while(is_missing).collect();
    for folder in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(e) => return Err(e),
        }
        let flags = (OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits();
        hand_over(&OpenOptions::new().read(true).custom_flags(flags).open(folder)?, folder)?;
    }
    // Says what is wrong if it is no folder.
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Gives a new file the owner, the group and the mode of another, as far as this user may.
pub(crate) fn make_like(file: &File, other: &Path) -> io::Result<()> {
    let (mine, wanted) = (file.metadata()?, other.metadata()?);
    if mine.uid() == 0 {
        fchown(file, Some(wanted.uid()), Some(wanted.gid()))?;
    } else if mine.gid() != wanted.gid() {
        // Only root gives files away; a group that this user is not in stays behind.
        let _ = fchown(file, None, Some(wanted.gid()));
    }
    file.set_permissions(wanted.permissions())
}

/// Puts a file in the place of another.
pub(crate) fn put_over(file: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(file, path)
}

pub(crate) fn is_exposed(path: &Path) -> io::Result<bool> {
    Ok(path.metadata()?.permissions().mode() & 0o077 != 0)
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    let mode = path.metadata()?.permissions().mode();
    std::fs::set_permissions(path, Permissions::from_mode(mode & 0o700))
}

pub(crate) fn free_space(path: &Path) -> io::Result<Option<u64>> {
    let stat = nix::sys::statvfs::statvfs(path)?;
    #[allow(clippy::useless_conversion, reason = "the width of the fields differs between systems")]
    let bytes = u64::from(stat.blocks_available()).saturating_mul(u64::from(stat.fragment_size()));
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DirLock;
    use crate::files::{Access, create, create_private_dir, replace_durably, write_durably};

    fn owner(path: &Path) -> (u32, u32) {
        let found = path.metadata().unwrap();
        (found.uid(), found.gid())
    }

    #[test]
    fn what_root_makes_is_the_owners_of_the_folder() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        create_private_dir(&data).unwrap();
        assert_eq!(owner(&data), (0, owner(dir.path()).1), "root's folder: what is in it is root's");
        std::os::unix::fs::chown(&data, Some(12_345), Some(12_346)).unwrap();
        create_private_dir(&data.join("a/b")).unwrap();
        write_durably(&data.join("a/b/durable"), b"x", Access::Private).unwrap();
        write_durably(&data.join("a/b/durable"), b"y", Access::Private).unwrap();
        create(&data.join("public"), Access::Public).unwrap();
        let _lock = DirLock::acquire(&data).unwrap();
        for name in ["a", "a/b", "a/b/durable", "public", DirLock::FILE] {
            assert_eq!(owner(&data.join(name)), (12_345, 12_346), "{name}");
        }
        let file = dir.path().join("file");
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::chown(&file, Some(12_345), Some(12_346)).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        replace_durably(&file, b"new").unwrap();
        assert_eq!(owner(&file), (12_345, 12_346), "also in a folder of root");
    }

    #[test]
    fn what_replaces_a_file_has_its_mode_from_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        replace_durably(&file, b"new").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o640);
        assert!(replace_durably(&dir.path().join("none"), b"x").is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_are_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "x").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(crate::files::open_plain(&link).unwrap().is_none());
        assert!(open_unfollowed(&link).is_err());
    }

    #[test]
    fn a_lock_is_not_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let other = dir.path().join("other");
        std::fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, dir.path().join(DirLock::FILE)).unwrap();
        assert!(DirLock::acquire(dir.path()).is_err());
        assert_eq!(std::fs::read(&other).unwrap(), b"precious");
    }

    #[test]
    fn a_file_is_no_folder() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(create_private_dir(&file).is_err());
        assert!(create_private_dir(&file.join("below")).is_err());
    }
}

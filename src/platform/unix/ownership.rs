//! Giving a tree of files to a user, as root and in spite of that user: nothing is reached by a path that could be
//! exchanged meanwhile, only by open folders.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, fchmod};
use nix::unistd::{Gid, Uid, fchown};

use crate::privileges::{GroupMay, User};

/// Folders within folders; DataDir has five.
const MAX_DEPTH: usize = 64;
/// What a file is opened with only to change its owner and mode: never through a link, and a pipe does not block.
const LOOK: OFlag = OFlag::O_RDONLY.union(OFlag::O_NOFOLLOW).union(OFlag::O_NONBLOCK).union(OFlag::O_CLOEXEC);

pub(crate) fn give(folder: &Path, user: &User, group: GroupMay, marks: &[&OsStr]) -> io::Result<usize> {
    let keep = match group {
        GroupMay::Nothing => 0o700,
        GroupMay::Read => 0o750,
    };
    let giving = Giving { user, keep };
    // The folder itself is named by the administrator and may be a link.
    let opened = open(folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    let theirs = File::from(opened.try_clone()?).metadata()?.uid() == user.uid;
    if !theirs && !is_ours(&opened, marks)? {
        let user = &user.name;
        let marks: Vec<_> = marks.iter().map(|name| name.to_string_lossy()).collect();
        let marks = marks.join(" or ");
        return Err(io::Error::other(format!(
            "it is not empty, does not belong to {user} and has no {marks}: if it is for this server alone, give it to \
             that user by hand (chown -R)"
        )));
    }
    giving.folder(opened, 0)
}

/// Whether a folder is empty or has a file of one of these names.
fn is_ours(folder: &OwnedFd, marks: &[&OsStr]) -> io::Result<bool> {
    let mut empty = true;
    for entry in Dir::from_fd(folder.try_clone()?)?.iter() {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if marks.iter().any(|mark| name == mark.as_bytes()) {
            return Ok(true);
        }
        // The last is made with a file system.
        empty &= matches!(name, b"." | b".." | b"lost+found");
    }
    Ok(empty)
}

/// The numbers of the user and the group that a folder belongs to.
pub(crate) fn owner(folder: &Path) -> Option<(u32, u32)> {
    let found = std::fs::metadata(folder).ok()?;
    Some((found.uid(), found.gid()))
}

struct Giving<'a> {
    user: &'a User,
    /// Bits of the mode that stay.
    keep: u32,
}

impl Giving<'_> {
    fn folder(&self, folder: OwnedFd, depth: usize) -> io::Result<usize> {
        if depth > MAX_DEPTH {
            return Err(io::Error::other("folders are nested too deeply"));
        }
        let mut changed = usize::from(self.one(&File::from(folder.try_clone()?))?);
        let mut entries = Dir::from_fd(folder.try_clone()?)?;
        for entry in entries.iter() {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let Some(opened) = look(&folder, name)? else { continue };
            let file = File::from(opened);
            if file.metadata()?.is_dir() {
                changed += self.folder(file.into(), depth + 1)?;
            } else {
                changed += usize::from(self.one(&file)?);
            }
        }
        Ok(changed)
    }

    /// Changes one file or folder if it is not as it should be; true if it was changed.
    fn one(&self, file: &File) -> io::Result<bool> {
        let found = file.metadata()?;
        let plain = found.is_file();
        let (owned, group) = (found.uid() == self.user.uid, found.gid() == self.user.gid);
        if !(plain || found.is_dir()) || (plain && found.nlink() > 1 && !owned) {
            return Ok(false);
        }
        if !(owned && group) {
            let (uid, gid) = (Uid::from_raw(self.user.uid), Gid::from_raw(self.user.gid));
            fchown(file.as_fd(), Some(uid), Some(gid))?;
        }
        let mode = found.mode() & 0o7777;
        if mode & !self.keep != 0 {
            #[allow(clippy::unnecessary_cast, reason = "the width of a mode differs between systems")]
            fchmod(file.as_fd(), Mode::from_bits_truncate((mode & self.keep) as nix::libc::mode_t))?;
        }
        Ok(!(owned && group) || mode & !self.keep != 0)
    }
}

/// Opens an entry of a folder; none for links, sockets, and what is gone.
fn look(folder: &OwnedFd, name: &CStr) -> io::Result<Option<OwnedFd>> {
    match openat(folder.as_fd(), name, LOOK, Mode::empty()) {
        Ok(opened) => Ok(Some(opened)),
        // A link (Linux and macOS; the BSDs), a socket, a file that just went.
        Err(Errno::ELOOP | Errno::EMLINK | Errno::ENXIO | Errno::EOPNOTSUPP | Errno::ENOENT) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_tree_becomes_private_and_links_are_left_alone() {
        let outside = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(outside.path(), PermissionsExt::from_mode(0o644)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (inner, file) = (dir.path().join("inner"), dir.path().join("inner/file"));
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(&file, "x").unwrap();
        for (path, mode) in [(dir.path(), 0o755), (&inner, 0o755), (&file, 0o664)] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        }
        symlink(outside.path(), inner.join("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(inner.join("socket")).unwrap();
        let mark = &[OsStr::new("mox.db")];
        let me = User {
            name: "me".into(),
            uid: nix::unistd::geteuid().as_raw(),
            gid: nix::unistd::getegid().as_raw(),
        };
        assert_eq!(give(dir.path(), &me, GroupMay::Read, mark).unwrap(), 3);
        assert_eq!((mode(dir.path()), mode(&inner), mode(&file)), (0o750, 0o750, 0o640));
        assert_eq!(give(dir.path(), &me, GroupMay::Nothing, mark).unwrap(), 3);
        assert_eq!((mode(dir.path()), mode(&inner), mode(&file)), (0o700, 0o700, 0o600));
        assert_eq!(give(dir.path(), &me, GroupMay::Nothing, mark).unwrap(), 0, "nothing is left to do");
        assert_eq!(mode(outside.path()), 0o644);
        assert!(give(&file, &me, GroupMay::Nothing, mark).is_err(), "not a folder");
    }

    #[test]
    fn root_gives_what_is_linked_once() {
        if !nix::unistd::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let (single, double) = (dir.path().join("single"), dir.path().join("double"));
        std::fs::write(&single, "x").unwrap();
        std::fs::write(&double, "x").unwrap();
        std::fs::hard_link(&double, dir.path().join("again")).unwrap();
        let user = User { name: "12345".into(), uid: 12_345, gid: 12_345 };
        let mark = &[OsStr::new("mox.db")];
        let refused = give(dir.path(), &user, GroupMay::Nothing, mark).unwrap_err();
        assert!(
            refused.to_string().contains("no mox.db"),
            "whoever may name a folder does not own it: {refused}"
        );
        assert_eq!(single.metadata().unwrap().uid(), 0);
        give(dir.path(), &user, GroupMay::Nothing, &[OsStr::new("double")]).unwrap();
        assert_eq!(single.metadata().unwrap().uid(), 12_345);
        assert_eq!(dir.path().metadata().unwrap().uid(), 12_345);
        assert_eq!(double.metadata().unwrap().uid(), 0, "it may be a file of somebody else");
        give(dir.path(), &user, GroupMay::Nothing, mark).unwrap();
        let new = tempfile::tempdir().unwrap();
        std::fs::create_dir(new.path().join("lost+found")).unwrap();
        give(new.path(), &user, GroupMay::Nothing, mark).unwrap();
        assert_eq!(new.path().metadata().unwrap().uid(), 12_345);
    }
}

//! Becoming an ordinary user, for good.
//!
//! A server that is started as root opens its sockets, reads its keys and then becomes a user of its own. That must
//! happen before threads start: a thread keeps what it began with where the system call is one of the thread.
//! Windows has nothing like it: there a service runs as its own account from the start.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path};

use crate::os;

/// A user of this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// As it was asked for.
    pub name: String,
    /// Number of the user.
    pub uid: u32,
    /// Number of its first group.
    pub gid: u32,
}

impl User {
    /// The user with this name, or, where it is a number, that user with the group of the same number; none where there
    /// is no such user. On Windows always none.
    pub fn find(name: &str) -> io::Result<Option<User>> {
        os::find_user(name)
    }

    /// Whether it may do everything.
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// Whether this process may do everything. On Windows false.
pub fn am_root() -> bool {
    os::my_uid() == Some(0)
}

/// The number of this process's user; none on Windows.
pub fn my_uid() -> Option<u32> {
    os::my_uid()
}

/// Makes new files and folders of this process the owner's alone, also where the code asks for less. Nothing on
/// Windows, where folders say who may read what is in them.
pub fn keep_new_files_private() {
    os::keep_new_files_private();
}

/// Becomes the user: supplementary groups, group, user, all of them for good, and looks whether it is so. Call before
/// threads start. After an error the process may be half changed: end it.
pub fn become_user(user: &User) -> io::Result<()> {
    if user.is_root() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "root is not an ordinary user"));
    }
    os::become_user(user)
}

/// Nothing that this process starts gets more rights than it has, and no other process of its user reads its memory,
/// nor does a core file hold it. Linux; elsewhere nothing.
pub fn forbid_new_privileges() -> io::Result<()> {
    os::forbid_new_privileges()
}

/// Which rights of its group a tree keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupMay {
    /// None: folders 0700, files 0600 at most.
    Nothing,
    /// What it has, but to write: folders 0750, files 0640 at most.
    Read,
}

/// Gives a folder and all in it to the user, and takes the rights of others away; returns how much was changed.
///
/// Symbolic links are not followed, and a file with several names is left alone unless it is the user's already:
/// whoever may write in the folder could have linked to a file of somebody else. A folder that is not the user's is given
/// only when it is empty or has a file with one of the names `marks`: the user may have written which folder it is.
pub fn give(folder: &Path, user: &User, group: GroupMay, marks: &[&OsStr]) -> io::Result<usize> {
    os::give(folder, user, group, marks)
}

/// Whether a folder can be this user's own: one such as `/` or `/etc`, where a file was put directly, cannot, nor can
/// the home of somebody else.
pub fn can_be_given(folder: &Path, user: &User) -> bool {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let shared = [
        "/home",
        "/opt",
        "/private/etc",
        "/private/tmp",
        "/private/var",
        "/usr/local",
        "/usr/local/etc",
        "/var/lib",
        "/var/log",
        "/var/mail",
        "/var/tmp",
    ];
    let a_home = ["/home", "/Users"].iter().any(|homes| whole.parent() == Some(Path::new(homes)));
    let foreign = a_home && os::owner(&whole).is_some_and(|(uid, _)| uid != 0 && uid != user.uid);
    // On Windows a drive stands before the root.
    let names = whole.components().filter(|part| matches!(part, Component::Normal(_))).count();
    names > 1 && !foreign && !shared.iter().any(|path| whole == Path::new(path))
}

/// The numbers of the user and the group that a folder belongs to; none on Windows, and where it cannot be looked at.
pub fn owner(folder: &Path) -> Option<(u32, u32)> {
    os::owner(folder)
}

/// Whether a folder is in a tree of the system, where a new folder alone may change what root does, such as
/// `/etc/systemd/system/x.service.d`.
pub fn is_of_the_system(folder: &Path) -> bool {
    let whole = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let trees = [
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/private/etc",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/sys",
        "/usr",
        "/var/cron",
        "/var/spool/cron",
        "/Library",
        "/System",
    ];
    trees.iter().any(|tree| whole.starts_with(tree)) && !whole.starts_with("/usr/local")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_of_the_system_are_known() {
        for (folder, system) in [
            ("/etc/systemd/system/x.service.d", true),
            ("/usr/share/x", true),
            ("/usr/local/mox/data", false),
            ("/home/mox/data", false),
            ("/var/lib/mox", false),
            ("/etcetera", false),
        ] {
            assert_eq!(is_of_the_system(Path::new(folder)), system, "{folder}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_of_the_system_are_not_given_away() {
        let user = User { name: "mox".to_owned(), uid: 12_345, gid: 12_345 };
        for (folder, may) in [
            ("/", false),
            ("/etc", false),
            ("/var/lib", false),
            ("/etc/mox", true),
            ("/home/mox/config", true),
        ] {
            assert_eq!(can_be_given(Path::new(folder), &user), may, "{folder}");
        }
    }
}

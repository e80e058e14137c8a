//! The machine's name and its users.

use std::io;
use std::path::Path;

use nix::unistd::{Uid, User};

pub(crate) fn hostname() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// A user by name, or by numeric id.
fn user(name: &str) -> Option<User> {
    if let Ok(Some(user)) = User::from_name(name) {
        return Some(user);
    }
    User::from_uid(Uid::from_raw(name.parse().ok()?)).ok()?
}

pub(crate) fn has_user(name: &str) -> bool {
    user(name).is_some()
}

pub(crate) fn give_to(path: &Path, name: &str) -> io::Result<()> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("there is no user {name}"));
    let user = user(name).ok_or_else(missing)?;
    // A symbolic link is not followed: what it leads to is not ours to give.
    std::os::unix::fs::lchown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
}

//! Users, groups, and what a process may no longer do.

use std::ffi::CString;
use std::io;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Uid, geteuid, getuid, setgid, setuid};

use crate::privileges::User;

pub(crate) fn find_user(name: &str) -> io::Result<Option<User>> {
    if let Ok(number) = name.parse::<u32>() {
        return Ok(Some(User { name: name.to_owned(), uid: number, gid: number }));
    }
    let found = nix::unistd::User::from_name(name)?;
    Ok(found.map(|user| User { name: name.to_owned(), uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
}

pub(crate) fn my_uid() -> Option<u32> {
    Some(geteuid().as_raw())
}

pub(crate) fn keep_new_files_private() {
    umask(Mode::from_bits_truncate(0o077));
}

/// The order matters: only root may change groups.
pub(crate) fn become_user(user: &User) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    set_groups(user, gid)?;
    setgid(gid)?;
    // As root this sets the real, the effective and the saved one, on each of these systems.
    setuid(uid)?;
    let back = setuid(Uid::from_raw(0)).is_ok() || nix::unistd::seteuid(Uid::from_raw(0)).is_ok();
    let as_asked = getuid() == uid && geteuid() == uid;
    let group = nix::unistd::getgid() == gid && nix::unistd::getegid() == gid;
    match as_asked && group && !back {
        true => Ok(()),
        false => Err(io::Error::other("the system did not change the user for good")),
    }
}

/// The name as C wants it; none for a user that is only a number, which has no groups but its own.
fn known_name(user: &User) -> io::Result<Option<CString>> {
    if user.name.parse::<u32>().is_ok() {
        return Ok(None);
    }
    CString::new(user.name.as_str()).map(Some).map_err(io::Error::other)
}

#[cfg(not(target_vendor = "apple"))]
fn set_groups(user: &User, gid: Gid) -> io::Result<()> {
    match known_name(user)? {
        Some(name) => nix::unistd::initgroups(&name, gid)?,
        None => nix::unistd::setgroups(&[gid])?,
    }
    Ok(())
}

/// nix leaves these calls out on macOS, where they set no more than 16 groups.
#[cfg(target_vendor = "apple")]
#[expect(unsafe_code, reason = "there is no safe interface to initgroups and setgroups")]
fn set_groups(user: &User, gid: Gid) -> io::Result<()> {
    use nix::libc;
    let code = match known_name(user)? {
        Some(name) => {
            let group = libc::c_int::try_from(gid.as_raw()).map_err(io::Error::other)?;
            // SAFETY: the name ends with NUL and lives during the call.
            unsafe { libc::initgroups(name.as_ptr(), group) }
        }
        None => {
            let groups = [gid.as_raw()];
            // SAFETY: the list has one entry, as the count says.
            unsafe { libc::setgroups(1, groups.as_ptr()) }
        }
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(target_os = "linux")]
pub(crate) fn forbid_new_privileges() -> io::Result<()> {
    nix::sys::prctl::set_no_new_privs()?;
    nix::sys::prctl::set_dumpable(false)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn forbid_new_privileges() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_names_or_numbers() {
        let root = find_user("root").unwrap().unwrap();
        assert!(root.is_root() && root.gid == 0, "{root:?}");
        let number = find_user("1234").unwrap().unwrap();
        assert_eq!((number.uid, number.gid), (1234, 1234));
        assert_eq!(find_user("no-such-user-here").unwrap(), None);
        assert!(crate::privileges::become_user(&root).is_err(), "root is no user to become");
    }
}

//! What only unix has: a process here runs as its account from start to end.

use std::ffi::OsStr;
use std::io;
use std::net::TcpListener;
use std::path::Path;

use crate::privileges::{GroupMay, User};
use crate::sandbox::{Allowed, Confined};

pub(crate) fn find_user(_name: &str) -> io::Result<Option<User>> {
    Ok(None)
}

pub(crate) fn my_uid() -> Option<u32> {
    None
}

pub(crate) fn keep_new_files_private() {}

pub(crate) fn become_user(_user: &User) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn forbid_new_privileges() -> io::Result<()> {
    Ok(())
}

pub(crate) fn give(_folder: &Path, _user: &User, _group: GroupMay, _marks: &[&OsStr]) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn owner(_folder: &Path) -> Option<(u32, u32)> {
    None
}

pub(crate) fn confine(_allowed: &Allowed) -> io::Result<Confined> {
    Ok(Confined::Not)
}

pub(crate) fn inherited_sockets() -> io::Result<Vec<TcpListener>> {
    Ok(Vec::new())
}

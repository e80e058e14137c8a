//! The control endpoint as a named pipe.
//!
//! The file at the endpoint's path holds the pipe's unguessable name, so only who may read the data folder finds
//! it. The pipe's access list lets this user, the system and the administrators open it, nobody else; clients from
//! other machines are refused. A client talks to a pipe only if it belongs to the owner of the file that names it.

use std::fs;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};

use super::security::{Private, owner_of_file, owner_of_pipe};
use crate::files::{self, Access};
use crate::{Io, SystemRandom};

/// How pipe names of this program begin.
const PREFIX: &str = r"\\.\pipe\mox-ctl-";
/// Longest content of the name file that is read.
const MAX_NAME: u64 = 256;
/// The system's code for "all instances of the pipe are taken".
const ERROR_PIPE_BUSY: i32 = 231;

pub(crate) struct Listener {
    name: String,
    path: PathBuf,
    next: Option<NamedPipeServer>,
}

impl Listener {
    pub(crate) fn bind(path: &Path) -> io::Result<Listener> {
        let unique = u128::from_le_bytes(mox_clock::random_array(&SystemRandom));
        let name = format!("{PREFIX}{unique:032x}");
        let first = instance(&name, true)?;
        files::write_durably(path, name.as_bytes(), Access::Private)?;
        Ok(Listener { name, path: path.to_path_buf(), next: Some(first) })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Box<dyn Io>> {
        let pipe = match &self.next {
            Some(pipe) => pipe,
            None => self.next.insert(instance(&self.name, false)?),
        };
        let connected = pipe.connect().await;
        // The next instance exists before this one is given away, so that clients always find one. One whose client
        // went away before it was met is of no more use either.
        let next = instance(&self.name, false).ok();
        match (std::mem::replace(&mut self.next, next), connected) {
            (_, Err(e)) => Err(e),
            (Some(pipe), Ok(())) => Ok(Box::new(pipe)),
            (None, Ok(())) => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

/// One more end of the pipe that a client can connect to.
fn instance(name: &str, first: bool) -> io::Result<NamedPipeServer> {
    let private = Private::object()?;
    let mut attributes = private.attributes();
    let mut options = ServerOptions::new();
    options.first_pipe_instance(first).reject_remote_clients(true);
    // SAFETY: the pointer is to a SECURITY_ATTRIBUTES that, with its descriptor, lives until the call returns.
    unsafe { options.create_with_security_attributes_raw(name, (&raw mut attributes).cast()) }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the system has no way to wait for a pipe instance without blocking"
)]
pub(crate) async fn connect(path: &Path) -> io::Result<Box<dyn Io>> {
    let name = if fs::metadata(path)?.len() > MAX_NAME { String::new() } else { fs::read_to_string(path)? };
    if !name.starts_with(PREFIX) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a control socket"));
    }
    loop {
        match ClientOptions::new().open(&name) {
            Ok(pipe) => {
                check_owner(path, pipe.as_handle())?;
                return Ok(Box::new(pipe));
            }
            Err(e) if e.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(e) => return Err(e),
        }
    }
}

/// Refuses a pipe that somebody else made under this name.
fn check_owner(path: &Path, pipe: BorrowedHandle<'_>) -> io::Result<()> {
    let (expected, found) = (owner_of_file(path)?, owner_of_pipe(pipe)?);
    if expected == found {
        return Ok(());
    }
    let message = format!("control pipe belongs to {found}, its name file to {expected}");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

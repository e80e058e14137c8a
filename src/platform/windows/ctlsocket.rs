//! The control endpoint as a named pipe.
//!
//! The file at the endpoint's path holds the pipe's unguessable name, so only who may read the data folder finds
//! it. The pipe's default access list lets others open it for reading at most, so they can send no request;
//! clients from other machines are refused.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeServer, ServerOptions};

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
        let first = ServerOptions::new().first_pipe_instance(true).create(&name)?;
        files::write_durably(path, name.as_bytes(), Access::Private)?;
        Ok(Listener { name, path: path.to_path_buf(), next: Some(first) })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Box<dyn Io>> {
        let pipe = match &self.next {
            Some(pipe) => pipe,
            None => self.next.insert(ServerOptions::new().create(&self.name)?),
        };
        pipe.connect().await?;
        // The next instance exists before this one is given away, so that clients always find one.
        let next = ServerOptions::new().create(&self.name).ok();
        match std::mem::replace(&mut self.next, next) {
            Some(pipe) => Ok(Box::new(pipe)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
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
            Ok(pipe) => return Ok(Box::new(pipe)),
            Err(e) if e.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(e) => return Err(e),
        }
    }
}

//! The control endpoint as a unix socket.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::files::{self, Access};
use crate::{Io, SystemRandom};

/// Longest socket path that every unix takes (macOS: 104 with the NUL).
const MAX_PATH: usize = 100;
/// Longest content of a pointer file that is read.
const MAX_POINTER: u64 = 256;
/// How the short private folder's name begins.
const SHORT_DIR: &str = "mox-ctl-";

pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    pub(crate) fn bind(path: &Path) -> io::Result<Listener> {
        remove(path)?;
        let listener = if path.as_os_str().len() <= MAX_PATH {
            bind_private(path)?
        } else {
            let dir = short_dir()?;
            let socket = dir.join("ctl");
            let listener = bind_private(&socket)?;
            files::write_durably(path, socket.as_os_str().as_encoded_bytes(), Access::Private)?;
            listener
        };
        Ok(Listener { listener, path: path.to_path_buf() })
    }

    pub(crate) async fn accept(&mut self) -> io::Result<Box<dyn Io>> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            match peer(&stream) {
                Ok(uid) if uid == 0 || uid == me() => return Ok(Box::new(stream)),
                Ok(uid) => tracing::warn!(uid, "control connection of another user refused"),
                Err(error) => tracing::warn!(%error, "control connection without peer identity refused"),
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.path) {
            tracing::warn!(%error, "control socket not removed");
        }
    }
}

pub(crate) async fn connect(path: &Path) -> io::Result<Box<dyn Io>> {
    let stream = match pointed(path)? {
        Some(socket) => UnixStream::connect(socket).await?,
        None => UnixStream::connect(path).await?,
    };
    let uid = peer(&stream)?;
    if uid == 0 || uid == me() || me() == 0 {
        Ok(Box::new(stream))
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("control socket belongs to uid {uid}")))
    }
}

fn me() -> u32 {
    nix::unistd::geteuid().as_raw()
}

fn peer(stream: &UnixStream) -> io::Result<u32> {
    Ok(stream.peer_cred()?.uid())
}

/// Binds, then takes the rights of others away. Between the two the peer check of `accept` holds.
fn bind_private(path: &Path) -> io::Result<UnixListener> {
    let listener = UnixListener::bind(path)?;
    files::make_private(path)?;
    Ok(listener)
}

/// A new private folder with a short path.
fn short_dir() -> io::Result<PathBuf> {
    let unique = u64::from_le_bytes(mox_clock::random_array(&SystemRandom));
    let temp = std::env::temp_dir();
    let base = if temp.as_os_str().len() > MAX_PATH / 2 { PathBuf::from("/tmp") } else { temp };
    let dir = base.join(format!("{SHORT_DIR}{unique:016x}"));
    fs::DirBuilder::new().mode(0o700).create(&dir)?;
    Ok(dir)
}

/// The socket that a pointer file names; none where `path` is the socket itself.
fn pointed(path: &Path) -> io::Result<Option<PathBuf>> {
    let meta = fs::symlink_metadata(path)?;
    if !meta.is_file() {
        return Ok(None);
    }
    if meta.len() > MAX_POINTER || !(meta.uid() == me() || meta.uid() == 0 || me() == 0) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a control socket"));
    }
    Ok(Some(PathBuf::from(fs::read_to_string(path)?)))
}

/// Removes a socket, or a pointer file with the socket and folder it names.
fn remove(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(meta) => meta.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    if !kind.is_socket() {
        let Ok(Some(socket)) = pointed(path) else {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "something else is in the control socket's place",
            ));
        };
        let ours = |dir: &Path| dir.file_name().is_some_and(|n| n.to_string_lossy().starts_with(SHORT_DIR));
        if let Some(dir) = socket.parent().filter(|dir| ours(dir)) {
            let _ = fs::remove_file(&socket);
            let _ = fs::remove_dir(dir);
        }
    }
    fs::remove_file(path)
}

//! The Windows half. Rights come from the data folder's own access list, which files in it inherit.

mod ctlsocket;
mod signals;

pub(crate) use ctlsocket::{Listener, connect};
pub(crate) use signals::Signals;

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

pub(crate) fn raise_nofile_limit() -> io::Result<Option<u64>> {
    Ok(None)
}

pub(crate) fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub(crate) fn private_dir(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

pub(crate) fn is_exposed(path: &Path) -> io::Result<bool> {
    path.metadata().map(|_| false)
}

pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    path.metadata().map(|_| ())
}

pub(crate) fn free_space(path: &Path) -> io::Result<Option<u64>> {
    path.metadata().map(|_| None)
}

pub(crate) fn configure_listener(_: &tokio::net::TcpSocket, _: std::net::SocketAddr) -> io::Result<()> {
    Ok(())
}

/// The Windows heap gives memory back by itself.
pub(crate) fn return_memory() {}

//! Folder sync, modes and free space.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Opens a file for reading and writing; a new one is private from its first moment.
pub(crate) fn open_private(path: &Path, must_be_new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).truncate(false).mode(0o600);
    if must_be_new {
        options.create_new(true)
    } else {
        options.create(true)
    };
    options.open(path)
}

/// Makes the folder and its missing parents, each private.
pub(crate) fn create_private_dirs(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
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

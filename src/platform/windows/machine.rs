//! The machine's name. Files need not be given away: services run with the rights of the folder.

use std::io;
use std::path::Path;

/// The name in the environment: every process has it.
pub(crate) fn hostname() -> Option<String> {
    std::env::var("COMPUTERNAME").ok().map(|name| name.to_ascii_lowercase())
}

pub(crate) fn is_root() -> bool {
    false
}

pub(crate) fn has_user(_: &str) -> bool {
    false
}

pub(crate) fn give_to(_: &Path, _: &str) -> io::Result<()> {
    Ok(())
}

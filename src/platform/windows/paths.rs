//! Files of the system, below the folders that Windows names in the environment.

use std::path::PathBuf;

pub(crate) fn hosts_file() -> PathBuf {
    folder("SystemRoot", r"C:\Windows").join(r"System32\drivers\etc\hosts")
}

/// Name servers stand in the registry, by network adapter; nothing says whether they are trusted.
pub(crate) fn resolver_options() -> Option<PathBuf> {
    None
}

pub(crate) fn submit_config() -> PathBuf {
    folder("ProgramData", r"C:\ProgramData").join(r"mox\moxsubmit.conf")
}

/// The folder that a variable names, or where it usually is.
fn folder(variable: &str, usual: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| usual.into())
}

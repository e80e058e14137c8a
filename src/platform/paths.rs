//! Where files live when nobody said otherwise: those of the user, and those of the system.

use std::path::PathBuf;

use crate::os;

/// The folder of `mox localserve`: `mox-localserve` in the user's configuration folder (`~/.config`,
/// `~/Library/Application Support`, `%APPDATA%`). None without a home.
pub fn localserve_dir() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.config_dir().join("mox-localserve"))
}

/// The folder for what may be lost: `mox` in the user's cache folder (`~/.cache`, `~/Library/Caches`,
/// `%LOCALAPPDATA%`). None without a home.
pub fn cache_dir() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.cache_dir().join("mox"))
}

/// The file with addresses of host names: `/etc/hosts`, or `drivers\etc\hosts` in the system folder of Windows.
pub fn hosts_file() -> PathBuf {
    os::hosts_file()
}

/// The file with the options of name lookups, resolv.conf(5); none on Windows, which has no such file.
pub fn resolver_options() -> Option<PathBuf> {
    os::resolver_options()
}

/// Where `mox sendmail` finds the server to submit to: `/etc/moxsubmit.conf`, `%ProgramData%\mox\moxsubmit.conf`.
pub fn submit_config() -> PathBuf {
    os::submit_config()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_files_have_absolute_paths() {
        for path in [hosts_file(), submit_config()].into_iter().chain(resolver_options()) {
            assert!(path.is_absolute(), "{}", path.display());
        }
        assert!(hosts_file().is_file(), "{}", hosts_file().display());
    }
}

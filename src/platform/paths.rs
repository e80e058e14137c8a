//! Where per-user files live when nobody said otherwise.

use std::path::PathBuf;

/// The folder of `mox localserve`: `mox-localserve` in the user's configuration folder. None without a home.
pub fn localserve_dir() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.config_dir().join("mox-localserve"))
}

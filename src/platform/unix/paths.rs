//! Files of the system, where every unix has them.

use std::path::PathBuf;

pub(crate) fn hosts_file() -> PathBuf {
    "/etc/hosts".into()
}

pub(crate) fn resolver_options() -> Option<PathBuf> {
    Some("/etc/resolv.conf".into())
}

pub(crate) fn submit_config() -> PathBuf {
    "/etc/moxsubmit.conf".into()
}

//! Which files this process may still touch.
//!
//! Linux's Landlock, as far as the kernel has it (5.13 and later); elsewhere nothing. It holds for the thread that
//! calls and those it starts, so it is called before threads start, and nothing takes it back.

use std::io;
use std::path::PathBuf;

use crate::os;

/// What stays possible.
#[derive(Debug, Default, Clone)]
pub struct Allowed {
    /// Files and folders that may be read, with all in them. What does not exist is left out.
    pub read: Vec<PathBuf>,
    /// Folders in which everything may be done.
    pub write: Vec<PathBuf>,
}

/// How far the system went along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confined {
    /// All that is asked for is in force.
    Fully,
    /// The kernel is older and knows some of it.
    Partly,
    /// The system does not have it.
    Not,
}

/// Takes away from this process all files but these.
pub fn confine(allowed: &Allowed) -> io::Result<Confined> {
    os::confine(allowed)
}

/// What servers read of a system: certificates, names, users, time zones, devices without content, and what tells
/// about the machine and the process itself.
pub fn of_the_system() -> Vec<PathBuf> {
    let folders = [
        "/etc",
        "/usr",
        "/lib",
        "/lib64",
        "/proc",
        "/sys/fs/cgroup",
        "/sys/devices/system/cpu",
        "/run/systemd/resolve",
        "/run/resolvconf",
        "/run/NetworkManager",
        "/run/nscd",
        "/dev/null",
        "/dev/urandom",
        "/dev/random",
    ];
    folders.into_iter().map(PathBuf::from).collect()
}

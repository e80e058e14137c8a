//! The unix half: Linux, macOS, the BSDs.

mod ctlsocket;
mod files;
mod handover;
mod machine;
mod memory;
mod ownership;
mod paths;
mod priority;
mod privileges;
mod sandbox;
mod service;
mod signals;

pub(crate) use ctlsocket::{Listener, connect};
pub(crate) use files::{
    create_private_dirs, create_public, free_space, is_exposed, make_like, make_private, open_private,
    open_unfollowed, put_over, sync_dir,
};
pub(crate) use handover::{inherited_sockets, tell};
pub(crate) use machine::{give_to, has_user, hostname, is_root};
pub(crate) use memory::return_memory;
pub(crate) use ownership::{give, owner};
pub(crate) use paths::{hosts_file, resolver_options, submit_config};
pub(crate) use priority::yield_to_others;
pub(crate) use privileges::{become_user, find_user, forbid_new_privileges, keep_new_files_private, my_uid};
pub(crate) use sandbox::confine;
pub(crate) use service::{control, leave, send_stderr_to, started_by_manager};
pub(crate) use signals::Signals;

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Every terminal of these systems does.
pub(crate) fn terminal_styles() -> bool {
    true
}

pub(crate) fn raise_nofile_limit() -> io::Result<Option<u64>> {
    /// macOS refuses a soft limit above this, whatever the hard limit says (OPEN_MAX).
    const MACOS_MOST: u64 = 10_240;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let wanted = if cfg!(target_os = "macos") { hard.min(MACOS_MOST) } else { hard };
    if wanted > soft {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard)?;
    }
    Ok(Some(wanted.max(soft)))
}

pub(crate) fn configure_listener(
    socket: &tokio::net::TcpSocket,
    address: std::net::SocketAddr,
) -> io::Result<()> {
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() {
        nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::Ipv6V6Only, &true)?;
    }
    Ok(())
}

//! The Windows half.

#[expect(unsafe_code, reason = "the console's mode has no safe interface")]
mod console;
#[expect(unsafe_code, reason = "a pipe's access list is given by pointer")]
mod ctlsocket;
#[expect(unsafe_code, reason = "std cannot make files and folders with an access list")]
mod files;
mod machine;
mod paths;
#[expect(unsafe_code, reason = "a thread's priority has no safe interface")]
mod priority;
mod privileges;
#[expect(unsafe_code, reason = "std knows no access lists")]
mod security;
#[allow(unsafe_code, reason = "the entry point that the library's macro writes")]
mod service;
mod signals;
#[expect(unsafe_code, reason = "the socket option has no safe interface")]
mod sockets;

pub(crate) use console::{send_stderr_to, terminal_styles};
pub(crate) use ctlsocket::{Listener, connect};
pub(crate) use files::{
    create_private_dirs, create_public, free_space, make_like, open_private, open_unfollowed, put_over,
    sync_dir,
};
pub(crate) use machine::{give_to, has_user, hostname, is_root};
pub(crate) use paths::{hosts_file, resolver_options, submit_config};
pub(crate) use priority::yield_to_others;
pub(crate) use privileges::{
    become_user, confine, find_user, forbid_new_privileges, give, inherited_sockets, keep_new_files_private,
    my_uid, owner,
};
pub(crate) use security::{is_exposed, make_private};
pub(crate) use service::{control, leave, started_by_manager, tell};
pub(crate) use signals::Signals;
pub(crate) use sockets::configure_listener;

use std::io;

pub(crate) fn raise_nofile_limit() -> io::Result<Option<u64>> {
    Ok(None)
}

/// The Windows heap gives memory back by itself.
pub(crate) fn return_memory() {}

//! Every operating system difference, one surface: real time and chance, files, signals, the control endpoint.
//!
//! `unix/` and `windows/` are the two halves of the same private surface, `os`. Everything public is the same on
//! both; where one cannot do a thing, the item says so.

pub mod ctlsocket;
pub mod faults;
pub mod files;
pub mod handover;
mod lock;
pub mod machine;
pub mod paths;
pub mod privileges;
mod real;
pub mod sandbox;
pub mod service;
mod signals;

#[cfg(unix)]
#[path = "unix/mod.rs"]
mod os;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod os;

use tokio::io::{AsyncRead, AsyncWrite};

pub use lock::{DirLock, LockError};
pub use real::{SystemClock, SystemRandom};
pub use signals::{Signal, Signals};

/// Anything that bytes go through in both directions: a socket, a pipe, TLS over either, a simulated one.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + ?Sized> Io for T {}

/// Raises the soft limit of open files to the hard limit; returns the limit now in force, none where the system
/// has no such limit (Windows).
pub fn raise_nofile_limit() -> std::io::Result<Option<u64>> {
    os::raise_nofile_limit()
}

/// Whether colours and other styles reach the terminal as escape sequences: switches them on where that is needed,
/// which is the console of Windows; false where it does not know them.
pub fn terminal_styles() -> bool {
    os::terminal_styles()
}

/// Makes the allocator give memory back that a burst needed, so that a server stays small for its long life: large
/// blocks always go back, and threads share two arenas. Call once, before threads start.
pub fn return_memory() {
    os::return_memory();
}

/// Makes the calling thread give way to whatever else wants a processor, for as long as it lives. Does nothing on
/// systems where that is only possible for the whole process.
pub fn yield_to_others() {
    os::yield_to_others();
}

/// Prepares a socket that will listen: it can be bound while old connections of the port fade out, and one for IPv6
/// takes no IPv4 connections. (On Windows both are the default; there the port is kept from programs that would
/// share it.)
pub fn configure_listener(
    socket: &tokio::net::TcpSocket,
    address: std::net::SocketAddr,
) -> std::io::Result<()> {
    os::configure_listener(socket, address)
}

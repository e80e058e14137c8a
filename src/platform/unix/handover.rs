//! systemd's sockets and notifications.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::socket::{SockType, getsockopt, sockopt};

/// First descriptor that is handed over.
const FIRST: RawFd = 3;
/// How long a manager may take to read what it is told.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most that are taken.
const MAX: RawFd = 1024;

pub(crate) fn inherited_sockets() -> io::Result<Vec<TcpListener>> {
    let variable = |name| std::env::var(name).ok();
    let count = announced(variable("LISTEN_PID"), variable("LISTEN_FDS"), std::process::id());
    (FIRST..FIRST + count).map(adopt).collect()
}

/// How many descriptors are meant for this process.
fn announced(pid: Option<String>, count: Option<String>, me: u32) -> RawFd {
    let ours = pid.and_then(|pid| pid.parse::<u32>().ok()) == Some(me);
    let count = count.and_then(|count| count.parse::<RawFd>().ok()).unwrap_or(0);
    if ours { count.clamp(0, MAX) } else { 0 }
}

#[expect(unsafe_code, reason = "a descriptor that was handed over is known by its number alone")]
fn adopt(number: RawFd) -> io::Result<TcpListener> {
    let named = |e: &dyn std::fmt::Display| io::Error::other(format!("file descriptor {number}: {e}"));
    // SAFETY: the service manager says that this process owns the descriptor, and this is called once. Where that
    // is not so, the next call fails with EBADF.
    let owned = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    fcntl(owned, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).map_err(|e| named(&e))?;
    let stream = getsockopt(&owned, sockopt::SockType).is_ok_and(|kind| kind == SockType::Stream);
    if !stream || !getsockopt(&owned, sockopt::AcceptConn).unwrap_or(false) {
        return Err(named(&"not a listening TCP socket"));
    }
    // SAFETY: it is open, and nobody else in this process has it.
    let listener = TcpListener::from(unsafe { OwnedFd::from_raw_fd(number) });
    debug_assert_eq!(listener.as_raw_fd(), number);
    // A unix socket has no address of TCP.
    listener.local_addr().map_err(|e| named(&e))?;
    Ok(listener)
}

pub(crate) fn tell(line: &str) -> io::Result<()> {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let socket = UnixDatagram::unbound()?;
    // A manager that is slow still hears it; one that does not read holds nothing up for long.
    socket.set_write_timeout(Some(PATIENCE))?;
    match place.as_encoded_bytes() {
        [b'@', name @ ..] => connect_abstract(&socket, name)?,
        _ => socket.connect(&place)?,
    }
    socket.send(line.as_bytes())?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn connect_abstract(socket: &UnixDatagram, name: &[u8]) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt;
    socket.connect_addr(&std::os::unix::net::SocketAddr::from_abstract_name(name)?)
}

#[cfg(not(target_os = "linux"))]
fn connect_abstract(_socket: &UnixDatagram, _name: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_for_the_process_that_is_named() {
        let text = |text: &str| Some(text.to_owned());
        for (pid, count, found) in [
            (text("7"), text("2"), 2),
            (text("8"), text("2"), 0),
            (None, text("2"), 0),
            (text("7"), None, 0),
            (text("7"), text("many"), 0),
            (text("7"), text("-1"), 0),
            (text("7"), text("99999999"), MAX),
        ] {
            assert_eq!(announced(pid.clone(), count.clone(), 7), found, "{pid:?} {count:?}");
        }
    }
}

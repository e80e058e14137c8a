//! Listening sockets.

use std::io;
use std::os::windows::io::AsRawSocket;

use windows_sys::Win32::Networking::WinSock::{SO_EXCLUSIVEADDRUSE, SOCKET, SOL_SOCKET, setsockopt};

/// Without this another program of the same user could listen on the port, too, and take its connections.
pub(crate) fn configure_listener(
    socket: &tokio::net::TcpSocket,
    _address: std::net::SocketAddr,
) -> io::Result<()> {
    let yes: i32 = 1;
    let size = i32::try_from(size_of_val(&yes)).unwrap_or_default();
    // SAFETY: the socket is open while it is borrowed; the option takes a 32-bit number, of which pointer and size
    // are given.
    let code = unsafe {
        setsockopt(
            socket.as_raw_socket() as SOCKET,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            (&raw const yes).cast(),
            size,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

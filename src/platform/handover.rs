//! What a service manager hands over, and what it is told: sockets that listen already, and how the server is.
//!
//! systemd's protocols: LISTEN_FDS (sd_listen_fds(3)) and NOTIFY_SOCKET (sd_notify(3)); other supervisors know them,
//! too. launchd hands sockets over by a call of its own, which is not used, and on Windows there are none.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use crate::os;

/// The listening TCP sockets that were handed over to this process. Call once, before anything else opens files. An
/// error names what is not a listening TCP socket.
pub fn sockets() -> io::Result<Vec<TcpListener>> {
    os::inherited_sockets()
}

/// How the server is, for the service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything accepts connections.
    Ready,
    /// The configuration is being read again; [`State::Ready`] follows.
    Reloading,
    /// It ends.
    Stopping,
    /// It is alive.
    Alive,
}

impl State {
    /// The line of sd_notify(3).
    fn line(self) -> &'static str {
        match self {
            State::Ready => "READY=1",
            State::Reloading => "RELOADING=1",
            State::Stopping => "STOPPING=1",
            State::Alive => "WATCHDOG=1",
        }
    }
}

/// Tells the service manager, if one asked for it. That it does not listen is no reason to end.
pub fn tell(state: State) {
    if let Err(error) = os::tell(state.line()) {
        tracing::debug!(%error, "the service manager was not told");
    }
}

/// How often the service manager wants to hear that this process is alive; none if it does not.
pub fn watchdog() -> Option<Duration> {
    let pid = std::env::var("WATCHDOG_PID").ok();
    if pid.is_some_and(|pid| pid != std::process::id().to_string()) {
        return None;
    }
    let micros: u64 = std::env::var("WATCHDOG_USEC").ok()?.parse().ok()?;
    // Twice as often as needed, as sd_watchdog_enabled(3) advises.
    (micros > 0).then(|| Duration::from_micros(micros / 2))
}

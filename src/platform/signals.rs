//! What the operating system asks of a running server.

use crate::os;

/// A request from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The person at the terminal: SIGINT or Ctrl-C.
    Interrupt,
    /// The service manager: SIGTERM, or Ctrl-Break, console close and shutdown on Windows.
    Terminate,
    /// Read the configuration again: SIGHUP; never on Windows.
    Reload,
}

/// The process's signals from the moment of its making; before that they do what the system does by default.
pub struct Signals(os::Signals);

impl Signals {
    /// Takes over the signals. Needs a tokio runtime.
    pub fn new() -> std::io::Result<Signals> {
        os::Signals::new().map(Signals)
    }

    /// Waits for the next one. Cancel safe.
    pub async fn next(&mut self) -> Signal {
        self.0.next().await
    }
}

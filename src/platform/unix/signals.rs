//! SIGINT, SIGTERM and SIGHUP.

use std::io;

use tokio::signal::unix::{Signal as Unix, SignalKind, signal};

use crate::Signal;

pub(crate) struct Signals {
    interrupt: Unix,
    terminate: Unix,
    hangup: Unix,
}

impl Signals {
    pub(crate) fn new() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signals_arrive() {
        use nix::sys::signal::{Signal as Sent, raise};
        let mut signals = Signals::new().unwrap();
        for (sent, seen) in [
            (Sent::SIGHUP, Signal::Reload),
            (Sent::SIGTERM, Signal::Terminate),
            (Sent::SIGINT, Signal::Interrupt),
        ] {
            raise(sent).unwrap();
            assert_eq!(signals.next().await, seen);
        }
    }
}

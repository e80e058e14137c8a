//! The control endpoint: a unix socket or a named pipe that only the same user and root may open.
//!
//! On unix the endpoint is the given path, usually `<data>/ctl`. A path too long for a socket address holds a
//! pointer file instead: the path of a socket in a short private folder under the system's temporary folder.
//! Whoever listens holds the folder's [`crate::DirLock`], so whatever an earlier process left there is stale and
//! is removed. On Windows the endpoint is a named pipe whose name is derived from the path.

use std::io;
use std::path::Path;
use std::time::Duration;

use mox_clock::Clock;

use crate::{Io, os};

/// Accepts control connections until dropped, which removes the endpoint.
pub struct CtlListener(os::Listener);

impl CtlListener {
    /// The next connection of a peer that may control this process; others are closed and logged. Errors are the
    /// system's, as being out of file descriptors: wait before calling again. Cancel safe.
    pub async fn accept(&mut self) -> io::Result<Box<dyn Io>> {
        self.0.accept().await
    }
}

/// Makes the endpoint at `path`. The caller holds the lock of the folder. Needs a tokio runtime.
pub fn listen(path: &Path) -> io::Result<CtlListener> {
    os::Listener::bind(path).map(CtlListener)
}

/// Connects to the endpoint at `path`. Nobody listening is `NotFound` or `ConnectionRefused`; an endpoint of
/// another user is `PermissionDenied`; no answer in time is `TimedOut`.
pub async fn connect(path: &Path, clock: &dyn Clock, timeout: Duration) -> io::Result<Box<dyn Io>> {
    tokio::select! {
        biased;
        connected = os::connect(path) => connected,
        () = clock.sleep(timeout) => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const WAIT: Duration = Duration::from_secs(10);

    async fn talk(path: &Path) {
        let mut listener = listen(path).unwrap();
        let server = tokio::spawn(async move {
            let mut io = listener.accept().await.unwrap();
            let mut ping = [0; 4];
            io.read_exact(&mut ping).await.unwrap();
            io.write_all(b"pong").await.unwrap();
            (ping, listener)
        });
        let mut io = connect(path, &SystemClock, WAIT).await.unwrap();
        io.write_all(b"ping").await.unwrap();
        let mut pong = [0; 4];
        io.read_exact(&mut pong).await.unwrap();
        assert_eq!((&pong, &server.await.unwrap().0), (b"pong", b"ping"));
    }

    #[tokio::test]
    async fn both_sides_talk_and_nobody_answers_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ctl");
        talk(&path).await;
        let e = connect(&path, &SystemClock, WAIT).await.err().unwrap();
        assert!(matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused), "{e}");
    }

    #[tokio::test]
    async fn long_paths_work_too() {
        let dir = tempfile::tempdir().unwrap();
        let long = dir.path().join("x".repeat(120));
        std::fs::create_dir(&long).unwrap();
        talk(&long.join("ctl")).await;
        assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ctl");
        std::mem::forget(listen(&path).unwrap());
        talk(&path).await;
    }
}

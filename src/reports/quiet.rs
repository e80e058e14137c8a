//! A thread for long work that nobody waits for: it gives way to whatever else wants a processor, and does one thing
//! after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use mox_store::Error;
use tokio::sync::oneshot;

use crate::Reports;

type Work = Box<dyn FnOnce() + Send>;

/// The thread, which begins when there is something to do, and ends when this is dropped.
#[derive(Default)]
pub(crate) struct Quiet(Mutex<Option<Sender<Work>>>);

impl Quiet {
    /// Hands work to the thread; an error when the system gives none now, which may be otherwise the next time.
    fn hand(&self, work: Work) -> std::io::Result<()> {
        let mut thread = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match thread.take() {
            Some(sender) => sender,
            None => Quiet::begin()?,
        };
        // It receives as long as the sender is kept: work that panics does not end it.
        sender.send(work).map_err(|_| std::io::Error::from(std::io::ErrorKind::BrokenPipe))?;
        *thread = Some(sender);
        Ok(())
    }

    fn begin() -> std::io::Result<Sender<Work>> {
        let (sender, receiver) = channel::<Work>();
        let run = move || {
            mox_platform::yield_to_others();
            for work in receiver {
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    tracing::error!("panic while a report was written");
                }
            }
        };
        std::thread::Builder::new().name("reports".to_owned()).spawn(run)?;
        Ok(sender)
    }
}

impl Reports {
    /// Does something when its turn has come, unless nobody waits for the answer any more.
    pub(crate) async fn quietly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reports) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let reports = self.clone();
        let work = move || {
            if !reply.is_closed() {
                // Who asked may go away meanwhile.
                let _ = reply.send(work(&reports));
            }
        };
        // A system that is out of threads may have one in an hour.
        let unstarted = |e: std::io::Error| mox_db::Error::Io(format!("no thread to write reports: {e}"));
        self.0.quiet.hand(Box::new(work)).map_err(unstarted)?;
        answer.await.map_err(|_| Error::Damaged("a report could not be written".to_owned()))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_panics_does_not_end_the_thread() {
        let quiet = Quiet::default();
        let (sender, receiver) = channel();
        quiet.hand(Box::new(|| panic!("on purpose"))).unwrap();
        let after = move || sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
        quiet.hand(Box::new(after)).unwrap();
        assert_eq!(receiver.recv().unwrap().as_deref(), Some("reports"));
    }
}

//! A thread for long work that nobody waits for: it gives way to whatever else wants a processor, and does one thing
//! after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use mox_store::Error;
use tokio::sync::oneshot;

use crate::Reports;

type Work = Box<dyn FnOnce() + Send>;

/// The thread, which begins when there is something to do, and ends when this is dropped.
#[derive(Default)]
pub(crate) struct Quiet(OnceLock<Sender<Work>>);

impl Quiet {
    fn begin() -> Sender<Work> {
        let (sender, receiver) = channel::<Work>();
        let run = move || {
            mox_platform::yield_to_others();
            for work in receiver {
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    tracing::error!("panic while a report was written");
                }
            }
        };
        // Without it nobody receives, which those hear who send.
        if let Err(error) = std::thread::Builder::new().name("reports".to_owned()).spawn(run) {
            tracing::error!(%error, "the thread that writes reports");
        }
        sender
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
        let failed = || Error::Damaged("a report could not be written".to_owned());
        self.0.quiet.0.get_or_init(Quiet::begin).send(Box::new(work)).map_err(|_| failed())?;
        answer.await.map_err(|_| failed())?
    }
}

//! The seam to where messages arrive: a stream that may say that some were missed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use mox_admin::ops::MessageRow;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// What an object-safe async function returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a hook hears.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A message arrived.
    Arrived(Arc<MessageRow>),
    /// The hook fell behind: about so many are forgotten.
    Missed(u64),
}

/// Messages as they arrive, for one hook.
pub trait Arrivals: Send {
    /// Waits for the next; none when there will be no more.
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>>;
}

impl Arrivals for Receiver<Arc<MessageRow>> {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            match self.recv().await {
                Ok(row) => Some(Heard::Arrived(row)),
                Err(RecvError::Lagged(missed)) => Some(Heard::Missed(missed)),
                Err(RecvError::Closed) => None,
            }
        })
    }
}

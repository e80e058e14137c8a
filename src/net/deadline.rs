//! Waiting that ends: a poll function with a time limit on a Clock.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use mox_clock::{Clock, Sleep};

use crate::Error;

/// Polls until ready or until `timeout` is over; the timer is made when polling first has to wait.
pub(crate) async fn within<T>(
    clock: &dyn Clock,
    timeout: Duration,
    sleep: &mut Option<Sleep>,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>,
) -> Result<T, Error> {
    poll_fn(|cx| match poll(cx) {
        Poll::Ready(result) => Poll::Ready(result.map_err(Error::from)),
        Poll::Pending => {
            let sleep = sleep.get_or_insert_with(|| clock.sleep(timeout));
            sleep.as_mut().poll(cx).map(|()| Err(Error::Timeout))
        }
    })
    .await
}

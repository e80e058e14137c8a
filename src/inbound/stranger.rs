//! Mail of a sender that no account it is for knows waits for some seconds before it is taken: senders of much unwanted
//! mail give up, and block lists hear of them meanwhile.
//!
//! At most [`MOST`] sessions wait at a time; where that many do, others are taken at once.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mox_clock::Clock;
use mox_store::{Digest, Store};

use crate::{Arrival, Local, Places};

/// Most sessions that wait at a time.
const MOST: usize = 200;

/// How long listeners let unknown senders wait.
#[derive(Debug, Default)]
pub struct Strangers {
    listeners: Vec<(SocketAddr, Duration)>,
    waiting: AtomicUsize,
}

/// One of those who wait.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Strangers {
    /// By the addresses that listeners were told to listen at.
    pub fn new(listeners: Vec<(SocketAddr, Duration)>) -> Strangers {
        Strangers { listeners, waiting: AtomicUsize::new(0) }
    }

    /// The time of the listener at which a client connected; none where nobody waits.
    fn time(&self, local: SocketAddr) -> Option<Duration> {
        let at = |listener: &SocketAddr| {
            listener.port() == local.port()
                && (listener.ip().is_unspecified()
                    || listener.ip().to_canonical() == local.ip().to_canonical())
        };
        let found = self.listeners.iter().find(|(listener, _)| at(listener));
        found.map(|(_, time)| *time).filter(|time| !time.is_zero())
    }

    fn enter(&self) -> Option<Waiting<'_>> {
        let place = Waiting(&self.waiting);
        (self.waiting.fetch_add(1, Ordering::Relaxed) < MOST).then_some(place)
    }

    /// Waits, where the message is from somebody whom none of the accounts knows that get it.
    pub(crate) async fn wait(
        &self,
        at: SocketAddr,
        arrival: &Arrival,
        header: &[u8],
        places: &Places,
        (store, clock): (&Store, &dyn Clock),
    ) {
        let Some(time) = self.time(at) else { return };
        let Some(path) = &arrival.reverse_path else { return };
        let accounts: Vec<(String, String)> = places.locals().map(account).collect();
        let takes_at_once = |local: &Local| local.hasty || local.reports.is_some();
        if accounts.is_empty() || places.locals().any(takes_at_once) {
            return;
        }
        let from = Digest::of(header).from_address;
        let addresses = vec![path.to_string(), from.clone()];
        let known = store.read(move |store, tx| {
            for (account, rejects) in &accounts {
                if store.knows_sender(tx, account, &from, &addresses, rejects)? {
                    return Ok(true);
                }
            }
            Ok::<bool, mox_store::Error>(false)
        });
        match known.await {
            Ok(false) => {}
            Ok(true) => return,
            Err(error) => {
                tracing::error!(%error, "whether the sender is known is not known");
                return;
            }
        }
        let Some(_place) = self.enter() else { return };
        tracing::debug!(cid = arrival.cid, seconds = time.as_secs(), "an unknown sender waits");
        clock.sleep(time).await;
    }
}

fn account(local: &Local) -> (String, String) {
    let rejects = local.rejects.as_ref().map(|rejects| rejects.mailbox.as_str().to_owned());
    (local.account.clone(), rejects.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wait_at_a_time() {
        let strangers = Strangers::default();
        let mut all: Vec<_> = (0..MOST).map(|_| strangers.enter().unwrap()).collect();
        assert!(strangers.enter().is_none());
        assert!(strangers.enter().is_none(), "who is turned away takes no place");
        all.pop();
        assert!(strangers.enter().is_some());
    }
}

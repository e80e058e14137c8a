//! Webhooks of a running house: each follows the feed of changes at its own pace.

use std::collections::VecDeque;
use std::sync::Arc;

use mox_clock::Clock;
use mox_dns::Resolver;
use mox_https::{Client, Egress, Url};
use mox_telemetry::Metrics;
use mox_tls::RootCertStore;
use mox_webhooks::{Arrivals, BoxFuture, Heard, Hook, LIMITS};
use tokio::sync::watch;

use crate::operations::feed::{Event, Feed};

/// Changes taken from the feed at a time.
const TAKE: usize = 20;

/// URLs that are told of arriving messages.
pub(crate) struct Webhooks {
    /// Named by who started the house, so they may be anywhere.
    pub(crate) urls: Vec<Url>,
    /// Where people see messages, as `http://localhost:1080`.
    pub(crate) pages: String,
}

impl Webhooks {
    /// The hooks, ready to run.
    pub(crate) fn hooks(
        &self,
        resolver: &Arc<dyn Resolver>,
        roots: &Arc<RootCertStore>,
        clock: &Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
    ) -> Vec<Hook> {
        let client = Client {
            resolver: resolver.clone(),
            dial: Arc::new(mox_net::TcpDial::new(clock.clone())),
            clock: clock.clone(),
            roots: roots.clone(),
            egress: Egress::Anywhere,
            limits: LIMITS,
            user_agent: format!("mox/{}", crate::house::VERSION),
        };
        let hook = |url: &Url| Hook::new(url.clone(), self.pages.clone(), client.clone(), metrics.clone());
        self.urls.iter().map(hook).collect()
    }
}

/// What the feed tells from the start of the house on.
pub(crate) struct Following {
    feed: Arc<Feed>,
    news: watch::Receiver<u64>,
    position: u64,
    taken: VecDeque<Event>,
}

impl Following {
    pub(crate) fn new(feed: &Arc<Feed>) -> Following {
        Following { feed: feed.clone(), news: feed.follow(), position: feed.end(), taken: VecDeque::new() }
    }
}

impl Arrivals for Following {
    fn next(&mut self) -> BoxFuture<'_, Option<Heard>> {
        Box::pin(async move {
            loop {
                while let Some(event) = self.taken.pop_front() {
                    if let Event::Arrived(shown) = event {
                        return Some(Heard::Arrived(Arc::new(shown.row.clone())));
                    }
                }
                self.news.borrow_and_update();
                match self.feed.since(self.position, TAKE) {
                    Some((events, _)) if events.is_empty() => self.news.changed().await.ok()?,
                    Some((events, next)) => {
                        self.position = next;
                        self.taken.extend(events);
                    }
                    None => {
                        let oldest = self.feed.oldest();
                        let missed = oldest.saturating_sub(self.position);
                        self.position = oldest;
                        return Some(Heard::Missed(missed));
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::Timestamp;

    use crate::operations::feed::sample;

    #[tokio::test]
    async fn who_falls_behind_is_told_how_far() {
        let feed = Arc::new(Feed::new(Timestamp::from_secs(5)));
        let mut following = Following::new(&feed);
        let gone = |n: usize| (0..n).map(|_| Event::Gone(sample(1))).collect();
        feed.add(gone(2000));
        feed.add(gone(7));
        assert!(matches!(following.next().await, Some(Heard::Missed(7))));
        // The rest is there, though nothing of it is an arrival.
        let rest =
            async { tokio::time::timeout(std::time::Duration::from_millis(50), following.next()).await };
        assert!(rest.await.is_err());
        assert_eq!(following.position, feed.end());
    }
}

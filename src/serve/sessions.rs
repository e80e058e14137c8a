//! The connections that are open now, of all listeners: each is in a list from when it is accepted until it is dropped.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use mox_admin::Time;
use mox_admin::ops::{ConnectionGroup, ConnectionList, ConnectionRow, Connections, ListenerRow};
use mox_clock::{Clock, Timestamp};
use mox_net::{Accepted, BoxFuture, Io, Listen, prefixes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Which class of network connections are grouped by: IPv4 /26, IPv6 /48.
const CLASS: usize = 1;

/// The list; clones share it.
#[derive(Clone)]
pub(crate) struct Sessions {
    clock: Arc<dyn Clock>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    last: u64,
    connections: BTreeMap<u64, Connection>,
}

struct Connection {
    listener: Arc<ListenerRow>,
    remote: SocketAddr,
    local: SocketAddr,
    since: Timestamp,
}

impl Sessions {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Sessions {
        Sessions { clock, open: Arc::default() }
    }

    /// The same listener, whose connections are in the list.
    pub(crate) fn of(&self, listen: impl Listen + 'static, row: &ListenerRow) -> Box<dyn Listen> {
        Box::new(Listed { listen, sessions: self.clone(), row: Arc::new(row.clone()) })
    }

    fn enter(&self, accepted: &Accepted, listener: &Arc<ListenerRow>) -> Place {
        let connection = Connection {
            listener: listener.clone(),
            remote: accepted.remote,
            local: accepted.local,
            since: self.clock.now(),
        };
        let mut open = self.open();
        open.last += 1;
        let id = open.last;
        open.connections.insert(id, connection);
        Place { id, open: self.open.clone() }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is open now.
    pub(crate) fn list(&self, asked: &Connections) -> ConnectionList {
        let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
        let open = self.open();
        let below = open.connections.range(..asked.before.unwrap_or(u64::MAX)).rev();
        let mut connections: Vec<ConnectionRow> =
            below.take(limit.saturating_add(1)).map(|(id, connection)| connection.row(*id)).collect();
        let more = connections.len() > limit;
        connections.truncate(limit);
        let mut groups = groups(open.connections.values());
        groups.truncate(limit);
        ConnectionList { total: open.connections.len() as u64, groups, connections, more }
    }
}

/// How many connections each listener has of each network, the most first.
fn groups<'a>(connections: impl Iterator<Item = &'a Connection>) -> Vec<ConnectionGroup> {
    let mut counts: BTreeMap<(&str, &str, String), u64> = BTreeMap::new();
    for Connection { listener, remote, .. } in connections {
        let network = prefixes(remote.ip()).get(CLASS).map(ToString::to_string).unwrap_or_default();
        *counts.entry((&listener.listener, &listener.service, network)).or_default() += 1;
    }
    let group = |((listener, service, network), count): ((&str, &str, String), u64)| ConnectionGroup {
        listener: listener.to_owned(),
        service: service.to_owned(),
        network,
        count,
    };
    let mut groups: Vec<ConnectionGroup> = counts.into_iter().map(group).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

impl Connection {
    fn row(&self, id: u64) -> ConnectionRow {
        ConnectionRow {
            id,
            listener: self.listener.listener.clone(),
            service: self.listener.service.clone(),
            local: self.local.to_string(),
            remote: self.remote.to_string(),
            since: Time(self.since),
        }
    }
}

/// A place in the list, until dropped.
struct Place {
    id: u64,
    open: Arc<Mutex<Open>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).connections.remove(&self.id);
    }
}

struct Listed<L> {
    listen: L,
    sessions: Sessions,
    row: Arc<ListenerRow>,
}

impl<L: Listen> Listen for Listed<L> {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Accepted>> {
        Box::pin(async move {
            let accepted = self.listen.accept().await?;
            let place = self.sessions.enter(&accepted, &self.row);
            Ok(Accepted { io: Box::new(Held { io: accepted.io, _place: place }), ..accepted })
        })
    }

    fn local(&self) -> SocketAddr {
        self.listen.local()
    }
}

/// A connection with its place.
struct Held {
    io: Box<dyn Io>,
    _place: Place,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mox_clock::sim::SimClock;

    fn row(service: &str) -> ListenerRow {
        ListenerRow {
            listener: "public".into(),
            service: service.into(),
            address: "192.0.2.1:25".into(),
            tls: "none".into(),
        }
    }

    #[test]
    fn connections_are_in_the_list_while_they_are_open() {
        let sessions = Sessions::new(Arc::new(SimClock::new(Timestamp::from_secs(60))));
        let (smtp, https) = (Arc::new(row("smtp")), Arc::new(row("https")));
        let enter = |remote: &str, listener: &Arc<ListenerRow>| {
            let (io, _) = tokio::io::duplex(1);
            let local = "192.0.2.1:25".parse().unwrap();
            sessions.enter(&Accepted { io: Box::new(io), remote: remote.parse().unwrap(), local }, listener)
        };
        let mut places = vec![
            enter("198.51.100.1:1000", &smtp),
            enter("198.51.100.2:1000", &smtp),
            enter("[2001:db8::1]:7", &https),
        ];
        let list = sessions.list(&Connections::default());
        assert_eq!((list.total, list.more), (3, false));
        let shown: Vec<_> =
            list.connections.iter().map(|c| (c.id, c.service.as_str(), c.remote.as_str())).collect();
        assert_eq!(
            shown,
            [
                (3, "https", "[2001:db8::1]:7"),
                (2, "smtp", "198.51.100.2:1000"),
                (1, "smtp", "198.51.100.1:1000")
            ]
        );
        assert_eq!(list.connections[0].since.to_string(), "1970-01-01T00:01:00Z");
        let groups: Vec<_> =
            list.groups.iter().map(|g| (g.service.as_str(), g.network.as_str(), g.count)).collect();
        assert_eq!(groups, [("smtp", "198.51.100.0/26", 2), ("https", "2001:db8::/48", 1)]);
        let page = sessions.list(&Connections { before: Some(3), limit: 1 });
        assert_eq!((page.connections[0].id, page.more), (2, true));
        places.remove(1);
        assert_eq!(sessions.list(&Connections::default()).total, 2);
        places.clear();
        assert_eq!(sessions.list(&Connections::default()), ConnectionList::default());
    }
}

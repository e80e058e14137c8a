//! Serves connections of one listener: accept, TLS, requests one after another, drain at the end.
//!
//! Bounded: connections at once, time of a handshake, of a request's head, of its body, of a whole connection; size
//! of head and body. RFC 9112 (HTTP/1.1).

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use mox_clock::Clock;
use mox_net::{Accepted, BoxFuture, ConnectionGuard, ConnectionLimit, Io, Listen, TlsInfo, accept_tls};
use mox_telemetry::{Metrics, Outcome};
use mox_tls::ServerConfig;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use crate::body::collect;
use crate::stalled::Stalled;
use crate::takeover::{Handover, Serve, Takeover};
use crate::timer::ClockTimer;
use crate::{Ending, Request, Response, Service, StatusCode, unread};

/// How long to wait after the system could not accept, as when it is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait in the system's backlog.
    pub connections: usize,
    /// Connections at once of one network that is not private, for the classes of [`ConnectionLimit`]: less than all, so
    /// that nobody keeps everybody else out. Further ones are closed.
    pub connections_of_network: [u64; 3],
    /// Bytes of a request's head, at least 8192; one read more may pass.
    pub head_bytes: usize,
    /// Header fields of a request.
    pub headers: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// For a TLS handshake.
    pub handshake_time: Duration,
    /// For a request's head, from the end of the request before it.
    pub head_time: Duration,
    /// For a request's body; where the service streams, for each piece of it.
    pub body_time: Duration,
    /// For a client to take something of what is sent to it.
    pub write_time: Duration,
    /// For a whole connection; then it ends after the request that is being answered.
    pub connection_time: Duration,
    /// For requests that are being answered when the server or the connection shall end.
    pub drain_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 512,
            connections_of_network: [128, 256, 384],
            head_bytes: 32 * 1024,
            headers: 100,
            body_bytes: 1024 * 1024,
            handshake_time: Duration::from_secs(30),
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(60),
            write_time: Duration::from_secs(60),
            connection_time: Duration::from_secs(600),
            drain_time: Duration::from_secs(5),
        }
    }
}

/// What a listener serves.
pub struct Server {
    service: Arc<dyn Service>,
    tls: Option<Arc<ServerConfig>>,
    /// Other protocols, by their names in ALPN.
    protocols: Vec<(Vec<u8>, Serve)>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

/// A connection that goes on after a response of 101: when it is free, and what then has it.
type Next = Arc<Mutex<Option<(OnUpgrade, Takeover)>>>;

impl Server {
    /// Plain HTTP.
    pub fn new(
        service: Arc<dyn Service>,
        limits: Limits,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Server {
        Server { service, tls: None, protocols: Vec::new(), limits, clock, metrics }
    }

    /// The same over TLS.
    pub fn with_tls(self, config: Arc<ServerConfig>) -> Server {
        Server { tls: Some(config), ..self }
    }

    /// Hands connections to `serve` on which TLS agreed on this protocol; the configuration of TLS must offer it.
    pub fn on_alpn(
        mut self,
        protocol: &[u8],
        serve: impl Fn(Handover) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Server {
        self.protocols.push((protocol.to_vec(), Arc::new(serve)));
        self
    }

    /// Serves until `stop` ends; then closes the listener, lets requests finish within the drain time, and drops
    /// the rest.
    pub async fn run(self: Arc<Self>, mut listener: Box<dyn Listen>, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        let slots = Arc::new(Semaphore::new(self.limits.connections));
        let networks = ConnectionLimit::new(self.limits.connections_of_network);
        let (stopping, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        loop {
            let next = async {
                let slot = slots.clone().acquire_owned().await;
                (slot, listener.accept().await)
            };
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(done) = tasks.join_next() => self.ended(done),
                (slot, accepted) = next => match accepted {
                    Ok(accepted) => {
                        let Some(place) = place(&networks, accepted.remote.ip()) else {
                            tracing::debug!(remote = %accepted.remote, "http: too many connections of its network");
                            continue;
                        };
                        let (server, stopped) = (self.clone(), stopped.clone());
                        tasks.spawn(async move {
                            server.connection(accepted, stopped).await;
                            drop((slot, place));
                        });
                    }
                    Err(error) => {
                        tracing::error!(%error, "http connection not accepted");
                        self.clock.sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        let _ = stopping.send(true);
        let drained = async {
            while let Some(done) = tasks.join_next().await {
                self.ended(done);
            }
        };
        tokio::select! {
            () = drained => {}
            () = self.clock.sleep(self.limits.drain_time + ACCEPT_PAUSE) => {}
        }
        tasks.shutdown().await;
    }

    fn ended(&self, done: Result<(), JoinError>) {
        if done.is_err_and(|e| e.is_panic()) {
            self.metrics.panicked("httpserver");
            tracing::error!("panic while serving an http request");
        }
    }

    async fn connection(&self, accepted: Accepted, stopped: watch::Receiver<bool>) {
        let Accepted { io, remote, local } = accepted;
        let (io, tls) = match &self.tls {
            None => (io, None),
            Some(config) => {
                match accept_tls(io, config.clone(), &*self.clock, self.limits.handshake_time).await {
                    // A certificate authority has seen all that it came for (RFC 8737 §3).
                    Ok((_, info)) if info.alpn.as_deref() == Some(mox_tls::ACME_ALPN) => return,
                    Ok((io, info)) => (io, Some(info)),
                    Err(error) => return tracing::debug!(%remote, %error, "http tls handshake failed"),
                }
            }
        };
        match (self.other_protocol(tls.as_ref()), tls) {
            (Some(serve), Some(tls)) => serve(Handover { io, remote, local, tls }).await,
            (_, tls) => self.http(io, remote, tls.map(Arc::new), stopped).await,
        }
    }

    fn other_protocol(&self, tls: Option<&TlsInfo>) -> Option<&Serve> {
        let agreed = tls?.alpn.as_ref()?;
        self.protocols.iter().find(|(protocol, _)| protocol == agreed).map(|(_, serve)| serve)
    }

    async fn http(
        &self,
        io: Box<dyn Io>,
        remote: SocketAddr,
        tls: Option<Arc<TlsInfo>>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let io = Stalled::new(io, self.clock.clone(), self.limits.write_time);
        let (ending, ended) = watch::channel(false);
        let next = Next::default();
        let service = service_fn(|request| {
            self.answer(request, remote, tls.clone(), Ending(ended.clone()), next.clone())
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(ClockTimer::new(self.clock.clone()))
                .header_read_timeout(self.limits.head_time)
                .max_buf_size(self.limits.head_bytes.max(8192))
                .max_headers(self.limits.headers)
                .serve_connection(TokioIo::new(io), service)
                .with_upgrades()
        );
        let closed = tokio::select! {
            closed = connection.as_mut() => Some(closed),
            _ = stopped.wait_for(|stopped| *stopped) => None,
            () = self.clock.sleep(self.limits.connection_time) => None,
        };
        let closed = match closed {
            Some(closed) => closed,
            None => {
                connection.as_mut().graceful_shutdown();
                ending.send_replace(true);
                tokio::select! {
                    closed = connection => closed,
                    () = self.clock.sleep(self.limits.drain_time) => Ok(()),
                }
            }
        };
        if let Err(error) = closed {
            tracing::debug!(%remote, %error, "http connection failed");
        }
        let next = next.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((free, takeover)) = next {
            self.go_on(free, &takeover, stopped).await;
        }
    }

    /// After a response of 101: until the other protocol ends, or the server stops.
    async fn go_on(&self, free: OnUpgrade, takeover: &Takeover, mut stopped: watch::Receiver<bool>) {
        let Some(next) = takeover.take() else { return };
        let io = match free.await {
            Ok(io) => Box::new(TokioIo::new(io)),
            Err(error) => return tracing::debug!(%error, "http connection not taken over"),
        };
        let mut going = next(io, Ending(stopped.clone()));
        tokio::select! {
            () = &mut going => return,
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        tokio::select! {
            () = going => {}
            () = self.clock.sleep(self.limits.drain_time) => {}
        }
    }

    async fn answer(
        &self,
        mut request: hyper::Request<Incoming>,
        remote: SocketAddr,
        tls: Option<Arc<TlsInfo>>,
        ending: Ending,
        next: Next,
    ) -> Result<Response, Infallible> {
        let streams = self.service.streams();
        let free = streams.then(|| hyper::upgrade::on(&mut request));
        let (head, body) = request.into_parts();
        let (body, incoming) = match streams {
            true => {
                let incoming = crate::Incoming::new(body, self.clock.clone(), self.limits.body_time);
                (Ok(Bytes::new()), Some(incoming))
            }
            false => (self.whole(body).await, None),
        };
        let response = match body {
            Ok(body) => self.service.call(Request { head, body, incoming, remote, tls, ending }).await,
            Err(status) => unread(status),
        };
        if let (Some(free), Some(takeover)) = (free, response.extensions().get::<Takeover>()) {
            *next.lock().unwrap_or_else(PoisonError::into_inner) = Some((free, takeover.clone()));
        }
        let result = match response.status().as_u16() / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        self.metrics.http_requests.get_or_create(&Outcome { result }).inc();
        Ok(response)
    }

    /// Reads the body to its end, or says with which status to refuse it.
    async fn whole(&self, body: Incoming) -> Result<Bytes, StatusCode> {
        tokio::select! {
            biased;
            read = collect(body, self.limits.body_bytes) => read,
            () = self.clock.sleep(self.limits.body_time) => Err(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

/// A place for a connection from an address; none when its network has as many as it may. A private one may have all:
/// there, many may come through one proxy.
fn place(networks: &ConnectionLimit, ip: IpAddr) -> Option<Option<ConnectionGuard>> {
    let private = match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    if private { Some(None) } else { networks.acquire(ip).map(Some) }
}

#[cfg(test)]
mod tests;

//! Where a service is mounted: below which path it answers, and what a proxy in front says of the client. It travels
//! with the request, as one service may be mounted in several places.

use std::net::IpAddr;

use mox_net::BoxFuture;

use crate::{Request, Response, Service};

/// Where a service is mounted, for one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The path below which it answers: starts and ends with a slash.
    pub base: String,
    /// Whether the client came over TLS, to us or to a proxy that is believed.
    pub https: bool,
    /// Who asks: the peer, or whom a believed proxy names.
    pub client: IpAddr,
}

impl Request {
    /// Where the service that gets it is mounted: at `/` where nobody said otherwise.
    pub fn mount(&self) -> Mount {
        self.head.extensions.get::<Mount>().cloned().unwrap_or_else(|| Mount {
            base: "/".to_owned(),
            https: self.tls.is_some(),
            client: self.remote.ip(),
        })
    }

    /// The same request for a service that is mounted elsewhere.
    pub fn mounted(mut self, mount: Mount) -> Request {
        self.head.extensions.insert(mount);
        self
    }
}

/// A service below a path.
pub struct Mounted<S> {
    base: String,
    inner: S,
}

impl<S: Service> Mounted<S> {
    /// `inner`, below `base`, which starts and ends with a slash.
    pub fn new(base: impl Into<String>, inner: S) -> Mounted<S> {
        Mounted { base: base.into(), inner }
    }
}

impl<S: Service> Service for Mounted<S> {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        let mount = Mount { base: self.base.clone(), ..request.mount() };
        self.inner.call(request.mounted(mount))
    }

    fn streams(&self) -> bool {
        self.inner.streams()
    }
}

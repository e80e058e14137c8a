//! Looks up, checks, dials, maybe TLS, one request, one answer. RFC 9110 (HTTP semantics), RFC 9112.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::http::HeaderMap;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use mox_clock::Clock;
use mox_dns::Resolver;
use mox_net::{Dial, Io, connect_tls};
use mox_tls::{ClientOptions, ClientVerify, RootCertStore, ServerName, client_config};

use crate::{Egress, Error, Host, Scheme, Url};

/// Addresses of one host that are dialed before giving up.
const MAX_ADDRESSES: usize = 4;
/// Header fields of an answer.
const MAX_HEADERS: usize = 100;

/// What a server may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the whole exchange, from the lookup to the end of the body.
    pub time: Duration,
    /// For a connection to one address.
    pub connect: Duration,
    /// Bytes of an answer's head, at least 8192.
    pub head: usize,
    /// Bytes of an answer's body that are read.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            time: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            head: 16 * 1024,
            body: 64 * 1024,
        }
    }
}

/// An answer, redirects and failures included.
#[derive(Debug, Clone)]
pub struct Response {
    /// 200 and the like.
    pub status: u16,
    /// Its fields.
    pub headers: HeaderMap,
    /// Its body, as far as the limit goes.
    pub body: Bytes,
    /// The body goes on past the limit.
    pub cut: bool,
}

/// Makes requests.
#[derive(Clone)]
pub struct Client {
    /// Finds addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Ends what takes too long.
    pub clock: Arc<dyn Clock>,
    /// Whose certificates are trusted.
    pub roots: Arc<RootCertStore>,
    /// Where requests may go.
    pub egress: Egress,
    /// What a server may take.
    pub limits: Limits,
    /// The User-Agent field, visible ASCII.
    pub user_agent: String,
}

impl Client {
    /// Asks for what is there.
    pub async fn get(&self, url: &Url) -> Result<Response, Error> {
        let request = self.request(url, Method::GET).body(Full::new(Bytes::new()));
        self.exchange(url, request).await
    }

    /// The same, and says which media types are understood.
    pub async fn get_as(&self, url: &Url, accept: &'static str) -> Result<Response, Error> {
        let request = self.request(url, Method::GET).header(ACCEPT, accept).body(Full::new(Bytes::new()));
        self.exchange(url, request).await
    }

    /// Asks for the header fields alone.
    pub async fn head(&self, url: &Url) -> Result<Response, Error> {
        let request = self.request(url, Method::HEAD).body(Full::new(Bytes::new()));
        self.exchange(url, request).await
    }

    /// Sends a body of this media type.
    pub async fn post(&self, url: &Url, media_type: &str, body: Bytes) -> Result<Response, Error> {
        let request = self.request(url, Method::POST).header(CONTENT_TYPE, media_type).body(Full::new(body));
        self.exchange(url, request).await
    }

    /// The same with more fields.
    pub async fn post_with(
        &self,
        url: &Url,
        media_type: &str,
        body: Bytes,
        fields: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let mut request = self.request(url, Method::POST).header(CONTENT_TYPE, media_type);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        self.exchange(url, request.body(Full::new(body))).await
    }

    fn request(&self, url: &Url, method: Method) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(url.path.as_str())
            .header(HOST, url.authority())
            .header(USER_AGENT, &self.user_agent)
            .header(CONNECTION, "close")
    }

    async fn exchange(
        &self,
        url: &Url,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
    ) -> Result<Response, Error> {
        let request = request.map_err(|e| Error::Request(e.to_string()))?;
        let answer = async {
            let io = self.connect(url).await?;
            self.answer(url, io, request).await
        };
        let after = self.limits.time;
        tokio::select! {
            biased;
            answer = Box::pin(answer) => answer,
            () = self.clock.sleep(after) => Err(Error::Timeout { host: url.host.to_string(), after }),
        }
    }

    /// A connection to an address that was checked.
    async fn connect(&self, url: &Url) -> Result<Box<dyn Io>, Error> {
        let host = || url.host.to_string();
        let ips = self.addresses(&url.host).await?;
        let mut failed = Error::Request(format!("{} has no addresses", url.host));
        for ip in ips.into_iter().take(MAX_ADDRESSES) {
            let address = SocketAddr::new(ip, url.port);
            match self.dial.dial(address, None, self.limits.connect).await {
                Ok(dialed) if url.scheme == Scheme::Http => return Ok(dialed.io),
                Ok(dialed) => {
                    let tls = self.tls(url, dialed.io).await;
                    return tls.map_err(|source| Error::Tls { host: host(), source });
                }
                Err(source) => failed = Error::Connect { address, source },
            }
        }
        Err(failed)
    }

    /// The addresses of the host, each of which the policy admits.
    async fn addresses(&self, host: &Host) -> Result<Vec<IpAddr>, Error> {
        let ips = match host {
            Host::Ip(ip) => vec![*ip],
            Host::Name(name) => {
                let found = self.resolver.lookup_ip(name.ascii()).await;
                found.map_err(|source| Error::Lookup { host: host.to_string(), source })?.records
            }
        };
        match ips.iter().find_map(|ip| Some((*ip, self.egress.refusal(*ip)?))) {
            Some((ip, kind)) => Err(Error::Refused { host: host.to_string(), ip, kind }),
            None => Ok(ips),
        }
    }

    async fn tls(&self, url: &Url, io: Box<dyn Io>) -> Result<Box<dyn Io>, mox_net::Error> {
        let other = |text: String| mox_net::Error::Io(std::io::Error::other(text));
        let options =
            ClientOptions { verify: ClientVerify::Pkix, identity: None, alpn: vec![b"http/1.1".to_vec()] };
        let config = client_config(self.roots.clone(), options, self.clock.clone())
            .map_err(|e| other(e.to_string()))?;
        let name = match &url.host {
            Host::Ip(ip) => ServerName::from(*ip),
            Host::Name(name) => {
                ServerName::try_from(name.ascii().to_owned()).map_err(|e| other(e.to_string()))?
            }
        };
        let (io, _) = connect_tls(io, config, name, &*self.clock, self.limits.connect).await?;
        Ok(io)
    }

    async fn answer(
        &self,
        url: &Url,
        io: Box<dyn Io>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response, Error> {
        let failed = |source| Error::Http { host: url.host.to_string(), source };
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(self.limits.head.max(8192))
            .max_headers(MAX_HEADERS)
            .handshake(TokioIo::new(io))
            .await
            .map_err(failed)?;
        let answer = async {
            let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
            let (body, cut) = read(body, self.limits.body).await.map_err(failed)?;
            Ok(Response { status: head.status.as_u16(), headers: head.headers, body, cut })
        };
        let driven = async {
            // How it ends shows in the answer.
            let _ = connection.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            answer = answer => answer,
            () = driven => Err(Error::Request("the connection ended".to_owned())),
        }
    }
}

/// Reads a body as far as the limit; whether it goes on.
async fn read(mut body: Incoming, max: usize) -> Result<(Bytes, bool), hyper::Error> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = max.saturating_sub(whole.len());
        whole.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            return Ok((whole.freeze(), true));
        }
    }
    Ok((whole.freeze(), false))
}

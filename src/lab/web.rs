//! The web hosts of the lab: policy hosts of MTA-STS, and those that take reports. HTTP/1.1, one request a connection.
//!
//! The server name of TLS says which host is meant. A request has at most [`MAX_FIELDS`] lines of [`MAX_LINE`] bytes and a
//! body of at most [`MAX_BODY`] bytes. RFC 8461 §3.3, RFC 8460 §3, §5.4, RFC 9112.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mox_net::{Error, Stream};
use mox_tls::ServerConfig;

use crate::DOMAIN;
use crate::sink::{MAX_BODY, Posted, Sink};

const MAX_LINE: usize = 8 * 1024;
const MAX_FIELDS: usize = 100;
const WAIT: Duration = Duration::from_secs(60);
/// Most reports that are remembered as having failed once.
const MAX_FAILED: usize = 1000;

/// What the web hosts of a domain do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Web {
    /// There are none.
    Nothing,
    /// Serves this MTA-STS policy.
    Policy(&'static str),
    /// The same, with a certificate that nobody vouches for.
    SelfSigned(&'static str),
    /// Answers with this status.
    Status(u16),
    /// Sends those who want the policy elsewhere.
    Redirect,
    /// Takes each report at the second attempt.
    ReportsFailOnce,
    /// Sends reports elsewhere.
    ReportsRedirect,
}

/// What a name serves now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Serves {
    /// The policy.
    Policy(String),
    /// This status, whatever is asked.
    Status(u16),
    /// Another place.
    Redirect(String),
    /// Takes reports.
    Reports,
    /// Takes reports at the second attempt.
    ReportsFailOnce,
}

/// Reports that failed once.
#[derive(Debug, Default)]
pub(crate) struct Failed(Mutex<HashSet<u64>>);

impl Failed {
    /// Whether it fails now: the first time.
    fn fails(&self, posted: &Posted) -> bool {
        let mut hasher = DefaultHasher::new();
        (&posted.host, &posted.bytes).hash(&mut hasher);
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= MAX_FAILED {
            failed.clear();
        }
        failed.insert(hasher.finish())
    }
}

/// One connection to a web host.
pub(crate) struct Visit {
    /// The connection.
    pub(crate) stream: Stream,
    /// Its side of TLS.
    pub(crate) tls: Arc<ServerConfig>,
    /// Takes reports.
    pub(crate) sink: Arc<dyn Sink>,
    /// Reports that failed once.
    pub(crate) failed: Arc<Failed>,
}

/// A request.
struct Request {
    method: String,
    path: String,
    media_type: String,
    /// None when it is too long, or its length is not told.
    body: Option<Vec<u8>>,
}

/// An answer: status with its reason, a field, the body.
type Answer = (&'static str, String, Vec<u8>);

impl Visit {
    /// Answers one request.
    pub(crate) async fn serve(mut self, serves: impl Fn(&str) -> Serves) -> Result<(), Error> {
        let info = self.stream.start_tls_server(self.tls.clone(), WAIT).await?;
        let host = info.sni.unwrap_or_default();
        let Some(request) = self.request().await? else {
            return self.answer(plain("400 Bad Request")).await;
        };
        let (sink, failed) = (self.sink.clone(), self.failed.clone());
        let answer = respond(&*sink, &failed, &host, serves(&host), request).await;
        self.answer(answer).await
    }

    /// Reads a request; none when it is not one.
    async fn request(&mut self) -> Result<Option<Request>, Error> {
        let line = self.stream.read_line(MAX_LINE, WAIT).await?;
        let line = String::from_utf8_lossy(&line).into_owned();
        let mut words = line.split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1"), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Ok(None);
        };
        let (mut media_type, mut length) = (String::new(), None);
        for count in 0.. {
            let line = self.stream.read_line(MAX_LINE, WAIT).await?;
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':').filter(|_| count < MAX_FIELDS) else {
                return Ok(None);
            };
            match name.to_ascii_lowercase().as_str() {
                "content-type" => media_type = value.trim().to_owned(),
                "content-length" => length = value.trim().parse::<usize>().ok(),
                _ => {}
            }
        }
        let body = match (method, length) {
            ("POST", Some(length)) if length <= MAX_BODY => Some(self.body(length).await?),
            _ => None,
        };
        Ok(Some(Request { method: method.to_owned(), path: path.to_owned(), media_type, body }))
    }

    async fn body(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while body.len() < length {
            let bytes = self.stream.fill(WAIT).await?;
            let piece = bytes.get(..bytes.len().min(length - body.len())).unwrap_or_default();
            body.extend_from_slice(piece);
            let n = piece.len();
            self.stream.consume(n);
        }
        Ok(body)
    }

    async fn answer(mut self, (status, field, body): Answer) -> Result<(), Error> {
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\n{field}content-length: {length}\r\nconnection: close\r\n\r\n");
        self.stream.push(head.as_bytes());
        self.stream.push(&body);
        self.stream.close(WAIT).await
    }
}

async fn respond(sink: &dyn Sink, failed: &Failed, host: &str, serves: Serves, request: Request) -> Answer {
    let (method, path) = (request.method.as_str(), request.path.as_str());
    match serves {
        Serves::Status(status) => plain(reason(status)),
        Serves::Redirect(to) => ("307 Temporary Redirect", format!("location: {to}\r\n"), Vec::new()),
        Serves::Policy(text) if (method, path) == ("GET", "/.well-known/mta-sts.txt") => {
            // Lines end in CRLF in the ABNF of RFC 8461 §3.2.
            let text = text.replace('\n', "\r\n").into_bytes();
            ("200 OK", "content-type: text/plain\r\n".to_owned(), text)
        }
        Serves::Policy(_) => plain("404 Not Found"),
        Serves::Reports | Serves::ReportsFailOnce if method != "POST" => plain("405 Method Not Allowed"),
        Serves::Reports | Serves::ReportsFailOnce => {
            let Some(bytes) = request.body else { return plain("413 Content Too Large") };
            let posted =
                Posted { host: host.to_owned(), path: request.path, media_type: request.media_type, bytes };
            if serves == Serves::ReportsFailOnce && failed.fails(&posted) {
                return plain("500 Internal Server Error");
            }
            match sink.post(posted).await {
                Ok(()) => plain("200 OK"),
                Err(_) => plain("503 Service Unavailable"),
            }
        }
    }
}

fn plain(status: &'static str) -> Answer {
    (status, String::new(), Vec::new())
}

fn reason(status: u16) -> &'static str {
    match status {
        404 => "404 Not Found",
        500 => "500 Internal Server Error",
        _ => "503 Service Unavailable",
    }
}

/// What a web host of a domain serves, by its name; none when it is not one.
pub(crate) fn serves(host: &str, domain: &str, web: Web, fill: impl Fn(&str) -> String) -> Option<Serves> {
    let own = host == domain;
    if !own && host.strip_prefix("mta-sts.") != Some(domain) {
        return None;
    }
    let elsewhere = || format!("https://rua.{DOMAIN}/tlsrpt");
    match web {
        Web::ReportsFailOnce if own => Some(Serves::ReportsFailOnce),
        Web::ReportsRedirect if own => Some(Serves::Redirect(elsewhere())),
        _ if own => None,
        Web::Policy(text) | Web::SelfSigned(text) => Some(Serves::Policy(fill(text))),
        Web::Status(status) => Some(Serves::Status(status)),
        Web::Redirect => Some(Serves::Redirect(format!("https://mta-sts.sts-ok.{DOMAIN}/"))),
        Web::Nothing | Web::ReportsFailOnce | Web::ReportsRedirect => None,
    }
}

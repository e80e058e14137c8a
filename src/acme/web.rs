//! Requests to the authority, over the one HTTP client of the house.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::http::{Request, Response, header};
use hyper::{HeaderMap, Method};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use mox_clock::Timestamp;
use mox_https::{Client, Url};

/// What the last answer said beside its body: its status and how long to wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Last {
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<Duration>,
}

/// The client as the library wants it. Remembers what it hides: Retry-After.
#[derive(Clone)]
pub(crate) struct Web {
    client: Client,
    last: Arc<Mutex<Last>>,
}

impl Web {
    pub(crate) fn new(client: Client) -> Web {
        Web { client, last: Arc::default() }
    }

    /// Of the last answer; nothing where there was none.
    pub(crate) fn last(&self) -> Last {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is at a URL, if it is there, and how long it holds.
    pub(crate) async fn get(&self, url: &str) -> Option<(Bytes, Option<Duration>)> {
        let answer = self.client.get(&url.parse().ok()?).await.ok()?;
        let holds = retry_after(&answer.headers, self.client.clock.now());
        (answer.status == 200 && !answer.cut).then_some((answer.body, holds))
    }

    async fn exchange(&self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Error> {
        self.remember(Last::default());
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(other)?.to_bytes();
        let url: Url = head.uri.to_string().parse().map_err(other)?;
        let media_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let answer = match head.method {
            Method::HEAD => self.client.head(&url).await,
            Method::POST => self.client.post(&url, media_type.unwrap_or_default(), body).await,
            _ => self.client.get(&url).await,
        };
        let answer = answer.map_err(other)?;
        let retry_after = retry_after(&answer.headers, self.client.clock.now());
        self.remember(Last { status: Some(answer.status), retry_after });
        if answer.cut {
            return Err(Error::Str("an answer of bearable length"));
        }
        let mut response = Response::builder().status(answer.status).body(Full::new(answer.body))?;
        *response.headers_mut() = answer.headers;
        Ok(response.into())
    }

    fn remember(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

impl HttpClient for Web {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let web = self.clone();
        Box::pin(async move { web.exchange(request).await })
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}

/// The field Retry-After: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(secs) = value.parse::<u64>() {
        return Some(Duration::from_secs(secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since = date.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    let at = Timestamp::from_secs(i64::try_from(since.as_secs()).ok()?);
    Some(at.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Timestamp::parse_rfc3339("2026-11-22T10:20:30Z").unwrap();
        for (value, want) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 22 Nov 2026 10:21:30 GMT", Some(60)),
            ("Sun, 22 Nov 2026 10:20:00 GMT", Some(0)),
            ("-5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(retry_after(&headers, now).map(|d| d.as_secs()), want, "{value:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}

//! Answers made smaller on the way, for clients that understand gzip (RFC 9110 §8.4, §12.5.3; RFC 1952).

use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::{Body as _, Frame};
use mox_httpserver::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    HeaderValue, VARY,
};
use mox_httpserver::{Body, HeaderMap, Method, Response, StatusCode};

/// Shorter bodies hardly shrink.
const MIN_BYTES: u64 = 256;

/// The response, compressed where that helps and the client takes it.
pub(crate) fn compress(method: &Method, asked: &HeaderMap, mut response: Response) -> Response {
    if !worth(&response) {
        return response;
    }
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    if !accepts(asked) || method == Method::HEAD {
        return response;
    }
    // Who does not tell the size writes as it comes, and wants it to arrive.
    let prompt = size(&response).is_none();
    let headers = response.headers_mut();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(CONTENT_LENGTH);
    headers.remove(ACCEPT_RANGES);
    // Other bytes than those that the tag stands for.
    let weak = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(weak) = weak.and_then(|tag| HeaderValue::from_str(&format!("W/{tag}")).ok()) {
        headers.insert(ETAG, weak);
    }
    response.map(|body| {
        let encoder = GzEncoder::new(Vec::new(), Compression::new(5));
        Body::of(Compressed { body, encoder: Some(encoder), prompt })
    })
}

/// Whether a response is whole, long enough, and text of some kind.
fn worth(response: &Response) -> bool {
    let headers = response.headers();
    let field = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).unwrap_or_default();
    let kind = field(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let texts = kind.starts_with("text/") && kind != "text/event-stream"
        || ["+xml", "+json"].iter().any(|end| kind.ends_with(end))
        || ["application/json", "application/javascript", "application/xml", "application/wasm"]
            .contains(&kind.as_str());
    let long = size(response).is_none_or(|size| size >= MIN_BYTES);
    response.status() == StatusCode::OK
        && texts
        && long
        && !headers.contains_key(CONTENT_ENCODING)
        && !field(CACHE_CONTROL).contains("no-transform")
}

/// Bytes of the body, where they are known.
fn size(response: &Response) -> Option<u64> {
    let told = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(told)
}

/// Whether Accept-Encoding has gzip with a weight over 0.
fn accepts(asked: &HeaderMap) -> bool {
    let fields = asked.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let weight = |item: &str| {
        let (name, rest) = item.split_once(';').unwrap_or((item, ""));
        let zero = rest.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        (name.trim().to_ascii_lowercase(), !zero)
    };
    let items: Vec<_> = fields.flat_map(|value| value.split(',')).map(weight).collect();
    let says = |name: &str| items.iter().find(|(item, _)| item == name).map(|(_, wanted)| *wanted);
    says("gzip").or_else(|| says("x-gzip")).or_else(|| says("*")).unwrap_or(false)
}

struct Compressed {
    body: Body,
    /// None when all is written.
    encoder: Option<GzEncoder<Vec<u8>>>,
    prompt: bool,
}

impl Compressed {
    fn write(&mut self, data: &[u8]) -> io::Result<Bytes> {
        let prompt = self.prompt;
        let Some(encoder) = &mut self.encoder else { return Ok(Bytes::new()) };
        encoder.write_all(data)?;
        if prompt {
            encoder.flush()?;
        }
        Ok(std::mem::take(encoder.get_mut()).into())
    }
}

impl hyper::body::Body for Compressed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if self.encoder.is_none() {
                return Poll::Ready(None);
            }
            let piece = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.write(&data),
                    Err(_trailers) => continue,
                },
                Poll::Ready(None) => match self.encoder.take() {
                    Some(encoder) => encoder.finish().map(Bytes::from),
                    None => return Poll::Ready(None),
                },
            };
            match piece {
                Ok(piece) if piece.is_empty() => {}
                piece => return Poll::Ready(Some(piece.map(Frame::data))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_asked_for() {
        for (value, want) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0, *", false),
            ("gzip; q=0", false),
            ("*", true),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts(&headers), want, "{value}");
        }
    }
}

//! Files that pages need: style, scripts. They are within the binary and never change while it runs.
//!
//! Their path holds a hash of them all, so a browser may keep them for ever and still gets new ones from a new mox.
//! RFC 9111 §5.2.2.

use bytes::Bytes;
use mox_httpserver::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH};
use mox_httpserver::{Method, Request, Response, Service, StatusCode, text};
use mox_net::BoxFuture;

use crate::answer::{DATA_POLICY, answer};

/// Where they are, below which a hash follows.
pub const FOLDER: &str = "/static/";

/// A file within the binary.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its name, without folders.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub bytes: &'static [u8],
}

impl Asset {
    /// A script: an ES module, or one that runs before the page is shown.
    pub const fn script(name: &'static str, bytes: &'static [u8]) -> Asset {
        Asset { name, content_type: "text/javascript; charset=utf-8", bytes }
    }
}

/// Where browsers look for an icon when what they show is no page.
pub const FAVICON: &str = "/favicon.ico";

/// What every page needs.
const SHARED: [Asset; 4] = [
    Asset {
        name: "style.css",
        content_type: "text/css; charset=utf-8",
        bytes: include_bytes!("static/style.css"),
    },
    Asset { name: "icon.svg", content_type: "image/svg+xml", bytes: include_bytes!("static/icon.svg") },
    Asset::script("theme.js", include_bytes!("static/theme.js")),
    Asset::script("page.js", include_bytes!("static/page.js")),
];

/// Serves the files below [`FOLDER`].
#[derive(Debug, Clone)]
pub struct Assets {
    files: Vec<Asset>,
    /// `/static/HASH/`.
    base: String,
    tag: String,
}

impl Assets {
    /// The files that every page needs, and these.
    pub fn with(own: &[Asset]) -> Assets {
        let files: Vec<Asset> = SHARED.iter().chain(own).copied().collect();
        let mut hash = Fnv::new();
        for file in &files {
            hash.write(file.name.as_bytes());
            hash.write(file.bytes);
        }
        let tag = format!("{:016x}", hash.0);
        Assets { files, base: format!("{FOLDER}{tag}/"), tag }
    }

    /// What stands before a file's name in its path.
    pub fn base(&self) -> &str {
        &self.base
    }

    fn find(&self, path: &str) -> Option<&Asset> {
        let name = if path == FAVICON { "icon.svg" } else { path.strip_prefix(&self.base)? };
        self.files.iter().find(|file| file.name == name)
    }

    /// The answer to a request for `path`, which is without what stands before [`FOLDER`].
    pub fn file(&self, request: &Request, path: &str) -> Response {
        if !matches!(request.head.method, Method::GET | Method::HEAD) {
            return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n");
        }
        let Some(file) = self.find(path) else {
            return text(StatusCode::NOT_FOUND, "not found\n");
        };
        let tag = format!("\"{}\"", self.tag);
        let known =
            request.head.headers.get(IF_NONE_MATCH).is_some_and(|had| had.as_bytes() == tag.as_bytes());
        let (status, body) = if known {
            (StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            (StatusCode::OK, Bytes::from_static(file.bytes))
        };
        let mut response = answer(status, file.content_type, DATA_POLICY, body);
        let headers = response.headers_mut();
        // Only what has the hash in its path never changes.
        let age = if path == FAVICON { "max-age=3600" } else { "max-age=31536000, immutable" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(age));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        response
    }
}

impl Service for Assets {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(std::future::ready(self.file(&request, request.head.uri.path())))
    }
}

/// FNV-1a: tells versions of our own files apart; nobody attacks it.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(assets: &Assets, method: &str, path: &str, tag: Option<&str>) -> Response {
        let (mut head, ()) =
            hyper::Request::builder().method(method).uri(path).body(()).unwrap().into_parts();
        if let Some(tag) = tag {
            head.headers.insert(IF_NONE_MATCH, tag.parse().unwrap());
        }
        assets.file(&Request::of(head, Bytes::new()), path)
    }

    #[test]
    fn files_are_kept_by_browsers_and_change_their_path() {
        let (one, two) = (Assets::with(&[]), Assets::with(&[Asset::script("x.js", b"1")]));
        assert_ne!(one.base(), two.base());
        let path = format!("{}style.css", one.base());
        let response = get(&one, "GET", &path, None);
        assert_eq!(
            (response.status(), response.headers()["content-type"].to_str().unwrap()),
            (StatusCode::OK, "text/css; charset=utf-8")
        );
        assert!(response.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let tag = response.headers()[ETAG].to_str().unwrap();
        assert_eq!(get(&one, "GET", &path, Some(tag)).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(get(&one, "POST", &path, None).status(), StatusCode::METHOD_NOT_ALLOWED);
        for path in
            [format!("{}style.css", two.base()), format!("{}../style.css", one.base()), "/static/".into()]
        {
            assert_eq!(get(&one, "GET", &path, None).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn nothing_of_ours_fetches_from_elsewhere() {
        for file in Assets::with(&[]).files {
            let text = std::str::from_utf8(file.bytes).unwrap().replace("http://www.w3.org/", "");
            assert!(!text.contains("//www.") && !text.contains("http"), "{}", file.name);
        }
    }
}

//! Asks the bootstrap file for servers, and the servers for the domain.
//!
//! [`Fetch`] is the seam: [`mox_https::Client`] asks the world, tests answer for themselves. Redirects are followed to
//! HTTPS only, at most [`MAX_REDIRECTS`]; at most [`MAX_SERVERS`] servers are tried. RFC 7480 §4.2, §5, RFC 9082
//! §3.1.3.

use std::time::Duration;

use mox_address::Domain;
use mox_https::{Client, Limits, Response, Scheme, Url};

use crate::{Bootstrap, BoxFuture, DomainObject, SyntaxError, problem_text};

/// What a server may take; the file of IANA is the largest answer.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    connect: Duration::from_secs(10),
    head: 16 * 1024,
    body: 1 << 20,
};

/// Most redirects that are followed for one question.
pub const MAX_REDIRECTS: usize = 3;

/// Most servers that are asked.
pub const MAX_SERVERS: usize = 3;

/// The media types of answers.
const JSON: &str = "application/json";
const RDAP_JSON: &str = "application/rdap+json";

/// Asks a web server for what is at a URL, following no redirects.
pub trait Fetch: Send + Sync {
    /// The answer in one of these media types, whatever it is.
    fn get<'a>(
        &'a self,
        url: &'a Url,
        accept: &'static str,
    ) -> BoxFuture<'a, Result<Response, mox_https::Error>>;
}

impl Fetch for Client {
    /// Within [`LIMITS`], whatever those of the client are.
    fn get<'a>(
        &'a self,
        url: &'a Url,
        accept: &'static str,
    ) -> BoxFuture<'a, Result<Response, mox_https::Error>> {
        let client = Client { limits: LIMITS, ..self.clone() };
        Box::pin(async move { client.get_as(url, accept).await })
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The domain as its registry knows it.
    pub object: DomainObject,
    /// Who answered, after redirects.
    pub url: String,
}

/// Why nothing is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No answer.
    #[error("{0}")]
    Https(#[from] mox_https::Error),
    /// An answer other than what was asked for.
    #[error("{url}: status {status}{}", .text.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status {
        /// Of what.
        url: String,
        /// As 429.
        status: u16,
        /// What the server said of it.
        text: Option<String>,
    },
    /// An answer that cannot be read.
    #[error("{url}: {source}")]
    Syntax {
        /// Of what.
        url: String,
        /// Why.
        source: SyntaxError,
    },
    /// An answer that is too long.
    #[error("{url}: an answer longer than {} bytes", LIMITS.body)]
    TooLong {
        /// Of what.
        url: String,
    },
    /// A redirect to somewhere that is no HTTPS URL, or one too many.
    #[error("{url}: {reason}")]
    Redirect {
        /// Where from.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No server over HTTPS is known for the domain's top.
    #[error("no RDAP server is known for {0}")]
    NoServer(Domain),
    /// The registry does not know the domain.
    #[error("{0} is not registered, or not a name of its own in the registry")]
    NotRegistered(Domain),
}

impl Error {
    /// Whether asking later may help.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Https(error) => error.is_temporary(),
            Error::Status { status, .. } => matches!(status, 429 | 500..=599),
            _ => false,
        }
    }
}

/// Finds out what its registry knows of a domain. `bootstrap` is usually [`crate::IANA`].
pub async fn lookup(web: &dyn Fetch, bootstrap: &Url, domain: &Domain) -> Result<Found, Error> {
    let (file, url) = get(web, bootstrap.clone(), JSON).await?;
    let file = Bootstrap::parse(&file).map_err(|source| Error::Syntax { url: url.to_string(), source })?;
    let mut failed = Error::NoServer(domain.clone());
    for server in file.servers(domain).iter().take(MAX_SERVERS) {
        match ask(web, server, domain).await {
            Err(error @ Error::NotRegistered(_)) => return Err(error),
            Err(error) => failed = error,
            found => return found,
        }
    }
    Err(failed)
}

async fn ask(web: &dyn Fetch, server: &Url, domain: &Domain) -> Result<Found, Error> {
    let base = server.to_string();
    let text = format!("{base}{}domain/{domain}", if base.ends_with('/') { "" } else { "/" });
    let url =
        text.parse().map_err(|e: mox_https::BadUrl| Error::Redirect { url: text, reason: e.to_string() })?;
    match get(web, url, RDAP_JSON).await {
        Ok((body, url)) => match DomainObject::parse(&body) {
            Ok(object) => Ok(Found { object, url: url.to_string() }),
            Err(source) => Err(Error::Syntax { url: url.to_string(), source }),
        },
        Err(Error::Status { status: 404, .. }) => Err(Error::NotRegistered(domain.clone())),
        Err(error) => Err(error),
    }
}

/// What is at a URL, or at the end of its redirects, and where that is.
async fn get(web: &dyn Fetch, mut url: Url, accept: &'static str) -> Result<(bytes::Bytes, Url), Error> {
    for _ in 0..=MAX_REDIRECTS {
        let response = web.get(&url, accept).await?;
        match response.status {
            200 if response.cut => return Err(Error::TooLong { url: url.to_string() }),
            200 => return Ok((response.body, url)),
            301 | 302 | 303 | 307 | 308 => url = redirected(&url, &response)?,
            status => {
                return Err(Error::Status {
                    url: url.to_string(),
                    status,
                    text: problem_text(&response.body),
                });
            }
        }
    }
    Err(Error::Redirect { url: url.to_string(), reason: format!("more than {MAX_REDIRECTS} redirects") })
}

fn redirected(from: &Url, response: &Response) -> Result<Url, Error> {
    let wrong = |reason: String| Error::Redirect { url: from.to_string(), reason };
    let location = response.headers.get("location").and_then(|value| value.to_str().ok());
    let location = location.ok_or_else(|| wrong("a redirect to nowhere".to_owned()))?;
    let to = from.join(location).map_err(|e| wrong(format!("a redirect to no URL: {e}")))?;
    match to.scheme {
        Scheme::Https => Ok(to),
        Scheme::Http => Err(wrong(format!("a redirect out of HTTPS, to {to}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use mox_https::HeaderMap;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    /// Answers by URL: a status, and a body or where to go.
    struct Web(BTreeMap<&'static str, (u16, &'static str)>, Mutex<Vec<String>>);

    impl Fetch for Web {
        fn get<'a>(
            &'a self,
            url: &'a Url,
            accept: &'static str,
        ) -> BoxFuture<'a, Result<Response, mox_https::Error>> {
            let url = url.to_string();
            assert_eq!(accept == JSON, url.contains("dns.json"));
            let (status, text) = self.0.get(url.as_str()).copied().unwrap_or((404, ""));
            self.1.lock().unwrap().push(url);
            let mut headers = HeaderMap::new();
            if (300..400).contains(&status) && !text.is_empty() {
                headers.insert("location", text.parse().unwrap());
            }
            let body = Bytes::from_static(text.as_bytes());
            Box::pin(async move { Ok(Response { status, headers, body, cut: text == "cut" }) })
        }
    }

    const FILE: &str = r#"{"services":[
        [["test"], ["https://one.example/rdap/", "https://two.example"]],
        [["loop"], ["https://loop.example/"]], [["http"], ["https://http.example/"]],
        [["none"], ["https://none.example/"]], [["busy"], ["https://busy.example/"]],
        [["html"], ["https://html.example/"]], [["cut"], ["https://cut.example/"]]]}"#;
    const OBJECT: &str = r#"{"objectClassName":"domain","ldhName":"a.test",
        "events":[{"eventAction":"registration","eventDate":"2001-01-01T00:00:00Z"}]}"#;

    fn web() -> Web {
        let answers = [
            ("https://iana.example/dns.json", (301, "/moved/dns.json")),
            ("https://iana.example/moved/dns.json", (200, FILE)),
            ("https://one.example/rdap/domain/a.test", (302, "https://new.example/x")),
            ("https://new.example/x", (307, "y?z")),
            ("https://new.example/y?z", (308, "//last.example/a")),
            ("https://last.example/a", (200, OBJECT)),
            ("https://one.example/rdap/domain/b.test", (500, r#"{"title":"sick"}"#)),
            ("https://two.example/domain/b.test", (200, OBJECT)),
            ("https://loop.example/domain/a.loop", (302, "/domain/a.loop")),
            ("https://http.example/domain/a.http", (302, "http://http.example/domain/a.http")),
            ("https://none.example/domain/a.none", (302, "")),
            ("https://busy.example/domain/a.busy", (429, r#"{"title":"slowly"}"#)),
            ("https://html.example/domain/a.html", (200, "<html>")),
            ("https://cut.example/domain/a.cut", (200, "cut")),
        ];
        Web(answers.into_iter().collect(), Mutex::default())
    }

    #[tokio::test]
    async fn servers_are_found_and_asked() {
        let iana: Url = "https://iana.example/dns.json".parse().unwrap();
        for (domain, expected, asked, temporary) in [
            ("a.test", "https://last.example/a", 6, false),
            ("b.test", "https://two.example/domain/b.test", 4, false),
            ("c.test", "c.test is not registered, or not a name of its own in the registry", 3, false),
            ("a.loop", "https://loop.example/domain/a.loop: more than 3 redirects", 6, false),
            (
                "a.http",
                "https://http.example/domain/a.http: a redirect out of HTTPS, to http://http.example/domain/a.http",
                3,
                false,
            ),
            ("a.none", "https://none.example/domain/a.none: a redirect to nowhere", 3, false),
            ("a.busy", "https://busy.example/domain/a.busy: status 429: slowly", 3, true),
            (
                "a.html",
                "https://html.example/domain/a.html: not a lawful answer: expected value at line 1 column 1",
                3,
                false,
            ),
            ("a.cut", "https://cut.example/domain/a.cut: an answer longer than 1048576 bytes", 3, false),
            ("a.other", "no RDAP server is known for a.other", 2, false),
        ] {
            let web = web();
            let found = lookup(&web, &iana, &domain.parse().unwrap()).await;
            let temporary_found = found.as_ref().is_err_and(Error::is_temporary);
            let told = found.map(|found| found.url).unwrap_or_else(|error| error.to_string());
            assert_eq!(told, expected, "{domain}");
            assert_eq!((web.1.lock().unwrap().len(), temporary_found), (asked, temporary), "{domain}");
        }
        let gone: Url = "https://gone.example/dns.json".parse().unwrap();
        let error = lookup(&web(), &gone, &"a.test".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.to_string(), "https://gone.example/dns.json: status 404");
    }
}

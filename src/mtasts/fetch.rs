//! Fetches a policy from its policy host: once, over HTTPS, without redirects, bounded in size and time.
//!
//! [`Fetch`] is the seam: [`mox_https::Client`] asks the world, tests answer for themselves. RFC 8461 §3.3,
//! RFC 8460 §4.3 (the names of failures).

use std::time::Duration;

use mox_address::Domain;
use mox_https::{Client, Error, Limits, Response, Url};
use serde::Serialize;

use crate::{BoxFuture, MAX_POLICY, Policy, PolicyError};

/// What a policy host may take: the RFC's suggestions. A policy that may not be longer than the limit is cut one byte
/// past it.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(60),
    connect: Duration::from_secs(15),
    head: 16 * 1024,
    body: MAX_POLICY,
};

/// Asks a web server for what is at a URL, following no redirects.
pub trait Fetch: Send + Sync {
    /// The answer, whatever it is.
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Response, Error>>;
}

impl Fetch for Client {
    /// Within [`LIMITS`], whatever those of the client are.
    fn get<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Response, Error>> {
        let client = Client { limits: LIMITS, ..self.clone() };
        Box::pin(async move { Client::get(&client, url).await })
    }
}

/// A policy and the file it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What it says.
    pub policy: Policy,
    /// As it was served: reports repeat it.
    pub text: String,
}

/// How reports name a failure to get a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ResultType {
    /// It could not be fetched.
    #[serde(rename = "sts-policy-fetch-error")]
    FetchError,
    /// It is not valid.
    #[serde(rename = "sts-policy-invalid")]
    Invalid,
    /// The policy host could not prove its name.
    #[serde(rename = "sts-webpki-invalid")]
    WebPki,
}

impl ResultType {
    /// As in RFC 8460 §4.3.
    pub fn as_str(self) -> &'static str {
        match self {
            ResultType::FetchError => "sts-policy-fetch-error",
            ResultType::Invalid => "sts-policy-invalid",
            ResultType::WebPki => "sts-webpki-invalid",
        }
    }
}

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The policy host does not exist, or has no addresses.
    #[error("{host} does not exist or has no addresses")]
    NoHost {
        /// The policy host.
        host: String,
    },
    /// Its addresses could not be looked up now.
    #[error("{reason}")]
    Lookup {
        /// What the resolver said.
        reason: String,
    },
    /// Its address is none that requests go to.
    #[error("{reason}")]
    Refused {
        /// Which, and why.
        reason: String,
    },
    /// It could not prove its name.
    #[error("{reason}")]
    Certificate {
        /// What kind of failure, as in reports.
        category: &'static str,
        /// What the verifier said.
        reason: String,
    },
    /// No connection, no TLS, no answer, or not in time.
    #[error("{reason}")]
    Exchange {
        /// What happened.
        reason: String,
        /// Whether it may be better later.
        temporary: bool,
    },
    /// The answer is a redirect, and those are not followed.
    #[error("redirected with status {status} to {location:?}, which must not be followed")]
    Redirect {
        /// 301 and the like.
        status: u16,
        /// Where to, as it was said.
        location: String,
    },
    /// The answer is neither 200 nor a redirect.
    #[error("answered with status {0} instead of 200")]
    Status(u16),
    /// The answer is no plain text.
    #[error("served as {0:?} instead of text/plain")]
    MediaType(String),
    /// What was served is no policy.
    #[error("not a valid policy: {error}")]
    Policy {
        /// Why.
        error: PolicyError,
        /// What was served, as far as it is text.
        text: String,
    },
}

impl FetchError {
    /// How reports name it.
    pub fn result_type(&self) -> ResultType {
        match self {
            FetchError::Certificate { .. } => ResultType::WebPki,
            FetchError::Policy { .. } => ResultType::Invalid,
            _ => ResultType::FetchError,
        }
    }

    /// A short reason without spaces, stable, for reports and metrics.
    pub fn reason_code(&self) -> &'static str {
        match self {
            FetchError::NoHost { .. } | FetchError::Status(404 | 410) => "no-policy-served",
            FetchError::Lookup { .. } => "dns-lookup",
            FetchError::Refused { .. } => "address-not-public",
            FetchError::Certificate { category, .. } => category,
            FetchError::Exchange { .. } => "cannot-fetch-policy",
            FetchError::Redirect { .. } => "redirect-not-followed",
            FetchError::Status(_) => "http-status-not-200",
            FetchError::MediaType(_) => "media-type-not-text-plain",
            FetchError::Policy { error: PolicyError::TooLong, .. } => "policy-too-large",
            FetchError::Policy { .. } => "policy-syntax-error",
        }
    }

    /// Whether the same attempt may work a little later.
    pub fn is_temporary(&self) -> bool {
        match self {
            FetchError::Lookup { .. } | FetchError::Status(429 | 500..=599) => true,
            FetchError::Exchange { temporary, .. } => *temporary,
            _ => false,
        }
    }

    /// Whether the domain serves nothing, rather than something wrong.
    pub fn is_absent(&self) -> bool {
        matches!(self, FetchError::NoHost { .. } | FetchError::Status(404 | 410))
    }
}

/// Where the policy of a domain is; none when the name of its policy host is too long for DNS.
pub fn policy_url(domain: &Domain) -> Option<Url> {
    let host: Domain = format!("mta-sts.{domain}").parse().ok()?;
    format!("https://{host}/.well-known/mta-sts.txt").parse().ok()
}

/// Fetches the policy of a domain. Asks once, and remembers nothing: RFC 8461 §3.3 wants five minutes between failed
/// attempts.
pub async fn fetch(web: &dyn Fetch, domain: &Domain) -> Result<Fetched, FetchError> {
    let Some(url) = policy_url(domain) else {
        return Err(FetchError::NoHost { host: format!("mta-sts.{domain}") });
    };
    let response = web.get(&url).await.map_err(|error| no_answer(&url, &error))?;
    let field = |name: &str| response.headers.get(name).and_then(|value| value.to_str().ok());
    match response.status {
        200 => {}
        status @ 300..=399 => {
            let location = field("location").unwrap_or_default().chars().take(200).collect();
            return Err(FetchError::Redirect { status, location });
        }
        status => return Err(FetchError::Status(status)),
    }
    let content_type = field("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("text/plain") {
        return Err(FetchError::MediaType(media_type.chars().take(100).collect()));
    }
    let text = String::from_utf8_lossy(&response.body).into_owned();
    let policy = if response.cut { Err(PolicyError::TooLong) } else { Policy::parse(&response.body) };
    match policy {
        Ok(policy) => Ok(Fetched { policy, text }),
        Err(error) => Err(FetchError::Policy { error, text }),
    }
}

fn no_answer(url: &Url, error: &Error) -> FetchError {
    let reason = error.to_string();
    match error {
        Error::Lookup { source, .. } if source.is_temporary() => FetchError::Lookup { reason },
        Error::Lookup { .. } => FetchError::NoHost { host: url.host.to_string() },
        Error::Refused { .. } => FetchError::Refused { reason },
        other => match other.certificate() {
            Some(finding) => FetchError::Certificate { category: finding.category.result_type(), reason },
            None => FetchError::Exchange { reason, temporary: other.is_temporary() },
        },
    }
}

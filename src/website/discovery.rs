//! What others find by names of a fixed form below a domain: MTA-STS policies, and settings for mail programs.
//!
//! RFC 8461 §3.2, §3.3 (policies over HTTPS).

use mox_address::{Address, Domain};
use mox_config::Config;
use mox_httpserver::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use mox_httpserver::{Method, Response, StatusCode, text};
use std::fmt::Write as _;

use crate::asked::Asked;
use crate::settings::{ClientSettings, client_settings};
use crate::site::{method_not_allowed, not_found};
use crate::{autoconfig, autodiscover, profile};

/// Where policies are.
const POLICY: &str = "/.well-known/mta-sts.txt";
/// Most addresses in a profile.
const MAX_ADDRESSES: usize = 50;
/// Longest query that is read, in bytes.
const MAX_QUERY: usize = 4096;
/// What is said where a form needs an incoming server.
const NO_INCOMING: &str = "This server cannot be set up by this kind of file yet: it needs a server for reading mail \
     (IMAP), and there is none. Mail can be sent with the settings that `mox clientconfig` prints.\n";

/// The MTA-STS policy of a domain that has one and is not disabled.
pub fn policy(config: &Config, domain: &Domain) -> Option<String> {
    let hosted = config.dynamic.domains.get(domain).filter(|hosted| !hosted.disabled)?;
    let policy = hosted.mtasts.as_ref()?;
    let mut file = format!("version: STSv1\r\nmode: {}\r\n", policy.mode.as_str());
    for mx in &policy.mx {
        // Writing to a String does not fail.
        let _ = write!(file, "mx: {mx}\r\n");
    }
    if policy.mx.is_empty() {
        let _ = write!(file, "mx: {}\r\n", config.server.hostname.ascii());
    }
    let _ = write!(file, "max_age: {}\r\n", policy.max_age.as_secs());
    Some(file)
}

/// Answers what is asked of `mta-sts.DOMAIN`; none for other hosts and paths.
pub(crate) fn mtasts(config: &Config, asked: &Asked) -> Option<Response> {
    let domain = below(asked, "mta-sts").filter(|_| asked.path == POLICY)?;
    let hosted = config.dynamic.domains.contains_key(&domain);
    Some(match policy(config, &domain) {
        Some(_) if !asked.reads() => method_not_allowed("GET, HEAD"),
        Some(policy) => text(StatusCode::OK, policy),
        None if hosted => text(StatusCode::NOT_FOUND, "this domain has no MTA-STS policy\n"),
        None => return None,
    })
}

/// Answers what mail programs ask of `autoconfig.DOMAIN` and `autodiscover.DOMAIN`; none for other hosts and paths.
pub(crate) async fn autoconfig(config: &Config, asked: &mut Asked) -> Option<Response> {
    let hosted = |domain: &Domain| config.dynamic.domains.contains_key(domain);
    let host = asked.host.clone()?;
    let named = ["autoconfig", "autodiscover"].into_iter().find_map(|label| below(asked, label));
    let named = named.filter(hosted);
    let path = asked.path.to_ascii_lowercase();
    match (path.as_str(), named) {
        ("/mail/config-v1.1.xml", Some(domain)) => Some(thunderbird(config, &domain, asked)),
        ("/.well-known/autoconfig/mail/config-v1.1.xml", Some(domain)) => {
            Some(thunderbird(config, &domain, asked))
        }
        ("/.well-known/autoconfig/mail/config-v1.1.xml", None) if hosted(&host) => {
            Some(thunderbird(config, &host, asked))
        }
        ("/autodiscover/autodiscover.xml", Some(_)) => Some(outlook(config, asked).await),
        ("/profile.mobileconfig", Some(_)) => Some(apple(config, asked)),
        _ => None,
    }
}

/// The domain of a host with a label before it.
fn below(asked: &Asked, label: &str) -> Option<Domain> {
    let host = asked.host.as_ref()?;
    host.ascii().strip_prefix(label)?.strip_prefix('.')?;
    host.parent()
}

fn thunderbird(config: &Config, domain: &Domain, asked: &Asked) -> Response {
    if !asked.reads() {
        return method_not_allowed("GET, HEAD");
    }
    let address = match parameter(asked, "emailaddress").map(|text| text.parse::<Address>()) {
        None => None,
        Some(Ok(address)) => Some(address),
        Some(Err(_)) => return text(StatusCode::BAD_REQUEST, "emailaddress is no address\n"),
    };
    // Which domain is meant tells the address; not all domains need names of their own.
    let domain = address.as_ref().map_or(domain, |address| &address.domain);
    let Some(settings) = client_settings(config, domain) else { return not_found() };
    match autoconfig::config(&settings, address.as_ref()) {
        Some(file) => document("text/xml; charset=utf-8", file),
        None => text(StatusCode::NOT_FOUND, NO_INCOMING),
    }
}

async fn outlook(config: &Config, asked: &mut Asked) -> Response {
    if asked.method != Method::POST {
        return method_not_allowed("POST");
    }
    let body = match asked.incoming.take() {
        Some(incoming) => incoming.whole(autodiscover::MAX_REQUEST).await,
        None => Err(StatusCode::BAD_REQUEST),
    };
    let body = match body {
        Ok(body) => body,
        Err(status) => return text(status, "the request was not read\n"),
    };
    match autodiscover::read(&body) {
        Err(error) => text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        Ok(address) => match settings_of(config, &address) {
            None => not_found(),
            Some(settings) => {
                document("text/xml; charset=utf-8", autodiscover::response(&settings, &address))
            }
        },
    }
}

fn settings_of(config: &Config, address: &Address) -> Option<ClientSettings> {
    client_settings(config, &address.domain).filter(|settings| !settings.outgoing.is_empty())
}

fn apple(config: &Config, asked: &Asked) -> Response {
    if !asked.reads() {
        return method_not_allowed("GET, HEAD");
    }
    let addresses = parameter(asked, "addresses").unwrap_or_default();
    let parsed: Result<Vec<Address>, _> =
        addresses.split(',').take(MAX_ADDRESSES).map(|text| text.trim().parse()).collect();
    let Ok(addresses) = parsed else {
        return text(StatusCode::BAD_REQUEST, "addresses needs addresses with commas between them\n");
    };
    let name = parameter(asked, "name").unwrap_or_default();
    let settings = addresses.first().and_then(|first| settings_of(config, first));
    let Some(settings) = settings else { return not_found() };
    match profile::profile(&settings, &addresses, &name) {
        None => text(StatusCode::NOT_FOUND, NO_INCOMING),
        Some(profile) => {
            let mut response = document("application/x-apple-aspen-config", profile);
            let named = HeaderValue::from_static("attachment; filename=\"mail.mobileconfig\"");
            response.headers_mut().insert(CONTENT_DISPOSITION, named);
            response
        }
    }
}

/// A parameter of the query, the first of that name.
fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let query = asked.query.as_ref().filter(|query| query.len() <= MAX_QUERY)?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn document(kind: &'static str, body: String) -> Response {
    let mut response = text(StatusCode::OK, body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

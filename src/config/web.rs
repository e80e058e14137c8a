//! Web services of a listener: pages of this server, client setup, policies and the web server.

use crate::section::{choice, section};

section! {
    /// Pages or an interface for programs, over HTTP or HTTPS.
    optional WebService {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port; 0 for the usual one: 80 for HTTP, 443 for HTTPS.
        "Port" port: u16 = 0,
        /// Path that it is served below, as /mail/; starts and ends with a slash. If empty the usual one: / for
        /// account pages, /admin/, /webmail/ and /webapi/ for the others.
        "Path" path: String = String::new(),
        /// A proxy in front tells the client's address and TLS in X-Forwarded headers: believe them. Only if
        /// nobody else can connect, as they could claim any address.
        "Forwarded" forwarded: bool = false,
    }
}

section! {
    /// Something for all domains, found by host names of a fixed form.
    optional Discovery {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port. Others always connect to 443, so another port needs something in front that forwards
        /// connections. 0 for the default.
        "Port" port: u16 = 443,
        /// Speak plain HTTP on the port, for a proxy in front that has the certificate.
        "NonTLS" non_tls: bool = false,
        /// Believe X-Forwarded headers; see AccountHTTP.
        "Forwarded" forwarded: bool = false,
    }
}

section! {
    /// The web server, for the WebHandlers and WebDomainRedirects of domains.conf.
    optional Webserver {
        /// Whether it is served.
        "Enabled" enabled: bool = false,
        /// TCP port; 0 for the usual one: 80 for HTTP, 443 for HTTPS.
        "Port" port: u16 = 0,
        /// Answer any number of requests from one network.
        "RateLimitDisabled" rate_limit_disabled: bool = false,
    }
}

section! {
    /// Profiles of the running server.
    optional PprofHttp {
        /// Whether they are served.
        "Enabled" enabled: bool = false,
        /// TCP port.
        "Port" port: u16 = 8011,
    }
}

choice! {
    /// Pages or an interface of this server.
    Pages {
        /// For the administrator.
        "admin" Admin,
        /// For users: passwords and settings.
        "account" Account,
        /// Reading and writing mail.
        "webmail" Webmail,
        /// HTTP and JSON for programs.
        "webapi" WebApi,
    }
}

impl Pages {
    /// The path where a listener serves them unless it says otherwise.
    pub fn default_path(self) -> &'static str {
        match self {
            Pages::Account => "/",
            Pages::Admin => "/admin/",
            Pages::Webmail => "/webmail/",
            Pages::WebApi => "/webapi/",
        }
    }
}

/// Pages that a listener serves, with what is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPort {
    /// The key in the listener, as `WebmailHTTPS`.
    pub key: &'static str,
    /// What is served.
    pub pages: Pages,
    /// TCP port, never 0.
    pub port: u16,
    /// Over TLS.
    pub tls: bool,
    /// Starts and ends with a slash.
    pub path: String,
    /// Whether X-Forwarded headers are believed.
    pub forwarded: bool,
}

impl WebPort {
    /// What is in effect for a section; none if it is off.
    pub(crate) fn of(key: &'static str, pages: Pages, service: &WebService) -> Option<WebPort> {
        let tls = key.ends_with('S');
        let mut path = service.path.clone();
        if path.is_empty() {
            path.push_str(pages.default_path());
        } else if !path.ends_with('/') {
            path.push('/');
        }
        let port = usual(service.port, tls);
        let forwarded = service.forwarded;
        service.enabled.then_some(WebPort { key, pages, port, tls, path, forwarded })
    }
}

/// The port, where 0 stands for that of HTTP or HTTPS.
pub(crate) fn usual(port: u16, tls: bool) -> u16 {
    match (port, tls) {
        (0, false) => 80,
        (0, true) => 443,
        (port, _) => port,
    }
}

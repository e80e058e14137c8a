//! The web server: what is served for which domain and path.

use std::path::PathBuf;

use mox_address::Domain;

use crate::pattern::Pattern;
use crate::section::{Table, section};
use crate::web::Pages;
use crate::weburl::WebUrl;

section! {
    /// What answers requests for a domain and path: exactly one of WebStatic, WebRedirect, WebForward and
    /// WebInternal.
    WebHandler {
        /// Name in logs and metrics; its number in the list if empty.
        "LogName" log_name: String = String::new(),
        /// Domain that requests must be for.
        "Domain" domain: Domain,
        /// Pattern that the path must match; starts with ^.
        "PathRegexp" path: Pattern,
        /// Answer plain HTTP, too, instead of sending clients to HTTPS.
        "DontRedirectPlainHTTP" dont_redirect_plain_http: bool = false,
        /// Compress answers that shrink by it, for clients that understand it.
        "Compress" compress: bool = false,
        /// Serves files.
        "WebStatic" web_static: Option<WebStatic> = None,
        /// Sends clients elsewhere.
        "WebRedirect" web_redirect: Option<WebRedirect> = None,
        /// Passes requests on to another web server.
        "WebForward" web_forward: Option<WebForward> = None,
        /// Pages of this server.
        "WebInternal" web_internal: Option<WebInternal> = None,
    }
}

section! {
    /// Files of a directory.
    WebStatic {
        /// Start of the path that is not part of the name in the directory, with a slash in front.
        "StripPrefix" strip_prefix: String = String::new(),
        /// The directory. Relative to the working directory of the server.
        "Root" root: PathBuf,
        /// Show what is in a directory that has no index.html.
        "ListFiles" list_files: bool = false,
        /// If there is no such file, go on with the next handler, as though this one had not matched.
        "ContinueNotFound" continue_not_found: bool = false,
        /// Header fields to add to answers, by name.
        "ResponseHeaders" response_headers: Table<String, String> = Table::default(),
    }
}

section! {
    /// Sends clients elsewhere.
    optional WebRedirect {
        /// Where to: a URL without a path, as https://www.example.org, or //www.example.org to stay with HTTP or
        /// HTTPS. If empty, only the path changes.
        "BaseURL" base_url: Option<WebUrl> = None,
        /// Pattern that the path must match, else it is not found. Goes with ReplacePath.
        "OrigPathRegexp" orig_path: Option<Pattern> = None,
        /// Path to send to; $1 stands for what the first group of OrigPathRegexp matched. If both are empty the
        /// path stays.
        "ReplacePath" replace_path: String = String::new(),
        /// HTTP status, from 300 to 399. 0 for the default.
        "StatusCode" status_code: u16 = DEFAULT_STATUS,
    }
}

section! {
    /// Passes requests on to another web server.
    WebForward {
        /// Leave out what PathRegexp matched.
        "StripPath" strip_path: bool = false,
        /// The other server, as http://127.0.0.1:8888/app. The path of the request is added.
        "URL" url: WebUrl,
        /// Header fields to add to answers, by name.
        "ResponseHeaders" response_headers: Table<String, String> = Table::default(),
    }
}

section! {
    /// Pages of this server, at a domain and path of your choice.
    WebInternal {
        /// Path they are served below; starts and ends with a slash.
        "BasePath" base_path: String,
        /// Which pages.
        "Service" service: Pages,
    }
}

/// Status of a redirect unless it says otherwise: permanent, with the same method.
pub const DEFAULT_STATUS: u16 = 308;

impl WebHandler {
    /// The keys of what it does.
    pub const ACTIONS: [&str; 4] = ["WebStatic", "WebRedirect", "WebForward", "WebInternal"];

    /// The keys of [`WebHandler::ACTIONS`] that are there.
    pub fn actions(&self) -> impl Iterator<Item = &'static str> {
        let there = [
            self.web_static.is_some(),
            self.web_redirect.is_some(),
            self.web_forward.is_some(),
            self.web_internal.is_some(),
        ];
        Self::ACTIONS.into_iter().zip(there).filter_map(|(key, there)| there.then_some(key))
    }

    /// Puts the default where 0 stands for it.
    pub(crate) fn fill(&mut self) {
        if let Some(redirect) = self.web_redirect.as_mut().filter(|r| r.status_code == 0) {
            redirect.status_code = DEFAULT_STATUS;
        }
    }
}

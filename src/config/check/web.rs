//! Rules for the web server.

use super::account::check_scheme;
use super::{Report, below};
use crate::domain::Dynamic;
use crate::section::Table;
use crate::server::Static;
use crate::webhandler::{WebHandler, WebRedirect};

/// Rules for redirects between domains and for handlers.
pub(super) fn check(server: &Static, dynamic: &Dynamic, report: &mut Report<'_>) {
    let redirects = &dynamic.web_domain_redirects;
    let served = server.listeners.values().any(|l| l.webserver_ports().next().is_some());
    for (key, used) in
        [("WebDomainRedirects", !redirects.is_empty()), ("WebHandlers", !dynamic.web_handlers.is_empty())]
    {
        if used && !served {
            let message = "not served: no listener of mox.conf has WebserverHTTP or WebserverHTTPS enabled";
            report.rule(&[key], message);
        }
    }
    for (from, to) in redirects {
        if from == to {
            report.rule(&["WebDomainRedirects", from.unicode()], "would redirect to itself");
        }
    }
    for (n, handler) in dynamic.web_handlers.iter().enumerate() {
        check_handler(&["WebHandlers", &format!("[{n}]")], handler, report);
    }
}

fn check_handler(path: &[&str], handler: &WebHandler, report: &mut Report<'_>) {
    let at = |key| below(path, &[key]);
    report.pattern(&at("PathRegexp"), &handler.path);
    if !handler.path.as_str().starts_with('^') {
        report.rule(&at("PathRegexp"), format!("must start with ^; write ^{}", handler.path));
    }
    let actions: Vec<&str> = handler.actions().collect();
    match actions.as_slice() {
        [_] => {}
        [] => report.rule(path, format!("does nothing; add one of {}", WebHandler::ACTIONS.join(", "))),
        several => report.rule(path, format!("only one of {} may be there", several.join(", "))),
    }
    if let Some(files) = &handler.web_static {
        let prefix = &files.strip_prefix;
        if !prefix.is_empty() && !prefix.starts_with('/') {
            report.rule(&below(path, &["WebStatic", "StripPrefix"]), "must start with a slash");
        }
        if files.root.as_os_str().is_empty() {
            report.rule(
                &below(path, &["WebStatic", "Root"]),
                "may not be empty; write . for the working directory",
            );
        }
        check_headers(&below(path, &["WebStatic", "ResponseHeaders"]), &files.response_headers, report);
    }
    if let Some(redirect) = &handler.web_redirect {
        check_redirect(&at("WebRedirect"), redirect, report);
    }
    if let Some(forward) = &handler.web_forward {
        check_scheme(&below(path, &["WebForward", "URL"]), &forward.url, report);
        check_headers(&below(path, &["WebForward", "ResponseHeaders"]), &forward.response_headers, report);
    }
    if let Some(internal) = &handler.web_internal {
        let base = &internal.base_path;
        if !(base.starts_with('/') && base.ends_with('/')) {
            report.rule(&below(path, &["WebInternal", "BasePath"]), "must start and end with a slash");
        }
    }
}

fn check_redirect(path: &[&str], redirect: &WebRedirect, report: &mut Report<'_>) {
    let base = redirect.base_url.as_ref();
    if base.is_some_and(|url| !matches!(url.path(), "" | "/")) {
        report.rule(&below(path, &["BaseURL"]), "may have no path; write that into ReplacePath");
    }
    match (&redirect.orig_path, redirect.replace_path.is_empty()) {
        (Some(pattern), false) => report.pattern(&below(path, &["OrigPathRegexp"]), pattern),
        (None, true) if base.is_none() => {
            report.rule(path, "leads nowhere: BaseURL is needed, or OrigPathRegexp with ReplacePath");
        }
        (None, true) => {}
        _ => report.rule(path, "OrigPathRegexp and ReplacePath need each other"),
    }
    if !(300..400).contains(&redirect.status_code) {
        let message = format!("{} is not a redirect: expected 300 to 399", redirect.status_code);
        report.rule(&below(path, &["StatusCode"]), message);
    }
}

fn check_headers(path: &[&str], headers: &Table<String, String>, report: &mut Report<'_>) {
    for (name, value) in headers {
        // RFC 9110 §5.6.2: a name is a token.
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            report.rule(&below(path, &[name]), "not the name of a header field");
        } else if value.chars().any(char::is_control) {
            report.rule(&below(path, &[name]), "a value may not have control characters");
        }
    }
}

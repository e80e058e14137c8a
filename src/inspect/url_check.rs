//! What is wrong with a URL, as far as it can be told without fetching it.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use ammonia::Url;
use ammonia::url::{Host, ParseError};
use mox_address::Domain;

use crate::problem::{Problem, Severity};
use crate::reference::{Kind, Place, trimmed};

/// Longest URL in bytes that programs are known to take.
pub(crate) const MAX_USUAL: usize = 2048;

/// What the message has that links may lead to.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    /// Names in the HTML part.
    pub(crate) anchors: HashSet<String>,
    /// Content-IDs of parts, without brackets.
    pub(crate) content_ids: HashSet<String>,
}

/// Checks a URL; `text` is what the reader sees of it.
pub(crate) fn problems(url: &str, kind: Kind, place: Place, text: &str, scene: &Scene) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut add = |id: &str, severity, message: String| found.push(Problem::new(id, severity, message));
    let bare = trimmed(url);
    if let Some(left) = template(&bare) {
        add(
            "template-left-over",
            Severity::Error,
            format!("Holds {left}, which a template should have filled in."),
        );
        return found;
    }
    if bare.is_empty() {
        add("empty-url", Severity::Error, "The URL is empty.".to_owned());
        return found;
    }
    if let Some(fragment) = bare.strip_prefix('#') {
        if !fragment.is_empty() && !fragment.eq_ignore_ascii_case("top") && !scene.anchors.contains(fragment)
        {
            add(
                "missing-anchor",
                Severity::Warning,
                format!("Nothing in the document is named {fragment:?}."),
            );
        }
        return found;
    }
    if url.trim().contains(['\t', '\n', '\r']) {
        add(
            "line-end-in-url",
            Severity::Warning,
            "Holds a tab or a line end, which programs remove.".to_owned(),
        );
    }
    if bare.contains(' ') {
        add("unencoded-space", Severity::Warning, "Holds a space; write %20.".to_owned());
    }
    if bare.len() > MAX_USUAL {
        add(
            "too-long",
            Severity::Warning,
            format!("Longer than {MAX_USUAL} bytes, which some programs cut."),
        );
    }
    // People write `www.example.org` in plain text and programs make links of it.
    let whole = if place == Place::Text && bare.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("www.")) {
        format!("http://{bare}")
    } else {
        bare
    };
    match Url::parse(&whole) {
        Err(ParseError::RelativeUrlWithoutBase) => {
            add(
                "not-absolute",
                Severity::Error,
                "Not absolute: a message has no address of its own.".to_owned(),
            );
        }
        Err(error) => add("bad-url", Severity::Error, format!("Not a URL: {error}.")),
        Ok(url) => check_url(&url, kind, text, scene, &mut found),
    }
    found
}

fn check_url(url: &Url, kind: Kind, text: &str, scene: &Scene, found: &mut Vec<Problem>) {
    let mut add = |id: &str, severity, message: &str| found.push(Problem::new(id, severity, message));
    match url.scheme() {
        "https" => {}
        "http" => {
            add("no-https", Severity::Warning, "Goes over http: anybody on the way can read and change it.")
        }
        "cid" if kind == Kind::Image => {
            if !scene.content_ids.contains(url.path()) {
                add("missing-part", Severity::Error, "No part of the message has this Content-ID.");
            }
        }
        "mailto" | "tel" | "sms" if kind == Kind::Link => {}
        "javascript" | "vbscript" => {
            add("script-url", Severity::Error, "Is a script; mail programs remove it or warn.");
        }
        "data" => {
            add("data-url", Severity::Warning, "Holds its content itself; most mail programs remove it.")
        }
        "file" => add("file-url", Severity::Error, "Leads to a file on the reader's own machine."),
        _ => add("unusual-scheme", Severity::Warning, "No mail program is sure to know this kind of URL."),
    }
    if !matches!(url.scheme(), "http" | "https" | "ftp") {
        return;
    }
    if !url.username().is_empty() || url.password().is_some() {
        add(
            "user-info",
            Severity::Error,
            "Holds a user name before the host, which disguises where it leads.",
        );
    }
    match url.host() {
        Some(Host::Ipv4(ip)) => {
            add("ip-address", Severity::Warning, "The host is an IP address.");
            if is_private(ip) {
                add("private-host", Severity::Error, "The host is only there on a private network.");
            }
        }
        Some(Host::Ipv6(ip)) => {
            add("ip-address", Severity::Warning, "The host is an IP address.");
            if is_private_v6(ip) {
                add("private-host", Severity::Error, "The host is only there on a private network.");
            }
        }
        Some(Host::Domain(host)) => check_host(host, text, found),
        None => {}
    }
}

fn check_host(host: &str, text: &str, found: &mut Vec<Problem>) {
    let host = host.trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    if !host.contains('.') || matches!(last, "localhost" | "local" | "internal" | "lan" | "home" | "corp") {
        let message = format!("{host} is only there on a private network.");
        found.push(Problem::new("private-host", Severity::Error, message));
    }
    let domain = Domain::parse(host).ok();
    if let Some(domain) = domain.as_ref().filter(|domain| domain.unicode() != domain.ascii()) {
        let name = domain.unicode();
        let (id, severity, what) = if name.split('.').any(mixes_scripts) {
            ("mixed-script-host", Severity::Error, "mixes scripts, as names do that look like another")
        } else {
            (
                "international-host",
                Severity::Info,
                "is an international name; some programs show its ASCII form",
            )
        };
        found.push(Problem::new(id, severity, format!("{name} ({host}) {what}.")));
    }
    let shown = shown_host(text);
    if let (Some(shown), Some(domain)) = (shown, domain)
        && !shown.is_within(&domain)
        && !domain.is_within(&shown)
    {
        let message = format!("The text shows {shown}, the link leads to {domain}.");
        found.push(Problem::new("other-host-shown", Severity::Error, message));
    }
}

/// The host that a link's text shows, if that text is a URL or a host.
fn shown_host(text: &str) -> Option<Domain> {
    let text = text.trim();
    let rest = text.split_once("://").map(|(_, rest)| rest);
    // Without a scheme only a whole word of several labels is a host: `a.b` is as often a sentence.
    let host = rest.unwrap_or(text).split(['/', '?', '#', ':']).next()?;
    let host = host.rsplit('@').next()?;
    let bare =
        host.get(..4).filter(|head| head.eq_ignore_ascii_case("www.")).and(host.get(4..)).unwrap_or(host);
    let is_name = bare.contains('.') && !text.contains(char::is_whitespace);
    let known = rest.is_some() || bare.len() < host.len() || {
        let last = bare.rsplit('.').next().unwrap_or_default();
        !text.contains('@') && last.len() >= 2 && last.chars().all(char::is_alphabetic)
    };
    (is_name && known).then(|| Domain::parse(bare).ok()).flatten()
}

/// What a template left in a URL.
fn template(url: &str) -> Option<String> {
    for (open, close) in
        [("{{", "}}"), ("*|", "|*"), ("[[", "]]"), ("${", "}"), ("<%", "%>"), ("{%", "%}"), ("{$", "}")]
    {
        if let Some((_, rest)) = url.split_once(open)
            && let Some((name, _)) = rest.split_once(close)
        {
            let name: String = name.chars().take(40).collect();
            return Some(format!("{open}{name}{close}"));
        }
    }
    // `%recipient%`, but not `%20a%20`: a name has a letter that is no hexadecimal digit at its start.
    let mut pieces = url.split('%').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let is_name = (3..=40).contains(&piece.len())
            && piece.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
            && !piece.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        if is_name && pieces.peek().is_some() {
            return Some(format!("%{piece}%"));
        }
    }
    None
}

fn is_private(ip: Ipv4Addr) -> bool {
    ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    ip.to_ipv4_mapped().is_some_and(is_private)
        || ip.is_loopback()
        || ip.is_unspecified()
        || ip.is_unique_local()
        || ip.is_unicast_link_local()
}

/// Whether a label has letters of scripts that look alike: Latin, Greek, Cyrillic, Armenian.
fn mixes_scripts(label: &str) -> bool {
    let script = |c: char| match c {
        'a'..='z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => 1_u8,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => 2,
        '\u{400}'..='\u{52f}' => 4,
        '\u{530}'..='\u{58f}' => 8,
        _ => 0,
    };
    label.chars().map(script).fold(0, |seen, script| seen | script).count_ones() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(url: &str, kind: Kind, place: Place, text: &str) -> Vec<String> {
        let scene = Scene {
            anchors: HashSet::from(["here".to_owned()]),
            content_ids: HashSet::from(["pic@x".to_owned()]),
        };
        problems(url, kind, place, text, &scene).into_iter().map(|problem| problem.id).collect()
    }

    #[test]
    fn links_are_checked() {
        for (url, found) in [
            ("https://example.org/a?b=c%20d%2Fe#f", vec![]),
            ("mailto:a@example.org", vec![]),
            ("tel:+123", vec![]),
            ("http://example.org/", vec!["no-https"]),
            ("/a", vec!["not-absolute"]),
            ("//example.org/", vec!["not-absolute"]),
            ("", vec!["empty-url"]),
            ("https://", vec!["bad-url"]),
            ("https://exa mple.org/", vec!["unencoded-space", "bad-url"]),
            ("https://example.org/a b", vec!["unencoded-space"]),
            ("https://example.org/a\nb", vec!["line-end-in-url"]),
            ("https://192.0.2.1/", vec!["ip-address"]),
            ("https://0x7f.1/", vec!["ip-address", "private-host"]),
            ("https://[::1]/", vec!["ip-address", "private-host"]),
            ("https://localhost:8080/", vec!["private-host"]),
            ("https://printer.local/", vec!["private-host"]),
            ("https://bank.example@evil.example/", vec!["user-info"]),
            ("https://m\u{fc}nchen.example/", vec!["international-host"]),
            ("https://p\u{430}ypal.example/", vec!["mixed-script-host"]),
            ("https://xn--pypal-4ve.example/", vec!["mixed-script-host"]),
            (" java\tscript:alert(1)", vec!["line-end-in-url", "script-url"]),
            ("data:text/html,x", vec!["data-url"]),
            ("file:///etc/passwd", vec!["file-url"]),
            ("gopher://example.org/", vec!["unusual-scheme"]),
            ("cid:pic@x", vec!["unusual-scheme"]),
            ("#here", vec![]),
            ("#", vec![]),
            ("#there", vec!["missing-anchor"]),
            ("https://example.org/{{name}}", vec!["template-left-over"]),
            ("*|UNSUB|*", vec!["template-left-over"]),
            ("https://example.org/?u=%recipient%", vec!["template-left-over"]),
            ("https://example.org/%E4%BD%A0%zz", vec![]),
        ] {
            let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
            assert_eq!(ids(url, Kind::Link, Place::Html, ""), found, "{url}");
        }
        let long = format!("https://example.org/{}", "x".repeat(MAX_USUAL));
        assert_eq!(ids(&long, Kind::Link, Place::Html, ""), ["too-long"]);
        assert_eq!(ids("www.example.org", Kind::Link, Place::Text, ""), ["no-https"]);
        assert_eq!(ids("www.example.org", Kind::Link, Place::Html, ""), ["not-absolute"]);
        assert!(ids("cid:pic@x", Kind::Image, Place::Html, "").is_empty());
        assert_eq!(ids("cid:no@x", Kind::Image, Place::Html, ""), ["missing-part"]);
    }

    #[test]
    fn text_that_shows_another_host() {
        for (text, target, other) in [
            ("https://bank.example/login", "evil.example", true),
            ("www.bank.example", "evil.example", true),
            ("bank.example", "evil.example", true),
            ("bank.example/login", "bank.example.evil.example", true),
            ("bank.example", "click.bank.example", false),
            ("https://www.bank.example/", "bank.example", false),
            ("login.bank.example", "bank.example", false),
            ("Click here", "evil.example", false),
            ("Done.", "evil.example", false),
            ("v1.2", "evil.example", false),
            ("a@bank.example", "evil.example", false),
            ("see bank.example now", "evil.example", false),
        ] {
            let found = ids(&format!("https://{target}/"), Kind::Link, Place::Html, text);
            assert_eq!(found.contains(&"other-host-shown".to_owned()), other, "{text} {target}");
        }
    }
}

//! What mail programs will make of a message, as a view of it.

use askama::Template;
use mox_inspect::links::Kind;
use mox_inspect::{Report, Severity};

/// A report, told.
#[derive(Template)]
#[template(path = "report.html")]
pub(crate) struct Told<'a> {
    pub(crate) report: &'a Report,
}

/// How a report says how much something matters: the look and the word.
fn weight(severity: &Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Info => ("", "note"),
        Severity::Warning => ("warn", "warning"),
        Severity::Error => ("bad", "error"),
    }
}

/// What a link is for, in a word.
fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Link => "link",
        Kind::Image => "picture",
        Kind::Stylesheet => "style sheet",
        Kind::Other => "other",
    }
}

/// Whether a URL may be followed from our page.
fn may_follow(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

//! A page with what is in a directory, for WebStatic with ListFiles.

use std::fmt::Write as _;
use std::path::Path;

use mox_httpserver::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use mox_httpserver::{Response, StatusCode, text};
use percent_encoding::utf8_percent_encode;
use quick_xml::escape::escape;

use crate::redirect::PATH;

/// Most names on a page.
const MAX_ENTRIES: usize = 10_000;

/// Something in a directory.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Whether it is no directory, so that directories come first.
    pub(crate) file: bool,
    pub(crate) name: String,
    /// In bytes.
    pub(crate) size: u64,
}

/// What is in a directory, by name. Names that are no UTF-8 and what is neither file nor directory are left out.
pub(crate) fn read(directory: &Path) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory)?.take(MAX_ENTRIES) {
        let entry = entry?;
        // Links count as what they lead to; those that lead nowhere are left out.
        let (Ok(name), Ok(meta)) = (entry.file_name().into_string(), entry.path().metadata()) else {
            continue;
        };
        if meta.is_file() || meta.is_dir() {
            entries.push(Entry { file: meta.is_file(), name, size: meta.len() });
        }
    }
    entries.sort();
    Ok(entries)
}

/// The page.
pub(crate) fn page(path: &str, entries: &[Entry]) -> Response {
    let title = escape(path);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>body{{font-family:sans-serif;margin:2em}}td{{padding:.1em 1em .1em 0}}</style></head>\
         <body><h1>{title}</h1>\n<table>\n"
    );
    if path != "/" {
        html.push_str("<tr><td><a href=\"../\">../</a></td><td></td></tr>\n");
    }
    for entry in entries {
        let slash = if entry.file { "" } else { "/" };
        let link = utf8_percent_encode(&entry.name, PATH).to_string();
        let size = if entry.file { entry.size.to_string() } else { String::new() };
        // Writing to a String does not fail. ./ keeps a colon from being read as a scheme.
        let _ = writeln!(
            html,
            "<tr><td><a href=\"./{}{slash}\">{}{slash}</a></td><td>{size}</td></tr>",
            escape(&link),
            escape(&entry.name)
        );
    }
    html.push_str("</table></body></html>\n");
    let mut response = text(StatusCode::OK, html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    response
}

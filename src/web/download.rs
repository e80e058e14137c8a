//! Bytes that a stranger sent, given to be kept and not to be shown: the part of a message, a whole message.
//!
//! Whatever media type the stranger named, a browser saves it under a harmless name, and would it show it, nothing in
//! it may run. RFC 6266, RFC 8187.

use std::fmt::Write as _;

use bytes::Bytes;
use mox_httpserver::Response;
use mox_httpserver::header::{CONTENT_DISPOSITION, HeaderValue};

use crate::answer::raw;

/// Longest file name in characters.
const MAX_NAME: usize = 200;

/// An answer that a browser saves. `name` is what the stranger says.
pub fn download(content_type: &str, name: Option<&str>, body: impl Into<Bytes>) -> Response {
    let mut response = raw(content_type, body);
    let value = HeaderValue::from_str(&disposition(name));
    response
        .headers_mut()
        .insert(CONTENT_DISPOSITION, value.unwrap_or_else(|_| HeaderValue::from_static("attachment")));
    response
}

/// `attachment; filename="…"`, with the name in UTF-8 behind it where it is not ASCII.
fn disposition(name: Option<&str>) -> String {
    let name: String = name.unwrap_or_default().chars().filter(|c| !steers(*c)).take(MAX_NAME).collect();
    let name = name.trim().trim_start_matches('.');
    if name.is_empty() {
        return "attachment".to_owned();
    }
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || " ._-+()[],@=".contains(c) { c } else { '_' })
        .collect();
    let mut value = format!("attachment; filename=\"{plain}\"");
    if !name.is_ascii() {
        value.push_str("; filename*=UTF-8''");
        for byte in name.replace(['/', '\\', ':'], "_").bytes() {
            // attr-char of RFC 8187 §3.2.1, fewer.
            let _ = match byte {
                b if b.is_ascii_alphanumeric() || b"._-".contains(&b) => write!(value, "{}", char::from(b)),
                b => write!(value, "%{b:02X}"),
            };
        }
    }
    value
}

/// Control characters, and those that reorder what is shown, so that `exe.txt` is not what it seems.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (name, expected) in [
            (None, "attachment"),
            (Some(""), "attachment"),
            (Some("..."), "attachment"),
            (Some("a b.pdf"), "attachment; filename=\"a b.pdf\""),
            (Some("../../etc/passwd"), "attachment; filename=\"_.._etc_passwd\""),
            (Some("a\"; x=\"\r\nb"), "attachment; filename=\"a__ x=_b\""),
            (Some("gpj.\u{202e}exe"), "attachment; filename=\"gpj.exe\""),
            (Some("ü/€.txt"), "attachment; filename=\"___.txt\"; filename*=UTF-8''%C3%BC_%E2%82%AC.txt"),
        ] {
            assert_eq!(disposition(name), expected, "{name:?}");
        }
        assert!(disposition(Some(&"x".repeat(5000))).len() < 300);
    }

    #[test]
    fn a_page_of_a_stranger_is_not_shown() {
        let response = download("text/html", Some("a.html"), "<script>");
        assert_eq!(response.headers()[CONTENT_DISPOSITION], "attachment; filename=\"a.html\"");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    }
}
